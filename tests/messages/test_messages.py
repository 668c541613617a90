"""Bad input is answered with what is wrong, where, what was expected and one thing to try: the whole text is asserted."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sympy

from induce import fill
from induce.algebras import Algebra, register
from induce.errors import (
    AlgebraError,
    BudgetError,
    DataError,
    ExportError,
    FillError,
    GrammarError,
    InduceError,
    OpError,
    ParseError,
    TermError,
    UnitError,
)  # fmt: skip
from induce.formulas import FormulaRegressor, Hypotheses
from induce.table import Table
from induce.terms import BOOL, REAL, Grammar, arithmetic, boolean, declare, hole
from induce.terms.symbolic import from_sympy

x = np.linspace(0.5, 3, 20)
y = 2 * x + 1
OPERATORS = " ".join(op.name for op in arithmetic)


def table(**columns):
    return pd.DataFrame({"a": x, "b": x**2 + np.sin(7 * x), **columns})


def broken(row, value):
    column = x.copy()
    column[row] = value
    return column


def fit(X=None, target=y, weights=None, **settings):
    model = FormulaRegressor(**{"within": "3e4 candidates", "max_size": 5, **settings})
    return model.fit(table() if X is None else X, target, weights)


def parse(text, **options):
    return arithmetic.parse(text, **options)


def own(name, meaning, sketch):
    """Fill a sketch with an operator of one's own."""
    op = declare(f"{name}(real) -> real")
    register(op, Algebra.REAL, meaning)
    return fill(arithmetic.extend(f"with_{name}", [op]).parse(sketch), ({"x": x}, y), within="2 epochs")


def search_with_own():
    op = declare("bend(real) -> real")
    grammar = Grammar(arithmetic.extend("bendy", [op]), REAL, productions=["+", "bend", "?"], variables=["x"])
    return fill(hole.choice(grammar, name="f"), ({"x": x}, y))


