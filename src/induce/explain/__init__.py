"""Explain: what a model says of itself: attributions, information, and how faithful an explanation is.

Names are loaded when they are first used.
"""

from __future__ import annotations

from induce.lazy import lazy_names

_HOME = {"Fidelity": "fidelity", "covers_everything": "fidelity", "measure_fidelity": "fidelity"}

__all__ = ["Fidelity", "covers_everything", "measure_fidelity"]


__getattr__ = lazy_names(__name__, _HOME)


def __dir__() -> list[str]:
    return __all__
