"""Symbols: every value its own id, and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from induce.errors import DataError
from induce.logic.symbols import NIL, Compound, Symbols, list_of

simple = st.one_of(
    st.integers(-(2**62), 2**62), st.floats(allow_nan=False), st.text(max_size=4), st.booleans(), st.integers(-2, 2)
)
value = st.recursive(
    simple, lambda inner: st.builds(Compound, st.sampled_from(["f", "cons"]), st.lists(inner, max_size=3).map(tuple))
)


def typed(item):
    """The value with its types, so that 1, 1.0 and True differ; -0.0 is 0.0."""
    if isinstance(item, Compound):
        return (item.functor, tuple(map(typed, item.arguments)))
    return (type(item), item)


@settings(max_examples=200, deadline=None)
@given(st.lists(value, max_size=12))
def test_values_come_back_and_equal_ids_are_equal_values(values):
    symbols = Symbols()
    ids = [symbols.id_of(item) for item in values]
    assert symbols.ids_of(values).tolist() == ids
    assert list(map(typed, symbols.values_of(ids))) == list(map(typed, values))
    for a, first in zip(ids, values, strict=True):
        for b, second in zip(ids, values, strict=True):
            assert (a == b) == (typed(first) == typed(second))


@pytest.mark.parametrize(
    "array",
    [
        np.array([3, 1, 3, -(2**40)]),
        np.array([0.5, -0.0, 0.0, np.inf]),
        np.array([True, False]),
        np.array(["b", "a", "b"]),
        np.array([1, "x"], dtype=object),
        np.array([1, 2], dtype=np.uint8),
    ],
)
def test_arrays_are_read_as_their_values(array):
    symbols, other = Symbols(), Symbols()
    assert symbols.ids_of(array).tolist() == [other.id_of(item) for item in array.tolist()]
    assert symbols.values_of(symbols.ids_of(array)) == array.tolist()


def test_copies_are_independent():
    symbols = Symbols()
    symbols.ids_of(["a", 1])
    symbols.id_of(Compound("f", (1,)))
    other = symbols.copy()
    assert other.id_of("new") == symbols.id_of(2.5)
    assert symbols.find("new") == -1
    assert symbols.find(1) == 1
    assert other.id_of(Compound("f", (1,))) == symbols.id_of(Compound("f", (1,)))


def test_numbers():
    symbols = Symbols()
    values, mask = symbols.numbers(symbols.ids_of([1, "x", 2]))
    assert values.dtype == np.int64
    assert values.tolist() == [1, 0, 2]
    assert mask.tolist() == [True, False, True]
    values, _ = symbols.numbers(symbols.ids_of([1, 2.5, True]))
    assert values.tolist() == [1.0, 2.5, 0.0]


def test_compounds_by_column():
    symbols = Symbols()
    first, second = symbols.ids_of([1, 2]), symbols.ids_of(["a", "b"])
    ids = symbols.compound("pair", [first, second])
    assert symbols.values_of(ids) == [Compound("pair", (1, "a")), Compound("pair", (2, "b"))]
    mask, columns = symbols.destructure(np.append(ids, first), "pair", 2)
    assert mask.tolist() == [True, True, False, False]
    assert columns[1].tolist() == second.tolist()
    assert symbols.destructure(ids, "pair", 1)[0].tolist() == [False, False]
    assert symbols.values_of(symbols.compound("nil", [], 2)) == [NIL, NIL]


def test_nesting_is_counted_and_deep_lists_come_back():
    symbols = Symbols()
    number = symbols.id_of(list_of(list(range(5000))))
    assert symbols.deepest == 5001
    found, length = symbols.value_of(number), 0
    while found.functor == "cons":
        found, length = found.arguments[1], length + 1
    assert length == 5000


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (2**62 + 1, "The integer 4611686018427387905 is too large for a constant: at most 2**62"),
        (float("nan"), "nan cannot be a constant of a program: it is not equal to itself. Leave such rows out."),
        (None, "None is a NoneType, which cannot be a constant of a program"),
    ],
)
def test_refusals(bad, words):
    with pytest.raises(DataError) as caught:
        Symbols().id_of(bad)
    assert words in str(caught.value)
    with pytest.raises(DataError):
        Symbols().ids_of([bad])
