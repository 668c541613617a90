"""What every learner of the catalog must do: say what it accepts, take small steps, repeat itself, stop when told."""

from __future__ import annotations

import numpy as np
import pytest

from induce import catalog, fill
from induce.algebras import evaluate_many
from induce.errors import FillError
from induce.learners import Archive, Batch, Learner, SearchState
from induce.table import Table
from induce.task import Task
from induce.terms import REAL, arithmetic, hole
from induce.terms.grammar import Grammar

LARGEST_STEP = 5e7
"""Node-points: near 50 ms on one core."""
MANY = 12


def tasks():
    """One sketch of every kind, by name."""
    x = np.linspace(0.5, 3, 60)
    table = Table.from_any({"x": x, "v": x**2 + np.sin(x)})
    y = 2.5 * np.sin(1.3 * x) + 3
    grammar = Grammar(arithmetic, REAL, productions=["+", "*", "^", "sin", "?"], variables=["x", "v"], max_size=9)
    sketches = {
        "grammar": hole.choice(grammar, name="f"),
        "reals": arithmetic.parse("?a * sin(?b * x) + ?c"),
        "formulas": arithmetic.parse("x * ?f + ?g", f=hole.choice(grammar, name="f"), g=hole.choice(grammar, name="g")),
        "choice": arithmetic.parse("?f{sin(x) | cos(x)} * ?k"),
    }
    return {name: Task(sketch, table, y) for name, sketch in sketches.items()}


def steps(learner, task, count=MANY, seed=0):
    run = iter(learner.run(task, SearchState(Archive()), np.random.default_rng(seed)))
    found = [batch for _, batch in zip(range(count), run, strict=False)]
    run.close()
    return found


def accepted(learner):
    return [task for task in tasks().values() if not learner.accepts(task)]


def described(batch):
    programs = batch.programs
    arrays = [] if programs is None else [programs.codes, programs.offsets, programs.values, programs.free]
    arrays += [] if batch.losses is None else [batch.losses]
    arrays += [] if batch.values is None else [tensor.numpy() for tensor in batch.values.values()]
    return [a.tobytes() for a in arrays], batch.tried, batch.work, batch.source, batch.note


@pytest.mark.parametrize("name", catalog.learners)
class TestLearner:
    def test_it_has_the_shape_of_a_learner(self, name):
        learner = catalog.learners[name]()
        assert isinstance(learner, Learner)
        assert learner.name == name
        assert isinstance(learner.parallel, bool)

    def test_it_accepts_something_and_objects_in_words(self, name):
        learner = catalog.learners[name]()
        assert accepted(learner), "no kind of sketch is accepted"
        for task in tasks().values():
            objection = learner.accepts(task)
            assert isinstance(objection, str)
            if objection:
                assert len(objection.split()) > 4
                with pytest.raises(FillError) as caught:
                    fill(task, by=learner, within="10 candidates")
                assert str(caught.value).startswith(objection)
                assert "Leave by= out to have a learner chosen." in str(caught.value)

    def test_its_steps_are_small_batches(self, name):
        learner = catalog.learners[name]()
        for task in accepted(learner):
            batches = steps(learner, task)
            assert batches
            for batch in batches:
                assert isinstance(batch, Batch)
                assert 0 <= batch.work <= LARGEST_STEP
                assert batch.tried >= (0 if batch.programs is None else 1)
                assert batch.source in {name, "", *(inner.name for inner in getattr(learner, "learners", ()))}

    def test_the_same_seed_gives_the_same_steps(self, name):
        learner = catalog.learners[name]()
        for task in accepted(learner):
            once = [described(batch) for batch in steps(learner, task)]
            assert once == [described(batch) for batch in steps(catalog.learners[name](), task)]

    def test_losses_handed_along_are_true(self, name):
        learner = catalog.learners[name]()
        for task in accepted(learner):
            columns, target, weights = task.search
            for batch in steps(learner, task):
                if batch.programs is None or batch.losses is None or not len(batch.programs):
                    continue
                with np.errstate(all="ignore"):
                    true = ((evaluate_many(batch.programs, columns) - target) ** 2) @ weights / weights.sum()
                good = np.isfinite(batch.losses)
                assert np.allclose(batch.losses[good], true[good], rtol=1e-6, atol=1e-12 * task.scale)

    def test_it_ends_or_can_be_stopped(self, name):
        learner = catalog.learners[name]()
        for task in accepted(learner):
            found = fill(
                task, by=learner, within="200 candidates, 1e3 epochs" if name == "gradient" else "200 candidates"
            )
            assert found.rows
            assert found.stopped
            assert np.isfinite(found.row.loss)
