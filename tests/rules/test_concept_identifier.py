"""ConceptIdentifier: the structure of planted concepts, twins that nothing tells apart, what is said, what is refused."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

from induce.errors import DataError
from induce.rules import ConceptIdentifier, ConceptStructure, hidden_concepts


@pytest.fixture(scope="module")
def made():
    return hidden_concepts(1500, classes=3, concepts=3, columns=5, layers=1, seed=200)


@pytest.fixture(scope="module")
def model(made):
    return ConceptIdentifier(3, steps=200, random_state=0).fit(made.X, made.y)


def columns(matrix):
    return sorted(np.asarray(matrix).T.astype(int).tolist())


def test_planted_concepts_are_found(made, model):
    assert columns(model.structure_.matrix) == columns(made.structure)
    assert model.structure_.identified == ("c1", "c2", "c3")
    assert model.rebuilt_ > 0.95
    found, places = model.transform(made.X), made.structure[made.y]
    best = [
        max(abs(np.corrcoef(g[p], h[p])[0, 1]) for g in found.T) for h, p in zip(made.hidden.T, places.T, strict=True)
    ]
    assert min(best) > 0.9


@pytest.mark.slow
def test_twins_are_reported_and_never_as_identified():
    same = hidden_concepts(6000, twins=True, seed=201)
    found = ConceptIdentifier(6, random_state=0).fit(same.X, same.y).structure_
    users = tuple(np.flatnonzero(same.structure[:, 0]).tolist())
    assert len(found.blocks[users]) == 2
    assert not set(found.blocks[users]) & set(found.identified)
    assert "only up to mixing" in str(found)


def test_columns_are_matched_by_name_and_seeds_repeat(made, model):
    table = pd.DataFrame(made.X, columns=list("abcde"))
    named = ConceptIdentifier(3, steps=20, random_state=3).fit(table, made.y)
    again = ConceptIdentifier(3, steps=20, random_state=3).fit(table, made.y)
    assert np.array_equal(named.transform(table), named.transform(table[list("ecabd")]))
    assert np.array_equal(named.transform(table), again.transform(table))


def test_a_structure_says_what_is_unused_and_unsure():
    found = ConceptStructure(("a<b", "c"), np.array([[0.95, 0.0, 0.6], [0.0, 0.0, 0.95]]))
    assert found.unused == ("c2",)
    assert found.unsure == (("a<b", "c3", 0.6),)
    assert str(found).splitlines()[3:] == ["identified: c1, c3", "used by no class: c2", "unsure: a<b c3 (0.60)"]
    assert "a&lt;b" in found._repr_html_()
    assert json.loads(found.to_json())["matrix"] == [[1, 0, 1], [0, 0, 1]]


@pytest.mark.parametrize(
    ("settings", "change", "words"),
    [
        ({"n_concepts": 0}, {}, "n_concepts must be a whole number of at least 1, but it is 0."),
        ({"n_concepts": 9}, {}, "n_concepts is 9, but X has 5 columns. Ask for at most as many concepts as columns."),
        ({}, {"y": np.zeros(3)}, "y has shape (3,), but X has 1500 rows. Pass one class for each row of X"),
        ({}, {"y": np.zeros(1500)}, "but y has one class only (0.0). Give rows of others."),
        ({}, {"y": np.r_[np.zeros(1499), 1]}, "has one row only, which does not vary. Leave it out or give more rows."),
        ({}, {"X": np.zeros((3, 2, 2))}, "X has shape (3, 2, 2), but a table of shape (rows, columns) was expected."),
    ],
)
def test_refusals(made, settings, change, words):
    given = {"X": made.X, "y": made.y, **change}
    with pytest.raises(DataError, match=re.escape(words)):
        ConceptIdentifier(**{"n_concepts": 3, **settings}).fit(given["X"], given["y"])


def test_refusals_of_a_structure_and_of_the_generator():
    with pytest.raises(DataError, match=re.escape("probabilities have shape (3,), but (2, concepts) was expected")):
        ConceptStructure(("a", "b"), np.ones(3))
    with pytest.raises(DataError, match=re.escape("probabilities reach from 0 to 2, but must lie in [0, 1].")):
        ConceptStructure(("a",), np.array([[0.0, 2.0]]))
    with pytest.raises(DataError, match="3 columns cannot show 6 concepts"):
        hidden_concepts(10, columns=3)
    with pytest.raises(DataError, match="no structure of 40 classes and 3 concepts has 2 to 2 concepts a class"):
        hidden_concepts(10, classes=40, concepts=3, columns=4)
