"""Plain functions over the engine: Datalog on Python rows, exact value and gradient of a ground program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from induce.errors import AlgebraError, DataError, RuleError, did_you_mean

__all__ = ["best_values", "evaluate", "value_and_gradient"]


def evaluate(
    facts: Mapping[str, Any], rules: Sequence[str], *, bare_variables: bool = False, limits: Any = None
) -> dict[str, set[tuple[Any, ...]]]:
    """All tuples that rules derive from facts.

    Parameters
    ----------
    facts : mapping of relation name to rows
        Tuples, or any table that :meth:`LogicProgram.facts` reads.
    rules : sequence of str
        A final dot may be left out.
    bare_variables : bool
        Read bare identifiers in arguments as variables.
    limits : Limits, optional

    Returns
    -------
    dict of relation name to set of tuples
        Facts included.

    Raises
    ------
    ParseError, RuleError, DataError, LimitError

    >>> found = evaluate({"edge": [(1, 2), (2, 3)]}, ["path(X, Y) :- edge(X, Y)", "path(X, Z) :- edge(X, Y), path(Y, Z)"])
    >>> sorted(found["path"])
    [(1, 2), (1, 3), (2, 3)]
    """
    database, lowered, tables = _read(facts, rules, bare_variables)
    for stratum in _strata(lowered):
        database.run(stratum, limits=limits)
    for relation, number in lowered.constraints:
        if len(database.tuples(relation)):
            raise RuleError(
                f"the facts violate the constraint '{lowered.texts[number]}'.", line=lowered.lines[number], column=1
            )
    known = {*tables, *lowered.facts, *(c.head.relation for c in lowered.clauses)}
    return {name.rpartition("/")[0]: set(_rows(database, name)) for name in sorted(known) if "@" not in name}


def best_values(
    facts: Mapping[str, Any],
    weights: Mapping[str, Any],
    rules: Sequence[str],
    *,
    algebra: str = "viterbi",
    bare_variables: bool = False,
    limits: Any = None,
) -> dict[str, dict[tuple[Any, ...], float]]:
    """The value of the best derivation of every tuple, carried through the joins: nothing is recorded, no gradient is kept.

    For large relations; :class:`LogicProgram` gives the same values with gradients and explanations.

    Parameters
    ----------
    facts : mapping of relation name to rows
    weights : mapping of relation name to array, shape (rows,)
        One number for each row of ``facts[name]``; relations without weights are certain.
    rules : sequence of str
    algebra : {"viterbi", "tropical", "minmax", "bottleneck"}
        The most probable derivation, the cheapest, the one with the strongest weakest part (of 0..1, or of any numbers).
    bare_variables : bool
        Read bare identifiers in arguments as variables.
    limits : Limits, optional

    Returns
    -------
    dict of relation name to a dict of tuple to value

    Raises
    ------
    ParseError, RuleError, DataError, AlgebraError, LimitError

    >>> rules = ["path(X, Y) :- edge(X, Y)", "path(X, Z) :- edge(X, Y), path(Y, Z)"]
    >>> found = best_values({"edge": [(1, 2), (2, 3), (1, 3)]}, {"edge": [2, 3, 9]}, rules, algebra="tropical")
    >>> found["path"][1, 3]
    5.0
    """
    database, lowered, tables = _read(facts, rules, bare_variables)
    values: dict[str, Any] = {}
    for name, numbers in weights.items():
        keys = [key for key in tables if key.rpartition("/")[0] == name]
        if not keys:
            raise DataError(f"weights are given for '{name}', which has no facts.{did_you_mean(name, facts)}")
        given = np.asarray(numbers, np.float64).reshape(-1)
        if len(given) != database.size(keys[0]):
            raise DataError(
                f"{name}: {len(given)} weights for {database.size(keys[0])} distinct rows. Give each row once, with one weight."
            )
        values[keys[0]] = given
    for stratum in _strata(lowered):
        if stratum.aggregates:
            raise AlgebraError("best values of aggregates have no meaning. Use evaluate(), or LogicProgram.")
        found = database.best(stratum, algebra, values, limits=limits)
        values |= {name: value for name, (_, value) in found.items()}
    return {
        name.rpartition("/")[0]: dict(zip(_rows(database, name), value.tolist(), strict=True))
        for name, value in values.items()
        if "@" not in name
    }


def _read(facts: Mapping[str, Any], rules: Sequence[str], bare_variables: bool) -> tuple[Any, Any, dict[str, Any]]:
    """A database with the facts, and the rules as clauses; nothing is derived yet."""
    from induce.logic.check import statements_of
    from induce.logic.database import Database
    from induce.logic.facts import read_facts
    from induce.logic.grounding import _all_facts
    from induce.logic.lower import lower
    from induce.logic.parse import parse_program
    from induce.logic.strata import uncertain_relations
    from induce.logic.symbols import Symbols

    if isinstance(rules, str):
        raise DataError(
            "rules is a list of texts, one for each rule, but one text was given. Put it in a list: [rules]."
        )
    lines = [r.strip() if r.strip().endswith(".") else r.strip() + "." for r in rules if r.strip()]
    parsed = parse_program("\n".join(lines), bare_variables=bare_variables)
    symbols = Symbols()
    lowered = lower(statements_of(parsed.term, parsed.places), symbols)
    tables = {}
    arities = {c.head.relation.rpartition("/")[0]: int(c.head.relation.rpartition("/")[2]) for c in lowered.clauses}
    arities |= {r.rpartition("/")[0]: int(r.rpartition("/")[2]) for r in lowered.facts}
    for name, rows in facts.items():
        columns = read_facts(name, rows, symbols, arity=arities.get(name))
        tables[f"{name}/{columns.shape[1]}"] = columns
    if uncertain_relations(lowered.clauses, lowered.aggregates, set()):
        raise AlgebraError("this function is for certain rules. Use LogicProgram for probabilities and choices.")
    database = Database(symbols)
    for relation, columns in _all_facts(lowered, tables).items():
        database.add_facts(relation, columns)
    return database, lowered, tables


def _strata(lowered: Any) -> Any:
    from induce.logic.strata import strata_of

    return strata_of(lowered.clauses, lowered.aggregates)


def _rows(database: Any, relation: str) -> list[tuple[Any, ...]]:
    columns = database.tuples(relation)
    values = [database.symbols.values_of(columns[:, k]) for k in range(columns.shape[1])]
    return list(zip(*values, strict=True)) if values else [()] * len(columns)


def value_and_gradient(
    program: Any, probabilities: Mapping[str, float] | Iterable[float], *, query: str | Sequence[str] | None = None
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Exact probability of the answers of a ground program, and its derivative with respect to every leaf.

    Parameters
    ----------
    program : str or LogicProgram
        Text without variables, whose uncertain atoms are the keys of ``probabilities``; or a program.
    probabilities : mapping of atom to probability, or array
        In the order of the leaves for a LogicProgram.
    query : str or sequence of str, optional
        Atoms; for a LogicProgram its own query.

    Returns
    -------
    values, gradient
        ``values[answer]`` and ``gradient[answer][leaf]``; for a Boolean leaf the derivative is
        ``P(answer | leaf) - P(answer | not leaf)``.

    >>> values, gradient = value_and_gradient("q :- a. q :- b.", {"a": 0.5, "b": 0.2}, query="q")
    >>> round(values["q"], 3), round(gradient["q"]["a"], 3)
    (0.6, 0.8)
    """
    from induce.logic.compile import value_and_gradient as exact
    from induce.logic.program import LogicProgram

    if isinstance(program, str):
        if not isinstance(probabilities, Mapping):
            raise DataError("for a program given as text, probabilities maps each uncertain atom to its probability.")
        text = "\n".join([program, *(f"{float(p)!r}::{a}." for a, p in probabilities.items())])
        program = LogicProgram(text, query=query)
    ground = program.ground()
    leaves = [ground.text_of(int(a)) for a in ground.graph.leaves.atom]
    if isinstance(probabilities, Mapping):
        missing = [name for name in leaves if name not in probabilities]
        if missing:
            raise DataError(f"no probability is given for '{missing[0]}'. Leaves: {', '.join(leaves[:10])}.")
        weights = np.array([float(probabilities[name]) for name in leaves])
    else:
        weights = np.asarray(probabilities, np.float64).reshape(-1)
        if len(weights) != len(leaves):
            raise DataError(f"{len(weights)} probabilities for {len(leaves)} leaves ({', '.join(leaves[:10])}).")
    outside = np.flatnonzero(~((weights >= 0.0) & (weights <= 1.0)))
    if len(outside):
        raise DataError(
            f"the probability of '{leaves[int(outside[0])]}' is {weights[outside[0]]!r}, but it must lie in [0, 1]. Check the numbers."
        )
    values, slopes = exact(ground.graph, program.answers.atoms, weights, evidence=ground.given)
    labels = program.answers.labels
    gradient = {label: dict(zip(leaves, row.tolist(), strict=True)) for label, row in zip(labels, slopes, strict=True)}
    return dict(zip(labels, values.tolist(), strict=True)), gradient
