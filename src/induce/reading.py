"""Reading a table from a file: CSV, TSV, text, Parquet, Excel, standard input, or a table shipped with the library."""

from __future__ import annotations

import csv
import io
import re
import sys
import warnings
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from induce.checks import real_column
from induce.errors import DataError, UnitError, did_you_mean
from induce.table import Table
from induce.terms.unit import Unit

__all__ = ["read_table", "shipped_names", "split_header"]

_HEADER = re.compile(r"^\s*(?P<name>.*\S)\s*\[(?P<unit>[^\[\]]*)\]\s*$", re.DOTALL)
_DELIMITERS = {".csv": ",;\t", ".tsv": "\t", ".txt": "\t,;| "}
_MISSING = {"", "na", "nan", "n/a", "null", "none", "-nan", "#n/a"}


def split_header(header: str) -> tuple[str, str | None]:
    """The column name and the unit of a header; the unit is what stands in brackets at its end.

    >>> split_header("length [m]"), split_header("a[0]x"), split_header("count")
    (('length', 'm'), ('a[0]x', None), ('count', None))
    """
    match = _HEADER.match(header)
    if match is None:
        return header.strip(), None
    return match["name"], match["unit"].strip() or None


def shipped_names() -> tuple[str, ...]:
    """Names of the tables that ship with the library, for ``shipped:NAME``."""
    folder = files("induce") / "formulas" / "tables"
    return tuple(sorted(entry.name[:-4] for entry in folder.iterdir() if entry.name.endswith(".csv")))


def read_table(path: str | Path, *, sheet: str | int | None = None, text: str = "refuse") -> Table:
    """Read a table with its column names and units.

    Parameters
    ----------
    path : str or Path
        A ``.csv``, ``.tsv``, ``.txt``, ``.parquet`` or ``.xlsx`` file, ``-`` for CSV on standard input, or
        ``shipped:NAME`` for a table of the library. A header such as ``length [m]`` names the unit; brackets that hold no unit stay in the
        name, with a warning.
    sheet : str or int, optional
        Which sheet of a workbook; the first by default.
    text : {"refuse", "set aside"}
        What to do with text columns: raise, or keep them as ``labels`` (always so for shipped tables).

    Raises
    ------
    DataError
        If the file is missing, empty, of an unknown kind, or cannot be read; says where.

    >>> read_table("shipped:galileo")
    Table(2 columns, 8 rows: time, distance)
    """
    if text not in ("refuse", "set aside"):
        raise DataError(f"text={text!r} is not known. Use 'refuse' or 'set aside'.")
    name = str(path)
    if name == "-":
        return _from_text(sys.stdin.read(), "standard input", ",;\t", text)
    if name.startswith("shipped:"):
        return _shipped(name.removeprefix("shipped:"))
    place = Path(path)
    _check_file(place)
    reader = _READERS.get(place.suffix.lower())
    if reader is None:
        raise DataError(
            f"'{place.name}' has the extension '{place.suffix}', which is not a known kind of table.{_hint(place.suffix)} "
            f"Known are: {', '.join(_READERS)}."
        )
    if sheet is not None and place.suffix.lower() != ".xlsx":
        raise DataError(f"sheet={sheet!r} was given, but '{place.name}' has no sheets. Leave it out.")
    return reader(place, sheet, text)


def _hint(suffix: str) -> str:
    return did_you_mean(suffix.lower(), _READERS)


def _check_file(place: Path) -> None:
    if place.is_dir():
        raise DataError(f"'{place}' is a folder. Name a file in it.")
    if place.is_file():
        if place.stat().st_size == 0:
            raise DataError(f"'{place}' is empty. Write column names in line 1 and one row per line below.")
        return
    folder = place.parent
    if not folder.is_dir():
        raise DataError(f"the folder '{folder}' does not exist, so '{place.name}' cannot be read. Check the path.")
    near = did_you_mean(place.name, (entry.name for entry in folder.iterdir() if entry.is_file()))
    raise DataError(f"there is no file '{place}'.{near} Check the path, or use '-' to read standard input.")


