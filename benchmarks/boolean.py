"""Boolean formulas: minimal circuits of four inputs, known circuits, and random formulas from noisy rows."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.runner import Run, row
from induce.formulas import BooleanRegressor
from induce.formulas.truth_tables import noisy_rows, random_formula, truth_table
from induce.learners.boolean.exact import exact_table
from induce.learners.boolean.npn import npn

PUBLISHED = (2, 2, 5, 20, 34, 75, 72, 12)
"""Classes of four inputs by gates: D. Knuth (2011), The Art of Computer Programming 4A, section 7.1.2."""
SECONDS = 5.0
SEEDS = 10


def settings(run: Run) -> dict[str, float]:
    return {"effort": 0.4} if run.quick else {}


@row(
    "classes of functions of four inputs written with as few gates as the exhaustive table proves possible",
    goal="== 222",
)
def npn_classes(run: Run) -> tuple[float, bool, str]:
    began = time.process_time()
    table = exact_table()
    spent = time.process_time() - began
    counts = tuple(int(n) for n in np.bincount(table.cost))
    members = npn().members
    rows = (np.arange(16)[:, None] >> np.arange(4) & 1).astype(bool)
    minimal = 0
    for c in range(len(members)):
        answers = (int(members[c]) >> np.arange(16) & 1).astype(bool)
        model = BooleanRegressor(noise=0).fit(rows, answers)
        minimal += model.gates_ == table.cost[c] and bool((model.predict(rows) == answers).all())
    note = f"table built in {spent:.1f} CPU s; classes by gates {counts}"
    return float(minimal), minimal == 222 and counts == PUBLISHED, note


def circuit(run: Run, name: str) -> tuple[float, bool, str]:
    """Gates of a known circuit, which must be exact, at most those of the reference, and found in time."""
    table = truth_table(name)
    answers = next(iter(table.outputs.values())) if len(table.outputs) == 1 else table.outputs
    BooleanRegressor(effort=0.01).fit(table.inputs, answers)  # compiles
    began = time.process_time()
    model = BooleanRegressor(random_state=0, **settings(run)).fit(table.inputs, answers)
    spent = time.process_time() - began
    right = model.score(table.inputs, answers)
    holds = right == 1.0 and model.gates_ <= table.gates and spent <= SECONDS
    return float(model.gates_), holds, f"right on {right:.0%} of the rows, {spent:.1f} CPU s; reference: {table.source}"


@row("gates of the adder 2+2", goal="<= 7, exact, <= 5 CPU s")
def adder_2(run: Run) -> tuple[float, bool, str]:
    return circuit(run, "adder-2")


@row("gates of the adder 3+3", goal="<= 12, exact, <= 5 CPU s")
def adder_3(run: Run) -> tuple[float, bool, str]:
    return circuit(run, "adder-3")


@row("gates of the adder 4+4", goal="<= 17, exact, <= 5 CPU s")
def adder_4(run: Run) -> tuple[float, bool, str]:
    return circuit(run, "adder-4")


@row("gates of the multiplexer of 6 inputs", goal="<= 9, exact, <= 5 CPU s")
def multiplexer_6(run: Run) -> tuple[float, bool, str]:
    return circuit(run, "multiplexer-6")


@row("gates of the majority of 7", goal="<= 17, exact, <= 5 CPU s")
def majority_7(run: Run) -> tuple[float, bool, str]:
    return circuit(run, "majority-7")


@row("gates of the parity of 10", goal="<= 9, exact, <= 5 CPU s")
def parity_10(run: Run) -> tuple[float, bool, str]:
    return circuit(run, "parity-10")


@row("gates of the comparator 4+4", goal="<= 13, exact, <= 5 CPU s")
def comparator_4(run: Run) -> tuple[float, bool, str]:
    return circuit(run, "comparator-4")


@row(
    "seeds of 10 with at least 95 % of the held-out rows right and no irrelevant input read: 10 inputs, half of the rows, "
    "5 % of the answers flipped, 3 irrelevant inputs, random trees of 6 to 10 gates over the other 7",
    goal=">= 9",
)
def noisy(run: Run) -> tuple[float, bool, str]:
    tree = run.peer("sklearn.tree", "scikit-learn")
    names = [f"x{i}" for i in range(10)]
    good, trees, right, spent = 0, 0, [], []
    for seed in range(SEEDS):
        rng = np.random.default_rng([seed, 2024])
        relevant = [names[i] for i in sorted(rng.permutation(10)[:7])]
        target = random_formula(relevant, int(rng.integers(6, 11)), seed)
        X, y, other, truth = noisy_rows(target, names, seed=seed)
        began = time.process_time()
        model = BooleanRegressor(random_state=0, **settings(run)).fit(X, y)
        spent.append(time.process_time() - began)
        right.append(float((model.predict(other) == truth).mean()))
        good += right[-1] >= 0.95 and set(model.relevant_) <= set(relevant)
        if tree is not None:
            peer = tree.DecisionTreeClassifier(min_samples_leaf=4, random_state=0).fit(X, y)
            trees += float((peer.predict(other) == truth).mean()) >= 0.95
    run.record("sklearn.tree", trees)
    note = (
        f"held-out rows right: least {min(right):.1%}, mean {np.mean(right):.1%}; at most {max(spent):.1f} CPU s a fit"
    )
    return float(good), good >= 9, f"{note}; the tree's figure does not ask which inputs it reads"
