"""The ``induce`` command. Heavy modules are imported inside the commands, so that help costs nothing."""

from __future__ import annotations

import functools
import json
import os
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from induce.errors import DataError, InduceError

if TYPE_CHECKING:
    from induce.fit import Fit
    from induce.table import Table

__all__ = ["app", "main"]

app = typer.Typer(
    name="induce",
    help="Formulas from tables of numbers; answers from rules and facts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
papers_app = typer.Typer(help="Pages that rebuild published results.", no_args_is_help=True)
app.add_typer(papers_app, name="papers")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Source = Annotated[
    str,
    typer.Argument(
        metavar="TABLE", help="A .csv, .tsv, .txt, .parquet or .xlsx file, - for standard input, or shipped:NAME."
    ),
]
Folder = Annotated[str, typer.Argument(metavar="DIR", help="A folder that --save or Fit.save() wrote.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write to this file instead of the terminal.")]


def main() -> None:
    """Entry point of the ``induce`` command."""
    app()


# ---- what every command shares


def _guarded(command: Callable[..., None]) -> Callable[..., None]:
    """Turn errors into one message on standard error and exit code 1; show warnings as lines."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            warnings.showwarning = lambda message, *rest: typer.echo(f"warning: {message}", err=True)
            try:
                command(*args, **kwargs)
            except (typer.Exit, typer.Abort, BrokenPipeError):
                raise
            except KeyboardInterrupt:
                _fail("interrupted before there was a result.", kwargs)
            except InduceError as error:
                _fail(str(error), kwargs)
            except Exception as error:
                _fail(f"unexpected {type(error).__name__}: {error}. Run with INDUCE_DEBUG=1 for details.", kwargs)

    return run


def _fail(message: str, given: dict[str, Any]) -> None:
    if os.environ.get("INDUCE_DEBUG"):
        typer.echo(traceback.format_exc(), err=True)
    typer.echo(f"error: {message}", err=True)
    if given.get("as_json"):
        _print_json({"error": message})
    raise typer.Exit(1)


def _print_json(document: Any) -> None:
    from induce.report import json_value

    typer.echo(json.dumps(json_value(document), ensure_ascii=False, indent=1, allow_nan=False))


def _emit(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text)
        return
    try:
        out.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise DataError(f"'{out}' cannot be written: {error.strerror}. Choose another file.") from error


def _show_version(wanted: bool) -> None:
    if wanted:
        from induce import __version__

        typer.echo(f"induce {__version__}")
        raise typer.Exit(0)


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


# ---- commands


def _read(source: str, sheet: str | None) -> Table:
    from induce.reading import read_table

    number = int(sheet) if sheet is not None and sheet.isdigit() else sheet
    return read_table(source, sheet=number, text="set aside")


@app.command()
@_guarded
def fit(
    source: Source,
    target: Annotated[str, typer.Option("--target", metavar="COL", help="The column to explain.")],
    within: Annotated[
        str | None,
        typer.Option(
            "--within", metavar="TIME", help='Such as 20s, 2min or "1e6 candidates"; by default until a plateau.'
        ),
    ] = None,
    operators: Annotated[
        str, typer.Option("--operators", help="Names separated by spaces.")
    ] = "+ - * / sqrt exp log sin cos",
    units: Annotated[
        str | None,
        typer.Option("--units", help='Such as "length=m,g=m/s^2"; adds to those in the headers. "none" ignores units.'),
    ] = None,
    columns: Annotated[
        str | None, typer.Option("--columns", metavar="A,B", help="The columns that may explain; all by default.")
    ] = None,
    max_size: Annotated[int, typer.Option("--max-size", help="Most nodes of a formula.")] = 30,
    select: Annotated[
        str, typer.Option("--select", metavar="RULE", help="description_length, elbow, loss or validation.")
    ] = "description_length",
    noise: Annotated[
        float | None, typer.Option("--noise", help="Standard deviation of the target's noise, in its unit.")
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", help="The same seed gives the same result when no time limit ends the search.")
    ] = 0,
    jobs: Annotated[int, typer.Option("--n-jobs", help="Threads.")] = 1,
    backend: Annotated[
        str, typer.Option("--backend", help="joblib (threads), or ray (workers; the same result).")
    ] = "joblib",
    save: Annotated[
        str | None, typer.Option("--save", metavar="DIR", help="Keep the formulas and their exports in this folder.")
    ] = None,
    sheet: Annotated[
        str | None, typer.Option("--sheet", help="Which sheet of a workbook: name, or number from 0.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress; print the chosen formula only.")] = False,
    as_json: Json = False,
) -> None:
    """Find short formulas for one column of a table."""
    from induce.columns import explaining_columns, known_units

    table = _read(source, sheet)
    explaining = explaining_columns(table, target, columns)
    known = known_units(table, units)
    found = _search(
        explaining, table[target], target, known or None, within=within, operators=operators, max_size=max_size, select=select,
        noise=noise, random_state=seed, n_jobs=jobs, backend=backend,
        watch=None if quiet or as_json else "progress",
    )  # fmt: skip
    if save is not None:
        found.save(save)
    _print_fit(found, _numbers(found, explaining, table[target]), save, quiet=quiet, as_json=as_json)


def _search(explaining: Table, y: Any, target: str, units: dict[str, str] | None, **settings: Any) -> Fit:
    import pandas as pd

    from induce.formulas import FormulaRegressor

    known = (
        None if units is None else {name: unit for name, unit in units.items() if name in (*explaining.names, target)}
    )
    bare = type(explaining)(explaining.names, explaining.values)
    model = FormulaRegressor(units=known, **settings).fit(bare, pd.Series(y, name=target))
    found: Fit = model.fit_
    return found


def _numbers(found: Fit, table: Table, y: Any) -> tuple[Any, ...]:
    from induce.numbers import numbers_of

    if found.best.holes:
        return ()
    return numbers_of(found, table, y)


def _print_fit(
    found: Fit, numbers: Any, folder: str | None, *, quiet: bool = False, as_json: bool = False, fitted: bool = True
) -> None:
    from induce.report import fit_document, fit_lines, rich_table

    if as_json:
        _print_json(fit_document(found, numbers, folder))
    elif quiet:
        typer.echo(found.to_text())
    elif sys.stdout.isatty():
        from rich.console import Console

        console = Console()
        console.print(rich_table(found))
        console.print("\n".join(fit_lines(found, numbers, folder, fitted=fitted)), markup=False, highlight=False)
    else:
        table = str(found).partition("\n\n")[0]
        typer.echo("\n".join([table, *fit_lines(found, numbers, folder, fitted=fitted)]))


def _load(folder: str, row: int | None) -> Fit:
    from induce.io import load

    found = load(folder)
    return found if row is None else found.select(size=row)


Size = Annotated[int | None, typer.Option("--row", metavar="SIZE", help="Use the best formula of at most this size.")]


@app.command()
@_guarded
def show(folder: Folder, row: Size = None, as_json: Json = False) -> None:
    """Print a saved fit."""
    _print_fit(_load(folder, row), (), folder, as_json=as_json, fitted=False)


@app.command()
@_guarded
def predict(folder: Folder, source: Source, row: Size = None, out: Out = None, as_json: Json = False) -> None:
    """Compute the chosen formula for the rows of a table: CSV, one value a row."""
    from induce.columns import needed_columns

    found = _load(folder, row)
    table = needed_columns(found, _read(source, None))
    values = found.predict_table(table)
    bad = [k for k, value in enumerate(values) if value != value]
    if bad:
        typer.echo(
            f"warning: the formula is undefined on {len(bad)} of {len(values)} rows, first row {bad[0]}.", err=True
        )
    if as_json:
        _print_json({"target": found.target, "unit": found.target_unit, "predictions": values.tolist()})
        return
    unit = f" [{found.target_unit}]" if found.target_unit else ""
    name = f"{found.target}{unit}"
    quoted = '"' + name.replace('"', '""') + '"' if any(c in name for c in ',"\n') else name
    _emit("\n".join([quoted, *(repr(float(value)) for value in values)]), out)


@app.command()
@_guarded
def export(
    folder: Folder,
    to: Annotated[
        str, typer.Option("--to", metavar="FORMAT", help="latex, python, sympy, sql, torch, mathml or text.")
    ],
    row: Size = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Write the chosen formula for another program."""
    text = _load(folder, row).export(to)
    if as_json:
        _print_json({"format": to, "text": text})
    else:
        _emit(text.rstrip("\n"), out)


@app.command()
@_guarded
def logic(
    program: Annotated[str, typer.Argument(metavar="PROGRAM", help="A file of rules, or - for standard input.")],
    facts: Annotated[
        list[str] | None, typer.Option("--facts", metavar="NAME=FILE", help="A table of facts; may be repeated.")
    ] = None,
    weight: Annotated[
        list[str] | None,
        typer.Option("--weight", metavar="NAME=COLUMN", help="The column of a table that has the probabilities."),
    ] = None,
    query: Annotated[list[str] | None, typer.Option("--query", help='Such as "path(a, X)"; may be repeated.')] = None,
    algebra: Annotated[
        str, typer.Option("--algebra", help="probability, viterbi, min-max, tropical, proofs(3), fuzzy(product), ...")
    ] = "probability",
    dialect: Annotated[str | None, typer.Option("--dialect", help="Read a text of problog, asp or scallop.")] = None,
    header: Annotated[bool, typer.Option(help="Whether the first row of a CSV or Excel table has its names.")] = True,
    why: Annotated[
        str | None, typer.Option("--why", metavar="ANSWER", help="Also print the proofs of an answer.")
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Print what the planner made of the program, and stop.")] = False,
    limit: Annotated[int, typer.Option("--limit", help="Most answers that are printed.")] = 100,
    as_json: Json = False,
) -> None:
    """Answer queries by rules and facts, with probabilities."""
    from induce.answering import answer_document, answer_lines, read_program

    made = read_program(
        program, facts or (), weight or (), queries=query, algebra=algebra, dialect=dialect, header=header
    )
    if plan:
        _print_json({"plan": made.plan()}) if as_json else typer.echo(made.plan())
        return
    document = answer_document(made, limit)
    if why is not None:
        document["why"] = made.why(why).tree()
    if as_json:
        _print_json(document)
    else:
        typer.echo("\n".join([*answer_lines(document), *([document["why"]] if why is not None else [])]))


@app.command()
@_guarded
def doctor(as_json: Json = False) -> None:
    """Versions, devices, extras and caches, ready to paste into a report."""
    from induce.doctor import examine, report_text

    found = examine()
    _print_json(found) if as_json else typer.echo(report_text(found))


@papers_app.command("list")
@_guarded
def papers_list(as_json: Json = False) -> None:
    """The pages that there are."""
    from induce.papers import list_papers

    pages = list_papers()
    if as_json:
        _print_json([{"slug": page.slug, "title": page.title, "claim": page.claim} for page in pages])
    else:
        typer.echo("\n".join(f"{page.slug}: {page.title}" for page in pages) or "No papers were found.")


@papers_app.command("run")
@_guarded
def papers_run(
    slug: Annotated[str, typer.Argument(help="Which one; see: induce papers list.")],
    full: Annotated[bool, typer.Option("--full/--small", help="Minutes instead of seconds.")] = False,
    as_json: Json = False,
) -> None:
    """Run a page and check its figure against its line; exit code 1 if it does not hold."""
    from induce.papers import run_paper

    result = run_paper(slug, full=full)
    _print_json(result.to_dict()) if as_json else typer.echo(str(result))
    if not result.holds:
        raise typer.Exit(1)


if __name__ == "__main__":
    main()
