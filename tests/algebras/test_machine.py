from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import induce.algebras.list_functions  # noqa: F401
from induce.algebras.machine import CODES, FUNCTIONALS, LARGEST, apply, code_of, decode_value, encode_value
from induce.algebras.values import UNDEFINED, function_of
from induce.terms.lists import INTS, core_lists, lists
from induce.terms.sort import BOOL, INT, TEXT, list_of

PLAIN = [op for op in (*lists, *core_lists) if op.name not in FUNCTIONALS and op.arguments and op.name != "if"]
VALUES = {
    INT: st.integers(-9, 12),
    BOOL: st.booleans(),
    INTS: st.lists(st.integers(-6, 9), max_size=8),
}


def compiled(op, values):
    heap = np.zeros(4000, np.int32)
    slices, top = [], 0
    for value, sort in zip(values, op.arguments, strict=True):
        cells = encode_value(value, sort)
        heap[top : top + len(cells)] = cells
        slices += [top, len(cells)]
        top += len(cells)
    slices += [0] * (6 - len(slices))
    length = apply(code_of(op), heap, *slices, top)
    return None if length < 0 else decode_value(heap[top : top + length].tolist(), op.result)


@pytest.mark.parametrize("op", PLAIN, ids=lambda op: op.name)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_compiled_is_as_interpreted(op, data):
    values = [data.draw(VALUES[sort]) for sort in op.arguments]
    try:
        expected = function_of(op)(*values)
    except UNDEFINED:
        expected = None
    if type(expected) is int and abs(expected) > LARGEST:
        expected = None
    assert compiled(op, values) == expected


SMT = {
    "str.++": lambda a, b: a + b,
    "str.len": len,
    "str.at": lambda a, n: a[n] if 0 <= n < len(a) else "",
    "str.substr": lambda a, n, k: a[n : n + k] if 0 <= n < len(a) and k > 0 else "",
    "str.indexof": lambda a, b, n: a.find(b, n) if 0 <= n <= len(a) else -1,
    "str.replace": lambda a, b, c: a.replace(b, c, 1),
    "str.prefixof": lambda a, b: b.startswith(a),
    "str.suffixof": lambda a, b: b.endswith(a),
    "str.contains": lambda a, b: b in a,
    "str.from_int": lambda n: str(n) if n >= 0 else "",
    "str.to_int": lambda a: int(a) if a and all(c in "0123456789" for c in a) else -1,
}
KINDS = {
    "str.++": "tt t", "str.len": "t i", "str.at": "ti t", "str.substr": "tii t", "str.indexof": "tti i", "str.replace": "ttt t",
    "str.prefixof": "tt b", "str.suffixof": "tt b", "str.contains": "tt b", "str.from_int": "i t", "str.to_int": "t i",
}  # fmt: skip


@pytest.mark.parametrize("name", SMT)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_texts_follow_smt_lib(name, data):
    sorts = {"t": TEXT, "i": INT, "b": BOOL}
    arguments, result = KINDS[name].split()
    draws = {"t": st.text("ab1 2", max_size=5), "i": st.integers(-2, 6)}
    values = [data.draw(draws[k]) for k in arguments]
    heap = np.zeros(4000, np.int32)
    slices, top = [], 0
    for value, kind in zip(values, arguments, strict=True):
        cells = encode_value(value, sorts[kind])
        heap[top : top + len(cells)] = cells
        slices += [top, len(cells)]
        top += len(cells)
    slices += [0] * (6 - len(slices))
    length = apply(CODES[name], heap, *slices, top)
    assert decode_value(heap[top : top + length].tolist(), sorts[result]) == SMT[name](*values)


@given(st.lists(st.integers(-5, 5), max_size=5) | st.lists(st.booleans(), min_size=1, max_size=5))
def test_values_come_back(value):
    sort = list_of(BOOL) if value and isinstance(value[0], bool) else INTS
    assert decode_value(encode_value(value, sort), sort) == value


def test_what_does_not_fit_is_refused():
    assert encode_value(LARGEST + 1, INT) is None
    assert encode_value([0] * 300, INTS) is None
    assert encode_value(True, INT) is None
    assert encode_value(None, TEXT) is None
    assert encode_value([[1]], list_of(INTS)) is None
