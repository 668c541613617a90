"""The ``datalog`` suite: grounding beside clingo's grounder, in CPU seconds, compilation excluded by a warm call."""

from __future__ import annotations

import itertools
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.runner import Run, row
from induce.logic.clauses import Clause, Literal, Stratum
from induce.logic.database import Database
from induce.logic.symbols import Symbols

Facts = dict[str, NDArray[np.int64]]

_GROUND = """
import sys, time, clingo
control = clingo.Control(["--warn=none"])
control.add("base", [], sys.stdin.read())
began = time.process_time()
control.ground([("base", [])])
print(time.process_time() - began)
"""


def _clause(text: str, number: int) -> Clause:
    """A clause from ``head(X, Y) :- atom(X, Z), ...`` with variables only; enough for these programs."""
    names: dict[str, int] = {}

    def literal(part: str) -> Literal:
        name, _, inside = part.strip().rstrip(").").partition("(")
        arguments = tuple(names.setdefault(word.strip(), len(names)) for word in inside.split(","))
        return Literal(f"{name}/{len(arguments)}", arguments)

    head, _, body = text.partition(":-")
    steps = tuple(literal(part) for part in body.replace("),", ")|").split("|"))
    return Clause(literal(head), steps, len(names), number, text)


def _stratum(rules: str) -> Stratum:
    lines = [line.strip() for line in rules.strip().splitlines()]
    return Stratum(tuple(_clause(line, number) for number, line in enumerate(lines)), (), True)


PATH = """path(X, Y) :- edge(X, Y).
path(X, Z) :- edge(X, Y), path(Y, Z)."""

SAME_GENERATION = """sg(X, Y) :- par(X, P), par(Y, P).
sg(X, Y) :- par(X, A), sg(A, B), par(Y, B)."""

POINTS_TO = """pt(V, O) :- new(V, O).
pt(V, O) :- assign(V, W), pt(W, O).
pt(V, O) :- load(V, P, F), pt(P, A), heap(A, F, O).
heap(A, F, O) :- store(P, F, W), pt(P, A), pt(W, O)."""


def _edges(nodes: int, edges: int, seed: int = 0) -> Facts:
    return {"edge/2": np.random.default_rng(seed).integers(0, nodes, (edges, 2))}


def _family(layers: list[int], seed: int = 0) -> Facts:
    """Parents: each node of a layer has one or two in the layer above."""
    rng = np.random.default_rng(seed)
    pairs, first = [], 0
    for above, size in itertools.pairwise(layers):
        own = first + above + np.arange(size)
        pairs.append(np.stack([own, first + rng.integers(0, above, size)], axis=1))
        second = rng.random(size) < 0.3
        pairs.append(np.stack([own[second], first + rng.integers(0, above, int(second.sum()))], axis=1))
        first += above
    return {"par/2": np.concatenate(pairs)}


