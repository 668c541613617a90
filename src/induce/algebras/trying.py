"""Trying out an operator of a user's own on a few numbers, so that a wrong meaning is named before a search begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from induce.algebras.algebra import Algebra, meaning_of
from induce.errors import AlgebraError
from induce.terms.arithmetic import arithmetic
from induce.terms.op import Op
from induce.terms.sort import REAL
from induce.terms.term import Term

__all__ = ["check_derivatives", "check_meaning"]

POINTS = 5


def check_meaning(op: Op) -> None:
    """Refuse a meaning under the real algebra that fails, or does not give one number for each number it gets.

    Operators of the library, and those on other sorts than real numbers, are not tried.

    Raises
    ------
    AlgebraError
    """
    if not _is_foreign(op):
        return
    import torch

    meaning = meaning_of(op, Algebra.REAL)
    for module, values in ((np, _points(op)), (torch, [torch.tensor(v, requires_grad=True) for v in _points(op)])):
        result = _tried(op, meaning, module, values)
        name = module.__name__
        if type(result) is not type(values[0]):
            raise AlgebraError(
                f"operator '{op.name}' gave {_shown(result)} for {name}, but an array of {name} is needed. "
                "Use the functions of the module that its meaning gets as the first argument."
            )
        if tuple(result.shape) != (POINTS,) or result.dtype in (torch.bool, np.dtype(bool)):
            kind = "truth values" if result.dtype in (torch.bool, np.dtype(bool)) else "numbers"
            raise AlgebraError(
                f"operator '{op.name}' gave {kind} of shape {tuple(result.shape)} for numbers of shape ({POINTS},), but one number "
                "for each is needed. Change its meaning, or sum up outside of the formula."
            )


def check_derivatives(sketch: Term) -> None:
    """Refuse an operator of a user's own with a constant or net below it that no derivative reaches.

    Raises
    ------
    AlgebraError
    """
    for node in sketch.postorder():
        if not node.holes or not node.args or not _is_foreign(node.op):
            continue
        import torch

        values = [torch.tensor(v, requires_grad=True) for v in _points(node.op)]
        result = _tried(node.op, meaning_of(node.op, Algebra.REAL), torch, values)
        slopes: tuple[Any, ...] = (None,) * len(values)
        if result.requires_grad:
            slopes = torch.autograd.grad(result.sum(), values, allow_unused=True)
        for place, (arg, slope) in enumerate(zip(node.args, slopes, strict=True), 1):
            if arg.holes and (slope is None or not bool((slope != 0).any())):
                raise AlgebraError(
                    f"operator '{node.op.name}' has no derivative by its argument {place}, so what is in '{arg}' cannot be fitted. "
                    "Use functions of torch that have one, or leave holes out of it."
                )


def _is_foreign(op: Op) -> bool:
    own = op.name in arithmetic and arithmetic[op.name] is op
    return bool(
        not own
        and op.notation.kind != "special"
        and op.arguments
        and all(s == REAL for s in (*op.arguments, op.result))
    )


def _points(op: Op) -> list[Any]:
    return [np.linspace(0.3, 1.7, POINTS) + 0.1 * place for place in range(len(op.arguments))]


def _tried(op: Op, meaning: Callable[..., Any], module: Any, values: list[Any]) -> Any:
    try:
        with np.errstate(all="ignore"):
            return meaning(module, *values)
    except Exception as error:  # whatever a user's function raises
        raise AlgebraError(
            f"operator '{op.name}' failed on {POINTS} numbers under {module.__name__}: {type(error).__name__}: {str(error).rstrip('.')}. "
            "Its meaning gets numpy or torch and then the values; use functions that both have."
        ) from error


def _shown(result: Any) -> str:
    text = repr(result)
    return f"{type(result).__name__} ({text if len(text) <= 30 else text[:27] + '...'})"
