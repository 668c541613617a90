"""Every mistake that a program can have before it runs, with its place and its words."""

from __future__ import annotations

import numpy as np
import pandas
import pytest
import torch
from torch import nn

from induce.algebras import Algebra
from induce.errors import AlgebraError, DataError, LimitError, ParseError, RuleError, TermError
from induce.logic import Limits, LogicProgram

SYNTAX = [
    ("a :- b", "at 1:7: the text ends too early; '.' or ',' was expected. End the statement with '.'."),
    ("a :- b\nc.", "at 2:1: unexpected 'c'; '.' or ',' was expected. End the statement with '.'"),
    ("a :- b\n:- c.", "at 2:1: unexpected ':-'. Was the '.' of the statement before it forgotten?"),
    ("a(X :- b(X).", "at 1:5: unexpected ':-'; ')' or ',' was expected. Close the bracket before it."),
    ('q.\np("abc).', 'at 2:3: the text that begins with " is not closed on its line. Add the closing ".'),
    ("q.\np('abc).", "at 2:3: the text that begins with ' is not closed on its line. Add the closing '."),
    (
        "Edge :- b.",
        "at 1:1: 'Edge' is no atom, but one was expected in the head of a rule. A relation's name begins with",
    ),
    ("a :- X.", "at 1:6: 'X' is a value, but an atom or a comparison was expected in a body."),
    ("a :- b, .", "at 1:9: unexpected '.'; an atom, a value or '(' was expected."),
    ("a :- b; c.", "at 1:7: unexpected ';'; '.' was expected. For 'or' in a body write two rules with the same head."),
    ("a :- b & c.", "at 1:8: unexpected character '&'"),
    ("0.3::a ; b.", "at 1:10: a head with ';' needs a probability before each alternative, as in '0.4::a ; 0.6::b'."),
    ("{ a, b } = 1.", "at 1:6: the atoms of a choice are separated by ';', as in '{ a ; b } = 1'."),
    ("{ a ; b } != 1.", "a choice is bounded by '=', '<=' or '>=', but got '!='."),
    ("a :- not X < 3, b(X).", "at 1:10: a comparison cannot stand in a negation. Write the opposite comparison"),
    ("d(I, {0..9}) ~ f(x).", "at 1:16: after '~' a network is expected, as in 'digit(I, {0..9}) ~ nn(name, I)'."),
    ("#foo a = {b}.", "at 1:1: unknown word '#foo'. Known: #domain name = {a, b}., #relation edge(from: name)."),
    ("a :- true.", "at 1:6: 'true' holds anyway. Leave it out."),
    ('p("\\d").', "at 1:3: unknown escape '\\d' in a text. Write '\\\\d' for a backslash and 'd'."),
    ("evidence(a, maybe).", "at 1:13: evidence is 'true' or 'false', but got 'maybe'."),
    ("t(X)::a.", ""),
    ("?p{begin: 3}::a.", "at 1:4: a hole has the attributes start, low and high, each a number; got 'begin'."),
    ("a :- S = #sum{ }.", "at 1:10: '#sum' has no elements."),
    ("2 mod 3::a.", "works on values, not inside a real expression. Use + - * / **."),
]


@pytest.mark.parametrize(("text", "message"), [case for case in SYNTAX if case[1]])
def test_text_that_is_no_program(text, message):
    with pytest.raises(ParseError) as caught:
        LogicProgram(text)
    assert message in str(caught.value)
    line = text.split("\n")[caught.value.line - 1]
    assert line.strip() in str(caught.value)  # the line is shown


