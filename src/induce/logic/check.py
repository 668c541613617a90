"""What can be wrong with a program before any fact is seen: arity, safety, probabilities, sorts, recursion through negation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from induce.errors import RuleError
from induce.logic import language as lang
from induce.logic.cycles import check_recursion, strongly_connected
from induce.logic.domains import domain_values
from induce.logic.parse import Place
from induce.logic.ranges import check_evidence, check_weights
from induce.terms.op import HOLE, LITERAL, VARIABLE
from induce.terms.term import Term

__all__ = [
    "Statement", "bound_by", "check_program", "names_in", "outer_names", "statements_of", "strongly_connected",
    "unbound", "without_aggregates",
]  # fmt: skip

_INVERTIBLE = ("+", "-")


@dataclass(frozen=True)
class Statement:
    """One statement with its number and place, for messages."""

    term: Term
    number: int
    place: Place | None

    def error(self, message: str, name: str = "") -> RuleError:
        """An error at the place of ``name`` in the statement."""
        if self.place is None or not self.place.line:
            asked = self.term.op.name == ":-" and self.term.args[0].op.name.startswith("answer@")
            return RuleError(f"in the query '{self.condition}': {message}" if asked else f"in '{self.term}': {message}")
        line, column = self.place.of(name)
        return RuleError(f"{message}\n  {self.term}", line=line, column=column)

    @property
    def heads(self) -> tuple[Term, ...]:
        """The atoms that the statement defines."""
        term = self.term
        if term.op.name != ":-" or len(term.args) == 1:
            return ()
        head = term.args[0]
        if head.sort is lang.FORMULA:
            return (head,)
        if head.op.name == ";":
            return tuple(a.args[1] for a in head.args)
        if head.op.name == "~":
            return (head.args[0],)
        return tuple(e.args[0] for e in head.args[2:])

    @property
    def condition(self) -> Term:
        """The body; empty for a declaration."""
        for arg in self.term.args:
            if arg.sort is lang.BODY:
                return arg
        return lang.body([])


def statements_of(program: Term, places: Sequence[Place] | None = None) -> tuple[Statement, ...]:
    """The statements of a program, numbered from 1."""
    return tuple(
        Statement(term, number, places[number - 1] if places else None) for number, term in enumerate(program.args, 1)
    )


def names_in(term: Term) -> tuple[str, ...]:
    """Names of the variables of a term, those in aggregates included, in order of appearance."""
    found: dict[str, None] = {}
    stack = [term]
    while stack:
        node = stack.pop()
        if node.op is VARIABLE:
            found.setdefault(node.payload)
        elif node.op is HOLE and isinstance(node.hole.options, tuple):
            stack.extend(reversed(node.hole.options))
        stack.extend(reversed(node.args))
    return tuple(found)


def _named(names: Iterable[str]) -> list[str]:
    return [n for n in names if n.strip("_")]


def is_aggregate(term: Term) -> bool:
    """Whether a value is ``#sum{...}`` or one of its kin."""
    return term.op.name in lang.AGGREGATES


def atoms_in(formula: Term) -> Iterator[tuple[Term, bool, bool]]:
    """(atom, negated, aggregated) for every atom of a body element."""
    if formula.op is HOLE:
        for option in formula.hole.options:
            yield option, False, False
    elif formula.op is lang.NOT:
        yield formula.args[0], True, False
    elif lang.is_atom(formula):
        yield formula, False, False
    else:
        for node in formula.postorder():
            if is_aggregate(node):
                for element in node.args:
                    for inner in element.args[1].args:
                        yield from ((a, n, True) for a, n, _ in atoms_in(inner))


def unbound(elements: Sequence[Term], known: Iterable[str] = ()) -> set[str]:
    """Variables of a body that no positive atom and no computable equation binds."""
    bound = set(known)
    waiting = list(elements)
    wanted = {n for e in elements for n in names_in(without_aggregates(e))} if elements else set()
    while True:
        left = []
        for element in waiting:
            binds = _binds(element, bound)
            if binds is None:
                left.append(element)
            else:
                bound |= binds
        if len(left) == len(waiting):
            return {n for n in wanted if n not in bound and n.strip("_")}
        waiting = left


def without_aggregates(formula: Term) -> Term:
    """The formula with its aggregates taken out: their inner variables are their own."""
    inside = [n for n in formula.postorder() if is_aggregate(n)]
    return formula.replace({n: lang.constant(0) for n in inside}) if inside else formula


def outer_names(elements: Iterable[Term]) -> tuple[str, ...]:
    """Named variables of body elements that are not an aggregate's own, in order of appearance."""
    return tuple(dict.fromkeys(n for e in elements for n in _named(names_in(without_aggregates(e)))))


