"""The ``hierarchies`` suite: label trees in segmentation, diagnoses of pseudo-labels, and diagnoses against brute force."""

from __future__ import annotations

import itertools
import time
from typing import Any

import numpy as np

from benchmarks.runner import Run, row
from induce.papers import find_paper
from induce.rules import Hierarchy, diagnose, labeled_pictures, revise


def page(slug: str, run: Run) -> tuple[Any, str, float]:
    """The result of a page, small or full, its figure in words, and what it cost."""
    module = find_paper(slug).module
    began = time.process_time()
    result = module.small() if run.quick else module.full()
    return result, module.check(result).figure, time.process_time() - began


@row(
    "segmentation by a tree of 12 leaves, 20 % of the leaf labels wrong: leaf mIoU over the same net trained flat, points",
    goal=">= 1, middle >= 2, incoherent >= 3 % and decoded <= 0.1 %",
)
def segmentation(run: Run) -> tuple[float, bool, str]:
    result, figure, seconds = page("logicseg", run)
    holds = find_paper("logicseg").module.check(result).holds
    return float(100 * (result[:, 2] - result[:, 0]).mean()), holds, f"{figure}; {seconds:.0f} CPU s"


@row(
    "pseudo-labels by diagnosis, 10 labeled pictures: precision over thresholding the same teacher at equal coverage, points",
    goal=">= 3, leaf mIoU over a flat net >= 1.5",
)
def pseudo_labels(run: Run) -> tuple[float, bool, str]:
    result, figure, seconds = page("logicdiag", run)
    holds = find_paper("logicdiag").module.check(result).holds
    return float(100 * (result[:, 4] - result[:, 1]).mean()), holds, f"{figure}; {seconds:.0f} CPU s"


def random_rules(rng: np.random.Generator, atoms: list[str]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """What random constraints forbid: atoms that are true and atoms that are false together."""
    made = []
    for _ in range(int(rng.integers(1, 7))):
        chosen = rng.permutation(len(atoms))[: int(rng.integers(1, min(len(atoms), 4) + 1))].tolist()
        cut = int(rng.integers(0, len(chosen) + 1))
        made.append((tuple(chosen[:cut]), tuple(chosen[cut:])))
    return made


def least_revisions(rules: list[Any], assignment: Any) -> set[tuple[int, ...]] | None:
    """All least sets of atoms whose revision satisfies the rules, by trying every set."""
    found: list[tuple[int, ...]] = []
    for size in range(len(assignment) + 1):
        for chosen in itertools.combinations(range(len(assignment)), size):
            revised = assignment.copy()
            revised[list(chosen)] ^= True
            fine = not any(revised[list(t)].all() and not revised[list(f)].any() for t, f in rules)
            if fine and not any(set(small) <= set(chosen) for small in found):
                found.append(chosen)
    return set(found) if found else None


@row("500 random sets of rules: diagnoses that differ from a search of all revisions", goal="== 0")
def diagnoses(run: Run) -> tuple[float, bool, str]:
    rng, wrong, counted, several = np.random.default_rng(7), 0, 0, 0
    while counted < 500:
        atoms = [f"a{k}" for k in range(int(rng.integers(2, 8)))]
        rules, assignment = random_rules(rng, atoms), rng.random(len(atoms)) < 0.5
        expected = least_revisions(rules, assignment)
        if expected is None:
            continue
        counted += 1
        several += len(expected) > 1
        body = [", ".join([*(atoms[k] for k in t), *(f"not {atoms[k]}" for k in f)]) for t, f in rules]
        text = "\n".join(f":- {one}." for one in body)
        found = diagnose(assignment, rng.uniform(0.1, 0.9, len(atoms)), text, atoms=atoms)
        wrong += {tuple(atoms.index(name) for name in d.revised) for d in found} != expected or len(found) != len(
            expected
        )
    return float(wrong), wrong == 0, f"{several} of 500 cases have several diagnoses"


@row(
    "100,000 random positions of 18 labels: CPU s to decode exactly and to revise what contradicts the tree",
    goal="<= 10",
)
def positions(run: Run) -> tuple[float, bool, str]:
    count = 20_000 if run.quick else 100_000
    tree = Hierarchy(labeled_pictures(1).tree)
    degrees = np.random.default_rng(0).random((count, len(tree)), dtype=np.float32)
    tree.decode(degrees[:10])  # the first call loads what it needs
    began = time.process_time()
    tree.decode(degrees)
    decoded = time.process_time() - began
    said = np.zeros(degrees.shape, dtype=bool)
    np.put_along_axis(said, tree.decode(degrees, "argmax"), True, axis=1)
    began = time.process_time()
    changed = revise(said, degrees, tree).changed.mean()
    revised = time.process_time() - began
    seconds = (decoded + revised) * 100_000 / count
    return (
        seconds,
        seconds <= 10,
        f"decoding {decoded:.2f} s, revising {revised:.2f} s of {count:,} rows, {changed:.0%} changed",
    )
