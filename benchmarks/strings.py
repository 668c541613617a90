"""Programs on strings from few examples: public transformation tasks, solved from the first and right on the rest.

The tasks are those of microsoft/prose-benchmarks (Transformation.Text) with more than three examples, read from the folder
that the environment variable ``INDUCE_SHARED_DATA`` names; they are not shipped. A task is solved when the program found
first gives the right output for every example of the task.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.runner import Run, row
from induce.algebras.values import run_rows
from induce.errors import ExportError
from induce.learners.strings import Witness

SHARED = "INDUCE_SHARED_DATA"
"""Environment variable with the folder that holds ``programs/strings/prose_transformation_text.jsonl``."""
CURVE = (1, 2, 3, 5)
CPU_SECONDS = 5.0
QUICK = 4
"""Of how many tasks the quick run looks at one."""


@dataclass(frozen=True)
class Task:
    """One column to fill: its inputs by name, its outputs, and what it is about."""

    name: str
    features: tuple[str, ...]
    inputs: dict[str, list[Any]]
    outputs: list[Any]

    def first(self, count: int) -> tuple[dict[str, list[Any]], list[Any]]:
        """The first so many distinct examples."""
        rows: dict[tuple[Any, ...], int] = {}
        for number, key in enumerate(zip(*self.inputs.values(), self.outputs, strict=True)):
            rows.setdefault(key, number)
        chosen = list(rows.values())[:count]
        return {n: [v[i] for i in chosen] for n, v in self.inputs.items()}, [self.outputs[i] for i in chosen]


@dataclass(frozen=True)
class Outcome:
    """What came of one task."""

    task: Task
    program: Any
    solved: bool
    cpu: float
    exported: bool | None


@functools.cache
def tasks() -> tuple[Task, ...]:
    """The tasks with more than three examples."""
    folder = os.environ.get(SHARED)
    path = Path(folder or ".") / "programs" / "strings" / "prose_transformation_text.jsonl"
    if not folder or not path.exists():
        raise FileNotFoundError(f"set {SHARED} to the folder that holds programs/strings/{path.name}.")
    found = []
    for line in path.read_text(encoding="utf-8").strip().split("\n"):  # some texts hold other ends of lines
        record = json.loads(line)
        examples = record["examples"]
        if len(examples) > 3:
            width = len(examples[0]["i"])
            names = ["s"] if width == 1 else [f"column{k + 1}" for k in range(width)]
            inputs = {name: [e["i"][k] for e in examples] for k, name in enumerate(names)}
            found.append(Task(record["name"], tuple(record["features"]), inputs, [e["o"] for e in examples]))
    return tuple(found)


def exported_values(program: Any, task: Task) -> list[Any] | None:
    """What the program gives as exported Python on every row: nothing if it is no Python, None if there is no export."""
    try:
        to_python = importlib.import_module("induce.programs.source").to_python
    except ImportError:
        return None
    room: dict[str, Any] = {}
    try:
        exec(compile(to_python(program, inputs=list(task.inputs)), "<exported>", "exec"), room)
    except (ExportError, SyntaxError):
        return []
    values = []
    for texts in zip(*task.inputs.values(), strict=True):
        try:
            values.append(room["program"](*texts))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            values.append(None)
    return values


@functools.cache
def outcome(task_number: int, count: int, further: bool) -> Outcome:
    """Solve one task from its first examples, with or without its other inputs."""
    task = tasks()[task_number]
    inputs, outputs = task.first(count)
    started = time.process_time()
    found: list[Any] = []
    for batch in Witness().run(inputs, outputs, unlabelled=task.inputs if further else None):
        found = batch or found
        if time.process_time() - started > CPU_SECONDS:
            break
    cpu = time.process_time() - started
    if not found:
        return Outcome(task, None, False, cpu, None)
    program = found[0][0]
    values = run_rows(program, task.inputs, len(task.outputs))
    plain = exported_values(program, task)
    return Outcome(task, program, values == task.outputs, cpu, None if plain is None else plain == values)


def outcomes(run: Run, count: int, further: bool = False) -> list[Outcome]:
    """All tasks, or some of them in a quick run."""
    return [outcome(k, count, further) for k in range(0, len(tasks()), QUICK if run.quick else 1)]


def share(found: list[Outcome]) -> float:
    """The share of tasks solved."""
    return sum(one.solved for one in found) / len(found)


def by_feature(found: list[Outcome]) -> str:
    """Tasks solved of all, for each feature."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in found:
        for feature in one.task.features:
            counts[feature][0] += one.solved
            counts[feature][1] += 1
    return ", ".join(f"{name} {a}/{b}" for name, (a, b) in sorted(counts.items(), key=lambda item: -item[1][1]))


@row("strings: share of transformation tasks solved from 3 examples, right on the rest, in 5 CPU s", goal=">= 0.55")
def three_examples(run: Run) -> tuple[float, bool, str]:
    found = outcomes(run, 3)
    figure = share(found)
    solved = sum(one.solved for one in found)
    return figure, figure >= 0.55, f"{solved} of {len(found)}; {by_feature(found)}"


@row("strings: the same when the other inputs are given too, without outputs", goal=">= 0.55")
def further_inputs(run: Run) -> tuple[float, bool, str]:
    found = outcomes(run, 3, further=True)
    figure = share(found)
    return figure, figure >= 0.55, f"{sum(one.solved for one in found)} of {len(found)}; {by_feature(found)}"


@row("strings: gain from 1 to 5 examples", goal="> 0")
def curve(run: Run) -> tuple[float, bool, str]:
    shares = {count: share(outcomes(run, count)) for count in CURVE}
    gain = shares[CURVE[-1]] - shares[CURVE[0]]
    return gain, gain > 0, "; ".join(f"{count} examples: {value:.3f}" for count, value in shares.items())


@row("strings: most CPU s for one task from 3 examples", goal="<= 5")
def slowest(run: Run) -> tuple[float, bool, str]:
    found = sorted(outcomes(run, 3), key=lambda one: one.cpu)
    middle = found[len(found) // 2].cpu
    return found[-1].cpu, found[-1].cpu <= CPU_SECONDS, f"median {middle:.2f} s; slowest {found[-1].task.name}"


@row("strings: share of found programs whose exported Python gives the same on every row", goal="== 1")
def exports(run: Run) -> tuple[float, bool, str]:
    found = [one for one in outcomes(run, 3) if one.exported is not None]
    if not found:
        return 0.0, False, "there is no export of programs"
    figure = sum(bool(one.exported) for one in found) / len(found)
    return figure, figure == 1.0, f"{len(found)} programs"
