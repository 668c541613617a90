from __future__ import annotations

import pickle
import time
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from induce import Budget
from induce.budget import Start
from induce.errors import DataError, FillError, OpError, UnitError
from induce.formulas import FormulaRegressor, estimator, load
from induce.formulas.preparing import gathered
from induce.learners import NAMES, Enumerate
from induce.table import Table
from induce.terms import arithmetic
from induce.terms.dimensions import units_of
from induce.terms.unit import Unit

SMALL = Budget(work=2e8, plateau=5e7)


@pytest.fixture(scope="module")
def pendulum():
    rng = np.random.default_rng(0)
    length, gravity = rng.uniform(0.1, 2.0, 60), rng.uniform(1.5, 10.0, 60)
    return pd.DataFrame({"length": length, "gravity": gravity, "period": 2 * np.pi * np.sqrt(length / gravity)})


@pytest.fixture(scope="module")
def fitted(pendulum):
    model = FormulaRegressor(operators="+ - * / sqrt", within=SMALL, random_state=0)
    return model.fit(pendulum[["length", "gravity"]], pendulum["period"])


def test_recovers_the_pendulum_law(fitted):
    assert "sqrt(length / gravity)" in fitted.fit_.row.text()
    assert fitted.fit_.row.r2 > 1 - 1e-12
    assert fitted.fit_.target == "period"


def test_names_of_columns_are_kept(fitted):
    assert list(fitted.feature_names_in_) == ["length", "gravity"]
    assert {v.name for v in fitted.best_.variables} == {"length", "gravity"}


def test_select_is_a_parameter_and_a_call(fitted):
    model = clone(fitted)
    assert model.select == "description_length"
    assert model.get_params()["select"] == "description_length"
    chosen = pickle.loads(pickle.dumps(fitted))
    smallest = chosen.fit_.rows[0].size
    assert chosen.select(size=smallest) is chosen
    assert chosen.best_ is chosen.fit_.rows[0].term
    with pytest.raises(FillError, match="no formula has at most 0 nodes"):
        chosen.select(size=0)


def test_predict_follows_the_selected_row(fitted, pendulum):
    model = pickle.loads(pickle.dumps(fitted))
    model.select(row=0)
    value = model.predict(pendulum[["length", "gravity"]])
    assert np.allclose(value, model.fit_.rows[0].term(pendulum[["length", "gravity"]].to_dict("series")))


def test_polars_pandas_mapping_and_array_agree(pendulum):
    made = []
    columns = pendulum[["length", "gravity"]]
    inputs = (columns, pl.DataFrame(columns.to_dict("list")), columns.to_dict("list"), columns.to_numpy())
    for X in inputs:
        model = FormulaRegressor(operators="* / sqrt", within=SMALL, random_state=0)
        made.append(model.fit(X, pendulum["period"]).predict(X))
    assert all(np.array_equal(made[0], other) for other in made[1:])


def test_order_of_rows_and_repeats_do_not_matter(pendulum):
    X, y = pendulum[["length", "gravity"]], pendulum["period"] + np.random.default_rng(1).normal(size=60) * 0.01
    order = np.random.default_rng(0).permutation(60)
    setting = {"operators": "+ * / sqrt", "within": SMALL, "random_state": 0}
    once = FormulaRegressor(**setting).fit(X, y)
    shuffled = FormulaRegressor(**setting).fit(X.iloc[order], y.iloc[order])
    weighted = FormulaRegressor(**setting).fit(X, y, sample_weight=np.full(60, 2.0))
    doubled = FormulaRegressor(**setting).fit(pd.concat([X, X]), pd.concat([y, y]))
    assert once.fit_.pareto == shuffled.fit_.pareto
    assert weighted.fit_.pareto == doubled.fit_.pareto


def test_a_unit_under_the_name_of_a_column_is_not_the_targets():
    x = np.linspace(1.0, 4.0, 20)
    columns = {"x": x, "y": np.sqrt(x)}
    model = FormulaRegressor("* /", units={"x": "m", "y": "m"}, max_size=3, within=SMALL, random_state=0)
    assert model.fit(columns, columns["x"] * columns["y"]).fit_.target_unit is None
    assert str(model.best_) in ("x * y", "y * x")


