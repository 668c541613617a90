"""BooleanRegressor: results, table, manners of an estimator, budgets, and exports that are read back."""

from __future__ import annotations

import pickle
import time

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import estimator_checks

from induce.formulas import BooleanRegressor
from induce.formulas.circuits import Circuit
from induce.formulas.truth_tables import known_circuits, noisy_rows, random_formula, truth_table
from induce.learners.boolean.exact import exact_table
from induce.learners.boolean.truth import rows_of
from tests.learners.boolean.making import inputs_of

QUICK = {"effort": 0.05, "random_state": 0}


def fitted(k, answers, **options):
    return BooleanRegressor(**{**QUICK, **options}).fit(inputs_of(k), answers)


# ---- results


@settings(max_examples=20)
@given(st.integers(0, 0xFFFF))
def test_functions_of_four_inputs_are_written_with_the_fewest_gates(f):
    answers = rows_of(f, 16)
    model = fitted(4, answers)
    assert (model.predict(inputs_of(4)) == answers).all()
    assert model.gates_ == exact_table().gates(f)
    assert {f"x{i}" for i in range(4)} >= set(model.relevant_)


@settings(max_examples=8)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["and or xor not", "and or not", "and not", "and xor"]))
def test_a_complete_table_is_reproduced_with_the_operators_allowed(f, operators):
    answers = rows_of(f, 32)
    model = fitted(5, answers, operators=operators)
    assert model.score(inputs_of(5), answers) == 1.0
    used = {node.op.name for node in model.best_.postorder()}
    assert used & {"and", "or", "xor", "not"} <= set(operators.split())


@pytest.mark.parametrize("name", known_circuits())
def test_known_circuits_take_no_more_gates_than_known(name):
    table = truth_table(name)
    model = BooleanRegressor(effort=0.2, random_state=0).fit(table.inputs, table.outputs)
    assert model.score(table.inputs, table.outputs) == 1.0
    assert model.gates_ <= table.gates


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_formula_is_found_again_from_noisy_rows(seed):
    names = [f"x{i}" for i in range(9)]
    relevant = [names[i] for i in (0, 2, 3, 5, 6, 8)]
    target = random_formula(relevant, 6, seed)
    X, y, other, truth = noisy_rows(target, names, seed=seed)
    model = BooleanRegressor(effort=0.3, random_state=0).fit(X, y)
    assert (model.predict(other) == truth).mean() >= 0.95
    assert set(model.relevant_) <= set(relevant)


def test_without_noise_every_row_is_right():
    X, y, other, truth = noisy_rows(
        random_formula(["x0", "x1", "x2", "x3", "x4"], 6, 1), [f"x{i}" for i in range(8)], flips=0
    )
    model = BooleanRegressor(noise=0, **QUICK).fit(X, y)
    assert model.score(X, y) == 1.0
    assert model.score(other, truth) == 1.0


def test_a_random_table_of_some_rows_is_reproduced_when_noise_is_excluded():
    rng = np.random.default_rng(0)
    X = inputs_of(8)[rng.permutation(256)[:60]]
    y = rng.random(60) < 0.5
    assert BooleanRegressor(noise=0, **QUICK).fit(X, y).score(X, y) == 1.0


def test_pure_noise_gives_a_constant():
    rng = np.random.default_rng(3)
    model = BooleanRegressor(**QUICK).fit(inputs_of(8)[:200], rng.random(200) < 0.3)
    assert str(model.best_) == "false"
    assert model.gates_ == 0
    assert model.relevant_ == ()


def test_no_formula_reads_more_than_max_inputs():
    X = inputs_of(6)
    y = X[:, 0] & X[:, 1] | X[:, 2] & X[:, 3]
    model = fitted(6, y, max_inputs=2)
    assert len(model.relevant_) <= 2
    assert model.score(X, y) >= 0.75


def test_several_outputs_share_gates_and_keep_their_names():
    table = truth_table("adder-2")
    model = BooleanRegressor(**QUICK).fit(pd.DataFrame(table.inputs), pd.DataFrame(table.outputs))
    assert model.gates_ == 7
    assert len(model.best_) == 3
    assert [front.name for front in model.fit_.outputs] == ["s0", "s1", "s2"]
    assert sum(front.row.gates for front in model.fit_.outputs) > 7
    assert model.predict(pd.DataFrame(table.inputs)).shape == (16, 3)
    assert "All outputs together: 7 gates." in str(model)


def test_noisy_outputs_share_gates_too():
    X = np.concatenate([inputs_of(6)[:60]] * 3)
    rng = np.random.default_rng(0)
    Y = np.stack([X[:, 0] & X[:, 1] ^ X[:, 2], (X[:, 0] & X[:, 1]) | X[:, 5]], axis=1)
    model = BooleanRegressor(**QUICK).fit(X, Y ^ (rng.random(Y.shape) < 0.03))
    assert (model.predict(X) == Y).all()
    assert model.gates_ == 3


# ---- the table


