from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from induce.errors import OpError, TermError
from induce.terms import REAL, Language, Op, arithmetic, boolean, hole
from induce.terms.codes import FIRST_VARIABLE, Bank, Codebook, Programs
from induce.testing import random_terms, terms

NAMES = ("x", "y", "z")
BOOK = Codebook(arithmetic, NAMES)


def numbers(rng):
    return int(rng.integers(-3, 6)) if rng.random() < 0.5 else float(rng.integers(1, 99)) + 0.5


def test_decoding_undoes_encoding():
    many = list(random_terms(arithmetic, 2000, np.random.default_rng(0), variables=NAMES, numbers=numbers))
    programs = BOOK.encode(many)
    assert len(programs) == 2000
    assert programs.codes.dtype == np.int16
    assert all(a is b for a, b in zip(BOOK.decode(programs), many, strict=True))
    assert programs.sizes.tolist() == [term.size for term in many]


@given(terms(boolean))
def test_boolean_terms_without_numbers_round_trip(term):
    book = Codebook(boolean, NAMES)
    assert book.decode(book.encode([term]))[0] is term


def test_postfix_order_and_constant_slots():
    programs = BOOK.encode([arithmetic.parse("2.5 * x - ?k"), arithmetic.parse("y")])
    names = [op.name for op in arithmetic]
    assert programs.codes.tolist() == [
        -1, FIRST_VARIABLE, names.index("*"), -2, names.index("-"), FIRST_VARIABLE + 1
    ]  # fmt: skip
    assert programs.offsets.tolist() == [0, 5, 6]
    assert programs.values.tolist() == [2.5, 1.0]
    assert programs.value_offsets.tolist() == [0, 2, 2]
    assert programs.free.tolist() == [False, True]


def test_holes_become_free_constants_that_start_where_they_say():
    sketch = hole.real("k", start=0.25) * arithmetic.variable("x") + hole.real("b")
    programs = BOOK.encode([sketch])
    assert programs.values.tolist() == [0.25, 1.0]
    assert programs.free.all()
    assert BOOK.decode(programs)[0] is arithmetic.parse("0.25 * x + 1.0")
    again = BOOK.decode(programs.with_values(np.array([2.0, 3.0])), fill=False)[0]
    assert [(h.name, h.hole.start) for h in again.holes] == [("c0", 2.0), ("c1", 3.0)]


@given(st.lists(st.integers(0, 49), max_size=30))
def test_taking_is_taking_terms(indices):
    many = list(random_terms(arithmetic, 50, np.random.default_rng(1), variables=NAMES, numbers=numbers))
    taken = BOOK.encode(many).take(indices)
    assert [t for t in BOOK.decode(taken)] == [many[i] for i in indices]
    assert taken.value_offsets[-1] == len(taken.values) == len(taken.free)


@given(st.lists(st.integers(0, 6), max_size=5))
def test_concatenating_is_joining_lists(lengths):
    many = list(random_terms(arithmetic, sum(lengths), np.random.default_rng(2), variables=NAMES, numbers=numbers))
    ends = np.cumsum([0, *lengths])
    parts = [BOOK.encode(many[a:b]) for a, b in itertools.pairwise(ends)]
    assert BOOK.decode(Programs.concatenate(parts)) == many
    assert len(Programs.concatenate([])) == 0


def test_one_program_of_many():
    programs = BOOK.encode([arithmetic.parse("x"), arithmetic.parse("y + 2")])
    assert BOOK.decode(programs[1]) == [arithmetic.parse("y + 2")]


def test_bank_rows_are_programs():
    code = {op.name: i for i, op in enumerate(arithmetic)}
    bank = Bank(
        np.array([256, -1, code["-"], code["sin"], code["/"]], np.int16),
        np.array([-1, -1, 0, 2, 3], np.int32),
        np.array([-1, -1, 1, -1, 2], np.int32),
        np.array([0.0, 4.0, 0.0, 0.0, 0.0]),
    )
    assert len(bank) == 5
    assert BOOK.bank_term(bank, 4) is arithmetic.parse("sin(x - 4) / (x - 4)")
    programs = BOOK.bank_programs(bank, [4, 0, 2])
    assert BOOK.decode(programs) == [arithmetic.parse(t) for t in ("sin(x - 4) / (x - 4)", "x", "x - 4")]
    assert not programs.free.any()
    assert programs.value_offsets.tolist() == [0, 2, 2, 3]


def test_bank_constants_keep_their_order():
    code = {op.name: i for i, op in enumerate(arithmetic)}
    bank = Bank(
        np.array([-1, -1, code["/"]], np.int16),
        np.array([-1, -1, 0], np.int32),
        np.array([-1, -1, 1], np.int32),
        np.array([7.0, 2.0, 0.0]),
    )
    assert BOOK.bank_term(bank, 2) is arithmetic.parse("7 / 2")


def test_a_deep_term_round_trips():
    term = arithmetic.variable("x")
    for _ in range(10_000):
        term = arithmetic["sin"](term)
    assert BOOK.decode(BOOK.encode([term]))[0] is term


def test_what_cannot_be_encoded_is_named():
    with pytest.raises(TermError, match=r"variable 'q' is not in the codebook, which has: x, y, z\."):
        BOOK.encode([arithmetic.parse("q + 1")])
    x = arithmetic.variable("x")
    with pytest.raises(TermError, match="cannot be written as an operator, a variable or a number of arithmetic"):
        BOOK.encode([hole.choice([x, x * x], name="f")])
    many = Language("many", [Op(f"o{i}", (REAL,), REAL) for i in range(257)], default=REAL)
    with pytest.raises(OpError, match="a codebook holds 256 operators, but 'many' has 257"):
        Codebook(many, [])
