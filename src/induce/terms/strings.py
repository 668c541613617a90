"""The language of strings: functions from texts (cells of a table) to a text."""

from __future__ import annotations

from induce.terms.language import Language
from induce.terms.op import Notation, Op
from induce.terms.sort import BOOL, INT, REAL, TEXT, TOKEN, Sort

__all__ = ["MOMENT", "NUMBER", "TOKEN_CLASSES", "strings"]

NUMBER = Sort("number")
"""A decimal number with the digits it was written with."""
MOMENT = Sort("moment")
"""A date, a time of day, or both; parts may be unknown."""
_A = Sort("a")


def _call(name: str, *sorts: Sort, laws: frozenset[str] = frozenset(), identity: float | bool | None = None) -> Op:
    return Op(name, sorts[:-1], sorts[-1], Notation("call", name), laws, identity)


def _constant(name: str, sort: Sort) -> Op:
    return Op(name, (), sort, Notation("constant", name))


_TEXTS = [
    _call("concat", TEXT, TEXT, TEXT, laws=frozenset({"associative"})),
    _call("word", TEXT, INT, TEXT),
    _call("part", TEXT, TEXT, INT, TEXT),
    _call("first", TEXT, TEXT),
    _call("last", TEXT, TEXT),
    _call("take", TEXT, INT, TEXT),
    _call("drop", TEXT, INT, TEXT),
    _call("slice", TEXT, INT, INT, TEXT),
    _call("upper", TEXT, TEXT, laws=frozenset({"idempotent"})),
    _call("lower", TEXT, TEXT, laws=frozenset({"idempotent"})),
    _call("title", TEXT, TEXT),
    _call("capitalize", TEXT, TEXT),
    _call("trim", TEXT, TEXT, laws=frozenset({"idempotent"})),
    _call("replace", TEXT, TOKEN, TEXT, TEXT),
    _call("remove", TEXT, TOKEN, TEXT),
    _call("keep", TEXT, TOKEN, TEXT),
    _call("initials", TEXT, TEXT),
    _call("pad", TEXT, INT, TEXT, TEXT),
    _call("pad_right", TEXT, INT, TEXT, TEXT),
    _constant("missing", TEXT),
]
_PLACES = [
    _call("match", TEXT, TOKEN, INT, TEXT),
    _call("before", TEXT, TOKEN, INT, INT),
    _call("after", TEXT, TOKEN, INT, INT),
    _call("border", TEXT, TOKEN, TOKEN, INT, INT),
    _call("length", TEXT, INT),
    _call("count", TEXT, TOKEN, INT),
]
TOKEN_CLASSES = ("digits", "letters", "capitals", "small", "alphanumerics", "words", "spaces", "marks", "decimals")
"""Names of the classes of characters; a token is a longest run of such characters."""
_CONDITIONS = [
    _call("if", BOOL, _A, _A, _A),
    _call("equals", TEXT, TEXT, BOOL, laws=frozenset({"commutative"})),
    _call("contains", TEXT, TOKEN, BOOL),
    _call("startswith", TEXT, TOKEN, BOOL),
    _call("endswith", TEXT, TOKEN, BOOL),
    _call("consists", TEXT, TOKEN, BOOL),
    _call("is_missing", TEXT, BOOL),
    _call("is_blank", TEXT, BOOL),
    _call("is_number", TEXT, BOOL),
    _call("is_date", TEXT, TEXT, BOOL),
    _call("at_least", INT, INT, BOOL),
    _call("less", NUMBER, REAL, BOOL),
]
_NUMBERS = [
    _call("number", TEXT, NUMBER),
    _call("plus", NUMBER, REAL, NUMBER),
    _call("times", NUMBER, REAL, NUMBER),
    _call("nearest", NUMBER, REAL, NUMBER),
    _call("down", NUMBER, REAL, NUMBER),
    _call("up", NUMBER, REAL, NUMBER),
    _call("limit", NUMBER, INT, NUMBER),
    _call("digits_of", NUMBER, TEXT),
    _call("format_number", NUMBER, TEXT, TEXT),
]
_MOMENTS = [
    _call("date", TEXT, TEXT, MOMENT),
    _call("parse_date", TEXT, TEXT, MOMENT),
    _call("later", MOMENT, TEXT, MOMENT),
    _call("time_down", MOMENT, TEXT, MOMENT),
    _call("time_up", MOMENT, TEXT, MOMENT),
    _call("time_nearest", MOMENT, TEXT, MOMENT),
    _call("format_date", MOMENT, TEXT, TEXT),
]

strings = Language(
    "strings",
    [*_TEXTS, *_PLACES, *(_constant(name, TOKEN) for name in TOKEN_CLASSES), *_CONDITIONS, *_NUMBERS, *_MOMENTS],
    default=TEXT,
    sealed=True,
)
"""Programs on texts; ``None`` is a missing text.

Places count from 0, or from the end when negative; a slice outside of the text, a word that is not there, a text that
is no date have no value. A token is a text as it is, ``"@"``, or a class of characters, ``digits``: each longest run of
them is one token (``words`` are runs without space, ``marks`` runs of neither letters, digits nor space, ``decimals``
numbers with a decimal point).

>>> strings.parse('concat(first(word(s, 0)), ". ", word(s, -1))')
concat(first(word(s, 0)), ". ", word(s, -1))
"""
