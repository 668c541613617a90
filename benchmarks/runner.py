"""Suites of rows: each row measures our figure and its peers' in the same run and compares it with a goal."""

from __future__ import annotations

import importlib
import importlib.metadata
import operator
import os
import platform
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from types import ModuleType
from typing import Any

SUITES: dict[str, str] = {
    "install": "benchmarks.install",
    "kernel": "benchmarks.kernel",
    "formulas": "benchmarks.formulas",
    "circuits": "benchmarks.circuits",
    "datalog": "benchmarks.datalog",
    "logic": "benchmarks.logic",
    "gnn": "benchmarks.gnn",
    "boolean": "benchmarks.boolean",
    "hypotheses": "benchmarks.hypotheses",
    "distributed": "benchmarks.distributed",
    "lists": "benchmarks.lists",
    "sygus": "benchmarks.sygus",
    "library": "benchmarks.library",
    "guided": "benchmarks.guided",
    "spaces": "benchmarks.spaces",
    "strings": "benchmarks.strings",
    "hierarchies": "benchmarks.hierarchies",
    "tables": "benchmarks.tables",
    "parts": "benchmarks.parts",
    "concepts": "benchmarks.concepts",
    "graph_rules": "benchmarks.graph_rules",
    "symbols": "benchmarks.symbols",
    "unlabeled": "benchmarks.unlabeled",
}
"""Suite name to the module that holds its rows."""

SHOWN_VERSIONS = ("induce", "numpy", "scipy", "numba", "torch", "scikit-learn", "sympy")

_GOAL = re.compile(r"\s*(>=|<=|==|>|<)\s*([-+0-9.eE]+)")
_COMPARE = {">=": operator.ge, "<=": operator.le, "==": operator.eq, ">": operator.gt, "<": operator.lt}


@dataclass(frozen=True)
class Peer:
    """A peer's figure: measured now with its version, missing (no version), or published (marked as such)."""

    version: str | None
    figure: float | None
    published: bool = False


@dataclass(frozen=True)
class Row:
    """One line of a suite: what is claimed, what was measured, by whom, and whether the goal holds."""

    line: str
    ours: float | None
    peers: dict[str, Peer]
    goal: str
    holds: bool
    note: str = ""
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


@dataclass
class Run:
    """What a row function gets: whether to be quick, and its peers by name.

    ``peer`` imports a package; one that cannot be imported is reported as missing, with the published figure if given.
    """

    quick: bool
    peers: dict[str, Peer] = field(default_factory=dict)

    def peer(self, name: str, package: str | None = None, *, published: float | None = None) -> ModuleType | None:
        """Import a peer; None, and a row entry that says so, when it is not installed."""
        try:
            module = importlib.import_module(name)
        except ImportError:
            self.peers[name] = Peer(None, published, published is not None)
            return None
        self.peers[name] = Peer(version_of(package or name) or getattr(module, "__version__", "?"), None)
        return module

    def record(self, name: str, figure: float) -> None:
        """Keep the figure measured for a peer that :meth:`peer` found (or for a plain baseline such as a numpy loop)."""
        found = self.peers.get(name)
        self.peers[name] = Peer(found.version if found else version_of(name) or "-", float(figure))

    @property
    def figures(self) -> dict[str, float]:
        """Figures of the peers that were measured in this run."""
        return {n: p.figure for n, p in self.peers.items() if p.figure is not None and not p.published}


Measure = Callable[[Run], "float | tuple[float, bool] | tuple[float, bool, str]"]


@dataclass(frozen=True)
class RowFunction:
    """A function that measures one row, as made by :func:`row`."""

    line: str
    goal: str
    measure: Measure

    def __call__(self, *, quick: bool = False) -> Row:
        """Measure, and compare with the goal."""
        run = Run(quick)
        started = time.perf_counter()
        value = self.measure(run)
        seconds = time.perf_counter() - started
        note = ""
        if isinstance(value, tuple):
            ours, holds, *rest = value
            note = str(rest[0]) if rest else ""
        else:
            ours, holds = value, holds_goal(value, self.goal)
        return Row(self.line, float(ours), run.peers, self.goal, bool(holds), note, seconds)


def row(line: str, *, goal: str) -> Callable[[Measure], RowFunction]:
    """Make a row of a suite from a function of a :class:`Run`.

    The function returns our figure, which is compared with ``goal`` (such as ``">= 5e8"``), or a tuple of figure, whether
    the goal holds, and optionally a note, where the goal is more than one number.
    """

    def wrap(measure: Measure) -> RowFunction:
        return RowFunction(line, goal, measure)

    return wrap


def holds_goal(value: float, goal: str) -> bool:
    """Whether a figure satisfies a goal such as ``<= 0.15`` or ``>= 5e8 per second``."""
    match = _GOAL.match(goal)
    if match is None:
        raise ValueError(
            f"the goal '{goal}' does not start with a comparison such as '>= 5e8'. Return (figure, holds) instead."
        )
    return bool(_COMPARE[match[1]](value, float(match[2])))


def rows_of(suite: str) -> tuple[RowFunction, ...]:
    """The rows of a suite, in the order of its module."""
    if suite not in SUITES:
        raise ValueError(f"there is no suite '{suite}'. There are: {', '.join(SUITES)}.")
    module = importlib.import_module(SUITES[suite])
    return tuple(value for value in vars(module).values() if isinstance(value, RowFunction))


def run_suite(suite: str, *, quick: bool = False) -> Iterator[Row]:
    """Measure the rows of a suite one after the other; a row that fails is a row that does not hold."""
    for function in rows_of(suite):
        try:
            yield function(quick=quick)
        except Exception as error:  # one broken row must not hide the others
            yield Row(function.line, None, {}, function.goal, False, f"{type(error).__name__}: {error}")


def version_of(package: str) -> str | None:
    """The installed version of a distribution, or None."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def environment() -> dict[str, str]:
    """What the figures were measured on: Python, machine, cores, and versions."""
    found = {name: version_of(name) for name in SHOWN_VERSIONS}
    return {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "cores": str(os.cpu_count()),
        **{name: version for name, version in found.items() if version},
    }
