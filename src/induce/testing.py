"""Random terms and spaces for tests: seeded generators, and hypothesis strategies when hypothesis is installed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from induce.terms import hole
from induce.terms.language import Language
from induce.terms.sort import BOOL, REAL, Sort
from induce.terms.term import Term, apply, bound, lambda_, literal, variable

if TYPE_CHECKING:
    import numpy as np

__all__ = ["fillings", "odd_leaves", "random_object", "random_terms", "terms"]

_ODD_NAMES = [
    "body mass",
    "e",
    "sin",
    "and",
    "true",
    "`tick`",
    "x0",
    "grammar",
    "inf",
    "π",
    "2nd",
    "a.b",
    "class",
    "line\nbreak",
]
_ODD_NUMBERS: list[float] = [
    0, 1, -1, 2, 10**20, -7, 0.0, -0.0, 1.0, -1.0, 0.1, -2.5, 1e-300, -1e300, 1e16, 5e-324, math.pi, math.inf, -math.inf, math.nan,
]  # fmt: skip


def odd_leaves(sort: Sort) -> list[Term]:
    """Leaves that are hard to print and read: odd names, odd numbers, holes with attributes and priors."""
    leaves = [variable(name, sort) for name in _ODD_NAMES]
    if sort is BOOL:
        x, y = variable("x", BOOL), variable("y", BOOL)
        leaves += [literal(True), literal(False)]
    elif sort is REAL:
        x, y = variable("x"), literal(-1.0)
        leaves += [literal(value, REAL) for value in _ODD_NUMBERS]
        leaves += [
            hole.real("k"),
            hole.real("_17"),
            hole.real("k", start=0.5, within=(0.0, 1.0), unit="m/s^2"),
            hole.real("low", within=(-math.inf, -1e-3)),
            hole.real("log", within=(1e-3, 10.0), log=True),
            hole.real("odd", start=-0.25, unit='a "quoted" \\ unit'),
        ]
    else:
        return leaves
    leaves += [
        hole.choice([x, y], name="f"),
        hole.choice([x, y], name="g", prior=[0.7, 0.3]),
        hole.choice([variable("net", sort)], name="single"),
        hole.choice([hole.choice([y, x], name="inner"), x], name="outer"),
    ]
    return leaves


def random_terms(
    language: Language,
    n: int,
    rng: np.random.Generator,
    *,
    variables: Sequence[str] = ("x", "y", "z"),
    max_size: int = 13,
    numbers: Callable[[np.random.Generator], float] | None = None,
    odd: bool = False,
    ops: str | None = None,
) -> Iterator[Term]:
    """Yield ``n`` random terms of the language's default sort, of sizes 1 to ``max_size``.

    Parameters
    ----------
    language : Language
        Only its operators whose arguments and result are of the default sort are used.
    n : int
    rng : numpy Generator
    variables : sequence of str
    max_size : int
    numbers : function, optional
        Draws a real literal; small integers and rounded normal numbers by default.
    odd : bool
        Also use the leaves of :func:`odd_leaves`, and functions and their application.
    ops : str, optional
        Names of the operators to use.

    >>> import numpy
    >>> from induce.terms import boolean
    >>> len(list(random_terms(boolean, 5, numpy.random.default_rng(0))))
    5
    """
    sort = language.default
    chosen = list(language) if ops is None else list(language.operators(ops))
    usable = [op for op in chosen if op.result is sort and all(a is sort for a in op.arguments)]
    inner = [op for op in usable if op.arity]
    leaves = [variable(name, sort) for name in variables]
    others = [op() for op in usable if not op.arity] + (odd_leaves(sort) if odd else [])

    def leaf() -> Term:
        if others and rng.random() < (0.5 if odd else 0.1):
            return others[int(rng.integers(len(others)))]
        if sort is REAL and rng.random() < 0.3:
            return literal(_number(rng) if numbers is None else numbers(rng), REAL)
        return leaves[int(rng.integers(len(leaves)))]

    for _ in range(n):
        built = [leaf()]
        size = int(rng.integers(1, max_size + 1))
        while built[-1].size < size:
            if odd and rng.random() < 0.05:
                body = bound(0, sort) if rng.random() < 0.5 else built[-1]
                built[-1] = apply(lambda_(sort, body), built[-1])
                continue
            op = inner[int(rng.integers(len(inner)))]
            pool = [built[int(rng.integers(len(built)))] if rng.random() < 0.3 else leaf() for _ in range(op.arity)]
            pool[int(rng.integers(op.arity))] = built[-1]
            made = op(*pool)
            built.append(made if made.size <= max_size else leaf())
            if made.size > max_size:
                break
        yield max(built, key=lambda t: t.size)


def _number(rng: np.random.Generator) -> float:
    return int(rng.integers(-3, 6)) if rng.random() < 0.5 else round(float(rng.normal() * 3), 3)


def terms(
    language: Language, *, variables: Sequence[str] = ("x", "y", "z"), max_size: int = 13, odd: bool = False
) -> Any:
    """Give a hypothesis strategy for the terms of :func:`random_terms`.

    Examples shrink towards leaves and small terms.
    """
    from hypothesis import strategies

    sort = language.default
    usable = [op for op in language if op.result is sort and all(a is sort for a in op.arguments)]
    leaves = [variable(name, sort) for name in variables] + [op() for op in usable if not op.arity]
    base = strategies.sampled_from(leaves + (odd_leaves(sort) if odd else []))
    if sort is REAL:
        numbers = strategies.one_of(strategies.integers(-5, 5), strategies.floats(-1e3, 1e3, width=32))
        base = base | numbers.map(lambda value: literal(value, REAL))

    def extend(children: Any) -> Any:
        return strategies.one_of(
            [strategies.tuples(*[children] * op.arity).map(_caller(op)) for op in usable if op.arity]
        )

    return strategies.recursive(base, extend, max_leaves=max(2, max_size // 2)).filter(
        lambda term: term.size <= max_size
    )


def _caller(op: Any) -> Callable[[tuple[Term, ...]], Term]:
    return lambda args: op(*args)  # type: ignore[no-any-return]


def random_object(rng: np.random.Generator, depth: int = 3, reals: bool = False) -> Any:
    """A nested object with holes: dicts, lists, tuples, calls, choices with holes in their options, and shared holes."""
    shared: list[Term] = []

    def leaf() -> Any:
        kind = rng.integers(6 if reals else 5)
        if kind == 0:
            return int(rng.integers(9))
        if kind == 1 and shared:
            return shared[rng.integers(len(shared))]
        if kind == 2:
            return hole.choice(["a", "b", "c"][: rng.integers(1, 4)])
        if kind == 5:
            return hole.real(within=(1.0, 8.0), log=bool(rng.integers(2)))
        low = int(rng.integers(-2, 3))
        return hole.integer(low, low + int(rng.integers(3)))

    def make(level: int) -> Any:
        if level == 0:
            return leaf()
        kind, parts = rng.integers(6), [make(level - 1) for _ in range(rng.integers(1, 4))]
        if kind == 0:
            return {f"k{i}": part for i, part in enumerate(parts)}
        if kind == 1:
            return tuple(parts) if rng.integers(2) else parts
        options = [{f"only{i}": part} for i, part in enumerate(parts)]
        if kind == 2:
            return hole.subset(options, (0, len(options)) if rng.integers(2) else 1)
        found = hole.choice(options, name=f"h{len(shared)}" if kind == 3 else None)
        if kind == 3:
            shared.append(found)
        return found

    return {"first": make(depth), "second": make(depth - 1), "third": leaf()}


def fillings(value: Any) -> Iterator[Any]:
    """Every filling of an object with holes by brute force: choices in turn, holes that were met before filled alike."""
    return (made for made, _ in _fillings(value, {}))


def _fillings(value: Any, known: dict[Term, int]) -> Iterator[tuple[Any, dict[Term, int]]]:
    if isinstance(value, dict):
        for made, after in _sequences(list(value.values()), known):
            yield dict(zip(value, made, strict=True)), after
    elif isinstance(value, list | tuple):
        for made, after in _sequences(list(value), known):
            yield type(value)(made), after
    elif isinstance(value, Term) and value.is_hole:
        yield from _hole_fillings(value, known)
    else:
        yield value, known


def _sequences(values: list[Any], known: dict[Term, int]) -> Iterator[tuple[list[Any], dict[Term, int]]]:
    if not values:
        yield [], known
        return
    for first, after in _fillings(values[0], known):
        for rest, last in _sequences(values[1:], after):
            yield [first, *rest], last


def _hole_fillings(term: Term, known: dict[Term, int]) -> Iterator[tuple[Any, dict[Term, int]]]:
    from itertools import combinations

    spec = term.hole
    picks: list[Any]
    if spec.kind == "integer":
        picks = list(range(int(spec.low), int(spec.high) + 1))
    elif spec.kind == "subset":
        least, most = spec.count
        picks = [m for k in range(least, most + 1) for m in combinations(range(len(spec.options)), k)]
    else:
        picks = list(range(len(spec.options)))
    for place in [known[term]] if term in known else range(len(picks)):
        after, pick = {**known, term: place}, picks[place]
        if spec.kind == "integer":
            yield pick, after
        elif spec.kind == "subset":
            yield from _sequences([spec.options[k] for k in pick], after)
        else:
            yield from _fillings(spec.options[pick], after)
