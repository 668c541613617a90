"""Python functions as operators: their annotations say the sorts."""

from __future__ import annotations

import keyword
import math
import typing
from collections.abc import Callable
from numbers import Real
from typing import Any

from induce.algebras.guarding import Guarded
from induce.algebras.values import define, function_of, has_function
from induce.errors import OpError
from induce.terms.op import Notation, Op
from induce.terms.sort import BOOL, INT, TEXT, Sort, list_of

__all__ = ["primitive"]

_SORTS: dict[Any, Sort] = {
    int: INT, bool: BOOL, str: TEXT, list[int]: list_of(INT), list[bool]: list_of(BOOL), list[str]: list_of(TEXT),
}  # fmt: skip


def _sort(annotation: Any, what: str, name: str) -> Sort:
    found = _SORTS.get(annotation) if typing.get_origin(annotation) in (None, list) else None
    if found is None:
        shown = getattr(annotation, "__name__", None) if typing.get_origin(annotation) is None else None
        known = "int, bool, str, list[int], list[bool] or list[str]"
        raise OpError(f"{what} of primitive '{name}' is annotated {shown or annotation}; {known} was expected.")
    return found


def primitive(function: Callable[..., Any], *, name: str | None = None, cost: float = 1.0, seconds: float = 0.1) -> Op:
    """An operator that calls a Python function.

    The function must give the same output for the same arguments and leave them as they are. A call that takes too long,
    changes its arguments, raises, or gives a value of another sort has no value; the fit's notes say so, and in the first two
    cases a search leaves the function out. The same function given again is the same operator. It runs in Python, not compiled:
    many thousand calls a second, and not inside functions of ``map``.

    Parameters
    ----------
    function : callable
        Every parameter and the result annotated with int, bool, str, list[int], list[bool] or list[str].
    name : str, optional
        The function's own by default.
    cost : float
        Weight of one use.
    seconds : float
        Most time for one call.

    Returns
    -------
    Op
        Give it to ``Language.extend``.

    Raises
    ------
    OpError
        If an annotation is missing or is none of these.

    >>> def double(n: int) -> int:
    ...     return 2 * n
    >>> primitive(double).signature
    'double(int) -> int'
    """
    called = str(name or getattr(function, "__name__", ""))
    if not callable(function):
        raise OpError(f"a primitive is a function, but got {function!r}. Define it by def with annotations.")
    if not called.isidentifier() or keyword.iskeyword(called):
        raise OpError(
            f"a primitive's name must be an identifier and no word of Python, but got {called!r}. "
            "Give one: primitive(f, name='f')."
        )
    try:
        hints = typing.get_type_hints(function)
    except (NameError, TypeError) as error:
        raise OpError(f"the annotations of primitive '{called}' cannot be read: {error}.") from None
    code = getattr(function, "__code__", None)
    if code is None:
        raise OpError(f"primitive '{called}' is {function!r}, whose parameters cannot be read. Wrap it in a def.")
    if code.co_flags & 0x0C or code.co_kwonlyargcount:
        raise OpError(
            f"primitive '{called}' takes a variable number of arguments or keywords; plain parameters were expected."
        )
    parameters = code.co_varnames[: code.co_argcount]
    for parameter in (*parameters, "return"):
        if parameter not in hints:
            what = "the result" if parameter == "return" else f"parameter '{parameter}'"
            raise OpError(
                f"{what} of primitive '{called}' has no annotation. Write for example def {called}(n: int) -> int."
            )
    arguments = tuple(_sort(hints[p], f"parameter '{p}'", called) for p in parameters)
    result = _sort(hints["return"], "the result", called)
    for what, value in (("seconds", seconds), ("cost", cost)):
        if isinstance(value, bool) or not isinstance(value, Real) or not 0 < value < math.inf:
            raise OpError(
                f"the {what} of primitive '{called}' must be a positive number, but got {value!r}. Leave it out."
            )
    op = Op(called, arguments, result, Notation("call" if arguments else "constant", called), cost=float(cost))
    known = function_of(op) if has_function(op) else None
    if isinstance(known, Guarded) and known.same(function):  # a cell that is run again
        known.forget(seconds)
        return op
    try:
        define(op, Guarded(function, seconds, result))
    except ValueError:
        raise OpError(
            f"there is another primitive '{op.signature}' already. Give this one another name: primitive(f, name='...')."
        ) from None
    return op