def test_the_table_marks_the_chosen_row_and_can_choose_another():
    X = inputs_of(5)
    y = X[:, 0] & X[:, 1] & X[:, 2] | X[:, 3]
    model = BooleanRegressor(**QUICK).fit(X, y)
    lines = str(model).splitlines()
    assert lines[0] == "y ="
    assert lines[1].split() == ["gates", "errors", "accuracy", "formula"]
    assert [line.startswith(">") for line in lines].count(True) == 1
    assert lines[-1] == "Right on all 32 rows, with the fewest gates found."
    frame = model.fit_.table
    assert frame["gates"].is_monotonic_increasing
    assert frame["errors"].is_monotonic_decreasing
    assert frame["chosen"].sum() == 1
    before = model.fit_
    model.choose(gates=0)
    assert str(model.best_) == "x3"
    assert model.score(X, y) == pytest.approx(1 - frame["errors"][0] / 32)
    assert before.gates == 3
    assert "<table" in model.fit_._repr_html_()


def test_errors_of_the_table_are_those_of_its_formulas():
    X, y, *_ = noisy_rows(random_formula(list("abcd"), 4, 2), list("abcdef"), seed=1)
    model = BooleanRegressor(**QUICK).fit(dict(zip("abcdef", X.T, strict=True)), y)
    for place, row in enumerate(model.fit_.outputs[0].rows):
        chosen = model.fit_.select(row=place)
        assert (chosen.predict(X)[:, 0] != y).sum() == row.errors
        assert chosen.gates == row.gates


def test_fewest_errors_can_be_asked_for():
    X, y, *_ = noisy_rows(random_formula(list("abcd"), 4, 2), list("abcdef"), seed=1)
    short, right = (BooleanRegressor(select=rule, **QUICK).fit(X, y) for rule in ("description_length", "errors"))
    assert right.fit_.outputs[0].row.errors <= short.fit_.outputs[0].row.errors
    assert right.fit_.outputs[0].chosen == len(right.fit_.outputs[0].rows) - 1


# ---- manners


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, dict])
def test_names_are_kept_and_columns_found_by_name(make):
    X = {"on": [0, 0, 1, 1], "body mass": [0, 1, 0, 1]}
    model = BooleanRegressor(**QUICK).fit(make(X), [0, 1, 0, 0])
    assert model.relevant_ == ("on", "body mass")
    swapped = {name: X[name] for name in reversed(X)}
    assert model.predict(make(swapped)).tolist() == [0, 1, 0, 0]
    assert model.n_features_in_ == 2


def test_answers_come_back_as_they_were_given():
    X = inputs_of(2)
    assert fitted(2, X[:, 0]).predict(X).dtype == bool
    assert fitted(2, X[:, 0].astype(int)).predict(X).tolist() == [0, 1, 0, 1]
    assert fitted(2, X[:, :1].astype(float)).predict(X).shape == (4, 1)
    assert BooleanRegressor(**QUICK).fit(X.tolist(), [1.0, 0.0, 0.0, 0.0]).classes_.tolist() == [0, 1]


def test_it_clones_pickles_and_repeats():
    X, y, *_ = noisy_rows(random_formula(list("abcd"), 4, 5), list("abcdef"), seed=1)
    model = BooleanRegressor(operators="and or not", max_inputs=4, **QUICK)
    twin = clone(model)
    assert twin.get_params() == model.get_params()
    assert not hasattr(twin, "fit_")
    first = model.fit(X, y)
    assert str(twin.fit(X, y)) == str(first)
    assert str(clone(model).set_params(n_jobs=2).fit(X, y)) == str(first)
    again = pickle.loads(pickle.dumps(first))
    assert again.best_ is first.best_
    assert (again.predict(X) == first.predict(X)).all()


def test_what_is_not_fitted_says_so():
    with pytest.raises(NotFittedError):
        BooleanRegressor().predict([[0, 1]])


@pytest.mark.parametrize(
    "check",
    [
        "check_no_attributes_set_in_init",
        "check_parameters_default_constructible",
        "check_get_params_invariance",
        "check_set_params",
        "check_estimator_repr",
        "check_estimator_tags_renamed",
        "check_valid_tag_types",
        "check_estimators_unfitted",
        "check_estimator_cloneable",
        "check_requires_y_none",
    ],
)
def test_scikit_learn_checks_that_need_no_numbers(check):
    getattr(estimator_checks, check)("BooleanRegressor", BooleanRegressor(**QUICK))


def test_watchers_see_progress():
    seen = []
    X, y, *_ = noisy_rows(random_formula(list("abcd"), 4, 5), list("abcdef"), seed=1)
    BooleanRegressor(watch=seen.append, **QUICK).fit(X, y)
    assert len(seen) > 3
    assert seen[-1].stopped
    assert "formulas" in seen[-1].line()


@pytest.mark.parametrize("complete", [True, False])
def test_the_time_limit_is_kept(complete):
    rng = np.random.default_rng(0)
    X = inputs_of(11) if complete else inputs_of(14)[rng.permutation(1 << 14)[:4000]]
    y = rng.random(len(X)) < 0.5
    BooleanRegressor(**QUICK).fit(X[:20], y[:20])
    began = time.time()
    model = BooleanRegressor(within="1s", effort=3, random_state=0).fit(X, y)
    assert time.time() - began < 1 * 1.1 + 0.5 + 1.0  # the limit of the budget, and a second for a busy machine
    if complete:
        assert model.score(X, y) == 1.0


