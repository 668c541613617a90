from __future__ import annotations

import time

import pytest

from induce.budget import Budget, Start
from induce.errors import BudgetError


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("60s", Budget(seconds=60.0)),
        ("1.5 min", Budget(seconds=90.0)),
        ("2h", Budget(seconds=7200.0)),
        ("250 ms", Budget(seconds=0.25)),
        (3, Budget(seconds=3.0)),
        (0.5, Budget(seconds=0.5)),
        ("1e5 candidates", Budget(candidates=1e5)),
        ("1e5 candidates, 20 s", Budget(candidates=1e5, seconds=20.0)),
        ("10 epochs", Budget(epochs=10.0)),
        ("2 GB", Budget(memory=2e9)),
        ("30 cpu", Budget(cpu=30.0)),
    ],
)
def test_reading(given, expected):
    assert Budget.read(given) == expected


def test_a_budget_reads_as_itself_and_none_as_the_default():
    budget = Budget(work=1e6)
    assert Budget.read(budget) is budget
    assert Budget.read(None) == Budget.default()
    assert Budget.default().deterministic
    assert Budget.default().plateau is not None
    assert not Budget(seconds=1.0).deterministic


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("soon", "cannot read the budget 'soon'. Write for example '60s', '2 min' or '1e5 candidates'."),
        ("", "cannot read the budget ''."),
        ("60 secnds", "unknown unit 'secnds' in the budget '60 secnds'. Did you mean 'seconds'"),
        ("1.2.3 s", "cannot read the number '1.2.3' in the budget '1.2.3 s'."),
        ("0s", "the budget's seconds must be a positive number, but got 0.0. Write for example '60s'."),
        (-1, "the budget's seconds must be a positive number, but got -1.0."),
        (float("nan"), "must be a positive number, but got nan"),
        (True, "must be a positive number, but got True"),
        ([1], "a budget is text such as '60s', a number of seconds or a Budget, but got [1]."),
    ],
)
def test_errors(given, message):
    with pytest.raises(BudgetError) as caught:
        Budget.read(given)
    assert message in str(caught.value)


def test_limits_are_checked_when_a_budget_is_made():
    with pytest.raises(BudgetError, match="the budget's candidates must be a positive number, but got 'many'"):
        Budget(candidates="many")


def test_printing_shows_what_is_limited():
    assert repr(Budget(seconds=2.0, memory=1e9)) == "Budget(seconds=2.0, memory=1000000000.0)"


def test_what_was_spent_before_the_search_leaves_it_a_tenth():
    early = Start(wall=time.monotonic() - 100.0, cpu=time.process_time() - 50.0)
    assert early.spent(Budget(seconds=10.0, cpu=20.0)) == (9.0, 18.0)
    wall, cpu = early.spent(Budget(candidates=10))
    assert wall >= 100.0
    assert cpu >= 50.0
