"""The search for decisions: what it returns when it must end before it is done."""

from __future__ import annotations

import numpy as np
import pytest

from induce.mixed import MixedTable
from induce.rules.problems import Problem
from induce.rules.searching import Settings, search
from tests.rules.making import patients


class Asked:
    """Ends a search after it asked so many times whether it must."""

    def __init__(self, times):
        self.times, self.asked = times, 0

    def __call__(self):
        self.asked += 1
        return "enough" if self.asked > self.times else ""


@pytest.mark.parametrize("by", ["auto", "recurring"])
def test_a_bounded_search_that_ends_while_strictness_is_chosen_returns_rules(by):
    X, y = patients(600)
    classes, codes = np.unique(y, return_inverse=True)
    problem = Problem(MixedTable.read(X), codes, tuple(classes), np.ones(len(codes)))
    settings = Settings(6, 3, 8, by=by)
    every = Asked(np.inf)
    whole = search(problem, settings, every)
    assert whole.decisions.rules
    half = every.asked // 2
    bare = search(problem, settings, Asked(half))
    assert not bare.decisions.rules  # the time went into the choice
    found = search(problem, settings, Asked(half), bounded=True)
    assert found.decisions.rules
    assert found.stopped == "enough"
    assert found.held_out is None  # these rules were not measured on rows left out
    unlimited = search(problem, settings, bounded=True)
    assert unlimited.decisions.rules == whole.decisions.rules
