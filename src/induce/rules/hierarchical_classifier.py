"""HierarchicalClassifier: classes that are leaves of a tree, learned from a table, with one coherent path for every row."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data
from torch import nn

from induce.checks import seed_of
from induce.errors import DataError, FillError
from induce.nets import perceptron
from induce.rules.decoding import decode, leaf_probabilities
from induce.rules.encoders import first_answers
from induce.rules.hierarchy import Hierarchy
from induce.rules.hierarchy_loss import ramp
from induce.rules.label_trees import check_hierarchy
from induce.rules.table_rules import check_labels, read_labels
from induce.settings import check_whole
from induce.terms.term import Term

__all__ = ["HierarchicalClassifier"]

Array = NDArray[Any]


class HierarchicalClassifier(ClassifierMixin, BaseEstimator):
    """Learn the leaves of a label tree from a table; the rules of the tree are in the loss and hold in every answer.

    Parameters
    ----------
    hierarchy : Hierarchy, optional
        Its leaves are the classes; labels in ``y`` may also be inner nodes, whose leaf is unknown. None: one level.
    module : Module or callable, optional
        The network, a torch module from inputs to logits of shape (rows, nodes), which is copied; or a function that makes it,
        ``module(inputs, nodes)``. A perceptron by default.
    hidden : tuple of int
        Widths of the hidden layers of the perceptron.
    weight : float
        Weight of the rules in the loss.
    activation : {"levels", "sigmoid"}
        See :meth:`Hierarchy.degrees`.
    method : {"exact", "iterative"}
        See :meth:`Hierarchy.decode`.
    epochs : int
    batch_size : int
    rate : float
        Learning rate of Adam.
    random_state : int, RandomState or None
        None: 0.

    Attributes
    ----------
    classes_ : array
        The classes that ``y`` held; with a hierarchy, its leaves.
    hierarchy_ : Hierarchy
    module_ : torch.nn.Module
    rules_ : Term
        The tree as a program.

    References
    ----------
    L. Li, W. Wang, Y. Yang (2023), LogicSeg: Parsing Visual Semantics with Neural Logic Learning and Reasoning.

    >>> X = np.array([[0.0], [0.1], [1.0], [1.1], [2.0], [2.1]] * 5)
    >>> tree = Hierarchy({"small": ["zero", "one"], "large": ["two"]})
    >>> model = HierarchicalClassifier(tree, random_state=0).fit(X, ["zero", "zero", "one", "one", "two", "two"] * 5)
    >>> model.predict_path([[1.05]]).tolist()
    [['small', 'one']]
    """

    def __init__(
        self,
        hierarchy: Hierarchy | None = None,
        *,
        module: nn.Module | Callable[[int, int], nn.Module] | None = None,
        hidden: tuple[int, ...] = (64,),
        weight: float = 0.2,
        activation: str = "levels",
        method: str = "exact",
        epochs: int = 100,
        batch_size: int = 32,
        rate: float = 1e-2,
        random_state: Any = None,
    ) -> None:
        self.hierarchy = hierarchy
        self.module = module
        self.hidden = hidden
        self.weight = weight
        self.activation = activation
        self.method = method
        self.epochs = epochs
        self.batch_size = batch_size
        self.rate = rate
        self.random_state = random_state

    # ---- fitting

    def fit(self, X: Any, y: Any) -> HierarchicalClassifier:
        """Train the network.

        Parameters
        ----------
        X : data frame (pandas, polars) or array of shape (rows, features)
        y : array-like of shape (rows,)
            Classes; with a hierarchy, names of its nodes, or None or NaN for rows without a label, in which the rules are
            learned alone.

        Raises
        ------
        DataError
            For labels that the hierarchy does not have, rows without a label where there is no hierarchy, and a module that
            does not read the rows, or gives other than a logit for each node.
        FillError
            For settings that cannot be.

        Warns
        -----
        UserWarning
            For leaves of the hierarchy without examples.
        """
        self._check_settings()
        values = validate_data(self, X)
        labels = self._labels(y, len(values))
        if self.hierarchy is None:
            seen, places = np.unique(labels, return_inverse=True)
            self.hierarchy_ = Hierarchy([_plain(name, k) for k, name in enumerate(seen)])
            self.classes_ = seen
            self._order = np.arange(len(seen))
            targets = self.hierarchy_.truths(self.hierarchy_.leaf_places[places])
        else:
            self.hierarchy_ = self.hierarchy
            self.hierarchy_.check_classes(labels.tolist())
            leaves = self.hierarchy_.leaves
            order = sorted(range(len(leaves)), key=lambda k: (isinstance(leaves[k], str), leaves[k]))
            self._order = np.array(order)
            # numbers beside texts stay numbers
            mixed = len({isinstance(leaf, str) for leaf in leaves}) > 1
            self.classes_ = np.array([leaves[k] for k in order], dtype=object if mixed else None)
            targets = self.hierarchy_.targets(labels)
        self._center, self._scale = _spread(values)
        self._train(torch.as_tensor(self._scaled(values)), torch.as_tensor(targets))
        return self

    def _labels(self, y: Any, rows: int) -> Array:
        """The labels; with a hierarchy as objects, None where there is none."""
        if self.hierarchy is None or y is None:
            return read_labels(self, y, rows)
        labels: Array = column_or_1d(np.asarray(y, dtype=object), warn=True)
        absent = pd.isna(labels)
        if absent.all():
            raise DataError("no row of y has a label, so there is nothing to learn. Label some rows.")
        if len(labels) != rows:
            check_labels(labels[~absent], rows)
        labels = labels.copy()
        labels[absent] = None
        return labels

    def _check_settings(self) -> None:
        for name in ("epochs", "batch_size"):
            check_whole(name, getattr(self, name))
        if self.method not in ("exact", "iterative"):
            raise FillError(f"method must be 'exact' or 'iterative', but it is {self.method!r}. 'exact' is usual.")
        check_hierarchy(self.hierarchy, optional=True)
        if self.module is not None and not callable(self.module):
            raise FillError(
                f"module must be a torch module, a function (inputs, nodes) that makes one, or None, but got {self.module!r}. "
                "Write module=torch.nn.Linear, or leave it out."
            )

    def _scaled(self, values: Array) -> NDArray[np.float32]:
        found = (np.asarray(values, dtype=np.float64) - self._center) / self._scale
        return np.clip(found, -1e6, 1e6).astype(np.float32)

    def _train(self, rows: torch.Tensor, targets: torch.Tensor) -> None:
        seed = seed_of(self.random_state)
        generator = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng(devices=[]):  # the user's own draws go on undisturbed
            torch.manual_seed(seed)
            module = self._network(rows)
            optimizer = torch.optim.Adam(module.parameters(), lr=self.rate)
            steps, step = int(self.epochs) * -(-len(rows) // int(self.batch_size)), 0
            module.train()
            for _ in range(int(self.epochs)):
                order = torch.randperm(len(rows), generator=generator)
                for some in _batches(order, int(self.batch_size)):
                    optimizer.zero_grad()
                    loss = self.hierarchy_.loss(
                        module(rows[some]),
                        targets[some],
                        activation=self.activation,
                        weight=self.weight,
                        ramp=ramp(step, 3 * steps // 10, 7 * steps // 10),
                        generator=generator,
                    )
                    loss.backward()  # type: ignore[no-untyped-call]
                    optimizer.step()
                    step += 1
        self.module_: nn.Module = module.eval()

    def _network(self, rows: torch.Tensor) -> nn.Module:
        inputs, nodes = rows.shape[1], len(self.hierarchy_)
        if self.module is None:
            return perceptron(inputs, self.hidden, nodes)
        made = copy.deepcopy(self.module) if isinstance(self.module, nn.Module) else self.module(inputs, nodes)
        if not isinstance(made, nn.Module):
            raise FillError(
                f"module({inputs}, {nodes}) gives {type(made).__name__}, but a torch module was expected. "
                "Return the network, such as torch.nn.Linear(inputs, nodes)."
            )
        shape = tuple(first_answers(made, rows, "module").shape[1:])
        if shape != (nodes,):
            raise DataError(
                f"module gives rows of shape {shape}, but a logit for each of the {nodes} nodes is needed. "
                f"Let its last layer give {nodes} numbers."
            )
        return made

    # ---- answers

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Share of the rows that get their label; scikit-learn's own does not compare numbers beside texts."""
        labels = column_or_1d(np.asarray(y, dtype=object), warn=True)
        check_labels(labels, len(X))
        return float(np.average(self.predict(X).astype(object) == labels, weights=sample_weight))

    def _degrees(self, X: Any) -> torch.Tensor:
        check_is_fitted(self, "module_")
        values = validate_data(self, X, reset=False)
        with torch.no_grad():
            logits = self.module_(torch.as_tensor(self._scaled(values))).double()
        found: torch.Tensor = self.hierarchy_.degrees(logits, self.activation)
        return found

    def decision_by_level(self, X: Any) -> list[Array]:
        """Degrees of the nodes of each level, a list of arrays of shape (rows, nodes of the level)."""
        degrees = self._degrees(X).numpy()
        return [degrees[:, places] for places in self.hierarchy_.level_places]

    def predict_proba(self, X: Any) -> Array:
        """Probability of each class given that the rules hold, shape (rows, classes)."""
        degrees = self._degrees(X)
        return np.asarray(leaf_probabilities(self.hierarchy_, degrees).numpy()[:, self._order])

    def predict(self, X: Any) -> Array:
        """The class of each row, the leaf of its path."""
        check_is_fitted(self, "module_")
        if self.method == "exact":
            return np.asarray(self.classes_[self.predict_proba(X).argmax(1)])
        leaves = self._decoded(X)[:, -1]
        place = np.searchsorted(self.hierarchy_.leaf_places, leaves)
        return np.asarray(self.classes_[np.argsort(self._order)[place]])

    def predict_path(self, X: Any) -> Array:
        """Names from the top level to the leaf, shape (rows, levels) of objects; a leaf that ends early is repeated."""
        decoded = self._decoded(X)
        names = np.empty(len(self.hierarchy_), dtype=object)
        names[:] = self.hierarchy_.nodes
        return np.asarray(names[decoded])

    def _decoded(self, X: Any) -> Array:
        degrees = self._degrees(X).numpy()
        return np.asarray(decode(self.hierarchy_, degrees, self.method))

    @property
    def rules_(self) -> Term:
        """The tree as a program over ``label(name)``."""
        check_is_fitted(self, "module_")
        return self.hierarchy_.program


def _plain(name: Any, number: int) -> Any:
    """A class as the name of a node; anything else than a text or number is counted."""
    value = name.item() if hasattr(name, "item") else name
    return value if isinstance(value, str | int | float) and value != "" else f"class {number}"


def _batches(order: torch.Tensor, size: int) -> list[torch.Tensor]:
    """Rows in batches; a last one of a single row, of which layers that normalize a batch make nothing, joins the one before."""
    found = list(order.split(size))  # type: ignore[no-untyped-call]
    if len(found) > 1 and len(found[-1]) == 1 < size:
        found[-2:] = [torch.cat(found[-2:])]
    return found


def _spread(values: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of each column; 1 where a column is constant."""
    numbers = np.asarray(values, dtype=np.float64)
    scale = numbers.std(axis=0)
    return numbers.mean(axis=0), np.where(scale > 0, scale, 1.0)
