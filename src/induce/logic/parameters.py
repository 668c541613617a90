"""Holes of a program as torch parameters: real ones with their bounds, choices as softmax weights."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from induce.logic import language as lang
from induce.logic.symbols import Symbols, as_json, from_json
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

    A hole applied to values, ``?w(X)``, has one entry for each value that occurs; they go by their values in
    ``state_dict``, so that they find their places in a program whose facts come in another order.

    Parameters
    ----------
    program : Term
    symbols : Symbols
        The values by their ids.
    seed : int
    """

    def __init__(self, program: Term, symbols: Symbols, seed: int) -> None:
        super().__init__()
        self.symbols = symbols
        self.starts: dict[str, float] = {}
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
                self.starts[spec.name] = start
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
            start = self.starts[name] if raw.ndim else float(raw.detach())
            grown = torch.full((len(known),), start, dtype=raw.dtype, device=raw.device)
            if raw.ndim:
                grown[: len(raw)] = raw.detach()
            # the object stays the same: an optimizer may hold it already
            torch.utils.swap_tensors(raw, nn.Parameter(grown))
        return torch.tensor([known[k] for k in keys])

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        for name, keys in self.indexed.items():
            rows = [[as_json(v) for v in self.symbols.values_of(list(key))] for key in keys]
            text = json.dumps(rows, ensure_ascii=False).encode()
            destination[f"{prefix}keys.{name}"] = torch.tensor(list(text), dtype=torch.uint8)

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *others: Any) -> None:
        for name, raw in self.values.items():
            text = state_dict.pop(f"{prefix}keys.{name}", None)
            if text is None:
                continue
            rows = json.loads(bytes(text.tolist()).decode())
            self.indexed[name] = {}
            torch.utils.swap_tensors(raw, nn.Parameter(raw.detach().new_tensor(self.starts[name])))
            self.index(name, [tuple(self.symbols.id_of(from_json(v)) for v in row) for row in rows])
        super()._load_from_state_dict(state_dict, prefix, *others)

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
