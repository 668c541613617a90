"""SymbolClassifier: a network that answers through symbols of its own, and rules over these symbols."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted
from torch import nn
from torch.nn import functional

from induce.checks import seed_of
from induce.errors import DataError
from induce.mixed import TRUTH, Column, MixedTable
from induce.nets import SmallCNN
from induce.nets.symbols import Chain, SymbolLayer
from induce.rules.decisions import FIRST
from induce.rules.distilling import distilled
from induce.rules.encoders import check_encoder, first_answers
from induce.rules.input_rows import InputRows
from induce.rules.restrictions import Restrictions
from induce.rules.rule_fit import RuleFit
from induce.rules.searching import Settings
from induce.settings import check_number, check_whole

__all__ = ["SymbolClassifier"]

_WARM, _REFINE = 0.5, 0.75  # shares of the epochs: until there no symbols; from there the encoder is still
_SLOWER = 0.25  # learning rate once there are symbols
_HELD = 0.2  # share of the rows on which rules are compared with the network
_ENOUGH = 50  # rows below which nothing is left out
_ASKED = 1024  # rows that are answered at once


class SymbolClassifier(InputRows, ClassifierMixin, BaseEstimator):
    """Learn classes through a chain of symbols, ``logits = sum_t g_t U[symbol_t]``, and rules over the active symbols.

    First the encoder and a plain head are trained, then codes are put where its vectors are and trained with it, last the encoder
    rests and gates and readout are refined. See :class:`~induce.nets.SymbolLayer` for the losses; the weights are a reconstruction.

    Parameters
    ----------
    encoder : Module, optional
        From rows to features of shape (rows, features). By default two convolutions for pictures, two layers for tables. One that
        reads rows by an embedding is given whole numbers, the numbers of tokens.
    codes : int or None
        Symbols of the codebook. None: the same network without symbols, to compare with.
    length : int
        Most symbols of a decision.
    features : int
        Of the default encoder.
    purity : float
        Weight of the loss that symbols speak for one class.
    sparsity : float
        Weight of the loss on open gates.
    max_rules : int
        Most rules; a class with more than four classes.
    epochs : int
    batch_size : int
    rate : float
        Learning rate of Adam.
    random_state : int, RandomState or None

    Attributes
    ----------
    classes_ : array
    fit_ : RuleFit
        Rules over symbols that answer as the network does, with their fidelity on rows left out.
    rules_ : tuple of str
    encoder_, layer_ : torch.nn.Module

    References
    ----------
    AI Mother Tongue (2025), Interpretable by AI Mother Tongue: Native Symbolic Reasoning in Neural Models. A. van den Oord,
    O. Vinyals, K. Kavukcuoglu (2017), Neural Discrete Representation Learning.

    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> model = SymbolClassifier(codes=6, epochs=40).fit(X, np.where(X[:, 0] > 0, "right", "left"))
    >>> model.predict([[2.0, 0.0], [-2.0, 0.0]]).tolist()
    ['right', 'left']
    """

    def __init__(
        self,
        encoder: nn.Module | None = None,
        *,
        codes: int | None = 32,
        length: int = 3,
        features: int = 64,
        purity: float = 1.0,
        sparsity: float = 0.05,
        max_rules: int = 12,
        epochs: int = 20,
        batch_size: int = 64,
        rate: float = 2e-3,
        random_state: Any = None,
    ) -> None:
        self.encoder = encoder
        self.codes = codes
        self.length = length
        self.features = features
        self.purity = purity
        self.sparsity = sparsity
        self.max_rules = max_rules
        self.epochs = epochs
        self.batch_size = batch_size
        self.rate = rate
        self.random_state = random_state

    # ---- fitting

    def fit(self, X: Any, y: Any) -> SymbolClassifier:
        """Train the network and find its rules.

        Parameters
        ----------
        X : table, array of shape (rows, columns), or pictures of shape (rows, channels, height, width) from 0 to 1
        y : array-like of shape (rows,)

        Raises
        ------
        DataError, FillError
        """
        self._check()
        rows, target = self._read(X, y)
        seed = seed_of(self.random_state)
        kept, held = self._parts(len(rows), seed)
        self._center, self._scale = self._spread(rows)
        with torch.random.fork_rng(devices=[]):  # the user's own draws go on undisturbed
            torch.manual_seed(seed)
            self._train(self._scaled(rows[kept]), target[kept], seed)
        if self.codes is not None:
            self._describe(rows, target, kept, held, seed)
        return self

    def _check(self) -> None:
        for name in ("codes", "length", "features", "max_rules", "epochs", "batch_size"):
            if name != "codes" or self.codes is not None:
                check_whole(name, getattr(self, name))
        check_number("purity", self.purity, 1.0)
        check_number("sparsity", self.sparsity, 0.05)
        check_number("rate", self.rate, 2e-3, above=True)
        check_encoder(self.encoder)

    def _parts(self, rows: int, seed: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Rows for training, and rows on which rules and network are compared; all for both where there are few."""
        order = np.random.default_rng(seed).permutation(rows)
        if rows < _ENOUGH:
            return np.sort(order), np.sort(order)
        cut = int(_HELD * rows)
        return np.sort(order[cut:]), np.sort(order[:cut])

    def _spread(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if rows.ndim > 2 or not rows.is_floating_point():  # pictures are from 0 to 1 already, and tokens have no scale
            return torch.zeros(()), torch.ones(())
        wide = rows.double()
        scale = wide.std(0, correction=0)
        return wide.mean(0), torch.where(scale > 1e-12, scale, torch.ones_like(scale))

    def _scaled(self, rows: torch.Tensor) -> torch.Tensor:
        if not rows.is_floating_point():
            return rows
        return ((rows.double() - self._center) / self._scale).clamp(-1e6, 1e6).float()

    def _make(self, rows: torch.Tensor) -> None:
        if self.encoder is not None:
            self.encoder_: nn.Module = copy.deepcopy(self.encoder)
        elif rows.ndim == 4 and rows.shape[2] == rows.shape[3]:
            self.encoder_ = SmallCNN(channels=rows.shape[1], size=rows.shape[2], features=int(self.features))
        else:
            width = int(np.prod(rows.shape[1:]))
            self.encoder_ = nn.Sequential(
                nn.Flatten(), nn.Linear(width, 128), nn.ReLU(), nn.Linear(128, int(self.features)), nn.ReLU()
            )
        width = first_answers(self.encoder_, rows, flat=True).shape[1]
        count = len(self.classes_)
        self.head_ = nn.Linear(width, count)
        self.layer_ = None
        if self.codes is not None:
            self.layer_ = SymbolLayer(
                width,
                count,
                codes=int(self.codes),
                length=int(self.length),
                purity=float(self.purity),
                sparsity=float(self.sparsity),
            )

    def _train(self, rows: torch.Tensor, target: torch.Tensor, seed: int) -> None:
        self._make(rows)
        modules = nn.ModuleList([m for m in (self.encoder_, self.head_, self.layer_) if m is not None]).train()
        optimizer = torch.optim.Adam(modules.parameters(), lr=float(self.rate))
        epochs = int(self.epochs)
        warm, refine = (
            (max(1, int(_WARM * epochs)), int(_REFINE * epochs)) if self.layer_ is not None else (epochs, epochs)
        )
        for epoch in range(epochs):
            layer = self.layer_ if epoch >= warm else None
            if layer is not None and epoch == warm:
                layer.begin(self._features(rows), target, seed)
                optimizer.param_groups[0]["lr"] = _SLOWER * float(self.rate)
                modules.train()
            if layer is not None and epoch == max(refine, warm):
                layer.crisp, layer.learning = True, False
                for part in (self.encoder_, layer.speak):
                    part.requires_grad_(False)
            for some in torch.randperm(len(rows)).split(int(self.batch_size)):  # type: ignore[no-untyped-call]
                optimizer.zero_grad()
                h = self.encoder_(rows[some])
                if layer is None:
                    loss = functional.cross_entropy(self.head_(h), target[some])
                else:
                    said = layer(h, target[some])
                    loss = functional.cross_entropy(said.logits, target[some]) + said.loss
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
        modules.eval().requires_grad_(True)
        if self.layer_ is not None:
            self.layer_.crisp = True

    @torch.no_grad()
    def _features(self, rows: torch.Tensor) -> torch.Tensor:
        self.encoder_.eval()
        return torch.cat([self.encoder_(part) for part in rows.split(_ASKED)])  # type: ignore[no-untyped-call]

    @torch.no_grad()
    def _said(self, rows: torch.Tensor) -> Chain:
        assert self.layer_ is not None
        said: Chain = self.layer_(self._features(self._scaled(rows)))
        return said

    def _describe(
        self, rows: torch.Tensor, target: torch.Tensor, kept: NDArray[Any], held: NDArray[Any], seed: int
    ) -> None:
        said = self._said(rows)
        answers = said.logits.argmax(1).numpy()
        table = self._table(self._active(said))
        on = (
            f"the {len(held):,} rows left out of training"
            if len(held) + len(kept) == len(rows)
            else "the rows of the fit"
        )
        # a rule is on symbols that are there; the absence of one would decide nearly every row at once
        present = Restrictions(forbidden=[f"{name} is false" for name in table.names])
        self.fit_: RuleFit = distilled(
            table.take(kept), answers[kept], tuple(self.classes_.tolist()),
            # a symbol speaks for itself; the order of the list settles rows with several
            Settings(int(self.max_rules), 1, 1, FIRST, present, seed=seed),
            (table.take(held), target.numpy()[held], answers[held]), on,
        )  # fmt: skip
        self._described = (said, target.numpy(), held)

    def _active(self, said: Chain) -> NDArray[np.bool_]:
        """Which symbols are active, shape (rows, codes)."""
        found = np.zeros((len(said.codes), int(self.codes or 0)), dtype=bool)
        rows, steps = np.nonzero(said.active.numpy())
        found[rows, said.codes.numpy()[rows, steps]] = True
        return found

    def _table(self, active: NDArray[np.bool_]) -> MixedTable:
        return MixedTable(
            tuple(
                Column(f"sym_{k}", TRUTH, active[:, k].astype(np.float64), (False, True))
                for k in range(active.shape[1])
            )
        )

    # ---- answers

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probabilities of the classes, shape (rows, classes)."""
        check_is_fitted(self, "encoder_")
        rows = self._rows(X)
        with torch.no_grad():
            if self.layer_ is None:
                logits = self.head_(self._features(self._scaled(rows)))
            else:
                logits = self._said(rows).logits
        return np.asarray(logits.double().softmax(1).numpy())

    def predict(self, X: Any) -> NDArray[Any]:
        """The likeliest class of each row."""
        check_is_fitted(self, "encoder_")
        return np.asarray(self.classes_[self.predict_proba(X).argmax(1)])

    @property
    def rules_(self) -> tuple[str, ...]:
        """The conditions of the rules over symbols, in words."""
        self._needs_symbols()
        return tuple(self.fit_.decisions.text(k) for k in range(len(self.fit_)))

    def active_symbols(self, X: Any) -> pd.DataFrame:
        """Truth of the predicates ``sym_k(x)`` of each row: which symbols are active."""
        self._needs_symbols()
        active = self._active(self._said(self._rows(X)))
        return pd.DataFrame(active, columns=[f"sym_{k}" for k in range(active.shape[1])])

    def symbol_table(self, X: Any) -> MixedTable:
        """:meth:`active_symbols` as the table that ``fit_.predict_table`` and ``fit_.explain`` read."""
        self._needs_symbols()
        return self._table(self._active(self._said(self._rows(X))))

    def symbols(self, X: Any = None, y: Any = None, *, examples: int = 3) -> pd.DataFrame:
        """What each symbol is worth: the class it speaks for, purity, support, and the rows nearest to its code.

        Parameters
        ----------
        X, y : as in ``fit``, optional
            Rows to count on; the rows left out of training by default.
        examples : int

        Returns
        -------
        data frame with a row for each symbol that is active anywhere: symbol, class, purity, support, examples (numbers of rows).
        """
        self._needs_symbols()
        said, target, rows = self._described
        if X is not None:
            said = self._said(self._rows(X))
            target, rows = np.searchsorted(self.classes_, np.asarray(y)), np.arange(len(said.codes))
        active = self._active(said)[rows]
        codes = said.codes.numpy()[rows]
        found = []
        for k in np.flatnonzero(active.any(axis=0)):  # one pass a symbol, not a row
            own = np.flatnonzero(active[:, k])
            counts = np.bincount(target[rows[own]], minlength=len(self.classes_))
            first = own[np.argsort((codes[own] != k).sum(1), kind="stable")][:examples]
            found.append(
                (
                    f"sym_{k}",
                    self.classes_[counts.argmax()],
                    counts.max() / len(own),
                    len(own),
                    tuple(rows[first].tolist()),
                )
            )
        return pd.DataFrame(found, columns=["symbol", "class", "purity", "support", "examples"])

    def chains(self, X: Any = None) -> pd.DataFrame:
        """The chains of active symbols, how often each is said, and what is answered, the most frequent first."""
        self._needs_symbols()
        said = self._described[0] if X is None else self._said(self._rows(X))
        codes = np.where(said.active.numpy(), said.codes.numpy(), -1)
        distinct, first, counts = np.unique(codes, axis=0, return_index=True, return_counts=True)
        answers = self.classes_[said.logits.argmax(1).numpy()[first]]
        texts = [" ".join(f"sym_{k}" for k in chain if k >= 0) for chain in distinct]
        table = pd.DataFrame({"chain": texts, "answer": answers, "support": counts})
        return table.sort_values("support", ascending=False, kind="stable").reset_index(drop=True)

    @property
    def perplexity_(self) -> float:
        """How many symbols are in use, in effect, on the rows of the fit."""
        self._needs_symbols()
        said = self._described[0]
        assert self.layer_ is not None
        return self.layer_.perplexity(said.codes[said.active])

    def _needs_symbols(self) -> None:
        check_is_fitted(self, "encoder_")
        if self.layer_ is None:
            raise DataError("codes=None has no symbols. Fit with codes=32.")
