from __future__ import annotations

import numpy as np
import pytest

import induce.algebras.list_functions  # noqa: F401
from induce.algebras.values import run_rows
from induce.learners.programs.gluing import cheapest_tree
from induce.learners.programs.larger import larger
from induce.terms.lists import INTS, lists
from induce.terms.sort import INT

from .test_growth import grown

INPUTS = [[3, 1, 2, 5], [5, 4, 9, 8, 7, 7], [7, 0, 2], [1, 2, 3, 4, 5, 6, 7]]


def test_outputs_are_put_together_from_rows():
    outputs = [[*sorted(x), 0, *x[:2], *x[::-1]] for x in INPUTS]
    growth = grown(lists, INTS, outputs, 3, inputs=INPUTS)
    found = larger(growth)
    assert found
    term, cost = found[0]
    assert run_rows(term, {"xs": INPUTS}) == outputs
    assert cost == term.size > 6


def test_conditions_choose_among_rows():
    outputs = [sorted(x) if x[0] < 4 else x[::-1] for x in INPUTS]
    growth = grown(lists, INTS, outputs, 4, inputs=INPUTS)
    term, cost = larger(growth)[-1]
    assert term.op.name == "if"
    assert run_rows(term, {"xs": INPUTS}) == outputs
    assert cost == sum(node.op.name != "lambda" for node in term.walk())


def test_nothing_is_made_up():
    growth = grown(lists, INT, [917, -355, 402, 688], 3, inputs=INPUTS)
    assert larger(growth) == []


@pytest.mark.parametrize("seed", range(30))
def test_trees_are_the_cheapest(seed):
    rng = np.random.default_rng(seed)
    points, branch = 3, 2
    size = 1 << points

    def some(n):
        return rng.integers(0, size, n), np.arange(n), rng.integers(1, 9, n)

    leaves, conditions = some(5), some(4)

    def best(s, depth):
        found = min((int(c) for m, c in zip(leaves[0], leaves[2], strict=True) if m & s == s), default=10**6)
        if depth:
            for mask, cost in zip(conditions[0], conditions[2], strict=True):
                yes, no = s & mask, s & ~mask
                if yes and no:
                    found = min(found, int(cost) + best(yes, depth - 1) + best(no, depth - 1) + branch)
        return found

    found = cheapest_tree(leaves, conditions, points, branch)
    brute = best(size - 1, 3)
    single = best(size - 1, 0)
    if brute >= single or brute >= 10**6:
        assert found is None or found[1] == brute
    else:
        assert found is not None
        assert found[1] == brute

        def covers(tree, s):
            if isinstance(tree, int):
                return leaves[0][tree] & s == s
            condition, yes, no = tree
            mask = int(conditions[0][condition])
            return covers(yes, s & mask) and covers(no, s & ~mask)

        assert covers(found[0], size - 1)


def test_too_many_points_are_left_alone():
    rows = np.zeros(1, np.int64)
    assert cheapest_tree((rows, rows, rows), (rows, rows, rows), 12, 1) is None
