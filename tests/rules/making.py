"""Random trees and tables for tests."""

from __future__ import annotations

import numpy as np
import pandas as pd
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


def patients(rows=300, seed=0, noise=0.05):
    """Mixed columns with missing entries and a rule behind the answer."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({
        "age (years)": rng.integers(18, 90, rows).astype(float), "bmi": rng.normal(27, 5, rows).round(1),
        "smoker": rng.random(rows) < 0.4, "region": rng.choice(["north", "south", "it's far"], rows),
    })  # fmt: skip
    ill = (table["age (years)"] > 60) & table["smoker"] | (table["bmi"] > 33) & (table["region"] == "north")
    ill ^= rng.random(rows) < noise
    table.loc[rng.random(rows) < 0.1, "bmi"] = np.nan
    table.loc[rng.random(rows) < 0.1, "region"] = None
    return table, pd.Series(np.where(ill, "ill", "well"), name="state")
