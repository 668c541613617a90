"""Table, and every message that bad data gets."""

from __future__ import annotations

import copy
import datetime
import pickle
import re
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from induce.errors import DataError, UnitError
from induce.fill import fill
from induce.table import Table, check_enough_rows, check_target, check_weights, warn_columns
from induce.terms import arithmetic
from induce.terms.unit import Unit

COLUMNS = {"mass": [1, 2, 3], "heavy": [True, False, True], "length of arm": [0.5, 1.5, 2.5]}
WANTED = np.array([[1, 2, 3], [1, 0, 1], [0.5, 1.5, 2.5]], dtype=float)


def fails(error, words, call, *args, **options):
    with pytest.raises(error, match=re.escape(words)):
        call(*args, **options)


@pytest.mark.parametrize("make", [dict, pd.DataFrame, pl.DataFrame, pa.table, lambda c: Table.from_any(c)])
def test_named_data_of_every_kind_is_the_same_table(make):
    table = Table.from_any(make(COLUMNS), units={"mass": "kg"})
    assert table.names == ("mass", "heavy", "length of arm")
    assert table.values.dtype == np.float64
    assert table.values.flags.c_contiguous
    np.testing.assert_array_equal(table.values, WANTED)
    assert dict(table.units) == {"mass": "kg"}
    assert (table.rows, table.columns, len(table)) == (3, 3, 3)


@pytest.mark.parametrize(
    "make", [np.array, list, lambda rows: [tuple(row) for row in rows], lambda r: np.array(r, dtype=object)]
)
def test_unnamed_data_gets_names(make):
    table = Table.from_any(make([[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]))
    assert table.names == ("x0", "x1")
    np.testing.assert_array_equal(table["x1"], [4, 5, 6])


def test_a_table_cannot_be_changed():
    source = np.arange(6.0).reshape(3, 2)
    table = Table.from_any(source)
    source[:] = -1
    assert table["x0"].tolist() == [0, 2, 4]
    with pytest.raises(ValueError, match="read-only"):
        table.values[0, 0] = 7
    with pytest.raises(AttributeError):
        table.names = ("a", "b")


@pytest.mark.parametrize("again", [copy.deepcopy, lambda table: pickle.loads(pickle.dumps(table))])
def test_a_table_can_be_sent_to_another_process(again):
    table = Table.from_any(COLUMNS, units={"mass": "kg"})
    other = again(table)
    assert (other.names, dict(other.units)) == (table.names, {"mass": "kg"})
    np.testing.assert_array_equal(other.values, table.values)
    assert not other.values.flags.writeable


def test_names_given_beside_the_data_replace_its_own():
    assert Table.from_any(np.ones((2, 2)), names=["sin", "my col"]).names == ("sin", "my col")
    fails(
        DataError,
        "1 names were given for 2 columns. Give one name per column.",
        Table.from_any,
        np.ones((2, 2)),
        names=["a"],
    )


def test_select_and_without_keep_units_and_suggest_names():
    table = Table.from_any(COLUMNS, units={"mass": "kg", "length of arm": "m"})
    assert table.select(["length of arm", "mass"]).names == ("length of arm", "mass")
    assert dict(table.without("mass").units) == {"length of arm": "m"}
    words = "there is no column 'mas'. Did you mean 'mass'? The columns are: mass, heavy, length of arm."
    fails(DataError, words, table.__getitem__, "mas")
    fails(DataError, words, table.without, "mas")
    fails(DataError, "no columns were chosen. Name at least one of: mass, heavy", table.select, [])


def test_to_pandas_gives_the_columns_back():
    pd.testing.assert_frame_equal(Table.from_any(COLUMNS).to_pandas(), pd.DataFrame(COLUMNS).astype(float))


def test_missing_values_name_column_count_and_first_rows():
    age = np.ones(100)
    age[[4, 17, 90]] = np.nan
    words = (
        "column 'age' has 3 missing values (rows 4, 17, 90). "
        "FormulaRegressor does not accept NaN; drop them or put an imputer before it."
    )
    fails(DataError, words, Table.from_any, {"age": age}, who="FormulaRegressor")
    age[5] = np.nan
    fails(DataError, "column 'age' has 4 missing values (rows 4, 5, 17, ...).", Table.from_any, {"age": age})
    fails(DataError, "column 'a' has 1 missing value (row 1).", Table.from_any, {"a": [1, None, 2]})


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"age": pd.array([1, None, 3], dtype="Int64")}),
        pd.DataFrame({"age": pd.array([True, None, False], dtype="boolean")}),
        pl.DataFrame({"age": [1, None, 3]}),
        pa.table({"age": [1.0, None, 3.0]}),
    ],
)
def test_null_of_every_frame_is_missing(frame):
    fails(DataError, "column 'age' has 1 missing value (row 1).", Table.from_any, frame)


