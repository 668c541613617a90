"""Literals, counting on packed bits, the beam, votes and lists."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from induce.learners.boolean.truth import pack
from induce.learners.rules.conjunctions import Ground, best_conjunctions
from induce.learners.rules.counting import conjunction_sums, planes_of, rows_of_conjunctions
from induce.learners.rules.lists import fit_list
from induce.learners.rules.literals import candidate_literals, round_between
from induce.learners.rules.losses import Logistic, Softmax, Squared
from induce.learners.rules.votes import fit_votes, refit_weights
from induce.mixed import MixedTable


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 150), st.integers(0, 2**31 - 1))
def test_sums_of_whole_numbers_are_exact(rows, seed):
    rng = np.random.default_rng(seed)
    numbers = rng.integers(-15, 16, (rows, 3)).astype(float)
    literals, parents = rng.random((5, rows)) < 0.5, rng.random((2, rows)) < 0.7
    sums = conjunction_sums(pack(parents), pack(literals), planes_of(numbers, 4))
    expected = np.einsum("fr,kr,rs->fks", parents.astype(float), literals.astype(float), numbers)
    assert np.allclose(sums, expected)


def test_sums_of_real_numbers_are_rounded_by_at_most_half_a_step_a_row():
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(200, 1))
    inside = rng.random((1, 200)) < 0.5
    found = conjunction_sums(pack(np.ones((1, 200), dtype=bool)), pack(inside), planes_of(numbers, 6))[0, 0, 0]
    step = np.abs(numbers).max() / 63
    assert abs(found - numbers[inside[0]].sum()) <= inside.sum() * step / 2


def test_the_rows_of_a_conjunction():
    literals = pack(np.array([[True, True, False], [True, False, True]]))
    everything = pack(np.ones(3, dtype=bool))
    assert rows_of_conjunctions(literals, [(0, 1), (), (1,)], everything).tolist() == [[1], [7], [5]]


@settings(max_examples=100, deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(1e-9, 1e6))
def test_thresholds_lie_between_their_neighbours(low, width):
    high = low + width
    if high > low:
        assert low <= round_between(low, high) < high


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_opposite_literals_hold_exactly_where_the_others_do_not(seed):
    rng = np.random.default_rng(seed)
    table = MixedTable.read({
        "a": np.where(rng.random(40) < 0.2, np.nan, rng.normal(size=40)), "b": rng.normal(size=40).round(1),
        "c": rng.choice(["x", "y", "z"], 40), "d": rng.random(40) < 0.5,
    })  # fmt: skip
    literals = candidate_literals(table, 4)
    truth, opposite = literals.truth(table), literals.opposites(table)
    assert (opposite >= 0).sum() >= 5
    for k in np.flatnonzero(opposite >= 0):
        assert (truth[k] == ~truth[opposite[k]]).all()


@pytest.mark.parametrize("opposites", [False, True])
def test_the_beam_finds_what_trying_all_conjunctions_finds(opposites):
    rng = np.random.default_rng(3)
    table = MixedTable.read({f"x{k}": rng.random(120) < 0.5 for k in range(6)})
    literals = candidate_literals(table, 1)
    truth = literals.truth(table)
    numbers = (truth[0] & truth[3] & truth[5]).astype(float)[:, None] - 0.3 + 0.1 * rng.normal(size=(120, 1))
    ground = Ground(
        literals.packed(table), 120, np.ones(len(literals), dtype=bool),
        opposite=literals.opposites(table) if opposites else None,
    )  # fmt: skip
    found = best_conjunctions(ground, numbers, lambda sums: sums[..., 0], longest=3)
    tried = {
        rule: numbers[truth[list(rule)].all(axis=0), 0].sum()
        for n in (1, 2, 3)
        for rule in itertools.combinations(range(len(literals)), n)
    }
    best = max(tried.values())
    assert found[0][1] == (0, 3, 5)
    assert found[0][0] == pytest.approx(best)


def test_weights_are_those_of_logistic_regression():
    rng = np.random.default_rng(0)
    fires = (rng.random((300, 4)) < 0.4).astype(float)
    truth = rng.random(300) < 1 / (1 + np.exp(-(fires @ [2.0, -1.0, 0.5, 0.0] - 0.5)))
    weights, default, _ = refit_weights(fires, Logistic(truth, np.ones(300)), np.zeros((4, 1)), np.zeros(1), 1.0)
    peer = LogisticRegression(C=1.0, tol=1e-10, max_iter=1000).fit(fires, truth)
    assert np.allclose(weights[:, 0], peer.coef_[0], atol=1e-3)
    assert default[0] == pytest.approx(peer.intercept_[0], abs=1e-3)


@pytest.mark.parametrize("kind", ["logistic", "softmax", "squared"])
def test_slopes_are_those_of_the_loss(kind):
    rng = np.random.default_rng(1)
    weight = rng.random(12) + 0.5
    loss = {
        "logistic": Logistic(rng.random(12) < 0.5, weight), "softmax": Softmax(rng.integers(0, 3, 12), 3, weight),
        "squared": Squared(rng.normal(size=12), weight),
    }[kind]  # fmt: skip
    scores = rng.normal(size=(12, loss.outputs))
    down, curve = loss.slopes(scores)
    step = 1e-5
    for row, output in [(0, 0), (5, loss.outputs - 1)]:
        shift = np.zeros_like(scores)
        shift[row, output] = step
        up, below = loss.value(scores + shift), loss.value(scores - shift)
        assert -(up - below) / (2 * step) == pytest.approx(down[row, output], abs=1e-6)
        assert (loss.slopes(scores - shift)[0] - loss.slopes(scores + shift)[0])[row, output] / (
            2 * step
        ) == pytest.approx(curve[row, output], abs=1e-4)


def ground_of(truth):
    return Ground(pack(truth), truth.shape[1], np.ones(len(truth), dtype=bool))


def test_votes_stop_where_a_condition_costs_more_than_it_brings():
    rng = np.random.default_rng(0)
    truth = rng.random((6, 400)) < 0.5
    loss = Logistic(truth[0] & truth[1], np.ones(400))
    votes = fit_votes(ground_of(truth), loss, most=12, longest=4, charge=5.0)
    assert votes.rules[0] == (0, 1)
    assert len(votes.rules) <= 3
    none = fit_votes(ground_of(truth), Logistic(rng.random(400) < 0.5, np.ones(400)), most=12, longest=4, charge=9.0)
    assert none.rules == ()


def test_a_kept_rule_stays_and_the_search_can_be_stopped():
    rng = np.random.default_rng(0)
    truth = rng.random((6, 400)) < 0.5
    loss = Logistic(truth[0] & truth[1], np.ones(400))
    assert fit_votes(ground_of(truth), loss, most=3, longest=2, charge=0.1, kept=((4, 5),)).rules[0] == (4, 5)
    assert fit_votes(ground_of(truth), loss, most=3, longest=2, charge=0.1, tick=lambda: False).rules == ()


def test_a_list_finds_the_order_that_made_the_answers():
    rng = np.random.default_rng(0)
    truth = rng.random((6, 600)) < 0.5
    codes = np.where(truth[0] & truth[1], 0, np.where(truth[2], 1, 2))
    wide = (codes[:, None] == np.arange(3)).astype(float)
    found = fit_list(ground_of(truth), wide, np.ones(600), numbers=False, most=6, longest=3, charge=2.0)
    deciding = np.full(600, len(found.rules))
    for k in range(len(found.rules) - 1, -1, -1):
        deciding[truth[list(found.rules[k])].all(axis=0)] = k
    assert (found.says[deciding].argmax(axis=1) == codes).all()
    assert len(found.rules) <= 3
