"""The Boolean language: propositional formulas."""

from __future__ import annotations

from induce.terms.language import Language
from induce.terms.op import Notation, Op
from induce.terms.sort import BOOL

__all__ = ["boolean"]

_SYMMETRIC = frozenset({"commutative", "associative"})

_OPS = [
    Op(
        "not",
        (BOOL,),
        BOOL,
        Notation("prefix", "not", 60, "right", r"\neg {0}", "~{0}", "Not"),
        frozenset({"involutive"}),
        inverse="not",
    ),
    Op(
        "and",
        (BOOL, BOOL),
        BOOL,
        Notation("infix", "and", 50, "left", r"{0} \land {1}", "{0} & {1}", "And"),
        _SYMMETRIC | {"idempotent"},
        True,
    ),
    Op(
        "xor",
        (BOOL, BOOL),
        BOOL,
        Notation("infix", "xor", 45, "left", r"{0} \oplus {1}", "{0} ^ {1}", "Xor"),
        _SYMMETRIC,
        False,
        "xor",
    ),
    Op(
        "or",
        (BOOL, BOOL),
        BOOL,
        Notation("infix", "or", 40, "left", r"{0} \lor {1}", "{0} | {1}", "Or"),
        _SYMMETRIC | {"idempotent"},
        False,
    ),
    Op(
        "implies",
        (BOOL, BOOL),
        BOOL,
        Notation("infix", "implies", 30, "right", r"{0} \Rightarrow {1}", "(~{0} | {1})", "Implies"),
    ),
    Op(
        "iff",
        (BOOL, BOOL),
        BOOL,
        Notation("infix", "iff", 20, "left", r"{0} \Leftrightarrow {1}", "~({0} ^ {1})", "Equivalent"),
        _SYMMETRIC,
        True,
    ),
    Op(
        "if", (BOOL, BOOL, BOOL), BOOL, Notation("call", "if", 100, "left", None, "(({0} & {1}) | (~{0} & {2}))", "ITE")
    ),
    Op("true", (), BOOL, Notation("constant", "true", 100, "left", r"\top", "True", "true")),
    Op("false", (), BOOL, Notation("constant", "false", 100, "left", r"\bot", "False", "false")),
]

boolean = Language(
    "boolean",
    _OPS,
    default=BOOL,
    aliases={"&": "and", "|": "or", "~": "not", "!": "not", "->": "implies", "=>": "implies", "<->": "iff", "<=>": "iff", "ite": "if"},
    overload={"and": "and", "or": "or", "xor": "xor", "not": "not"},
    sealed=True,
)  # fmt: skip
"""Propositional formulas: not, and, xor, or, implies, iff, if; true and false."""
