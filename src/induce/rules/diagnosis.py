"""Diagnosis: which labels must be revised so that the rules hold again, the likeliest revision first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError
from induce.logic.hitting_sets import elements_of, mask_of, minimal_hitting_sets
from induce.rules.ground_rules import GroundRules, read_rules
from induce.settings import check_whole
from induce.terms.term import Term

__all__ = ["Diagnosis", "Revision", "diagnose", "revise"]

Array = NDArray[Any]
_LEAST = 1e-7
_NEVER = -100.0
"""Stands for the logarithm of 0: it may be multiplied by 0, and its exponential is far below every rounding."""
_CELLS = 1 << 20
"""Numbers at once, so that they stay in the cache."""


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """One least set of labels whose revision makes the rules hold.

    Parameters
    ----------
    revised : tuple of str
        The labels that are revised.
    assignment : array of bool, shape (labels,)
        All labels after the revision.
    likelihood : float
        Share of this diagnosis in the likelihood of all of them; they sum to 1.
    resolved : float
        Degree of conflict before, minus after, summed over the rules.
    broken : tuple of Term
        The rules that the assignment broke.
    conflicts : tuple of tuple of str
        The least sets of labels that cannot all be right; every diagnosis meets each of them.
    """

    revised: tuple[str, ...]
    assignment: Array
    likelihood: float
    resolved: float
    broken: tuple[Term, ...]
    conflicts: tuple[tuple[str, ...], ...]

    def __repr__(self) -> str:
        return f"Diagnosis(revise {', '.join(self.revised) or 'nothing'}; likelihood {self.likelihood:.3f})"


@dataclass(frozen=True, eq=False)
class Revision:
    """The best diagnosis of many rows at once.

    Parameters
    ----------
    assignment : array of bool, shape (rows, labels)
        Labels after the best revision; a row that breaks no rule stays as it is.
    likelihood : array, shape (rows,)
        Share of the best diagnosis in the likelihood of all minimal ones; 1 where there is only one.
    count : array of int, shape (rows,)
        Number of minimal diagnoses; more than one is an ambiguous row.
    changed : array of bool, shape (rows,)
    """

    assignment: Array
    likelihood: Array
    count: Array
    changed: Array


def diagnose(
    assignment: Any, degrees: Any, rules: Any, *, atoms: Sequence[Any] | None = None, limit: int | None = None
) -> list[Diagnosis]:
    """All minimal diagnoses of one assignment, the likeliest first.

    A diagnosis ``D`` is a least set of labels such that some revision of them, and of nothing else, satisfies the rules: a
    minimal hitting set of the conflicts. With the confidence ``c_v`` in the assigned value of each label, its likelihood is
    ``prod_D (1 - c_v) * prod_rest c_v`` times the share of the conflict degrees, ``1 - truth`` of each rule under the product
    t-norm, that the revision resolves.

    Parameters
    ----------
    assignment : array of bool, shape (labels,)
    degrees : array, shape (labels,)
        Degree of truth of each label, between 0 and 1.
    rules : Hierarchy, Term or str
        Constraints, certain rules and facts without variables; see :func:`induce.rules.ground_rules.read_rules`.
    atoms : sequence, optional
        Names of the columns, where they are not the nodes of a hierarchy or the atoms in the order of the rules.
    limit : int, optional
        As many diagnoses as are wanted.

    Raises
    ------
    DataError, FillError, RuleError, LimitError
        For shapes that do not agree, labels that are neither true nor false, degrees outside of [0, 1], rules that no assignment satisfies, and rules that allow too many assignments.

    References
    ----------
    R. Reiter (1987), A Theory of Diagnosis from First Principles. C. Liang et al. (2023), Logic-induced Diagnostic Reasoning
    for Semi-supervised Semantic Segmentation.

    >>> rules = ":- cat, not animal. :- dog, not animal. :- cat, dog."
    >>> diagnose([1, 1, 1], [0.9, 0.8, 0.3], rules, atoms=["cat", "animal", "dog"])
    [Diagnosis(revise dog; likelihood 0.939), Diagnosis(revise cat; likelihood 0.061)]
    """
    if limit is not None:
        check_whole("limit", limit, hint="Leave it out for all.")
    ground = read_rules(rules, atoms)
    values, truth = _rows(assignment, degrees, len(ground.atoms))
    if len(values) != 1:
        raise DataError(f"diagnose takes one assignment, but got {len(values)}. Use revise for many rows at once.")
    worlds = _worlds(ground)
    minimal = _minimal(values, worlds)[0]
    score, resolved = _scores(ground, values, truth, worlds[minimal])
    shares = np.exp(score[0] - score[0].max())
    shares /= shares.sum()
    changes = values != worlds[minimal]
    conflicts = minimal_hitting_sets(mask_of(np.flatnonzero(row)) for row in changes) if changes.any() else []
    named = tuple(tuple(ground.atoms[k] for k in elements_of(mask)) for mask in conflicts)
    broken = tuple(ground.statements[k] for k in np.flatnonzero(ground.broken(values)[0]))
    order = np.lexsort((changes.sum(1), -shares))[:limit]
    return [
        Diagnosis(
            tuple(ground.atoms[k] for k in np.flatnonzero(changes[d])),
            worlds[minimal][d],
            float(shares[d]),
            float(resolved[0, d]),
            broken,
            named,
        )
        for d in order
    ]


def revise(assignments: Any, degrees: Any, rules: Any, *, atoms: Sequence[Any] | None = None) -> Revision:
    """The likeliest minimal diagnosis of every row, each different pattern of labels diagnosed once.

    Parameters
    ----------
    assignments : array of bool, shape (rows, labels)
    degrees : array, shape (rows, labels)
    rules, atoms
        As for :func:`diagnose`.

    >>> found = revise([[1, 1, 1], [1, 1, 0]], [[0.9, 0.8, 0.3], [0.9, 0.8, 0.3]], ":- cat, not animal. :- cat, dog.",
    ...                atoms=["cat", "animal", "dog"])
    >>> found.assignment.astype(int).tolist(), found.count.tolist()
    ([[1, 1, 0], [1, 1, 0]], [2, 1])
    """
    ground = read_rules(rules, atoms)
    values, truth = _rows(assignments, degrees, len(ground.atoms))
    found, likelihood = values.copy(), np.ones(len(values))
    count = np.ones(len(values), dtype=np.int64)
    wrong = np.flatnonzero(ground.broken(values).any(1))
    if len(wrong):
        worlds = _worlds(ground)
        packed = np.packbits(values[wrong], axis=1)
        _, first, pattern = np.unique(packed, axis=0, return_index=True, return_inverse=True)
        minimal = _minimal(values[wrong[first]], worlds)
        pattern = pattern.reshape(-1)
        step = max(1, _CELLS // (len(worlds) * max(len(ground.atoms), len(ground.statements))))
        for begin in range(0, len(wrong), step):
            rows, kinds = wrong[begin : begin + step], pattern[begin : begin + step]
            score, _ = _scores(ground, values[rows], truth[rows], worlds)
            score = np.where(minimal[kinds], score, -np.inf)
            best = score.argmax(1)
            found[rows] = worlds[best]
            likelihood[rows] = 1 / np.exp(score - score.max(1, keepdims=True)).sum(1)
            count[rows] = minimal[kinds].sum(1)
    changed = np.zeros(len(values), dtype=bool)
    changed[wrong] = True
    return Revision(found, likelihood, count, changed)


def _rows(assignment: Any, degrees: Any, labels: int) -> tuple[Array, Array]:
    """Assignments and degrees as rows, checked."""
    values = np.atleast_2d(np.asarray(assignment))
    try:
        truth = np.atleast_2d(np.asarray(degrees, dtype=np.float64))
    except (TypeError, ValueError) as error:
        raise DataError(f"degrees must be numbers between 0 and 1, but {error}. Pass one for each label.") from error
    if values.shape != truth.shape or values.ndim != 2 or values.shape[1] != labels:
        raise DataError(
            f"the rules have {labels} labels, but the assignment has shape {np.shape(assignment)} and the degrees "
            f"{np.shape(degrees)}. Give one value a label to each, in the order of the labels."
        )
    if truth.size and not (truth.min() >= 0 and truth.max() <= 1):
        raise DataError(
            f"degrees must lie between 0 and 1, but they reach from {truth.min():g} to {truth.max():g}. "
            "Pass probabilities, not logits."
        )
    wrong = np.argwhere((values != 0) & (values != 1))
    if len(wrong):
        row, place = wrong[0].tolist()
        raise DataError(
            f"the assignment has {values[row].tolist()[place]!r} in row {row}, column {place}, but labels are true or false. "
            "Pass the assignment first and the degrees second, such as degrees > 0.5 and degrees."
        )
    return values.astype(bool), truth


def _worlds(ground: GroundRules) -> Array:
    if not len(ground.worlds):
        raise DataError("no assignment satisfies the rules, so nothing can be diagnosed. Remove a rule.")
    return ground.worlds


def _minimal(patterns: Array, worlds: Array) -> Array:
    """For each pattern the worlds whose difference from it contains no other world's: shape (patterns, worlds) of bool."""
    found = np.empty((len(patterns), len(worlds)), dtype=bool)
    step = _CELLS // len(worlds) ** 2
    if not step:  # too many worlds to compare all with all
        for row, pattern in enumerate(patterns):
            found[row] = _least(worlds != pattern)
        return found
    for begin in range(0, len(patterns), step):
        changes = (worlds != patterns[begin : begin + step, None]).astype(np.float32)
        beyond = changes @ (1 - changes).swapaxes(1, 2)  # what one changes and the other does not
        found[begin : begin + step] = (beyond == 0).sum(1) == 1  # only the world itself
    return found


