"""Consistent worlds by clingo (an optional dependency): for programs whose constraints no circuit can hold.

The ground program goes to the solver as it is: leaves are free atoms, exactly one of each categorical variable, rule
instances are rules, evidence and constraints must hold. Minus the log weight of a world is minimised over integers.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import clingo
import numpy as np
from numpy.typing import NDArray

from induce.logic.hypergraph import Hypergraph
from induce.logic.integer import log_odds

__all__ = ["Assumptions", "Solver"]

SCALE = 1e4
"""Units of cost per unit of log weight."""


class Solver:
    """One ground program in clingo; each question is asked of a control of its own.

    Parameters
    ----------
    graph : Hypergraph
    given : sequence of signed literals
        ``2 * atom``, or ``2 * atom + 1`` for its absence: what must hold.
    """

    def __init__(self, graph: Hypergraph, given: Sequence[int]) -> None:
        self.graph, self.given = graph, [int(g) for g in given]

    def best(self, weights: Any, seconds: float) -> tuple[NDArray[np.bool_] | None, bool]:
        """The heaviest consistent world of one example, and whether that is proved.

        Parameters
        ----------
        weights : array, shape (leaves,)
        seconds : float
            After these the best world so far is returned, unproved.

        Returns
        -------
        bool array, shape (leaves,), or None
            None if no world was found (none exists, when proved).
        """
        weights = np.asarray(weights, np.float64)
        control, leaves = self._control(weights, ["--opt-strategy=usc,oll"])
        with control.backend() as backend:
            backend.add_minimize(0, self._costs(weights, leaves))
        found, finished = _solve(control, leaves, seconds)
        return (found[-1] if found else None), finished

    def worlds(self, limit: int, seconds: float) -> tuple[NDArray[np.bool_], bool]:
        """Consistent worlds, at most ``limit``, and whether the search came to its end.

        Returns
        -------
        bool array, shape (leaves, worlds), and bool
        """
        control, leaves = self._control(None, [f"--models={limit}"])
        found, finished = _solve(control, leaves, seconds)
        return np.array(found, np.bool_).reshape(len(found), len(self.graph.leaves)).T, finished

    def _control(self, weights: Any, options: list[str]) -> tuple[clingo.Control, list[int]]:
        control, leaves, atoms = _loaded(self.graph, weights, options)
        with control.backend() as backend:
            for literal in self.given:
                backend.add_rule([], [atoms[literal >> 1] if literal & 1 else -atoms[literal >> 1]])
        return control, leaves

    def _costs(self, weights: NDArray[np.float64], leaves: list[int]) -> list[tuple[int, int]]:
        gains = np.round(SCALE * np.clip(log_odds(self.graph, weights), -1e3, 1e3)).astype(np.int64).tolist()
        # what adds to the weight costs when it is missing
        return [(-leaf if gain > 0 else leaf, abs(gain)) for leaf, gain in zip(leaves, gains, strict=True) if gain]


class Assumptions:
    """One ground program, asked again and again whether some literals can hold together.

    Parameters
    ----------
    graph : Hypergraph
    literals : sequence of signed literals
        All that will be asked about.
    weights : array, shape (leaves,)
        Leaves of weight 0 are false, Boolean leaves of weight 1 true.
    seconds : float
        Limit of one question.
    """

    def __init__(self, graph: Hypergraph, literals: Sequence[int], weights: Any, seconds: float) -> None:
        self._control, _, atoms = _loaded(graph, np.asarray(weights, np.float64), ["--models=1"])
        self._literal = {x: -atoms[x >> 1] if x & 1 else atoms[x >> 1] for x in literals}
        self._seconds = seconds

    def contradict(self, chosen: Sequence[int]) -> bool:
        """Whether these cannot hold together; False also when that was not decided in time."""
        with self._control.solve(assumptions=[self._literal[x] for x in chosen], async_=True) as handle:
            if not handle.wait(self._seconds):
                handle.cancel()
                return False
            return bool(handle.get().unsatisfiable)


def _loaded(graph: Hypergraph, weights: Any, options: list[str]) -> tuple[clingo.Control, list[int], list[int]]:
    """A control with the ground program in it, and the solver's numbers of leaves and atoms."""
    control = clingo.Control(options, logger=lambda code, text: None)
    with control.backend() as backend:
        atoms = [backend.add_atom() for _ in range(graph.atoms)]
        for atom in np.flatnonzero(graph.certain).tolist():
            backend.add_rule([atoms[atom]])
        # a leaf is an atom of its own: what it stands for may have rules, or other leaves, too
        leaves = [backend.add_atom() for _ in range(len(graph.leaves))]
        for leaf, atom in zip(leaves, graph.leaves.atom.tolist(), strict=True):
            backend.add_rule([atoms[atom]], [leaf])
        ends = np.searchsorted(graph.leaves.group, np.arange(len(graph.leaves.categorical) + 1)).tolist()
        for categorical, first, end in zip(graph.leaves.categorical, ends, ends[1:], strict=False):
            values = leaves[first:end]
            backend.add_rule(values, choice=True)
            if categorical:
                backend.add_rule([], [-v for v in values])
                backend.add_weight_rule([], 2, [(v, 1) for v in values])
        if weights is not None:
            boolean = ~graph.leaves.categorical[graph.leaves.group]
            for leaf in np.flatnonzero(weights <= 0.0).tolist():
                backend.add_rule([], [leaves[leaf]])
            for leaf in np.flatnonzero((weights >= 1.0) & boolean).tolist():
                backend.add_rule([], [-leaves[leaf]])
        signed = [-atoms[x >> 1] if x & 1 else atoms[x >> 1] for x in graph.body.tolist()]
        starts = graph.start.tolist()
        for head, start, end in zip(graph.head.tolist(), starts, starts[1:], strict=False):
            backend.add_rule([atoms[head]], signed[start:end])
    return control, leaves, atoms


def _solve(control: clingo.Control, leaves: Sequence[int], seconds: float) -> tuple[list[NDArray[np.bool_]], bool]:
    """Truth of the leaves in each model, the best one last, and whether the search came to its end."""
    deadline = time.monotonic() + seconds
    found: list[NDArray[np.bool_]] = []
    with control.solve(yield_=True, async_=True) as handle:
        while True:
            handle.resume()
            if not handle.wait(max(deadline - time.monotonic(), 0.0)):
                handle.cancel()
                return found, False
            model = handle.model()
            if model is None:
                return found, bool(handle.get().exhausted)
            found.append(np.fromiter(map(model.is_true, leaves), np.bool_, len(leaves)))
