"""A trained program as text again: learned numbers written in, choices as annotated disjunctions."""

from __future__ import annotations

from typing import Any

from induce.errors import RuleError
from induce.logic import language as lang
from induce.logic.weights import Parameters
from induce.terms.op import HOLE
from induce.terms.sort import REAL
from induce.terms.term import Term, literal

__all__ = ["frozen"]


def frozen(program: Term, parameters: Parameters, values_of: Any, *, choices: str = "weights") -> Term:
    """The program with every real hole replaced by its value.

    Parameters
    ----------
    program : Term
    parameters : Parameters
    values_of : callable
        Ids to constants, for holes with one value for each constant.
    choices : {"weights", "best"}
        What becomes of a choice hole: an annotated disjunction with the learned weights (same numbers), or the likeliest
        option written in its place.

    Raises
    ------
    RuleError
        If a hole has no value yet.
    """
    statements: list[Term] = []
    extra: list[Term] = []
    for statement in program.args:
        shared = _shares(statement, parameters)
        for variant in _indexed(statement, parameters, values_of):
            put: dict[Term | str, Term | float] = {}
            for node in variant.postorder():
                if node.op is not HOLE:
                    continue
                spec = node.hole
                if spec.kind == "real":
                    raw = parameters.values[spec.name]
                    if raw.ndim:
                        raise RuleError(
                            f"hole '?{spec.name}' has one value for each constant; ground the program first."
                        )
                    put[node] = shared.get(node, literal(float(parameters.real(spec.name).detach()), REAL))
                elif spec.kind == "choice":
                    put[node] = _choice(node, parameters, extra, choices)
            statements.append(variant.replace(put) if put else variant)
    return lang.program([*statements, *extra])


def _shares(statement: Term, parameters: Parameters) -> dict[Term, Term]:
    """Learnable alternatives of one head share by softmax, so their values depend on each other."""
    head = statement.args[0] if statement.args else None
    if head is None or head.op.name != ";" or len(head.args) < 2:
        return {}
    weights = [a.args[0] for a in head.args]
    if not any(w.op is HOLE for w in weights):
        return {}
    import torch

    rest = 1.0 - sum(float(w.payload) for w in weights if w.is_literal)
    holes = [w for w in weights if w.op is HOLE]
    share = rest * torch.softmax(torch.stack([parameters.values[w.name].detach() for w in holes]), 0)
    return {w: literal(float(s), REAL) for w, s in zip(holes, share, strict=True)}


def _indexed(statement: Term, parameters: Parameters, values_of: Any) -> list[Term]:
    """One copy of a statement for each value of an indexed hole, with the values put in."""
    nodes = [n for n in statement.postorder() if n.op.name == "at" and n.sort is REAL]
    if not nodes:
        return [statement]
    node = nodes[0]
    name = node.args[0].name
    found = []
    for key, place in parameters.indexed.get(name, {}).items():
        values = [lang.constant(v) for v in values_of(key)]
        number = literal(float(parameters.real(name).detach()[place]), REAL)
        put: dict[Term | str, Term | float] = {node: number}
        condition = [lang.COMPARE["="](a, v) for a, v in zip(node.args[1:], values, strict=True) if a.is_variable]
        made = statement.replace(put)
        inner = made.args[-1]
        made = made.rebuild((*made.args[:-1], lang.body([*inner.args, *condition]))) if condition else made
        found += _indexed(made, parameters, values_of)
    return found


def _choice(node: Term, parameters: Parameters, extra: list[Term], choices: str) -> Term:
    options = node.hole.options
    shares = parameters.shares(node.name).detach()
    if choices == "best" or len(options) == 1:
        return options[int(shares.argmax())]
    if node.sort is lang.VALUE:
        raise RuleError(
            f"the choice '?{node.name}' stands for a value; freeze(choices='best') writes the likeliest one in its place."
        )
    name = f"{node.name}_chosen"
    if all(s.op.name != ":-" or name not in str(s) for s in extra):
        heads = [lang.WEIGHTED(literal(float(w), REAL), lang.atom(name, k)) for k, w in enumerate(shares.tolist())]
        extra.append(lang.statement_rule(lang.alternatives(heads), lang.body([])))
        variables = tuple(dict.fromkeys(v for o in options for v in o.variables))
        for k, option in enumerate(options):
            head = lang.predicate(f"{node.name}_option", len(variables))(*variables)
            extra.append(lang.statement_rule(head, lang.body([option, lang.atom(name, k)])))
    variables = tuple(dict.fromkeys(v for o in options for v in o.variables))
    return lang.predicate(f"{node.name}_option", len(variables))(*variables)
