"""Algorithms: which points of a table are tried next. They see vectors and the table, never the objects.

An algorithm is a value with settings; ``start(table, rng)`` gives the state of one search, with ``ask(n)`` for points and
``tell(points, rewards)`` for what came of them: larger is better, minus infinity is a failed trial. ``batch`` is how many
points are asked for at a time, whatever the number of workers, so that a seed gives the same search for any ``n_jobs``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from induce.errors import SpaceError, did_you_mean
from induce.settings import check_number, check_whole
from induce.spaces.table import Table, Vectors

__all__ = ["Algorithm", "Bandit", "Evolution", "Policy", "Random", "State", "algorithm_of"]

LEVELS = 8
"""Into how many parts a bandit or a policy divides the range of a number."""
RETRIES = 6
"""How often points that were seen are replaced by others before they are asked again."""


class State(Protocol):
    """One search under way."""

    def ask(self, n: int) -> Vectors:
        """The next points: at most n, at least one unless there are no more."""

    def tell(self, points: Vectors, rewards: Vectors) -> None:
        """What points brought."""


@runtime_checkable
class Algorithm(Protocol):
    """What ``tune(by=...)`` takes."""

    name: str
    batch: int

    def start(self, table: Table, rng: np.random.Generator) -> State:
        """The state of a new search."""


class _Seen:
    """Which points were asked, so that finite spaces are searched without repeating one."""

    def __init__(self) -> None:
        self.keys: set[bytes] = set()

    def new(self, points: Vectors) -> list[int]:
        """Places of points that were not there before, each once; they are there from now on."""
        found = []
        for place, point in enumerate(points):
            key = point.tobytes()
            if key not in self.keys:
                self.keys.add(key)
                found.append(place)
        return found

    def fresh(self, n: int, draw: Any) -> Vectors:
        """``n`` points from ``draw(n)`` that were not asked before, as far as a few tries give them."""
        drawn = draw(n)
        kept = [drawn[self.new(drawn)]]
        missing = n - len(kept[0])
        for _ in range(RETRIES):
            if not missing:
                break
            more = draw(max(2 * missing, 16))
            more = more[self.new(more)[:missing]]
            kept.append(more)
            missing -= len(more)
        found: Vectors = np.concatenate(kept)
        return found if len(found) else drawn[:1]


@dataclass(frozen=True)
class Random:
    """Random points, each tried once as far as the space allows it.

    >>> from induce import hole, tune
    >>> len(tune({"a": hole.integer(1, 3)}, lambda d: d["a"], by=Random(), seed=0).trials)
    3
    """

    name: str = "random"
    batch: int = 64

    def __post_init__(self) -> None:
        check_whole("batch", self.batch, hint="64 is usual.")

    def start(self, table: Table, rng: np.random.Generator) -> State:
        """The state of a new search."""
        return _RandomState(table, rng)


class _RandomState:
    def __init__(self, table: Table, rng: np.random.Generator) -> None:
        self.table, self.rng, self.seen = table, rng, _Seen()

    def ask(self, n: int) -> Vectors:
        return self.seen.fresh(n, lambda m: self.table.sample(m, self.rng))

    def tell(self, points: Vectors, rewards: Vectors) -> None:
        """Random points learn nothing."""


@dataclass(frozen=True)
class Evolution:
    """Regularised evolution: the best of a random few is changed in one choice, and the oldest of the population dies.

    Parameters
    ----------
    population : int
        Trials that are alive; as many random ones come first.
    tournament : int
        How many of them compete to be a parent.
    crossover : float
        Share of children that mix two parents before the change.

    References
    ----------
    E. Real, A. Aggarwal, Y. Huang and Q. V. Le (2019), Regularized Evolution for Image Classifier Architecture Search.
    """

    population: int = 32
    tournament: int = 8
    crossover: float = 0.25
    name: str = "evolution"
    batch: int = 8

    def __post_init__(self) -> None:
        for what in ("population", "tournament", "batch"):
            check_whole(what, getattr(self, what))
        check_number("crossover", self.crossover, 0.25, most=1)

    def start(self, table: Table, rng: np.random.Generator) -> State:
        """The state of a new search."""
        return _EvolutionState(self, table, rng)


class _EvolutionState:
    def __init__(self, settings: Evolution, table: Table, rng: np.random.Generator) -> None:
        self.settings, self.table, self.rng, self.seen = settings, table, rng, _Seen()
        self.alive: deque[tuple[Vectors, float]] = deque(maxlen=settings.population)
        self.asked = 0

    def ask(self, n: int) -> Vectors:
        early = self.asked < self.settings.population or len(self.alive) < min(self.settings.tournament, 4)
        points = self.seen.fresh(n, self._random if early else self._children)
        self.asked += len(points)
        return points

    def _random(self, n: int) -> Vectors:
        return self.table.sample(n, self.rng)

    def _children(self, n: int) -> Vectors:
        points = np.array([point for point, _ in self.alive])
        rewards = np.array([reward for _, reward in self.alive])
        drawn = self.rng.integers(len(points), size=(2, n, self.settings.tournament))
        place = np.argmax(rewards[drawn], axis=2)
        best = np.take_along_axis(drawn, place[:, :, None], axis=2)[:, :, 0]
        parents = points[best[0]]
        mix = self.rng.random(n) < self.settings.crossover
        if mix.any():
            parents[mix] = self.table.crossover(parents[mix], points[best[1][mix]], self.rng)
        return self.table.mutate(parents, self.rng)

    def tell(self, points: Vectors, rewards: Vectors) -> None:
        self.alive.extend(zip(points, rewards.tolist(), strict=True))


class _Arms:
    """Each row's values as a few arms: the options of a choice, or equal parts of a range."""

    def __init__(self, table: Table) -> None:
        self.table = table
        ordered = np.array(
            [row.kind in ("integer", "real", "term") or len(row.prior) > 0 for row in table.rows], dtype=bool
        )
        few = np.where(np.isfinite(table.count), table.count, LEVELS)
        self.count = np.where(ordered & (few > LEVELS), LEVELS, few).astype(np.intp)
        self.plain = np.array([row.kind in ("choice", "subset") for row in table.rows], dtype=bool)
        self.width = int(self.count.max(initial=1))
        self.open = np.arange(self.width) < self.count[:, None]

    def of(self, points: Vectors) -> Any:
        """The arm of each entry."""
        arms = np.where(self.plain, points, np.floor(self.table.to_unit(points) * self.count))
        return np.minimum(arms, self.count - 1).astype(np.intp)

    def points(self, arms: Any, rng: np.random.Generator) -> Vectors:
        """A point in these arms; anywhere in the part of a range."""
        units = (arms + rng.random(arms.shape)) / self.count
        found = np.where(
            self.plain, arms + self.table.low, self.table.from_unit(np.minimum(units, np.nextafter(1.0, 0.0)))
        )
        return self.table.settle(found)


