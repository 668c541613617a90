"""Attribution graphs drawn: what a model uses on the left, what the experts say on the right; with text for those who do not see."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from induce.explain.attribution_graphs import AttributionGraph

__all__ = ["attribution_page", "draw_attribution_graph"]

_ROW, _WIDTH, _GAP, _TOP = 26, 430, 40, 46
_LETTER = 6.6
_AGREES, _CONTRADICTS, _EXPERT = "#1b6e3c", "#b3261e", "#555555"


def draw_attribution_graph(graph: AttributionGraph) -> str:
    """An SVG with a column of parts and a column of classes; once for the model and once for the experts.

    An edge is as wide as the share of the rows that have it; solid green where the experts have it too, dashed red where
    they do not. The title and description of the drawing say the same in words.

    >>> from induce.explain import attribution_graph
    >>> found = attribution_graph([[[0.3]]], [[1]], parts=["arch"], classes=["gothic"], expert=[[1]])
    >>> draw_attribution_graph(found).count("<line")
    2
    """
    shares = graph.shares
    sides = [("what the model uses", shares, graph.expert)]
    if graph.expert is not None:
        sides.append(("what the experts say", graph.expert.astype(float), None))
    height = _TOP + _ROW * max(len(graph.parts), len(graph.classes)) + 10
    width = len(sides) * _WIDTH + (len(sides) - 1) * _GAP
    drawn = [_side(graph, k * (_WIDTH + _GAP), *side) for k, side in enumerate(sides)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'font-family="sans-serif" font-size="12"><title>Parts that speak for classes</title><desc>{html.escape(str(graph))}</desc>'
        f'<rect width="{width}" height="{height}" fill="white"/>{"".join(drawn)}</svg>'
    )


def _side(
    graph: AttributionGraph, left: int, title: str, weights: NDArray[np.float64], expert: NDArray[np.bool_] | None
) -> str:
    longest = max(len(name) for name in graph.parts)
    start = left + min(int(longest * _LETTER) + 14, _WIDTH // 2)
    stop = left + _WIDTH - min(int(max(len(name) for name in graph.classes) * _LETTER) + 14, _WIDTH // 3)
    rows = max(len(graph.parts), len(graph.classes))
    stretch = _ROW * rows / len(graph.classes)
    parts_y = [_TOP + _ROW * (k + 0.5) for k in range(len(graph.parts))]
    classes_y = [_TOP + stretch * (k + 0.5) for k in range(len(graph.classes))]
    marks = [f'<text x="{left}" y="20" font-weight="bold">{title}</text>']
    for i, k in np.argwhere(weights > 0):
        if expert is None:
            look = f'stroke="{_EXPERT}" stroke-width="1.5"'
        else:
            good = bool(expert[i, k])
            dashes = "" if good else ' stroke-dasharray="5 3"'
            look = f'stroke="{_AGREES if good else _CONTRADICTS}" stroke-width="{0.8 + 5 * weights[i, k]:.1f}"{dashes}'
        told = f"{graph.parts[i]} and {graph.classes[k]}: {weights[i, k]:.1%}" if expert is not None else ""
        marks.append(
            f'<line x1="{start}" y1="{parts_y[i]:.0f}" x2="{stop}" y2="{classes_y[k]:.0f}" {look}>'
            f"<title>{html.escape(told)}</title></line>"
        )
    marks += [
        f'<text x="{start - 6}" y="{y + 4:.0f}" text-anchor="end">{html.escape(name)}</text>'
        for name, y in zip(graph.parts, parts_y, strict=True)
    ]
    marks += [
        f'<text x="{stop + 6}" y="{y + 4:.0f}" font-weight="bold">{html.escape(name)}</text>'
        for name, y in zip(graph.classes, classes_y, strict=True)
    ]
    return "".join(marks)


def attribution_page(graph: AttributionGraph) -> str:
    """A self-contained HTML page: the drawing, and the same as text below it."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Parts that speak for classes</title></head>'
        f"<body>{draw_attribution_graph(graph)}<pre>{html.escape(str(graph))}</pre></body></html>"
    )
