"""What ``induce logic`` does: read a program and its tables, answer the queries, print."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from induce.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from induce.logic.program import LogicProgram

__all__ = ["answer_document", "answer_lines", "read_program"]

DIALECTS = {"problog": "from_problog", "asp": "from_asp", "scallop": "from_scallop"}


def read_program(
    source: str,
    facts: Iterable[str],
    weights: Iterable[str],
    *,
    queries: list[str] | None = None,
    algebra: str = "probability",
    dialect: str | None = None,
    header: bool = True,
) -> LogicProgram:
    """A program from a file (``-`` is standard input) and tables given as ``relation=file``.

    Raises
    ------
    DataError
        If a file cannot be read, or an option has no ``=``.
    """
    import sys

    from induce.algebras.semirings import named
    from induce.logic import LogicProgram

    text: Any
    if source == "-":
        text = sys.stdin.read()
    else:
        path = Path(source)
        if not path.is_file():
            raise DataError(f"there is no program '{source}'. Name a file of rules, or - for standard input.")
        try:
            text = path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, OSError) as problem:
            raise DataError(f"'{source}' cannot be read as UTF-8 text: {problem}. Save it as UTF-8.") from problem
    if dialect is not None:
        if dialect not in DIALECTS:
            raise DataError(
                f"unknown dialect '{dialect}'.{did_you_mean(dialect, DIALECTS)} Known: {', '.join(DIALECTS)}."
            )
        from importlib import import_module

        text = getattr(import_module("induce.logic.dialects"), DIALECTS[dialect])(text)
    program = LogicProgram(text, query=list(dict.fromkeys(queries or ())) or None, algebra=named(algebra))
    columns = dict(_pairs(weights, "--weight"))
    for name, file in _pairs(facts, "--facts"):
        program.facts(name, _table(file, header), weight=columns.pop(name, None))
    if columns:
        name = next(iter(columns))
        raise DataError(f"--weight names '{name}', but there is no --facts {name}=FILE.")
    return program


def _pairs(options: Iterable[str], option: str) -> list[tuple[str, str]]:
    found = []
    for entry in options:
        name, sign, value = entry.partition("=")
        if not sign or not name or not value:
            raise DataError(f"{option} '{entry}' has no '='. Write for example {option} edge=edges.csv.")
        found.append((name, value))
    return found


def _table(file: str, header: bool) -> Any:
    """Columns of any type from CSV, TSV, Parquet or Excel; without a header they are called 1, 2, ..."""
    import pandas as pd

    path = Path(file)
    if not path.is_file():
        raise DataError(f"there is no file '{file}' of facts. Check the path.")
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        if path.suffix in (".xlsx", ".xls"):
            return _numbered(pd.read_excel(path, header=0 if header else None))
        separator = "\t" if path.suffix in (".tsv", ".tab") else ","
        return _numbered(pd.read_csv(path, sep=separator, header=0 if header else None))
    except (ValueError, OSError, ImportError) as problem:
        raise DataError(f"'{file}' cannot be read as a table: {problem}") from problem


def _numbered(table: Any) -> Any:
    """Columns that pandas has numbered from 0, named from 1."""
    names = [str(name + 1) if isinstance(name, int) else name for name in table.columns]
    return table.set_axis(names, axis=1)


def answer_document(program: LogicProgram, limit: int | None = None) -> dict[str, Any]:
    """Answers with their values, the algebra's claim, and how they were computed, as plain values."""
    import torch

    if limit is not None and limit < 0:
        raise DataError(f"--limit is a number of answers, but got {limit}. Give 0 or more.")
    with torch.no_grad():
        values = program().reshape(-1).double().tolist() if len(program.answers) else []
    bound = getattr(program.backend.module, "bound", None)
    bounds = [0.0] * len(values) if bound is None else bound.reshape(-1).tolist()
    rows = sorted(zip(program.answers.labels, values, bounds, strict=True), key=lambda r: (-r[1], r[0]))
    algebra = program.algebra
    return {
        "queries": [str(q) for q in program.queries],
        "algebra": algebra.name,
        "claims": getattr(algebra, "claims", ""),
        "exact": bool(getattr(algebra, "exact", False)),
        "how": program.backend.how,
        "answers": [
            {"answer": a, "value": v, **({} if bound is None else {"at most": v + b})} for a, v, b in rows[:limit]
        ],
        "count": len(rows),
        "unfitted": sorted(program.parameters_of_holes.specs),
    }


def answer_lines(document: dict[str, Any]) -> list[str]:
    """The same as lines for a terminal."""
    rows = document["answers"]
    width = max((len(r["answer"]) for r in rows), default=0)
    lines = [
        f"{r['answer'].ljust(width)}  {r['value']:.6g}" + (f"  (at most {r['at most']:.6g})" if "at most" in r else "")
        for r in rows
    ]
    if not rows:
        lines = ["no answers"]
    if document["count"] > len(rows):
        lines.append(f"... and {document['count'] - len(rows):,} more (raise --limit)")
    exact = "exact" if document["exact"] else "not exact"
    how = document["how"].removeprefix("exact: ")
    how = "" if how == document["claims"] else f"; {how}"
    if document["unfitted"]:
        holes = ", ".join(f"?{name}" for name in document["unfitted"])
        lines += [
            "",
            f"Nothing was fitted: {holes} stand{'s' if len(document['unfitted']) == 1 else ''} at first guesses.",
        ]
    return [*lines, "", f"{document['algebra']}: {document['claims']} ({exact}{how})"]
