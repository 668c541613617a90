"""What objects with holes are made of, told apart: calls, estimators, modules, spaces; and what options are called."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from induce.errors import SpaceError
from induce.terms.grammar import Grammar
from induce.terms.hole import is_anonymous
from induce.terms.op import HOLE
from induce.terms.term import Term

__all__ = ["Call", "Labels", "Terms", "called", "fields_of", "is_estimator", "is_module", "is_space", "label_of"]

MOST_TERMS = 2**53
"""Largest number of terms of a grammar in one hole."""


@dataclass(frozen=True, eq=False)
class Call:
    """A function or class with the arguments it will be called with, holes among them; ``name`` is shown in its place."""

    function: Callable[..., Any]
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    name: str = ""

    @property
    def label(self) -> str:
        """What it is called in names of choice points."""
        name = self.name or str(getattr(self.function, "__name__", type(self.function).__name__))
        parts = [arg.root if is_space(arg) else arg for arg in self.args]
        inner = [part.label for part in parts if isinstance(part, Call)]
        return f"{name}({', '.join(inner)})" if inner and not self.name else name


class Labels(Sequence[str]):
    """Texts of options, or of subsets of them, made when asked for."""

    def __init__(self, options: Sequence[Any], members: tuple[tuple[int, ...], ...] | None) -> None:
        self.options, self.members = options, members

    def __len__(self) -> int:
        return len(self.options if self.members is None else self.members)

    @functools.cached_property
    def texts(self) -> list[str]:
        """The options' own texts; those that occur twice with their number."""
        texts = [label_of(option) for option in self.options]
        seen: dict[str, int] = {}
        for text in texts:
            seen[text] = seen.get(text, 0) + 1
        return [f"{text}#{k}" if seen[text] > 1 else text for k, text in enumerate(texts)]

    def __getitem__(self, place: Any) -> Any:
        if self.members is None:
            return self.texts[place]
        return "[" + ", ".join(self.texts[k] for k in self.members[place]) + "]"


class Terms(Sequence[str]):
    """The terms of a grammar by number, as texts; none is made before it is asked for."""

    def __init__(self, grammar: Grammar, path: str) -> None:
        self.grammar, self.total = grammar, grammar.count()
        if self.total > MOST_TERMS:
            raise SpaceError(
                f"the grammar of the hole at {path or 'the root'} makes {self.total:,} terms, but a space has at most "
                f"{MOST_TERMS:,} of one. Lower its max_size, or search with induce.fill()."
            )

    def __len__(self) -> int:
        return self.total

    def __getitem__(self, place: Any) -> Any:
        if not 0 <= place < self.total:
            raise IndexError(f"there is no term of number {place}; they go from 0 to {self.total - 1}.")
        return str(self.grammar.nth(place))


def label_of(value: Any) -> str:
    """An option as a short text: the same in every process, whatever fresh names its holes have."""
    text = " ".join(_text(value, 4).split())
    return text if len(text) <= 32 else text[:29] + "..."


def _text(value: Any, depth: int) -> str:
    """A value as text, to some depth."""
    if depth == 0:
        return "..."
    value = value.root if is_space(value) else value
    if isinstance(value, Call):
        return value.label
    if isinstance(value, type) or inspect.isroutine(value):
        return value.__name__
    if isinstance(value, Term) and value.op is HOLE:
        return "?" if is_anonymous(value) else f"?{value.name}"
    if type(value) is dict:
        return "{" + ", ".join(f"{k!r}: {_text(v, depth - 1)}" for k, v in value.items()) + "}"
    if type(value) is list:
        return "[" + ", ".join(_text(item, depth - 1) for item in value) + "]"
    if type(value) is tuple:
        return "(" + ", ".join(_text(item, depth - 1) for item in value) + ")"
    return repr(value) if isinstance(value, str) else str(value)


def called(value: Any) -> bool:
    """Whether a value is a recipe to be called, not an object to be filled."""
    return isinstance(value, type | functools.partial) or inspect.isroutine(value)


def is_estimator(value: Any) -> bool:
    """Whether a value is an instance with scikit-learn's manners."""
    return not isinstance(value, type) and hasattr(value, "get_params") and hasattr(value, "set_params")


def is_module(value: Any) -> bool:
    """Whether a value is an instance of a torch module, without importing torch."""
    return any(c.__module__ == "torch.nn.modules.module" and c.__name__ == "Module" for c in type(value).__mro__)


def fields_of(value: Any) -> dict[str, Any]:
    """The fields of a dataclass instance that its constructor takes."""
    return {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if f.init}


def is_space(value: Any) -> bool:
    """Whether a value is a space within a space."""
    return getattr(type(value), "holds_holes", False) is True
