"""A naive evaluator: tries all bindings, again and again. Slow, and short enough to be right."""

from __future__ import annotations

from induce.logic.clauses import WILD, Bind, Literal, Match, Test, Track
from induce.logic.symbols import Compound

ARITHMETIC = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "mod": lambda a, b: a % b}
COMPARE = {"=": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b}


def value(symbols, expression, env):
    if expression[0] == "slot":
        return env[expression[1]]
    if expression[0] == "constant":
        return symbols.value_of(expression[1])
    if expression[0] == "term":
        return Compound(expression[1], tuple(value(symbols, part, env) for part in expression[2:]))
    return ARITHMETIC[expression[0]](*(value(symbols, part, env) for part in expression[1:]))


def unify(symbols, arguments, row, env):
    """The environment extended by a tuple, or None."""
    env = dict(env)
    for slot, item in zip(arguments, row, strict=True):
        known = symbols.value_of(~slot) if slot < 0 else item if slot == WILD else env.setdefault(slot, item)
        if known != item:
            return None
    return env


def matches(symbols, facts, step, env):
    return [e for row in facts.get(step.relation, ()) if (e := unify(symbols, step.arguments, row, env)) is not None]


def extend(symbols, facts, step, env):
    """All environments after one step."""
    if isinstance(step, Literal):
        found = matches(symbols, facts, step, env)
        return ([] if found else [env]) if step.negated else found
    if isinstance(step, Test):
        left, right = value(symbols, step.left, env), value(symbols, step.right, env)
        return [env] if COMPARE[step.operator](left, right) else []
    if isinstance(step, Match):
        term = env[step.slot]
        if not isinstance(term, Compound) or term.functor != step.functor or len(term.arguments) != len(step.arguments):
            return []
        found = unify(symbols, step.arguments, term.arguments, env)
        return [] if found is None else [found]
    if isinstance(step, Bind):
        options = [value(symbols, step.expression, env)]
    else:
        assert isinstance(step, Track)
        options = range(value(symbols, step.low, env), value(symbols, step.high, env) + 1)
    return [{**env, step.slot: item} for item in options if env.get(step.slot, item) == item]


def environments(symbols, facts, clause):
    """All bindings of a clause whose steps are given in an order that binds before it reads."""
    found = [{}]
    for step in clause.body:
        found = [after for env in found for after in extend(symbols, facts, step, env)]
    return found


def head_of(symbols, clause, env):
    return tuple(symbols.value_of(~slot) if slot < 0 else env[slot] for slot in clause.head.arguments)


def evaluate(symbols, facts, strata):
    """Relation name to set of tuples of values."""
    found = {name: set(rows) for name, rows in facts.items()}
    for stratum in strata:
        while True:
            fresh = [
                (clause.head.relation, head_of(symbols, clause, env))
                for clause in stratum.clauses
                for env in environments(symbols, found, clause)
            ]
            if all(row in found.get(name, ()) for name, row in fresh):
                break
            for name, row in fresh:
                found.setdefault(name, set()).add(row)
    return found
