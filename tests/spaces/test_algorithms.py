"""Algorithms see tables and vectors alone; they repeat with their seed, do not repeat points, and learn."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

import induce.spaces
from induce import hole, space, tune
from induce.errors import SpaceError
from induce.spaces import Bandit, Epistasis, Evolution, Policy, Random
from induce.spaces.algorithms import algorithm_of
from induce.spaces.counting import enumerate_points


def test_small_spaces_are_searched_without_repeating_a_point():
    for by in ("random", "evolution"):
        found = tune({"a": hole.integer(1, 6), "b": hole.choice("x y".split())}, lambda d: d["a"], by=by, seed=0)
        assert len({t.point for t in found.trials}) == 12
        assert found.stopped == "each of the 12 points was tried"
        assert len(found.trials) < 30


def test_policies_and_bandits_learn_which_options_are_good():
    weights = {"a": 0.0, "b": 0.2, "c": 1.0}
    found = space([hole.choice(list(weights)) for _ in range(4)])
    for algorithm in (Policy(), Bandit()):
        trials = tune(
            found, lambda made: sum(weights[v] for v in made), by=algorithm, within="240 trials", seed=0
        ).trials
        late = np.mean([t.reward for t in trials[-40:]])
        assert late > np.mean([t.reward for t in trials[:40]]) + 0.8
        assert late > 3.0


def test_a_failing_option_is_left_whatever_the_sign_of_the_rewards():
    def reward(made, offset):
        if made["kind"] == "bad":
            raise RuntimeError("does not fit")
        return made["x"] + offset

    choices = {"kind": hole.choice(["bad", "ok", "fine"]), "x": hole.integer(0, 9)}
    for algorithm in (Bandit(), Policy()):
        for offset in (-1000.0, 1000.0):
            found = tune(choices, lambda made, o=offset: reward(made, o), by=algorithm, within="100 trials", seed=0)
            assert len(found.failed) < 20


def test_evolution_beats_random_search_where_choices_interact():
    wins = 0
    for seed in range(10):
        table = Epistasis(seed=seed)
        best = [
            tune(table.space, table, by=by, within="500 trials", seed=seed).best_trial.reward
            for by in (Evolution(), Random())
        ]
        wins += best[0] > best[1]
    assert wins >= 8


class Sweep:
    """An algorithm of a user's own: every point in turn."""

    name, batch = "sweep", 4

    def start(self, table, rng):
        self.told = []
        self.points = iter(enumerate_points(table))
        return self

    def ask(self, n):
        return np.array([next(self.points) for _ in range(n)])

    def tell(self, points, rewards):
        self.told += rewards.tolist()


def test_an_algorithm_of_ones_own():
    sweep = Sweep()
    found = tune({"a": hole.integer(1, 9)}, lambda d: d["a"] if d["a"] != 2 else None, by=sweep, within="7 trials")
    assert [t.point[0] for t in found.trials] == [1, 2, 3, 4, 5, 6, 7]
    assert sweep.told[:4] == [1, -np.inf, 3, 4]
    assert found.report["algorithm"] == "sweep"


def imported(name):
    tree = ast.parse((Path(induce.spaces.__file__).parent / f"{name}.py").read_text(encoding="utf-8"))
    return {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def test_spaces_know_no_algorithm_and_algorithms_no_object():
    searching = {f"induce.spaces.{name}" for name in ("algorithms", "samplers", "driver", "tuning", "trials")}
    building = {
        f"induce.spaces.{name}" for name in ("searchable", "compiling", "writing", "trials", "driver", "tuning")
    }
    for name in ("table", "counting", "compiling", "searchable", "writing", "sharing", "architectures"):
        assert imported(name).isdisjoint(searching), name
    for name in ("algorithms", "samplers", "table", "counting"):
        assert imported(name).isdisjoint(building), name


def test_what_is_no_algorithm():
    for by, message in [
        (
            "evolutoin",
            "unknown algorithm 'evolutoin'. Did you mean 'evolution'? Known: bandit, evolution, policy, random. "
            "Or give an algorithm, such as induce.spaces.Evolution(), or a sampler of Optuna.",
        ),
        (
            7,
            "by= must be an algorithm, but got 7. Give one of bandit, evolution, policy, random, or an object with start",
        ),
        (Evolution, "by= must be an algorithm, but got <class"),
    ]:
        with pytest.raises(SpaceError) as caught:
            algorithm_of(by)
        assert message in str(caught.value)
