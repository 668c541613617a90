"""Guided search: what a prior trained on half of the families of public list tasks saves on the other half."""

from __future__ import annotations

import functools
import re
import time
from typing import Any

import numpy as np

from benchmarks.lists import tasks
from benchmarks.runner import Run, row
from induce.examples import Examples, read_examples
from induce.learners.prior import Prior
from induce.learners.programs.cheapest_first import CheapestFirst
from induce.learners.programs.enumeration import TypedEnumeration
from induce.learners.programs.grammars import grammar_of, weights_of
from induce.learners.programs.heap_search import HeapSearch
from induce.learners.programs.task import ProgramTask
from induce.programs import lists
from induce.programs.language import literals_for
from induce.terms.term import Term

Pair = tuple[Examples, Term]


def candidates(learner: Any, task: ProgramTask, most: float) -> tuple[float, Term | None]:
    """Candidates until the first program, at most ``most``, and that program."""
    tried = 0.0
    for step in learner.run(task, np.random.default_rng(0)):
        tried += step.tried
        if step.programs:
            return min(tried, most), min(step.programs, key=lambda pair: pair[1])[0]
        if tried >= most:
            break
    return most, None


def task_of(examples: Examples) -> ProgramTask:
    """The task in the language of lists."""
    return ProgramTask(examples, lists, literals_for(lists, None, examples))


@functools.cache
def halves(every: int) -> tuple[list[Pair], list[Pair]]:
    """Solved tasks of one half of the families (names without their numbers), and of the other."""
    TypedEnumeration().prepare()
    known = tasks()[::every]
    families = sorted({re.sub(r" with.*", "", entry["name"]) for entry in known})
    order = np.random.default_rng(0).permutation(len(families))
    first = {families[k] for k in order[: len(families) // 2]}
    found: tuple[list[Pair], list[Pair]] = ([], [])
    for entry in known:
        examples = read_examples([e["i"] for e in entry["examples"]], [e["o"] for e in entry["examples"]], ["xs"])
        _, term = candidates(TypedEnumeration(), task_of(examples), 1e6)
        if term is not None:
            found[re.sub(r" with.*", "", entry["name"]) not in first].append((examples, term))
    return found


@functools.cache
def trained(quick: bool) -> tuple[Prior, float]:
    """The prior, and CPU seconds of its training."""
    known, _ = halves(2 if quick else 1)
    prior = Prior(lists, literals_for(lists, None, known[0][0]))
    began = time.process_time()
    if quick:
        prior.fit(known, fantasies=2500, epochs=4)
    else:
        prior.fit(known)
    return prior, time.process_time() - began


def nats(grammar: Any, term: Term) -> float:
    """Minus the log-probability of a program's derivation."""
    return -float(sum(np.log(p) for _, _, p in grammar.derivation(term)))


@row("CPU seconds to train a prior of list programs", goal="<= 180")
def training(run: Run) -> float:
    return trained(run.quick)[1]


@row("nats that the prior saves on a held-out program beside the frequencies of operators (mean)", goal=">= 1")
def nats_saved(run: Run) -> tuple[float, bool, str]:
    prior, _ = trained(run.quick)
    known, others = halves(2 if run.quick else 1)
    frequencies = weights_of(known, lists, prior.literals, contextual=False)
    before = [nats(grammar_of(task_of(examples), frequencies), term) for examples, term in others]
    after = [nats(prior.grammar(examples), term) for examples, term in others]
    saved = float(np.mean(before) - np.mean(after))
    note = f"{len(others)} programs; {np.mean(before):.1f} to {np.mean(after):.1f}, medians {np.median(before):.1f} to {np.median(after):.1f}"
    return saved, saved >= 1, note


def factors(run: Run, plain: Any, guided: Any, most: float) -> tuple[float, bool, str]:
    """The median factor of candidates saved on held-out tasks."""
    _, others = halves(2 if run.quick else 1)
    chosen = others[:: 2 if run.quick else 1]
    before, after = ([candidates(by, task_of(e), most)[0] for e, _ in chosen] for by in (plain, guided))
    ratios = (np.array(before) + 1.0) / (np.array(after) + 1.0)  # an input may be the program, found with no candidate
    solved = [sum(n < most for n in counts) for counts in (before, after)]
    note = (
        f"{len(chosen)} tasks, at most {most:.0e} candidates: {solved[0]} and {solved[1]} solved; "
        f"geometric mean {np.exp(np.log(ratios).mean()):.2f}"
    )
    return float(np.median(ratios)), bool(np.median(ratios) > 1), note


@row("candidates of heap search by frequencies / by the prior, median on held-out tasks", goal="> 1")
def heap(run: Run) -> tuple[float, bool, str]:
    prior, _ = trained(run.quick)
    known, _ = halves(2 if run.quick else 1)
    frequencies = weights_of(known, lists, prior.literals, contextual=False)
    return factors(run, HeapSearch(frequencies), HeapSearch(prior), 1e4 if run.quick else 5e4)


@row("candidates of typed enumeration by size / by costs of the prior, median on held-out tasks", goal="> 1")
def typed(run: Run) -> tuple[float, bool, str]:
    prior, _ = trained(run.quick)
    return factors(run, TypedEnumeration(), CheapestFirst(prior), 1e6)
