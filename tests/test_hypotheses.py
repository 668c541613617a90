from __future__ import annotations

import re

import numpy as np
import pytest

from induce.budget import Budget
from induce.errors import DataError, FillError
from induce.formulas import FormulaRegressor, Hypotheses
from induce.table import Table
from induce.terms import arithmetic

RNG = np.random.default_rng(0)
DATA = {"x": RNG.uniform(0.5, 3.0, 150), "y": RNG.uniform(0.5, 3.0, 150)}
TABLE = Table.from_any(DATA)


def objection(term, **known):
    return Hypotheses(**known).checker(TABLE).objection(arithmetic.parse(term))


@pytest.mark.parametrize(
    ("known", "good", "bad", "why"),
    [
        ({"contains": "exp(-?)"}, "exp(-x) + y", "exp(x)", "'exp(-?)' does not occur"),
        ({"contains": "x*y"}, "2*y*x + 1", "x + y", "'x*y' does not occur"),
        ({"contains": "x + 1"}, "sin(1 + y + x)", "sin(x)", "'x + 1' does not occur"),
        ({"excludes": "log"}, "exp(x)", "log(x) + 1", "'log' occurs"),
        ({"excludes": "sin(sin(?))"}, "sin(cos(x))", "sin(sin(x + y))", "'sin(sin(?))' occurs"),
        ({"symmetric": ("x", "y")}, "x*y + 1", "x/y", "exchanging 'x' and 'y' changes it"),
        ({"even_in": "x"}, "x^2 + y", "x + y", "it is not even in 'x'"),
        ({"odd_in": "x"}, "y*sin(x)", "y*cos(x)", "it is not odd in 'x'"),
        ({"monotone": {"x": "+"}}, "exp(x)*y", "sin(3*x)", "it is not monotone in 'x'"),
        ({"monotone": {"x": "-"}}, "y/x", "y*x", "it is not monotone in 'x'"),
        ({"complexity": (3, 5)}, "x + y", "x", "it has 1 nodes"),
        ({"constants": ["0.5", "pi"]}, "0.5*x", "0.4*x", "the constant 0.4 is not allowed"),
    ],
)
def test_a_condition_says_what_it_objects_to(known, good, bad, why):
    assert objection(good, **known) == ""
    assert objection(bad, **known) == why


@pytest.mark.parametrize(
    ("known", "text"),
    [
        ({"contains": "log(?)", "excludes": "log"}, "'log(?)' must occur, but 'log' must not"),
        (
            {"contains": "sin(sin(x))", "excludes": "sin(sin(?))"},
            "'sin(sin(x))' must occur, but 'sin(sin(?))' must not",
        ),
        ({"contains": "x*y + x", "complexity": (1, 3)}, "'x*y + x' has 5 nodes, but a formula has at most 3"),
        ({"even_in": "x", "odd_in": "x"}, "what is even and odd in 'x' is zero everywhere"),
        (
            {"even_in": "x", "monotone": {"x": "+"}},
            "what is even and monotone in 'x' does not depend on it around zero",
        ),
    ],
)
def test_contradictions_are_refused(known, text):
    with pytest.raises(FillError, match=re.escape(f"the hypotheses contradict each other: {text}. Drop one of them.")):
        Hypotheses(**known)


@pytest.mark.parametrize(
    ("known", "settings", "text"),
    [
        ({"contains": "tan(x)"}, {}, "'tan(x)' must occur, but the operator 'tan' is not among"),
        ({"contains": "x*y*x*y"}, {"max_size": 5}, "'x*y*x*y' has 7 nodes, but max_size is 5"),
        ({"complexity": (9, 12)}, {"max_size": 7}, "a formula has at least 9 nodes, but max_size is 7"),
        ({"symmetric": ("x", "y")}, {"units": {"x": "m", "y": "s"}}, "'x' [m] and 'y' [s] cannot be exchanged: their units differ"),
        (
            {"pure_constants": True},
            {"units": {"x": "m", "y": "m", "target": "kg"}},
            "no product of powers of the columns has the target's unit kg, and constants are pure numbers: x [m], y [m].",
        ),
    ],
)  # fmt: skip
def test_what_data_units_and_operators_rule_out_is_refused(known, settings, text):
    import pandas as pd

    model = FormulaRegressor(subject_to=Hypotheses(**known), **settings)
    with pytest.raises(FillError, match=re.escape(text)):
        model.fit(DATA, pd.Series(DATA["x"], name="target"))


def test_an_unknown_column_is_named():
    with pytest.raises(DataError, match="z"):
        FormulaRegressor(subject_to=Hypotheses(even_in="z")).fit(DATA, DATA["x"])


@pytest.mark.parametrize(
    ("known", "text"),
    [
        ({"contains": 3}, "contains must be a text or several, but got 3."),
        ({"symmetric": [("x",)]}, "symmetric needs pairs of different columns, but got ('x',)."),
        ({"monotone": {"x": "up"}}, "monotone['x'] must be '+' or '-', but got 'up'."),
        ({"complexity": (5, 2)}, "complexity must be a pair (fewest, most) of nodes, but got (5, 2)."),
        ({"constants": ["x"]}, "the constant 'x' is not a number."),
        ({"contains": "sin("}, "cannot read 'sin('"),
    ],
)
def test_bad_hypotheses_are_explained(known, text):
    with pytest.raises(FillError, match=re.escape(text)):
        Hypotheses(**known)