def _least(changes: Array) -> Array:
    """Which rows of truth values contain no other row."""
    alive, kept = np.ones(len(changes), dtype=bool), np.zeros(len(changes), dtype=bool)
    for place in np.argsort(changes.sum(1), kind="stable"):
        if alive[place]:
            kept[place] = True
            alive &= (changes[place] & ~changes).any(1)  # drop it and all that contain it
    return kept


def _scores(ground: GroundRules, values: Array, truth: Array, worlds: Array) -> tuple[Array, Array]:
    """Logarithm of the likelihood of moving each row to each world, and the conflict resolved: shape (rows, worlds)."""
    kept = np.clip(truth, _LEAST, 1 - _LEAST)
    true, false = np.log(kept), np.log1p(-kept)
    fit = true @ worlds.T + false @ ~worlds.T
    before = ground.conflict_degrees(true.T, false.T).sum(0)
    holds = worlds.T[:, None]
    moved = holds != values.T[:, :, None]  # shape (atoms, rows, worlds): what is revised is certain
    revised = [
        np.where(moved, np.where(side, 0.0, _NEVER), logs.T[:, :, None]).reshape(len(ground.atoms), -1)
        for side, logs in ((holds, true), (~holds, false))
    ]
    after = ground.conflict_degrees(revised[0], revised[1]).sum(0).reshape(moved.shape[1:])
    resolved = before[:, None] - after
    share = np.clip(resolved / np.maximum(before[:, None], _LEAST), _LEAST, 1)
    return fit + np.log(share), resolved
