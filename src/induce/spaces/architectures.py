"""Typed architecture holes: networks whose every layer fits the shape that reaches it.

An operation says for each of its settings which shape it makes of a shape. Settings that make the same shape are one class:
first a class is picked, each as likely, then an operation with a setting that belongs to it. Where shapes differ and should
not, a projection is put in.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from induce.errors import SpaceError
from induce.spaces.parts import Call
from induce.spaces.searchable import Space
from induce.terms import hole
from induce.terms.term import Term

__all__ = ["OPERATIONS", "Operation", "Shape", "architecture"]

Shape = tuple[int, ...]
"""(channels, height, width), or (features,), without the batch."""


@dataclass(frozen=True)
class Operation:
    """A layer by what it does to shapes.

    Parameters
    ----------
    name : str
    settings : mapping of parameter to its values
        All combinations are tried.
    shape : callable
        From a shape and the settings as keywords to the shape that comes out; None where the layer does not fit.
    make : callable
        From the shape that goes in, the one that comes out, and the settings as keywords to a torch module.

    >>> pool = next(op for op in OPERATIONS if op.name == "max_pool")
    >>> pool.shape((8, 10, 10), k=2, s=2)
    (8, 5, 5)
    """

    name: str
    settings: Mapping[str, Sequence[Any]] = field(hash=False)
    shape: Callable[..., Shape | None]
    make: Callable[..., Any]

    def combinations(self) -> Iterable[dict[str, Any]]:
        """Every setting."""
        for values in itertools.product(*self.settings.values()):
            yield dict(zip(self.settings, values, strict=True))


def window(size: int, k: int, s: int = 1, p: int = 0, d: int = 1) -> int:
    """How many places a window of width k has: floor((size + 2p - d(k-1) - 1) / s) + 1."""
    return (size + 2 * p - d * (k - 1) - 1) // s + 1


def _image(channels: int | None = None) -> Callable[..., Shape | None]:
    """The shape function of a layer with a window; it needs an image at least as large as the window."""

    def shape(given: Shape, *, k: int, s: int = 1, p: int = 0, d: int = 1, c: int | None = None) -> Shape | None:
        if len(given) != 3:
            return None
        h, w = (window(size, k, s, p, d) for size in given[1:])
        return (c or channels or given[0], h, w) if min(h, w) >= 1 else None

    return shape


def _conv(given: Shape, made: Shape, *, k: int, c: int, s: int = 1, p: int = 0, d: int = 1) -> Any:
    from torch import nn

    return nn.Sequential(nn.Conv2d(given[0], c, k, s, p, d, bias=False), nn.BatchNorm2d(c), nn.ReLU())


def _depthwise(given: Shape, made: Shape, *, k: int, s: int = 1, p: int = 0, d: int = 1) -> Any:
    from torch import nn

    c = given[0]
    return nn.Sequential(nn.Conv2d(c, c, k, s, p, d, groups=c, bias=False), nn.Conv2d(c, c, 1), nn.ReLU())


def _max_pool(given: Shape, made: Shape, *, k: int, s: int) -> Any:
    from torch import nn

    return nn.MaxPool2d(k, s)


def _average_pool(given: Shape, made: Shape, *, k: int, s: int) -> Any:
    from torch import nn

    return nn.AvgPool2d(k, s)


def _skip(given: Shape, made: Shape, **_: Any) -> Any:
    from torch import nn

    return nn.Identity()


def _dense(given: Shape, made: Shape, *, f: int) -> Any:
    from torch import nn

    return nn.Sequential(nn.Linear(given[0], f), nn.ReLU())


def _residual(given: Shape, made: Shape, *, k: int, c: int, s: int) -> Any:
    from induce.spaces.layers import Residual

    return Residual(_conv(given, made, k=k, c=c, s=s, p=k // 2), projection(given, made))


OPERATIONS: tuple[Operation, ...] = (
    Operation("conv", {"k": (1, 3, 5), "c": (8, 16), "s": (1, 2), "p": (0, 1, 2)}, _image(), _conv),
    Operation("dilated", {"k": (3,), "c": (8, 16), "p": (1, 2), "d": (2,)}, _image(), _conv),
    Operation("depthwise", {"k": (3, 5), "s": (1, 2), "p": (1, 2)}, _image(), _depthwise),
    Operation(
        "residual",
        {"k": (3, 5), "c": (8, 16), "s": (1, 2)},
        lambda g, *, k, c, s: _image()(g, k=k, c=c, s=s, p=k // 2),
        _residual,
    ),
    Operation("max_pool", {"k": (2, 3), "s": (1, 2)}, _image(), _max_pool),
    Operation("average_pool", {"k": (2, 3), "s": (1, 2)}, _image(), _average_pool),
    Operation("skip", {}, lambda given: given, _skip),
    Operation("dense", {"f": (16, 32, 64)}, lambda given, *, f: (f,) if len(given) == 1 else None, _dense),
)
"""The layers that :func:`architecture` takes by default, for images and for vectors."""


def projection(given: Shape, made: Shape) -> Any:
    """The smallest layer from one shape to another: nothing, a linear map, or pooling and a map of the channels."""
    from torch import nn

    if given == made:
        return nn.Identity()
    if len(made) == 1:
        pool = [nn.AdaptiveAvgPool2d(1), nn.Flatten()] if len(given) == 3 else []
        return nn.Sequential(*pool, nn.Linear(given[0], made[0]))
    if len(given) == 1:
        return nn.Sequential(nn.Linear(given[0], math.prod(made)), nn.Unflatten(1, made))
    pool = [nn.AdaptiveAvgPool2d(made[1:])] if given[1:] != made[1:] else []
    return nn.Sequential(*pool, nn.Conv2d(given[0], made[0], 1)) if given[0] != made[0] else pool[0]


def classes(given: Shape, operations: Iterable[Operation]) -> dict[Shape, list[tuple[Operation, dict[str, Any]]]]:
    """The shapes that can follow a shape, each with the operations and settings that make it.

    >>> found = classes((8, 6, 6), [op for op in OPERATIONS if op.name == "conv"])
    >>> sorted((op.name, s["k"], s["p"]) for op, s in found[8, 6, 6])
    [('conv', 1, 0), ('conv', 3, 1), ('conv', 5, 2)]
    """
    found: dict[Shape, list[tuple[Operation, dict[str, Any]]]] = {}
    for operation in operations:
        for settings in operation.combinations():
            made = operation.shape(given, **settings)
            if made is not None:
                found.setdefault(tuple(made), []).append((operation, settings))
    return found


def architecture(
    in_shape: Sequence[int],
    out_shape: Sequence[int],
    *,
    depth: int = 3,
    operations: Iterable[Operation] = OPERATIONS,
    name: str = "layer",
) -> Space:
    """The space of torch networks from one shape to another, ``depth`` layers and a projection to the end.

    Every point is a network that runs. Its choice points are, for each layer and each shape that can reach it, the shape
    that comes out and the operation that makes it.

    Parameters
    ----------
    in_shape, out_shape : sequence of int
        (channels, height, width) or (features,), without the batch.
    depth : int
    operations : iterable of Operation
    name : str
        What the choice points are called: ``layer1_8x8x8``, for example.

    Raises
    ------
    SpaceError
        If a shape is not of one or three positive integers, or no operation fits.

    >>> networks = architecture((1, 8, 8), (10,), depth=1)
    >>> networks.names[:2], networks.size > 50
    (('layer1_1x8x8', 'layer1_1x8x8_to_8x8x8'), True)
    """
    given, made, chosen = _shape(in_shape, "in_shape"), _shape(out_shape, "out_shape"), tuple(operations)
    if not isinstance(depth, int) or isinstance(depth, bool) or depth < 1:
        raise SpaceError(f"the depth is {depth!r}, but at least one layer is needed. Give depth=1 or more.")
    _Names.check(chosen)
    return Space(_Layers(chosen, made, depth, name).rest(1, given))


class _Names:
    @staticmethod
    def check(operations: tuple[Operation, ...]) -> None:
        names = [operation.name for operation in operations]
        twice = next((n for n in names if names.count(n) > 1), None)
        if twice is not None or not names:
            what = f"two operations are called '{twice}'" if twice else "there are no operations"
            raise SpaceError(
                f"{what}. Give operations with different names, such as induce.spaces.architectures.OPERATIONS."
            )


class _Layers:
    """The holes of the layers, one for each depth and shape, whatever the way there."""

    def __init__(self, operations: tuple[Operation, ...], out: Shape, depth: int, name: str) -> None:
        self.operations, self.out, self.depth, self.name = operations, out, depth, name
        self.made: dict[tuple[int, Shape], Any] = {}

    def rest(self, layer: int, given: Shape) -> Any:
        """The network from a layer on, with holes."""
        if layer > self.depth:
            return Call(projection, (given, self.out))
        key = (layer, given)
        if key not in self.made:
            self.made[key] = self._hole(layer, given)
        return self.made[key]

    def _hole(self, layer: int, given: Shape) -> Any:
        found = classes(given, self.operations)
        if not found:
            raise SpaceError(
                f"no operation takes the shape {_text(given)} of layer {layer}. Add one, such as a skip, or lower the depth."
            )
        here = f"{self.name}{layer}_{_text(given)}"
        options = [
            Call(
                _followed,
                (self._member(f"{here}_to_{_text(made)}", given, made, members), self.rest(layer + 1, made)),
                name=_text(made),
            )
            for made, members in found.items()
        ]
        return hole.choice(options, name=here)

    @staticmethod
    def _member(name: str, given: Shape, made: Shape, members: list[tuple[Operation, dict[str, Any]]]) -> Any:
        calls = [_Layer(operation, given, made, settings) for operation, settings in members]
        picked: Term = hole.choice(calls, name=name)
        return Call(_build, (picked,))


class _Layer:
    """An operation with its setting between two shapes: one value to a space, which is not looked into."""

    __slots__ = ("given", "made", "operation", "settings")

    def __init__(self, operation: Operation, given: Shape, made: Shape, settings: dict[str, Any]) -> None:
        self.operation, self.given, self.made, self.settings = operation, given, made, settings

    def __deepcopy__(self, memo: object) -> _Layer:
        return self  # it never changes

    def __str__(self) -> str:
        return f"{self.operation.name}({', '.join(f'{k}={v}' for k, v in self.settings.items())})"


def _build(layer: _Layer) -> Any:
    return layer.operation.make(layer.given, layer.made, **layer.settings)


def _followed(first: Any, rest: Any) -> Any:
    """A layer and the network behind it, as one flat network."""
    from induce.spaces.layers import Chain

    return Chain(first, *(rest if isinstance(rest, Chain) else [rest]))


def _shape(given: Sequence[int], what: str) -> Shape:
    found = tuple(given) if isinstance(given, Iterable) else ()
    if len(found) not in (1, 3) or not all(isinstance(n, int) and n > 0 for n in found):
        raise SpaceError(
            f"{what} is {given!r}, but (channels, height, width) or (features,) of positive integers was expected. "
            "Leave the batch out."
        )
    return found


def _text(shape: Shape) -> str:
    return "x".join(str(n) for n in shape)
