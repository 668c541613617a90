"""The two errors of rules, and limits that are not about counting tuples."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from induce.errors import InduceError, LimitError, RuleError
from induce.logic.clauses import WILD, Bind, Clause, Literal, Stratum, Track
from induce.logic.database import Database
from induce.logic.limits import Limits, Watch, invents_without_bound
from induce.logic.symbols import Symbols
from tests.logic.programs import content

L = Literal


def test_a_rule_error_has_its_place_where_it_has_one():
    error = RuleError("no", line=3, column=4)
    assert str(error) == "at 3:4: no"
    assert str(RuleError("no")) == "no"
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.message, copy.line, copy.column, str(copy)) == ("no", 3, 4, "at 3:4: no")
    assert issubclass(RuleError, ValueError)
    assert issubclass(LimitError, RuntimeError)
    assert issubclass(LimitError, InduceError)


def test_only_recursion_that_makes_constants_without_a_comparison_is_cut_short():
    bind = Bind(1, ("+", ("slot", 0), ("slot", 0)))
    copy = Bind(1, ("slot", 0))
    own, other = L("n/1", (0,)), L("m/1", (0,))
    track = Track(2, ("constant", 0), ("slot", 1))

    def stratum(*body):
        return Stratum((Clause(L("n/1", (1,)), body, 3, 0, "n."),), (), True)

    assert invents_without_bound(stratum(own, bind))
    assert not invents_without_bound(stratum(other, bind))
    assert not invents_without_bound(stratum(own, copy))
    assert not invents_without_bound(stratum(own, bind, track))
    assert Watch(Limits(), stratum(own, bind)).rounds == 10_000
    assert Watch(Limits(rounds=5), stratum(own, bind)).rounds == 5
    assert Watch(Limits(), stratum(other, bind)).rounds == 1_000_000


def test_a_range_that_is_too_long_is_refused_before_it_is_made():
    symbols = Symbols()
    low, high = ("constant", symbols.id_of(1)), ("constant", symbols.id_of(10**12))
    clause = Clause(L("n/1", (0,)), (Track(0, low, high),), 1, 0, "n(1..1000000000000).", 2)
    with pytest.raises(
        LimitError, match=r"'n\(1\.\.1000000000000\)\.' \(line 2\), the range 1\.\.1000000000000 has more"
    ):
        Database(symbols).run(Stratum((clause,)))


def test_ranges_with_ends_that_are_no_integers():
    symbols = Symbols()
    found = Database(symbols)
    pairs = [(0.5, 2.5), (1, float("inf")), ("x", 3), (3, 1)]
    found.add_facts("e/2", [[symbols.id_of(v) for v in pair] for pair in pairs])
    found.run(
        Stratum((Clause(L("n/1", (2,)), (L("e/2", (0, 1)), Track(2, ("slot", 0), ("slot", 1))), 3, 0, "n(L..H)."),))
    )
    assert content(found)["n/1"] == {(1,), (2,)}


def test_a_run_that_was_stopped_can_be_taken_up_again():
    found = Database(Symbols())
    pairs = np.random.default_rng(0).integers(0, 50, (120, 2))
    found.add_facts("e/2", found.symbols.ids_of(pairs).reshape(-1, 2))
    stratum = Stratum(
        (
            Clause(L("p/2", (0, 1)), (L("e/2", (0, 1)),), 2, 0, "p(X, Y) :- e(X, Y)."),
            Clause(L("p/2", (0, 2)), (L("p/2", (0, 1)), L("p/2", (1, 2))), 3, 1, "p(X, Z) :- p(X, Y), p(Y, Z)."),
        ),
        (),
        True,
    )
    with pytest.raises(LimitError, match=r"p\(X, Z\).*limit 500"):
        found.run(stratum, limits=Limits(tuples=500), method="sparse")
    found.run(stratum, method="sparse")
    whole = Database(found.symbols)
    whole.add_facts("e/2", found.tuples("e/2"))
    whole.run(stratum, method="sparse")
    assert content(found) == content(whole)


def test_anonymous_variables_of_positive_literals():
    found = Database(Symbols())
    found.add_facts("e/2", found.symbols.ids_of(np.array([1, 2, 1, 3, 4, 4])).reshape(-1, 2))
    body = (L("e/2", (0, WILD)), L("e/2", (WILD, 1)))
    found.run(Stratum((Clause(L("c/2", (0, 1)), body, 2, 0, "c(X, Y) :- e(X, _), e(_, Y)."),)))
    assert content(found)["c/2"] == {(x, y) for x in (1, 4) for y in (2, 3, 4)}


def test_an_unknown_method_is_refused():
    with pytest.raises(
        RuleError, match=r"There is no method 'sprase'. Did you mean 'sparse'\? There are: auto, sparse"
    ):
        Database(Symbols()).run(Stratum(()), method="sprase")
