"""How far the reasons of a classifier are those of the experts: misattribution by part, by class and by row."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError
from induce.settings import check_number

__all__ = ["Alignment", "Offense", "alignment"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Offense:
    """A part that counts for a class against the experts' graph.

    Parameters
    ----------
    part, label : str
    rows : int
        In how many rows of the class.
    mean : float
        Mean contribution over those rows; negative.
    says : str
        ``"has"`` or ``"lacks"``: what the graph says of the class and the part.
    """

    part: str
    label: str
    rows: int
    mean: float
    says: str

    def __str__(self) -> str:
        counted = f"{self.rows} row{'s' if self.rows != 1 else ''}"
        against = "against" if self.says == "has" else "for"
        return f"{self.part} counts {against} {self.label}, which {self.says} it: {counted}, mean {self.mean:.3f}"


@dataclass(frozen=True, eq=False)
class Alignment:
    """Contributions of parts to the class of each row, signed by the experts' graph: negative where they contradict it.

    Parameters
    ----------
    contributions : array, shape (rows, parts)
        ``c_i = phi_{i,y} KG_{i,y}``.
    signs : array, shape (classes, parts)
    assigned : array of int, shape (rows,)
        Place of the class ``y`` of each row.
    parts, classes : tuple of str
    threshold : float
        A contribution below ``-threshold`` is a misattribution.
    """

    contributions: Array
    signs: Array
    assigned: NDArray[np.intp]
    parts: tuple[str, ...]
    classes: tuple[str, ...]
    threshold: float

    @property
    def misattributed(self) -> NDArray[np.bool_]:
        """Which part is misattributed in which row, shape (rows, parts)."""
        return np.asarray(self.contributions < -self.threshold)

    @property
    def rows(self) -> NDArray[np.intp]:
        """Rows in which some part is misattributed, the worst first."""
        found = np.flatnonzero(self.misattributed.any(1))
        return found[np.argsort(self.contributions[found].min(1), kind="stable")]

    @property
    def share(self) -> float:
        """Share of the rows in which some part is misattributed."""
        return float(self.misattributed.any(1).mean()) if len(self.contributions) else 0.0

    @property
    def per_part(self) -> dict[str, float]:
        """Share of the rows in which each part is misattributed."""
        return dict(zip(self.parts, self.misattributed.mean(0).tolist(), strict=True))

    @property
    def per_class(self) -> dict[str, float]:
        """Share of each class's rows in which some part is misattributed; NaN for a class without rows."""
        any_part = self.misattributed.any(1)
        counts = np.bincount(self.assigned, minlength=len(self.classes))
        hits = np.bincount(self.assigned, weights=any_part, minlength=len(self.classes))
        shares = np.divide(hits, counts, out=np.full(len(counts), np.nan), where=counts > 0)
        return dict(zip(self.classes, shares.tolist(), strict=True))

    @property
    def offenses(self) -> list[Offense]:
        """The pairs of part and class that offend, those of most rows first."""
        wrong = self.misattributed
        found = []
        for label in np.unique(self.assigned):
            of = self.assigned == label
            counts = wrong[of].sum(0)
            totals = np.where(wrong[of], self.contributions[of], 0.0).sum(0)
            for part in np.flatnonzero(counts):
                says = "has" if self.signs[label, part] > 0 else "lacks"
                mean = float(totals[part] / counts[part])
                found.append(Offense(self.parts[part], self.classes[label], int(counts[part]), mean, says))
        return sorted(found, key=lambda o: (-o.rows, o.mean))

    def to_json(self) -> str:
        """The report as JSON text: shares, offenses, and the rows with their worst part."""
        rows = [
            {
                "row": int(row),
                "class": self.classes[self.assigned[row]],
                "part": self.parts[int(self.contributions[row].argmin())],
                "contribution": float(self.contributions[row].min()),
            }
            for row in self.rows
        ]
        per_class = {name: None if share != share else share for name, share in self.per_class.items()}
        found = {
            "rows": len(self.contributions),
            "threshold": self.threshold,
            "share": self.share,
            "per_part": self.per_part,
            "per_class": per_class,
            "offenses": [vars(o) for o in self.offenses],
            "misattributed": rows,
        }
        return json.dumps(found, ensure_ascii=False, indent=1)

    def __str__(self) -> str:
        count = len(self.contributions)
        lines = [
            f"{self.share:.1%} of {count} rows have a part that counts against the graph (by more than {self.threshold:g})"
        ]
        lines += [f"  {name}: {share:.1%}" for name, share in self.per_class.items() if share == share]
        lines += [f"  {offense}" for offense in self.offenses]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<tr><td>{html.escape(o.part)}</td><td>{html.escape(o.label)}</td><td>{o.says}</td><td>{o.rows}</td>"
            f"<td>{o.mean:.3f}</td></tr>"
            for o in self.offenses
        )
        head = "<tr><th>part</th><th>class</th><th>the class … it</th><th>rows</th><th>mean</th></tr>"
        return f"<p>{html.escape(str(self).splitlines()[0])}</p><table>{head}{cells}</table>"


def alignment(
    values: Any,
    signs: Any,
    assigned: Any,
    *,
    parts: Sequence[str],
    classes: Sequence[str],
    threshold: float = 0.01,
) -> Alignment:
    """Compare attributions with what experts say: ``c_i = phi_{i,y} KG_{i,y}`` for the class ``y`` of each row.

    Parameters
    ----------
    values : array, shape (rows, parts, classes)
        Attributions, such as :func:`shapley_values` of class probabilities.
    signs : array, shape (classes, parts)
        ``KG``: +1 where the class has the part, -1 where it lacks it, 0 where nothing is known.
    assigned : array of int, shape (rows,)
        Class of each row, as its place in ``classes``.
    parts, classes : sequence of str
    threshold : float
        How large a contradiction counts.

    Raises
    ------
    DataError, FillError
        For shapes that do not fit, and a threshold that is no number of at least 0.

    References
    ----------
    N. Diaz-Rodriguez et al. (2022), EXplainable Neural-Symbolic Learning (X-NeSyL) Methodology to Fuse Deep Learning
    Representations with Expert Knowledge Graphs: the MonuMAI Cultural Heritage Use Case.

    >>> report = alignment([[[0.3, -0.3], [0.1, -0.1]]], [[1, -1], [-1, 1]], [0], parts=["arch", "dome"], classes=["a", "b"])
    >>> print(report)
    100.0% of 1 rows have a part that counts against the graph (by more than 0.01)
      a: 100.0%
      dome counts for a, which lacks it: 1 row, mean -0.100
    """
    check_number("threshold", threshold, 0.01)
    phi, side = np.asarray(values, dtype=np.float64), np.asarray(signs, dtype=np.float64)
    rows = np.asarray(assigned, dtype=np.intp)
    wanted = (len(rows), len(parts), len(classes))
    if phi.shape != wanted or side.shape != wanted[:0:-1]:
        raise DataError(
            f"attributions have shape {phi.shape} and signs {side.shape}, but (rows, parts, classes) = {wanted} and (classes, "
            "parts) are needed. Check the order of the axes."
        )
    contributions = phi[np.arange(len(rows)), :, rows] * side[rows]
    return Alignment(contributions, side, rows, tuple(map(str, parts)), tuple(map(str, classes)), float(threshold))
