from __future__ import annotations

import numpy as np

from induce.learners.discovering import discovered, planted_tokens, repeated
from induce.learners.elites import Elites
from induce.learners.forms import node_costs
from induce.learners.modulating import Known, simple_terms, terms_of
from induce.learners.positions import spans
from induce.learners.pruning import expanded, pruned, without_a_part
from induce.learners.scoring import as_trees, unexplained, written
from induce.learners.tokens import ROOM, Promoted, base_tokens, with_promoted
from induce.terms import arithmetic

from .making import table, task


def trees_of(problem, *texts):
    return as_trees(problem.codebook.encode([arithmetic.parse(text) for text in texts]), 30)


def text_of(problem, promoted):
    """The term of a promoted leaf; of an operator, the term over the column x."""
    codes = ((256,) if promoted.arity else ()) + promoted.codes
    numbers = ((0.0,) if promoted.arity else ()) + promoted.numbers
    row = np.array([codes], np.int16), np.array([numbers]), np.array([len(codes)])
    return str(problem.codebook.decode(written(row, np.array([0]), problem.space))[0])


def found_in(problem, *texts):
    trees = trees_of(problem, *texts)
    share = unexplained(problem, problem.space, trees, problem.search)
    return {
        (text_of(problem, p), p.arity) for p in discovered(problem, problem.space, trees, share, problem.search, 30)
    }


def test_spans_are_the_sub_terms():
    problem = task("x")
    codes, _, lengths = trees_of(problem, "sin(x + y) * x")
    assert spans(codes[0], int(lengths[0])) == [(0, 0), (1, 1), (0, 2), (0, 3), (4, 4), (0, 5)]


def test_what_trees_share_is_promoted():
    problem = task("x * y")
    trees = trees_of(problem, "sin(x * y) + x", "cos(y) * sin(x * y)", "exp(y)")
    assert text_of(problem, next(repeated(trees))) in ("sin(x * y)", "x * y")


def test_the_parts_below_the_root_become_operators():
    problem = task("exp(y) + sin(x)", operators="+ - * / sin exp")
    found = found_in(problem, "sin(x) - exp(y)")
    assert ("x - exp(y)", 1) in found
    assert ("x - sin(x)", 1) in found


def test_separable_targets_give_their_parts():
    rng = np.random.default_rng(0)
    data = table(x=np.sort(rng.uniform(0.5, 3.0, 200)), y=rng.uniform(1.0, 2.0, 200))
    problem = task("exp(y) * x", data, operators="+ - * / sin exp")
    assert ("x * exp(y)", 1) in found_in(problem, "sin(x) - exp(y)", "exp(y) + x")
    problem = task("5 * exp(y) + x", data, operators="+ - * / sin exp")
    assert ("x + exp(y)", 1) in found_in(problem, "sin(x) / exp(y)")


def test_parity_of_a_close_tree_is_used():
    problem = task("cos(x) + x * x", operators="+ - * cos")
    assert ("square(x)", 0) in found_in(problem, "cos(x) + x * x")
    problem = task("x * cos(x)", operators="+ - * cos")
    assert ("x * x", 1) in found_in(problem, "x * cos(x)")


def test_planted_terms_and_promoted_ones_are_tokens():
    problem = task("x", operators="+ * sin", planted=(arithmetic.parse("sin(x * y)"),), forbid=[("sin", "sin")])
    tokens = base_tokens(problem, problem.space, planted_tokens(problem))
    assert int(tokens.counts[0]) == 4  # x, y, a constant and the planted term
    sin = 1 << problem.codebook.code_of[arithmetic["sin"]]
    planted = int(tokens.members[0, 3])
    assert tokens.inside[planted] & sin
    assert tokens.cost[planted] == 4
    tokens, changed = with_promoted(tokens, problem, problem.space, [Promoted((256, 2), (0.0, 0.0), 1)])
    assert changed.tolist() == [len(tokens.arity) - ROOM]
    assert with_promoted(tokens, problem, problem.space, [Promoted((256, 2), (0.0, 0.0), 1)])[1].tolist() == []


