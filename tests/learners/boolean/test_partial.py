"""Noisy and incomplete rows: evidence, joined features, annealing, and the front of one output."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from induce.learners.boolean.anneal import Front, anneal, genes_of, network_of
from induce.learners.boolean.beam import grow
from induce.learners.boolean.evidence import RATES, evidence, supports
from induce.learners.boolean.network import Network
from induce.learners.boolean.partial import Candidates, explore
from induce.learners.boolean.sample import gate_bits, sample
from induce.learners.boolean.small import cheapest, trade_offs
from induce.learners.boolean.truth import rows_of, variables
from tests.learners.boolean.making import inputs_of, random_network


def some_rows(seed, rows=200, inputs=8, flips=0.0):
    rng = np.random.default_rng(seed)
    X = inputs_of(inputs)[rng.permutation(1 << inputs)[:rows]]
    y = (X[:, 0] & X[:, 2]) ^ (X[:, 4] | X[:, 5])
    return X, y ^ (rng.random(rows) < flips), y


def test_rows_are_counted():
    X = np.array([[0, 1], [1, 1], [0, 1], [0, 1]], bool)
    found = sample(X, np.array([[1, 0], [0, 0], [1, 1], [0, 0]], bool))
    assert found.bits.T.tolist() == [[0, 1], [1, 1]]
    assert found.yes.tolist() == [[2, 0], [1, 0]]
    assert found.no.tolist() == [[1, 1], [2, 1]]
    assert (found.rows, found.distinct, found.inputs) == (4, 2, 2)
    assert found.consistent.tolist() == [False, False]
    assert not found.complete


@pytest.mark.parametrize("inputs", [3, 70])
def test_equal_rows_are_recognised_whatever_their_width(inputs):
    X = np.random.default_rng(0).random((20, inputs)) < 0.5
    doubled = sample(np.concatenate([X, X]), np.ones((40, 1), bool))
    assert doubled.distinct == len(np.unique(X, axis=0))
    assert doubled.yes.sum() == 40


def test_a_complete_table_is_recognised():
    X = inputs_of(3)
    assert sample(X, X[:, :1]).complete
    assert sample(np.concatenate([X, X]), np.concatenate([X, X])[:, :1]).complete
    assert not sample(X[:7], X[:7, :1]).complete


def test_cells_weigh_rows():
    X = np.array([[0], [0], [0], [1]], bool)
    cells = sample(X, np.array([[1], [1], [0], [0]], bool)).cells(0)
    assert cells.majority.tolist() == [1]
    assert cells.unavoidable == 1
    assert [rows_of(int(p[0]), 2).tolist() for p in cells.planes] == [[True, True]]


def test_a_thinned_sample_keeps_whole_rows():
    X, y, _ = some_rows(0)
    few = sample(X, y[:, None]).thinned(50, 1)
    assert few.distinct == 50
    lookup = {tuple(row): answer for row, answer in zip(X.tolist(), y, strict=True)}
    assert all(lookup[tuple(bool(b) for b in row)] == yes for row, yes in zip(few.bits.T, few.yes[0] > 0, strict=True))


@pytest.mark.parametrize("flips", [0.0, 0.05, 0.1])
def test_evidence_picks_the_inputs_that_matter(flips):
    X, y, _ = some_rows(3, flips=flips)
    s = sample(X, y[:, None])
    best = supports(s.bits, s.yes[0], s.no[0])[0]
    assert best.inputs == (0, 2, 4, 5)
    assert abs(best.rate - flips) <= 0.05


def test_evidence_of_the_empty_set_is_that_of_one_coin():
    yes, no = np.array([3, 0]), np.array([0, 2])
    found = evidence(np.array([[0, 1]], dtype=np.uint8), yes, no, [()], (0.2,))[0]
    expected = np.log((0.8**3 * 0.2**2 + 0.2**3 * 0.8**2) / 2) - np.log(2)
    assert found.score == pytest.approx(expected)


def test_sets_of_many_inputs_are_found_by_growing():
    rng = np.random.default_rng(2)
    X = rng.random((600, 40)) < 0.5
    y = (X[:, 3] & X[:, 30]) ^ X[:, 17]
    s = sample(X, y[:, None])
    assert supports(s.bits, s.yes[0], s.no[0])[0].inputs == (3, 17, 30)
    assert all(len(found.inputs) <= 2 for found in supports(s.bits, s.yes[0], s.no[0], most=2))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=8, max_size=8))
def test_the_cheapest_function_is_the_best_of_all(counts):
    yes, no = (np.array(c) for c in zip(*counts, strict=True))
    f, errors = cheapest(yes, no, 1.0, 0.0)
    assert errors == np.minimum(yes, no).sum()
    said = (f >> np.arange(8) & 1).astype(bool)
    assert no[said].sum() + yes[~said].sum() == errors


def test_trade_offs_end_exact():
    table = np.array([0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1])
    found = trade_offs(table, 1 - table)
    assert found[-1] == sum(int(v) << i for i, v in enumerate(table))
    wrong = [int(((f >> np.arange(16) & 1) != table).sum()) for f in found]
    assert wrong == sorted(wrong, reverse=True)
    assert wrong[-1] == 0


def test_joining_finds_the_formula_among_flipped_answers():
    X, y, truth = some_rows(5, flips=0.05)
    s = sample(X, y[:, None])
    net = Network(s.columns, s.distinct)
    literals = [2 * (i + 1) for i in range(8)]
    *_, last = grow(net, literals, literals, s.yes[0], s.no[0], rate=0.05, gate_cost=gate_bits(8))
    net.outputs = [last.literal]
    assert last.errors == int((y != truth).sum())
    assert net.support() == [0, 2, 4, 5]
    assert (net.size, last.gates) == (3, 3)


@settings(max_examples=20)
@given(st.integers(0, 1000))
def test_genes_and_networks_are_the_same(seed):
    net = random_network(5, 9, seed)
    again = Network(variables(5), 32)
    assert again.value(network_of(genes_of(net), again)) == net.value(net.outputs[0])


def test_annealing_finds_a_formula_and_counts_its_errors():
    X, y, _ = some_rows(1)
    s = sample(X, y[:, None])
    front = Front.empty(10)
    for seed in range(3):
        for _ in anneal(s.cells(0), front, seed=seed, error_cost=8.0, gate_cost=6.0, moves=60_000):
            pass
    assert front.fewest[3] == 0
    for gates in np.flatnonzero(front.fewest < 1 << 59):
        net = Network(s.columns, s.distinct)
        net.outputs = [network_of(front.kept[gates], net)]
        wrong = (rows_of(net.value(net.outputs[0]), s.distinct) != (s.yes[0] > 0)).sum()
        assert wrong == front.fewest[gates]
        assert net.size <= gates


def test_annealing_starts_where_it_is_told():
    X, y, _ = some_rows(1)
    s = sample(X, y[:, None])
    net = Network(s.columns, s.distinct)
    net.outputs = [net.differ(net.both(2, 6), net.either(10, 12))]
    front = Front.empty(12)
    for _ in anneal(
        s.cells(0), front, seed=0, error_cost=8.0, gate_cost=6.0, moves=20_000, start=genes_of(net), hot=0.5, cold=0.1
    ):
        pass
    assert front.fewest[3] == 0


def found(seed, flips, exact, **options):
    X, y, truth = some_rows(seed, flips=flips)
    s = sample(X, y[:, None])
    candidates = Candidates(s, 0, most=options.pop("most", None))
    rates = options.pop("rates", RATES)
    for _ in explore(candidates, rates=rates, exact=exact, seed=0, effort=0.3, **options):
        pass
    return candidates, X, y, truth


def test_the_front_has_fewer_errors_with_more_gates():
    candidates, X, y, truth = found(7, 0.05, None)
    front = candidates.front()
    sizes = [(c.gates, not c.constant) for c in front]
    assert sizes == sorted(set(sizes))
    assert [c.errors for c in front] == sorted({c.errors for c in front}, reverse=True)
    best = candidates.best(0.05)
    assert (best.gates, best.errors) == (3, int((y != truth).sum()))
    for c in front:
        value = c.network.evaluate(candidates.sample.columns, candidates.sample.distinct)[0]
        said = dict(
            zip(map(tuple, candidates.sample.bits.T.tolist()), rows_of(value, candidates.sample.distinct), strict=True)
        )
        assert (
            sum(said[tuple(row)] != answer for row, answer in zip(X.astype(int).tolist(), y, strict=True)) == c.errors
        )


def test_an_exact_formula_is_always_there_when_asked_for():
    X = inputs_of(9)[np.random.default_rng(0).permutation(512)[:150]]
    y = np.random.default_rng(1).random(150) < 0.5
    candidates = Candidates(sample(X, y[:, None]), 0)
    work = explore(candidates, rates=(1e-9,), exact=True, seed=0, effort=0.05)
    for _ in work:
        if any(c.errors == 0 for c in candidates.found.values()):
            break
    first = candidates.front()[-1].gates
    for _ in work:
        pass
    assert candidates.front()[-1].errors == 0
    assert candidates.front()[-1].gates < first


def test_no_formula_reads_more_inputs_than_allowed():
    candidates, *_ = found(2, 0.0, None, most=2)
    assert all(len(c.network.support()) <= 2 for c in candidates.front())
    assert candidates.front()[-1].errors > 0
