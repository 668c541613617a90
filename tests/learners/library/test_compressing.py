from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from induce.errors import FillError, ParseError
from induce.learners.library.compressing import Abstraction, applied, compress, expand, read, write

LEAVES = st.sampled_from(["a", "b", "x", "y"])


def trees(depth=0):
    leaf = LEAVES if depth == 0 else LEAVES | st.integers(0, depth - 1).map(lambda i: f"${i}")
    if depth > 2:
        return leaf
    deeper = trees(depth + 1).map(lambda body: ("lam", body))
    call = st.lists(leaf | deeper, min_size=1, max_size=3).map(lambda args: ("f", *args))
    return leaf | call | deeper


@given(trees())
def test_what_is_written_is_read(tree):
    assert read(write(tree)) == tree


@pytest.mark.parametrize(
    ("program", "abstractions", "expected"),
    [
        ("(twice 1 xs)", [Abstraction("twice", "(map (lam (+ $0 #0)))", 1)], "(map (lam (+ $0 1)) xs)"),
        # an argument that uses a function around the call is counted from further in
        ("(lam (inside $0))", [Abstraction("inside", "(map (lam (+ $0 #0)))", 1)], "(lam (map (lam (+ $0 $1))))"),
        ("(g h)", [Abstraction("g", "(#0 1 (#0 2))", 1)], "(h 1 (h 2))"),
        ("(g (h 0))", [Abstraction("g", "(#0 1)", 1)], "(h 0 1)"),
        (
            "(second 3)",
            [Abstraction("first", "(+ #0 1)", 1), Abstraction("second", "(first (first #0))", 1)],
            "(+ (+ 3 1) 1)",
        ),
        ("(pair nothing)", [Abstraction("nothing", "nil", 0)], "(pair nil)"),
    ],
)
def test_abstractions_are_written_out(program, abstractions, expected):
    assert expand(program, abstractions) == expected


def test_heads_are_flat():
    assert applied(("f", "a"), ["b"]) == ("f", "a", "b")
    assert applied(("lam", "$0"), ["b"]) == (("lam", "$0"), "b")


def corpus():
    pytest.importorskip("stitch_core")
    return [f"(map (lam (+ (* $0 $0) {k})) (sort (tail xs)))" for k in range(6)] + [
        "(sum (sort (tail xs)))",
        "(head xs)",
    ]


def test_a_corpus_is_compressed_and_comes_back():
    programs = corpus()
    found = compress(programs, most=5)
    assert found.ratio > 2
    assert found.abstractions[0].uses >= 6
    assert [expand(p, found.abstractions) for p in found.rewritten] == [expand(p, []) for p in programs]
    assert found.stopped in ("no abstraction shortens the programs any more", "5 abstractions were found")
    assert "times shorter" in str(found)


def test_a_time_limit_returns_what_there_is():
    found = compress(corpus(), seconds=1e-6)
    assert found.abstractions == ()
    assert found.ratio == 1.0
    assert found.stopped == "the time of 1e-06 s was used"


def test_what_is_no_corpus_is_refused_in_words():
    with pytest.raises(ParseError, match=r"1 '\(' are never closed"):
        compress(["(f a"])
    with pytest.raises(ParseError, match=r"at 1:4: there is a '\)' that closes nothing"):
        read("(a))")
    with pytest.raises(ParseError, match="one program was expected, but there are 2"):
        read("a b")
    with pytest.raises(FillError, match="compression needs a list of programs"):
        compress("(f a)")
    with pytest.raises(ParseError, match=r"uses '\$0', which no function in it binds"):
        expand("(f 1)", [Abstraction("f", "(+ $0 #0)", 1)])
