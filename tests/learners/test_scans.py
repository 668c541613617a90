"""Each way of meeting a target, on a target that it should meet."""

from __future__ import annotations

import numpy as np
import pytest

from induce.learners.archive import Archive, Entry
from induce.learners.beside import beside_scans, shares_left
from induce.learners.bidirectional import Bidirectional, stocks
from induce.learners.forms import node_costs, sizes_of
from induce.learners.learner import SearchState
from induce.learners.meeting import Meeting
from induce.learners.scans import (
    closed_forms,
    factor_pair_scans,
    factor_scans,
    inner_scans,
    join_scans,
    match_scans,
    pair_scans,
    sum_scans,
)  # fmt: skip
from induce.learners.separating import separation_scans, variables_below
from induce.learners.stock import Stage

from .making import best, table, task

STAGE = Stage(rows=1500, paired=1500, summed=1500, dictionary=80, targets=3000, factors=600, powers=200, matched=4000, inner=12, probed=30, joined=60_000, beside=600)  # fmt: skip
OPERATORS = "+ - * / sqrt exp log sin cos"


def met(scan, formula, data=None, operators=OPERATORS, **settings):
    """The best that one scan alone finds."""
    problem = task(formula, table(120) if data is None else data, operators, max_size=30, literals=(1, 2), **settings)
    state = SearchState(Archive())
    meeting = Meeting(problem, state, stocks(problem, state, 128, (STAGE,))[-1], "test")
    with np.errstate(all="ignore"):
        for _ in meeting.begin(STAGE):
            pass
        loss, batch, place = best(scan(meeting) if scan is closed_forms else scan(meeting, STAGE))
    text = "" if batch is None else str(problem.codebook.decode(batch.programs[place])[0])
    return loss / problem.scale, text


@pytest.mark.parametrize(
    ("scan", "formula"),
    [
        (closed_forms, "3.7*x^2.5"),
        (closed_forms, "1.5*x^3*y - 2*x*y + 0.7"),
        (closed_forms, "(2*x + y)/(1 + 0.3*x^2)"),
        (closed_forms, "sqrt(x^2 + 0.5*y^2 + 1.1)"),
        (pair_scans, "1.3*sin(x*y)*cos(y) + 2"),
        (pair_scans, "0.4*exp(x) - 2.2*cos(y)*x + 0.1*sin(y) + 0.7"),
        (pair_scans, "x^3 + x^2 + x + sin(x) + sin(y^2)"),
        (factor_pair_scans, "2.5*x^1.5*(x + y^2)/sqrt(1 + x)"),
        (factor_scans, "exp(0.3*x^2*(2 + cos(y)))"),
        (sum_scans, "sin(x)/(1.3*x^2 - 0.4*cos(y) + 2)"),
        (match_scans, "exp(1.7*sin(y) + 0.3)/x"),
        (inner_scans, "2.2*exp(-1.37*x) + 0.4"),
        (inner_scans, "(sin(2.7*y) + 3.3)*x"),
        (separation_scans, "exp(x^2)/(1.3 + y^2 + 0.4*y)"),
        (separation_scans, "exp(y)*(x^3 - 0.7*x + 5)"),
        (join_scans, "x*sin(y)*(1 + y*sin(y))"),
        (beside_scans, "x*cos(x*y) + 1.7*y*cos(x*y)^2 - 0.3"),
        (beside_scans, "sqrt(x^2 + y^2 + 6 - 2*x*y*cos(x))"),
    ],
)
def test_a_scan_meets_what_it_is_for(scan, formula):
    share, text = met(scan, formula)
    assert share < 1e-16, text


def test_a_fitted_constant_inside_a_function_reaches_its_optimum():
    share, text = met(inner_scans, "2.2*exp(-1.37*x) + 0.4")
    assert share < 1e-16
    assert "-1.37" in text or "1.37" in text


@pytest.mark.parametrize("formula", ["x*y + sin(y)", "(x + y)*sin(x)"])
def test_without_fitted_constants_a_row_must_be_the_target_itself(formula):
    share, text = met(match_scans, formula, constants=False)
    assert share < 1e-20, text
    assert not any(c.isdigit() and c not in "12" for c in text)


def test_noise_does_not_hide_the_law_from_the_scan():
    data = table(400)
    x, y = (np.asarray(data.to_dict()[n]) for n in "xy")
    target = x * np.exp(0.5 * y) + np.random.default_rng(0).normal(0, 0.02, len(x))
    share, text = met(match_scans, target, data)
    assert share == pytest.approx(0.0004 / float(np.var(target)), rel=0.3), text


