"""Rules as tensor equations: sums of products and a step, hard at temperature 0, a sigmoid above; and relations embedded.

Domingos (2025), Tensor Logic: The Language of AI. A rule is an einsum over its shared variables followed by a step; the
ground circuit is the same computation with the zeros left out. In embedding space a relation becomes the matrix
``sum R[x, y] e_x e_y^T``, a rule a product of matrices, and a query ``e_a^T M e_b``, with an error that falls as the square
root of the dimension.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from induce.errors import AlgebraError
from induce.logic import language as lang
from induce.logic.autograd import CircuitModule
from induce.logic.circuit import Circuit
from induce.logic.levels import STEP, Levels
from induce.terms.op import VARIABLE
from induce.terms.term import Term

__all__ = ["EmbeddedRelations", "TensorModule", "einsum_of"]


class TensorModule(nn.Module):
    """A circuit with a step after every sum: 1 where the sum is positive, or ``sigmoid((sum - 1/2) / temperature)``.

    Parameters
    ----------
    circuit : Circuit
    temperature : float
        0 gives deduction; above 0 conclusions are graded and gradients flow.
    """

    def __init__(self, circuit: Circuit, temperature: float) -> None:
        super().__init__()
        if temperature < 0:
            raise AlgebraError(f"the temperature must not be negative, but got {temperature}. 0 gives deduction.")
        self.temperature = temperature
        self.hard = CircuitModule(circuit, "minmax") if temperature == 0 else None
        self.circuit = circuit
        self.levels: Levels | None = None
        if temperature > 0 and circuit.cyclic:
            raise AlgebraError(
                "graded tensor logic needs rules without recursion; set temperature 0, or unroll the rules."
            )

    def forward(self, weights: torch.Tensor) -> torch.Tensor:
        """Degrees of the roots, shape (roots, batch)."""
        if self.hard is not None:
            return (self.hard((weights > 0.5).to(weights.dtype)) > 0.5).to(weights.dtype)
        if self.levels is None:
            self.levels = Levels(self.circuit)
        return self.levels(weights, f"{STEP}{self.temperature!r}")


def einsum_of(rule: Term) -> str:
    """The tensor equation of a rule, ``head[x,z] = step(body[x,y] body[y,z])``.

    >>> from induce.logic import rules
    >>> einsum_of(rules.parse("path(X, Z) :- edge(X, Y), path(Y, Z).").args[0])
    'path[X,Z] = step(edge[X,Y] path[Y,Z])'
    """
    head, body = rule.args

    def tensor(atom: Term) -> str:
        inside = ",".join(str(a.payload) if a.op is VARIABLE else str(a) for a in atom.args)
        return f"{atom.op.name}[{inside}]" if atom.args else atom.op.name

    factors = []
    for formula in body.args:
        if formula.op is lang.NOT:
            factors.append(f"(1 - {tensor(formula.args[0])})")
        elif lang.is_atom(formula):
            factors.append(tensor(formula))
        else:
            factors.append(f"[{formula}]")
    return f"{tensor(head)} = step({' '.join(factors) or '1'})"


class EmbeddedRelations:
    """Binary relations as matrices over random unit vectors of the entities.

    Parameters
    ----------
    entities : sequence
    dimension : int
    seed : int

    >>> space = EmbeddedRelations(["a", "b", "c"], 512, seed=0)
    >>> edge = space.embed([("a", "b"), ("b", "c")])
    >>> path = space.clean(edge @ edge)
    >>> space.pairs(path)
    [('a', 'c')]
    """

    def __init__(self, entities: Sequence[Any], dimension: int, *, seed: int = 0) -> None:
        self.entities = list(entities)
        self.place = {e: k for k, e in enumerate(self.entities)}
        raw = np.random.default_rng(seed).normal(size=(len(self.entities), dimension))
        self.vectors = raw / np.linalg.norm(raw, axis=1, keepdims=True)

    def embed(self, pairs: Sequence[tuple[Any, Any]]) -> Any:
        """``sum e_x e_y^T`` over the tuples of a relation."""
        left = self.vectors[[self.place[a] for a, _ in pairs]]
        right = self.vectors[[self.place[b] for _, b in pairs]]
        return left.T @ right

    def scores(self, matrix: Any) -> Any:
        """``e_a^T M e_b`` for all pairs: near 1 where the relation holds, near 0 elsewhere."""
        return self.vectors @ matrix @ self.vectors.T

    def pairs(self, matrix: Any, threshold: float = 0.5) -> list[tuple[Any, Any]]:
        """Pairs whose score is above the threshold."""
        rows, columns = np.nonzero(self.scores(matrix) > threshold)
        return [(self.entities[a], self.entities[b]) for a, b in zip(rows.tolist(), columns.tolist(), strict=True)]

    def clean(self, matrix: Any, threshold: float = 0.5) -> Any:
        """Extract the pairs and embed them again, which removes the noise."""
        return self.embed(self.pairs(matrix, threshold))

    def error(self, facts: int) -> float:
        """Estimated standard error of a score, ``sqrt(facts / dimension)``."""
        return float(np.sqrt(facts / self.vectors.shape[1]))
