"""Programs as text: the exact inverse of :func:`induce.logic.parse.parse_program`."""

from __future__ import annotations

import json
import re

from induce.logic import language as lang
from induce.terms import show as terms_show
from induce.terms.op import HOLE, LITERAL, VARIABLE
from induce.terms.sort import REAL
from induce.terms.term import Term

__all__ = ["to_rule_text"]

_BARE = re.compile(r"[^\W\d_A-Z]\w*")
_RESERVED = frozenset({"not", "is", "mod", "true", "false", "query", "evidence"})


def to_rule_text(term: Term) -> str:
    """A program, statement, formula or value as it is written.

    >>> from induce.logic import rules
    >>> to_rule_text(rules.parse("wet:-rain,   not  roof."))
    'wet :- rain, not roof.'
    """
    if term.sort is lang.PROGRAM:
        return "\n".join(_statement(s) for s in term.args)
    if term.sort is lang.STATEMENT:
        return _statement(term)
    if term.sort is lang.BODY:
        return _body(term)
    if term.sort is lang.FORMULA:
        return _formula(term)
    if term.sort is lang.HEAD:
        return _head(term)
    if term.sort is lang.VALUE:
        return _value(term)
    if term.sort is REAL:
        return _real(term)
    return terms_show.to_text(term)


def _statement(term: Term) -> str:
    name = term.op.name
    if name == ":-" and len(term.args) == 2:
        head, condition = term.args
        written = _head(head) if head.sort is lang.HEAD else _formula(head)
        return f"{written} :- {_body(condition)}." if condition.args else f"{written}."
    if name == ":-":
        return f":- {_body(term.args[0])}."
    if name == "?-":
        return f"?- {_body(term.args[0])}."
    if name == "evidence":
        return f"evidence({_body(term.args[0])})."
    if name == ":~":
        condition, weight, level, *terms = term.args
        rest = "".join(f", {_value(t)}" for t in terms)
        return f":~ {_body(condition)}. [{_real(weight)}@{_value(level)}{rest}]"
    if name == "#domain":
        return f"#domain {term.args[0].payload} = {_value(term.args[1])}."
    columns = ", ".join(f"{c.args[0].payload}: {c.args[1].payload}" for c in term.args[1:])
    return f"#relation {term.args[0].payload}({columns})."


def _head(term: Term) -> str:
    if term.op.name == ";":
        return " ; ".join(f"{_real(a.args[0])}::{_formula(a.args[1])}" for a in term.args)
    if term.op.name == "~":
        formula, network = term.args
        inputs = "".join(f", {_value(a)}" for a in network.args[1:])
        return f"{_formula(formula)} ~ nn({network.args[0].name}{inputs})"
    low, high, *elements = term.args
    inner = " ; ".join(_formula(e.args[0]) + (f" : {_body(e.args[1])}" if e.args[1].args else "") for e in elements)
    if low is high:
        return f"{{ {inner} }} = {_value(low)}"
    before = "" if low.payload == 0 and low.op is LITERAL else f"{_value(low)} <= "
    after = "" if high.op is LITERAL and high.payload == "inf" else f" <= {_value(high)}"
    return f"{before}{{ {inner} }}{after}"


def _body(term: Term) -> str:
    return ", ".join(_formula(f) for f in term.args)


def _formula(term: Term) -> str:
    if term.op is HOLE:
        return _choice(term, _formula)
    if term.op is lang.NOT:
        return f"not {_formula(term.args[0])}"
    if term.op is lang.VALUED:
        inner = term.args[0]
        # a weighted relation alone would be read as an atom
        relation = inner.op.notation.kind == "call" and inner.op.name != "at" and not _is_real(inner)
        return f"1.0 * {_real(inner)}" if relation and inner.op not in (HOLE, LITERAL, lang.NUMBER) else _real(inner)
    if lang.COMPARE.get(term.op.name) is term.op:
        return f"{_value(term.args[0])} {term.op.name} {_value(term.args[1])}"
    if not term.args:
        return term.op.name
    return f"{term.op.name}({', '.join(_value(a) for a in term.args)})"


def _is_real(term: Term) -> bool:
    return term.op.name in lang.REAL_FUNCTIONS and all(a.sort is REAL for a in term.args)


def _choice(term: Term, write: object) -> str:
    options = term.hole.options
    if not isinstance(options, tuple):
        return f"?{term.name}{{grammar}}"
    return f"?{term.name}{{{' ; '.join(write(o) for o in options)}}}"  # type: ignore[operator]


