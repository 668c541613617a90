"""Circuits beside klaycircuits: forward and backward of the sum of logs on three reachability circuits, float64."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks.runner import Run, row

SHAPES = {24: (9, 2), 32: (17, 2), 40: (16, 2)}
"""Edges to (nodes, seed) of random cyclic digraphs, made to have diagrams of some hundred and some thousand nodes."""


def _edges(count: int) -> list[tuple[int, int]]:
    nodes, seed = SHAPES[count]
    pairs = [(i, j) for i in range(nodes) for j in range(nodes) if i != j]
    chosen = np.random.default_rng(seed).choice(len(pairs), count, replace=False)
    return [pairs[k] for k in chosen]


def _ours(edges: list[tuple[int, int]]) -> Any:
    """The compiled program: one answer for each reachable node."""
    from induce.logic import LogicProgram

    program = LogicProgram("path(X) :- edge(0, X). path(Y) :- path(X), edge(X, Y). ?- path(X).", method="sdd")
    return program.facts("edge", edges, weight=np.full(len(edges), 0.5))


def _theirs(klay: Any, program: Any) -> tuple[Any, list[int]]:
    """The same SDDs in the peer, and the leaf that each of its variables is."""
    from induce.logic.circuit import circuit_of
    from induce.logic.sdd import SddCompiler

    graph, atoms = program.ground().graph, program.answers.atoms
    plain = circuit_of(graph, atoms)
    compiler = SddCompiler(graph, plain, 2_000_000, 120.0)
    done = compiler.bottom_up(plain.roots.tolist())
    circuit = klay.Circuit()
    for root in plain.roots.tolist():
        circuit.add_sdd(done[root])
    circuit.remove_unused_nodes()
    return circuit.to_torch_module(semiring="real", compile=False), compiler.order


def _seconds(function: Any, most: float = 1.0) -> float:
    """CPU seconds of one call: the median of repeated calls."""
    function()
    found: list[float] = []
    began = time.process_time()
    while len(found) < 5 or (time.process_time() - began < most and len(found) < 2000):
        started = time.process_time()
        function()
        found.append(time.process_time() - started)
    return float(np.median(found))


def _measure(run: Run, edges_count: int, batch: int) -> tuple[float, float | None]:
    import torch

    torch.set_num_threads(1)
    edges = _edges(edges_count)
    program = _ours(edges)
    module = program.backend.module.circuit
    generator = torch.Generator().manual_seed(0)
    weights = torch.rand(len(edges), batch, dtype=torch.float64, generator=generator).requires_grad_()

    def ours() -> Any:
        weights.grad = None
        module(weights).log().sum().backward()

    mine = _seconds(ours, 0.3 if run.quick else 1.0)
    klay = run.peer("klay", "klaycircuits")
    if klay is None:
        return mine, None
    theirs_module, order = _theirs(klay, program)
    positive = weights.detach()[order].T.contiguous().requires_grad_()

    def theirs() -> Any:
        positive.grad = None
        theirs_module(positive, 1.0 - positive).log().sum().backward()

    theirs()
    ours()
    assert weights.grad is not None
    assert positive.grad is not None
    assert torch.allclose(weights.grad[order], positive.grad.T, rtol=1e-8), "the two gradients differ"
    other = _seconds(theirs, 0.3 if run.quick else 1.0)
    run.record("klay", other)
    return mine, other


def _row(run: Run, batch: int, least: float) -> tuple[float, bool, str]:
    """Smallest speed-up over the three circuits; the figure of the peer is its time on the largest."""
    ratios, notes = [], []
    for count in (24,) if run.quick else (24, 32, 40):
        mine, other = _measure(run, count, batch)
        circuit = _ours(_edges(count)).backend.exact.circuit
        text = f"{count} edges ({circuit.nodes}/{circuit.edges}): {1e3 * mine:.3g} ms"
        if other is not None:
            ratios.append(other / mine)
            text += f", peer {1e3 * other:.3g} ms"
        notes.append(text)
    smallest = min(ratios, default=float("nan"))
    return smallest, bool(smallest >= least), "; ".join(notes)


@row("circuits, forward and backward, batch 1: times faster than klaycircuits on every one", goal=">= 1")
def batch_1(run: Run) -> Any:
    return _row(run, 1, 1.0)


@row("circuits, forward and backward, batch 64: times faster than klaycircuits on every one", goal=">= 3")
def batch_64(run: Run) -> Any:
    return _row(run, 64, 3.0)


@row("circuits, forward and backward, batch 1,024: times faster than klaycircuits on every one", goal=">= 5")
def batch_1024(run: Run) -> Any:
    return _row(run, 1024, 5.0)
