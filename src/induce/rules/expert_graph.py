"""What experts say of classes and their parts: a binary relation, as facts of a program and as a Boolean matrix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError, did_you_mean
from induce.logic import language as lang
from induce.rules.graph_reading import read_pairs
from induce.terms.term import Term

__all__ = ["ExpertGraph"]


@dataclass(frozen=True, eq=False)
class ExpertGraph:
    """A relation ``has_part(class, part)`` that experts gave.

    Parameters
    ----------
    classes, parts : tuple of str
    matrix : array of bool, shape (classes, parts)
        Whether the class has the part.
    relation : str
        Name of the relation in rules.
    known : array of bool, shape (parts,), optional
        Parts that the experts said something about; of the others the graph has no opinion. All by default.

    >>> graph = ExpertGraph.from_any({"gothic": ["pointed arch"], "baroque": ["broken pediment", "pointed arch"]})
    >>> graph
    ExpertGraph(2 classes, 2 parts, 3 pairs of has_part)
    >>> graph.program
    has_part(gothic, "pointed arch").
    has_part(baroque, "pointed arch").
    has_part(baroque, "broken pediment").
    """

    classes: tuple[str, ...]
    parts: tuple[str, ...]
    matrix: NDArray[np.bool_]
    relation: str = "has_part"
    known: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        matrix = np.array(self.matrix, dtype=bool)
        classes, parts = tuple(map(str, self.classes)), tuple(map(str, self.parts))
        known = np.ones(len(parts), dtype=bool) if self.known is None else np.array(self.known, dtype=bool)
        for kind, names in (("class", classes), ("part", parts)):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise DataError(
                    f"the {kind} '{twice[0]}' is there {names.count(twice[0])} times. Name each {kind} once."
                )
        if matrix.shape != (len(classes), len(parts)) or known.shape != (len(parts),):
            raise DataError(
                f"the matrix has shape {matrix.shape}, but {len(classes)} classes and {len(parts)} parts were named. "
                "Give one row for each class and one column for each part."
            )
        if not matrix.any():
            raise DataError("the graph holds no pairs of class and part. Give at least one.")
        lang.predicate(self.relation, 2)  # refuses what cannot name a relation
        matrix.flags.writeable = False
        for name, value in {"classes": classes, "parts": parts, "matrix": matrix, "known": known}.items():
            object.__setattr__(self, name, value)

    @classmethod
    def from_any(cls, source: Any, *, relation: str | None = None) -> ExpertGraph:
        """Read a graph from what experts keep it in.

        Parameters
        ----------
        source : path, mapping, iterable of pairs, data frame, networkx.DiGraph, Term or ExpertGraph
            A mapping of class to its parts, pairs (class, part), a data frame (two columns, or a matrix of 0 and 1 with a row
            for each class, named in the first column), a directed graph from class to part, a program of rules (what it derives
            counts), or a file: CSV or TSV (with a header, two columns or a matrix), JSON (a mapping or pairs), rules (``.pl``,
            ``.lp``), or RDF (``.ttl``, ``.nt``, ``.rdf``; the ``graphs`` extra), where the last parts of IRIs are the names.
            Classes without parts, and parts of a matrix that no class has, are kept.
        relation : str, optional
            Which relation, where the source holds several.

        Raises
        ------
        DataError, RuleError, ParseError
            For what cannot be read; says where.
        """
        if isinstance(source, ExpertGraph):
            return source
        pairs, name = read_pairs(source, relation)
        classes = list(dict.fromkeys(of for of, _ in pairs if of is not None))
        parts = list(dict.fromkeys(part for _, part in pairs if part is not None))
        matrix = np.zeros((len(classes), len(parts)), dtype=bool)
        rows = {name: k for k, name in enumerate(classes)}
        columns = {name: k for k, name in enumerate(parts)}
        for of, part in pairs:
            if of is None or part is None:
                continue
            matrix[rows[of], columns[part]] = True
        return cls(tuple(classes), tuple(parts), matrix, name)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The pairs (class, part), by class; a table of facts for :meth:`LogicProgram.facts`."""
        return [(self.classes[k], self.parts[i]) for k, i in np.argwhere(self.matrix)]

    @property
    def program(self) -> Term:
        """The graph as facts of the language of rules; :class:`~induce.logic.LogicProgram` takes it."""
        facts = (lang.atom(self.relation, *pair) for pair in self.pairs)
        return lang.program(lang.statement_rule(fact, lang.body(())) for fact in facts)

    @property
    def signs(self) -> NDArray[np.float64]:
        """+1 where the class has the part, -1 where it has not, 0 where nothing is known; shape (classes, parts)."""
        signs: NDArray[np.float64] = np.where(self.matrix, 1.0, -1.0) * np.asarray(self.known)
        return signs

    def aligned(self, classes: Iterable[Any], parts: Sequence[str]) -> ExpertGraph:
        """The graph with the classes and columns of data, in their order.

        Columns that the graph does not name have no sign. Classes that only the graph names are left out.

        Raises
        ------
        DataError
            For a class of the data that the graph does not have, and for a part of the graph that is no column.
        """
        wanted = [str(name) for name in classes]
        absent = [name for name in wanted if name not in self.classes]
        if absent:
            raise DataError(
                f"the graph has no {_named('class', absent)}, which the labels have.{did_you_mean(absent[0], self.classes)} "
                f"Its classes are: {', '.join(self.classes)}. Name classes alike in the graph and the labels."
            )
        missing = [name for name in self.parts if name not in parts]
        if missing:
            raise DataError(
                f"the graph has the {_named('part', missing)}, which no column of the data is called."
                f"{did_you_mean(missing[0], parts)} The columns are: {', '.join(parts)}. Rename columns, or leave these parts out."
            )
        place = {name: k for k, name in enumerate(self.parts)}
        rows = [self.classes.index(name) for name in wanted]
        columns = [place.get(name, -1) for name in parts]
        named = np.array([k >= 0 for k in columns], dtype=bool)
        matrix = self.matrix[rows][:, columns] & named
        return ExpertGraph(tuple(wanted), tuple(parts), matrix, self.relation, named)

    def vote(self, degrees: Any) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """What the graph alone says: the class whose parts have the largest sum of degrees, and whether several tie.

        Parameters
        ----------
        degrees : array, shape (rows, parts)
            In the order of :attr:`parts`.

        Returns
        -------
        array of int, shape (rows,)
            Place of the class; the first of those that tie.
        array of bool, shape (rows,)

        >>> graph = ExpertGraph.from_any({"gothic": ["arch", "rose"], "baroque": ["column"]})
        >>> graph.vote([[1, 0, 0], [1, 1, 2]])
        (array([0, 0]), array([False,  True]))
        """
        votes = np.asarray(degrees, dtype=np.float64) @ self.matrix.T
        best = votes.max(1, keepdims=True)
        return votes.argmax(1), (votes >= best - 1e-12).sum(1) > 1

    def to_networkx(self) -> Any:
        """A networkx.DiGraph from classes to parts; each edge has the attribute ``relation``."""
        import networkx as nx

        graph = nx.DiGraph()
        graph.add_nodes_from(self.classes, kind="class")
        graph.add_nodes_from(self.parts, kind="part")
        graph.add_edges_from(self.pairs, relation=self.relation)
        return graph

    def to_dict(self) -> dict[str, list[str]]:
        """Class to its parts; plain JSON values."""
        return {
            name: [self.parts[i] for i in np.flatnonzero(row)]
            for name, row in zip(self.classes, self.matrix, strict=True)
        }

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ExpertGraph):
            return NotImplemented
        same = (self.classes, self.parts, self.relation) == (other.classes, other.parts, other.relation)
        return same and bool((self.matrix == other.matrix).all() and (self.signs == other.signs).all())

    def __hash__(self) -> int:
        return hash((self.classes, self.parts, self.relation, self.matrix.tobytes()))

    def __repr__(self) -> str:
        return f"ExpertGraph({len(self.classes)} classes, {len(self.parts)} parts, {int(self.matrix.sum())} pairs of {self.relation})"


def _named(kind: str, names: Sequence[str]) -> str:
    """``class 'a'`` or ``classes 'a', 'b'``."""
    many = {"class": "classes", "part": "parts"}[kind] if len(names) > 1 else kind
    return f"{many} {', '.join(repr(name) for name in names)}"
