"""Searches guided by a weighted grammar: order, completeness, pruning, limits."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from induce.algebras.values import run_rows
from induce.errors import FillError, GrammarError
from induce.examples import read_examples
from induce.learners.programs.best_first import BestFirst
from induce.learners.programs.chart import Chart
from induce.learners.programs.cheapest_first import CheapestFirst
from induce.learners.programs.enumeration import TypedEnumeration
from induce.learners.programs.grammars import costs_of, grammar_of, weights_of
from induce.learners.programs.heap_search import Bank, HeapSearch
from induce.learners.programs.running import NOTHING, Runner
from induce.learners.programs.task import OUT_OF_MEMORY, ProgramTask
from induce.programs import ProgramSynthesizer
from induce.programs.language import literals_for
from induce.synthesis import synthesize
from induce.terms import INT, REAL, Grammar, Op, arithmetic
from induce.terms.language import Language
from induce.terms.lists import INTS, core_lists, lists
from induce.terms.term import variable

X = [[3, 1, 2], [5, 4], [7, 7, 1, 0], [2]]
SEARCHES = [HeapSearch, BestFirst]


def task_of(function, language=lists, inputs=X, **options):
    examples = read_examples(inputs, [function(x) for x in inputs], ["xs"])
    return ProgramTask(examples, language, literals_for(language, None, examples), **options)


def first(learner, task, limit=200_000):
    """The programs of the first step that has any, and how many were tried."""
    tried = 0.0
    for step in learner.run(task, np.random.default_rng(0)):
        tried += step.tried
        if step.programs or tried > limit:
            return list(step.programs), tried
    return [], tried


def several(learner, task, more=3_000):
    """The programs found until so many candidates after the first one."""
    found, tried, end = [], 0.0, float("inf")
    for step in learner.run(task, np.random.default_rng(0)):
        tried += step.tried
        found += step.programs
        if found:
            end = min(end, tried + more)
        if tried > min(end, 200_000):
            break
    return found


def small(weights=None, size=6, names=("+", "map", "cons", "car", "if", "<")):
    language = Language("small", [core_lists[n] for n in names], default=INT)
    return grammar_of(task_of(lambda xs: xs, language, max_size=size), weights)


WEIGHTS = {
    "input": 3.0, "0": 2.0, "$0": 4.0, ("map", 0): {"+": 5.0, "$0": 1.0, "1": 0.5}, ("", 0): {"map": 6.0, "cons": 2.0, "input": 0.5},
}  # fmt: skip


def by_best_first(grammar, count):
    whole = ((cost, term) for cost, term, _ in BestFirst().programs(grammar) if term is not None)
    return list(itertools.islice(whole, count))


def by_heap(grammar, count, pruning=False):
    task = task_of(lambda xs: xs)
    bank = Bank(grammar, task, pruning)
    whole = ((item.cost, item.term) for item, _ in bank.items_by_cost() if item is not None)
    return list(itertools.islice(whole, count))


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["equal", "contextual"])
@pytest.mark.parametrize("search", [by_heap, by_best_first])
def test_programs_come_by_falling_probability_and_none_is_missing(search, weights):
    grammar = small(weights)
    found = search(grammar, grammar.count())
    costs = [cost for cost, _ in found]
    assert all(a <= b + 1e-9 for a, b in itertools.pairwise(costs))
    assert len({term for _, term in found}) == len(found) == grammar.count()
    expected = list(grammar.enumerate())
    assert [grammar.log_probability(t) for _, t in found] == pytest.approx(
        [grammar.log_probability(t) for t in expected]
    )
    constant = grammar.log_probability(expected[0]) + costs[0]
    assert all(grammar.log_probability(t) + cost == pytest.approx(constant) for cost, t in found)


def test_pruning_leaves_one_program_for_each_behaviour_and_the_likeliest():
    grammar = small({"input": 3.0, ("cons", 0): {"+": 5.0, "1": 2.0}}, 4, ("+", "cons", "car"))
    task = task_of(lambda xs: xs)
    bank = Bank(grammar, task)
    for _ in bank.items_by_cost():
        pass
    kept = [item for item in bank.items[0] if item.values is not None]
    behaviours = {}
    for term in grammar.enumerate():
        values = run_rows(term, task.examples.inputs)
        if any(v is not None for v in values):
            behaviours.setdefault(repr(values), grammar.log_probability(term))
    assert len(kept) == len({repr(item.values) for item in kept}) == len(behaviours)
    for item in kept:
        values = [None if v is NOTHING else v for v in item.values]
        assert grammar.log_probability(item.term) == pytest.approx(behaviours[repr(values)])
    pruned, whole = sum(map(len, bank.items)), Bank(grammar, task, pruning=False)
    for _ in whole.items_by_cost():
        pass
    assert pruned < 0.7 * sum(map(len, whole.items))


def test_the_chart_holds_least_costs():
    grammar = small(WEIGHTS)
    chart = Chart(grammar)
    best = next(grammar.enumerate(1))
    steps = grammar.derivation(best)
    assert chart.inside[0] == pytest.approx(-sum(math.log(p) for _, _, p in steps))
    assert all(chart.inside[s] + chart.outside[s] >= chart.inside[0] - 1e-9 for s in range(len(chart.states)))


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize(
    "function",
    [
        sorted,
        lambda xs: [x + 1 for x in xs],
        lambda xs: xs[1:][::-1],
        lambda xs: [x for x in xs if x > 2],
        len,
        lambda xs: sum(xs) + 1,
        lambda xs: xs[0] == 2,
    ],
)
def test_they_find_what_typed_enumeration_finds(search, function):
    task = task_of(
        function, Language("few", lists.operators("+ < == sort map filter len sum head tail reverse"), default=INT)
    )
    expected, _ = first(TypedEnumeration(), task)
    found = several(search(), task)
    assert expected
    assert found
    fresh = [[9, 8, 2], [4], [2, 3, 2]]
    for term, _ in found:
        assert run_rows(term, {"xs": X}) == [function(x) for x in X]
        assert term.sort is task.examples.result
    smallest = {min(t.size for t, _ in group) for group in (expected, found)}
    assert len(smallest) == 1
    assert [function(x) for x in fresh] in [run_rows(term, {"xs": fresh}) for term, _ in found]


@pytest.mark.parametrize("search", SEARCHES)
def test_weights_save_candidates(search):
    language = Language("some", lists.operators("+ - * map reverse sort tail head len sum"), default=INT)
    task = task_of(lambda xs: [x + 1 for x in xs], language)
    found, plain = first(search(), task)
    term = min(found, key=lambda pair: pair[1])[0]
    weights = weights_of([(task.examples, term)] * 3, language, task.literals)
    again, guided = first(search(weights), task)
    assert again
    assert guided < plain / 5


def test_weights_are_shared_between_inputs_and_sorts():
    one = task_of(lambda xs: xs[::-1])
    examples = read_examples([([1, 2], 1), ([3], 0)], [[2], [3]], ["ys", "n"])
    weights = weights_of([(one.examples, lists.parse("reverse(xs)", xs=INTS))], lists, one.literals)
    grammar = grammar_of(ProgramTask(examples, lists, one.literals), weights)
    assert (
        grammar.weights["reverse", 0]["ys"]
        == grammar.weights["reverse", 0]["n"]
        > grammar.weights["reverse", 0]["sort"]
    )
    assert grammar.weights[None]["ys"] == weights[None]["input"]
    flat = weights_of([(one.examples, lists.parse("reverse(xs)", xs=INTS))], lists, one.literals, contextual=False)
    assert set(flat) == {None}
    assert sum(flat[None].values()) == pytest.approx(1)


def test_what_weights_cannot_count_is_said():
    task = task_of(sorted)
    with pytest.raises(
        GrammarError, match=r"language 'core_lists' with these literals cannot make 'sort\(xs.*Add what it"
    ):
        weights_of([(task.examples, lists.parse("sort(xs)", xs=INTS))], core_lists, task.literals)


def test_costs_from_weights():
    grammar = grammar_of(task_of(sorted), {"sort": 60.0, "input": 30.0, "fold": 0.01, "product": 0.0})
    costs = costs_of(grammar)
    assert costs["sort"] == 1
    assert costs["fold"] > costs["reverse"] > 1
    assert costs["product"] > costs["fold"]
    assert set(costs) == {op.name for op in lists}
    assert costs_of(grammar, unit=1e9) == dict.fromkeys(costs, 1)
    with pytest.raises(GrammarError, match=r"the unit of costs is -1.0; a positive number of nats was expected."):
        costs_of(grammar, unit=-1.0)
    found, _ = first(TypedEnumeration(), task_of(sorted, costs=costs))
    assert str(found[0][0]).startswith("sort(xs")


def test_a_full_queue_is_said_in_the_notes():
    task = task_of(lambda xs: [x * x + 1 for x in xs])
    fit = synthesize(task, by=BestFirst(queue=500), within="3e3 candidates")
    assert any(n.startswith("the queue was full: less likely partial programs were dropped") for n in fit.notes)
    with pytest.raises(
        FillError, match="keeps at least 2 partial programs, but queue is 1. Leave it out for a million."
    ):
        BestFirst(queue=1)


def test_a_full_bank_ends_the_search():
    fit = synthesize(task_of(lambda xs: [99]), by=HeapSearch(items=300), within="1e5 candidates")
    assert fit.stopped == OUT_OF_MEMORY


@pytest.mark.parametrize("search", SEARCHES)
def test_the_synthesizer_takes_them(search):
    made = ProgramSynthesizer("lists", by=search()).fit(X, [sorted(x) for x in X])
    assert str(made.best_) == "sort(xs)"
    again = ProgramSynthesizer("lists", by=search()).fit(X, [sorted(x) for x in X])
    assert [row.term for row in made.fit_.rows] == [row.term for row in again.fit_.rows]
    assert made.predict([[4, 3]]) == [[3, 4]]


@pytest.mark.parametrize(
    ("grammar", "message"),
    [
        (
            Grammar(arithmetic, REAL, variables=["x"]),
            "the grammar makes programs of sort real, but the outputs are list(int)",
        ),
        (
            Grammar(lists, INTS, variables={"ys": INTS}),
            "the grammar uses the variable 'ys' of sort list(int), but the inputs are: xs (list(int)). Make one by grammar_of",
        ),
        (
            7,
            "a guided search takes a Grammar, a mapping of weights or a Prior, but got int. Leave it out for equal weights.",
        ),
        ({"sort": -1.0}, "the weight of 'sort' is -1.0; a number that is not negative was expected."),
    ],
)
@pytest.mark.parametrize("search", SEARCHES)
def test_grammars_that_do_not_fit_are_refused(search, grammar, message):
    assert message in search(grammar).accepts(task_of(sorted))
    with pytest.raises(FillError) as caught:
        synthesize(task_of(sorted), by=search(grammar))
    assert message in str(caught.value)


def test_a_goal_out_of_reach_is_named():
    task = task_of(lambda xs: xs[0] == 2, Language("few", lists.operators("+ sort"), default=INT))
    assert "no input and no operator makes a value of sort bool" in HeapSearch().accepts(task)


def test_quick_runs_agree_with_the_reference_and_refuse_explosions():
    runner = Runner({"xs": X}, len(X))
    rng = np.random.default_rng(3)
    grammar = grammar_of(task_of(sorted))
    for term in {grammar.sample_weighted(rng) for _ in range(400)}:
        reference = run_rows(term, {"xs": X})
        assert [None if v is NOTHING else v for v in runner.values(term)] == reference, str(term)
    for text in (
        "range(0, product(map(\\x:int. 1000, xs)))",
        "replicate(100000, 1)",
        "[product(map(\\x:int. 99999999, xs))]",
    ):
        text = text.replace("[", "cons(").replace("]", ", empty)")
        values = runner.values(lists.parse(text, xs=INTS))
        assert values[0] is NOTHING


def test_defined_operators_run():
    twice = Op("twice", (INT,), INT)
    body = lists.parse(r"\x:int. x + x")
    runner = Runner({"n": (3, 4)}, 2, {twice: body})
    assert runner.values(twice(variable("n", INT))) == [6, 8]


def test_cheapest_first_needs_no_grammar():
    found = ProgramSynthesizer("lists", by=CheapestFirst(), within="1e4 candidates").fit(
        [[1, 2], [3, 4, 5]], [[2, 1], [5, 4, 3]]
    )
    assert str(found.best_) == "reverse(xs)"


@pytest.mark.parametrize("weights", [{"revers": 1}, {("revers", 0): {"xs": 1}}, {None: {"revers": 1}}])
def test_a_misspelt_name_in_weights_is_said(weights):
    words = r"the weights name 'revers', which language 'lists' does not have\. Did you mean 'reverse'\?"
    with pytest.raises(FillError, match=words):
        ProgramSynthesizer("lists", by=HeapSearch(weights)).fit([[1, 2]], [[2, 1]])
