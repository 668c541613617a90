"""read_table: every kind of file, and what it says when one cannot be read."""

from __future__ import annotations

import io
import re
import sys

import numpy as np
import pandas as pd
import pytest

from induce.errors import DataError
from induce.reading import read_table, shipped_names, split_header
from induce.table import Table

TEXT = "length [m],mass [kg],n\n1.5,2,3\n2.5,4,5\n"


def fails(words, call, *args, **options):
    with pytest.raises(DataError, match=re.escape(words)):
        call(*args, **options)


def same(table: Table) -> None:
    assert table.names == ("length", "mass", "n")
    assert dict(table.units) == {"length": "m", "mass": "kg"}
    np.testing.assert_array_equal(table.values, [[1.5, 2.5], [2, 4], [3, 5]])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", TEXT),
        ("bom.csv", "\ufeff" + TEXT),
        ("semicolon.csv", TEXT.replace(",", ";")),
        ("a.tsv", TEXT.replace(",", "\t")),
        ("a.txt", TEXT.replace(",", "\t")),
        ("comma.txt", TEXT),
        ("bar.txt", TEXT.replace(",", " | ")),
        ("windows.csv", TEXT.replace("\n", "\r\n")),
        ("blank.csv", "\n" + TEXT.replace("\n", "\n\n")),
        ("A.CSV", TEXT),
    ],
)
def test_text_of_every_kind(tmp_path, name, text):
    path = tmp_path / name
    path.write_bytes(text.encode())
    same(read_table(path))


def test_blanks_as_delimiter(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("time   distance\n1  33\n2  130\n")
    assert read_table(path)["distance"].tolist() == [33, 130]


def test_parquet_and_workbook(tmp_path):
    frame = pd.DataFrame({"length [m]": [1.5, 2.5], "mass [kg]": [2, 4], "n": [3, 5]})
    frame.to_parquet(tmp_path / "a.parquet")
    same(read_table(tmp_path / "a.parquet"))
    with pd.ExcelWriter(tmp_path / "a.xlsx") as book:
        frame.to_excel(book, sheet_name="first", index=False)
        (frame * 2).to_excel(book, sheet_name="second", index=False)
    same(read_table(tmp_path / "a.xlsx"))
    assert read_table(tmp_path / "a.xlsx", sheet="second")["n"].tolist() == [6, 10]
    assert read_table(tmp_path / "a.xlsx", sheet=1)["n"].tolist() == [6, 10]
    words = "'a.xlsx' has no sheet 'secnd'. Did you mean 'second'? Its sheets are: first, second."
    fails(words, read_table, tmp_path / "a.xlsx", sheet="secnd")
    fails("'a.xlsx' has 2 sheets, so there is no sheet 2. Count from 0.", read_table, tmp_path / "a.xlsx", sheet=2)
    fails("sheet=1 was given, but 'a.parquet' has no sheets.", read_table, tmp_path / "a.parquet", sheet=1)


def test_text_in_a_frame_names_the_row(tmp_path):
    pd.DataFrame({"a": [1, 2], "city": ["Rome", "Oslo"]}).to_parquet(tmp_path / "a.parquet")
    fails(
        "column 'city' of a.parquet holds text in row 0: 'Rome', but numbers are needed.",
        read_table,
        tmp_path / "a.parquet",
    )


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(TEXT))
    same(read_table("-"))
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    fails("standard input is empty. Write column names in line 1", read_table, "-")


def test_shipped_tables_and_misspelt_ones():
    for name in shipped_names():
        assert read_table(f"shipped:{name}").rows >= 5
    fails("there is no shipped table 'planet'. Did you mean 'planets'?", read_table, "shipped:planet")


