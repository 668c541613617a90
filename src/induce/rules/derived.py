"""Columns derived from rows of related tables: what they mean, in the languages that rules are exported to."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from induce.errors import FormatError
from induce.rules.conditions import number_text

__all__ = [
    "AGGREGATES",
    "THE",
    "Derived",
    "Step",
    "entry_text",
    "prolog_text",
    "quoted",
    "relation_name",
    "sql_constant",
    "used_columns",
]

THE = "the"
"""The function of a column that is looked up: there is one related row at most."""
AGGREGATES = {"count": "number", "max": "largest", "min": "smallest", "mean": "mean", "sum": "total"}
"""Functions of several related rows, and how they are called in names of columns."""
_SQL = {"count": "COUNT", "max": "MAX", "min": "MIN", "mean": "AVG", "sum": "SUM"}
_PROLOG = frozenset(
    "atom_chars atom_codes atom_length call char_code char_conversion clause close copy_term current_prolog_flag get_byte get_char "
    "get_code is keysort length max_list min_list number_chars number_codes peek_byte peek_char peek_code phrase put_byte put_char "
    "put_code read read_term set_prolog_flag set_stream_position sort stream_property subsumes_term sum_list term_variables "
    "unify_with_occurs_check write write_canonical write_term writeq".split()
)
"""Predicates of two places of the standard, and of lists, that a program may not define or that ours use."""


@dataclass(frozen=True)
class Step:
    """From one table to rows of another: those whose ``column`` equals ``before`` of the row that one comes from.

    Parameters
    ----------
    table, column : str
        Where the step goes.
    before : str
        A column of the table that it comes from.
    by : str
        The column that tells the step from others between the same tables; empty where there is no other.
    """

    table: str
    column: str
    before: str
    by: str = ""


@dataclass(frozen=True)
class Derived:
    """A column of the main table, from the rows of related tables that a path of steps reaches.

    Parameters
    ----------
    function : {"the", "count", "max", "min", "mean", "sum"}
    path : tuple of Step
    column : str
        Of the last table; empty for ``count``.
    where : tuple of (table, column, label)
        Only related rows of which all of these are true.
    """

    function: str
    path: tuple[Step, ...]
    column: str = ""
    where: tuple[tuple[str, str, Any], ...] = ()

    @property
    def name(self) -> str:
        """The name of the column, which reads as what it means.

        >>> step = Step("orders", "customer", "id")
        >>> Derived("max", (step,), "amount", (("orders", "kind", "gold"),)).name
        'largest amount of orders with kind gold'
        """
        tables = " of ".join(f"{s.table} by {s.by}" if s.by else s.table for s in reversed(self.path))
        parts = [AGGREGATES[self.function]] if self.function in AGGREGATES else []
        parts += [self.column] if self.column else []
        words = f"{' '.join(parts)} of {tables}"
        last = self.path[-1].table
        asked = [f"{'' if t == last else t + '.'}{c} {entry_text(label)}" for t, c, label in self.where]
        return f"{words} with {', '.join(asked)}" if asked else words

    # ---- logic

    def body(self, name: str, main: Mapping[str, str]) -> str:
        """Rules of the language of rules that define the relation ``name`` of row and entry.

        Parameters
        ----------
        main : mapping of column of the main table to its relation
        """
        start, inside = self._atoms(name, main, _rule_text, str)
        if self.function == THE:
            return f"{start}, {', '.join(inside)}."
        rows = ", ".join(f"R{k}" for k in range(1, len(self.path) + 1))
        what = f"X, {rows}" if self.column else rows
        return f"{start}, Y = #{self.function}{{ {what} : {', '.join(inside)} }}."

    def to_prolog(self, name: str, main: Mapping[str, str]) -> str:
        """The same as a Prolog clause."""
        start, inside = self._atoms(prolog_name(name), main, prolog_text, prolog_name)
        if self.function == THE:
            return f"{start}, {', '.join(inside)}."
        rest = {
            "count": "length(Xs, Y)",
            "sum": "sum_list(Xs, Y)",
            "mean": "Xs = [_|_], sum_list(Xs, S), length(Xs, N), Y is S / N",
            "max": "max_list(Xs, Y)",
            "min": "min_list(Xs, Y)",
        }[self.function]
        return f"{start}, findall({'X' if self.column else '1'}, ({', '.join(inside)}), Xs), {rest}."

    def _atoms(
        self, name: str, main: Mapping[str, str], text: Callable[[str], str], spelled: Callable[[str], str]
    ) -> tuple[str, list[str]]:
        """The head with the condition on the row of the main table, and the conditions on related rows."""

        def relation(table: str, column: str) -> str:
            return spelled(relation_name(table, column))

        first, last = self.path[0], self.path[-1]
        inside = [f"{relation(first.table, first.column)}(R1, K0)"]
        for k, step in enumerate(self.path[1:], 1):
            inside.append(f"{relation(self.path[k - 1].table, step.before)}(R{k}, K{k})")
            inside.append(f"{relation(step.table, step.column)}(R{k + 1}, K{k})")
        if self.column:
            inside.append(f"{relation(last.table, self.column)}(R{len(self.path)}, X)")
        for table, column, label in self.where:
            row = 1 + [step.table for step in self.path].index(table)
            inside.append(f"{relation(table, column)}(R{row}, {text(entry_text(label))})")
        value = "X" if self.function == THE else "Y"
        return f"{name}(Row, {value}) :- {spelled(main[first.before])}(Row, K0)", inside

    # ---- SQL

    def to_sql(self, main: str) -> str:
        """A scalar subquery; ``main`` is the alias of the main table."""
        aliases = {step.table: f"r{k}" for k, step in enumerate(self.path, 1)}
        first = self.path[0]
        source = f"{quoted(first.table)} AS r1"
        for k, step in enumerate(self.path[1:], 2):
            on = f"r{k}.{quoted(step.column)} = r{k - 1}.{quoted(step.before)}"
            source += f" JOIN {quoted(step.table)} AS r{k} ON {on}"
        key = f"{main}.{quoted(first.before)}"
        asked = [f"r1.{quoted(first.column)} = {key}"]
        asked += [f"{aliases[t]}.{quoted(c)} = {sql_constant(label)}" for t, c, label in self.where]
        what = f"r{len(self.path)}.{quoted(self.column)}" if self.column else "*"
        taken = what if self.function == THE else f"{_SQL[self.function]}({what})"
        taken = f"COALESCE({taken}, 0)" if self.function == "sum" else taken
        query = f"(SELECT {taken} FROM {source} WHERE {' AND '.join(asked)})"
        # of a row without a key nothing is known, not that nothing is related to it
        return f"CASE WHEN {key} IS NULL THEN NULL ELSE {query} END" if self.function in ("count", "sum") else query

    # ---- Python

    def to_python(self) -> str:
        """An expression of ``row`` and of ``related``, a list of mappings for each related table."""
        loops, aliases = [], {step.table: f"r{k}" for k, step in enumerate(self.path, 1)}
        before = "row"
        for k, step in enumerate(self.path, 1):
            key = f"{before}[{step.before!r}]"
            loops.append(
                f"for r{k} in related[{step.table!r}] if not missing({key}) and r{k}[{step.column!r}] == {key}"
            )
            before = f"r{k}"
        asked = [f"{aliases[t]}[{c!r}] == {label!r}" for t, c, label in self.where]
        value = f"{before}[{self.column!r}]" if self.column else "1"
        asked += [f"not missing({value})"] if self.column else []
        found = f"[{value} {' '.join(loops)}{' if ' + ' and '.join(asked) if asked else ''}]"
        if self.function in ("count", "sum"):
            whole = {"count": "len", "sum": "sum"}[self.function]
            return f"None if missing(row[{self.path[0].before!r}]) else {whole}({found})"
        taken = {THE: "{}[0]", "max": "max({})", "min": "min({})", "mean": "sum({0}) / len({0})"}
        return f"{taken[self.function].format('found')} if (found := {found}) else None"

    # ---- keeping

    def to_dict(self) -> dict[str, Any]:
        """What :meth:`from_dict` reads."""
        path = [[step.table, step.column, step.before, step.by] for step in self.path]
        return {"function": self.function, "path": path, "column": self.column, "where": [list(w) for w in self.where]}

    @staticmethod
    def from_dict(body: Mapping[str, Any]) -> Derived:
        """Read what :meth:`to_dict` wrote; raises FormatError for what it did not write."""
        try:
            path = tuple(Step(_name(step[0]), _name(step[1]), _name(step[2]), _text(step[3])) for step in body["path"])
            where = tuple((_name(t), _name(c), _label(v)) for t, c, v in body["where"])
            function, column = str(body["function"]), str(body["column"])
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise FormatError(f"a derived column cannot be read: {type(error).__name__}: {error}.") from error
        tables = [step.table for step in path]
        known = function == THE or function in AGGREGATES
        if not known or not path or bool(column) == (function == "count") or any(t not in tables for t, _, _ in where):
            raise FormatError(f"a derived column of function {function!r} does not fit its parts. Save it again.")
        return Derived(function, path, column, where)


def relation_name(table: str, column: str) -> str:
    """The relation of row and entry of a column of a related table.

    >>> relation_name("Orders", "unit price")
    'orders_unit_price'
    """
    text = re.sub(r"\W+", "_", f"{table}_{column}".lower()).strip("_") or "column"
    return text if re.match(r"[^\W\d_]", text) else f"c_{text}"


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(f"a name was expected, but got {value!r}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text was expected, but got {value!r}")
    return value


def _label(value: Any) -> Any:
    if not isinstance(value, str | bool):
        raise TypeError(f"a category was expected, but got {value!r}")
    return value


def entry_text(label: Any) -> str:
    """A category or truth value as programs write it."""
    return ("true" if label else "false") if isinstance(label, bool | np.bool_) else str(label)


def _rule_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def prolog_name(relation: str) -> str:
    """The name of a relation of two places in Prolog, where some belong to the system.

    >>> prolog_name("length"), prolog_name("height")
    ('length_', 'height')
    """
    return f"{relation}_" if relation in _PROLOG else relation


def prolog_text(text: str) -> str:
    r"""A text as Prolog quotes it.

    >>> print(prolog_text("d'or"))
    'd\'or'
    """
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def quoted(name: Any) -> str:
    """A name as SQL quotes it."""
    return '"' + str(name).replace('"', '""') + '"'


def sql_constant(value: Any) -> str:
    """A number, text or truth value as SQL writes it."""
    if isinstance(value, bool | np.bool_):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float | np.integer | np.floating):
        return number_text(float(value))
    return "'" + str(value).replace("'", "''") + "'"


def used_columns(derived: Sequence[Derived]) -> dict[str, list[str]]:
    """The columns of each related table that derived columns read, each table in order of first use."""
    found: dict[str, dict[str, None]] = {}
    for one in derived:
        for k, step in enumerate(one.path):
            found.setdefault(step.table, {})[step.column] = None
            if k:
                found[one.path[k - 1].table][step.before] = None
        if one.column:
            found[one.path[-1].table][one.column] = None
        for table, column, _ in one.where:
            found[table][column] = None
    return {table: list(columns) for table, columns in found.items()}
