"""Targets that come apart."""

from __future__ import annotations

import numpy as np
import pytest

from induce.learners import Separable
from induce.learners.archive import Archive
from induce.learners.forms import agree, nested_ok, node_costs, sizes_of
from induce.learners.learner import OPENED, Learner, SearchState
from induce.learners.separable import separations

from .making import best, table, task

OPERATORS = "+ - * / sqrt exp log sin cos"
RNG = np.random.default_rng(0)
DATA = table(a=RNG.uniform(0.5, 3.0, 300), b=RNG.uniform(0.5, 3.0, 300), c=RNG.uniform(0.5, 3.0, 300))


def problem(formula, operators=OPERATORS, **settings):
    return task(formula, DATA, operators, max_size=25, literals=(1, 2), **settings)


def seen(formula, operators=OPERATORS):
    found = [s for some, _ in separations(problem(formula, operators)) for s in some]
    return {(s.form, *sorted([s.first, s.second])) for s in found}


@pytest.mark.parametrize(
    ("formula", "form", "parts"),
    [
        ("sin(a) + b*c", "sum", ((0,), (1, 2))),
        ("exp(a*b)*(2 + sin(c))", "product", ((0, 1), (2,))),
        ("1/(a^2 + exp(b*c))", "inverse", ((0,), (1, 2))),
        ("sqrt(a*c + b^2)", "root", ((0, 2), (1,))),
    ],
)
def test_the_form_and_its_parts_are_told(formula, form, parts):
    assert (form, *parts) in seen(formula)


def test_what_hangs_together_does_not_come_apart():
    assert seen("sin(a*b*c) + a*b*c") == set()
    assert seen("sin(a*b + c*a + 0.7*b*c)") == set()


def test_noise_is_not_taken_for_a_separation():
    assert [s for some, _ in separations(problem(np.random.default_rng(1).normal(size=300))) for s in some] == []


def test_forms_keep_to_the_operators():
    assert {form for form, *_ in seen("exp(a*b)*(2 + sin(c))", "+ sin exp")} == set()
    assert all(form == "sum" for form, *_ in seen("1/(a^2 + exp(b*c))", "+ - sin"))


@pytest.mark.parametrize("formula", ["exp(-(a - 1)^2)/(1.2 + (b - 2.5)^2)", "exp(a)*sin(b)/(c + 1)"])
def test_parts_are_searched_and_put_together(formula):
    given = problem(formula)
    batches = []
    for batch in Separable().run(given, SearchState(Archive()), np.random.default_rng(0)):
        batches.append(batch)
        if batch.programs is not None and len(batch.programs):
            assert (sizes_of(batch.programs, node_costs(given.codebook)) <= given.space.max_size).all()
        if best(batches[-1:])[0] < 1e-20 * given.scale or batch.note == OPENED:
            break
    assert best(batches)[0] < 1e-20 * given.scale
    assert all(batch.source == "separable" for batch in batches)


def test_units_and_nestings_hold_for_the_whole():
    units = {"a": "m", "b": "s", "c": "kg"}
    data = table(units=units, **dict(zip(DATA.names, DATA.values, strict=True)))
    given = task("3*a/b", data, OPERATORS, max_size=12, target_unit="m/s", forbid=[("sqrt", "exp")])
    shown = 0
    for count, batch in enumerate(Separable().run(given, SearchState(Archive()), np.random.default_rng(0))):
        if batch.programs is not None and len(batch.programs):
            shown += len(batch.programs)
            assert agree(given, batch.programs).all()
            assert nested_ok(batch.programs, given.codebook, given.space.forbid).all()
        if count > 150:
            break
    assert shown


def test_it_is_a_learner_that_needs_fitted_constants():
    assert isinstance(Separable(), Learner)
    assert Separable().accepts(problem("a")) == ""
    assert Separable().accepts(problem("a", constants=False)) == "separation needs fitted constants"
