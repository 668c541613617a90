"""What the command says about a fit: a table, the numbers with their errors, the time, and where things went."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from induce.showing import header, lines_below, row_cells, title

if TYPE_CHECKING:
    from rich.table import Table as RichTable

    from induce.fit import Fit
    from induce.numbers import NumberEstimate

__all__ = ["fit_document", "fit_lines", "json_value", "rich_table"]


def json_value(value: Any) -> Any:
    """The value for a JSON document: numbers that JSON lacks become null."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {str(key): json_value(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(entry) for entry in value]
    return value


def fit_document(fit: Fit, numbers: Sequence[NumberEstimate] = (), folder: str | None = None) -> dict[str, Any]:
    """A Fit as plain JSON values: chosen formula, front, constants, seconds."""
    row = fit.row
    document = {
        "target": fit.target,
        "unit": fit.target_unit,
        "formula": fit.to_text(),
        "chosen": fit.chosen,
        "why": fit.why(),
        "constants": {n: {"value": v, "error": row.errors.get(n, math.nan)} for n, v in row.values.items()},
        "numbers": [
            {"label": n.label, "written": n.written, "estimate": n.estimate, "error": n.error, "together": n.together}
            for n in numbers
        ],
        "front": [
            {
                "size": r.size,
                "loss": r.loss,
                "r2": r.r2,
                "held_out": r.held_out,
                "formula": r.text(None),
                "source": r.source,
            }
            for r in fit.rows
        ],
        "baselines": [{"name": b.name, "loss": b.loss, "r2": b.r2, "held_out": b.held_out} for b in fit.baselines],
        "stopped": fit.stopped,
        "report": dict(fit.report),
        "saved": folder,
    }
    found: dict[str, Any] = json_value(document)
    return found


def rich_table(fit: Fit) -> RichTable:
    """The front for a terminal, the chosen row marked."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(f"{title(fit)} ="), title_justify="left", box=None, pad_edge=False)
    table.add_column("")
    for name in header(fit):
        table.add_column(name, justify="right")
    table.add_column("formula", overflow="fold")
    for place, row in enumerate(fit.rows):
        mark, style = (">", "bold green") if place == fit.chosen else ("", None)
        table.add_row(mark, *row_cells(fit, row), escape(row.text()), style=style)
    for base in fit.baselines:
        table.add_row("", *row_cells(fit, base), f"({base.name}: no formula)", style="dim")
    return table


def fit_lines(
    fit: Fit, numbers: Sequence[NumberEstimate] = (), folder: str | None = None, *, fitted: bool = True
) -> list[str]:
    """The lines below the table: why this row, its numbers, seconds, where it went, what to do next."""
    lines = ["", f"{fit.target} = {fit.row.text(6)}", *lines_below(fit)]
    if numbers:
        held = "" if numbers[0].together else " (one at a time, the others held)"
        lines.append(f"Numbers in it, each refitted{held}: {'; '.join(map(str, numbers))}.")
    report = fit.report
    if fitted and "search_seconds" in report:
        lines.append(
            f"Search: {report['search_seconds']:.1f} s. Compiling kernels: {report.get('compile_seconds', 0.0):.1f} s, not counted."
        )
    if fitted:
        lines += _where(folder)
    return lines


def _where(folder: str | None) -> list[str]:
    if folder is None:
        return ["Not saved. Add --save DIR to keep the formulas with their exports."]
    place = shlex.quote(folder)
    return [
        f"Saved in {folder}, with exports: formula.txt, formula.py, formula.tex, formula.sql; README.md says how to load it.",
        f"Next: induce predict {place} TABLE; induce export {place} --to sympy; induce show {place} --row SIZE for another row.",
    ]
