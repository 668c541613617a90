"""Random programs: facts e/2 and u/1, a positive recursive stratum p/2, q/1, r/2, and one above it with negation."""

from __future__ import annotations

from hypothesis import strategies as st

from induce.logic.clauses import WILD, Bind, Clause, Literal, Stratum, Track
from induce.logic.clauses import Test as Comparison
from induce.logic.database import Database
from induce.logic.symbols import Symbols

DOMAIN = range(4)
EDB = {"e/2": 2, "u/1": 1}
IDB = {"p/2": 2, "q/1": 1, "r/2": 2}
UPPER = {"s/1": 1, "t/2": 2}


def literal(draw, relations, slots):
    name = draw(st.sampled_from(sorted(relations)))
    constants = st.sampled_from([~c for c in DOMAIN])
    slot = st.sampled_from(slots)
    arguments = tuple(draw(st.one_of(slot, slot, slot, constants)) for _ in range(relations[name]))
    return Literal(name, arguments)


def clause(draw, heads, positive, negative, number):
    body = [literal(draw, positive, range(4)) for _ in range(draw(st.integers(1, 3)))]
    bound = sorted({s for step in body for s in step.arguments if s >= 0})
    if not bound:
        body.append(Literal("u/1", (0,)))
        bound = [0]
    for _ in range(draw(st.integers(0, 1)) if negative else 0):
        found = literal(draw, negative, bound)
        arguments = tuple(WILD if draw(st.integers(0, 3)) == 0 else s for s in found.arguments)
        body.append(Literal(found.relation, arguments, negated=True))
    if draw(st.integers(0, 3)) == 0:
        operator = draw(st.sampled_from(["=", "!=", "<", "<="]))
        body.append(
            Comparison(operator, ("slot", draw(st.sampled_from(bound))), ("slot", draw(st.sampled_from(bound))))
        )
    if draw(st.integers(0, 4)) == 0:
        total = ("+", ("slot", draw(st.sampled_from(bound))), ("constant", 1))
        body.append(Bind(4, ("mod", total, ("constant", 4))))
        bound = [*bound, 4]
    if draw(st.integers(0, 6)) == 0:
        body.append(Track(5, ("constant", 0), ("slot", draw(st.sampled_from(bound)))))
        bound = [*bound, 5]
    name = draw(st.sampled_from(sorted(heads)))
    head = Literal(name, tuple(draw(st.sampled_from([*bound, *bound, ~2])) for _ in range(heads[name])))
    return Clause(head, tuple(body), 6, number, f"rule {number}", number + 1)


@st.composite
def programs(draw):
    """Facts by relation, and strata; the constants 0..4 have the ids 0..4."""
    pair = st.tuples(st.sampled_from(DOMAIN), st.sampled_from(DOMAIN))
    facts = {"e/2": draw(st.lists(pair, max_size=7)), "u/1": [(c,) for c in draw(st.lists(st.sampled_from(DOMAIN)))]}
    lower = [clause(draw, IDB, {**EDB, **IDB}, EDB, k) for k in range(draw(st.integers(1, 4)))]
    upper = [clause(draw, UPPER, {**EDB, **IDB, **UPPER}, IDB, 10 + k) for k in range(draw(st.integers(0, 3)))]
    return facts, (Stratum(tuple(lower), (), True), Stratum(tuple(upper), (), True))


def database(facts):
    """A database that holds the facts."""
    symbols = Symbols()
    symbols.ids_of(list(range(5)))
    found = Database(symbols)
    for name, rows in facts.items():
        if rows:
            found.add_facts(name, [[symbols.id_of(item) for item in row] for row in rows])
    return found


def content(found, names=None):
    """Relation name to set of tuples of values, without empty relations."""
    symbols = found.symbols
    return {
        name: {tuple(symbols.values_of(row)) for row in found.tuples(name)}
        for name in (found.relations if names is None else names)
        if found.size(name)
    }
