"""Nets: ordinary torch modules whose structure carries what is known of the problem.

Names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOME = {"MessageNetwork": "induce.nets.messages", "perceptron": "induce.nets.messages"}

__all__ = ["MessageNetwork", "perceptron"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'induce.nets' has no attribute '{name}'. It has: {', '.join(__all__)}.")


def __dir__() -> list[str]:
    return __all__


if TYPE_CHECKING:
    from induce.nets.messages import MessageNetwork, perceptron
