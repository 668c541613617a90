from __future__ import annotations

import numpy as np
import pytest

from induce.errors import FillError
from induce.examples import read_examples
from induce.learners.programs.enumeration import TypedEnumeration
from induce.learners.programs.shared import enumerate_together, together
from induce.learners.programs.task import ProgramTask, right
from induce.synthesis import synthesize, synthesize_all
from induce.terms.lists import core_lists, lists
from induce.terms.sort import INT

INPUTS = [[3, 1, 4, 1, 5], [2, 9, 7], [7, 0, 9, 2, 6, 4], [5, 5, 1], [8], [1, 2], [0, 3, 3], [6, 6]]
FUNCTIONS = [
    lambda x: [v + 1 for v in x],
    lambda x: sorted(x)[::-1],
    sum,
    lambda x: len(x) > 2,
    lambda x: x[0] + len(x),
    lambda x: x[1:][::-1],
]
LITERALS = tuple((k, INT) for k in range(3))


def tasks_of(functions, inputs=INPUTS, language=lists):
    found = [read_examples([list(x) for x in inputs], [f(x) for x in inputs], ["xs"]) for f in functions]
    return [ProgramTask(e, language, LITERALS) for e in found]


def test_tasks_of_the_same_inputs_are_together():
    tasks = [*tasks_of(FUNCTIONS[:2]), *tasks_of(FUNCTIONS[:1], INPUTS[:5]), *tasks_of(FUNCTIONS[2:3])]
    assert together(tasks) == [[0, 1, 3], [2]]
    assert together([*tasks_of([sum]), *tasks_of([sum], language=core_lists)]) == [[0], [1]]


def test_what_is_found_together_is_as_cheap_as_what_is_found_alone():
    tasks = tasks_of(FUNCTIONS)
    fits = dict(synthesize_all(tasks, within="1e6 candidates"))
    assert sorted(fits) == list(range(len(tasks)))
    for number, task in enumerate(tasks):
        alone = synthesize(task, within="1e6 candidates")
        assert fits[number].solved
        assert alone.solved
        assert all(right(fits[number].best, task.examples))
        assert fits[number].rows[0].description_length == alone.rows[0].description_length


def test_several_tasks_take_hardly_more_candidates_than_one():
    functions = [lambda x: [v + 1 for v in x[1:]], lambda x: [2 * v for v in x[1:]], lambda x: [v * v for v in x[::-1]]]
    tasks = tasks_of(functions)
    together_ = sum(step.tried for step in enumerate_together(tasks, np.random.default_rng(0)))
    alone = sum(synthesize(t, within="1e6 candidates", alternatives=False).report["candidates"] for t in tasks)
    assert together_ < 0.6 * alone


def test_conditions_are_found_for_each_of_them():
    functions = [lambda x: x[0] if len(x) > 2 else 0, lambda x: sum(x) if x[0] > 4 else len(x)]
    tasks = tasks_of(functions)
    fits = dict(synthesize_all(tasks, within="3e6 candidates"))
    assert [fit.solved for fit in fits.values()] == [True, True]


def test_a_task_that_other_examples_refute_is_searched_alone():
    inputs = [[k, k] for k in range(1, 9)]
    outputs = [[0] * 8, [k if k == 4 else 0 for k in range(1, 9)], [k for k in range(1, 9)]]
    found = [read_examples([list(x) for x in inputs], out, ["xs"]) for out in outputs]
    tasks = [ProgramTask(e, lists, tuple((k, INT) for k in range(5))) for e in found]
    steps = list(enumerate_together(tasks, np.random.default_rng(0), driving=2))
    assert {n for step in steps for n, _, _ in step.programs} == {0, 2}
    assert not steps[-1].waiting
    fits = dict(synthesize_all(tasks, by=TypedEnumeration(driving=2), within="2e6 candidates"))
    assert all(fit.solved for fit in fits.values())
    assert all(right(fits[1].best, found[1]))


def test_a_budget_ends_it_and_what_is_known_is_said():
    tasks = tasks_of([sum, lambda x: 977 + x[0] * x[0] * 13])
    fits = dict(synthesize_all(tasks, within="2e4 candidates"))
    assert [fits[0].solved, fits[1].solved] == [True, False]
    assert "candidates were tried" in fits[1].stopped
    assert not fits[1].rows


def test_values_that_it_cannot_hold_are_refused():
    tasks = tasks_of([sum, lambda x: 3_000_000])
    with pytest.raises(FillError, match=r"enumeration cannot hold the value 3000000 of example 0\. Use shorter values"):
        list(synthesize_all(tasks))


def test_a_hopeless_task_leaves_the_others_their_own_search():
    inputs = [[k % 4, k, (7 * k) % 5, k % 3] for k in range(1, 13)]
    functions = [max, lambda x: x[0], lambda x: 977 + 13 * x[0] * x[1]]
    tasks = tasks_of(functions, inputs)
    fits = dict(synthesize_all(tasks, by=TypedEnumeration(driving=2), within="1e5 candidates"))
    assert [fits[n].solved for n in range(3)] == [True, True, False]


def test_no_room_is_said_and_no_search_is_repeated():
    tasks = tasks_of([sum, lambda x: 977 + 13 * x[0] * x[0], lambda x: 978 + 17 * x[0] * x[0]])
    fits = dict(synthesize_all(tasks, by=TypedEnumeration(memory=3e6), within="1e7 candidates"))
    assert [fits[n].solved for n in range(3)] == [True, False, False]
    assert fits[1].stopped == fits[2].stopped == "the memory is used up"


def test_an_operator_without_arguments_is_a_program_in_both_ways():
    tasks = tasks_of([lambda x: [], lambda x: x], language=core_lists)
    assert dict(synthesize_all(tasks, within="2e4 candidates"))[0].best is core_lists["empty"]()
    assert synthesize(tasks[0], within="2e4 candidates").best is core_lists["empty"]()
