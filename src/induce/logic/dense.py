"""Strata as dense arrays: relations over a small domain, rules as tensor products that are cut back to 0 and 1.

A matrix product does not care how many derivations a tuple has; a join visits each. So dense wins where the domain is small
and the result nearly full, and loses everywhere else; :func:`estimate` says which is which.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from induce.errors import RuleError
from induce.logic.clauses import WILD, Clause, Literal, Stratum

if TYPE_CHECKING:
    from induce.logic.database import Database

__all__ = ["DENSE_DOMAIN", "DENSE_SHARE", "estimate", "run_dense", "why_not_dense"]

Float32 = NDArray[np.float32]

DENSE_DOMAIN = 1000
"""Constants up to which a stratum may be evaluated densely without being asked to."""

DENSE_SHARE = 0.6
"""Share of all pairs that a closure must be expected to fill: where products were measured to be as fast as joins."""

LARGEST_ARRAY = 1 << 24
"""Entries of an array, intermediate ones included."""

SINGLE_THREADED = 128
"""Constants from which products would use several threads."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Closure:
    """``head`` is the least solution of ``head = base or step head`` (or ``head step``, or ``head head``)."""

    head: str
    step: str
    left: bool
    base: tuple[Clause, ...]


def why_not_dense(stratum: Stratum, database: Database) -> str:
    """Why a stratum has no dense form, as half a sentence; empty if it has one."""
    if stratum.aggregates:
        return "it has an aggregate"
    heads = {clause.head.relation for clause in stratum.clauses}
    for clause in stratum.clauses:
        for step in clause.body:
            if not isinstance(step, Literal):
                return f"the rule '{clause.text}' has a {type(step).__name__.lower()} in its body"
            if step.negated and (WILD in step.arguments or step.relation in heads):
                return f"the rule '{clause.text}' negates {step.relation} with an anonymous variable"
            if database.relation(step.relation).uncertain:
                return f"{step.relation} is uncertain"
        if database.relation(clause.head.relation).uncertain or clause.leaf:
            return f"{clause.head.relation} is uncertain"
        if clause.slots > len(_LETTERS):
            return f"the rule '{clause.text}' has more than {len(_LETTERS)} variables"
    size = len(_domain(stratum, database))
    widest = max((int(name.rpartition("/")[2]) for name in _relations(stratum)), default=0)
    if size**widest > LARGEST_ARRAY:
        return f"an array over {size:,} constants with {widest} columns has more than {LARGEST_ARRAY:,} entries"
    return ""


def estimate(stratum: Stratum, database: Database) -> str:
    """``"dense"`` or ``"sparse"``, whichever is expected to cost less.

    Dense is chosen for closures over at most 1,000 constants that are expected to fill three fifths of all pairs: in a random
    digraph with ``c`` edges per node the share is ``s**2``, where ``s = 1 - exp(-c s)``.

    Parameters
    ----------
    stratum : Stratum
    database : Database
    """
    closure = _closure(stratum)
    if closure is None or why_not_dense(stratum, database):
        return "sparse"
    read = sorted({s.relation for clause in closure.base for s in clause.body if isinstance(s, Literal)})
    step = database.relation(closure.step if closure.step != closure.head else (read or [closure.head])[0])
    nodes = len(_domain(stratum, database))
    if not 0 < nodes <= DENSE_DOMAIN or step.arity != 2:
        return "sparse"
    per_node = len(step) / nodes
    share = 1.0
    for _ in range(100):
        share = 1.0 - float(np.exp(-per_node * share))
    return "dense" if share * share >= DENSE_SHARE else "sparse"


def run_dense(stratum: Stratum, database: Database) -> None:
    """Evaluate a stratum densely and insert what is new.

    Raises
    ------
    RuleError
        When the stratum has no dense form.
    """
    if reason := why_not_dense(stratum, database):
        clause = stratum.clauses[0] if stratum.clauses else stratum.aggregates[0]
        raise RuleError(
            f"The stratum of the rule '{clause.text}' cannot be evaluated densely: {reason}. "
            f"Use method='sparse', or 'auto', which chooses.",
            line=clause.line,
        )
    domain = _domain(stratum, database)
    arrays = {name: _array(database, name, domain) for name in _relations(stratum)}
    closure = _closure(stratum)
    # a second thread spends as much time waiting as it saves on products of this size
    with threadpool_limits(1, "blas") if len(domain) > SINGLE_THREADED else nullcontext():
        if closure is not None:
            arrays[closure.head] = _close(closure, arrays, domain)
        else:
            _rounds(stratum, arrays, domain)
    for name in sorted({clause.head.relation for clause in stratum.clauses}):
        places = (
            np.stack(np.nonzero(arrays[name]), axis=1) if arrays[name].ndim else np.zeros((int(arrays[name]), 0), int)
        )
        database.derive(name, domain[places] if places.size else places)


# -------------------------------------------------------------------- arrays


def _relations(stratum: Stratum) -> list[str]:
    read = [step.relation for clause in stratum.clauses for step in clause.body if isinstance(step, Literal)]
    return list(dict.fromkeys([clause.head.relation for clause in stratum.clauses] + read))


def _domain(stratum: Stratum, database: Database) -> NDArray[np.int32]:
    """All constants of the stratum and its relations, ascending."""
    parts = [database.tuples(name).reshape(-1) for name in _relations(stratum)]
    literals = [step for c in stratum.clauses for step in (c.head, *c.body) if isinstance(step, Literal)]
    parts.append(np.array([~slot for literal in literals for slot in literal.arguments if slot < 0], dtype=np.int32))
    joined = np.concatenate(parts)
    return np.flatnonzero(np.bincount(joined)).astype(np.int32) if len(joined) else joined


