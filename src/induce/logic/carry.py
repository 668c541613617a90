"""Sums of independent categorical variables: a carry automaton for one observed total, a convolution for all of them.

Let variable ``i`` take value ``v`` with probability ``p_iv`` and contribute the integer ``c_iv``. When the contributions
are ``offset + scale_i * digit`` and the scales form a divisibility chain ``m_0 | m_1 | ...`` (units, tens, hundreds), then
``P(sum = s)`` is a hidden Markov chain over the carries: at level ``j`` the digits of that scale and the carry from below
must leave the remainder that ``s`` has there. Cost: O(levels x carries x digits), whatever the size of the sum.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["CarryChain", "carry_chain"]

Float = NDArray[np.float64]
TINY = 1e-300


@dataclass(frozen=True, eq=False)
class CarryChain:
    """The plan of a sum.

    Parameters
    ----------
    offset : int
        Sum of the smallest contributions.
    scales : int64 array, shape (levels,)
        ``m_0 < m_1 < ...``, each a divisor of the next.
    level : int64 array, shape (variables,)
        Variables are sorted by level.
    order : int64 array, shape (variables,)
        Which variable stands at each place.
    digit : int64 array, shape (leaves,)
        ``(c - smallest c of the variable) / m_level`` for each leaf, in the order of ``order``.
    leaf : int64 array, shape (leaves,)
        Which leaf of the caller each entry is.
    start : int64 array, shape (variables + 1,)
        Where the entries of each variable begin.
    widest : int
        Largest local sum plus carry, plus one.
    carries : int
        Largest carry plus one.
    """

    offset: int
    scales: NDArray[np.int64]
    level: NDArray[np.int64]
    order: NDArray[np.int64]
    digit: NDArray[np.int64]
    leaf: NDArray[np.int64]
    start: NDArray[np.int64]
    widest: int
    carries: int

    @property
    def levels(self) -> int:
        """Number of scales."""
        return len(self.scales)

    @property
    def largest(self) -> int:
        """The largest total."""
        tops = np.maximum.reduceat(self.digit, self.start[:-1])
        return self.offset + int(sum(int(t) * int(self.scales[j]) for t, j in zip(tops, self.level, strict=True)))

    def log_probability(self, weights: Float, totals: NDArray[np.int64]) -> tuple[Float, Float]:
        """``log P(sum = total)`` and its gradient with respect to the weights.

        Parameters
        ----------
        weights : array, shape (leaves, batch)
            Probability of every value of every variable.
        totals : int64 array, shape (batch,)

        Returns
        -------
        value, gradient
            Shapes (batch,) and (leaves, batch). An impossible total has the value ``log(1e-300)`` and no gradient.

        >>> chain = carry_chain([[0, 1], [0, 1], [0, 10]])
        >>> value, _ = chain.log_probability(np.full((6, 1), 0.5), np.array([12]))
        >>> round(float(np.exp(value[0])), 4)
        0.125
        """
        weights = np.ascontiguousarray(weights, np.float64)
        value = np.empty(weights.shape[1])
        gradient = np.zeros_like(weights)
        _run(
            weights, np.asarray(totals, np.int64) - self.offset, self.scales, self.level, self.digit, self.leaf,
            self.start, self.widest, self.carries, value, gradient,
        )  # fmt: skip
        return value, gradient


def carry_chain(contributions: Sequence[Sequence[int]]) -> CarryChain | None:
    """The plan of a sum from what each value of each variable contributes, or None if the scales form no chain.

    Parameters
    ----------
    contributions : sequence over variables of sequences over values
        Integers. The leaves are numbered through in this order.
    """
    lowest = [min(c) for c in contributions]
    scales = []
    for values, low in zip(contributions, lowest, strict=True):
        scales.append(math.gcd(*(int(v) - int(low) for v in values)))
    distinct = sorted({s for s in scales if s}) or [1]
    if any(b % a for a, b in zip(distinct, distinct[1:], strict=False)) or distinct[-1] >= 2**62:
        return None
    place = {s: j for j, s in enumerate(distinct)}
    level = np.array([place.get(s, 0) for s in scales], np.int64)
    order = np.argsort(level, kind="stable")
    first = np.concatenate([[0], np.cumsum([len(c) for c in contributions])])
    digit, leaf, start = [], [], [0]
    for i in order:
        step = distinct[level[i]]
        digit += [(int(v) - int(lowest[i])) // step for v in contributions[i]]
        leaf += list(range(int(first[i]), int(first[i + 1])))
        start.append(len(digit))
    widest, carries, carry = 1, 1, 0
    for j, step in enumerate(distinct):
        top = carry + sum(
            (max(contributions[i]) - lowest[i]) // step for i in range(len(contributions)) if level[i] == j
        )
        widest = max(widest, int(top) + 1)
        carry = int(top) // (distinct[j + 1] // step) if j + 1 < len(distinct) else 0
        carries = max(carries, carry + 1)
    if widest > 1_000_000:
        return None
    return CarryChain(
        int(sum(int(v) for v in lowest)), np.array(distinct, np.int64), level[order], order.astype(np.int64),
        np.array(digit, np.int64), np.array(leaf, np.int64), np.array(start, np.int64), widest, carries,
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def _convolve(local: Any, width: int, digit: Any, weight: Any, out: Any) -> int:
    """``out = local * variable`` as distributions; returns the new width."""
    top = 0
    for k in range(len(digit)):
        top = max(top, digit[k])
    for s in range(width + top):
        out[s] = 0.0
    for k in range(len(digit)):
        w = weight[k]
        d = digit[k]
        for s in range(width):
            out[s + d] += local[s] * w
    return width + top


@numba.njit(cache=True, nogil=True)
def _run(
    weights: Any, totals: Any, scales: Any, level: Any, digit: Any, leaf: Any, start: Any, widest: int, carries: int,
    value: Any, gradient: Any,
) -> None:  # fmt: skip
    """Forward over the levels with scaled messages, backward for the gradient of the log."""
    variables, levels, batch = len(level), len(scales), weights.shape[1]
    # prefix[i]: distribution of the sum of the variables of i's level that stand before i
    prefix = np.zeros((variables + 1, widest))
    suffix = np.zeros((2, widest))
    width = np.zeros(variables + 1, np.int64)
    local = np.zeros((levels, widest))
    local_width = np.zeros(levels, np.int64)
    alpha = np.zeros((levels + 1, carries))
    scale = np.zeros(levels)
    beta = np.zeros((2, carries))
    outer = np.zeros(widest)
    w = np.zeros(len(digit))
    bases = np.ones(levels, np.int64)
    first = np.zeros(levels + 1, np.int64)
    for j in range(levels - 1):
        bases[j] = scales[j + 1] // scales[j]
    for i in range(variables):
        first[level[i] + 1] = i + 1
    for j in range(levels):
        first[j + 1] = max(first[j + 1], first[j])
    for b in range(batch):
        for e in range(len(digit)):
            w[e] = weights[leaf[e], b]
        total = totals[b]
        possible = total >= 0 and total % scales[0] == 0
        # local distributions of every level
        for j in range(levels):
            lo, hi = first[j], first[j + 1]
            if lo == hi:
                local[j, 0] = 1.0
                local_width[j] = 1
                continue
            prefix[lo, 0] = 1.0
            width[lo] = 1
            for i in range(lo, hi):
                target = prefix[i + 1] if i + 1 < hi else local[j]
                made = _convolve(
                    prefix[i], width[i], digit[start[i] : start[i + 1]], w[start[i] : start[i + 1]], target
                )
                if i + 1 < hi:
                    width[i + 1] = made
                else:
                    local_width[j] = made
        # forward: alpha[j, c] is proportional to the probability of carry c into level j and the remainders below
        alpha[0, :] = 0.0
        alpha[0, 0] = 1.0
        log = 0.0
        rest = total // scales[0]
        for j in range(levels):
            last = j == levels - 1
            remainder = rest if last else rest % bases[j]
            norm = 0.0
            alpha[j + 1, :] = 0.0
            for c in range(carries):
                if alpha[j, c] == 0.0:
                    continue
                if last:
                    t = remainder - c
                    if 0 <= t < local_width[j]:
                        alpha[j + 1, 0] += alpha[j, c] * local[j, t]
                else:
                    out = 0
                    t = remainder - c
                    while t < local_width[j] and out < carries:
                        if t >= 0:
                            alpha[j + 1, out] += alpha[j, c] * local[j, t]
                        t += bases[j]
                        out += 1
            for c in range(carries):
                norm += alpha[j + 1, c]
            if norm <= 0.0 or not possible:
                possible = False
                break
            scale[j] = norm
            log += np.log(norm)
            for c in range(carries):
                alpha[j + 1, c] /= norm
            if not last:
                rest //= bases[j]
        if not possible or log < -690.0 * (1 + levels):
            value[b] = np.log(TINY)
            continue
        value[b] = log
        # backward: beta[c] is d log P / d alpha[j + 1, c]
        now = 0
        beta[now, :] = 0.0
        beta[now, 0] = 1.0
        for j in range(levels - 1, -1, -1):
            last = j == levels - 1
            rest = total // scales[j]
            remainder = rest if last else rest % bases[j]
            outer[: local_width[j]] = 0.0
            other = 1 - now
            beta[other, :] = 0.0
            for c in range(carries):
                if alpha[j, c] == 0.0:
                    continue
                if last:
                    t = remainder - c
                    if 0 <= t < local_width[j]:
                        outer[t] += alpha[j, c] * beta[now, 0] / scale[j]
                        beta[other, c] += local[j, t] * beta[now, 0] / scale[j]
                else:
                    out = 0
                    t = remainder - c
                    while t < local_width[j] and out < carries:
                        if t >= 0:
                            outer[t] += alpha[j, c] * beta[now, out] / scale[j]
                            beta[other, c] += local[j, t] * beta[now, out] / scale[j]
                        t += bases[j]
                        out += 1
            now = other
            # from the level's distribution to its variables: prefix * suffix, never a division
            side = 0
            suffix[0, 0] = 1.0
            suffix_width = 1
            for i in range(first[j + 1] - 1, first[j] - 1, -1):
                for e in range(start[i], start[i + 1]):
                    total_gradient = 0.0
                    for s in range(width[i]):
                        if prefix[i, s] == 0.0:
                            continue
                        for u in range(suffix_width):
                            total_gradient += prefix[i, s] * suffix[side, u] * outer[s + u + digit[e]]
                    gradient[leaf[e], b] = total_gradient
                if i > first[j]:
                    suffix_width = _convolve(
                        suffix[side], suffix_width, digit[start[i] : start[i + 1]], w[start[i] : start[i + 1]],
                        suffix[1 - side],
                    )  # fmt: skip
                    side = 1 - side
