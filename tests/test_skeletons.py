"""Skeletons: what is read, and what a search under one may show."""

from __future__ import annotations

import numpy as np
import pytest

from induce.budget import Budget
from induce.errors import DataError, FillError, UnitError
from induce.formulas import FormulaRegressor, Hypotheses
from induce.skeletons import Skeleton
from induce.terms import arithmetic
from induce.terms.dimensions import units_of
from induce.terms.match import match
from induce.terms.term import variable

RNG = np.random.default_rng(0)
DATA = {f"x{i}": RNG.uniform(0.5, 3.0, 200) for i in (1, 2, 3, 4)}
Y = DATA["x1"] * np.sin(DATA["x2"] * DATA["x3"]) + 2 * np.exp(-DATA["x4"])
OPERATORS = "+ - * / sin exp"


def test_every_function_that_is_no_operator_is_unknown():
    found = Skeleton.read("x1*f(x2, x3) + exp(-?k*g(x4)) - 2.5*sin(x1)")
    assert found.functions == (("f", ("x2", "x3")), ("g", ("x4",)))
    assert found.columns == ("x1", "x2", "x3", "x4")
    sketch = found.sketch(lambda name, columns: arithmetic.parse(f"{name}_of_{len(columns)}"))
    assert str(sketch) == "x1 * f_of_2 + exp(-?k * g_of_1) - 2.5 * sin(x1)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (3, "skeleton must be a text, but got 3. For example 'x1*f(x2, x3) + g(x4)'."),
        ("x1 + x2", "the skeleton 'x1 + x2' has no unknown function. For example"),
        ("x1*f(x2) + f(x3)", "the unknown function 'f' stands in two places of the skeleton 'x1*f(x2) + f(x3)'"),
        ("f(x1) + f(x1)", "the unknown function 'f' stands in two places"),
        ("f(x1*x2)", "the argument 'x1 * x2' of 'f' in the skeleton 'f(x1*x2)' is not a column. Name the columns"),
        ("f(g(x1))", "is not a column"),
        ("f(x1, x1)", "'f' in the skeleton 'f(x1, x1)' needs different columns, but got ['x1', 'x1']"),
        ("f(", "cannot read the skeleton 'f(': at 1:2"),
        ("f()", "cannot read the skeleton 'f()'"),
        ("sine(x1)*f(x2)", "'sine' in the skeleton 'sine(x1)*f(x2)' is no operator. Did you mean 'sin'?"),
        ("x1 + * f(x2)", "cannot read the skeleton 'x1 + * f(x2)': at 1:6"),
    ],
)
def test_what_cannot_be_read_is_explained(text, message):
    with pytest.raises(FillError) as caught:
        Hypotheses(skeleton=text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("known", "settings", "error", "message"),
    [
        ({"skeleton": "f(q) + x1"}, {}, DataError, "there is no column 'q'"),
        ({"skeleton": "x1(x2) + x3"}, {}, FillError, "'x1' is a column, but the skeleton 'x1(x2) + x3' uses it as an unknown"),
        ({"skeleton": "x1*f(x2) + x3"}, {"max_size": 3}, FillError, "has 5 nodes, but max_size is 3"),
        ({"skeleton": "sin(f(x2))", "excludes": "sin"}, {}, FillError, "the skeleton 'sin(f(x2))' has 'sin', which must not occur"),
        ({"skeleton": "x1*f(x2) + x3", "complexity": (1, 4)}, {}, FillError, "has 5 nodes, but a formula has at most 4"),
        ({"skeleton": "3*x1*f(x2)", "constants": ["2"]}, {}, FillError, "has the constant 3, which is not allowed"),
        ({"skeleton": "?*x1*f(x2)", "constants": ["2"]}, {}, FillError, "has a fitted number, but only some constants"),
        ({"skeleton": "sin(x1)*f(x2)", "excludes": "sin(?)"}, {}, FillError, "has 'sin(?)', which must not occur"),
        ({"skeleton": "log(x1)*f(x2)"}, {}, FillError, "has 'log', but it is not among"),
        ({"skeleton": "x1 + f(x2)", "pure_constants": True}, {"units": {"x1": "m", "x2": "s", "y": "m"}}, FillError, "the part 'f' has the unit m, but no product of powers of x2 [s] has"),
        ({"skeleton": "x1 + x2*f(x3)/x2"}, {"units": {"x1": "m", "x2": "s", "x3": "m", "y": "s"}}, UnitError, "unit"),
    ],
)  # fmt: skip
def test_contradictions_are_refused_before_the_search(known, settings, error, message):
    with pytest.raises(error) as caught:
        FormulaRegressor(OPERATORS, subject_to=Hypotheses(**known), **settings).fit(DATA, Y)
    assert message in str(caught.value)


def test_a_true_skeleton_is_filled():
    model = FormulaRegressor(OPERATORS, subject_to=Hypotheses(skeleton="x1*f(x2, x3) + g(x4)")).fit(DATA, Y)
    assert model.fit_.row.r2 > 1 - 1e-12
    assert "sin(x2 * x3)" in str(model.best_)


