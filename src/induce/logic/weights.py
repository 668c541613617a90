"""Weights of the leaves: numbers, parameters, real expressions and networks, as one tensor of shape (leaves, batch)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from induce.algebras.algebra import meaning_of
from induce.algebras.standard import REAL as REAL_ALGEBRA
from induce.errors import DataError, RuleError
from induce.logic import language as lang
from induce.logic.grounding import GroundProgram, SourceTable, written
from induce.logic.inputs import NetInput, batch_of, merged
from induce.logic.parameters import Parameters
from induce.logic.show import to_rule_text, value_text
from induce.terms.op import HOLE, LITERAL
from induce.terms.sort import REAL
from induce.terms.term import Term

__all__ = ["WeightReader"]


@dataclass
class _Values:
    """Where the values of a weighted relation inside a real expression come from."""

    name: str
    rows: torch.Tensor
    given: torch.Tensor | None


class WeightReader:
    """Computes the leaves' weights of one ground program.

    Parameters
    ----------
    program : GroundProgram
    parameters : Parameters
    nets : mapping of name to module
    measured : mapping of relation to (columns, values)
        Facts with a real value each, for real expressions.
    axes : mapping of input name to lists of constants
    logits : bool
        Whether networks give logits or probabilities.
    """

    def __init__(
        self, program: GroundProgram, parameters: Parameters, nets: Any, measured: Mapping[str, Any],
        axes: Mapping[str, Any], logits: bool,
    ) -> None:  # fmt: skip
        self.program, self.parameters, self.nets, self.logits = program, parameters, nets, logits
        self.measured = measured
        self.net_inputs: dict[int, list[NetInput]] = {}
        self.columns: dict[tuple[int, str], torch.Tensor] = {}
        self.places: dict[tuple[int, Term], torch.Tensor] = {}
        self.values: dict[tuple[int, Term], _Values] = {}
        self.constant: dict[int, torch.Tensor] = {}
        self.names: set[str] = set()
        self.seen: set[str] = set()
        self.dtype = torch.float64
        """Of the networks' outputs; what is computed from them is given in it."""
        for number, table in enumerate(program.tables):
            if table.source.kind == "net":
                terms = table.source.inputs
                made = merged([NetInput.of(t, table, program, axes) for t in terms], terms) or [NetInput.plain(table)]
                self.net_inputs[number] = made
                self.names |= {name for m in made for name in m.names}
            elif table.source.kind == "weights":
                for term in table.source.terms:
                    self._prepare(number, table, term)

    # ---- planning

    def _prepare(self, number: int, table: SourceTable, term: Term) -> None:
        symbols, source = self.program.graph.symbols, table.source
        place = {name: k for k, name in enumerate(source.names)}
        for node in term.postorder():
            if node.op is lang.NUMBER:
                name = node.args[0].payload
                numbers, fine = symbols.numbers(table.keys[:, place[name]])
                if not np.all(fine):
                    bad = symbols.value_of(int(table.keys[~np.asarray(fine)][0, place[name]]))
                    raise RuleError(
                        f"{name} is {bad!r} in '{to_rule_text(source.terms[0])}', but a number was expected. Filter the facts, or use "
                        f"another column.\n  {self.program.lowered.texts.get(source.number, '')}"
                    )
                self.columns[number, name] = torch.as_tensor(np.asarray(numbers, np.float64))
            elif node.op.name == "at":
                keys = list(zip(*(self._column(table, a, place) for a in node.args[1:]), strict=True))
                self.places[number, node] = self.parameters.index(node.args[0].name, keys)
            elif node.op not in (HOLE, LITERAL) and node.sort is REAL and _reads_values(node):
                self.values[number, node] = self._measured(table, node, place)

    def _column(self, table: SourceTable, arg: Term, place: Mapping[str, int]) -> list[int]:
        if arg.op is LITERAL:
            return [self.program.graph.symbols.id_of(arg.payload)] * len(table.keys)
        return [int(v) for v in table.keys[:, place[arg.payload]]]

    def _measured(self, table: SourceTable, node: Term, place: Mapping[str, int]) -> _Values:
        key = f"{node.op.name}/{len(node.args)}"
        self.names.add(node.op.name)
        if key not in self.measured:
            raise RuleError(
                f"'{node}' needs a number for each fact of '{key}'. Give them: program.facts({node.op.name!r}, table, "
                "value='column')."
            )
        columns, values = self.measured[key]
        wanted = np.array(list(zip(*(self._column(table, a, place) for a in node.args), strict=True)), np.int32)
        wanted = wanted.reshape(len(table.keys), len(node.args))
        known = {tuple(r): k for k, r in enumerate(columns.tolist())}
        rows = [known.get(tuple(r), -1) for r in wanted.tolist()]
        if -1 in rows:
            missing = written(key, self.program.graph.symbols.values_of(wanted[rows.index(-1)]))
            raise RuleError(f"'{missing}' has no value. Give one for every tuple that the rules reach.")
        return _Values(node.op.name, torch.tensor(rows), torch.as_tensor(np.asarray(values, np.float64)))

    # ---- running

    def __call__(self, inputs: Mapping[str, Any]) -> torch.Tensor:
        """Weights of all leaves, shape (leaves, batch); the batch is 1 when nothing depends on an input."""
        unknown = set(inputs) - self.names
        if unknown:
            raise DataError(
                f"no rule reads an input '{sorted(unknown)[0]}'. Inputs: {', '.join(sorted(self.names)) or 'none'}."
            )
        batch = batch_of(inputs)
        parts = []
        for number, table in enumerate(self.program.tables):
            if not len(table.keys):
                continue
            block = self._block(number, table, inputs)
            parts.append(self._placed(block, table))
        if not parts:
            return torch.zeros(0, batch or 1, dtype=torch.float64)
        width = max(p.shape[0] for p in parts)
        kind = next((p.dtype for p in parts if p.dtype == torch.float32), torch.float64)
        if width > 1 or len({p.dtype for p in parts}) > 1:
            device = next((p.device for p in parts if p.shape[0] > 1), parts[0].device)
            parts = [p.to(device=device, dtype=kind).expand(width, -1) for p in parts]
        return torch.cat(parts, dim=1).T if len(parts) > 1 else parts[0].T

    @staticmethod
    def _placed(block: torch.Tensor, table: SourceTable) -> torch.Tensor:
        """(batch, variables, values) as (batch, leaves) in leaf order."""
        flat = block.reshape(block.shape[0], -1)
        if (table.leaf < 0).any():
            return flat[:, torch.as_tensor(table.leaf.reshape(-1) >= 0)]
        return flat

    def _block(self, number: int, table: SourceTable, inputs: Mapping[str, Any]) -> torch.Tensor:
        source = table.source
        if source.kind == "net":
            return self._net(number, table, inputs)
        if source.kind == "free":
            return torch.full((1, len(table.keys), 1), 0.5, dtype=torch.float64)
        if source.kind == "select":
            return self.parameters.shares(source.net).reshape(1, 1, -1)
        if source.kind == "table":
            assert table.weights is not None
            return torch.as_tensor(table.weights, dtype=torch.float64).reshape(1, -1, 1)
        return self._expressions(number, table, inputs)

    def _expressions(self, number: int, table: SourceTable, inputs: Mapping[str, Any]) -> torch.Tensor:
        source, count = table.source, len(table.keys)
        if number in self.constant:
            return self.constant[number]
        found = [self._expression(number, t, inputs) for t in source.terms]
        width = max(f.shape[0] if f.ndim == 2 else 1 for f in found)
        found = [(f if f.ndim == 2 else f.reshape(1, -1)).expand(width, count) for f in found]
        block = torch.stack(found, dim=2)
        if source.categorical and any(t.op is HOLE for t in source.terms):
            block = self._shared(source, block)
        if source.categorical and not source.complete:
            rest = 1.0 - block.sum(2, keepdim=True)
            if float(rest.detach().min()) < -1e-6:
                row = int(rest.detach().amin(0).argmin())
                raise RuleError(
                    f"the probabilities of the alternatives sum to {float(1 - rest.detach().min()):g} for variable {row} of rule "
                    f"{source.number}, but at most 1 is possible.\n  {self.program.lowered.texts.get(source.number, '')}"
                )
            block = torch.cat([block, rest.clamp_min(0.0)], dim=2)
        if not block.requires_grad and all(t.op is LITERAL for t in source.terms):
            self.constant[number] = block
        if not all(t.op in (LITERAL, HOLE) for t in source.terms):
            self._check_range(table, block)
        return block

    def _shared(self, source: Any, block: torch.Tensor) -> torch.Tensor:
        """Learnable alternatives share, by a softmax of their parameters, what the numbers leave."""
        holes = [k for k, t in enumerate(source.terms) if t.op is HOLE]
        rest = 1.0 - sum(float(t.payload) for t in source.terms if t.op is LITERAL)
        raw = torch.stack([self.parameters.values[source.terms[k].name] for k in holes])
        share = rest * torch.softmax(raw, 0)
        columns = list(block.unbind(2))
        for k, place in enumerate(holes):
            columns[place] = share[k].expand_as(columns[place])
        return torch.stack(columns, dim=2)

    def _check_range(self, table: SourceTable, block: torch.Tensor) -> None:
        low, high = block.detach().aminmax()
        if not (float(low) >= -1e-9 and float(high) <= 1 + 1e-9):
            flat = block.detach().reshape(block.shape[0], len(table.keys), -1)
            bad = ((flat < -1e-9) | (flat > 1 + 1e-9) | flat.isnan()).nonzero()[0]
            source, lowered = table.source, self.program.lowered
            values = self.program.graph.symbols.values_of(table.keys[int(bad[1])])
            where = ", ".join(f"{n} = {value_text(v)}" for n, v in zip(source.names, values, strict=False))
            raise RuleError(
                f"the weight '{to_rule_text(source.terms[min(int(bad[2]), len(source.terms) - 1)])}' is "
                f"{float(flat[tuple(bad)]):g}{f' for {where}' if where else ''}, but a probability lies in [0, 1]. Wrap the "
                f"expression in sigmoid(...).\n  {lowered.texts.get(source.number, '')}",
                line=lowered.lines.get(source.number, 0),
                column=1,
            )

    def _expression(self, number: int, term: Term, inputs: Mapping[str, Any]) -> torch.Tensor:
        """A real expression over the rows of a source: shape (rows,) or (batch, rows)."""

        def step(node: Term, args: tuple[Any, ...]) -> Any:
            if node.sort is not REAL:
                return None
            if node.op is LITERAL:
                return torch.tensor([float(node.payload)], dtype=torch.float64)
            if node.op is HOLE:
                value = self.parameters.real(node.name)
                return value if value.ndim else value.reshape(1)
            if node.op is lang.NUMBER:
                return self.columns[number, node.args[0].payload]
            if node.op.name == "at":
                return args[0][self.places[number, node]]
            if (number, node) in self.values:
                return self._values_of(self.values[number, node], inputs)
            return meaning_of(node.op, REAL_ALGEBRA)(torch, *args)

        return term.fold(step)  # type: ignore[no-any-return]

    @staticmethod
    def _values_of(found: _Values, inputs: Mapping[str, Any]) -> torch.Tensor:
        given = inputs.get(found.name)
        if given is None:
            assert found.given is not None
            return found.given[found.rows]
        tensor = torch.as_tensor(given)
        return tensor.reshape(tensor.shape[0], -1)[:, found.rows]

    def _net(self, number: int, table: SourceTable, inputs: Mapping[str, Any]) -> torch.Tensor:
        source = table.source
        module = self.nets[source.net] if source.net in self.nets else None
        if module is None:
            raise RuleError(
                f"no network is given for '{source.net}' of '{source.relation}'. "
                f"Give it by name: LogicProgram(..., {source.net}=module)."
            )
        read = [i.read(inputs) for i in self.net_inputs[number]]
        batch, rows = read[0].shape[:2]
        given = [r.reshape(batch * rows, *r.shape[2:]) for r in read]
        try:
            outputs = module(*given)
        except RuntimeError as problem:
            shown = ", ".join(f"{tuple(g.shape)} of {str(g.dtype).removeprefix('torch.')}" for g in given)
            raise RuleError(
                f"network '{source.net}' fails on its inputs ({shown}): {problem}. Convert the inputs, or change the network."
            ) from problem
        width = len(source.values) or 1
        if outputs.shape[0] != batch * rows or outputs[0].numel() != width:
            if not (width == 1 and outputs.numel() == batch * rows):
                raise RuleError(
                    f"network '{source.net}' gave {tuple(outputs.shape[1:])} outputs for each of {batch * rows} inputs, "
                    f"but '{source.relation}' has a domain of {width} values. Change the last layer or the domain."
                )
        outputs = outputs.reshape(batch, rows, width)
        self.dtype = outputs.dtype
        if outputs.device.type != "mps":  # which has no double
            # the complement of a probability that is nearly 1 needs the digits
            outputs = outputs.double()
        if not bool(torch.isfinite(outputs).all()):
            example = int((~torch.isfinite(outputs)).reshape(batch, -1).any(1).nonzero()[0])
            raise RuleError(
                f"network '{source.net}' gave NaN or infinity for example {example} of the batch. Check that input, or "
                "lower the learning rate."
            )
        if self.logits:
            self._check_logits(source, outputs)
            if source.values:
                return torch.softmax(outputs, 2)
            # a network is never certain: what it excludes is improbable, not impossible
            edge = torch.finfo(outputs.dtype)
            return torch.sigmoid(outputs).clamp(edge.tiny, 1.0 - edge.eps / 2)
        self._check_probabilities(source, outputs)
        return outputs

    def _check_logits(self, source: Any, outputs: torch.Tensor) -> None:
        """Rows of logits do not happen to be distributions; looked at once, since it costs a pass."""
        if source.net in self.seen or len(source.values) < 2:
            return
        self.seen.add(source.net)
        rows = outputs.detach()
        if bool((rows >= 0).all()) and bool(((rows.sum(2) - 1).abs() < 1e-5).all()):
            message = "gave probabilities (each row sums to 1), but logits were expected. Leave out its softmax, or say"
            raise RuleError(f"network '{source.net}' {message} LogicProgram(..., logits=False).")

    @staticmethod
    def _check_probabilities(source: Any, outputs: torch.Tensor) -> None:
        sums = outputs.detach().sum(2) if source.values else outputs.detach().reshape(-1)
        wrong = (sums - 1).abs().max() > 1e-3 if source.values else bool(((sums < 0) | (sums > 1)).any())
        least = float(outputs.detach().min())
        if least < 0:
            raise RuleError(
                f"the outputs of network '{source.net}' are not probabilities (one is {least:g}). For logits leave out "
                "logits=False."
            )
        if bool(wrong):
            raise RuleError(
                f"the outputs of network '{source.net}' are not probabilities (a row sums to {float(sums.reshape(-1)[0]):g})."
                " For logits leave out logits=False."
            )


def _reads_values(node: Term) -> bool:
    if node.op is lang.NUMBER or node.op.name == "at":
        return False
    if node.args:
        return node.args[0].sort is lang.VALUE
    return node.op.notation.kind == "call"
