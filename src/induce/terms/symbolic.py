"""Terms to SymPy expressions and back. SymPy is loaded when first used."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from induce.errors import ExportError, did_you_mean
from induce.terms.arithmetic import arithmetic
from induce.terms.op import HOLE, LITERAL, VARIABLE
from induce.terms.sort import BOOL, REAL
from induce.terms.term import Term, literal, variable

if TYPE_CHECKING:
    from induce.terms.language import Language

__all__ = ["from_sympy", "to_sympy"]

_MEANINGS: dict[str, Callable[[Any, tuple[Any, ...]], Any]] = {
    "sub": lambda s, a: a[0] - a[1],
    "div": lambda s, a: a[0] / a[1],
    "neg": lambda s, a: -a[0],
    "square": lambda s, a: a[0] ** 2,
    "cube": lambda s, a: a[0] ** 3,
    "inverse": lambda s, a: 1 / a[0],
    # SymPy's own cube root of a negative number is complex
    "cbrt": lambda s, a: s.sign(a[0]) * s.Abs(a[0]) ** s.Rational(1, 3),
    "sigmoid": lambda s, a: 1 / (1 + s.exp(-a[0])),
}


def _leaf(sympy: Any, node: Term) -> Any:
    if node.op is VARIABLE or (node.op is HOLE and node.hole.kind == "real"):
        return sympy.Symbol(node.name) if node.sort is BOOL else sympy.Symbol(node.name, real=True)
    value = node.payload
    if node.op is not LITERAL or type(value) not in (bool, int, float):
        raise ExportError(f"SymPy has no form for '{node}'. Fill holes other than real ones first.")
    if type(value) is bool:
        return sympy.true if value else sympy.false
    if type(value) is int:
        return sympy.Integer(value)
    if math.isnan(value):
        return sympy.nan
    return sympy.Float(value) if math.isfinite(value) else (sympy.oo if value > 0 else -sympy.oo)


def to_sympy(term: Term) -> Any:
    """Make the SymPy expression of a term.

    Variables and real holes become real symbols of the same name (Boolean ones become plain symbols). SymPy simplifies
    as it builds, so the way back gives a term of the same value, not the same term.

    Raises
    ------
    ExportError
        If an operator has no SymPy form, or SymPy gives up on the depth of the term.

    >>> from induce.terms import arithmetic
    >>> to_sympy(arithmetic.parse("x*x + sqrt(y)"))
    x**2 + sqrt(y)
    """
    import sympy

    done: dict[Term, Any] = {}
    try:
        for node in term.postorder():
            note = node.op.notation
            if note.kind == "special":
                done[node] = _leaf(sympy, node)
                continue
            meaning = _MEANINGS.get(note.sympy or "")
            function: Any = getattr(sympy, note.sympy or "", None)
            if note.sympy is None or (meaning is None and function is None):
                raise ExportError(f"operator '{node.op.name}' has no SymPy form. Declare it with Notation(sympy=...).")
            args = tuple(done[a] for a in node.args)
            made = meaning(sympy, args) if meaning is not None else function(*args) if node.op.arity else function
            hash(made)  # SymPy hashes by recursion: better to meet its limit here than in the user's code
            done[node] = made
        return done[term]
    except RecursionError:
        raise ExportError(
            f"SymPy cannot hold this term: it is {term.depth} deep and SymPy works by recursion. "
            "Export it with to_python, or raise sys.setrecursionlimit."
        ) from None


_FUNCTIONS = {
    "Abs": "abs", "sign": "sign", "exp": "exp", "log": "log", "sin": "sin", "cos": "cos", "tan": "tan", "asin": "asin",
    "acos": "acos", "atan": "atan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "Min": "min", "Max": "max",
    "Not": "not", "And": "and", "Or": "or", "Xor": "xor", "Implies": "implies", "Equivalent": "iff", "ITE": "if",
}  # fmt: skip


class _Reader:
    """Turns one SymPy node into a term over already turned arguments."""

    def __init__(self, sympy: Any, language: Language) -> None:
        self.sympy = sympy
        self.language = language

    def number(self, value: float) -> Term:
        return literal(value, REAL)

    def leaf(self, node: Any) -> Term:
        sympy = self.sympy
        if node.is_Symbol:
            sort = BOOL if self.language.default is BOOL else REAL
            return variable(node.name, sort)
        if node is sympy.true or node is sympy.false:
            name = "true" if node is sympy.true else "false"
            return self.language[name]() if name in self.language else literal(name == "true")
        if node is sympy.pi or node is sympy.E:
            return self.language["pi" if node is sympy.pi else "e"]()
        if node.is_Integer:
            return self.number(int(node))
        if node.is_Rational:
            return self.language["/"](self.number(int(node.p)), self.number(int(node.q)))
        if node is sympy.nan or node is sympy.oo or node is -sympy.oo or node.is_Float:
            return self.number(float(node))
        if getattr(node, "is_number", False) and node.is_real:
            return self.number(float(node))
        raise ExportError(
            f"the SymPy atom '{node}' has no counterpart in language '{self.language.name}'. "
            "Give an expression of symbols, real numbers and functions."
        )

    def chain(self, name: str, args: list[Term]) -> Term:
        result = args[0]
        for arg in args[1:]:
            result = self.language[name](result, arg)
        return result

    def power(self, node: Any, base: Term, exponent: Term) -> Term:
        half = self.sympy.S.Half
        if node.exp == half and "sqrt" in self.language:
            return self.language["sqrt"](base)
        if node.base is self.sympy.E and "exp" in self.language:
            return self.language["exp"](exponent)
        return self.language["^"](base, exponent)

    def product(self, node: Any, done: dict[Any, Term]) -> Term:
        above: list[Term] = []
        below: list[Term] = []
        negative = False
        for factor in node.args:
            if factor == -1:
                negative = not negative
            elif factor.is_Pow and factor.exp.is_Rational and factor.exp < 0 and factor.base is not self.sympy.E:
                positive = -factor.exp
                base = done[factor.base]
                if positive == 1:
                    below.append(base)
                else:
                    below.append(
                        self.power(self.sympy.Pow(factor.base, positive, evaluate=False), base, self.leaf(positive))
                    )
            elif factor.is_Rational and not factor.is_Integer:
                if abs(factor.p) != 1:
                    above.append(self.number(abs(int(factor.p))))
                below.append(self.number(int(factor.q)))
                negative ^= factor.p < 0
            else:
                above.append(done[factor])
        top = self.chain("*", above) if above else self.number(1)
        result = self.language["/"](top, self.chain("*", below)) if below else top
        return self.language["neg"](result) if negative else result

    def node(self, node: Any, done: dict[Any, Term]) -> Term:
        args = [done[a] for a in node.args]
        if node.is_Add:
            result: Term | None = None
            for arg in sorted(args, key=lambda t: t.op.name == "neg"):
                negative = arg.op.name == "neg" and result is not None
                result = (
                    arg
                    if result is None
                    else self.language["-" if negative else "+"](result, arg.args[0] if negative else arg)
                )
            assert result is not None
            return result
        if node.is_Mul:
            return self.product(node, done)
        if node.is_Pow:
            if node.exp == -1:
                return self.language["/"](self.number(1), args[0])
            return self.power(node, args[0], args[1])
        name = _FUNCTIONS.get(type(node).__name__)
        if name is None or name not in self.language:
            raise self.language.unknown(type(node).__name__)
        op = self.language[name]
        return self.chain(name, args) if op.arity == 2 and len(args) != 2 else op(*args)


def from_sympy(expression: Any, language: Language = arithmetic, *, variables: Iterable[str] | None = None) -> Term:
    """Read a SymPy expression as a term of a language.

    Parameters
    ----------
    expression : SymPy expression
        Not text, which SymPy would run as Python: text is read by ``arithmetic.parse``.
    language : Language
    variables : names, optional
        Which symbols there may be; any when None.

    Raises
    ------
    OpError
        For a function that the language does not have.
    ExportError
        For text, an unknown symbol, or an atom that has no counterpart, such as the imaginary unit.

    >>> import sympy
    >>> from_sympy(sympy.sympify("1/(1 + x)"))
    1 / (1 + x)
    """
    import sympy

    if isinstance(expression, str):
        raise ExportError(
            f"from_sympy reads expressions of SymPy, but got the text {expression[:40]!r}. Read text with arithmetic.parse(...)."
        )
    known = None if variables is None else list(variables)
    for name in sorted(symbol.name for symbol in getattr(expression, "free_symbols", ())):
        if known is not None and name not in known:
            raise ExportError(
                f"the expression has the unknown symbol '{name}'.{did_you_mean(name, known)} The variables are: {', '.join(known)}."
            )
    reader = _Reader(sympy, language)
    done: dict[Any, Term] = {}
    stack = [sympy.sympify(expression)]
    root = stack[0]
    while stack:
        node = stack[-1]
        waiting = [a for a in node.args if a not in done]
        if waiting and node not in done:
            stack.extend(waiting)
            continue
        stack.pop()
        if node not in done:
            done[node] = reader.node(node, done) if node.args else reader.leaf(node)
    return done[root]
