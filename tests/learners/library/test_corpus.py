from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from induce.errors import FillError
from induce.formulas.families import family
from induce.learners.library.compressing import read, write
from induce.learners.library.converting import function_from, tree_of
from induce.learners.library.corpus import compress_terms
from induce.learners.library.documenting import document
from induce.learners.library.naming import operator_of
from induce.learners.library.rewriting import rewritten
from induce.learners.library.waking import Definition, Library
from induce.terms import arithmetic, boolean, hole
from induce.terms.lists import INTS, lists
from induce.terms.sort import REAL, TEXT
from induce.terms.strings import strings
from induce.terms.term import variable
from induce.testing import random_terms, terms

HYPOTENUSES = [
    "sqrt(a^2 + b^2)",
    "3.5 * sqrt(x^2 + (y + 1)^2)",
    "sqrt(x^2 + y^2) - sqrt(u^2 + v^2)",
    "sin(sqrt(x^2 + z^2)) / 2",
    "1 / sqrt((p - q)^2 + r^2)",
]


@pytest.fixture(scope="module")
def found():
    pytest.importorskip("stitch_core")
    return compress_terms([arithmetic.parse(text) for text in HYPOTENUSES], arithmetic, most=3)


def test_what_formulas_share_becomes_an_operator(found):
    assert [(d.text, d.uses) for d in found.definitions] == [("(sqrt (+ (^ #0 real:2) (^ #1 real:2)))", 5)]
    assert str(found.definitions[0].op.sort) == "real -> real -> real"
    name = found.definitions[0].op.name
    assert str(found.terms[1]) == f"3.5 * {name}(x, y + 1)"
    assert f"{name}(x, y) = sqrt(x^2 + y^2)   (5 terms)" in str(found)
    assert found.ratio > 1.5
    assert document(found.library, []).documentation[0].name == "power_2_then_add_then_sqrt"


def test_every_term_expands_to_itself(found):
    assert [found.expand(t) for t in found.terms] == list(found.originals)
    assert found.expand(arithmetic.parse("x + 1")) is arithmetic.parse("x + 1")


def test_published_formulas_share_what_physicists_know():
    pytest.importorskip("stitch_core")
    found = compress_terms([problem.term for problem in family("feynman")], arithmetic)
    assert all(found.expand(t) is o for t, o in zip(found.terms, found.originals, strict=True))
    assert "(sqrt (- real:1 (/ (^ #0 real:2) (^ #1 real:2))))" in [d.text for d in found.definitions]
    assert found.ratio > 1.3


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000))
def test_random_terms_with_odd_leaves_holes_and_functions_come_back(seed):
    pytest.importorskip("stitch_core")
    rng = np.random.default_rng(seed)
    language = [arithmetic, boolean][seed % 2]
    corpus = list(random_terms(language, 12, rng, max_size=9, odd=True))
    corpus += [language.operators("neg" if language is arithmetic else "not")[0](t) for t in corpus[:6]]
    result = compress_terms(corpus, language, most=4)
    assert [result.expand(t) for t in result.terms] == corpus
    assert len([n for n in result.notes if "left as it is" in n]) <= 3, result.notes


@settings(max_examples=150, deadline=None)
@given(terms(arithmetic, max_size=15), st.integers(0, 10_000))
def test_programs_written_with_any_of_their_parts_expand_back(term, seed):
    rng = np.random.default_rng(seed)
    inputs = {v.name: v.sort for v in term.variables}
    parts = sorted({node for node in term.postorder() if node.args}, key=str)
    definitions, shorter = [], False
    for place, part in enumerate(parts[:4]):
        leaves = sorted({n for n in part.postorder() if not n.args and (n.is_variable or rng.random() < 0.5)}, key=str)
        text = body_of(part, leaves)
        typed = function_from(read(text), len(leaves), arithmetic.ops, REAL)
        op = operator_of(f"part{place}", typed.parameters, typed.result, text)
        definitions.append(Definition(op, typed.body, text, 0))
        shorter |= part.size > len(leaves) + 1
    library = Library(arithmetic, tuple(definitions))
    found = rewritten(term, inputs, library)
    assert library.expand(found, inputs) is term
    assert any(node.op in library.bodies for node in found.postorder()) == shorter


def body_of(term, leaves):
    """The term as the body of a definition, whose arguments are these leaves."""
    stand = {leaf: variable(f"argument {k}", REAL) for k, leaf in enumerate(leaves)}
    tree = tree_of(term.replace(stand) if stand else term, [v.name for v in stand.values()])
    for _ in leaves:
        tree = tree[1]
    text = write(tree)
    for k in range(len(leaves)):
        text = text.replace(f"${len(leaves) - 1 - k}", f"#{k}")
    return text


def test_holes_are_arguments_and_stay_the_holes_they_are():
    pytest.importorskip("stitch_core")
    a, b = hole.real("a", within=(0, 1)), hole.choice([arithmetic.parse("x"), arithmetic.parse("y")], name="b")
    pattern = arithmetic.parse("exp(-(p^2) / (2 * q^2))")
    corpus = [pattern.replace({"p": p, "q": q}) for p, q in [(a, b), (b, 2.5), (a, a), (variable("x"), a)]]
    found = compress_terms(corpus, arithmetic, most=2)
    assert [found.expand(t) for t in found.terms] == corpus
    assert found.terms[0].holes == (a, b)
    assert not any(node.is_hole for d in found.definitions for node in d.body.postorder())
    assert all(d.uses for d in found.definitions)


def test_programs_and_texts():
    pytest.importorskip("stitch_core")
    programs = [lists.parse(rf"map(\x:int. x * x + {k}, sort(xs))", xs=INTS) for k in range(5)]
    found = compress_terms([*programs, lists.parse("sum(sort(xs))", xs=INTS)], lists)
    assert [found.expand(t) for t in found.terms] == list(found.originals)
    assert found.definitions
    ends = [json.dumps(end) for end in ("-", " (", ') "', "é", "$0", "#1")]
    texts = [strings.parse(f"concat(upper(take(s, 1)), {end}, lower(drop(s, 1)))", s=TEXT) for end in ends]
    found = compress_terms(texts, strings)
    assert [found.expand(t) for t in found.terms] == texts
    assert found.ratio > 1.5


def test_what_cannot_be_compressed_is_left_and_said():
    pytest.importorskip("stitch_core")
    deep = arithmetic.parse("x")
    for _ in range(300):
        deep = arithmetic["sin"](deep)
    corpus = [*(arithmetic.parse(t) for t in HYPOTENUSES), deep]
    found = compress_terms(corpus, arithmetic)
    assert found.terms[-1] is deep
    assert found.notes[0] == "Term 5 was left as it is: it is 301 deep; at most 150 can be compressed."
    alone = compress_terms([deep], arithmetic)
    assert (alone.terms, alone.definitions, alone.ratio) == ((deep,), (), 1.0)
    assert "no term could be compressed" in str(alone)


def test_what_is_no_corpus_is_refused_in_words():
    with pytest.raises(FillError, match=r"compression needs a list of terms, but it is empty\."):
        compress_terms([], arithmetic)
    with pytest.raises(FillError, match=r"compression needs a list of terms, but got x\. Write \[x\]\."):
        compress_terms(arithmetic.parse("x"), arithmetic)
    with pytest.raises(FillError, match=r"entry 1 is 'x', but a term was expected\. Read it by language\.parse\."):
        compress_terms([arithmetic.parse("x"), "x"], arithmetic)
