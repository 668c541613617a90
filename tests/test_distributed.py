from __future__ import annotations

import sys

import numpy as np
import pytest

from induce.distributed import RayStreams
from induce.errors import FillError
from induce.fill import fill
from induce.formulas import FormulaRegressor

RNG = np.random.default_rng(0)
X = {"x": RNG.uniform(0.5, 3, 120), "y": RNG.uniform(0.5, 3, 120)}
Y = np.exp(-0.4 * X["x"]) * np.sin(2.2 * X["y"] ** 1.3) + RNG.normal(0, 0.01, 120)


@pytest.fixture(scope="module")
def ray():
    ray = pytest.importorskip("ray")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR", configure_logging=False)
    yield ray
    ray.shutdown()


def fitted(**settings):
    model = FormulaRegressor("+ - * / sin exp", within="6000 candidates", random_state=0, **settings)
    return model.fit(X, Y).fit_


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Ray's own
def test_two_workers_give_the_front_of_one_process(ray):
    here, there = fitted(), fitted(backend="ray")
    assert [(r.text(None), r.loss) for r in here.rows] == [(r.text(None), r.loss) for r in there.rows]
    assert here.report["candidates"] == there.report["candidates"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_killed_worker_is_replaced_and_the_fit_goes_on(ray, monkeypatch):
    held = []
    start = RayStreams.__init__

    def remember(self, run):
        start(self, run)
        held.append(self)

    monkeypatch.setattr(RayStreams, "__init__", remember)
    seen = []

    def watch(progress):
        seen.append(progress.loss)
        if len(seen) == 1:
            ray.kill(held[0].workers[1])

    fit = FormulaRegressor("+ - * / sin exp", within="8s", random_state=0, backend="ray", watch=watch).fit(X, Y).fit_
    assert held[0].restarts == 1
    assert any("a worker died and was replaced" in note for note in fit.notes)
    assert fit.row.loss <= seen[0] * np.var(Y) * (1 + 1e-9)


def test_what_cannot_be_sent_is_explained():
    pytest.importorskip("ray")
    with pytest.raises(FillError, match="cannot be sent to Ray's workers"):
        FormulaRegressor(backend="ray", subject_to=lambda term: True).fit(X, Y)


def test_a_missing_ray_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(
        FillError, match=r"needs the package ray, which is not installed. Run: pip install 'induce\[ray\]'"
    ):
        FormulaRegressor(backend="ray").fit(X, Y)


def test_an_unknown_backend_is_named():
    from induce.terms import arithmetic

    with pytest.raises(FillError, match="unknown backend 'rai'"):
        fill(arithmetic.parse("?a * x"), (X, Y), backend="rai")
