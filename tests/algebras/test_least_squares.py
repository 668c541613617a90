from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize

from induce.algebras import evaluate_many, fit_constants
from induce.terms import arithmetic
from induce.terms.codes import Codebook

BOOK = Codebook(arithmetic, ["x", "y"])
RNG = np.random.default_rng(0)
TABLE = np.stack([RNG.uniform(0.5, 3.0, 300), RNG.uniform(-1.0, 1.0, 300)])
SKELETONS = [
    "?a * x + ?b",
    "?a * exp(?b * x) + ?c",
    "?a * sin(?b * x + ?c)",
    "?a * x / (?b + x)",
    "?a * x^?b + ?c * y",
    "(?a + ?b * y) / (1 + ?c * x)",
    "?a * exp(0 - ?b * x) * cos(?c * x)",
    "?a * log(x + ?b^2) + ?c",
    "tanh(?a * y + ?b) * ?c",
]


def fit(text, target, starts=None, **settings):
    programs = BOOK.encode([arithmetic.parse(text)])
    if starts is not None:
        programs = programs.with_values(np.where(programs.free, 1.0, programs.values))
        values = programs.values.copy()
        values[programs.free] = starts
        programs = programs.with_values(values)
    fitted, loss = fit_constants(programs, TABLE, target, **settings)
    return fitted, float(loss[0])


@pytest.mark.parametrize("text", SKELETONS)
def test_planted_constants_are_recovered(text):
    programs = BOOK.encode([arithmetic.parse(text)])
    truth = programs.values.copy()
    truth[programs.free] = [1.5, 0.7, 0.4][: int(programs.free.sum())]
    target = evaluate_many(programs.with_values(truth), TABLE)[0]
    _, loss = fit(text, target, truth[programs.free] * 1.15 + 0.02, iterations=100)
    assert loss <= 1e-18 * float(target @ target)


def scipy_loss(programs, target, starts):
    def residual(constants):
        values = programs.values.copy()
        values[programs.free] = constants
        out = evaluate_many(programs.with_values(values), TABLE)[0] - target
        return np.where(np.isfinite(out), out, 1e6)

    return 2.0 * scipy.optimize.least_squares(residual, starts, method="lm", max_nfev=2000).cost


def test_losses_are_scipys_or_lower_from_the_same_starts():
    rng, wins, total = np.random.default_rng(4), 0, 0
    for text in SKELETONS:
        programs = BOOK.encode([arithmetic.parse(text)])
        for _ in range(6):
            truth = programs.values.copy()
            truth[programs.free] = rng.uniform(0.3, 2.0, programs.free.sum())
            target = evaluate_many(programs.with_values(truth), TABLE)[0] + rng.normal(0, 0.05, TABLE.shape[1])
            starts = truth[programs.free] * rng.uniform(0.6, 1.5, programs.free.sum())
            _, loss = fit(text, target, starts, iterations=200)
            wins += loss <= scipy_loss(programs, target, starts) * (1 + 1e-6)
            total += 1
    assert total == 54
    assert wins >= 0.95 * total


@pytest.mark.parametrize("text", SKELETONS)
def test_returned_constants_are_stationary(text):
    rng = np.random.default_rng(6)
    target = 1.2 * np.exp(-0.5 * TABLE[0]) + 0.3 * TABLE[1] + rng.normal(0, 0.02, TABLE.shape[1])
    fitted, loss = fit(text, target, iterations=300)
    for slot in np.flatnonzero(fitted.free):
        for direction in (1e-4, -1e-4):
            values = fitted.values.copy()
            values[slot] += direction * max(abs(values[slot]), 1e-2)
            there = evaluate_many(fitted.with_values(values), TABLE)[0]
            assert float(((there - target) ** 2).sum()) >= loss * (1 - 1e-9)


def test_bounds_are_respected_and_binding():
    target = 3.0 * TABLE[0] + 0.5
    programs = BOOK.encode([arithmetic.parse("?a * x + ?b")])
    bounds = np.array([[0.0, -1.0], [2.0, 1.0]])
    fitted, _ = fit_constants(programs, TABLE, target, bounds=bounds, iterations=100)
    assert np.all(fitted.values >= bounds[0])
    assert np.all(fitted.values <= bounds[1])
    assert fitted.values[0] == pytest.approx(2.0)


def test_weights_are_repetitions():
    rng = np.random.default_rng(8)
    target = np.sin(TABLE[0]) + rng.normal(0, 0.1, TABLE.shape[1])
    weights = rng.integers(0, 4, TABLE.shape[1]).astype(float)
    weighted, loss = fit("?a * x / (?b + x)", target, weights=weights, iterations=100)
    programs = BOOK.encode([arithmetic.parse("?a * x / (?b + x)")])
    times = weights.astype(int)
    repeated, again = fit_constants(programs, np.repeat(TABLE, times, axis=1), np.repeat(target, times), iterations=100)
    assert loss == pytest.approx(float(again[0]), rel=1e-9)
    np.testing.assert_allclose(weighted.values, repeated.values, rtol=1e-6)


def test_an_undefined_start_gives_an_infinite_loss_and_keeps_the_values():
    fitted, loss = fit("log(?a - x)", TABLE[0], np.array([0.25]))
    assert loss == np.inf
    assert fitted.values.tolist() == [0.25]


def test_literals_stay_and_programs_without_constants_are_scored():
    fitted, loss = fit("2 * x", TABLE[0])
    assert fitted.values.tolist() == [2.0]
    assert loss == pytest.approx(float((TABLE[0] ** 2).sum()))
    fitted, _ = fit("2 * x + ?b", 2 * TABLE[0] + 1)
    np.testing.assert_allclose(fitted.values, [2.0, 1.0])


def test_restarts_never_hurt_and_can_change_sign():
    target = np.exp(-1.5 * TABLE[0])
    programs = BOOK.encode([arithmetic.parse("?a * exp(?b * x)")])
    _, once = fit_constants(programs, TABLE, target, iterations=5)
    _, often = fit_constants(programs, TABLE, target, iterations=5, restarts=4)
    assert often[0] <= once[0]
