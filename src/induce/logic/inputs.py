"""Inputs of networks: which tensor, and which place in it, belongs to each ground atom of a neural relation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from induce.errors import DataError, RuleError
from induce.terms.op import LITERAL
from induce.terms.term import Term

if TYPE_CHECKING:
    from induce.logic.grounding import GroundProgram, SourceTable

__all__ = ["NetInput", "batch_of"]


def batch_of(inputs: Mapping[str, Any]) -> int | None:
    """The number of examples; inputs must agree on it."""
    sizes: dict[str, int] = {}
    for name, value in inputs.items():
        parts = value.values() if isinstance(value, Mapping) else [value]
        for part in parts:
            shape = getattr(part, "shape", None)
            if shape is None or not len(shape):
                raise DataError(
                    f"input '{name}' must be a tensor with the examples first, but got {type(part).__name__}."
                )
            if not shape[0]:
                raise DataError(f"input '{name}' has no examples: its shape is {tuple(shape)}. Give at least one.")
            sizes[name] = int(shape[0])
    if len(set(sizes.values())) > 1:
        shown = ", ".join(f"{n}: {s}" for n, s in sizes.items())
        raise DataError(f"the inputs disagree on the number of examples ({shown}). The first axis is the batch.")
    return next(iter(sizes.values()), None)


@dataclass(frozen=True, eq=False)
class NetInput:
    """One argument of a network for every row of a source.

    Parameters
    ----------
    names : tuple of str
        Input tensors, in order.
    which : int64 array, shape (rows,)
        Number of the tensor each row reads.
    places : tuple of arrays, shape (rows,)
        Index on every axis after the batch.
    labels : tuple
        For every axis the constants that were written, for tensors given by constant.
    """

    names: tuple[str, ...]
    which: np.ndarray[Any, Any]
    places: tuple[np.ndarray[Any, Any], ...]
    labels: tuple[tuple[Any, ...], ...]

    @staticmethod
    def plain(table: SourceTable) -> NetInput:
        """The input named like the relation, for a network without arguments."""
        rows = len(table.keys)
        return NetInput((table.source.relation.rpartition("/")[0],), np.zeros(rows, np.int64), (), ())

    @staticmethod
    def of(term: Term, table: SourceTable, program: GroundProgram, axes: Mapping[str, Any]) -> NetInput:
        """The plan of one argument: ``image(I, J)`` reads the tensor ``image``; a bare ``I`` the tensor named by it."""
        symbols, source = program.graph.symbols, table.source
        place = {name: k for k, name in enumerate(source.names) if name}

        def values(arg: Term) -> list[Any]:
            if arg.op is LITERAL:
                return [arg.payload] * len(table.keys)
            if not arg.is_variable or arg.payload not in place:
                raise RuleError(
                    f"'{arg}' of the network '{source.net}' is not an argument of the head '{source.relation}'. Make it "
                    "one, as in 'present(E) ~ nn(net, image(E)) :- link(X, Y, E)', and join in another rule."
                )
            return list(symbols.values_of(table.keys[:, place[arg.payload]]))

        if term.args or not (term.is_variable or term.op is LITERAL):
            columns = [values(a) for a in term.args]
            names, which = (term.op.name,), [0] * len(table.keys)
        else:
            found = values(term)
            columns = []
            if all(isinstance(v, str) for v in found):
                names = tuple(dict.fromkeys(found))
                which = [names.index(v) for v in found]
            else:
                names, which, columns = (source.relation.rpartition("/")[0],), [0] * len(found), [found]
        places, labels = [], []
        for axis, column in enumerate(columns):
            known = list(axes[names[0]][axis]) if names[0] in axes else None
            if known is None and not all(type(v) is int for v in column):
                known = list(dict.fromkeys(column))
            if known is not None and any(v not in known for v in column):
                missing = next(v for v in column if v not in known)
                raise RuleError(f"{missing!r} is not on axis {axis} of the input '{names[0]}'. Add it to axes=.")
            places.append(np.array([v if known is None else known.index(v) for v in column], np.int64))
            labels.append(tuple(column))
        return NetInput(tuple(names), np.array(which, np.int64), tuple(places), tuple(labels))

    def more(self, other: NetInput) -> NetInput:
        """The input with the axes of another after its own: ``nn(net, Side, P)`` reads tensor ``Side`` at place ``P``."""
        return NetInput(self.names, self.which, (*self.places, *other.places), (*self.labels, *other.labels))

    def read(self, inputs: Mapping[str, Any]) -> torch.Tensor:
        """The tensor of shape (batch, rows, features...)."""
        parts = [self._part(inputs, number, name) for number, name in enumerate(self.names)]
        if len(parts) == 1:
            return parts[0]
        shapes = [tuple(p.shape[2:]) for p in parts]
        if len(set(shapes)) > 1:
            shown = ", ".join(f"{n}: {s}" for n, s in zip(self.names, shapes, strict=True))
            raise DataError(f"inputs that one network reads must have the same shape after the batch, but got {shown}.")
        joined = torch.cat(parts, dim=1)
        order = np.argsort(self.which, kind="stable")
        if (order == np.arange(len(order))).all():
            return joined
        return joined[:, torch.as_tensor(np.argsort(order))]

    def _part(self, inputs: Mapping[str, Any], number: int, name: str) -> torch.Tensor:
        if name not in inputs:
            given = ", ".join(inputs) or "none"
            raise DataError(f"the input '{name}' is missing. Given: {given}; needed: {', '.join(self.names)}.")
        value = inputs[name]
        mine = self.which == number
        if isinstance(value, Mapping):
            value = torch.stack([torch.as_tensor(value[k]) for k in dict.fromkeys(self.labels[0])], dim=1)
        tensor = torch.as_tensor(value)
        index = [p[mine] for p in self.places]
        if not index:
            return (
                tensor.unsqueeze(1).expand(-1, int(mine.sum()), *tensor.shape[1:])
                if mine.sum() != 1
                else tensor.unsqueeze(1)
            )
        shape = tensor.shape[1 : 1 + len(index)]
        for axis, (size, at) in enumerate(zip(shape, index, strict=False)):
            if len(at) and int(at.max()) >= size:
                raise DataError(
                    f"input '{name}' has {size} entries on axis {axis + 1}, but the rules read entry {int(at.max())}."
                )
        if len(shape) < len(index):
            raise DataError(
                f"input '{name}' has {tensor.ndim} axes, but the rules index {len(index)} after the batch axis."
            )
        flat = np.ravel_multi_index(index, tuple(shape)) if len(index[0]) else np.zeros(0, np.int64)
        whole = int(np.prod(shape))
        merged = tensor.reshape(tensor.shape[0], whole, *tensor.shape[1 + len(index) :])
        if len(flat) == whole and (flat == np.arange(whole)).all():
            return merged
        return merged[:, torch.as_tensor(flat)]


def merged(items: Sequence[NetInput], terms: Sequence[Term]) -> list[NetInput]:
    """Arguments that are bare indices join the argument before them as its axes."""
    found: list[NetInput] = []
    for item, term in zip(items, terms, strict=True):
        if found and term.is_variable and item.places:
            found[-1] = found[-1].more(item)
        else:
            found.append(item)
    return found
