"""The ``formulas`` suite: a fixed sample of published problems, with and without noise, and real tables, beside the peers.

The whole problem sets take hours and are run in shards by ``python -m benchmarks.sweep``.
"""

from __future__ import annotations

from functools import cache
from statistics import median
from typing import Any

from benchmarks import problems, real
from benchmarks.optimum import TOLERANCE
from benchmarks.runner import Peer, Run, row
from benchmarks.solvers import Answer, Question, solve, solver_version

PEERS = ("gplearn", "pyoperon", "psrn")
NOISY = ("Nguyen-8", "Jin-4", "I.12.11", "II.11.3", "lv1", "Nguyen-5", "I.8.14", "Livermore-21", "Jin-2", "I.16.6")
TABLES = ("linnerud-waist", "iris-petal-width", "wine-flavanoids", "chwirut2", "moons")


def _seconds(quick: bool) -> float:
    return 1.2 if quick else 5.0


def _sample(quick: bool) -> tuple[str, ...]:
    return problems.SAMPLE6 if quick else problems.SAMPLE30


def _noisy(quick: bool) -> tuple[str, ...]:
    return NOISY[:3] if quick else NOISY


@cache
def answers(solver: str, names: tuple[str, ...], seconds: float, noise: float) -> dict[str, Answer]:
    """One solver's answers; asked once, as several rows look at them."""
    known = problems.problem_set("daily")
    found = {}
    for asked in problems.named(names):
        X, y = known.sample(asked, noise)
        question = Question(asked, X, y, seconds, known.operators, noise, bool(noise and asked.units), problems.SEED)
        found[asked.name] = solve(solver, question)
    return found


@cache
def on_tables(solver: str, names: tuple[str, ...], seconds: float) -> dict[str, dict[str, Any]]:
    """One solver's figures on real tables."""
    return {name: real.measure(solver, name, seconds) for name in names}


def _beside(run: Run, peers: tuple[str, ...], figure: Any) -> None:
    """Record each peer's figure, or that it is missing."""
    for peer in peers:
        run.peers[peer] = Peer(solver_version(peer), None)
        if run.peers[peer].version is not None:
            run.record(peer, figure(peer))


def _missed(found: dict[str, Answer]) -> str:
    return f"of {len(found)}; missed: {', '.join(n for n, a in found.items() if not a.exact) or 'none'}"


def _count(found: dict[str, Answer]) -> float:
    return float(sum(answer.exact for answer in found.values()))


@row(
    "30 published problems (quick: 6), 200 noise-free rows, 5 CPU s each (quick: 1.2), one setting: exact (SymPy) by the one "
    "selected formula; peers by any of 8 models",
    goal="two thirds, and more than every peer",
)
def sample(run: Run) -> tuple[float, bool, str]:
    names, seconds = _sample(run.quick), _seconds(run.quick)
    found = answers("ours", names, seconds, 0.0)
    peers = PEERS[:2] if run.quick else PEERS  # one round of psrn alone takes 11 CPU s
    _beside(run, peers, lambda peer: _count(answers(peer, names, seconds, 0.0)))
    exact = _count(found)
    return exact, exact >= 2 / 3 * len(names) and exact > max(run.figures.values(), default=-1.0), _missed(found)


@row(
    "10 problems (quick: 3) with noise of 1 % of the root mean square, units given where there are any: exact form and "
    "constants within 3 standard errors",
    goal="half of them",
)
def noisy(run: Run) -> tuple[float, bool, str]:
    found = answers("ours", _noisy(run.quick), _seconds(run.quick), 0.01)
    return _count(found), _count(found) >= len(found) / 2, _missed(found)


@row(
    "5 real tables (quick: 1), 5 CPU s each: median test R2; pyoperon's median beside it",
    goal="not below pyoperon's, with formulas of at most half its size",
)
def tables(run: Run) -> tuple[float, bool, str]:
    names, seconds = TABLES[1:2] if run.quick else TABLES, 2.0 if run.quick else 5.0
    mine = [found for found in on_tables("ours", names, seconds).values() if "error" not in found]
    score, size = median(f["test_r2"] for f in mine), median(f["nodes"] for f in mine)
    _beside(
        run, ("pyoperon",), lambda peer: median(f["test_r2"] for f in on_tables(peer, names, seconds).values())
    )  # fmt: skip
    if "pyoperon" not in run.figures:
        return score, len(mine) == len(names), f"median nodes {size:g}"
    theirs = median(f["nodes"] for f in on_tables("pyoperon", names, seconds).values())
    holds = len(mine) == len(names) and score >= run.figures["pyoperon"] and size <= theirs / 2
    return score, holds, f"median nodes {size:g}, pyoperon's {theirs:g}"


@row(
    "constants of every front above: largest share of a loss that scipy's least squares still takes away",
    goal="<= 1e-6",
)
def optimum(run: Run) -> tuple[float, bool, str]:
    found = _ours(run)
    falls = {name: answer.more["fall"] for name, answer in found.items() if "fall" in answer.more}
    loose = [name for name, fall in falls.items() if fall > TOLERANCE]
    count = sum(answer.more.get("constants", 0) for answer in found.values())
    worst = max(falls.values(), default=0.0)
    return (
        worst,
        not loose and bool(falls),
        f"{count} constants on {len(falls)} fronts; off: {', '.join(loose) or 'none'}",
    )


@row("CPU seconds of every fit above beyond the budget: the largest", goal="10 % + 0.5 s")
def budgets(run: Run) -> tuple[float, bool, str]:
    limit = _seconds(run.quick)
    found = _ours(run)
    over = [name for name, answer in found.items() if answer.cpu > 1.1 * limit + 0.5]
    return (
        max(a.cpu for a in found.values()) - limit,
        not over,
        f"{len(found)} fits of {limit:g} s; over: {', '.join(over) or 'none'}",
    )


def _ours(run: Run) -> dict[str, Answer]:
    seconds = _seconds(run.quick)
    noise_free = answers("ours", _sample(run.quick), seconds, 0.0)
    return {**noise_free, **{f"{n} (noise)": a for n, a in answers("ours", _noisy(run.quick), seconds, 0.01).items()}}
