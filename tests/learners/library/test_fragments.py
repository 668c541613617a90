from __future__ import annotations

import numpy as np
import pytest

from induce.errors import FillError
from induce.learners.library.fragments import Fragment, compress_rules
from induce.logic import LogicProgram
from induce.logic.language import rules
from induce.terms import arithmetic

FAMILY = """
0.9::parent(a, b). 0.8::parent(b, c). 0.7::parent(b, d). 0.6::parent(c, e). male(a). male(d). old(b).
grandparent(X, Z) :- parent(X, Y), parent(Y, Z).
grandfather(X, Z) :- parent(X, Y), parent(Y, Z), male(X).
great(X, W) :- parent(X, Y), parent(Y, Z), parent(Z, W), X != W.
oldgrand(P) :- old(P), parent(P, Q), parent(Q, _).
cousin(A, B) :- parent(G, P), parent(P, A), parent(G, Q), parent(Q, B), A != B, not male(A).
0.3::likes(X, Z) :- parent(X, Y), parent(Y, Z), not male(Z).
"""
QUERIES = ["grandparent(A, B)", "grandfather(A, B)", "great(A, B)", "oldgrand(A)", "cousin(A, B)", "likes(A, B)"]


@pytest.fixture(scope="module")
def found():
    pytest.importorskip("stitch_core")
    return compress_rules(rules.parse(FAMILY))


def test_what_bodies_share_becomes_a_relation(found):
    assert [str(f.rule) for f in found.fragments] == ["parent_parent(X, Y, Z) :- parent(X, Y), parent(Y, Z)."]
    assert found.fragments[0].uses == 7
    text = str(found)
    assert "grandfather(X, Z) :- parent_parent(X, Y, Z), male(X)." in text
    assert "oldgrand(P) :- old(P), parent_parent(P, Q, _)." in text
    assert "great(X, W) :- parent(X, Y), parent_parent(Y, Z, W), X != W." in text
    assert found.ratio > 1


def test_it_expands_to_the_original_and_reads_back(found):
    assert found.expand() is rules.parse(FAMILY)
    assert rules.parse(str(found)) is found.program


@pytest.mark.parametrize("query", QUERIES)
def test_answers_stay_the_same(found, query):
    before, after = LogicProgram(FAMILY, query=query), LogicProgram(found.program, query=query)
    expected = dict(zip(before.answers.labels, before().tolist(), strict=True))
    assert dict(zip(after.answers.labels, after().tolist(), strict=True)) == pytest.approx(expected)
    assert expected


@pytest.mark.parametrize("seed", range(6))
def test_random_programs_come_back_with_the_same_answers(seed):
    pytest.importorskip("stitch_core")
    rng = np.random.default_rng(seed)
    names = "XYZW"
    lines = [f"e({a}, {b})." for a in range(3) for b in range(3) if rng.random() < 0.6] + ["f(0).", "f(2).", "e(0, 0)."]
    for number in range(8):
        body = ["e(X, Y)"]
        for _ in range(int(rng.integers(1, 4))):
            a, b = (names[int(rng.integers(4))] for _ in range(2))
            body.append([f"e({a}, {b})", f"f({a})", f"e({a}, _)", f"e(_, {b})"][int(rng.integers(4))])
        body += [["X != Y", "not f(X)", "e(_, _)", "X = 1"][int(rng.integers(4))]]
        lines.append(f"r{number}(X, Y) :- {', '.join(body)}.")
    whole = rules.parse("\n".join(lines))
    found = compress_rules(whole, most=4)
    assert found.expand() is whole
    for number in range(8):
        query = f"r{number}(A, B)"
        before, after = (LogicProgram(p, query=query, algebra="boolean") for p in (whole, found.program))
        assert before.answers.labels == after.answers.labels
        assert before().tolist() == after().tolist()


def test_an_unknown_twice_is_two_unknowns():
    pytest.importorskip("stitch_core")
    text = "".join(f"r{k}(X) :- edge(X, Y), node(Y), red(Y), q{k}(X).\n" for k in range(5))
    found = compress_rules(rules.parse(text + "s(X) :- edge(X, _), node(_), red(_)."))
    assert found.fragments
    assert "s(X) :- edge(X, _), node(_), red(_)." in str(found)


def test_what_has_a_probability_of_its_own_stays_where_it_is():
    pytest.importorskip("stitch_core")
    text = "".join(f"r{k}(X) :- p(X), sigmoid(?w), q(X), s(X).\n" for k in range(6))
    found = compress_rules(rules.parse(text))
    assert [str(f.rule) for f in found.fragments] == ["q_s(X) :- q(X), s(X)."]
    assert "r0(X) :- p(X), sigmoid(?w), q_s(X)." in str(found)
    assert found.expand() is rules.parse(text)


def test_unsafe_fragments_are_not_taken():
    pytest.importorskip("stitch_core")
    text = "".join(f"r{k}(X, Y) :- p{k}(X, Y), X < Y, not q(X), Y < 9.\n" for k in range(6))
    found = compress_rules(rules.parse(text))
    assert found.fragments == ()
    assert found.program is rules.parse(text)
    assert found.ratio == 1.0


def test_programs_without_common_parts_stay_as_they_are():
    whole = rules.parse("p(a). q(X) :- p(X).")
    assert compress_rules(whole).program is whole
    assert str(Fragment(whole.args[0].args[0], ())) == "p(a).   (0 uses)"


def test_what_is_no_program_is_refused():
    with pytest.raises(FillError, match=r"a program of rules was expected, but got x\. Read it by rules\.parse\."):
        compress_rules(arithmetic.parse("x"))
