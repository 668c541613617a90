"""Decoding of label trees: from degrees of all nodes to one path, for rows, pixels and graph nodes alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from induce.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from induce.rules.hierarchy import Hierarchy

__all__ = [
    "agreed",
    "decode",
    "degrees",
    "incoherent",
    "leaf_log_odds",
    "leaf_probabilities",
    "log_degrees",
    "node_axis",
]

METHODS = ("exact", "iterative", "argmax")
ACTIVATIONS = ("levels", "sigmoid")
_LEAST = 1e-7
"""Degrees are kept this far from 0 and 1 where logarithms are taken."""


def node_axis(shape: tuple[int, ...], nodes: int) -> int:
    """The axis of the nodes: 1 of pictures (batch, nodes, height, width), else the last.

    Raises
    ------
    DataError
        Where that axis has another length than the hierarchy has nodes.
    """
    axis = 1 if len(shape) == 4 else max(len(shape) - 1, 0)
    if not shape or shape[axis] != nodes:
        raise DataError(
            f"the hierarchy has {nodes} labels, but the array has shape {tuple(shape)}. "
            "Pass shape (..., labels), or (batch, labels, height, width) for pictures."
        )
    return axis


def as_tensor(values: Any) -> torch.Tensor:
    """A tensor as it is, anything else as a tensor of floating-point numbers; refused where it holds other things."""
    if isinstance(values, torch.Tensor):
        return values
    try:
        array = np.asarray(values)
        return torch.from_numpy(array if array.dtype.kind == "f" else array.astype(np.float64))
    except (TypeError, ValueError) as error:
        raise DataError(
            f"labels of a hierarchy have degrees or logits, which are numbers, but {error}. Pass an array of shape (..., labels)."
        ) from error


def nodes_first(values: torch.Tensor, nodes: int) -> tuple[torch.Tensor, int]:
    """Shape (nodes, positions), and the axis at which the nodes were."""
    axis = node_axis(tuple(values.shape), nodes)
    return values.movedim(axis, 0).reshape(nodes, -1), axis


def log_degrees(tree: Hierarchy, logits: torch.Tensor, activation: str | None) -> tuple[torch.Tensor, torch.Tensor]:
    """Logarithms of the degrees and of their complements, from logits of shape (nodes, positions).

    ``"levels"``: ``s_v = exp(x_v) / sum over the level of v``; ``"sigmoid"``: ``s_v = 1 / (1 + exp(-x_v))``; None: the
    numbers are degrees already.
    """
    if activation == "sigmoid":
        return torch.nn.functional.logsigmoid(logits), torch.nn.functional.logsigmoid(-logits)
    if activation is None:
        kept = logits.clamp(_LEAST, 1 - _LEAST)
        return kept.log(), torch.log1p(-kept)
    if activation != "levels":
        raise DataError(
            f"unknown activation {activation!r}.{did_you_mean(str(activation), ACTIVATIONS)} "
            f"Known: {', '.join(ACTIVATIONS)}, and None for degrees."
        )
    found = []
    for depth, level in enumerate(tree.level_places):
        places = torch.as_tensor(level, device=logits.device)
        own = torch.as_tensor(np.flatnonzero(tree.depths[level] == depth), device=logits.device)
        found.append(logits.index_select(0, places).log_softmax(0).index_select(0, own))
    true = torch.cat(found)
    return true, torch.log(-torch.expm1(true.clamp(max=-_LEAST)))


def degrees(tree: Hierarchy, logits: Any, activation: str | None = "levels") -> Any:
    """Degrees of truth of all nodes, same shape and kind as the logits."""
    tensor = as_tensor(logits)
    flat, axis = nodes_first(tensor, len(tree))
    found = log_degrees(tree, flat, activation)[0].exp()
    shape = [len(tree), *(n for k, n in enumerate(tensor.shape) if k != axis)]
    restored = found.reshape(shape).movedim(0, axis)
    return restored if isinstance(logits, torch.Tensor) else restored.numpy()


def leaf_log_odds(tree: Hierarchy, flat: torch.Tensor) -> torch.Tensor:
    """Score of every leaf, shape (leaves, positions): the sum along its path of ``log s - log(1 - s)``.

    Of worlds with one path, ``prod_path s * prod_rest (1 - s)`` is proportional to the exponential of this sum. It is added
    up from the root down, so every node is looked at once.
    """
    true, false = log_degrees(tree, flat, None)
    return _down(tree, true - false)


def _down(tree: Hierarchy, gain: torch.Tensor) -> torch.Tensor:
    """Sums of a gain along the path to every leaf, shape (leaves, positions)."""
    deep = torch.as_tensor(tree.depths, device=gain.device)
    parents = torch.as_tensor(tree.parents, device=gain.device)
    total = gain.clone()
    for depth in range(1, len(tree.level_places)):
        places = torch.nonzero(deep == depth)[:, 0]
        total[places] = total[places] + total[parents[places]]
    return total[torch.as_tensor(tree.leaf_places, device=gain.device)]


def leaf_probabilities(tree: Hierarchy, degrees: torch.Tensor) -> torch.Tensor:
    """Probability of every leaf given that the rules hold, shape (..., leaves) for degrees of shape (..., nodes).

    Each label holds by itself with its degree; worlds that contradict the tree are left out and the rest scaled to 1.
    """
    flat, axis = nodes_first(degrees, len(tree))
    found = leaf_log_odds(tree, flat).softmax(0)
    shape = [len(tree.leaves), *(n for k, n in enumerate(degrees.shape) if k != axis)]
    return found.reshape(shape).movedim(0, axis)


def decode(tree: Hierarchy, degrees: Any, method: str = "exact", *, rounds: int = 2) -> Any:
    """The node of every level, as places among ``tree.nodes``.

    Parameters
    ----------
    tree : Hierarchy
    degrees : array or tensor, shape (..., nodes) or (batch, nodes, height, width)
        Between 0 and 1, see :meth:`induce.rules.Hierarchy.degrees`.
    method : {"exact", "iterative", "argmax"}
        ``"exact"``: the most probable world that breaks no rule, ``argmax prod_path s * prod_rest (1 - s)``, by dynamic
        programming from the root. ``"iterative"``: messages along the rules, each the truth of the premise times the truth
        of the rule, for some rounds; then the path with the largest sum. ``"argmax"``: each level by itself, which may
        contradict the tree.
    rounds : int
        Rounds of messages.

    Returns
    -------
    array or tensor of int64
        The nodes' axis holds levels, the top first. A leaf that ends early is repeated below. Ties go to the first node.

    Raises
    ------
    DataError
        For a wrong shape, degrees outside of [0, 1] or NaN, and an unknown method.

    References
    ----------
    L. Li, W. Wang, Y. Yang (2023), LogicSeg: Parsing Visual Semantics with Neural Logic Learning and Reasoning.
    """
    tensor = as_tensor(degrees)
    flat, axis = nodes_first(tensor.detach(), len(tree))
    _check_degrees(flat)
    if method == "argmax":
        rows = [torch.as_tensor(p, device=flat.device) for p in tree.level_places]
        found = torch.stack([places[flat[places].argmax(0)] for places in rows])
    elif method in ("exact", "iterative"):
        score = leaf_log_odds(tree, flat) if method == "exact" else _down(tree, passed(tree, flat, rounds))
        paths = torch.as_tensor(tree.paths, device=flat.device)
        found = paths[score.argmax(0)].T
    else:
        raise DataError(f"unknown method {method!r}.{did_you_mean(str(method), METHODS)} Known: {', '.join(METHODS)}.")
    shape = [len(tree.level_places), *(n for k, n in enumerate(tensor.shape) if k != axis)]
    restored = found.reshape(shape).movedim(0, axis)
    return restored if isinstance(degrees, torch.Tensor) else restored.numpy()


def _check_degrees(flat: torch.Tensor) -> None:
    if not flat.numel():
        return
    least, most = float(flat.min()), float(flat.max())
    if not (least >= 0 and most <= 1):
        raise DataError(
            f"degrees must lie between 0 and 1, but they reach from {least:g} to {most:g}. "
            "Pass hierarchy.degrees(logits) for logits."
        )


def passed(tree: Hierarchy, flat: torch.Tensor, rounds: int) -> torch.Tensor:
    """Degrees after rounds of messages along the rules, shape (nodes, positions).

    A message is fuzzy modus ponens under the product t-norm and Reichenbach's implication, ``premise * truth of rule``:
    to a child ``s_p (1 - s_p + s_p s_c)``; to a parent the mean over its children of ``s_c (1 - s_c + s_c s_p)``; against a
    node the mean over the others of its level of ``s_v (1 - s_v s_u)``. Sums are divided by the sum of the level.
    """
    links = _Links(tree, flat)
    found = links.normalized(flat)
    for _ in range(rounds):
        down = links.below @ found  # each node's parent
        above = links.above @ (found - found * found), links.above @ (found * found)
        to_child = down * (1 - down + down * found)
        to_parent = above[0] + above[1] * found
        count = links.others
        rest, squares = links.level @ found - found, links.level @ (found * found) - found * found
        against = (rest - found * squares) / count
        found = links.normalized((found + to_child + to_parent - against).clamp(min=0))
    return found


class _Links:
    """Sparse incidence of a tree: who is whose parent, child, and neighbor on a level."""

    def __init__(self, tree: Hierarchy, like: torch.Tensor) -> None:
        nodes, inner = len(tree), np.flatnonzero(tree.parents >= 0)
        above = tree.parents[inner]
        share = 1.0 / np.bincount(above, minlength=nodes)[above] if len(inner) else np.zeros(0)
        self.below = _sparse(inner, above, np.ones(len(inner)), nodes, like)
        self.above = _sparse(above, inner, share, nodes, like)
        pairs = [
            np.stack(np.meshgrid(level[tree.depths[level] == depth], level, indexing="ij")).reshape(2, -1)
            for depth, level in enumerate(tree.level_places)
        ]
        rows, columns = np.concatenate(pairs, axis=1)
        self.level = _sparse(rows, columns, np.ones(len(rows)), nodes, like)
        others = np.maximum(np.bincount(rows, minlength=nodes) - 1, 1)
        self.others = torch.as_tensor(others, device=like.device, dtype=like.dtype)[:, None]

    def normalized(self, flat: torch.Tensor) -> torch.Tensor:
        """Degrees divided by the sum of their level."""
        return flat / (self.level @ flat).clamp(min=_LEAST)


def _sparse(rows: NDArray[Any], columns: NDArray[Any], values: Any, size: int, like: torch.Tensor) -> torch.Tensor:
    places = torch.as_tensor(np.stack([rows, columns]), device=like.device)
    numbers = torch.as_tensor(values, dtype=like.dtype, device=like.device)
    return torch.sparse_coo_tensor(places, numbers, (size, size), check_invariants=False).coalesce()


def incoherent(tree: Hierarchy, decoded: Any) -> float:
    """Share of the positions at which one level's node is not below the node of the level above it.

    Parameters
    ----------
    tree : Hierarchy
    decoded : array or tensor of int, shape (..., levels) or (batch, levels, height, width)

    >>> from induce.rules import Hierarchy
    >>> incoherent(Hierarchy({"a": ["x", "y"], "b": ["z"]}), np.array([[0, 2], [0, 4]]))
    0.5
    """
    broken = _broken(tree, decoded)[0]
    return float(broken.any(0).mean()) if broken.size else 0.0


def agreed(tree: Hierarchy, annotated: Any) -> NDArray[np.int64]:
    """The deepest label of each position that agrees with all labels above it; see :meth:`induce.rules.Hierarchy.agreed`."""
    broken, flat, shape = _broken(tree, annotated)
    sound = np.cumsum(broken, axis=0) == 0
    return np.asarray(flat[sound.sum(0) - 1, np.arange(flat.shape[1])].reshape(shape))


def _broken(tree: Hierarchy, decoded: Any) -> tuple[NDArray[np.bool_], NDArray[np.int64], tuple[int, ...]]:
    """Whether each level contradicts the one above it, shape (levels, positions); the nodes; the shape of the positions."""
    array = decoded.detach().cpu().numpy() if isinstance(decoded, torch.Tensor) else np.asarray(decoded)
    depth = len(tree.level_places)
    axis = node_axis_of_levels(array.shape, depth)
    flat = np.moveaxis(array, axis, 0).reshape(depth, -1)
    broken = np.zeros(flat.shape, dtype=bool)
    for k in range(1, depth):
        stays = tree.depths < k  # a leaf that ended early is its own node below
        expected = np.where(stays, np.arange(len(tree)), tree.parents)[flat[k]]
        broken[k] = expected != flat[k - 1]
    return broken, flat, tuple(n for k, n in enumerate(array.shape) if k != axis)


def node_axis_of_levels(shape: tuple[int, ...], depth: int) -> int:
    """The axis of the levels in what :func:`decode` gives: 1 of pictures, else the last."""
    axis = 1 if len(shape) == 4 else max(len(shape) - 1, 0)
    if not shape or shape[axis] != depth:
        raise DataError(
            f"the hierarchy has {depth} levels, but the array has shape {tuple(shape)}. Pass what decode() gives: "
            "(..., levels), or (batch, levels, height, width) for pictures."
        )
    return axis
