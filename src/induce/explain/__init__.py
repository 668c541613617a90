"""Explain: what a model says of itself: attributions, information, and how faithful an explanation is.

Names are loaded when they are first used.
"""

from __future__ import annotations

from induce.lazy import lazy_names

_HOME: dict[str, str] = {}

__all__: list[str] = []


__getattr__ = lazy_names(__name__, _HOME)


def __dir__() -> list[str]:
    return __all__