def _binds(element: Term, bound: set[str]) -> set[str] | None:
    """What an element binds, given what is bound; None when it must wait."""
    if element.op is HOLE:
        return set.intersection(*(set(names_in(o)) for o in element.hole.options))
    if element.op is lang.VALUED:
        return {n for node in element.postorder() if _is_valued_atom(node) for n in names_in(node)} | set()
    if lang.is_atom(element):
        # a variable inside arithmetic is bound only when the expression can be solved for it
        found: set[str] = set()
        for arg in element.args:
            found |= _pattern_names(arg, bound)
        return found
    if element.op is lang.NOT:
        return set()
    name, (left, right) = element.op.name, element.args
    if name != "=":
        return set()
    for target, source in ((left, right), (right, left)):
        needed = set(_named(names_in(without_aggregates(source))))
        if needed <= bound:
            if is_aggregate(source) or not is_aggregate(target):
                return _pattern_names(target, bound)
    return None


def _is_valued_atom(node: Term) -> bool:
    return (
        bool(node.args) and node.args[0].sort is lang.VALUE and node.op is not lang.NUMBER and node.sort.name == "real"
    )


def _pattern_names(term: Term, bound: set[str]) -> set[str]:
    """Variables that matching a pattern binds: plain ones, inside structured terms, and in ``X + c``."""
    if term.op is VARIABLE:
        return {term.payload}
    if term.op is LITERAL or term.op is HOLE:
        return set()
    if term.op in lang.VALUE_OPS.values():
        missing = [a for a in term.args if not set(_named(names_in(a))) <= bound]
        if term.op.name in _INVERTIBLE and len(missing) == 1 and missing[0].op is VARIABLE:
            return {missing[0].payload}
        if term.op.name == "..":
            return set()
        return set()
    if is_aggregate(term):
        return set()
    return {n for a in term.args for n in _pattern_names(a, bound)}


def check_program(statements: Sequence[Statement], *, strict: bool = True) -> None:
    """Raise a RuleError at the first mistake.

    Parameters
    ----------
    statements : sequence of Statement
    strict : bool
        Refuse a variable that occurs only under one negation; else it means "for any value".
    """
    _check_arities(statements)
    for statement in statements:
        _check_safety(statement, strict)
        check_weights(statement)
        check_evidence(statement)
    _check_declarations(statements)
    check_recursion(statements)


def _check_arities(statements: Sequence[Statement]) -> None:
    seen: dict[str, tuple[int, Statement]] = {}
    for statement in statements:
        atoms = [*statement.heads, *(a for f in statement.condition.args for a, _, _ in atoms_in(f))]
        if statement.term.op.name == ":-" and statement.term.args[0].op.name == "choice":
            elements = statement.term.args[0].args[2:]
            atoms += [a for e in elements for f in e.args[1].args for a, _, _ in atoms_in(f)]
        for atom in atoms:
            name, arity = atom.op.name, len(atom.args)
            before = seen.setdefault(name, (arity, statement))
            if before[0] != arity:
                where = before[1]
                first = (
                    f"{where.place.of(f'{name}/{before[0]}')[0]}:{where.place.of(f'{name}/{before[0]}')[1]}"
                    if where.place
                    else f"'{where.term}'"
                )
                raise statement.error(
                    f"'{name}' is used with {_arguments(arity)} here and with {_arguments(before[0])} at {first}. "
                    "Give one of them another name.",
                    f"{name}/{arity}",
                )


def _arguments(count: int) -> str:
    return f"{count} argument{'' if count == 1 else 's'}"


def _check_safety(statement: Statement, strict: bool) -> None:
    elements = list(statement.condition.args)
    free = unbound(elements)
    binds = set(bound_by(elements))
    for element in elements:
        for node in element.postorder():
            if is_aggregate(node):
                _check_aggregate(statement, node, binds)
    order = names_in(statement.condition)
    # a variable that an equation would give is not the cause
    given = {a.payload for e in elements if e.op is lang.COMPARE["="] for a in e.args if a.op is VARIABLE}
    for name in sorted(free, key=lambda n: (n in given and not free <= given, order.index(n))):
        if strict or not _only_negated(elements, name):
            raise statement.error(*_why_unsafe(elements, name))
    head_names = [n for h in statement.heads for n in names_in(h)]
    local = _choice_names(statement)
    for name in head_names:
        if not name.strip("_"):
            raise statement.error(f"'{name}' stands for anything and cannot be in a head. Name the value.", name)
        if name not in binds and name not in local and statement.term.args[0].op.name != "~":
            wanted = f"Add an atom that binds {name}."
            if not elements:
                wanted = f"A capital letter begins a variable; write the constant as '{name.lower()}' or \"{name}\"."
            raise statement.error(f"variable {name} is in the head but in no positive body atom. {wanted}", name)
    # the index of a network without a body takes its values from the atoms that use it
    for name in _weight_names(statement.term) if statement.term.args[0].op.name != "~" else ():
        if name not in binds:
            raise statement.error(
                f"variable {name} of the weight is bound by no body atom. Add an atom with {name}.", name
            )


