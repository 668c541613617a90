"""Why an answer does not hold: the rule instances that nearly give it, or the first condition of each rule that fails."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from induce.errors import RuleError
from induce.logic import language as lang
from induce.logic.circuit import circuit_of
from induce.logic.clauses import Bind, Clause, Literal, Match, Stratum, Test, Track
from induce.logic.drawing import Branch, Explanation
from induce.logic.grounding import written
from induce.logic.parse import parse_body
from induce.logic.sweep import forward

if TYPE_CHECKING:
    from induce.logic.grounding import GroundProgram
    from induce.logic.program import LogicProgram

__all__ = ["alive", "explain_not", "leaf_text", "place_of", "shown"]

DEEPEST = 3
"""How many conditions deep a failure is followed."""


def place_of(program: LogicProgram, answer: Any, values: Any) -> int:
    """Which answer is meant: the one given, or the one with the highest value."""
    known = program.answers
    if not len(known):
        raise RuleError("the query has no answers, so there is nothing to explain. Check the facts.")
    if answer is None:
        return int(np.argmax(values))
    found = _find(program, answer)
    if found is None:
        raise RuleError(
            f"{answer!r} is not an answer of '{', '.join(map(str, program.queries))}'. Answers: "
            f"{', '.join(known.labels[:8])}{', ...' if len(known) > 8 else ''}."
        )
    return found


def _find(program: LogicProgram, answer: Any) -> int | None:
    """The number of an answer given by its label, spaces apart, or by its values."""
    known = program.answers
    if isinstance(answer, str):
        wanted = answer.replace(" ", "")
        for k, label in enumerate(known.labels):
            if label.replace(" ", "") == wanted:
                return k
    key = tuple(answer) if isinstance(answer, tuple | list) else (answer,)
    for k, row in enumerate(known.values):
        if row == key:
            return k
    return None


def alive(ground: GroundProgram, atom: int) -> bool:
    """Whether an atom holds in some world, as far as its own instances say."""
    graph = ground.graph
    return bool(graph.certain[atom] or (graph.head == atom).any() or (graph.leaves.atom == atom).any())


def explain_not(program: LogicProgram, inputs: Mapping[str, Any], answer: Any) -> Explanation:
    """Why an answer, or any other atom, is unlikely or impossible.

    Parameters
    ----------
    program : LogicProgram
    inputs : mapping
    answer : optional
        An answer, or the text of an atom such as ``"path(c, a)"``; the least likely answer by default.
    """
    import torch

    ground = program.ground()
    with torch.no_grad():
        weights = program.leaf_weights(**inputs)[:, :1]
        values = program.backend(weights)[:, 0].double().cpu().numpy() if len(program.answers) else np.zeros(0)
    place = int(np.argmin(values)) if answer is None and len(values) else _find(program, answer)
    label = program.answers.labels[place] if place is not None else str(answer)
    relation, row = _atom_named(program, ground, label, answer, place)
    atom = int(program.answers.atoms[place]) if place is not None else ground.atom_of(relation, row)
    if atom < 0 or not alive(ground, atom):
        found = failures(ground, relation, row, DEEPEST)
        note = f"no rule instance derives {label}: {_gap(ground, relation, bool(found))}"
        return Explanation(label, 0.0, tuple(found), note, True)
    column = weights.double().cpu().numpy()
    value = float(values[place]) if place is not None else float(_best(ground, [atom], column)[0])
    nearly = sorted((_nearly(ground, int(i), column) for i in _instances(ground, atom)), key=lambda pair: -pair[0])
    note = "the rule instances that could give it, nearest first; the value of a condition is that of its best proof"
    return Explanation(label, value, tuple(b for _, b in nearly[:10]), note, False)


def _atom_named(
    program: LogicProgram, ground: GroundProgram, label: str, answer: Any, place: int | None
) -> tuple[str, list[int]]:
    """Relation and tuple of what is asked about: an atom, or the whole query when it has several parts."""
    known = sorted(k for k in ground.graph.relations if "@" not in k)
    try:
        body = parse_body(label, defined=known).args
    except RuleError:
        body = ()
    symbols = ground.graph.symbols
    if len(body) == 1 and lang.is_atom(body[0]) and all(lang.is_constant(a) for a in body[0].args):
        key = lang.key_of(body[0])
        if key not in known:
            raise RuleError(
                f"{answer!r} asks about '{key}', which the program does not have. It has: {', '.join(known)}."
            )
        return key, [symbols.id_of(a.payload) for a in body[0].args]
    if place is None:
        raise RuleError(
            f"{answer!r} is no answer of '{', '.join(map(str, program.queries))}' and no atom without variables. Ask for "
            "example for one of the answers: " + ", ".join(program.answers.labels[:8]) + "."
        )
    return program.queries[0].relation, [symbols.id_of(v) for v in program.answers.values[place]]


def _instances(ground: GroundProgram, atom: int) -> Any:
    """The rule instances of an atom; those of the one atom that a hidden answer stands for."""
    graph = ground.graph
    instances = np.flatnonzero(graph.head == atom)
    if len(instances) == 1 and "@" in ground.text_of(atom).partition("(")[0]:
        body = graph.body[graph.start[instances[0]] : graph.start[instances[0] + 1]]
        if len(body) == 1 and not body[0] & 1 and (graph.head == body[0] >> 1).any():
            return np.flatnonzero(graph.head == body[0] >> 1)
    return instances


def _best(ground: GroundProgram, atoms: Sequence[int], column: Any) -> Any:
    circuit = circuit_of(ground.graph, np.asarray(atoms, np.int64))
    return forward(circuit, column, "minmax")[circuit.roots, 0] if len(atoms) else np.ones(0)


def _nearly(ground: GroundProgram, instance: int, column: Any) -> tuple[float, Branch]:
    graph = ground.graph
    literals = graph.body[graph.start[instance] : graph.start[instance + 1]].tolist()
    values = _best(ground, [x >> 1 for x in literals], column)
    values = np.array([1.0 - v if x & 1 else v for v, x in zip(values, literals, strict=True)])
    parts = tuple(
        Branch(("not " if x & 1 else "") + shown(ground, x >> 1), float(v), "", ())
        for x, v in sorted(zip(literals, values, strict=True), key=lambda p: p[1])
    )
    weakest = float(values.min(initial=1.0))
    rule = graph.texts.get(int(graph.rule[instance]), "")
    return weakest, Branch(shown(ground, int(graph.head[instance])), weakest, rule, parts)


def shown(ground: GroundProgram, atom: int) -> str:
    """An atom in the user's words: hidden ones by what they stand for."""
    text = ground.text_of(atom)
    if text.startswith("atom "):
        return "a partial result"
    if "@" not in text.partition("(")[0]:
        return text
    mine = np.flatnonzero(ground.graph.leaves.atom == atom)
    if len(mine):
        return leaf_text(ground, int(mine[0]))
    for aggregate in ground.lowered.aggregates:
        start, rows = ground.graph.relations.get(aggregate.head, (0, ()))
        if start <= atom < start + len(rows):
            result = ground.graph.symbols.value_of(int(rows[atom - start][-1]))
            return f"#{aggregate.function} is {result}"
    return "the query" if text.startswith("answer@") else "a condition of the rule"


