"""Decisions in other languages: SQL, Prolog, Python, Markdown. Every export carries the fidelity of the rules."""

from __future__ import annotations

import builtins
import json
import keyword
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from induce.errors import ExportError
from induce.explain.fidelity import Fidelity
from induce.learners.rules.literals import AT_MOST, EQUAL, KNOWN, MISSING
from induce.mixed import NUMBER
from induce.rules.conditions import Condition, number_text
from induce.rules.decisions import FIRST, Decisions
from induce.rules.derived import (
    prolog_name,
    prolog_text,
    quoted,
    relation_name,
    sql_constant,
    used_columns,
)  # fmt: skip
from induce.rules.language import derived_in, program_of, relation_names

__all__ = ["needs_fidelity", "to_logic", "to_prolog", "to_python", "to_sql"]


def needs_fidelity(fidelity: Fidelity | None) -> Fidelity:
    """The fidelity; rules that were not measured are not exported.

    Raises
    ------
    ExportError
        If there is none.
    """
    if fidelity is None:
        raise ExportError(
            "these rules were changed and not measured since, so an export could not say how faithful they are. "
            "Measure them first: fit.measured(X, y)."
        )
    return fidelity


def _comment(mark: str, decisions: Decisions, fidelity: Fidelity, end: str = "") -> str:
    what = "the first rule that holds decides" if decisions.decide == FIRST else "rules that hold add their points"
    # a category may hold the end of a line, after which it would be read as code
    parts = [part for line in (what, *fidelity.lines()) for part in line.splitlines() or [""]]
    return "\n".join(f"{mark} {part}{end}" for part in parts)


# -------------------------------------------------------------------- logic and Prolog


def to_logic(decisions: Decisions, fidelity: Fidelity | None) -> str:
    """The program of the rules as text of the language of rules."""
    return f"{_comment('%', decisions, needs_fidelity(fidelity))}\n{program_of(decisions)}\n"


_PROLOG_FIRST = """
first(Row, K) :- row(Row), once((between(1, {last}, K), rule(Row, K))).
answer(Row, Answer) :- first(Row, K), says(K, Answer).
"""
_PROLOG_CLASS = """
score(Row, Class, Score) :- findall(P, (rule(Row, K), points(K, Class, P)), Ps), sum_list(Ps, Score).
better(Row, Class) :- order(Class, N), score(Row, Class, S), order(Other, M), score(Row, Other, T), (T > S ; T =:= S, M < N).
answer(Row, Class) :- row(Row), order(Class, _), \\+ better(Row, Class).
"""
_PROLOG_NUMBER = """
answer(Row, Answer) :- row(Row), findall(P, (rule(Row, K), points(K, P)), Ps), sum_list(Ps, Answer).
"""


def to_prolog(decisions: Decisions, fidelity: Fidelity | None) -> str:
    """Prolog clauses; facts ``row(1). age(1, 40).`` are to be added, ``answer(Row, Answer)`` is to be asked.

    A missing entry is a fact that is not there. Comments say which column each relation is of.
    """
    head = _comment("%", decisions, needs_fidelity(fidelity))
    kept = ("rule", "points", "says", "order")
    lines = [_as_prolog(str(one)) for one in program_of(decisions).args if one.args[0].op.name in kept]
    names = relation_names(decisions.table)
    derived = derived_in(decisions)
    defined = [one.to_prolog(names[one.name], names) for one in derived]
    tail = _PROLOG_FIRST.format(last=len(decisions) + 1)
    if decisions.decide != FIRST:
        tail = _PROLOG_CLASS if decisions.classes else _PROLOG_NUMBER
    own = sorted(
        {f"{line.split('(')[0]}/{3 if line.startswith('points') and decisions.classes else 2}" for line in lines}
    )
    read = {names[name]: name for name in asked_of(decisions)} | {
        relation_name(table, column): f"{table}.{column}"
        for table, columns in used_columns(derived).items()
        for column in columns
    }
    facts = [f"{prolog_name(relation)}(Row, Entry): {column}" for relation, column in read.items()]
    facts = [f"% {' '.join(fact.splitlines())}" for fact in ("facts: row(Row), and", *facts)]
    parts = (
        head,
        *facts,
        f":- dynamic {', '.join(['row/1', *(f'{prolog_name(relation)}/2' for relation in read)])}.",
        f":- discontiguous {', '.join(own)}.",
        *lines,
        *defined,
        tail,
    )
    return "\n".join(parts)


