"""Classes of functions of four inputs."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from induce.learners.boolean.npn import canonical, normal, npn, transforms_onto

FUNCTIONS = st.integers(0, 0xFFFF)


def moved(f, order, flips, negate):
    """f with its inputs permuted and negated, row by row."""
    g = 0
    for x in range(16):
        y = sum(((x >> order[i] & 1) ^ (flips >> i & 1)) << i for i in range(4))
        g |= (f >> y & 1) << x
    return g ^ (0xFFFF if negate else 0)


def test_there_are_222_classes_with_the_known_sizes():
    known = npn()
    sizes = np.bincount(known.number) * 2
    assert len(known.members) == 222
    assert sizes.sum() == 65536
    assert sizes.max() == 768
    assert len(known.order) == 384


@given(FUNCTIONS, st.sampled_from(list(permutations(range(4)))), st.integers(0, 15), st.booleans())
def test_the_canonical_form_does_not_change(f, order, flips, negate):
    assert canonical(moved(f, order, flips, negate)) == canonical(f)


@given(FUNCTIONS)
def test_the_canonical_form_is_of_the_class_and_the_least(f):
    assert canonical(canonical(f)) == canonical(f)
    assert canonical(f) <= normal(f)


@given(FUNCTIONS)
def test_transformations_lead_to_the_function(f):
    known = npn()
    found = transforms_onto(f)
    assert len(found)
    t = int(found[0])
    flips = sum(int(b) << i for i, b in enumerate(known.flip[t]))
    assert normal(moved(canonical(f), known.order[t], flips, False)) == normal(f)


def test_functions_of_different_weight_are_in_different_classes():
    assert canonical(0x8000) != canonical(0x8888)
    assert canonical(0x6996) != canonical(0x8000)
