from __future__ import annotations

import numpy as np
import pytest

from induce.errors import DataError, FillError, UnitError
from induce.table import Table
from induce.task import CONFIRM_ROWS, SEARCH_ROWS, Task
from induce.terms import REAL, Grammar, arithmetic, hole

X = arithmetic.variable("x")


def table(rows=10, units=None):
    rng = np.random.default_rng(0)
    return Table(("x", "y"), rng.normal(size=(2, rows)), units or {})


def line(rows=10, **settings):
    data = table(rows)
    return Task(hole.real("a") * X, data, 2.0 * data.values[0], **settings)


def test_a_sketch_without_holes_is_refused():
    with pytest.raises(FillError, match=r"'x' has no holes, so there is nothing to fill. Add one with hole.real\(\)\."):
        Task(X, table(), np.zeros(10))


def test_a_sketch_with_an_unknown_column_is_refused():
    with pytest.raises(DataError, match="mass"):
        Task(hole.real("a") * arithmetic.variable("mass"), table(), np.zeros(10))


def test_a_free_choice_has_a_space():
    grammar = Grammar(
        arithmetic, REAL, productions=["+", "sin", "pi", 2.0, "?"], variables=["x"], max_size=7, forbid=[("sin", "sin")]
    )
    space = Task(hole.choice(grammar, name="f"), table(), np.zeros(10)).space
    assert [op.name for op in space.ops] == ["+", "sin", "pi"]
    assert space.literals == (2.0,)
    assert space.constants
    assert space.max_size == 7
    assert space.forbid == (("sin", "sin"),)
    assert line().space is None
    assert Task(hole.choice(grammar, name="f") + 1, table(), np.zeros(10)).space is None


def test_few_rows_are_all_used_and_many_are_sampled_with_their_extremes():
    small = line(100)
    assert small.search[0].shape == (2, 100)
    big = line(50_000)
    for made, most in ((big.search, SEARCH_ROWS), (big.confirm, CONFIRM_ROWS)):
        columns, target, weights = made
        assert most * 0.9 < len(target) <= most
        np.testing.assert_allclose(
            [columns.min(axis=1), columns.max(axis=1)], [big.table.values.min(1), big.table.values.max(1)]
        )
        assert target.max() == big.target.max()
        assert weights.sum() == pytest.approx(len(target))
    np.testing.assert_array_equal(big.search[0], line(50_000).search[0])
    assert not np.array_equal(big.search[0], line(50_000, seed=1).search[0])


def test_the_scale_is_the_loss_of_the_best_constant():
    task = line(100, weights=np.arange(100.0))
    mean = np.average(task.target, weights=task.weights)
    assert task.scale == pytest.approx(np.average((task.target - mean) ** 2, weights=task.weights))


def test_units_become_exponents():
    data = table(units={"x": "m/s", "y": "s^(1/2)"})
    columns, target = Task(hole.real("a") * X, data, np.zeros(10), target_unit="m").dimensions
    assert columns.tolist() == [[12, -12], [0, 6]]
    assert target.tolist() == [12, 0]
    columns, target = Task(hole.real("a") * X, table(), np.zeros(10)).dimensions
    assert columns.shape == (2, 0)


def test_an_exponent_that_does_not_fit_is_refused():
    task = Task(hole.real("a") * X, table(units={"x": "m^(1/7)"}), np.zeros(10))
    with pytest.raises(UnitError, match=r"an exponent whose denominator does not divide 12\. Rescale the column"):
        _ = task.dimensions


def test_rows_of_weight_zero_take_no_place_in_a_sample():
    weights = np.zeros(30_000)
    weights[::50] = 2.0
    task = line(30_000, weights=weights)
    columns, _, found = task.search
    assert columns.shape[1] > SEARCH_ROWS - 40  # the extremes may coincide with rows that were drawn
    assert np.isin(columns[0], task.table.values[0][weights > 0]).all()
    assert (found > 0).all()
    assert task.subset(1000)[0].shape[1] == 600


def test_the_size_of_the_weights_does_not_matter():
    assert line(100, weights=np.full(100, 1e-200)).evidence == line(100, weights=np.full(100, 1e200)).evidence == 100
