"""Cases in which the engine was once silently wrong: each has its right answer here, from brute force or clingo."""

from __future__ import annotations

import datetime
import itertools
import math
import pickle

import numpy as np
import pytest
import torch

from induce import Algebra
from induce.errors import AlgebraError, DataError, FormatError, LimitError, ParseError, RuleError, TermError
from induce.logic import Limits, LogicProgram, best_values, evaluate, load, value_and_gradient
from induce.logic.data import read_array_pickle
from induce.logic.dialects import from_asp

P = "p(2, a). p(3, b). p(3, c)."


@pytest.mark.parametrize(
    ("text", "query", "labels"),
    [
        (f"g(1..2). {P} s(G, C) :- g(G), H = G + 1, C = #count{{ X : p(H, X) }}.", "s(X, Y)", ["s(1, 1)", "s(2, 2)"]),
        (f"{P} s(H, C) :- H = 2..3, C = #count{{ X : p(H, X) }}.", "s(X, Y)", ["s(2, 1)", "s(3, 2)"]),
        (
            "k(2..3). p(1, z). p(2, y). s(K, M) :- k(K), C = #count{ X : p(K, X) }, M = #count{ Y : p(C, Y) }.",
            "s(X, Y)",
            ["s(2, 1)", "s(3, 0)"],
        ),
        (
            "n(1..3). g(1..2). s(G, C) :- g(G), H = G + 1, C = #count{ X : n(X), X < H }.",
            "s(X, Y)",
            ["s(1, 1)", "s(2, 2)"],
        ),
        ("a(1). s(N) :- N = #prod{ X : a(X), X > 5 }.", "s(N)", ["s(1)"]),
    ],
)
def test_aggregates_see_every_variable_from_outside(text, query, labels):
    assert LogicProgram(text, query=query).answers.labels == labels


def test_an_aggregate_inside_an_aggregate_is_refused():
    with pytest.raises(RuleError, match="Give the inner one a rule of its own"):
        LogicProgram("n(1). s(S) :- S = #sum{ C : C = #count{ X : n(X) } }.", query="s(S)")


@pytest.mark.parametrize("more", [":- s(3).", ":- s(N), N < 2.", ":~ s(3). [2]", "evidence(not s(3))."])
def test_an_observed_sum_keeps_what_is_said_about_it(more):
    program = LogicProgram(f"0.5::a(1). 0.4::a(2). s(N) :- N = #sum{{ X : a(X) }}. {more}", query="s(N)")
    whole = program().tolist()
    for (total,), value in zip(program.answers.values, whole, strict=True):
        assert program.log_probability([total]).exp().item() == pytest.approx(value, abs=1e-12)


def test_certain_and_weighted_facts_of_one_relation():
    program = LogicProgram("e(9). q(X) :- e(X).", query="q(X)").facts("e", [(5,), (1,), (3,)], weight=[0.5, 0.1, 0.3])
    assert program().tolist() == pytest.approx([0.1, 0.3, 0.5, 1.0])
    program = LogicProgram("q(X) :- e(X).", query="q(X)").facts("e", [(1,)]).facts("e", [(2,)], weight=[0.4])
    assert program().tolist() == pytest.approx([1.0, 0.4])
    program.facts("e", [(3,)], weight=[0.5])
    assert program().tolist() == pytest.approx([1.0, 0.4, 0.5])
    with pytest.raises(DataError, match=r"e\(3\) was given with 0.5 before and with 0.6 now"):
        program.facts("e", [(3,)], weight=[0.6])
    with pytest.raises(DataError, match="no rule and no query uses 'f'. Facts are given to relations"):
        program.facts("f", [(3,)])


def test_bounds_of_a_choice_hold_only_where_it_is_made():
    values = LogicProgram("0.5::g. { s ; r } = 1 :- g.", query=["s", "r", "g"])().tolist()
    assert values == pytest.approx([1 / 6, 1 / 6, 1 / 3])
    with pytest.raises(RuleError, match="no world is consistent: the bounds of"):
        LogicProgram("g(1..2). n(1, a). 1 <= { s(G, X) : n(G, X) } <= 1 :- g(G).", query="s(X, Y)")()


