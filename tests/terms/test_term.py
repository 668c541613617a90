from __future__ import annotations

import copy
import gc
import pickle
import threading

import numpy
import pytest

from induce.errors import TermError
from induce.terms import BOOL, INT, REAL, apply, arithmetic, boolean, bound, lambda_, literal, variable
from induce.terms.op import LITERAL
from induce.terms.term import _TABLE, Term
from induce.testing import random_terms

P = arithmetic.parse


def test_equal_terms_are_the_same_object():
    assert P("sin(x) + 1") is P("sin(x)  +  1")
    assert P("x + y") is not P("y + x")
    assert variable("x") is not variable("x", BOOL)


def test_literals_intern_by_type_and_bits():
    values = [literal(v, s) for v, s in [(1, REAL), (1.0, REAL), (0.0, REAL), (-0.0, REAL), (1, INT), (True, BOOL)]]
    assert len({id(v) for v in values}) == 6
    assert literal(float("nan")) is literal(numpy.float64("nan"))
    assert literal(numpy.int64(3)) is literal(3)
    with pytest.raises(TermError, match=r"1\.5 is not a value of sort int"):
        literal(1.5, INT)
    with pytest.raises(TermError, match="a literal must be hashable"):
        literal([1], REAL.__class__("lists"))


def test_terms_are_immutable_and_have_no_truth_value():
    with pytest.raises(AttributeError, match="Term is immutable; cannot set 'op'"):
        P("x").op = LITERAL
    with pytest.raises(TermError, match="is a term, not a truth value"):
        bool(P("x"))


def test_sort_errors():
    with pytest.raises(TermError, match=r"argument 2 of '\+' has sort bool, but real was expected"):
        P("x") + literal(True)
    with pytest.raises(TermError, match="'sin' takes 1 argument but got 2"):
        arithmetic["sin"](1, 2)
    with pytest.raises(TermError, match="has sort real and cannot be applied"):
        apply(P("x"), P("y"))
    with pytest.raises(TermError, match="the body uses index 0 as bool, but the parameter is real"):
        lambda_(REAL, bound(0, BOOL))


def test_python_arithmetic():
    x, p = variable("x"), variable("p", BOOL)
    assert 2 / (x - 1) ** 2 * -x is P("2 / (x - 1)^2 * -x")
    assert ~p & p | p ^ p is boolean.parse("not p and p or (p xor p)")


@pytest.mark.parametrize("depth", [20_000])
def test_deep_terms_copy_and_pickle_to_themselves(depth):
    term = P("x")
    for _ in range(depth):
        term = arithmetic["sin"](term) + 1
    assert term.depth == 2 * depth + 1
    assert copy.deepcopy(term) is copy.copy(term) is pickle.loads(pickle.dumps(term)) is term
    assert term.replace({"x": 2}).replace({}).variables == ()
    assert sum(1 for _ in term.walk()) == term.size


def test_pickling_of_random_terms():
    for language in (arithmetic, boolean):
        for term in random_terms(language, 200, numpy.random.default_rng(0), odd=True):
            assert pickle.loads(pickle.dumps(term)) is term


def test_replace():
    assert P("x + y*x").replace({"x": P("y"), "y": 3}) is P("y + 3*y")
    assert P("?k*x").replace({"k": 2.5}) is P("2.5*x")
    with pytest.raises(TermError, match=r"'x' has no variable or hole named 'z'\. It has: x\."):
        P("x").replace({"z": 1})


def test_walks():
    term = P("sin(x) + sin(x)")
    assert [str(t) for t in term.postorder()] == ["x", "sin(x)", "sin(x) + sin(x)"]
    assert [str(t) for t in term.walk()] == ["sin(x) + sin(x)", "sin(x)", "x", "sin(x)", "x"]
    assert term.fold(lambda node, args: 1 + sum(args)) == term.size == 5


def test_threads_make_the_same_terms():
    made = [[] for _ in range(4)]

    def work(out):
        out.extend(P(f"sin(x{i % 50}) + {i % 30}*y") for i in range(300))

    threads = [threading.Thread(target=work, args=(out,)) for out in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(len({id(out[i]) for out in made}) == 1 for i in range(300))


def _soak(n):
    gc.collect()
    before = len(_TABLE)
    plus, x = arithmetic["+"], variable("x")
    for number in range(n // 2):
        Term(plus, (x, literal(float(number), REAL)))
    gc.collect()
    return before, len(_TABLE)


def test_dropped_terms_leave_the_table():
    before, after = _soak(200_000)
    assert after <= before + 10


@pytest.mark.slow
def test_a_million_dropped_terms_leave_memory_as_it_was():
    import tracemalloc

    _soak(1000)
    tracemalloc.start(1)
    start = tracemalloc.get_traced_memory()[0]
    _soak(1_000_000)
    end = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert end - start < 1_000_000
