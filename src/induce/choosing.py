"""Choosing one row of a Pareto front, and saying why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from induce.errors import FillError, did_you_mean

if TYPE_CHECKING:
    from induce.fit import Row

__all__ = ["RULES", "choose", "describe", "misfit"]

RULES = ("description_length", "elbow", "loss", "validation")
SMALLEST = 1e-300
"""A variance that can be divided by."""


def describe(
    loss: float, size: int, constants: int, rows: int, floor: float, alphabet: int, noise: float | None = None
) -> float:
    """Description length of data given a formula, in nats.

    ``n/2 log(loss + sigma^2) + (size log(alphabet) + k/2 log n) n / (n - k' - 1)``: the last factor charges more where
    rows are few (the correction of Hurvich and Tsai 1989). There ``k' = k + (size - 1) / 2``, since a search that picks nodes
    adapts to the rows as one that fits numbers does.

    Parameters
    ----------
    loss : float
        Mean square error.
    size, constants, rows, alphabet : int
        Nodes, fitted constants k, rows n, and symbols a node can be.
    floor : float
        Smallest variance that means anything, in units of the squared target.
    noise : float, optional
        Standard deviation sigma of the noise, when it is known: the first part is then ``n/2 (loss / sigma^2 + log sigma^2)``,
        with ``sigma^2`` no less than the floor.

    References
    ----------
    J. Rissanen (1978), Modeling by Shortest Data Description.
    """
    stated = size * math.log(alphabet) + 0.5 * constants * math.log(max(rows, 2))
    return misfit(loss, rows, floor, noise) + stated * inflation(rows, constants, size)


def inflation(rows: int, constants: int, size: int) -> float:
    """By how much stating a formula costs more because the rows are few; 1 for many."""
    return rows / max(rows - constants - 0.5 * (size - 1) - 1.0, 0.5)


def misfit(loss: float, rows: int, floor: float, noise: float | None = None) -> float:
    """The first part of :func:`describe`: the length of what the formula leaves over."""
    if noise is None:
        return 0.5 * rows * math.log(loss + floor)
    variance = max(noise**2, floor, SMALLEST)
    return 0.5 * rows * (loss / variance + math.log(variance))


def choose(rows: Sequence[Row], by: str, noise: float | None = None, *, in_turn: bool = False) -> tuple[int, str]:
    """Place of the chosen row and a sentence why.

    Parameters
    ----------
    rows : sequence of Row
    by : str
        One of ``RULES``.
    noise : float, optional
        Standard deviation of the noise, when it is known: at the elbow, what is smaller than it counts for nothing.
    in_turn : bool
        Whether held-out errors come from rows left out in turn, numbers refitted, rather than from rows kept back.

    Raises
    ------
    FillError
        For an unknown rule, or validation without held-out rows.
    """
    if not rows:
        raise FillError("there is no candidate to choose from. Give a larger budget or more operators.")
    if by == "description_length":
        place = min(range(len(rows)), key=lambda i: rows[i].description_length)
        return place, (
            f"Chosen for the shortest description of formula and errors together ({rows[place].description_length:.1f} nats)"
            f"{_beside(rows, place)}."
        )
    if by == "loss":
        place = min(range(len(rows)), key=lambda i: rows[i].loss)
        return place, "Chosen for the smallest loss."
    if by == "validation":
        if any(row.held_out is None for row in rows):
            raise FillError(
                "choosing by validation needs held-out rows. Fit with select='validation' to keep some back."
            )
        place = min(range(len(rows)), key=lambda i: _finite(rows[i].held_out))
        how = "rows left out in turn, numbers refitted" if in_turn else "held-out rows"
        return place, f"Chosen for the smallest error on {how}."
    if by == "elbow":
        return _elbow(rows, noise)
    raise FillError(f"unknown selection rule '{by}'.{did_you_mean(by, RULES)} Known: {', '.join(RULES)}.")


def _finite(error: float | None) -> float:
    """An error that can be compared: what is not a number is no small one."""
    return error if error is not None and math.isfinite(error) else math.inf


def _beside(rows: Sequence[Row], place: int) -> str:
    """What the neighbours on the front would cost and bring, in words."""
    here, parts = rows[place], []
    if place > 0 and here.loss > 0.0:
        parts.append(
            f"the next smaller one ({rows[place - 1].size} nodes) has {rows[place - 1].loss / here.loss:.3g} times the squared error"
        )
    if place + 1 < len(rows) and here.loss > 0.0:
        gain = 100.0 * (1.0 - rows[place + 1].loss / here.loss)
        parts.append(f"the next larger one ({rows[place + 1].size} nodes) takes off {gain:.3g} % of it")
    return f": {', and '.join(parts)}" if parts else ""


def _elbow(rows: Sequence[Row], noise: float | None) -> tuple[int, str]:
    """The row with the steepest drop of log loss per node, among those within reach of the best loss."""
    floor = max(noise**2 if noise else 0.0, 1e-300)
    best = math.log(max(min(row.loss for row in rows), floor))
    place, steepest = 0, 0.0
    for i in range(1, len(rows)):
        drop = math.log(max(rows[i - 1].loss, floor)) - math.log(max(rows[i].loss, floor))
        slope = drop / max(rows[i].size - rows[i - 1].size, 1)
        near = math.log(max(rows[i].loss, floor)) <= best + 0.5 * abs(math.log(max(rows[0].loss, floor)) - best)
        if slope > steepest and near:
            place, steepest = i, slope
    return place, f"Chosen at the elbow: the loss falls most per added node there ({steepest:.2f} e-folds a node)."