def _value(term: Term, need: int = 0) -> str:
    if term.op is VARIABLE:
        return str(term.payload)
    if term.op is LITERAL:
        return _constant(term.payload, need)
    if term.op is HOLE:
        return _choice(term, _value)
    name = term.op.name
    if name == "cons" and len(term.args) == 2:
        return _list(term)
    if name == "domain":
        return "{" + ", ".join(_value(a) for a in term.args) + "}"
    if name.startswith("#"):
        parts = []
        for element in term.args:
            items = ", ".join(_value(v) for v in element.args[0].args)
            parts.append(items + (f" : {_body(element.args[1])}" if element.args[1].args else ""))
        return f"{name}{{ {' ; '.join(parts)} }}"
    note = term.op.notation
    if note.kind == "infix":
        left = note.precedence + (note.associativity != "left")
        right = note.precedence + (note.associativity != "right")
        space = "" if name == ".." else " "
        text = f"{_value(term.args[0], left)}{space}{name}{space}{_value(term.args[1], right)}"
        return f"({text})" if note.precedence < need else text
    if note.kind == "prefix":
        inner = term.args[0]
        number = inner.op is LITERAL and type(inner.payload) in (int, float)
        text = f"-({_value(inner)})" if number else f"-{_value(inner, 31)}"
        return f"({text})" if need > 30 else text
    return f"{name}({', '.join(_value(a) for a in term.args)})"


def _list(term: Term) -> str:
    items = []
    while term.op.name == "cons" and len(term.args) == 2:
        items.append(_value(term.args[0]))
        term = term.args[1]
    tail = "" if term is lang.NIL else f" | {_value(term)}"
    return f"[{', '.join(items)}{tail}]"


def _constant(value: object, need: int = 0) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        if _BARE.fullmatch(value) and value not in _RESERVED:
            return value
        return json.dumps(value, ensure_ascii=False)
    if value == ():
        return "[]"
    text = _decimal(value) if isinstance(value, float) else str(value)
    return f"({text})" if text.startswith("-") and need > 30 else text


def _decimal(value: float) -> str:
    text = repr(value)
    return text if "." in text or "e" in text else f"{text}.0"


def _real(term: Term) -> str:
    """A real expression; a valued relation and an indexed hole take values, everything else reals."""
    return _real_level(term, 0)


def _real_level(term: Term, need: int) -> str:
    if term.op is LITERAL:
        text = _decimal(float(term.payload))
        return f"({text})" if text.startswith("-") and need > 30 else text
    if term.op is HOLE:
        return terms_show.to_text(term)
    if term.op is lang.NUMBER:
        return _value(term.args[0], 100)
    if term.op.name == "at":
        return f"{_real_level(term.args[0], 100)}({', '.join(_value(a) for a in term.args[1:])})"
    note = term.op.notation
    if note.kind == "infix":
        symbol = "**" if term.op.name == "^" else term.op.name
        left = note.precedence + (note.associativity != "left")
        right = note.precedence + (note.associativity != "right")
        space = " " if note.precedence < 40 else ""
        text = f"{_real_level(term.args[0], left)}{space}{symbol}{space}{_real_level(term.args[1], right)}"
        return f"({text})" if note.precedence < need else text
    if note.kind == "prefix":
        text = (
            f"-{_real_level(term.args[0], 31)}"
            if term.args[0].op is not LITERAL
            else f"-({_real_level(term.args[0], 0)})"
        )
        return f"({text})" if need > 30 else text
    if not term.args:
        return term.op.name
    write = _value if term.args[0].sort is lang.VALUE else _real
    return f"{term.op.name}({', '.join(write(a) for a in term.args)})"


def value_text(value: object) -> str:
    """A constant as it is written; structured values as terms."""
    functor, arguments = getattr(value, "functor", None), getattr(value, "arguments", ())
    if functor is None:
        return _constant(value)
    if functor == "cons" and len(arguments) == 2:
        items = []
        while getattr(value, "functor", None) == "cons":
            items.append(value_text(value.arguments[0]))  # type: ignore[attr-defined]
            value = value.arguments[1]  # type: ignore[attr-defined]
        tail = "" if getattr(value, "functor", None) == "nil" else f" | {value_text(value)}"
        return f"[{', '.join(items)}{tail}]"
    if functor == "nil":
        return "[]"
    return f"{functor}({', '.join(value_text(a) for a in arguments)})"


for _sort in (lang.PROGRAM, lang.STATEMENT, lang.BODY, lang.FORMULA, lang.HEAD, lang.VALUE):
    terms_show.WRITERS[_sort] = to_rule_text
