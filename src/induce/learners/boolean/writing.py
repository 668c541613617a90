"""Networks as terms of the Boolean language, with few negations and only the operators that are allowed."""

from __future__ import annotations

from collections.abc import Sequence

from induce.learners.boolean.network import AND, Network
from induce.terms.boolean import boolean
from induce.terms.term import Term

__all__ = ["Writer", "terms_of"]

_NEGATION_COST = 1000


class Writer:
    """Writes the nodes of one network.

    Each node is wanted as it is or negated; for both the form with the fewest negations is chosen (De Morgan), which then
    decides what is wanted of the nodes below.

    Parameters
    ----------
    net : Network
    names : sequence of str
        Name of each input.
    operators : collection of str
        Some of and, or, xor, not; without xor one is written with and and or, without not as ``xor true``.
    """

    def __init__(self, net: Network, names: Sequence[str], operators: frozenset[str]) -> None:
        self.net = net
        self.names = names
        self.operators = operators
        self.order = net.needed()
        self.fan: dict[int, int] = {}
        for gate in self.order:
            for x in (net.left[gate] >> 1, net.right[gate] >> 1):
                self.fan[x] = self.fan.get(x, 0) + 1
        for literal in net.outputs:
            self.fan[literal >> 1] = self.fan.get(literal >> 1, 0) + 1
        self.price: dict[int, int] = {0: 0, 1: 0}
        self.form: dict[int, tuple[str, int, int, bool]] = {}
        for v in range(1, net.inputs + 1):
            self.price[2 * v], self.price[2 * v + 1] = 1, 1 + _NEGATION_COST
        for gate in self.order:
            for literal in (2 * gate, 2 * gate + 1):
                self._choose(literal)
        self.done: dict[int, Term] = {}
        self.first: dict[Term, int] = {boolean.variable(name): place for place, name in enumerate(names)}

    def _choose(self, literal: int) -> None:
        """The cheapest form of a literal: operator, two literals below, and whether the whole is negated."""
        gate, negated = literal >> 1, literal & 1
        a, b = self.net.left[gate], self.net.right[gate]
        options: list[tuple[str, int, int, bool]] = []
        if self.net.kind[gate] == AND:
            if "and" in self.operators:
                options.append(("and", a, b, bool(negated)))
            if "or" in self.operators:
                options.append(("or", a ^ 1, b ^ 1, not negated))
        elif "xor" in self.operators:
            for left, right in ((a, b), (a ^ 1, b), (a, b ^ 1), (a ^ 1, b ^ 1)):
                options.append(("xor", left, right, bool(negated ^ (left ^ a ^ right ^ b))))
        else:
            options += [("differ", a, b ^ negated, False)]
        priced = [
            (1 + _NEGATION_COST * option[3] + self.price[option[1]] + self.price[option[2]], option)
            for option in options
        ]
        self.price[literal], self.form[literal] = min(priced, key=lambda item: item[0])

    def term(self, literal: int) -> Term:
        """The term of a literal."""
        if literal in self.done:
            return self.done[literal]
        node = literal >> 1
        if node == 0:
            found = boolean["true" if literal else "false"]()
        elif node <= self.net.inputs:
            found = boolean.variable(self.names[node - 1])
            found = self.negated(found) if literal & 1 else found
        else:
            operator, a, b, whole = self.form[literal]
            if operator == "differ":
                found = self._differ(a, b)
            else:
                found = self._joined(operator, self._parts(a, operator) + self._parts(b, operator))
            found = self.negated(found) if whole else found
        self.done[literal] = found
        return found

    def _joined(self, operator: str, parts: list[Term]) -> Term:
        """A chain: single inputs first, then in the order of the inputs, negated ones last."""
        parts = sorted(
            parts, key=lambda t: (t.size > 2, self._first(t), str(t).startswith("not") if t.size < 9 else False)
        )
        found = parts[0]
        for part in parts[1:]:
            found = boolean[operator](found, part)
        return found

    def _first(self, term: Term) -> int:
        """Place of the first input that a term reads; its parts are known already."""
        if term not in self.first:
            self.first[term] = min((self._first(arg) for arg in term.args), default=-1)
        return self.first[term]

    def _parts(self, literal: int, operator: str) -> list[Term]:
        """Operands of a chain: through nodes that are read once and have the same operator."""
        return [self.term(leaf) for leaf in self._leaves(literal, operator)]

    def _leaves(self, literal: int, operator: str) -> list[int]:
        """Literals of the operands of a chain."""
        found, stack = [], [literal]
        while stack:
            x = stack.pop()
            if x >> 1 > self.net.inputs and self.fan.get(x >> 1, 0) == 1:
                own, a, b, whole = self.form[x]
                if own == operator and not whole:
                    stack += [b, a]
                    continue
            found.append(x)
        return found

    def below(self, literal: int) -> list[int]:
        """Literals whose terms the term of a literal is made of."""
        if literal >> 1 <= self.net.inputs:
            return []
        operator, a, b, _ = self.form[literal]
        if operator == "differ":
            return [a, a ^ 1, b, b ^ 1]
        return self._leaves(a, operator) + self._leaves(b, operator)

    def _differ(self, a: int, b: int) -> Term:
        """An exclusive or of and, or and not."""
        if "or" in self.operators and "and" in self.operators:
            left = self._joined("and", [self.term(a), self.term(b ^ 1)])
            return self._joined("or", [left, self._joined("and", [self.term(a ^ 1), self.term(b)])])
        if "and" in self.operators:
            both = boolean["and"](self.term(a), self.term(b))
            return boolean["and"](self.negated(both), self.negated(boolean["and"](self.term(a ^ 1), self.term(b ^ 1))))
        either = boolean["or"](self.term(a), self.term(b ^ 1))
        return boolean["or"](self.negated(either), self.negated(boolean["or"](self.term(a ^ 1), self.term(b))))

    def negated(self, term: Term) -> Term:
        """``not term``, or ``term xor true`` where not is not allowed."""
        return boolean["not"](term) if "not" in self.operators else boolean["xor"](term, boolean["true"]())


def terms_of(net: Network, names: Sequence[str], operators: frozenset[str]) -> tuple[Term, ...]:
    """A term for each output of a network; what several outputs share is the same term.

    >>> from induce.learners.boolean.truth import variables
    >>> net = Network(variables(2), 4)
    >>> net.outputs = [net.add(AND, 3, 5) ^ 1]
    >>> terms_of(net, ["a", "b"], frozenset({"and", "or", "not"}))
    (a or b,)
    """
    writer = Writer(net, list(names), operators)
    seen, stack = set(net.outputs), list(net.outputs)
    while stack:
        fresh = [x for x in writer.below(stack.pop()) if x not in seen]
        seen.update(fresh)
        stack += fresh
    for literal in sorted(seen):  # from the inputs up, so that depth does not matter
        writer.term(literal)
    return tuple(writer.term(literal) for literal in net.outputs)
