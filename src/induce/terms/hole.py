"""The three kinds of hole: a real constant, a discrete choice, a neural network.

A hole is a term. Two holes with the same name and space are the same hole and get the same value; a hole without a
name gets a fresh one.
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
from induce.terms.sort import REAL, Sort
from induce.terms.term import Term

if TYPE_CHECKING:
    from induce.terms.grammar import Grammar

__all__ = ["Hole", "choice", "is_anonymous", "module_of", "net", "real"]

_FRESH = itertools.count()
_MODULES: WeakKeyDictionary[Term, Any] = WeakKeyDictionary()


@dataclass(frozen=True)
class Hole:
    """What may fill a hole; the payload of a hole term.

    Parameters
    ----------
    kind : {"real", "choice", "net"}
    name : str
    sort : Sort
    start, low, high : float
        First guess (NaN: none) and bounds of a real hole.
    unit : str
        Unit of a real hole; empty if not said.
    options : tuple of Term, or Grammar
        What a choice picks from.
    prior : tuple of float
        Weights of the options; empty for equal ones.
    domain : tuple
        The values a net is a distribution over.
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


def _fresh_name(name: str | None) -> str:
    if name is None:
        return f"_{next(_FRESH)}"
    if not isinstance(name, str) or not name.isidentifier():
        raise TermError(f"a hole's name must be an identifier, but got {name!r}.")
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

    Raises
    ------
    TermError
        If the bounds are empty or the start lies outside.

    >>> real("k", within=(0, 1)).sort
    Sort('real')
    """
    low, high = float(within[0]), float(within[1])
    if not low <= high:
        raise TermError(f"the bounds ({low}, {high}) of hole '{name or '?'}' are empty. Give (low, high), low <= high.")
    if start is not None and not low <= start <= high:
        raise TermError(f"the start {start} of hole '{name or '?'}' lies outside its bounds ({low}, {high}).")
    spec = Hole("real", _fresh_name(name), REAL, None if start is None else float(start), low, high, unit or "")
    return Term(HOLE, (), spec, REAL)


def choice(options: Grammar | Iterable[Term], *, name: str | None = None, prior: Sequence[float] | None = None) -> Term:
    """A hole for one of several terms, or for any term of a grammar.

    Parameters
    ----------
    options : iterable of Term, or Grammar
        All of one sort.
    name : str, optional
        Holes with one name are filled alike.
    prior : sequence of float, optional
        A positive weight per option.

    Raises
    ------
    TermError
        If there are no options, their sorts differ, or the prior does not fit.

    >>> from induce.terms import arithmetic
    >>> choice([arithmetic.parse("x"), arithmetic.parse("sin(x)")], name="f").sort
    Sort('real')
    """
    start = getattr(options, "start", None)
    if isinstance(start, Sort):  # a Grammar
        if prior is not None:
            raise TermError("a grammar carries its own weights; leave prior out, or set Grammar(weights=...).")
        return Term(HOLE, (), Hole("choice", _fresh_name(name), start, options=options), start)
    terms = tuple(options)  # type: ignore[arg-type]
    shown = name or "?"
    if not terms:
        raise TermError(f"choice '{shown}' has no options. Give at least one term.")
    for option in terms:
        if not isinstance(option, Term):
            raise TermError(f"choice '{shown}' got {option!r}, which is not a term. Parse it with a language first.")
        if option.sort is not terms[0].sort:
            raise TermError(
                f"the options of choice '{shown}' have sorts {terms[0].sort} and {option.sort}; one is needed."
            )
    weights = tuple(float(w) for w in prior) if prior is not None else ()
    if prior is not None and (len(weights) != len(terms) or not all(0 < w < math.inf for w in weights)):
        raise TermError(f"choice '{shown}' has {len(terms)} options; its prior must be as many positive numbers.")
    spec = Hole("choice", _fresh_name(name), terms[0].sort, options=terms, prior=weights)
    return Term(HOLE, (), spec, terms[0].sort)


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