def asked_of(decisions: Decisions) -> list[str]:
    """Names of the columns of the main table that the rules, or the columns derived for them, ask for."""
    derived = decisions.table.derived
    asked = [decisions.table.columns[place].name for rule in decisions.rules for place, _, _ in rule]
    return list(dict.fromkeys(derived[name].path[0].before if name in derived else name for name in asked))


_CALLED = re.compile(r"(?<!\w)[^\W\d_A-Z]\w*(?=\()")


def _as_prolog(line: str) -> str:
    r"""A statement of the language of rules in Prolog's spelling: quotes, ``=<``, ``\==`` and ``\+``."""
    found: list[str] = []
    k = 0
    while k < len(line):
        if line[k] == '"':
            end = k + 1
            while line[end] != '"':
                end += 2 if line[end] == "\\" else 1
            found.append(prolog_text(json.loads(line[k : end + 1])))
            k = end + 1
            continue
        called = _CALLED.match(line, k)
        if called:
            found.append(prolog_name(called.group()))
            k = called.end()
            continue
        for ours, theirs in (("<=", "=<"), ("!=", "\\=="), (" not ", " \\+ "), ("", "")):
            if ours and line.startswith(ours, k):
                found.append(theirs)
                k += len(ours)
                break
            if not ours:
                found.append(line[k])
                k += 1
    return "".join(found)


# -------------------------------------------------------------------- SQL


def _sql_condition(decisions: Decisions, condition: Condition) -> str:
    place, test, value = condition
    column = decisions.table.columns[place]
    name = quoted(column.name)
    if test in (MISSING, KNOWN):
        return f"{name} IS {'NOT ' if test == KNOWN else ''}NULL"
    if column.kind == NUMBER:
        return f"{name} {'<=' if test == AT_MOST else '>'} {sql_constant(value)}"
    return f"{name} {'=' if test == EQUAL else '<>'} {sql_constant(column.labels[int(value)])}"


def _joined(decisions: Decisions, source: str) -> str:
    """The main table, with a column for everything that the rules ask of related tables."""
    derived = derived_in(decisions)
    if not derived:
        return source
    columns = "".join(f",\n    {one.to_sql('main')} AS {quoted(one.name)}" for one in derived)
    return f"(\n  SELECT main.*{columns}\n  FROM {source} AS main\n) AS joined"


def to_sql(decisions: Decisions, fidelity: Fidelity | None, table: str) -> str:
    """A SELECT of all columns and a column ``prediction``, with ``_`` after it where the table has one of that name.

    A missing entry is NULL. Names differ in more than capitals, which are one to SQL.

    Parameters
    ----------
    table : str
        Name of the table; parts of a name, such as a schema, are told apart by dots.

    Raises
    ------
    ExportError
        For what is no name.
    """
    if not isinstance(table, str) or not table.strip("."):
        raise ExportError(f"a table cannot be called {table!r}. Give its name, such as 'patients'.")
    head = _comment("--", decisions, needs_fidelity(fidelity))
    rules = [" AND ".join(_sql_condition(decisions, c) for c in rule) for rule in decisions.rules]
    source = _joined(decisions, ".".join(quoted(part) for part in table.split(".")))
    taken = {name.casefold() for name in decisions.table.names}
    prediction = "prediction"
    while prediction in taken:
        prediction += "_"
    if decisions.decide == FIRST:
        says = decisions.points[:, 0] if not decisions.classes else [decisions.classes[k] for k in decisions.heads()]
        cases = "".join(f"\n    WHEN {rule} THEN {sql_constant(said)}" for rule, said in zip(rules, says, strict=False))
        case = f"CASE{cases}\n    ELSE {sql_constant(says[-1])}\n  END" if rules else sql_constant(says[-1])
        return f"{head}\nSELECT *,\n  {case} AS {prediction}\nFROM {source};\n"
    outputs = decisions.classes or ("",)
    prefix = "points"
    while any(name.startswith(prefix) for name in taken):
        prefix += "_"
    names = [f"{prefix} {label}" for label in outputs]
    if len({name.casefold() for name in names}) < len(names):
        names = [f"{prefix} {k}" for k in range(1, len(names) + 1)]
    names = [quoted(name) for name in names] if decisions.classes else [prediction]
    sums = []
    for k in range(len(outputs)):
        parts = [sql_constant(decisions.points[-1, k])]
        for rule, points in zip(rules, decisions.points[:-1, k], strict=True):
            if points:
                parts.append(f"CASE WHEN {rule} THEN {sql_constant(points)} ELSE 0 END")
        sums.append("\n    + ".join(parts) + f" AS {names[k]}")
    listed = ",\n  ".join(sums)
    if not decisions.classes:
        return f"{head}\nSELECT *,\n  {listed}\nFROM {source};\n"
    whens = []
    for k, label in enumerate(outputs[:-1]):
        rest = [f"{names[k]} >= {other}" for other in names[k + 1 :]] + [f"{names[k]} > {other}" for other in names[:k]]
        whens.append(f"WHEN {' AND '.join(rest)} THEN {sql_constant(label)}")
    case = "\n    ".join(whens)
    return (
        f"{head}\nSELECT *,\n  CASE\n    {case}\n    ELSE {sql_constant(outputs[-1])}\n  END AS {prediction}\n"
        f"FROM (\n  SELECT *,\n  {listed}\n  FROM {source}\n) AS scored;\n"
    )


