"""Fantasies: programs drawn from a grammar, run on inputs of tasks, as examples to learn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from induce.examples import Examples
from induce.learners.programs.grammars import Weighting, grammar_of
from induce.learners.programs.running import NOTHING, Runner, key_of
from induce.learners.programs.task import ProgramTask
from induce.terms.language import Language
from induce.terms.sort import Sort
from induce.terms.term import Term

__all__ = ["fantasies"]

TOGETHER = 150
"""Programs drawn for the same inputs, among which equal behaviours are found."""


def fantasies(
    requests: Sequence[Examples],
    language: Language,
    literals: tuple[tuple[object, Sort], ...],
    rng: np.random.Generator,
    *,
    weights: Weighting | None = None,
    largest: int = 12,
    rows: tuple[int, int] = (3, 7),
) -> Iterator[list[tuple[Examples, Term]]]:
    """Yield lists of (examples, program) without end: one of a few inputs and sorts, all behaviours different.

    Programs are drawn by size, each size up to ``largest`` as often, and by their probability within a size. What has no
    value on some input, or the same on all, is left out; of programs with equal outputs the most probable is kept.

    Parameters
    ----------
    requests : sequence of Examples
        Whose inputs and sorts are used.
    language : Language
    literals : tuple of (value, sort)
    rng : numpy.random.Generator
    weights : mapping, optional
        Of the grammar; equal by default.
    largest : int
        Largest number of nodes.
    rows : (int, int)
        Fewest and most examples.

    References
    ----------
    K. Ellis et al. (2021), DreamCoder: Bootstrapping Inductive Program Synthesis with Wake-Sleep Library Learning.
    """
    grammars = {}
    sizes: dict[object, list[int]] = {}
    while True:
        given = requests[int(rng.integers(len(requests)))]
        key = (tuple(given.sorts.items()), given.result)
        if key not in grammars:
            task = ProgramTask(given, language, literals, max_size=largest)
            grammars[key] = grammar_of(task, weights)
            sizes[key] = [n for n in range(1, largest + 1) if grammars[key].count(n)]
        grammar = grammars[key]
        if not sizes[key]:
            yield []
            continue
        count = min(len(given), int(rng.integers(rows[0], rows[1] + 1)))
        places = sorted(rng.choice(len(given), count, replace=False).tolist())
        chosen = given.take(places)
        runner = Runner(chosen.inputs, count)
        best: dict[object, tuple[float, Examples, Term]] = {}
        for _ in range(TOGETHER):
            term = grammar.sample_weighted(rng, int(rng.choice(sizes[key])))
            outputs = runner.values(term)
            if NOTHING in outputs or all(o == outputs[0] for o in outputs[1:]):
                continue
            if any(isinstance(o, list) and len(o) > 60 for o in outputs):
                continue
            score = grammar.log_probability(term)
            behaviour = key_of(outputs)
            if behaviour not in best or score > best[behaviour][0]:
                made = Examples(chosen.inputs, tuple(outputs), chosen.sorts, chosen.result)
                best[behaviour] = (score, made, term)
        yield [(examples, term) for _, examples, term in best.values()]
