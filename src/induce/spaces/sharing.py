"""Weight sharing: one torch module that holds every network of a space; choices of sub-modules become indices or weights."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from induce.errors import SpaceError
from induce.spaces.layers import Mode, Switch
from induce.spaces.parts import Call, is_space
from induce.spaces.searchable import Space
from induce.spaces.table import Table, Vectors
from induce.terms.op import HOLE
from induce.terms.term import Term

__all__ = ["Supernet", "supernet"]

Seat = tuple[int | str, ...]
MOST = 256
"""Largest number of variants of one module."""


class Supernet(nn.Module):
    """Every network of a space at once; the parts that two networks have in common have common parameters.

    ``net.select(point)`` makes ``net(x)`` the network of that point. After ``net.relax()`` it is the mix of all, weighted by
    the softmax of ``net.logits``, which are parameters like any others; ``net.discretize()`` gives the point of the largest.
    Made by :func:`supernet`.

    Parameters
    ----------
    space : Space
    body : nn.Module
        The networks, with switches in them.
    mode : Mode

    References
    ----------
    H. Pham, M. Guan, B. Zoph, Q. Le and J. Dean (2018), Efficient Neural Architecture Search via Parameter Sharing.
    H. Liu, K. Simonyan and Y. Yang (2019), DARTS: Differentiable Architecture Search.
    """

    def __init__(self, space: Space, body: nn.Module, mode: Mode) -> None:
        super().__init__()
        self.space, self.body = space, body
        self.mode = mode
        self.logits = nn.ParameterList([nn.Parameter(torch.zeros(int(row.count))) for row in space.table.rows])
        self.temperature: float | None = None
        self.select(space.table.low)

    @property
    def weights(self) -> list[nn.Parameter]:
        """The parameters of the networks, without the logits of the choices."""
        return list(self.body.parameters())

    @property
    def switches(self) -> list[Switch]:
        """The places where networks differ."""
        return [module for module in self.body.modules() if isinstance(module, Switch)]

    def select(self, point: Any) -> Supernet:
        """Be the network of a point from now on."""
        given = point if isinstance(point, np.ndarray) else self.space.table.check(point)
        self.point = self.space.table.check(self.space.table.settle(np.asarray(given, dtype=float)[None])[0])
        for switch in self.switches:
            switch.select(self.point)
        self.temperature = None
        return self

    def sample(self, rng: np.random.Generator | int | None = None) -> Supernet:
        """Be the network of a random point from now on."""
        return self.select(self.space.sample(rng))

    def relax(self, temperature: float = 1.0) -> Supernet:
        """Be the mix of all networks from now on."""
        if not temperature > 0:
            raise SpaceError(f"the temperature is {temperature}, but a positive number was expected. Start with 1.")
        self.temperature = float(temperature)
        return self

    def discretize(self) -> Vectors:
        """The point of the largest logits, selected."""
        entries = [
            row.low + float(logits.argmax()) for row, logits in zip(self.space.table.rows, self.logits, strict=True)
        ]
        self.select(np.array(entries))
        return self.point

    def forward(self, *args: Any) -> Any:
        """The output of the selected network, or of the mix."""
        if self.temperature is None:
            return self.body(*args)
        self.mode.weights = [torch.softmax(logits / self.temperature, 0) for logits in self.logits]
        try:
            return self.body(*args)
        finally:
            self.mode.weights = None

    def subnet(self, point: Any = None) -> nn.Module:
        """The network of a point (the selected one by default) on its own, with a copy of the parameters."""
        if point is not None:
            self.select(point)
        return _alone(self.body, {})


def _alone(module: nn.Module, made: dict[int, nn.Module]) -> nn.Module:
    """A copy of a module in which what each switch selects stands in its place."""
    while isinstance(module, Switch):
        module = module.selected()
    if id(module) not in made:
        found = copy.copy(module)
        found._parameters = copy.deepcopy(module._parameters)
        found._buffers = copy.deepcopy(module._buffers)
        children = {name: None if child is None else _alone(child, made) for name, child in module._modules.items()}
        found._modules = children  # type: ignore[assignment]
        made[id(module)] = found
    return made[id(module)]


def supernet(space: Any) -> Supernet:
    """One torch module for all networks of a space, with shared parameters.

    Where the space picks one of several modules, each of them is there once. Where a module's own arguments have holes, such
    as a width, it is there once for each of their values.

    Parameters
    ----------
    space : Space, or an object with holes
        What it builds must be a torch module.

    Raises
    ------
    SpaceError
        If it is not, or a module has infinitely or very many variants.

    >>> import torch; from induce import hole, space
    >>> body = hole.choice([space(torch.nn.ReLU), space(torch.nn.Tanh)], name="act")
    >>> net = supernet(space(torch.nn.Sequential, space(torch.nn.Linear, 2, 3), body))
    >>> net.select([1])(torch.zeros(1, 2)).shape, len(net.weights)
    (torch.Size([1, 3]), 2)
    """
    found = space if isinstance(space, Space) else Space(space)
    assembler = _Assembler(found)
    if not assembler.is_module(found.root):
        kind = type(assembler.first(found.root)).__name__
        raise SpaceError(
            f"the space builds a {kind}, but a supernet needs a torch module. Give space(torch.nn.Sequential, ...), for example."
        )
    return Supernet(found, assembler.assemble(found.root), assembler.mode)


class _Assembler:
    """The walk that makes each sub-module once, with switches where the space picks.

    A part is known by itself and its seat: the places in argument lists on the way to it. Options of one choice have one
    seat, so what several of them hold is shared; two arguments have two, so a part used twice has two sets of parameters.
    """

    def __init__(self, space: Space) -> None:
        self.space, self.mode = space, Mode()
        self.made: dict[tuple[Seat, int], tuple[Any, Any]] = {}
        self.known: dict[int, tuple[Any, bool]] = {}
        self.firsts: dict[int, tuple[Any, Any]] = {}

    def is_module(self, value: Any) -> bool:
        """Whether a part of the space builds a torch module."""
        value = value.root if is_space(value) else value
        if id(value) not in self.known:
            self.known[id(value)] = (value, self._builds_module(value))
        return self.known[id(value)][1]

    def _builds_module(self, value: Any) -> bool:
        if isinstance(value, nn.Module):
            return True
        if isinstance(value, Term):
            picks = value.op is HOLE and value.hole.kind == "values"
            return picks and any(self.is_module(option) for option in value.hole.options)
        if not isinstance(value, Call):
            return False
        if isinstance(value.function, type):
            return issubclass(value.function, nn.Module)
        return isinstance(self.first(value), nn.Module)

    def first(self, value: Any) -> Any:
        """The object of the first value of every hole, made once: what kind of thing a part builds."""
        value = value.root if is_space(value) else value
        if id(value) not in self.firsts:
            self.firsts[id(value)] = (value, self._first(value))
        return self.firsts[id(value)][1]

    def _first(self, value: Any) -> Any:
        if isinstance(value, Call):
            return value.function(*map(self.first, value.args), **{k: self.first(v) for k, v in value.kwargs.items()})
        if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
            return type(value)(map(self.first, value))
        if isinstance(value, dict):
            return {key: self.first(item) for key, item in value.items()}
        if not isinstance(value, Term) or value.op is not HOLE:
            return value
        if value.hole.kind == "values":
            return self.first(value.hole.options[0])
        part = Space(value)
        return part.make(part.table.settle(part.table.low[None])[0].tolist())

    def holds_modules(self, value: Any) -> bool:
        """Whether a part of the space is a module, or a container of some."""
        value = value.root if is_space(value) else value
        if isinstance(value, list | tuple):
            return any(self.holds_modules(item) for item in value)
        if isinstance(value, dict):
            return any(self.holds_modules(item) for item in value.values())
        return self.is_module(value)

    def assemble(self, value: Any, seat: Seat = ()) -> Any:
        """The shared form of a part; what holds no module stays as it is."""
        value = value.root if is_space(value) else value
        if not self.holds_modules(value):
            return value
        key = (seat, id(value))
        if key not in self.made:
            self.made[key] = (value, self._assembled(value, seat))
        return self.made[key][1]

    def _assembled(self, value: Any, seat: Seat) -> Any:
        if isinstance(value, list | tuple):
            items = [self.assemble(item, (*seat, k)) for k, item in enumerate(value)]
            return items if isinstance(value, list) else tuple(items)
        if isinstance(value, dict):
            return {key: self.assemble(item, (*seat, str(key))) for key, item in value.items()}
        if isinstance(value, nn.Module):
            return copy.deepcopy(value)
        if isinstance(value, Term):
            return self._switch(value, seat)
        return self._variants(value, seat)

    def _switch(self, term: Term, seat: Seat) -> nn.Module:
        options = term.hole.options
        strange = [option for option in options if not self.is_module(option)]
        if strange:
            raise SpaceError(
                f"the choice '{term.name}' picks among modules and {strange[0]!r}, which is none. Use torch.nn.Identity() for nothing."
            )
        place = self.space.compiled.index_of(term)
        own = Table((replace(self.space.table.rows[place], parents=()),))
        modules = [self.assemble(option, seat) for option in options]
        points = np.arange(len(modules), dtype=float)[:, None]
        return Switch(modules, (place,), own, points, self.mode)

    def _variants(self, call: Call, seat: Seat) -> nn.Module:
        """A call with its module arguments made once, and once more for each value of its other arguments."""
        args = [self.assemble(arg, (*seat, k)) for k, arg in enumerate(call.args)]
        kwargs = {key: self.assemble(arg, (*seat, key)) for key, arg in call.kwargs.items()}
        plain = [arg for arg, given in zip(args, call.args, strict=True) if not self.holds_modules(given)]
        named = {k: arg for k, arg in kwargs.items() if not self.holds_modules(call.kwargs[k])}
        own = Space((plain, named))
        if own.size > MOST:
            count = f"{own.size:,}" if isinstance(own.size, int) else "infinitely many"
            raise SpaceError(
                f"the arguments of {call.label} have {count} values, but a supernet holds each of them; at most {MOST} are possible. "
                f"Give choices of few values to: {', '.join(own.names)}."
            )
        points = list(own.enumerate())
        modules = []
        for point in points:
            values, words = own.build(point)
            given = iter(values)
            whole = [arg if self.holds_modules(old) else next(given) for arg, old in zip(args, call.args, strict=True)]
            modules.append(call.function(*whole, **{k: words.get(k, v) for k, v in kwargs.items()}))
        if len(modules) == 1:
            return modules[0]  # type: ignore[no-any-return]
        rows = tuple(self.space.compiled.index_of(term) for term in own.compiled.terms)
        return Switch(modules, rows, own.table, np.array(points), self.mode)