def leaf_text(ground: GroundProgram, leaf: int) -> str:
    """A leaf in the user's words: the fact, the chosen atom, the alternative, or the chance of a rule."""
    text = ground.text_of(int(ground.graph.leaves.atom[leaf]))
    number = int(ground.graph.leaves.source[leaf])
    source = ground.tables[number].source
    if source.kind == "free":
        return text.replace(text.partition("(")[0], source.net, 1)
    if source.categorical and source.labels:
        return f"{source.labels[int(ground.graph.leaves.value[leaf])]} (by rule {source.number})"
    if "@" not in text:
        return text
    rule = ground.graph.texts.get(source.number, "")
    fact = rule.partition("::")[2].rstrip(".")
    if fact and ":-" not in fact and ";" not in fact and not source.keys:
        return fact  # one of several facts of the same relation
    return f"the chance of rule {source.number} ({rule})"


# ---- atoms that no rule derives


def _gap(ground: GroundProgram, relation: str, followed: bool) -> str:
    if followed:
        return "of each rule, the first condition that fails"
    name, rows = relation, ground.graph.relations.get(relation, (0, ()))[1]
    if "@" in name:
        return "it matches nothing"
    return f"'{name}' has {len(rows):,} tuples, but not this one" if len(rows) else f"'{name}' has no tuples"


