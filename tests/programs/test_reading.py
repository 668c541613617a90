from __future__ import annotations

import json

import pytest

from induce.errors import DataError, FormatError
from induce.learners.library.documented import DocumentedLibrary
from induce.learners.library.saving import save_library
from induce.learners.library.waking import Library
from induce.programs import ProgramSynthesizer, lists, load, primitive, read_tasks
from induce.terms import TEXT
from induce.terms.lists import INTS


def plus_nine(n: int) -> int:
    return n + 9


def test_programs_are_saved_and_read(tmp_path):
    X = [[3, 1], [5, 4, 9], [2]]
    fit = ProgramSynthesizer(within="5e5 candidates").fit(X, [[4, 2], [6, 5, 10], [3]]).fit_
    fit.save(tmp_path / "saved")
    again = load(tmp_path / "saved")
    assert [r.term for r in again.rows] == [r.term for r in fit.rows]
    assert str(again) == str(fit)
    assert again.examples.outputs == fit.examples.outputs
    assert (tmp_path / "saved" / "program.txt").read_text() == str(fit.to_text()) + "\n"


def test_functions_of_ones_own_are_given_again(tmp_path):
    op = primitive(plus_nine, name="plus_nine_here")
    synthesizer = ProgramSynthesizer(lists.extend("nine", [op]), within="1e5 candidates")
    fit = synthesizer.fit([3, 5, 100], [12, 14, 109]).fit_
    fit.save(tmp_path / "own")
    assert load(tmp_path / "own", primitives=[op]).best is fit.best
    path = tmp_path / "own" / "fit.json"
    path.write_text(path.read_text().replace("plus_nine_here", "plus_nine_gone"))
    with pytest.raises(FormatError, match="was changed after it was saved"):
        load(tmp_path / "own")


def test_damaged_and_other_folders_are_refused(tmp_path):
    fit = ProgramSynthesizer(within="1e5 candidates").fit([[1], [2]], [1, 2]).fit_
    fit.save(tmp_path / "one")
    path = tmp_path / "one" / "fit.json"
    whole = json.loads(path.read_text())
    path.write_text(path.read_text()[:200])
    with pytest.raises(FormatError, match="truncated or damaged"):
        load(tmp_path / "one")
    path.write_text(json.dumps({**whole, "format": "programs 9"}))
    with pytest.raises(FormatError, match="written in the layout 'programs 9', which is newer"):
        load(tmp_path / "one")
    path.write_text("{}")
    with pytest.raises(FormatError, match=r"holds no fit of programs\. Read a fit of formulas by induce\.load\."):
        load(tmp_path / "one")
    with pytest.raises(FormatError, match=r"holds no fit\.json"):
        load(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep me")
    with pytest.raises(FormatError, match="is not empty and holds no Fit, so it is left alone"):
        fit.save(tmp_path / "mine")


def test_tasks_are_read_from_json_and_json_lines(tmp_path):
    one = {"name": "heads", "type": {}, "examples": [{"i": [1, 2], "o": 1}, {"i": [3], "o": 3}]}
    two = {"name": "join", "examples": [{"i": ["a", "b"], "o": "ab"}, {"i": ["c", "d"], "o": "cd"}]}
    three = {"examples": [{"inputs": [[1, 2], 1], "o": 2}]}
    path = tmp_path / "tasks.jsonl"
    path.write_text("\n".join(json.dumps(t) for t in (one, two, three)))
    heads, join, third = read_tasks(path)
    assert (heads.name, list(heads.examples.sorts.values())) == ("heads", [INTS])
    assert list(join.examples.sorts.values()) == [TEXT, TEXT]
    assert third.name == "task 2"
    assert len(third.examples.inputs) == 2
    path.write_text(json.dumps([one, two]))
    assert [t.name for t in read_tasks(path)] == ["heads", "join"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1}\n{oops', r"line 2 of .* is not JSON: .* at column 2"),
        ('{"name": "x"}', r"task 0 of .* has no examples of the form"),
        ('{"name": "x", "examples": [{"o": 1}]}', r"example 0 of task 'x' has no input\. Give it as \"i\""),
        ('{"name": "x", "examples": [{"i": 1.5, "o": 1}]}', r"task 'x': input 'x' of example 0 is 1\.5"),
    ],
)
def test_files_that_are_no_tasks_are_refused_in_words(tmp_path, text, message):
    path = tmp_path / "tasks.json"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_tasks(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            b'{"name": "a", "examples": [{"inputs": 5, "o": 1}]}',
            r"\"inputs\" of example 0 of task 'a' must be a list of inputs, but got 5\.",
        ),
        (b"[" * 100_000, r"tasks\.json' is nested too deeply\."),
        (b"[]\n" + b"[" * 100_000, r"line 2 of '.*' is nested too deeply\."),
        (b'{"name": "a", "examples": [{"i": ' + b"[" * 900 + b"]" * 900 + b', "o": 1}]}', r"nested too deeply\."),
        (b'{"name": "a", "examples": [{"i": ' + b"1" * 5000 + b', "o": 1}]}', r"holds a number that is too long: "),
        (b"[\xff]", r"tasks\.json' is not text in UTF-8: byte 1 cannot be read\. Save it as UTF-8"),
    ],
)
def test_files_that_hold_no_tasks_are_said(tmp_path, content, words):
    path = tmp_path / "tasks.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words):
        read_tasks(path)


def test_what_is_no_file_is_said(tmp_path):
    with pytest.raises(DataError, match=r"' cannot be read: Is a directory\. Give the path of a file of tasks\."):
        read_tasks(tmp_path)
    with pytest.raises(DataError, match=r"none\.json' cannot be read: No such file or directory\."):
        read_tasks(tmp_path / "none.json")
    with pytest.raises(DataError, match=r"read_tasks takes the path of a file, but got 5\."):
        read_tasks(5)


def test_a_program_with_a_list_of_its_own_is_saved_and_read(tmp_path):
    found = ProgramSynthesizer(constants=[[9, 8]], operators="concat", within="1e5 candidates")
    found.fit([[1, 2], [3]], [[1, 2, 9, 8], [3, 9, 8]])
    assert str(found.best_) == "concat(xs, [9, 8])"
    found.fit_.save(tmp_path / "saved")
    assert load(tmp_path / "saved").best is found.best_


def test_a_folder_is_written_again_but_not_by_another_kind(tmp_path):
    fit = ProgramSynthesizer(within="1e5 candidates").fit([[1, 2], [3]], [2, 1]).fit_
    library = DocumentedLibrary(Library(lists), (), ())
    for _ in range(2):
        save_library(library, tmp_path / "library")
        fit.save(tmp_path / "fit")
    with pytest.raises(FormatError, match=r"holds a library, so it is left alone\. Give a name that is free\."):
        fit.save(tmp_path / "library")
    with pytest.raises(FormatError, match=r"holds a Fit, so it is left alone\. Give a name that is free\."):
        save_library(library, tmp_path / "fit")
    assert load(tmp_path / "fit").best is fit.best


def test_what_is_no_folder_is_refused_in_words():
    with pytest.raises(FormatError, match=r"load takes the folder that save\(\) wrote, but got None"):
        load(None)
