"""Wake and sleep: tasks are solved, their solutions make a library, and the library solves more tasks at the same budget."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from induce import Budget
from induce.papers import Check
from induce.programs import LibraryLearner, ProgramSynthesizer, core_lists, read_tasks
from induce.terms import Language

TITLE = "K. Ellis et al. (2021), DreamCoder: Bootstrapping Inductive Program Synthesis with Wake-Sleep Library Learning"
CLAIM = (
    "Operators that solutions share are added to the language, and with them more tasks are solved at the same budget."
)
DATA = Path(os.environ.get("INDUCE_SHARED_DATA", "-"))  # not shipped
PUBLIC = DATA / "programs" / "list" / "dreamcoder_list_tasks.jsonl"
# with "<" and "%" more than half of the tasks are solved before anything is learned
BASE = Language("core_lists", [op for op in core_lists if op.name not in "<%"], default=core_lists.default)


@dataclass
class Result:
    """Tasks, those solved in each round, operators that three or more of them use, exports that fail, and % solved in `lists`."""

    tasks: int
    solved: list[int]
    shared: int
    wrong: list[str]
    lists: float | None = None


def families() -> dict[str, tuple[list[list[int]], list[Any]]]:
    """Tasks like those of the publication, on drawn lists."""
    tasks: dict[str, tuple[list[list[int]], list[Any]]] = {}
    for k, drawn in enumerate(np.random.default_rng(0).integers(0, 10, (5, 4, 12, 8)), 1):
        add, times, equal, part = [[row[: 4 + n % 5].tolist() for n, row in enumerate(rows)] for rows in drawn]
        tasks[f"add {k}"] = add, [[x + k for x in xs] for xs in add]
        tasks[f"times {k}"] = times, [[x * k for x in xs] for xs in times]
        tasks[f"equal {k}"] = equal, [[x == k for x in xs] for xs in equal]
        tasks[f"slice {k}"] = part, [xs[1 : k + 1] for xs in part]
    return tasks


def learned(tasks: Any, within: Any, rounds: int) -> Result:
    learner = LibraryLearner(BASE, rounds=rounds, within=within).fit(tasks)
    wrong = []
    for name in learner.programs_:
        examples, space = learner.tasks_[name], dict[str, Any]()
        exec(learner.to_python(name), space)  # our own export, run as a user would
        outputs = [[*space.values()][-1](*examples.input(k).values()) for k in range(len(examples))]
        wrong += [name] * (outputs != list(examples.outputs))
    shared = sum(len(entry.tasks) >= 3 for entry in learner.abstractions_)
    return Result(len(learner.tasks_), [r.solved for r in learner.rounds_], shared, wrong)


def small() -> Result:
    return learned(families(), "3e4 candidates", 2)


def full() -> Result:
    if not PUBLIC.exists():
        return learned(families(), "1e5 candidates", 3)
    tasks, model = read_tasks(PUBLIC), ProgramSynthesizer("lists", within=Budget(cpu=5.0))
    solved = [model.fit(t.examples.inputs, t.examples.outputs).solved_ for t in tasks]
    return replace(learned(tasks, Budget(cpu=0.5), 3), lists=100.0 * sum(solved) / len(solved))


def check(result: Result) -> Check:
    gain, known = 100.0 * (result.solved[-1] - result.solved[0]) / result.tasks, result.lists is not None
    figure = f"solved of {result.tasks} in each round: {result.solved}; {result.shared} shared operators; exports that fail: "
    figure += f"{result.wrong or 'none'}; in `lists` {f'{result.lists:.0f} %' if known else 'not measured'}"
    holds = gain >= 15.0 and result.shared >= 3 and not result.wrong and (result.lists is None or result.lists >= 85.0)
    line = "15 points more, 3 operators shared by 3, all exports run"
    return Check(figure, f"{line}, 85 % in `lists`" if known else line, holds)
