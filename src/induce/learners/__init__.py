"""Learners: *who fills* the holes. Generators of scored candidates, and combinators of them."""

from typing import TYPE_CHECKING

from induce.errors import FillError, did_you_mean
from induce.lazy import lazy_names
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
    from induce.learners.tree_search import TreeSearch

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
    "TreeSearch": "tree_search",
}

NAMES = {
    "bidirectional": "Bidirectional",
    "enumerate": "Enumerate",
    "evolve": "Evolve",
    "local": "LocalSearch",
    "mcts": "TreeSearch",
    "portfolio": "Portfolio",
    "separable": "Separable",
}
"""Learners that search formulas, by the names they are called by in ``by=``."""

__all__ = [
    "NAMES",
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
    "TreeSearch",
    "named",
    "race",
    "restart",
    "then",
]


def named(name: str) -> Learner:
    """The learner of a name, on its default settings.

    >>> named("mcts").double_q
    True
    """
    if name not in NAMES:
        raise FillError(
            f"unknown learner {name!r}.{did_you_mean(name, ['auto', *NAMES])} Known: auto, {', '.join(NAMES)}. "
            "Or give a learner, such as induce.learners.Evolve()."
        )
    made: Learner = __getattr__(NAMES[name])()
    return made


__getattr__ = lazy_names(__name__, _HOME)
