from __future__ import annotations

import numpy as np
import pytest

from induce.formulas import FormulaRegressor, Hypotheses, screening
from induce.formulas.screening import FEW, MOST, screened
from induce.table import Table

RNG = np.random.default_rng(0)


def made(rows=800, columns=30):
    return Table(tuple(f"x{k}" for k in range(columns)), RNG.uniform(-1.0, 1.0, (columns, rows)), {})


def test_few_columns_are_left_alone():
    table = made(columns=FEW)
    assert screened(table, table.values[0], None, (), 0) == (table, "")


@pytest.mark.parametrize("seed", [0, 1])
def test_columns_that_matter_are_kept_though_none_has_an_effect_of_its_own(seed):
    table = made()
    y = table["x3"] * table["x11"] + 0.3 * np.sin(3 * table["x20"]) + RNG.normal(0, 0.05, table.rows)
    kept, note = screened(table, y, None, (), seed)
    assert {"x3", "x11", "x20"} <= set(kept.names)
    assert kept.columns <= MOST
    assert note.startswith(f"{30 - kept.columns} of 30 columns matter no more than shuffled ones")
    assert kept.names == tuple(n for n in table.names if n in kept.names)


def test_named_columns_are_kept_in_any_case():
    table = made()
    assert "x29" in screened(table, table["x0"], None, ("x29",), 0)[0].names


def test_a_law_in_many_columns_is_found_and_predicts_from_all_of_them():
    table = made(columns=40)
    data = table.to_dict()
    y = 2 * data["x3"] * data["x11"] + data["x20"] ** 2
    model = FormulaRegressor("+ - *", subject_to=Hypotheses(known={"p": "x3*x30"}), random_state=0).fit(data, y)
    assert model.fit_.row.r2 > 1 - 1e-12
    assert "columns matter no more than shuffled ones" in model.fit_.notes[-1]
    np.testing.assert_allclose(model.predict(data), y, atol=1e-9)
    assert model.n_features_in_ == 40


def test_a_short_budget_is_not_spent_on_trees(monkeypatch):
    rng = np.random.default_rng(0)
    table = Table(tuple(f"x{k}" for k in range(20)), rng.normal(size=(20, 300)))
    y = 3.0 * table["x1"] * table["x2"] + table["x3"]
    grown = []
    forest = screening._forest
    monkeypatch.setattr(screening, "_forest", lambda seed, trees: grown.append(trees) or forest(seed, trees))
    for seconds, trees in ((None, {60}), (60.0, {60}), (2.5, {30}), (0.3, {10})):
        grown.clear()
        screened(table, y, None, (), 0, seconds=seconds)
        assert set(grown) == trees
    assert len(grown) == 1  # no second look
