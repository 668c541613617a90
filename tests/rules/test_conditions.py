"""Conditions as text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from induce.errors import RuleError
from induce.learners.rules.literals import AT_MOST, EQUAL, KNOWN, MISSING, MORE, OTHER
from induce.mixed import MixedTable
from induce.rules.conditions import condition_text, conjunction_text, read_condition, read_conjunction

LABELS = ["cat", "dog and cow", "not big", "missing", "it's, so", "a > b"]
TABLE = MixedTable.read(
    {"age": [31.0, 50.0] * 3, "age of car": [1.0, 2.0] * 3, "kind": LABELS, "tame": [True, False] * 3},
    units={"age": "yr"},
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=64)
CONDITION = st.one_of(
    st.tuples(st.integers(0, 1), st.sampled_from([AT_MOST, MORE]), NUMBERS),
    st.tuples(st.just(2), st.sampled_from([EQUAL, OTHER]), st.integers(0, len(LABELS) - 1).map(float)),
    st.tuples(st.just(3), st.just(EQUAL), st.sampled_from([0.0, 1.0])),
    st.tuples(st.integers(0, 3), st.sampled_from([MISSING, KNOWN]), st.just(0.0)),
)


@settings(max_examples=300, deadline=None)
@given(CONDITION, st.booleans())
def test_a_condition_reads_back(condition, units):
    assert read_condition(condition_text(condition, TABLE, units=units), TABLE) == condition


@settings(max_examples=200, deadline=None)
@given(st.lists(CONDITION, min_size=1, max_size=4))
def test_a_conjunction_reads_back(conditions):
    assert read_conjunction(conjunction_text(conditions, TABLE), TABLE) == tuple(conditions)


def test_other_ways_to_write():
    below = float(np.nextafter(40.0, -np.inf))
    assert read_condition("age < 40", TABLE) == (0, AT_MOST, below)
    assert read_condition("age >= 40", TABLE) == (0, MORE, below)
    assert read_condition("age > 40 yr", TABLE) == (0, MORE, 40.0)
    assert (
        read_condition("kind = cat", TABLE)
        == read_condition("kind == 'cat'", TABLE)
        == read_condition("kind is cat", TABLE)
    )
    assert read_condition("tame is yes", TABLE) == (3, EQUAL, 1.0)
    assert read_conjunction("age > 1, tame is true & age of car <= 2", TABLE) == (
        (0, MORE, 1.0),
        (3, EQUAL, 1.0),
        (1, AT_MOST, 2.0),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("agee > 3", "there is no column 'agee' (in the condition 'agee > 3'). Did you mean 'age'?"),
        ("kind is cow", "column 'kind' is never 'cow'."),
        ("kind > 3", "'kind > 3' compares column 'kind', which holds texts. Write for example 'kind is a > b'."),
        (
            "age is 3",
            "column 'age' holds numbers, which are compared by <= and >, but the condition asks whether it is '3'.",
        ),
        ("age > old", "column 'age' is compared with 'old', which is no number (in yr)."),
        ("tame is maybe", "column 'tame' is true or false, but the condition says 'maybe'."),
        ("age", "'age' is no condition on column 'age'. Write for example 'age > 1'."),
        ("", "a rule needs a condition, but the text is empty."),
    ],
)
def test_what_is_wrong_is_said(text, message):
    with pytest.raises(RuleError) as caught:
        read_conjunction(text, TABLE)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        ((" x", "x "), ("a", "b")),
        (("a and b", "b"), ("plain", "b and x > 1")),
        (("k", "is k"), ('say "no", and k > 1', "it's 'so' and \"so\"")),
        (("x", "k, x"), ('""', "'")),
        (("x > 1", "x"), ("not a", "missing")),
    ],
)
def test_what_is_printed_is_read_back(names, labels):
    table = MixedTable.read({names[0]: [1.0, 2.0], names[1]: list(labels)})
    for rule in (
        ((0, MORE, 1.5), (1, EQUAL, 0.0)),
        ((0, AT_MOST, 1.5), (1, OTHER, 1.0)),
        ((1, EQUAL, 1.0), (0, MORE, 0.5)),
    ):
        text = " and ".join(condition_text(condition, table) for condition in rule)
        assert read_conjunction(text, table) == rule, text