def test_units_are_hard_on_every_row():
    data = load("planets")
    model = FormulaRegressor(units=data.units, within=SMALL, random_state=0)
    model.fit(data.X, pd.Series(data.y, name=data.target))
    columns = {name: Unit.parse(model.fit_.units.get(name, "1")) for name in model.fit_.names}
    assert any(not unit.dimensionless for unit in columns.values())
    for row in model.fit_.rows:
        units_of(row.sketch, columns, target=Unit.parse(data.units[data.target]))  # raises when they disagree


def test_forbidden_nestings_are_never_found():
    x = np.linspace(0.1, 3, 50)
    model = FormulaRegressor(operators="sin cos + *", subject_to=["sin(sin)", "cos(sin)"], within=SMALL, random_state=0)
    model.fit({"x": x}, np.sin(x) + 0.1 * x)
    for term in model.fit_.pareto:
        for node in term.walk():
            if node.op.name in ("sin", "cos"):
                assert all(inner.op.name != "sin" for inner in list(node.walk())[1:])


def test_conditions_as_callables_hold_for_the_search():
    x = np.linspace(0.1, 3, 50)
    model = FormulaRegressor(subject_to=lambda term: term.size < 6, within=SMALL, random_state=0)
    model.fit({"x": x}, np.sin(x) + 0.1 * x**2)
    assert max(term.size for term in model.fit_.pareto) < 12


def test_same_seed_same_fit_for_any_number_of_jobs():
    rng = np.random.default_rng(0)
    X, y = {"x": rng.normal(size=80), "z": rng.normal(size=80)}, rng.normal(size=80)
    made = [FormulaRegressor(within="3e5 candidates", n_jobs=jobs, random_state=3).fit(X, y).fit_ for jobs in (1, 2)]
    assert made[0].pareto == made[1].pareto
    assert made[0].report["candidates"] == made[1].report["candidates"]


def test_rows_outside_the_domain_are_nan_with_one_warning_or_an_error():
    x = np.linspace(0.5, 4, 40)
    model = FormulaRegressor(operators="* sqrt", within=SMALL, random_state=0).fit({"x": x}, np.sqrt(x))
    with pytest.warns(UserWarning, match=r"undefined on 2 of 3 rows \(rows 0, 2\). They are NaN."):
        value = model.predict({"x": [-1.0, 4.0, -2.0]})
    assert np.array_equal(np.isnan(value), [True, False, True])
    assert value[1] == 2.0
    with pytest.raises(DataError, match="Select another row of the front, or drop these rows"):
        model.predict({"x": [-1.0, 4.0, -2.0]}, strict=True)


def test_missing_column_at_predict_time(fitted):
    with pytest.raises(DataError, match=r"there is no column 'length'\. Did you mean 'lenght'"):
        fitted.predict(pd.DataFrame({"lenght": [1.0], "gravity": [9.8]}))


def test_validation_rows_are_held_out():
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 3, 80)
    model = FormulaRegressor(select="validation", within=SMALL, random_state=0)
    model.fit({"x": x}, x**2 + rng.normal(size=80))
    assert all(row.held_out is not None for row in model.fit_.rows)
    assert model.fit_.row.held_out == min(row.held_out for row in model.fit_.rows)
    assert model.fit_.baselines[0].held_out is not None


def test_works_in_pipelines_and_searches():
    x = np.linspace(1, 4, 40)[:, None]
    y = 3 * np.sqrt(x[:, 0])
    pipe = make_pipeline(FunctionTransformer(), FormulaRegressor(operators="* sqrt", within=SMALL, random_state=0))
    assert cross_val_score(pipe, x, y, cv=3).min() > 0.999
    search = GridSearchCV(FormulaRegressor(within=SMALL, random_state=0), {"operators": ["+", "* sqrt"]}, cv=2)
    assert search.fit(x, y).best_params_ == {"operators": "* sqrt"}


def test_a_learner_can_be_given():
    x = np.linspace(1, 4, 30)
    model = FormulaRegressor(by=Enumerate(deepest=4), random_state=0).fit({"x": x}, np.sqrt(x) * x)
    assert model.fit_.stopped in ("every candidate was tried", "the best formula fits every row to rounding")
    assert model.fit_.row.source == "enumerate"


