"""Rules that speak for a concept model: distilled from its answers, measured against it, and turned into counterfactuals."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.explain.fidelity import MOST_EXACT, Fidelity, covers_everything, measure_fidelity, vacuous_rules
from induce.learners.rules.literals import AT_MOST, EQUAL, MORE, rows_where
from induce.logic.hitting_sets import elements_of, mask_of, minimal_hitting_sets
from induce.mixed import NUMBER, Column, MixedTable
from induce.rules.conditions import Condition
from induce.rules.decisions import FIRST, Decisions
from induce.rules.searching import Problem, Settings, search

__all__ = ["distilled_rules", "measure_concept_rules", "resampled", "smallest_flip", "tautologies"]

Array = NDArray[Any]

STRICT = (0.3, 1.0)
"""Charge of a literal and penalty: a model's answers are many and certain, so one strictness serves."""
UNEXPLAINED = (0.75, 0.6)
"""Agreement, and agreement beyond chance (Cohen's kappa), below which rules are said not to explain the model."""
EXPLAINED = 0.9
"""Agreement above which rules stand for the model, whatever is inside it."""


def resampled(rows: Array, count: int, rng: np.random.Generator, share: float = 0.15) -> Array:
    """Rows near the given ones: each entry is taken, with probability ``share``, from another row of its column.

    Parameters
    ----------
    rows : array of shape (rows, columns)
    count : int
    rng : Generator
    share : float
    """
    own = rows[rng.integers(len(rows), size=count)]
    other = rows[rng.integers(len(rows), size=own.shape), np.arange(rows.shape[1])]
    return np.asarray(np.where(rng.random(own.shape) < share, other, own))


def distilled_rules(
    table: MixedTable, answers: Array, classes: tuple[Any, ...], weight: Array, most: int, longest: int, seed: int
) -> Decisions:
    """The list of rules that answers as a model does; for two classes rules for the second one and a default.

    Parameters
    ----------
    table : MixedTable
        The concepts as the model sees them.
    answers : int array of shape (rows,)
        The model's class codes.
    classes : tuple
    weight : array of shape (rows,)
    most, longest : int
        Most rules, and most literals of a rule.
    seed : int

    References
    ----------
    M. Craven, J. Shavlik (1996), Extracting Tree-Structured Representations of Trained Networks.
    """
    settings = Settings(most, longest, decide=FIRST, only=1 if len(classes) == 2 else None, seed=seed)
    codes = np.unique(answers)
    if len(codes) < 2 or not table.columns:
        shares = np.bincount(answers, weight, minlength=len(classes))[None] / weight.sum()
        return Decisions(table.head(), (), shares, classes, FIRST)
    return search(Problem(table, answers, classes, weight).gathered(), settings, strictness=STRICT).decisions


def measure_concept_rules(
    decisions: Decisions,
    table: MixedTable,
    model: Array,
    truth: Array,
    on: str,
    own: Sequence[tuple[str, Array]] = (),
    notes: Sequence[str] = (),
) -> Fidelity:
    """Accuracy of the model, of the rules alone, and their agreement.

    Parameters
    ----------
    decisions : Decisions
    table : MixedTable
        Concepts as the model sees them.
    model, truth : int arrays of shape (rows,)
        Class codes.
    on : str
        Which rows these are.
    own : sequence of (class, signs)
        Rules that the model itself uses for a class, of shape (rules, concepts).
    notes : sequence of str
    """
    fires = decisions.fires(table)
    answers = decisions.scores_of(fires).argmax(axis=1)
    changes = np.array(
        [
            (decisions.without([k]).scores_of(np.delete(fires, k, axis=0)).argmax(axis=1) != answers).any()
            for k in range(len(decisions))
        ],
        dtype=bool,
    )
    found = list(vacuous_rules(fires, changes, [f"rule {k + 1} ({decisions.text(k)})" for k in range(len(decisions))]))
    agreement = float((answers == model).mean())
    beyond = _beyond_chance(answers, model, len(decisions.classes))
    if agreement < UNEXPLAINED[0] or beyond < UNEXPLAINED[1]:
        found.append(
            f"the rules agree with the model on {agreement:.0%} of the rows only, {beyond:.0%} of what chance leaves "
            "(Cohen's kappa), so they do not explain it"
        )
    inside: list[str] = []
    sampled = False
    for whose, groups in (("its rules", tautologies(decisions)), ("the model's own rules for it", own)):
        for name, signs in groups:
            covers, exact = covers_everything(np.asarray(signs, dtype=np.int8))
            sampled = sampled or not exact
            if covers:
                (inside if groups is own else found).append(
                    f"class {name}: {whose} hold in every case, so they exclude nothing"
                )
    if (
        agreement < EXPLAINED
    ):  # a model whose inner rules exclude nothing may yet be one that the exported rules explain
        found, inside = [*found, *inside], []
    more = (
        [f"more than {MOST_EXACT} concepts: whether rules hold in every case was decided by sampling"]
        if sampled
        else []
    )
    return measure_fidelity(
        truth=truth, model=model, rules=answers, fires=fires, literals=decisions.literals, measured_on=on,
        vacuous=found, notes=[*notes, *inside, *more],
    )  # fmt: skip