def failures(ground: GroundProgram, relation: str, row: Sequence[int], depth: int) -> list[Branch]:
    """For each rule of a relation, the first condition that nothing satisfies, those that got furthest first."""
    found = []
    for clause in ground.clauses:
        if clause.head.relation != relation or clause.leaf:
            continue
        fixed = list(zip(clause.head.arguments, row, strict=True))
        if any(a < 0 and ~a != value for a, value in fixed):
            continue
        known = {a: int(value) for a, value in fixed if a >= 0}
        binds = tuple(Bind(slot, ("constant", value)) for slot, value in known.items())
        steps = sorted(clause.body, key=_order)
        for count in range(1, len(steps) + 1):
            if not _satisfiable(ground, clause, (*binds, *steps[:count])):
                found.append((count / len(steps), _failed(ground, clause, steps[count - 1], known, depth)))
                break
    found.sort(key=lambda pair: -pair[0])
    return [branch for _, branch in found[:10]]


def _order(step: Any) -> int:
    if isinstance(step, Literal):
        return 3 if step.negated else 0
    return 1 if isinstance(step, Bind | Match | Track) else 2


_PROBES = itertools.count()


def _satisfiable(ground: GroundProgram, clause: Clause, steps: tuple[Any, ...]) -> bool:
    probe = Literal(f"probe@{next(_PROBES)}/0", ())
    try:
        ground.database.run(Stratum((replace(clause, head=probe, body=steps),)))
    except RuleError:  # an operator met a value that it has no result for
        return False
    return bool(ground.database.size(probe.relation) > 0)


def _failed(ground: GroundProgram, clause: Clause, step: Any, known: dict[int, int], depth: int) -> Branch:
    symbols = ground.graph.symbols
    if not isinstance(step, Literal):
        what = "no values satisfy " + _text_of(ground, step, known)
        return Branch(_rule(clause), None, "", (Branch(what, None, "", ()),))
    values = [~a if a < 0 else known.get(a) for a in step.arguments]
    name = step.relation.rpartition("/")[0]
    arguments = ", ".join("_" if v is None else _value(symbols, v) for v in values)
    text = f"{name}({arguments})" if values else name
    whole = [v for v in values if v is not None]
    deeper: list[Branch] = []
    if "@" in name:
        functions = [a.function for a in ground.lowered.aggregates if a.head == step.relation]
        what = (
            f"#{functions[0]} is never {arguments.rpartition(', ')[2]}"
            if functions
            else "a condition of the rule fails"
        )
    elif step.negated:
        what = f"{text} holds"
    else:
        what = f"there is no {text}"
        deeper = failures(ground, step.relation, whole, depth - 1) if depth > 1 and len(whole) == len(values) else []
    return Branch(_rule(clause), None, "", (Branch(what, None, "", tuple(deeper)),))


def _rule(clause: Clause) -> str:
    return "the query" if clause.head.relation.startswith("answer@") else clause.text


def _value(symbols: Any, number: int) -> str:
    return written("x/1", [symbols.value_of(number)])[2:-1]


def _text_of(ground: GroundProgram, step: Any, known: dict[int, int]) -> str:
    def text(expression: Any) -> str:
        head, *parts = expression
        if head == "slot":
            return _value(ground.graph.symbols, known[parts[0]]) if parts[0] in known else "_"
        if head == "constant":
            return _value(ground.graph.symbols, parts[0])
        inner = [text(p) for p in parts if isinstance(p, tuple)]
        return f" {head} ".join(inner) if len(inner) == 2 and not head.isalpha() else f"{head}({', '.join(inner)})"

    if isinstance(step, Test):
        return f"{text(step.left)} {step.operator} {text(step.right)}"
    if isinstance(step, Bind):
        return f"{text(('slot', step.slot))} = {text(step.expression)}"
    if isinstance(step, Track):
        return f"{text(('slot', step.slot))} = {text(step.low)}..{text(step.high)}"
    return f"{text(('slot', step.slot))} = {step.functor}({', '.join('_' * len(step.arguments))})"
