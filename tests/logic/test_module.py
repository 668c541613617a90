"""A logic program is an ordinary module: gradients, state, copies, saving; observed sums; plain functions; data."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch
from torch import nn

from induce import Algebra, hole
from induce.errors import DataError, FormatError, LimitError
from induce.logic import LogicProgram, evaluate, load, value_and_gradient
from induce.logic.data import digits, number_sums, read_array_pickle

SUMS = """
side(left). side(right). place(0..1).
digit(Side, P, {0..9}) ~ nn(digit, Side, P) :- side(Side), place(P).
total(S) :- S = #sum{ 10**P * D, Side, P : digit(Side, P, D) }.
"""


def network(seed=0, double=False):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Flatten(), nn.Linear(6, 10))
    return net.double() if double else net


def sums(**options):
    return LogicProgram(SUMS, digit=network(), query="total(S)", **options)


def pair(batch=3, double=False):
    generator = torch.Generator().manual_seed(1)
    kind = torch.float64 if double else torch.float32
    return {s: torch.randn(batch, 2, 6, generator=generator, dtype=kind) for s in ("left", "right")}


def test_the_planner_finds_the_carry_automaton_and_it_agrees_with_the_whole_distribution():
    program = sums()
    assert "carry automaton with 2 carries over 2 levels" in program.plan()
    inputs, totals = pair(), torch.tensor([7, 57, 120])
    observed = program.log_probability(totals, **inputs)
    whole = program(**inputs)
    torch.testing.assert_close(whole.sum(1), torch.ones(3), rtol=1e-4, atol=1e-5)
    place = [program.answers.values.index((int(t),)) for t in totals]
    torch.testing.assert_close(observed.exp(), whole[range(3), place], rtol=1e-4, atol=1e-6)


def test_gradcheck_through_rules_and_network():
    program = LogicProgram(SUMS, digit=network(double=True), query="total(S)")
    inputs = {k: v.requires_grad_() for k, v in pair(2, double=True).items()}
    totals = np.array([30, 101])
    assert torch.autograd.gradcheck(
        lambda a, b: program.log_probability(totals, left=a, right=b), tuple(inputs.values())
    )


def test_state_copies_and_pickles_run_alike():
    program, inputs = sums(), pair()
    expected = program(**inputs)
    other = LogicProgram(SUMS, digit=network(5), query="total(S)")
    assert not torch.equal(other(**inputs), expected)
    other.load_state_dict(program.state_dict())
    for twin in (other, copy.deepcopy(program), pickle.loads(pickle.dumps(program)), program.to("cpu")):
        assert torch.equal(twin(**inputs), expected)
    assert not [k for k in program.state_dict() if "circuit" in k or "graph" in k]


def test_a_saved_program_is_text_and_tensors_and_loads_to_the_same_numbers(tmp_path):
    program = LogicProgram(
        "?p{start: 0.3}::rain. near(X) :- sigmoid(?k * (dist(X) - 2)). ?w(X)::red(X) :- ball(X). ?- rain. ?- near(X). ?- red(X)."
    )
    program.facts("dist", [("a",), ("b",)], value=[1.0, 5.0]).facts("ball", [(1,), (2,)])
    expected = program()
    program.save(tmp_path / "kept")
    assert sorted(p.name for p in (tmp_path / "kept").iterdir()) == [
        "program.json",
        "program.lp",
        "tensors.safetensors",
    ]
    again = load(tmp_path / "kept")
    assert torch.equal(again(), expected)
    assert again.answers.labels == program.answers.labels
    text = (tmp_path / "kept" / "program.json").read_text()
    (tmp_path / "kept" / "program.json").write_text(text.replace('"format": 1', '"format": 99'))
    with pytest.raises(FormatError, match="written by a newer version"):
        load(tmp_path / "kept")
    with pytest.raises(FormatError, match="is no saved logic program"):
        load(tmp_path)
    sums().save(tmp_path / "net")
    with pytest.raises(
        FormatError, match=r"the program needs the network 'digit'. Give it: load\(path, digit=module\)"
    ):
        load(tmp_path / "net")
    assert torch.equal(load(tmp_path / "net", digit=network(9))(**pair()), sums()(**pair()))


def test_other_algebras_share_the_parameters():
    program, inputs = (
        LogicProgram("s(A + B) :- d(left, A), d(right, B).", d=hole.net(nn.Linear(6, 4), over=range(4)), query="s(X)"),
        {k: v[:, 0] for k, v in pair().items()},
    )
    other = program.with_algebra(Algebra.PROOFS(k=3))
    assert other.nets["d"] is program.nets["d"]
    values, exact = other(**inputs), program(**inputs)
    bound = other.backend.module.bound.T
    assert bool((values <= exact + 1e-6).all())
    assert bool((exact <= values + bound + 1e-6).all())


def test_every_value_of_an_indexed_hole_is_its_own():
    program = LogicProgram("?w(X)::red(X) :- ball(X). ball(1..3). ?- red(X).")
    program()
    target = torch.tensor([[1, 0, 1]] * 4 + [[1, 0, 0]] * 4, dtype=torch.bool)
    optimizer = torch.optim.Adam(program.parameters(), lr=0.3)
    for _ in range(150):
        optimizer.zero_grad()
        values = program()
        loss = -torch.where(target, values, 1 - values).log().mean()
        loss.backward()
        optimizer.step()
    assert program().tolist() == pytest.approx([1.0, 0.0, 0.5], abs=0.02)
    assert LogicProgram(program.freeze())().tolist() == pytest.approx(program().tolist())


def test_evaluate_is_datalog_on_rows():
    found = evaluate(
        {"edge": [(1, 2), (2, 3)]},
        ["path(x, y) :- edge(x, y)", "path(x, z) :- edge(x, y), path(y, z)"],
        bare_variables=True,
    )
    assert found["path"] == {(1, 2), (1, 3), (2, 3)}
    rules = ["big(X) :- n(X), X > 3, not small(X).", "small(X) :- n(X), X = 7."]
    assert evaluate({"n": [(2,), (5,), (7,)]}, rules) == {"n": {(2,), (5,), (7,)}, "big": {(5,)}, "small": {(7,)}}
    with pytest.raises(LimitError, match=r"n\(X \+ 1\) :- n\(X\)"):
        evaluate({"n": [(0,)]}, ["n(X + 1) :- n(X)"])


def test_value_and_gradient_of_a_ground_program():
    values, gradient = value_and_gradient("q :- a, not b. q :- c.", {"a": 0.5, "b": 0.2, "c": 0.1}, query="q")
    assert values["q"] == pytest.approx(0.5 * 0.8 + 0.1 - 0.5 * 0.8 * 0.1)
    assert gradient["q"]["b"] == pytest.approx(-0.5 * 0.9)
    with pytest.raises(DataError, match="probabilities maps each uncertain atom"):
        value_and_gradient("q :- a.", [0.5], query="q")


def test_the_same_seed_gives_the_same_program():
    first, again = (LogicProgram("?a::x. p :- ?f{x ; y}. 0.5::y. ?- p.", seed=3) for _ in range(2))
    assert first().item() == again().item()
    assert LogicProgram("?a::x. p :- ?f{x ; y}. 0.5::y. ?- p.", seed=4)().item() != first().item()


class Malicious:
    def __reduce__(self):
        return (print, ("executed",))


def test_pickles_of_anything_but_arrays_are_refused(tmp_path, capsys):
    path = tmp_path / "bad.pkl"
    path.write_bytes(pickle.dumps(Malicious()))
    with pytest.raises(DataError, match="asks for 'builtins.print', but only numpy arrays are read"):
        read_array_pickle(path)
    assert capsys.readouterr().out == ""
    path.write_bytes(pickle.dumps((np.arange(3), [1.5])))
    assert read_array_pickle(path)[0].tolist() == [0, 1, 2]
    path.write_bytes(b"\x80\x04K")
    with pytest.raises(DataError, match="no readable pickle of arrays"):
        read_array_pickle(path)


def test_digits_make_numbers():
    (images, labels), (_, test_labels) = digits()
    assert images.shape == (1500, 1, 8, 8)
    assert len(test_labels) == 297
    left, _, total = number_sums(images, labels, 3, seed=1)
    assert left.shape == (250, 3, 1, 8, 8)
    assert 0 <= total.min() <= total.max() <= 1998
