from __future__ import annotations

import itertools

import numpy as np
import pytest

import induce.algebras.list_functions  # noqa: F401
from induce.algebras.values import run_rows
from induce.errors import GrammarError
from induce.learners.programs.growth import Growth
from induce.learners.programs.larger import closest
from induce.learners.programs.rules import rules_of
from induce.terms import INT, declare
from induce.terms.lists import INTS, TRUTHS, core_lists, lists
from induce.terms.sort import BOOL, TEXT

INPUTS = [[3, 1, 4, 1, 5], [2], [7, 0, 9], []]


def grown(language, goal, outputs, deepest, inputs=INPUTS, literals=(0, 1, 2), seed=0):
    growth = Growth(
        rules_of(language, [INTS], goal),
        {"xs": (INTS, inputs)},
        (goal, outputs),
        [(k, INT) for k in literals],
        np.random.default_rng(seed),
        memory=3e8,
    )
    for _ in growth.levels(deepest):
        pass
    return growth


@pytest.mark.parametrize("language", [lists, core_lists], ids=lambda language: language.name)
def test_every_row_has_the_values_of_its_program(language):
    growth = grown(language, INTS, [[0]] * 4, 5 if language is lists else 7)
    rng = np.random.default_rng(1)
    held = [(sort, rows) for (place, sort, _), by in growth.members.items() if place == 0 for rows in by.values()]
    checked = 0
    for sort, rows in held:
        for row in rng.choice(rows, min(25, len(rows)), replace=False):
            term = growth.term(int(row))
            assert term.sort is sort
            assert run_rows(term, {"xs": INPUTS}) == growth.bank.values(int(row), sort, len(INPUTS)), str(term)
            checked += 1
    assert checked > 150


def test_values_are_distinct():
    growth = grown(lists, INT, [0] * 4, 4)
    rows = [int(r) for part in growth.members[0, INT, False].values() for r in part]
    values = [tuple(growth.bank.values(r, INT, 4)) for r in rows]
    assert len(set(values)) == len(values) > 60


@pytest.mark.parametrize(
    ("goal", "program"),
    [
        (INTS, lambda xs: [x + 2 for x in xs]),
        (INTS, lambda xs: [x for x in xs if x % 2]),
        (INT, lambda xs: len(xs) + 1),
        (BOOL, lambda xs: 0 in xs),
        (TRUTHS, lambda xs: [x % 2 == 0 for x in xs]),
        (INTS, lambda xs: xs[::-1] + xs),
    ],
)
def test_programs_are_found(goal, program):
    growth = grown(lists, goal, [program(xs) for xs in INPUTS], 7)
    assert growth.solutions
    fresh = [[8, 8, 3], [1], [0, 5, 6, 7, 2]]
    best = growth.solutions[0]
    assert run_rows(best, {"xs": fresh}) == [program(xs) for xs in fresh], str(best)


def test_costs_are_sizes_and_grow():
    growth = grown(lists, INTS, [sorted(xs) for xs in INPUTS], 4)
    assert growth.costs == sorted(growth.costs)
    assert growth.finished == 4
    for term, cost in zip(growth.solutions, growth.costs, strict=True):
        assert sum(node.op.name != "lambda" for node in term.walk()) == cost


def test_no_program_of_small_cost_exists():
    # brute force over first-order terms of a tiny language agrees with the search
    language = [lists[n] for n in ("head", "len", "+")]
    inputs = [[3, 1], [5, 5, 5]]

    def values(size):
        if size == 1:
            return {(1, 1)}
        found = {(3, 5), (2, 3)} if size == 2 else set()
        for left in range(1, size - 1):
            found |= {
                tuple(x + y for x, y in zip(a, b, strict=True))
                for a, b in itertools.product(values(left), values(size - 1 - left))
            }
        return found

    everything = set().union(*(values(size) for size in range(1, 7)))
    growth = Growth(
        rules_of(language, [INTS], INT), {"xs": (INTS, inputs)}, (INT, [0, 0]), [(1, INT)], np.random.default_rng(0)
    )
    for _ in growth.levels(6):
        pass
    rows = [int(r) for part in growth.members[0, INT, False].values() for r in part]
    assert {tuple(growth.bank.values(r, INT, 2)) for r in rows} == everything


def test_the_same_seed_gives_the_same_bank():
    first, second = (grown(lists, INTS, [[9]] * 4, 5, seed=3) for _ in range(2))
    assert len(first.bank) == len(second.bank)
    assert first.bank.tried == second.bank.tried
    used = len(first.bank)
    assert np.array_equal(first.bank.hashes[:used], second.bank.hashes[:used])


def test_little_memory_ends_the_search_and_says_so():
    growth = Growth(
        rules_of(lists, [INTS], INTS),
        {"xs": (INTS, INPUTS)},
        (INTS, [[9]] * 4),
        [(1, INT)],
        np.random.default_rng(0),
        memory=3e6,
    )
    for _ in growth.levels(9):
        pass
    assert growth.bank.stuck
    assert growth.finished < 9


def test_the_closest_program_is_known():
    growth = grown(lists, INT, [3, 2, 7, 5], 3)
    assert run_rows(closest(growth), {"xs": INPUTS})[:3] == [3, 2, 7]


def test_goals_that_nothing_makes_are_named():
    with pytest.raises(GrammarError, match=r"no input and no operator makes a value of sort text; they make .*int"):
        rules_of([lists["head"], lists["+"]], [INTS], TEXT)
    assert rules_of([declare("unheard_of(int) -> int"), lists["head"]], [INTS], INT)
    assert rules_of([lists["is_even"]], [INTS], INTS)  # the input itself is a value of the goal's sort
