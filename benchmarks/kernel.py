"""The ``kernel`` suite: what the ground under every other room costs."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.runner import Run, row

_HEAVY = ("torch", "sklearn", "sympy", "pandas")


@row(
    "import induce: CPU seconds, best of several fresh interpreters; loads none of torch, sklearn, sympy, pandas",
    goal="<= 0.15",
)
def import_cost(run: Run) -> tuple[float, bool, str]:
    code = (
        "import sys, time; start = time.process_time(); import induce; spent = time.process_time() - start; "
        f"print(spent, *[name for name in {_HEAVY!r} if name in sys.modules])"
    )
    spent: list[float] = []
    loaded: set[str] = set()
    for _ in range(3 if run.quick else 7):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        first, *names = done.stdout.split()
        spent.append(float(first))
        loaded.update(names)
    note = f"loads {', '.join(sorted(loaded))}" if loaded else ""
    return min(spent), min(spent) <= 0.15 and not loaded, note