def test_streams_share_one_bank_and_divide_the_work():
    problem = task("x*sin(y) + x^2", table(120), OPERATORS, max_size=20, literals=(1, 2))
    shared, texts = {}, []
    for stream in range(3):
        state = SearchState(Archive(), stream, 3, shared=shared)
        (stock,) = stocks(problem, state, 128, (STAGE,))
        meeting = Meeting(problem, state, stock, "test")
        with np.errstate(all="ignore"):
            for _ in meeting.begin(STAGE):
                pass
            texts.append({tuple(map(tuple, b.links[:, :5])) for b in meeting.targets(600)})
    assert len(shared) == 1
    assert len(set.union(*texts)) == sum(len(t) for t in texts)


def test_limits_follow_the_archive():
    problem = task("x*sin(y)", table(60), OPERATORS, max_size=9)
    programs = problem.codebook.encode([problem.language.parse("x + y")])
    archive = Archive()
    size = int(sizes_of(programs, node_costs(problem.codebook))[0])
    archive.offer(Entry(programs, size, 0.25, "test"))
    state = SearchState(archive)
    (stock,) = stocks(problem, state, 128, (STAGE,))
    limits = Meeting(problem, state, stock, "test").limits()
    assert np.all(np.isinf(limits[:size]))
    assert np.allclose(limits[size:], 0.3, rtol=1e-3)


def test_the_columns_below_every_row_are_known():
    problem = task("x*y", table(60), OPERATORS, max_size=9, literals=(1, 2))
    state = SearchState(Archive())
    meeting = Meeting(problem, state, stocks(problem, state, 128, (STAGE,))[-1], "test")
    with np.errstate(all="ignore"):
        for _ in meeting.begin(STAGE):
            pass
    masks = variables_below(meeting)
    for row in range(0, meeting.prepared.held, 7):
        codes, _ = meeting.grown.single(row)
        assert {c - 256 for c in codes if c >= 256} == {k for k in range(2) if masks[row] >> k & 1}


@pytest.mark.parametrize("formula", ["sin(cos(x) + y)", "sin(x*cos(y))/x"])
def test_no_outer_part_makes_a_forbidden_nesting(formula):
    problem = task(formula, table(80), "+ - * / sin cos", max_size=20, literals=(1, 2), forbid=[("sin", "cos")])
    with np.errstate(all="ignore"):
        batches = list(Bidirectional((STAGE,)).run(problem, SearchState(Archive()), np.random.default_rng(0)))
    found = [t for b in batches if b.programs is not None for t in problem.codebook.decode(b.programs)]
    assert len(found) > 100
    for term in found:
        for node in term.postorder():
            if node.op.name == "sin":
                assert all(inner.op.name != "cos" for inner in node.args[0].postorder()), term


def test_a_row_with_zeros_is_no_factor():
    """Its logarithm is nowhere; the last rounds of a noisy search come to such rows."""
    data = table(120)
    problem = task("x*y", data, OPERATORS, max_size=30, literals=(1, 2))
    state = SearchState(Archive())
    meeting = Meeting(problem, state, stocks(problem, state, 128, (STAGE,))[-1], "test")
    for _ in meeting.begin(STAGE):
        pass
    zero = int(np.flatnonzero((meeting.grown.values[: meeting.prepared.held] == 0.0).any(axis=1))[0])
    factors, roots = meeting.prepared.factors, meeting.roots
    assert factors.parts_with(np.abs(roots.t[0]), roots.w[0], (zero,), ()) == []


def test_shares_beside_a_polynomial_are_those_of_plain_least_squares():
    rng = np.random.default_rng(0)
    t, w = rng.normal(size=90), rng.uniform(0.5, 2.0, 90)
    monomials = np.vstack([np.ones(90), rng.normal(size=(3, 90))])
    rows = rng.normal(size=(5, 90))
    rows[4] = monomials[1]  # nothing new but its square and products
    found = shares_left(t, w, monomials, rows, [monomials, monomials[:2]])
    mean = np.average(t, weights=w)
    for k, row in enumerate(rows):
        design = np.vstack([monomials, row * monomials, row**2 * monomials[:2]]).T * np.sqrt(w)[:, None]
        rest = t * np.sqrt(w) - design @ np.linalg.lstsq(design, t * np.sqrt(w), rcond=1e-8)[0]
        rank = np.linalg.matrix_rank(design) if k < 4 else None
        share = rest @ rest / np.sum(w * (t - mean) ** 2)
        if rank is not None:
            np.testing.assert_allclose(found[k], share / (1 - rank / 90) ** 2, rtol=1e-6)
        else:
            assert found[k] >= share * (1 - 1e-9)


def test_units_leave_polynomials_beside_a_function_to_dimensionless_groups():
    data = table(120, units={"x": "m", "y": "s"})
    problem = task("x*y", data, OPERATORS, max_size=20, literals=(1, 2), pure_constants=True)
    state = SearchState(Archive())
    meeting = Meeting(problem, state, stocks(problem, state, 128, (STAGE,))[-1], "test")
    for _ in meeting.begin(STAGE):
        pass
    assert list(beside_scans(meeting, STAGE)) == []
