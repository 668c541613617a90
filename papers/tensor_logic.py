"""Rules as tensor equations: the same closure by joins and by matrix products, and deduction in embedding space."""

from __future__ import annotations

import numpy as np

from induce import Algebra
from induce.logic import LogicProgram, evaluate
from induce.logic.tensors import EmbeddedRelations, einsum_of
from induce.papers import Check

TITLE = "P. Domingos (2025), Tensor Logic: The Language of AI"
CLAIM = "A rule is an einsum and a step; in embedding space it is a product of matrices, exact as the dimension grows."
RULES = ["path(X, Y) :- edge(X, Y).", "path(X, Z) :- edge(X, Y), path(Y, Z)."]


def closures(nodes: int, edges: int) -> bool:
    """Whether joins and Boolean matrix products give the same closure."""
    pairs = np.unique(np.random.default_rng(0).integers(nodes, size=(edges, 2)), axis=0)
    found = evaluate({"edge": pairs}, RULES)["path"]
    reach = np.zeros((nodes, nodes), np.float32)
    reach[pairs[:, 0], pairs[:, 1]] = 1.0
    while True:
        more = ((reach + reach @ reach) > 0).astype(np.float32)
        if (more == reach).all():
            return {(int(a), int(b)) for a, b in zip(*np.nonzero(reach), strict=True)} == found
        reach = more


def embedded(dimension: int) -> tuple[float, float]:
    """Share of right pairs of a two-step rule over 50 entities in embedding space, and the estimated error of a score."""
    rng = np.random.default_rng(1)
    edges = [(int(a), int(b)) for a, b in np.unique(rng.integers(50, size=(60, 2)), axis=0)]
    space = EmbeddedRelations(range(50), dimension, seed=0)
    matrix = space.embed(edges)
    wrong = set(space.pairs(matrix @ matrix)) ^ {(a, d) for a, b in edges for c, d in edges if b == c}
    return 1.0 - len(wrong) / 2500, space.error(len(edges))


def degrees() -> list[float]:
    """Deduction at temperature 0, graded conclusions above it."""
    program = LogicProgram("0.9::edge(a, b). 0.6::edge(b, c). two(X, Z) :- edge(X, Y), edge(Y, Z). ?- two(a, c).")
    return [float(program.with_algebra(Algebra.TENSOR(t))().reshape(-1)[0]) for t in (0.0, 0.1, 0.5)]


def small():
    equation = einsum_of(LogicProgram(RULES[1]).term.args[0])
    return equation, closures(100, 200), embedded(1024), embedded(16), degrees()


def full():
    equation = einsum_of(LogicProgram(RULES[1]).term.args[0])
    return equation, closures(1000, 3000), embedded(4096), embedded(16), degrees()


def check(result) -> Check:
    equation, same, (wide, error), (narrow, warned), graded = result
    figure = (
        f"{equation}; joins equal matrices: {same}; right pairs {wide:.4f} (error {error:.2f}) in many dimensions, "
        f"{narrow:.3f} (error {warned:.2f}) in 16; degrees {', '.join(f'{d:.3f}' for d in graded)}"
    )
    holds = same and wide >= 0.99 and narrow < 0.99 and warned > 1.0 and graded[0] == 1.0
    return Check(
        figure, "equal closures; at least 0.99 right, and wrong in 16 dimensions with an error that says so", holds
    )
