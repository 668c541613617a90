from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from induce.errors import DataError, ExportError, ParseError
from induce.learners.programs.task import right
from induce.programs.source import to_python
from induce.programs.sygus import from_smt, read_sygus, to_smt
from induce.synthesis import synthesize, synthesize_all
from induce.terms import TEXT
from induce.terms.lists import INTS, lists
from induce.terms.smt_strings import smt_strings
from induce.testing import random_terms

OLD = '''
; a task of version 1
(set-logic SLIA)
(synth-fun f ((name String) (other String)) String
    ((Start String (ntString))
     (ntString String (name other " " "." "say ""hi""" (str.++ ntString ntString) (str.at ntString ntInt)
        (int.to.str ntInt) (ite ntBool ntString ntString) (str.substr ntString ntInt ntInt)))
     (ntInt Int (0 1 2 (+ ntInt ntInt) (str.len ntString) (str.to.int ntString) (str.indexof ntString ntString ntInt)))
     (ntBool Bool (true false (str.prefixof ntString ntString)))))
(declare-var name String)
(constraint (= (f "Ada Lovelace" "x") "A. x"))
(constraint (= (f "Grace Hopper" "y") "G. y"))
(constraint (= "T. z" (f "Turing" "z")))
(check-synth)
'''
NEW = """(set-logic ALL)
(synth-fun f ((s String)) String ((A String) (I Int)) ((A String (s (str.substr A I I) (str.++ A A))) (I Int (0 1 (str.len A)))))
(constraint (= (f "abc") "bc"))
(constraint (= (f "xyzw") "yzw"))
(check-synth)
"""


@pytest.mark.parametrize("text", [OLD, NEW])
def test_tasks_are_read_solved_and_exported(text):
    task = read_sygus(text)
    fit = synthesize(task.task, within="1e6 candidates")
    assert fit.solved
    assert task.derives(fit.best)
    assert all(right(fit.best, task.examples))
    assert from_smt(to_smt(fit.best, "f", dict(task.examples.sorts))) is fit.best
    space: dict = {}
    exec(to_python(fit.best, "f", list(task.examples.inputs)), space)
    for row, output in enumerate(task.examples.outputs):
        assert space["f"](**task.examples.input(row)) == output


def test_files_are_read_too(tmp_path):
    path = Path(tmp_path / "task.sl")
    path.write_text(NEW, encoding="utf-8")
    assert read_sygus(path).name == read_sygus(str(path)).name == "f"


def test_a_grammar_says_what_it_makes():
    task = read_sygus(NEW)
    assert task.derives(smt_strings.parse("str_substr(s, 1, str_len(s))", s=TEXT))
    assert not task.derives(smt_strings.parse("str_substr(s, 2, str_len(s))", s=TEXT))
    assert not task.derives(smt_strings.parse("str_replace(s, s, s)", s=TEXT))