def test_values_of_over_are_constants_of_the_language():
    program = LogicProgram("0.5::a(1). s(N) :- N = #sum{ X : a(X) }.", query="s(N)", over={"N": np.arange(2)})
    assert program().tolist() == [0.5, 0.5]
    assert LogicProgram(program.term, query="s(N)", over={"N": torch.arange(2)})().tolist() == [0.5, 0.5]
    with pytest.raises(DataError, match="none of the values in over= can answer"):
        LogicProgram(program.term, query="s(N)", over={"N": [0.0, 1.0]})()


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ([2.7], "must be whole numbers"),
        (["x"], "must be whole numbers"),
        ([math.nan], "must be whole numbers"),
        ([99], "larger than any"),
    ],
)
def test_observed_sums_that_cannot_be(target, words):
    program = LogicProgram("0.5::a(1). 0.4::a(2). s(N) :- N = #sum{ X : a(X) }.", query="s(N)")
    with pytest.raises(DataError, match=words):
        program.log_probability(target)


def test_a_matrix_of_truths_is_read_as_one():
    program = LogicProgram("0.5::a(1). 0.4::a(2). s(N) :- N = #sum{ X : a(X) }.", query="s(N)")
    truth = torch.tensor([[True, False, False, False]])
    assert program.log_probability(truth).exp().item() == pytest.approx(0.3 * 0.7 * 0.8 * 0.8)


def test_targets_of_other_types_stay_apart():
    program = LogicProgram("0.9::a(1.0) ; 0.1::a(1). q(X) :- a(X).", query="q(X)")
    assert program.loss([1.0]).item() == pytest.approx(-math.log(0.9))
    assert program.loss([1]).item() == pytest.approx(-math.log(0.1))


def test_computed_alternatives_may_not_sum_to_more_than_one():
    with pytest.raises(RuleError, match="the alternatives sum to 1.4"):
        LogicProgram("e(1, 0.7). P::q(X) ; P::r(X) :- e(X, P).", query="q(X)")()


def test_plain_functions_refuse_nonsense():
    with pytest.raises(DataError, match=r"the probability of 'b' is .*2.0.*, but it must lie in \[0, 1\]"):
        value_and_gradient(LogicProgram("0.2::a. 0.3::b. q :- a, b.", query="q"), [0.5, 2.0])
    with pytest.raises(DataError, match="2 arguments"):
        evaluate({"e": [(1,)]}, ["e(1, 2)"])
    with pytest.raises(RuleError, match="the facts violate the constraint"):
        evaluate({"e": [(1,)]}, ["p(X) :- e(X)", ":- p(1)"])


def test_a_counterfactual_knows_relations_by_the_names_of_the_rules():
    program = LogicProgram("0.6::a :- d. d. q :- a.", query="q")
    assert len(program.counterfactual(allow=["a"]).branches) == 1
    with pytest.raises(RuleError, match="allow= names 'b', which has no uncertain facts"):
        program.counterfactual(allow="b")


def test_sums_of_texts_and_numbers_over_chance():
    with pytest.raises(RuleError, match="takes the sum of a, which is not a number"):
        LogicProgram("0.5::n(a). 0.5::n(1). s(S) :- S = #sum{ X : n(X) }.", query="s(S)")()


@pytest.mark.parametrize("text", ["a(1..1000000000000).", "#domain d = 0..100000000000. #relation p(d). p(1)."])
def test_ranges_without_end_are_stopped(text):
    with pytest.raises(LimitError, match="has more than 10,000,000 values"):
        LogicProgram(text, query="a(X)" if text.startswith("a") else "p(X)")()


def test_deep_nesting_is_refused_in_words():
    with pytest.raises(ParseError, match="nested too deeply"):
        LogicProgram("a(" + "[" * 4000 + "]" * 4000 + ").")


def test_constants_without_an_order_are_refused():
    from induce.logic.language import constant

    with pytest.raises(TermError, match="inf cannot be a constant"):
        constant(math.inf)