def test_constants_are_at_a_local_optimum(fitted, pendulum):
    """No constant of any row can be moved to lower the loss."""
    rng = np.random.default_rng(0)
    x = rng.uniform(0.5, 3, 100)
    y = 1.3 * np.exp(-0.7 * x) + 0.02 * rng.normal(size=100)
    fit = FormulaRegressor(within=SMALL, random_state=0).fit({"x": x}, y).fit_
    checked = 0
    for row in fit.rows:
        for name, value in row.values.items():
            for factor in (1 - 1e-4, 1 + 1e-4):
                values = {**row.values, name: value * factor}
                moved = np.mean((row.sketch(x=x, **values) - y) ** 2)
                assert moved >= row.loss * (1 - 1e-7)
                checked += 1
    assert checked > 4


def test_nothing_is_printed(capsys):
    x = np.linspace(1, 4, 30)
    FormulaRegressor(within=SMALL).fit({"x": x}, np.sqrt(x))
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("setting", "error", "text"),
    [
        ({"operators": "+ sine"}, OpError, "unknown operator 'sine'. Did you mean 'sin'? This language has: +"),
        ({"operators": ""}, OpError, "no operators given. Name at least one of: +"),
        ({"units": {"z": "m"}}, UnitError, "'z'"),
        ({"units": {"x": "metre_"}}, UnitError, "metre_"),
        ({"units": ["m"]}, UnitError, "units must map column names to units, but got list"),
        ({"max_size": 0}, FillError, "max_size must be a whole number of at least 1, but got 0"),
        ({"noise": -1.0}, FillError, "noise must be a standard deviation above 0, but got -1.0"),
        ({"select": "best"}, FillError, "unknown selection rule 'best'"),
        ({"backend": "spark"}, FillError, "unknown backend 'spark'. Known: joblib, ray."),
        ({"by": "magic"}, FillError, "unknown learner 'magic'."),
        ({"by": 3}, FillError, "by must be 'auto', a learner or its name, but got int, which has no run() method"),
        (
            {"subject_to": ["sin"]},
            FillError,
            "cannot read the condition 'sin'. Write a forbidden nesting as 'sin(cos)'",
        ),
        ({"watch": 3}, FillError, "watch must be None, 'progress' or a callable, but got 3"),
    ],
)
def test_bad_parameters_say_what_to_do(setting, error, text):
    with pytest.raises(error) as caught:
        FormulaRegressor(**setting).fit({"x": np.arange(1.0, 9.0)}, np.arange(1.0, 9.0))
    assert text in str(caught.value)


def test_twelve_parameters():
    names = "operators units max_size within by subject_to noise select n_jobs backend watch random_state".split()
    assert sorted(FormulaRegressor().get_params()) == sorted(names)


def test_hidden_truth_with_noise_and_weights():
    rng = np.random.default_rng(5)
    x = rng.uniform(0, 4, 200)
    sigma = np.where(x < 2, 0.01, 1.0)
    y = np.sin(x) * x + sigma * rng.normal(size=200)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = FormulaRegressor(random_state=0).fit({"x": x}, y, sample_weight=1 / sigma**2)
    assert model.best_ in (arithmetic.parse("x * sin(x)"), arithmetic.parse("sin(x) * x"))


@pytest.mark.parametrize("names", [("c0", "c1"), ("c1", "c2")])
def test_columns_may_be_called_as_constants_are(names):
    rng = np.random.default_rng(0)
    a, b = rng.uniform(0.5, 2.0, (2, 100))
    y = 1.37 * a * np.exp(b) + 0.5
    data = dict(zip(names, (a, b), strict=True))
    model = FormulaRegressor("+ - * / exp log", random_state=0).fit(data, y)
    assert model.fit_.row.loss == pytest.approx(np.mean((model.predict(data) - y) ** 2), abs=1e-20)
    assert model.fit_.row.loss < 1e-20


@pytest.mark.parametrize("by", ["auto", "mcts"])
@pytest.mark.parametrize("max_size", [1, 2, 3])
def test_the_smallest_formulas_can_be_asked_for(max_size, by):
    rng = np.random.default_rng(0)
    a, b = rng.uniform(0.5, 2.0, (2, 60))
    model = FormulaRegressor(max_size=max_size, by=by, within="3e5 candidates", random_state=0).fit(
        {"a": a, "b": b}, a * b
    )
    assert all(row.size <= max_size for row in model.fit_.rows)


