"""The terms of the language of rules."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from induce.errors import TermError
from induce.logic import language as lang
from induce.logic import rules


def test_terms_are_shared():
    assert lang.atom("edge", "a", 1) is lang.atom("edge", "a", 1)
    assert lang.atom("edge", "a", 1) is rules.parse("edge(a, 1).").args[0].args[0]
    assert lang.constant(1) is not lang.constant(1.0)
    assert lang.constant(1) is not lang.constant(True)
    assert lang.constant("1") is not lang.constant(1)


@pytest.mark.parametrize(
    "text", ["0.3::a. b :- not a.", "{ p(X) : i(X) } = 1.", "d(I, {0..2}) ~ nn(n, I).", "q(?f{a ; b})."]
)
def test_programs_are_copied_and_pickled_as_themselves(text):
    term = rules.parse(text)
    assert pickle.loads(pickle.dumps(term)) is term
    assert copy.deepcopy(term) is term


def test_constants():
    assert lang.constant(np.int64(3)).payload == 3
    assert type(lang.constant(np.float32(0.5)).payload) is float
    assert lang.constant(lang.constant("a")) is lang.constant("a")
    with pytest.raises(TermError, match=r"\[1\] cannot be a constant of a rule. Use a number, a text or a truth value"):
        lang.constant([1])


def test_lists():
    a, b, tail = lang.constant("a"), lang.constant("b"), lang.value_variable("T")
    assert lang.listing([]) is lang.NIL
    assert str(lang.listing([a, b])) == "[a, b]"
    assert str(lang.listing([a], tail)) == "[a | T]"
    assert lang.listing([a, b]) is lang.functor("cons", 2)(a, lang.listing([b]))


def test_kinds_of_formulas():
    (rule,) = rules.parse("p :- q(X), not r(X), X < 1, 0.5, ?f{q(X) ; s(X)}.").args
    assert [lang.is_atom(f) for f in rule.args[1].args] == [True, False, False, False, False]
    assert lang.key_of(rule.args[1].args[0]) == "q/1"
    assert lang.is_anonymous(lang.value_variable("_"))
    assert not lang.is_anonymous(lang.value_variable("_X"))


def test_sorts_do_not_mix():
    with pytest.raises(TermError):
        lang.NOT(lang.constant(1))
    with pytest.raises(TermError):
        lang.predicate("p", 1)(lang.atom("q"))


def test_relations_may_have_letters_of_any_script():
    assert str(lang.atom("größe", 1)) == "größe(1)"
    assert rules.parse("größe(1).").args[0].args[0] is lang.atom("größe", 1)
