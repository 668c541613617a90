"""Cyclic components of circuits: iteration to the fixpoint, and gradients along the derivations that support it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from induce.errors import AlgebraError
from induce.logic.circuit import Circuit

__all__ = ["backward_cyclic", "iterate"]


def iterate(
    circuit: Circuit, weights: NDArray[Any], buffer: NDArray[Any], kind: str, idempotent: bool, max_depth: int | None,
    run: Callable[..., None],
) -> None:  # fmt: skip
    """Fill the buffer: acyclic stretches once, cyclic components until nothing changes (or ``max_depth`` rounds).

    Raises
    ------
    AlgebraError
        Under an algebra in which going round a cycle adds something, unless ``max_depth`` is given.
    """
    from induce.logic.sweep import KINDS, constant_of_kind

    if not idempotent and max_depth is None:
        raise AlgebraError(
            f"the rules are recursive through a cycle of {int(circuit.components[0][1] - circuit.components[0][0])} nodes, "
            f"and under the kernel '{kind}' every turn adds something. Use an idempotent algebra (Algebra.VITERBI, "
            "MIN_MAX, TROPICAL), Algebra.PROBABILITY, or max_depth=n."
        )
    code, width = KINDS[kind], weights.shape[1]
    at = 0
    arrays = (code, circuit.kind, circuit.start, circuit.child, circuit.leaf, weights, buffer, 0, width)
    for low, high in circuit.components:
        run(*arrays, at, int(low))
        buffer[low:high] = constant_of_kind(code, False)
        for _ in range(int(high - low) + 1 if max_depth is None else max_depth):
            before = buffer[low:high].copy()
            run(*arrays, int(low), int(high))
            if np.array_equal(before, buffer[low:high]):
                break
        else:
            if max_depth is None:
                raise AlgebraError(
                    f"a cycle of {int(high - low)} nodes improves at every turn, so there is no best proof. Costs must not be "
                    "negative, and weights not above 1."
                )
        at = int(high)
    run(*arrays, at, circuit.nodes)


def backward_cyclic(
    circuit: Circuit,
    buffer: NDArray[Any],
    adjoint: NDArray[Any],
    out: NDArray[Any],
    code: int,
    run: Callable[..., None],
) -> None:
    """Adjoint of an idempotent fixpoint: inside a component the gradient follows one well-founded derivation."""
    width = buffer.shape[1]
    arrays = (code, circuit.kind, circuit.start, circuit.child, circuit.leaf, buffer, adjoint, out, 0, width)
    end = circuit.nodes
    for low, high in circuit.components[::-1]:
        run(*arrays, int(high), end)
        _component_back(code, circuit.kind, circuit.start, circuit.child, buffer, adjoint, int(low), int(high))
        end = int(low)
    run(*arrays, 0, end)


@numba.njit(cache=True, nogil=True)
def _component_back(
    code: int, kind: Any, start: Any, child: Any, buffer: Any, adjoint: Any, low: int, high: int
) -> None:
    """Rank the nodes of a component by the round in which their value is supported, then go back rank by rank."""
    size = high - low
    for b in range(buffer.shape[1]):
        rank = np.full(size, -1, np.int64)
        support = np.full(size, -1, np.int64)
        order = np.empty(size, np.int64)
        made = 0
        grown = True
        while grown:
            grown = False
            before = made
            for node in range(low, high):
                if rank[node - low] >= 0:
                    continue
                first, last = start[node], start[node + 1]
                fine = kind[node] == 3
                for e in range(first, last):
                    inner = child[e]
                    known = inner < low or (rank[inner - low] >= 0 and rank[inner - low] < before + 1)
                    if kind[node] == 3:
                        fine = fine and known
                    elif known and buffer[inner, b] == buffer[node, b]:
                        fine = True
                        support[node - low] = inner
                        break
                if fine or first == last:
                    order[made] = node
                    rank[node - low] = made
                    made += 1
                    grown = True
        for k in range(made - 1, -1, -1):
            node = order[k]
            grad = adjoint[node, b]
            if grad == 0.0:
                continue
            first, last = start[node], start[node + 1]
            if kind[node] != 3:
                if support[node - low] >= 0:
                    adjoint[support[node - low], b] += grad
                continue
            for e in range(first, last):
                if code == 4:
                    adjoint[child[e], b] += grad
                elif code == 3:
                    if buffer[child[e], b] == buffer[node, b]:
                        adjoint[child[e], b] += grad
                        break
                else:
                    others = grad
                    for f in range(first, last):
                        if f != e:
                            others *= buffer[child[f], b]
                    adjoint[child[e], b] += others
