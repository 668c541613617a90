"""ConceptIdentifier: hidden concepts, and which class uses which of them, from comparing the classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from induce.checks import seed_of
from induce.errors import DataError
from induce.learners.joint_diagonal import class_directions
from induce.nets.gated_autoencoder import GatedAutoencoder
from induce.rules.concept_structure import ConceptStructure
from induce.rules.input_rows import read_rows
from induce.rules.table_rules import read_labels
from induce.settings import check_number, check_whole

__all__ = ["ConceptIdentifier"]

RESIDUAL = 0.02
"""Share of the variance that may be left over: mean squares are divided by twice this."""
SHRINKAGE = 0.05
"""Weight of the squares of concepts, which keeps their scale."""
GATE_START = 2.0
"""Logit of all gates at first: open, to be closed by sparsity."""
GATE_RESTART = 6.0
"""How firmly the gates start anew in the middle: times the share of a concept's largest variance, less one half."""


class ConceptIdentifier(TransformerMixin, BaseEstimator):
    """Learns concepts that classes switch on and off, and which class uses which.

    Rows of class ``y`` are taken to be ``x = g(z * m_y)``: hidden concepts ``z``, a row ``m_y`` of zeros and ones for each class, and
    one smooth map ``g`` for all. An autoencoder with a gate for each class and concept minimizes
    ``E|x - dec(enc(x) * m_y)|^2 / (2 s) + sparsity * sum_y P(y) |m_y|_0``. It starts from the linear answer, the joint
    diagonalization of the covariances within the classes. Columns are first scaled one by one to variance 1, so that units do not
    matter. What can be said of the concepts is in ``structure_``: a concept is identified up to a function of one variable where no
    other concept is used by exactly the same classes, and no gate is unsure.

    Parameters
    ----------
    n_concepts : int
        How many concepts. All of them are used, as a rule: with too many, concepts are split, and what is said of their classes
        may be wrong. Where the number is not known, fit several and take the first after which ``rebuilt_`` hardly rises.
    sparsity : float
        Price of an open gate, in a row; at least 0.
    width : int
        Units of the hidden layers.
    steps : int
        Batches of 256 rows.
    rate : float
        Learning rate of Adam, at most 1; gates learn ten times as fast.
    random_state : int, RandomState or None

    Attributes
    ----------
    structure_ : ConceptStructure
        Which class uses which concept, what is identified, and what only up to mixing.
    rebuilt_ : float
        Share of the variance of the scaled columns that the concepts rebuild.
    module_ : GatedAutoencoder
    classes_ : array of shape (classes,)

    Raises
    ------
    FillError
        In ``fit``, for settings that cannot be.
    DataError
        In ``fit``, for fewer columns than concepts, for one class only, for a class of one row, for
        missing labels, and where no column varies within a class.

    References
    ----------
    Y. Zheng, S. Xie, K. Zhang (2025), Nonparametric Identification of Latent Concepts. C. Louizos, M. Welling, D. P. Kingma (2018),
    Learning Sparse Neural Networks through L0 Regularization.

    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(3, size=1500)
    >>> hidden = rng.normal(size=(1500, 3)) * np.array([[1, 0, 0], [1, 1, 0], [0, 1, 1]])[y]
    >>> model = ConceptIdentifier(3, steps=300, random_state=0).fit(hidden @ rng.normal(size=(3, 4)), y)
    >>> sorted(model.structure_.matrix.T.astype(int).tolist()), len(model.structure_.identified)
    ([[0, 0, 1], [0, 1, 1], [1, 1, 0]], 3)
    """

    def __init__(
        self,
        n_concepts: int = 2,
        *,
        sparsity: float = 4.0,
        width: int = 64,
        steps: int = 1500,
        rate: float = 2e-3,
        random_state: Any = None,
    ) -> None:
        self.n_concepts = n_concepts
        self.sparsity = sparsity
        self.width = width
        self.steps = steps
        self.rate = rate
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> ConceptIdentifier:
        """Find the concepts and the classes that use them.

        Parameters
        ----------
        X : table of numbers of shape (rows, columns)
        y : array of shape (rows,)
            Classes.

        Raises
        ------
        DataError
        """
        for name, usual in (("n_concepts", 2), ("width", 64), ("steps", 1500)):
            check_whole(name, getattr(self, name), hint=f"Try {name}={usual}.")
        check_number("sparsity", self.sparsity, 4.0)
        check_number("rate", self.rate, 2e-3, most=1, above=True)
        rows = read_rows(self, X, reset=True)
        if rows.ndim != 2:
            raise DataError(
                f"X has shape {tuple(rows.shape)}, but a table of shape (rows, columns) was expected. Flatten pictures first."
            )
        numbers = self._classes(y, len(rows))
        if self.n_concepts > rows.shape[1]:
            raise DataError(
                f"n_concepts is {self.n_concepts}, but X has {rows.shape[1]} columns. Ask for at most as many concepts as columns."
            )
        values = rows.double().numpy()
        if not any(np.ptp(values[numbers == k], axis=0).any() for k in range(len(self.classes_))):
            raise DataError(
                "no column of X varies within a class, so there are no concepts to find. Give columns that differ between rows of "
                "the same class."
            )
        self._center = values.mean(axis=0)
        self._scale = np.where(np.ptp(values, axis=0) > 0, values.std(axis=0), 1.0)
        scaled = (values - self._center) / self._scale
        directions, _ = class_directions(scaled, numbers, int(self.n_concepts))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed_of(self.random_state))
            self.module_ = self._train(torch.as_tensor(scaled).float(), torch.as_tensor(numbers), directions)
        if not all(bool(weight.isfinite().all()) for weight in self.module_.parameters()):
            raise DataError(
                f"learning went astray with rate={self.rate!r}: weights are no numbers any more. Try rate={self.rate / 10:g}."
            )
        self.structure_ = ConceptStructure(
            tuple(self.classes_.tolist()), self.module_.openings().detach().double().numpy()
        )
        with torch.no_grad():
            rebuilt, _ = self.module_(torch.as_tensor(scaled).float(), torch.as_tensor(numbers))
            self.rebuilt_ = 1.0 - float(((rebuilt.double().numpy() - scaled) ** 2).sum() / (scaled**2).sum())
        return self

    def _classes(self, y: Any, count: int) -> NDArray[np.int64]:
        labels = read_labels(self, y, count)
        self.classes_, numbers, sizes = np.unique(labels, return_inverse=True, return_counts=True)
        if len(self.classes_) < 2:
            raise DataError(
                f"concepts are found by comparing classes, but y has one class only ({self.classes_[0]}). Give rows of others."
            )
        if sizes.min() < 2:
            lone = self.classes_[sizes.argmin()]
            raise DataError(f"class {lone} has one row only, which does not vary. Leave it out or give more rows.")
        return np.asarray(numbers, dtype=np.int64)

    def _train(self, rows: torch.Tensor, numbers: torch.Tensor, directions: NDArray[Any]) -> GatedAutoencoder:
        gates = torch.full((len(self.classes_), int(self.n_concepts)), GATE_START)
        net = GatedAutoencoder(torch.as_tensor(directions).float(), gates, width=int(self.width))
        others = [weight for name, weight in net.named_parameters() if name != "gates"]
        optimizer = torch.optim.Adam([{"params": others}, {"params": [net.gates]}], lr=self.rate)
        cycle = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, [self.rate, 10 * self.rate], total_steps=int(self.steps) + 1
        )
        for step in range(int(self.steps)):
            if step == int(self.steps) // 2:
                _restart(net, rows, numbers)
            some = torch.randint(len(rows), (256,))
            rebuilt, concepts = net(rows[some], numbers[some])
            loss = ((rebuilt - rows[some]) ** 2).mean() / (2 * RESIDUAL) + SHRINKAGE * (concepts**2).sum(1).mean()
            loss = loss + float(self.sparsity) * net.openings()[numbers[some]].sum(1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            cycle.step()
        return net.eval()

    def transform(self, X: Any) -> NDArray[np.float64]:
        """Concepts of each row before any gate, which need no class: array of shape (rows, concepts)."""
        check_is_fitted(self, "module_")
        rows = read_rows(self, X, reset=False).double().numpy()
        with torch.no_grad():
            found = self.module_.encode(torch.as_tensor((rows - self._center) / self._scale).float())
        return np.asarray(found.double().numpy())


def _restart(net: GatedAutoencoder, rows: torch.Tensor, numbers: torch.Tensor) -> None:
    """Gates begin anew where the concepts vary: an early gate that stood in for a bend of the map would not close by itself."""
    with torch.no_grad():
        concepts = net.encode(rows)
        members = torch.nn.functional.one_hot(numbers).float()
        sizes = members.sum(dim=0)[:, None]
        means = members.T @ concepts / sizes
        variances = members.T @ (concepts - means[numbers]) ** 2 / sizes
        net.gates.copy_(GATE_RESTART * (variances / variances.amax(dim=0).clamp_min(1e-12) - 0.5))
