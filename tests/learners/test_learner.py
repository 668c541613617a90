from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pytest

from induce.errors import FillError
from induce.learners import Constants, Enumerate, Evolve, TreeSearch, race, restart, then
from induce.learners.archive import Archive
from induce.learners.learner import Batch, Learner, SearchState

from .making import sketched, state, task


@dataclass(frozen=True)
class Counting:
    """Yields batches of given work, named."""

    name: str
    work: float
    times: int
    parallel: bool = True
    objection: str = ""

    def accepts(self, task):
        return self.objection

    def run(self, task, state, rng):
        for _ in range(self.times):
            yield Batch(work=self.work, source=self.name, note=str(rng.integers(1000)))


@dataclass(frozen=True)
class Looking:
    """Reports the archive it sees."""

    name: str = "looking"
    parallel: bool = True

    def accepts(self, task):
        return ""

    def run(self, task, state, rng):
        while True:
            yield Batch(work=1.0, losses=np.array([id(state.archive)]))


PROBLEM = sketched("?a * x", "2 * x")


def sources(learner, at=None, n=100):
    return [b.source for b in itertools.islice(learner.run(PROBLEM, at or state(), np.random.default_rng(0)), n)]


def test_shipped_learners_follow_the_protocol():
    for learner in (
        Constants(),
        Enumerate(),
        Evolve(),
        TreeSearch(),
        then(Enumerate(), Evolve()),
        race(Evolve()),
        restart(Evolve()),
    ):
        assert isinstance(learner, Learner)


def test_then_runs_in_order_and_skips_who_objects():
    learner = then(Counting("a", 1, 2), Counting("no", 1, 5, objection="no"), Counting("b", 1, 3))
    assert sources(learner) == ["a", "a", "b", "b", "b"]
    assert learner.accepts(PROBLEM) == ""


def test_then_keeps_lone_learners_on_the_first_stream():
    learner = then(Counting("lone", 1, 2, parallel=False), Counting("many", 1, 1))
    assert learner.parallel
    assert sources(learner, SearchState(Archive(), 1, 4)) == ["many"]
    assert sources(learner, SearchState(Archive(), 0, 4)) == ["lone", "lone", "many"]


def test_a_race_gives_equal_work():
    assert sources(race(Counting("slow", 3, 4), Counting("fast", 1, 12)), n=8) == [
        "slow", "fast", "fast", "fast", "slow", "fast", "fast", "fast"
    ]  # fmt: skip
    assert sources(race(Counting("a", 1, 1), Counting("b", 1, 3))) == ["a", "b", "b", "b"]


def test_a_race_keeps_lone_learners_on_the_first_stream():
    learner = race(Counting("lone", 1, 2, parallel=False), Counting("many", 1, 2))
    assert learner.parallel
    assert not race(Counting("lone", 1, 2, parallel=False)).parallel
    assert sources(learner, SearchState(Archive(), 2, 4)) == ["many", "many"]


def test_racers_see_the_archive_the_driver_brings():
    at = state()
    run = race(Looking()).run(PROBLEM, at, np.random.default_rng(0))
    assert next(run).losses[0] == id(at.archive)
    at.archive = Archive()
    assert next(run).losses[0] == id(at.archive)


def test_a_restart_has_a_fresh_seed_each_time():
    notes = [b.note for b in restart(Counting("a", 1, 2), times=3).run(PROBLEM, state(), np.random.default_rng(0))]
    assert len(notes) == 6
    assert len({tuple(notes[k : k + 2]) for k in (0, 2, 4)}) == 3


def test_all_objecting_is_an_objection():
    lone = Counting("a", 1, 1, objection="it needs more columns")
    for made in (then(lone), race(lone), restart(lone)):
        assert made.accepts(PROBLEM) == "it needs more columns"
    assert Enumerate().accepts(task("x")) == ""


def test_what_is_not_a_learner_is_refused():
    with pytest.raises(
        FillError, match=r"then\(\) needs at least one learner. For example then\(Enumerate\(\), Evolve\(\)\)"
    ):
        then()
    with pytest.raises(FillError, match=r"race\(\) takes learners, but got str, which has no run\(\) method"):
        race("evolve")
    with pytest.raises(FillError, match=r"restart\(\) takes learners, but got int"):
        restart(3)