def _shipped(name: str) -> Table:
    known = shipped_names()
    if name not in known:
        raise DataError(
            f"there is no shipped table '{name}'.{did_you_mean(name, known)} There are: {', '.join(known)}."
        )
    content = (files("induce") / "formulas" / "tables" / f"{name}.csv").read_text(encoding="utf-8")
    return _from_text(content, f"shipped:{name}", ",", "set aside")


def _delimited(place: Path, sheet: str | int | None, text: str) -> Table:
    raw = place.read_bytes()
    try:
        content = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DataError(
            f"'{place.name}' is not UTF-8 text: byte 0x{raw[error.start]:02x} in line {line}. "
            "Save it again with the encoding UTF-8."
        ) from error
    return _from_text(content, place.name, _DELIMITERS[place.suffix.lower()], text)


def _from_text(content: str, source: str, delimiters: str, text: str) -> Table:
    content = content.removeprefix("\ufeff")
    if not content.strip():
        raise DataError(f"{source} is empty. Write column names in line 1 and one row per line below.")
    if "\0" in content[:4096]:
        raise DataError(f"{source} is not a text table: it holds binary data. Check the extension.")
    first = next(line for line in content.splitlines() if line.strip())
    present = [mark for mark in delimiters if mark != " " and mark in first]
    fallback = " " if " " in delimiters else delimiters[0]
    delimiter = max(present, key=first.count) if present else fallback
    header = [cell.strip() for cell in next(csv.reader([first], delimiter=delimiter, skipinitialspace=True))]
    if all(_is_number(cell) for cell in header):
        raise DataError(
            f"line 1 of {source} holds only numbers ({first.strip()[:40]}), so the columns have no names. "
            "Write the column names in line 1."
        )
    columns = _cells(content, source, delimiter, header)
    if not len(columns[0]):
        raise DataError(f"{source} has column names but no rows. Add one row per line below line 1.")
    return _table(header, columns, source, text, place=("line", _lines_before_data(content) + 1))


def _cells(content: str, source: str, delimiter: str, header: list[str]) -> list[Any]:
    """The raw columns below the header: fast through pandas, which types each column as a whole."""
    import pandas as pd

    try:
        frame = pd.read_csv(
            io.StringIO(content),
            sep=r"\s+" if delimiter == " " else delimiter,
            header=None,
            skiprows=_lines_before_data(content),
            names=[str(index) for index in range(len(header))],
            skipinitialspace=True,
            index_col=False,
            low_memory=False,
        )
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise DataError(
            _ragged(content, source, delimiter, len(header)) or f"{source} cannot be read: {error}."
        ) from error
    return [frame[name].to_numpy() for name in frame.columns]


def _lines_before_data(content: str) -> int:
    lines = content.splitlines()
    return next(index for index, line in enumerate(lines) if line.strip()) + 1


def _ragged(content: str, source: str, delimiter: str, width: int) -> str:
    """The message that names the first line with too many cells, or an empty string."""
    reader = csv.reader(io.StringIO(content), delimiter=delimiter, skipinitialspace=True)
    for cells in reader:
        if len(cells) > width:
            return (
                f"line {reader.line_num} of {source} has {len(cells)} cells, but line 1 names {width} columns. "
                "Remove the extra cells, or quote text that holds the delimiter."
            )
    return ""


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _table(headers: list[str], columns: list[Any], source: str, text: str, place: tuple[str, int]) -> Table:
    """Split names from units, set text columns aside or refuse them, and check the rest."""
    if "" in headers:
        raise DataError(f"column {headers.index('') + 1} of {source} has no name. Write one in line 1.")
    values: dict[str, Any] = {}
    units: dict[str, str] = {}
    labels: dict[str, tuple[str, ...]] = {}
    for header, column in zip(headers, columns, strict=True):
        name, unit = _name_and_unit(header, source)
        if name in values or name in labels:
            raise DataError(f"the column name '{name}' is used more than once in {source}. Rename one of them.")
        if _is_text(column):
            if text == "refuse":
                _refuse_text(name, column, source, place)
            labels[name] = tuple(str(cell) for cell in column)
            continue
        values[name] = column
        if unit is not None:
            units[name] = unit
    if not values:
        raise DataError(f"{source} has no column of numbers; it has only: {', '.join(labels)}. Check the delimiter.")
    table = Table.from_any(values, units=units)
    return Table(table.names, table.values, table.units, labels)


