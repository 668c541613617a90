"""Worlds: the most probable one that breaks no rule, all of them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from induce.errors import LimitError
from induce.logic.bits import forward_bits, packed, unpacked
from induce.logic.circuit import FALSE, Circuit, circuit_of
from induce.logic.compile import ExactCircuit, compile_exact
from induce.logic.grounding import GroundProgram
from induce.logic.hypergraph import Hypergraph
from induce.logic.integer import IntegerProgram

__all__ = ["World", "holds_in", "models", "most_probable", "searched"]

TINY = 1e-300
SECONDS = 60.0
"""Time of one search."""
BUDGET: dict[str, Any] = {"nodes": 200_000, "seconds": 10.0}
"""What a circuit of the constraints may cost where a search can take its place."""


@dataclass(frozen=True, eq=False)
class World:
    """One assignment of the leaves for each example.

    Parameters
    ----------
    leaves : bool array, shape (leaves, batch)
    log_weight : array, shape (batch,)
        Log of the product of the weights of what holds and does not hold.
    proved : bool array, shape (batch,)
        Whether no consistent world is known to be more probable: a search that ran out of time has not proved it.
    """

    leaves: NDArray[np.bool_]
    log_weight: NDArray[np.float64]
    proved: NDArray[np.bool_]


def most_probable(graph: Hypergraph, exact: ExactCircuit | None, weights: Any) -> World:
    """The most probable world that is consistent with the evidence and constraints of a compiled circuit.

    Parameters
    ----------
    graph : Hypergraph
    exact : ExactCircuit or None
        Its evidence roots are the constraints; None for none.
    weights : array, shape (leaves, batch)
    """
    weights = np.ascontiguousarray(weights, np.float64)
    positive, negative, best = _scaled(graph, weights)
    chosen = best.copy()
    if exact is not None and len(exact.circuit.roots) > exact.queries:
        circuit = exact.circuit
        # the best world so far is kept wherever the constraints say nothing
        _trace(
            circuit.kind, circuit.start, circuit.child, circuit.leaf, circuit.roots[exact.queries :], positive, negative,
            graph.leaves.group, graph.leaves.categorical, _first_leaves(graph), chosen,
        )  # fmt: skip
    return World(chosen, _log_weight(graph, weights, chosen), np.ones(weights.shape[1], np.bool_))


def searched(graph: Hypergraph, given: Sequence[int], weights: Any, seconds: float) -> World:
    """The most probable world by search, for constraints that no circuit can hold.

    Examples without any consistent world get their most probable inconsistent one.

    Parameters
    ----------
    graph : Hypergraph
    given : sequence of signed literals
    weights : array, shape (leaves, batch)
    seconds : float
        Limit of one example.

    Raises
    ------
    LimitError
        If no consistent world was found in that time.
    """
    world = most_probable(graph, None, weights)
    search = _search(graph, given)
    for b in range(world.leaves.shape[1]):
        found, world.proved[b] = search.best(np.asarray(weights)[:, b], seconds)
        if found is not None:
            world.leaves[:, b] = found
        elif not world.proved[b]:
            raise LimitError(
                f"no consistent world of example {b} was found in {seconds:g} s, and none was excluded. Give "
                "decode(seconds=...) more time, or turn hard constraints into weak ones (':~ body. [weight]')."
            )
    return World(world.leaves, _log_weight(graph, np.asarray(weights, np.float64), world.leaves), world.proved)


def _search(graph: Hypergraph, given: Sequence[int]) -> Any:
    """An integer program where nothing is recursive, else clingo."""
    circuit = circuit_of(graph, np.array([g >> 1 for g in given], np.int64))
    if not circuit.cyclic:
        return IntegerProgram(graph, circuit, given)
    return _solver(graph, given)


def _solver(graph: Hypergraph, given: Sequence[int]) -> Any:
    try:
        from induce.logic.solver import Solver
    except ImportError:
        raise LimitError(
            "the constraints are too large for a circuit, and clingo, which could search, is not installed: "
            "pip install 'induce[logic]'."
        ) from None
    return Solver(graph, given)


def _first_leaves(graph: Hypergraph) -> NDArray[np.int64]:
    return np.searchsorted(graph.leaves.group, np.arange(len(graph.leaves.categorical) + 1)).astype(np.int64)


def _scaled(graph: Hypergraph, weights: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.bool_]]:
    """Log weights relative to the likeliest value of each variable, and those values."""
    count, batch = weights.shape
    group = graph.leaves.group
    categorical = graph.leaves.categorical[group] if count else np.zeros(0, np.bool_)
    top = np.full((len(graph.leaves.categorical), batch), TINY)
    np.maximum.at(top, group, weights)
    boolean_top = np.maximum(weights, 1.0 - weights)
    scale = np.where(categorical[:, None], top[group], boolean_top) if count else weights
    with np.errstate(divide="ignore"):
        positive = np.log(np.maximum(weights, TINY)) - np.log(np.maximum(scale, TINY))
        negative = np.where(categorical[:, None], 0.0, np.log(np.maximum(1.0 - weights, TINY)) - np.log(scale))
    best = np.where(categorical[:, None], weights >= top[group], weights >= 0.5) if count else weights > 0
    # of several equal values the first one
    for start, end in zip(_first_leaves(graph), _first_leaves(graph)[1:], strict=False):
        if end - start > 1:
            rows = best[start:end]
            rows &= np.cumsum(rows, axis=0) == 1
    return positive, negative, best


@numba.njit(cache=True, nogil=True)
def _trace(
    kind: Any, start: Any, child: Any, leaf: Any, roots: Any, positive: Any, negative: Any, group: Any, categorical: Any,
    first: Any, chosen: Any,
) -> None:  # fmt: skip
    """Max-product upwards, then the attaining children downwards."""
    nodes = len(kind)
    value = np.zeros(nodes)
    stack = np.empty(nodes + len(child) + 1, np.int64)
    for b in range(positive.shape[1]):
        for node in range(nodes):
            what = kind[node]
            if what == 0:
                value[node] = positive[leaf[node], b]
            elif what == 1:
                value[node] = negative[leaf[node], b]
            elif what == 5:
                value[node] = 0.0
            elif what == 6:
                value[node] = -np.inf
            elif what == 3:
                total = 0.0
                for e in range(start[node], start[node + 1]):
                    total += value[child[e]]
                value[node] = total
            else:
                top = -np.inf
                for e in range(start[node], start[node + 1]):
                    top = max(top, value[child[e]])
                value[node] = top
        for root in roots:
            stack[0] = root
            size = 1
            while size:
                size -= 1
                node = stack[size]
                what = kind[node]
                if what == 0:
                    g = group[leaf[node]]
                    if categorical[g]:
                        for other in range(first[g], first[g + 1]):
                            chosen[other, b] = False
                    chosen[leaf[node], b] = True
                elif what == 1:
                    chosen[leaf[node], b] = False
                elif what == 3:
                    for e in range(start[node], start[node + 1]):
                        stack[size] = child[e]
                        size += 1
                elif what == 2:
                    best = child[start[node]]
                    for e in range(start[node], start[node + 1]):
                        if value[child[e]] > value[best]:
                            best = child[e]
                    stack[size] = best
                    size += 1


def _log_weight(graph: Hypergraph, weights: NDArray[Any], chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    categorical = graph.leaves.categorical[graph.leaves.group][:, None] if len(weights) else np.zeros((0, 1), np.bool_)
    factor = np.where(chosen, weights, np.where(categorical, 1.0, 1.0 - weights))
    return np.asarray(np.log(np.maximum(factor, TINY)).sum(0), np.float64)


def holds_in(graph: Hypergraph, atoms: Any, world: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether atoms hold in given worlds: the program is run, nothing is predicted.

    Parameters
    ----------
    atoms : int array
        -1 stands for an atom that never holds.
    world : bool array, shape (leaves, batch)

    Returns
    -------
    bool array, shape (atoms, batch)
    """
    circuit = circuit_of(graph, atoms)
    return unpacked(forward_bits(circuit, packed(world))[circuit.roots], world.shape[1])


