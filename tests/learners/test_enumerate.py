from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from induce.algebras import evaluate_many
from induce.learners.enumerate import Enumerate
from induce.learners.growing import Growing
from induce.terms import REAL, Grammar, arithmetic, hole
from induce.terms.codes import Codebook

from .making import best, state, table, task


def grown_bank(problem, monkeypatch, **settings):
    """The bank after a complete enumeration."""
    held = []
    before = Growing.__init__

    def remember(self, *args, **kwargs):
        before(self, *args, **kwargs)
        held.append(self)

    monkeypatch.setattr(Growing, "__init__", remember)
    batches = list(Enumerate(**settings).run(problem, state(), np.random.default_rng(0)))
    grown = held[-1]
    rows = np.arange(int(grown.counts[0]))
    from induce.terms.codes import Bank

    bank = Bank(grown.op[: len(rows)], grown.left[: len(rows)], grown.right[: len(rows)], np.zeros(len(rows)))
    literal = np.array([grown.numbers.get(int(r), 0.0) for r in rows])
    bank = Bank(bank.op, bank.left, bank.right, literal)
    return grown, grown.book.decode(grown.book.bank_programs(bank, rows)), batches


def signatures(values):
    """Vectors of values, scaled, with the logarithm of their scale; constants and undefined ones left out."""
    with np.errstate(all="ignore"):
        scale = np.abs(values).mean(axis=1, keepdims=True)
        good = np.isfinite(values).all(axis=1) & (np.ptp(values, axis=1) > 1e-6 * scale[:, 0])
        good &= (scale[:, 0] > 1e-9) & (scale[:, 0] < 1e9)
        return np.hstack([values / scale, np.log(scale)])[good]


def varies(term, data):
    """Whether the term is neither constant nor out of range: what a bank keeps as a building block."""
    value = term(data.to_dict())
    scale = float(np.abs(value).mean())
    return bool(1e-20 < scale < 1e20 and np.ptp(value) > 1e-6 * scale)


@pytest.mark.parametrize(("operators", "size"), [("+ -", 7), ("+ sin exp", 6), ("* / neg", 6), ("min max -", 5)])
def test_every_distinct_function_up_to_a_size_is_in_the_bank(operators, size, monkeypatch):
    data = table(12)
    problem = task("x", data, operators, max_size=size, constants=False)
    grown, _, _ = grown_bank(problem, monkeypatch, deepest=size)
    grammar = Grammar(arithmetic, REAL, productions=operators.split(), variables=["x", "y"], max_size=size)
    book = Codebook(arithmetic, ["x", "y"])
    everything = [t for t in grammar.enumerate() if all(varies(part, data) for part in t.postorder())]
    assert len(everything) > 100
    expected = signatures(evaluate_many(book.encode(everything), problem.search[0]))
    found = signatures(grown.values[: int(grown.counts[0])])
    distance, _ = cKDTree(found).query(expected, p=np.inf)
    assert distance.max() < 1e-6


def test_forbidden_nestings_never_appear(monkeypatch):
    forbid = [("sin", "sin"), ("exp", "+")]
    problem = task("x", operators="+ * sin exp", max_size=6, forbid=forbid)
    _, terms, batches = grown_bank(problem, monkeypatch, deepest=6)
    shown = [t for b in batches if b.programs is not None for t in problem.codebook.decode(b.programs)]
    assert len(terms) > 100
    for term in [*terms, *shown]:
        for node in term.walk():
            below = {n.name for arg in node.args for n in arg.walk()}
            assert not (node.name == "sin" and "sin" in below), term
            assert not (node.name == "exp" and "+" in below), term


def test_units_are_never_violated(monkeypatch):
    data = table(units={"x": "m", "y": "s"})
    problem = task("x", data, "+ - * / sin", max_size=7, target_unit="m/s")
    grown, terms, batches = grown_bank(problem, monkeypatch, deepest=5)
    from induce.terms.dimensions import units_of

    assert len(terms) > 30
    for term in terms:
        units_of(term, {"x": "m", "y": "s"}, dimensionless_constants=True)
    shown = [t for b in batches if b.programs is not None for t in problem.codebook.decode(b.programs, fill=False)]
    assert shown
    for term in shown:
        units_of(term, {"x": "m", "y": "s"}, target="m/s")
    assert grown.dims.shape[1] == 2


def test_an_operator_that_makes_nothing_new_is_dropped():
    data = table(x=np.linspace(1.0, 2.0, 40))
    positive = task("x", data, "+ abs", max_size=12, constants=False)
    plain = task("x", data, "+", max_size=12, constants=False)

    def tried(problem):
        return sum(b.tried for b in Enumerate().run(problem, state(), np.random.default_rng(0)))

    # abs of a positive column is no new function: after three sizes it costs nothing more
    assert tried(positive) == tried(plain) + 3


@pytest.mark.parametrize("formula", ["x * y + sin(x)", "x * sin(y) - 2", "sin(x + y) * y"])
def test_small_formulas_are_found(formula):
    problem = task(formula, max_size=9)
    loss, batch, place = best(Enumerate(deepest=6).run(problem, state(), np.random.default_rng(0)))
    assert loss < 1e-20, problem.codebook.decode(batch.programs)[place]


def test_sizes_stay_within_the_grammars():
    problem = task("x * y", max_size=5)
    for batch in Enumerate().run(problem, state(), np.random.default_rng(0)):
        if batch.programs is not None and len(batch.programs):
            assert max(t.size for t in problem.codebook.decode(batch.programs)) <= 5


def test_batches_repeat_for_a_seed_and_report_complete_sizes():
    problem = task("x * y + x", max_size=6)
    runs = [list(Enumerate(deepest=5).run(problem, state(), np.random.default_rng(3))) for _ in range(2)]
    assert [b.tried for b in runs[0]] == [b.tried for b in runs[1]]
    assert [b.note for b in runs[0] if b.note] == [f"all formulas of size {k} seen" for k in range(2, 6)]


def test_a_sketch_with_fixed_parts_is_refused_in_words():
    from .making import sketched

    x = arithmetic.variable("x")
    problem = sketched(hole.choice([x, x * x], name="f") + hole.real("a"), "x + 1")
    assert Enumerate().accepts(problem) == "enumeration needs a sketch that is one choice from a grammar"
