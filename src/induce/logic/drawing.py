"""Explanations as text, DOT, SVG and HTML."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

__all__ = ["Branch", "Explanation"]


@dataclass(frozen=True)
class Branch:
    """A conclusion or condition with its value, the rule behind it, and what it rests on."""

    text: str
    value: float | None
    rule: str
    children: tuple[Branch, ...]

    @property
    def label(self) -> str:
        """Text and value."""
        return self.text if self.value is None else f"{self.text} {self.value:.4g}"

    @property
    def flat(self) -> tuple[Branch, ...]:
        """The branches without children, left to right."""
        if not self.children:
            return (self,)
        return tuple(leaf for child in self.children for leaf in child.flat)


@dataclass(frozen=True)
class Explanation:
    """An answer with its value, what it rests on, and whether that is exact.

    Parameters
    ----------
    answer : str
    value : float
    branches : tuple of Branch
        Proofs, conditions, changes or sensitivities, most important first.
    note : str
        What the branches are, and how far they can be trusted.
    exact : bool
    """

    answer: str
    value: float
    branches: tuple[Branch, ...]
    note: str
    exact: bool

    def __str__(self) -> str:
        lines = []
        for number, branch in enumerate(self.branches):
            below = branch.flat if branch.children else (branch,)
            what = ", ".join(leaf.label for leaf in below)
            head = f"{self.answer} {self.value:.4g} <- " if number == 0 else " " * len(self.answer) + "      <- "
            lines.append(head + what)
        if not lines:
            lines = [f"{self.answer} {self.value:.4g}"]
        return "\n".join([*lines, f"({self.note})"])

    __repr__ = __str__

    def tree(self) -> str:
        """The branches as an indented tree, each conclusion with its rule."""
        lines = [f"{self.answer} {self.value:.4g}"]

        def walk(branch: Branch, depth: int) -> None:
            rule = f"    by {branch.rule}" if branch.rule else ""
            lines.append("  " * depth + branch.label + rule)
            for child in branch.children:
                walk(child, depth + 1)

        for branch in self.branches:
            walk(branch, 1)
        return "\n".join([*lines, f"({self.note})"])

    def _nodes(self) -> list[tuple[str, int, int]]:
        """(label, parent, depth) of every node, the answer first."""
        nodes = [(f"{self.answer} {self.value:.4g}", -1, 0)]

        def walk(branch: Branch, parent: int, depth: int) -> None:
            nodes.append((branch.label, parent, depth))
            place = len(nodes) - 1
            for child in branch.children:
                walk(child, place, depth + 1)

        for branch in self.branches:
            walk(branch, 0, 1)
        return nodes

    def to_dot(self) -> str:
        """A directed graph for graphviz."""
        lines = ["digraph explanation {", "  rankdir=BT; node [shape=box];"]
        for number, (label, parent, _) in enumerate(self._nodes()):
            quoted = label.replace("\\", "\\\\").replace('"', '\\"')
            lines.append(f'  n{number} [label="{quoted}"];')
            if parent >= 0:
                lines.append(f"  n{number} -> n{parent};")
        return "\n".join([*lines, "}"])

    def to_svg(self) -> str:
        """The same tree drawn, the answer on top."""
        nodes = self._nodes()
        children: dict[int, list[int]] = {}
        for number, (_, parent, _) in enumerate(nodes):
            children.setdefault(parent, []).append(number)
        width = {n: 9.0 * len(label) + 24.0 for n, (label, _, _) in enumerate(nodes)}
        span: dict[int, float] = {}
        for number in range(len(nodes) - 1, -1, -1):
            below = sum(span[c] for c in children.get(number, ()))
            span[number] = max(width[number] + 16.0, below)
        left = {0: 0.0}
        for number in range(len(nodes)):
            at = left[number] + (span[number] - sum(span[c] for c in children.get(number, ()))) / 2 * bool(
                children.get(number)
            )
            for child in children.get(number, ()):
                left[child] = at
                at += span[child]
        center = {n: left[n] + span[n] / 2 for n in range(len(nodes))}
        height = 70.0 * (max(d for _, _, d in nodes) + 1)
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {span[0]:.0f} {height:.0f}" width="{span[0]:.0f}" '
            f'height="{height:.0f}" role="img" font-family="sans-serif" font-size="14">',
            f"<title>{escape(self.answer)}</title>",
        ]
        for number, (_, parent, depth) in enumerate(nodes):
            if parent >= 0:
                y = 70.0 * depth + 12.0
                parts.append(
                    f'<line x1="{center[number]:.1f}" y1="{y:.1f}" x2="{center[parent]:.1f}" y2="{y - 38.0:.1f}" stroke="#888"/>'
                )
        for number, (label, _, depth) in enumerate(nodes):
            y = 70.0 * depth + 12.0
            parts.append(
                f'<rect x="{center[number] - width[number] / 2:.1f}" y="{y:.1f}" width="{width[number]:.1f}" height="32" '
                'rx="6" fill="#f4f6fa" stroke="#456"/>'
                f'<text x="{center[number]:.1f}" y="{y + 21.0:.1f}" text-anchor="middle" fill="#123">{escape(label)}</text>'
            )
        return "".join([*parts, "</svg>"])

    def to_html(self) -> str:
        """A nested list that folds, with the note."""

        def item(branch: Branch) -> str:
            label = f"<code>{escape(branch.label)}</code>"
            if not branch.children:
                return f"<li>{label}</li>"
            rule = f"<br/><small>by <code>{escape(branch.rule)}</code></small>" if branch.rule else ""
            inner = "".join(item(c) for c in branch.children)
            return f"<li><details open='open'><summary>{label}</summary>{rule}<ul>{inner}</ul></details></li>"

        body = "".join(item(b) for b in self.branches)
        return (
            f"<div class='induce'><p><code>{escape(self.answer)}</code> = {self.value:.4g}</p><ul>{body}</ul>"
            f"<p><em>{escape(self.note)}</em></p></div>"
        )

    _repr_html_ = to_html