def test_missing_file_folder_and_extension(tmp_path):
    (tmp_path / "pendulum.csv").write_text(TEXT)
    fails(
        "Did you mean 'pendulum.csv'? Check the path, or use '-' to read standard input.",
        read_table,
        tmp_path / "pendulm.csv",
    )
    fails("the folder '", read_table, tmp_path / "no" / "a.csv")
    fails("is a folder. Name a file in it.", read_table, tmp_path)
    (tmp_path / "a.xls").write_text("x")
    words = "'a.xls' has the extension '.xls', which is not a known kind of table. Did you mean '.xlsx'? Known are: .csv, .tsv"
    fails(words, read_table, tmp_path / "a.xls")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a.csv' is empty. Write column names in line 1 and one row per line below."),
        ("  \n", "a.csv is empty."),
        ("a,b\n", "a.csv has column names but no rows. Add one row per line below line 1."),
        ("1,2\n3,4\n", "line 1 of a.csv holds only numbers (1,2), so the columns have no names."),
        ("a,b\n1,2\n1,2,3\n", "line 3 of a.csv has 3 cells, but line 1 names 2 columns."),
        ("a,b\n1,2\n1\n", "column 'b' has 1 missing value (row 1)."),
        ("a,a\n1,2\n", "the column name 'a' is used more than once in a.csv."),
        ("a,\n1,2\n", "column 2 of a.csv has no name. Write one in line 1."),
        (
            "a,b\n1,2\n3,n.a.\n",
            "column 'b' of a.csv holds text in line 3: 'n.a.', but numbers are needed. Correct that entry.",
        ),
        (
            "a,city\n1,Rome\n",
            "column 'city' of a.csv holds text in line 2: 'Rome', but numbers are needed. Leave the column out",
        ),
        ("\na,b\n1,x\n", "column 'b' of a.csv holds text in line 3: 'x', but"),
        ("a,b\n1,2\n\0\0,1\n", "a.csv is not a text table: it holds binary data."),
    ],
)
def test_unreadable_text_says_where(tmp_path, text, words):
    (tmp_path / "a.csv").write_text(text)
    fails(words, read_table, tmp_path / "a.csv")


def test_wrong_encoding_names_the_line(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"a,b\n1,2\n\xff,3\n")
    fails(
        "'a.csv' is not UTF-8 text: byte 0xff in line 3. Save it again with the encoding UTF-8.",
        read_table,
        tmp_path / "a.csv",
    )


def test_damaged_binary_files(tmp_path):
    for name in ("a.parquet", "a.xlsx"):
        (tmp_path / name).write_bytes(b"not that")
        fails(f"'{name}' is not a readable .{name[2:]} file", read_table, tmp_path / name)


@pytest.mark.parametrize(("name", "module"), [("a.parquet", "pyarrow"), ("a.xlsx", "openpyxl")])
def test_a_missing_extra_is_named(tmp_path, monkeypatch, name, module):
    (tmp_path / name).write_bytes(b"x")

    def refuse(*args, **options):
        raise ImportError(f"no {module}")

    monkeypatch.setattr(pd, "read_parquet", refuse)
    monkeypatch.setattr(pd, "ExcelFile", refuse)
    words = f"reading '{name}' needs {module}, which is not installed. Run: pip install 'induce[tables]'."
    fails(words, read_table, tmp_path / name)


def test_text_columns_can_be_set_aside(tmp_path):
    (tmp_path / "a.csv").write_text("planet,x\nMars,1\nVenus,2\n")
    table = read_table(tmp_path / "a.csv", text="set aside")
    assert table.names == ("x",)
    assert table.labels["planet"] == ("Mars", "Venus")
    (tmp_path / "b.csv").write_text("planet\nMars\n")
    fails("b.csv has no column of numbers; it has only: planet.", read_table, tmp_path / "b.csv", text="set aside")
    fails("text='drop' is not known.", read_table, tmp_path / "a.csv", text="drop")


def test_units_only_at_the_end_of_a_header():
    assert split_header("speed [m/s]") == ("speed", "m/s")
    assert split_header("x[1] [m]") == ("x[1]", "m")
    assert split_header("ratio []") == ("ratio", None)
    assert split_header("[m]") == ("[m]", None)


def test_brackets_that_hold_no_unit_stay_in_the_name(tmp_path):
    (tmp_path / "a.csv").write_text("price [thousands],length [m]\n1,2\n")
    with pytest.warns(UserWarning, match=re.escape("'thousands' is not a unit (unknown unit 'thousands'.")):
        table = read_table(tmp_path / "a.csv")
    assert table.names == ("price [thousands]", "length")
    assert dict(table.units) == {"length": "m"}
