"""Boolean terms as circuits: counting gates with free negation, DNF, AIGER, Verilog, SymPy and Python."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from typing import Any

from induce.errors import ExportError
from induce.learners.boolean.cover import cover
from induce.learners.boolean.network import AND, XOR
from induce.learners.boolean.truth import variables
from induce.terms.boolean import boolean
from induce.terms.op import LITERAL, VARIABLE
from induce.terms.source import safe_names, to_python
from induce.terms.term import Term

__all__ = ["Circuit", "to_aiger", "to_dnf", "to_python_source", "to_sympy_terms", "to_verilog"]

DNF_INPUTS = 14


class Circuit:
    """Gates {and, xor} with free negation that compute terms; equal gates are one.

    Parameters
    ----------
    terms : sequence of Term
        Of the Boolean language.
    names : sequence of str
        Inputs, in order; those that no term reads too.

    Attributes
    ----------
    gates : list of (kind, left literal, right literal)
        Literal ``2 v`` is node ``v``, ``2 v + 1`` its negation; node 0 is false, then inputs, then gates.
    outputs : list of literals

    >>> circuit = Circuit([boolean.parse("a or b"), boolean.parse("not a and not b")], ["a", "b"])
    >>> len(circuit.gates), circuit.outputs
    (1, [7, 6])
    """

    def __init__(self, terms: Sequence[Term], names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.gates: list[tuple[int, int, int]] = []
        self._known: dict[tuple[int, int, int], int] = {}
        self._done: dict[Term, int] = {}
        self._place = {name: 2 * (i + 1) for i, name in enumerate(self.names)}
        self.outputs = [self._literal(term) for term in terms]

    def gate(self, kind: int, a: int, b: int) -> int:
        """The literal of a gate; constants and equal operands are simplified."""
        flip = 0
        if kind == XOR:
            flip, a, b = (a ^ b) & 1, a & ~1, b & ~1
        a, b = min(a, b), max(a, b)
        if a == 0:
            return (0 if kind == AND else b) ^ flip
        if a == 1:
            return b
        if a >> 1 == b >> 1:
            return (0 if kind == XOR or a != b else a) ^ flip
        key = (kind, a, b)
        if key not in self._known:
            self.gates.append(key)
            self._known[key] = 2 * (len(self.names) + len(self.gates))
        return self._known[key] ^ flip

    def _literal(self, term: Term) -> int:
        for node in term.postorder():
            if node not in self._done:
                self._done[node] = self._node(node)
        return self._done[term]

    def _node(self, node: Term) -> int:
        if node.op is VARIABLE:
            if node.payload not in self._place:
                raise ExportError(
                    f"the term reads '{node.payload}', which is not among the inputs {', '.join(self.names)}."
                )
            return self._place[str(node.payload)]
        if node.op is LITERAL:
            return int(bool(node.payload))
        args = [self._done[a] for a in node.args]
        name = node.op.name
        if name in ("true", "false"):
            return int(name == "true")
        if name == "not":
            return args[0] ^ 1
        if name == "if":
            condition, yes, no = args
            return self.gate(XOR, no, self.gate(AND, condition, self.gate(XOR, yes, no)))
        if name in ("and", "or", "implies"):
            first, second, whole = {"and": (0, 0, 0), "or": (1, 1, 1), "implies": (0, 1, 1)}[name]
            return self.gate(AND, args[0] ^ first, args[1] ^ second) ^ whole
        if name in ("xor", "iff"):
            return self.gate(XOR, *args) ^ int(name == "iff")
        raise ExportError(f"'{name}' is not an operator of Boolean circuits. Use and, or, xor, not, implies, iff, if.")

    def count(self, xor: int = 1) -> int:
        """Gates that the outputs need; an exclusive or counts for ``xor`` of them."""
        first = 1 + len(self.names)
        needed: set[int] = set()
        stack = [x >> 1 for x in self.outputs]
        while stack:
            node = stack.pop()
            if node >= first and node not in needed:
                needed.add(node)
                stack += [x >> 1 for x in self.gates[node - first][1:]]
        return sum(xor if self.gates[node - first][0] == XOR else 1 for node in needed)

    def rows(self, values: Sequence[int], rows: int) -> list[int]:
        """Value of each output on rows held as one integer for each input."""
        mask = (1 << rows) - 1
        held = [0, *values]

        def at(literal: int) -> int:
            return held[literal >> 1] ^ (mask if literal & 1 else 0)

        for kind, a, b in self.gates:
            held.append(at(a) & at(b) if kind == AND else at(a) ^ at(b))
        return [at(literal) for literal in self.outputs]


def to_dnf(terms: Sequence[Term]) -> tuple[Term, ...]:
    """Each term as a disjunction of conjunctions with few parts.

    Raises
    ------
    ExportError
        For a term of more than 14 inputs.

    >>> to_dnf([boolean.parse("a xor b")])
    (a and not b or not a and b,)
    """
    return tuple(_dnf(term) for term in terms)


def _order(cube: tuple[int, int]) -> tuple[int, ...]:
    """Conjunctions of early inputs first, and those that want their first input true."""
    care, value = cube
    first = care & -care
    return first, 0 if value & first else 1, care, value


def _dnf(term: Term) -> Term:
    names = sorted({str(v.payload) for v in term.variables})
    k = len(names)
    if k > DNF_INPUTS:
        raise ExportError(
            f"a disjunction of conjunctions over {k} inputs may have {2 ** (k - 1):,} parts; at most {DNF_INPUTS} inputs "
            "are written out. Use to_aig() or to_verilog(), which keep the gates."
        )
    value = Circuit([term], names).rows(variables(k), 1 << k)[0]
    result: Term | None = None
    for care, wanted in sorted(cover(value, value, k), key=_order):
        part: Term | None = None
        for i, name in enumerate(names):
            if care >> i & 1:
                literal = boolean.variable(name)
                literal = literal if wanted >> i & 1 else boolean["not"](literal)
                part = literal if part is None else boolean["and"](part, literal)
        if part is None:
            return boolean["true"]()
        result = part if result is None else boolean["or"](result, part)
    return boolean["false"]() if result is None else result


def to_aiger(terms: Sequence[Term], inputs: Sequence[str], outputs: Sequence[str]) -> str:
    """An and-inverter graph in the ASCII format of AIGER (``aag``), with names; an exclusive or becomes three ands.

    Source: A. Biere (2007), The AIGER And-Inverter Graph (AIG) Format.
    """
    circuit = Circuit(terms, inputs)
    place = {v: 2 * v for v in range(1 + len(inputs))}
    ands: list[str] = []
    known: dict[tuple[int, int], int] = {}

    def both(a: int, b: int) -> int:
        key = (max(a, b), min(a, b))
        if key not in known:
            known[key] = 2 * (len(inputs) + len(ands) + 1)
            ands.append(f"{known[key]} {key[0]} {key[1]}")
        return known[key]

    for number, (kind, x, y) in enumerate(circuit.gates, 1 + len(inputs)):
        a, b = place[x >> 1] ^ (x & 1), place[y >> 1] ^ (y & 1)
        place[number] = both(a, b) if kind == AND else both(both(a, b) ^ 1, both(a ^ 1, b ^ 1) ^ 1)
    lines = [f"aag {len(inputs) + len(ands)} {len(inputs)} 0 {len(terms)} {len(ands)}"]
    lines += [str(2 * (i + 1)) for i in range(len(inputs))]
    lines += [str(place[x >> 1] ^ (x & 1)) for x in circuit.outputs]
    lines += ands
    lines += [f"i{i} {name}" for i, name in enumerate(inputs)] + [f"o{i} {name}" for i, name in enumerate(outputs)]
    return "\n".join(lines) + "\n"


_VERILOG_WORDS = frozenset(
    "always and assign begin buf bufif0 bufif1 case casex casez cmos deassign default defparam disable edge else end endcase "
    "endfunction endmodule endprimitive endspecify endtable endtask event for force forever fork function highz0 highz1 if ifnone "
    "initial inout input integer join large macromodule medium module nand negedge nmos nor not notif0 notif1 or output parameter "
    "pmos posedge primitive pull0 pull1 pulldown pullup rcmos real realtime reg release repeat rnmos rpmos rtran rtranif0 rtranif1 "
    "scalared small specify specparam strong0 strong1 supply0 supply1 table task time tran tranif0 tranif1 tri tri0 tri1 triand trior "
    "trireg vectored wait wand weak0 weak1 while wire wor xnor xor".split()
)


def to_verilog(terms: Sequence[Term], inputs: Sequence[str], outputs: Sequence[str], module: str = "f") -> str:
    """A Verilog module with one wire for each gate.

    Names that Verilog cannot hold are made safe; a comment says which they were.

    Raises
    ------
    ExportError
        If the module's name is no Verilog identifier.
    """
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", module) or module in _VERILOG_WORDS:
        raise ExportError(f"a Verilog module cannot be called '{module}'. Give an identifier, such as 'f'.")
    circuit = Circuit(terms, inputs)
    given = [*inputs, *outputs]
    wires = {f"g{i}" for i in range(len(circuit.gates))}
    taken = set(_VERILOG_WORDS) | wires | {module}
    safe = list(safe_names([*inputs], taken).values())
    safe += list(safe_names([*outputs], taken | set(safe)).values())
    known = ["1'b0", *safe[: len(inputs)], *(f"g{i}" for i in range(len(circuit.gates)))]

    def read(literal: int) -> str:
        if literal == 1:
            return "1'b1"
        return ("~" if literal & 1 else "") + known[literal >> 1]

    ports = [f"  input {name}" for name in safe[: len(inputs)]] + [f"  output {name}" for name in safe[len(inputs) :]]
    lines = [f"// {own} is {name!r}" for own, name in zip(safe, given, strict=True) if own != name]
    lines += [f"module {module}(", ",\n".join(ports), ");"]
    for i, (kind, a, b) in enumerate(circuit.gates):
        lines.append(f"  wire g{i} = {read(a)} {'&' if kind == AND else '^'} {read(b)};")
    lines += [f"  assign {name} = {read(x)};" for name, x in zip(safe[len(inputs) :], circuit.outputs, strict=True)]
    return "\n".join([*lines, "endmodule"]) + "\n"


def to_python_source(terms: Sequence[Term], outputs: Sequence[str], name: str = "formula") -> str:
    """Source of one plain function for each output, which import only numpy; with several outputs ``name_output``."""
    if len(terms) == 1:
        return to_python(terms[0], name=name)
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ExportError(f"a Python function cannot be called '{name}'. Give an identifier, such as 'formula'.")
    endings = safe_names(list(outputs))
    parts = [to_python(term, name=f"{name}_{endings[output]}") for term, output in zip(terms, outputs, strict=True)]
    return "\n\n".join(part if i == 0 else part.split("\n\n\n", 1)[1] for i, part in enumerate(parts))


def to_sympy_terms(terms: Sequence[Term]) -> Any:
    """A SymPy expression, or a tuple of them."""
    from induce.terms.symbolic import to_sympy

    found = tuple(to_sympy(term) for term in terms)
    return found[0] if len(found) == 1 else found
