"""Decision lists: the first rule that holds decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from induce.learners.rules.conjunctions import Ground, Rule, best_conjunctions

__all__ = ["RuleList", "fit_list"]

Float = NDArray[np.float64]
_NEVER = 1e9


@dataclass(frozen=True, eq=False)
class RuleList:
    """Rules in order.

    Parameters
    ----------
    rules : tuple of Rule
    says : array of shape (rules + 1, outputs)
        Shares of the classes among the rows that a rule decides, or their mean; the default last.
    cost : float
        Description length: loss of the rows plus what the literals cost.
    """

    rules: tuple[Rule, ...]
    says: Float
    cost: float


class _Classes:
    """The log-likelihood of class shares, smoothed by the shares of the whole."""

    def __init__(self, targets: Float, weight: Float) -> None:
        self.numbers = targets * weight[:, None]
        self.shares = self.numbers.sum(axis=0) / self.numbers.sum()

    def count(self, sums: Float) -> Float:
        """Weight of the rows; ``sums`` may have more numbers behind the counts."""
        return np.asarray(sums[..., : len(self.shares)].sum(axis=-1))

    def says(self, sums: Float) -> Float:
        """Shares from weighted counts, as if one more row of average class had been seen."""
        return np.asarray((sums + self.shares) / (sums.sum(axis=-1, keepdims=True) + 1))

    def loss(self, sums: Float) -> Float:
        """Minus the log-likelihood of the rows with these counts under their own shares."""
        return np.asarray(-(sums * np.log(np.maximum(self.says(sums), 1e-12))).sum(axis=-1))

    def each(self, said: Float) -> Float:
        """The loss of every row that is answered so."""
        return np.asarray(-(self.numbers * np.log(np.maximum(said, 1e-12))).sum(axis=1))


class _Numbers:
    """Half the squared error in units of the variance."""

    def __init__(self, target: Float, weight: Float) -> None:
        mean = np.average(target, weights=weight)
        spread = float(np.average((target - mean) ** 2, weights=weight)) or 1.0
        self.target, self.weight, self.spread, self.mean = target, weight, spread, mean
        centred = target - mean  # sums of squares lose no digits around the mean
        self.numbers = np.stack([weight, weight * centred, weight * centred**2], axis=1)

    def count(self, sums: Float) -> Float:
        return np.asarray(sums[..., 0])

    def says(self, sums: Float) -> Float:
        return np.asarray((sums[..., 1] / (sums[..., 0] + 1.0) + self.mean)[..., None])

    def loss(self, sums: Float) -> Float:
        count = np.maximum(sums[..., 0], 1e-12)
        return np.asarray((sums[..., 2] - sums[..., 1] ** 2 / count) / (2 * self.spread))

    def each(self, said: Float) -> Float:
        return np.asarray(self.weight * (self.target - said[0]) ** 2 / (2 * self.spread))


def fit_list(
    ground: Ground,
    targets: Float,
    weight: Float,
    *,
    numbers: bool,
    most: int,
    longest: int,
    charge: float,
    least: int = 1,
    sweeps: int = 2,
    only: int | None = None,
    kept: tuple[Rule, ...] = (),
    tick: Callable[[], bool] = lambda: True,
) -> RuleList:
    """A list of rules, extended at its end and then exchanged rule by rule.

    Minimises the loss of every row under the rule that decides it, plus ``charge`` for each literal. A new rule takes its
    rows from those that nothing before it takes; what it gains is the loss that these rows had before less what they have
    under their own answer. In the sweeps each rule is searched again at its place, with all others fixed.

    Parameters
    ----------
    ground : Ground
    targets : array of shape (rows, classes) of 0 and 1, or (rows,) of numbers
    weight : array of shape (rows,)
    numbers : bool
        Whether the targets are numbers.
    most, longest, charge, least, sweeps, kept, tick
        As in :func:`~induce.learners.rules.votes.fit_votes`.
    only : int, optional
        The class that all rules must speak for (a disjunctive normal form); the default speaks for the rest.

    References
    ----------
    R. Rivest (1987), Learning decision lists. P. Clark, T. Niblett (1989), The CN2 induction algorithm. W. Cohen (1995), Fast
    effective rule induction. H. Proenca, M. van Leeuwen (2020), Interpretable multiclass classification by MDL-based rule lists.
    """
    measure: _Classes | _Numbers = _Numbers(targets, weight) if numbers else _Classes(targets, weight)
    rules = list(kept)
    cost = _cost(ground, measure, rules, charge)
    while len(rules) < most and tick():
        found = _best_at(ground, measure, rules, len(rules), longest, charge, least, only)
        if found is None:
            break
        longer = [*rules, found]
        after = _cost(ground, measure, longer, charge)
        if after >= cost:
            break
        rules, cost = longer, after
    for _ in range(sweeps):
        before = cost
        for place in range(len(kept), len(rules)):
            if not tick() or place >= len(rules):
                break
            rest = rules[:place] + rules[place + 1 :]
            found = _best_at(ground, measure, rest, place, longest, charge, least, only)
            options = [rest] if found is None else [rest, [*rest[:place], found, *rest[place:]]]
            for option in options:
                after = _cost(ground, measure, option, charge)
                if after < cost - 1e-9:
                    rules, cost = option, after
        if cost >= before - 1e-9:
            break
    sums = _sums(ground, measure, rules)
    return RuleList(tuple(rules), np.stack([measure.says(s) for s in sums]), cost)


def _deciding(ground: Ground, rules: list[Rule]) -> NDArray[np.intp]:
    """The place of the rule that decides each row."""
    found = np.full(ground.rows, len(rules), dtype=np.intp)
    for k in range(len(rules) - 1, -1, -1):
        found[ground.rows_of(rules[k])] = k
    return found


def _sums(ground: Ground, measure: _Classes | _Numbers, rules: list[Rule]) -> Float:
    """Sums of the measure's numbers over the rows that each rule decides: array of shape (rules + 1, statistics)."""
    deciding = _deciding(ground, rules)
    found = np.zeros((len(rules) + 1, measure.numbers.shape[1]))
    np.add.at(found, deciding, measure.numbers)
    return found


def _cost(ground: Ground, measure: _Classes | _Numbers, rules: list[Rule], charge: float) -> float:
    return float(measure.loss(_sums(ground, measure, rules)).sum()) + charge * sum(map(len, rules))


def _best_at(
    ground: Ground,
    measure: _Classes | _Numbers,
    rules: list[Rule],
    place: int,
    longest: int,
    charge: float,
    least: int,
    only: int | None,
) -> Rule | None:
    """The rule that gains most when it is put at a place of a list."""
    deciding = _deciding(ground, rules)
    says = measure.says(_sums(ground, measure, rules))
    reached = deciding >= place
    passing = np.zeros(ground.rows)
    for k in range(place, len(rules) + 1):
        rows = deciding == k
        passing[rows] = measure.each(says[k])[rows]
    numbers = np.concatenate([measure.numbers, passing[:, None]], axis=1) * reached[:, None]

    def gain(sums: Float) -> Float:
        found = sums[..., -1] - measure.loss(sums[..., :-1])
        if only is not None:
            # a conjunction for another class gains nothing, but longer ones may come of it, so it stays in the beam
            found = np.where(sums[..., :-1].argmax(axis=-1) == only, found, found - _NEVER)
        return np.asarray(np.where(measure.count(sums) > 0, found, -np.inf))

    tops = best_conjunctions(ground, numbers, gain, longest=longest, charge=charge, least=least)
    taken = set(rules)
    return next((rule for net, rule in tops if net > 0 and rule not in taken), None)