@pytest.mark.parametrize("damage", ["[]", '{"kind": "induce logic program", "format": 1}', "{"])
def test_damaged_folders_are_refused(tmp_path, damage):
    LogicProgram("?p::a. ?- a.").save(tmp_path / "kept")
    (tmp_path / "kept" / "program.json").write_text(damage)
    with pytest.raises(FormatError, match="saved logic program|something else"):
        load(tmp_path / "kept")
    LogicProgram("?p::a. ?- a.").save(tmp_path / "torn")
    (tmp_path / "torn" / "tensors.safetensors").write_bytes(b"torn")
    with pytest.raises(FormatError, match="is no saved logic program"):
        load(tmp_path / "torn")


@pytest.mark.parametrize("content", [b"cnumpy\nndarray\n(S'a'\ntR.", b"\x1f\x8b\x08\x00broken", pickle.dumps(3)[:-1]])
def test_damaged_pickles_are_refused(tmp_path, content):
    (tmp_path / "bad").write_bytes(content)
    with pytest.raises(DataError, match="no readable pickle of arrays"):
        read_array_pickle(tmp_path / "bad")


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("0.7::g(0). r(S) :- S = #count{ M : g(M) }. q(S) :- S = #count{ X : r(X), X > 0 }.", "q(S)", {0: 0.3, 1: 0.7}),
        ("0.7::g(0). r(S) :- S = #count{ M : g(M) }. q(S) :- S = #max{ X : r(X) }.", "q(S)", {0: 0.3, 1: 0.7}),
        ("0.7::d(-1). e(-1, 5). p(T) :- S = #sum{ M : d(M) }, T = #sum{ K : e(S, K) }.", "p(T)", {5: 0.7, 0: 0.3}),
        ("0.5::d(1..3). p(A + B) :- A = #sum{ M : d(M) }, B = #count{ M : d(M), M < 3 }.", "p(T)",
         {}),
        ("d(1..3). p(T) :- T = #sum{ M : d(M), M < 3 } + #count{ M : d(M) }.", "p(T)", {6: 1.0}),
        ("d(-1). e(-1, 5). p(T) :- S = #sum{ M : d(M) }, T = #sum{ M : e(S, M) }.", "p(T)", {5: 1.0}),
        ("d(-1). f(2). p(S * T) :- S = #max{ M : d(M) }, T = #max{ M : f(M) }.", "p(T)", {-2: 1.0}),
        ("f(1). d(2). { p(X) : d(X) } 1 :- #count{ M : f(M) } > 0.", "p(T)", {2: 0.5}),
        ("k(1..2). p(S) :- k(S), S = #mean{ 1 ; 1.0, 2 }.", "p(T)", {1: 1.0}),
    ],
)  # fmt: skip
def test_aggregates_over_aggregates_and_with_names_of_their_own(text, query, expected):
    program = LogicProgram(text, query=query)
    if "A + B" in text:  # the worlds, written out
        expected = {}
        for held in itertools.product([0, 1], repeat=3):
            total = sum(v for v, h in zip((1, 2, 3), held, strict=True) if h) + held[0] + held[1]
            expected[total] = expected.get(total, 0.0) + 1 / 8
    found = {v[0]: p for v, p in zip(program.answers.values, program().tolist(), strict=True) if p > 0}
    assert found == pytest.approx(expected)


def test_nested_aggregates_over_all_worlds():
    text = (
        "0.3::a(1). 0.6::a(2). 0.5::b(1). 0.2::b(2). n(1..2). c(X, N) :- n(X), N = #count{ Y : a(Y), Y <= X, b(X) }. "
        "m(M) :- M = #max{ N : c(X, N) }. s(S) :- S = #sum{ N, X : c(X, N) }, m(M), M > 0."
    )
    expected: dict[int, float] = {}
    for a1, a2, b1, b2 in itertools.product([0, 1], repeat=4):
        chance = math.prod((p if h else 1 - p) for p, h in zip((0.3, 0.6, 0.5, 0.2), (a1, a2, b1, b2), strict=True))
        counts = (a1 * b1, (a1 + a2) * b2)
        if max(counts) > 0:
            expected[sum(counts)] = expected.get(sum(counts), 0.0) + chance
    program = LogicProgram(text, query="s(S)")
    found = {v[0]: p for v, p in zip(program.answers.values, program().tolist(), strict=True) if p > 0}
    assert found == pytest.approx(expected)