REFUSED = {
    # ---- tables
    "missing entry": (lambda: fit(table(a=broken(3, np.nan))), DataError,
        "column 'a' has 1 missing value (row 3). A formula does not accept NaN; drop them or put an imputer before it."),
    "infinite entry": (lambda: fit(table(a=broken(4, -np.inf))), DataError,
        "column 'a' has 1 infinite value (row 4). A formula does not accept inf; drop or clip them."),
    "missing entries of polars": (lambda: fit(pl.DataFrame({"a": [None, *x[1:]], "b": x})), DataError,
        "column 'a' has 1 missing value (row 0). A formula does not accept NaN; drop them or put an imputer before it."),
    "missing target": (lambda: fit(target=pd.Series(broken(3, np.nan), name="force")), DataError,
        "the target 'force' has 1 missing value (row 3). A formula does not accept NaN; drop them or put an imputer before it."),
    "infinite target": (lambda: fit(target=broken(19, np.inf)), DataError,
        "the target 'y' has 1 infinite value (row 19). A formula does not accept inf; drop or clip them."),
    "no target": (lambda: fit(target=None), DataError,
        "A formula requires y to be passed, but the target y is None. Pass one number per row."),
    "too few rows": (lambda: fit(table()[:4], y[:4]), DataError,
        "the table has 4 rows (n_samples=4), but at least 5 are needed to tell one formula from another. Add rows."),
    "text column": (lambda: fit(table(c=["u"] * 20)), DataError,
        "column 'c' holds text (row 0: 'u'), but numbers are needed. Leave the column out, or encode it as numbers."),
    "text target": (lambda: fit(target=["u"] * 20), DataError,
        "the target 'y' holds text (row 0: 'u'), but numbers are needed."),
    "dates": (lambda: fit(table(c=pd.date_range("2020-01-01", periods=20))), DataError, "column 'c' holds dates or times (row 0: Timestamp('2020-01-01 00:00:00')), but numbers are needed."),
    "complex column": (lambda: fit(table(c=x + 1j)), DataError,
        "Complex data not supported: column 'c' has complex numbers. Pass the real and imaginary parts as two columns."),
    "two targets": (lambda: fit(target=np.stack([y, y], axis=1)), DataError,
        "the target 'y' has shape (20, 2), but one number per row is needed. Fit one model per target column."),
    "target of another length": (lambda: fit(target=y[:-1]), DataError,
        "the target 'y' has 19 values, but the table has 20 rows. Give one target value per row."),
    "negative weights": (lambda: fit(weights=-np.ones(20)), DataError,
        "sample_weight has 20 negative values (rows 0, 1, 2, ...). Weights must be zero or more; drop those rows, or give them weight 0."),
    "weights of another length": (lambda: fit(weights=np.ones(3)), DataError,
        "sample_weight has shape (3,), but the table has 20 rows. Give one weight per row."),
    "no weight at all": (lambda: fit(weights=np.zeros(20)), DataError,
        "sample_weight is zero in every row, so nothing is left to fit. Give at least one row a weight."),
    "a name twice": (lambda: fit(pd.DataFrame(np.stack([x, x], 1), columns=["a", "a"])), DataError,
        "the column name 'a' is used more than once (columns 0, 1). Rename one of them."),
    "no columns": (lambda: fit(pd.DataFrame(index=range(20))), DataError,
        "the table has no columns: 0 feature(s) (shape=(0, 0)) while a minimum of 1 is required. Add a column."),
    "column missing at prediction": (lambda: fit().predict(table()[["b"]]), DataError,
        "there is no column 'a'. The columns are: b."),
    "undefined rows with strict": (
        lambda: fit(target=np.sqrt(x), operators="sqrt *").predict({"a": [-1.0, 4.0], "b": [1.0, 1.0]}, strict=True), DataError,
        "the formula 'sqrt(a)' is undefined on 1 of 2 rows (rows 0). Select another row of the front, or drop these rows."),
    "more constants than rows": (
        lambda: fill(parse("?a * sin(?b * x) + ?c * x^?d + ?e * exp(?f * x)"), ({"x": [1.0, 2, 3, 4, 5]}, [1.0, 2, 3, 4, 6])),
        FillError, "the sketch has 6 constants, but the data has 5 rows."),
    # ---- units
    "unknown unit": (lambda: fit(units={"a": "kilomater"}), UnitError,
        "the unit of column 'a' cannot be read: unknown unit 'kilomater'."),
    "unit of an unknown column": (lambda: fit(units={"z": "m"}), UnitError,
        "a unit was given for column 'z', which does not exist. The columns are: a, b, y."),
    "units as text": (lambda: fit(units="m"), UnitError,
        "units must map column names to units, but got str. For example {'x': 'm'}."),
    "a sketch that adds metres to seconds": (
        lambda: fill(parse("?k * (a + b)"), (Table.from_any({"a": x, "b": x**2}, units={"a": "m", "b": "s"}), y)), UnitError,
        "cannot add 'a' [m] and 'b' [s] in 'a + b'."),
    "a sine of metres": (
        lambda: fill(parse("?k * sin(a)"), (Table.from_any({"a": x}, units={"a": "m"}), y)), UnitError,
        "'sin' needs a number without unit, but 'a' [m] is used in 'sin(a)'. Divide it by something of that unit."),
    # ---- operators
    "unknown operator": (lambda: fit(operators="+ sine"), OpError,
        f"unknown operator 'sine'. Did you mean 'sin'? This language has: {OPERATORS}."),
    "no operator": (lambda: fit(operators=" "), OpError, f"no operators given. Name at least one of: {OPERATORS}."),
    "operators that are no text": (lambda: fit(operators=7), OpError,
        "operators must be text such as '+ * sin', but got 7. Separate the names by spaces."),
    "unknown operator in a condition": (lambda: fit(subject_to=["sine(cos)"]), OpError,
        f"unknown operator 'sine'. Did you mean 'sin'? This language has: {OPERATORS}."),
    "a condition that cannot be read": (lambda: fit(subject_to=["sin"]), FillError,
        "cannot read the condition 'sin'. Write a forbidden nesting as 'sin(cos)', or give a callable."),
    "conditions that nothing meets": (lambda: fit(subject_to=[lambda term: False]), FillError,
        "no candidate met the conditions of subject_to. Check them on a term by hand, or give a longer budget."),
    "hypotheses that nothing meets": (lambda: fit(operators="exp", subject_to=Hypotheses(contains="exp(a)", monotone={"a": "-"})),
        FillError, "that hypotheses refused: 'exp(a)' does not occur. Check them on a term by hand, or give a longer budget."),
    "wrong number of arguments": (lambda: arithmetic["sin"](1, 2), TermError,
        "'sin' takes 1 argument but got 2. Its signature is sin(real) -> real."),
    "an operator of one's own without meaning": (
        lambda: fill(arithmetic.extend("mine", [declare("wobble(real) -> real")]).parse("?a * wobble(x)"), ({"x": x}, y)), InduceError,
        "operator 'wobble' has no meaning under the algebra 'real'. Give it one with algebras.register(op, algebra, f)."),
    "an operator of one's own that gives too few numbers": (lambda: own("first", lambda xp, v: v[:3], "?a * first(x)"), AlgebraError,
        "operator 'first' gave numbers of shape (3,) for numbers of shape (5,), but one number for each is needed. Change its meaning, or sum up outside of the formula."),
    "an operator of one's own that gives a column": (lambda: own("upright", lambda xp, v: v[:, None], "?a * upright(x)"), AlgebraError,
        "operator 'upright' gave numbers of shape (5, 1) for numbers of shape (5,), but one number for each is needed."),
    "an operator of one's own that gives truth values": (lambda: own("large", lambda xp, v: v > 1.0, "?a * large(x)"), AlgebraError,
        "operator 'large' gave truth values of shape (5,) for numbers of shape (5,), but one number for each is needed."),
    "an operator of one's own that gives text": (lambda: own("wordy", lambda xp, v: "no", "?a * wordy(x)"), AlgebraError,
        "operator 'wordy' gave str ('no') for numpy, but an array of numpy is needed. Use the functions of the module that its meaning gets as the first argument."),
    "an operator of one's own for numpy alone": (lambda: own("waves", lambda xp, v: np.sin(v), "?a * waves(x)"), AlgebraError,
        "operator 'waves' failed on 5 numbers under torch: RuntimeError: Can't call numpy() on Tensor that requires grad."),
    "an operator of one's own that fails": (lambda: own("broken", lambda xp, v: xp.nothing(v), "?a * broken(x)"), AlgebraError,
        "operator 'broken' failed on 5 numbers under numpy: AttributeError: module 'numpy' has no attribute 'nothing'. Its meaning gets numpy or torch and then the values; use functions that both have."),
    "an operator of one's own without derivative": (lambda: own("steps", lambda xp, v: xp.floor(v), "steps(?a * x)"), AlgebraError,
        "operator 'steps' has no derivative by its argument 1, so what is in '?a * x' cannot be fitted. Use functions of torch that have one, or leave holes out of it."),
    "an operator of one's own that stops derivatives": (
        lambda: own("cut", lambda xp, v: v.detach() if hasattr(v, "detach") else v, "cut(?a * x)"), AlgebraError,
        "operator 'cut' has no derivative by its argument 1, so what is in '?a * x' cannot be fitted."),
    "an operator of one's own that is nowhere finite": (lambda: own("lost", lambda xp, v: v * np.nan, "?a * lost(x)"), FillError,
        "no candidate gave finite values on the data."),
    "an operator of one's own in a search": (search_with_own, FillError,
        "the search cannot evaluate the operator 'bend', so no formula would hold it. Leave it out of the grammar, or write where it stands: a sketch such as '?a * bend(x)' has its constants fitted."),
    "a grammar of Boolean functions": (
        lambda: fill(hole.choice(Grammar(boolean, BOOL, productions=["and", "not"], variables=["a"]), name="f"), ({"a": [0.0, 1.0] * 5}, [0.0, 1.0] * 5)), FillError,
        "this search finds formulas of real numbers, but the grammar has 'and'. Use induce.formulas.BooleanRegressor."),
    "a grammar without leaves": (lambda: Grammar(arithmetic, REAL, productions=["+", "*"], variables=[]), GrammarError,
        "the grammar makes no finite term of sort real. Add a leaf of that sort: a variable, a literal or a hole."),
    # ---- formulas as text
    "empty text": (lambda: parse(""), ParseError, "at 1:1: the text is empty; a term was expected. Write for example 'x + 1'."),
    "an unclosed parenthesis": (lambda: parse("sin(x"), ParseError, "at 1:4: '(' is never closed. Add ')'."),
    "too many arguments in text": (lambda: parse("x + sin(x, y)"), ParseError,
        "at 1:5: 'sin' takes 1 argument but got 2. Its signature is sin(real) -> real."),
    "an unknown function": (lambda: parse("1 + sine(x)"), ParseError, "at 1:5: unknown operator 'sine'. Did you mean 'sin'?"),
    "an unknown variable": (lambda: parse("x + lenght", variables=["x", "length"]), ParseError,
        "at 1:5: unknown variable 'lenght'. Did you mean 'length'? The variables are: length, x."),
    "a program": (lambda: parse("__import__('os').system('echo')"), ParseError, "at 1:1: unknown operator '__import__'."),
    "a sketch over an unknown column": (lambda: fill(parse("?k * lenght"), ({"length": x}, y)), DataError,
        "there is no column 'lenght'. Did you mean 'length'? The columns are: length."),
    "a sketch without holes": (lambda: fill(parse("x"), ({"x": x}, y)), FillError,
        "'x' has no holes, so there is nothing to fill. Add one with hole.real()."),
    "data that is no pair": (lambda: fill(parse("?k * x"), {"x": x}), FillError,
        "data must be a pair (X, y): columns and a target. For example ({'x': [1, 2]}, [3, 4])."),
    "a SymPy function without counterpart": (lambda: from_sympy(sympy.besselj(0, sympy.Symbol("x"))), OpError,
        f"unknown operator 'besselj'. This language has: {OPERATORS}."),
    "the imaginary unit of SymPy": (lambda: from_sympy(sympy.I * sympy.Symbol("x")), ExportError,
        "the SymPy atom 'I' has no counterpart in language 'arithmetic'. Give an expression of symbols, real numbers and functions."),
    "an unknown symbol of SymPy": (lambda: from_sympy(sympy.Symbol("lenght") + 1, variables=["length", "mass"]), ExportError,
        "the expression has the unknown symbol 'lenght'. Did you mean 'length'? The variables are: length, mass."),
    "text for SymPy, which would run it": (lambda: from_sympy("__import__('os').system('echo')"), ExportError,
        "from_sympy reads expressions of SymPy, but got the text \"__import__('os').system('echo')\". Read text with arithmetic.parse(...)."),
    # ---- settings
    "no time": (lambda: fit(within=0), BudgetError, "the budget's seconds must be a positive number, but got 0.0. Write for example '60s'."),
    "negative time": (lambda: fit(within=-3), BudgetError, "the budget's seconds must be a positive number, but got -3.0."),
    "time in words": (lambda: fit(within="soon"), BudgetError,
        "cannot read the budget 'soon'. Write for example '60s', '2 min' or '1e5 candidates'."),
    "time of another type": (lambda: fit(within=[3]), BudgetError,
        "a budget is text such as '60s', a number of seconds or a Budget, but got [3]."),
    "an unknown rule": (lambda: fit(select="validaton"), FillError,
        "unknown selection rule 'validaton'. Did you mean 'validation'? Known: description_length, elbow, loss, validation."),
    "an unknown learner": (lambda: fit(by="evolv"), FillError,
        "unknown learner 'evolv'. Did you mean 'evolve'? Known: auto, bidirectional, enumerate, evolve, local, mcts, portfolio, separable."),
    "a class for a learner in fill": (lambda: fill(parse("?k * x"), ({"x": x}, y), by="constants"), FillError,
        "by must be a learner, but got 'constants'."),
    "an unknown loss": (lambda: fill(parse("?k * x"), ({"x": x}, y), loss="huber"), FillError, "unknown loss 'huber'."),
    "an unknown backend": (lambda: fit(backend="dask"), FillError, "unknown backend 'dask'. Known: joblib, ray."),
    "a negative noise": (lambda: fit(noise=-1), FillError, "noise must be a standard deviation above 0, but got -1."),
    "no room for a formula": (lambda: fit(max_size=0), FillError,
        "max_size must be a whole number of at least 1, but got 0. 20 is usual."),
    "an unknown watcher": (lambda: fit(watch="loud"), FillError, "watch must be None, 'progress' or a callable, but got 'loud'."),
    "no threads": (lambda: fit(n_jobs=0), FillError, "n_jobs must be a whole number other than 0, but got 0."),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_words(case):
    call, error, words = REFUSED[case]
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).rstrip().endswith((".", "?", ")", "'"))