@dataclass(frozen=True)
class Bandit:
    """A bandit for each choice point: Thompson sampling on the mean reward of each option, whatever the others are.

    Parameters
    ----------
    explore : float
        Standard deviation of the belief in an option tried once, in those of the rewards.
    """

    explore: float = 1.0
    name: str = "bandit"
    batch: int = 8

    def __post_init__(self) -> None:
        check_whole("batch", self.batch, hint="8 is usual.")
        check_number("explore", self.explore, 1.0)

    def start(self, table: Table, rng: np.random.Generator) -> State:
        """The state of a new search."""
        return _BanditState(self, table, rng)


class _BanditState:
    def __init__(self, settings: Bandit, table: Table, rng: np.random.Generator) -> None:
        self.settings, self.rng, self.arms = settings, rng, _Arms(table)
        self.pulls = np.zeros(self.arms.open.shape)
        self.total = np.zeros(self.arms.open.shape)
        self.rewards: list[float] = []

    def ask(self, n: int) -> Vectors:
        mean, spread = (np.mean(self.rewards), np.std(self.rewards) or 1.0) if self.rewards else (0.0, 1.0)
        belief = (self.total + mean) / (self.pulls + 1)
        width = self.settings.explore * spread / np.sqrt(self.pulls + 1)
        drawn = belief + width * self.rng.standard_normal((n, *belief.shape))
        return self.arms.points(np.argmax(np.where(self.arms.open, drawn, -np.inf), axis=2), self.rng)

    def tell(self, points: Vectors, rewards: Vectors) -> None:
        good = np.isfinite(rewards)
        if not good.any() and not self.rewards:
            return  # there is no reward yet that a failure could be compared with
        rewards = np.where(good, rewards, min([*self.rewards, *rewards[good]]))
        self.rewards += rewards.tolist()
        active, arms = self.arms.table.active(points), self.arms.of(points)
        rows = np.broadcast_to(np.arange(arms.shape[1]), arms.shape)
        np.add.at(self.pulls, (rows[active], arms[active]), 1.0)
        np.add.at(self.total, (rows[active], arms[active]), np.broadcast_to(rewards[:, None], arms.shape)[active])


