"""to_torch: a term as an ordinary ``torch.nn.Module`` on any device, with gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from induce.algebras.algebra import Algebra, meaning_of
from induce.errors import AlgebraError, DataError
from induce.terms.hole import module_of
from induce.terms.op import HOLE, LITERAL, VARIABLE
from induce.terms.sort import BOOL
from induce.terms.term import Term

__all__ = ["TermModule", "to_torch"]


class TermModule(nn.Module):
    """A term as a module. Real holes (and float literals when trainable) are parameters, nets are sub-modules.

    Call it with one tensor of shape (rows, inputs), or with one tensor per column by name.
    """

    def __init__(self, term: Term, algebra: Algebra, inputs: Sequence[str], trainable: bool) -> None:
        super().__init__()
        self.term = term
        self.algebra = algebra
        self.inputs = tuple(inputs)
        self.constants = nn.ParameterDict()
        self.nets = nn.ModuleDict()
        self._literal_names: dict[Term, str] = {}
        for node in term.postorder():
            if node.op is HOLE and node.hole.kind == "real":
                start = 1.0 if node.hole.start is None else node.hole.start
                self.constants[node.name] = nn.Parameter(torch.tensor(start, dtype=torch.float64))
            elif node.op is HOLE and node.hole.kind == "net":
                waiting = module_of(node)
                if waiting is None:
                    raise AlgebraError(
                        f"no module waits for the net hole '{node.name}'. Make it with hole.net(module)."
                    )
                self.nets[node.name] = waiting
            elif node.op is HOLE:
                raise AlgebraError(
                    f"choice '{node}' is not filled; a module needs one term. Fill it with fill() first."
                )
            elif trainable and node.op is LITERAL and isinstance(node.payload, float):
                name = f"literal{len(self._literal_names)}"
                self._literal_names[node] = name
                self.constants[name] = nn.Parameter(torch.tensor(node.payload, dtype=torch.float64))
        for node in term.postorder():
            if node.args or (not node.args and node.op not in (LITERAL, VARIABLE, HOLE)):
                meaning_of(node.op, algebra)  # fail now, not in forward

    def forward(self, data: torch.Tensor | None = None, /, **columns: torch.Tensor) -> torch.Tensor:
        """The term's value.

        Parameters
        ----------
        data : tensor, shape (rows, inputs)
            Columns in the order of ``inputs``; or give each column by name, shape (rows,).
        """
        if data is not None:
            if data.shape[-1] != len(self.inputs):
                raise DataError(
                    f"expected {len(self.inputs)} columns ({', '.join(self.inputs)}), but the tensor has {data.shape[-1]}."
                )
            columns = {name: data[..., i] for i, name in enumerate(self.inputs)}
        missing = [v.name for v in self.term.variables if v.name not in columns]
        if missing:
            raise DataError(f"no column named '{missing[0]}'. The columns given are: {', '.join(columns) or 'none'}.")
        sample = next(iter(columns.values()), None)
        like: dict[str, Any] = {"dtype": sample.dtype, "device": sample.device} if sample is not None else {}
        if like and not like["dtype"].is_floating_point and self.algebra is Algebra.REAL:
            like["dtype"] = torch.get_default_dtype()

        def constant(value: Any) -> torch.Tensor:
            if isinstance(value, torch.Tensor):
                return value.to(**like) if like else value
            return torch.tensor(value, **like)

        def step(node: Term, args: tuple[torch.Tensor, ...]) -> torch.Tensor:
            if node in self._literal_names:
                return constant(self.constants[self._literal_names[node]])
            if node.op is LITERAL:
                return constant(node.payload)
            if node.op is VARIABLE:
                return columns[node.name]
            if node.op is HOLE:
                if node.hole.kind == "real":
                    return constant(self.constants[node.name])
                stacked = data if data is not None else torch.stack([columns[n] for n in self.inputs], dim=-1)
                out: torch.Tensor = self.nets[node.name](stacked)
                return out.squeeze(-1) if out.ndim > stacked.ndim - 1 and out.shape[-1] == 1 else out
            value: torch.Tensor = meaning_of(node.op, self.algebra)(torch, *args)
            return constant(value) if not node.args else value

        value = self.term.fold(step)
        return value.expand(sample.shape) if sample is not None and value.ndim == 0 else value

    def filled(self) -> Term:
        """The term with the present constants written in."""
        values: dict[Term | str, Term | float] = {}
        from induce.terms.term import literal

        for node in self.term.postorder():
            if node.op is HOLE and node.hole.kind == "real":
                values[node] = literal(float(self.constants[node.name].detach()), node.sort)
            elif node in self._literal_names:
                values[node] = literal(float(self.constants[self._literal_names[node]].detach()), node.sort)
        return self.term.replace(values) if values else self.term

    def extra_repr(self) -> str:
        """The term and its inputs, for printing."""
        return f"{self.term}, inputs={list(self.inputs)}"


def to_torch(
    term: Term,
    algebra: Algebra | None = None,
    *,
    inputs: Sequence[str] | None = None,
    device: torch.device | str | None = None,
    trainable: bool = False,
) -> TermModule:
    """A term as a ``torch.nn.Module``.

    Parameters
    ----------
    term : Term
        Real holes become parameters, net holes sub-modules.
    algebra : Algebra, optional
        By default the real one, or the Boolean one for a term of sort bool.
    inputs : sequence of str, optional
        Order of the columns of a stacked input; by default the variables in order of appearance.
    device : torch.device, optional
        Where to put the parameters; they follow ``.to(device)`` later as usual.
    trainable : bool
        Whether float literals become parameters too.

    Raises
    ------
    AlgebraError
        If an operator has no meaning under the algebra, or a choice is unfilled.

    >>> from induce.terms import arithmetic
    >>> module = to_torch(arithmetic.parse("x * 2 + 1"))
    >>> module(torch.tensor([[1.0], [2.0]])).tolist()
    [3.0, 5.0]
    """
    if algebra is None:
        algebra = Algebra.BOOLEAN if term.sort is BOOL else Algebra.REAL
    names = [v.name for v in term.variables] if inputs is None else list(inputs)
    module = TermModule(term, algebra, names, trainable)
    return module.to(device) if device is not None else module