NINE = """
row(0..8). col(0..8).
cell(R, C, {1..9}) ~ nn(read, grid(R, C)) :- row(R), col(C).
:- cell(R, A, V), cell(R, B, V), A < B.
:- cell(A, C, V), cell(B, C, V), A < B.
:- cell(R, C, V), cell(S, D, V), R // 3 = S // 3, C // 3 = D // 3, R < S, C != D.
"""


def test_a_grid_too_large_for_any_circuit_is_decoded_by_search_and_its_conflicts_are_named():
    grid = np.array([[(3 * (r % 3) + r // 3 + c) % 9 for c in range(9)] for r in range(9)])
    noise = np.random.default_rng(0).normal(size=(1, 9, 9, 9))
    read = torch.tensor(4.0 * np.eye(9)[grid][None] + 2.0 * noise)
    assert (read[0].argmax(-1).numpy() != grid).sum() > 5  # what the network alone would say
    program = LogicProgram(NINE, read=torch.nn.Identity())
    decoded = program.decode(grid=read)
    assert decoded.violations == 0
    assert decoded.exact.tolist() == [True]
    assert (decoded.leaves.reshape(81, 9).argmax(1).reshape(9, 9) == grid).all()
    given = NINE + "given(0, 1, 5). given(4, 4, 2). given(0, 7, 5). :- given(R, C, V), not cell(R, C, V)."
    least = [":- cell(0, 1, 5), cell(0, 7, 5).", ":- not cell(0, 1, 5).", ":- not cell(0, 7, 5)."]
    found = LogicProgram(given, read=torch.nn.Identity()).conflict()
    assert sorted(found) in (least, sorted([least[0].replace("1, 5), cell(0, 7", "7, 5), cell(0, 1"), *least[1:]]))


def test_a_constraint_that_certain_facts_violate_names_them():
    program = LogicProgram("g(0, 1, 5). g(0, 4, 5). g(2, 1, 3). 0.5::a. :- g(R, A, V), g(R, B, V), A < B.", query="a")
    with pytest.raises(RuleError, match=r"violated by certain facts alone: g\(0, 1, 5\), g\(0, 4, 5\)"):
        program()


def test_a_hole_with_an_index_keeps_its_parameter_and_goes_by_its_values():
    text = "?w(X)::good(X) :- item(X)."
    program = LogicProgram(text, query="good(X)")
    (before,) = program.parameters()
    optimizer = torch.optim.Adam(program.parameters(), 0.5)  # made before the facts are known
    program.facts("item", [(3,), (2,), (7,)])
    start = program().tolist()
    for _ in range(3):
        optimizer.zero_grad()
        (-program().log()[:2].sum()).backward()
        optimizer.step()
    (after,) = program.parameters()
    assert after is before
    assert program()[0].item() > start[0] + 0.1
    assert program().tolist()[2] == start[2]
    assert sorted(program.reals) == ["w(2)", "w(3)", "w(7)"]
    other = LogicProgram(text, query="good(X)").facts("item", [(7,), (5,), (2,), (3,)])
    other()
    other.load_state_dict(program.state_dict())
    found = dict(zip(other.answers.labels, other().tolist(), strict=True))
    assert {k: found[k] for k in program.answers.labels} == dict(
        zip(program.answers.labels, program().tolist(), strict=True)
    )
    assert found["good(5)"] == pytest.approx(start[0])


def test_boolean_is_what_holds_and_takes_bits_only():
    text = "path(X, Y) :- edge(X, Y). path(X, Z) :- edge(X, Y), path(Y, Z). lonely(X) :- node(X), not path(X, X). node(1..3)."
    program = LogicProgram(text, query="lonely(X)", algebra="boolean")
    program.facts("edge", [(1, 2), (2, 1), (2, 3)], weight=[1.0, 1.0, 1.0])
    assert program().tolist() == [0.0, 0.0, 1.0]
    assert program.with_algebra(Algebra.MIN_MAX)().tolist() == [0.0, 0.0, 1.0]
    program = LogicProgram("0.3::a. b :- not a.", query="b", algebra=Algebra.BOOLEAN)
    with pytest.raises(AlgebraError, match=r"'boolean' computes with bits, but a leaf has the weight 0\.3"):
        program()
    many = LogicProgram("bit(I) ~ nn(net, I) :- n(I). n(0..1). both :- bit(0), bit(1).", query="both", logits=False,
                        net=torch.nn.Identity(), algebra="boolean")  # fmt: skip
    held = torch.randint(0, 2, (200, 2), generator=torch.Generator().manual_seed(0)).double()
    assert many(bit=held.reshape(200, 2, 1)).tolist() == held.prod(1).tolist()


def test_whole_floats_and_integers_that_would_never_meet_are_refused():
    text = "both(X) :- a(X), b(X)."
    with pytest.raises(
        DataError, match=r"a/1 has integers in column 1 and b/1 floats in column 1, .* 2 and 2\.0 are different"
    ):
        LogicProgram(text, query="both(X)", facts={"a": [1, 2], "b": [2.0, 3.0]})()
    assert LogicProgram(text, query="both(X)", facts={"a": [1, 2], "b": [2.5, 3.5]})().tolist() == []
    assert LogicProgram(text, query="both(X)", facts={"a": [1, 2], "b": [2, 3]})().tolist() == [1.0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LogicProgram("q :- e(X).", query="q").facts("e", [1], weight=torch.tensor([0.5], requires_grad=True)),
         "the gradient of this tensor would be lost"),
        (lambda: LogicProgram("q :- e(X).", query="q").facts("e", [1], weight=[0.5], value=[1.0]),
         "a fact has a weight or a value, not both"),
        (lambda: evaluate({"e": [(1,)]}, "p(X) :- e(X)."), r"rules is a list of texts"),
        (lambda: LogicProgram("d(I, {0..1}) ~ nn(net, I). q :- d(a, 1).", query="q", net=torch.nn.Identity())(
            a=torch.zeros(0, 2)), r"input 'a' has no examples: its shape is \(0, 2\)"),
        (lambda: LogicProgram("q :- e(X).", query="q").facts("e", [datetime.date(2020, 1, 1)]),
         r"e: column 1: datetime.date\(2020, 1, 1\) is a date, which cannot be a constant"),
    ],
)  # fmt: skip
def test_data_that_would_be_misread_is_refused(make, message):
    with pytest.raises(DataError, match=message):
        make()


def test_a_misspelt_function_is_named():
    with pytest.raises(ParseError, match=r"at 1:9: .*'sigmiod' is read as a relation. Did you mean 'sigmoid'\?"):
        LogicProgram("n(X) :- p(X), sigmiod(?k * dist(X)).".replace("p(X), ", ""), query="n(X)")


def test_lazy_frames_are_collected():
    polars = pytest.importorskip("polars")
    table = polars.DataFrame({"a": [1, 2], "b": [2, 3]}).lazy()
    assert LogicProgram("p(X) :- e(X, Y), e(Y, Z).", query="p(X)", facts={"e": table}).answers.labels == ["p(1)"]


def test_the_plan_shows_joins_and_magic_sets():
    text = "path(X, Y) :- edge(X, Y). path(X, Z) :- edge(X, Y), path(Y, Z)."
    program = LogicProgram(text, query="path(3, X)").facts("edge", [(i, i + 1) for i in range(300)])
    assert "magic sets: only what 'path(3, X)' needs is derived" in program.plan()
    assert "joins edge: about 29" in program.plan()
    whole = LogicProgram(text, query="path(3, X)", magic=False).facts("edge", [(i, i + 1) for i in range(300)])
    assert "magic sets" not in whole.plan()
    assert "path/2 (45,150), recursive" in whole.plan()


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("price(a, 2). extra(a, 5). t(X, T) :- price(X, P), S = #sum{ Q : extra(X, Q) }, T = P + S.", "t(X, T)",
         {"t(a, 7)": 1.0}),
        ("0.3::e(1). m(S) :- S = #mean{ M : e(M) }. p(S) :- m(S), e(S).", "p(S)", {"p(1)": 0.3}),
        ("0.3::e(1). p(S) :- S = #mean{ M : e(M) }, e(S).", "p(S)", {"p(1)": 0.3}),
        ("d(0..1). e(1, 1). p(Y) :- d(Y), S = #count{ 0 : e(1, Y) }, Y = #count{ L : e(L, S) }.", "p(Y)",
         {"p(0)": 1.0, "p(1)": 1.0}),
        ("0.3::e(1). 0.9::f(0). { p(S) : T = #max{ 0 : f(L), S > -1 } } :- S = #count{ L : e(L) }.", "p(S)",
         {"p(0)": 0.315, "p(1)": 0.135}),
        ("0.9::e(1, -1). 0.2::e(2, 2). { p(S) : S = #count{ M : e(L, M), L > 1 }, #prod{ L : e(S, L) } < 0 }.", "p(S)",
         {"p(1)": 0.09}),
    ],
)  # fmt: skip
def test_groups_and_local_names_of_aggregates(text, query, expected):
    program = LogicProgram(text, query=query)
    assert dict(zip(program.answers.labels, program().tolist(), strict=True)) == pytest.approx(expected)


