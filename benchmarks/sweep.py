"""``python -m benchmarks.sweep NAME``: long suites of the formulas room, in shards that go on where they were stopped.

One JSON file is written for each problem and solver. A file whose stamp (code and versions, seed, seconds, noise, units,
operators, rows) is that of the command is not made again. ``--summary`` prints the table of what is there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import induce
from benchmarks import problems, real, summary
from benchmarks.runner import environment
from benchmarks.solvers import ROOT, SOLVERS, Question, solve, solver_version

PROTOCOL = 1
"""Raised when the way of measuring changes, so that older files are measured again."""


def git(*words: str) -> str:
    """What git says about the checkout, or nothing outside of one."""
    done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def code_of(solver: str) -> str:
    """What decides a solver's figures: the package's sources for ours, the version for a peer."""
    if solver != "ours":
        return str(solver_version(solver))
    if not Path(induce.__file__).is_relative_to(ROOT / "src"):
        return f"installed {solver_version(solver)}"
    tree, changed = git("rev-parse", "HEAD:src/induce"), git("diff", "HEAD", "--", "src/induce")
    return tree + (f"+{hashlib.sha256(changed.encode()).hexdigest()[:12]}" if changed else "")


def stamp_of(solver: str, chosen: argparse.Namespace, seconds: float) -> dict[str, Any]:
    """Everything that a figure depends on beside the problem."""
    known = problems.problem_set(chosen.name) if chosen.name != "real" else None
    return {
        "protocol": PROTOCOL,
        "solver": solver,
        "code": code_of(solver),
        "seed": problems.SEED,
        "seconds": seconds,
        "noise": chosen.noise,
        "units": bool(chosen.units) and solver == "ours",
        "operators": known.operators if known else problems.OPERATORS,
        "rows": known.rows if known else None,
    }


def variant(stamp: dict[str, Any]) -> str:
    """The folder of a setting: ``ours-10s``, ``ours-60s-noise0.01-units``."""
    parts = [stamp["solver"], f"{stamp['seconds']:g}s"]
    parts += [f"noise{stamp['noise']:g}"] if stamp["noise"] else []
    return "-".join([*parts, *(["units"] if stamp["units"] else [])])


def read_record(path: Path) -> dict[str, Any] | None:
    """A result file, or None where there is none or only part of one."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Write a result file in one step, so that an interrupted sweep leaves no half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(record, indent=1, default=float) + "\n", encoding="utf-8")
    part.replace(path)


def _names(chosen: argparse.Namespace) -> list[str]:
    if chosen.name == "real":
        return list(real.TABLES)
    return [found.name for found in problems.problem_set(chosen.name).problems]


def _measure(solver: str, name: str, chosen: argparse.Namespace, seconds: float) -> dict[str, Any]:
    """The figures of one fit."""
    if chosen.name == "real":
        return real.measure(solver, name, seconds)
    known = problems.problem_set(chosen.name)
    found = next(p for p in known.problems if p.name == name)
    X, y = known.sample(found, chosen.noise)
    units = bool(chosen.units) and solver == "ours" and bool(found.units)
    answer = solve(solver, Question(found, X, y, seconds, known.operators, chosen.noise, units, problems.SEED))
    record = {"exact": answer.exact, "formula": answer.formula, "cpu": answer.cpu, "front": answer.front}
    return {**record, "truth": found.formula, **answer.more}


def work(chosen: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Every record of the asked shard: its label, itself, and whether it was made now."""
    part, parts = (int(text) for text in chosen.shard.split("/"))
    if not 1 <= part <= parts:
        raise SystemExit(f"--shard {chosen.shard}: give I/N with I from 1 to N, such as 1/2.")
    default = real.SECONDS if chosen.name == "real" else problems.problem_set(chosen.name).seconds
    seconds = chosen.seconds or default
    solvers = [chosen.only] if chosen.only else list(real.SOLVERS if chosen.name == "real" else SOLVERS)
    names = [name for i, name in enumerate(_names(chosen)) if i % parts == part - 1]
    for solver in solvers:
        if solver_version(solver) is None:
            sys.stderr.write(f"{solver}: missing\n")
            continue
        stamp = stamp_of(solver, chosen, seconds)
        for name in names:
            path = Path(chosen.out) / chosen.name / variant(stamp) / f"{name}.json"
            record = read_record(path)
            if record is not None and record["stamp"] == stamp:
                yield f"{solver} {name}", record, False
                continue
            figures = _measure(solver, name, chosen, seconds)
            over = figures["cpu"] > 1.1 * seconds + 0.5
            about = {"commit": git("rev-parse", "HEAD"), "versions": environment(), "version": solver_version(solver)}
            record = {"sweep": chosen.name, "problem": name, "stamp": stamp, **about, "over_budget": over, **figures}
            write_record(path, record)
            yield f"{solver} {name}", record, True


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit code is 0 when it got to its end."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweep", description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=[*problems.SETS, "real"])
    parser.add_argument("--only", choices=list(SOLVERS), help="one solver instead of all that are installed")
    parser.add_argument("--seconds", type=float, help="CPU seconds a problem, instead of the suite's own")
    parser.add_argument("--shard", default="1/1", help="I/N: every N-th problem from the I-th")
    parser.add_argument("--noise", type=float, default=0.0, help="noise as a share of the target's root mean square")
    parser.add_argument("--units", action=argparse.BooleanOptionalAction, default=None, help="give the problems' units")
    parser.add_argument("--out", default="out/sweeps", help="where the result files are")
    parser.add_argument("--summary", action="store_true", help="print the table of what is there, and run nothing")
    parser.add_argument("--published", help="srbench2021_groundtruth.csv, for the table beside the Feynman equations")
    chosen = parser.parse_args(arguments)
    chosen.units = chosen.name == "feynman" if chosen.units is None else chosen.units
    if chosen.summary:
        sys.stdout.write(summary.table(Path(chosen.out) / chosen.name, chosen.name, chosen.published))
        return 0
    for label, record, new in work(chosen):
        verdict = summary.verdict(record)
        made = f"{record['cpu']:.1f} s" if new else "was there"
        sys.stdout.write(f"{label}: {verdict} ({made}) {record['formula'][:120]}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
