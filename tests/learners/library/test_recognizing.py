from __future__ import annotations

import pytest

from induce.learners.library.naming import defined
from induce.learners.library.recognizing import name_of_known, recognized
from induce.terms.lists import lists


@pytest.mark.parametrize(
    ("text", "arity", "known"),
    [
        ("(fold (lam (lam (+ $1 1))) 0 #0)", 1, "len(`#0`)"),
        ("(if (< #0 #1) #0 #1)", 2, None),
        ("(if (< #0 0) (- 0 #0) #0)", 1, "abs(`#0`)"),
        ("(cons #1 #0)", 2, "cons(`#1`, `#0`)"),
        ("(map (lam (+ $0 1)) #0)", 1, None),
        ("(+ 1 1)", 0, None),
        ("(- #0 #0)", 1, None),
    ],
)
def test_known_behaviour_is_recognized(text, arity, known):
    found = recognized(defined(lists, "f", text, arity))
    assert (None if found is None else str(found)) == known


def test_names_of_python_are_left_alone():
    assert [name_of_known(lists[name]) for name in ("len", "map", "reverse", "+")] == [
        "length",
        "for_each",
        "reverse",
        "add",
    ]