def test_a_contained_part_is_used_and_stands_in_every_row():
    y = 1.35 * DATA["x"] * DATA["y"] + 5.5 * np.sin((DATA["x"] - 1) * (DATA["y"] - 1))
    known = Hypotheses(contains="sin((x - 1)*(y - 1))")
    fit = FormulaRegressor(subject_to=known, within="2e5 candidates", random_state=0).fit(DATA, y).fit_
    assert fit.row.r2 > 1 - 1e-12
    checker = known.checker(TABLE)
    assert all(checker(row.term) for row in fit.rows)


def test_a_false_part_is_obeyed():
    known = Hypotheses(contains="cos(y)")
    fit = (
        FormulaRegressor("+ - * cos", subject_to=known, within="3e4 candidates", random_state=0)
        .fit(DATA, 2 * DATA["x"] + 1)
        .fit_
    )
    assert all("cos(y)" in row.text() for row in fit.rows)


@pytest.mark.parametrize(("known", "noise"), [({"symmetric": ("x", "y")}, 0.05), ({"odd_in": "x"}, 0.05)])
def test_symmetry_and_parity_hold_on_every_row_in_spite_of_noise(known, noise):
    y = np.sin(DATA["x"]) * (1 if "odd_in" in known else np.sin(DATA["y"])) + RNG.normal(0, noise, 150)
    h = Hypotheses(**known)
    fit = FormulaRegressor("+ - * sin cos", subject_to=h, within=Budget(work=1e9), random_state=0).fit(DATA, y).fit_
    checker = h.checker(TABLE)
    assert len(fit.rows) > 1
    assert all(checker(row.term) for row in fit.rows)


def test_only_allowed_constants_occur():
    known = Hypotheses(constants=["0.5", "2"])
    fit = (
        FormulaRegressor("+ * sin", subject_to=known, within=Budget(work=1e9), random_state=0)
        .fit(DATA, 0.5 * DATA["x"] + np.sin(2 * DATA["y"]))
        .fit_
    )
    assert fit.row.r2 > 1 - 1e-12
    assert not fit.row.values


def test_units_and_pure_constants_leave_no_other_row():
    import pandas as pd

    data = {"q": DATA["x"], "r": DATA["y"], "e": RNG.uniform(1, 2, 150)}
    y = pd.Series(data["q"] / (4 * np.pi * data["e"] * data["r"]), name="V")
    units = {"q": "s*A", "r": "m", "e": "s^4*A^2/kg/m^3", "V": "kg*m^2/s^3/A"}
    fit = (
        FormulaRegressor("+ - * / sqrt exp", units=units, subject_to=Hypotheses(pure_constants=True), random_state=0)
        .fit(data, y)
        .fit_
    )
    from induce.terms.dimensions import units_of

    for row in fit.rows:
        units_of(row.sketch, {n: units[n] for n in data}, target=units["V"], dimensionless_constants=True)
    assert fit.row.r2 > 1 - 1e-12


def test_minus_signs_are_seen_however_they_are_written():
    assert objection("2/exp(x) + y", contains="exp(-?)") == ""
    assert objection("3*exp(-0.5*x)", contains="exp(-?)") == ""
    assert objection("exp(x)", contains="exp(-?)") == "'exp(-?)' does not occur"
    x = np.linspace(0.5, 3, 120)
    data = {"x": x, "y": x[::-1] ** 2}
    model = FormulaRegressor("+ * / exp -", subject_to=Hypotheses(contains="exp(-?)"), within="3e5 candidates")
    assert model.fit(data, 2 * np.exp(-x) + data["y"]).fit_.row.r2 > 1 - 1e-12


def test_only_given_numbers_and_their_law_is_kept():
    x, y = DATA["x"], DATA["y"]
    known = Hypotheses(constants={"0.5", "pi"})
    model = FormulaRegressor("+ - * / sin exp", subject_to=known, within="5s").fit(DATA, 0.5 * np.pi * x + y)
    assert model.fit_.row.r2 > 1 - 1e-12


def test_a_bare_function_keeps_to_its_columns():
    model = FormulaRegressor("+ *", subject_to=Hypotheses(skeleton="f(x)"), within="1e5 candidates")
    model.fit(DATA, DATA["x"] ** 2 + DATA["y"])
    assert all({v.name for v in row.term.variables} <= {"x"} for row in model.fit_.rows)
    np.testing.assert_allclose(model.predict(DATA), model.predict({**DATA, "y": DATA["y"] + 1}))


@pytest.mark.parametrize(
    ("known", "text"),
    [
        ({"known": "u"}, "known must map names to texts, but got 'u'."),
        ({"symmetric": "x1"}, "symmetric needs pairs of different columns, but got 'x1'."),
        ({"constants": []}, "constants names no number."),
        ({"constants": float("nan")}, "the constant nan is not a number."),
        ({"constants": ["1/0"]}, "the constant '1/0' is not a number."),
        ({"symmetric": 3}, "symmetric needs pairs of different columns, but got 3."),
        ({"excludes": "sine"}, "'sine' must not occur, but there is no operator or column 'sine'. Did you mean 'sin'?"),
        ({"known": {"x": "x*y"}}, "'x' is a column, so it cannot also be what is known as 'x'."),
        ({"skeleton": "y*f(y)", "contains": "exp(x)"}, "leaves no place for 'x'"),
    ],
)
def test_what_cannot_be_meant_is_refused(known, text):
    with pytest.raises(FillError) as caught:
        FormulaRegressor("+ * exp", subject_to=Hypotheses(**known), within="1e3 candidates").fit(DATA, DATA["x"])
    assert text in str(caught.value)


def test_conditions_of_no_kind_are_refused():
    with pytest.raises(FillError, match="subject_to must be Hypotheses, a nesting"):
        FormulaRegressor("+ *", subject_to=5).fit(DATA, DATA["x"])
