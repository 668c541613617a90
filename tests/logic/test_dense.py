"""Dense evaluation gives the tuples of sparse evaluation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from induce.errors import RuleError
from induce.logic import dense
from induce.logic.clauses import Bind, Clause, Literal, Stratum
from induce.logic.database import Database
from induce.logic.symbols import Symbols
from tests.logic.programs import content, database, programs

L = Literal
BASE = Clause(L("p/2", (0, 1)), (L("e/2", (0, 1)),), 2, 0, "p(X, Y) :- e(X, Y).")


def closing(first, second):
    step = Clause(L("p/2", (0, 2)), (L(first, (0, 1)), L(second, (1, 2))), 3, 1, "p(X, Z) :- ...")
    return Stratum((BASE, step), (), True)


def graph(nodes, edges, seed=0):
    found = Database(Symbols())
    pairs = np.random.default_rng(seed).integers(0, nodes, (edges, 2))
    found.add_facts("e/2", found.symbols.ids_of(pairs).reshape(-1, 2))
    return found


@settings(max_examples=80, deadline=None)
@given(programs())
def test_random_programs_have_the_same_tuples(program):
    facts, strata = program
    sparse, full = database(facts), database(facts)
    for stratum in strata:
        sparse.run(stratum, method="sparse")
        full.run(stratum, method="sparse" if dense.why_not_dense(stratum, full) else "dense")
    assert content(full) == content(sparse)


@pytest.mark.parametrize(
    ("first", "second"), [("e/2", "p/2"), ("p/2", "e/2"), ("p/2", "p/2"), ("f/2", "p/2"), ("p/2", "f/2")]
)
def test_closures_by_squaring(first, second):
    found, other = graph(40, 60), graph(40, 60)
    for each in (found, other):
        each.add_facts("f/2", each.tuples("e/2")[::-1][:20, ::-1])
    found.run(closing(first, second), method="dense")
    other.run(closing(first, second), method="sparse")
    assert content(found) == content(other)
    assert found.size("p/2") > 100


def test_more_facts_after_a_dense_run():
    found, other = graph(20, 25), graph(20, 25)
    found.run(closing("e/2", "p/2"), method="dense")
    for each in (found, other):
        each.add_facts("e/2", each.symbols.ids_of(np.array([3, 4, 4, 0, 0, 7])).reshape(-1, 2))
        each.run(closing("e/2", "p/2"), method="sparse")
    assert content(found) == content(other)


def test_the_estimate_follows_the_measured_table():
    stratum = closing("e/2", "p/2")
    chosen = {
        (nodes, edges): dense.estimate(stratum, graph(nodes, edges))
        for nodes, edges in [(100, 1000), (300, 3000), (1000, 1200), (1000, 1500), (1000, 8000), (3000, 30000)]
    }
    assert chosen == {
        (100, 1000): "dense",
        (300, 3000): "dense",
        (1000, 1200): "sparse",
        (1000, 1500): "sparse",
        (1000, 8000): "dense",
        (3000, 30000): "sparse",
    }


def test_what_has_no_dense_form_is_refused_with_the_reason():
    arithmetic = Clause(L("p/1", (1,)), (L("u/1", (0,)), Bind(1, ("slot", 0))), 2, 0, "p(Y) :- u(X), Y = X.", 4)
    with pytest.raises(RuleError, match=r"at 4:0: .*cannot be evaluated densely: the rule .* has a bind in its body"):
        Database(Symbols()).run(Stratum((arithmetic,)), method="dense")
    big = Database(Symbols())
    big.add_facts("e/2", big.symbols.ids_of(np.arange(5000)).reshape(-1, 2))
    with pytest.raises(RuleError, match="an array over 5,000 constants with 2 columns has more than"):
        big.run(closing("e/2", "p/2"), method="dense")
