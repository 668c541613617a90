"""distill(): any network to formulas, how closely they follow, and the module that replaces it."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LinearRegression
from sklearn.neural_network import MLPRegressor

import induce
from induce import Budget, arithmetic, distill
from induce.errors import DataError, FillError
from induce.formulas import FormulaRegressor, Hypotheses, recording

SMALL = Budget(work=2e8, plateau=3e7)


class Law(torch.nn.Module):
    """Exact, so that the formulas can be told; with parts that behave differently in training."""

    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.tensor([2.5, -0.75]))
        self.drop = torch.nn.Dropout(0.5)
        self.seen = []

    def forward(self, x):
        self.seen.append((self.training, torch.is_grad_enabled(), x.dtype, len(x)))
        return self.drop(torch.stack([self.scale[0] * x[..., 0] * x[..., 1], self.scale[1] / x[..., 1]], -1))


@pytest.fixture(scope="module")
def X():
    return np.random.default_rng(0).uniform(0.5, 2.0, (300, 2))


@pytest.fixture(scope="module")
def network():
    return Law().train()


@pytest.fixture(scope="module")
def found(network, X):
    return distill(network, X, into="+ * /", names=["a", "b"], within=SMALL)


def test_a_module_becomes_one_formula_for_each_output(found, network, X):
    assert list(found.formulas) == ["y0", "y1"]
    assert [str(term.size) for term in found.formulas.values()] == ["5", "3"]
    assert min(found.fidelity.values()) > 0.999999
    assert found.names == ("a", "b")
    assert found.held_out[0].rows == 60
    assert np.allclose(found.predict(X)[:, 0], 2.5 * X[:, 0] * X[:, 1], rtol=1e-5)
    assert np.allclose(found.predict(pd.DataFrame(X, columns=["a", "b"])), found.predict(X))


def test_the_module_is_asked_quietly_and_left_as_it_was(found, network):
    assert all(seen[:3] == (False, False, torch.float32) for seen in network.seen)
    assert network.training
    assert network.drop.training
    assert network.scale.requires_grad


def test_parts_get_their_own_mode_back_even_after_an_error(X):
    class Broken(Law):
        def forward(self, x):
            raise RuntimeError("no")

    broken = Broken().train()
    broken.drop.eval()
    with pytest.raises(RuntimeError, match="no"):
        distill(broken, X)
    assert (broken.training, broken.drop.training) == (True, False)


def test_the_result_replaces_the_network(found, network):
    module = found.to_torch()
    x = torch.rand(3, 4, 2, dtype=torch.float64) + 0.5
    assert torch.allclose(module(x), network.double().eval()(x), rtol=1e-5)
    network.float().train()
    assert module(x.float()).dtype == torch.float32
    assert list(module.parameters()) == []
    free = found.to_torch(trainable=True)
    free(x).sum().backward()
    assert all(p.grad is not None for p in free.parameters())
    assert [str(t) for t in free.terms] == [str(t) for t in found.to_torch(trainable=True).terms]


def test_it_prints_a_table(found):
    lines = str(found).splitlines()
    assert lines[0].split() == ["output", "size", "fidelity", "formula"]
    assert lines[1].startswith("y0         5  1.000000  ")
    assert lines[-1] == "Fidelity: R2 against the network on 60 inputs that no search saw."


def test_another_row(found):
    other = found.select("y0", size=1)
    assert other.formulas["y0"].size == 1
    assert other.formulas["y1"] is found.formulas["y1"]
    assert other.fidelity["y0"] < 0.9
    with pytest.raises(DataError, match=r"there is no output 'y2'\. There are: y0, y1\."):
        found.select("y2", size=1)


def test_chosen_and_named_outputs(network, X):
    assert list(distill(network, X, into="*", outputs=[1], within="1e4 candidates").formulas) == ["y1"]
    named = distill(network, X, into="*", outputs=["force", "speed"], within="1e4 candidates")
    assert list(named.formulas) == ["force", "speed"]
    assert named.fits["force"].target == "force"


def test_an_estimator_and_a_frame(X):
    frame = pd.DataFrame(X, columns=["length", "width"])
    model = LinearRegression().fit(frame, 3 * frame["length"] - 2 * frame["width"] + 1)
    found = distill(model, frame, into="+ - *", within=SMALL)
    assert found.fidelity["y"] == pytest.approx(1.0)
    assert {v.name for v in found.formulas["y"].variables} == {"length", "width"}
    assert found.predict(frame).shape == (300,)
    assert found.to_torch()(torch.zeros(5, 2)).shape == (5,)


def test_a_real_network_that_only_approximates(X):
    x = np.random.default_rng(1).uniform(-2, 2, (400, 1))
    net = MLPRegressor(hidden_layer_sizes=(30,), max_iter=3000, tol=1e-7, solver="lbfgs", random_state=0).fit(
        x, x[:, 0] ** 2 - x[:, 0]
    )
    found = distill(net, x, into="+ - *", within=SMALL)
    assert found.formulas["y"].size <= 7
    assert found.fidelity["y"] > 0.99


def test_callables_get_what_was_given(X):
    kinds = []

    def ask(rows):
        kinds.append(type(rows))
        return rows[:, 0] + rows[:, 1]

    distill(ask, X, into="+", within=SMALL)
    distill(ask, torch.tensor(X).reshape(3, 100, 2), into="+", within=SMALL)
    assert kinds == [np.ndarray, torch.Tensor]


def test_into_a_sketch_hypotheses_and_a_regressor(X):
    def ask(rows):
        return 2 * rows[:, 0] + 3 * np.log(rows[:, 1])

    sketch = distill(ask, X, into=arithmetic.parse("?a * x0 + ?b * log(x1)"))
    assert str(sketch.formulas["y"]) == "3 * log(x1) + 2 * x0"
    known = distill(ask, X, into=Hypotheses(contains="log(?)"), within=SMALL)
    assert "log" in str(known.formulas["y"])
    model = FormulaRegressor("+ * log", max_size=3, within=SMALL, select="loss")
    small = distill(ask, X, into={"y": model})
    assert small.formulas["y"].size <= 3
    assert not hasattr(model, "fit_")


def test_a_regressor_keeps_its_rule(X):
    model = FormulaRegressor("+ *", within=SMALL, select="validation")
    found = distill(lambda r: 2 * r[:, 0], X, into=model)
    assert "held-out" in found.fits["y"].reason
    assert "Chosen at the elbow" in distill(lambda r: 2 * r[:, 0], X, into=model, select="elbow").fits["y"].reason


def test_hypotheses_hold_after_numbers_are_fitted(X):
    known = Hypotheses(constants=["2", "0.5"])
    found = distill(lambda r: 2.1 * r[:, 0] * r[:, 1], X, into=known, within=SMALL)
    assert "2.1" not in str(found.formulas["y"])


def test_whole_numbers_are_fitted_too():
    """A search writes small whole numbers; a network's are never whole."""
    x = np.random.default_rng(3).normal(size=(200, 2))
    found = distill(lambda r: 0.37 * r[:, 0] + 0.83 * r[:, 1], x, into="+ - *", within=SMALL)
    assert found.fidelity["y"] > 1 - 1e-12


