"""What a logic program is trained by: likelihood of observed conclusions, semantic loss of its constraints."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from induce.algebras.semirings import Semiring
from induce.errors import DataError
from induce.logic.chains import ChainFunction, ObservedSum, observed_sum

__all__ = ["Likelihood"]


class Likelihood:
    """Losses of a logic program; mixed into :class:`~induce.logic.program.LogicProgram`."""

    def _observed_sum(self: Any) -> ObservedSum | None:
        """The carry automaton of the query, when it is one sum of independent variables and nothing else."""
        if self._sum is False:
            self._sum = None
            exact = isinstance(self.algebra, Semiring) and self.algebra.method == "circuit"
            if exact and len(self.queries) == 1 and self.method in (None, "structure"):
                began = time.process_time()
                self._sum = observed_sum(self.queries[0], self.ground(observed=True))
                self.seconds["compile"] = time.process_time() - began
        return self._sum  # type: ignore[return-value]

    def log_probability(self: Any, target: Any, **inputs: Any) -> torch.Tensor:
        """Log of the probability (or degree) of the observed answer of each example.

        Parameters
        ----------
        target : array, shape (batch,)
            The observed value of the query's variable; for a query without variables whether it holds. A matrix of shape
            (batch, answers) says of every answer whether it holds; their logs are added.
        **inputs : tensors

        Returns
        -------
        tensor, shape (batch,)
        """
        chain = self._observed_sum() if np.ndim(target) < 2 else None
        if chain is not None:
            reader = self._reader(True)
            totals = _whole_totals(target, chain.chain.largest)
            return ChainFunction.apply(reader(inputs), chain, totals).to(reader.dtype)
        values, reader = self._values(inputs), self._reader()
        given = torch.as_tensor(target, device=values.device) if hasattr(target, "shape") or values.ndim == 1 else None
        if given is not None and (values.ndim == 1 or given.ndim == 2):
            if given.numel() != values.numel():
                raise DataError(
                    f"the target has shape {tuple(given.shape)}, but the program gives {tuple(values.shape)}: one truth value "
                    "for each example and answer was expected."
                )
            truth = given.to(torch.bool).reshape(values.shape)
            if self.algebra.name == "log-probability":
                found = torch.where(truth, values, torch.log(-torch.expm1(values.clamp_max(-1e-15))))
            else:
                tiny = 1e-300 if values.dtype == torch.float64 else 1e-38
                found = torch.log(torch.where(truth, values, 1.0 - values).clamp_min(tiny))
            return (found if found.ndim == 1 else found.sum(1)).to(reader.dtype)
        place = self._places_of(target, values.device)
        if len(place) != len(values):
            raise DataError(f"{len(place)} observed answers for {len(values)} examples. Give one for each example.")
        picked = values.gather(1, place.unsqueeze(1)).squeeze(1)
        if self.algebra.name == "log-probability":
            return picked.to(reader.dtype)
        return torch.log(picked.clamp_min(1e-300 if picked.dtype == torch.float64 else 1e-38)).to(reader.dtype)

    def _places_of(self: Any, target: Any, device: Any) -> torch.Tensor:
        """Columns of the outputs that hold the observed answers."""
        listed = target.tolist() if hasattr(target, "tolist") else list(target)
        rows = [v if len(v) != 1 else v[0] for v in self.answers.values]
        known: dict[Any, int] = {}
        for k, row in enumerate(rows):
            known[type(row).__name__, row] = k
        for k, row in enumerate(rows):  # another type of the same value will do where it is the only one
            known.setdefault(row, k)
        found = []
        for value in listed:
            key = tuple(value) if isinstance(value, list) else value
            key = (type(key).__name__, key) if (type(key).__name__, key) in known else key
            if key not in known:
                raise DataError(
                    f"the observed answer {key!r} is not among the {len(rows)} answers of '{self.queries[0]}'. "
                    "Give it in over=, or check the labels."
                )
            found.append(known[key])
        return torch.tensor(found, device=device)

    def loss(self: Any, target: Any = None, *, constraints: float = 0.0, **inputs: Any) -> torch.Tensor:
        """Mean negative log-likelihood of the observed conclusions, plus a weight times the semantic loss.

        Parameters
        ----------
        target : array, optional
            Observed conclusions; leave out to train on the constraints alone.
        constraints : float
            Weight of ``-log P(constraints)`` (1 when there is no target).
        """
        total: Any = 0.0
        if target is not None:
            total = -self.log_probability(target, **inputs).mean()
        weight = constraints if target is not None else 1.0
        if weight:
            total = total - weight * self.log_probability_of_constraints(**inputs).mean()
        return total  # type: ignore[no-any-return]

    def log_probability_of_constraints(self: Any, **inputs: Any) -> torch.Tensor:
        """``log P(constraints and evidence)`` of each example, shape (batch,).

        References
        ----------
        J. Xu et al. (2018), A Semantic Loss Function for Deep Learning with Symbolic Knowledge.
        """
        backend = self.given_backend()
        reader = self._reader()
        return backend.log_given(reader(inputs)).to(reader.dtype)


def _whole_totals(target: Any, largest: int) -> NDArray[np.int64]:
    """Observed totals as integers; anything that cannot be a total is refused."""
    try:
        given = np.atleast_1d(np.asarray(target.detach().cpu() if hasattr(target, "detach") else target))
        totals = np.where(np.isfinite(given), given, 0.5).astype(np.int64)
        same = bool((totals == given).all())
    except (TypeError, ValueError):
        same = False
    if not same:
        raise DataError(f"the observed sums must be whole numbers, but got {target!r}. Check the labels.")
    if len(totals) and int(totals.max()) > largest:
        raise DataError(
            f"the observed sum {int(totals.max())} is larger than any that can be ({largest}). Check the labels."
        )
    return totals.reshape(-1)
