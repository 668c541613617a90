"""Nothing is left out of the catalog: whatever the modules hold is registered, so that the contracts reach it."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from types import ModuleType

from sklearn.base import BaseEstimator

import induce
from induce import catalog
from induce.algebras import Algebra
from induce.terms import Language, arithmetic


def modules():
    names = [m.name for m in pkgutil.walk_packages(induce.__path__, "induce.") if "._papers" not in m.name]
    return [importlib.import_module(name) for name in names]


def is_learner(value):
    """A class of learners that can be called as it is; combinators need learners first, protocols are no learners."""
    if not inspect.isclass(value) or getattr(value, "_is_protocol", False):
        return False
    if value.__module__.startswith(("induce.learners.programs", "induce.learners.strings", "induce.learners.beam")):
        return False  # learners of programs take examples, not tables; induce.programs.language knows them
    if not (callable(getattr(value, "run", None)) and callable(getattr(value, "accepts", None))):
        return False
    parameters = inspect.signature(value).parameters.values()
    return all(p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters)


def unregistered(found):
    """``module.name`` of every algebra, learner, estimator and language that the catalog does not hold."""
    shelves = {
        kind: list(catalog.SHELVES[kind].values()) for kind in ("algebras", "learners", "estimators", "languages")
    }
    missing = []
    for module in found:
        for name, value in vars(module).items():
            if isinstance(value, Algebra):
                kind = "algebras"
            elif isinstance(value, Language):
                kind = "languages"
            elif inspect.isclass(value) and value.__module__ == module.__name__ and issubclass(value, BaseEstimator):
                kind = "estimators"
            elif inspect.isclass(value) and value.__module__ == module.__name__ and is_learner(value):
                kind = "learners"
            else:
                continue
            if not any(value is known for known in shelves[kind]):
                missing.append(f"{module.__name__}.{name}")
    return missing


def test_everything_is_registered():
    assert unregistered(modules()) == []


def test_every_entry_is_seen_by_the_scan():
    found = [value for module in modules() for value in vars(module).values()]
    for kind in ("algebras", "learners", "estimators", "languages"):
        for name, value in catalog.SHELVES[kind].items():
            assert any(value is seen for seen in found), f"{kind}: {name}"


def test_an_unregistered_one_would_be_noticed():
    made = ModuleType("induce.made_up")
    made.TWISTED = dataclasses.replace(Algebra.REAL, name="twisted")
    made.tongue = arithmetic.extend("tongue")
    made.Guess = type(
        "Guess",
        (),
        {"__module__": "induce.made_up", "run": lambda self, *a: iter(()), "accepts": lambda self, task: ""},
    )
    made.Blind = type("Blind", (BaseEstimator,), {"__module__": "induce.made_up"})
    assert unregistered([made]) == [f"induce.made_up.{name}" for name in ("TWISTED", "tongue", "Guess", "Blind")]


def test_every_kind_has_its_contract():
    from pathlib import Path

    tested = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    assert set(catalog.SHELVES) - {"rooms"} <= tested
