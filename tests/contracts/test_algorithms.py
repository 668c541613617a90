"""What every algorithm of the catalog must do: ask for points of the space, repeat itself, learn, and survive failures."""

from __future__ import annotations

import numpy as np
import pytest

from induce import catalog, hole, space, tune
from induce.spaces import Algorithm

MIXED = space(
    {
        "kind": hole.choice([{"a": hole.integer(0, 50)}, {"b": hole.real(within=(0, 1))}], name="kind"),
        "flag": hole.choice([False, True], prior=[3, 1], name="flag"),
        "set": hole.subset(["x", "y", "z"], 2, name="set"),
    }
)


def mixed(made):
    return made["kind"].get("a", 0) / 50 + made["flag"] + ("z" in made["set"])


@pytest.mark.parametrize("name", catalog.algorithms)
class TestAlgorithm:
    def test_it_is_an_algorithm_by_its_name(self, name):
        assert isinstance(catalog.algorithms[name](), Algorithm)
        assert catalog.algorithms[name]().name == name

    def test_what_it_asks_are_points_of_the_space(self, name):
        state, rng = catalog.algorithms[name]().start(MIXED.table, np.random.default_rng(0)), np.random.default_rng(1)
        for _ in range(12):
            points = state.ask(8)
            assert 1 <= len(points) <= 8
            for point in points:
                assert (MIXED.table.check(point) == point).all()
            rewards = rng.normal(size=len(points))
            rewards[0] = -np.inf
            state.tell(points, rewards)

    def test_a_seed_repeats_it(self, name):
        first, again, other = (tune(MIXED, mixed, by=name, within="60 trials", seed=seed) for seed in (1, 1, 2))
        assert [t.point for t in first.trials] == [t.point for t in again.trials]
        assert [t.point for t in first.trials] != [t.point for t in other.trials]

    def test_it_finds_the_best_of_a_simple_space(self, name):
        found = tune(MIXED, mixed, by=name, within="400 trials", seed=0)
        assert found.best_trial.reward > (2.7 if name == "random" else 2.9)

    def test_it_goes_on_when_everything_failed(self, name):
        state = catalog.algorithms[name]().start(MIXED.table, np.random.default_rng(0))
        for _ in range(10):
            points = state.ask(8)
            state.tell(points, np.full(len(points), -np.inf))
        assert len(state.ask(4)) >= 1