def _beyond_chance(one: Array, other: Array, classes: int) -> float:
    """Cohen's kappa: agreement in units of what answers drawn with the same frequencies leave to be agreed on.

    Source: J. Cohen (1960), A Coefficient of Agreement for Nominal Scales. 0.6 is where J. Landis and G. Koch (1977) begin to
    call agreement substantial.
    """
    chance = float(
        (np.bincount(one, minlength=classes) / len(one) * np.bincount(other, minlength=classes) / len(one)).sum()
    )
    agreement = float((one == other).mean())
    return (agreement - chance) / (1 - chance) if chance < 1 else agreement


def tautologies(decisions: Decisions) -> list[tuple[str, Array]]:
    """The rules of each class as signs over their different literals: candidates for a tautology.

    Further rows stand for what cannot be, above a threshold and not above a lower one of the same column. Beyond ``MOST_EXACT``
    literals, where cases are drawn, they are left out, as nearly all cases would be such.
    """
    heads = decisions.heads()
    found = []
    for code, label in enumerate(decisions.classes):
        mine = [rule for rule, head in zip(decisions.rules, heads, strict=False) if head == code]
        used = {(c, value if test in (AT_MOST, MORE) else 0.0) for rule in mine for c, test, value in rule}
        atoms = {atom: k for k, atom in enumerate(sorted(used))}
        signs = np.zeros((len(mine), len(atoms)), dtype=np.int8)
        for k, rule in enumerate(mine):
            for column, test, value in rule:
                if test in (AT_MOST, MORE):
                    signs[k, atoms[column, value]] = 1 if test == MORE else -1
                else:
                    signs[k, atoms[column, 0.0]] = 1 if (test == EQUAL) == (value == 1.0) else -1
        places = [k for k, (low, high) in enumerate(pairwise(atoms)) if low[0] == high[0]]
        never = np.zeros((len(places), len(atoms)), dtype=np.int8)
        never[range(len(places)), places] = -1
        never[range(len(places)), [k + 1 for k in places]] = 1
        if len(mine):
            found.append((f"'{label}'", signs if len(atoms) > MOST_EXACT else np.concatenate([signs, never])))
    return found


# -------------------------------------------------------------------- counterfactuals