RULES = [
    (
        "p(a).\nq :- p(a, b).",
        "at 2:6: 'p' is used with 2 arguments here and with 1 argument at 1:1. Give one of them another",
    ),
    ("p(X, Y) :- q(X).", "at 1:6: variable Y is in the head but in no positive body atom. Add an atom that binds Y."),
    (
        "edge(A, b).",
        "at 1:6: variable A is in the head but in no positive body atom. A capital letter begins a variable",
    ),
    (
        "p(X) :- q(X), not r(X, Z).",
        "at 1:24: variable Z occurs only under 'not'. Bind it by a positive atom, or write '_'",
    ),
    ("p(_) :- q(X).", "at 1:3: '_' stands for anything and cannot be in a head. Name the value."),
    ("p(X) :- q(X), Y > 3.", "at 1:15: variable Y is used in arithmetic or a comparison but no atom binds it."),
    ("p(Z) :- q(X), Z = X + Y.", "at 1:23: variable Y is used in arithmetic or a comparison but no atom binds it."),
    ("p :- sigmoid(X).", "at 1:14: variable X of a real expression is bound by no atom. Add an atom with X."),
    ("P::p(X) :- q(X).", "at 1:1: variable P of the weight is bound by no body atom. Add an atom with P."),
    ("p(S) :- S = #sum{ V : not q(V) }.", "at 1:19: variable V inside #sum is bound by no atom of its condition."),
    (
        "p :- not q.\nq :- r.\nr :- p.",
        "at 1:10: negation through recursion: p/0 -> q/0 -> r/0 -> p/0, with 'not' before q/0.",
    ),
    ("win(X) :- move(X, Y), not win(Y).", "negation through recursion: win/1 -> win/1, with 'not' before win/1."),
    ("t(N) :- N = #count{ X : t(X) }.", "at 1:1: an aggregate looks at its own result: t/1 -> t/1."),
    (
        "1.5::a.",
        "at 1:6: the probability of 'a' is 1.5, but it must lie in [0, 1]. For a cost or score use a weak constraint",
    ),
    ("b.\n-0.5::a.", "at 2:7: the probability of 'a' is -0.5"),
    (
        "0.6::a ; 0.7::b.",
        "at 1:1: the probabilities of the alternatives sum to 0.6 + 0.7 = 1.3, but at most 1 is possible.",
    ),
    ("?p{low: 0, high: 2}::a.", "at 1:1: the learned probability '?p' has bounds (0.0, 2.0) outside [0, 1]."),
    ("a(1..2).\nevidence(a(X)).", "at 2:12: evidence names one fact, but 'a(X)' has the variable X. Write a constant"),
    ("a(1).\nevidence(1 < 2).", "at 2:1: evidence is an atom or its negation, but got '1 < 2'."),
    (
        "path(a, b).\n?- pth(a, X).",
        "at 2:4: the query asks about 'pth/2', which the program does not have. Did you mean 'path/2'?",
    ),
    (
        "#domain c = {red}. #relation p(c: c). p(green).",
        "at 1:39: 'green' in 'p(green)' is not in the domain 'c'. It has: red.",
    ),
    (
        "#relation p(a: u). #relation q(a: v). r(X) :- p(X), q(X).",
        "at 1:41: variable X is of sort 'u' in 'p(X)' and of sort 'v' in 'q(X)'. Use two variables.",
    ),
    ("{ p(X) : q(X) } = N :- n(N).", "at 1:1: the bound 'N' of a choice must be a whole number."),
    ("d({0..1}, I) ~ nn(net, I).", "at 1:1: a neural head has one domain, as its last argument"),
    (
        "d(I, {X}) ~ nn(net, I) :- i(I), x(X).",
        "at 1:1: the domain '{X}' of 'd' is not finite. List its values, as in {0..9}.",
    ),
]


@pytest.mark.parametrize(("text", "message"), RULES)
def test_rules_that_have_no_meaning(text, message):
    with pytest.raises(RuleError) as caught:
        LogicProgram(text)
    assert message in str(caught.value)
    assert (caught.value.line, caught.value.column) > (0, 0)


def test_a_variable_under_one_negation_may_mean_any_value():
    program = LogicProgram("q(a). q(b). r(a, c). p(X) :- q(X), not r(X, Z).", query="p(X)", strict=False)
    assert program.answers.labels == ["p(b)"]


# -------------------------------------------------------------------- queries, tables, limits


def test_queries():
    with pytest.raises(RuleError, match=r"the query asks about 'pth/2'.* Did you mean 'path/2'\? It has: path/2"):
        LogicProgram("path(a, b).", query="pth(a, X)")
    with pytest.raises(RuleError, match=r"in the query 'a\(X\), Y > 1': variable Y is used in arithmetic"):
        LogicProgram("a(1).", query="a(X), Y > 1")()
    with pytest.raises(RuleError, match=r"the program has no query. Give query='path\(a, X\)'"):
        LogicProgram("a(1).")()
    with pytest.raises(DataError, match=r"over= names 'Y', but the query 'a\(X\)' has the variables X"):
        LogicProgram("a(1).", query="a(X)", over={"Y": [1]})()
    with pytest.raises(DataError, match=r"the observed answer 3 is not among the 2 answers of 'a\(X\)'"):
        LogicProgram("0.5::a(1). 0.5::a(2).", query="a(X)").log_probability([3])
    with pytest.raises(RuleError, match=r"'bb/1' has no facts and no rules. Did you mean 'b/1'\?"):
        LogicProgram("a(X) :- bb(X). b(1).", query="a(X)")()


