"""distill(): a network becomes formulas that answer as it does, with how closely they do on inputs not used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from induce.budget import Budget
from induce.errors import DataError, FillError, InduceError
from induce.fill import solve, with_target
from induce.fit import Fit
from induce.formulas.asking import Recording, answers, as_rows
from induce.formulas.density import density_weights
from induce.formulas.estimator import FormulaRegressor
from induce.formulas.refitting import refitted
from induce.hypotheses import Hypotheses
from induce.table import Table
from induce.task import Task
from induce.terms import hole
from induce.terms.show import to_text
from induce.terms.term import Term

__all__ = ["Distillation", "distill"]

Array = NDArray[np.float64]
OPERATORS = "+ - * / sqrt exp log sin cos"
HELD_OUT = 0.2


@dataclass(frozen=True, eq=False)
class Distillation:
    """Formulas in place of a network.

    Parameters
    ----------
    fits : mapping of output name to Fit
        Every candidate; ``fits["y0"].rows``.
    names : tuple of str
        The inputs, in order.
    held_out : (Table, mapping of output name to array)
        Inputs that no search saw, and the network's answers.
    weights : array, optional
        Of the held-out rows.
    single : bool
        Whether the network gives one number a row.

    >>> found = distill(lambda X: 2 * X[:, 0] + 1, np.linspace(0, 3, 50).reshape(-1, 1), into="+ *", names=["t"])
    >>> found.formulas
    {'y': 2 * t + 1}
    """

    fits: Mapping[str, Fit]
    names: tuple[str, ...]
    held_out: tuple[Table, Mapping[str, Array]]
    weights: Array | None = None
    single: bool = False

    @property
    def formulas(self) -> dict[str, Term]:
        """The chosen formula of every output."""
        return {name: fit.best for name, fit in self.fits.items()}

    @property
    def fidelity(self) -> dict[str, float]:
        """R2 of each formula against the network on inputs that no search saw, weighted as in the search."""
        table, outputs = self.held_out
        return {name: _fidelity(fit, table, outputs[name], self.weights) for name, fit in self.fits.items()}

    def select(self, output: str | None = None, **what: Any) -> Distillation:
        """The same with another row of one output's front chosen, or of all; see :meth:`induce.Fit.select`."""
        if output is not None and output not in self.fits:
            raise DataError(f"there is no output '{output}'. There are: {', '.join(self.fits)}.")
        return replace(
            self,
            fits={n: fit.select(**what) if output in (None, n) else fit for n, fit in self.fits.items()},
        )

    def predict(self, X: Any) -> Array:
        """What the formulas say: array of shape (rows, outputs), or (rows,) for a network of one number a row."""
        named = hasattr(X, "columns") or isinstance(X, Mapping | Table)
        table = Table.from_any(X) if named else Table.from_any(as_rows(X), names=self.names)
        columns = [fit.predict_table(table.select(self.names)) for fit in self.fits.values()]
        return columns[0] if self.single else np.stack(columns, axis=-1)

    def to_torch(self, *, trainable: bool = False, device: Any = None) -> Any:
        """A module that is called as the network is: (..., inputs) -> (..., outputs).

        Parameters
        ----------
        trainable : bool
            Whether the numbers in the formulas are parameters, to be trained on.
        """
        from induce.formulas.closed import FormulaModule

        module = FormulaModule(list(self.formulas.values()), self.names, trainable=trainable, single=self.single)
        return module.to(device) if device is not None else module

    def __str__(self) -> str:
        fidelity = self.fidelity
        lines = [("output", "size", "fidelity", "formula")]
        lines += [(n, str(f.best.size), f"{fidelity[n]:.6f}", to_text(f.best, digits=4)) for n, f in self.fits.items()]
        wide = [max(len(line[k]) for line in lines) for k in range(3)]
        body = [f"{a.ljust(wide[0])}  {b.rjust(wide[1])}  {c.rjust(wide[2])}  {d}" for a, b, c, d in lines]
        note = f"Fidelity: R2 against the network on {self.held_out[0].rows} inputs that no search saw."
        return "\n".join([*body, "", note])

    __repr__ = __str__


