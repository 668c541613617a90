"""Samplers of Optuna search our spaces, conditions and all."""

from __future__ import annotations

import pytest

from induce import hole, space, tune

optuna = pytest.importorskip("optuna", reason="needs the extra 'search'")
pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")

FOUND = space(
    {
        "model": hole.choice(
            [{"c": hole.real(within=(1e-3, 1e3), log=True)}, {"depth": hole.integer(1, 9)}], name="model"
        ),
        "set": hole.subset("a b c".split(), 2, name="set"),
    }
)


def reward(made):
    if made["model"].get("depth") == 3:
        raise ValueError("three")
    return made["model"].get("depth", 0) + ("c" in made["set"])


@pytest.mark.parametrize("name", ["TPESampler", "RandomSampler"])
def test_a_sampler_is_an_algorithm(name):
    sampler = getattr(optuna.samplers, name)
    first, again = (tune(FOUND, reward, by=sampler(seed=0), within="40 trials") for _ in range(2))
    assert [t.point for t in first.trials] == [t.point for t in again.trials]
    assert first.report["algorithm"] == name
    assert first.best_trial.reward >= 9
    for trial in first.trials:
        assert (FOUND.table.check(trial.point) == trial.point).all()


def test_what_is_tried_first_is_told_to_the_sampler():
    start = [
        {"model": "#1", "model.1.depth": 9, "set": ["b", "c"]},
        {"model": "#0", "model.0.c": 0.5, "set": ["a", "b"]},
    ]
    found = tune(FOUND, reward, by=optuna.samplers.TPESampler(seed=0), within="30 trials", start=start)
    assert found.trials[0].reward == 10
    assert len(found.trials) == 30