def test_terms_of_a_sum_lose_their_factors():
    problem = task("x")
    trees = trees_of(problem, "3 * sin(x) + (x * y - 2 * y) + 5")
    assert {text_of(problem, term) for term in terms_of(trees, 0)} == {"sin(x)", "x * y", "y"}


def test_a_tree_beside_known_terms_is_scored_as_their_sum():
    problem = task("2 * sin(x) + 3 * x * y - y + 1", operators="+ - * sin")
    data = problem.search
    known = Known(
        [Promoted((257,), (0.0,)), Promoted((256, 15), (0.0, 0.0))], problem.space, data, node_costs(problem.codebook)
    )
    assert known.sound
    trees = trees_of(problem, "x * y", "x")
    share = unexplained(problem, problem.space, trees, data, known.basis)
    assert share[0] < 1e-20
    assert share[1] > 1e-3
    from induce.algebras.evaluate import evaluate_many

    values = evaluate_many(written(trees, np.arange(2), problem.space), data[0])
    joined = known.joined(trees, values, data[1])
    np.testing.assert_allclose(unexplained(problem, problem.space, joined, data), share, rtol=1e-6, atol=1e-20)
    again = Known([Promoted((257,), (0.0,))] * 2, problem.space, data, node_costs(problem.codebook))
    assert not again.sound


def test_simple_terms_are_functions_of_columns():
    problem = task("x", operators="+ * sin")
    terms = {text_of(problem, term) for term in simple_terms(base_tokens(problem, problem.space))}
    assert {"x", "y", "sin(x)", "sin(y)", "square(x)", "cube(y)"} <= terms


def test_dropping_parts():
    problem = task("x")
    fewer = without_a_part(trees_of(problem, "sin(x + 2) * 3"), 0)
    texts = {str(t) for t in problem.codebook.decode(written(fewer, np.arange(len(fewer[2])), problem.space))}
    assert texts == {"sin(x) * 3.0", "sin(x + 2.0)"}


def test_an_exact_tree_loses_what_it_does_not_need():
    problem = task("sin(x * y)", operators="+ - * / sin")
    batches = pruned(problem, problem.space, trees_of(problem, "sin(x * y) / (2 - sin(x / x)) + (y - y)"), 0, "test")
    assert batches
    last = batches[-1]
    best = problem.codebook.decode(last.programs)[int(np.argmin(last.losses + 1e-9 * last.programs.sizes))]
    assert str(best) == "sin(x * y)"


def test_a_polynomial_is_also_written_as_a_sum():
    problem = task("x^4 + x^3 + 2 * x", operators="+ - * sin", max_size=20)
    (batch,) = expanded(problem, problem.space, trees_of(problem, "x * (x * x * (x + 1) + 2)"), 0, "test")
    k = int(np.argmin(batch.losses))
    assert batch.losses[k] < 1e-20
    assert {round(v, 6) for v in batch.programs[k].values} <= {0.0, 1.0, 2.0}
    assert expanded(problem, problem.space, trees_of(problem, "sin(x)"), 0, "test") == []


def test_elites_are_distinct_and_of_all_sizes():
    problem = task("x * y")
    trees = trees_of(problem, "x", "x + 1", "y", "sin(x)", "sin(y)", "x * y")
    share = np.array([0.5, 0.5, 0.4, 0.3, 0.2, 0.0])
    sizes = np.array([1, 3, 1, 2, 2, 3])
    elites = Elites(4, 1, 30)
    elites.add(trees, share, 1.0 / (1.0 + share) - 0.01 * sizes, sizes)
    assert elites.sizes.tolist() == [3, 2, 1]
    assert elites.share.tolist() == [0.0, 0.2, 0.4]
    elites.add(trees, share, 1.0 / (1.0 + share) - 0.01 * sizes, sizes)
    assert len(elites) == 3
