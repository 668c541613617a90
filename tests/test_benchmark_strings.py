"""The suite of programs on strings: solved means right on all rows; without the data it says what to set."""

from __future__ import annotations

import json

import pytest

from benchmarks import strings
from benchmarks.runner import rows_of, run_suite


@pytest.fixture(autouse=True)
def fresh():
    for cached in (strings.tasks, strings.outcome):
        cached.cache_clear()
    yield
    for cached in (strings.tasks, strings.outcome):
        cached.cache_clear()


def examples(pairs):
    return [{"i": list(inputs), "o": output} for inputs, output in pairs]


def test_tasks_are_solved_from_the_first_and_judged_on_all(tmp_path, monkeypatch):
    names = ["Ada Lovelace", "Ada Lovelace", "Alan Turing", "Grace Hopper", "Emmy\u2028Noether"]
    records = [
        {"name": "first", "features": ["Substring"], "examples": examples(((n,), n[0]) for n in names)},
        {"name": "odd", "features": ["Substring", "Conditional"],
         "examples": examples([(("a", "1"), "a1"), (("b", "2"), "b2"), (("c", "3"), "c3"), (("d", "4"), "?")])},
        {"name": "short", "features": ["Numeric"], "examples": examples([(("1",), "1")])},
    ]  # fmt: skip
    folder = tmp_path / "programs" / "strings"
    folder.mkdir(parents=True)
    text = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    (folder / "prose_transformation_text.jsonl").write_text(text, encoding="utf-8")
    monkeypatch.setenv(strings.SHARED, str(tmp_path))
    assert [task.name for task in strings.tasks()] == ["first", "odd"]
    first, odd = (strings.outcome(k, 3, False) for k in range(2))
    assert first.solved
    assert not odd.solved
    assert strings.tasks()[0].first(2) == ({"s": ["Ada Lovelace", "Alan Turing"]}, ["A", "A"])
    assert list(strings.tasks()[1].inputs) == ["column1", "column2"]
    rows = {row.line: row for row in run_suite("strings")}
    solved = rows[strings.three_examples.line]
    assert (solved.ours, solved.holds) == (0.5, False)
    assert solved.note == "1 of 2; Substring 1/2, Conditional 0/1"
    assert len(rows) == len(rows_of("strings"))


def test_without_the_data_the_rows_say_what_to_set(monkeypatch):
    monkeypatch.delenv(strings.SHARED, raising=False)
    for row in run_suite("strings"):
        assert not row.holds
        assert row.note == (
            "FileNotFoundError: set INDUCE_SHARED_DATA to the folder that holds "
            "programs/strings/prose_transformation_text.jsonl."
        )