@dataclass(frozen=True)
class Policy:
    """Policy gradient: a product of categorical distributions, moved towards what was better than a running baseline.

    Parameters
    ----------
    rate : float
        Step on the logits for one standard deviation of reward.
    decay : float
        Share of the old baseline that is kept.
    entropy : float
        Pull towards even distributions.

    References
    ----------
    B. Zoph and Q. V. Le (2017), Neural Architecture Search with Reinforcement Learning.
    """

    rate: float = 0.3
    decay: float = 0.9
    entropy: float = 0.01
    name: str = "policy"
    batch: int = 8

    def __post_init__(self) -> None:
        check_whole("batch", self.batch, hint="8 is usual.")
        check_number("rate", self.rate, 0.3)
        check_number("decay", self.decay, 0.9, most=1)
        check_number("entropy", self.entropy, 0.01)

    def start(self, table: Table, rng: np.random.Generator) -> State:
        """The state of a new search."""
        return _PolicyState(self, table, rng)


class _PolicyState:
    def __init__(self, settings: Policy, table: Table, rng: np.random.Generator) -> None:
        self.settings, self.rng, self.arms = settings, rng, _Arms(table)
        self.logits = np.zeros(self.arms.open.shape)
        for i, row in enumerate(table.rows):
            if row.prior and row.count == len(row.prior):
                self.logits[i, : len(row.prior)] = np.log(np.array(row.prior) / sum(row.prior))
        self.baseline, self.scale, self.told = 0.0, 1.0, 0

    def probabilities(self) -> Vectors:
        """Of each arm of each row."""
        shifted = np.where(self.arms.open, self.logits, -np.inf)
        weights = np.exp(shifted - shifted.max(axis=1, keepdims=True))
        found: Vectors = weights / weights.sum(axis=1, keepdims=True)
        return found

    def ask(self, n: int) -> Vectors:
        summed = np.cumsum(self.probabilities(), axis=1)
        drawn = self.rng.random((n, len(summed), 1))
        return self.arms.points(np.minimum((drawn >= summed).sum(axis=2), self.arms.count - 1), self.rng)

    def tell(self, points: Vectors, rewards: Vectors) -> None:
        good = np.isfinite(rewards)
        if not good.any():
            return
        rewards = np.where(good, rewards, rewards[good].min())
        if not self.told:
            self.baseline, self.scale = float(rewards.mean()), float(rewards.std()) or 1.0
        gain = np.clip((rewards - self.baseline) / (self.scale or 1.0), -3.0, 3.0)
        active, arms, chances = self.arms.table.active(points), self.arms.of(points), self.probabilities()
        picked = (np.arange(self.arms.width) == arms[:, :, None]) - chances
        step = (gain[:, None, None] * active[:, :, None] * picked).sum(axis=0) / len(points) * self.settings.rate
        even = np.where(self.arms.open, 1.0 / self.arms.count[:, None], 0.0) - chances
        self.logits += step + self.settings.entropy * even
        keep = self.settings.decay ** len(points)
        self.baseline = keep * self.baseline + (1 - keep) * float(rewards.mean())
        self.scale = keep * self.scale + (1 - keep) * (float(rewards.std()) or self.scale)
        self.told += len(points)


NAMES: dict[str, type[Any]] = {"bandit": Bandit, "evolution": Evolution, "policy": Policy, "random": Random}
"""Algorithms by the names that ``by=`` takes."""


def algorithm_of(by: Any, shipped: Iterable[str] = tuple(NAMES)) -> Algorithm:
    """An algorithm from its name, itself, or a sampler of Optuna.

    Raises
    ------
    SpaceError
        If it is none of these.
    """
    if isinstance(by, str):
        if by not in NAMES:
            raise SpaceError(
                f"unknown algorithm '{by}'.{did_you_mean(by, shipped)} Known: {', '.join(shipped)}. "
                "Or give an algorithm, such as induce.spaces.Evolution(), or a sampler of Optuna."
            )
        made: Algorithm = NAMES[by]()
        return made
    if any(c.__module__.split(".")[0] == "optuna" and c.__name__ == "BaseSampler" for c in type(by).__mro__):
        from induce.spaces.samplers import OptunaSampler

        return OptunaSampler(by)
    if isinstance(by, type) or not (hasattr(by, "start") and hasattr(by, "batch")):
        raise SpaceError(
            f"by= must be an algorithm, but got {by!r}. Give one of {', '.join(shipped)}, or an object with start(table, rng)."
        )
    return by  # type: ignore[no-any-return]
