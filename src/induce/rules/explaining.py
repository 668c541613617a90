"""Why a row is answered so: rules that hold, conditions that are close to their threshold, and the flip that changes the answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.learners.rules.literals import AT_MOST, EQUAL, MORE, OTHER
from induce.mixed import NUMBER, TRUTH, Column, MixedTable
from induce.rules.conditions import Condition, condition_text, number_text
from induce.rules.decisions import FIRST, Decisions

__all__ = ["Explanation", "Flip", "explain_row"]


@dataclass(frozen=True)
class Flip:
    """A change of one entry that changes the answer.

    Parameters
    ----------
    column : str
    entry, instead : str
        What the entry is, and what it would have to be.
    answer : object
        What the answer would be.
    distance : float
        The change in standard deviations of the column; 1 for another category, infinite where an entry comes or goes.
    """

    column: str
    entry: str
    instead: str
    answer: Any
    distance: float

    def __str__(self) -> str:
        return f"{self.column} {self.instead} instead of {self.entry} would make it {self.answer}"


@dataclass(frozen=True)
class Explanation:
    """Why one row is answered so.

    Parameters
    ----------
    answer : object
    probability : float or None
        Of the answer; None for a number.
    fired : tuple of (rule number from 1, text, what it says)
        The default is the last.
    closest : tuple of (condition, holds, distance)
        All conditions on numbers, nearest to its threshold first, in standard deviations of the column.
    flip : Flip or None
        The smallest change of one entry that changes the answer; None where there is none, and for a number.
    """

    answer: Any
    probability: float | None
    fired: tuple[tuple[int, str, str], ...]
    closest: tuple[tuple[str, bool, float], ...]
    flip: Flip | None

    def __str__(self) -> str:
        sure = "" if self.probability is None else f" ({self.probability:.2f})"
        lines = [
            f"{self.answer}{sure}",
            *(f"  {_numbered(k, text)}: {said} because {text}" for k, text, said in self.fired),
        ]
        if self.closest:
            text, holds, distance = self.closest[0]
            state = "holds" if holds else "does not hold"
            lines.append(f"  closest condition: {text} {state}, {distance:.2f} standard deviations from flipping")
        if self.probability is not None:  # every number is another answer
            lines.append(f"  {self.flip}" if self.flip else "  no change of a single entry changes the answer")
        return "\n".join(lines)

    def to_html(self) -> str:
        """A self-contained block: what fired, a bar a condition for how near it is, and the flip."""
        rows = "".join(
            f"<tr><td>{_numbered(k, text)}</td><td>{escape(said)}</td><td style='text-align:left'>{escape(text)}</td></tr>"
            for k, text, said in self.fired
        )
        bars = ""
        for text, holds, distance in self.closest[:8]:
            width = round(160 * min(distance, 2.0) / 2.0, 1)
            bars += (
                f"<tr><td style='text-align:left'>{escape(text)}</td><td>{'holds' if holds else 'does not hold'}</td><td>"
                f"<svg width='170' height='12' role='img' aria-label='{distance:.2f} standard deviations from flipping'>"
                f"<rect x='0' y='2' width='{width}' height='8' fill='{'#2b6' if holds else '#c63'}'/></svg></td></tr>"
            )
        sure = "" if self.probability is None else f" ({self.probability:.2f})"
        flip = escape(str(self.flip)) if self.flip else "no change of a single entry changes the answer"
        flip = "" if self.probability is None else f"<p>{flip}</p>"
        return (
            f"<div class='induce'><p><strong>{escape(str(self.answer))}</strong>{sure}</p>"
            f"<table><thead><tr><th>rule</th><th>says</th><th>because</th></tr></thead><tbody>{rows}</tbody></table>"
            f"<table><thead><tr><th>condition</th><th></th><th>distance from flipping</th></tr></thead><tbody>{bars}</tbody></table>"
            f"{flip}</div>"
        )

    def _repr_html_(self) -> str:
        return self.to_html()


def _numbered(rule: int, text: str) -> str:
    return "default" if text in ("always", "otherwise") else f"rule {rule}"


def said_text(decisions: Decisions, rule: int) -> str:
    """What a rule says in words: ``malignant +23``, ``malignant``, ``+1.5`` or ``1.5``."""
    points = decisions.points[rule]
    if not decisions.classes:
        return f"{points[0]:.4g}" if decisions.decide == FIRST or rule == len(decisions) else f"{points[0]:+.4g}"
    if decisions.decide == FIRST:
        return str(decisions.classes[int(points.argmax())])
    order = np.argsort(-points, kind="stable")
    return ", ".join(f"{decisions.classes[k]} +{int(points[k])}" for k in order if points[k] > 0) or "0"


def explain_row(decisions: Decisions, row: MixedTable, spreads: NDArray[np.float64]) -> Explanation:
    """Explain the first row of a table.

    Parameters
    ----------
    decisions : Decisions
    row : MixedTable
    spreads : array of shape (columns,)
        Standard deviations of the columns.
    """
    one = row.take(np.array([0]))
    fires = decisions.fires(one)[:, 0]
    answer, probability = _answer(decisions, one)
    if decisions.decide == FIRST:
        deciding = int(decisions.deciding(fires[:, None])[0])
        said = [deciding]
    else:
        said = [*(int(k) for k in np.flatnonzero(fires)), len(decisions)]
    fired = tuple((k + 1, decisions.text(k), said_text(decisions, k)) for k in said)
    near = []
    for place, test, value in dict.fromkeys(c for rule in decisions.rules for c in rule):
        column = one.columns[place]
        entry = float(column.values[0])
        if column.kind == NUMBER and test in (AT_MOST, MORE) and entry == entry:
            holds = entry <= value if test == AT_MOST else entry > value
            near.append(
                (
                    condition_text((place, test, value), decisions.table),
                    bool(holds),
                    abs(entry - value) / spreads[place],
                )
            )
    near.sort(key=lambda item: item[2])
    return Explanation(answer, probability, fired, tuple(near), _flip(decisions, one, spreads, answer))


def _answer(decisions: Decisions, row: MixedTable) -> tuple[Any, float | None]:
    if not decisions.classes:
        return float(decisions.scores(row)[0, 0]), None
    code = int(decisions.codes(row)[0])
    label = decisions.classes[code]
    return label.item() if isinstance(label, np.generic) else label, float(decisions.probabilities(row)[0, code])


def _flip(decisions: Decisions, row: MixedTable, spreads: NDArray[np.float64], answer: Any) -> Flip | None:
    """The nearest change of one entry after which the answer is another: all cells between the thresholds are tried."""
    if not decisions.classes:
        return None
    best: Flip | None = None
    asked: dict[int, list[Condition]] = {}
    for rule in decisions.rules:
        for condition in rule:
            asked.setdefault(condition[0], []).append(condition)
    for place, conditions in asked.items():
        column = row.columns[place]
        entries, texts, distances = _others(column, conditions, float(spreads[place]), decisions)
        if not len(entries):
            continue
        tried = row.take(np.zeros(len(entries), dtype=np.intp))
        columns = list(tried.columns)
        columns[place] = Column(column.name, column.kind, entries, column.labels)
        codes = decisions.codes(replace(row, columns=tuple(columns)))
        for k in np.argsort(distances, kind="stable"):
            label = decisions.classes[int(codes[k])]
            if label != answer and (best is None or distances[k] < best.distance):
                entry = column.values[0]
                shown = "a missing entry" if entry != entry else _shown(column, float(entry))
                best = Flip(
                    column.name,
                    shown,
                    texts[k],
                    label.item() if isinstance(label, np.generic) else label,
                    float(distances[k]),
                )
                break
    return best


def _shown(column: Column, entry: float) -> str:
    if column.kind == NUMBER:
        return number_text(entry)
    if column.kind == TRUTH:
        return "true" if entry == 1.0 else "false"
    return str(column.labels[int(entry)]) if int(entry) < len(column.labels) else "another category"


def _others(
    column: Column, conditions: list[Condition], spread: float, decisions: Decisions
) -> tuple[NDArray[np.float64], list[str], NDArray[np.float64]]:
    """Entries that a column may have instead, one a cell: how they are said, and how far they are."""
    entry = float(column.values[0])
    absent = entry != entry
    entries: list[float] = []
    texts: list[str] = []
    if column.kind != NUMBER:
        codes = [float(k) for k in range(len(column.labels)) if float(k) != entry]
        asked = {value for _, test, value in conditions if test in (EQUAL, OTHER)}
        others = [c for c in codes if c not in asked]
        entries = [c for c in codes if c in asked] + others[:1]  # one stands for all that no rule names
        texts = [_shown(column, c) for c in entries]
        distances = [np.inf if absent else 1.0] * len(entries)
    else:
        thresholds = sorted({value for _, test, value in conditions if test in (AT_MOST, MORE)})
        for threshold in thresholds or [0.0] * absent:
            if absent or entry <= threshold:
                entries.append(float(np.nextafter(threshold, np.inf)))
                texts.append(f"> {number_text(threshold)}")
            if absent or entry > threshold:
                entries.append(threshold)
                texts.append(f"<= {number_text(threshold)}")
        distances = [np.inf if absent else abs(e - entry) / spread for e in entries]
    if not absent:
        entries, texts, distances = [*entries, np.nan], [*texts, "missing"], [*distances, np.inf]
    return np.array(entries), texts, np.array(distances)