def test_a_query_without_answers_is_no_error():
    assert LogicProgram("path(a, b).", query="path(c, X)")().shape == (0,)
    assert LogicProgram("path(a, b).", query="path(c, a)")().item() == 0.0


TABLES = [
    ([(1.0, 2), (float("nan"), 2)], r"a: column 1 has 1 missing values \(row 1\)"),
    ([(1, 2), (1, None)], r"a: column 2 has 1 missing values \(row 1\)"),
    (
        [(5, 1), ("5", 1)],
        "a: column 1 mixes types: 5 in row 0 is a number, '5' in row 1 is a text; they would never be equal",
    ),
    (pandas.DataFrame([[1, 2]]), r"a: column 1 of the table has no name \(it is 0\). Name all columns"),
    ([(1,)], "a: 1 columns were given, but a has 2 arguments elsewhere"),
    ([(1, 2), (1,)], "a: row 1 has 1 values, but row 0 has 2"),
]


@pytest.mark.parametrize(("table", "message"), TABLES)
def test_tables_that_cannot_be_read(table, message):
    with pytest.raises(DataError, match=message):
        LogicProgram("q :- a(X, Y).", query="q").facts("a", table)


def test_empty_tables_are_empty_relations():
    assert LogicProgram("q :- a(X, Y).", query="q").facts("a", [])().item() == 0.0
    assert LogicProgram("q(X) :- a(X, Y).", query="q(X)").facts("a", np.empty((0, 2)))().shape == (0,)


def test_one_tuple_with_two_probabilities():
    with pytest.raises(DataError, match=r"a\(1\) has two probabilities: 0.3 and 0.4 \(row 1\)"):
        LogicProgram("q :- a(1).", query="q").facts("a", {"x": [1, 1], "p": [0.3, 0.4]}, weight="p")


def test_grounding_that_would_not_end_names_the_rule():
    with pytest.raises(
        LimitError, match=r"stopped at the rule 'n\(X \+ 1\) :- n\(X\)\.' \(line 2\): its results have fed it"
    ):
        LogicProgram("n(0).\nn(X + 1) :- n(X).", query="n(5)", limits=Limits(rounds=40))()
    with pytest.raises(
        LimitError, match=r"'n\(s\(X\)\) :- n\(X\)\.' \(line 1\).*n/1 52.*bounds what it derives.*Limits\("
    ):
        LogicProgram("n(s(X)) :- n(X). n(z).", query="n(X)", limits=Limits(rounds=50))()


def test_weights_outside_of_probabilities():
    with pytest.raises(
        RuleError, match=r"at 2:1: the weight 'P' is 1.5 for X = 1, P = 1.5, but a probability lies in \[0, 1\]"
    ):
        LogicProgram("i(1, 1.5).\nP::c(X) :- i(X, P).", query="c(X)")()
    with pytest.raises(RuleError, match="P is 'a' in 'P', but a number was expected"):
        LogicProgram("i(1, a). P::c(X) :- i(X, P).", query="c(X)")()
    with pytest.raises(RuleError, match=r"Its values are given by program.facts\('dist', table, value='column'\)"):
        LogicProgram("c(X) :- i(X), sigmoid(dist(X)). i(1).", query="c(X)")()


# -------------------------------------------------------------------- networks

SUM = "digit(I, {0..2}) ~ nn(net, I).\ntotal(S) :- digit(a, X), digit(b, Y), S = X + Y."


class Table(nn.Module):
    def forward(self, x):
        return x


def inputs(rows=3, width=3):
    generator = torch.Generator().manual_seed(0)
    return {name: torch.randn(rows, width, generator=generator) for name in ("a", "b")}