# -------------------------------------------------------------------- Python


def _python_condition(decisions: Decisions, condition: Condition) -> str:
    place, test, value = condition
    column = decisions.table.columns[place]
    entry = f"row[{column.name!r}]"
    if test in (MISSING, KNOWN):
        return f"{'not ' if test == KNOWN else ''}missing({entry})"
    if column.kind == NUMBER:
        return f"known({entry}) {'<=' if test == AT_MOST else '>'} {number_text(float(value))}"
    label = column.labels[int(value)]
    label = bool(label) if isinstance(label, bool | np.bool_) else str(label)
    return f"{entry} {'==' if test == EQUAL else '!='} {label!r}" + (
        "" if test == EQUAL else f" and not missing({entry})"
    )


def _python_value(value: Any) -> str:
    return repr(value.item() if isinstance(value, np.generic) else value)


def to_python(decisions: Decisions, fidelity: Fidelity | None, name: str = "predict") -> str:
    """Source of a plain function of one row, a mapping of column name to entry; it imports only the standard library.

    Raises
    ------
    ExportError
        If ``name`` is no identifier.
    """
    used = ("missing", "known", *dir(builtins), "nan", "row", "related")
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name) or name in used:
        raise ExportError(f"a function cannot be called {name!r}. Give an identifier, such as 'predict'.")
    head = _comment("#", decisions, needs_fidelity(fidelity))
    rules = [" and ".join(_python_condition(decisions, c) for c in rule) or "True" for rule in decisions.rules]
    lines = [
        head,
        "from math import nan",
        "",
        "",
        "def missing(entry):",
        "    return entry is None or entry != entry",
        "",
        "",
    ]
    lines += ["def known(entry):", "    return nan if entry is None else float(entry)", "", ""]
    derived = derived_in(decisions)
    lines += [f"def {name}(row{', related' if derived else ''}):"]
    write: Callable[[str], None] = lines.append
    if derived:
        write('    """The answer for a row; related: for each table a list of rows, mappings of column to entry."""')
        write("    row = dict(row)")
        for one in derived:
            write(f"    row[{one.name!r}] = {one.to_python()}")
    if decisions.decide == FIRST:
        says = decisions.points[:, 0] if not decisions.classes else [decisions.classes[k] for k in decisions.heads()]
        for rule, said in zip(rules, says, strict=False):
            write(f"    if {rule}:")
            write(f"        return {_python_value(said)}")
        write(f"    return {_python_value(says[-1])}")
    elif not decisions.classes:
        write(f"    total = {float(decisions.points[-1, 0])!r}")
        for rule, points in zip(rules, decisions.points[:-1, 0], strict=True):
            write(f"    if {rule}:")
            write(f"        total += {float(points)!r}")
        write("    return total")
    else:
        labels = [_python_value(label) for label in decisions.classes]
        write(
            f"    points = {{{', '.join(f'{a}: {int(b)}' for a, b in zip(labels, decisions.points[-1], strict=True))}}}"
        )
        for rule, given in zip(rules, decisions.points[:-1], strict=True):
            if not given.any():
                continue
            write(f"    if {rule}:")
            for label, points in zip(labels, given, strict=True):
                if points:
                    write(f"        points[{label}] += {int(points)}")
        write("    return max(points, key=points.get)")
    return "\n".join(lines) + "\n"