def test_random_programs_come_back_from_smt_lib():
    written = 0
    for term in random_terms(smt_strings, 200, np.random.default_rng(0)):
        if all(node.op in tuple(smt_strings) or not node.args for node in term.walk()) and not term.holes:
            names = [v.name for v in term.variables]
            if len(set(names)) == len(names) and all(n.isidentifier() for n in names):
                try:
                    text = to_smt(term)
                except (ExportError, KeyError):
                    continue
                if "(- " not in text and "." not in "".join(str(n.payload) for n in term.walk() if n.is_literal):
                    assert from_smt(text) is term
                    written += 1
    assert written > 20


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(synth-fun f ((s String)) String", r"at 1:1: this '\(' is never closed\. Add a '\)'\."),
        ("(check-synth))", r"at 1:14: there is a '\)' that closes nothing\. Remove it\."),
        ("(check-synth)", r"there is no function: \(synth-fun \.\.\.\)\."),
        ("(synth-fun f ((s String)) String)", r"there is no constraint: \(constraint \(= \(f values\) value\)\)\."),
        ("(synth-fun f ((s Real)) String)", r"at 1:18: sort 'Real' is not supported\. Known: String, Int, Bool\."),
        ("(synth-fn f)", r"at 1:2: command 'synth-fn' is not supported\. Known: synth-fun"),
        ("(constraint (= (f 1) 2))", r"a constraint comes before the function it is about\. Put synth-fun first\."),
        (
            "(synth-fun f ((s String)) String)\n(constraint (>= (f 1) 2))",
            r"at 2:13: a constraint must be \(= \(f values\) value\); others are not supported, but got '\(>= \(f 1\) 2\)'",
        ),
        (
            '(synth-fun f ((s String)) String)\n(constraint (= (f "a" "b") "c"))',
            r"at 2:16: 'f' takes 1 inputs but got 2\.",
        ),
        (
            "(synth-fun f ((s String)) String ((A String (t))))",
            r"at 1:46: unknown name 't'\. .*Known: s, A\.|at 1:46: unknown name 't'\. Known: s, A\.",
        ),
        ("(synth-fun f ((s String)) String ((A String ((str.upper A)))))", r"operator 'str.upper' is not supported"),
        ("(synth-fun f ((s String)) String ((A String ((str.len A A)))))", r"'str.len' takes 1 arguments but got 2\."),
        ('(synth-fun f ((s String)) String) (constraint (= (f "a) "b"))', r"unexpected text|never closed"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(text, message):
    with pytest.raises(ParseError, match=message):
        read_sygus(text)


def test_other_languages_are_not_smt_lib():
    with pytest.raises(ExportError, match=r"operator 'reverse' is none of SMT-LIB's\."):
        to_smt(lists["len"](lists.parse("reverse(xs)", xs=INTS)))
    with pytest.raises(ParseError, match=r"one definition was expected"):
        from_smt("(+ 1 2)")
    with pytest.raises(ParseError, match=r"unknown name 't'"):
        from_smt("(define-fun f ((s String)) String t)")


def test_an_answer_is_a_program_of_the_grammar():
    text = """(synth-fun f ((name String)) String
        ((Start String (A)) (A String (name (str.++ A B))) (B String ("x"))))
        (constraint (= (f "Ada") "%s")) (constraint (= (f "Bob") "%s"))"""
    outside = read_sygus(text % ("xAda", "xBob"))
    found = synthesize(outside.task, within="2e4 candidates")
    assert not found.solved
    assert "gives every output, but the task's grammar does not make it" in " ".join(found.notes)
    assert "No program of cost" not in found.why()
    inside = read_sygus(text % ("Adaxx", "Bobxx"))
    found = synthesize(inside.task, within="2e5 candidates")
    assert found.solved
    assert inside.derives(found.best)
    fits = dict(synthesize_all([outside.task, inside.task], within="2e5 candidates"))
    assert [fits[k].solved for k in (0, 1)] == [False, True]


def test_values_are_read_and_written_as_smt_lib_writes_them():
    text = r"""(synth-fun f ((s String)) Int) (constraint (= (f "\u{e9}a") (- 1))) (constraint (= (f "\u00e9") 3))"""
    task = read_sygus(text)
    assert task.examples.inputs == {"s": ("\u00e9a", "\u00e9")}
    assert task.examples.outputs == (-1, 3)
    term = smt_strings.parse(r"""str_concat(s, "\\u{41} \u00e9 \"x\"")""", s=TEXT)
    assert to_smt(term).endswith(r'''(str.++ s "\u{5c}u{41} \u{e9} ""x"""))''')
    assert from_smt(to_smt(term)) is term


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '(synth-fun f ((s Int)) Bool) (constraint (= (f "x") true))',
            "at 1:48: input 's' is declared Int, but got 'x'",
        ),
        (
            "(synth-fun f ((s Int)) Bool) (constraint (= (f 1) 4))",
            "at 1:51: what 'f' gives is declared Bool, but got 4",
        ),
        ("(synth-fun f (s) String)", r"at 1:15: an input, \(name sort\), was expected, but got 's'"),
        ("(synth-fun f ((s String)) String) (constraint)", r"a constraint, \(constraint .* was expected"),
        ("(synth-fun f ((s String)) String ((A String (()))))", r"a production, .* was expected, but got '\(\)'"),
        ("(synth-fun f ((s String)) String (()))", "a rule of the grammar, .* was expected"),
        ("(synth-fun f ((s String)) String (a))", "a rule of the grammar, .* was expected, but got 'a'"),
        ("(synth-fun f ((s String)) String ())", "a grammar, .* was expected"),
        ("((constraint (= 1 2)))", r"the name of a command was expected, but got '\(constraint \(= 1 2\)\)'"),
        ("(synth-fun f () Int) (synth-fun g () Int)", "at 1:22: this is a second function, but a task has one"),
        ("(" * 100_000, "more than 200 '\\(' are open here"),
    ],
)
def test_what_is_of_another_shape_is_named_with_its_place(text, message):
    with pytest.raises(ParseError, match=message):
        read_sygus(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(define-fun f (s) String s)", "an input, .* was expected, but got 's'"),
        ("(define-fun f ((s String)) String ())", "a term, .* was expected"),
        (
            "(define-fun f ((s String)) String (let ((x s)) x))",
            r"'let' is not supported|an operator was expected|unknown name 'x'",
        ),
        ("()", "one definition was expected"),
    ],
)
def test_definitions_of_another_shape_are_named_with_their_place(text, message):
    with pytest.raises(ParseError, match=message):
        from_smt(text)


def test_files_that_cannot_be_read_are_named(tmp_path):
    (tmp_path / "binary.sl").write_bytes(b"\xff\xfe\x00(")
    for source in (tmp_path / "missing.sl", tmp_path, tmp_path / "binary.sl", "", None):
        with pytest.raises(DataError, match=r"cannot be read|is not text in UTF-8|read_sygus takes the path of a file"):
            read_sygus(source)


def test_damaged_tasks_are_refused_in_words():
    rng = np.random.default_rng(0)
    pieces = ["(", ")", "()", " A ", "1", '"x"', "s", "(- 1)", "constraint", "synth-fun", "=", "String", ""]
    for text in (OLD, NEW):
        for _ in range(700):
            begin = int(rng.integers(0, len(text)))
            damaged = text[:begin] + pieces[int(rng.integers(len(pieces)))] + text[begin + int(rng.integers(0, 12)) :]
            try:
                read_sygus(damaged)
            except (DataError, ParseError):
                pass


def test_long_files_are_read_in_time_that_grows_with_them():
    text = "(synth-fun f ((s String)) String)\n" + "\n".join(f'(constraint (= (f "a{k}") "b"))' for k in range(20_000))
    began = time.perf_counter()
    assert len(read_sygus(text).examples) == 20_000
    assert time.perf_counter() - began < 10


def test_symbols_that_stand_for_one_another_make_what_either_makes():
    text = (
        "(set-logic SLIA)\n(synth-fun f ((x String)) String ((S String) (A String) (B String))\n"
        '((S String ((str.++ A B))) (A String (B x)) (B String (A "y"))))\n(declare-var x String)\n'
        '(constraint (= (f "a") "aa"))\n(constraint (= (f "b") "bb"))\n(check-synth)\n'
    )
    task = read_sygus(text)
    fit = synthesize(task.task, within="2e4 candidates")
    assert fit.solved
    assert task.derives(fit.best)
