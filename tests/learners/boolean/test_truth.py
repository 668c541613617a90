"""Packed truth vectors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from induce.learners.boolean.truth import columns_as_integers, integer, ones, pack, popcount, rows_of, unpack, variables
from tests.learners.boolean.making import inputs_of

BITS = st.lists(st.booleans(), min_size=1, max_size=200).map(lambda bits: np.array(bits, dtype=bool))


@given(BITS)
def test_words_and_integers_hold_the_same_rows(bits):
    words = pack(bits)
    assert (unpack(words, len(bits)) == bits).all()
    assert (rows_of(integer(bits), len(bits)) == bits).all()
    assert sum(int(word) << (64 * i) for i, word in enumerate(words)) == integer(bits)
    assert sum(popcount(word) for word in words) == bits.sum()


def test_several_vectors_are_packed_at_once():
    bits = np.random.default_rng(0).random((3, 2, 70)) < 0.5
    assert pack(bits).shape == (3, 2, 2)
    assert (unpack(pack(bits), 70) == bits).all()


@pytest.mark.parametrize("k", range(1, 9))
def test_the_inputs_of_a_complete_table(k):
    assert list(variables(k)) == columns_as_integers(inputs_of(k))
    assert ones(1 << k).bit_count() == 1 << k
