"""SyGuS tasks over strings beside cvc5, on the same CPU seconds; every answer of both is checked on all constraints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.runner import Run, row
from benchmarks.summary import SHARED
from induce import Budget
from induce.learners.programs.enumeration import TypedEnumeration
from induce.learners.programs.task import right
from induce.programs.sygus import SygusTask, from_smt, read_sygus, to_smt
from induce.synthesis import synthesize

SECONDS = 8
_VARIANT = ("-long", "_small", "_short", "-repeat", "max3")

WORKER = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[1]), int(sys.argv[1]) + 1))
import cvc5
solver = cvc5.Solver()
solver.setOption("sygus", "true")
symbols = cvc5.SymbolManager(solver)
parser = cvc5.InputParser(solver, symbols)
parser.setStringInput(cvc5.InputLanguage.SYGUS_2_1, sys.stdin.read(), "task")
while True:
    command = parser.nextCommand()
    if command.isNull():
        break
    sys.stdout.write(str(command.invoke(solver, symbols)))
"""


def files() -> list[Path]:
    """The base tasks on strings (no long, short, small or repeated variants), which are not shipped."""
    folder = os.environ.get(SHARED)
    path = Path(folder or "") / "programs" / "sygus" / "slia_2018"
    if folder is None or not path.exists():
        raise FileNotFoundError(f"set {SHARED} to the folder that holds programs/sygus/slia_2018")
    return [file for file in sorted(path.glob("*.sl")) if not any(part in file.stem for part in _VARIANT)]


def version_2(text: str) -> str:
    """A task of version 1 as one of version 2.1, which cvc5 reads: non-terminals declared first, operators renamed."""
    text = text.replace("int.to.str", "str.from_int").replace("str.to.int", "str.to_int")
    heads = re.findall(r"\((\w+) (String|Int|Bool) \(", text[text.index("synth-fun") :])
    declared = " ".join(f"({name} {sort})" for name, sort in heads)
    first = re.search(r"\(\(\w+ (?:String|Int|Bool) \(", text)
    assert first is not None
    return text[: first.start()] + f"({declared})\n" + text[first.start() :]


def by_cvc5(text: str, task: SygusTask) -> bool:
    """Whether cvc5 answers in time with a function that meets all constraints."""
    done = subprocess.run(
        [sys.executable, "-c", WORKER, str(SECONDS)], input=version_2(text), capture_output=True, text=True, check=False
    )
    match = re.search(r"\(define-fun.*\)", done.stdout, re.DOTALL)
    if match is None:
        return False
    definition = match.group(0).strip()
    definition = definition[:-1].strip() if definition.count("(") < definition.count(")") else definition
    return all(right(from_smt(definition), task.examples))


@row(f"SyGuS base tasks on strings solved in {SECONDS} CPU s, every answer checked", goal="> cvc5")
def base_tasks(run: Run) -> tuple[float, bool, str]:
    TypedEnumeration().prepare()
    peer = run.peer("cvc5")
    ours, theirs, missed, spent = 0, 0, [], 0.0
    chosen = files()[:: 7 if run.quick else 1]
    for file in chosen:
        text = file.read_text(encoding="utf-8")
        task = read_sygus(file)
        began = time.process_time()
        fit = synthesize(task.task, within=Budget(cpu=SECONDS))
        spent += time.process_time() - began
        again = from_smt(to_smt(fit.best, task.name, dict(task.examples.sorts))) if fit.solved else None
        solved = again is not None and task.derives(again) and all(right(again, task.examples))
        ours += solved
        missed += [] if solved else [file.stem]
        theirs += by_cvc5(text, task) if peer is not None else 0
    if peer is not None:
        run.record("cvc5", theirs)
    note = f"of {len(chosen)}; {spent:.0f} CPU s; missed: {', '.join(missed) or 'none'}; every answer is in the task's grammar"
    return float(ours), ours > theirs and peer is not None, note
