from __future__ import annotations

import numpy as np

from induce.learners.composing import Pen
from induce.learners.factors import Factors
from induce.learners.growing import Growing
from induce.learners.joining import Join
from induce.learners.targets import Targets, single_target

from .making import table, task

VARIANCE = 1.0


def prepared(formula):
    problem = task(formula, table(100), "+ - * / sin cos", max_size=20)
    grown = Growing(problem, problem.space, 3000, np.random.default_rng(0))
    for size in range(2, 6):
        for _ in grown.level(size):
            pass
    factors = Factors(grown, problem.search[0], (0, 1), Pen(grown), grown.held, 400)
    target, weights = problem.search[1], problem.search[2]
    return (
        problem,
        grown,
        Join(grown, factors, grown.held),
        single_target(target, weights / weights.sum(), 0, np.zeros(0, int)),
    )


def hits_for(formula):
    _, grown, join, block = prepared(formula)
    made = Targets(grown, float(block.spread[0]), 1000)
    found = [
        hit
        for _, hits in join.scan(block, np.arange(200), made.steps, np.array([-1]), 50_000, VARIANCE)
        for hit in hits
    ]
    return grown, found


def test_an_exact_fit_is_found_by_value_and_checked_on_all_points():
    grown, found = hits_for("x*(3*sin(y) + 2)")
    named = {(grown.single(int(h[3]))[0][0], int(h[6])) for h in found if len(grown.single(int(h[3]))[0]) == 1}
    assert (256, 0) in named  # y / x is an affine map of a row


def test_nothing_is_found_where_nothing_fits():
    problem, _, join, block = prepared("x*y")
    noisy = single_target(np.random.default_rng(1).normal(size=block.t.shape[1]), block.w[0], 0, np.zeros(0, int))
    made = Targets(join.grown, 1.0, 1000)
    assert problem is not None
    assert (
        sum(len(hits) for _, hits in join.scan(noisy, np.arange(200), made.steps, np.array([-1]), 50_000, VARIANCE))
        == 0
    )
