"""Graphs and descriptors of their nodes: degrees, triangles, cores, and what the labels of training neighbors say."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray

from induce.errors import DataError, did_you_mean
from induce.table import Table

__all__ = [
    "LABELED",
    "STRUCTURAL",
    "best_splits",
    "check_features",
    "label_features",
    "neighbor_graph",
    "read_graph",
    "structure_features",
]

STRUCTURAL = ("degree", "clustering", "core_number", "pagerank", "neighbor_degree")
"""Descriptors that need no labels."""
LABELED = ("label_agreement", "two_hop_agreement")
"""Descriptors of the labels of training neighbors."""

Float = NDArray[np.float64]
_DAMPING, _ROUNDS = 0.85, 100


def read_graph(graph: Any, nodes: int | None = None, rows: Any = None) -> sparse.csr_array:
    """A graph as a symmetric 0/1 matrix, shape (nodes, nodes); every edge goes both ways.

    Parameters
    ----------
    graph : integer array of shape (2, edges), scipy sparse matrix, or networkx graph
        Nodes of a networkx graph are found in the index of ``rows`` where it has names, and else are numbers of rows, from 0 on;
        names are taken in the order of the graph where the rows have none.
    nodes : int, optional
        How many nodes there are; what the graph says by default.
    rows : table, optional
        The rows of the nodes.

    Raises
    ------
    DataError
        For edges that end outside the nodes, loops, weights that are not above 0, nodes that are not those of the rows, and what is
        no graph.

    >>> read_graph([[0, 1], [1, 2]]).toarray().tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    """
    if hasattr(graph, "nodes") and hasattr(graph, "edges"):
        place = _places(list(graph.nodes), rows, nodes)
        pairs = np.array([(place[a], place[b]) for a, b in graph.edges()], dtype=np.int64).reshape(-1, 2).T
        highest = max(place.values(), default=-1) + 1
        found = highest if nodes is None or highest > nodes else nodes  # nodes without edges need not be named
    elif sparse.issparse(graph):
        if graph.shape[0] != graph.shape[1]:
            raise DataError(
                f"the matrix of a graph must be square, but it has shape {graph.shape}. Pass (nodes, nodes)."
            )
        present = graph.tocoo()
        kept = present.data != 0
        wrong = np.flatnonzero(kept & ~(present.data > 0))
        if len(wrong):
            a, b = present.row[wrong[0]], present.col[wrong[0]]
            raise DataError(
                f"the matrix of a graph has {present.data[wrong[0]]} in row {a} and column {b}, but an edge is a number above 0. "
                "Leave such entries out."
            )
        pairs, found = np.stack([present.row[kept], present.col[kept]]).astype(np.int64), graph.shape[0]
    else:
        pairs = np.asarray(graph)
        if pairs.ndim != 2 or pairs.shape[0] != 2 or pairs.dtype.kind not in "iu":
            raise DataError(
                f"a graph must be integer edges of shape (2, edges), a scipy sparse matrix or a networkx graph, but it is "
                f"{type(graph).__name__} of shape {pairs.shape} and {pairs.dtype}. Pass edges.T where they are rows."
            )
        found = int(pairs.max(initial=-1)) + 1 if nodes is None else nodes
    return _symmetric(pairs, found, found if nodes is None else nodes)


def _places(nodes: list[Any], rows: Any, count: int | None) -> dict[Any, int]:
    """The row of each node of a networkx graph, which keeps its nodes as they came in its edges."""
    index = list(rows.index) if hasattr(rows, "columns") and hasattr(rows, "index") else []
    named = bool(index) and index != list(range(len(index)))
    if named and set(nodes) <= set(index):
        known = {name: k for k, name in enumerate(index)}
        return {node: known[node] for node in nodes}
    numbers = [_whole(node) for node in nodes]
    found = [number for number in numbers if number is not None]
    room = len(nodes) if count is None else count
    if len(found) == len(nodes) == len(set(found)):
        if all(0 <= number < room for number in found):
            return dict(zip(nodes, found, strict=True))
        odd = next(number for number in found if not 0 <= number < room)
        raise DataError(
            f"the graph has the node {odd}, but there are {room} nodes, counted from 0, and no index of X holds it. Number the nodes as "
            f"their rows: nx.relabel_nodes(graph, {{node: row, ...}}), or give X an index of the nodes."
        )
    if named:
        odd = next(node for node in nodes if node not in index)
        raise DataError(
            f"the graph has the node {odd!r}, which the index of X does not hold; it begins with {index[0]!r}. Name the rows as the nodes, "
            "or number the nodes from 0."
        )
    if room != len(nodes):
        raise DataError(f"the graph has {len(nodes)} nodes, but X or y has {room} rows. Give one row a node.")
    if rows is not None:
        warnings.warn(
            f"the nodes have names, such as {nodes[0]!r}, but X has none: its rows were taken in the order of the graph. Give X an index "
            "of the nodes.",
            UserWarning,
            stacklevel=4,
        )
    return {node: k for k, node in enumerate(nodes)}


def _whole(node: Any) -> int | None:
    """The number that a node is, or is written as; None for names."""
    if isinstance(node, int | np.integer) and not isinstance(node, bool):
        return int(node)
    if isinstance(node, float) and node.is_integer():
        return int(node)
    return int(node) if isinstance(node, str) and node.isascii() and node.isdigit() else None


def _symmetric(pairs: NDArray[Any], found: int, nodes: int) -> sparse.csr_array:
    if found != nodes:
        raise DataError(f"the graph has {found} nodes, but X or y has {nodes} rows. Give one row a node.")
    outside = np.flatnonzero(((pairs < 0) | (pairs >= nodes)).any(axis=0))
    if len(outside):
        a, b = pairs[:, outside[0]]
        raise DataError(
            f"edge {outside[0]} goes from {a} to {b}, but there are {nodes} nodes, counted from 0. Drop it, or add the rows of the nodes."
        )
    loops = np.flatnonzero(pairs[0] == pairs[1])
    if len(loops):
        raise DataError(
            f"the graph has {len(loops)} self loops (edge {loops[0]}, node {pairs[0, loops[0]]}). A node is no neighbor of itself; drop "
            "them: edges[:, edges[0] != edges[1]]."
        )
    rows, columns = np.concatenate([pairs, pairs[::-1]], axis=1)
    matrix = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(nodes, nodes))
    matrix.data[:] = 1.0
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix


def neighbor_graph(X: Any, k: int = 8, metric: str = "euclidean") -> NDArray[np.int64]:
    """Edges between each row and its ``k`` nearest others; no label is read.

    Parameters
    ----------
    X : array of shape (rows, columns)
    k : int
    metric : str
        As scikit-learn names them: "euclidean", "cosine", "manhattan", ...

    Returns
    -------
    integer array of shape (2, edges)

    Raises
    ------
    DataError
        If ``k`` is not between 1 and the number of rows less one, and for entries that are no finite numbers.

    >>> neighbor_graph([[0.0], [1.0], [5.0]], k=1).tolist()
    [[0, 1, 2], [1, 0, 1]]
    """
    from sklearn.neighbors import kneighbors_graph

    values = Table.from_any(X, who="A graph of neighbors").values.T
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k < len(values):
        raise DataError(
            f"k must be a whole number from 1 to {len(values) - 1} (there are {len(values)} rows), but it is {k!r}. 8 is usual."
        )
    found = kneighbors_graph(values, int(k), metric=metric, include_self=False).tocoo()
    return np.stack([found.row, found.col]).astype(np.int64)


def structure_features(graph: sparse.csr_array, names: tuple[str, ...] = STRUCTURAL) -> dict[str, Float]:
    """Descriptors that need no labels, name to array of shape (nodes,).

    degree: neighbors; clustering: ``2 T / (d (d - 1))`` with ``T`` triangles, 0 below two neighbors; core_number: the largest
    ``k`` for which the node is left when nodes of fewer than ``k`` neighbors are taken away again and again; pagerank: times
    the number of nodes, so that 1 is usual; neighbor_degree: mean over the neighbors.

    >>> {k: v.tolist() for k, v in structure_features(read_graph([[0, 1, 2], [1, 2, 0]]), ("degree", "clustering")).items()}
    {'degree': [2.0, 2.0, 2.0], 'clustering': [1.0, 1.0, 1.0]}
    """
    degree = np.asarray(graph.sum(axis=1), dtype=np.float64).ravel()
    made: dict[str, Callable[[], Any]] = {
        "degree": lambda: degree,
        "clustering": lambda: _clustering(graph, degree),
        "core_number": lambda: _core_numbers(graph, degree),
        "pagerank": lambda: _pagerank(graph, degree),
        "neighbor_degree": lambda: (graph @ degree) / np.maximum(degree, 1),
    }
    return {name: np.asarray(made[name](), dtype=np.float64) for name in names}


def _clustering(graph: sparse.csr_array, degree: Float) -> Float:
    closed = np.asarray((graph @ graph).multiply(graph).sum(axis=1), dtype=np.float64).ravel()
    return np.where(degree > 1, closed / np.maximum(degree * (degree - 1), 1), 0.0)


def _core_numbers(graph: sparse.csr_array, degree: Float) -> Float:
    left, core, k = degree.copy(), np.zeros(len(degree)), 0
    alive = np.ones(len(degree), dtype=bool)
    while alive.any():
        k = max(k, int(left[alive].min()))
        core[alive] = k
        leaving = alive & (left <= k)
        while leaving.any():  # nodes whose neighbors left may have to leave as well
            alive &= ~leaving
            left -= graph @ leaving.astype(np.float64)
            leaving = alive & (left <= k)
    return core


def _pagerank(graph: sparse.csr_array, degree: Float) -> Float:
    nodes = len(degree)
    rank = np.ones(nodes)
    for _ in range(_ROUNDS):
        lost = float(rank[degree == 0].sum()) / nodes
        rank = 1 - _DAMPING + _DAMPING * (graph @ (rank / np.maximum(degree, 1)) + lost)
    return rank


def label_features(
    graph: sparse.csr_array,
    labels: NDArray[Any],
    train: NDArray[Any],
    classes: tuple[Any, ...],
    names: tuple[str, ...] = LABELED,
) -> dict[str, Float]:
    """What the labels of the other training nodes nearby say; NaN where no training node is near.

    For class ``c`` the share of ``c`` among the training neighbors of a node, and the largest of these shares, the
    agreement. For two hops a node counts as often as there are ways to it. A node never counts for itself.

    Parameters
    ----------
    graph : sparse array of shape (nodes, nodes)
    labels : array of shape (training nodes,)
        Labels of the training nodes alone, in their order: labels of others cannot be passed.
    train : array of bool, shape (nodes,)
    classes : tuple
    names : tuple of str

    Raises
    ------
    DataError
        If there are not as many labels as training nodes.

    >>> graph = read_graph([[0, 0, 0], [1, 2, 3]])
    >>> found = label_features(graph, ["a", "b"], np.array([False, True, True, False]), ("a", "b"), ("label_agreement",))
    >>> found["label_agreement"].tolist(), found["neighbors labeled a"].tolist()
    ([0.5, nan, nan, nan], [0.5, nan, nan, nan])
    """
    mask = np.asarray(train, dtype=bool)
    own = np.asarray(labels)
    if len(own) != int(mask.sum()):
        raise DataError(
            f"{len(own)} labels were given for {int(mask.sum())} training nodes. Pass the labels of the training nodes alone: y[train]."
        )
    spread = np.zeros((len(mask), len(classes)))
    spread[mask] = own[:, None] == np.asarray(classes)
    found: dict[str, Float] = {}
    for name in names:
        near = graph
        if name == "two_hop_agreement":
            near = sparse.csr_array(graph @ graph)
            near.setdiag(0.0)  # type: ignore[no-untyped-call]
        counts = np.asarray(near @ spread)
        known = counts.sum(axis=1)
        with np.errstate(invalid="ignore"):
            shares = np.where(known[:, None] > 0, counts / np.where(known > 0, known, 1)[:, None], np.nan)
        found[name] = shares.max(axis=1)
        said = "neighbors labeled" if name == "label_agreement" else "two-hop neighbors labeled"
        found.update({f"{said} {label}": shares[:, c] for c, label in enumerate(classes)})
    return found


def check_features(names: Any, columns: tuple[str, ...]) -> tuple[str, ...]:
    """The names of descriptors and columns that rules may use; refuses unknown ones with the nearest known."""
    known = (*STRUCTURAL, *LABELED, *columns)
    if isinstance(names, str) or not hasattr(names, "__iter__"):
        raise DataError(f"features must be a sequence of names, but it is {names!r}. Write [{names!r}].")
    found = tuple(map(str, names))
    for name in found:
        if name not in known:
            raise DataError(
                f"there is no descriptor or column {name!r}.{did_you_mean(str(name), known)} Known: {', '.join(known)}."
            )
    return found


def best_splits(values: Float, places: NDArray[Any]) -> Float:
    """Where fuzzy rules begin: the split of each descriptor that a small tree gains most by, else the mean of its column.

    A tree finds thresholds that help only beside another condition, as those of a conjunction do.
    """
    from sklearn.tree import DecisionTreeClassifier

    values = values.copy()
    blank = np.isnan(values).all(axis=0)
    values[:, blank] = 0.0
    found = np.nanmean(values, axis=0)
    tree = DecisionTreeClassifier(criterion="entropy", max_leaf_nodes=2 * values.shape[1] + 2, random_state=0)
    tree = tree.fit(values, places).tree_
    inner = tree.children_left >= 0
    left, right = tree.children_left[inner], tree.children_right[inner]
    weighted = tree.weighted_n_node_samples * tree.impurity
    gain = weighted[inner] - weighted[left] - weighted[right]
    for k in np.argsort(gain, kind="stable"):  # a larger gain comes later and stays
        found[tree.feature[inner][k]] = tree.threshold[inner][k]
    return np.asarray(found)
