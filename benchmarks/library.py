"""Compression of public corpora: how many times shorter, and whether every program comes back."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from benchmarks.lists import tasks
from benchmarks.runner import Run, row
from benchmarks.summary import SHARED
from induce import Budget
from induce.formulas import family
from induce.learners.library import compress, compress_terms, document, expand
from induce.programs import LibraryLearner, core_lists
from induce.terms import Language, arithmetic

GOALS = {"bridge": 4.53, "castle": 2.62, "city": 3.06}
"""Ratios of stitch 0.1.27 with ten abstractions of at most two arguments."""


def corpus(name: str) -> list[str]:
    """A corpus of the cognitive-science study, which is not shipped."""
    folder = os.environ.get(SHARED)
    path = Path(folder or "") / "programs" / "compression" / "cogsci" / f"{name}.json"
    if folder is None or not path.exists():
        raise FileNotFoundError(f"set {SHARED} to the folder that holds programs/compression/cogsci/{name}.json")
    programs: list[str] = json.loads(path.read_text(encoding="utf-8"))
    return programs


@row(
    "corpora compressed at least as far as stitch's published figures, every program expanding to its original",
    goal="all",
)
def cogsci(run: Run) -> tuple[float, bool, str]:
    run.peer("stitch_core", "stitch-core")
    names = ["bridge"] if run.quick else list(GOALS)
    held, notes = 0, []
    for name in names:
        programs = corpus(name)
        found = compress(programs, most=10, max_arity=2, seconds=600, threads=2)
        back = sum(
            expand(r, found.abstractions) == expand(p, []) for p, r in zip(programs, found.rewritten, strict=True)
        )
        held += round(found.ratio, 2) >= GOALS[name] and back == len(programs)
        notes.append(
            f"{name}: {found.ratio:.3f} ({GOALS[name]}), {back} of {len(programs)} back, {found.seconds:.0f} s"
        )
    return float(held), held == len(names), "; ".join(notes)


@row("the 100 Feynman formulas, ten operators: times shorter, every formula expanding to its original", goal=">= 1.3")
def formulas(run: Run) -> tuple[float, bool, str]:
    originals = [problem.term for problem in family("feynman")]
    found = compress_terms(originals, arithmetic, most=10, max_arity=2)
    back = sum(found.expand(term) is original for term, original in zip(found.terms, originals, strict=True))
    names = ", ".join(entry.name for entry in document(found.library, []).documentation)
    return found.ratio, found.ratio >= 1.3 and back == len(originals), f"{back} back; {names}"


def learned(base: Language, chosen: list[dict[str, Any]], rounds: int) -> tuple[LibraryLearner, int, int]:
    """A learner after so many rounds at 0.5 CPU s a task, operators used by three tasks or more, and exports that fail."""
    named = {t["name"]: ([e["i"] for e in t["examples"]], [e["o"] for e in t["examples"]]) for t in chosen}
    learner = LibraryLearner(base, rounds=rounds, within=Budget(cpu=0.5)).fit(named)
    wrong = 0
    for name in learner.programs_:
        space: dict[str, Any] = {}
        exec(compile(learner.to_python(name), name, "exec"), space)  # our own export, run as a user would
        function = [value for value in space.values() if callable(value)][-1]
        wrong += [function(x) for x in named[name][0]] != named[name][1]
    shared = sum(len(entry.tasks) >= 3 for entry in learner.abstractions_)
    return learner, shared, wrong


@row(
    "list tasks: points more solved by the search after three rounds of wake and sleep than by the first, 0.5 CPU s a task each",
    goal=">= 15",
)
def wake_sleep(run: Run) -> tuple[float, bool, str]:
    chosen = tasks()[:: 4 if run.quick else 1]
    rounds = 1 if run.quick else 3
    notes, gain, holds = [], 0.0, False
    for without in (("<", "%"), ()):  # with them more than half of the tasks is solved before anything is learned
        base = Language("core_lists", [op for op in core_lists if op.name not in without], default=core_lists.default)
        learner, shared, wrong = learned(base, chosen, rounds)
        by_round, so_far = [r.solved for r in learner.rounds_], [r.solved_so_far for r in learner.rounds_]
        points, kept = (100.0 * (n - by_round[0]) / len(chosen) for n in (by_round[-1], so_far[-1]))
        notes.append(
            f"{base.name}{' without < and %' if without else ''}: {by_round} of {len(chosen)} by each round's search, {points:.1f} points "
            f"(by the end of each round, solutions once found kept, {so_far}, {kept:.1f} points), {shared} operators used by 3 tasks or more, {wrong} exports fail "
            f"({', '.join(e.name for e in learner.abstractions_)})"
        )
        if without:
            gain, holds = points, points >= 15 and by_round[0] <= len(chosen) / 2 and shared >= 3 and not wrong
    return gain, holds, "; ".join(notes)


@row(
    "the same tasks and language without learning, in one search with the budget of all rounds together (control)",
    goal="all",
)
def control(run: Run) -> tuple[float, bool, str]:
    chosen = tasks()[:: 4 if run.quick else 1]
    base = Language("core_lists", [op for op in core_lists if op.name not in ("<", "%")], default=core_lists.default)
    named = {t["name"]: ([e["i"] for e in t["examples"]], [e["o"] for e in t["examples"]]) for t in chosen}
    learner = LibraryLearner(base, rounds=0, within=Budget(cpu=1.0 if run.quick else 2.0)).fit(named)
    solved = learner.rounds_[0].solved
    return float(solved), True, f"{solved} of {len(chosen)} tasks; reported beside the row above"
