from __future__ import annotations

import numpy as np
import pytest

from induce.learners.constants import Choices, Constants, filled_choices
from induce.terms import REAL, Grammar, arithmetic, hole

from .making import best, sketched, state

X, Y = arithmetic.variable("x"), arithmetic.variable("y")


def fit(problem, learner=None):
    loss, batch, place = best((learner or Constants()).run(problem, state(), np.random.default_rng(0)))
    return loss, problem.codebook.decode(batch.programs)[place]


def test_constants_are_fitted():
    loss, term = fit(sketched("?a * exp(?b * x) + ?c", "1.5 * exp(0.4 * x) - 2"))
    assert loss < 1e-20
    assert [round(n.value, 6) for n in term.walk_postfix() if n.is_literal] == [1.5, 0.4, -2.0]


def test_one_name_is_one_value():
    loss, term = fit(sketched("?k * x + sin(?k * y)", "1.3 * x + sin(1.3 * y)"))
    assert loss < 1e-18
    numbers = [n.value for n in term.walk_postfix() if n.is_literal]
    assert numbers[0] == numbers[1] == pytest.approx(1.3)


def test_bounds_hold_for_single_and_shared_holes():
    k = hole.real("k", within=(0.0, 1.0), start=0.5)
    _, term = fit(sketched(k * X, "3 * x"))
    assert [n.value for n in term.walk() if n.is_literal] == [1.0]
    _, term = fit(sketched(k * X + k * Y, "3 * x + 3 * y"))
    assert [n.value for n in term.walk() if n.is_literal] == pytest.approx([1.0, 1.0], abs=1e-9)
    assert max(n.value for n in term.walk() if n.is_literal) <= 1.0


def test_choices_are_made_in_order_of_cost():
    f = hole.choice([X, X * X, arithmetic["sin"](X)], name="f", prior=[0.2, 0.5, 0.3])
    g = hole.choice([Y, Y * Y], name="g", prior=[0.9, 0.1])
    made = [str(t) for t in filled_choices(f + g)]
    assert len(made) == len(set(made)) == 6
    assert made[0] == "x * x + y"
    costs = {"x * x": 0.5, "x": 0.2, "sin(x)": 0.3, "y": 0.9, "y * y": 0.1}
    weights = [costs[t.split(" + ")[0]] * costs[t.split(" + ")[1]] for t in made]
    assert weights == sorted(weights, reverse=True)


def test_one_name_is_one_choice_and_nested_choices_are_made():
    f = hole.choice([X, Y], name="f")
    assert [str(t) for t in filled_choices(f * f)] == ["x * x", "y * y"]
    outer = hole.choice([hole.choice([X, Y], name="inner") + 1, X * 2], name="outer")
    assert sorted(str(t) for t in filled_choices(outer)) == ["x * 2", "x + 1", "y + 1"]


def test_the_right_combination_is_found_with_its_constants():
    f = hole.choice([arithmetic["sin"](X), arithmetic["exp"](X), X], name="f")
    g = hole.choice([Y, Y * Y], name="g")
    loss, term = fit(sketched(hole.real("a") * f + hole.real("b") * g, "2 * exp(x) - 0.5 * y * y"), Choices())
    assert loss < 1e-20
    assert "exp(x)" in str(term)
    assert "y * y" in str(term)


def test_a_grammar_inside_a_sketch_is_enumerated_by_size():
    grammar = Grammar(arithmetic, REAL, productions=["+", "sin"], variables=["x", "y"], max_size=3)
    sizes = [t.args[1].size for t in filled_choices(hole.real("a") * hole.choice(grammar, name="f"))]
    assert sizes == sorted(sizes)
    assert len(sizes) == sum(1 for _ in grammar.enumerate())


def test_what_they_need_is_said():
    assert Choices().accepts(sketched("?a * x", "x")) == "choosing needs a sketch with a choice and without nets"
    assert Constants().accepts(sketched(hole.choice([X, Y], name="f") + hole.real("a"), "x"))
    assert Constants().accepts(sketched("?a * x", "x")) == ""
