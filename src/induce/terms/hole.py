"""The kinds of hole: a real constant, a discrete choice, a neural network; an integer, any Python values, a subset.

A hole is a term. Two holes with the same name and space are the same hole and get the same value; a hole without a
name gets a fresh one. Holes of the last three kinds stand anywhere in a Python object and are filled by ``induce.tune``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from induce.errors import TermError
from induce.terms.op import HOLE
from induce.terms.sort import INT, REAL, Sort
from induce.terms.term import Term
from induce.terms.values import Values

if TYPE_CHECKING:
    from induce.terms.grammar import Grammar

__all__ = ["VALUE", "Hole", "choice", "integer", "is_anonymous", "module_of", "net", "real", "subset"]

VALUE = Sort("object")
"""The sort of a hole that stands for any Python value."""

_FRESH = itertools.count()
_MODULES: WeakKeyDictionary[Term, Any] = WeakKeyDictionary()


@dataclass(frozen=True)
class Hole:
    """What may fill a hole; the payload of a hole term.

    Parameters
    ----------
    kind : {"real", "choice", "net", "integer", "values", "subset"}
    name : str
    sort : Sort
    start, low, high : float
        First guess (None: none) and bounds of a real or an integer hole.
    unit : str
        Unit of a real hole; empty if not said.
    options : tuple of Term, Grammar, or Values
        What a choice or a subset picks from.
    prior : tuple of float
        Weights of the options; empty for equal ones.
    domain : tuple
        The values a net is a distribution over.
    log : bool
        Whether a search spreads its values evenly over the logarithm.
    count : (int, int)
        Least and most members of a subset.
    """

    kind: str
    name: str
    sort: Sort
    start: float | None = None
    low: float = -math.inf
    high: float = math.inf
    unit: str = ""
    options: Any = ()
    prior: tuple[float, ...] = ()
    domain: tuple[Hashable, ...] = ()
    log: bool = False
    count: tuple[int, int] = (0, 0)


def _fresh_name(name: str | None) -> str:
    if name is None:
        return f"_{next(_FRESH)}"
    if not isinstance(name, str) or not name.isidentifier():
        hint = "" if isinstance(name, str) else " Bounds are given as within=(low, high)."
        raise TermError(f"a hole's name must be an identifier, but got {name!r}.{hint}")
    return name


def is_anonymous(term: Term) -> bool:
    """Whether the hole was made without a name."""
    return term.op is HOLE and term.name.startswith("_") and term.name[1:].isdigit()


def real(
    name: str | None = None,
    *,
    start: float | None = None,
    within: tuple[float, float] = (-math.inf, math.inf),
    unit: str | None = None,
    log: bool = False,
) -> Term:
    """A hole for a real constant.

    Parameters
    ----------
    name : str, optional
        Holes with one name share one value; a fresh name by default.
    start : float, optional
        First guess, in the constant's unit.
    within : (float, float)
        Closed bounds.
    unit : str, optional
        Unit of the constant, such as ``"m/s^2"``; any unit by default.
    log : bool
        Whether ``induce.tune`` spreads its values evenly over the logarithm; the bounds must be positive then.

    Raises
    ------
    TermError
        If the bounds are empty or the start lies outside.

    >>> real("k", within=(0, 1)).sort
    Sort('real')
    """
    try:
        low, high = (float(bound) for bound in within)
    except (TypeError, ValueError):
        raise TermError(
            f"the bounds of hole '{name or '?'}' are {within!r}. Give two numbers: within=(0, 1)."
        ) from None
    if not low <= high:
        raise TermError(f"the bounds ({low}, {high}) of hole '{name or '?'}' are empty. Give (low, high), low <= high.")
    if start is not None and not low <= start <= high:
        raise TermError(f"the start {start} of hole '{name or '?'}' lies outside its bounds ({low}, {high}).")
    _check_log(log, low, name)
    first = None if start is None else float(start)
    spec = Hole("real", _fresh_name(name), REAL, first, low, high, unit or "", log=bool(log))
    return Term(HOLE, (), spec, REAL)


def _check_log(log: bool, low: float, name: str | None) -> None:
    if log and not low > 0:
        raise TermError(
            f"hole '{name or '?'}' is spread over the logarithm, but its lower bound is {low:g}. Give a positive one, or log=False."
        )


def integer(low: int, high: int, *, name: str | None = None, log: bool = False) -> Term:
    """A hole for an integer from ``low`` to ``high``, both included.

    Parameters
    ----------
    low, high : int
    name : str, optional
        Holes with one name share one value; a fresh name by default.
    log : bool
        Whether ``induce.tune`` spreads its values evenly over the logarithm; ``low`` must be positive then.

    Raises
    ------
    TermError
        If the bounds are no integers, or empty.

    >>> integer(2, 12, name="depth").hole.high
    12.0
    """
    for bound in (low, high):
        if isinstance(bound, bool) or not hasattr(bound, "__index__") or abs(bound) > 2**53:
            raise TermError(
                f"the bounds of integer hole '{name or '?'}' must be integers up to 2^53, but got {bound!r}. "
                "For real numbers use hole.real(within=(low, high))."
            )
    if not low <= high:
        raise TermError(
            f"the bounds ({low}, {high}) of integer hole '{name or '?'}' are empty. Give (low, high), low <= high."
        )
    _check_log(log, low, name)
    spec = Hole("integer", _fresh_name(name), INT, None, float(low), float(high), log=bool(log))
    return Term(HOLE, (), spec, INT)


def subset(options: Iterable[Any], size: int | tuple[int, int], *, name: str | None = None) -> Term:
    """A hole for a list of ``size`` different options, in the order they are given in.

    Parameters
    ----------
    options : iterable
        Any Python values, with holes inside if wanted.
    size : int, or (int, int)
        How many are taken, or the least and the most.
    name : str, optional
        Holes with one name share one value; a fresh name by default.

    Raises
    ------
    TermError
        If there are no options, or fewer than are to be taken.

    >>> subset(["scale", "log", "rank"], size=2).hole.count
    (2, 2)
    """
    values = Values(options, name or "?")
    least, most = size if isinstance(size, tuple) else (size, size)
    for number in (least, most):
        if isinstance(number, bool) or not hasattr(number, "__index__"):
            raise TermError(
                f"the size of subset '{name or '?'}' must be an integer or a pair of integers, but got {size!r}."
            )
    least, most = int(least), int(most)
    if not 0 <= least <= most <= len(values):
        raise TermError(
            f"subset '{name or '?'}' takes {size} of {len(values)} options, which is not possible. "
            f"Give a size from 0 to {len(values)}."
        )
    return Term(HOLE, (), Hole("subset", _fresh_name(name), VALUE, options=values, count=(least, most)), VALUE)


def choice(options: Grammar | Iterable[Any], *, name: str | None = None, prior: Sequence[float] | None = None) -> Term:
    """A hole for one of several terms or Python values, or for any term of a grammar.

    Terms of one sort make a hole of that sort, which may stand in a formula. Other values make one that may stand anywhere
    in a Python object; they may hold holes themselves, which count only where their option is picked.

    Parameters
    ----------
    options : iterable of Term, Grammar, or iterable of any values
    name : str, optional
        Holes with one name are filled alike.
    prior : sequence of float, optional
        A positive weight per option.

    Raises
    ------
    TermError
        If there are no options, the sorts of terms differ, a value cannot be hashed or is there twice, or the prior does
        not fit.

    >>> from induce.terms import arithmetic
    >>> choice([arithmetic.parse("x"), arithmetic.parse("sin(x)")], name="f").sort
    Sort('real')
    """
    start = getattr(options, "start", None)
    if isinstance(start, Sort):  # a Grammar
        if prior is not None:
            raise TermError("a grammar carries its own weights; leave prior out, or set Grammar(weights=...).")
        return Term(HOLE, (), Hole("choice", _fresh_name(name), start, options=options), start)
    shown = name or "?"
    if not isinstance(options, Iterable):
        raise TermError(
            f"the options of choice '{shown}' are {options!r}, but a list was expected. Write [{options!r}, ...]."
        )
    terms = () if isinstance(options, str | bytes | set | frozenset) else tuple(options)  # type: ignore[arg-type]
    sorts = {option.sort if isinstance(option, Term) else VALUE for option in terms}
    plain = len(sorts) != 1 or VALUE in sorts
    if plain and len(sorts) > 1 and all(isinstance(o, Term) and o.op is not HOLE for o in terms):
        first, second = dict.fromkeys(option.sort for option in terms)
        raise TermError(f"the options of choice '{shown}' have sorts {first} and {second}; one is needed.")
    held: tuple[Term, ...] | Values = Values(terms or options, shown) if plain else terms  # type: ignore[arg-type]
    weights = tuple(float(w) for w in prior) if prior is not None else ()
    if prior is not None and (len(weights) != len(terms) or not all(0 < w < math.inf for w in weights)):
        raise TermError(f"choice '{shown}' has {len(terms)} options; its prior must be as many positive numbers.")
    sort = VALUE if plain else terms[0].sort
    spec = Hole("values" if plain else "choice", _fresh_name(name), sort, options=held, prior=weights)
    return Term(HOLE, (), spec, sort)


def net(
    module: Any, *, over: Sequence[Hashable] | None = None, name: str | None = None, sort: Sort | None = None
) -> Term:
    """A hole for a neural network.

    The term holds only a name, a sort and a domain. The module waits beside the term until a holder (a Task, a Fit, a
    logic program) receives it, so copying a term never shares weights.

    Parameters
    ----------
    module : torch.nn.Module
        Maps inputs to logits over ``over``, or to a real value when ``over`` is None.
    over : sequence, optional
        The values the net is a distribution over.
    name : str, optional
        Name of the hole.
    sort : Sort, optional
        Sort of the term; real by default, or ``over(n)``-valued when ``over`` is given.
    """
    if not callable(module):
        raise TermError(f"a net hole needs a torch module, but got {type(module).__name__}.")
    domain = tuple(over) if over is not None else ()
    if over is not None and not domain:
        raise TermError(f"net hole '{name or '?'}' has an empty domain. Give over=range(10), for example.")
    spec = Hole("net", _fresh_name(name), sort or REAL, domain=domain)
    term = Term(HOLE, (), spec, spec.sort)
    waiting = _MODULES.get(term)
    if waiting is not None and waiting is not module:
        raise TermError(f"net hole '{name}' already holds another module. Give the second one its own name.")
    _MODULES[term] = module
    return term


def module_of(term: Term) -> Any:
    """The module that waits beside a net hole; None when a holder must supply it (after loading, for example)."""
    return _MODULES.get(term)
