"""SMT-LIB's strings and integers as a language: what SyGuS tasks on texts are written in."""

from __future__ import annotations

from induce.terms.language import Language
from induce.terms.lists import lists
from induce.terms.op import Notation, Op
from induce.terms.sort import BOOL, INT, TEXT, Sort

__all__ = ["smt_strings"]


def _call(name: str, *sorts: Sort, laws: frozenset[str] = frozenset()) -> Op:
    symbol = name.replace(".++", "_concat").replace(".", "_")  # surface syntax has no dots
    return Op(name, sorts[:-1], sorts[-1], Notation("call", symbol), laws)


smt_strings = Language(
    "smt_strings",
    [
        *(lists[name] for name in ("+", "-", "*", "neg", "<", "<=", "==", "not", "and", "or", "if")),
        _call("str.++", TEXT, TEXT, TEXT, laws=frozenset({"associative"})),
        _call("str.len", TEXT, INT),
        _call("str.at", TEXT, INT, TEXT),
        _call("str.substr", TEXT, INT, INT, TEXT),
        _call("str.indexof", TEXT, TEXT, INT, INT),
        _call("str.replace", TEXT, TEXT, TEXT, TEXT),
        _call("str.prefixof", TEXT, TEXT, BOOL),
        _call("str.suffixof", TEXT, TEXT, BOOL),
        _call("str.contains", TEXT, TEXT, BOOL),
        _call("str.from_int", INT, TEXT),
        _call("str.to_int", TEXT, INT),
    ],
    default=TEXT,
    aliases={"ite": "if", "=": "=="},
    sealed=True,
)
"""Texts as SMT-LIB 2.6 defines them: positions count from 0, and what lies outside a text is empty."""
