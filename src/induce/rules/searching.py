"""From a table and a target to decisions: which learner runs, how strict it is, and what is measured on rows left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.learners.rules.conjunctions import Ground, Rule
from induce.learners.rules.gradient import relaxed_conjunctions
from induce.learners.rules.lists import fit_list
from induce.learners.rules.literals import Literals, candidate_literals, literals_of
from induce.learners.rules.losses import Squared
from induce.learners.rules.optimal import NODES, conjunctions_of, optimal_list
from induce.learners.rules.recurring import THRESHOLDS, recurring_conjunctions
from induce.learners.rules.votes import Pool, directed_weights, fit_votes
from induce.rules.decisions import FIRST, POINTS_PER_NAT, VOTES, Decisions
from induce.rules.problems import FOLDS, Problem, splits_of, strictest, temperature_of, worth_of_answers
from induce.rules.restrictions import Restrictions

__all__ = ["FOLDS", "Problem", "Searched", "Settings", "search"]

Float = NDArray[np.float64]

STRICTNESS = {
    VOTES: ((0.02, 1.0), (0.1, 0.3), (0.1, 3.0), (0.3, 1.0), (1.0, 0.1)),
    FIRST: ((0.1, 1.0), (0.3, 1.0), (1.0, 1.0)),
}
"""Charge of a literal in units of log(number of literals), and the ridge penalty, that are tried on rows left out."""
SHARES = ((0.002, 1.0), (0.005, 1.0), (0.02, 1.0))
"""The charge of a literal of an exact list, as a share of the weight of all rows."""
WORK, LEAST_NODES = 20_000_000_000, 200
"""Words of rows that a proof may look at, about half a minute, and prefixes that it opens at least."""
QUICK_NODES = 2_000
"""Prefixes that are opened for a list that only helps to choose the charge."""
ENOUGH = 20_000
"""Rows that rules are searched on; the weights are fitted on all."""


@dataclass(frozen=True)
class Settings:
    """How rules are searched; see :class:`~induce.rules.RuleClassifier`."""

    max_rules: int = 12
    max_literals: int = 4
    thresholds: int = 32
    decide: str = VOTES
    restrictions: Restrictions = field(default_factory=Restrictions)
    only: int | None = None
    seed: int = 0
    by: str = "auto"


@dataclass(frozen=True, eq=False)
class Searched:
    """What a search found.

    Parameters
    ----------
    decisions : Decisions
    held_out : array of shape (rows of the choice,), optional
        Answers on rows left out: class codes, or numbers; None where there were too few rows.
    held_out_rows : int array
        Which rows these were.
    strictness : tuple of float
    stopped : str
        Why the search ended early; empty when it did not.
    proof : str
        What is proved of an exact list.
    """

    decisions: Decisions
    held_out: NDArray[Any] | None
    held_out_rows: NDArray[np.intp]
    strictness: tuple[float, float]
    stopped: str = ""
    proof: str = ""


def search(
    problem: Problem,
    settings: Settings,
    over: Callable[[], str] = lambda: "",
    strictness: tuple[float, float] | None = None,
    *,
    bounded: bool = False,
) -> Searched:
    """Find decisions.

    How strict the search is, is chosen on rows left out; the chosen strictness then runs on all rows (or, beyond ``ENOUGH``,
    on a sample of them; weights are always fitted on all).

    Parameters
    ----------
    problem : Problem
    settings : Settings
    over : callable
        Why the search must end now, or an empty text.
    strictness : tuple of float, optional
        Charge and penalty, see ``STRICTNESS``; given, none is chosen, nothing is held out, and rules are exchanged once.
    bounded : bool
        Whether the search may end early. Rules of a middle strictness are then found first, so that there are some to return.
    """
    if strictness is not None:
        decisions, proof = _fit(_prepared(problem, settings, over), settings, strictness, over, sweeps=1)
        return Searched(decisions, None, np.arange(problem.table.rows), strictness, over(), proof)
    rng = np.random.default_rng(settings.seed)
    options = SHARES if settings.by == "exact" else STRICTNESS[settings.decide]
    folds, rows = splits_of(problem, rng)
    whole = early = None
    if bounded:
        whole = _prepared(problem, settings, over)
        early, _ = _fit(whole, settings, options[len(options) // 2], over, sweeps=0, nodes=QUICK_NODES)
    held_out, best, temperature = None, options[-1], 1.0  # few rows: the strictest
    if folds:
        answers = np.zeros((len(options), len(rows), max(1, len(problem.classes))))
        for left_in, left_out in folds:
            outside = problem.take(rows[left_out])
            inside = _prepared(problem.take(rows[left_in]), settings, over)
            for k, option in enumerate(options):
                made, _ = _fit(
                    inside, settings, option, over, sweeps=1 if len(problem.classes) < 5 else 0, nodes=QUICK_NODES
                )
                answers[k, left_out] = made.scores(outside.table)
        chosen = problem.take(rows)
        k = strictest(chosen, [worth_of_answers(chosen, a, settings.decide) for a in answers])
        best = options[k]
        temperature = temperature_of(chosen, answers[k]) if settings.decide == VOTES and problem.classes else 1.0
        held_out = answers[k].argmax(axis=1) if problem.classes else answers[k][:, 0]
    # exchanging costs as much as finding: many rules are exchanged once
    sweeps = 3 if len(problem.classes) < 5 else 1
    whole = _prepared(problem, settings, over) if whole is None else whole
    decisions, proof = _fit(whole, settings, best, over, sweeps=sweeps, temperature=temperature)
    if early is not None and over() and len(decisions.rules) < len(early.rules):
        return Searched(early, None, np.arange(problem.table.rows), options[len(options) // 2], over())
    return Searched(decisions, held_out, rows, best, over(), proof)


@dataclass(frozen=True, eq=False)
class _Prepared:
    """A problem with all literals counted: what fits of every strictness share.

    Parameters
    ----------
    problem, searched : Problem
        All rows, and those that rules are searched on.
    literals : Literals
    ground : Ground
    kept : tuple of Rule
    pool : Pool, optional
        The conjunctions that are tried, where not all are.
    """

    problem: Problem
    searched: Problem
    literals: Literals
    ground: Ground
    kept: tuple[Rule, ...]
    pool: Pool | None = None


def _most(problem: Problem, settings: Settings) -> int:
    """Most rules."""
    return settings.max_rules * (len(problem.classes) if len(problem.classes) > 4 else 1)


def _prepared(problem: Problem, settings: Settings, over: Callable[[], str]) -> _Prepared:
    table, searched = problem.table, problem
    if table.rows > ENOUGH:
        rng = np.random.default_rng(settings.seed)
        searched = problem.take(np.sort(rng.choice(table.rows, ENOUGH, replace=False)))
    literals, kept, always = _literals(searched, settings)
    allowed = settings.restrictions.allowed(literals, table)
    ground = Ground(
        literals.packed(searched.table), searched.table.rows, allowed, always, literals.opposites(searched.table)
    )
    pool = None
    how: dict[str, Any] = {
        "most": _most(problem, settings), "longest": settings.max_literals, "seed": settings.seed, "tick": lambda: not over(),
    }  # fmt: skip
    if settings.by == "gradient":
        pool = Pool(relaxed_conjunctions(ground, searched.loss(), **how))
    elif settings.by == "recurring":
        pool = Pool(
            recurring_conjunctions(ground, searched.loss(), searched.weight, literals.column, **how), in_order=True
        )
    return _Prepared(problem, searched, literals, ground, kept, pool)


def _fit(
    prepared: _Prepared,
    settings: Settings,
    strictness: tuple[float, float],
    over: Callable[[], str],
    *,
    sweeps: int,
    temperature: float = 1.0,
    nodes: int = NODES,
) -> tuple[Decisions, str]:
    """Decisions of one strictness, and what is proved of them."""
    problem, searched, literals, ground = prepared.problem, prepared.searched, prepared.literals, prepared.ground
    table, kept = problem.table, prepared.kept
    charge, shrink = strictness[0] * np.log(max(int(ground.allowed.sum()), 2)), strictness[1]
    common: dict[str, Any] = {
        "most": _most(problem, settings), "longest": settings.max_literals, "charge": charge, "sweeps": sweeps, "kept": kept,
        "tick": lambda: not over(),
    }  # fmt: skip
    if settings.decide == FIRST:
        found = fit_list(
            ground, searched.wide, searched.weight, numbers=not problem.classes, only=settings.only, **common
        )
        chosen, says, proof = found.rules, found.says, ""
        if settings.by == "exact":
            chosen, proof = _exact(searched, ground, settings, strictness[0], found.rules, nodes, over)
            says = np.zeros((len(chosen) + 1, max(1, len(problem.classes))))
        rules = _conditions(chosen, literals)
        return Decisions(table.head(), rules, _said(problem, rules, says), problem.classes, FIRST), proof
    directions = settings.restrictions.directions(literals, table)
    loss = searched.loss()
    votes = fit_votes(ground, loss, shrink=shrink, directions=directions, pool=prepared.pool, **common)
    rules = _conditions(votes.rules, literals)
    weights, default = votes.weights, votes.default
    made = Decisions(table.head(), rules, np.zeros((len(rules) + 1, 1)), problem.classes)
    if searched is not problem:
        fires = made.fires(table).T.astype(np.float64)
        loss = problem.loss()
        weights, default = directed_weights(fires, loss, votes, shrink, directions)
    if isinstance(loss, Squared):
        weights, default = loss.in_units(weights, default)
    return _rounded(made, weights, default, temperature, len(kept)), ""


def _exact(
    problem: Problem,
    ground: Ground,
    settings: Settings,
    share: float,
    start: tuple[Rule, ...],
    nodes: int,
    over: Callable[[], str],
) -> tuple[tuple[Rule, ...], str]:
    """The best list, and what is proved of it in words."""
    candidates, whole = conjunctions_of(ground, settings.max_literals)
    charge = share * float(problem.weight.sum())
    nodes = min(nodes, max(LEAST_NODES, WORK // max(1, len(candidates) * ground.words.shape[1])))
    found = optimal_list(
        ground, problem.target.astype(np.int64), len(problem.classes), problem.weight, candidates, most=settings.max_rules,
        charge=charge, start=start, nodes=nodes, only=settings.only, tick=lambda: not over(),
    )  # fmt: skip
    what = f"{len(candidates):,} conjunctions" + ("" if whole else " (the shortest; there are more)")
    costs = f"wrong rows and {share:.1%} of the rows a condition"
    if found.proved:
        return found.rules, f"no list over {what} costs less, in {costs} (proved; {found.opened:,} prefixes opened)"
    return (
        found.rules,
        f"not proved to be the best: it costs {found.cost:.4g}, and no list over {what} costs less than {found.bound:.4g}",
    )


def _literals(problem: Problem, settings: Settings) -> tuple[Literals, tuple[Rule, ...], Rule]:
    """All literals, the rules that are kept, and the literals of every rule."""
    table = problem.table
    most = min(settings.thresholds, THRESHOLDS) if settings.by == "recurring" else settings.thresholds
    found = candidate_literals(table, most, problem.weight)
    kept = settings.restrictions.kept_in(table)
    required = settings.restrictions.required_in(table)
    known = {found.one(k): k for k in range(len(found))}
    more = [c for c in dict.fromkeys([*required, *(c for rule in kept for c in rule)]) if c not in known]
    if more:
        extra = literals_of(more)
        known |= {c: len(found) + k for k, c in enumerate(more)}
        found = Literals(
            np.concatenate([found.column, extra.column]),
            np.concatenate([found.test, extra.test]),
            np.concatenate([found.value, extra.value]),
        )
    return (
        found,
        tuple(tuple(sorted(known[c] for c in rule)) for rule in kept),
        tuple(sorted(known[c] for c in required)),
    )


def _conditions(rules: Sequence[Rule], literals: Literals) -> tuple[tuple[tuple[int, int, float], ...], ...]:
    """Rules by what they ask, simplified: of two bounds of one side the tighter."""
    found = []
    for rule in rules:
        tight: dict[tuple[int, int], float] = {}
        others = []
        for column, test, value in (literals.one(k) for k in rule):
            if test in (0, 1):
                pick = min if test == 0 else max
                tight[column, test] = pick(tight.get((column, test), value), value)
            else:
                others.append((column, test, value))
        found.append(tuple(sorted([*((c, t, v) for (c, t), v in tight.items()), *others])))
    return tuple(found)


def _rounded(made: Decisions, weights: Float, default: Float, temperature: float, kept: int) -> Decisions:
    """Votes as whole points, none below zero; rules that are left without any are dropped, but for those that are kept."""
    raw = np.concatenate([weights, default[None]])
    if (
        not made.classes
    ):  # four digits of the largest rule are said, and the default, which may be far larger, as exactly
        largest = float(np.abs(weights).max(initial=0.0))
        return replace(made, points=np.round(raw, 4 - int(np.floor(np.log10(largest)))) if largest > 0 else raw)
    if len(made.classes) == 2:
        raw = np.concatenate([np.maximum(-raw, 0), np.maximum(raw, 0)], axis=1)
    points = np.round(POINTS_PER_NAT * temperature * raw)
    points = points - points.min(axis=1, keepdims=True)
    silent = [k for k in range(kept, len(made.rules)) if not points[k].any()]
    return replace(made, points=points).without(silent)


def _said(problem: Problem, rules: tuple[Any, ...], says: Float) -> Float:
    """What each rule of a list says, counted on all rows."""
    made = Decisions(problem.table.head(), rules, says, problem.classes, FIRST)
    deciding = made.deciding(made.fires(problem.table))
    if not problem.classes:
        sums = np.bincount(deciding, problem.weight * problem.target, minlength=len(says))
        counts = np.bincount(deciding, problem.weight, minlength=len(says))
        return np.where(counts > 0, sums / np.maximum(counts, 1e-12), says[:, 0])[:, None]
    counts = np.zeros_like(says)
    np.add.at(counts, deciding, problem.wide * problem.weight[:, None])
    shares = counts.sum(axis=0) / counts.sum()
    return np.asarray((counts + shares) / (counts.sum(axis=1, keepdims=True) + 1))
