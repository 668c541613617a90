from __future__ import annotations

import numpy as np
import pytest

from induce.learners.monomials import Monomials
from induce.learners.sparse import SparseSums

from .making import best, state, table, task


@pytest.mark.parametrize("formula", ["x^4 + x^3 + x^2 + x", "3 * x * y - 0.5 * y^2 + 2", "x^5 - 2 * x^3 + x", "y^6"])
def test_polynomials_are_found(formula):
    problem = task(formula, table(200), "+ * -", max_size=40)
    loss, batch, place = best(SparseSums().run(problem, state(), np.random.default_rng(0)))
    assert loss < 1e-18, problem.codebook.decode(batch.programs)[place]


def test_noise_terms_are_eliminated_stage_by_stage():
    data = table(200)
    rng = np.random.default_rng(0)
    target = 2 * data.to_dict()["x"] + rng.normal(0, 0.1, 200)
    problem = task(target, data, "+ *", max_size=60)
    (batch,) = SparseSums().run(problem, state(), rng)
    sizes = {t.size for t in problem.codebook.decode(batch.programs)}
    assert len(sizes) > 4
    assert min(sizes) <= 4
    assert max(sizes) > 20


def test_what_sums_need_is_said():
    assert SparseSums().accepts(task("x", operators="+ sin")) == "sums need the operators + and *"
    assert SparseSums().accepts(task("x", constants=False)) == "sums need a free choice with fitted constants"
    assert SparseSums().accepts(task("x")) == ""


@pytest.mark.parametrize(
    ("formula", "size"), [("2.5 * x^1.5", 5), ("0 - 3 * x^(-2) * z^0.5", 11), ("x^3", 3), ("x^2 / z", 11)]
)
def test_power_laws_are_found(formula, size):
    rng = np.random.default_rng(1)
    data = table(x=rng.uniform(0.5, 3, 50), z=rng.uniform(1, 9, 50), y=rng.normal(size=50))
    problem = task(formula, data, "* ^", max_size=size)
    loss, batch, place = best(Monomials().run(problem, state(), rng))
    assert loss < 1e-18, problem.codebook.decode(batch.programs)[place]


def test_power_laws_need_a_target_of_one_sign_and_their_operators():
    assert list(Monomials().run(task("y", operators="* ^"), state(), np.random.default_rng(0))) == []
    assert Monomials().accepts(task("x", operators="* +")) == "power laws need the operators ^ and *"
