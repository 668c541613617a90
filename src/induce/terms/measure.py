"""Measures of terms: size, complexity, description length, distances."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from induce.errors import GrammarError
from induce.terms.op import BOUND, HOLE, LITERAL, VARIABLE
from induce.terms.term import Term

if TYPE_CHECKING:
    from induce.terms.grammar import Grammar

__all__ = ["complexity", "depth", "description_length", "literal_bits", "size", "tree_edit_distance", "value_distance"]


def size(term: Term) -> int:
    """Count the nodes."""
    return term.size


def depth(term: Term) -> int:
    """Count the levels; a leaf has depth 1."""
    return term.depth


def complexity(term: Term) -> float:
    """Sum the costs of the operators, each occurrence counted; leaves cost 1.

    >>> from induce.terms import arithmetic
    >>> complexity(arithmetic.parse("sin(x) + 1"))
    4.5
    """
    return term.fold(lambda node, args: sum(args) + (node.op.cost if node.op.notation.kind != "special" else 1.0))


def literal_bits(value: object) -> float:
    """Bits of a number written with its significant digits: sign, digits, exponent; of text, eight for each character.

    >>> literal_bits(3) < literal_bits(2.5) < literal_bits(2.718281828)
    True
    """
    if isinstance(value, bool):
        return 1.0
    if isinstance(value, int) and abs(value) >= 10**300:
        return 1.0 + value.bit_length() + 2 * math.log2(value.bit_length())
    if isinstance(value, (int, float)):
        if not math.isfinite(value) or value == 0:
            return 2.0
        digits, _, exponent = f"{float(value):.16e}".partition("e")
        shortest = repr(float(value)).lower().partition("e")[0].replace(".", "").replace("-", "").strip("0")
        count = max(1, min(len(shortest), len(digits)))
        place = int(exponent) - count + 1
        return 1.0 + count * math.log2(10) + 1 + 2 * math.log2(1 + abs(place))
    return 8.0 * len(str(value))


def description_length(term: Term, grammar: Grammar | None = None) -> float:
    """Bits to write the term down: a code for each node, and the digits of each literal.

    Parameters
    ----------
    term : Term
    grammar : Grammar, optional
        Gives the node codes, -log2 of the term's probability. By default each node costs log2 of the number of
        distinct operators and variables in the term plus one, so a term that repeats itself is cheaper.

    Raises
    ------
    GrammarError
        If the grammar cannot make the term.
    """
    if grammar is not None:
        logarithm = grammar.log_probability(term)
        if logarithm == -math.inf:
            raise GrammarError(f"the grammar cannot make '{term}', so it has no description length under it.")
        return -logarithm / math.log(2)
    symbols = {node if node.op in (VARIABLE, HOLE, BOUND) else node.op for node in term.postorder()}
    code = math.log2(1 + len(symbols))
    return term.fold(
        lambda node, args: math.fsum(args) + code + (literal_bits(node.payload) if node.op is LITERAL else 0.0)
    )


def _postorder_tree(term: Term) -> tuple[list[object], list[int], list[int]]:
    """Labels in postorder, the leftmost leaf below each node, and the key roots."""
    labels: list[object] = []
    leftmost: list[int] = []
    stack: list[tuple[Term, bool]] = [(term, False)]
    while stack:
        node, ready = stack.pop()
        if node.args and not ready:
            stack.append((node, True))
            stack.extend((a, False) for a in reversed(node.args))
            continue
        first = len(labels) + 1 - node.size
        labels.append(node if not node.args else (node.op, node.payload))
        leftmost.append(first)
    last = {left: place for place, left in enumerate(leftmost)}
    return labels, leftmost, sorted(last.values())


def tree_edit_distance(left: Term, right: Term) -> int:
    """The least number of nodes to insert, delete or relabel to turn one tree into the other; order matters.

    O(n^2 m^2) time for trees of n and m nodes in the worst case, O(n m min(depth, leaves)^2) in general (Zhang and
    Shasha, 1989, Simple fast algorithms for the editing distance between trees and related problems).

    >>> from induce.terms import arithmetic
    >>> tree_edit_distance(arithmetic.parse("sin(x) + 1"), arithmetic.parse("cos(x) + y"))
    2
    """
    if left is right:
        return 0
    a_labels, a_left, a_roots = _postorder_tree(left)
    b_labels, b_left, b_roots = _postorder_tree(right)
    trees = [[0] * len(b_labels) for _ in a_labels]
    for i in a_roots:
        for j in b_roots:
            _forest(i, j, (a_labels, a_left), (b_labels, b_left), trees)
    return trees[-1][-1]


def _forest(
    i: int, j: int, a: tuple[list[object], list[int]], b: tuple[list[object], list[int]], trees: list[list[int]]
) -> None:
    (a_labels, a_left), (b_labels, b_left) = a, b
    i0, j0 = a_left[i], b_left[j]
    rows, columns = i - i0 + 2, j - j0 + 2
    table = [[0] * columns for _ in range(rows)]
    for x in range(1, rows):
        table[x][0] = x
    table[0] = list(range(columns))
    for x in range(1, rows):
        p = i0 + x - 1
        above, row = table[x - 1], table[x]
        whole = a_left[p] == i0
        for y in range(1, columns):
            q = j0 + y - 1
            best = min(above[y], row[y - 1]) + 1
            if whole and b_left[q] == j0:
                best = min(best, above[y - 1] + (a_labels[p] != b_labels[q]))
                trees[p][q] = best
            else:
                best = min(best, table[a_left[p] - i0][b_left[q] - j0] + trees[p][q])
            row[y] = best


def value_distance(left: Term, right: Term, columns: Mapping[str, Any]) -> float:
    """Root mean square difference of two terms' values on data, over that of the first about its mean.

    Rows where both are undefined do not count; infinite if only one is defined somewhere, or no row counts.

    Parameters
    ----------
    left, right : Term
    columns : mapping
        Variable to array of shape (rows,).
    """
    import numpy as np

    a, b = np.broadcast_arrays(np.asarray(left(columns), float), np.asarray(right(columns), float))
    fine_a, fine_b = np.isfinite(a), np.isfinite(b)
    if not fine_a.any() or (fine_a != fine_b).any():
        return math.inf
    difference = float(np.sqrt(np.mean((a[fine_a] - b[fine_a]) ** 2)))
    spread = float(np.std(a[fine_a]))
    return difference / spread if spread > 0 else difference
