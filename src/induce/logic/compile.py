"""Exact probability: recognised structure where it holds, else a decision diagram for small parts, else an SDD.

Whatever the method, the result is one circuit that is deterministic and decomposable: one sweep gives probability, log
probability, the most probable world, or the number of models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from torch import nn

from induce.errors import AlgebraError, LimitError
from induce.logic.autograd import CircuitModule
from induce.logic.circuit import Circuit, circuit_of, plain_or
from induce.logic.decomposition import structured, whole_complements
from induce.logic.diagrams import MOST_WORLDS, diagram_circuit, worlds_of
from induce.logic.elimination import eliminated_circuit
from induce.logic.hypergraph import Hypergraph
from induce.logic.listing import listed_circuit
from induce.logic.sweep import LOG_ZERO, backward, forward

__all__ = ["ExactCircuit", "compile_exact", "value_and_gradient"]

METHODS = ("structure", "sdd", "enumeration", "elimination")
SMALL = 1 << 12
LIGHT = 400_000
"""Nodes of an elimination that is tried before an SDD."""
TINY = 1e-300


@dataclass(frozen=True, eq=False)
class ExactCircuit:
    """A circuit whose sweep is exact.

    Parameters
    ----------
    circuit : Circuit
        The first roots are the queries (each together with the evidence of its part), the others the evidence of the parts.
    queries : int
        Number of queries.
    given : int array, shape (queries,)
        Root of the evidence that belongs to each query, or -1.
    parts : tuple of str
        One line for each part: method, nodes, edges.
    """

    circuit: Circuit
    queries: int
    given: NDArray[np.int64]
    parts: tuple[str, ...]

    def evaluate(self, weights: Any) -> NDArray[np.float64]:
        """``P(query | evidence)``, shape (queries, batch).

        Raises
        ------
        AlgebraError
            If the evidence has probability 0.
        """
        buffer = forward(self.circuit, np.asarray(weights, np.float64), "real")
        values = buffer[self.circuit.roots]
        check_possible(values[self.queries :].min(initial=1.0))
        over = np.where(self.given[:, None] >= 0, values[np.maximum(self.given, 0)], 1.0)
        return np.asarray(values[: self.queries] / over, np.float64)

    def module(self, log: bool = False) -> nn.Module:
        """The same as a module, differentiable; logarithms when ``log``."""
        return _ExactModule(self, log)

    def describe(self) -> str:
        """Methods and sizes."""
        shown = [*self.parts[:4], *([f"... and {len(self.parts) - 4} more parts"] if len(self.parts) > 4 else [])]
        return "; ".join(shown) or "nothing is uncertain"


def check_possible(smallest: float) -> None:
    """Raise when the evidence cannot be."""
    if not smallest > 0.0:
        raise AlgebraError(
            "the evidence and the constraints have probability 0, so nothing can be conditioned on them. Check the weights "
            "of the facts they need, or remove one of them (program.conflict() names the least set)."
        )


class _ExactModule(nn.Module):
    def __init__(self, exact: ExactCircuit, log: bool) -> None:
        super().__init__()
        self.exact, self.log = exact, log
        self.circuit = CircuitModule(plain_or(exact.circuit), "log") if log else CircuitModule(exact.circuit, "real")
        self.conditional = bool((exact.given >= 0).any())
        self._logs: CircuitModule | None = None

    def forward(self, weights: torch.Tensor) -> torch.Tensor:
        if self.log:
            if self.exact.queries < len(self.exact.circuit.roots):
                self._check_support(weights)
            weights = torch.log(weights.clamp_min(TINY if weights.dtype == torch.float64 else 1e-38))
        values = self.circuit(weights)
        count = self.exact.queries
        if not self.log and len(values) > count and not float(values.detach()[count:].min()) > 1e-280:
            return self._by_logarithms(weights)
        if not self.conditional:
            return values[:count]  # type: ignore[no-any-return]
        given = torch.as_tensor(np.maximum(self.exact.given, 0), device=values.device)
        mask = torch.as_tensor(self.exact.given >= 0, device=values.device).unsqueeze(1)
        if self.log:
            return values[:count] - torch.where(mask, values[given], torch.zeros_like(values[given]))
        return values[:count] / torch.where(mask, values[given], torch.ones_like(values[given]))

    def _check_support(self, weights: torch.Tensor) -> None:
        """Refuse evidence that facts of weight 0 and 1 exclude: its best proof uses an impossible one."""
        given = weights.detach()
        if bool(((given <= 0) | (given >= 1)).any()):
            support = torch.where(given <= 0, 0.0, torch.where(given >= 1, 1.0, 0.5)).double().cpu().numpy()
            circuit = self.exact.circuit
            values = forward(circuit, support, "minmax")[circuit.roots[self.exact.queries :]]
            check_possible(float(values.min(initial=1.0)))

    def _by_logarithms(self, weights: torch.Tensor) -> torch.Tensor:
        """The same where the evidence is too improbable for a float."""
        if self._logs is None:
            self._logs = CircuitModule(plain_or(self.exact.circuit), "log")
        tiny = TINY if weights.dtype == torch.float64 else 1e-38
        self._check_support(weights)
        values = self._logs(torch.where(weights > 0, weights.clamp_min(tiny).log(), torch.full_like(weights, LOG_ZERO)))
        count = self.exact.queries
        given = torch.as_tensor(np.maximum(self.exact.given, 0), device=values.device)
        mask = torch.as_tensor(self.exact.given >= 0, device=values.device).unsqueeze(1)
        return torch.exp(values[:count] - torch.where(mask, values[given], torch.zeros_like(values[given])))


def compile_exact(
    graph: Hypergraph,
    roots: Any,
    *,
    evidence: Sequence[int] = (),
    exclusive: NDArray[np.bool_] | None = None,
    method: str | None = None,
    nodes: int = 2_000_000,
    seconds: float = 120.0,
) -> ExactCircuit:
    """Compile atoms to a circuit for exact probability.

    Parameters
    ----------
    graph : Hypergraph
    roots : int array
        Atoms; -1 for one that holds in no world.
    evidence : sequence of signed literals
        ``2 * atom`` or ``2 * atom + 1``: what is known to hold, constraints included.
    exclusive : bool array, shape (atoms,), optional
        Atoms whose instances are proved to exclude one another.
    method : str, optional
        "structure", "enumeration", "elimination" or "sdd"; the first that fits by default.
    nodes, seconds : budget of one part

    Raises
    ------
    LimitError
        If nothing fits: sizes, the rule with most instances, and alternatives.
    """
    if method is not None and method not in METHODS:
        raise AlgebraError(f"there is no method '{method}'. There are: {', '.join(METHODS)}.")
    roots = np.asarray(roots, np.int64)
    given = np.array([e >> 1 for e in evidence], np.int64)
    label = _parts(graph, np.concatenate([roots[roots >= 0], given]))
    root_part = np.where(roots >= 0, label[np.maximum(roots, 0)], -1) if graph.atoms else np.full(len(roots), -1)
    pieces: list[tuple[NDArray[np.int64], Circuit]] = []
    ends: list[Circuit] = []
    texts: list[str] = []
    evidence_of = np.full(len(roots), -1, np.int64)
    free = np.flatnonzero(~np.isin(root_part, label[given]) if len(given) else np.ones(len(roots), bool))
    if len(free):
        built = _free(graph, roots[free], root_part[free], exclusive, method, nodes, seconds, texts)
        pieces += [(free[places], circuit) for places, circuit in built]
    for part in np.unique(label[given]) if len(given) else ():
        mine = np.flatnonzero(root_part == part)
        known = [e for e in evidence if label[e >> 1] == part]
        circuit, text = _conditional(graph, roots[mine], known, method, nodes, seconds)
        pieces.append((mine, replace(circuit, roots=circuit.roots[: len(mine)])))
        ends.append(replace(circuit, roots=circuit.roots[len(mine) :]))
        evidence_of[mine] = len(roots) + len(ends) - 1
        texts.append(text)
    circuit = whole_complements(_joined(graph, len(roots), pieces, ends), graph)
    return ExactCircuit(circuit, len(roots), evidence_of, tuple(texts))


def _parts(graph: Hypergraph, atoms: NDArray[np.int64]) -> NDArray[np.int64]:
    """Atoms to the number of their independent part: atoms that share a leaf variable or an instance are together."""
    variables = len(graph.leaves.categorical)
    size = graph.atoms + variables
    owner = np.repeat(np.arange(graph.instances), np.diff(graph.start))
    rows = np.concatenate([graph.head[owner], graph.leaves.atom])
    columns = np.concatenate([graph.body >> 1, graph.leaves.group + graph.atoms])
    links = coo_matrix((np.ones(len(rows), np.bool_), (rows, columns)), shape=(size, size))
    return np.asarray(connected_components(links, directed=False)[1], np.int64)


def _free(
    graph: Hypergraph, roots: NDArray[np.int64], part: NDArray[np.int64], exclusive: NDArray[np.bool_] | None,
    method: str | None, nodes: int, seconds: float, texts: list[str],
) -> list[tuple[NDArray[np.int64], Circuit]]:  # fmt: skip
    """Queries without evidence: structure for the parts that have it, a diagram or SDD for the others."""
    everything = np.arange(len(roots))
    if method in (None, "structure"):
        circuit, fine = structured(graph, roots, exclusive)
        if fine.all():
            texts.append(f"structure, {circuit.nodes:,} nodes, {circuit.edges:,} edges")
            return [(everything, circuit)]
        if method == "structure":
            bad = int(np.flatnonzero(~fine)[0])
            raise LimitError(
                f"the structure of query {bad} is not recognised: some rule instances share random variables without "
                f"excluding one another. Leave out method='structure'. {_sizes(graph)}"
            )
        good = ~np.isin(part, part[~fine])
    else:
        good = np.zeros(len(roots), np.bool_)
    built: list[tuple[NDArray[np.int64], Circuit]] = []
    if good.any():
        circuit, _ = structured(graph, roots[good], exclusive)
        texts.append(f"structure, {circuit.nodes:,} nodes, {circuit.edges:,} edges")
        built.append((everything[good], circuit))
    for number in np.unique(part[~good]):
        mine = np.flatnonzero((part == number) & ~good)
        circuit, text = _conditional(graph, roots[mine], [], method, nodes, seconds)
        built.append((mine, replace(circuit, roots=circuit.roots[: len(mine)])))
        texts.append(text)
    return built


def _conditional(
    graph: Hypergraph, roots: NDArray[np.int64], evidence: Sequence[int], method: str | None, nodes: int, seconds: float
) -> tuple[Circuit, str]:
    """One part by diagram or SDD; the last root is the evidence."""
    plain = circuit_of(graph, np.concatenate([roots, [e >> 1 for e in evidence]]).astype(np.int64))
    signs = np.array([e & 1 for e in evidence], np.int64)
    worlds = worlds_of(graph, plain)
    if method == "enumeration" or (method is None and worlds <= SMALL):
        if worlds > MOST_WORLDS:
            raise LimitError(
                f"enumeration would visit {worlds:.3g} worlds; {MOST_WORLDS:,} are the limit. {_sizes(graph)}"
            )
        circuit = diagram_circuit(graph, plain, len(roots), signs)
        return circuit, f"enumeration of {int(worlds):,} worlds, {circuit.nodes:,} nodes, {circuit.edges:,} edges"
    if method is None and len(signs):
        listed = listed_circuit(graph, plain, len(roots), signs)
        if listed is not None:
            return listed[
                0
            ], f"list of {listed[1]:,} consistent worlds, {listed[0].nodes:,} nodes, {listed[0].edges:,} edges"
    if method == "elimination" or (method is None and not plain.cyclic):
        found = _eliminated(graph, plain, len(roots), signs, (nodes, seconds) if method else (LIGHT, 20.0), method)
        if found is not None:
            return found
    try:
        from induce.logic.sdd import sdd_circuit
    except ImportError:
        if worlds <= MOST_WORLDS:
            circuit = diagram_circuit(graph, plain, len(roots), signs)
            return circuit, f"enumeration of {int(worlds):,} worlds, {circuit.nodes:,} nodes, {circuit.edges:,} edges"
        raise LimitError(
            f"{worlds:.3g} worlds are too many to enumerate, and pysdd is not installed: pip install 'induce[logic]'. "
            f"{_sizes(graph)}"
        ) from None
    try:
        circuit = sdd_circuit(graph, plain, len(roots), signs, nodes, seconds)
    except LimitError as problem:
        raise LimitError(f"{problem} {_sizes(graph)}") from None
    return circuit, f"SDD, {circuit.nodes:,} nodes, {circuit.edges:,} edges"


def _eliminated(
    graph: Hypergraph, plain: Circuit, queries: int, signs: Any, budget: tuple[int, float], method: str | None
) -> tuple[Circuit, str] | None:
    """Variable elimination, or None where it does not fit and another method may."""
    if plain.cyclic:
        raise LimitError(
            "elimination needs rules without recursion among the ground atoms. Leave out method='elimination'."
        )
    try:
        circuit = eliminated_circuit(graph, plain, queries, signs, *budget)
    except LimitError as problem:
        if method is None:
            return None
        raise LimitError(f"{problem} {_sizes(graph)}") from None
    return circuit, f"elimination, {circuit.nodes:,} nodes, {circuit.edges:,} edges"


def _sizes(graph: Hypergraph) -> str:
    """Sizes, the rule with most instances, and what else could be done."""
    if not graph.instances:
        return ""
    rules, counts = np.unique(graph.rule, return_counts=True)
    worst = int(rules[np.argmax(counts)])
    tuples = sorted(((len(r), n) for n, (_, r) in graph.relations.items() if "@" not in n), reverse=True)[:3]
    shown = ", ".join(f"{name}: {size:,}" for size, name in tuples)
    return (
        f"The ground program has {graph.atoms:,} atoms ({shown}), {len(graph.leaves):,} leaves and {graph.instances:,} rule "
        f"instances, most of them ({int(counts.max()):,}) of rule {worst}: {graph.texts.get(worst, '?')} "
        "Try Algebra.PROOFS(k=3), a fuzzy algebra, or fewer uncertain facts."
    )


def _joined(graph: Hypergraph, queries: int, pieces: list[Any], ends: list[Circuit]) -> Circuit:
    """Circuits side by side; the evidence of a part shares its nodes with the part's queries."""
    roots = np.zeros(queries + len(ends), np.int32)
    kinds, starts, children, leaves, atoms = [], [np.zeros(1, np.int64)], [], [], []
    nodes = edges = 0
    offset_of: dict[int, int] = {}
    for places, circuit in [*pieces, *((np.array([queries + k]), c) for k, c in enumerate(ends))]:
        key = id(circuit.kind)
        if key not in offset_of:
            offset_of[key] = nodes
            kinds.append(circuit.kind)
            starts.append(circuit.start[1:] + edges)
            children.append(circuit.child + nodes)
            leaves.append(circuit.leaf)
            atoms.append(circuit.atom)
            nodes += circuit.nodes
            edges += circuit.edges
        roots[places] = circuit.roots + offset_of[key]
    empty = np.zeros(0, np.int32)
    return Circuit(
        np.concatenate([np.zeros(0, np.int8), *kinds]), np.concatenate(starts),
        np.concatenate([empty, *children]).astype(np.int32), np.concatenate([empty, *leaves]), roots, len(graph.leaves),
        np.concatenate([empty, *atoms]), np.zeros((0, 2), np.int64),
    )  # fmt: skip


