"""The benchmark runner: goals, peers that are missing, rows that fail, and the command."""

from __future__ import annotations

import json
import sys
import types

import pytest

from benchmarks import runner
from benchmarks.__main__ import main
from benchmarks.runner import Run, holds_goal, row, rows_of, run_suite


@row("a figure next to a loop", goal=">= 2 times the loop")
def good(run: Run) -> float:
    run.record("loop", 1.5)
    return 3.0


@row("a peer that is not there", goal="as exact as the peer")
def absent(run: Run):
    assert run.peer("no_such_package_anywhere", published=7.0) is None
    assert run.peer("no_other_package_either") is None
    assert run.peer("numpy").__name__ == "numpy"
    run.record("numpy", 2)
    assert run.figures == {"numpy": 2.0}
    return 1.0, True, "said in words"


@row("a row that breaks", goal="<= 1")
def broken(run: Run) -> float:
    raise RuntimeError("no luck")


@pytest.fixture
def suite(monkeypatch):
    module = types.ModuleType("a_suite")
    module.good, module.absent = good, absent
    monkeypatch.setitem(sys.modules, "a_suite", module)
    monkeypatch.setitem(runner.SUITES, "mine", "a_suite")
    return module


@pytest.mark.parametrize(
    ("value", "goal", "holds"),
    [
        (5e8, ">= 5e8", True),
        (4.9e8, ">= 5e8 per second", False),
        (0.15, "<= 0.15", True),
        (0, "== 0", True),
        (1, "> 1", False),
        (0, "< 1", True),
    ],
)
def test_goals(value, goal, holds):
    assert holds_goal(value, goal) is holds


def test_a_goal_in_words_needs_a_verdict():
    with pytest.raises(ValueError, match=r"the goal 'as fast' does not start with a comparison"):
        holds_goal(1, "as fast")


def test_rows_hold_figures_peers_and_notes(suite):
    first, second = run_suite("mine")
    assert (first.ours, first.holds, first.peers["loop"].figure) == (3.0, True, 1.5)
    assert second.note == "said in words"
    assert second.peers["no_such_package_anywhere"] == runner.Peer(None, 7.0, True)
    assert second.peers["no_other_package_either"] == runner.Peer(None, None)
    assert second.peers["numpy"].version


def test_a_broken_row_does_not_hold_and_says_why(suite):
    suite.broken = broken
    rows = list(run_suite("mine"))
    assert [r.holds for r in rows] == [True, True, False]
    assert (rows[2].ours, rows[2].note) == (None, "RuntimeError: no luck")


def test_the_command_prints_json_and_a_table(suite, capsys):
    assert main(["mine", "--quick", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["quick"] is True
    assert document["rows"][0]["line"] == "a figure next to a loop"
    assert "numpy" in document["environment"]
    suite.broken = broken
    assert main(["mine"]) == 1
    shown = capsys.readouterr().out
    assert "missing" in shown
    assert "NO" in shown


def test_an_unknown_suite_names_the_known_ones():
    with pytest.raises(ValueError, match=r"there is no suite .kernal.\. There are: install, kernel"):
        rows_of("kernal")


@pytest.mark.parametrize("name", sorted(runner.SUITES))
def test_every_suite_has_rows_with_goals(name):
    rows = rows_of(name)
    assert rows
    assert all(found.line and found.goal for found in rows)
