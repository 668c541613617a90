"""Libraries that people can read: programs proposed as text; what they share is found, named and documented."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from induce.examples import read_examples
from induce.learners.library import compress, document, expand, grow
from induce.learners.programs.proposals import Proposals
from induce.papers import Check
from induce.programs import ProgramSynthesizer, lists

TITLE = "G. Grand et al. (2024), LILO: Learning Interpretable Libraries by Compressing and Documenting Code"
CLAIM = "What solved programs share becomes operators; named and documented in turn, they make programs readable."
RATIOS = {"bridge": 4.53, "castle": 2.62, "city": 3.06}  # stitch's own: ten abstractions, at most two arguments
PUBLIC = Path(os.environ.get("INDUCE_SHARED_DATA", "-"), "programs", "compression", "cogsci")  # not shipped
INPUTS = [[3, 1, 4, 1, 5], [2, 9], [7, 0, 9, 6]]
SHAPE = "(repeat (lam (join $0 (shift {} 0 (repeat (lam (turn (/ tau {}) (move {} $0))) {} pen)))) 4 blank)"
SHARED = [r"map(\x:int. x * x + 1, {})", r"sum(map(\x:int. x * x, {}))", r"filter(\x:int. x % 3 == 0, {})"]
CANNED = ["sum(", "is_even(xs)", "I would sort.", "sort(xs)", "sort(xs)", "import os", "reverse(sort(xs))", "len(ys)"]


@dataclass
class Result:
    """Ratio and goal of each corpus, programs that did not come back, and what is wrong with the rest."""

    ratios: dict[str, tuple[float, float]]
    wrong: list[str]


def small(names: tuple[str, ...] = ("bridge",)) -> Result:
    drawn = [SHAPE.format(*sizes) for sizes in np.random.default_rng(0).integers(1, 9, (60, 4))]  # rows of polygons
    corpora = {n: json.loads((PUBLIC / f"{n}.json").read_text()) for n in names if (PUBLIC / f"{n}.json").exists()}
    result = Result({}, [*proposed(), *documented()])
    for name, programs in (corpora or {"drawn": drawn}).items():
        found = compress(programs, seconds=600)
        result.ratios[name] = (round(found.ratio, 2), RATIOS.get(name, 3.0))
        back = [expand(program, found.abstractions) for program in found.rewritten]
        result.wrong += [p for p, b in zip(programs, back, strict=True) if b != expand(p, [])]
    return result


def proposed() -> list[str]:
    """What is wrong with the use of a proposer that says wrong sorts, bad syntax, repeats, and one solution."""
    by = Proposals(lambda prompt: CANNED)
    found = ProgramSynthesizer(lists, by=by).fit(INPUTS, [sorted(x)[::-1] for x in INPUTS])
    told = [bad for bad in ("not programs", "other outputs", "repeated") if bad in str(found.fit_.notes)]
    return [] if len(told) == 3 and str(found.best_) == "reverse(sort(xs))" else [f"proposals gave {found.best_}"]


def documented() -> list[str]:
    """What is wrong with the names and calls of a library of programs on lists."""
    texts = [shared.format(xs) for shared in SHARED for xs in ("tail(xs)", "sort(xs)", "reverse(xs)", "xs")]
    programs = [lists.parse(text, xs=lists["sort"].result) for text in texts]
    examples = [read_examples(INPUTS, [p(xs=x) for x in INPUTS], ["xs"]) for p in programs]
    library = grow(lists, list(zip(programs, examples, strict=True))).library
    told = document(library, solved := list(zip(texts, examples, programs, strict=True)))
    names = [entry.name for entry in told.documentation]
    wrong = [n for n in names if not n.isidentifier() or n in lists or names.count(n) > 1] if names else ["no operator"]
    wrong += ["other names when run again"] * (str(document(library, solved)) != str(told))
    for entry, made in zip(told.documentation, told.library.definitions, strict=True):
        true = [call.holds(made.op, told.library.language) for call in entry.calls]
        wrong += [f"calls of {entry.name}"] * (true != [True] * (2 if made.op.arity else 1))
    return wrong


def full() -> Result:
    return small(tuple(RATIOS))


def check(result: Result) -> Check:
    ratios = ", ".join(f"{name} {ratio:.2f}, goal {goal}" for name, (ratio, goal) in result.ratios.items())
    holds = not result.wrong and all(ratio >= goal for ratio, goal in result.ratios.values())
    line = "stitch's ratios, all programs back; good proposal used; names valid, unique, the same again; calls true"
    return Check(f"{ratios}; wrong: {', '.join(result.wrong) or 'nothing'}", line, holds)
