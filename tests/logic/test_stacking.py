"""Stacked structures: one grounding gives each structure's own tuples."""

from __future__ import annotations

import numpy as np
import pytest

from induce.errors import DataError
from induce.logic.clauses import Clause, Literal, Stratum
from induce.logic.database import Database
from induce.logic.stacking import stack
from induce.logic.symbols import Symbols

L = Literal
CLOSURE = Stratum(
    (
        Clause(L("p/2", (0, 1)), (L("e/2", (0, 1)),), 2, 0, "base"),
        Clause(L("p/2", (0, 2)), (L("e/2", (0, 1)), L("p/2", (1, 2))), 3, 1, "step"),
    ),
    (),
    True,
)


def closure(edges):
    found = Database(Symbols())
    found.symbols.ids_of(np.arange(1000))
    found.add_facts("e/2", edges)
    found.run(CLOSURE, method="sparse")
    return found.tuples("p/2")


def test_one_grounding_serves_all_structures():
    rng = np.random.default_rng(0)
    graphs = [{"e": rng.integers(0, n, (2 * n, 2))} for n in (5, 30, 1, 12)]
    both = stack(graphs, sizes=[5, 30, 1, 12])
    assert both.ranges() == [(0, 5), (5, 35), (35, 36), (36, 48)]
    rows = closure(both.relations["e"])
    owner = both.structure_of(rows)
    assert (owner[:, 0] == owner[:, 1]).all()
    for number, graph in enumerate(graphs):
        got = {tuple(row) for row in (rows[owner[:, 0] == number] - both.first[number]).tolist()}
        assert got == {tuple(row) for row in closure(graph["e"]).tolist()}


def test_shared_columns_missing_relations_and_empty_structures():
    both = stack([{"e": [[0, 1]], "label": [[1, 7]]}, {}, {"label": [[0, 7]], "u": [2]}], shared={"label": (1,)})
    assert both.relations["label"].tolist() == [[1, 7], [2, 7]]
    assert both.relations["u"].tolist() == [[4]]
    assert both.tuples["label"].tolist() == [0, 1, 1, 2]
    assert both.ranges() == [(0, 2), (2, 2), (2, 5)]
    assert stack([]).relations == {}


@pytest.mark.parametrize(
    ("structures", "sizes", "words"),
    [
        ([{"e": [[0, -1]]}], None, "Structure 0: e has a negative element. Number elements from 0."),
        ([{"e": [[0, 1]]}, {"e": [[0, 1, 2]]}], None, "Structure 1: e has 3 columns, but 2 in an earlier structure"),
        ([{"e": [["a", "b"]]}], None, "Structure 0: e is not an array of whole numbers"),
        ([{"e": [[0, 4]]}], [3], "Structure 0 has the element 4, but its size is 3"),
        ([{"e": [[0, 4]]}], [3, 3], "2 sizes were given for 1 structures"),
    ],
)
def test_refusals(structures, sizes, words):
    with pytest.raises(DataError) as caught:
        stack(structures, sizes=sizes)
    assert words in str(caught.value)
