"""How faithful rules are: to the truth, to the model that they speak for, and whether they say anything at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.checks import counted
from induce.errors import DataError

__all__ = ["MOST_EXACT", "Fidelity", "covers_everything", "measure_fidelity", "vacuous_rules"]

MOST_EXACT = 20
"""Concepts up to which it is decided exactly whether rules cover every case."""
SAMPLES = 1 << 16
"""Cases that are drawn where there are more."""


@dataclass(frozen=True)
class Fidelity:
    """What exported rules are worth; every export carries it.

    Parameters
    ----------
    measured_on : str
        Which rows, such as ``"5 folds of 569 rows"``.
    rows : int
    model_score : float
        Accuracy of the model (R2 for numbers).
    rules_score : float
        The same of the crisp rules alone.
    agreement : float
        Share of the rows on which rules and model give the same answer (R2 of the rules' answers about the model's).
    coverage : float
        Share of the rows on which some rule besides the default holds.
    rules, literals : int
    vacuous : tuple of str
        Rules that decide nothing, and classes whose rules hold in every case; each with its reason.
    score_name : str
        "accuracy" or "R2".
    notes : tuple of str
    """

    measured_on: str
    rows: int
    model_score: float
    rules_score: float
    agreement: float
    coverage: float
    rules: int
    literals: int
    vacuous: tuple[str, ...] = ()
    score_name: str = "accuracy"
    notes: tuple[str, ...] = ()

    def lines(self) -> tuple[str, ...]:
        """Text, a fact a line."""
        name = self.score_name
        return (
            f"{name} of the model {self.model_score:.3f}, of the rules alone {self.rules_score:.3f} ({self.measured_on})",
            f"agreement of rules and model {self.agreement:.3f}, coverage {self.coverage:.3f}",
            f"{counted(self.rules, 'rule')}, {counted(self.literals, 'condition')}",
            *(f"vacuous: {what}" for what in self.vacuous),
            *self.notes,
        )

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    def to_json(self) -> str:
        """The same as text."""
        return json.dumps(self.to_dict(), indent=2)

    def to_html(self) -> str:
        """A list."""
        return "<ul class='fidelity'>" + "".join(f"<li>{escape(line)}</li>" for line in self.lines()) + "</ul>"

    def _repr_html_(self) -> str:
        return self.to_html()

    @staticmethod
    def from_dict(document: dict[str, Any]) -> Fidelity:
        """The inverse of :meth:`to_dict`."""
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in document.items()}
        return Fidelity(**values)


def measure_fidelity(
    *,
    truth: NDArray[Any],
    model: NDArray[Any],
    rules: NDArray[Any],
    fires: NDArray[np.bool_],
    literals: int,
    measured_on: str,
    vacuous: Sequence[str] = (),
    weight: NDArray[np.float64] | None = None,
    numbers: bool = False,
    notes: Sequence[str] = (),
) -> Fidelity:
    """Compare answers of a model and of rules with the truth and with each other.

    Parameters
    ----------
    truth, model, rules : arrays of shape (rows,)
        Class codes or labels; numbers with ``numbers=True``.
    fires : array of shape (rules, rows)
    literals : int
    measured_on : str
    vacuous, notes : sequences of str
    weight : array of shape (rows,), optional

    Raises
    ------
    DataError
        If the lengths differ.

    >>> print(measure_fidelity(truth=np.array([0, 1, 1]), model=np.array([0, 1, 1]), rules=np.array([0, 1, 0]),
    ...     fires=np.array([[False, True, False]]), literals=2, measured_on="3 rows").lines()[0])
    accuracy of the model 1.000, of the rules alone 0.667 (3 rows)
    """
    rows = len(truth)
    if not len(model) == len(rules) == fires.shape[1] == rows:
        raise DataError(
            f"fidelity compares answers row by row, but got {rows} true ones, {len(model)} of the model, {len(rules)} of the "
            f"rules, and rules that hold on {fires.shape[1]} rows. Give one of each a row."
        )
    weight = np.ones(rows) if weight is None else weight

    def score(answers: NDArray[Any], wanted: NDArray[Any]) -> float:
        if not numbers:
            return float(np.average(answers == wanted, weights=weight))
        mean = np.average(wanted, weights=weight)
        spread = float(np.average((wanted - mean) ** 2, weights=weight))
        missed = float(np.average((answers - wanted) ** 2, weights=weight))
        return 1 - missed / spread if spread > 0 else float(missed == 0)

    return Fidelity(
        measured_on,
        rows,
        score(model, truth),
        score(rules, truth),
        score(rules, model),
        float(np.average(fires.any(axis=0), weights=weight)) if len(fires) else 0.0,
        len(fires),
        literals,
        tuple(vacuous),
        "R2" if numbers else "accuracy",
        tuple(notes),
    )


def vacuous_rules(fires: NDArray[np.bool_], changes: NDArray[np.bool_], names: Sequence[str]) -> tuple[str, ...]:
    """Rules that hold on every row or on none, or without which no answer changes.

    Parameters
    ----------
    fires : array of shape (rules, rows)
    changes : array of shape (rules,)
        Whether any row is answered otherwise when the rule is left out.
    names : sequence of str
        What each rule is called.
    """
    found = []
    for k, name in enumerate(names):
        if not fires[k].any():
            found.append(f"{name} holds on no row")
        elif fires[k].all():
            found.append(f"{name} holds on every row")
        elif not changes[k]:
            found.append(f"{name} changes no answer")
    return tuple(found)


def covers_everything(signs: NDArray[np.int8], seed: int = 0) -> tuple[bool, bool]:
    """Whether conjunctions over truth values hold in every case, one or another of them: a tautology.

    Parameters
    ----------
    signs : array of shape (rules, concepts)
        1 where a rule asks for the concept, -1 where it asks for its absence, 0 where it does not ask.
    seed : int
        Of the cases drawn where there are more than ``MOST_EXACT`` concepts in the rules.

    Returns
    -------
    (covers, exact)

    >>> covers_everything(np.array([[1, 0], [-1, 1], [-1, -1]], dtype=np.int8))
    (True, True)
    """
    if not len(signs):
        return False, True
    used = signs[:, (signs != 0).any(axis=0)]
    concepts = used.shape[1]
    exact = concepts <= MOST_EXACT
    if exact:
        cases = (np.arange(1 << concepts)[:, None] >> np.arange(concepts) & 1).astype(bool)
    else:
        cases = np.random.default_rng(seed).random((SAMPLES, concepts)) < 0.5
    for rule in used:
        asked = rule != 0
        cases = cases[(cases[:, asked] != (rule[asked] > 0)).any(axis=1)]
        if not len(cases):
            return True, exact
    return False, exact
