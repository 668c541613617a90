from __future__ import annotations

from induce.learners.library.naming import (
    distinct_name,
    objection_to,
    parameter_names,
    renamed,
)
from induce.learners.library.waking import Library
from induce.terms.lists import lists
from induce.terms.sort import INT, REAL, TEXT, Sort


def test_names_of_parameters_and_names_that_are_taken():
    assert parameter_names([INT] * 4 + [TEXT, REAL, Sort("moment")]) == ["n", "m", "k", "n4", "s", "x", "a1"]
    assert distinct_name("a", {"a", "a_v2"}) == "a_v3"
    assert objection_to("match") == "the name 'match' is a word of Python"
    assert renamed(Library(lists), {"a": "b"}) == (Library(lists), {})
