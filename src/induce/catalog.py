"""What exists, by name: languages, algebras, learners, algorithms, estimators, exporters, rooms and papers, plug-ins included.

Each shelf is a mapping that loads an entry when it is first asked for. A package adds to a shelf by an entry point of
the shelf's group, in its ``pyproject.toml``::

    [project.entry-points."induce.learners"]
    annealing = "my_package.annealing:Annealing"

A class or an instance is accepted wherever a name is, so nothing needs to be registered to be used.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from induce.errors import (
    AlgebraError,
    DataError,
    ExportError,
    FillError,
    InduceError,
    OpError,
    SpaceError,
    did_you_mean,
)

__all__ = [
    "SHELVES",
    "Shelf",
    "algebras",
    "algorithms",
    "estimators",
    "exporters",
    "languages",
    "learners",
    "papers",
    "rooms",
]


class Shelf(Mapping[str, Any]):
    """Things of one kind by name, each loaded when first asked for.

    Parameters
    ----------
    kind : str
        What one entry is, in the singular, for messages.
    shipped : mapping of name to "module:attribute"
    group : str
        Entry points of this group are added; none when empty.
    error : class
        Raised for a name that is not here.

    >>> from induce import catalog
    >>> sorted(catalog.languages)
    ['arithmetic', 'boolean', 'core_lists', 'lists', 'rules', 'smt_strings', 'strings']
    """

    def __init__(
        self, kind: str, shipped: Mapping[str, str], group: str = "", error: type[InduceError] = DataError
    ) -> None:
        self.kind = kind
        self.shipped = dict(shipped)
        self.group = group
        self.error = error
        self._loaded: dict[str, Any] = {}

    def _plugged(self) -> dict[str, EntryPoint]:
        """Entry points by name; a shipped name cannot be taken."""
        found: dict[str, EntryPoint] = {}
        for point in entry_points(group=self.group) if self.group else ():
            if point.name in self.shipped:
                warnings.warn(
                    f"the plug-in '{point.value}' is left out: induce ships another {self.kind} called '{point.name}'.",
                    UserWarning,
                    stacklevel=3,
                )
            else:
                found[point.name] = point
        return found

    def __iter__(self) -> Iterator[str]:
        return iter((*self.shipped, *self._plugged()))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return name in self.shipped or name in self._plugged()

    def __getitem__(self, name: str) -> Any:
        if name in self._loaded:
            return self._loaded[name]
        if name in self.shipped:
            module, _, attribute = self.shipped[name].partition(":")
            value = self._reach(import_module(module), attribute)
        else:
            point = self._plugged().get(name)
            if point is None:
                known = list(self)
                raise self.error(
                    f"there is no {self.kind} '{name}'.{did_you_mean(name, known)} There are: {', '.join(known) or 'none'}."
                )
            value = self._load(point)
        self._loaded[name] = value
        return value

    def get(self, name: str, default: Any = None) -> Any:
        """The entry, or ``default`` when there is none of that name."""
        return self[name] if name in self else default

    @staticmethod
    def _reach(value: Any, attribute: str) -> Any:
        for part in attribute.split(".") if attribute else ():
            value = getattr(value, part)
        return value

    def _load(self, point: EntryPoint) -> Any:
        try:
            return point.load()
        except Exception as error:
            package = point.dist.name if point.dist is not None else "unknown"
            raise self.error(
                f"the {self.kind} '{point.name}' of the package '{package}' cannot be loaded: "
                f"{type(error).__name__}: {error}. Update or remove that package."
            ) from error

    def __repr__(self) -> str:
        return f"Shelf({self.kind}: {', '.join(self)})"


class _Papers(Shelf):
    """The pages of published results: files, found afresh each time."""

    def __init__(self) -> None:
        super().__init__("paper", {})

    def __iter__(self) -> Iterator[str]:
        from induce.papers import slugs

        return iter(slugs())

    def __contains__(self, name: object) -> bool:
        return name in tuple(self)

    def __getitem__(self, name: str) -> Any:
        from induce.papers import find_paper

        return find_paper(name)


class _Exporters(Shelf):
    """Functions from a Fit to text, by the name that ``Fit.export`` and ``induce export --to`` take."""

    def __getitem__(self, name: str) -> Callable[[Any], str]:
        if name not in self.shipped:
            return super().__getitem__(name)  # type: ignore[no-any-return]
        return lambda fit: str(fit.export(name))


languages = Shelf(
    "language",
    {
        "arithmetic": "induce.terms:arithmetic",
        "boolean": "induce.terms:boolean",
        "core_lists": "induce.terms.lists:core_lists",
        "lists": "induce.terms.lists:lists",
        "rules": "induce.logic.language:rules",
        "smt_strings": "induce.terms.smt_strings:smt_strings",
        "strings": "induce.terms.strings:strings",
    },
    "induce.languages",
    OpError,
)
"""What may be written."""

algebras = Shelf(
    "algebra",
    {
        "real": "induce.algebras.standard:REAL",
        "boolean": "induce.algebras.standard:BOOLEAN",
        "interval": "induce.algebras.intervals:INTERVAL",
        "values": "induce.algebras.values:VALUES",
        "probability": "induce.algebras.semirings:PROBABILITY",
        "log-probability": "induce.algebras.semirings:LOG_PROBABILITY",
        "counting": "induce.algebras.semirings:COUNTING",
        "tropical": "induce.algebras.semirings:TROPICAL",
        "viterbi": "induce.algebras.semirings:VITERBI",
        "min-max": "induce.algebras.semirings:MIN_MAX",
        "add-mult": "induce.algebras.semirings:ADD_MULT",
        "dual": "induce.algebras.semirings:DUAL",
        "gf2": "induce.algebras.semirings:GF2",
        "possibility": "induce.algebras.possibility:POSSIBILITY",
        "fuzzy(product)": "induce.algebras.fuzzy:PRODUCT",
        "fuzzy(godel)": "induce.algebras.fuzzy:GODEL",
        "fuzzy(lukasiewicz)": "induce.algebras.fuzzy:LUKASIEWICZ",
        "fuzzy(logit)": "induce.algebras.fuzzy:LOGIT",
        "proofs(3)": "induce.algebras.semirings:PROOFS_3",
        "tensor(0)": "induce.algebras.semirings:TENSOR_0",
    },
    "induce.algebras",
    AlgebraError,
)
"""What it means."""

learners = Shelf(
    "learner",
    {
        "backfitting": "induce.learners.backfitting:Backfitting",
        "bidirectional": "induce.learners.bidirectional:Bidirectional",
        "choices": "induce.learners.constants:Choices",
        "constants": "induce.learners.constants:Constants",
        "enumerate": "induce.learners.enumerate:Enumerate",
        "evolve": "induce.learners.evolve:Evolve",
        "gradient": "induce.learners.gradient:Gradient",
        "local": "induce.learners.local:LocalSearch",
        "mcts": "induce.learners.tree_search:TreeSearch",
        "portfolio": "induce.learners.portfolio:Portfolio",
        "separable": "induce.learners.separable:Separable",
    },
    "induce.learners",
    FillError,
)
"""Who fills the holes: classes that can be called without arguments."""

algorithms = Shelf(
    "algorithm",
    {
        "bandit": "induce.spaces.algorithms:Bandit",
        "evolution": "induce.spaces.algorithms:Evolution",
        "policy": "induce.spaces.algorithms:Policy",
        "random": "induce.spaces.algorithms:Random",
    },
    "induce.algorithms",
    SpaceError,
)
"""Who searches a space: classes that can be called without arguments."""

estimators = Shelf(
    "estimator",
    {
        "BooleanRegressor": "induce.formulas.boolean_regressor:BooleanRegressor",
        "ConceptClassifier": "induce.rules.concept_classifier:ConceptClassifier",
        "ConceptIdentifier": "induce.rules.concept_identifier:ConceptIdentifier",
        "FormulaRegressor": "induce.formulas.estimator:FormulaRegressor",
        "GraphRules": "induce.rules.graph_rules:GraphRules",
        "HierarchicalClassifier": "induce.rules.hierarchical_classifier:HierarchicalClassifier",
        "LibraryLearner": "induce.programs.library:LibraryLearner",
        "MutualInformation": "induce.explain.information:MutualInformation",
        "NearestSupportClassifier": "induce.rules.support_classifier:NearestSupportClassifier",
        "PartClassifier": "induce.rules.part_classifier:PartClassifier",
        "ProgramSynthesizer": "induce.programs.estimator:ProgramSynthesizer",
        "RuleClassifier": "induce.rules.classifier:RuleClassifier",
        "RuleRegressor": "induce.rules.regressor:RuleRegressor",
        "SymbolClassifier": "induce.rules.symbol_classifier:SymbolClassifier",
        "SymbolClusterer": "induce.rules.symbol_clusterer:SymbolClusterer",
    },
    error=FillError,
)
"""The scikit-learn faces of the rooms."""

exporters = _Exporters(
    "export format",
    {name: f"induce.fit:Fit.to_{name}" for name in ("text", "latex", "mathml", "python", "sympy", "sql", "torch")},
    error=ExportError,
)
"""Functions from a Fit to text."""

rooms = Shelf(
    "room", {"formulas": "induce.formulas", "programs": "induce.programs", "rules": "induce.rules"}, "induce.rooms"
)
"""Modules that hold a language, an estimator and data for one kind of result."""

papers = _Papers()
"""Pages that rebuild a published result."""

SHELVES: dict[str, Shelf] = {
    "languages": languages,
    "algebras": algebras,
    "learners": learners,
    "algorithms": algorithms,
    "estimators": estimators,
    "exporters": exporters,
    "rooms": rooms,
    "papers": papers,
}
"""All shelves by name."""