def test_a_false_skeleton_is_obeyed():
    model = FormulaRegressor(
        OPERATORS, subject_to=Hypotheses(skeleton="x1*f(x2) + g(x4)"), within=Budget(work=3e8), max_size=14
    ).fit(DATA, Y)  # fmt: skip
    assert model.fit_.row.r2 < 0.9
    for row in model.fit_.rows:
        assert row.size <= 14
        assert "x3" not in {v.name for v in row.term.variables}
        # x1 stands before what depends on x2 alone, so the second difference in x1 is nothing
        low, mid, high = (row.term({**DATA, "x1": np.full(200, v)}) for v in (1.0, 2.0, 3.0))
        np.testing.assert_allclose(low - 2 * mid + high, 0.0, atol=1e-9)
        slope = [row.term({**DATA, "x1": np.full(200, 2.0), "x4": np.full(200, v)}) - row.term({**DATA, "x1": np.full(200, 1.0), "x4": np.full(200, v)}) for v in (1.0, 2.5)]  # fmt: skip
        np.testing.assert_allclose(slope[0], slope[1], atol=1e-9)


@pytest.mark.parametrize(
    "text",
    [
        "exp(f(x1))",
        "f(x1)^2*x2",
        "2.5*1.5*x1 + f(x2)",
        "x1*sqrt(2.5) + f(x2)",
        "x1/2.5/1.6 + f(x2)",
        "exp(-2.5*x1)*f(x2) + ?c",
        "3*x1 + 2*f(x2)",
    ],
)
def test_what_is_written_in_a_skeleton_stays_as_it_is(text):
    y = np.sin(DATA["x1"]) * DATA["x2"] ** 2
    known = Hypotheses(skeleton=text)
    model = FormulaRegressor("+ - * / sin exp sqrt ^", subject_to=known, within=Budget(work=4e8)).fit(DATA, y)
    for row in model.fit_.rows:
        wanted = known.shape.sketch(lambda name, columns: variable(f"?{name}"))
        wanted = wanted.replace({h: variable("?c") for h in wanted.holes})
        found = match(wanted, row.term, fixed=set(DATA))
        if found is None:  # a part that is nothing is not written
            rest = known.shape.sketch(lambda name, columns: arithmetic.literal(0))
            np.testing.assert_allclose(row.term(DATA), rest(DATA), err_msg=str(row.term))
            continue
        assert {v.name for v in found["?f"].variables} <= set(dict(known.shape.functions)["f"])


def test_a_nesting_is_forbidden_across_the_border_of_a_skeleton():
    y = np.sin(np.cos(DATA["x1"]))
    conditions = [Hypotheses(skeleton="sin(f(x1))"), "sin(cos)"]
    model = FormulaRegressor("+ - * sin cos", subject_to=conditions, within=Budget(work=3e8)).fit(DATA, y)
    assert model.fit_.row.r2 > 0.99
    assert all("cos" not in str(row.term) for row in model.fit_.rows)
    with pytest.raises(FillError, match=r"has the nesting 'sin\(cos\)', which is forbidden"):
        FormulaRegressor("+ sin cos", subject_to=[Hypotheses(skeleton="sin(cos(f(x1)))"), "sin(cos)"]).fit(DATA, y)


def test_a_part_that_cannot_be_told_is_named():
    model = FormulaRegressor("+ - * sin", subject_to=Hypotheses(skeleton="sin(f(x1))"), within="5s").fit(
        DATA, 5 + DATA["x1"]
    )
    assert model.fit_.stopped == "every candidate was tried"
    assert "what stands around 'f' can be undone on 0 of 200 rows only" in model.fit_.notes[0]


def test_parts_leave_room_for_each_other():
    """Each part alone may be large, but the whole must keep to its size."""
    y = np.sin(DATA["x1"]) * DATA["x2"] ** 2
    model = FormulaRegressor(
        "+ *", subject_to=Hypotheses(skeleton="g(x1)*f(x2)"), max_size=13, within=Budget(work=2e9)
    ).fit(DATA, y)
    assert max(row.size for row in model.fit_.rows) <= 13
    assert model.fit_.row.r2 > 0.95


def test_units_hold_inside_a_skeleton():
    units = {"x1": "kg", "x2": "m/s", "x3": "m", "x4": "m/s^2", "y": "J"}
    energy = DATA["x1"] * DATA["x2"] ** 2 / 2 + DATA["x1"] * DATA["x4"] * DATA["x3"]
    model = FormulaRegressor(OPERATORS, units=units, subject_to=Hypotheses(skeleton="x1*(f(x2) + g(x3, x4))")).fit(
        DATA, energy
    )
    assert model.fit_.row.r2 > 1 - 1e-12
    assert model.best_.size <= 11
    plain = {name: unit for name, unit in units.items() if name != "y"}
    for row in model.fit_.rows:
        assert units_of(row.sketch, plain, target="J").unit is not None


def test_other_hypotheses_hold_beside_a_skeleton():
    model = FormulaRegressor(
        OPERATORS, subject_to=Hypotheses(skeleton="x1*f(x2, x3) + g(x4)", contains="exp(-x4)"), within=Budget(work=1e9)
    ).fit(DATA, Y)  # fmt: skip
    assert all("exp(-x4)" in str(row.term) or "/ exp(x4)" in str(row.term) for row in model.fit_.rows)