def bound_by(elements: Sequence[Term]) -> Iterator[str]:
    """Variables that a body binds: by positive atoms, and by equations once one side is known."""
    bound: set[str] = set()
    waiting = list(elements)
    while True:
        left = []
        for element in waiting:
            binds = _binds(element, bound)
            if binds is None:
                left.append(element)
            else:
                bound |= binds
        if len(left) == len(waiting):
            yield from bound
            return
        waiting = left


def _only_negated(elements: Sequence[Term], name: str) -> bool:
    return (
        all(e.op is lang.NOT for e in elements if name in names_in(e))
        and sum(name in names_in(e) for e in elements) == 1
    )


def _why_unsafe(elements: Sequence[Term], name: str) -> tuple[str, str]:
    inside = [e for e in elements if name in names_in(e)]
    if all(e.op is lang.NOT for e in inside):
        return (
            f"variable {name} occurs only under 'not'. Bind it by a positive atom, or write '_' if any value will do.",
            name,
        )
    if any(e.op is lang.VALUED for e in inside):
        return f"variable {name} of a real expression is bound by no atom. Add an atom with {name}.", name
    return (
        f"variable {name} is used in arithmetic or a comparison but no atom binds it. Add a positive atom with {name}.",
        name,
    )


def _choice_names(statement: Statement) -> set[str]:
    """Variables that the conditions of a choice head bind."""
    head = statement.term.args[0] if statement.term.args else None
    if head is None or head.op.name != "choice":
        return set()
    return {n for e in head.args[2:] for n in bound_by([*statement.condition.args, *e.args[1].args])}


def _weight_names(term: Term) -> list[str]:
    head = term.args[0] if term.args else None
    if head is None or head.sort is not lang.HEAD:
        return []
    if head.op.name == ";":
        return [n for a in head.args for n in names_in(a.args[0])]
    return [n for n in names_in(head.args[1])] if head.op.name == "~" else []


def _check_aggregate(statement: Statement, aggregate: Term, outside: set[str]) -> None:
    for element in aggregate.args:
        items, condition = element.args
        if any(is_aggregate(n) for n in element.postorder()):
            raise statement.error(
                f"an aggregate stands inside {aggregate.op.name}. Give the inner one a rule of its own and use its result."
            )
        inner = unbound(condition.args, outside)
        needed = [n for n in _named(names_in(items)) if n not in set(bound_by(condition.args)) | outside]
        for name in [*sorted(inner), *needed]:
            raise statement.error(
                f"variable {name} inside {aggregate.op.name} is bound by no atom of its condition. "
                f"Add one after ':', as in {aggregate.op.name}{{ D, I : digit(I, D) }}.",
                name,
            )


def _check_declarations(statements: Sequence[Statement]) -> None:
    """Constants of a declared column lie in its domain; one variable is not used for two sorts."""
    domains: dict[str, set[object]] = {}
    columns: dict[str, tuple[str, ...]] = {}
    for statement in statements:
        term = statement.term
        if term.op.name == "#domain":
            domains[term.args[0].payload] = set(domain_values(term.args[1]))
        elif term.op.name == "#relation":
            columns[f"{term.args[0].payload}/{len(term.args) - 1}"] = tuple(c.args[1].payload for c in term.args[1:])
    if not columns:
        return
    for statement in statements:
        sorts: dict[str, tuple[str, Term]] = {}
        for atom in (*statement.heads, *(a for f in statement.condition.args for a, _, _ in atoms_in(f))):
            for arg, sort in zip(atom.args, columns.get(lang.key_of(atom), ()), strict=False):
                if arg.op is LITERAL and sort in domains and arg.payload not in domains[sort]:
                    raise statement.error(
                        f"'{arg}' in '{atom}' is not in the domain '{sort}'. It has: "
                        f"{', '.join(str(v) for v in sorted(domains[sort], key=str)[:10])}.",
                        lang.key_of(atom),
                    )
                if arg.op is VARIABLE:
                    before = sorts.setdefault(arg.payload, (sort, atom))
                    if before[0] != sort:
                        raise statement.error(
                            f"variable {arg.payload} is of sort '{before[0]}' in '{before[1]}' and of sort '{sort}' in "
                            f"'{atom}'. Use two variables.",
                            arg.payload,
                        )