def test_rare_inputs_count_as_much_as_frequent_ones():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.uniform(0, 1, 950), rng.uniform(1, 5, 50)])[:, None]
    sketch = arithmetic.parse("?a * x0 + ?b")

    def far(density):
        found = distill(lambda r: r[:, 0] ** 2, x, into=sketch, density=density)
        return abs(found.predict(np.array([[4.0]]))[0] - 16)

    assert far("even") < 0.7 * far("rows")


def test_the_same_seed_gives_the_same_formulas(network, X, found):
    again = distill(network, X, into="+ * /", names=["a", "b"], within=SMALL)
    assert again.formulas == found.formulas
    assert again.fidelity == found.fidelity


@pytest.mark.parametrize(
    ("network", "options", "error", "words"),
    [
        (3, {}, FillError, "cannot distill int: it is neither a torch module, nor an estimator with predict, nor callable."),
        (lambda r: r[:5, 0], {}, DataError, "the network gave an answer of shape (5,) for 300 rows, but one number or one row"),
        (lambda r: r[:, 0] / 0 * 0, {}, DataError, "the network's answer is not finite on 300 of 300 rows (row 0 first)."),
        (lambda r: np.full(len(r), "a"), {}, DataError, "the network answers with <U1, but a formula needs numbers."),
        (lambda r: r[:, 0], {"density": "evne"}, FillError, "unknown density 'evne'. Did you mean 'even'? Known: even, rows."),
        (lambda r: r[:, 0], {"into": 7}, FillError, "cannot distill into int. Give operators such as '+ - * /', Hypotheses,"),
        (lambda r: r[:, 0], {"into": arithmetic.parse("x0")}, FillError, "'x0' has no holes, so there is nothing to fill."),
        (lambda r: r, {"outputs": ["a"]}, DataError, "outputs names ['a'], but the network has 2 outputs. Give 2 different"),
        (lambda r: r, {"outputs": [2]}, DataError, "outputs holds 2, but the network has outputs 0 to 1."),
        (lambda r: r, {"into": {"z": "+"}}, DataError, "into has 'z', which is no output. There are: y0, y1."),
        (lambda r: r, {"names": ["a"]}, DataError, "1 names were given for 2 columns. Give one name per column."),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_what_is_wrong_is_said(X, network, options, error, words):
    with pytest.raises(error, match=re.escape(words)):
        distill(network, X, **options)


def test_too_few_rows_and_no_table():
    with pytest.raises(
        DataError, match="X has 4 rows, but distilling needs 10 or more. Ask the network at more inputs"
    ):
        distill(lambda r: r[:, 0], np.ones((4, 2)))
    with pytest.raises(DataError, match=re.escape("X has shape (20,), but a table of rows and columns is needed.")):
        distill(lambda r: r, np.ones(20))


def test_a_part_is_recorded_and_distilled(X):
    net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 1)).double()
    with recording(net[0]) as seen:
        net(torch.tensor(X).reshape(3, 100, 2))
    net(torch.tensor(X))
    assert (len(seen), seen.inputs.shape, seen.outputs.shape) == (300, (300, 2), (300, 2))
    found = distill(seen, None, into="+ - *", within=SMALL)
    assert min(found.fidelity.values()) > 1 - 1e-9
    assert len(net[0]._forward_hooks) == 0


def test_distill_is_a_public_name():
    assert induce.distill is distill
