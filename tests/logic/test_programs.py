"""Small programs whose answers are known by hand, one for each kind of statement and hole."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from induce import Algebra
from induce.algebras.semirings import ADD_MULT, COUNTING, MIN_MAX, TROPICAL, VITERBI
from induce.errors import AlgebraError
from induce.logic import LogicProgram
from induce.terms import hole


def answers(text, query, **options):
    """Every answer of a query with its value, by the values of its variables."""
    tables = options.pop("tables", {})
    program = LogicProgram(text, query=query, **options)
    for name, table in tables.items():
        program.facts(name, **table) if isinstance(table, dict) else program.facts(name, table)
    values = program().detach().reshape(-1).tolist()
    keys = [v[0] if len(v) == 1 else v for v in program.answers.values]
    return dict(zip(keys, (round(v, 9) for v in values), strict=True))


def truth(text, query="q", **options):
    return answers(text, query, **options)[()]


def level(program):
    """The program with all its parameters at zero: shares are equal, probabilities one half."""
    with torch.no_grad():
        for parameter in program.parameters():
            parameter.zero_()
    return program


def test_facts_and_recursion():
    text = "edge(a, b). edge(b, c). edge(c, a). edge(d, d). path(X, Y) :- edge(X, Y). path(X, Z) :- path(X, Y), edge(Y, Z)."
    assert answers(text, "path(a, X)") == {"a": 1.0, "b": 1.0, "c": 1.0}
    assert answers(text, "path(d, X)") == {"d": 1.0}
    assert len(answers(text, "path(X, Y)")) == 10


def test_weighted_facts_are_independent():
    assert truth("0.3::a. 0.4::b. q :- a. q :- b.") == pytest.approx(1 - 0.7 * 0.6)
    assert truth("0.3::a. 0.4::b. q :- a, b.") == pytest.approx(0.12)


def test_one_fact_with_two_weights_has_two_independent_chances():
    assert truth("0.3::q. 0.4::q.") == pytest.approx(1 - 0.7 * 0.6)


def test_weighted_rules_have_one_chance_for_each_binding():
    assert answers("b(1). b(2). 0.5::a(X) :- b(X). q(N) :- N = #count{ X : a(X) }.", "q(N)") == {
        0: 0.25,
        1: 0.5,
        2: 0.25,
    }
    # a variable of the body alone counts as well
    assert truth("b(1). b(2). 0.5::q :- b(X).") == pytest.approx(0.75)
    assert truth("b(1). b(2). 0.5::q :- b(_).") == pytest.approx(0.75)


def test_a_cycle_counts_every_fact_once():
    text = "0.5::e(a, b). 0.5::e(b, a). 0.5::e(b, c). p(X, Y) :- e(X, Y). p(X, Z) :- p(X, Y), e(Y, Z)."
    assert answers(text, "p(a, X)") == {"a": 0.25, "b": 0.5, "c": 0.25}


def test_annotated_disjunctions_exclude_each_other():
    text = "0.4::c(red) ; 0.5::c(blue)."
    assert answers(text, "c(X)") == {"blue": 0.5, "red": 0.4}
    assert truth(text + " q :- c(red), c(blue).") == 0.0
    assert truth(text + " q :- not c(red), not c(blue).") == pytest.approx(0.1)
    assert answers("b(1). b(2). 0.5::h(X) ; 0.5::t(X) :- b(X). q :- h(1), t(2).", "q")[()] == pytest.approx(0.25)


def test_the_same_atom_in_two_alternatives():
    assert truth("0.4::q ; 0.3::q ; 0.3::r.") == pytest.approx(0.7)


def test_probabilities_from_facts_and_expressions():
    assert answers("w(a, 0.2). w(b, 0.7). P::p(X) :- w(X, P).", "p(X)") == {"a": 0.2, "b": 0.7}
    assert answers("w(a, 0.2). P / 2::p(X) :- w(X, P).", "p(X)") == {"a": 0.1}
    assert answers("w(a, 0.2). P::p(X) ; 1 - P::r(X) :- w(X, P).", "r(X)") == {"a": 0.8}


def test_stratified_negation():
    text = "n(1). n(2). 0.3::bad(1). good(X) :- n(X), not bad(X)."
    assert answers(text, "good(X)") == {1: 0.7, 2: 1.0}
    assert truth("n(1). 0.3::bad(1, 5). 0.5::bad(1, 6). q :- n(X), not bad(X, _).") == pytest.approx(0.7 * 0.5)
    assert truth("n(1). 0.3::bad(1, 5). q :- n(X), not bad(X, Z).", strict=False) == pytest.approx(0.7)


def test_arithmetic_comparisons_and_ranges():
    text = "n(1..4). "
    assert answers(text + "p(X * 2 - 1) :- n(X), X > 1, X != 3.", "p(X)") == {3: 1.0, 7: 1.0}
    assert answers(text + "p(X // 2, X mod 2) :- n(X), X <= 3.", "p(X, Y)") == {(0, 1): 1.0, (1, 0): 1.0, (1, 1): 1.0}
    assert answers("p(X) :- X = 2..4.", "p(X)") == {2: 1.0, 3: 1.0, 4: 1.0}
    assert answers(text + "p(Y) :- n(X), X = Y + 1.", "p(Y)") == {0: 1.0, 1: 1.0, 2: 1.0, 3: 1.0}
    assert answers(text + "p(X) :- n(X + 1).", "p(X)") == {0: 1.0, 1: 1.0, 2: 1.0, 3: 1.0}
    assert answers("p(X ** 2, -X, abs(-X), min(X, 1), max(X, 9)) :- X = 3.", "p(A, B, C, D, E)") == {
        (9, -3, 3, 1, 9): 1.0
    }
    assert answers("p(concat(a, b), length(abc), upper(x)).", "p(A, B, C)") == {("ab", 3, "X"): 1.0}


def test_numbers_and_texts_stay_apart():
    text = 'p(5). p("5"). p(5.0). p(true).'
    assert truth(text + ' q :- p("5").') == 1.0
    assert len(LogicProgram(text, query="p(X)").answers) == 4


def test_structured_terms_and_lists():
    text = "at(point(1, 2)). at(point(3, 4)). x(X) :- at(point(X, _))."
    assert answers(text, "x(X)") == {1: 1.0, 3: 1.0}
    text = "l([a, b, c]). m(X, T) :- l([X | T]). m(X, T) :- m(_, [X | T])."
    assert set(answers(text + " q(X) :- m(X, _).", "q(X)")) == {"a", "b", "c"}
    assert truth(text + " q :- m(c, []).") == 1.0
    assert truth("n(z). n(s(X)) :- n(X), X = z. q :- n(s(z)).") == 1.0


def test_aggregates_over_certain_facts():
    text = "p(a, 1). p(a, 3). p(b, 3). g(a). g(b). g(c). "
    for name, wanted in (("sum", 4), ("count", 2), ("max", 3), ("min", 1), ("prod", 3), ("mean", 2.0)):
        assert answers(text + f"r(S) :- S = #{name}{{ V : p(a, V) }}.", "r(S)") == {wanted: 1.0}
    groups = text + "r(X, S) :- g(X), S = #sum{ V : p(X, V) }."
    assert answers(groups, "r(X, S)") == {("a", 4): 1.0, ("b", 3): 1.0, ("c", 0): 1.0}
    greatest = text + "r(X, S) :- g(X), S = #max{ V : p(X, V) }."
    assert answers(greatest, "r(X, S)") == {("a", 3): 1.0, ("b", 3): 1.0}  # an empty group has no greatest
    assert answers(text + "r(S) :- S = #sum{ V, X : p(X, V) }.", "r(S)") == {7: 1.0}
    assert answers(text + "r(S) :- S = #sum{ V : p(X, V) }.", "r(S)") == {
        4: 1.0
    }  # 1 and 3: different tuples count once
    assert answers(text + "r(X) :- g(X), #count{ V : p(X, V) } > 1.", "r(X)") == {"a": 1.0}
    assert answers(text + "r(S) :- S = #sum{ 2, X : g(X) ; V, X : p(X, V) }.", "r(S)") == {2 * 3 + 7: 1.0}


def test_aggregates_over_uncertain_facts():
    coins = "0.5::c(1). 0.5::c(2). 0.5::c(3). "
    counts = answers(coins + "n(N) :- N = #count{ X : c(X) }.", "n(N)")
    assert counts == {0: 0.125, 1: 0.375, 2: 0.375, 3: 0.125}
    sums = answers(coins + "n(N) :- N = #sum{ X : c(X) }.", "n(N)")
    assert sums == {0: 0.125, 1: 0.125, 2: 0.125, 3: 0.25, 4: 0.125, 5: 0.125, 6: 0.125}
    tops = answers(coins + "n(N) :- N = #max{ X : c(X) }.", "n(N)")
    assert tops == {1: 0.125, 2: 0.25, 3: 0.5}  # no coin, no greatest
    assert truth(coins + "q :- #count{ X : c(X) } >= 2.") == pytest.approx(0.5)
    groups = "g(a). g(b). 0.5::p(a, 1). 0.25::p(a, 2). n(X, N) :- g(X), N = #count{ V : p(X, V) }."
    assert answers(groups, "n(X, N)") == {("a", 0): 0.375, ("a", 1): 0.5, ("a", 2): 0.125, ("b", 0): 1.0}
    dice = "0.25::d(I, 1) ; 0.25::d(I, 2) ; 0.5::d(I, 3) :- i(I). i(1..2). s(S) :- S = #sum{ V, I : d(I, V) }."
    assert answers(dice, "s(S)") == {2: 0.0625, 3: 0.125, 4: 0.3125, 5: 0.25, 6: 0.25}
    signed = "0.5::c(a, 1). 0.5::c(a, -1). g(a). s(X, S) :- g(X), S = #sum{ V : c(X, V) }."
    assert answers(signed, "s(X, S)") == {("a", -1): 0.25, ("a", 0): 0.5, ("a", 1): 0.25}
    uncertain = "0.5::g(a). 0.5::c(a, 1). s(X, S) :- g(X), S = #sum{ V : c(X, V) }."
    assert answers(uncertain, "s(X, S)") == {("a", 0): 0.25, ("a", 1): 0.25}


def test_choices_are_uniform_over_what_the_bounds_allow():
    assert answers("i(1..4). { p(X) : i(X) } = 1.", "p(X)") == dict.fromkeys(range(1, 5), 0.25)
    assert answers("i(1..4). { p(X) : i(X) }.", "p(X)") == dict.fromkeys(range(1, 5), 0.5)
    assert answers("{ a ; b ; c } <= 1. q(a) :- a.", "q(X)") == {"a": 0.25}
    assert answers("1 <= { a ; b }. q(a) :- a.", "q(X)") == {"a": pytest.approx(2 / 3, abs=1e-8)}
    assert truth("{ q } = 1.") == 1.0
    assert truth("g(1). g(2). i(1..2). { p(X, Y) : i(Y) } = 1 :- g(X). q :- p(1, 1), p(2, 2).") == pytest.approx(0.25)


def test_constraints_condition_everything_else():
    text = "0.5::a. 0.5::b. q :- a. "
    assert truth(text + ":- a, b.") == pytest.approx(1 / 3, abs=1e-8)
    assert truth(text + ":- not a, not b.") == pytest.approx(2 / 3, abs=1e-8)
    edges = (
        "n(1..3). e(1, 2). e(2, 3). c(r). c(g). { col(X, C) : c(C) } = 1 :- n(X). :- e(X, Y), col(X, C), col(Y, C). "
    )
    assert answers(edges + "q(C) :- col(1, C), col(3, C).", "q(C)") == {"g": 0.5, "r": 0.5}


def test_evidence():
    text = "0.2::burglary. 0.1::quake. alarm :- burglary. alarm :- quake. "
    alarm = 1 - 0.8 * 0.9
    assert answers(text + "evidence(alarm).", "burglary")[()] == pytest.approx(0.2 / alarm)
    assert answers(text + "evidence(alarm, true).", "burglary")[()] == pytest.approx(0.2 / alarm)
    assert answers(text + "evidence(alarm, false).", "burglary")[()] == 0.0
    assert answers(text + "evidence(not burglary). evidence(alarm).", "quake")[()] == 1.0


def test_a_weak_constraint_counts_as_a_factor():
    factor = math.exp(-2.0)
    assert truth("0.3::q. :~ q. [2@1]") == pytest.approx(0.3 * factor / (0.3 * factor + 0.7))
    text = "{ pick(X) : item(X) } = 2. item(1..3). :~ pick(X). [X, X]"
    weights = {3: math.exp(-3.0), 4: math.exp(-4.0), 5: math.exp(-5.0)}
    total = sum(weights.values())
    assert answers(text, "pick(X)")[1] == pytest.approx((weights[3] + weights[4]) / total)
    assert LogicProgram(text, query="pick(X)").decode().answers == [[1, 2]]


def test_queries_in_the_text_and_answers_that_are_asked_for():
    program = LogicProgram("0.3::a(1). 0.6::a(3). ?- a(X).")
    assert program.answers.labels == ["a(1)", "a(3)"]
    assert program().tolist() == [0.3, 0.6]
    program = LogicProgram("0.3::a(1). 0.6::a(3).", query="a(X)", over={"X": [3, 2, 1]})
    assert program().tolist() == [0.6, 0.0, 0.3]
    program = LogicProgram("0.3::a(1). 0.6::b.", query=["a(X)", "b"])
    assert program.answers.labels == ["a(1)", "b"]
    assert LogicProgram("0.3::a(1).", query="not a(1)")().item() == pytest.approx(0.7)


def test_declared_relations_may_be_empty():
    assert truth("#relation e(from: node, to: node). q :- e(X, Y).") == 0.0
    assert answers("#domain c = {red, blue}. #relation p(c: c). p(red).", "p(X)") == {"red": 1.0}


# -------------------------------------------------------------------- tables


def test_tables_of_facts_with_weights_and_values():
    tables = {"e": {"data": {"x": ["a", "b"], "p": [0.5, 0.25]}, "weight": "p"}}
    assert answers("p(X) :- e(X).", "p(X)", tables=tables) == {"a": 0.5, "b": 0.25}
    tables = {"dist": {"data": {"x": [1, 2], "d": [0.0, 2.0]}, "value": "d"}}
    found = answers("near(X) :- sigmoid(1 - dist(X)).", "near(X)", tables=tables)
    assert found == {1: pytest.approx(1 / (1 + math.exp(-1))), 2: pytest.approx(1 / (1 + math.exp(1)))}
    assert answers("p(X) :- i(X, Y), X < Y.", "p(X)", tables={"i": np.array([[1, 2], [3, 3]])}) == {1: 1.0}


def test_values_of_a_batch():
    program = LogicProgram("near(X) :- sigmoid(?k * dist(X)).", query="near(X)")
    program.facts("dist", {"x": [1, 2], "d": [0.0, 0.0]}, value="d")
    with torch.no_grad():
        program.parameters_of_holes.values["k"].fill_(2.0)
        found = program(dist=torch.tensor([[0.0, 1.0], [1.0, -1.0], [3.0, 0.5]]))
    assert torch.allclose(
        found, torch.sigmoid(2 * torch.tensor([[0.0, 1.0], [1.0, -1.0], [3.0, 0.5]], dtype=found.dtype))
    )


# -------------------------------------------------------------------- holes


def test_a_learnable_probability_has_a_gradient():
    program = LogicProgram("?p{start: 0.2}::a. 0.5::b. q :- a. q :- b.", query="q")
    value = program()
    assert value.item() == pytest.approx(1 - 0.8 * 0.5)
    value.backward()
    (gradient,) = [p.grad.item() for p in program.parameters()]
    assert gradient == pytest.approx(0.5 * 0.2 * 0.8)  # dq/dp times the derivative of the sigmoid


def test_an_indexed_hole_has_a_value_for_each_constant():
    program = LogicProgram("i(a). i(b). ?w(X)::p(X) :- i(X).", query="p(X)")
    assert program().shape == (2,)
    with torch.no_grad():
        program.parameters_of_holes.values["w"].copy_(torch.tensor([0.0, math.log(3)]))
    assert program().tolist() == pytest.approx([0.5, 0.75])
    assert LogicProgram(program.freeze(), query="p(X)")().tolist() == pytest.approx([0.5, 0.75])


def test_learnable_alternatives_share_what_is_left():
    program = LogicProgram("0.4::a ; ?x::b ; ?y::c. q(a) :- a. q(b) :- b. q(c) :- c.", query="q(X)")
    level(program)
    assert program().tolist() == pytest.approx([0.4, 0.3, 0.3])
    assert LogicProgram(program.freeze(), query="q(X)")().tolist() == pytest.approx([0.4, 0.3, 0.3])


def test_a_choice_of_atoms():
    program = level(LogicProgram("0.2::a. 0.6::b. q :- ?which{ a ; b }.", query="q"))
    assert program().item() == pytest.approx(0.4)
    frozen = LogicProgram(program.freeze(), query="q")
    assert frozen().item() == pytest.approx(0.4)
    with torch.no_grad():
        program.parameters_of_holes.choices["which"].copy_(torch.tensor([0.0, 5.0]))
    assert program.freeze(choices="best").splitlines()[-1] == "q :- b."


def test_a_choice_of_values():
    program = level(LogicProgram("p(1). p(2). p(3). q :- p(X), X > ?limit{ 1 ; 2 ; 3 }.", query="q"))
    assert program().item() == pytest.approx(2 / 3)
    program = level(LogicProgram("q(?v{ a ; b }).", query="q(X)"))
    assert program().tolist() == pytest.approx([0.5, 0.5])


FROZEN = [
    ("?p{start: 0.3}::a. q :- a.", "q"),
    ("t(0.3)::a. t(_)::b. q :- a, b.", "q"),
    ("i(1). i(2). ?w(X)::a(X) :- i(X). q :- a(1). q :- a(2).", "q"),
    ("?x::a ; ?y::b ; 0.2::c. q(a) :- a. q(b) :- b. q(c) :- c.", "q(X)"),
    ("i(1). i(2). d(X, Y) :- i(X), i(Y), ?u(X, Y). q(X) :- d(X, _).", "q(X)"),
    ("v(1, 0.5). v(2, 1.5). q(X) :- v(X, V), sigmoid(?k * (V - ?t)).", "q(X)"),
    ("i(1). q(X) :- i(X), ?s{start: 0.7, low: 0, high: 1}.", "q(X)"),
    ("0.3::a. 0.8::b. q :- ?which{ a ; b }, ?other{ a ; b }.", "q"),
    ("i(1..2). 0.3::a(X) :- i(X). 0.8::b(X) :- i(X). q(X) :- i(X), ?which{ a(X) ; b(X) }.", "q(X)"),
    ("0.3::a. { b ; c } = 1. :- a, b. q :- c. evidence(a, false).", "q"),
    ("?p::a(1..3). q(N) :- N = #count{ X : a(X) }.", "q(N)"),
]


@pytest.mark.parametrize(("text", "query"), FROZEN)
def test_frozen_text_gives_the_same_numbers(text, query):
    program = LogicProgram(text, query=query, seed=3)
    generator = torch.Generator().manual_seed(0)
    program()  # an indexed hole learns here how many values it has
    with torch.no_grad():
        for parameter in program.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype))
    frozen = program.freeze()
    assert "?" not in frozen
    again = LogicProgram(frozen, query=query)
    assert again.answers.labels == program.answers.labels
    assert again().tolist() == pytest.approx(program().tolist(), abs=1e-12)
    assert not list(again.parameters())


# -------------------------------------------------------------------- networks


class Table(nn.Module):
    """A network whose logits are its input."""

    def forward(self, x):
        return x


def test_a_network_for_each_index_and_a_sum():
    text = "digit(I, {0..2}) ~ nn(net, I). total(S) :- digit(a, X), digit(b, Y), S = X + Y."
    program = LogicProgram(text, query="total(S)", net=Table())
    a, b = torch.tensor([[0.2, 0.3, 0.5]]), torch.tensor([[0.6, 0.3, 0.1]])
    found = program(a=a.log(), b=b.log())[0]
    assert found.tolist() == pytest.approx(np.convolve(a[0], b[0]).tolist(), abs=1e-6)
    program = LogicProgram(text, query="total(S)", net=Table(), logits=False)
    assert program(a=a, b=b)[0].tolist() == pytest.approx(np.convolve(a[0], b[0]).tolist(), abs=1e-6)
    assert program.log_probability([3], a=a, b=b).item() == pytest.approx(math.log(0.3 * 0.1 + 0.5 * 0.3), abs=1e-5)


def test_a_network_without_a_statement():
    program = LogicProgram("q :- digit(a, 1).", query="q", digit=hole.net(Table(), over=[0, 1]), logits=False)
    assert program(a=torch.tensor([[0.25, 0.75], [0.5, 0.5]])).tolist() == [0.75, 0.5]


def test_a_truth_value_from_a_network():
    program = LogicProgram(
        "i(0..1). on(I) ~ nn(net, x(I)) :- i(I). q :- on(0), on(1).", query="q", net=Table(), logits=False
    )
    assert program(x=torch.tensor([[[0.5], [0.5]], [[1.0], [0.25]]])).tolist() == [0.25, 0.25]


# -------------------------------------------------------------------- algebras


def test_one_program_under_several_algebras():
    text = "0.5::e(a, b). 0.4::e(b, c). 0.1::e(a, c). p(X, Y) :- e(X, Y). p(X, Z) :- e(X, Y), p(Y, Z)."
    program = LogicProgram(text, query="p(a, c)")
    assert program().item() == pytest.approx(1 - 0.8 * 0.9)
    assert program.with_algebra(VITERBI)().item() == pytest.approx(0.2)
    assert program.with_algebra(MIN_MAX)().item() == pytest.approx(0.4)
    assert program.with_algebra(ADD_MULT)().item() == pytest.approx(0.3)
    assert program.with_algebra(COUNTING)().item() == pytest.approx(0.3)  # the weights are multiplicities
    text = "1.0::e(a, b). 1.0::e(b, c). 1.0::e(a, c). p(X, Y) :- e(X, Y). p(X, Z) :- e(X, Y), p(Y, Z)."
    assert LogicProgram(text, query="p(a, c)", algebra=COUNTING)().item() == 2.0
    assert program.with_algebra(TROPICAL)().item() == pytest.approx(0.1)  # the least sum of the leaves' numbers


@pytest.mark.parametrize(
    ("text", "worlds"),
    [
        ("0.5::a. 0.5::b. :- a, b.", [[], ["a"], ["b"]]),
        ("0.5::a. 0.5::b. c :- a. c :- b. :- not c.", [["a"], ["a", "b"], ["b"]]),
        (
            "0.5::a. 0.2::b ; 0.8::c.",
            [["a", "b (by rule 2)"], ["a", "c (by rule 2)"], ["b (by rule 2)"], ["c (by rule 2)"]],
        ),
        ("{ pick(1..3) } = 1.", [["pick(1)"], ["pick(2)"], ["pick(3)"]]),
    ],
)
def test_all_consistent_worlds_are_listed(text, worlds):
    assert sorted(LogicProgram(text).models()) == worlds


@pytest.mark.parametrize(("name", "count"), [("COUNTING", 2.0), ("GF2", 0.0), ("ADD_MULT", 2.0), ("DUAL", 2.0)])
def test_proofs_by_certain_facts_count(name, count):
    text = "a. b. c :- a. c :- b. ?- c."
    assert LogicProgram(text, algebra=getattr(Algebra, name))().item() == count
    assert LogicProgram(text).with_algebra(getattr(Algebra, name))().item() == count


@pytest.mark.parametrize("algebra", [Algebra.VITERBI, Algebra.PROOFS(k=2), Algebra.FUZZY("godel"), Algebra.POSSIBILITY])
def test_constraints_are_never_ignored(algebra):
    with pytest.raises(AlgebraError, match=r"cannot condition on the constraint ':- a, b\.'. Use Algebra.PROBABILITY"):
        LogicProgram("0.5::a. 0.5::b. :- a, b. ?- a.", algebra=algebra)()


def test_relations_named_like_functions_and_answers_that_are_lists():
    squares = LogicProgram("square(X, Y) :- n(X), Y = X * X. n(1..3).", query="square(X, Y)")
    assert squares.answers.labels == ["square(1, 1)", "square(2, 4)", "square(3, 9)"]
    suffixes = LogicProgram("suffix([1, 2]). suffix(T) :- suffix([_ | T]).", query="suffix(L)")
    assert suffixes.answers.labels == ["suffix([1, 2])", "suffix([2])", "suffix([])"]
    assert answers("n(N) :- l(L), N = length(L). l([4, 5, 6]). l(abcd).", "n(X)") == {3: 1.0, 4: 1.0}
