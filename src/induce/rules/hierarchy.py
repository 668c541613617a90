"""Hierarchy: a tree of labels as rules, as a training loss, and as a decoder whose answers never contradict the tree."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError, did_you_mean
from induce.logic import build
from induce.rules.label_trees import breadth_first, pairs_of_csv, pairs_of_graph, pairs_of_nested, parents_of
from induce.terms.term import Term

if TYPE_CHECKING:
    import torch

    from induce.rules.hierarchy_loss import LossTerms

__all__ = ["Hierarchy"]

Array = NDArray[Any]


class Hierarchy:
    """A tree of labels, or several trees; every example carries the labels of one path from a root to a leaf.

    Parameters
    ----------
    tree : mapping or sequence
        Names nested in mappings and lists, ``{"animal": {"pet": ["cat", "dog"]}, "plant": None}``. Other forms:
        :meth:`from_parents`, :meth:`from_pairs`, :meth:`from_graph`, :meth:`from_csv`.

    Attributes
    ----------
    nodes : tuple
        Names level by level, siblings side by side: the order of the columns of logits, degrees and targets.
    leaves : tuple
        Names of the leaves, in the order of ``nodes``.
    levels : tuple of tuple
        What an example may be at each depth; a leaf that ends early stands in all deeper levels too.
    parents : array of int, shape (nodes,)
        Place of each node's parent, -1 for roots.

    Raises
    ------
    DataError
        For a cycle, a label with two parents, a name given twice, or no label.

    References
    ----------
    L. Li, W. Wang, Y. Yang (2023), LogicSeg: Parsing Visual Semantics with Neural Logic Learning and Reasoning.

    >>> tree = Hierarchy({"animal": ["cat", "dog"], "plant": ["oak"]})
    >>> print(tree.program.args[0])
    :- label(cat), not label(animal).
    >>> tree.targets(["dog", "plant"])
    array([[ 1.,  0.,  0.,  1.,  0.],
           [ 0.,  1.,  0.,  0., nan]], dtype=float32)
    """

    def __init__(self, tree: Any) -> None:
        self._build(pairs_of_nested(tree))

    def _build(self, pairs: Iterable[Any]) -> None:
        nodes, above = breadth_first(parents_of(pairs))
        self.nodes: tuple[Any, ...] = tuple(nodes)
        self.parents: NDArray[np.int64] = np.asarray(above, dtype=np.int64)
        self._place = {name: k for k, name in enumerate(nodes)}

    @classmethod
    def _from(cls, pairs: Iterable[Any]) -> Hierarchy:
        made = cls.__new__(cls)
        made._build(pairs)
        return made

    @classmethod
    def from_parents(cls, parents: Mapping[Any, Any]) -> Hierarchy:
        """The tree of a mapping of child to parent; roots may map to None or be left out.

        >>> Hierarchy.from_parents({"cat": "animal", "dog": "animal"}).leaves
        ('cat', 'dog')
        """
        return cls._from((parent, child) for child, parent in parents.items())

    @classmethod
    def from_pairs(cls, pairs: Iterable[Sequence[Any]]) -> Hierarchy:
        """The tree of pairs ``(parent, child)``; a parent of None makes a root."""
        return cls._from(pairs)

    @classmethod
    def from_graph(cls, graph: Any) -> Hierarchy:
        """The tree of a ``networkx.DiGraph`` with edges from parent to child."""
        return cls._from(pairs_of_graph(graph))

    @classmethod
    def from_csv(cls, path: str | Path) -> Hierarchy:
        """The tree of a CSV file with the columns ``parent`` and ``child``."""
        return cls._from(pairs_of_csv(path))

    def to_graph(self) -> Any:
        """A ``networkx.DiGraph`` with edges from parent to child."""
        import networkx as nx

        graph = nx.DiGraph()
        graph.add_nodes_from(self.nodes)
        graph.add_edges_from((self.nodes[p], self.nodes[c]) for c, p in enumerate(self.parents) if p >= 0)
        return graph

    # ---- structure

    @cached_property
    def leaf_places(self) -> NDArray[np.int64]:
        """Places of the leaves among the nodes."""
        return np.setdiff1d(np.arange(len(self.nodes)), self.parents)

    @cached_property
    def leaves(self) -> tuple[Any, ...]:
        """Names of the leaves, in the order of ``nodes``."""
        return tuple(self.nodes[k] for k in self.leaf_places)

    @cached_property
    def depths(self) -> NDArray[np.int64]:
        """Depth of each node, 0 for roots."""
        found = np.zeros(len(self.nodes), dtype=np.int64)
        for k, parent in enumerate(self.parents):  # parents come first
            found[k] = 0 if parent < 0 else found[parent] + 1
        return found

    @cached_property
    def level_places(self) -> tuple[NDArray[np.int64], ...]:
        """Places of the nodes of each level; a leaf that ends early stands in all deeper levels too."""
        is_leaf = np.zeros(len(self.nodes), dtype=bool)
        is_leaf[self.leaf_places] = True
        deep = range(int(self.depths.max()) + 1)
        return tuple(np.flatnonzero((self.depths == d) | (is_leaf & (self.depths < d))) for d in deep)

    @property
    def levels(self) -> tuple[tuple[Any, ...], ...]:
        """Names of the nodes of each level, the top first."""
        return tuple(tuple(self.nodes[k] for k in places) for places in self.level_places)

    @cached_property
    def paths(self) -> NDArray[np.int64]:
        """The node of every leaf at every level, shape (leaves, levels)."""
        return np.stack([self._lifted(depth)[self.leaf_places] for depth in range(len(self.level_places))], axis=1)

    def _lifted(self, depth: int) -> NDArray[np.int64]:
        """For each node its ancestor at a depth, or itself where it is not deeper."""
        found = np.arange(len(self.nodes))
        while (deeper := self.depths[found] > depth).any():
            found[deeper] = self.parents[found[deeper]]
        return found

    def children(self, name: Any) -> tuple[Any, ...]:
        """Names of the children of a node."""
        return tuple(self.nodes[k] for k in np.flatnonzero(self.parents == self._places([name])[0]))

    def path(self, name: Any) -> tuple[Any, ...]:
        """Names from the root to a node.

        >>> Hierarchy({"animal": {"pet": ["cat"]}}).path("cat")
        ('animal', 'pet', 'cat')
        """
        place, found = int(self._places([name])[0]), []
        while place >= 0:
            found.append(self.nodes[place])
            place = int(self.parents[place])
        return tuple(reversed(found))

    @cached_property
    def sibling_groups(self) -> tuple[NDArray[np.int64], ...]:
        """Places of the nodes that share a parent; the roots are one group."""
        return tuple(np.flatnonzero(self.parents == parent) for parent in np.unique(self.parents))

    @cached_property
    def families(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Places of the inner nodes, and of their children, shape (inner nodes, most children); short rows repeat one."""
        groups = [group for group in self.sibling_groups if self.parents[group[0]] >= 0]
        most = max((len(group) for group in groups), default=1)
        rows = [np.resize(group, most) for group in groups]
        return self.parents[[int(group[0]) for group in groups]], np.array(rows, dtype=np.int64).reshape(-1, most)

    @cached_property
    def sibling_pairs(self) -> NDArray[np.int64]:
        """Places of siblings, two by two, shape (2, pairs)."""
        pairs = [np.stack(np.triu_indices(len(group), 1)) for group in self.sibling_groups]
        return np.concatenate([group[pair] for group, pair in zip(self.sibling_groups, pairs, strict=True)], axis=1)

    # ---- as rules

    @cached_property
    def program(self) -> Term:
        """The tree as a program over ``label(name)``: what must not be.

        Composition (no label without its parent), decomposition (no parent without one of its children; some root holds)
        and exclusion (no two siblings), as constraints. ``str(program)`` reads back as the same term.
        """
        label = [build.rel.label(name) for name in self.nodes]
        rules = [build.constraint(label[k] & ~label[parent]) for k, parent in enumerate(self.parents) if parent >= 0]
        for group in self.sibling_groups:
            parent = int(self.parents[group[0]])
            absent = [~label[k] for k in group]
            rules.append(build.constraint(*([label[parent]] if parent >= 0 else []), *absent))
        rules += [build.constraint(label[a] & label[b]) for a, b in self.sibling_pairs.T.tolist()]
        return build.program(*rules)

    # ---- labels

    def _places(self, names: Iterable[Any]) -> NDArray[np.int64]:
        found = []
        for name in names:
            if name not in self._place:
                near = did_you_mean(str(name), [str(node) for node in self.nodes])
                some = ", ".join(str(leaf) for leaf in self.leaves[:12]) + (", ..." if len(self.leaves) > 12 else "")
                raise DataError(f"{name!r} is no label of the hierarchy.{near} The leaves are: {some}.")
            found.append(self._place[name])
        return np.asarray(found, dtype=np.int64)

    def places(self, labels: Any) -> Array:
        """Places among ``nodes`` of labels of any shape; -1 where there is none.

        Names are names of nodes at any level. Whole numbers in a hierarchy named in words are places among ``leaves``; -1,
        None and NaN mean unlabeled.

        Raises
        ------
        DataError
            For labels that the hierarchy does not have, with the nearest name.
        """
        from induce.rules.label_trees import places_of

        return places_of(labels, self._place, self.leaf_places, self._places)

    def targets(self, labels: Any) -> Any:
        """Truth of every node for labels: 1 on the path to the label, 0 elsewhere, NaN where the label leaves it open.

        Parameters
        ----------
        labels : array or tensor
            See :meth:`places`. Shape (rows,) or (pictures, height, width).

        Returns
        -------
        array or tensor of float32
            Shape (rows, nodes) or (pictures, nodes, height, width): the shape of the logits. A tensor for a tensor.
        """
        places = self.places(labels)
        found = self.truths(places)
        if hasattr(labels, "detach"):
            import torch

            return torch.as_tensor(found, device=labels.device)
        return found

    def truths(self, places: Array) -> NDArray[np.float32]:
        """What :meth:`targets` gives, for places among ``nodes``; -1 leaves all open."""
        found = self._truths[self._checked(places, -1)]
        return np.ascontiguousarray(np.moveaxis(found, -1, 1) if found.ndim == 4 else found)

    def _checked(self, places: Any, least: int) -> Array:
        """Places among ``nodes`` as an array; refused where one is no whole number from ``least`` on."""
        array: Array = np.asarray(places.detach().cpu() if hasattr(places, "detach") else places)
        wrong = array[(array < least) | (array >= len(self))] if array.dtype.kind in "iu" else array.ravel()
        if wrong.size:
            raise DataError(f"a place is {wrong[0]}, but {least} to {len(self) - 1} are expected. Use places(names).")
        return array.astype(np.int64)

    @cached_property
    def _truths(self) -> NDArray[np.float32]:
        """Targets of each node when it is the label, and of no label in the last row."""
        found = np.zeros((len(self) + 1, len(self)), dtype=np.float32)
        for k in range(len(self) - 1, -1, -1):
            place = k
            while place >= 0:
                found[k, place] = 1
                if place != k:
                    found[place, k] = np.nan  # what is below a label is not known
                place = int(self.parents[place])
        found[-1] = np.nan
        return found

    def agreed(self, annotated: Any) -> Array:
        """The deepest label of each position that agrees with all labels above it: places among ``nodes``.

        Where annotations of several levels contradict each other, the upper ones are believed and the rest is left open.

        Parameters
        ----------
        annotated : array of int, shape (..., levels) or (batch, levels, height, width)
            The node of every level, as :meth:`decode` gives it.
        """
        from induce.rules.decoding import agreed

        return agreed(self, self._checked(annotated, 0))

    def lift(self, leaves: Any, level: int) -> Any:
        """What leaves are called at a level: places among ``leaves`` to places among ``levels[level]``.

        >>> Hierarchy({"animal": ["cat", "dog"], "plant": ["oak"]}).lift(np.array([0, 1, 2]), 0)
        array([0, 0, 1])
        """
        if not -len(self.levels) <= level < len(self.levels):
            raise DataError(f"there is no level {level}: the hierarchy has {len(self.levels)}, the top is 0.")
        table = np.searchsorted(self.level_places[level], self.paths[:, level])
        if hasattr(leaves, "detach"):
            import torch

            return torch.as_tensor(table, device=leaves.device)[leaves]
        return table[np.asarray(leaves)]

    def check_classes(self, classes: Iterable[Any]) -> None:
        """Compare the labels of a data set with the tree.

        Raises
        ------
        DataError
            For labels that the tree does not have, with the nearest name.

        Warns
        -----
        UserWarning
            For leaves without examples.
        """
        seen = {name for name in classes if name is not None and name == name}
        unknown = sorted((name for name in seen if name not in self._place), key=str)
        if unknown:
            near = did_you_mean(str(unknown[0]), [str(node) for node in self.nodes])
            raise DataError(
                f"the data has labels that the hierarchy does not have: {', '.join(map(repr, unknown))}.{near} "
                f"The leaves are: {', '.join(str(leaf) for leaf in self.leaves)}."
            )
        empty = [leaf for leaf in self.leaves if not seen & set(self.path(leaf))]
        if empty:
            warnings.warn(
                f"no example has the label {', '.join(repr(leaf) for leaf in empty)}: the hierarchy names it, but nothing "
                "can be learned about it. Drop the leaf, or add examples.",
                stacklevel=2,
            )

    # ---- degrees, loss, decoding

    def degrees(self, logits: Any, activation: str = "levels") -> Any:
        """Degrees of truth of all nodes, same shape as the logits; ``nodes`` is axis 1 of pictures, else the last axis.

        ``activation="levels"`` is a softmax within each level, ``"sigmoid"`` decides each node by itself.
        """
        from induce.rules.decoding import degrees

        return degrees(self, logits, activation)

    def loss(self, outputs: torch.Tensor, targets: torch.Tensor, **settings: Any) -> torch.Tensor:
        """``base + weight * ramp * (C + D + E)``, a scalar; the settings are those of :meth:`loss_terms`."""
        return self.loss_terms(outputs, targets, **settings).total

    def loss_terms(self, outputs: torch.Tensor, targets: torch.Tensor, **settings: Any) -> LossTerms:
        """The loss in its parts, with the activation of the premises; see :func:`induce.rules.hierarchy_loss.loss_terms`."""
        from induce.rules.hierarchy_loss import loss_terms

        return loss_terms(self, outputs, targets, **settings)

    def decode(self, degrees: Any, method: str = "exact", *, rounds: int = 2) -> Any:
        """The node of every level, as places among ``nodes``; see :func:`induce.rules.decoding.decode`."""
        from induce.rules.decoding import decode

        return decode(self, degrees, method, rounds=rounds)

    def incoherent(self, decoded: Any) -> float:
        """Share of the positions whose levels contradict each other, of what :meth:`decode` gives."""
        from induce.rules.decoding import incoherent

        return incoherent(self, decoded)

    # ---- looks

    def __len__(self) -> int:
        return len(self.nodes)

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, Hierarchy) and self.nodes == other.nodes and (self.parents == other.parents).all()
        return bool(same)

    def __hash__(self) -> int:
        return hash((self.nodes, self.parents.tobytes()))

    def __repr__(self) -> str:
        sizes = " / ".join(str(len(level)) for level in self.levels)
        return f"Hierarchy of {len(self.nodes)} labels, {len(self.leaves)} of them leaves; by level {sizes}"

    def __str__(self) -> str:
        lines, stack = [], [(k, 0) for k in reversed(np.flatnonzero(self.parents < 0).tolist())]
        while stack:
            place, depth = stack.pop()
            lines.append("  " * depth + str(self.nodes[place]))
            stack += [(k, depth + 1) for k in reversed(np.flatnonzero(self.parents == place).tolist())]
        return "\n".join(lines)
