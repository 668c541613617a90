"""How a ground program is evaluated under an algebra: the planner's choice, and its reasons when it must refuse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from induce.algebras.algebra import Algebra
from induce.algebras.semirings import Semiring
from induce.errors import AlgebraError, RuleError
from induce.logic.autograd import CircuitModule
from induce.logic.bits import BitsModule, whole
from induce.logic.circuit import FALSE, circuit_of, plain_or
from induce.logic.compile import ExactCircuit, check_possible, compile_exact
from induce.logic.conflicts import conflict
from induce.logic.grounding import GroundProgram
from induce.logic.pairs import DualModule, PossibilityModule

__all__ = ["Backend", "backend_for", "check_consistent"]


class Backend(nn.Module):
    """Leaves' weights in, values of the answers out; with one line that says how.

    Parameters
    ----------
    module : Module
    how : str
    exact : ExactCircuit, optional
    transform : str
        What the weights must become: "", "logit" or "bits" (checked).
    """

    def __init__(self, module: nn.Module, how: str, exact: ExactCircuit | None = None, transform: str = "") -> None:
        super().__init__()
        self.module, self.how, self.exact, self.transform = module, how, exact, transform
        self._given: Any = None

    def forward(self, weights: torch.Tensor) -> torch.Tensor:
        """Values of the answers, shape (answers, batch)."""
        if self.transform == "logit":
            return torch.sigmoid(self.module(torch.logit(weights.clamp(1e-15, 1 - 1e-15))))
        return self.module(whole(weights, "gf2") if self.transform == "bits" else weights)  # type: ignore[no-any-return]

    def log_given(self, weights: torch.Tensor) -> torch.Tensor:
        """``log P(evidence and constraints)``, shape (batch,)."""
        assert self.exact is not None
        count = self.exact.queries
        if self._given is None:
            kept = replace(self.exact.circuit, roots=self.exact.circuit.roots[count:])
            self._given = (CircuitModule(kept, "real"), CircuitModule(plain_or(kept), "log"))
        real, log = self._given
        values = real(weights.double())
        if float(values.detach().min()) > 1e-200:
            return torch.log(values).sum(0).to(weights.dtype)
        tiny = 1e-300 if weights.dtype == torch.float64 else 1e-38
        return log(torch.log(weights.clamp_min(tiny))).sum(0)  # type: ignore[no-any-return]


def check_consistent(program: GroundProgram) -> None:
    """Raise when certain facts alone break a constraint or the evidence."""
    if program.impossible:
        raise RuleError(f"no world is consistent: {program.impossible[0]}. Remove it, or correct the facts.")


def backend_for(
    program: GroundProgram, atoms: Any, algebra: Algebra, method: str | None = None, **budget: Any
) -> Backend:
    """The evaluator of some atoms under an algebra.

    ``budget`` gives the nodes and seconds of a compilation.

    Raises
    ------
    AlgebraError
        If the algebra lacks a law that the program needs; the message names the rule.
    RuleError
        If the constraints or the evidence contradict each other whatever the weights.
    """
    if not isinstance(algebra, Semiring):
        raise AlgebraError(
            f"the algebra '{algebra.name}' has no meaning for rules. Use Algebra.PROBABILITY, VITERBI, FUZZY('product'), ..."
        )
    check_consistent(program)
    how = method or algebra.method
    if algebra.method == "circuit":
        exact = compile_exact(
            program.graph, atoms, evidence=program.given, exclusive=program.exclusive,
            method=None if how == "circuit" else how, **budget,
        )  # fmt: skip
        ends = exact.circuit.kind[exact.circuit.roots[exact.queries :]]
        if (ends == FALSE).any():
            core = conflict(program)
            raise RuleError(
                f"no world satisfies all of these: {' '.join(core)} Correct the facts that clash, drop one of these "
                "statements, or weaken it to ':~ body. [weight]'."
            )
        return Backend(exact.module(algebra.kind == "log"), f"exact: {exact.describe()}", exact)
    if program.given:
        texts = [program.lowered.texts.get(n, "") for _, n in program.forbidden]
        what = f"the constraint '{texts[0]}'" if texts else "its evidence"
        raise AlgebraError(
            f"'{algebra.name}' cannot condition on {what}. Use Algebra.PROBABILITY or LOG_PROBABILITY, or decode() for the "
            "most probable consistent world."
        )
    if algebra.method == "proofs":
        from induce.logic.topk import ProofsModule

        _refuse_negation(program, algebra)
        return Backend(ProofsModule(program.graph, atoms, algebra.parameter("k")), algebra.claims)
    if algebra.method == "tensor":
        from induce.logic.tensors import TensorModule

        circuit = circuit_of(program.graph, atoms)
        return Backend(TensorModule(circuit, algebra.parameter("temperature")), algebra.claims)
    return _swept(program, atoms, algebra)


def _swept(program: GroundProgram, atoms: Any, algebra: Semiring) -> Backend:
    """A sweep over the rule instances, for algebras that need no compilation."""
    circuit = circuit_of(program.graph, atoms)
    if not algebra.negates:
        _refuse_negation(program, algebra)
    if circuit.cyclic and not algebra.cycles:
        low, high = circuit.components[0]
        names = sorted({program.text_of(int(a)) for a in circuit.atom[low:high] if a >= 0})
        raise AlgebraError(
            f"'{algebra.name}' has no fixpoint on recursive rules: {names[0]} depends on itself, and every turn adds "
            "something. Use an idempotent algebra (Algebra.VITERBI, MIN_MAX, TROPICAL, FUZZY('godel')) or "
            "Algebra.PROBABILITY."
        )
    kind = algebra.kind
    if kind == "bits":
        return Backend(BitsModule(circuit), algebra.claims)
    if algebra.name in ("possibility", "dual"):
        pair = PossibilityModule(circuit, program.graph) if algebra.name == "possibility" else DualModule(circuit)
        return Backend(pair, algebra.claims)
    text = f"{algebra.claims}: a sweep over {circuit.nodes:,} nodes"
    if algebra.name.startswith("fuzzy") and program.graph.leaves.categorical.any():
        text += (
            "; values of one variable exclude each other, which a fuzzy disjunction does not know: degrees come out low"
        )
    return Backend(CircuitModule(circuit, kind), text, transform={"logit": "logit", "gf2": "bits"}.get(kind, ""))


def _refuse_negation(program: GroundProgram, algebra: Algebra) -> None:
    """Name a rule with a negation that the algebra cannot read."""
    graph = program.graph
    negative = np.flatnonzero(graph.body & 1)
    if len(negative):
        instance = int(np.searchsorted(graph.start, negative[0], "right")) - 1
        rule = int(graph.rule[instance])
        raise AlgebraError(
            f"'{algebra.name}' has no negation, but the program uses 'not' in rule {rule}: "
            f"{graph.texts.get(rule, '?')} Use Algebra.PROBABILITY, or remove the negation."
        )


__all__ += ["check_possible"]