def models(program: GroundProgram, limit: int = 100_000) -> NDArray[np.bool_]:
    """All consistent worlds, shape (leaves, worlds), each leaf's truth.

    Raises
    ------
    LimitError
        If there are more than ``limit``.
    """
    graph = program.graph
    if program.impossible:
        return np.zeros((len(graph.leaves), 0), np.bool_)
    try:
        exact = compile_exact(graph, np.zeros(0, np.int64), evidence=program.given, **BUDGET)
    except LimitError:
        return _searched_models(graph, program.given, limit)
    found: list[frozenset[int]] = [frozenset()]
    for root in exact.circuit.roots:
        mine = _satisfying(exact.circuit, int(root), limit)
        found = [a | b for a in found for b in mine]
        _check_count(len(found), limit)
    first = _first_leaves(graph)
    columns: list[list[int]] = []
    for decided in found:
        options: list[list[tuple[int, ...]]] = []
        for group, categorical in enumerate(graph.leaves.categorical):
            members = range(int(first[group]), int(first[group + 1]))
            held = [m for m in members if 2 * m in decided]
            if held or (not categorical and 2 * members[0] + 1 in decided):
                options.append([tuple(held)])
            elif categorical:
                options.append([(m,) for m in members if 2 * m + 1 not in decided])
            else:
                options.append([(), (members[0],)])
        _check_count(len(columns) + int(np.prod([float(len(o)) for o in options])), limit)
        columns += [[m for part in choice for m in part] for choice in itertools.product(*options)]
    out = np.zeros((len(graph.leaves), len(columns)), np.bool_)
    for k, leaves in enumerate(columns):
        out[leaves, k] = True
    return out


def _searched_models(graph: Hypergraph, given: Sequence[int], limit: int) -> NDArray[np.bool_]:
    found, finished = _solver(graph, given).worlds(limit + 1, SECONDS)
    _check_count(found.shape[1], limit)
    if not finished:
        raise LimitError(
            f"only {found.shape[1]:,} of the consistent worlds were found in {SECONDS:g} s. Ask for the best one, or remove "
            "something that is uncertain."
        )
    return np.asarray(found, np.bool_)


def _check_count(count: int, limit: int) -> None:
    if count > limit:
        raise LimitError(
            f"there are more than {limit:,} consistent worlds. Give a larger limit, or ask for the best one."
        )


def _satisfying(circuit: Circuit, root: int, limit: int) -> list[frozenset[int]]:
    """Sets of decisions (``2 leaf``, or ``2 leaf + 1`` for its absence) that make a deterministic circuit true."""
    known: dict[int, list[frozenset[int]]] = {}
    for node in range(root + 1):
        kind = int(circuit.kind[node])
        below = circuit.child[circuit.start[node] : circuit.start[node + 1]].tolist()
        if kind in (0, 1):
            known[node] = [frozenset([2 * int(circuit.leaf[node]) + kind])]
        elif kind == 5:
            known[node] = [frozenset()]
        elif kind == FALSE:
            known[node] = []
        elif kind == 3:
            sets: list[frozenset[int]] = [frozenset()]
            for inner in below:
                sets = [a | b for a in sets for b in known[inner]]
                _check_count(len(sets), limit)
            known[node] = sets
        else:
            known[node] = [s for inner in below for s in known[inner]]
        _check_count(len(known[node]), limit)
    return known[root]
