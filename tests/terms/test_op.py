from __future__ import annotations

import copy
import pickle

import pytest

from induce.errors import OpError, TermError
from induce.terms import REAL, Op, arithmetic, boolean, declare, variable
from induce.terms.sort import list_of


@pytest.mark.parametrize("op", [*arithmetic, *boolean], ids=lambda op: op.name)
def test_operators_are_interned_and_survive_copying(op):
    assert pickle.loads(pickle.dumps(op)) is copy.deepcopy(op) is Op.from_dict(op.to_dict()) is op


def test_declaring():
    op = declare("fold((a -> b -> b), b, list(a)) -> b", cost=2.0)
    assert (op.arity, op.cost, str(op.arguments[0])) == (3, 2.0, "a -> b -> b")
    with pytest.raises(OpError, match="cannot read the signature 'f x'"):
        declare("f x")
    with pytest.raises(OpError, match="declares an unknown law 'funny'"):
        declare("f(real) -> real", laws=["funny"])


def test_polymorphic_results():
    cons = declare("cons(a, list(a)) -> list(a)")
    assert cons(variable("x"), variable("l", list_of(REAL))).sort is list_of(REAL)
    with pytest.raises(TermError, match="argument 2 of 'cons' has sort real, but list\\(real\\) was expected"):
        cons(variable("x"), variable("y"))
