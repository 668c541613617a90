"""Local search around the front."""

from __future__ import annotations

import numpy as np
import pytest

from induce.learners.archive import Archive, Entry
from induce.learners.bidirectional import stocks
from induce.learners.composing import Pen, wrapped
from induce.learners.forms import combine, node_costs, sizes_of
from induce.learners.learner import Learner, SearchState
from induce.learners.local import LocalSearch, targets_around
from induce.learners.meeting import Meeting
from induce.terms import arithmetic

from .making import best, task

OPERATORS = "+ - * / sqrt exp log sin cos"


def started(problem, text):
    """A search state whose front is one formula."""
    programs = problem.codebook.encode([arithmetic.parse(text)])
    columns, y, w = problem.search
    from induce.algebras.evaluate import evaluate_many

    loss = float(np.mean(w * (evaluate_many(programs, columns)[0] - y) ** 2))
    size = int(sizes_of(programs, node_costs(problem.codebook))[0])
    archive = Archive()
    archive.offer(Entry(programs, size, loss, "test"))
    return SearchState(archive)


def found_around(formula, start, **settings):
    problem = task(formula, None, OPERATORS, max_size=25, literals=(1, 2), **settings)
    batches = LocalSearch().run(problem, started(problem, start), np.random.default_rng(0))
    seen = []
    for batch in batches:
        seen.append(batch)
        if (batch.losses is not None and len(batch.losses) and batch.losses.min() < 1e-20 * problem.scale) or len(
            seen
        ) > 400:
            break
    loss, batch, place = best(seen)
    return loss / problem.scale, "" if batch is None else str(problem.codebook.decode(batch.programs[place])[0])


@pytest.mark.parametrize(
    ("formula", "start"),
    [
        ("(x + 2)*sin(y*x) + x", "(x + 2)*sin(y) + x"),  # another argument
        ("exp(x/(1.5 + y^2))", "exp(x)"),  # what stands beside a sub-term
        ("x*y + 1.3*cos(x*y)", "x*y"),  # a further term
        ("sin(2.7*y)*(x + 1.3*cos(x))", "x*sin(2.7*y)"),  # a factor's second term
        ("exp(-1.7*x) + y", "exp(-x) + y"),  # a number inside
        ("log(2.2*x + 1.7)*y", "log(x)*y"),
    ],
)
def test_one_wrong_place_is_mended(formula, start):
    share, text = found_around(formula, start)
    assert share < 1e-20, text


def test_targets_around_undo_what_stands_around():
    problem = task("(x + 2)*sin(y) + x", None, OPERATORS, max_size=25)
    state = started(problem, "(x + 2)*sin(y) + x")
    meeting = Meeting(problem, state, stocks(problem, state, 128)[-1], "test")
    meeting.pen = Pen(meeting.grown)
    (entry,) = state.archive.front()
    part = entry.programs.codes.tolist(), entry.programs.values.tolist(), entry.programs.free.tolist()
    block = targets_around(meeting, part)
    assert len(block) >= 6
    for k in range(len(block)):
        inner = [258], [], []  # a further column holds the target itself
        whole = wrapped(inner, block.path(k), meeting.pen)
        from induce.algebras.evaluate import evaluate_many

        value = evaluate_many(combine([whole]), np.vstack([meeting.task_columns, block.t[k]]))[0]
        np.testing.assert_allclose(value, meeting.roots.t[0], rtol=1e-9, atol=1e-9)


def test_units_and_nestings_hold_around_a_formula():
    from .making import table

    data = table(units={"x": "m", "y": "s"})
    problem = task("3*x/y", data, OPERATORS, max_size=15, target_unit="m/s", forbid=[("sin", "cos")])
    state = started(problem, "x/y")
    from induce.learners.forms import agree, nested_ok

    shown = 0
    for count, batch in enumerate(LocalSearch().run(problem, state, np.random.default_rng(0))):
        if batch.programs is not None and len(batch.programs):
            shown += len(batch.programs)
            assert agree(problem, batch.programs).all()
            assert nested_ok(batch.programs, problem.codebook, problem.space.forbid).all()
        if count > 400 or shown > 40:
            break
    assert shown > 0


def test_it_is_a_learner_that_needs_fitted_constants():
    assert isinstance(LocalSearch(), Learner)
    assert LocalSearch().accepts(task("x*y")) == ""
    assert LocalSearch().accepts(task("x*y", constants=False)) == "local search needs fitted constants"


def test_an_empty_front_is_waited_for():
    problem = task("x*y", None, OPERATORS)
    run = LocalSearch().run(problem, SearchState(Archive()), np.random.default_rng(0))
    assert [next(run).work for _ in range(3)] == [1e6] * 3
