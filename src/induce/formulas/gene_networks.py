"""Gene networks: one Boolean formula for each gene, from pairs of a state and the next one; simulation and attractors."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.budget import Budget
from induce.errors import DataError, FillError
from induce.formulas.boolean_regressor import BooleanRegressor
from induce.formulas.boolean_rows import read_inputs
from induce.formulas.truth_fit import BooleanFit
from induce.terms.term import Term

__all__ = ["GeneNetwork", "gene_network"]

LISTED_GENES = 20
"""Genes up to which attractors are found from every state."""


@dataclass(frozen=True, eq=False)
class GeneNetwork:
    """Formulas that give every gene's next value from the values now, all at the same time.

    Parameters
    ----------
    names : tuple of str
    rules : tuple of Term
        The formula of each gene.
    fits : tuple of BooleanFit
        What was found for each gene.
    """

    names: tuple[str, ...]
    rules: tuple[Term, ...]
    fits: tuple[BooleanFit, ...] = ()

    @property
    def regulators(self) -> dict[str, tuple[str, ...]]:
        """The genes that each gene's formula reads."""
        read = [{str(v.payload) for v in rule.variables} for rule in self.rules]
        return {name: tuple(n for n in self.names if n in own) for name, own in zip(self.names, read, strict=True)}

    def step(self, states: Any) -> NDArray[np.bool_]:
        """The next states: array of shape (rows, genes)."""
        return self._next(self._states(states))

    def _next(self, values: NDArray[np.bool_]) -> NDArray[np.bool_]:
        columns = {name: values[:, i] for i, name in enumerate(self.names)}
        found = [np.broadcast_to(np.asarray(rule(columns), dtype=bool), len(values)) for rule in self.rules]
        return np.stack(found, axis=1)

    def _states(self, states: Any) -> NDArray[np.bool_]:
        if isinstance(states, Mapping) and all(np.ndim(v) == 0 for v in states.values()):
            states = {name: [value] for name, value in states.items()}
        elif not isinstance(states, Mapping) and np.ndim(states) == 1:
            states = np.asarray(states)[None, :]
        framed = isinstance(states, Mapping) or hasattr(states, "columns")
        names, values = read_inputs(states, None if framed else self.names)
        missing = [name for name in self.names if name not in names]
        if missing:
            raise DataError(
                f"the state has no value for '{missing[0]}'. Give one for each of: {', '.join(self.names)}."
            )
        return values[:, [names.index(name) for name in self.names]]

    def simulate(self, state: Any, steps: int) -> NDArray[np.bool_]:
        """The states from a first one on: array of shape (steps + 1, genes).

        Parameters
        ----------
        state : mapping of gene to value, or one row
        steps : int
        """
        found = [self._states(state)[:1]]
        for _ in range(steps):
            found.append(self._next(found[-1]))
        return np.concatenate(found)

    def attractors(self, *, starts: int = 1000, seed: int = 0) -> list[NDArray[np.bool_]]:
        """The cycles that the network ends in, shortest first; each an array of shape (length, genes).

        Up to 20 genes all of them, from every state; for more genes those that ``starts`` random states end in.
        """
        n = len(self.names)
        weights = 1 << np.arange(min(n, 62), dtype=np.int64)
        if n <= LISTED_GENES:
            every = (np.arange(1 << n)[:, None] >> np.arange(n) & 1).astype(bool)
            after = self._next(every) @ weights
            far = after.copy()
            for _ in range(n):  # 2**n steps: every state is then on a cycle
                far = far[far]
            ends = [every[int(s)] for s in np.unique(far)]
        else:
            states = np.random.default_rng(seed).random((starts, n)) < 0.5
            for _ in range(4 * n):
                states = self._next(states)
            ends = list(np.unique(states, axis=0))
        found: dict[bytes, NDArray[np.bool_]] = {}
        seen: set[bytes] = set()
        for state in ends:
            if state.tobytes() not in seen:
                cycle = self._cycle(state)
                seen.update(row.tobytes() for row in cycle)
                found.setdefault(min(row.tobytes() for row in cycle), cycle)
        return sorted(found.values(), key=lambda cycle: (len(cycle), cycle.tobytes()))

    def _cycle(self, state: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The cycle that a state leads into, from its least state on."""
        place: dict[bytes, int] = {}
        path: list[NDArray[np.bool_]] = []
        while state.tobytes() not in place:
            place[state.tobytes()] = len(path)
            path.append(state)
            state = self._next(state[None, :])[0]
        cycle = path[place[state.tobytes()] :]
        first = min(range(len(cycle)), key=lambda i: cycle[i].tobytes())
        return np.array(cycle[first:] + cycle[:first])

    def __str__(self) -> str:
        lines = []
        for name, rule, fit in zip(self.names, self.rules, self.fits or (None,) * len(self.names), strict=True):
            wrong = (
                f"   ({fit.outputs[0].row.errors} of {fit.rows} rows wrong)"
                if fit and fit.outputs[0].row.errors
                else ""
            )
            lines.append(f"{name} = {rule}{wrong}")
        return "\n".join(lines)

    __repr__ = __str__


def gene_network(
    transitions: Any,
    max_inputs: int | None = None,
    *,
    noise: Any = "estimate",
    operators: str = "and or not",
    effort: float = 1.0,
    within: Any = None,
    n_jobs: int | None = None,
    random_state: Any = None,
) -> GeneNetwork:
    """One formula for each gene from transitions.

    Parameters
    ----------
    transitions : pair of tables (states, next states), or one table
        Tables of shape (rows, genes) of 0 and 1, arrays or data frames. In one table each row follows the one before.
    max_inputs : int, optional
        Most genes that a formula reads.
    noise, operators, effort, within, n_jobs, random_state
        As for :class:`BooleanRegressor`; ``within`` is for all genes together, and with ``n_jobs`` genes are searched side by
        side.

    Raises
    ------
    DataError
        If the two tables do not have the same genes and rows, or hold something else than 0 and 1.

    References
    ----------
    S. Kauffman (1969), Metabolic stability and epigenesis in randomly constructed genetic nets. A. Faure, A. Naldi, C. Chaouiya,
    D. Thieffry (2006), Dynamical analysis of a generic Boolean model for the control of the mammalian cell cycle.

    Examples
    --------
    >>> states = np.array([[a, b] for a in (0, 1) for b in (0, 1)])
    >>> network = gene_network((states, np.stack([states[:, 1], 1 - states[:, 0]], axis=1)))
    >>> network.rules
    (x1, not x0)
    >>> [len(cycle) for cycle in network.attractors()]
    [4]
    """
    names, now, after = _transitions(transitions)
    seconds = None if within is None else Budget.read(within).seconds
    if within is not None and seconds is None:
        raise FillError(f"gene_network ends by seconds, but within={within!r} gives none. Write for example '60s'.")
    jobs = 1 if n_jobs is None else n_jobs
    settings = {
        "max_inputs": max_inputs, "noise": noise, "operators": operators, "effort": effort, "random_state": random_state,
    }  # fmt: skip
    ends = None if seconds is None else time.time() + seconds
    rounds = range(len(names), 0, -1) if jobs == 1 else [-(-len(names) // max(jobs, 1))] * len(names)
    tasks = [(names, now, after[:, j], settings, ends, rounds[j]) for j in range(len(names))]
    if jobs == 1:
        fits = [_gene(*task) for task in tasks]
    else:
        from joblib import Parallel, delayed

        fits = list(Parallel(n_jobs=jobs)(delayed(_gene)(*task) for task in tasks))
    return GeneNetwork(names, tuple(fit.terms[0] for fit in fits), tuple(fits))


def _gene(
    names: tuple[str, ...],
    now: NDArray[np.bool_],
    after: NDArray[np.bool_],
    settings: dict[str, Any],
    ends: float | None,
    rounds: int,
) -> BooleanFit:
    """The fit of one gene, in its share of the time: ``rounds`` genes are still to come, this one counted."""
    within = None if ends is None else max((ends - time.time()) / rounds, 0.01)
    model = BooleanRegressor(**settings, within=within).fit(dict(zip(names, now.T, strict=True)), after)
    return model.fit_


def _transitions(transitions: Any) -> tuple[tuple[str, ...], NDArray[np.bool_], NDArray[np.bool_]]:
    """Names of the genes, states, and next states."""
    if isinstance(transitions, tuple):
        if len(transitions) != 2:
            raise DataError(
                f"transitions are a pair of tables, states and next states, but got {len(transitions)} things."
            )
        names, now = read_inputs(transitions[0])
        other, after = read_inputs(transitions[1])
        if set(other) != set(names) or len(after) != len(now):
            raise DataError(
                f"the states have {len(now):,} rows of {len(names)} genes ({', '.join(names[:5])}), but the next states "
                f"{len(after):,} rows of {len(other)} ({', '.join(other[:5])}). Give both tables the same genes and rows."
            )
        return names, now, after[:, [other.index(name) for name in names]]
    names, rows = read_inputs(transitions)
    if len(rows) < 2:
        raise DataError("one row has no next state. Give at least two rows, each following the one before.")
    return names, rows[:-1], rows[1:]