def _array(database: Database, name: str, domain: NDArray[np.int32]) -> Float32:
    rows = database.tuples(name)
    found = np.zeros((len(domain),) * rows.shape[1], dtype=np.float32)
    places = np.searchsorted(domain, rows)
    found[tuple(places.T)] = 1.0
    if not rows.shape[1] and len(rows):
        found[()] = 1.0
    return found


def _product(clause: Clause, arrays: list[Float32], domain: NDArray[np.int32]) -> Float32:
    """0/1 array of what the clause derives from one array per body literal."""
    operands, inputs, kept, anonymous = [], [], [], clause.slots
    for step, array in zip(clause.body, arrays, strict=True):
        assert isinstance(step, Literal)
        array = 1.0 - array if step.negated else array
        places: Any = tuple(int(np.searchsorted(domain, ~s)) if s < 0 else slice(None) for s in step.arguments)
        slots = [slot for slot in step.arguments if slot >= 0]
        for k, slot in enumerate(slots):
            if slot == WILD:
                slots[k], anonymous = anonymous, anonymous + 1
        operands.append(array[places])
        inputs.append("".join(_LETTERS[slot] if slot < len(_LETTERS) else chr(0x3B1 + slot) for slot in slots))
    for slot in clause.head.arguments:
        if slot >= 0 and _LETTERS[slot] not in kept:
            kept.append(_LETTERS[slot])
    if not operands:
        joined: Any = np.float32(1.0)
    else:
        joined = np.einsum(",".join(inputs) + "->" + "".join(kept), *operands, optimize="greedy")
    found = np.zeros((len(domain),) * len(clause.head.arguments), dtype=np.float32)
    grid = np.nonzero(np.asarray(joined) > 0.5) if kept else ()
    if not kept and not joined > 0.5:
        return found
    found[
        tuple(
            int(np.searchsorted(domain, ~s)) if s < 0 else grid[kept.index(_LETTERS[s])] for s in clause.head.arguments
        )
    ] = 1.0
    return found


def _rounds(stratum: Stratum, arrays: dict[str, Float32], domain: NDArray[np.int32]) -> None:
    """Semi-naive rounds: each literal of the stratum's own relations takes what is new, the others everything."""
    heads = list(dict.fromkeys(clause.head.relation for clause in stratum.clauses))

    def gather(made: dict[str, Float32], clause: Clause, operands: list[Float32]) -> None:
        derived = _product(clause, operands, domain)
        name = clause.head.relation
        made[name] = np.maximum(made[name], derived) if name in made else derived

    made: dict[str, Float32] = {}
    for clause in stratum.clauses:
        gather(made, clause, [arrays[step.relation] for step in clause.body if isinstance(step, Literal)])
    while True:
        fresh = {name: np.maximum(array - arrays[name], 0.0) for name, array in made.items()}
        fresh = {name: array for name, array in fresh.items() if array.any()}
        if not fresh:
            return
        for name, array in fresh.items():
            arrays[name] = np.maximum(arrays[name], array)
        made = {}
        for clause in stratum.clauses:
            body = [step for step in clause.body if isinstance(step, Literal)]
            for place, step in enumerate(body):
                if step.relation in fresh and step.relation in heads:
                    operands = [arrays[other.relation] for other in body]
                    operands[place] = fresh[step.relation]
                    gather(made, clause, operands)


# -------------------------------------------------------------------- closures


def _closure(stratum: Stratum) -> Closure | None:
    """The stratum as a closure, if it is one: one head of arity 2, and one rule that composes it with a relation."""
    heads = {clause.head.relation for clause in stratum.clauses}
    if len(heads) != 1 or stratum.aggregates:
        return None
    head = heads.pop()
    own = [
        clause
        for clause in stratum.clauses
        if any(isinstance(step, Literal) and step.relation == head for step in clause.body)
    ]
    if len(own) != 1 or len(own[0].body) != 2:
        return None
    found = _composition(own[0])
    if found is None:
        return None
    first, second = found
    base = tuple(clause for clause in stratum.clauses if clause is not own[0])
    if second.relation == head:
        return Closure(head, first.relation, True, base)
    return Closure(head, second.relation, False, base)


def _composition(clause: Clause) -> tuple[Literal, Literal] | None:
    """The literals of ``h(X, Z) :- a(X, Y), b(Y, Z)``, a first."""
    literals = [step for step in clause.body if isinstance(step, Literal) and not step.negated]
    shape = [literal.arguments for literal in (clause.head, *literals)]
    if len(literals) != 2 or any(len(arguments) != 2 or min(arguments) < 0 for arguments in shape):
        return None
    x, z = clause.head.arguments
    for first, second in (literals, literals[::-1]):
        y = first.arguments[1]
        if first.arguments == (x, y) and second.arguments == (y, z) and len({x, y, z}) == 3 and WILD not in (x, y, z):
            return first, second
    return None


def _close(closure: Closure, arrays: dict[str, Float32], domain: NDArray[np.int32]) -> Float32:
    """By repeated squaring of the step, then one product with the base."""
    base = arrays[closure.head]
    for clause in closure.base:
        operands = [arrays[step.relation] for step in clause.body if isinstance(step, Literal)]
        base = np.maximum(base, _product(clause, operands, domain))
    power = base if closure.step == closure.head else arrays[closure.step]
    while True:
        longer = np.minimum(power + power @ power, np.float32(1.0))
        if np.array_equal(longer, power):
            break
        power = longer
    if closure.step == closure.head:
        return power
    return np.minimum(base + (power @ base if closure.left else base @ power), np.float32(1.0))
