"""Kernels of a tree search over partial terms: selection, completion at random, backup, and double Q-learning.

A partial term is a sequence of tokens from the root down, right arguments before left ones; read backwards it is postfix code.
Its *slots* are the arguments still missing, the next one on top of a stack: a row each of
(forbidden operators, parent token, sibling token, is right argument, unit known, unit...).
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from induce.algebras import kernels as K
from induce.learners.chance import below, normal, uniform
from induce.learners.tokens import CONSTANT, OPERATOR

__all__ = ["DEPTHS", "back_up", "explore", "learn"]

DEPTHS = 4
"""Numbers of open slots that the Q tables tell apart."""
_MASK, _PARENT, _SIBLING, _RIGHT, _KNOWN, _UNIT = range(6)
_LEAVES, _UNARY = 0.3, 0.55
"""Share of leaves, and of leaves and unary operators, that a completion draws where it may."""
_CONSTANTS = 0.4
"""Share of drawn constants that are kept: fewer constants, more columns."""


@numba.njit(cache=True, nogil=True)
def _may(tokens: Any, slot: Any, t: int, spent: int, top: int, limit: int, pure: bool) -> bool:
    """Whether a token may fill the slot so that the term can still be closed within the limit."""
    if spent + tokens.cost[t] + top - 1 + tokens.arity[t] > limit:
        return False
    if tokens.inside[t] & slot[_MASK]:
        return False
    parent = slot[_PARENT]
    if tokens.role[t] == CONSTANT:
        # a number alone below a function, or beside a number, is a number; at the root it is what the affine map adds
        if parent < 0 or tokens.arity[parent] == 1 or (slot[_SIBLING] >= 0 and tokens.role[slot[_SIBLING]] == CONSTANT):
            return False
    if parent >= 0 and tokens.undone[t] == parent:
        return False
    if slot[_KNOWN]:
        code = tokens.codes[t, 0]
        number = tokens.role[t] == OPERATOR and tokens.arity[t] == 1 and _pure_argument(code)
        for k in range(tokens.unit.shape[1]):
            here = slot[_UNIT + k]
            if tokens.role[t] == CONSTANT and pure and here != 0:
                return False
            if tokens.known[t] and tokens.unit[t, k] != here:
                return False
            if number and here != 0:
                return False
    return True


@numba.njit(cache=True, nogil=True)
def _pure_argument(code: int) -> bool:
    """Whether a function takes, and gives, pure numbers."""
    return code >= K.EXP and code <= K.SIGMOID


@numba.njit(cache=True, nogil=True)
def _demand(code: int, slot: Any, out: Any) -> None:
    """The unit that the arguments of an operator must have, given the unit of the whole, where that decides it."""
    width = len(slot) - _UNIT
    out[_KNOWN] = slot[_KNOWN]
    for k in range(width):
        u = slot[_UNIT + k]
        if code == K.SQRT:
            u = 2 * u
        elif code == K.CBRT:
            u = 3 * u
        elif code == K.SQUARE:
            u = u // 2
        elif code == K.CUBE:
            u = u // 3
        elif code == K.INVERSE:
            u = -u
        out[_UNIT + k] = u
    if _pure_argument(code):
        out[_KNOWN] = 1
        for k in range(width):
            out[_UNIT + k] = 0
    elif code == K.MUL or code == K.DIV or code == K.POW or code == K.SIGN or code < 0:
        out[_KNOWN] = 0


@numba.njit(cache=True, nogil=True)
def _place(tokens: Any, slots: Any, top: int, t: int) -> int:
    """Fill the top slot with a token; returns the slots then open."""
    s = top - 1
    if slots[s, _RIGHT]:
        slots[s - 1, _SIBLING] = t
    arity = tokens.arity[t]
    if arity == 0:
        return s
    mask = slots[s, _MASK] | tokens.under[t]
    code = np.int64(tokens.codes[t, 0]) if tokens.role[t] == OPERATOR else np.int64(-1)
    _demand(code, slots[s], slots[s + 1])
    slots[s, _KNOWN:] = slots[s + 1, _KNOWN:]
    for k in range(arity):
        slots[s + k, _MASK], slots[s + k, _PARENT], slots[s + k, _SIBLING] = mask, t, -1
        slots[s + k, _RIGHT] = k
    return s + arity


@numba.njit(cache=True, nogil=True)
def _state(slot: Any, top: int, tokens: int) -> int:
    """Place of a partial term in the Q tables: parent, sibling, and open slots."""
    return ((slot[_PARENT] + 1) * (tokens + 1) + slot[_SIBLING] + 1) * DEPTHS + min(top, DEPTHS) - 1


@numba.njit(cache=True, nogil=True)
def _draw(rng: Any, tokens: Any, slot: Any, spent: int, top: int, limit: int, pure: bool) -> int:
    """A random token that may fill the slot, or -1."""
    for _ in range(8):
        kind = uniform(rng)
        arity = 0 if kind < _LEAVES else (1 if kind < _UNARY else 2)
        if tokens.counts[arity] == 0:
            continue
        t = tokens.members[arity, below(rng, tokens.counts[arity])]
        if tokens.role[t] == CONSTANT and uniform(rng) > _CONSTANTS:
            continue
        if _may(tokens, slot, t, spent, top, limit, pure):
            return t
    found, seen = -1, 0
    for arity in range(3):
        for m in range(tokens.counts[arity]):
            t = tokens.members[arity, m]
            if _may(tokens, slot, t, spent, top, limit, pure):
                seen += 1
                if below(rng, seen) == 0:
                    found = t
    return found


@numba.njit(cache=True, nogil=True)
def _complete(
    rng: Any, tokens: Any, slots: Any, top: int, spent: int, limit: int, pure: bool, tables: Any, greed: float,
    sequence: Any, states: Any, length: int,
) -> int:  # fmt: skip
    """Fill all slots at random; of two tokens drawn the one of higher value is taken with probability ``greed``."""
    count = len(tokens.arity)
    while top > 0:
        slot = slots[top - 1]
        state = _state(slot, top, count)
        t = _draw(rng, tokens, slot, spent, top, limit, pure)
        if t >= 0 and uniform(rng) < greed:
            other = _draw(rng, tokens, slot, spent, top, limit, pure)
            if tables[0, state, other] + tables[1, state, other] > tables[0, state, t] + tables[1, state, t]:
                t = other
        if t < 0 or length >= len(sequence):
            return -1
        sequence[length], states[length] = t, state
        length += 1
        spent += tokens.cost[t]
        top = _place(tokens, slots, top, t)
    return length


@numba.njit(cache=True, nogil=True)
def _write(rng: Any, tokens: Any, sequence: Any, length: int, codes: Any, numbers: Any) -> int:
    """A sequence of tokens as postfix code; returns its length."""
    at = 0
    for i in range(length - 1, -1, -1):
        t = sequence[i]
        for k in range(tokens.lengths[t]):
            codes[at] = tokens.codes[t, k]
            number = tokens.numbers[t, k]
            numbers[at] = number if number == number else normal(rng)
            at += 1
    return at


@numba.njit(cache=True, nogil=True)
def _widen(
    rng: Any, tokens: Any, tree: Any, node: int, slot: Any, spent: int, top: int, limit: int, pure: bool, values: Any, learned: bool
) -> int:  # fmt: skip
    """The token of a new child: the untried one of highest value, or any; -1 if all were tried."""
    children = tree[0]
    found, seen, highest = -1, 0, -np.inf
    for arity in range(3):
        for m in range(tokens.counts[arity]):
            t = tokens.members[arity, m]
            if children[node, t] >= 0 or not _may(tokens, slot, t, spent, top, limit, pure):
                continue
            seen += 1
            if learned:
                value = values[0, t] + values[1, t] + 0.1 * uniform(rng)
                if value > highest:
                    found, highest = t, value
            elif below(rng, seen) == 0:
                found = t
    return found


@numba.njit(cache=True, nogil=True)
def _promising(children: Any, visits: Any, best: Any, closed: Any, node: int, curiosity: float) -> int:
    """The child of largest upper confidence bound around the best reward below it; -1 if all are closed."""
    found, highest = -1, -np.inf
    logs = np.log(visits[node] + 1.0)
    for t in range(children.shape[1]):
        child = children[node, t]
        if child >= 0 and not closed[child]:
            bound = best[child] + curiosity * np.sqrt(logs / (visits[child] + 1.0))
            if bound > highest:
                found, highest = t, bound
    return found


@numba.njit(cache=True, nogil=True)
def _descend(
    rng: Any, tokens: Any, tree: Any, tables: Any, setting: Any, slots: Any, sequence: Any, states: Any
) -> Any:
    """From the root to a new leaf: (node, tokens so far, nodes spent, slots open); node -1 where all is closed."""
    children, visits, best, closed, above, size = tree
    limit, pure, curiosity, learned = setting
    node, length, spent, top = 0, 0, 0, 1
    while True:
        visits[node] += 1
        if top == 0:
            closed[node] = True
            return node, length, spent, top
        slot = slots[top - 1]
        state = _state(slot, top, len(tokens.arity))
        made = 0
        for t in range(children.shape[1]):
            made += children[node, t] >= 0
        chosen, fresh = -1, False
        if made < 1.0 + 1.5 * np.sqrt(visits[node]) and size[0] < len(visits):
            chosen = _widen(rng, tokens, tree, node, slot, spent, top, limit, pure, tables[:, state], learned)
            fresh = chosen >= 0
        if chosen < 0:
            chosen = _promising(children, visits, best, closed, node, curiosity)
        if chosen < 0 and size[0] < len(visits):
            chosen = _widen(rng, tokens, tree, node, slot, spent, top, limit, pure, tables[:, state], learned)
            fresh = chosen >= 0
        if chosen < 0:
            closed[node] = True
            return -1, length, spent, top
        if fresh:
            children[node, chosen] = size[0]
            above[size[0]] = node
            size[0] += 1
        node = children[node, chosen]
        sequence[length], states[length] = chosen, state
        length += 1
        spent += tokens.cost[chosen]
        top = _place(tokens, slots, top, chosen)
        if fresh:
            visits[node] += 1
            closed[node] = top == 0
            return node, length, spent, top


@numba.njit(cache=True, nogil=True)
def explore(rng: Any, tokens: Any, tree: Any, tables: Any, setting: Any, root: Any, out: Any) -> int:
    """Select leaves of the tree and complete each at random; returns how many terms were written.

    Parameters
    ----------
    rng : array (1,), uint64
    tree : (children, visits, best, closed, above, size)
        Arrays of the nodes; ``size`` holds their number.
    tables : array (2, states, tokens)
        Values of the double Q-learning.
    setting : (largest size, pure constants, curiosity, double Q-learning, completions of a leaf, spread of sizes, greed)
    root : array (5 + base units,)
        The slot of the whole term.
    out : (sequences, states, steps, leaves, codes, numbers, lengths)
        Rows to be written.
    """
    sequences, states, steps, leaves, codes, numbers, lengths = out
    largest, pure, curiosity, learned, completions, spread, greed = setting
    width = sequences.shape[1]
    slots, open_slots = np.zeros((width + 3, len(root)), np.int64), np.zeros((width + 3, len(root)), np.int64)
    rows = 0
    for _ in range(len(lengths) // completions):
        slots[0] = root
        row = sequences[rows], states[rows]
        node, length, spent, top = _descend(
            rng, tokens, tree, tables, (largest, pure, curiosity, learned), slots, row[0], row[1]
        )
        if node < 0:
            continue
        for c in range(completions if top > 0 else 1):
            if c > 0:
                sequences[rows, :length], states[rows, :length] = row[0][:length], row[1][:length]
            open_slots[:top] = slots[:top]
            limit = min(largest, spent + top + below(rng, spread))
            full = _complete(
                rng, tokens, open_slots, top, spent, limit, pure, tables, greed, sequences[rows], states[rows], length
            )
            if full < 0:
                continue
            steps[rows], leaves[rows] = full, node
            lengths[rows] = _write(rng, tokens, sequences[rows], full, codes[rows], numbers[rows])
            rows += 1
    return rows


@numba.njit(cache=True, nogil=True)
def back_up(leaves: Any, rewards: Any, best: Any, above: Any) -> None:
    """Every node on the way to the root keeps the largest reward seen below it."""
    for r in range(len(rewards)):
        node = leaves[r]
        while node >= 0:
            best[node] = max(best[node], rewards[r])
            node = above[node]


@numba.njit(cache=True, nogil=True)
def learn(rng: Any, sequences: Any, states: Any, steps: Any, rewards: Any, tables: Any, rate: float) -> None:
    """Double Q-learning: one table says which token is best, the other what it is worth.

    ``Q_a(s, t) += rate (Q_b(s', argmax Q_a(s', .)) - Q_a(s, t))``, and the reward in place of the value at the last token.
    """
    for r in range(len(rewards)):
        own = 1 if uniform(rng) < 0.5 else 0
        aim = rewards[r]
        for i in range(steps[r] - 1, -1, -1):
            state, t = states[r, i], sequences[r, i]
            if i < steps[r] - 1:
                after = states[r, i + 1]
                aim = tables[1 - own, after, np.argmax(tables[own, after])]
            tables[own, state, t] += rate * (aim - tables[own, state, t])
