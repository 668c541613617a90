"""Several formulas as one torch module, called as the network they replace."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from induce.algebras import to_torch
from induce.formulas.refitting import opened
from induce.terms.term import Term

__all__ = ["FormulaModule"]


class FormulaModule(nn.Module):
    """Formulas of the same inputs: (..., inputs) -> (..., formulas), or (...,) for a single one.

    Parameters
    ----------
    terms : sequence of Term
    inputs : sequence of str
        Order of the columns.
    trainable : bool
        Whether the numbers in the formulas, exponents excepted, are parameters, each of its own.
    single : bool
        Whether the last axis is left out; there must be one formula then.

    >>> from induce.terms import arithmetic
    >>> FormulaModule([arithmetic.parse("a + b"), arithmetic.parse("a")], ["a", "b"])(torch.ones(4, 3, 2)).shape
    torch.Size([4, 3, 2])
    """

    def __init__(
        self, terms: Sequence[Term], inputs: Sequence[str], *, trainable: bool = False, single: bool = False
    ) -> None:
        super().__init__()
        used = [opened(term)[0] if trainable else term for term in terms]
        self.parts = nn.ModuleList([to_torch(term, inputs=inputs) for term in used])
        self.single = single

    @property
    def terms(self) -> list[Term]:
        """The formulas with the present numbers written in."""
        return [part.filled() for part in self.parts]  # type: ignore[operator]

    def forward(self, data: torch.Tensor) -> torch.Tensor:
        """Every formula's value."""
        columns = [part(data) for part in self.parts]
        return columns[0] if self.single else torch.stack(columns, dim=-1)
