"""Learners: *who fills* the holes. Generators of scored candidates, and combinators of them."""

from typing import TYPE_CHECKING, Any

from induce.learners.archive import Archive, Entry
from induce.learners.learner import Batch, Learner, SearchState, race, restart, then

if TYPE_CHECKING:
    from induce.learners.backfitting import Backfitting
    from induce.learners.bidirectional import Bidirectional
    from induce.learners.constants import Choices, Constants
    from induce.learners.enumerate import Enumerate
    from induce.learners.epochs import Epochs
    from induce.learners.evolve import Evolve
    from induce.learners.gradient import Gradient
    from induce.learners.local import LocalSearch
    from induce.learners.portfolio import Portfolio
    from induce.learners.separable import Separable

_HOME = {
    "Backfitting": "backfitting",
    "Bidirectional": "bidirectional",
    "Choices": "constants",
    "Constants": "constants",
    "Enumerate": "enumerate",
    "Epochs": "epochs",
    "Evolve": "evolve",
    "Gradient": "gradient",
    "LocalSearch": "local",
    "Portfolio": "portfolio",
    "Separable": "separable",
}

__all__ = [
    "Archive",
    "Backfitting",
    "Batch",
    "Bidirectional",
    "Choices",
    "Constants",
    "Entry",
    "Enumerate",
    "Epochs",
    "Evolve",
    "Gradient",
    "Learner",
    "LocalSearch",
    "Portfolio",
    "SearchState",
    "Separable",
    "race",
    "restart",
    "then",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:  # numba is loaded only when a search is wanted
        from importlib import import_module

        return getattr(import_module(f"induce.learners.{_HOME[name]}"), name)
    raise AttributeError(f"module 'induce.learners' has no attribute '{name}'. It has: {', '.join(__all__)}.")
