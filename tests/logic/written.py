"""Random programs as terms, of every kind of statement; only their text matters, so they need not be safe."""

from __future__ import annotations

from hypothesis import strategies as st

from induce.logic import build
from induce.logic import language as lang
from induce.terms import hole
from induce.terms.arithmetic import arithmetic
from induce.terms.sort import REAL
from induce.terms.term import literal

NAMES = st.sampled_from(["p", "q", "edge", "has_part", "größe", "t", "nn", "query_1", "x2"])
VARIABLES = st.sampled_from(["X", "Y", "_Z", "Number1", "_", "__A"]).map(lang.value_variable)
ODD = [
    "",
    "not",
    "is",
    "true",
    "mod",
    "query",
    "A",
    "a b",
    'say "x"',
    "it's",
    "back\\slash",
    "tab\t",
    "line\nline",
    "%",
    "é",
    "1",
]
TEXTS = st.one_of(st.sampled_from(ODD), st.text(max_size=6))
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
CONSTANTS = st.one_of(
    st.integers(-(10**12), 10**12), FLOATS, st.booleans(), TEXTS, st.sampled_from(["a", "b", "c"])
).map(lang.constant)
HOLE_NAMES = st.sampled_from(["w", "k", "theta"])


def sequences(items, low=1, high=3):
    return st.lists(items, min_size=low, max_size=high)


def _larger(values):
    infix = st.sampled_from(["..", "+", "-", "*", "/", "//", "mod", "**"])
    called = st.sampled_from(["abs", "min", "concat", "substring", "neg"])
    pair = st.tuples(values, values)
    return st.one_of(
        st.builds(lambda name, two: lang.VALUE_OPS[name](*two), infix, pair),
        st.builds(
            lambda name, three: lang.VALUE_OPS[name](*three[: lang.VALUE_OPS[name].arity]),
            called,
            st.tuples(values, values, values),
        ),
        st.builds(lambda name, items: lang.functor(name, len(items))(*items), NAMES, sequences(values)),
        st.builds(lang.listing, sequences(values, 0), st.one_of(st.none(), VARIABLES)),
        st.builds(lambda items: lang.values("domain", items), sequences(values)),
    )


VALUES = st.recursive(st.one_of(CONSTANTS, VARIABLES), _larger, max_leaves=4)


@st.composite
def atoms(draw, values=VALUES):
    return lang.atom(draw(NAMES), *draw(sequences(values, 0, 3)))


@st.composite
def aggregates(draw):
    elements = [
        lang.element(draw(sequences(VALUES, 1, 2)), lang.body(draw(sequences(st.one_of(atoms(), comparisons()), 0, 2))))
        for _ in range(draw(st.integers(1, 2)))
    ]
    return lang.aggregate(draw(st.sampled_from(lang.AGGREGATES)), elements)


@st.composite
def comparisons(draw, values=VALUES):
    return lang.COMPARE[draw(st.sampled_from(lang.COMPARISONS))](draw(values), draw(values))


def _number(value):
    return literal(float(value), REAL)


def _real_hole(name, start, bounds):
    low, high = sorted(bounds)
    return hole.real(name, start=None if start is None else low + (high - low) * start, within=(low, high))


REAL_LEAVES = st.one_of(
    st.floats(-1e6, 1e6).map(_number),
    HOLE_NAMES.map(hole.real),
    st.builds(
        _real_hole, HOLE_NAMES, st.one_of(st.none(), st.floats(0, 1)), st.tuples(st.floats(-5, 5), st.floats(-5, 5))
    ),
    st.sampled_from(["X", "_Z"]).map(lambda n: lang.NUMBER(lang.value_variable(n))),
    st.builds(lambda n, a: lang.indexed(hole.real(n), a), HOLE_NAMES, sequences(VALUES)),
    st.builds(lang.valued_relation, st.sampled_from(["dist", "age"]), sequences(VALUES, 0)),
)
REALS = st.recursive(
    REAL_LEAVES,
    lambda reals: st.one_of(
        st.builds(lambda n, a, b: arithmetic[n](a, b), st.sampled_from("+-*/^"), reals, reals),
        st.builds(lambda n, a: arithmetic[n](a), st.sampled_from(["neg", "sigmoid", "exp", "tanh"]), reals),
    ),
    max_leaves=4,
)


def _sayable(real):
    """Expressions that are a body element by themselves; a lone relation would be an atom, a lone variable a value."""
    return real.op is not lang.NUMBER and (real.op.name not in ("dist", "age"))


FORMULAS = st.one_of(
    atoms(),
    atoms().map(lang.NOT),
    comparisons(),
    st.builds(lambda a, b: lang.COMPARE["="](a, b), VALUES, aggregates()),
    REALS.filter(_sayable).map(lang.VALUED),
    st.builds(lambda n, o: hole.choice(o, name=n), HOLE_NAMES, sequences(atoms(), 2)),
    st.builds(lambda n, o: lang.atom("p", hole.choice(o, name=n)), HOLE_NAMES, sequences(CONSTANTS, 2)),
)
BODIES = sequences(FORMULAS, 1, 3).map(lang.body)
MAYBE = sequences(FORMULAS, 0, 2).map(lang.body)


@st.composite
def choices(draw):
    elements = [lang.CONDITION(draw(atoms()), draw(MAYBE)) for _ in range(draw(st.integers(1, 3)))]
    low = draw(st.integers(0, 3))
    high = draw(st.one_of(st.none(), st.integers(0, 4)))
    return lang.choice(elements, lang.constant(low), lang.constant("inf" if high is None else high))


@st.composite
def neurals(draw):
    index = draw(
        sequences(st.one_of(VARIABLES.filter(lambda v: v.payload.strip("_")), st.sampled_from(["a", 1])), 1, 2)
    )
    domain = draw(st.sampled_from([None, range(3), frozenset({"cat", "dog"}), frozenset({1, 2.5})]))
    given = [*index, *([] if domain is None else [domain])]
    head = build.rel[draw(NAMES)](*given)
    return build.neural(head, draw(st.sampled_from(["lenet", "Net2"])), *index).term


HEADS = st.one_of(
    atoms(),
    atoms(),
    sequences(st.builds(lambda w, a: lang.WEIGHTED(w, a), REALS, atoms())).map(lang.alternatives),
    choices(),
    neurals(),
)
COLUMNS = st.builds(
    lambda c, s: lang.functor("column", 2)(lang.constant(c), lang.constant(s)),
    st.sampled_from(["source", "X", "to"]),
    st.sampled_from(["node", "colour"]),
)
STATEMENTS = st.one_of(
    st.builds(lang.statement_rule, HEADS, MAYBE),
    st.builds(lang.statement_rule, HEADS, MAYBE),
    BODIES.map(lang.CONSTRAINT),
    BODIES.map(lang.QUERY),
    st.one_of(atoms(), atoms().map(lang.NOT)).map(lambda f: lang.EVIDENCE(lang.body([f]))),
    st.builds(
        lang.weak, BODIES, REALS, st.one_of(st.integers(0, 3).map(lang.constant), VARIABLES), sequences(VALUES, 0, 2)
    ),
    st.builds(
        lambda n, v: lang.declaration("#domain", lang.constant(n), lang.values("domain", v)),
        NAMES,
        sequences(CONSTANTS),
    ),
    st.builds(lambda n, c: lang.declaration("#relation", lang.constant(n), *c), NAMES, sequences(COLUMNS)),
)
PROGRAMS = sequences(STATEMENTS, 0, 4).map(lang.program)
