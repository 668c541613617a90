"""Most probable worlds, lists of models, least conflicts, symmetries, aggregates over chance: against brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from induce import hole
from induce.errors import LimitError, RuleError
from induce.logic import LogicProgram, shortcuts
from induce.logic.worlds import models, most_probable

LATIN = """
row(0..2). col(0..2).
cell(R, C, {1..3}) ~ nn(read, grid(R, C)) :- row(R), col(C).
:- cell(R, A, V), cell(R, B, V), A < B.
:- cell(A, C, V), cell(B, C, V), A < B.
"""


def latin():
    torch.manual_seed(0)
    return LogicProgram(LATIN, read=nn.Sequential(nn.Flatten(), nn.Linear(2, 3)))


def test_all_models_of_latin_squares():
    program = latin()
    found = models(program.ground())
    assert found.shape == (27, 12)
    assert found.sum(axis=0).tolist() == [9] * 12
    assert len(program.models()[0]) == 9
    with pytest.raises(LimitError, match="more than 3 consistent worlds"):
        models(program.ground(), limit=3)


def test_the_decoded_world_is_the_best_of_all_models_and_breaks_nothing():
    program = latin()
    images = torch.randn(20, 3, 3, 2) * 3
    decoded = program.decode(grid=images)
    weights = program.leaf_weights(grid=images).detach().double().numpy()
    best = (np.log(weights).T @ models(program.ground())).max(axis=1)
    np.testing.assert_allclose(decoded.log_probability, best, rtol=1e-9)
    assert decoded.violations == 0


def test_the_semantic_loss_is_the_log_of_the_sum_over_models():
    program = latin()
    images = torch.randn(4, 3, 3, 2)
    weights = program.leaf_weights(grid=images).detach().double().numpy()
    exact = np.log(np.exp(np.log(weights).T @ models(program.ground())).sum(axis=1))
    np.testing.assert_allclose(program.log_probability_of_constraints(grid=images).detach(), exact, rtol=1e-5)


def test_without_constraints_every_variable_takes_its_likeliest_value():
    program = LogicProgram("0.3::a. 0.7::b. 0.2::c ; 0.5::d. ?- a. ?- b. ?- c. ?- d.")
    world = most_probable(program.ground().graph, None, program.leaf_weights().numpy())
    assert program.decode().answers == [[(), ()]]
    assert world.log_weight[0] == pytest.approx(np.log(0.7 * 0.7 * 0.5))


def test_symmetries_of_a_latin_square_are_all_permutations():
    found = shortcuts(latin())
    assert found.count == 6
    assert "6 permutations of the symbols cannot be told apart" in str(found)


def test_sums_identify_every_digit_and_parity_does_not():
    digit = hole.net(nn.Linear(2, 4), over=range(4))
    program = LogicProgram("s(A + B) :- d(left, A), d(right, B).", d=digit, query="s(X)")
    assert shortcuts(program).count == 1
    bit = hole.net(nn.Linear(2, 4), over=range(4))
    parity = LogicProgram("even :- d(left, A), d(right, B), (A + B) mod 2 = 0.", d=bit, query="even")
    assert shortcuts(parity).count == 8  # the even and the odd ones among themselves, and the two classes exchanged
    with pytest.raises(RuleError, match="there is no network 'q' with symbols. There are: d"):
        shortcuts(program, "q")


def test_a_conflict_is_least():
    program = LogicProgram("0.3::a. 0.4::b. 0.5::c. :- a, b. :- not a. :- not b. :- c.")
    assert program.conflict() == [":- a, b.", ":- not a.", ":- not b."]
    assert LogicProgram("0.3::a. 0.4::b. :- a, b.").conflict() == []


AGGREGATES = {
    "count": len, "sum": sum, "prod": lambda v: int(np.prod(v)) if v else 1, "min": lambda v: min(v, default=None),
    "max": lambda v: max(v, default=None), "mean": lambda v: sum(v) / len(v) if v else None,
}  # fmt: skip


@pytest.mark.parametrize("name", AGGREGATES)
def test_aggregates_over_chance_are_distributions(name):
    """Against all worlds: three facts and one categorical variable."""
    values, chances = [2, 3, 5], [0.3, 0.6, 0.5]
    lines = [f"{p}::item({v})." for v, p in zip(values, chances, strict=True)]
    lines += ["0.2::die(1) ; 0.5::die(2) ; 0.3::die(4).", "all(V) :- item(V).", "all(V + 10) :- die(V)."]
    lines += [f"result(R) :- R = #{name}{{ V : all(V) }}.", "?- result(R)."]
    program = LogicProgram("\n".join(lines))
    expected = {}
    for held in itertools.product([False, True], repeat=3):
        for face, share in ((11, 0.2), (12, 0.5), (14, 0.3)):
            world = [v for v, h in zip(values, held, strict=True) if h] + [face]
            chance = share * np.prod([p if h else 1 - p for p, h in zip(chances, held, strict=True)])
            result = AGGREGATES[name](world)
            expected[result] = expected.get(result, 0.0) + chance
    found = {v[0]: p for v, p in zip(program.answers.values, program().tolist(), strict=True) if p > 0}
    assert found == pytest.approx(expected)


def test_an_aggregate_of_chance_feeds_further_rules():
    program = LogicProgram(
        "0.5::coin(1). 0.5::coin(2). 0.5::coin(3). heads(N) :- N = #count{ C : coin(C) }. many :- heads(N), N >= 2. ?- many."
    )
    assert program().item() == pytest.approx(0.5)


def test_too_many_results_are_refused_with_advice():
    lines = [f"0.5::item({k}, {3**k})." for k in range(20)] + ["s(S) :- S = #sum{ V, K : item(K, V) }. ?- s(S)."]
    with pytest.raises(LimitError, match="the aggregate has more than .* possible results"):
        LogicProgram("\n".join(lines))()
