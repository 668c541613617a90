"""Values: the options of a hole that picks among any Python values, with a key for each that tells them apart."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

from induce.errors import TermError
from induce.terms.term import Term

__all__ = ["Values"]


class Values(Sequence[Any]):
    """Options in their order. Two are equal when their options are: by type and value, by identity where that is all there is.

    Lists, tuples and dictionaries may hold anything; an option that cannot be hashed otherwise is refused, since every
    object built from it would share it and change it for the others.

    Parameters
    ----------
    options : iterable
    shown : str
        Name of the hole, for messages.

    Raises
    ------
    TermError
        If there are none, one cannot be hashed, or one is there twice.

    >>> Values([1, 1.0, [1]]) == Values([1, 1.0, [1]])
    True
    """

    __slots__ = ("_hash", "_keys", "options")

    def __init__(self, options: Iterable[Any], shown: str = "?") -> None:
        if isinstance(options, str | bytes | set | frozenset) or not isinstance(options, Iterable):
            raise TermError(
                f"the options of choice '{shown}' are {_brief(options)}, a {type(options).__name__}. "
                "Give a list, whose order is fixed."
            )
        self.options = tuple(options)
        if not self.options:
            raise TermError(f"choice '{shown}' has no options. Give at least one value or term.")
        self._keys = tuple(
            _key(option, f"option {place} of choice '{shown}'") for place, option in enumerate(self.options)
        )
        seen: dict[Hashable, int] = {}
        for place, key in enumerate(self._keys):
            if key in seen:
                raise TermError(
                    f"options {seen[key]} and {place} of choice '{shown}' are both {_brief(self.options[place])}. "
                    "Leave one out; prior= says which option is tried more often."
                )
            seen[key] = place
        self._hash = hash(self._keys)

    def __getitem__(self, place: Any) -> Any:
        return self.options[place]

    def __len__(self) -> int:
        return len(self.options)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.options)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Values) and self._keys == other._keys)

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"Values({list(self.options)!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return (Values, (self.options,))


def _key(value: Any, where: str) -> Hashable:
    """What tells a value apart from others; containers by what they hold."""
    if isinstance(value, Term):
        return value
    if isinstance(value, dict):
        return ("dict", tuple((_key(k, where), _key(v, where)) for k, v in value.items()))
    if isinstance(value, list | tuple):
        return (type(value), tuple(_key(item, where) for item in value))
    if isinstance(value, float):
        return (float, repr(value))
    try:
        hash(value)
    except TypeError:
        if hasattr(value, "__dataclass_fields__"):
            return ("identity", id(value))
        raise TermError(
            f"{where} is {_brief(value)}, a {type(value).__name__}, which cannot be hashed, so every object built would share "
            "it. Give a tuple, or space(function, ...) that makes it anew."
        ) from None
    return (type(value), value)


def _brief(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 40 else text[:37] + "..."
