"""Compression of public corpora: how many times shorter, and whether every program comes back."""

from __future__ import annotations

import json
import os
from pathlib import Path

from benchmarks.runner import Run, row
from benchmarks.summary import SHARED
from induce.formulas import family
from induce.learners.library import compress, compress_terms, document, expand
from induce.terms import arithmetic

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
