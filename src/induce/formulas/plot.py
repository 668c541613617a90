"""Three charts of a Fit: the front, predicted against true values, residuals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from induce.errors import DataError, ExportError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from induce.fit import Fit

__all__ = ["plot_fit"]

_FRONT, _CHOSEN, _GUIDE = "#4477aa", "#cc3311", "#888888"
_MOST_POINTS = 20_000


def plot_fit(fit: Fit, predicted: ArrayLike | None = None, target: ArrayLike | None = None) -> Figure:
    """Draw loss against size with the chosen formula marked and, with data, how well it predicts.

    The figure belongs to no window and to no global state: save it with ``figure.savefig("fit.png")``; notebooks show it.

    Parameters
    ----------
    fit : Fit
    predicted, target : array of shape (rows,), optional
        Values of the chosen formula and true values; both or neither. Rows where the formula is undefined are left out.

    Returns
    -------
    matplotlib.figure.Figure
        With one axes, or three.

    Raises
    ------
    ExportError
        If matplotlib is not installed.
    DataError
        If only one of ``predicted`` and ``target`` is given, or their shapes differ.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ExportError(
            "charts need matplotlib, which is not installed. Install it: pip install 'induce[plot]'."
        ) from error
    if (predicted is None) != (target is None):
        raise DataError("a chart of predictions needs both predicted and target values. Give both, or neither.")
    if predicted is None or target is None:
        figure = Figure(figsize=(6.0, 4.0), layout="constrained")
        _front(figure.add_subplot(), fit)
        return figure
    seen, true = np.asarray(predicted, dtype=float), np.asarray(target, dtype=float)
    if seen.ndim != 1 or seen.shape != true.shape:
        raise DataError(
            f"predicted has shape {seen.shape} and target has shape {true.shape}, but one number per row is needed in both. "
            "Predict the rows that the target belongs to."
        )
    figure = Figure(figsize=(15.0, 4.5), layout="constrained")
    axes = figure.subplots(1, 3)
    _front(axes[0], fit)
    _predictions(axes[1], axes[2], fit, seen, true)
    return figure


def _front(axes: Axes, fit: Fit) -> None:
    """Loss against size, log scale; a loss of zero is drawn at the bottom."""
    sizes = np.array([row.size for row in fit.rows])
    losses = np.array([row.loss for row in fit.rows])
    known = losses[losses > 0]
    floor = known.min() * 1e-2 if known.size else 1e-30
    shown = np.maximum(losses, floor)
    axes.plot(sizes, shown, drawstyle="steps-post", color=_FRONT, linewidth=1.0)
    axes.plot(sizes, shown, "o", color=_FRONT, label="front")
    axes.plot(
        sizes[fit.chosen],
        shown[fit.chosen],
        "o",
        color=_CHOSEN,
        markersize=10,
        label=f"chosen: {_short(fit.row.text())}",
    )
    for base, style in zip(fit.baselines, (":", "--", "-."), strict=False):
        axes.axhline(max(base.loss, floor), color=_GUIDE, linestyle=style, linewidth=1.0, label=base.name)
    axes.set_yscale("log")
    axes.set(xlabel="size (nodes)", ylabel=f"mean square error{_unit(fit, '²')}", title="Front")
    axes.legend(fontsize="small")


def _predictions(left: Any, right: Any, fit: Fit, seen: Any, true: Any) -> None:
    good = np.flatnonzero(np.isfinite(seen) & np.isfinite(true))
    dropped = len(seen) - len(good)
    good = good[:: max(1, -(-len(good) // _MOST_POINTS))]
    seen, true = seen[good], true[good]
    left.plot(true, seen, ".", color=_FRONT)
    if len(true):
        ends = [min(true.min(), seen.min()), max(true.max(), seen.max())]
        left.plot(ends, ends, color=_GUIDE, linewidth=1.0, label="predicted = true")
        left.legend(fontsize="small")
    left.set(xlabel=f"true {fit.target}{_unit(fit)}", ylabel=f"predicted {fit.target}{_unit(fit)}")
    left.set_title("Predicted against true" + (f" ({dropped} undefined rows left out)" if dropped else ""))
    right.axhline(0.0, color=_GUIDE, linewidth=1.0)
    right.plot(seen, true - seen, ".", color=_FRONT)
    right.set(xlabel=f"predicted {fit.target}{_unit(fit)}", ylabel=f"true - predicted{_unit(fit)}", title="Residuals")


def _unit(fit: Fit, power: str = "") -> str:
    if not fit.target_unit:
        return ""
    return f" [({fit.target_unit}){power}]" if power else f" [{fit.target_unit}]"


def _short(text: str, most: int = 40) -> str:
    cut = text if len(text) <= most else text[: most - 3] + "..."
    return cut.replace("$", r"\$")
