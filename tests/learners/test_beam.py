from __future__ import annotations

import itertools

import numpy as np
import pytest

from induce.errors import FillError
from induce.examples import read_examples
from induce.learners.beam import Beam
from induce.learners.programs.best_first import BestFirst
from induce.learners.programs.grammars import weights_of
from induce.learners.programs.task import ProgramTask
from induce.programs import ProgramSynthesizer
from induce.programs.language import literals_for
from induce.synthesis import synthesize
from induce.terms import INT
from induce.terms.language import Language
from induce.terms.lists import INTS, lists

X = [[3, 1, 2], [5, 4], [7, 7, 1, 0], [2]]


def task_of(function, language=lists, **options):
    examples = read_examples(X, [function(x) for x in X], ["xs"])
    return ProgramTask(examples, language, literals_for(language, None, examples), **options)


def found_by(learner, task):
    steps = list(itertools.islice(learner.run(task, np.random.default_rng(0)), 4000))
    return {term: cost for step in steps for term, cost in step.programs}, sum(step.tried for step in steps), steps[-1]


def test_a_wide_beam_finds_what_an_exact_search_finds():
    language = Language("few", lists.operators("+ sort reverse tail map"), default=INT)
    task = task_of(lambda xs: sorted(xs)[1:], language, max_size=5)
    exact, tried, last = found_by(BestFirst(), task)
    beam, tried_too, last_too = found_by(Beam(width=10**5), task)
    assert exact
    assert beam == pytest.approx(exact)
    assert tried == tried_too
    assert last.ended == last_too.ended == ""


def test_a_narrow_beam_looks_at_less_and_says_so():
    task = task_of(lambda xs: [x + 1 for x in xs], max_size=8)
    _, tried, last = found_by(Beam(width=20, wider=0), task)
    assert 0 < tried < 3000
    assert last.ended.startswith("the beam is empty; it had dropped ")
    fit = synthesize(task_of(lambda xs: [99, 98], max_size=8), by=Beam(width=20, wider=0))
    assert fit.stopped.startswith("the beam is empty; it had dropped ")
    assert not fit.solved


def test_weights_let_a_narrow_beam_find_the_program():
    task = task_of(lambda xs: [x * x + 1 for x in xs], max_size=10)
    term = lists.parse(r"map(\x:int. x * x + 1, xs)", xs=INTS)
    weights = weights_of([(task.examples, term)] * 3, lists, task.literals)
    found, tried, _ = found_by(Beam(weights, width=50, wider=0), task)
    assert term in found
    assert tried < 2000


def test_a_wider_beam_finds_more_and_repeats_nothing():
    task = task_of(lambda xs: [x + 1 for x in xs], max_size=8)
    one, few, _ = found_by(Beam(width=30, wider=0), task)
    two, more, _ = found_by(Beam(width=30, wider=2), task)
    assert few < more
    assert set(one) <= set(two)


def test_the_synthesizer_takes_it():
    made = ProgramSynthesizer("lists", by=Beam()).fit(X, [x[::-1] for x in X])
    assert str(made.best_) == "reverse(xs)"


def test_what_a_beam_refuses():
    with pytest.raises(
        FillError, match="a beam has a width of at least 1 and is widened 0 times or more, but got 0 and 2."
    ):
        Beam(width=0)
    assert "a guided search takes a Grammar" in Beam("lists").accepts(task_of(sorted))