def test_infinite_values_are_counted():
    words = "column 'x0' has 2 infinite values (rows 0, 2). A formula does not accept inf; drop or clip them."
    fails(DataError, words, Table.from_any, [[np.inf], [1], [-np.inf]])


@pytest.mark.parametrize("make", [dict, pd.DataFrame, pl.DataFrame, pa.table])
def test_text_names_column_row_and_value(make):
    words = "column 'city' holds text (row 0: 'Rome'), but numbers are needed. Leave the column out, or encode it as numbers."
    fails(DataError, words, Table.from_any, make({"a": [1, 2], "city": ["Rome", "Oslo"]}))


def test_categories_dates_and_other_objects():
    fails(
        DataError, "column 'c' holds text (row 0: 'x')", Table.from_any, pd.DataFrame({"c": pd.Categorical(["x", "y"])})
    )
    day = pd.DataFrame({"day": pd.to_datetime(["2024-01-05", "2024-01-06"])})
    fails(DataError, "column 'day' holds dates or times (row 0: ", Table.from_any, day)
    fails(
        DataError,
        "column 'day' holds dates or times (row 0: 2024-01-05",
        Table.from_any,
        {"day": day["day"].to_numpy()},
    )
    fails(DataError, "column 'd' holds dates or times", Table.from_any, {"d": [datetime.date(2024, 1, 5)]})
    fails(DataError, "column 'o' holds entries of type dict (row 1: {})", Table.from_any, {"o": [1, {}]})


def test_complex_numbers():
    words = (
        "Complex data not supported: column 'x0' has complex numbers. Pass the real and imaginary parts as two columns."
    )
    fails(DataError, words, Table.from_any, np.array([[1 + 2j], [3]]))
    fails(DataError, words, Table.from_any, [[1 + 2j], [3]])
    fails(DataError, "Complex data not supported: column 'z'", Table.from_any, {"z": [1, 2j]})


def test_no_rows_no_columns_and_wrong_shapes():
    fails(DataError, "the table has no rows: 0 sample(s) (shape=(0, 3))", Table.from_any, np.empty((0, 3)))
    words = "the table has no columns: 0 feature(s) (shape=(12, 0)) while a minimum of 1 is required."
    fails(DataError, words, Table.from_any, np.empty((12, 0)))
    fails(DataError, "the table has no columns", Table.from_any, {})
    fails(DataError, "the table has no columns", Table.from_any, [])
    fails(
        DataError,
        "the data has 1 dimension (shape (3,)), but rows and columns are needed. Reshape",
        Table.from_any,
        np.ones(3),
    )
    fails(DataError, "the data has 3 dimensions", Table.from_any, np.ones((2, 2, 2)))
    fails(DataError, "no data was passed (None).", Table.from_any, None)
    fails(DataError, "the data is of type int, which is not a table.", Table.from_any, 3)
    fails(DataError, "row 0 has 2 entries, but row 1 has 1.", Table.from_any, [[1, 2], [3]])
    fails(DataError, "column 'b' has 1 row, but column 'a' has 2.", Table.from_any, {"a": [1, 2], "b": [1]})
    fails(DataError, "column 'a' has 2 dimensions (shape (2, 2)).", Table.from_any, {"a": np.ones((2, 2))})


def test_sparse_and_lazy_data_are_refused():
    from scipy.sparse import csr_matrix

    fails(
        DataError,
        "the data is a sparse matrix, which is not accepted. Make it dense first: X.toarray().",
        Table.from_any,
        csr_matrix(np.eye(2)),
    )
    fails(
        DataError,
        "the data is a lazy frame, which has no rows yet. Collect it first: X.collect().",
        Table.from_any,
        pl.LazyFrame({"a": [1]}),
    )


def test_repeated_names():
    frame = pd.DataFrame(np.ones((2, 3)), columns=["a", "b", "a"])
    words = "the column name 'a' is used more than once (columns 0, 2). Rename one of them."
    fails(DataError, words, Table.from_any, frame)
    fails(DataError, words, Table.from_any, np.ones((2, 3)), names=["a", "b", "a"])


def test_units_of_columns_that_do_not_exist():
    words = "a unit was given for column 'lenght', which does not exist. Did you mean 'length'? The columns are: length, period."
    fails(UnitError, words, Table.from_any, {"length": [1]}, units={"lenght": "m"}, also=["period"])
    assert dict(Table.from_any({"length": [1]}, units={"length": "m", "period": "s"}, also=["period"]).units) == {
        "length": "m"
    }
    fails(
        UnitError,
        "the unit of column 'a' is 3. Write it as text, such as 'm/s^2'.",
        Table.from_any,
        {"a": [1]},
        units={"a": 3},
    )


