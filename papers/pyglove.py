"""Objects with holes: the cost of a trial, evolution against random search on a table, and a search inside of a search."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from induce import hole, space, tune
from induce.papers import Check
from induce.spaces import Epistasis

TITLE = "D. Peng et al. (2020), PyGlove: Symbolic Programming for Automated Machine Learning"
CLAIM = "Any object becomes a search space by holes in it; space, algorithm and flow of the search are independent of each other."


@dataclass
class Result:
    """CPU milliseconds a trial, seeds won by evolution, and the accuracy of the best model found by nested searches."""

    cost: float
    wins: int
    seeds: int
    accuracy: float
    model: str


def cost(trials: int) -> float:
    """CPU milliseconds a trial of evolution, a forest of three choice points built each time."""
    depth, features = hole.integer(2, 12), hole.real(within=(0.1, 1.0))
    forests = space(RandomForestClassifier, n_estimators=hole.choice([5, 9]), max_depth=depth, max_features=features)
    began = time.process_time()
    tune(forests, lambda forest: forest.max_depth, within=f"{trials} trials", seed=0)
    return 1e3 * (time.process_time() - began) / trials


def won(seed: int) -> bool:
    """Whether evolution finds a better cell than random search in a generated table of 4^8 cells, in 500 evaluations."""
    table = Epistasis(seed=seed)
    best = [
        tune(table.space, table, by=by, within="500 trials", seed=seed).best_trial.reward
        for by in ("evolution", "random")
    ]
    return best[0] > best[1]


def nested(trials: int) -> tuple[float, str]:
    """The kind of model outside, its settings inside: two plain calls, one in the other."""
    X, y = load_iris(return_X_y=True)

    def accuracy(model: Any) -> float:
        return float(cross_val_score(model, X, y, cv=3).mean())

    def settled(name: str) -> Any:
        return tune(kinds[name], accuracy, by="random", within=f"{trials} trials", seed=0)

    wood = space(RandomForestClassifier, n_estimators=10, max_depth=hole.integer(1, 5), random_state=0)
    kinds = {"near": space(KNeighborsClassifier, n_neighbors=hole.integer(1, 30)), "wood": wood}
    outer = tune([hole.choice(list(kinds))], lambda names: settled(names[0]).best_trial.reward, by="random", seed=0)
    return outer.best_trial.reward, str(settled(outer.best[0]).best)


def small() -> Result:
    return Result(cost(300), sum(won(seed) for seed in range(3)), 3, *nested(4))


def full() -> Result:
    return Result(cost(5000), sum(won(seed) for seed in range(10)), 10, *nested(15))


def check(result: Result) -> Check:
    wins = f"evolution wins {result.wins} of {result.seeds} seeds"
    figure = f"{result.cost:.2f} CPU ms a trial; {wins}; nested search: {result.accuracy:.3f} by {result.model}"
    holds = result.cost <= 0.5 and result.wins >= 0.8 * result.seeds - 0.5 and result.accuracy >= 0.95
    return Check(figure, "at most 0.5 ms; evolution wins 8 of 10 seeds or that share; nested at least 0.95", holds)
