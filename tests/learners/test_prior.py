"""The neural prior: what it reads, what it learns from, what it says, and how it is kept."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest

from induce.algebras.values import run_rows
from induce.errors import FillError, FormatError, GrammarError
from induce.examples import read_examples
from induce.learners.beam import Beam
from induce.learners.prior import Prior
from induce.learners.programs.cheapest_first import CheapestFirst
from induce.learners.programs.encoding import FEATURES, LONGEST, VOCABULARY, encode
from induce.learners.programs.fantasies import fantasies
from induce.learners.programs.grammars import grammar_of
from induce.learners.programs.heap_search import HeapSearch
from induce.learners.programs.tables import WeightTable
from induce.learners.programs.task import ProgramTask
from induce.learners.programs.usage import expected_uses
from induce.programs import ProgramSynthesizer
from induce.terms import INT, Grammar
from induce.terms.language import Language
from induce.terms.lists import INTS, core_lists, lists

X = [[3, 1, 2], [5, 4], [7, 7, 1, 0], [2, 9, 3], [8, 8, 6]]
LITERALS = ((0, INT), (1, INT), (2, INT))
FEW = Language("few", lists.operators("+ < map filter reverse sort tail head len sum"), default=INT)


def examples_of(function, inputs=X, names=("xs",)):
    return read_examples(inputs, [function(x) for x in inputs], names)


REPLAYS = [
    (examples_of(lambda xs: xs[::-1]), lists.parse("reverse(xs)", xs=INTS)),
    (examples_of(sorted), lists.parse("sort(xs)", xs=INTS)),
    (examples_of(lambda xs: [x + 1 for x in xs]), lists.parse(r"map(\x:int. x + 1, xs)", xs=INTS)),
    (examples_of(len), lists.parse("len(xs)", xs=INTS)),
]


@pytest.fixture(scope="module")
def prior():
    return Prior(FEW, LITERALS, units=16).fit(
        REPLAYS, fantasies=40, epochs=30, batch=8, replays=0.5, largest=5, rate=0.01, seed=1
    )


def nats(grammar, term):
    return -math.fsum(math.log(p) for _, _, p in grammar.derivation(term))


def test_training_makes_the_programs_of_replays_likelier(prior):
    assert prior.fantasies == 40
    assert len(prior.history) == 30
    assert prior.history[-1] < prior.history[0]
    for examples, term in REPLAYS:
        equal = grammar_of(ProgramTask(examples, FEW, LITERALS))
        assert nats(prior.grammar(examples), term) < nats(equal, term) - 1.0


def test_it_tells_tasks_apart(prior):
    (first, reverse), (second, sort) = REPLAYS[:2]
    assert nats(prior.grammar(first), reverse) < nats(prior.grammar(second), reverse) - 0.5
    assert nats(prior.grammar(second), sort) < nats(prior.grammar(first), sort) - 0.5


def test_inputs_of_other_names_and_several_of_them(prior):
    examples = read_examples([([1, 2], 1), ([3, 1], 0)], [[2, 1], [1, 3]], ["ys", "n"])
    grammar = prior.grammar(examples)
    assert isinstance(grammar, Grammar)
    assert grammar.contains(lists.parse("reverse(ys)", ys=INTS))
    assert grammar.weights["reverse", 0]["ys"] == grammar.weights["reverse", 0]["n"]


def test_the_same_seed_gives_the_same_prior(prior):
    again = Prior(FEW, LITERALS, units=16).fit(
        REPLAYS, fantasies=40, epochs=30, batch=8, replays=0.5, largest=5, rate=0.01, seed=1
    )
    other = Prior(FEW, LITERALS, units=16).fit(REPLAYS, fantasies=40, epochs=1, largest=5, seed=2)
    examples = REPLAYS[0][0]
    assert again.weights(examples) == prior.weights(examples)
    assert other.weights(examples) != prior.weights(examples)


def test_a_budget_ends_training():
    made = Prior(FEW, LITERALS, units=16).fit(REPLAYS, fantasies=50, epochs=500, largest=4, within="0.4s")
    assert 1 <= len(made.history) < 500


def test_fantasies_alone_and_replays_alone():
    alone = Prior(FEW, LITERALS, units=16).fit(tasks=[e for e, _ in REPLAYS], fantasies=60, epochs=1, largest=4)
    assert alone.fantasies == 60
    replays = Prior(FEW, LITERALS, units=16).fit(REPLAYS, fantasies=0, epochs=2)
    assert replays.fantasies == 0
    assert replays.weights(REPLAYS[0][0])


def test_searches_take_a_prior(prior):
    task = ProgramTask(REPLAYS[2][0], FEW, LITERALS)

    def tried(learner):
        total = 0.0
        for step in learner.run(task, np.random.default_rng(0)):
            total += step.tried
            if step.programs:
                return total
        raise AssertionError("no program")

    assert tried(HeapSearch(prior)) <= tried(HeapSearch())
    made = ProgramSynthesizer(FEW, by=Beam(prior, width=100), constants=[0, 1, 2]).fit(X, [len(x) for x in X])
    assert str(made.best_) == "len(xs)"
    made = ProgramSynthesizer(FEW, by=CheapestFirst(prior), constants=[0, 1, 2]).fit(X, [x[::-1] for x in X])
    assert str(made.best_) == "reverse(xs)"


def test_costs_follow_the_examples(prior):
    reverse, sort = prior.costs(REPLAYS[0][0]), prior.costs(REPLAYS[1][0])
    assert set(reverse) == {op.name for op in FEW}
    assert min(reverse.values()) >= 1
    assert reverse["reverse"] < sort["reverse"]
    assert sort["sort"] < reverse["sort"]
    task = ProgramTask(REPLAYS[0][0], FEW, LITERALS)
    weighted = CheapestFirst({"sort": 50.0, "input": 20.0})
    assert weighted.costs(task)["sort"] == 1
    assert weighted.costs(task)["map"] > 1
    assert "a guided search takes" in CheapestFirst(3).accepts(task)


def test_saved_priors_say_the_same(prior, tmp_path):
    prior.save(tmp_path / "prior")
    again = Prior.load(tmp_path / "prior")
    for examples, _ in REPLAYS:
        assert again.weights(examples) == prior.weights(examples)
    assert again.history == prior.history
    assert {p.name for p in (tmp_path / "prior").iterdir()} == {"prior.json", "tensors.safetensors"}
    document = json.loads((tmp_path / "prior" / "prior.json").read_text())
    (tmp_path / "prior" / "prior.json").write_text(json.dumps({**document, "format": "prior 9"}))
    with pytest.raises(FormatError, match="was written in the layout 'prior 9', which is newer. Update induce."):
        Prior.load(tmp_path / "prior")
    (tmp_path / "prior" / "prior.json").write_text(json.dumps({**document, "units": 32}))
    with pytest.raises(FormatError, match="holds no saved prior: RuntimeError"):
        Prior.load(tmp_path / "prior")
    with pytest.raises(
        FormatError, match=r"'.*none' holds no saved prior: FileNotFoundError.*Give the folder that save"
    ):
        Prior.load(tmp_path / "none")


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: Prior(FEW, units=7),
            FillError,
            "units must be an even whole number from 2 on, but got 7. Use for example 64.",
        ),
        (
            lambda: Prior(FEW).weights(REPLAYS[0][0]),
            FillError,
            "this prior has learned nothing yet. Call fit(pairs) or load one",
        ),
        (
            lambda: Prior(FEW).save("nowhere"),
            FillError,
            "this prior has learned nothing yet, so there is nothing to save.",
        ),
        (lambda: Prior(FEW).fit(), FillError, "a prior learns from programs and from tasks, but got neither."),
        (
            lambda: Prior(core_lists, LITERALS).fit(REPLAYS),
            GrammarError,
            "language 'core_lists' with these literals cannot make 'reverse(xs)'. Add what it uses, or leave it out.",
        ),
    ],
)
def test_errors(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)


def test_an_untrained_prior_is_refused_by_searches():
    with pytest.raises(FillError, match="this prior has learned nothing yet"):
        ProgramSynthesizer(FEW, by=HeapSearch(Prior(FEW))).fit(X, [len(x) for x in X])


# ---- what it is made of


def test_the_table_gives_the_probabilities_of_the_grammar():
    table = WeightTable(lists, LITERALS)
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(len(table.rows), len(table.columns)))
    checked = 0
    for drawn in itertools.islice(fantasies([e for e, _ in REPLAYS], lists, LITERALS, rng, largest=7), 4):
        for examples, term in drawn[:25]:
            choices = table.choices(examples, term)
            chosen = logits[choices.rows]
            possible = np.log(np.exp(chosen + np.array(table.masks)[choices.masks]).sum(1))
            ours = (chosen[np.arange(len(chosen)), choices.columns] - possible).sum()
            task = ProgramTask(examples, lists, LITERALS, max_size=200)
            assert -nats(grammar_of(task, table.weights(logits)), term) == pytest.approx(ours, abs=1e-4)
            checked += 1
    assert checked > 60


def test_doubt_bounds_how_sure_the_prior_is():
    table = WeightTable(FEW, LITERALS)
    examples = REPLAYS[0][0]
    rng = np.random.default_rng(0)
    sure = 30.0 * rng.normal(size=(len(table.rows), len(table.columns)))
    plain = rng.normal(size=sure.shape)
    allowed = table.allowed(examples)
    row = table.rows.index(("reverse", 0))
    names = {table.columns[k] for k in np.flatnonzero(allowed[row])}
    assert names == {"map", "filter", "reverse", "sort", "tail", "input"}
    shares = np.exp(table.mixed(sure, plain, 0.2, examples)) * allowed
    likely = np.exp(plain) * allowed
    assert shares[row].sum() == pytest.approx(1.0)
    assert (shares >= 0.2 * likely / likely.sum(1, keepdims=True) - 1e-9)[allowed].all()
    whole = np.exp(table.mixed(sure, plain, 1.0, examples)) * allowed
    assert whole[row] == pytest.approx((likely / likely.sum(1, keepdims=True))[row], abs=1e-9)


def test_fantasies_are_defined_varied_and_right():
    source = fantasies([e for e, _ in REPLAYS], lists, LITERALS, np.random.default_rng(0), largest=7)
    for drawn in itertools.islice(source, 3):
        behaviours = set()
        for examples, term in drawn:
            assert run_rows(term, examples.inputs) == list(examples.outputs)
            assert term.size <= 7
            assert len({repr(o) for o in examples.outputs}) > 1
            behaviours.add((repr(examples.inputs), repr(examples.outputs)))
        assert len(behaviours) == len(drawn) > 5
    one, two = (
        next(fantasies([REPLAYS[0][0]], lists, LITERALS, np.random.default_rng(3), largest=6)) for _ in range(2)
    )
    assert [t for _, t in one] == [t for _, t in two]


def test_the_most_probable_of_equal_behaviours_is_kept():
    few = Language("two", lists.operators("reverse"), default=INT)
    drawn = next(fantasies([REPLAYS[0][0]], few, (), np.random.default_rng(0), largest=9))
    assert sorted(str(term) for _, term in drawn) == ["reverse(xs)", "xs:list(int)"]


def test_a_language_without_programs_for_a_sort():
    few = Language("two", lists.operators("+ head"), default=INT)
    with pytest.raises(GrammarError, match="the smallest term of sort int has 2 nodes, but max_size is 1."):
        next(fantasies([examples_of(len)], few, (), np.random.default_rng(0), largest=1))


def test_encoding():
    tokens, features = encode(examples_of(sorted))
    assert tokens.shape == (5, 2 + 4 + 2 * 4)
    assert features.shape == (*tokens.shape, FEATURES)
    assert (tokens[1] == 0).sum() == 4
    assert np.isfinite(features).all()
    wide = read_examples([("a ü", True, list(range(99))), ("", False, [-(10**9), 10**9])], ["x", "y"], ["s", "p", "ns"])
    tokens, features = encode(wide)
    assert tokens.max() < VOCABULARY
    assert tokens.shape[1] == 1 + 3 + 1 + 1 + 1 + 2 + LONGEST + 1 + 1
    assert np.abs(features).max() <= 4.0


def test_expected_uses_of_a_recursive_grammar():
    grammar = Grammar(lists, INTS, productions=["reverse"], variables={"xs": INTS}, weights={"reverse": 1, "xs": 1})
    uses = expected_uses(grammar, rounds=60)
    assert uses["xs"] == pytest.approx(1.0)
    assert uses["reverse"] == pytest.approx(1.0)


def test_a_language_without_valid_fantasies_is_said():
    bare = Language("bare", lists.operators("head tail"), default=INT)
    with pytest.raises(FillError, match=r"of the programs drawn from language 'bare' none has a value on every input"):
        Prior(bare, units=4).fit(tasks=[read_examples([[], [1]], [0, 1], ["xs"])])


def test_without_valid_fantasies_replays_alone_are_learned():
    single = read_examples([[3, 1]], [2], ["xs"])
    prior = Prior(FEW, units=4).fit([(single, lists.parse("len(xs)", xs=INTS))], epochs=1, largest=3)
    assert prior.fantasies == 0
    assert len(prior.history) == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"pairs": [(REPLAYS[0][0], "x")]},
            r"pair 0 must be \(examples, program\), but got a str in place of the program",
        ),
        ({"pairs": [([1], REPLAYS[0][1])]}, r"pair 0 must .* got a list in place of the examples"),
        ({"pairs": "xs"}, r"pair 0 must .* but got a str"),
        ({"tasks": [REPLAYS[0][0], 3]}, r"task 1 must be examples, but got a int. Write read_examples"),
    ],
)
def test_what_are_no_examples_and_programs_is_said(given, words):
    with pytest.raises(FillError, match=words):
        Prior(FEW).fit(**given)
