"""Reasoning shortcuts: permutations of a network's symbols that the training signal cannot tell apart."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import LimitError, RuleError

__all__ = ["Shortcuts", "shortcuts"]

MOST_CANDIDATES = 50_000


@dataclass(frozen=True)
class Shortcuts:
    """Symbol permutations under which every answer and every constraint keeps its probability.

    Parameters
    ----------
    network : str
    symbols : tuple
        The values of the network's domain.
    permutations : tuple of tuple of int
        The identity is one of them; ``p[k]`` is what value ``k`` may be mistaken for.
    """

    network: str
    symbols: tuple[Any, ...]
    permutations: tuple[tuple[int, ...], ...]

    @property
    def count(self) -> int:
        """How many; 1 when the symbols are identified."""
        return len(self.permutations)

    def __str__(self) -> str:
        if self.count == 1:
            return f"'{self.network}': the training signal identifies every symbol."
        shown = "; ".join(
            ", ".join(f"{self.symbols[k]}->{self.symbols[v]}" for k, v in enumerate(p) if k != v)
            for p in self.permutations[1:4]
        )
        return f"'{self.network}': {self.count} permutations of the symbols cannot be told apart, such as {shown}."


def shortcuts(program: Any, network: str | None = None) -> Shortcuts:
    """Count the permutations of a network's symbols that leave all answers and constraints as probable as they were.

    Candidates must keep the derivatives of every answer at uniform weights; each is then tested on random weights, which
    decides equality of the polynomials with probability one.

    Parameters
    ----------
    program : LogicProgram
    network : str, optional
        Which network, when there are several.

    Raises
    ------
    RuleError
        If there is no such network, or it is Boolean.
    LimitError
        If there are too many candidates.

    References
    ----------
    E. Marconato et al. (2023), Not All Neuro-Symbolic Concepts Are Created Equal: Analysis and Mitigation of Reasoning
    Shortcuts.
    """
    ground = program.ground()
    nets = {t.source.net: t for t in ground.tables if t.source.kind == "net" and t.source.values}
    if network is None and len(nets) == 1:
        network = next(iter(nets))
    if network not in nets:
        raise RuleError(f"there is no network '{network}' with symbols. There are: {', '.join(nets) or 'none'}.")
    tables = [t for t in ground.tables if t.source.net == network]
    evaluate = _evaluator(program)
    size = len(nets[network].source.values)
    base = _random_weights(ground, 0)
    classes = _classes(evaluate, tables, base, ground)
    groups: dict[Any, list[int]] = {}
    for k, mark in enumerate(classes):
        groups.setdefault(mark, []).append(k)
    total = math.prod(math.factorial(len(g)) for g in groups.values())
    if total > MOST_CANDIDATES:
        raise LimitError(
            f"{total:,} permutations of {size} symbols remain to be tested; {MOST_CANDIDATES:,} are the limit."
        )
    found = []
    for parts in itertools.product(*(itertools.permutations(g) for g in groups.values())):
        mapping = list(range(size))
        for group, part in zip(groups.values(), parts, strict=True):
            for k, v in zip(group, part, strict=True):
                mapping[k] = v
        found.append(tuple(mapping))
    for seed in (1, 2):
        weights = _random_weights(ground, seed)
        batch = np.repeat(weights, len(found) + 1, axis=1)
        for column, mapping in enumerate(found, 1):
            for table in tables:
                batch[table.leaf, column] = weights[table.leaf[:, list(mapping)], 0]
        values = evaluate(batch)
        same = np.isclose(values[:, 1:], values[:, :1], rtol=1e-9, atol=1e-14).all(axis=0)
        found = [m for m, fine in zip(found, same, strict=True) if fine]
    symbols = tuple(ground.graph.symbols.values_of(np.array(nets[network].source.values)))
    return Shortcuts(network, symbols, tuple(sorted(found)))


def _evaluator(program: Any) -> Any:
    """All answers and the probability of the constraints, as one function of the leaves' weights."""
    from induce.logic.compile import compile_exact
    from induce.logic.sweep import forward

    ground = program.ground()
    atoms = program.answers.atoms if program.queries else np.zeros(0, np.int64)
    exact = compile_exact(ground.graph, atoms, evidence=ground.given, exclusive=ground.exclusive)

    def evaluate(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return forward(exact.circuit, weights, "real")[exact.circuit.roots]

    return evaluate


def _random_weights(ground: Any, seed: int) -> NDArray[np.float64]:
    """Uniform weights for seed 0, random ones otherwise; the values of a variable sum to one."""
    count = len(ground.graph.leaves)
    rng = np.random.default_rng(seed)
    raw = rng.random(count) + 0.1 if seed else np.ones(count)
    total = np.bincount(ground.graph.leaves.group, weights=raw)[ground.graph.leaves.group] if count else raw
    categorical = ground.graph.leaves.categorical[ground.graph.leaves.group] if count else np.zeros(0, bool)
    return np.where(categorical, raw / total, raw / (raw.max(initial=1.0) * 1.1)).reshape(-1, 1)


def _classes(evaluate: Any, tables: Any, base: NDArray[np.float64], ground: Any) -> list[Any]:
    """What each symbol does to the answers at uniform weights: only symbols that do the same may be exchanged."""
    size = tables[0].leaf.shape[1]
    rows = [r for table in tables for r in table.leaf]
    batch = np.repeat(base, size * len(rows), axis=1)
    for n, row in enumerate(rows):
        for k in range(size):
            batch[row, n * size + k] = 0.0
            batch[row[k], n * size + k] = 1.0
    values = evaluate(batch).reshape(-1, len(rows), size)
    rounded = np.round(values / max(float(np.abs(values).max()), 1e-300), 9)
    return [rounded[:, :, k].tobytes() for k in range(size)]
