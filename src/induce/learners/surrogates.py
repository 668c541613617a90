"""Unknown parts of a formula as smooth functions, fitted together: what each part is, before it is known as a formula.

A formula ``y = S(x, f, g, ...)`` with unknown functions of some of the columns is fitted by Gauss-Newton over all parts at
once. A part is either *smooth*, a sum of products of Chebyshev polynomials with free coefficients, or *written*, a program
with free constants.

Sources: T. Hastie and R. Tibshirani (1986), Generalized Additive Models; P. Craven and G. Wahba (1979), Smoothing Noisy Data
with Spline Functions (the choice of the degree by generalised cross-validation).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from induce.algebras import kernels as K
from induce.algebras.evaluate import evaluate_many, jacobian_many
from induce.learners.composing import put_in
from induce.learners.forms import Part, combine
from induce.terms.codes import FIRST_VARIABLE

__all__ = ["Joint", "Smooth", "Written", "feature_count", "features", "smoothed"]

Array = NDArray[np.float64]
DEGREES = {
    1: (1, 2, 4, 7, 11, 16),
    2: (1, 2, 3, 5, 7, 9),
    3: (1, 2, 3, 4, 5, 6),
    4: (1, 1, 2, 3, 4, 4),
    5: (1, 1, 2, 2, 3, 3),
}
"""Total degree of the polynomials for so many columns, by level."""
FEW = (1, 1, 1, 2, 2, 2)
"""The same for more columns."""
LEVELS = 6
STEPS = 40
HALVINGS = 8


def features(columns: Array, level: int) -> Array:
    """Products of Chebyshev polynomials of the columns, each scaled to [-1, 1], up to a total degree; shape (rows, features)."""
    count, rows = columns.shape
    degree = DEGREES.get(count, FEW)[level]
    low, high = columns.min(axis=1, keepdims=True), columns.max(axis=1, keepdims=True)
    z = (2.0 * columns - low - high) / np.where(high > low, high - low, 1.0)
    waves = np.cos(
        np.arange(degree + 1)[:, None, None] * np.arccos(np.clip(z, -1.0, 1.0))
    )  # (degree + 1, columns, rows)
    found = [np.ones(rows)]
    for total in range(1, degree + 1):
        for members in itertools.combinations_with_replacement(range(count), total):
            found.append(np.prod([waves[members.count(c), c] for c in sorted(set(members))], axis=0))
    return np.array(found).T


def feature_count(columns: int, level: int) -> int:
    """How many features there are, without making them."""
    degree = DEGREES.get(columns, FEW)[level]
    return math.comb(columns + degree, degree)


@dataclass(eq=False)
class Smooth:
    """A part as a sum of features.

    ``basis`` : array (rows, features); ``numbers`` : their coefficients.
    """

    basis: Array
    numbers: Array

    def values(self, columns: Array) -> Array:
        """The part on the rows of the basis."""
        return np.asarray(self.basis @ self.numbers)

    def slopes(self, columns: Array) -> Array:
        """Derivatives by the coefficients, shape (rows, coefficients)."""
        return self.basis


@dataclass(eq=False)
class Written:
    """A part as a program whose free numbers are fitted."""

    part: Part
    numbers: Array

    @staticmethod
    def of(part: Part) -> Written:
        """With the numbers that the program carries."""
        return Written(part, np.array([v for v, free in zip(part[1], part[2], strict=True) if free]))

    @property
    def fitted(self) -> Part:
        """The program with its present numbers."""
        rest = iter(self.numbers.tolist())
        return self.part[0], [next(rest) if free else v for v, free in zip(*self.part[1:], strict=True)], self.part[2]

    def values(self, columns: Array) -> Array:
        """The part on the rows of the columns."""
        return np.asarray(evaluate_many(combine([self.fitted]), columns)[0])

    def slopes(self, columns: Array) -> Array:
        """Derivatives by the free numbers, shape (rows, numbers)."""
        _, slopes = jacobian_many(combine([self.fitted]), columns)
        return np.asarray(slopes[np.array(self.part[2], bool)].T)


@dataclass(frozen=True, eq=False)
class Joint:
    """A formula with unknown parts, on some rows.

    Parameters
    ----------
    whole : Part
        The formula; columns past the data's own stand for the unknown parts.
    columns : array (columns, rows)
    target, weights : arrays (rows,)
        The weights add up to the number of rows.
    """

    whole: Part
    columns: Array
    target: Array
    weights: Array

    def value(self, parts: Sequence[Array], constants: Array) -> Array:
        """The formula with the given values of its parts and of its own free numbers."""
        filled = Written(self.whole, constants).fitted
        return np.asarray(evaluate_many(combine([filled]), np.vstack([self.columns, *parts]))[0])

    def work(self, numbers: int) -> float:
        """About what one fit of so many numbers costs, in node-points."""
        return min(STEPS * 0.5 * len(self.target) * (numbers + 10.0) ** 2 / 30.0, 4e7)

    @np.errstate(all="ignore")
    def fit(self, parts: Mapping[str, Smooth | Written], constants: Array) -> tuple[float, Array]:
        """Least squares over the numbers of all parts, in place, and over the formula's own; Gauss-Newton with halved steps.

        Returns
        -------
        (mean square error, the formula's own numbers)
        """
        root = np.sqrt(self.weights)
        members = list(parts.values())
        loss = self._loss(members, constants)
        for _ in range(STEPS):
            design, residual = self._linearised(members, constants, root)
            size = np.maximum(np.sqrt((design * design).mean(axis=0)), 1e-150)
            design = design / size
            if not np.all(np.isfinite(residual)) or not np.all(np.isfinite(design)):
                break
            step = np.linalg.lstsq(design, residual, rcond=1e-10)[0] / size
            before = [m.numbers.copy() for m in members], constants.copy()
            found = loss
            for halving in range(HALVINGS):
                constants = self._moved(members, before, step * 0.5**halving)
                found = self._loss(members, constants)
                if found < loss:
                    break
            else:
                constants = self._moved(members, before, np.zeros_like(step))
                break
            done = found > loss * (1.0 - 1e-6)
            loss = found
            if done:
                break
        return loss, constants

    def _linearised(self, members: list[Smooth | Written], constants: Array, root: Array) -> tuple[Array, Array]:
        """Derivatives of the formula by all numbers, and what it leaves, both weighted."""
        values = [m.values(self.columns) for m in members]
        # an added zero stands beside every unknown part: its slope is the derivative by the part
        first = FIRST_VARIABLE + len(self.columns)
        zero = {first + k: ([first + k, -1, K.ADD], [0.0], [True]) for k in range(len(members))}
        filled = Written(self.whole, constants).fitted
        opened = put_in((filled[0], filled[1], [False] * len(filled[1])), zero)
        table = np.vstack([self.columns, *values])
        by_part = jacobian_many(combine([opened]), table)[1][np.array(opened[2], bool)]
        order = [c - first for c in self.whole[0] if c >= first]
        slopes = dict(zip(order, by_part, strict=True))
        blocks = [slopes[k][:, None] * member.slopes(self.columns) for k, member in enumerate(members)]
        if len(constants):
            own = jacobian_many(combine([filled]), table)[1]
            blocks.append(own[np.array(self.whole[2], bool)].T)
        residual = self.target - self.value(values, constants)
        return np.hstack(blocks) * root[:, None], residual * root

    @staticmethod
    def _moved(members: list[Smooth | Written], before: tuple[list[Array], Array], step: Array) -> Array:
        at = 0
        for member, old in zip(members, before[0], strict=True):
            member.numbers = old + step[at : at + len(old)]
            at += len(old)
        return np.asarray(before[1] + step[at:])

    def _loss(self, members: list[Smooth | Written], constants: Array) -> float:
        rest = self.target - self.value([m.values(self.columns) for m in members], constants)
        loss = float(np.mean(self.weights * rest * rest))
        return loss if np.isfinite(loss) else np.inf


def smoothed(
    joint: Joint, leaves: Mapping[str, Array], constants: Array
) -> Generator[float, None, tuple[dict[str, Smooth], Array, float]]:
    """All parts as smooth functions, of the degree that generalised cross-validation likes best.

    Yields the work of every step, in node-points.

    Parameters
    ----------
    leaves : mapping of part to array (columns of that part, rows)
    constants : array
        The formula's own free numbers to begin from.

    Returns
    -------
    (parts, the formula's own numbers, the mean square error to be expected on other rows)
    """
    rows = len(joint.target)
    best: tuple[float, dict[str, Smooth], Array] | None = None
    parts: dict[str, Smooth] = {}
    for level in range(LEVELS):
        count = sum(feature_count(len(columns), level) for columns in leaves.values())
        if level and count > 0.5 * rows:
            break
        bases = {name: features(columns, level) for name, columns in leaves.items()}
        if not parts:
            parts, constants, loss = yield from _started(joint, bases, constants)
        else:
            # lower degrees come first among the features, so the fit before is where this one starts
            parts = {n: Smooth(b, _projected(b, parts[n].values(joint.columns))) for n, b in bases.items()}
            loss, constants = joint.fit(parts, constants)
            yield joint.work(count)
        expected = loss / max(1.0 - (count + len(constants)) / rows, 1e-3) ** 2
        if best is None or expected < best[0]:
            best = (expected, {n: Smooth(p.basis, p.numbers.copy()) for n, p in parts.items()}, constants.copy())
    assert best is not None
    return best[1], best[2], best[0]


def _projected(basis: Array, values: Array) -> Array:
    return np.asarray(np.linalg.lstsq(basis, values, rcond=1e-12)[0])


def _started(
    joint: Joint, bases: Mapping[str, Array], constants: Array
) -> Generator[float, None, tuple[dict[str, Smooth], Array, float]]:
    """The best of a few first guesses: parts that are constant, near 1, 0, -1 or the size of the target."""
    size = float(np.abs(joint.target).mean())
    best: tuple[float, dict[str, Smooth], Array] | None = None
    for guess in (1.0, 0.1, -1.0, size, -size):
        made = {}
        for name, basis in bases.items():
            numbers = np.zeros(basis.shape[1])
            numbers[0] = guess
            made[name] = Smooth(basis, numbers)
        loss, found = joint.fit(made, constants.copy())
        yield joint.work(sum(basis.shape[1] for basis in bases.values()))
        if best is None or loss < best[0]:
            best = (loss, made, found)
    assert best is not None
    return best[1], best[2], best[0]
