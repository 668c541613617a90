"""Torch modules that searched networks are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from induce.errors import SpaceError
from induce.spaces.table import Table, Vectors

__all__ = ["Chain", "Residual", "Switch"]


class Residual(nn.Module):
    """The sum of a module's output and its input, projected where their shapes differ.

    Parameters
    ----------
    body, shortcut : nn.Module
    """

    def __init__(self, body: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.body = body
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """The sum."""
        found: Tensor = self.body(x) + self.shortcut(x)
        return found


class Chain(nn.Sequential):
    """A searched network: its layers one after the other."""


class Mode:
    """Whether the switches of one supernet mix their options, and by which weights: one tensor for each row."""

    def __init__(self) -> None:
        self.weights: list[Tensor | None] | None = None


class Switch(nn.Module):
    """One of several modules with their own parameters: the selected one, or a mix of all by the softmax of their rows.

    Parameters
    ----------
    modules : sequence of nn.Module
    rows : tuple of int
        The rows of the space that select.
    table : Table
        These rows alone.
    points : array of shape (modules, rows)
        The values of the rows for each module.
    mode : Mode
    """

    def __init__(
        self, modules: Sequence[nn.Module], rows: tuple[int, ...], table: Table, points: Vectors, mode: Mode
    ) -> None:
        super().__init__()
        self.options = nn.ModuleList(modules)
        self.rows, self.table, self.points, self.mode = rows, table, points, mode
        self.places = {tuple(point): place for place, point in enumerate(points.tolist())}
        self.index = 0

    def select(self, entries: Vectors) -> None:
        """Take the module that belongs to a point of the whole space."""
        own = self.table.settle(entries[None, list(self.rows)].clip(self.table.low, self.table.high))[0]
        self.index = self.places[tuple(own.tolist())]

    def selected(self) -> nn.Module:
        """The module taken at present."""
        return self.options[self.index]

    def forward(self, *args: Any) -> Any:
        """The output of the selected module, or the mix of all."""
        if self.mode.weights is None:
            return self.selected()(*args)
        outputs = [option(*args) for option in self.options]
        shapes = {tuple(output.shape) for output in outputs}
        if len(shapes) > 1:
            names = ", ".join(row.name for row in self.table.rows)
            raise SpaceError(
                f"the options of '{names}' give outputs of the shapes {', '.join(map(str, sorted(shapes)))}, but a mix needs equal "
                "ones. Select one point at a time: net.select(point)."
            )
        return sum(weight * output for weight, output in zip(self._weights(), outputs, strict=True))

    def _weights(self) -> list[Tensor]:
        """The weight of each option: the product of those of its rows that count."""
        assert self.mode.weights is not None
        active = self.table.active(self.points)
        found = []
        for point, on in zip(self.points, active, strict=True):
            parts = [
                self.mode.weights[row][int(entry - low)]  # type: ignore[index]
                for row, entry, low, counts in zip(self.rows, point, self.table.low, on, strict=True)
                if counts
            ]
            found.append(torch.stack(parts).prod())
        return found
