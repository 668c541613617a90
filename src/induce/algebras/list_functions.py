"""What the operators on lists do to Python values. Each function stands alone, so that its source can be exported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from induce.algebras.values import define
from induce.terms.lists import core_lists, lists

__all__: list[str] = []


def floor_divide(a: int, b: int) -> int:
    """The whole part of a / b, rounded down."""
    return a // b


def modulo(a: int, b: int) -> int:
    """What is left of a after division by b; it has the sign of b."""
    return a % b


def is_even(n: int) -> bool:
    """Whether n is a multiple of 2."""
    return n % 2 == 0


def is_prime(n: int) -> bool:
    """Whether n has no divisor but 1 and itself."""
    return n > 1 and all(n % d for d in range(2, int(n**0.5) + 1))


def head(xs: list[int]) -> int:
    """The first element."""
    return xs[0]


def last(xs: list[int]) -> int:
    """The last element."""
    return xs[-1]


def product(xs: list[int]) -> int:
    """The elements multiplied; 1 for no element."""
    result = 1
    for x in xs:
        result *= x
    return result


def get(n: int, xs: list[int]) -> int:
    """The element at place n, counted from 0."""
    if n < 0:
        raise IndexError(n)
    return xs[n]


def count(x: int, xs: list[int]) -> int:
    """How often x occurs."""
    return xs.count(x)


def index(x: int, xs: list[int]) -> int:
    """The place of the first x, counted from 0."""
    return xs.index(x)


def is_empty(xs: list[int]) -> bool:
    """Whether there is no element."""
    return not xs


def contains(x: int, xs: list[int]) -> bool:
    """Whether x occurs."""
    return x in xs


def reverse(xs: list[int]) -> list[int]:
    """The elements from the last to the first."""
    return xs[::-1]


def unique(xs: list[int]) -> list[int]:
    """Each element once, where it occurs first."""
    return list(dict.fromkeys(xs))


def tail(xs: list[int]) -> list[int]:
    """All but the first element; there must be one."""
    xs[0]
    return xs[1:]


def init(xs: list[int]) -> list[int]:
    """All but the last element; there must be one."""
    xs[0]
    return xs[:-1]


def take(n: int, xs: list[int]) -> list[int]:
    """The first n elements, or all there are."""
    return xs[: max(n, 0)]


def drop(n: int, xs: list[int]) -> list[int]:
    """All but the first n elements."""
    return xs[max(n, 0) :]


def take_last(n: int, xs: list[int]) -> list[int]:
    """The last n elements, or all there are."""
    return xs[max(len(xs) - max(n, 0), 0) :]


def drop_last(n: int, xs: list[int]) -> list[int]:
    """All but the last n elements."""
    return xs[: max(len(xs) - max(n, 0), 0)]


def cons(x: int, xs: list[int]) -> list[int]:
    """The list that begins with x and goes on with xs."""
    return [x, *xs]


def append(xs: list[int], x: int) -> list[int]:
    """The list xs with x at its end."""
    return [*xs, x]


def concat(xs: list[int], ys: list[int]) -> list[int]:
    """The elements of xs, then those of ys."""
    return xs + ys


def replicate(n: int, x: int) -> list[int]:
    """The element x, n times."""
    if n > 1_000_000:
        raise ValueError(n)
    return [x] * max(n, 0)


def from_to(low: int, high: int) -> list[int]:
    """The integers from low up to high, high included."""
    if high - low > 1_000_000:
        raise ValueError(high)
    return list(range(low, high + 1))


def apply_to_each(f: Callable[[Any], Any], xs: list[Any]) -> list[Any]:
    """The value of f on every element."""
    return [f(x) for x in xs]


def keep(p: Callable[[int], bool], xs: list[int]) -> list[int]:
    """The elements on which p holds."""
    return [x for x in xs if p(x)]


def take_while(p: Callable[[int], bool], xs: list[int]) -> list[int]:
    """The elements before the first on which p does not hold."""
    n = 0
    while n < len(xs) and p(xs[n]):
        n += 1
    return xs[:n]


def drop_while(p: Callable[[int], bool], xs: list[int]) -> list[int]:
    """The elements from the first on which p does not hold."""
    n = 0
    while n < len(xs) and p(xs[n]):
        n += 1
    return xs[n:]


def holds_for_all(p: Callable[[int], bool], xs: list[int]) -> bool:
    """Whether p holds on every element."""
    return all([p(x) for x in xs])


def holds_for_any(p: Callable[[int], bool], xs: list[int]) -> bool:
    """Whether p holds on an element."""
    return any([p(x) for x in xs])


def zip_with(f: Callable[[int], Callable[[int], int]], xs: list[int], ys: list[int]) -> list[int]:
    """The value of f on the elements of both lists, side by side, to the end of the shorter one."""
    return [f(x)(y) for x, y in zip(xs, ys)]  # noqa: B905 - the shorter one ends it


def fold(f: Callable[[Any], Callable[[Any], Any]], start: Any, xs: list[Any]) -> Any:
    """The value of f on what there is so far and the next element, from the first to the last."""
    for x in xs:
        start = f(start)(x)
    return start


def fold_right(f: Callable[[Any], Callable[[Any], Any]], start: Any, xs: list[Any]) -> Any:
    """The value of f on the element and what there is so far, from the last element to the first."""
    for x in reversed(xs):
        start = f(x)(start)
    return start


def _operators() -> dict[str, Callable[..., Any]]:
    return {
        "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "//": floor_divide, "%": modulo,
        "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, "==": lambda a, b: a == b,
        "neg": lambda a: -a, "not": lambda a: not a, "and": lambda a, b: a and b, "or": lambda a, b: a or b,
        "if": lambda condition, a, b: a if condition else b, "empty": lambda: [],
        "abs": abs, "len": len, "sum": sum, "max": max, "min": min, "sort": sorted, "range": from_to,
        "map": apply_to_each, "filter": keep, "all": holds_for_all, "any": holds_for_any, "car": head, "cdr": tail,
    }  # fmt: skip


_BY_NAME = _operators()
for _op in (*lists, *core_lists):
    define(_op, _BY_NAME.get(_op.name) or globals()[_op.name])
