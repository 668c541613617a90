"""Fidelity of rules."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from induce.errors import DataError
from induce.explain import Fidelity, covers_everything, measure_fidelity


def test_the_three_numbers_and_coverage():
    found = measure_fidelity(
        truth=np.array([0, 1, 1, 0]), model=np.array([0, 1, 1, 1]), rules=np.array([0, 1, 0, 1]),
        fires=np.array([[True, False, False, False], [False, True, False, False]]), literals=3, measured_on="4 rows",
    )  # fmt: skip
    assert (found.model_score, found.rules_score, found.agreement, found.coverage) == (0.75, 0.5, 0.75, 0.5)
    assert Fidelity.from_dict(found.to_dict()) == found
    assert "accuracy of the model 0.750, of the rules alone 0.500 (4 rows)" in str(found)
    assert "<li>" in found.to_html()


def test_numbers_are_scored_by_r2():
    truth = np.arange(5.0)
    found = measure_fidelity(
        truth=truth, model=truth, rules=np.full(5, 2.0), fires=np.zeros((0, 5), dtype=bool), literals=0, measured_on="x", numbers=True
    )  # fmt: skip
    assert (found.model_score, found.rules_score, found.coverage) == (1.0, 0.0, 0.0)


def test_lengths_must_agree():
    with pytest.raises(DataError, match="fidelity compares answers row by row, but got 2 true ones, 1 of the model"):
        measure_fidelity(
            truth=np.zeros(2),
            model=np.zeros(1),
            rules=np.zeros(2),
            fires=np.zeros((0, 2), dtype=bool),
            literals=0,
            measured_on="",
        )


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.integers(-1, 1), min_size=4, max_size=4), max_size=6))
def test_covering_is_what_trying_all_cases_says(rules):
    signs = np.array(rules, dtype=np.int8).reshape(-1, 4)
    covered = bool(len(rules)) and all(
        any(all(s == 0 or (s > 0) == bool(case[k]) for k, s in enumerate(rule)) for rule in rules)
        for case in itertools.product([0, 1], repeat=4)
    )
    assert covers_everything(signs) == (covered, True)


def test_many_concepts_are_sampled_and_said_so():
    signs = np.zeros((2, 30), dtype=np.int8)
    signs[0, 0], signs[1, 0] = 1, -1
    assert covers_everything(signs) == (True, True)  # one concept is asked for
    signs[0, 1:] = 1
    assert covers_everything(signs) == (False, False)