def smallest_flip(decisions: Decisions, row: MixedTable, target: int) -> dict[str, Any] | None:
    """The fewest concepts whose change makes the rules answer a class, and what they are changed to.

    The concepts that must change are a least hitting set: each conflict is a set of concepts that cannot all stay as they are.
    Conflicts are found where they are needed: a hitting set whose concepts, changed in every possible way, do not reach the
    class, leaves a conflict among the rest (implicit hitting sets). Exact.

    Parameters
    ----------
    decisions : Decisions
    row : MixedTable
        One row.
    target : int
        Code of the class.

    Returns
    -------
    dict of concept to value, or None where no change reaches the class

    References
    ----------
    A. Ignatiev, N. Narodytska, N. Asher, J. Marques-Silva (2020), From Contrastive to Abductive Explanations and Back Again.
    E. Moreno-Centeno, R. Karp (2013), The Implicit Hitting Set Approach to Solve Combinatorial Optimization Problems.
    """
    cells = _cells(decisions, row)
    used = list(cells)

    def reached(places: Sequence[int]) -> dict[str, Any] | None:
        return _reach(decisions, row, {used[k]: cells[used[k]] for k in places}, target)

    if reached(range(len(used))) is None:
        return None
    conflicts: list[int] = []
    while True:
        chosen = elements_of(minimal_hitting_sets(conflicts, limit=1)[0])
        found = reached(chosen)
        if found is not None:
            return found
        free = list(chosen)
        for k in range(len(used)):  # as many as may change in vain; the rest is the conflict
            if k not in free and reached([*free, k]) is None:
                free.append(k)
        conflicts.append(mask_of(set(range(len(used))) - set(free)))


def _cells(decisions: Decisions, row: MixedTable) -> dict[int, Array]:
    """Of each concept in the rules the values that the rules tell apart, other than the row's own."""
    cuts: dict[int, set[float]] = {}
    for rule in decisions.rules:
        for asked, test, value in rule:
            cuts.setdefault(asked, set()).update([value] if test in (AT_MOST, MORE) else [])
    found = {}
    for place in sorted(cuts):
        column = row.columns[place]
        now = float(column.values[0])
        if column.kind != NUMBER:
            found[place] = np.array([1.0 - now])
            continue
        edges = np.array(sorted(cuts[place]))
        step = float(np.diff(edges).max(initial=0.0)) or max(abs(float(edges[0])) * 0.1, 0.1)
        inside = np.concatenate([[edges[0] - step / 10], (edges[:-1] + edges[1:]) / 2, [edges[-1] + step / 10]])
        found[place] = np.delete(inside, int(np.searchsorted(edges, now, side="left")))
    return found


def _reach(decisions: Decisions, row: MixedTable, cells: dict[int, Array], target: int) -> dict[str, Any] | None:
    """A change within these concepts that makes the list answer the class, if there is one."""
    values = {
        place: np.concatenate([row.columns[place].values[:1], cells.get(place, np.zeros(0))])
        for rule in decisions.rules
        for place, _, _ in rule
    }

    def holds(condition: Condition) -> Array:
        column = row.columns[condition[0]]
        return rows_where(Column(column.name, column.kind, values[condition[0]], column.labels), *condition[1:])

    heads = decisions.heads()
    masks = [[(condition[0], holds(condition)) for condition in rule] for rule in decisions.rules]
    for k in np.flatnonzero(heads == target).tolist():
        domain = {place: np.ones(len(v), dtype=bool) for place, v in values.items()}
        for place, mask in masks[k] if k < len(masks) else ():
            domain[place] = domain[place] & mask
        earlier = [masks[j] for j in range(min(k, len(masks))) if heads[j] != target]
        found = _broken(earlier, domain) if all(d.any() for d in domain.values()) else None
        if found is not None:
            picked = {place: int(mask.argmax()) for place, mask in found.items()}  # 0, its own value, where it may stay
            return {
                row.columns[p].name: float(values[p][c]) if row.columns[p].kind == NUMBER else bool(values[p][c])
                for p, c in picked.items()
                if c
            }
    return None


def _broken(rules: list[list[tuple[int, Array]]], domain: dict[int, Array]) -> dict[int, Array] | None:
    """The domain narrowed until none of the rules holds anywhere in it, by backtracking over their literals."""
    standing = [rule for rule in rules if all((domain[place] & mask).any() for place, mask in rule)]
    if not standing:
        return domain
    for place, mask in standing[0]:
        left = domain[place] & ~mask
        if left.any():
            found = _broken(standing[1:], domain | {place: left})
            if found is not None:
                return found
    return None