def test_a_world_of_probability_zero_is_no_answer():
    program = LogicProgram("1.0::a. 0.3::b. :- a.", query="b")
    assert program.conflict() == [":- a."]
    with pytest.raises(RuleError, match="no world of example 0 satisfies .* 'a' has the weight 1"):
        program.decode()
    program = LogicProgram("0.5::a. c. :- c.", query="a")
    assert program.models() == []
    with pytest.raises(RuleError, match="violated by certain facts alone: c"):
        program.decode()


def test_a_search_that_constrains_nothing_still_takes_the_best_world():
    text = "d(0). 0.9::e(-2, -1). f(1). p0 :- d(Z), not e(Z, _). p2(2) :- not p0. 0.8::p3(Z, Z) :- f(Z). :- p2(X)."
    program = LogicProgram(text, query="p3(X, Y)")
    program.too_large_for_circuit = True
    assert program.decode().answers == [[(1, 1)]]


@pytest.mark.parametrize("algebra", ["probability", "log-probability"])
@pytest.mark.parametrize(
    ("rule", "target", "gap", "slope"),
    [
        ("a :- not digit(x, 0).", True, 20.0, [-1.0, 0.5, 0.5]),
        ("a :- not digit(x, 0).", True, 50.0, [-1.0, 0.5, 0.5]),
        ("a :- digit(x, 0).", False, 20.0, [-1.0, 0.5, 0.5]),
        ("a :- digit(x, 0).", True, -120.0, [1.0, -0.5, -0.5]),
    ],
)
def test_a_confidently_wrong_network_learns_from_its_mistake(algebra, rule, target, gap, slope):
    """In single precision 1 - p is 0 here, and its logarithm would have no gradient."""
    text = f"image(x). digit(I, {{0..2}}) ~ nn(net, I) :- image(I). {rule}"
    program = LogicProgram(text, query="a", net=torch.nn.Identity(), algebra=algebra)
    logits = torch.tensor([[gap, 0.0, 0.0]], requires_grad=True)
    found = program.log_probability(torch.tensor([target]), x=logits)
    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(-abs(gap) + (math.log(2) if gap > 0 else -math.log(2)), rel=1e-6)
    found.sum().backward()
    assert logits.grad[0].tolist() == pytest.approx(slope, abs=1e-6)