def test_networks():
    with pytest.raises(
        RuleError, match=r"no network is given for 'net' of 'digit/2'. Give it by name: LogicProgram\(..., net=module\)"
    ):
        LogicProgram(SUM, query="total(S)")(**inputs())
    with pytest.raises(
        RuleError,
        match=r"network 'net' gave \(4,\) outputs for each of 6 inputs, but 'digit/2' has a domain of 3 values",
    ):
        LogicProgram(SUM, query="total(S)", net=Table())(**inputs(width=4))
    bad = inputs()
    bad["b"][1, 0] = torch.nan
    with pytest.raises(RuleError, match="network 'net' gave NaN or infinity for example 1 of the batch"):
        LogicProgram(SUM, query="total(S)", net=Table())(**bad)
    with pytest.raises(RuleError, match="no rule uses the network 'other'"):
        LogicProgram(SUM, query="total(S)", other=Table())
    with pytest.raises(
        RuleError, match=r"'quiet' must be a torch module or hole.net\(module, over=...\), but got bool"
    ):
        LogicProgram("a.", query="a", quiet=True)


def test_logits_and_probabilities_are_told_apart():
    with pytest.raises(
        RuleError, match=r"outputs of network 'net' are not probabilities .* For logits leave out logits=False"
    ):
        LogicProgram(SUM, query="total(S)", net=Table(), logits=False)(**inputs())
    shares = {name: value.softmax(1) for name, value in inputs().items()}
    with pytest.raises(
        RuleError, match=r"network 'net' gave probabilities \(each row sums to 1\), but logits were expected"
    ):
        LogicProgram(SUM, query="total(S)", net=Table())(**shares)
    assert LogicProgram(SUM, query="total(S)", net=Table(), logits=False)(**shares).shape == (3, 5)


def test_inputs():
    program = LogicProgram(SUM, query="total(S)", net=Table())
    with pytest.raises(
        DataError, match=r"the inputs disagree on the number of examples \(a: 3, b: 2\). The first axis"
    ):
        program(a=inputs(3)["a"], b=inputs(2)["b"])
    with pytest.raises(DataError, match=r"the input 'b' is missing. Given: a; needed: a, b"):
        program(a=inputs()["a"])
    with pytest.raises(DataError, match=r"no rule reads an input 'c'. Inputs: a, b"):
        program(**inputs(), c=inputs()["a"])


# -------------------------------------------------------------------- evidence and algebras


def test_evidence_that_cannot_be():
    with pytest.raises(
        RuleError, match=r"no world satisfies all of these: evidence\(b\)\. evidence\(not a\)\. Correct the facts"
    ):
        LogicProgram("0.3::a. b :- a. evidence(b). evidence(not a).", query="b")()
    with pytest.raises(RuleError, match="no world is consistent: the evidence 'not c' holds in no world"):
        LogicProgram("0.3::a. c. evidence(not c).", query="a")()
    with pytest.raises(RuleError, match=r"no world satisfies all of these: :- a\. :- not a\."):
        LogicProgram("0.3::a. :- a. :- not a.", query="a")()
    with pytest.raises(AlgebraError, match="probability 0, so nothing can be conditioned on them"):
        LogicProgram("0.0::a. 0.5::b. evidence(a).", query="b")()


CYCLE = "0.5::e(a, b). 0.5::e(b, a). p(X, Y) :- e(X, Y). p(X, Z) :- p(X, Y), e(Y, Z)."


@pytest.mark.parametrize("algebra", [Algebra.ADD_MULT, Algebra.COUNTING, Algebra.GF2])
def test_an_algebra_that_adds_has_no_fixpoint_on_a_cycle(algebra):
    with pytest.raises(
        AlgebraError, match=rf"'{algebra.name}' has no fixpoint on recursive rules: p\(a, a\) depends on itself"
    ):
        LogicProgram(CYCLE, query="p(a, a)", algebra=algebra)()


@pytest.mark.parametrize("algebra", [Algebra.COUNTING, Algebra.TROPICAL, Algebra.VITERBI])
def test_an_algebra_without_negation(algebra):
    with pytest.raises(
        AlgebraError, match=rf"'{algebra.name}' has no negation, but the program uses 'not' in rule 2: b :- not a\."
    ):
        LogicProgram("0.3::a. b :- not a.", query="b", algebra=algebra)()


def test_an_algebra_of_numbers_has_no_meaning_for_rules():
    with pytest.raises(AlgebraError, match="the algebra 'real' has no meaning for rules"):
        LogicProgram("0.3::a.", query="a", algebra=Algebra.REAL)()


def test_words_cannot_name_relations():
    from induce.logic.language import predicate

    with pytest.raises(TermError, match=r"'not' is a word of the language and cannot name a relation. Try 'not_'"):
        predicate("not", 1)
    with pytest.raises(TermError, match="'a b' is no name of a relation"):
        predicate("a b", 1)