def test_rows_of_weight_zero_are_left_out_of_tables_of_every_size():
    for rows in (100, 30_000):
        x = np.arange(float(rows))
        weights = np.where(x % 50 == 0, 3.0, 0.0)
        table, target, kept = gathered(Table(("x",), x[None], {}, {"label": ("a",) * rows}), 2 * x, weights)
        assert table.rows == len(target) == rows // 50
        assert (table.values[0] % 50 == 0).all()
        assert (kept == 3.0).all()
        assert not table.labels


def test_the_budget_begins_with_fit(monkeypatch):
    x = np.linspace(1.0, 3.0, 60)
    monkeypatch.setattr(estimator, "Start", lambda: Start(wall=time.monotonic() - 100.0, cpu=time.process_time()))
    model = FormulaRegressor(within=2.0).fit({"x": x}, np.sin(3 * x) + x * np.exp(x))
    assert model.fit_.report["seconds"] >= 100.0
    assert model.fit_.report["search_seconds"] >= 1.8
    assert [base.name for base in model.fit_.baselines] == ["linear model"]
    assert "boosted trees were not tried beside it: no time was left" in model.fit_.notes


def test_all_figures_are_there_when_time_is_left(pendulum):
    model = FormulaRegressor(operators="*", within=Budget(seconds=1000.0, candidates=100)).fit(
        pendulum[["length"]], pendulum["period"]
    )
    assert [base.name for base in model.fit_.baselines] == ["linear model", "boosted trees"]
    assert model.fit_.report["seconds"] >= model.fit_.report["search_seconds"]
    assert not any("boosted" in note for note in model.fit_.notes)


def test_every_learner_that_has_a_name_is_described():
    for name in NAMES:
        assert f'``"{name}"``' in FormulaRegressor.__doc__, name


def test_a_target_with_a_unit_is_no_column_once_the_formula_is_used():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"length": rng.uniform(0.1, 2, 40), "gravity": rng.uniform(1, 10, 40)})
    y = pd.Series(2 * np.pi * np.sqrt(X.length / X.gravity), name="period")
    units = {"length": "m", "gravity": "m/s^2", "period": "s"}
    model = FormulaRegressor("* / sqrt", units=units, max_size=7, within="2e5 candidates", random_state=0).fit(X, y)
    np.testing.assert_allclose(model.predict(X), y)
    assert model.score(X, y) == pytest.approx(1.0)
    assert sum(model.stability(X, y, times=5).rows) == pytest.approx(1.0)
    with pytest.raises(DataError, match="there is no column 'gravity'"):
        model.predict(X[["length"]])


def test_few_rows_do_not_carry_a_large_formula():
    planets = load("planets")
    columns = planets.frame[["semi_major_axis", "eccentricity", "mass"]]
    model = FormulaRegressor("+ - * / ^ sqrt", max_size=9, within="3e5 candidates", random_state=0)
    found = model.fit(columns, planets.frame["period"]).best_
    assert {v.name for v in found.variables} == {"semi_major_axis"}
    assert found.size <= 5


def test_columns_too_large_for_single_precision_only_miss_the_trees():
    rng = np.random.default_rng(0)
    X = {"M": rng.uniform(1, 2, 60) * 1e42, "r": rng.uniform(1, 2, 60)}
    model = FormulaRegressor("* /", within="1e5 candidates", random_state=0).fit(X, X["M"] / X["r"] * 1e-42)
    assert model.fit_.row.r2 > 1 - 1e-12
    assert [b.name for b in model.fit_.baselines] == ["linear model"]


def test_a_number_that_may_be_nothing_goes():
    rng = np.random.default_rng(0)
    h, v, m = rng.uniform(0, 10, (3, 150))
    model = FormulaRegressor("+ - * /", within="1e6 candidates", random_state=0)
    model.fit({"m": m, "v": v, "h": h}, m * (0.5 * v**2 + 9.81 * h) + rng.normal(0, 10, 150))
    for name, error in model.fit_.row.errors.items():
        assert abs(model.fit_.row.values[name]) > 2 * error
