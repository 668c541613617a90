"""Programs proposed as text: what is read from replies, and what is said of bad ones."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from induce.errors import FillError
from induce.examples import read_examples
from induce.learners.prior import Prior
from induce.learners.programs.enumeration import TypedEnumeration
from induce.learners.programs.heap_search import HeapSearch
from induce.learners.programs.prompting import candidates, prompt_for
from induce.learners.programs.proposals import Proposals
from induce.learners.programs.task import ProgramTask
from induce.programs import ProgramSynthesizer
from induce.programs.language import literals_for
from induce.synthesis import synthesize
from induce.terms.lists import INTS, lists

X = [[3, 1, 2], [5, 4], [7, 7, 1, 0], [2]]


def task_of(function, inputs=X):
    examples = read_examples(inputs, [function(x) for x in inputs], ["xs"])
    return ProgramTask(examples, lists, literals_for(lists, None, examples))


def steps(proposer, function=sorted, **options):
    return list(Proposals(proposer, **options).run(task_of(function), np.random.default_rng(0)))


def notes(proposer, function=sorted, **options):
    return [step.note for step in steps(proposer, function, **options) if step.note]


def programs(proposer, function=sorted, **options):
    return [str(term) for step in steps(proposer, function, **options) for term, _ in step.programs]


MIXED = """Sure! Here are some ideas:

```python
1. reverse(sort(xs)
2. len(xs)
3. sorted(xs)
4. reverse(xs)
5. f = sort(xs)   # the one
6. sort(xs)
7. sort(ys)
```
I hope that helps."""


def test_the_good_one_is_found_among_bad_ones_and_the_bad_ones_are_said():
    assert programs(lambda prompt: MIXED) == ["sort(xs)"]
    first, second, third = notes(lambda prompt: MIXED)
    assert first.startswith("4 of 7 proposals were not programs: at 1:")
    assert "')'" in first
    assert second == "1 of 7 proposals gave other outputs"
    assert third == "1 of 7 proposals repeated an earlier one"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("len(xs)", "1 of 1 proposal was not a program: 'len(xs)' has sort int, but list(int) was expected."),
        ("sorted(xs)", "1 of 1 proposal was not a program: at 1:1: unknown operator 'sorted'. Did you mean 'sort'?"),
        ("sort(ys)", "1 of 1 proposal was not a program: at 1:6: unknown variable 'ys'. The variables are: xs."),
        ("?f{sort(xs) | xs}", "has a hole. Write the program out."),
        ("__import__('os').system('true')", "1 of 1 proposal was not a program: at 1:1: unknown"),
        ("Sorry, I cannot help with that.", "1 of 1 proposal was not a program: at 1:1: unknown"),
        ("concat(" * 300 + "xs" + ", xs)" * 300, "1 of 1 proposal was not a program: "),
    ],
)
def test_what_is_wrong_with_a_proposal(line, message):
    found = notes(lambda prompt: line)
    assert len(found) == 1
    assert message in found[0]


def raising(prompt):
    raise TimeoutError("no answer after 30 s")


@pytest.mark.parametrize(
    ("proposer", "message"),
    [
        (lambda prompt: None, "the proposer gave None; a text or a list of texts was expected"),
        (lambda prompt: {"text": "sort(xs)"}, "the proposer gave a dict; a text or a list of texts was expected"),
        (lambda prompt: ["sort(xs)", 3], "the proposer gave a list; a text or a list of texts was expected"),
        (lambda prompt: "", "the proposer gave no text"),
        (lambda prompt: [], "the proposer gave no text"),
        (raising, "the proposer raised TimeoutError: no answer after 30 s"),
    ],
)
def test_a_proposer_that_fails_never_stops_the_search(proposer, message):
    assert notes(proposer) == [message]
    fit = synthesize(task_of(sorted), by=Proposals(proposer, then=HeapSearch()), within="1e5 candidates")
    assert str(fit.best) == "sort(xs)"
    assert message in fit.notes


def test_explosions_are_outputs_like_others():
    bombs = [
        "range(0, product(map(\\x:int. 1000, range(0, 50))))",
        "replicate(100000000000, 1)",
        "fold(\\a:list(int). \\x:int. concat(a, a), xs, range(0, 90))",
        "map(\\x:int. fold(\\a:int. \\y:int. fold(\\b:int. \\z:int. b + 1, 0, range(0, 999)), 0, range(0, 999)), range(0, 999))",
    ]
    assert notes(lambda prompt: bombs) == ["4 of 4 proposals gave other outputs"]


def test_later_prompts_say_what_was_wrong():
    prompts = []

    def proposer(prompt):
        prompts.append(prompt)
        return "sort(xs)" if len(prompts) == 3 else "take(9, xs)" if len(prompts) == 2 else "len(xs)"

    assert programs(proposer, rounds=5) == ["sort(xs)"]
    assert len(prompts) == 3
    assert "Earlier proposals were wrong" not in prompts[0]
    assert "'len(xs)' has sort int, but list(int) was expected." in prompts[1]
    assert "is right on 1 examples only." in prompts[2]


def test_the_closest_proposal_is_the_answer_if_none_fits():
    made = ProgramSynthesizer("lists", by=Proposals(lambda prompt: "xs\nreverse(xs)")).fit(X, [sorted(x) for x in X])
    assert not made.solved_
    assert str(made.best_) == "reverse(xs)"
    assert made.fit_.stopped == "the proposer was asked as often as allowed"


def test_the_next_learner_goes_on():
    by = Proposals(lambda prompt: "reverse(xs)", then=TypedEnumeration())
    made = ProgramSynthesizer("lists", by=by, within="3e5 candidates").fit(X, [[x + 1 for x in xs] for xs in X])
    assert made.solved_
    assert "1 of 1 proposal gave other outputs" in made.fit_.notes
    unwilling = Proposals(lambda prompt: "reverse(xs)", then=HeapSearch(grammar=3))
    found = list(unwilling.run(task_of(sorted), np.random.default_rng(0)))
    assert any("a guided search takes a Grammar" in step.note for step in found)


def test_the_prompt_holds_what_a_proposer_needs():
    task = task_of(sorted)
    solved = [("reverse the list", lists.parse("reverse(xs)", xs=INTS)), ("count", "len(xs)")]
    prompt = prompt_for(task, "put the numbers in order", solved, 5)
    for part in (
        "take(int, list(int)) -> list(int)", "Inputs: xs (list(int)). The output is list(int).", "xs = [3, 1, 2] -> [1, 2, 3]",
        "The task: put the numbers in order", "reverse the list: reverse(xs", "count: len(xs)", "up to 5 different programs",
    ):  # fmt: skip
        assert part in prompt
    assert "one program, and nothing else" in prompt_for(task, "", (), 1)


def test_readings_of_replies():
    lines = "- sort(xs)\n\n2) reverse(xs);\n# no\n> 3. xs\nreturn tail(xs)"
    assert [c[-1] for c in candidates(lines)] == ["sort(xs)", "reverse(xs)", "xs", "tail(xs)"]
    assert [c[-1] for c in candidates("I would say `sort(xs)` or `xs`.")] == ["sort(xs)", "xs"]
    assert [c[-1] for c in candidates("answer: sort(xs)")] == ["sort(xs)"]
    assert list(candidates("\n\n  \n")) == []
    assert sum(1 for _ in candidates("x\n" * 10_000)) == 400


def test_what_is_no_proposer_is_refused():
    with pytest.raises(
        FillError, match="a proposer is a function from a prompt to a text, but got str. Give for example lambda"
    ):
        Proposals("sort(xs)")
    with pytest.raises(FillError, match="rounds must be a whole number of at least 1, but got 0."):
        Proposals(len, rounds=0)


def test_costs_are_those_of_enumeration():
    (_, cost), *_ = [
        p for s in steps(lambda p: "map(\\x:int. x + 1, xs)", lambda xs: [x + 1 for x in xs]) for p in s.programs
    ]
    found = synthesize(task_of(lambda xs: [x + 1 for x in xs]), by=TypedEnumeration(), within="1e5 candidates")
    assert found.rows[0].description_length == cost == 5


def test_a_proposer_that_ends_the_program_does_not():
    found = synthesize(task_of(lambda xs: xs[::-1]), by=Proposals(lambda prompt: sys.exit(3), then=TypedEnumeration()))
    assert found.solved
    assert "the proposer raised SystemExit: 3" in found.notes
    with pytest.raises(FillError, match="rounds must be a whole number of at least 1, but got 'a'"):
        Proposals(len, rounds="a")
    with pytest.raises(FillError, match="a prior is over programs of a language, but got 5"):
        Prior(5, [])
