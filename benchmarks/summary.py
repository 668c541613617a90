"""Tables of what a sweep has written: exact counts of every solver and setting, and how the budgets and constants were kept."""

from __future__ import annotations

import csv
import json
import os
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import problems
from benchmarks.optimum import TOLERANCE
from induce.formulas.families import family

Record = dict[str, Any]
SHARED = "INDUCE_SHARED_DATA"
"""Environment variable with the folder that holds ``regression/srbench2021_groundtruth.csv``, which is not shipped."""


def verdict(record: Record) -> str:
    """What came out of one fit, in a word or two."""
    if "error" in record:
        return record["error"]
    if "test_r2" in record:
        return f"test R2 {record['test_r2']:.4f}, {record['nodes']} nodes"
    return "exact" if record["exact"] else "-"


def read(folder: Path) -> dict[str, list[Record]]:
    """The records below a sweep's folder, by setting."""
    found: dict[str, list[Record]] = defaultdict(list)
    for path in sorted(folder.glob("*/*.json")):
        found[path.parent.name].append(json.loads(path.read_text(encoding="utf-8")))
    return dict(found)


def table(folder: Path, name: str, published: str | None = None) -> str:
    """The table of a sweep as text."""
    settings = read(folder)
    if not settings:
        return f"there is nothing in {folder}; run the sweep first.\n"
    lines = _real(settings) if name == "real" else _exact(settings, name)
    lines += ["", *_kept(settings)]
    if name == "feynman":
        lines += ["", *_beside_srbench(settings, published)]
    return "\n".join(lines) + "\n"


def _exact(settings: dict[str, list[Record]], name: str) -> list[str]:
    asked = problems.problem_set(name)
    total = len(asked.problems)
    lines = [f"{name}: {total} problems; goal: {asked.goal}; operators {asked.operators}"]
    if name == "feynman":
        lines.append(f"{len(family(name))} equations, {total} distinct (up to names of variables and a numeric factor)")
    lines.append("")
    names = [found.name for found in asked.problems]
    cells = {s: {r["problem"]: r for r in records} for s, records in settings.items()}
    lines += ["problem".ljust(16) + "".join(s.rjust(len(s) + 3) for s in cells)]
    for problem in names:
        row = problem.ljust(16)
        for setting, records in cells.items():
            record = records.get(problem)
            text = "." if record is None else "error" if "error" in record else "exact" if record["exact"] else "-"
            row += text.rjust(len(setting) + 3)
        lines.append(row)
    lines.append("")
    for setting, records in cells.items():
        done = list(records.values())
        exact = sum(r["exact"] for r in done)
        seen = sum(bool(r.get("found_exact")) or r["exact"] for r in done)
        versions = sorted({str(r["version"]) for r in done})
        other = f"; {seen} with the truth on the front" if setting.startswith("ours") else "; any of 8 models counts"
        used = sum(r["cpu"] for r in done)
        lines.append(
            f"{setting} ({', '.join(versions)}): exact {exact} of {len(done)} run ({exact / max(len(done), 1):.1%}), "
            f"{total - len(done)} not run{other}; {used:.0f} CPU s"
        )
    return lines


def _real(settings: dict[str, list[Record]]) -> list[str]:
    lines = [
        "real tables: test R2 (nodes after SymPy's simplifier); goal: median R2 not below pyoperon's, half its size",
        "",
    ]
    for setting, records in settings.items():
        done = [r for r in records if "error" not in r]
        lines += [
            f"{setting} {r['problem']:<24} {r['test_r2']:8.4f}  {r['nodes']:4d}  {r['formula'][:100]}" for r in done
        ]
        if done:
            score, size = median(r["test_r2"] for r in done), median(r["nodes"] for r in done)
            lines.append(f"{setting}: median test R2 {score:.4f}, median nodes {size:g} over {len(done)} tables")
    return lines


def _kept(settings: dict[str, list[Record]]) -> list[str]:
    """Whether the budgets were kept and the constants are at an optimum."""
    lines = []
    for setting, records in settings.items():
        late = [f"{r['problem']} {r['cpu']:.1f} s" for r in records if r["over_budget"]]
        worst = max((r["cpu"] - r["stamp"]["seconds"] for r in records), default=0.0)
        text = f"{setting}: over 1.1 x the CPU seconds + 0.5: {', '.join(late) or 'none'} (worst {worst:+.2f} s)"
        falls = [r for r in records if "fall" in r]
        if falls:
            loose = [f"{r['problem']} {r['fall']:.1e}" for r in falls if r["fall"] > TOLERANCE]
            count = sum(r["constants"] for r in falls)
            codes = len({r["stamp"]["code"] for r in records})
            text += f"; {codes} versions of the code" if codes > 1 else ""
            text += f"; constants off their optimum: {', '.join(loose) or 'none'} (of {count})"
        lines.append(text)
    return lines


def published_rates(path: str | None, noise: float) -> dict[str, dict[str, float]]:
    """Exact-solution rates of the public comparison, by data set and method; empty where the file is absent."""
    folder = os.environ.get(SHARED)
    given = path or (str(Path(folder) / "regression" / "srbench2021_groundtruth.csv") if folder else None)
    if given is None or not Path(given).is_file():
        return {}
    rates: dict[str, dict[str, float]] = defaultdict(dict)
    with Path(given).open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if (
                row["data_group"] == "Feynman"
                and float(row["target_noise"]) == noise
                and row["symbolic_solution_rate_(%)"]
            ):
                rates[row["dataset"]][row["algorithm"]] = float(row["symbolic_solution_rate_(%)"])
    return dict(rates)


def dataset_of(name: str, known: Iterable[str]) -> str | None:
    """What the public table calls an equation: ``feynman_III_10_19`` for ``III.10.19``, or None where it has none.

    The public files drop the last zero of some numbers: ``I.6.20a`` is ``feynman_I_6_2a`` there.
    """
    whole = "feynman_" + name.replace(".", "_")
    tried = (whole, re.sub(r"0([a-z]?)$", r"\1", whole))
    return next((found for found in tried if found in known), None)


def _beside_srbench(settings: dict[str, list[Record]], path: str | None) -> list[str]:
    lines = []
    for setting, records in settings.items():
        noise = records[0]["stamp"]["noise"]
        rates = published_rates(path, noise)
        names = {r["problem"]: dataset_of(r["problem"], rates) for r in records}
        shared = [r for r in records if names[r["problem"]]]
        if not shared:
            lines.append(f"{setting}: the public table is not at hand; give --published FILE or set {SHARED}")
            continue
        methods = sorted({m for r in shared for m in rates[names[r["problem"]]]})
        means = {
            m: sum(rates[names[r["problem"]]].get(m, 0.0) for r in shared) / len(shared) for m in methods
        }  # fmt: skip
        best = max(means, key=lambda m: means[m])
        own = 100 * sum(r["exact"] for r in shared) / len(shared)
        lines.append(
            f"{setting}, the {len(shared)} equations shared with the 2021 public comparison: {own:.1f} % beside {best} "
            f"{means[best]:.1f} % there (not the same protocol: other rows and operators, budgets of hours)"
        )
    return lines
