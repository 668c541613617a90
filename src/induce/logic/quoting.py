"""Quoted texts: what their escapes mean."""

from __future__ import annotations

import re

__all__ = ["unquoted"]

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0", "\\": "\\", '"': '"', "'": "'", "/": "/"}


def unquoted(written: str) -> str:
    r"""What a quoted text says.

    Raises
    ------
    ValueError
        For an escape that means nothing.

    >>> unquoted(r'"a\tb"') == "a\tb"
    True
    """

    def meant(found: re.Match[str]) -> str:
        code = found[1]
        if len(code) > 1:
            return chr(int(code[1:], 16))
        if code not in _ESCAPED:
            raise ValueError(f"unknown escape '\\{code}' in a text. Write '\\\\{code}' for a backslash and '{code}'.")
        return _ESCAPED[code]

    return _ESCAPE.sub(meant, written[1:-1])
