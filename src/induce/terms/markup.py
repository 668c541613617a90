"""Terms as LaTeX and as presentation MathML."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from induce.terms.op import APPLY, BOUND, HOLE, LAMBDA, LITERAL, VARIABLE
from induce.terms.show import ATOM, NEGATIVE, format_number, level_of
from induce.terms.term import Term

__all__ = ["to_latex", "to_mathml"]

_GREEK = frozenset(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
    "omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega".split()
)
_GREEK_LETTERS = dict(
    zip(
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
        "omega".split(),
        "αβγδεζηθικλμνξπρστυφχψω",
        strict=True,
    )
)
_ESCAPES = {c: "\\" + c for c in "#$%&_{}"} | {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}"}
_SPLIT_NUMBER = re.compile(r"(-?[0-9.]+)e([+-]?[0-9]+)")
_SUBSCRIPT = re.compile(r"([^\W\d_]+)_?([0-9]+|(?<=_)\w+)")

Parts = tuple[str, int]
"""A piece of markup and how tightly its outermost operator binds."""


def _fold(term: Term, leaf: Callable[[Term], Parts], node: Callable[[Term, tuple[Parts, ...]], Parts]) -> str:
    return term.fold(lambda t, args: node(t, args) if t.args or t.op.notation.kind == "call" else leaf(t))[0]


def _levels(term: Term) -> tuple[int, int, int]:
    """Own level and the levels needed on the left and on the right."""
    note = term.op.notation
    level = level_of(note)
    if note.kind != "infix":
        return level, level, level
    return level, level + (note.associativity != "left"), level + (note.associativity != "right")


# ---- LaTeX


def _latex_text(text: str) -> str:
    return "".join(_ESCAPES.get(c, c) for c in text)


def _latex_name(name: str) -> str:
    if name in _GREEK:
        return "\\" + name
    if len(name) == 1 and name.isalpha():
        return name
    match = _SUBSCRIPT.fullmatch(name)
    if match is not None and (len(match.group(1)) == 1 or match.group(1) in _GREEK):
        below = match.group(2)
        shown = below if below.isdigit() else rf"\mathrm{{{_latex_text(below)}}}"
        return f"{_latex_name(match.group(1))}_{{{shown}}}"
    return rf"\mathrm{{{_latex_text(name)}}}".replace(" ", r"\ ")


def _latex_number(value: float, digits: int | None) -> Parts:
    text = format_number(value, digits)
    if text.endswith(".0"):
        text = text[:-2]
    match = _SPLIT_NUMBER.fullmatch(text)
    if match is not None:
        return rf"{match.group(1)} \cdot 10^{{{int(match.group(2))}}}", level_of_product()
    text = text.replace("inf", r"\infty").replace("nan", r"\mathrm{NaN}")
    return text, NEGATIVE if text.startswith("-") else ATOM


def level_of_product() -> int:
    """The level of a multiplication sign."""
    return 200


def _latex_leaf(term: Term, digits: int | None) -> Parts:
    if term.op is LITERAL:
        value = term.payload
        return (
            _latex_number(value, digits)
            if type(value) in (int, float)
            else (rf"\mathrm{{{_latex_text(str(value))}}}", ATOM)
        )
    if term.op is VARIABLE:
        return _latex_name(term.payload), ATOM
    if term.op is BOUND:
        return rf"\#{term.payload}", ATOM
    if term.op is HOLE:
        anonymous = term.name.startswith("_")
        return rf"\square_{{{_latex_text(term.name.removeprefix('_')) if anonymous else _latex_name(term.name)}}}", ATOM
    return term.op.notation.latex or rf"\mathrm{{{_latex_text(term.op.name)}}}", ATOM


def _latex_wrap(part: Parts, need: int) -> str:
    return rf"\left({part[0]}\right)" if part[1] < need else part[0]


def _closed(template: str, number: int) -> bool:
    """Whether a template puts its argument inside braces or brackets of its own, so that it needs no parentheses."""
    place = template.find("{" + str(number) + "}")
    return template[:place].endswith(("{{", r"\left(", r"\left|", "}, ")) or place < 0


def _latex_node(term: Term, args: tuple[Parts, ...]) -> Parts:
    note = term.op.notation
    if term.op is LAMBDA:
        return rf"\lambda.\, {args[0][0]}", 0
    if term.op is APPLY:
        return rf"{_latex_wrap(args[0], ATOM)}\left({args[1][0]}\right)", ATOM
    template = note.latex
    if template is None:
        if note.kind not in ("infix", "prefix", "postfix"):
            return rf"\mathrm{{{_latex_text(term.op.name)}}}\left({', '.join(a for a, _ in args)}\right)", ATOM
        sign = rf"\mathbin{{\mathrm{{{_latex_text(note.symbol)}}}}}".replace("{", "{{").replace("}", "}}")
        template = {"infix": f"{{0}} {sign} {{1}}", "prefix": f"{sign} {{0}}", "postfix": f"{{0}} {sign}"}[note.kind]
    level, left, right = _levels(term)
    power = note.kind == "call" and template.startswith("{0}^")
    if power or term.op.name == "^":
        # a base that carries an exponent needs parentheses: x^{2}^{3} is no LaTeX
        level = left = level_of_power()
        left += 1
    needs = (left, right)
    texts = [a[0] if _closed(template, i) else _latex_wrap(a, needs[min(i, 1)]) for i, a in enumerate(args)]
    if (note.kind, len(texts)) in (("infix", 2), ("prefix", 1)) and not _closed(template, len(texts) - 1):
        last = texts[-1]
        if last.startswith("-"):  # no two signs side by side
            texts[-1] = rf"\left({last}\right)"
        elif last[:1].isdigit() and r"\," in template:
            template = template.replace(r"\,", r"\cdot")
    if note.kind == "infix" and template.startswith(r"\frac"):
        level = level_of_product()
    elif note.kind == "call" and not power:
        level = (
            level_of_product()
            if template.startswith(r"\frac")
            else level_of_power()
            if template.startswith("e^")
            else ATOM
        )
    return template.format(*texts), level


def level_of_power() -> int:
    """The level of an exponent."""
    return 402


def to_latex(term: Term, digits: int | None = None) -> str:
    r"""Write the term as LaTeX, without dollar signs.

    >>> from induce.terms import arithmetic
    >>> to_latex(arithmetic.parse("sqrt(x)/(alpha + 2.345)"), digits=2)
    '\\frac{\\sqrt{x}}{\\alpha + 2.3}'
    """
    return _fold(term, lambda t: _latex_leaf(t, digits), _latex_node)


# ---- MathML


def _ml_name(name: str) -> str:
    if name in _GREEK_LETTERS:
        return f"<mi>{_GREEK_LETTERS[name]}</mi>"
    match = _SUBSCRIPT.fullmatch(name)
    if match is not None and (len(match.group(1)) == 1 or match.group(1) in _GREEK_LETTERS):
        below = match.group(2)
        kind = "mn" if below.isdigit() else "mi"
        return f"<msub>{_ml_name(match.group(1))}<{kind}>{escape(below)}</{kind}></msub>"
    return f"<mi>{escape(name)}</mi>"


def _ml_number(text: str) -> Parts:
    if text.startswith("-"):
        return f"<mrow><mo>-</mo>{_ml_number(text[1:])[0]}</mrow>", NEGATIVE
    match = _SPLIT_NUMBER.fullmatch(text)
    if match is not None:
        power = f"<msup><mn>10</mn><mn>{int(match.group(2))}</mn></msup>".replace("<mn>-", "<mn>−")  # noqa: RUF001
        return f"<mrow><mn>{match.group(1)}</mn><mo>·</mo>{power}</mrow>", level_of_product()
    if text == "inf":
        return "<mi>∞</mi>", ATOM
    return f"<mn>{escape(text.removesuffix('.0'))}</mn>", ATOM


def _ml_leaf(term: Term, digits: int | None) -> Parts:
    if term.op is LITERAL:
        value = term.payload
        if type(value) in (int, float):
            return _ml_number(format_number(value, digits))
        return f"<mtext>{escape(str(value))}</mtext>", ATOM
    if term.op is VARIABLE:
        return _ml_name(term.payload), ATOM
    if term.op is BOUND:
        return f"<mi>#{term.payload}</mi>", ATOM
    if term.op is HOLE:
        return f"<msub><mi>□</mi><mi>{escape(term.name)}</mi></msub>", ATOM
    return f"<mi>{_ML_CONSTANTS.get(term.op.name, escape(term.op.name))}</mi>", ATOM


def _ml_wrap(part: Parts, need: int) -> str:
    return f"<mrow><mo>(</mo>{part[0]}<mo>)</mo></mrow>" if part[1] < need else part[0]


_ML_CONSTANTS = {"pi": "π", "true": "⊤", "false": "⊥"}  # noqa: RUF001
_ML_SIGNS = {"*": "⁢", "-": "−", "and": "∧", "or": "∨", "xor": "⊕", "implies": "⇒", "iff": "⇔", "not": "¬"}  # noqa: RUF001
_ML_CLOSED: dict[str, tuple[str, int]] = {
    "/": ("<mfrac>{0}{1}</mfrac>", 200),
    "sqrt": ("<msqrt>{0}</msqrt>", ATOM),
    "cbrt": ("<mroot>{0}<mn>3</mn></mroot>", ATOM),
    "inverse": ("<mfrac><mn>1</mn>{0}</mfrac>", 200),
    "exp": ("<msup><mi>e</mi>{0}</msup>", 402),
    "abs": ("<mrow><mo>|</mo>{0}<mo>|</mo></mrow>", ATOM),
}


def _ml_node(term: Term, args: tuple[Parts, ...]) -> Parts:
    name, note = term.op.name, term.op.notation
    if name in _ML_CLOSED:
        template, level = _ML_CLOSED[name]
        return template.format(*(f"<mrow>{a}</mrow>" for a, _ in args)), level
    if name in ("^", "square", "cube"):
        above = f"<mrow>{args[1][0]}</mrow>" if name == "^" else f"<mn>{2 if name == 'square' else 3}</mn>"
        return f"<msup>{_ml_wrap(args[0], level_of_power() + 1)}{above}</msup>", level_of_power()
    level, left, right = _levels(term)
    sign = f"<mo>{_ML_SIGNS.get(name, escape(note.symbol or name))}</mo>"
    if note.kind == "infix":
        return f"<mrow>{_ml_wrap(args[0], left)}{sign}{_ml_wrap(args[1], right)}</mrow>", level
    if note.kind == "prefix":
        sign = "<mo>−</mo>" if note.symbol == "-" else sign  # noqa: RUF001
        return f"<mrow>{sign}{_ml_wrap(args[0], level)}</mrow>", level
    if note.kind == "postfix":
        return f"<mrow>{_ml_wrap(args[0], level)}{sign}</mrow>", level
    if term.op is LAMBDA:
        return f"<mrow><mi>λ</mi><mo>.</mo>{args[0][0]}</mrow>", 0
    inside = "<mo>,</mo>".join(a for a, _ in args)
    head = f"<mi>{escape(name)}</mi>"
    if term.op is APPLY:
        head, inside = _ml_wrap(args[0], ATOM), args[1][0]
    return f"<mrow>{head}<mo>⁡</mo><mrow><mo>(</mo>{inside}<mo>)</mo></mrow></mrow>", ATOM


def to_mathml(term: Term, digits: int | None = None) -> str:
    """Write the term as one ``<math>`` element of presentation MathML.

    >>> from induce.terms import arithmetic
    >>> to_mathml(arithmetic.parse("x/2"))
    '<math xmlns="http://www.w3.org/1998/Math/MathML"><mfrac><mrow><mi>x</mi></mrow><mrow><mn>2</mn></mrow></mfrac></math>'
    """
    inside = _fold(term, lambda t: _ml_leaf(t, digits), _ml_node)
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{inside}</math>'
