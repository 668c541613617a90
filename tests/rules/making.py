"""Random trees for tests."""

from __future__ import annotations

from hypothesis import strategies as st

from induce.rules import Hierarchy

TREE = {"animal": {"pet": ["cat", "dog"], "wild": ["fox"]}, "plant": ["oak", "fern"]}


@st.composite
def trees(draw, most: int = 9):
    """Trees of up to so many nodes, with several roots and unequal depths."""
    count = draw(st.integers(1, most))
    pairs = []
    for k in range(count):
        parent = draw(st.integers(-1, k - 1))
        pairs.append((None if parent < 0 else f"n{parent}", f"n{k}"))
    return Hierarchy.from_pairs(pairs)
