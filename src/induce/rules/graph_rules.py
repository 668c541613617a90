"""GraphRules: networks on graphs with fuzzy rules over descriptors of nodes, and the crisp rules that speak for them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from torch.nn import functional

from induce.checks import seed_of
from induce.errors import DataError, FillError, did_you_mean
from induce.mixed import NUMBER, MixedTable
from induce.nets.graph import KINDS, FuzzyRules, GraphNetwork, RuledGraphNetwork, propagation
from induce.rules.decisions import FIRST
from induce.rules.distilling import distilled
from induce.rules.node_features import (
    LABELED,
    STRUCTURAL,
    best_splits,
    check_features,
    label_features,
    read_graph,
    structure_features,
)  # fmt: skip
from induce.rules.rule_fit import RuleFit
from induce.rules.searching import Settings
from induce.rules.table_checks import check_one_kind
from induce.settings import check_number, check_whole

__all__ = ["GraphRules"]

MODES = ("gate", "head", "alone", "plain")
_DECAY = 5e-4
DEFAULT = ("degree", "clustering", "core_number", "pagerank", "label_agreement", "two_hop_agreement")


class GraphRules(BaseEstimator):
    """Classify nodes by messages and fuzzy rules, ``r_i(u) = sigmoid(alpha_i (f_i(u) - theta_i))``.

    The rules gate the embeddings of a network, ``h' = g * h + (1 - g) * W_r r`` with ``g = sigmoid(W [h, r])``; thresholds
    and sharpness are learned. Descriptors of labels are made from the labels of the other training nodes alone. Crisp rules
    over the same descriptors are then searched that answer as the network does.

    Parameters
    ----------
    features : sequence of str
        Descriptors: degree, clustering, core_number, pagerank, neighbor_degree, label_agreement, two_hop_agreement; and
        columns of ``X`` by name. The last two also give the share of every class among labeled neighbors.
    mode : {"gate", "head", "alone", "plain"}
        Rules as a gate; beside the embedding before the last layer; without a network; a network without rules.
    network : {"gcn", "gin"}
    hidden : int
        Length of an embedding.
    max_rules : int
        Most crisp rules; a class with more than four classes.
    max_literals : int
        Most conditions of a crisp rule.
    epochs : int
    rate : float
        Learning rate of Adam.
    dropout : float
        Share of the inputs of a layer that are left out in training.
    inductive : bool
        Train on the graph of the training nodes alone; other nodes are first seen when they are answered.
    random_state : int, RandomState or None

    Attributes
    ----------
    fit_ : RuleFit
        The crisp rules in the user's units, with their fidelity to the network.
    rules_ : tuple of str
    thresholds_ : data frame
        What the fuzzy rules learned: descriptor, threshold, sharpness, and weights of the classes where rules are read out linearly.
    node_features_ : data frame
        Descriptors of all nodes.
    classes_ : array
    module_ : torch.nn.Module

    References
    ----------
    FireGNN: Neuro-Symbolic Graph Neural Networks with Trainable Fuzzy Rules for Interpretable Medical Image Classification (2025).

    >>> edges = [[0, 0, 0, 1, 4, 4, 4, 5], [1, 2, 3, 2, 5, 6, 7, 6]]
    >>> model = GraphRules(["degree"], mode="alone").fit(edges, None, [1, 0, 0, 0] * 2)
    >>> model.predict().tolist()
    [1, 0, 0, 0, 1, 0, 0, 0]
    """

    _head: MixedTable | None

    def __init__(
        self,
        features: Any = DEFAULT,
        *,
        mode: str = "gate",
        network: str = "gcn",
        hidden: int = 64,
        max_rules: int = 12,
        max_literals: int = 3,
        epochs: int = 200,
        rate: float = 1e-2,
        dropout: float = 0.5,
        inductive: bool = True,
        random_state: Any = None,
    ) -> None:
        self.features = features
        self.mode = mode
        self.network = network
        self.hidden = hidden
        self.max_rules = max_rules
        self.max_literals = max_literals
        self.epochs = epochs
        self.rate = rate
        self.dropout = dropout
        self.inductive = inductive
        self.random_state = random_state

    # ---- fitting

    def fit(self, graph: Any, X: Any, y: Any, train: Any = None) -> GraphRules:
        """Train on the nodes of a mask.

        Parameters
        ----------
        graph : integer edges of shape (2, edges), scipy sparse matrix, or networkx graph
            Nodes of a networkx graph are found in the index of the data frame ``X`` where it has names, and else are numbers of
            rows, from 0 on; names are taken in the order of the graph where ``X`` has none, with a warning.
        X : table of numbers, shape (nodes, columns), or None
            Columns of the nodes; None only where the mode is "alone".
        y : array-like of shape (nodes,)
            Labels outside the mask may be missing (None or NaN); where they are known, the rules' fidelity is measured there.
        train : array of bool, shape (nodes,), optional
            Training nodes; all where no descriptor is of labels.

        Raises
        ------
        DataError
            For edges that end outside, loops, unknown descriptors, no mask where labels make descriptors, no training node.
        FillError
            For settings that do not fit.
        """
        self._check()
        labels = np.asarray(y)
        if labels.ndim != 1:
            raise DataError(f"y must have shape (nodes,), but it has {labels.shape}. Give one label a node.")
        matrix = read_graph(graph, len(labels), X)
        table = self._read(X, len(labels), reset=True)
        names = check_features(self.features, () if table is None else table.names)
        mask = self._mask(train, len(labels), names)
        own = _known(labels, mask)
        self.classes_, places = np.unique(own, return_inverse=True)
        self._check_classes(labels, mask)
        self._names, self._graph, self._train_mask = names, (matrix, table), mask
        seed = seed_of(self.random_state)
        # an inductive fit sees neither the other nodes nor their edges
        inside = np.flatnonzero(mask) if self.inductive else np.arange(len(labels))
        seen = matrix[inside][:, inside]
        described = self._described(seen, table if table is None else table.take(inside), own, mask[inside])
        self._train(seen, table, inside, described, places, mask[inside], seed)
        self.node_features_ = self._described(matrix, table, own, mask)
        self._own_labels = own
        self._distill(described[mask[inside]], labels, mask, seed)
        return self

    def _check(self) -> None:
        for name, known in (("mode", MODES), ("network", KINDS)):
            value = getattr(self, name)
            if value not in known:
                raise FillError(
                    f"unknown {name} {value!r}.{did_you_mean(str(value), known)} Known: {', '.join(known)}."
                )
        for name in ("hidden", "max_rules", "max_literals", "epochs"):
            check_whole(name, getattr(self, name))
        check_number("rate", self.rate, 1e-2, above=True)
        check_number("dropout", self.dropout, 0.5, most=0.99)
        if not isinstance(self.inductive, bool | np.bool_):
            raise FillError(f"inductive must be True or False, but got {self.inductive!r}. True is usual.")

    def _read(self, X: Any, nodes: int, *, reset: bool) -> MixedTable | None:
        if X is None:
            if self.mode != "alone":
                raise DataError(
                    f"mode='{self.mode}' needs columns of the nodes, but X is None. Pass X, or mode='alone'."
                )
            self._head = None if reset else self._head
            return None
        table = MixedTable.read(X) if reset else MixedTable.read(X, like=self._head)
        if table.rows != nodes:
            raise DataError(f"X has {table.rows} rows, but there are {nodes} nodes. Give one row a node.")
        for column in table.columns:
            if column.kind != NUMBER and column.kind != "truth":
                raise DataError(
                    f"column '{column.name}' holds texts, but numbers are needed. Make it columns of 0 and 1."
                )
            if column.missing.any():
                raise DataError(
                    f"column '{column.name}' has {int(column.missing.sum())} missing values (row {int(column.missing.argmax())}). Fill "
                    "them before."
                )
            if reset and column.name in (*STRUCTURAL, *LABELED):
                raise DataError(f"column '{column.name}' of X is called as a descriptor is. Rename it.")
        if reset:
            self._head = table.head()
        return table

    def _mask(self, train: Any, nodes: int, names: tuple[str, ...]) -> NDArray[np.bool_]:
        if train is None:
            said = [name for name in names if name in LABELED]
            if said:
                raise DataError(
                    f"'{said[0]}' is made from labels, but no train mask was passed, so labels of test nodes would leak into it. Pass "
                    "train=mask, or leave it out of features."
                )
            return np.ones(nodes, dtype=bool)
        mask = np.asarray(train)
        if mask.dtype != bool or mask.shape != (nodes,):
            raise DataError(
                f"train must be a mask of bool of shape ({nodes},), but it is {mask.dtype} of shape {mask.shape}. Make one: "
                "mask = np.isin(np.arange(nodes), rows)."
            )
        if not mask.any():
            raise DataError(
                "train holds no node, so there is nothing to learn from. Mark the training nodes with True."
            )
        return mask

    def _check_classes(self, labels: NDArray[Any], mask: NDArray[np.bool_]) -> None:
        others = labels[~mask][~pd.isna(labels[~mask])].tolist()
        unseen = sorted({str(v) for v in others} - {str(v) for v in self.classes_})
        if unseen:
            raise DataError(
                f"no training node has class {unseen[0]!r}, but other nodes do. Mark some of them for training, or make their labels missing."
            )
        if len(self.classes_) < 2:
            raise DataError(
                f"the training nodes have one class only ({self.classes_.tolist()[0]!r}). Mark nodes of another class too."
            )

    def _described(
        self, matrix: Any, table: MixedTable | None, labels: NDArray[Any], mask: NDArray[np.bool_]
    ) -> pd.DataFrame:
        plain = structure_features(matrix, tuple(n for n in self._names if n in STRUCTURAL))
        classes = tuple(self.classes_.tolist())
        said = label_features(matrix, labels, mask, classes, tuple(n for n in self._names if n in LABELED))
        columns = {} if table is None else {n: table[n].values for n in self._names if n in table.names}
        return pd.DataFrame({**plain, **said, **columns}, index=range(matrix.shape[0]))

    def _train(
        self,
        matrix: Any,
        table: MixedTable | None,
        inside: NDArray[Any],
        described: pd.DataFrame,
        places: NDArray[Any],
        mask: NDArray[np.bool_],
        seed: int,
    ) -> None:
        values = np.zeros((len(inside), 0)) if table is None else _values(table)[inside]
        self._center, self._scale = values[mask].mean(0), np.maximum(values[mask].std(0), 1e-9)
        own = torch.as_tensor(np.flatnonzero(mask))
        target = torch.as_tensor(places.astype(np.int64))
        inputs = (*self._tensors(matrix, values), torch.tensor(described.to_numpy(np.float32)))
        with torch.random.fork_rng(devices=[]):  # the user's own draws go on undisturbed
            torch.manual_seed(seed)
            module = self._module(described[mask], places, values.shape[1])
            # a decay of thresholds would pull them to the means of their columns
            free = [] if module.rules is None else list(module.rules.parameters())
            held = [p for p in module.parameters() if all(p is not q for q in free)]
            decay = _DECAY if module.network is not None else 0.0
            groups: list[dict[str, Any]] = [
                {"params": held, "weight_decay": decay},
                *([{"params": free}] if free else []),
            ]
            optimizer = torch.optim.Adam(groups, lr=float(self.rate))
            module.train()
            for _ in range(int(self.epochs)):
                optimizer.zero_grad()
                loss = functional.cross_entropy(module(*inputs)[own], target)
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
        self.module_ = module.eval()

    def _module(self, described: pd.DataFrame, places: NDArray[Any], inputs: int) -> RuledGraphNetwork:
        rules = network = None
        if self.mode != "plain":
            if not described.shape[1]:
                raise DataError("there are no features, so there are no rules. Name some, or pass mode='plain'.")
            center = torch.as_tensor(described.mean().fillna(0.0).to_numpy(np.float32))
            scale = torch.as_tensor(described.std().fillna(0.0).to_numpy(np.float32))
            start = torch.tensor(best_splits(described.to_numpy(np.float64, copy=True), places).astype(np.float32))
            rules = FuzzyRules(center, torch.where(scale > 1e-6, scale, torch.ones_like(scale)), start)
        if self.mode != "alone":
            network = GraphNetwork(inputs, int(self.hidden), self.network, float(self.dropout))
        return RuledGraphNetwork(network, rules, int(self.hidden), len(self.classes_), self.mode)

    def _tensors(self, matrix: Any, values: NDArray[Any]) -> tuple[torch.Tensor, torch.Tensor]:
        pairs = matrix.tocoo()
        edges = torch.as_tensor(np.stack([pairs.row, pairs.col]).astype(np.int64))
        scaled = np.clip((values - self._center) / self._scale, -10, 10)
        return torch.as_tensor(scaled.astype(np.float32)), propagation(edges, matrix.shape[0], self.network)

    def _distill(self, described: pd.DataFrame, labels: NDArray[Any], mask: NDArray[np.bool_], seed: int) -> None:
        """Crisp rules that answer as the network does on the training nodes, measured where labels are known beside them."""
        held = ~mask & ~pd.isna(labels)
        on = f"the {int(held.sum()):,} nodes outside the mask"
        if not held.any():
            held, on = mask, "the training nodes, as no other has a label"
        answers = self.predict_proba().argmax(1)
        head = MixedTable.read(described)
        self.fit_: RuleFit = distilled(
            head, answers[mask], tuple(self.classes_.tolist()),
            Settings(int(self.max_rules), int(self.max_literals), decide=FIRST, seed=seed),
            (MixedTable.read(self.node_features_[held], like=head), np.searchsorted(self.classes_, labels[held].tolist()), answers[held]), on,
        )  # fmt: skip

    # ---- answers

    @property
    def rules_(self) -> tuple[str, ...]:
        """The conditions of the crisp rules in words."""
        check_is_fitted(self, "fit_")
        return tuple(self.fit_.decisions.text(k) for k in range(len(self.fit_)))

    @property
    def thresholds_(self) -> pd.DataFrame:
        """Thresholds and sharpness of the fuzzy rules, in units of the descriptors."""
        check_is_fitted(self, "module_")
        rules = self.module_.rules
        if rules is None:
            raise DataError("mode='plain' has no fuzzy rules. Fit with mode='gate', 'head' or 'alone'.")
        found = pd.DataFrame(
            {"threshold": rules.thresholds.numpy(), "sharpness": rules.sharpness.numpy()},
            index=list(self.node_features_),
        )
        if self.mode in ("head", "alone"):
            weights = self.module_.readout.weight.detach().numpy()[:, -len(found) :]
            for label, row in zip(self.classes_, weights, strict=True):
                found[f"weight of {label}"] = row
        return found

    def predict_proba(
        self, graph: Any = None, X: Any = None, labels: Any = None, train: Any = None
    ) -> NDArray[np.float64]:
        """Probabilities of the classes, shape (nodes, classes).

        Parameters
        ----------
        graph, X : as in ``fit``, optional
            Another graph; by default the one of the fit, all its nodes.
        labels : array-like of shape (training nodes,), optional
            Labels of the training nodes of the other graph alone; without them descriptors of labels are unknown.
        train : array of bool, shape (nodes,), optional
        """
        check_is_fitted(self, "module_")
        if graph is None:
            matrix, table = self._graph
            described = self.node_features_
        else:
            counted = X is not None and self._head is not None
            matrix = read_graph(graph, MixedTable.read(X, like=self._head).rows if counted else None, X)
            table = self._read(X, matrix.shape[0], reset=False)
            mask = np.zeros(matrix.shape[0], dtype=bool) if train is None else np.asarray(train, dtype=bool)
            own = np.array([] if labels is None else np.asarray(labels).tolist())
            described = self._described(matrix, table, own, mask)
        values = np.zeros((matrix.shape[0], 0)) if table is None else _values(table)
        with torch.no_grad():
            logits = self.module_(*self._tensors(matrix, values), torch.tensor(described.to_numpy(np.float32)))
        return np.asarray(logits.double().softmax(1).numpy())

    def predict(self, graph: Any = None, X: Any = None, labels: Any = None, train: Any = None) -> NDArray[Any]:
        """The likeliest class of each node, shape (nodes,); see :meth:`predict_proba`."""
        shares = self.predict_proba(graph, X, labels, train)
        return np.asarray(self.classes_[shares.argmax(1)])


def _known(labels: NDArray[Any], mask: NDArray[np.bool_]) -> NDArray[Any]:
    """Labels of the training nodes, of the kind that they have themselves: None among others makes objects of numbers."""
    found = labels[mask]
    missing = np.flatnonzero(pd.isna(found))
    if len(missing):
        raise DataError(
            f"{len(missing)} training nodes have no label (node {int(np.flatnonzero(mask)[missing[0]])}). Take them out of train."
        )
    check_one_kind(found)
    return np.array(found.tolist())


def _values(table: MixedTable) -> NDArray[np.float64]:
    return np.stack([column.values for column in table.columns], axis=1)
