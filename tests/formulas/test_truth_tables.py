"""Truth tables with known circuits, and random formulas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from induce.formulas.truth_tables import known_circuits, noisy_rows, random_formula, truth_table


def number(columns):
    return sum(column.astype(int) << i for i, column in enumerate(columns))


@pytest.mark.parametrize("name", known_circuits())
def test_tables_are_complete_and_have_a_source(name):
    table = truth_table(name)
    inputs = np.stack(list(table.inputs.values()), axis=1)
    assert len(np.unique(inputs, axis=0)) == len(inputs) == 1 << inputs.shape[1]
    assert table.gates >= len(table.inputs) - 1
    assert table.source


def test_what_the_tables_say():
    adder = truth_table("adder-3")
    bits = list(adder.inputs.values())
    assert (number(bits[:3]) + number(bits[3:]) == number(adder.outputs.values())).all()
    comparator = truth_table("comparator-4")
    bits = list(comparator.inputs.values())
    assert ((number(bits[:4]) > number(bits[4:])) == comparator.outputs["greater"]).all()
    majority = truth_table("majority-7")
    assert majority.outputs["majority"].sum() == 64
    multiplexer = truth_table("multiplexer-6")
    assert not multiplexer.outputs["chosen"][0b010000]  # d2 is true, d0 is selected
    assert multiplexer.outputs["chosen"][0b010010]  # d2 is selected
    assert truth_table("parity-10").outputs["parity"][0b111]


@given(st.integers(2, 7), st.integers(0, 3), st.integers(0, 1000))
def test_random_formulas_depend_on_every_input(k, more, seed):
    names = [f"v{i}" for i in range(k)]
    term = random_formula(names, k - 1 + more, seed)
    columns = {n: (np.arange(1 << k) >> i & 1).astype(bool) for i, n in enumerate(names)}
    value = term(columns)
    for i in range(k):
        assert (value != value[np.arange(1 << k) ^ (1 << i)]).any()
    assert sum(node.op.name in ("and", "or", "xor") for node in _all(term)) == k - 1 + more
    assert random_formula(names, k - 1 + more, seed) is term


def _all(term):
    yield term
    for arg in term.args:
        yield from _all(arg)


def test_noisy_rows_are_some_rows_with_some_flips():
    names = list("abcdefgh")
    term = random_formula(names[:5], 5, 0)
    X, y, other, truth = noisy_rows(term, names, share=0.75, flips=0.1, seed=2)
    assert len(X) == 192
    assert len(np.unique(np.concatenate([X, other]), axis=0)) == 256
    wrong = (np.asarray(term(dict(zip(names, X.T, strict=True)))) != y).mean()
    assert 0.03 < wrong < 0.2
    assert (np.asarray(term(dict(zip(names, other.T, strict=True)))) == truth).all()