WARNED = {
    "constant target": (lambda: fit(target=np.ones(20)),
        "the target 'y' is constant (1 in every row), so what is learned will be that constant. Check that the right column was chosen."),
    "constant column": (lambda: fit(table(c=1.0)),
        "some columns carry nothing new (constant: c). They are kept; leave them out for a faster search."),
    "repeated column": (lambda: fit(table(c=x)),
        "some columns carry nothing new (c repeats a). They are kept; leave them out for a faster search."),
    "undefined rows": (lambda: fit(target=np.sqrt(x), operators="sqrt *").predict({"a": [-1.0, 4.0], "b": [1.0, 1.0]}),
        "the formula 'sqrt(a)' is undefined on 1 of 2 rows (rows 0). They are NaN."),
}  # fmt: skip


@pytest.mark.parametrize("case", WARNED)
def test_warned_in_words(case):
    call, words = WARNED[case]
    with pytest.warns(UserWarning, match=re.escape(words)):
        call()


def test_names_that_are_no_identifiers_or_mean_something_are_kept():
    X = pd.DataFrame({"sin": x, "E": x**2, "I": x**3, "body mass": np.sqrt(x), "0": np.cos(x)})
    model = fit(X, 2 * x + x**3, operators="+ *")
    assert str(model.best_) == "I + 2 * `sin`"
    assert model.predict(X) == pytest.approx(2 * x + x**3)


def test_operators_that_are_undefined_on_the_data_are_named():
    found = fit(pd.DataFrame({"depth": -x}), operators="+ * log sqrt").fit_
    told = [note for note in found.notes if "log" in note and "sqrt" in note]
    assert told, found.notes
    assert "'depth'" in told[0]


def test_operators_that_were_not_given_do_not_appear():
    found = fit(operators="sin").fit_
    assert {node.op.name for row in found.rows for node in row.term.postorder() if node.args} <= {"sin"}


def test_a_single_constant_is_a_formula():
    assert fit(max_size=1, operators="+").best_.is_literal
    assert fit(max_size=1, operators="+", units={"a": "m", "b": "s", "y": "kg"}).best_.is_literal


def test_units_are_obeyed_by_every_row():
    from induce.terms.dimensions import units_of

    units = {"a": "m", "b": "s"}
    found = fit(units={**units, "y": "m"}, operators="+ - * / sqrt sin").fit_
    for row in found.rows:
        units_of(row.term, units, target="m")  # raises when they do not agree
