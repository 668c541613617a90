"""The runner of paper pages: finding, contract, and result."""

from __future__ import annotations

import re

import pytest

from induce.errors import DataError, FormatError
from induce.papers import PaperResult, find_paper, list_papers, run_paper

PAGE = """
from dataclasses import dataclass
from induce.papers import Check

TITLE = "A title (2024)"
CLAIM = "Two and two are four."

@dataclass
class Sum:
    value: int

def small():
    return Sum(2 + 2)

def full():
    return Sum(5)

def check(result):
    return Check(f"{result.value}", "4", result.value == 4)
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "two_and_two.py").write_text(PAGE)
    (tmp_path / "_private.py").write_text("raise ValueError('not a page')")
    return tmp_path


def test_a_page_runs_small_and_full(folder):
    assert [page.slug for page in list_papers(folder)] == ["two-and-two"]
    result = run_paper("two-and-two", folder=folder)
    assert (result.figure, result.line, result.holds) == ("4", "4", True)
    assert result.seconds >= 0
    assert result.to_dict()["claim"] == "Two and two are four."
    assert not run_paper("two_and_two", full=True, folder=folder).holds


def test_it_reads_as_a_report():
    text = str(PaperResult("a", "T", "C", "4", ">= 3", True, 1.25))
    assert text.splitlines() == ["a: T", "  claim   C", "  figure  4", "  line    >= 3: holds (1.2 s)"]


def test_the_current_folder_is_looked_at_first(folder, monkeypatch):
    (folder / "papers").mkdir()
    (folder / "two_and_two.py").rename(folder / "papers" / "zz_mine.py")
    monkeypatch.chdir(folder)
    assert "zz-mine" in {page.slug for page in list_papers()}


def test_an_unknown_slug_or_folder(folder):
    with pytest.raises(
        DataError,
        match=re.escape("there is no paper 'two-and-too'. Did you mean 'two-and-two'? There are: two-and-two."),
    ):
        find_paper("two-and-too", folder)
    with pytest.raises(DataError, match=re.escape("of papers. Name one that holds files such as nguyen.py.")):
        list_papers(folder / "none")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "def full",
            "def whole",
            "'two_and_two.py' has no full. A page needs TITLE, CLAIM, small(), full() and check(result).",
        ),
        ('"A title (2024)"', "3", "TITLE of 'two_and_two.py' is 3, but text is needed. Write one sentence."),
        ("def small():", "def small(size):", "small of 'two_and_two.py' takes 1 arguments, but 0 are given."),
        ("def check(result):", "def check():", "check of 'two_and_two.py' takes 0 arguments, but 1 is given."),
        ("TITLE =", "small = 1\nTITLE = 1 /", "'two_and_two.py' cannot be imported: TypeError: "),
        (
            "def small():\n    return Sum(2 + 2)",
            "small = 4",
            "small of 'two_and_two.py' is 4, but a function is needed.",
        ),
    ],
)
def test_a_page_that_breaks_the_contract_says_how(folder, old, new, words):
    path = folder / "two_and_two.py"
    path.write_text(PAGE.replace(old, new))
    with pytest.raises(FormatError, match=re.escape(words)):
        list_papers(folder)


def test_check_must_return_a_check(folder):
    (folder / "two_and_two.py").write_text(PAGE.replace("return Check(", "return ("))
    with pytest.raises(FormatError, match="returned tuple, but"):
        run_paper("two-and-two", folder=folder)
