"""Holes of a program as torch parameters: real ones with their bounds, choices as softmax weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from induce.logic import language as lang
from induce.terms.op import HOLE
from induce.terms.term import Term

__all__ = ["Parameters", "hole_start", "hole_value", "probability_holes"]


def probability_holes(program: Term) -> set[str]:
    """Holes that stand as a probability by themselves: they live on (0, 1) by a sigmoid."""
    found = set()
    for node in program.postorder():
        if node.op is lang.WEIGHTED:
            weight = node.args[0].args[0] if node.args[0].op.name == "at" else node.args[0]
            if weight.op is HOLE and weight.hole.kind == "real":
                found.add(weight.name)
        elif node.op is lang.VALUED:
            inner = node.args[0].args[0] if node.args[0].op.name == "at" else node.args[0]
            if inner.op is HOLE:
                found.add(inner.name)
    return found


def hole_value(raw: torch.Tensor, spec: Any, probability: bool) -> torch.Tensor:
    """The value of a real hole from its free parameter: a sigmoid between the bounds, softplus above one, or as it is."""
    low, high = (0.0, 1.0) if probability and spec.low == -math.inf else (spec.low, spec.high)
    if low > -math.inf and high < math.inf:
        return low + (high - low) * torch.sigmoid(raw)
    if low > -math.inf:
        return low + nn.functional.softplus(raw)
    if high < math.inf:
        return high - nn.functional.softplus(raw)
    return raw


def hole_start(spec: Any, probability: bool, jitter: float) -> float:
    """The free parameter at which a hole has its first guess."""
    low, high = (0.0, 1.0) if probability and spec.low == -math.inf else (spec.low, spec.high)
    if spec.start is None:
        return jitter
    if low > -math.inf and high < math.inf:
        share = min(max((spec.start - low) / (high - low), 1e-9), 1 - 1e-9)
        return math.log(share / (1 - share))
    if low > -math.inf or high < math.inf:
        distance = max(spec.start - low if low > -math.inf else high - spec.start, 1e-9)
        return math.log(math.expm1(distance)) if distance < 30 else distance
    return float(spec.start)


class Parameters(nn.Module):
    """The real and choice holes of a program: a parameter for each, by name.

    A hole applied to values, ``?w(X)``, has one entry for each value that occurs.
    """

    def __init__(self, program: Term, seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.values = nn.ParameterDict()
        self.choices = nn.ParameterDict()
        self.specs: dict[str, Any] = {}
        self.probabilities = probability_holes(program)
        self.indexed: dict[str, dict[tuple[int, ...], int]] = {}
        for node in _holes_of(program):
            spec = node.hole
            if spec.kind == "real" and spec.name not in self.specs:
                self.specs[spec.name] = spec
                jitter = 0.01 * float(torch.randn((), generator=generator))
                start = hole_start(spec, spec.name in self.probabilities, jitter)
                self.values[spec.name] = nn.Parameter(torch.tensor(start, dtype=torch.float64))
            elif spec.kind == "choice" and spec.name not in self.specs:
                self.specs[spec.name] = spec
                logits = 0.01 * torch.randn(len(spec.options), generator=generator, dtype=torch.float64)
                if spec.prior:
                    logits = logits + torch.log(torch.tensor(spec.prior, dtype=torch.float64))
                self.choices[spec.name] = nn.Parameter(logits)

    def index(self, name: str, keys: Sequence[tuple[int, ...]]) -> torch.Tensor:
        """Places of the values of an indexed hole; the parameter grows when a value is new."""
        known = self.indexed.setdefault(name, {})
        for key in keys:
            known.setdefault(key, len(known))
        raw = self.values[name]
        if raw.ndim == 0 or len(raw) < len(known):
            grown = torch.full((len(known),), float(raw.detach().reshape(-1)[0]), dtype=raw.dtype, device=raw.device)
            if raw.ndim:
                grown[: len(raw)] = raw.detach()
            self.values[name] = nn.Parameter(grown)
        return torch.tensor([known[k] for k in keys])

    def real(self, name: str) -> torch.Tensor:
        """The present value of a real hole."""
        return hole_value(self.values[name], self.specs[name], name in self.probabilities)

    def shares(self, name: str) -> torch.Tensor:
        """The present weights of the options of a choice."""
        return torch.softmax(self.choices[name], 0)


def _holes_of(program: Term) -> list[Term]:
    found: dict[Term, None] = {}
    stack = [program]
    while stack:
        for node in stack.pop().postorder():
            if node.op is HOLE and node not in found:
                found[node] = None
                if isinstance(node.hole.options, tuple):
                    stack.extend(node.hole.options)
    return list(found)
