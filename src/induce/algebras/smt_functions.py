"""What SMT-LIB's operators on strings do to Python values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from induce.algebras.values import define
from induce.terms.smt_strings import smt_strings

__all__: list[str] = []


def text_concat(a: str, b: str) -> str:
    """The characters of a, then those of b."""
    return a + b


def text_at(a: str, n: int) -> str:
    """The character at place n; nothing outside."""
    return a[n] if 0 <= n < len(a) else ""


def text_substr(a: str, start: int, length: int) -> str:
    """At most so many characters from a place on; nothing when it lies outside."""
    return a[start : start + length] if 0 <= start < len(a) and length > 0 else ""


def text_indexof(a: str, b: str, start: int) -> int:
    """The first place of b in a from a place on, or -1."""
    return a.find(b, start) if 0 <= start <= len(a) else -1


def text_replace(a: str, b: str, c: str) -> str:
    """The text a with its first b replaced by c."""
    return a.replace(b, c, 1)


def text_prefixof(a: str, b: str) -> bool:
    """Whether b begins with a."""
    return b.startswith(a)


def text_suffixof(a: str, b: str) -> bool:
    """Whether b ends with a."""
    return b.endswith(a)


def text_contains(a: str, b: str) -> bool:
    """Whether b occurs in a."""
    return b in a


def text_from_int(n: int) -> str:
    """The digits of n; nothing for a negative number."""
    return str(n) if n >= 0 else ""


def text_to_int(a: str) -> int:
    """The number that the digits of a write; -1 for anything else."""
    return int(a) if a and all(c in "0123456789" for c in a) else -1


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "str.++": text_concat, "str.len": len, "str.at": text_at, "str.substr": text_substr, "str.indexof": text_indexof,
    "str.replace": text_replace, "str.prefixof": text_prefixof, "str.suffixof": text_suffixof, "str.contains": text_contains,
    "str.from_int": text_from_int, "str.to_int": text_to_int,
}  # fmt: skip

for _name, _function in _FUNCTIONS.items():
    define(smt_strings[_name], _function)