@pytest.mark.parametrize("function", ["sum", "prod", "min", "max", "mean"])
@pytest.mark.parametrize("facts", ["0.3::f(b). 0.5::f(2).", "f(b). f(2)."])
def test_texts_are_not_aggregated(function, facts):
    with pytest.raises(RuleError, match=rf"at 1:1: .* takes the {function} of b, which is not a number"):
        LogicProgram(f"p(S) :- S = #{function}{{ L : f(L) }}.\n{facts}", query="p(S)")()


def test_small_things_of_the_surface():
    assert LogicProgram("a.b:-a.c(1..2).:- not b.", query="c(X)").answers.labels == ["c(1)", "c(2)"]
    assert LogicProgram("d(1..2). { p(H) : H = Z + 1 } :- d(Z).", query="p(X)")().tolist() == [0.5, 0.5]
    assert str(LogicProgram("g. 0.5::h.", query="g").why()).startswith("g 1 <- certain facts and rules")
    plan = LogicProgram("0.5::a. :~ a. [1]", query="a").plan()
    assert "@" not in plan
    assert "chance: rule 2 by weights" in plan


def test_sums_that_cancel_or_are_rounded_are_not_solved_for_their_parts():
    assert LogicProgram("0.5::b(1). 0.5::b(2). d(A - A) :- b(A).", query="d(X)")().tolist() == [0.75]
    text = "0.5::b(1.0). 0.5::b(2.0). d(A + 100000000000000000) :- b(A)."
    assert LogicProgram(text, query="d(X)")().tolist() == [0.75]


