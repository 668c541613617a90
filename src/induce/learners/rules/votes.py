"""Weighted rules that vote: every rule that holds adds its weights to the scores of the outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from induce.learners.rules.conjunctions import Ground, Rule, best_conjunctions
from induce.learners.rules.losses import Loss

__all__ = ["Pool", "Votes", "directed_weights", "fit_votes", "refit_weights"]

Float = NDArray[np.float64]
NEWTON = 20
"""Most Newton steps of one fit of the weights."""
MANY = 4
"""Outputs beyond which a search counts one second derivative for all."""
ROUGH = 4
"""Most Newton steps while rules are still searched: weights begin near their optimum."""


@dataclass(frozen=True, eq=False)
class Votes:
    """Scores ``default + sum over rules that hold of weights[rule]``.

    Parameters
    ----------
    rules : tuple of Rule
    weights : array of shape (rules, outputs)
    default : array of shape (outputs,)
    loss : float
        Value of the loss with the penalty of the weights.
    """

    rules: tuple[Rule, ...]
    weights: Float
    default: Float
    loss: float


def refit_weights(
    fires: Float, loss: Loss, weights: Float, default: Float, shrink: float, steps: int = NEWTON
) -> tuple[Float, Float, float]:
    """The weights that minimise ``loss + shrink / 2 * sum of squared weights``, by Newton's method with halved steps.

    The second derivative is taken by output, as if outputs were independent: an upper bound of it for the softmax up to a
    factor, so that steps go down; they are halved where they do not.

    Parameters
    ----------
    fires : array of shape (rows, rules)
        1 where a rule holds.
    loss : Loss
    weights, default : first values
    shrink : float
    steps : int
        Most steps.

    Returns
    -------
    (weights, default, value)
    """
    patterns, loss, left = _patterns(fires, loss)
    columns = np.concatenate([np.ones((len(patterns), 1)), patterns], axis=1)
    ridge = np.full(columns.shape[1], shrink)
    ridge[0] = 1e-6
    now = np.concatenate([default[None], weights], axis=0)

    def value(of: Float) -> float:
        return left + loss.value(columns @ of) + 0.5 * float((ridge[:, None] * of * of).sum())

    def step_of(down: Float, second: list[Any]) -> Float:
        right = columns.T @ down - ridge[:, None] * now
        if len(second) == 1:
            return np.asarray(cho_solve(second[0], right))
        return np.stack([cho_solve(one, right[:, k]) for k, one in enumerate(second)], axis=1)

    def factors(curve: Float) -> list[Any]:
        found = []
        for k in range(curve.shape[1]):  # outputs are few
            second = (columns * curve[:, k : k + 1]).T @ columns
            second[np.diag_indices_from(second)] += ridge + 1e-9
            found.append(cho_factor(second, check_finite=False))
        return found

    best = value(now)
    second: list[Any] = []
    for _ in range(steps):
        down, curve = loss.slopes(columns @ now)
        if steps > ROUGH or loss.outputs == 1:
            second = factors(curve)
        elif not second:  # while rules are searched, all outputs share the largest of their curves, taken once
            second = factors(curve.max(axis=1, keepdims=True))
        step, size, tried = step_of(down, second), 1.0, best
        while size > 1e-3:
            tried = value(now + size * step)
            if tried < best:
                break
            size /= 2
        else:
            break
        now, gained, best = now + size * step, best - tried, tried
        if gained < 1e-5 * abs(best):
            break
    return now[1:], now[0], best


def _patterns(fires: Float, loss: Loss) -> tuple[Float, Loss, float]:
    """Rows on which the same rules hold and whose loss is of one kind, as one row: few rules make few patterns."""
    bits = np.packbits(fires.astype(bool), axis=1)
    whole = np.concatenate([bits, loss.kinds.astype("<i4")[:, None].view(np.uint8).reshape(len(fires), 4)], axis=1)
    keys = np.ascontiguousarray(whole).view(np.dtype((np.void, whole.shape[1]))).reshape(-1)
    _, first, where = np.unique(keys, return_index=True, return_inverse=True)
    grouped, left = loss.grouped(where.reshape(-1), len(first))
    return fires[first], grouped, left


@dataclass(frozen=True, eq=False)
class Pool:
    """The only rules that are tried.

    Parameters
    ----------
    rules : sequence of Rule
    in_order : bool
        Take the first that is worth its length, not the best, and exchange none: rows decide less, the order more.
    """

    rules: Sequence[Rule]
    in_order: bool = False


@dataclass
class _Work:
    """A set of votes while it is being made."""

    ground: Ground
    loss: Loss
    longest: int
    charge: float
    shrink: float
    least: int
    rules: list[Rule]
    fires: Float
    weights: Float
    default: Float
    directions: NDArray[np.int8] | None = None
    value: float = np.inf
    pool: tuple[tuple[Rule, ...], Float] | None = None
    kept: int = 0
    """The first of the rules, which stay."""
    in_order: bool = False

    def refit(self, steps: int = ROUGH) -> None:
        """Fit the weights anew; rules whose weight would break a direction leave, or stay without a weight if they are kept."""
        while True:
            self.weights, self.default, self.value = refit_weights(
                self.fires, self.loss, self.weights, self.default, self.shrink, steps
            )
            broken = [k for k, rule in enumerate(self.rules) if self.direction(rule) * self.weights[k, 0] < 0]
            if not broken:
                return
            worst = max(broken, key=lambda k: abs(self.weights[k, 0]))
            if worst < self.kept:
                self.fires = self.fires.copy()
                self.fires[:, worst] = self.weights[worst] = 0.0
                continue
            self.rules.pop(worst)
            self.fires = np.delete(self.fires, worst, axis=1)
            self.weights = np.delete(self.weights, worst, axis=0)

    def direction(self, rule: Rule) -> int:
        """1 where the weight must not be negative, -1 where it must not be positive, 0 where it is free."""
        return direction_of(rule, self.directions)

    def best(self, scores: Float, taken: set[Rule]) -> tuple[float, Rule] | None:
        """The rule that gains most at these scores, if any is worth its length."""
        down, curve = self.loss.slopes(scores)
        outputs, shrink = self.loss.outputs, self.shrink
        if outputs > MANY:  # half the sums to count: all share the largest curve, an upper bound of their own
            curve = curve.max(axis=1, keepdims=True)

        def gain(sums: Float) -> Float:
            slope, bend = sums[..., :outputs], sums[..., outputs:]
            return np.asarray(0.5 * (slope * slope / (np.maximum(bend, 0) + shrink)).sum(axis=-1))

        numbers = np.concatenate([down, curve], axis=1)
        if self.pool is not None:
            return self._of_pool(gain, numbers, taken)
        found: list[tuple[float, Rule]] = []
        for sign in (0,) if self.directions is None else (1, -1):

            def signed(sums: Float, sign: int = sign) -> Float:
                return gain(sums) if sign == 0 else np.where(sign * sums[..., 0] > 0, gain(sums), -np.inf)

            allowed = None if self.directions is None else self.directions * sign >= 0
            found += best_conjunctions(
                self.ground,
                numbers,
                signed,
                longest=self.longest,
                charge=self.charge,
                least=self.least,
                allowed=allowed,
            )
        found.sort(key=lambda item: (-item[0], len(item[1]), item[1]))
        return next((item for item in found if item[1] not in taken and item[0] > 0 and self._new(item[1])), None)

    def _of_pool(self, gain: Callable[[Float], Float], numbers: Float, taken: set[Rule]) -> tuple[float, Rule] | None:
        """The rule of the pool that gains most, or the first, if any is worth its length."""
        assert self.pool is not None
        rules, fires = self.pool
        net = gain(fires.T @ numbers) - self.charge * np.array([len(rule) for rule in rules])
        worth = np.flatnonzero(net > 0)
        for k in worth if self.in_order else worth[np.argsort(-net[worth], kind="stable")]:
            if rules[k] not in taken and fires[:, k].sum() >= self.least and self._new(rules[k]):
                return float(net[k]), rules[k]
        return None

    def _new(self, rule: Rule) -> bool:
        """Whether no rule holds on the same rows, or on exactly the others: such a rule only splits a weight."""
        rows = self.ground.rows_of(rule).astype(np.float64)[:, None]
        return not ((self.fires == rows).all(axis=0) | (self.fires != rows).all(axis=0)).any()

    def scores(self, without: int | None = None) -> Float:
        kept = [k for k in range(len(self.rules)) if k != without]
        return self.default + self.fires[:, kept] @ self.weights[kept]

    def add(self, rule: Rule) -> None:
        self.rules.append(rule)
        self.fires = np.concatenate([self.fires, self.ground.rows_of(rule)[:, None]], axis=1)
        self.weights = np.concatenate([self.weights, np.zeros((1, self.loss.outputs))])
        self.refit()

    def drop(self, place: int) -> None:
        self.rules.pop(place)
        self.fires = np.delete(self.fires, place, axis=1)
        self.weights = np.delete(self.weights, place, axis=0)
        self.refit()

    def copy(self) -> _Work:
        return _Work(
            self.ground, self.loss, self.longest, self.charge, self.shrink, self.least,
            list(self.rules), self.fires, self.weights, self.default, self.directions, self.value,
            self.pool, self.kept, self.in_order,
        )  # fmt: skip

    @property
    def cost(self) -> float:
        """Loss, weights and length."""
        return self.value + self.charge * sum(map(len, self.rules))


def fit_votes(
    ground: Ground,
    loss: Loss,
    *,
    most: int,
    longest: int,
    charge: float,
    shrink: float = 1.0,
    least: int = 1,
    sweeps: int = 2,
    kept: tuple[Rule, ...] = (),
    directions: NDArray[np.int8] | None = None,
    pool: Pool | None = None,
    tick: Callable[[], bool] = lambda: True,
) -> Votes:
    """Rules that vote, added one by one and then exchanged one by one.

    Minimises ``loss + shrink / 2 * |weights|^2 + charge * literals``. Each rule is the conjunction whose first and second
    derivatives promise most (a step of boosting); after each, all weights are fitted again. Then every rule is taken out in
    turn and replaced by the one that gains most without it, where that lowers the sum.

    Parameters
    ----------
    ground : Ground
    loss : Loss
    most, longest : int
        Most rules, and most literals of a rule.
    charge : float
        What a literal costs, in units of the loss (nats for classes).
    shrink : float
        Ridge penalty of the weights.
    least : int
        Fewest rows of a rule.
    sweeps : int
        How often all rules are exchanged.
    kept : tuple of Rule
        Rules that stay as they are.
    directions : array of shape (literals,), optional
        1 for literals of rules whose weight must not be negative, -1 must not be positive; for one output. Rules never mix the
        two, so that scores are monotone in the columns of these literals.
    pool : Pool, optional
        Rules that are tried, instead of all conjunctions.
    tick : callable
        Called between rules; False stops the search, and what was found so far is returned.

    References
    ----------
    J. Friedman (2001), Greedy function approximation: a gradient boosting machine. J. Friedman, B. Popescu (2008), Predictive
    learning via rule ensembles. W. Cohen, Y. Singer (1999), A simple, fast, and effective rule learner.
    """
    outputs = loss.outputs
    work = _Work(
        ground, loss, longest, charge, shrink, least, [], np.zeros((ground.rows, 0)), np.zeros((0, outputs)), loss.start(),
        directions, in_order=pool is not None and pool.in_order,
    )  # fmt: skip
    if pool is not None:
        held = [ground.rows_of(rule) for rule in pool.rules]
        work.pool = tuple(pool.rules), np.array(held, dtype=np.float64).reshape(len(held), ground.rows).T
    work.refit()
    for rule in kept:
        work.kept += 1
        work.add(rule)
    while len(work.rules) < most and tick():
        found = work.best(work.scores(), set(work.rules))
        if found is None:
            break
        before = work.copy()
        work.add(found[1])
        if work.cost > before.cost:
            work = before
            break
    for _ in range(0 if work.in_order else sweeps):
        changed, place = False, len(kept)
        while place < len(work.rules) and tick():
            better = _exchanged(work, place)
            if better is not None:
                changed, place = True, place - (len(better.rules) < len(work.rules))
                work = better
            place += 1
        if not changed:
            break
    work.refit(NEWTON)
    return Votes(tuple(work.rules), work.weights, work.default, work.value)


def directed_weights(
    fires: Float, loss: Loss, votes: Votes, shrink: float, directions: NDArray[np.int8] | None
) -> tuple[Float, Float]:
    """Weights and default fitted anew to other rows, where a rule whose weight would break its direction gets none."""
    wanted = np.array([direction_of(rule, directions) for rule in votes.rules])
    weights, default = votes.weights, votes.default
    while True:
        weights, default, _ = refit_weights(fires, loss, weights, default, shrink)
        broken = np.flatnonzero(wanted * weights[:, 0] < 0) if len(wanted) else wanted
        if not len(broken):
            return weights, default
        fires = fires.copy()
        fires[:, broken] = weights[broken] = 0.0


def direction_of(rule: Rule, directions: NDArray[np.int8] | None) -> int:
    """1 for a rule whose weight must not be negative, -1 for one whose weight must not be positive, 0 where it is free."""
    return 0 if directions is None else max((int(directions[k]) for k in rule), key=abs, default=0)


def _exchanged(work: _Work, place: int) -> _Work | None:
    """The votes with one rule replaced or left out, where that is better."""
    without = work.copy()
    without.drop(place)
    if without.cost < work.cost - 1e-9:
        return without
    found = without.best(without.scores(), set(without.rules))
    if found is None or found[1] == work.rules[place]:
        return None
    without.rules.insert(place, found[1])
    fires = work.ground.rows_of(found[1])[:, None]
    without.fires = np.concatenate([without.fires[:, :place], fires, without.fires[:, place:]], axis=1)
    zero = np.zeros((1, work.loss.outputs))
    without.weights = np.concatenate([without.weights[:place], zero, without.weights[place:]])
    without.refit()
    return without if without.cost < work.cost - 1e-6 * abs(work.cost) else None