def test_units_that_cannot_be_read():
    with pytest.raises(UnitError, match="the unit of column 'a' cannot be read: unknown unit 'parsnip'"):
        Table.from_any({"a": [1]}, units={"a": "parsnip"})
    assert dict(Table.from_any({"a": [1]}, units={"a": Unit.parse("km/h")}).units) == {"a": "km/h"}


def test_enough_rows():
    check_enough_rows(Table.from_any(np.ones((5, 1))))
    words = "the table has 1 row (n_samples=1), but at least 5 are needed to tell one formula from another. Add rows."
    fails(DataError, words, check_enough_rows, Table.from_any([[1.0]]))


def test_target_shapes():
    assert check_target(pl.Series([1, 2]), 2).tolist() == [1, 2]
    assert check_target(pd.Series([True, False]), 2).tolist() == [1, 0]
    fails(
        DataError,
        "FormulaRegressor requires y to be passed, but the target y is None.",
        check_target,
        None,
        2,
        who="FormulaRegressor",
    )
    fails(
        DataError,
        "the target 'y' has shape (2, 2), but one number per row is needed. Fit one model per",
        check_target,
        np.eye(2),
        2,
    )
    fails(
        DataError,
        "the target 'y' has 3 values, but the table has 2 rows. Give one target value per row.",
        check_target,
        [1, 2, 3],
        2,
    )
    from sklearn.exceptions import DataConversionWarning

    with pytest.warns(DataConversionWarning, match="A column-vector y was passed when a 1d array was expected"):
        assert check_target([[1.0], [2.0]], 2).tolist() == [1, 2]


def test_target_values():
    fails(DataError, "the target 'period' has 1 missing value (row 1).", check_target, [1, np.nan], 2, name="period")
    fails(DataError, "the target 'y' has 1 infinite value (row 0).", check_target, [np.inf, 1], 2)
    fails(DataError, "the target 'y' holds text (row 0: 'a'), but numbers are needed.", check_target, ["a", "b"], 2)
    fails(DataError, "Complex data not supported: the target 'y'", check_target, [1j, 2], 2)
    with pytest.warns(
        UserWarning, match=re.escape("the target 'y' is constant (3 in every row), so what is learned will be")
    ):
        assert check_target([3, 3], 2).tolist() == [3, 3]


def test_weights():
    assert check_weights(None, 3) is None
    assert check_weights([1, 0], 2).tolist() == [1, 0]
    assert check_weights(2.0, 3).tolist() == [2, 2, 2]
    fails(
        DataError,
        "sample_weight has shape (1,), but the table has 2 rows. Give one weight per row.",
        check_weights,
        [1],
        2,
    )
    fails(
        DataError, "sample_weight has 1 negative value (row 1). Weights must be zero or more", check_weights, [1, -2], 2
    )
    fails(DataError, "sample_weight has 1 missing value (row 0).", check_weights, [np.nan, 1], 2)
    fails(DataError, "sample_weight is zero in every row, so nothing is left to fit.", check_weights, [0, 0], 2)
    fails(DataError, "the array 'sample_weight' holds text", check_weights, ["a", "b"], 2)


def test_one_warning_names_constant_and_repeated_columns():
    table = Table.from_any({"a": [1, 2, 3], "b": [4, 4, 4], "c": [1, 2, 3], "d": [4, 4, 4]})
    with pytest.warns(UserWarning, match=re.escape("(constant: b, d; c repeats a)")) as caught:
        warn_columns(table)
    assert len(caught) == 1
    warn_columns(Table.from_any({"a": [1, 2], "b": [2, 1]}))


@pytest.mark.parametrize(
    ("size", "message"),
    [
        (1e-200, "the target 'period' has values of at most 3e-200, whose squares are too small for double precision. Divide it by 1e-200."),
        (1e200, "the target 'period' has values of at most 3e+200, whose squares are too large for double precision. Divide it by 1e+200."),
        (-1e200, "the target 'period' has values of at most 3e+200, whose squares are too large for double precision. Divide it by 1e+200."),
    ],
)  # fmt: skip
def test_a_target_whose_squares_are_no_doubles_is_refused(size, message):
    with pytest.raises(DataError) as caught:
        check_target([size, 3.0 * size, 0.0], 3, name="period")
    assert str(caught.value) == message


@pytest.mark.parametrize("size", [1e-12, 1e12, 1e-130, 1e130])
def test_targets_of_other_sizes_are_fitted_as_any(size):
    x = np.linspace(1.0, 3.0, 40)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = fill(arithmetic.parse("?a * x + ?b"), ({"x": x}, size * (2.0 * x + 1.0)))
    assert fit.row.r2 == pytest.approx(1.0)
    assert fit.predict({"x": [2.0]}) == pytest.approx(5.0 * size)
    assert check_target([0.0, 0.0, size], 3)[2] == size