def value_and_gradient(
    graph: Hypergraph, roots: Any, probabilities: Any, *, evidence: Sequence[int] = (), method: str | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Exact probabilities of ground atoms and their derivatives with respect to every leaf.

    Parameters
    ----------
    graph : Hypergraph
    roots : int array, shape (roots,)
    probabilities : array, shape (leaves,)
    evidence : sequence of signed literals

    Returns
    -------
    values, gradient
        Shapes (roots,) and (roots, leaves). For a Boolean leaf the derivative is ``P(q | leaf) - P(q | not leaf)``.
    """
    exact = compile_exact(graph, roots, evidence=evidence, method=method)
    weights = np.asarray(probabilities, np.float64).reshape(-1, 1)
    count = len(exact.circuit.roots)
    tiled = np.repeat(weights, count, axis=1)
    buffer = forward(exact.circuit, tiled, "real")
    values = buffer[exact.circuit.roots, 0]
    check_possible(values[exact.queries :].min(initial=1.0))
    gradient = backward(exact.circuit, buffer, np.eye(count), "real").T
    over = np.where(exact.given >= 0, values[np.maximum(exact.given, 0)], 1.0)
    value = values[: exact.queries] / over
    slope = gradient[: exact.queries] / over[:, None]
    conditional = exact.given >= 0
    slope[conditional] -= (value / over)[conditional, None] * gradient[exact.given[conditional]]
    return value, slope
