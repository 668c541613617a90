"""Programs on lists: the public list tasks, and how many programs a second are looked at."""

from __future__ import annotations

import json
import os
import time
from itertools import chain, product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.runner import Run, row
from benchmarks.summary import SHARED
from induce import Budget
from induce.examples import read_examples
from induce.learners.programs.enumeration import TypedEnumeration, growth_of
from induce.learners.programs.task import ProgramTask
from induce.programs import ProgramSynthesizer, lists
from induce.programs.language import literals_for

SECONDS = 5.0


def tasks() -> list[dict[str, Any]]:
    """The public list tasks, which are not shipped: the folder is named by an environment variable."""
    folder = os.environ.get(SHARED)
    path = Path(folder or "") / "programs" / "list" / "dreamcoder_list_tasks.jsonl"
    if folder is None or not path.exists():
        raise FileNotFoundError(f"set {SHARED} to the folder that holds programs/list/dreamcoder_list_tasks.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def solve(task: dict[str, Any], seconds: float) -> tuple[bool, float, float]:
    """Whether the exported program gives all outputs, CPU seconds until the search ended, and candidates."""
    X, y = [e["i"] for e in task["examples"]], [e["o"] for e in task["examples"]]
    began = time.process_time()
    model = ProgramSynthesizer("lists", within=Budget(cpu=seconds)).fit(X, y)
    spent = time.process_time() - began
    if not model.solved_:
        return False, spent, model.fit_.report["candidates"]
    space: dict[str, Any] = {}
    exec(compile(model.to_python(), task["name"], "exec"), space)  # our own export, run as a user would
    return [space["program"](x) for x in X] == y, spent, model.fit_.report["candidates"]


@row("list tasks solved on all 15 examples by the exported program, in %, at 5 CPU s each", goal=">= 85")
def list_tasks(run: Run) -> tuple[float, bool, str]:
    ProgramSynthesizer("lists", within="1e4 candidates").fit([[1, 2]], [[2, 1]])  # compiles
    chosen = tasks()[:: 4 if run.quick else 1]
    found = [solve(task, 1.0 if run.quick else SECONDS) for task in chosen]
    solved = sum(ok for ok, _, _ in found)
    missed = [task["name"] for task, (ok, _, _) in zip(chosen, found, strict=True) if not ok]
    share = 100.0 * solved / len(chosen)
    spent = sorted(seconds for _, seconds, _ in found)
    note = (
        f"{solved} of {len(chosen)}; median {spent[len(spent) // 2]:.2f} CPU s; missed: {', '.join(missed) or 'none'}"
    )
    return share, share >= 85, note


def pure_python(inputs: list[list[int]], seconds: float) -> float:
    """Programs a CPU second of an enumerator of tuples and sets in plain Python, over twelve of the operators."""
    unary = [
        lambda v: tuple(x[::-1] for x in v), lambda v: tuple(tuple(sorted(x)) for x in v), lambda v: tuple(x[1:] for x in v),
        lambda v: tuple(x[:-1] for x in v), lambda v: tuple(tuple(dict.fromkeys(x)) for x in v),
    ]  # fmt: skip
    numbers = [lambda v: tuple(map(len, v)), lambda v: tuple(map(sum, v)), lambda v: tuple(x[0] for x in v)]
    mixed = [
        lambda n, v: tuple(x[:k] for k, x in zip(n, v, strict=True)), lambda n, v: tuple(x[k:] for k, x in zip(n, v, strict=True)),
        lambda n, v: tuple((k, *x) for k, x in zip(n, v, strict=True)), lambda n, v: tuple((*x, k) for k, x in zip(n, v, strict=True)),
    ]  # fmt: skip
    lists_by = {1: {tuple(map(tuple, inputs))}}
    ints_by = {1: {tuple([k] * len(inputs)) for k in range(6)}}
    seen = set(lists_by[1]) | set(ints_by[1])
    tried, size, began = 0, 1, time.process_time()
    while time.process_time() - began < seconds:
        size += 1
        fresh: dict[int, set[Any]] = {0: set(), 1: set()}
        pairs = ((lists_by[size - 1], unary, 0), (lists_by[size - 1], numbers, 1))
        candidates = (((f, (v,)), kind) for values, ops, kind in pairs for v in values for f in ops)
        binary = (
            ((f, (n, v)), 0)
            for a in range(1, size - 1)
            for n, v, f in product(ints_by.get(a, ()), lists_by.get(size - 1 - a, ()), mixed)
        )
        for (function, arguments), kind in chain(candidates, binary):
            tried += 1
            try:
                value = function(*arguments)
            except IndexError:
                continue
            if value not in seen:
                seen.add(value)
                fresh[kind].add(value)
            if tried % 1000 == 0 and time.process_time() - began >= seconds:
                break
        lists_by[size], ints_by[size] = fresh[0], fresh[1]
    return tried / (time.process_time() - began)


@row("programs a CPU second, all pruning on, six examples, one core (in millions)", goal=">= 1")
def speed(run: Run) -> float:
    rng = np.random.default_rng(0)
    X = [rng.integers(0, 17, n).tolist() for n in (7, 6, 8, 5, 3, 2)]
    examples = read_examples(X, [[1000 + k] for k in range(6)], ["xs"])  # no program gives this, so the search goes on
    task = ProgramTask(examples, lists, literals_for(lists, None, examples))
    TypedEnumeration().prepare()
    growth = growth_of(task, range(6), rng, 4e9)
    seconds = 2.0 if run.quick else 6.0
    began = time.process_time()
    for _ in growth.levels(30):
        if time.process_time() - began >= seconds:
            break
    ours = growth.bank.tried / (time.process_time() - began)
    run.record("plain Python", pure_python(X, seconds) / 1e6)
    return ours / 1e6
