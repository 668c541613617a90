"""Row sets and indexes against Python's own sets and dictionaries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from induce.logic.relation import Relation
from induce.logic.rows import RowSet
from induce.logic.scans import any_match, count_matches, expand

batches = st.lists(st.lists(st.tuples(*[st.integers(0, 9)] * 3), max_size=30), max_size=5)


@settings(max_examples=80, deadline=None)
@given(batches, st.sampled_from([0, 10]))
def test_rows_are_kept_once_in_order(parts, span):
    rows, wanted = RowSet(3, span), {}
    for part in parts:
        numbers = rows.insert(np.array(part, dtype=np.int32).reshape(-1, 3))
        for row, number in zip(part, numbers, strict=True):
            assert number == wanted.setdefault(row, len(wanted))
    assert [tuple(row) for row in rows.rows.tolist()] == list(wanted)
    asked = np.random.default_rng(0).integers(0, 12, (50, 3))
    assert rows.find(asked).tolist() == [wanted.get(tuple(row), -1) for row in asked.tolist()]
    copy = rows.copy()
    copy.insert(np.array([[50, 50, 50]]) if not span else np.array([[9, 9, 9]]))
    assert len(rows) == len(wanted)


@pytest.mark.parametrize("width", [0, 1, 2])
def test_narrow_rows(width):
    rows = RowSet(width)
    assert rows.insert(np.zeros((3, width))).tolist() == [0, 0, 0]
    assert rows.find(np.zeros((1, width))).tolist() == [0]


def test_a_table_of_places_becomes_a_hash_when_numbers_grow():
    rows = RowSet(2, 4)
    rows.insert(np.array([[1, 2], [3, 3]]))
    rows.fit(5000)
    assert rows.parts()[2] == 0
    assert rows.insert(np.array([[3, 3], [4999, 0]])).tolist() == [1, 2]


@settings(max_examples=80, deadline=None)
@given(batches, st.sampled_from([(0,), (1, 2), (0, 2), ()]), st.integers(0, 40), st.integers(0, 40))
def test_indexes_give_the_rows_of_a_key_within_a_window(parts, columns, low, size):
    relation = Relation("r/3", 3)
    for part in [[(k % 10, k // 10 % 10, k % 3) for k in range(300)], *parts]:
        relation.tuples.insert(np.array(part, dtype=np.int32).reshape(-1, 3))
        index = relation.index(columns)
    high = min(low + size * 10, len(relation))
    keys = [np.arange(11, dtype=np.int32) % 11 for _ in columns]
    groups = np.ascontiguousarray(index.groups_of(keys, 11))
    counts, found = np.empty(11, dtype=np.int32), np.empty(11, dtype=bool)
    total = count_matches(groups, index.parts(), low, high, counts)
    parents, rows = np.empty(total, dtype=np.int32), np.empty(total, dtype=np.int32)
    expand(groups, index.parts(), low, high, parents, rows)
    any_match(groups, index.parts(), low, high, found)
    table = relation.rows
    for key in range(11):
        wanted = [r for r in range(low, high) if all(table[r, column] == key for column in columns)]
        assert sorted(rows[parents == key].tolist()) == wanted
        assert counts[key] == len(wanted)
        assert found[key] == bool(wanted)
    assert relation.distinct((0,)) == 10
