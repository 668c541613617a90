"""Best values against shortest paths, and against enumeration of derivations by repetition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from induce.errors import AlgebraError, DataError, LimitError, RuleError
from induce.logic.best import VALUE_ALGEBRAS
from induce.logic.clauses import Clause, Literal, Stratum
from induce.logic.database import Database
from induce.logic.limits import Limits
from induce.logic.symbols import Symbols
from tests.logic import naive
from tests.logic.programs import database, programs

L = Literal
PATH = Stratum(
    (
        Clause(L("path/2", (0, 1)), (L("edge/2", (0, 1)),), 2, 0, "path(X, Y) :- edge(X, Y)."),
        Clause(L("path/2", (0, 2)), (L("path/2", (0, 1)), L("path/2", (1, 2))), 3, 1, "path(X, Z) :- ..."),
    ),
    (),
    True,
)
COMBINE = {"viterbi": np.prod, "tropical": np.sum, "minmax": np.min, "bottleneck": np.min}


def by_repetition(found, facts, weights, stratum, algebra):
    """Values of all tuples: apply every rule to everything until nothing improves."""
    chosen = VALUE_ALGEBRAS[algebra]
    better = min if chosen.smaller else max
    values = {(name, row): w for name, rows in facts.items() for row, w in zip(rows, weights[name], strict=True)}
    while True:
        before = dict(values)
        tuples = {}
        for name, row in before:
            tuples.setdefault(name, []).append(row)
        for clause in stratum.clauses:
            for env in naive.environments(found.symbols, tuples, clause):
                head = (clause.head.relation, naive.head_of(found.symbols, clause, env))
                used = [
                    before[
                        step.relation, tuple(found.symbols.value_of(~s) if s < 0 else env[s] for s in step.arguments)
                    ]
                    for step in clause.body
                    if isinstance(step, Literal) and not step.negated
                ]
                value = COMBINE[algebra]([*used, chosen.one]) if algebra != "bottleneck" or used else chosen.one
                values[head] = better(values.get(head, chosen.zero), value)
        if values == before:
            return values


@settings(max_examples=120, deadline=None)
@given(programs(), st.sampled_from(sorted(VALUE_ALGEBRAS)), st.integers(0, 9))
def test_values_are_those_of_repetition(program, algebra, seed):
    facts, strata = program
    facts = {name: list(dict.fromkeys(rows)) for name, rows in facts.items()}
    stratum = Stratum(
        tuple(c for c in strata[0].clauses if not any(getattr(s, "negated", False) for s in c.body)), (), True
    )
    found = database(facts)
    rng = np.random.default_rng(seed)
    weights = {name: np.round(rng.random(len(rows)) * 8) / 8 for name, rows in facts.items()}
    got = found.best(stratum, algebra, weights)
    wanted = by_repetition(found, facts, weights, stratum, algebra)
    for name, (columns, values) in got.items():
        rows = [tuple(found.symbols.values_of(row)) for row in columns]
        assert set(rows) == {row for relation, row in wanted if relation == name}
        np.testing.assert_allclose(values, [wanted[name, row] for row in rows], rtol=1e-12)


def weighted_edges(rows, weights):
    found = Database(Symbols())
    found.add_facts("edge/2", [[found.symbols.id_of(v) for v in row] for row in rows])
    return found, {"edge/2": np.array(weights)}


def test_many_paths_are_shortest_paths():
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import dijkstra

    rng = np.random.default_rng(0)
    found = Database(Symbols())
    found.add_facts("edge/2", found.symbols.ids_of(rng.integers(0, 200, (600, 2))).reshape(-1, 2))
    weights = rng.random(found.size("edge/2")) + 0.01
    columns, values = found.best(PATH, "tropical", {"edge/2": weights})["path/2"]
    edges = found.tuples("edge/2")
    nodes = int(edges.max()) + 1
    distance = dijkstra(csr_matrix((weights, (edges[:, 0], edges[:, 1])), shape=(nodes, nodes)))
    off = columns[:, 0] != columns[:, 1]
    np.testing.assert_allclose(values[off], distance[columns[off, 0], columns[off, 1]], rtol=1e-12)


def test_refusals():
    found, weights = weighted_edges([(1, 2), (2, 3)], [0.5, 1.5])
    with pytest.raises(AlgebraError, match=r"There is no value algebra 'viterbo'. Did you mean 'viterbi'\?"):
        found.best(PATH, "viterbo", weights)
    with pytest.raises(
        DataError, match=r"Weight 1.5 of tuple 1 of edge/2 is outside of 0 to 1, so 'viterbi' has no best"
    ):
        found.best(PATH, "viterbi", weights)
    with pytest.raises(DataError, match="1 weights were given for the 2 tuples of edge/2"):
        found.best(PATH, "tropical", {"edge/2": [1.0]})
    negated = Stratum((Clause(L("a/1", (0,)), (L("edge/2", (0, 1)), L("edge/2", (1, 0), True)), 2, 0, "a(X)."),))
    with pytest.raises(RuleError, match=r"The rule 'a\(X\).' negates edge/2, whose tuples have weights"):
        found.best(negated, "tropical", weights)
    with pytest.raises(LimitError, match="its results have fed it for 0 rounds"):
        found.best(PATH, "tropical", weights, limits=Limits(rounds=0))
