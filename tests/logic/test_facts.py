"""Facts from every kind of data, and every refusal in words."""

from __future__ import annotations

import numpy as np
import pandas
import pytest

from induce.errors import DataError
from induce.logic.facts import read_facts, read_weighted
from induce.logic.symbols import Compound, Symbols

ROWS = [(1, "a"), (2, "b"), (1, "a"), (3, "a")]
WANTED = [(1, "a"), (2, "b"), (3, "a")]


def values(symbols, columns):
    return [tuple(symbols.values_of(row)) for row in columns]


def as_polars(rows):
    return pytest.importorskip("polars").DataFrame({"x": [r[0] for r in rows], "y": [r[1] for r in rows]})


def as_pyarrow(rows):
    return pytest.importorskip("pyarrow").table({"x": [r[0] for r in rows], "y": [r[1] for r in rows]})


def as_duckdb(rows):
    return pytest.importorskip("duckdb").sql(f"select * from (values {', '.join(map(str, rows))}) t(x, y)")


@pytest.mark.parametrize(
    "make",
    [
        list,
        lambda rows: [list(row) for row in rows],
        lambda rows: {"x": [r[0] for r in rows], "y": np.array([r[1] for r in rows])},
        lambda rows: pandas.DataFrame(rows, columns=["x", "y"]),
        lambda rows: np.array(rows, dtype=object),
        lambda rows: (row for row in rows),
        as_polars,
        as_pyarrow,
        as_duckdb,
    ],
)
def test_every_kind_of_data_gives_the_same_tuples(make):
    symbols = Symbols()
    assert values(symbols, read_facts("r", make(ROWS), symbols, 2)) == WANTED


def test_arrays_of_one_and_two_dimensions_and_single_values():
    symbols = Symbols()
    assert values(symbols, read_facts("r", np.array([3, 1, 3]), symbols)) == [(3,), (1,)]
    assert values(symbols, read_facts("r", np.array([[0.5, 1.0]]), symbols)) == [(0.5, 1.0)]
    assert values(symbols, read_facts("r", ["x", "y"], symbols)) == [("x",), ("y",)]
    assert values(symbols, read_facts("r", [Compound("f", (1,))], symbols)) == [(Compound("f", (1,)),)]
    assert values(symbols, read_facts("r", pandas.Series([True]), symbols)) == [(True,)]
    assert read_facts("r", [()], symbols, 0).shape == (1, 0)


@pytest.mark.parametrize("data", [[], np.empty((0, 2)), pandas.DataFrame({"x": [], "y": []}), {"x": [], "y": []}])
def test_an_empty_table_is_fine(data):
    assert read_facts("r", data, Symbols(), 2).shape == (0, 2)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([(1, None), (2, "x"), (3, None)], "r: column 2 has 2 missing values (row 0, 2)"),
        (np.array([[1.0], [np.nan]]), "r: column 1 has 1 missing values (row 1)"),
        (pandas.DataFrame({"x": [1, None] * 4}), "r: column 1 has 4 missing values (row 1, 3, 5, ...)"),
        ([(5,), ("5",)], "r: column 1 mixes types: 5 in row 0 is a number, '5' in row 1 is a text"),
        ([(True,), (1,)], "r: column 1 mixes types: True in row 0 is a bool, 1 in row 1 is a number"),
        ([(1, 2), (1,)], "r: row 1 has 1 values, but row 0 has 2"),
        (pandas.DataFrame([[1, 2]]), "r: column 1 of the table has no name (it is 0)"),
        (pandas.DataFrame([[1, 2]], columns=["a", " "]), "r: column 2 of the table has no name"),
        (pandas.DataFrame([[1, 2]], columns=["a", "a"]), "r: two columns are called 'a'"),
        ({"x": [1], "y": [1, 2]}, "r: the columns have different lengths (1, 2)"),
        ([(object(),)], "cannot be a constant of a program: int, float, str, bool and Compound can"),
        (np.zeros((1, 1, 1)), "r: an array of 3 dimensions was given; 1 or 2 were expected"),
        ("abc", "r: facts cannot be read from a str. Give a list of tuples, an array, or a table."),
        (5, "r: facts cannot be read from a int"),
    ],
)
def test_refusals(data, words):
    with pytest.raises(DataError) as caught:
        read_facts("r", data, Symbols())
    assert words in str(caught.value)


def test_another_arity_is_refused():
    with pytest.raises(DataError, match=r"edge: 3 columns were given, but edge has 2 arguments elsewhere. Leave out"):
        read_facts("edge", [(1, 2, 3)], Symbols(), 2)


def test_weights_by_name_and_by_array():
    symbols = Symbols()
    frame = pandas.DataFrame({"x": [1, 2, 1], "p": [0.5, 0.25, 0.5]})
    columns, weights = read_weighted("r", frame, symbols, "p")
    assert values(symbols, columns) == [(1,), (2,)]
    assert weights.tolist() == [0.5, 0.25]
    columns, weights = read_weighted("r", [(1, 1), (2, 2)], symbols, [0.0, 1.0], 2)
    assert weights.tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("data", "weight", "words"),
    [
        ([(1,), (1,)], [0.5, 0.25], "r(1) has two probabilities: 0.5 and 0.25 (row 1). Independent alternatives must be different facts"),
        ([(1,)], [1.5], "r: the probability in row 0 is 1.5, and 1 in all are not within 0 to 1"),
        ([(1,), (2,)], [0.5, float("nan")], "r: the probability in row 1 is nan"),
        ([(1,), (2,)], [0.5, None], "r: the probability in row 1 is nan"),
        ([(1,)], ["high"], "r: the probabilities are not numbers"),
        ([(1,)], [0.5, 0.5], "r: 2 probabilities were given for 1 rows"),
        ([(1,)], "p", "r: the probabilities are said to be in the column 'p', but data of type list has no column names"),
        ({"x": [1], "prob": [0.5]}, "prop", "r: there is no column 'prop' for the probabilities. Did you mean 'prob'?"),
    ],
)  # fmt: skip
def test_refused_weights(data, weight, words):
    with pytest.raises(DataError) as caught:
        read_weighted("r", data, Symbols(), weight)
    assert words in str(caught.value)
