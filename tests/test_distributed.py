from __future__ import annotations

import sys

import pytest

from benchmarks.distributed import Killed, front, killed_midway, noisy_table, search, two_cores
from induce.errors import FillError
from induce.fill import fill
from induce.formulas import FormulaRegressor
from induce.learners.archive import Archive, Entry
from induce.terms import arithmetic
from induce.terms.codes import Codebook

X, Y = noisy_table()


@pytest.fixture(scope="module")
def ray():
    pytest.importorskip("ray")
    with two_cores() as ray:
        yield ray


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Ray's own
def test_two_workers_give_the_front_of_one_process(ray):
    here, there = search(6000), search(6000, backend="ray")
    assert front(here) == front(there)
    assert here.report["candidates"] == there.report["candidates"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_killed_worker_is_replaced_and_nothing_but_its_batch_is_lost(ray):
    killed = killed_midway(ray, 3e5)
    assert killed.restarts == 1
    assert any("a worker died and was replaced" in note for note in killed.fit.notes)
    assert killed.before.by_size
    assert killed.lost() == []
    assert killed.fit.report["candidates"] >= 3e5


def test_what_was_lost_is_found():
    held, poorer = Archive(), Archive()
    sine, line = (arithmetic.parse(text) for text in ("sin(x)", "x"))
    book = Codebook(arithmetic, ["x"])
    for archive, loss in ((held, 0.1), (poorer, 0.3)):
        archive.offer(Entry(book.encode([line]), 1, 0.5, "test"))
        archive.offer(Entry(book.encode([sine]), 2, loss, "test"))
    fit = fill(arithmetic.parse("?a * x"), (X, Y))
    assert Killed(fit, 0.0, before=held, after=poorer, restarts=1).lost() == [2]
    assert Killed(fit, 0.0, before=poorer, after=held, restarts=1).lost() == []


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
    with pytest.raises(FillError, match="unknown backend 'rai'"):
        fill(arithmetic.parse("?a * x"), (X, Y), backend="rai")