def _name_and_unit(header: str, source: str) -> tuple[str, str | None]:
    """The header split, unless what stands in brackets is no unit."""
    name, unit = split_header(header)
    if unit is None:
        return name, None
    try:
        Unit.parse(unit)
    except UnitError as error:
        warnings.warn(
            f"the header '{header}' of {source} ends in brackets, but '{unit}' is not a unit ({error}) "
            "The brackets are kept as part of the name.",
            UserWarning,
            stacklevel=2,
        )
        return header, None
    return name, unit


def _is_text(column: Any) -> bool:
    return column.dtype.kind in "OUST" and any(isinstance(cell, str) for cell in column)


def _refuse_text(name: str, column: Any, source: str, place: tuple[str, int]) -> None:
    """Raise for the first cell that is not a number, naming its line (of text) or row (of a frame)."""
    numbers = sum(
        1 for cell in column if (isinstance(cell, str) and _is_number(cell)) or isinstance(cell, (int, float))
    )
    for row, cell in enumerate(column):
        if not isinstance(cell, str) or _is_number(cell) or cell.strip().lower() in _MISSING:
            continue
        advice = "Correct that entry" if numbers else "Leave the column out, or encode it as numbers"
        raise DataError(
            f"column '{name}' of {source} holds text in {place[0]} {row + place[1]}: {cell!r}, but numbers are needed. {advice}."
        )


def _parquet(place: Path, sheet: str | int | None, text: str) -> Table:
    frame = _with_pandas(lambda pd: pd.read_parquet(place), place, "pyarrow")
    return _from_frame(frame, place.name, text)


def _workbook(place: Path, sheet: str | int | None, text: str) -> Table:
    def read(pd: Any) -> Any:
        with pd.ExcelFile(place, engine="openpyxl") as book:
            names = [str(name) for name in book.sheet_names]
            if isinstance(sheet, str) and sheet not in names:
                hint = did_you_mean(sheet, names)
                raise DataError(f"'{place.name}' has no sheet '{sheet}'.{hint} Its sheets are: {', '.join(names)}.")
            if isinstance(sheet, int) and not 0 <= sheet < len(names):
                raise DataError(f"'{place.name}' has {len(names)} sheets, so there is no sheet {sheet}. Count from 0.")
            return pd.read_excel(book, sheet_name=0 if sheet is None else sheet)

    return _from_frame(_with_pandas(read, place, "openpyxl"), place.name, text)


def _with_pandas(read: Callable[[Any], Any], place: Path, needs: str) -> Any:
    import pandas as pd

    try:
        return read(pd)
    except DataError:
        raise
    except ImportError as error:
        raise DataError(
            f"reading '{place.name}' needs {needs}, which is not installed. Run: pip install 'induce[tables]'."
        ) from error
    except Exception as error:  # the readers below raise many unrelated types for a damaged file
        raise DataError(f"'{place.name}' is not a readable {place.suffix} file: {error}. Export it again.") from error


def _from_frame(frame: Any, source: str, text: str) -> Table:
    headers = [str(name) for name in frame.columns]
    if not headers or not len(frame):
        raise DataError(f"'{source}' is empty: {len(frame)} rows, {len(headers)} columns. Add rows and columns.")
    columns = [frame.iloc[:, index] for index in range(len(headers))]
    cells = [c.to_numpy(dtype=object) if c.dtype.kind not in "biuf" else c.to_numpy() for c in columns]
    cells = [_numbers(str(h), c) for h, c in zip(headers, cells, strict=True)]
    return _table(headers, cells, source, text, place=("row", 0))


def _numbers(name: str, cells: Any) -> Any:
    if cells.dtype.kind in "biuf" or _is_text(cells):
        return cells
    return np.asarray(real_column(split_header(name)[0], cells))


_READERS: dict[str, Callable[[Path, str | int | None, str], Table]] = {
    ".csv": _delimited,
    ".tsv": _delimited,
    ".txt": _delimited,
    ".parquet": _parquet,
    ".xlsx": _workbook,
}
