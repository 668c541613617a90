"""What every estimator of the catalog must do beside scikit-learn's own checks: frames, cloning, pickling, few parameters."""

from __future__ import annotations

import inspect
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import BaseEstimator, clone

from induce import catalog

SETTINGS = {
    "BooleanRegressor": {"effort": 0.05},
    "FormulaRegressor": {"operators": "+ * sqrt", "max_size": 5, "within": "1e5 candidates"},
}
NUMBERS = {"length": np.linspace(1, 5, 40), "body mass": np.cos(np.arange(40)) + 2}
TRUTHS = {"length": np.arange(40) % 2, "body mass": np.arange(40) // 2 % 2}
DATA = {
    "BooleanRegressor": (TRUTHS, TRUTHS["length"] & (1 - TRUTHS["body mass"]), "x0 and not x1"),
    "FormulaRegressor": (NUMBERS, 3 * np.sqrt(NUMBERS["length"]), "3 * sqrt(x0)"),
}
"""For each estimator columns, a target, and the formula expected of the same columns without names."""
EXAMPLES = ["LibraryLearner", "ProgramSynthesizer"]
"""Estimators that learn from examples, not from tables of numbers; tests/programs holds what they must do."""
RULES = [
    "ConceptClassifier", "ConceptIdentifier", "GraphRules", "HierarchicalClassifier", "MutualInformation",
    "NearestSupportClassifier", "PartClassifier", "RuleClassifier", "RuleRegressor", "SymbolClassifier", "SymbolClusterer",
]  # fmt: skip
"""Estimators whose result is no formula; tests/rules and tests/explain hold what they must do."""
FRAMES = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table, "mapping": dict}


def fresh(name):
    return catalog.estimators[name](**SETTINGS.get(name, {}))


def test_every_estimator_has_its_contract():
    assert sorted([*DATA, *EXAMPLES, *RULES]) == sorted(catalog.estimators)


@pytest.mark.parametrize("name", catalog.estimators)
class TestParameters:
    def test_it_has_few_parameters_with_defaults_and_words(self, name):
        cls = catalog.estimators[name]
        parameters = [p for p in inspect.signature(cls).parameters.values()]
        assert issubclass(cls, BaseEstimator)
        assert len(parameters) <= 12
        assert all(p.default is not p.empty for p in parameters)
        for parameter in parameters:
            assert f"\n    {parameter.name} : " in (cls.__doc__ or "")

    def test_parameters_survive_cloning_as_they_are(self, name):
        model = fresh(name)
        twin = clone(model)
        assert {k: repr(v) for k, v in twin.get_params().items()} == {k: repr(v) for k, v in model.get_params().items()}
        assert not hasattr(twin, "fit_")


@pytest.mark.parametrize("name", DATA)
class TestEstimator:
    @pytest.mark.parametrize("kind", FRAMES)
    def test_frames_keep_their_names_and_give_the_same(self, name, kind):
        X, Y, _ = DATA[name]
        make = FRAMES[kind]
        model = fresh(name).fit(make(X), Y)
        reference = fresh(name).fit(pd.DataFrame(X), pd.Series(Y)).predict(pd.DataFrame(X))
        assert model.best_.variables[0].name == "length"
        assert (model.predict(make(X)) == reference).all()
        swapped = {key: X[key] for key in reversed(X)}
        assert (model.predict(make(swapped)) == reference).all()
        if kind != "mapping":
            assert model.feature_names_in_.tolist() == ["length", "body mass"]
        assert model.n_features_in_ == 2

    def test_plain_arrays(self, name):
        X, Y, expected = DATA[name]
        model = fresh(name).fit(np.column_stack(list(X.values())), Y)
        assert str(model.best_) == expected
        assert not hasattr(model, "feature_names_in_")

    def test_pickled_models_predict_the_same(self, name):
        X, Y, _ = DATA[name]
        model = fresh(name).fit(pd.DataFrame(X), Y)
        again = pickle.loads(pickle.dumps(model))
        assert (again.predict(pd.DataFrame(X)) == model.predict(pd.DataFrame(X))).all()
        assert again.best_ is model.best_
        assert str(again) == str(model)

    def test_fitting_twice_or_after_cloning_gives_the_same(self, name):
        X, Y, _ = DATA[name]
        model = fresh(name)
        first = str(model.fit(pd.DataFrame(X), Y).fit_.pareto)
        assert str(model.fit(pd.DataFrame(X), Y).fit_.pareto) == first
        assert str(clone(model).fit(pd.DataFrame(X), Y).fit_.pareto) == first
