"""Conditions on columns as people write them, ``age > 50 and region is not north``, and as literals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from induce.errors import RuleError, did_you_mean
from induce.learners.rules.literals import AT_MOST, EQUAL, KNOWN, MISSING, MORE, OTHER
from induce.mixed import CATEGORY, NUMBER, TRUTH, Column, MixedTable

__all__ = ["Condition", "condition_text", "conjunction_text", "number_text", "read_condition", "read_conjunction"]

Condition = tuple[int, int, float]
"""A literal: place of its column, test, value."""

_TEST = re.compile(
    r"\s*(?:(?P<op><=|>=|!=|==|=|<|>|≤|≥|≠)\s*(?P<value>.+?)|is\s+(?P<not>not\s+)?(?P<what>.+?))\s*$", re.DOTALL
)
_QUOTED = re.compile(
    r"""\s*(?:<=|>=|!=|==|=|<|>|≤|≥|≠|is\s+not\b|is\b)\s*(?:"(?:[^"]|"")*"|'(?:[^']|'')*')(?=\s*(?:$|and\b|[,&∧]))"""
)
"""A category in quotes, which may hold what joins conditions; a quote in it is doubled."""


def number_text(value: float) -> str:
    """A number with as few digits as say it exactly.

    >>> number_text(115.0), number_text(0.07), number_text(-1e-9)
    ('115', '0.07', '-1e-09')
    """
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def condition_text(condition: Condition, table: MixedTable, *, units: bool = True) -> str:
    """A literal in words; :func:`read_condition` reads it back.

    >>> table = MixedTable.read({"age": [31.0, 50.0], "kind": ["cat", "dog"]}, units={"age": "yr"})
    >>> condition_text((0, MORE, 40.0), table), condition_text((1, OTHER, 1.0), table)
    ('age > 40 yr', 'kind is not dog')
    """
    place, test, value = condition
    column = table.columns[place]
    name = column.name
    if test == MISSING:
        return f"{name} is missing"
    if test == KNOWN:
        return f"{name} is not missing"
    if test in (AT_MOST, MORE):
        unit = f" {table.units[name]}" if units and name in table.units else ""
        return f"{name} {'<=' if test == AT_MOST else '>'} {number_text(value)}{unit}"
    if column.kind == TRUTH:
        return f"{name} is {'true' if value == 1.0 else 'false'}"
    what = _label_text(str(column.labels[int(value)])) if column.kind == CATEGORY else number_text(value)
    return f"{name} is {'not ' if test == OTHER else ''}{what}"


def read_condition(text: str, table: MixedTable) -> Condition:
    """A literal from text such as ``age > 50``, ``region is not north``, ``smoker is true``, ``age is missing``.

    Raises
    ------
    RuleError
        For an unknown column or category, a comparison that its column does not have, or text that is no condition.

    >>> table = MixedTable.read({"age": [31.0, 50.0], "kind": ["cat", "dog"]})
    >>> read_condition("age > 40", table), read_condition("kind is dog", table)
    ((0, 1, 40.0), (1, 2, 1.0))
    """
    place, end = _column_of(text, table)
    stripped, column = text.strip(), table.columns[place]
    found = _TEST.match(text[end:])
    if found is None:
        raise RuleError(
            f"'{stripped}' is no condition on column '{column.name}'. Write for example '{_example(column)}'."
        )
    if found["what"] is not None and found["what"] == "missing":
        return place, KNOWN if found["not"] else MISSING, 0.0
    if found["what"] is not None:
        return (place, *_equal(column, found["what"], not found["not"]))
    sign = {"≤": "<=", "≥": ">=", "≠": "!=", "==": "="}.get(found["op"], found["op"])
    if sign in ("=", "!="):
        return (place, *_equal(column, found["value"], sign == "="))
    if column.kind != NUMBER:
        raise RuleError(
            f"'{stripped}' compares column '{column.name}', which holds {'texts' if column.kind == CATEGORY else 'truth values'}. "
            f"Write for example '{_example(column)}'."
        )
    value = _number(found["value"], column, table)
    if sign == "<":
        return place, AT_MOST, float(np.nextafter(value, -np.inf))
    if sign == ">=":
        return place, MORE, float(np.nextafter(value, -np.inf))
    return place, AT_MOST if sign == "<=" else MORE, value


