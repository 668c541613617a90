"""Tables of mixed columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from induce.errors import DataError
from induce.mixed import MixedTable

DATA = {"age": [31.0, None, 50.0], "kind": ["cat", "dog", None], "tame": [True, False, True]}


@pytest.mark.parametrize("make", [dict, pd.DataFrame, pl.DataFrame])
def test_kinds_and_missing_entries(make):
    table = MixedTable.read(make(DATA))
    assert [c.kind for c in table.columns] == ["number", "category", "truth"]
    assert [c.missing.tolist() for c in table.columns] == [[False, True, False], [False, False, True], [False] * 3]
    assert table["kind"].labels == ("cat", "dog")
    assert table.rows == 3


def test_new_rows_are_read_with_the_categories_of_the_old():
    head = MixedTable.read(DATA).head()
    other = MixedTable.read({"tame": [1, 0], "kind": ["dog", "cow"], "extra": [1, 2], "age": [1, 2]}, like=head)
    assert [c.name for c in other.columns] == ["age", "kind", "tame"]
    assert other["kind"].values.tolist() == [1.0, 2.0]  # a cow is no category of the table: a place behind the last
    assert other["kind"].labels == ("cat", "dog")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"a": [1.0, np.inf]}, "column 'a' has infinite values (row 1). Clip them, or leave them out as missing."),
        (
            {"a": np.array(["2020-01-01"], dtype="M8[D]")},
            "column 'a' holds dates or times (row 0: 2020-01-01). Turn them into numbers",
        ),
        (
            {"a": ["x", 1.5]},
            "column 'a' mixes texts with other things (row 1: 1.5); argument must be a string or a number.",
        ),
        ({"a": [1 + 2j]}, "Complex data not supported: column 'a' has complex numbers."),
    ],
)
def test_what_is_refused(data, text):
    with pytest.raises(DataError) as caught:
        MixedTable.read(data)
    assert text in str(caught.value)


def test_another_kind_than_in_fit_is_refused():
    head = MixedTable.read(DATA).head()
    with pytest.raises(DataError, match="column 'age' holds texts, but it held numbers in fit. Give it the same type."):
        MixedTable.read({**DATA, "age": ["a", "b", "c"]}, like=head)
    with pytest.raises(DataError, match="there is no column 'kind'. Did you mean 'kid'"):
        MixedTable.read({"age": [1], "kid": ["cat"], "tame": [True]}, like=head)


@pytest.mark.parametrize(
    ("entries", "shown"),
    [
        (np.array([1, 2**53 + 1]), r"\(row 1: 9007199254740993\)"),
        ([None, 3, -(2**60)], r"\(row 2: -1152921504606846976\)"),
        ([10**400, 1], r"\(row 0: 100000000000\.\.\., a number of 401 digits\)"),
    ],
)
def test_whole_numbers_that_are_not_told_apart(entries, shown):
    with pytest.raises(
        DataError, match=rf"column 'id' has whole numbers beyond 2\*\*53 {shown}, which are not told apart"
    ):
        MixedTable.read({"id": entries})
    if isinstance(entries, np.ndarray):
        with pytest.raises(DataError, match="whole numbers beyond"):
            MixedTable.read(pd.DataFrame({"id": entries}))
    fitted = MixedTable.read({"id": [1, 2]})
    assert MixedTable.read({"id": [2**60]}, like=fitted)["id"].values.tolist() == [2.0**60]
    assert MixedTable.read({"id": [2**53, -(2**53)]})["id"].values.tolist() == [2.0**53, -(2.0**53)]
