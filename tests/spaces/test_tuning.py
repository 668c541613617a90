"""The loops over trials: budgets, failures, interruption, nesting, pruning, workers, and feedback."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
import torch

from induce import Budget, hole, space, tune
from induce.errors import BudgetError, FillError, InduceError, SpaceError, TermError
from induce.spaces import Bandit, Evolution, Median, Policy, Random, search
from induce.spaces.architectures import architecture

LINE = space({"x": hole.integer(0, 999, name="x")})


def x_of(made):
    return made["x"]


def raises_on_odd(made):
    if made["x"] % 2:
        raise ValueError(f"{made['x']} is odd")
    return float(made["x"])


def test_the_result_prints_best_first():
    found = tune({"a": hole.choice([3, 1, 2], name="a")}, lambda made: made["a"], by="random", seed=0)
    lines = str(found).splitlines()
    assert lines[0].split() == ["trial", "reward", "point"]
    assert lines[1].startswith(">")
    assert [line.split()[-1] for line in lines[1:4]] == ["a=3", "a=2", "a=1"]
    assert lines[-1] == "Stopped: each of the 3 points was tried."
    assert found.best == {"a": 3}
    assert found.best_values == {"a": "3"}
    assert found.history[-1][1] == 3
    assert list(found.table["reward"]) == [3, 2, 1]
    assert "<table" in found._repr_html_()
    assert tune({"a": hole.integer(1, 3)}, lambda m: m["a"], maximize=False, seed=0).best == {"a": 1}


def test_long_results_are_cut():
    found = tune({f"name{k}": hole.integer(0, 9) for k in range(30)}, lambda m: m["name3"], within="30 trials", seed=0)
    assert "... 20 more" in str(found)
    assert max(len(line) for line in str(found).splitlines()) < 130


def test_trials_that_raise_are_kept_with_their_error():
    found = tune(LINE, raises_on_odd, within="40 trials", seed=0)
    assert len(found.trials) == 40
    assert found.failed
    first = found.failed[0]
    assert first.error.startswith(f"ValueError: {int(first.point[0])} is odd (test_tuning.py:")
    assert math.isnan(first.reward)
    assert f"{len(found.failed)} of 40 trials failed; trial {first.number}: ValueError" in str(found)
    assert found.best["x"] % 2 == 0


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "the reward is None, but a finite number was expected. Did the function forget to return it?"),
        (math.nan, "the reward is nan, but a finite number was expected."),
        ("0.5", "the reward is '0.5', but a finite number was expected."),
        (math.inf, "the reward is inf, but a finite number was expected."),
        (np.ones(2), "the reward is array([1., 1.]), but a finite number was expected."),
        (torch.ones(2), "the reward is tensor([1., 1.]), but a finite number was expected."),
    ],
)
def test_a_reward_that_is_no_number_fails_its_trial(value, message):
    found = tune(LINE, lambda made: value, seed=0)
    assert found.trials[0].error.startswith(message)
    assert found.stopped == "the first 20 trials all failed"
    with pytest.raises(SpaceError) as caught:
        assert found.best
    assert "none of the 20 trials succeeded; trial 0 failed: the reward is" in str(caught.value)
    assert str(found) == str(caught.value)


def test_numbers_of_numpy_are_rewards():
    for kind in (np.float32, np.int64, np.array, lambda x: torch.tensor(float(x), requires_grad=True)):
        assert tune(LINE, lambda made, kind=kind: kind(made["x"]), within="3 trials").trials[0].reward >= 0


def test_an_object_that_cannot_be_built_fails_its_trial():
    found = tune(space(int, hole.choice(["1", "2", "x"], name="text")), lambda made: made, seed=0)
    assert found.best == 2
    assert found.failed[0].error.startswith("building the object raised ValueError: invalid literal for int")


def test_budgets():
    began = time.monotonic()
    found = tune(LINE, lambda made: time.sleep(0.01) or made["x"], within="0.2s", seed=0)
    assert time.monotonic() - began < 1.0
    assert found.stopped == "the time of 0.2 s was used"
    assert 1 < len(found.trials) < 30
    assert len(tune(LINE, x_of, seed=0).trials) == 200
    assert len(tune(LINE, x_of, within=Budget(candidates=7), seed=0).trials) == 7
    assert "the memory limit" in tune(LINE, x_of, within=Budget(memory=1.0)).stopped
    assert "the CPU time" in tune(LINE, x_of, within=Budget(cpu=1e-6)).stopped
    with pytest.raises(
        BudgetError, match="a search over a space has no epochs. Write for example '200 trials' or '60s'."
    ):
        tune(LINE, x_of, within="3 epochs")


def test_what_is_tried_first():
    found = tune(LINE, x_of, start=[{"x": 998}, [999.0]], within="5 trials", seed=0)
    assert [t.reward for t in found.trials[:2]] == [998, 999]


def test_an_interrupt_keeps_the_trials_so_far():
    def interrupted(made, count=[0]):  # noqa: B006
        count[0] += 1
        if count[0] == 13:
            raise KeyboardInterrupt
        return made["x"]

    found = tune(LINE, interrupted, seed=0)
    assert len(found.trials) == 12
    assert found.stopped == "interrupted; these are the trials so far"
    assert found.best["x"] == max(t.reward for t in found.trials)


def test_a_search_inside_of_a_search():
    def outer(made):
        inner = tune(
            {"y": hole.integer(0, 20)}, lambda m: -abs(m["y"] - made["x"]), by="random", within="21 trials", seed=0
        )
        return made["x"] + inner.best_trial.reward

    found = tune({"x": hole.integer(0, 25)}, outer, by="random", within="26 trials", seed=0)
    assert {t.point[0]: t.reward for t in found.trials}[25] == 20
    assert found.best_trial.reward == 20


def test_an_interrupt_inside_ends_both():
    calls = []

    def inner(made):
        calls.append(made)
        if len(calls) == 8:
            raise KeyboardInterrupt
        return 0.0

    found = tune(LINE, lambda made: tune(LINE, inner, within="5 trials").best_trial.reward, seed=0)
    assert len(found.trials) == 1
    assert len(calls) == 8


def test_workers_find_the_same():
    pytest.importorskip("joblib")
    one, two = (tune(LINE, raises_on_odd, within="24 trials", seed=3, n_jobs=n) for n in (1, 2))
    assert [(t.point, t.error) for t in one.trials] == [(t.point, t.error) for t in two.trials]
    assert str(one) == str(two)


def test_watchers_see_trials():
    seen = []
    tune(LINE, lambda made: time.sleep(0.003) or made["x"], within="100 trials", seed=0, watch=seen.append)
    assert seen[-1].stopped == "100 trials were done"
    assert len(seen) >= 2
    assert "100 trials, best reward 9" in seen[-1].line()
    assert seen[-1].line().endswith(f"x={int(seen[-1].loss)}")


def test_trials_are_stopped_early_by_the_median():
    def steps(made, running):
        for step in range(5):
            running.report(step, made["x"] * step)
        return made["x"] * 5.0

    found = tune(LINE, steps, prune=Median(trials=4), within="60 trials", by="random", seed=0)
    pruned = [t for t in found.trials if t.pruned]
    assert 10 < len(pruned) < 50
    assert all(len(t.reports) < 5 for t in pruned)
    assert found.best_trial.reward == max(t.reward for t in found.trials)
    assert f"{len(pruned)} of 60 trials were stopped early." in str(found)


def test_a_trial_stopped_early_counts_as_the_worst_that_was_not():
    told = []

    class Watched(Random):
        def start(self, table, rng):
            state = super().start(table, rng)
            state.tell = lambda points, rewards: told.extend(rewards.tolist())
            return state

    def falling(made, running):
        for step in (1, 2):
            running.report(step, 5000 - 1000 * step + made["x"])
        return made["x"]

    found = tune(LINE, falling, by=Watched(), prune=Median(trials=4), within="48 trials", seed=0)
    finished = [t.reward for t in found.trials if not t.pruned]
    assert any(t.pruned for t in found.trials[:40])
    assert max(told) == max(finished)


def test_there_must_be_something_to_search():
    for value, message in [
        (
            {"a": 1},
            "the space has no hole in it, so there is nothing to search. Put hole.choice([...]), hole.integer(low, high)",
        ),
        ({"a": hole.choice([1])}, "the space has one value for each of: a, so there is nothing to search."),
    ]:
        with pytest.raises(SpaceError) as caught:
            tune(value, x_of)
        assert message in str(caught.value)
    with pytest.raises(SpaceError, match="tune.. needs a function from an object to its reward, but got 3. Give one."):
        tune(LINE, 3)


class TestSearch:
    def test_the_loop_is_the_callers(self):
        run = search(LINE, within="30 trials", seed=0)
        for made, feedback in run:
            assert feedback.values == made
            feedback(made["x"])
        assert run.result.stopped == "30 trials were done"
        assert [t.point for t in run.result.trials] == [
            t.point for t in tune(LINE, x_of, within="30 trials", seed=0).trials
        ]

    def test_missing_feedback_is_an_error(self):
        run = search(LINE, seed=0)
        objects = iter(run)
        for _ in range(2):
            made, feedback = next(objects)
            feedback(made["x"])
        next(objects)
        with pytest.raises(SpaceError) as caught:
            next(objects)
        assert str(caught.value).startswith("trial 2 (x=")
        assert "got no feedback before the next object was asked for. Call feedback(reward), or feedback.skip()" in str(
            caught.value
        )
        assert len(run.result.trials) == 2

    def test_no_number_is_an_error_at_once(self):
        for reward, shown in ((math.nan, "nan"), (None, "None")):
            for _, feedback in search(LINE, seed=0):
                with pytest.raises(SpaceError, match=f"the reward is {shown}, but a finite number was expected."):
                    feedback(reward)
                break

    def test_skipped_trials_and_double_feedback(self):
        run = search(LINE, within="3 trials", seed=0)
        for made, feedback in run:
            if feedback.number == 1:
                feedback.skip("too slow")
            else:
                feedback(made["x"])
            with pytest.raises(SpaceError, match=f"trial {feedback.number} has its feedback already."):
                feedback(1.0)
        assert [t.error for t in run.result.trials] == ["", "too slow", ""]

    def test_leaving_the_loop_is_no_error(self):
        run = search(LINE, seed=0)
        for made, feedback in run:
            if feedback.number == 3:
                break
            feedback(made["x"])
        assert len(run.result.trials) == 3
        assert run.result.stopped == "the loop was left"

    def test_the_watcher_hears_of_the_end_once(self):
        seen = []
        run = search(LINE, within="4 trials", seed=0, watch=seen.append)
        for made, feedback in run:
            assert run.result.stopped == "still running"
            feedback(made["x"])
        assert [run.result.stopped, run.result.stopped] == ["4 trials were done"] * 2
        assert [moment.stopped for moment in seen if moment.stopped] == ["4 trials were done"]


SMALL = {"x": hole.integer(0, 9, name="x"), "y": hole.integer(0, 9, name="y")}


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"seed": -1}, "seed must be a whole number of at least 0, but got -1"),
        ({"seed": "x"}, "seed must be a whole number of at least 0, but got 'x'"),
        ({"n_jobs": 0}, "n_jobs must be a whole number of trials at a time"),
        ({"n_jobs": "a"}, "n_jobs must be a whole number of trials at a time"),
        ({"start": {"x": 3}}, "start is a list of points or of mappings, but got"),
        ({"start": 5}, "start is a list of points or of mappings, but got 5"),
        ({"start": [{"x": "abc", "y": 1}]}, "the value of 'x' is 'abc', but a number from 0 to 9 was expected"),
        ({"prune": "median"}, r"prune must be a rule such as induce\.spaces\.Median\(\), but got 'median'"),
    ],
)
def test_settings_of_another_kind_are_refused_in_words(settings, text):
    with pytest.raises(InduceError, match=text):
        tune(SMALL, lambda made: made["x"], **{"within": "3 trials", **settings})


@pytest.mark.parametrize(
    ("made", "settings"),
    [
        (Evolution, {"tournament": 0}), (Evolution, {"batch": 0}), (Evolution, {"crossover": 2}), (Random, {"batch": "a"}),
        (Policy, {"rate": float("nan")}), (Bandit, {"explore": -1}),
    ],
)  # fmt: skip
def test_settings_of_algorithms_are_checked(made, settings):
    with pytest.raises(FillError, match=f"{next(iter(settings))} must be a"):
        made(**settings)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda s: s.sample("a"), "rng is 'a', but a generator"),
        (lambda s: s.samples(-1), "the number of points must be a whole number of at least 0, but got -1"),
        (lambda s: s.encode(5), "values are given by name, but got 5"),
        (lambda s: s.fix(5), "values are given by name, but got 5"),
        (lambda s: s.fix({"x": "abc"}), "the value of 'x' is 'abc'"),
        (lambda s: s.fix({"x": None}), "the value of 'x' is None"),
        (lambda s: s.build("ab"), "is a vector of 2 numbers, but got 'ab'"),
        (lambda s: s.build({"x": 1}), "is a vector of 2 numbers, but got {'x': 1}"),
        (lambda s: s.mutate([1]), "is a vector of 2 numbers, but got the shape"),
        (lambda s: s.mutate(None), "a vector of 2 numbers"),
        (lambda s: s.mutate([float("nan"), 0]), "the entry of 'x' is nan"),
        (lambda s: s.crossover([1, 2], [1]), "is a vector of 2 numbers"),
        (lambda s: s.shown([1]), "is a vector of 2 numbers"),
    ],
)
def test_what_is_no_point_is_refused_in_words(call, text):
    with pytest.raises(InduceError, match=text):
        call(space(SMALL))


def test_holes_of_another_shape_and_endless_objects_are_refused_in_words():
    with pytest.raises(TermError, match="the options of choice '.' are 5, but a list was expected"):
        hole.choice(5)
    with pytest.raises(TermError, match="the bounds of hole '.' are 5. Give two numbers"):
        hole.real(within=5)
    endless: list = [hole.integer(0, 3)]
    endless.append(endless)
    with pytest.raises(SpaceError, match="nested too deeply, or a list in it holds itself"):
        space(endless).build([1])
    for settings in ({"depth": "a"}, {"depth": 1.5}):
        with pytest.raises(SpaceError, match="the depth is"):
            architecture((1, 8, 8), (10,), **settings)
    for shapes in (((1, 8, 8), 10), (8, (10,))):
        with pytest.raises(SpaceError, match="_shape is"):
            architecture(*shapes)


def test_a_search_whose_loop_was_left_is_not_looped_over_again():
    run = search(SMALL, by="random", within="5 trials", seed=0)
    for made, feedback in run:
        feedback(made["x"])
        break
    with pytest.raises(SpaceError, match="the loop over this search was left, which ended it"):
        next(iter(run))
    assert len(run.result.trials) == 1
