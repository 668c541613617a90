"""What explanations say of changes is what predict answers after them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from induce.rules import RuleClassifier

ROWS = 400


def frame(seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "kind": rng.choice([*"abcd", None], ROWS),
            "x": np.where(rng.random(ROWS) < 0.2, np.nan, rng.normal(size=ROWS)),
            "known": rng.random(ROWS) < 0.5,
        }
    )


def changes(X, row):
    """All rows with one entry changed: every category, numbers of all parts of the line, or no entry at all."""
    for name in X.columns:
        column = X[name].dropna().unique().tolist()
        entries = column if name == "kind" else [True, False] if name == "known" else [*column, -1e9, 1e9]
        for entry in [*entries, None]:
            other = row.astype(object).copy()
            other[name] = entry
            yield other


@pytest.mark.parametrize("decide", ["votes", "first"])
@pytest.mark.parametrize(
    "target",
    [
        lambda X: X["kind"].isin(["a", "b"]),
        lambda X: X["x"] > 0,
        lambda X: X["x"].isna(),
        lambda X: X["kind"].isna() | (X["x"] > 1),
        lambda X: X["known"] & (X["x"] > 0),
    ],
)
def test_a_change_is_found_where_there_is_one(decide, target):
    X = frame()
    model = RuleClassifier(4, 2, decide=decide, random_state=0).fit(X, np.where(target(X), "yes", "no"))
    for row in range(25):
        one = X.iloc[[row]]
        answer, why = model.predict(one)[0], model.explain(one)
        tried = pd.DataFrame([*changes(X, X.iloc[row])]).infer_objects()
        tried["x"] = tried["x"].astype(float)
        others = {name for name in model.predict(tried) if name != answer}
        assert (why.flip is None) == (not others), f"row {row}: {why}"
        if why.flip is not None:
            assert why.flip.answer in others


def test_categories_that_no_rule_names_stand_for_one_another():
    X = frame()
    model = RuleClassifier(4, 1, random_state=0).fit(X, np.where(X["kind"].isin(["a", "b"]), "yes", "no"))
    why = model.explain({"kind": "a", "x": 0.0, "known": True})
    assert str(why.flip) in ("kind c instead of a would make it no", "kind d instead of a would make it no")


def test_an_entry_that_decides_by_being_there():
    X = frame()
    model = RuleClassifier(2, 1, random_state=0).fit(X, np.where(X["x"] > 0, "yes", "no"))
    assert "instead of a missing entry would make it yes" in str(model.explain({"kind": "a", "x": None, "known": True}))