def test_evidence_too_improbable_for_a_float_is_conditioned_on():
    text = "n(1..1200). 0.5::a(X) :- n(X). miss :- n(X), not a(X). :- miss. 0.3::b :- a(1)."
    program = LogicProgram(text, query=["a(1)", "b"])
    assert program().tolist() == pytest.approx([1.0, 0.3])
    assert program.conflict() == []


def test_best_values_are_those_of_the_program():
    rules = ["path(X, Y) :- edge(X, Y)", "path(X, Z) :- edge(X, Y), path(Y, Z)"]
    rows, weights = [(1, 2), (2, 3), (1, 3), (3, 1)], [0.5, 0.9, 0.3, 0.7]
    for algebra in ("viterbi", "min-max", "tropical"):
        program = LogicProgram(". ".join(rules) + ".", query="path(X, Y)", algebra=algebra)
        program.facts("edge", rows, weight=weights)
        found = best_values({"edge": rows}, {"edge": weights}, rules, algebra=algebra.replace("-", ""))["path"]
        assert found == pytest.approx(dict(zip(program.answers.values, program().tolist(), strict=True)))
    with pytest.raises(DataError, match="weights are given for 'edges', which has no facts. Did you mean 'edge'"):
        best_values({"edge": rows}, {"edges": weights}, rules)
    with pytest.raises(DataError, match="edge: 3 weights for 4 distinct rows"):
        best_values({"edge": rows}, {"edge": weights[:3]}, rules)


def test_numbers_that_are_no_probabilities_are_refused():
    with pytest.raises(RuleError, match=r"'\?p' starts at 3, but it must lie in \[0, 1\]"):
        LogicProgram("?p{start: 3}::a.", query="a")
    program = LogicProgram("d(I, {0..2}) ~ nn(net, I). q :- d(a, 0).", query="q", net=torch.nn.Identity(), logits=False)
    with pytest.raises(RuleError, match=r"the outputs of network 'net' are not probabilities \(one is -0\.5\)"):
        program(a=torch.tensor([[-0.5, 1.0, 0.5]]))


def test_a_saved_program_with_another_network_says_what_does_not_fit(tmp_path):
    text = "d(I, {0..1}) ~ nn(net, I). q :- d(a, 0)."
    LogicProgram(text, query="q", net=torch.nn.Linear(3, 2)).save(tmp_path / "saved")
    with pytest.raises(FormatError, match="do not fit the networks that were given"):
        load(tmp_path / "saved", net=torch.nn.Linear(4, 2))


def test_instances_that_were_left_out_stand_in_the_plan():
    program = LogicProgram("n(1). n(a). p(Y) :- n(X), Y = X + 1.", query="p(X)")
    assert program.answers.labels == ["p(2)"]
    assert "note: In the rule 'p(Y) :- n(X), Y = X + 1.' (line 1)" in program.plan()


def test_graded_tensor_logic_is_a_sigmoid_after_every_sum():
    program = LogicProgram(
        "0.9::a. 0.4::b. 0.2::c. d :- a, b. d :- c. e :- d, not c. ?- d. ?- e.", algebra="tensor(0.2)"
    )
    d = 1 / (1 + math.exp(-(0.9 * 0.4 + 0.2 - 0.5) / 0.2))
    weights = program.leaf_weights().detach().requires_grad_()
    values = program.backend(weights)[:, 0]
    assert values[0].item() == pytest.approx(d)
    assert values[1].item() == pytest.approx(d * 0.8)
    assert torch.autograd.gradcheck(program.backend, (weights,))


def test_inputs_that_a_network_cannot_read_are_named_with_their_shapes():
    program = LogicProgram("d(I, {0..1}) ~ nn(net, I). q :- d(a, 0).", query="q", net=torch.nn.Linear(3, 2))
    with pytest.raises(RuleError, match=r"network 'net' fails on its inputs \(\(4, 3\) of float64\): .*dtype"):
        program(a=torch.zeros(4, 3, dtype=torch.float64))