# ---- exports, read back


@settings(max_examples=12)
@given(st.integers(0, 2**32 - 1))
def test_exports_have_the_values_of_the_table(f):
    answers = rows_of(f, 32)
    model = fitted(5, answers)
    X = inputs_of(5)
    assert aiger(model.to_aig(), X)[:, 0].tolist() == answers.tolist()
    assert verilog(model.to_verilog(), X)[:, 0].tolist() == answers.tolist()
    dnf = model.to_dnf()
    columns = {f"x{i}": X[:, i] for i in range(5)}
    assert np.broadcast_to(np.asarray(dnf(columns), dtype=bool), 32).tolist() == answers.tolist()
    assert is_dnf(dnf)
    names = {"numpy": np}
    exec(model.to_python("f"), names)
    arguments = [str(v.payload) for v in model.best_.variables]
    value = names["f"](**{name: columns[name] for name in names["f"].__code__.co_varnames[: len(arguments)]})
    assert np.broadcast_to(np.asarray(value, dtype=bool), 32).tolist() == answers.tolist()


def test_the_sympy_export_is_equivalent():
    import sympy
    from sympy.logic.boolalg import Equivalent

    a, b, c = sympy.symbols("x0 x1 x2")
    model = fitted(3, inputs_of(3).sum(axis=1) >= 2)
    assert not sympy.satisfiable(sympy.Not(Equivalent(model.to_sympy(), (a & b) | (a & c) | (b & c))))


def test_several_outputs_are_exported_together():
    table = truth_table("adder-3")
    model = BooleanRegressor(**QUICK).fit(table.inputs, table.outputs)
    X = np.stack(list(table.inputs.values()), axis=1)
    wanted = np.stack(list(table.outputs.values()), axis=1)
    assert (aiger(model.to_aig(), X) == wanted).all()
    assert (verilog(model.to_verilog("adder"), X) == wanted).all()
    assert "module adder(" in model.to_verilog("adder")
    assert "o3 s3" in model.to_aig()
    assert len(model.to_sympy()) == len(model.to_dnf()) == 4
    names = {}
    exec(model.to_python(), names)
    assert {f"formula_s{i}" for i in range(4)} <= set(names)
    assert Circuit(model.best_, list(table.inputs)).count() == model.gates_ == 12


def test_names_that_verilog_cannot_hold_are_made_safe():
    X = inputs_of(2)
    model = BooleanRegressor(**QUICK).fit(
        {"input": X[:, 0], "body mass": X[:, 1]}, pd.Series(X[:, 0] ^ X[:, 1], name="g0")
    )
    text = model.to_verilog()
    assert verilog(text, X)[:, 0].tolist() == (X[:, 0] ^ X[:, 1]).tolist()
    assert "is 'body mass'" in text
    assert "is 'input'" in text


def aiger(text, X):
    """Outputs of an ASCII AIGER graph on rows of inputs, by the rules of the format."""
    lines = text.splitlines()
    kind, most, inputs, latches, outputs, ands = lines[0].split()
    assert kind == "aag"
    assert (int(latches), int(most)) == (0, int(inputs) + int(ands))
    body = lines[1:]
    held = {0: np.zeros(len(X), dtype=bool)}

    def at(literal):
        return held[literal & ~1] ^ bool(literal & 1)

    for i, line in enumerate(body[: int(inputs)]):
        held[int(line)] = X[:, i]
    for line in body[int(inputs) + int(outputs) : int(inputs) + int(outputs) + int(ands)]:
        left, a, b = map(int, line.split())
        assert left > a >= b
        held[left] = at(a) & at(b)
    return np.stack([at(int(line)) for line in body[int(inputs) : int(inputs) + int(outputs)]], axis=1)


def verilog(text, X):
    """Outputs of a module of wires and assignments on rows of inputs."""
    import re

    names = re.findall(r"^  input (\w+)", text, re.MULTILINE)
    held = dict(zip(names, X.T, strict=True))

    def at(token):
        if token.lstrip("~").startswith("1'b"):
            return np.full(len(X), token.endswith("1")) ^ token.startswith("~")
        return held[token.lstrip("~")] ^ token.startswith("~")

    for name, a, op, b in re.findall(r"^  wire (\w+) = (\S+) ([&^]) (\S+);", text, re.MULTILINE):
        held[name] = at(a) & at(b) if op == "&" else at(a) ^ at(b)
    outputs = dict(re.findall(r"^  assign (\w+) = (\S+);", text, re.MULTILINE))
    return np.stack([at(outputs[name]) for name in re.findall(r"^  output (\w+)", text, re.MULTILINE)], axis=1)


def is_dnf(term):
    def literal(t):
        return not t.args or (t.op.name == "not" and not t.args[0].args)

    def product(t):
        return literal(t) or (t.op.name == "and" and all(product(a) for a in t.args))

    return product(term) or (term.op.name == "or" and all(is_dnf(a) for a in term.args))