def _pointers(variables: int, seed: int = 0) -> Facts:
    """Assignments, loads and stores of a random program; objects are numbered after the variables."""
    rng = np.random.default_rng(seed)
    objects = variables + np.arange(variables // 10)

    def some(count: int) -> NDArray[np.int64]:
        return rng.integers(0, variables, count)

    fields = 2 * variables + np.arange(4)
    return {
        "new/2": np.stack([some(len(objects)), objects], axis=1),
        "assign/2": np.stack([some(int(1.25 * variables)), some(int(1.25 * variables))], axis=1),
        "load/3": np.stack(
            [some(variables // 100), some(variables // 100), rng.choice(fields, variables // 100)], axis=1
        ),
        "store/3": np.stack(
            [some(variables // 100), rng.choice(fields, variables // 100), some(variables // 100)], axis=1
        ),
    }


def _database(facts: Facts) -> Database:
    database = Database(Symbols())
    for name, rows in facts.items():
        database.add_facts(name, database.symbols.ids_of(rows).reshape(rows.shape))
    return database


def _ours(rules: str, facts: Facts, method: str = "sparse") -> tuple[float, int]:
    """CPU seconds of the fixpoint, and the number of derived tuples."""
    stratum, database = _stratum(rules), _database(facts)
    began = time.process_time()
    database.run(stratum, method=method)
    spent = time.process_time() - began
    return spent, sum(database.size(name) for name in {clause.head.relation for clause in stratum.clauses})


def _clingo(run: Run, rules: str, facts: Facts) -> float | None:
    """CPU seconds of clingo's grounder, in a process of its own."""
    if run.peer("clingo") is None:
        return None
    lines = [
        f"{name.split('/')[0]}({','.join(map(str, row))})." for name, rows in facts.items() for row in rows.tolist()
    ]
    done = subprocess.run(
        [sys.executable, "-c", _GROUND], input="\n".join([rules, *lines]), capture_output=True, text=True, check=True
    )
    run.record("clingo", float(done.stdout))
    return float(done.stdout)


def _note(ours: float, peer: float | None, tuples: int) -> str:
    against = f", clingo {peer:.2f} CPU s ({peer / ours:.1f} x)" if peer is not None else ""
    return f"{tuples:,} tuples{against}, peak memory {_peak():.2f} GB"


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _beside(run: Run, rules: str, warm: Facts, facts: Facts) -> tuple[float, float | None, str]:
    _ours(rules, warm)
    ours, tuples = _ours(rules, facts)
    peer = _clingo(run, rules, facts)
    return ours, peer, _note(ours, peer, tuples)


@row("closure of a random digraph, 1,000 nodes and 3,000 edges: CPU seconds beside clingo's grounder", goal="<= 0.6")
def closure(run: Run) -> tuple[float, bool, str]:
    ours, peer, note = _beside(run, PATH, _edges(1000, 1200), _edges(1000, 3000))
    chosen, _ = _ours(PATH, _edges(1000, 3000), "auto")
    from induce.logic import evaluate

    began = time.process_time()
    evaluate({"edge": _edges(1000, 3000)["edge/2"]}, PATH.strip().splitlines())
    public = time.process_time() - began
    text = f"joins; the chosen method takes {chosen:.2f}; evaluate() with its Python tuples {public:.2f}; {note}"
    return ours, ours <= 0.6 and (peer is None or ours <= peer), text


def _best_closure(algebra: str, weigh: Callable[[int], NDArray[np.float64]]) -> tuple[float, int]:
    """The public function, from arrays of rows to a dictionary of values."""
    from induce.logic import best_values

    spent, tuples = 0.0, 0
    for edges in (1200, 3000):
        rows = np.unique(_edges(1000, edges)["edge/2"], axis=0)
        began = time.process_time()
        found = best_values({"edge": rows}, {"edge": weigh(len(rows))}, PATH.strip().splitlines(), algebra=algebra)
        spent, tuples = time.process_time() - began, len(found["path"])
    return spent, tuples


@row("the same with the probability of the best path (Viterbi): CPU seconds", goal="<= 2.5")
def closure_viterbi(run: Run) -> tuple[float, bool, str]:
    ours, tuples = _best_closure("viterbi", np.random.default_rng(1).random)
    return ours, ours <= 2.5, f"{tuples:,} tuples"


@row("same generation, about 5e6 tuples: clingo's CPU seconds over ours (memory under 4 GB)", goal=">= 2")
def same_generation(run: Run) -> tuple[float, bool, str]:
    layers = [1, 30, 150, 300, 600] if run.quick else [1, 100, 500, 1000, 2000]
    ours, peer, note = _beside(run, SAME_GENERATION, _family([1, 10, 30]), _family(layers))
    ratio = (peer or 0.0) / ours
    return ratio, ratio >= 2 and _peak() < 4, f"ours {ours:.2f} CPU s, {note}"


@row("points-to analysis, about 5e6 tuples: clingo's CPU seconds over ours (memory under 4 GB)", goal=">= 2")
def points_to(run: Run) -> tuple[float, bool, str]:
    ours, peer, note = _beside(run, POINTS_TO, _pointers(500), _pointers(2000 if run.quick else 16500))
    ratio = (peer or 0.0) / ours
    return ratio, ratio >= 2 and _peak() < 4, f"ours {ours:.2f} CPU s, {note}"
