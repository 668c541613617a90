"""A fitted concept model: its network or tree, the rules distilled from it, and what they answer together."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from induce.explain.fidelity import Fidelity
from induce.learners.rules.literals import AT_MOST, EQUAL, MORE
from induce.mixed import NUMBER, MixedTable
from induce.nets.concepts import ConceptEmbedding, ConceptMemory, DeepConceptReasoner
from induce.rules.concept_columns import ConceptColumns
from induce.rules.concept_rules import distilled_rules, measure_concept_rules, resampled
from induce.rules.concept_training import ConceptNetwork, Schedule, TableEncoder, spread_of, train_concepts
from induce.rules.conditions import conjunction_text
from induce.rules.decisions import Decisions
from induce.rules.encoders import first_answers

__all__ = ["ConceptModel", "ModelSettings", "fit_model"]

Array = NDArray[Any]
NEAR = 0.1
"""Rules take part in the answers of a model that is at most so much more accurate."""
BATCH = 256
WIDTH = 64
EXTRA = 1000
"""Most rows near the given ones at which the model is asked besides, each counting half."""
LEAST = 1e-9
"""Least degree and share in a product."""
SELECTED = 0.5
"""Probability of being selected above which a rule of a memory counts as used on a row."""


@dataclass(frozen=True)
class ModelSettings:
    """Settings of :class:`~induce.rules.ConceptClassifier`, checked."""

    reasoner: str
    max_rules: int
    max_literals: int
    embedding: int
    memory: int
    parsimony: float
    steps: int
    rate: float
    seed: int


@dataclass(eq=False)
class ConceptModel:
    """What answers.

    Parameters
    ----------
    network : ConceptNetwork
    columns : ConceptColumns
    classes : tuple
    labeled : bool
        Whether concepts were labeled; otherwise they are the columns themselves, and values are in their units.
    tree : DecisionTreeClassifier, optional
        Answers on the concepts in place of the network's reasoner.
    decisions : Decisions
        The rules that speak for it.
    weight : float
        Exponent of the rules' shares in the answers, in [0, 1]; the network's degrees have the rest.
    """

    network: ConceptNetwork
    columns: ConceptColumns
    classes: tuple[Any, ...]
    labeled: bool
    tree: Any = None
    decisions: Decisions = field(init=False)
    weight: float = 0.0

    def _tensor(self, values: Array) -> Tensor:
        return torch.as_tensor(np.ascontiguousarray(values), dtype=next(self.network.embedding.parameters()).dtype)

    def _in_parts(self, inputs: Array, what: Callable[..., tuple[Tensor, ...]], *beside: Array | None) -> list[Array]:
        """Outputs of the network for many rows, some at a time."""
        found = []
        with torch.no_grad():
            for begin in range(0, max(len(inputs), 1), 4096):
                rows = slice(begin, begin + 4096)
                more = [None if b is None else self._tensor(b[rows]) for b in beside]
                found.append([t.numpy() for t in what(self._tensor(inputs[rows]), *more)])
        return [np.concatenate(parts) for parts in zip(*found, strict=True)]

    def values(self, inputs: Array) -> Array:
        """Degrees of labeled concepts, or the columns as they are: array of shape (rows, concepts)."""
        return self.degrees(inputs) if self.labeled else np.asarray(inputs)

    def degrees(self, inputs: Array) -> NDArray[np.float64]:
        """Degrees in [0, 1]."""
        found = self._in_parts(inputs, lambda x: (self.network.parts(x)[1],))[0]
        return np.asarray(found, dtype=np.float64)

    def table(self, inputs: Array) -> MixedTable:
        """The concepts as rules see them."""
        return self.columns.table(self.values(inputs))

    def probabilities(self, inputs: Array, wanted: Array | None = None) -> NDArray[np.float64]:
        """Degrees of the classes scaled to sum to 1; concepts that are not NaN in ``wanted`` are set.

        ``P(y | x) ~ network(y | x) ** (1 - weight) * rules(y | concepts) ** weight``.
        """
        own = self._own(inputs, wanted)
        if self.weight == 0:
            return own
        shares = self.decisions.probabilities(self.columns.table(self._set(inputs, wanted)))
        logs = (1 - self.weight) * np.log(own + LEAST) + self.weight * np.log(shares + LEAST)
        found = np.exp(logs - logs.max(axis=1, keepdims=True))
        return np.asarray(found / found.sum(axis=1, keepdims=True))

    def _set(self, inputs: Array, wanted: Array | None) -> Array:
        """Values of the concepts, where some may be set."""
        values = self.values(inputs)
        return values if wanted is None else np.where(np.isnan(wanted), values, wanted)

    def _own(self, inputs: Array, wanted: Array | None) -> NDArray[np.float64]:
        """What the network or tree answers without the rules."""
        if self.tree is not None:
            return np.asarray(self.tree.predict_proba(self._set(inputs, wanted)))

        def answered(x: Tensor, given: Tensor | None) -> tuple[Tensor, ...]:
            if given is not None and not self.labeled:
                given = self.network.cut(given)
            return (self.network(x, given)[0],)

        found = np.asarray(self._in_parts(inputs, answered, wanted)[0], dtype=np.float64) + LEAST
        return np.asarray(found / found.sum(axis=1, keepdims=True))

    def codes(self, inputs: Array) -> NDArray[np.intp]:
        """The class that is answered, by place."""
        return np.asarray(self.probabilities(inputs).argmax(axis=1))

    def near(self, inputs: Array, codes: Array) -> bool:
        """Whether the rules are about as accurate as the model."""
        rules = self.decisions.codes(self.table(inputs))
        return bool((rules == codes).mean() >= (self.codes(inputs) == codes).mean() - NEAR)

    def measured(self, inputs: Array, codes: Array, on: str) -> Fidelity:
        """What the rules are worth on rows of known classes, which ``on`` names."""
        classes, notes = (f"{label!r}" for label in self.classes), []
        if self.weight:
            notes.append(f"the rules take part in the model's answers with the weight {self.weight:g}")
        own = list(zip(classes, self.own_rules(inputs), strict=False))
        return measure_concept_rules(self.decisions, self.table(inputs), self.codes(inputs), codes, on, own, notes)

    # ---- the model's own rules

    def own_rules(self, inputs: Array) -> list[Array]:
        """Rules inside the model that it uses on rows which it gives to a class, by class, as signs of the concepts."""
        reasoner, codes = self.network.reasoner, self.codes(inputs)
        if self.tree is not None or isinstance(reasoner, nn.Linear):
            return []
        if isinstance(reasoner, ConceptMemory):
            chosen = self._in_parts(inputs, lambda x: (reasoner.log_selection(self.network.parts(x)[0]).exp(),))[0]
            signs = reasoner.literals().numpy()
            used = [(chosen[codes == k, k] > SELECTED).any(axis=0) for k in range(len(self.classes))]
            return [np.unique(signs[k][u], axis=0) for k, u in enumerate(used)]
        signs = self._local(inputs)
        return [np.unique(signs[codes == k], axis=0) for k in range(len(self.classes))]

    def _local(self, inputs: Array) -> Array:
        """Signs of the concepts in the rule of each row for the class that it is given to, shape (rows, concepts)."""
        reasoner = self.network.reasoner
        assert isinstance(reasoner, DeepConceptReasoner)
        found = self._in_parts(inputs, lambda x: (reasoner.literals(*self.network.parts(x)),))[0]
        return np.asarray(found[np.arange(len(inputs)), :, self.codes(inputs)])

    def local_rules(self, inputs: Array) -> tuple[str, ...]:
        """The same in words."""
        kept = np.flatnonzero(self.columns.used)
        table = self.table(inputs[:1]).head()
        signs = self._local(inputs)[:, kept]
        cuts = np.full(len(kept), 0.5)
        if not self.labeled and self.network.centers is not None:
            cuts = self.network.centers.detach().numpy()[kept].astype(np.float64)
        known: dict[bytes, str] = {}
        for row in np.unique(signs, axis=0):
            conditions = []
            for place in np.flatnonzero(row):
                if table.columns[place].kind == NUMBER:
                    conditions.append(
                        (int(place), MORE if row[place] > 0 else AT_MOST, float(np.round(cuts[place], 4)))
                    )
                else:
                    conditions.append((int(place), EQUAL, float(row[place] > 0)))
            known[row.tobytes()] = conjunction_text(conditions, table)
        return tuple(known[row.tobytes()] for row in signs)


def fit_model(
    inputs: Array,
    codes: Array,
    labels: Array | None,
    columns: ConceptColumns,
    classes: tuple[Any, ...],
    encoder: nn.Module | None,
    settings: ModelSettings,
) -> ConceptModel:
    """Train a model and distill its rules.

    Parameters
    ----------
    inputs : array of shape (rows, ...)
    codes : int array of shape (rows,)
    labels : array of shape (rows, concepts), optional
        Degrees, NaN where unlabeled; None where the columns are the concepts.
    columns : ConceptColumns
    classes : tuple
    encoder : Module, optional
    settings : ModelSettings
    """
    dtype = torch.float32
    with torch.random.fork_rng(devices=[]):  # the user's own draws go on undisturbed
        torch.manual_seed(settings.seed)
        network = _network(inputs, labels, columns, len(classes), encoder, settings).to(dtype)
    model = ConceptModel(network, columns, classes, labels is not None)
    x, y = torch.as_tensor(inputs, dtype=dtype), torch.as_tensor(codes)
    c = None if labels is None else torch.as_tensor(labels, dtype=dtype)
    schedule = Schedule(settings.steps, min(BATCH, len(x)), settings.rate, settings.parsimony, settings.seed % 2**31)
    if settings.reasoner != "tree" or labels is not None:
        train_concepts(network, x, y, c, schedule)
    if settings.reasoner == "tree":
        from sklearn.tree import DecisionTreeClassifier

        tree = DecisionTreeClassifier(max_leaf_nodes=max(2, settings.max_rules), random_state=settings.seed % 2**31)
        model.tree = tree.fit(model.values(inputs), codes)
    rng = np.random.default_rng(settings.seed)
    asked, weight, extra = inputs, np.ones(len(inputs)), min(EXTRA, 4 * len(inputs))
    if encoder is None:
        asked = np.concatenate([inputs, resampled(inputs, extra, rng)])
        weight = np.concatenate([weight, np.full(extra, 0.5)])

    if encoder is None:  # answers do not depend on which rows are asked together, to many digits
        network.double()
    model.decisions = distilled_rules(
        model.table(asked),
        model.codes(asked),
        classes,
        weight,
        settings.max_rules,
        settings.max_literals,
        settings.seed,
    )
    return model


def _network(
    inputs: Array,
    labels: Array | None,
    columns: ConceptColumns,
    classes: int,
    encoder: nn.Module | None,
    settings: ModelSettings,
) -> ConceptNetwork:
    concepts, size = len(columns.names), settings.embedding
    if encoder is None:
        center, scale = spread_of(inputs)
        body: nn.Module = TableEncoder(center, scale, WIDTH)
        features = WIDTH
        cuts = (torch.as_tensor(center.copy()), torch.as_tensor(scale / 4)) if labels is None else None
    else:
        body, cuts = copy.deepcopy(encoder), None
        features = int(first_answers(body, torch.as_tensor(inputs[:2], dtype=torch.float32), flat=True).shape[-1])
    if settings.reasoner == "memory":
        reasoner: nn.Module = ConceptMemory(size, concepts, classes, rules=settings.memory)
    elif settings.reasoner == "dcr":
        reasoner = DeepConceptReasoner(size, classes, temperature=10 ** (1 - settings.parsimony))
    else:
        reasoner = nn.Linear(concepts * size, classes)
    return ConceptNetwork(body, ConceptEmbedding(features, concepts, size), reasoner, cuts)