def distill(
    network: Any,
    X: Any,
    *,
    into: Any = None,
    names: Sequence[str] | None = None,
    outputs: Sequence[int | str] | None = None,
    density: str = "even",
    select: str | None = None,
    within: Budget | str | float | None = None,
    seed: int = 0,
) -> Distillation:
    """Formulas that answer as a network does.

    The network is asked at ``X``; four fifths of the answers are searched for formulas, one fifth says how closely they
    follow. A network is a smooth function, not a noisy one: its small deviations from a law do not average out over rows.
    So the default choice is the elbow of the front, and every number of a formula is fitted, whole numbers too, except
    exponents.

    Parameters
    ----------
    network : torch module, estimator with ``predict``, callable, or Recording
        A module is asked in evaluation mode on its own device, and left as it was. For a :class:`Recording`, leave ``X``
        out as None: the rows are those recorded.
    X : data frame, array or tensor of shape (..., columns)
        Where to ask. Formulas are as good as these inputs are representative.
    into : None, str, Hypotheses, FormulaRegressor, Term, or a mapping of output name to one of these
        Nothing or operators (``"+ - * /"``): a free formula. Hypotheses: what is known of it. A FormulaRegressor: all
        settings of the search (it stays unfitted). A term with holes: a sketch, whose holes are filled.
    names : sequence of str, optional
        The inputs; by default those of the data frame, or ``x0, x1, ...``.
    outputs : sequence of int or of str, optional
        Places of the outputs that are wanted, or names for all of them; by default all, as ``y`` or ``y0, y1, ...``.
    density : {"even", "rows"}
        Whether rare inputs count as much as frequent ones (see :func:`induce.formulas.density.density_weights`) or every
        row counts once.
    select : str, optional
        How rows are chosen: "elbow", "description_length" or "loss".
    within : Budget, str or float, optional
        For each output.
    seed : int

    Returns
    -------
    Distillation

    Raises
    ------
    DataError, FillError
        For answers that are no numbers per row, names that do not fit, and too few rows.

    References
    ----------
    C. Bucila, R. Caruana, A. Niculescu-Mizil (2006), Model Compression. M. Cranmer et al. (2020), Discovering Symbolic
    Models from Deep Learning with Inductive Biases.

    >>> import torch
    >>> net = torch.nn.Linear(2, 1, dtype=torch.float64)
    >>> found = distill(net, torch.rand(100, 2, dtype=torch.float64), into="+ *")
    >>> found.fidelity["y"] > 0.999, found.to_torch()(torch.zeros(5, 2)).shape
    (True, torch.Size([5, 1]))
    """
    if isinstance(network, Recording):
        X, (values, single) = network.inputs, (network.outputs, False)
    else:
        values, single = answers(network, X)
    framed = hasattr(X, "columns") or isinstance(X, Table)
    table = Table.from_any(X if framed else as_rows(X), names=names)
    wanted = _wanted(outputs, values.shape[1])
    if table.rows < 10:
        raise DataError(
            f"X has {table.rows} rows, but distilling needs 10 or more. Ask the network at more inputs; they cost nothing."
        )
    weights = density_weights(table.values, density)
    order = np.random.default_rng([seed, 41]).permutation(table.rows)
    cut = max(2, int(HELD_OUT * table.rows))
    out, kept = np.sort(order[:cut]), np.sort(order[cut:])
    part = _Part(_rows(table, kept), None if weights is None else weights[kept], select, within, seed)
    fits = {name: part.fit(name, values[kept, k], _target_of(into, name, wanted)) for name, k in wanted.items()}
    unseen = (_rows(table, out), {name: values[out, k] for name, k in wanted.items()})
    return Distillation(fits, table.names, unseen, None if weights is None else weights[out], single)


@dataclass(frozen=True)
class _Part:
    """The rows that are searched, and how."""

    table: Table
    weights: Array | None
    select: str | None
    within: Any
    seed: int

    def fit(self, name: str, target: Array, into: Any) -> Fit:
        rule = self.select or "elbow"
        if isinstance(into, Term):
            if not into.holes:
                raise FillError(f"'{into}' has no holes, so there is nothing to fill. Write ?a for an unknown number.")
            task = Task(into, self.table, target, self.weights, seed=self.seed)
            return with_target(solve(task, within=Budget.read(self.within), select=rule, seed=self.seed), name)
        model = self._regressor(into)
        with np.errstate(all="ignore"):  # candidates may divide by zero; those are dropped
            model.fit(self.table, target, sample_weight=self.weights)
        if isinstance(into, FormulaRegressor) and self.select is None:
            rule = str(into.get_params()["select"])
        if rule == "validation":
            return with_target(model.fit_, name)
        free = hole.real("free")
        task = Task(free, self.table, target, self.weights, noise=model.noise, seed=self.seed)
        return with_target(refitted(model.fit_, task, model.subject_to).select(by=rule), name)

    def _regressor(self, into: Any) -> FormulaRegressor:
        if isinstance(into, FormulaRegressor):
            model: FormulaRegressor = clone(into)
            return model if self.within is None else model.set_params(within=self.within)
        if into is not None and not isinstance(into, str | Hypotheses):
            raise FillError(
                f"cannot distill into {type(into).__name__}. Give operators such as '+ - * /', Hypotheses, a "
                "FormulaRegressor or a term with holes."
            )
        known = into if isinstance(into, Hypotheses) else ()
        return FormulaRegressor(
            into if isinstance(into, str) else OPERATORS,
            subject_to=known, within=self.within, random_state=self.seed,
        )  # fmt: skip


def _rows(table: Table, rows: NDArray[np.int64]) -> Table:
    return Table(table.names, table.values[:, rows], table.units, {})


def _wanted(outputs: Sequence[int | str] | None, count: int) -> dict[str, int]:
    """Output name to place."""
    default = ["y"] if count == 1 else [f"y{k}" for k in range(count)]
    if outputs is None:
        return {name: k for k, name in enumerate(default)}
    given = [outputs] if isinstance(outputs, str | int) else list(outputs)
    if all(isinstance(o, str) for o in given):
        if len(given) != count or len(set(given)) != count:
            raise DataError(
                f"outputs names {given}, but the network has {count} outputs. Give {count} different names, or places."
            )
        return {str(name): k for k, name in enumerate(given)}
    for place in given:
        if not isinstance(place, int) or isinstance(place, bool) or not 0 <= place < count:
            raise DataError(
                f"outputs holds {place!r}, but the network has outputs 0 to {count - 1}. Give places or names."
            )
    return {default[int(k)]: int(k) for k in given}


def _target_of(into: Any, name: str, wanted: Mapping[str, int]) -> Any:
    if not isinstance(into, Mapping):
        return into
    unknown = [str(key) for key in into if key not in wanted]
    if unknown:
        raise DataError(f"into has '{unknown[0]}', which is no output. There are: {', '.join(wanted)}.")
    return into.get(name)


def _fidelity(fit: Fit, table: Table, target: Array, weights: Array | None) -> float:
    try:
        value = fit.predict_table(table)
    except InduceError:
        return float("nan")
    w = np.ones(len(target)) if weights is None else weights
    spread = float(np.average((target - np.average(target, weights=w)) ** 2, weights=w))
    miss = float(np.average((target - value) ** 2, weights=w))
    return 1.0 - miss / spread if spread > 0 else (1.0 if miss == 0 else 0.0)
