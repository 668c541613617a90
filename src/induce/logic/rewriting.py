"""Bodies of rules as steps over slots: arguments are flattened, equations oriented, hidden relations put in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from induce.logic import language as lang
from induce.logic.check import Statement, is_aggregate, names_in, outer_names
from induce.logic.clauses import WILD, Bind, Expression, Literal, Match, Step, Test, Track
from induce.logic.symbols import Compound, Symbols
from induce.terms.op import HOLE, LITERAL, VARIABLE
from induce.terms.term import Term

__all__ = ["BodyWriter"]


class BodyWriter:
    """Collects the steps of one clause.

    Parameters
    ----------
    symbols : Symbols
    statement : Statement
    hidden : object
        Makes the hidden relations of valued terms, choice holes and aggregates.
    """

    def __init__(self, symbols: Symbols, statement: Statement, hidden: Any) -> None:
        self.symbols = symbols
        self.statement = statement
        self.hidden = hidden
        self.steps: list[Step] = []
        self.slots = 0
        self.names: dict[str, int] = {}
        self.bound: set[str] = set()
        self.elements: Sequence[Term] = ()

    def fresh(self) -> int:
        """A new slot."""
        self.slots += 1
        return self.slots - 1

    def slot(self, name: str) -> int:
        """The slot of a variable."""
        if name not in self.names:
            self.names[name] = self.fresh()
        return self.names[name]

    def add(self, elements: Sequence[Term]) -> None:
        """Add all elements of a body, atoms first, equations as their variables become known."""
        self.elements = elements
        waiting = [e for e in elements if not self._atom(e)]
        while waiting:
            left = [e for e in waiting if not self._equation(e)]
            if len(left) == len(waiting):
                break
            waiting = left
        for element in waiting:
            self._rest(element)

    # ---- elements

    def _atom(self, element: Term) -> bool:
        """Add an element that binds its variables by itself."""
        if element.op is HOLE:
            element = self.hidden.either(self.statement, element, [e for e in self.elements if e is not element])
        elif element.op is lang.VALUED:
            others = [e for e in self.elements if e is not element]
            relation, names = self.hidden.valued(self.statement, element, others)
            self.steps.append(Literal(relation, tuple(self.slot(n) for n in names)))
            self.bound |= set(names)
            return True
        if not lang.is_atom(element):
            return False
        plain = {a.payload for e in self.elements if lang.is_atom(e) for a in e.args if a.op is VARIABLE}
        after: list[Step] = []
        arguments = tuple(self._pattern(a, after, plain) for a in element.args)
        self.steps.append(Literal(f"{element.op.name}/{len(element.args)}", arguments))
        self.steps += after
        self.bound |= {n for n in names_in(element) if n.strip("_")}
        return True

    def _pattern(self, term: Term, after: list[Step], plain: set[str]) -> int:
        """The slot or constant of an argument of a body atom; what must be matched comes after."""
        if term.op is VARIABLE:
            return self.slot(term.payload) if term.payload.strip("_") else self.fresh()
        if term.op is LITERAL:
            return ~self.constant(term)
        if term.op is HOLE:
            relation, _ = self.hidden.selection(self.statement, term)
            slot = self.fresh()
            after.append(Literal(relation, (slot,)))
            return slot
        slot = self.fresh()
        if term.op in lang.VALUE_OPS.values():
            after.append(self._solve(slot, term, plain))
        else:
            inner: list[Step] = []
            arguments = tuple(self._pattern(a, inner, plain) for a in term.args)
            after.append(Match(slot, term.op.name, arguments))
            after += inner
        return slot

    def _solve(self, slot: int, term: Term, plain: set[str]) -> Step:
        """``slot = X + c`` solved for X when nothing else binds X."""
        if term.op.name == "..":
            low, high = (self.expression(a) for a in term.args)
            return Track(slot, low, high)
        unknown = [a for a in term.args if a.op is VARIABLE and a.payload not in plain]
        if term.op.name in ("+", "-") and len(unknown) == 1:
            left, right = term.args
            target = self.slot(unknown[0].payload)
            if term.op.name == "+":
                other = right if unknown[0] is left else left
                return Bind(target, ("-", ("slot", slot), self.expression(other)))
            if unknown[0] is left:
                return Bind(target, ("+", ("slot", slot), self.expression(right)))
            return Bind(target, ("-", self.expression(left), ("slot", slot)))
        return Bind(slot, self.expression(term))

    def _equation(self, element: Term) -> bool:
        """Add an equation one side of which is known."""
        if element.op is not lang.COMPARE["="]:
            return False
        for target, source in (element.args, element.args[::-1]):
            if is_aggregate(target) and not is_aggregate(source):
                continue
            if is_aggregate(source):
                self._aggregated(source, target)
                return True
            if set(outer_names([source])) <= self.bound:
                self._assign(target, source)
                return True
        return False

    def _assign(self, target: Term, source: Term) -> None:
        names = {n for n in names_in(target) if n.strip("_")}
        if source.op.name == "..":
            if target.op is VARIABLE:
                self.steps.append(Track(self.slot(target.payload), *(self.expression(a) for a in source.args)))
                self.bound |= names
                return
        if target.op is VARIABLE and target.payload not in self.bound:
            self.steps.append(Bind(self.slot(target.payload), self.expression(source)))
        elif names <= self.bound:
            self.steps.append(Test("=", self.expression(target), self.expression(source)))
        else:
            slot = self.fresh()
            self.steps.append(Bind(slot, self.expression(source)))
            after: list[Step] = []
            if target.op in lang.VALUE_OPS.values():
                after.append(self._solve(slot, target, self.bound))
            else:
                inner: list[Step] = []
                arguments = tuple(self._pattern(a, inner, self.bound) for a in target.args)
                after = [Match(slot, target.op.name, arguments), *inner]
            self.steps += after
        self.bound |= names

    def _aggregated(self, source: Term, target: Term) -> int:
        """Put the relation of an aggregate in place and return the slot of its result."""
        others = [e for e in self.elements if source not in set(e.postorder())]
        relation, names = self.hidden.aggregate(self.statement, source, others)
        after: list[Step] = []
        known = target.op is LITERAL or (target.op is VARIABLE and target.payload in self.bound)
        slot = self.fresh() if known else self._pattern(target, after, self.bound)
        if known:  # numbers are compared by value: a mean of 1.0 is 1
            after.append(Test("=", ("slot", slot), self.expression(target)))
        self.steps.append(Literal(relation, (*(self.slot(n) for n in names), slot)))
        self.steps += after
        self.bound |= {n for n in names_in(target) if n.strip("_")}
        return slot

    def _rest(self, element: Term) -> None:
        """Add a negation or a comparison of known values."""
        if element.op is lang.NOT:
            inner = element.args[0]
            arguments = []
            for arg in inner.args:
                if lang.is_anonymous(arg) or (arg.op is VARIABLE and arg.payload not in self.bound):
                    arguments.append(WILD)
                elif arg.op is VARIABLE:
                    arguments.append(self.slot(arg.payload))
                elif arg.op is LITERAL:
                    arguments.append(~self.constant(arg))
                else:
                    slot = self.fresh()
                    self.steps.append(Bind(slot, self.expression(arg)))
                    arguments.append(slot)
            self.steps.append(Literal(f"{inner.op.name}/{len(inner.args)}", tuple(arguments), True))
            return
        self.steps.append(Test(element.op.name, *(self.expression(a) for a in element.args)))

    # ---- values

    def head(self, term: Term) -> int:
        """The slot or constant of an argument of the head; expressions are computed first."""
        if term.op is VARIABLE:
            return self.slot(term.payload)
        if term.op is LITERAL:
            return ~self.constant(term)
        if term.op is HOLE:
            relation, _ = self.hidden.selection(self.statement, term)
            slot = self.fresh()
            self.steps.append(Literal(relation, (slot,)))
            return slot
        slot = self.fresh()
        if term.op.name == "..":
            self.steps.append(Track(slot, *(self.expression(a) for a in term.args)))
        else:
            self.steps.append(Bind(slot, self.expression(term)))
        return slot

    def constant(self, term: Term) -> int:
        """The number of a constant."""
        return self.symbols.id_of(Compound("nil", ()) if term.payload == () else term.payload)

    def expression(self, term: Term) -> Expression:
        """A value as an expression over slots."""
        if term.op is VARIABLE:
            if not term.payload.strip("_"):
                raise self.statement.error("'_' has no value to compute with. Name the variable.", term.payload)
            return ("slot", self.slot(term.payload))
        if term.op is LITERAL:
            return ("constant", self.constant(term))
        if is_aggregate(term):
            slot = self.fresh()
            name = f"Result{slot}@"
            self.names[name] = slot
            self._aggregated(term, lang.value_variable(name))
            return ("slot", slot)
        if term.op is HOLE:
            return ("slot", self.head(term))
        arguments = tuple(self.expression(a) for a in term.args)
        if term.op in lang.VALUE_OPS.values():
            return (term.op.name, *arguments)
        return ("term", term.op.name, *arguments)
