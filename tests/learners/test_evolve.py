from __future__ import annotations

import itertools

import numpy as np

from induce.learners.archive import Entry
from induce.learners.evolve import Evolve

from .making import best, sketched, state, task


def run(problem, batches=60, seed=0, **settings):
    return list(
        itertools.islice(
            Evolve(population=200, children=80, **settings).run(problem, state(), np.random.default_rng(seed)), batches
        )
    )


def test_a_formula_with_inner_constants_gets_better_and_better():
    problem = task("1.5 * sin(2.3 * x) + 0.4 * y", max_size=13)
    batches = run(problem)
    early, late = best(batches[:3])[0], best(batches)[0]
    assert late < early
    assert late < 0.05 * problem.scale


def test_the_same_seed_gives_the_same_candidates():
    problem = task("x * y + sin(x)")
    first, second, other = (run(problem, 5, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a.losses, b.losses) for a, b in zip(first, second, strict=True))
    assert not all(np.array_equal(a.losses, b.losses) for a, b in zip(first, other, strict=True))


def test_candidates_obey_sizes_nestings_and_losses():
    problem = task("x * sin(y)", operators="+ * sin exp", max_size=8, forbid=[("sin", "sin"), ("exp", "exp")])
    seen = 0
    for batch in run(problem, 20):
        if batch.programs is None or not len(batch.programs):
            continue
        for term, loss in zip(problem.codebook.decode(batch.programs), batch.losses, strict=True):
            assert term.size <= 8
            for node in term.walk():
                if node.name in ("sin", "exp"):
                    assert node.name not in {n.name for a in node.args for n in a.walk()}
            if np.isfinite(loss):
                again = float(np.mean((np.asarray(term(problem.table.to_dict())) - problem.target) ** 2))
                np.testing.assert_allclose(again, loss, rtol=1e-6, atol=1e-12)
                seen += 1
    assert seen > 50


def test_the_shared_archive_is_visited():
    problem = task("x * x * y + sin(y)", max_size=13)
    shared = state()
    programs = problem.codebook.encode([problem.language.parse("x * x * y + sin(y)")])
    for size in range(1, 30):  # a share of the front visits, so that some entry surely does
        shared.archive.offer(Entry(programs, size, 1.0 / size, "given"))
    loss, _, _ = best(
        itertools.islice(Evolve(population=50, children=20).run(problem, shared, np.random.default_rng(0)), 3)
    )
    assert loss < 1e-20


def test_planted_sub_terms_are_among_the_first_individuals():
    from induce.terms import arithmetic

    formula = "sin(sin(x * y) * x - y)"
    given = task(formula, max_size=12, planted=(arithmetic.parse(formula),))
    assert best(run(given, 3))[0] < 1e-20
    assert best(run(task(formula, max_size=12), 3))[0] > 1e-6


def test_what_evolution_needs_is_said():
    assert "needs a sketch that is one choice" in Evolve().accepts(sketched("?a * x", "2 * x"))
    assert Evolve().accepts(task("x", operators="+")) == ""
