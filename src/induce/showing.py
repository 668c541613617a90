"""How a Fit looks: its front as a table of text or HTML, and the lines below it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from induce.terms.markup import to_mathml

if TYPE_CHECKING:
    from induce.fit import Baseline, Fit, Row

__all__ = ["as_html", "as_text", "header", "lines_below", "row_cells", "title"]

HELD_OUT = {
    "folds": "Held out: mean square error on a fifth of the rows at a time, numbers fitted without them, the formula as found.",
    "rows": "Held out: mean square error on the quarter of the rows that was kept back.",
}


def title(fit: Fit) -> str:
    """The target with its unit."""
    return f"{fit.target} [{fit.target_unit}]" if fit.target_unit else fit.target


def header(fit: Fit) -> tuple[str, ...]:
    """Names of the columns before the formula; held-out errors where there are any."""
    entries: tuple[Row | Baseline, ...] = (*fit.rows, *fit.baselines)
    held = any(entry.held_out is not None for entry in entries)
    return ("size", "loss", "held out", "R2") if held else ("size", "loss", "R2")


def row_cells(fit: Fit, entry: Row | Baseline) -> list[str]:
    """What stands in these columns for a row of the front, or for a model that is no formula."""
    cells = {
        "size": str(getattr(entry, "size", "-")),
        "loss": f"{entry.loss:.4g}",
        "held out": "-" if entry.held_out is None else f"{entry.held_out:.4g}",
        "R2": f"{entry.r2:.6f}",
    }
    return [cells[name] for name in header(fit)]


def lines_below(fit: Fit) -> list[str]:
    """Why this row, its constants, the noise, and what the held-out column says."""
    held = HELD_OUT.get(str(fit.report.get("held_out", "")), "") if "held out" in header(fit) else ""
    return [line for line in (fit.why(), fit.constants_text(), fit.noise_text(), held) if line]


def as_text(fit: Fit) -> str:
    """The table with the chosen row marked, and the lines below it."""
    lines = [["", *header(fit), "formula"]]
    lines += [[">" if i == fit.chosen else "", *row_cells(fit, row), row.text()] for i, row in enumerate(fit.rows)]
    lines += [["", *row_cells(fit, base), f"({base.name}: no formula)"] for base in fit.baselines]
    widths = [max(len(line[k]) for line in lines) for k in range(len(lines[0]) - 1)]
    shown = [
        "  ".join(
            [line[0].ljust(widths[0]), *(line[k].rjust(widths[k]) for k in range(1, len(widths))), line[-1]]
        ).rstrip()
        for line in lines
    ]
    return "\n".join([f"{title(fit)} =", *shown, "", *lines_below(fit)])


def as_html(fit: Fit) -> str:
    """The same for a notebook, formulas as MathML."""
    names = "".join(f"<th>{'R&#178;' if name == 'R2' else name}</th>" for name in header(fit))
    body = []
    for i, row in enumerate(fit.rows):
        mark, style = ("&#9654;", ' style="font-weight:bold"') if i == fit.chosen else ("", "")
        cells = "".join(f"<td>{cell}</td>" for cell in (mark, *row_cells(fit, row)))
        body.append(f"<tr{style}>{cells}<td style='text-align:left'>{to_mathml(row.term, digits=4)}</td></tr>")
    for base in fit.baselines:
        cells = "".join(f"<td>{cell}</td>" for cell in ("", *row_cells(fit, base)))
        body.append(f"<tr>{cells}<td style='text-align:left'><em>{escape(base.name)} (no formula)</em></td></tr>")
    head = f"<caption>{escape(title(fit))}</caption><thead><tr><th></th>{names}<th>formula</th></tr></thead>"
    below = "".join(f"<p>{escape(line)}</p>" for line in lines_below(fit))
    return f"<table class='induce'>{head}<tbody>{''.join(body)}</tbody></table>{below}"