def read_conjunction(text: str, table: MixedTable) -> tuple[Condition, ...]:
    """Conditions joined by ``and``, ``,`` or ``&``; a category that holds one of these is written in quotes.

    >>> table = MixedTable.read({"age": [31.0, 50.0], "kind": ["cat", "dog"]})
    >>> read_conjunction("age > 40 and kind is dog", table)
    ((0, 1, 40.0), (1, 2, 1.0))
    """
    if not text.strip():
        raise RuleError(
            f"a rule needs a condition, but the text is empty. Write for example '{_example(table.columns[0])}'."
        )
    names = sorted({name for given in table.names for name in (given, given.strip()) if name}, key=len, reverse=True)
    begins = "|".join(map(re.escape, names))
    joint = re.compile(rf"(?:\s+and\s|\s*[,&∧]\s?)(?=\s*(?:{begins})\s*(?:<|>|=|!|≤|≥|≠|is\b))")
    parts = []
    while True:
        _, end = _column_of(text, table)
        quoted = _QUOTED.match(text, end)
        cut = joint.search(text, quoted.end() if quoted else end)
        parts.append(text[: cut.start()] if cut else text)
        if cut is None:
            return tuple(read_condition(part, table) for part in parts)
        text = text[cut.end() :]


def _label_text(label: str) -> str:
    """A category as it is written in a condition: in quotes where it could be read as something else."""
    plain = label == label.strip() and label and not re.search(r"[,&∧'\"]|\band\b|^not\b|^missing$", label)
    quote = "'" if '"' in label else '"'
    doubled = label.replace(quote, 2 * quote)
    return label if plain else f"{quote}{doubled}{quote}"


def _column_of(text: str, table: MixedTable) -> tuple[int, int]:
    """The column that a condition begins with, and where its name ends; blanks around a name may be left out."""
    lead = len(text) - len(text.lstrip())
    for begin, bare in ((0, False), (lead, True)):
        for name in sorted(table.names, key=len, reverse=True):
            shown = name.strip() if bare else name
            end = begin + len(shown)
            if shown and text.startswith(shown, begin) and not re.match(r"\w", text[end:]):
                return table.names.index(name), end
    text = text.strip()
    first = re.split(r"\s*(?:<|>|=|!|≤|≥|≠|\bis\b)", text)[0].strip()
    raise RuleError(
        f"there is no column '{first}' (in the condition '{text}').{did_you_mean(first, table.names)} "
        f"The columns are: {', '.join(table.names)}."
    )


def _equal(column: Column, written: str, same: bool) -> tuple[int, float]:
    what = written.strip()
    if len(what) > 1 and what[0] == what[-1] and what[0] in "'\"":
        what = what[1:-1].replace(2 * what[0], what[0])
    if column.kind == NUMBER:
        raise RuleError(
            f"column '{column.name}' holds numbers, which are compared by <= and >, but the condition asks whether it is "
            f"{what!r}. Write two conditions, such as '{column.name} > 1 and {column.name} <= 2'."
        )
    if column.kind == TRUTH:
        words = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0, "1": 1.0, "0": 0.0}
        if what.lower() not in words:
            raise RuleError(f"column '{column.name}' is true or false, but the condition says {what!r}.")
        value = words[what.lower()]
        return EQUAL, value if same else 1.0 - value
    if what not in column.labels:
        labels = [str(label) for label in column.labels]
        raise RuleError(
            f"column '{column.name}' is never '{what}'.{did_you_mean(what, labels)} It has: {', '.join(labels[:20])}."
        )
    return EQUAL if same else OTHER, float(column.labels.index(what))


def _number(written: str, column: Column, table: MixedTable) -> float:
    text = written.strip()
    unit = table.units.get(column.name)
    if unit and text.endswith(unit):
        text = text[: -len(unit)].strip()
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        hint = f" (in {unit})" if unit else ""
        raise RuleError(f"column '{column.name}' is compared with {written.strip()!r}, which is no number{hint}.")
    return value


def _example(column: Column) -> str:
    if column.kind == NUMBER:
        return f"{column.name} > 1"
    return f"{column.name} is {'true' if column.kind == TRUTH else column.labels[0] if column.labels else 'missing'}"


def conjunction_text(conditions: Sequence[Condition], table: MixedTable, **how: Any) -> str:
    """Conditions joined by ``and``; of none: ``always``."""
    return " and ".join(condition_text(c, table, **how) for c in conditions) or "always"
