from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from induce.learners.library.compressing import Abstraction, expand, read, write
from induce.learners.library.naming import defined
from induce.learners.library.rewriting import matched, rewritten, rewritten_tree
from induce.learners.library.waking import Library
from induce.terms.lists import INTS, lists

PATTERNS = [
    ("shift", "(map (lam (+ $0 #0)) #1)", 2),
    ("twice", "(f #0 #0)", 1),
    ("pair", "(f a b)", 0),
    ("inner", "(g (lam (f $0 #0)))", 1),
    ("called", "(g (lam (#0 $0)))", 1),
]


def trees(depth=0):
    leaf = st.sampled_from(["a", "b", *(f"${k}" for k in range(depth))])
    if depth > 2:
        return leaf
    deeper = trees(depth + 1).map(lambda body: ("g", ("lam", body)))
    call = st.tuples(leaf | deeper, leaf | deeper)
    pair = st.tuples(call.map(lambda p: ("f", *p)), leaf).map(lambda p: ("f", *p))
    return (
        leaf | deeper | call.map(lambda p: ("f", *p)) | pair | leaf.map(lambda x: ("map", ("lam", ("+", "$0", x)), x))
    )


@given(trees())
def test_what_is_rewritten_expands_to_the_same_tree(tree):
    patterns = [(name, read(body), arity) for name, body, arity in PATTERNS]
    abstractions = [Abstraction(name, body, arity) for name, body, arity in PATTERNS]
    found = rewritten_tree(tree, patterns)
    assert expand(write(found), abstractions) == write(tree)
    assert len(write(found)) <= len(write(tree)) + 8


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ("(map (lam (+ $0 2)) xs)", "(shift 2 xs)"),
        ("(map (lam (+ $0 $0)) xs)", "(map (lam (+ $0 $0)) xs)"),  # an argument cannot reach into the body
        ("(lam (map (lam (+ $0 $1)) $0))", "(lam (shift $0 $0))"),  # but what is around the call, it can
        ("(f a b)", "pair"),
        ("(f (f a b) (f a b))", "(twice pair)"),
        ("(f a a)", "(twice a)"),
        ("(g (lam (h $0)))", "(g (lam (h $0)))"),  # an operator without arguments is no value
        ("(lam (g (lam ($1 $0))))", "(lam (called $0))"),
    ],
)
def test_the_cheapest_way_is_found(tree, expected):
    patterns = [(name, read(body), arity) for name, body, arity in PATTERNS]
    assert write(rewritten_tree(read(tree), patterns)) == expected


def test_equal_arguments_are_told_from_others():
    assert matched(read("(f #0 #0)"), read("(f (g a) (g a))"), {})
    assert not matched(read("(f #0 #0)"), read("(f (g a) (g b))"), {})


def test_programs_use_what_is_shorter_and_expand_back():
    library = Library(
        lists, (defined(lists, "shift", "(map (lam (+ $0 #0)) #1)", 2), defined(lists, "four", "(+ 2 2)", 0))
    )
    program = lists.parse(r"map(\x:int. x + (2 + 2), sort(xs))", xs=INTS)
    found = rewritten(program, {"xs": INTS}, library)
    assert str(found) == "shift(four, sort(xs:list(int)))".replace(":list(int)", "")
    assert library.expand(found, {"xs": INTS}) is program
    assert rewritten(program, {"xs": INTS}, Library(lists)) is program


def test_a_body_that_matches_another_sort_is_left_alone():
    # the sort of what nothing decides is a whole number, so this one is not for lists of truth values
    library = Library(lists, (defined(lists, "each", "(map #0 #1)", 2), defined(lists, "up", "(sort #0)", 1)))
    program = lists.parse(r"map(\x:int. x < 1, sort(sort(xs)))", xs=INTS)
    found = rewritten(program, {"xs": INTS}, library)
    assert library.expand(found, {"xs": INTS}) is program
    assert "each" not in str(found)
