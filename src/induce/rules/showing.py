"""Rules as they are shown: text, Markdown, HTML. All of them end with the fidelity."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from induce.explain.fidelity import Fidelity
from induce.rules.decisions import FIRST
from induce.rules.explaining import said_text

if TYPE_CHECKING:
    from induce.rules.rule_fit import RuleFit

__all__ = ["as_html", "as_markdown", "as_page", "as_text"]


def _title(fit: RuleFit) -> str:
    decisions = fit.decisions
    how = "the first rule that holds decides" if decisions.decide == FIRST else "rules that hold add up"
    if decisions.classes and decisions.decide != FIRST:
        how = "rules that hold add their points; the class with most points is the answer"
    return f"{fit.target}: {how}"


def _header(fit: RuleFit) -> tuple[str, ...]:
    return ("", "says", "if", "rows", "precision" if fit.decisions.classes else "spread")


def _cells(fit: RuleFit) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for k, worth in enumerate(fit.worth):
        number = str(k + 1) if k < len(fit.decisions) else ""
        share = "-" if worth.precision != worth.precision else f"{worth.precision:.2f}"
        if not fit.decisions.classes and worth.precision == worth.precision:
            share = f"{worth.precision:.3g}"
        found.append((number, said_text(fit.decisions, k), fit.decisions.text(k), f"{worth.rows:,}", share))
    return found


def _below(fit: RuleFit) -> tuple[str, ...]:
    if fit.fidelity is None:
        return ("not measured since the rules were changed", *fit.notes)
    return (*fit.fidelity.lines(), *fit.notes)


def as_text(fit: RuleFit) -> str:
    """A table of rules with support and precision, and the fidelity below it."""
    lines = [_header(fit), *_cells(fit)]
    widths = [max(len(line[k]) for line in lines) for k in range(5)]
    shown = [
        "  ".join(
            [
                line[0].rjust(widths[0]),
                line[1].ljust(widths[1]),
                line[2].ljust(widths[2]),
                line[3].rjust(widths[3]),
                line[4].rjust(widths[4]),
            ]
        ).rstrip()
        for line in lines
    ]
    return "\n".join([_title(fit), *shown, "", *_below(fit)])


def as_markdown(fit: RuleFit, fidelity: Fidelity) -> str:
    """A Markdown table."""

    def line(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(_markdown(cell).replace("|", "\\|") for cell in cells) + " |"

    table = [line(_header(fit)), "|---|---|---|---:|---:|", *map(line, _cells(fit))]
    return (
        "\n".join(
            [
                f"**{_markdown(_title(fit))}**",
                "",
                *table,
                "",
                *(f"- {_markdown(text)}" for text in (*fidelity.lines(), *fit.notes)),
            ]
        )
        + "\n"
    )


def _markdown(text: str) -> str:
    """A text on one line, in which nothing is taken for HTML."""
    return re.sub(r"<(?=[A-Za-z/!?])", r"\\<", " ".join(text.splitlines()))


def as_html(fit: RuleFit) -> str:
    """A table with a bar for the support of each rule, and the fidelity below it."""
    most = max((worth.rows for worth in fit.worth), default=1) or 1
    head = "".join(f"<th>{escape(name)}</th>" for name in (*_header(fit), ""))
    body = ""
    for cells, worth in zip(_cells(fit), fit.worth, strict=True):
        width = round(120 * worth.rows / most, 1)
        right = 0.0 if worth.precision != worth.precision or not fit.decisions.classes else width * worth.precision
        bar = (
            f"<svg width='124' height='12' role='img' aria-label='{worth.rows} rows, {escape(cells[4])}'>"
            f"<rect x='0' y='2' width='{width}' height='8' fill='#c63' /><rect x='0' y='2' width='{right:.1f}' height='8' fill='#2b6'/></svg>"
        )
        tds = "".join(
            f"<td style='text-align:{'left' if k in (1, 2) else 'right'}'>{escape(cell)}</td>"
            for k, cell in enumerate(cells)
        )
        body += f"<tr>{tds}<td>{bar}</td></tr>"
    below = "".join(f"<li>{escape(text)}</li>" for text in _below(fit))
    return (
        f"<table class='induce'><caption>{escape(_title(fit))}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table><ul class='fidelity'>{below}</ul>"
    )


def as_page(fit: RuleFit) -> str:
    """A page of its own, without scripts and without anything from elsewhere."""
    style = "body{font-family:sans-serif;margin:2em}table{border-collapse:collapse}td,th{padding:.25em .7em;border-bottom:1px solid #ddd}caption{text-align:left;font-weight:bold}"
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{escape(fit.target)}</title><style>{style}</style></head>"
        f"<body>{as_html(fit)}</body></html>"
    )
