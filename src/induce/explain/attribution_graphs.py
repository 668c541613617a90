"""Which part speaks for which class: attributions as a graph, and how many edges it differs by from the experts'."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError
from induce.settings import check_number

__all__ = ["AttributionGraph", "attribution_graph", "graph_edit_distance"]

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class AttributionGraph:
    """Edges between parts and classes, one graph for each row, beside the experts' graph.

    Parameters
    ----------
    edges : array of bool, shape (rows, parts, classes)
    parts, classes : tuple of str
    expert : array of bool, shape (parts, classes), optional
    """

    edges: Bools
    parts: tuple[str, ...]
    classes: tuple[str, ...]
    expert: Bools | None = None

    @property
    def shares(self) -> NDArray[np.float64]:
        """Share of the rows that have each edge, shape (parts, classes)."""
        return self.edges.mean(0) if len(self.edges) else np.zeros(self.edges.shape[1:])

    @property
    def distances(self) -> NDArray[np.int64]:
        """Edges by which each row's graph differs from the experts'; see :func:`graph_edit_distance`."""
        return graph_edit_distance(self.edges, self._expert())

    @property
    def distance(self) -> float:
        """The mean of :attr:`distances`."""
        return float(self.distances.mean()) if len(self.edges) else 0.0

    def _expert(self) -> Bools:
        if self.expert is None:
            raise DataError("there is no expert graph to compare with. Pass expert=... to attribution_graph.")
        return self.expert

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values: every edge that some row has or the experts gave."""
        shares = self.shares
        given = np.zeros_like(shares, dtype=bool) if self.expert is None else self.expert
        edges = [
            {"part": self.parts[i], "class": self.classes[k], "share": float(shares[i, k]), "expert": bool(given[i, k])}
            for i, k in np.argwhere((shares > 0) | given)
        ]
        found: dict[str, Any] = {"parts": list(self.parts), "classes": list(self.classes), "edges": edges}
        return found if self.expert is None else {**found, "distance": self.distance}

    def to_json(self) -> str:
        """The graph as JSON text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1)

    def to_svg(self) -> str:
        """The graph of all rows, drawn beside the experts'."""
        from induce.explain.graph_drawing import draw_attribution_graph

        return draw_attribution_graph(self)

    def to_html(self) -> str:
        """A page of its own: the drawing and its text."""
        from induce.explain.graph_drawing import attribution_page

        return attribution_page(self)

    def _repr_html_(self) -> str:
        return self.to_svg()

    def __str__(self) -> str:
        lines = []
        shares = self.shares
        for k, name in enumerate(self.classes):
            found = sorted(np.flatnonzero(shares[:, k] > 0), key=lambda i, k=k: -shares[i, k])  # type: ignore[misc]
            cells = [f"{self.parts[i]} in {shares[i, k]:.0%}{self._mark(int(i), k)}" for i in found]
            absent = [] if self.expert is None else np.flatnonzero(self.expert[:, k] & (shares[:, k] == 0)).tolist()
            cells += [f"{self.parts[i]} in no row, though the experts have it" for i in absent]
            lines.append(f"{name}: {', '.join(cells) or 'no part'}")
        if self.expert is not None:
            lines.append(
                f"{self.distance:.2f} edges differ from the experts' graph, on average over {len(self.edges)} rows"
            )
        return "\n".join(lines)

    def _mark(self, part: int, label: int) -> str:
        return "" if self.expert is None or self.expert[part, label] else " (not in the experts' graph)"

    def __repr__(self) -> str:
        return str(self)


def attribution_graph(
    values: Any,
    present: Any,
    *,
    parts: Sequence[str],
    classes: Sequence[str],
    expert: Any = None,
    threshold: float = 0.05,
) -> AttributionGraph:
    """Edges where a part speaks for a class: ``phi > threshold`` and present, or ``phi < -threshold`` and absent.

    Parameters
    ----------
    values : array, shape (rows, parts, classes)
        Attributions, such as :func:`shapley_values` of class probabilities.
    present : array of bool, shape (rows, parts)
    parts, classes : sequence of str
    expert : array of bool, shape (parts, classes), optional
        What the experts gave, drawn and counted beside it.
    threshold : float

    Raises
    ------
    DataError, FillError
        For shapes that do not fit, and a threshold that is no number of at least 0.

    References
    ----------
    N. Diaz-Rodriguez et al. (2022), EXplainable Neural-Symbolic Learning (X-NeSyL) Methodology to Fuse Deep Learning
    Representations with Expert Knowledge Graphs: the MonuMAI Cultural Heritage Use Case.

    >>> print(attribution_graph([[[0.3, -0.3], [0.1, -0.1]]], [[1, 0]], parts=["arch", "dome"], classes=["a", "b"]))
    a: arch in 100%
    b: dome in 100%
    """
    check_number("threshold", threshold, 0.05)
    phi, there = np.asarray(values, dtype=np.float64), np.asarray(present, dtype=bool)
    wanted = (len(there), len(parts), len(classes))
    if phi.shape != wanted or there.shape != wanted[:2]:
        raise DataError(
            f"attributions have shape {phi.shape} and present {there.shape}, but (rows, parts, classes) = {wanted} and (rows, "
            "parts) are needed. Check the order of the axes."
        )
    given = None if expert is None else np.asarray(expert, dtype=bool)
    if given is not None and given.shape != wanted[1:]:
        raise DataError(
            f"the expert graph has shape {given.shape}, but (parts, classes) = {wanted[1:]} is needed. Pass graph.matrix.T."
        )
    edges = np.where(there[:, :, None], phi > threshold, phi < -threshold)
    return AttributionGraph(edges, tuple(map(str, parts)), tuple(map(str, classes)), given)


def graph_edit_distance(edges: Any, expert: Any) -> NDArray[np.int64]:
    """Edges to add or remove to get from a row's graph to the experts' graph on the same nodes.

    The experts' graph is first projected on the nodes of the row's graph: a part or class without an edge in the row is no
    node of it. Nodes have names, so the distance is a count.

    Parameters
    ----------
    edges : array of bool, shape (rows, parts, classes) or (parts, classes)
    expert : array of bool, shape (parts, classes)

    Returns
    -------
    array of int, shape (rows,) or ()

    >>> graph_edit_distance([[1, 0], [1, 0], [0, 0]], [[1, 0], [0, 1], [1, 0]])
    array(1)
    """
    found, given = np.asarray(edges, dtype=bool), np.asarray(expert, dtype=bool)
    if found.ndim not in (2, 3) or given.shape != found.shape[-2:]:
        raise DataError(
            f"edges have shape {found.shape} and the expert graph {given.shape}, but (rows, parts, classes) and (parts, classes) "
            "are needed. Pass graph.matrix.T."
        )
    nodes = found.any(-1, keepdims=True) & found.any(-2, keepdims=True)
    return np.asarray((found ^ (given & nodes)).sum((-2, -1)))
