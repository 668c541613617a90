"""Spaces: any Python object with holes in it, and the search for its best filling."""

from typing import TYPE_CHECKING

from induce.lazy import lazy_names

if TYPE_CHECKING:
    from induce.spaces.algorithms import Algorithm, Bandit, Evolution, Policy, Random
    from induce.spaces.architectures import Operation, architecture
    from induce.spaces.problems import Epistasis
    from induce.spaces.searchable import Space, space
    from induce.spaces.sharing import Supernet, supernet
    from induce.spaces.table import Row, Table
    from induce.spaces.trials import Trial, Tuning, load_tuning
    from induce.spaces.tuning import Feedback, Median, Search, search, tune
    from induce.spaces.writing import from_json

_HOME = {
    "Algorithm": "algorithms",
    "Bandit": "algorithms",
    "Epistasis": "problems",
    "Evolution": "algorithms",
    "Feedback": "tuning",
    "Median": "tuning",
    "Operation": "architectures",
    "Policy": "algorithms",
    "Random": "algorithms",
    "Row": "table",
    "Search": "tuning",
    "Space": "searchable",
    "Supernet": "sharing",
    "Table": "table",
    "Trial": "trials",
    "Tuning": "trials",
    "architecture": "architectures",
    "from_json": "writing",
    "load_tuning": "trials",
    "search": "tuning",
    "space": "searchable",
    "supernet": "sharing",
    "tune": "tuning",
}

__all__ = [
    "Algorithm",
    "Bandit",
    "Epistasis",
    "Evolution",
    "Feedback",
    "Median",
    "Operation",
    "Policy",
    "Random",
    "Row",
    "Search",
    "Space",
    "Supernet",
    "Table",
    "Trial",
    "Tuning",
    "architecture",
    "from_json",
    "load_tuning",
    "search",
    "space",
    "supernet",
    "tune",
]


__getattr__ = lazy_names(__name__, _HOME)
