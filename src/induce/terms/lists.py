"""The language of lists: functions from integers and lists of integers to integers, truth values and lists."""

from __future__ import annotations

from induce.terms.language import Language
from induce.terms.op import Notation, Op
from induce.terms.sort import BOOL, INT, Sort, arrow, list_of

__all__ = ["core_lists", "lists"]

INTS = list_of(INT)
TRUTHS = list_of(BOOL)
_A, _B = Sort("a"), Sort("b")
_SYMMETRIC = frozenset({"commutative", "associative"})


def _infix(symbol: str, level: int, side: str, arguments: Sort, result: Sort, laws: frozenset[str] = frozenset()) -> Op:
    return Op(symbol, (arguments, arguments), result, Notation("infix", symbol, level, side), laws)


def _call(name: str, *sorts: Sort, laws: frozenset[str] = frozenset()) -> Op:
    return Op(name, sorts[:-1], sorts[-1], Notation("call", name), laws)


_ARITHMETIC = [
    _infix("+", 10, "left", INT, INT, _SYMMETRIC),
    _infix("-", 10, "left", INT, INT),
    _infix("*", 20, "left", INT, INT, _SYMMETRIC),
    _infix("//", 20, "left", INT, INT),
    _infix("%", 20, "left", INT, INT),
]
_COMPARISON = [
    _infix("<", 8, "none", INT, BOOL),
    _infix("<=", 8, "none", INT, BOOL),
    _infix("==", 8, "none", INT, BOOL, frozenset({"commutative"})),
]
_LOGIC = [
    Op("not", (BOOL,), BOOL, Notation("prefix", "not", 6, "right"), frozenset({"involutive"}), inverse="not"),
    _infix("and", 5, "left", BOOL, BOOL, _SYMMETRIC | {"idempotent"}),
    _infix("or", 4, "left", BOOL, BOOL, _SYMMETRIC | {"idempotent"}),
    _call("if", BOOL, _A, _A, _A),
    Op("empty", (), INTS, Notation("constant", "empty")),
]
_NUMBERS = [
    Op("neg", (INT,), INT, Notation("prefix", "-", 30, "right"), frozenset({"involutive"}), inverse="neg"),
    _call("is_even", INT, BOOL),
    _call("is_prime", INT, BOOL),
    _call("abs", INT, INT),
]
_LISTS = [
    _call("head", INTS, INT),
    _call("last", INTS, INT),
    _call("len", INTS, INT),
    _call("sum", INTS, INT),
    _call("product", INTS, INT),
    _call("max", INTS, INT),
    _call("min", INTS, INT),
    _call("get", INT, INTS, INT),
    _call("count", INT, INTS, INT),
    _call("index", INT, INTS, INT),
    _call("is_empty", INTS, BOOL),
    _call("contains", INT, INTS, BOOL),
    _call("reverse", INTS, INTS),
    _call("sort", INTS, INTS),
    _call("unique", INTS, INTS),
    _call("tail", INTS, INTS),
    _call("init", INTS, INTS),
    _call("take", INT, INTS, INTS),
    _call("drop", INT, INTS, INTS),
    _call("take_last", INT, INTS, INTS),
    _call("drop_last", INT, INTS, INTS),
    _call("cons", INT, INTS, INTS),
    _call("append", INTS, INT, INTS),
    _call("concat", INTS, INTS, INTS, laws=frozenset({"associative"})),
    _call("replicate", INT, INT, INTS),
    _call("range", INT, INT, INTS),
]
_FUNCTIONS = [
    _call("map", arrow(_A, _B), list_of(_A), list_of(_B)),
    _call("filter", arrow(INT, BOOL), INTS, INTS),
    _call("take_while", arrow(INT, BOOL), INTS, INTS),
    _call("drop_while", arrow(INT, BOOL), INTS, INTS),
    _call("all", arrow(INT, BOOL), INTS, BOOL),
    _call("any", arrow(INT, BOOL), INTS, BOOL),
    _call("zip_with", arrow(INT, INT, INT), INTS, INTS, INTS),
    _call("fold", arrow(_B, _A, _B), _B, list_of(_A), _B),
]

lists = Language(
    "lists", [*_ARITHMETIC, *_COMPARISON, *_LOGIC, *_NUMBERS, *_LISTS, *_FUNCTIONS], default=INT, sealed=True
)
"""Integers, truth values, lists, and functions over lists. Indices count from 0; a negative number takes nothing."""

core_lists = Language(
    "core_lists",
    [
        *(lists[name] for name in ("+", "-", "*", "%", "<", "==", "if", "empty", "cons", "map")),
        _call("fold_right", arrow(_A, _B, _B), _B, list_of(_A), _B),
        _call("car", INTS, INT),
        _call("cdr", INTS, INTS),
    ],
    default=INT,
    sealed=True,
)
"""Few primitives, from which a library grows, those of DreamCoder's list domain: arithmetic, comparison, if, cons, car, cdr, map,
and fold from the right. (K. Ellis et al. 2021, DreamCoder: Bootstrapping Inductive Program Synthesis.)"""
