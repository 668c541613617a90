"""ConceptIdentifier: the structure of planted concepts, twins that nothing tells apart, what is said, what is refused."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

from induce.errors import DataError, FillError
from induce.rules import ConceptIdentifier, ConceptStructure, hidden_concepts


@pytest.fixture(scope="module")
def made():
    return hidden_concepts(1500, classes=3, concepts=3, columns=5, layers=1, seed=11)


@pytest.fixture(scope="module")
def model(made):
    return ConceptIdentifier(3, steps=300, random_state=0).fit(made.X, made.y)


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


def test_units_do_not_matter(made, model):
    scaled = made.X * np.array([1000.0, 1.0, 0.03, 1.0, 30.0])
    other = ConceptIdentifier(3, steps=300, random_state=0).fit(scaled, made.y)
    assert np.allclose(other.structure_.probabilities, model.structure_.probabilities, atol=0.05)
    assert other.structure_.identified == model.structure_.identified
    assert np.allclose(other.transform(scaled), model.transform(made.X), atol=0.1)


def test_constant_columns_and_one_column_are_no_trouble(made):
    wide = np.column_stack([made.X, np.full(1500, 0.1)])
    found = ConceptIdentifier(2, steps=20).fit(wide, made.y)
    assert np.isfinite(found.transform(wide)).all()
    assert 0 < found.rebuilt_ <= 1
    lone = ConceptIdentifier(1, steps=20).fit(made.X[:, :1], made.y)
    assert lone.transform(made.X[:5, :1]).shape == (5, 1)


def test_the_number_of_concepts_shows_in_what_is_rebuilt_and_not_in_unused_ones(made, model):
    few, many = (ConceptIdentifier(n, steps=300, random_state=0).fit(made.X, made.y) for n in (2, 5))
    assert few.rebuilt_ < model.rebuilt_ - 0.05
    assert abs(many.rebuilt_ - model.rebuilt_) < 0.01
    assert many.structure_.unused == ()  # too many are split, not closed


def test_a_concept_with_an_unsure_gate_is_never_identified():
    found = ConceptStructure(("a", "b"), np.array([[0.51, 0.0], [0.49, 0.9]]))
    assert found.identified == ()
    assert found.undecided == ("c1", "c2")  # c1 may be of the class b alone, as c2 is
    assert "identified: none\nundecided, as gates are unsure: c1, c2\n" in str(found)
    found = ConceptStructure(("a", "b"), np.array([[1.0, 0.0], [0.6, 1.0]]))
    assert found.identified == ("c2",)
    assert found.to_dict()["undecided"] == ["c1"]


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
    assert str(found).splitlines()[3:] == [
        "identified: c1",
        "undecided, as gates are unsure: c3",
        "used by no class: c2",
        "unsure: a<b c3 (0.60)",
    ]
    assert "a&lt;b" in found._repr_html_()
    assert json.loads(found.to_json())["matrix"] == [[1, 0, 1], [0, 0, 1]]


@pytest.mark.parametrize(
    ("settings", "change", "words"),
    [
        ({"n_concepts": 0}, {}, "n_concepts must be a whole number of at least 1, but got 0. Try n_concepts=2."),
        ({"sparsity": "x"}, {}, "sparsity must be a number of at least 0, but got 'x'. 4 is usual."),
        ({"sparsity": -5}, {}, "sparsity must be a number of at least 0, but got -5. 4 is usual."),
        ({"rate": -1}, {}, "rate must be a number above 0 and at most 1, but got -1. 0.002 is usual."),
        ({}, {"X": np.ones((1500, 5))}, "no column of X varies within a class, so there are no concepts to find."),
        ({}, {"y": np.r_[np.nan, np.zeros(1499)]}, "y has 1 missing labels (row 0). Leave these rows out."),
        ({"n_concepts": 9}, {}, "n_concepts is 9, but X has 5 columns. Ask for at most as many concepts as columns."),
        ({}, {"y": np.zeros(3)}, "y has 3 labels, but X has 1500 rows. Give one label a row."),
        ({}, {"y": np.zeros(1500)}, "but y has one class only (0.0). Give rows of others."),
        ({}, {"y": np.r_[np.zeros(1499), 1]}, "has one row only, which does not vary. Leave it out or give more rows."),
        ({}, {"X": np.zeros((3, 2, 2))}, "X has shape (3, 2, 2), but a table of shape (rows, columns) was expected."),
    ],
)
def test_refusals(made, settings, change, words):
    given = {"X": made.X, "y": made.y, **change}
    with pytest.raises((DataError, FillError), match=re.escape(words)):
        ConceptIdentifier(**{"n_concepts": 3, **settings}).fit(given["X"], given["y"])


def test_refusals_of_a_structure_and_of_the_generator():
    with pytest.raises(DataError, match=re.escape("probabilities have shape (3,), but (2, concepts) was expected")):
        ConceptStructure(("a", "b"), np.ones(3))
    with pytest.raises(DataError, match=re.escape("probabilities reach from 0 to 2, but must lie in [0, 1].")):
        ConceptStructure(("a",), np.array([[0.0, 2.0]]))
    with pytest.raises(DataError, match="3 columns cannot show 6 concepts"):
        hidden_concepts(10, columns=3)
    with pytest.raises(
        DataError, match="no structure of 40 classes and 3 concepts has 2 to 2 .*: there are only 3 such classes"
    ):
        hidden_concepts(10, classes=40, concepts=3, columns=4)
    with pytest.raises(
        DataError, match=r"of 1 classes and 4 concepts with 2 to 2 .* was found in 2000 random tries\. Ask"
    ):
        hidden_concepts(10, classes=1, concepts=4)


def test_rare_structures_are_found():
    made = hidden_concepts(10, classes=6, concepts=4, seed=3)
    assert len(np.unique(made.structure, axis=0)) == 6
    assert (made.structure.sum(axis=1) == 2).all()
