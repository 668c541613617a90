"""Minimal hitting sets against all subsets, their order, and wide masks."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from induce.errors import DataError
from induce.logic.hitting_sets import elements_of, mask_of, minimal_hitting_sets, minimal_sets

CONFLICTS = st.lists(st.sets(st.integers(0, 7), min_size=1, max_size=4), max_size=8)


def by_force(conflicts, elements=8):
    masks = [mask_of(conflict) for conflict in conflicts]
    hitting = [h for h in range(1 << elements) if all(h & mask for mask in masks)]
    return {h for h in hitting if not any(other != h and other & h == other for other in hitting)}


@given(CONFLICTS)
@settings(max_examples=200, deadline=None)
def test_they_are_those_of_brute_force(conflicts):
    found = minimal_hitting_sets(conflicts)
    assert len(found) == len(set(found))
    assert set(found) == by_force(conflicts)


@given(CONFLICTS, st.lists(st.integers(1, 9), min_size=8, max_size=8))
@settings(max_examples=60, deadline=None)
def test_they_come_by_size_then_weight_and_a_limit_takes_the_first(conflicts, weights):
    found = minimal_hitting_sets(conflicts, weights)
    keys = [(mask.bit_count(), sum(weights[k] for k in elements_of(mask))) for mask in found]
    assert keys == sorted(keys)
    assert minimal_hitting_sets(conflicts, weights, limit=3) == found[:3]


@given(CONFLICTS)
@settings(max_examples=60, deadline=None)
def test_hitting_sets_of_hitting_sets_are_the_minimal_conflicts(conflicts):
    assert (
        set(minimal_hitting_sets(minimal_hitting_sets(conflicts)))
        == set(minimal_sets(mask_of(conflict) for conflict in conflicts) or [0])
        or conflicts == []
    )


def test_masks_may_be_wider_than_a_machine_word():
    far = [{0, 100}, {100, 200}, {0, 200}]
    assert [elements_of(mask) for mask in minimal_hitting_sets(far)] == [(0, 100), (0, 200), (100, 200)]
    assert minimal_hitting_sets([mask_of(conflict) for conflict in far]) == minimal_hitting_sets(far)


def test_no_conflict_and_one_that_cannot_be_met():
    assert minimal_hitting_sets([]) == [0]
    assert minimal_hitting_sets([{1}, set()]) == []


def test_many_disjoint_conflicts_are_counted():
    assert len(minimal_hitting_sets([{3 * k, 3 * k + 1, 3 * k + 2} for k in range(7)])) == 3**7


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (
            lambda: minimal_hitting_sets([-1]),
            "a conflict is -1, but a bit mask is not negative. Pass a set of elements",
        ),
        (lambda: minimal_hitting_sets([{-2, 1}]), "a conflict holds the element -2, but elements are counted from 0."),
        (
            lambda: minimal_hitting_sets([1], limit=0),
            "limit must be at least 1, but it is 0. None gives all hitting sets.",
        ),
    ],
)
def test_what_is_no_conflict(act, words):
    with pytest.raises(DataError, match=re.escape(words)):
        act()
