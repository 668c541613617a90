"""Prompts for proposers, and the programs in what they reply."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from induce.learners.programs.task import ProgramTask
from induce.terms.show import to_text
from induce.terms.term import Term

__all__ = ["candidates", "prompt_for"]

SHOWN = 10
"""Examples in a prompt."""
LONGEST = 2_000
"""Characters of a line that are looked at; no program is longer."""
LINES = 400
"""Lines of a reply that are looked at."""
_MARKER = re.compile(r"^(?:[-*+>]\s+|\(?\d{1,3}[.):]\s+)+")
_NAMED = re.compile(r"^(?:[A-Za-z_][\w ]{0,40}(?:\([\w, ]*\))?\s*(?:=|:=|:|->)\s*|return\s+)(?=\S)")
_CODE = re.compile(r"`([^`]+)`")
_FENCE = re.compile(r"^\s*(?:```|~~~)")


def prompt_for(
    task: ProgramTask,
    description: str,
    solved: Sequence[tuple[str, Term | str]],
    count: int,
    remarks: Sequence[str] = (),
) -> str:
    """The text that a proposer gets.

    Parameters
    ----------
    task : ProgramTask
    description : str
        The task in words; may be empty.
    solved : sequence of (str, Term or str)
        Other tasks with their programs.
    count : int
        Programs asked for.
    remarks : sequence of str
        What was wrong with earlier proposals.
    """
    examples, language = task.examples, task.language
    inputs = ", ".join(f"{name} ({sort})" for name, sort in examples.sorts.items())
    parts = [
        f"Write programs in the language '{language.name}'. Its operators:",
        "\n".join(f"  {op.signature}" for op in language),
        r"Infix and prefix operators are written as in Python. A function is written \x:int. x + 1 and may use only its own "
        "parameters and the inputs.",
    ]
    if solved:
        shown = [(d, to_text(p, language=language) if isinstance(p, Term) else p) for d, p in solved]
        parts.append("Programs for other tasks:\n" + "\n".join(f"  {d}: {p}" for d, p in shown))
    if description:
        parts.append(f"The task: {description}")
    rows = range(min(SHOWN, len(examples)))
    parts.append(f"Inputs: {inputs}. The output is {examples.result}. Examples:")
    parts.append("\n".join(f"  {_inputs(examples.input(k))} -> {examples.outputs[k]!r}" for k in rows))
    if remarks:
        parts.append("Earlier proposals were wrong:\n" + "\n".join(f"  {remark}" for remark in remarks[-6:]))
    many = "one program" if count == 1 else f"up to {count} different programs, one a line"
    parts.append(f"Write {many}, and nothing else.")
    return "\n\n".join(parts)


def _inputs(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {value!r}" for name, value in values.items())


def candidates(text: str) -> Iterator[tuple[str, ...]]:
    r"""For each proposal in a reply, the ways to read it, the likeliest first.

    Where code stands between fences only that counts; else code between backticks; else every line.

    >>> list(candidates("Try this:\n```\n1. f = sort(xs)\n```\nGood luck!"))
    [('f = sort(xs)', 'sort(xs)')]
    """
    lines = [line[:LONGEST] for line in text.splitlines()[:LINES]]
    fenced = list(_fenced(lines))
    quoted = [code for line in lines for code in _CODE.findall(line)]
    for line in fenced or quoted or lines:
        plain = _MARKER.sub("", line.strip()).strip("` ").rstrip(";").strip()
        if not plain or plain.startswith("#"):
            continue
        readings = [plain]
        named = _NAMED.match(plain)
        if named is not None:
            readings.append(plain[named.end() :])
        bare = re.split(r"\s+(?:#|//\s|--)\s*", readings[-1])[0]
        if bare and bare not in readings:
            readings.append(bare)
        yield tuple(readings)


def _fenced(lines: Sequence[str]) -> Iterator[str]:
    """The lines between fences."""
    inside = False
    for line in lines:
        if _FENCE.match(line):
            inside = not inside
        elif inside:
            yield line