def test_aggregates_over_tables_of_weighted_facts():
    table = [(1,), (2,)]
    program = LogicProgram("s(S) :- S = #sum{ X : f(X) }.", query="s(X)").facts("f", table, weight=[0.2, 0.3])
    assert program().tolist() == pytest.approx([0.56, 0.14, 0.24, 0.06])
    program = LogicProgram("q(X) :- f(X). :- #count{ X : f(X) } > 1.", query="q(X)")
    program.facts("f", table, weight=[0.2, 0.3])
    assert program().tolist() == pytest.approx([0.14 / 0.94, 0.24 / 0.94])
    certain = LogicProgram("e(1). e(2). s(S) :- S = #count{ X : e(X) }.", query="s(S)", algebra="add-mult")
    assert dict(zip(certain.answers.labels, certain().tolist(), strict=True))["s(2)"] == 1.0


@pytest.mark.parametrize("algebra", ["probability", "log-probability"])
@pytest.mark.parametrize(
    "text", ["1.0::g. 0.3::b. :- g.", "1.0::g. 0.3::b. evidence(not g).", "0::g. 0.3::b. evidence(g)."]
)
def test_evidence_that_weights_of_zero_and_one_exclude_is_refused(algebra, text):
    with pytest.raises(AlgebraError, match="have probability 0"):
        LogicProgram(text, query=["b", "g"], algebra=algebra)()


def test_equal_states_of_an_automaton_lose_nothing():
    program = LogicProgram("0.5::d(1). 0.5::d(1.0). p(S) :- S = #sum{ X : d(X) }.", query="p(S)")
    assert program().sum().item() == pytest.approx(1.0)
    program = LogicProgram('a. 0.5::b. p(S) :- S = #count{ 1 : a ; 1, "" : b }.', query="p(S)")
    assert program().tolist() == [0.5, 0.5]


def test_anonymous_variables_inside_terms_are_chances_of_their_own():
    assert LogicProgram("0.5::p(X) :- e(f(X, _)). e(f(1, a)). e(f(1, b)).", query="p(1)")().item() == 0.75


def test_deeply_nested_answers_are_listed():
    program = LogicProgram("l([]). l([1|T]) :- l(T), length(T) < 400.", query="l(X)")
    assert len(program.answers) == 401


def test_best_values_honour_the_limit_of_tuples():
    rules = ["path(X, Y) :- edge(X, Y)", "path(X, Z) :- edge(X, Y), path(Y, Z)"]
    rows = [(i, i + 1) for i in range(200)]
    with pytest.raises(LimitError, match="Grounding stopped at the rule 'path"):
        best_values({"edge": rows}, {}, rules, limits=Limits(tuples=5000))
    with pytest.raises(LimitError, match="Grounding stopped at the rule 'path"):
        evaluate({"edge": rows}, rules, limits=Limits(tuples=5000))


def test_what_asp_computes_otherwise_is_translated_or_refused():
    parsed = from_asp("d(1..5). q(X / 2) :- d(X). r(X \\ 2) :- d(X).")
    assert LogicProgram(parsed, query="q(X)").answers.labels == ["q(0)", "q(1)", "q(2)"]
    assert any("'/' rounds down here" in note for note in parsed.notes)
    with pytest.raises(
        ParseError, match=r"at 1:26: '#min' compared by '>' of ASP is not supported. Over nothing it is #sup"
    ):
        from_asp("d(1..3). {p(X):d(X)}. :- #min{X:p(X)} > 2.")
    assert LogicProgram(from_asp("d(1..3). s(S) :- S = #max{X : d(X)}."), query="s(S)").answers.labels == ["s(3)"]


@pytest.mark.parametrize("algebra", ["probability", "log-probability"])
def test_a_saturated_network_does_not_make_the_evidence_impossible(algebra):
    text = "on(I) ~ nn(net, I) :- n(I). n(0..1). evidence(not on(0))."
    program = LogicProgram(text, query="on(1)", net=torch.nn.Identity(), algebra=algebra)
    found = program(on=torch.tensor([[[60.0], [0.0]], [[-900.0], [0.0]]]))
    expected = math.log(0.5) if algebra.startswith("log") else 0.5
    assert found.tolist() == pytest.approx([expected, expected])
