"""Terms as SQL expressions (SQLite, DuckDB, PostgreSQL)."""

from __future__ import annotations

from induce.errors import ExportError
from induce.terms.op import LITERAL, VARIABLE
from induce.terms.term import Term

__all__ = ["to_sql"]

_TEMPLATES = {
    "+": "({0} + {1})", "-": "({0} - {1})", "*": "({0} * {1})", "/": "(1.0 * {0} / {1})", "^": "power({0}, {1})",
    "neg": "(- {0})", "abs": "abs({0})", "sign": "sign({0})", "sqrt": "sqrt({0})", "cbrt": "(sign({0}) * power(abs({0}), 1.0/3.0))",
    "square": "power({0}, 2)", "cube": "power({0}, 3)", "inverse": "(1.0 / {0})", "exp": "exp({0})", "log": "ln({0})",
    "sin": "sin({0})", "cos": "cos({0})", "tan": "tan({0})", "asin": "asin({0})", "acos": "acos({0})", "atan": "atan({0})",
    "sinh": "sinh({0})", "cosh": "cosh({0})", "tanh": "tanh({0})", "sigmoid": "(1.0 / (1.0 + exp(- {0})))",
    "min": "(case when {0} <= {1} then {0} else {1} end)", "max": "(case when {0} >= {1} then {0} else {1} end)",
    "pi": "pi()", "e": "exp(1.0)",
    "not": "(not {0})", "and": "({0} and {1})", "or": "({0} or {1})", "xor": "({0} <> {1})", "implies": "((not {0}) or {1})",
    "iff": "({0} = {1})", "if": "(case when {0} then {1} else {2} end)", "true": "true", "false": "false",
}  # fmt: skip


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def to_sql(term: Term, *, table: str = "data", target: str = "value") -> str:
    """A SELECT statement that computes the term from the columns of a table.

    Names are quoted, so any column name is safe. Needs the usual mathematical functions (SQLite 3.35 or later).

    Raises
    ------
    ExportError
        If the term has holes, or an operator that SQL lacks.

    >>> from induce.terms import arithmetic
    >>> to_sql(arithmetic.parse("sqrt(length) + 1"), table="runs")
    'SELECT (sqrt("length") + 1) AS "value" FROM "runs"'
    """

    def step(node: Term, args: tuple[str, ...]) -> str:
        if node.op is VARIABLE:
            return _quoted(node.name)
        if node.op is LITERAL:
            if isinstance(node.payload, bool):
                return "true" if node.payload else "false"
            if isinstance(node.payload, int | float) and abs(node.payload) < float("inf"):
                return repr(node.payload) if node.payload >= 0 else f"({node.payload!r})"
            raise ExportError(f"'{node}' cannot be written as an SQL number.")
        template = _TEMPLATES.get(node.op.name)
        if template is None or node.is_hole:
            raise ExportError(f"'{node.op.name}' in '{term}' has no SQL form. Fill holes first, or export to python.")
        return template.format(*args)

    return f"SELECT {term.fold(step)} AS {_quoted(target)} FROM {_quoted(table)}"
