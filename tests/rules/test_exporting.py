"""Exports answer as predict does, whatever columns and classes are called."""

from __future__ import annotations

import sqlite3

import duckdb
import numpy as np
import pandas as pd
import pytest

from induce.errors import ExportError
from induce.rules import RuleClassifier, RuleRegressor

ROWS = 200


def numbers(seed=0):
    return np.random.default_rng(seed).normal(size=ROWS)


def by_duckdb(query, frame):
    with duckdb.connect() as database:
        database.register("data", frame)
        return database.execute(query).df().iloc[:, -1].tolist()


def by_sqlite(query, frame):
    with sqlite3.connect(":memory:") as database:
        frame.to_sql("data", database, index=False)
        return pd.read_sql_query(query, database).iloc[:, -1].tolist()


def cases():
    x, z = numbers(), numbers(1)
    yield (
        "classes that differ in capitals",
        pd.DataFrame({"x": x}),
        np.where(x > 0, "Yes", np.where(x > -1, "yes", "no")),
    )
    yield "three of them", pd.DataFrame({"x": x}), np.where(x > 0.5, "Yes", np.where(x > -0.5, "yes", "YES"))
    yield "a column called as the points are", pd.DataFrame({"x": x, "Points no": z}), np.where(x > 0.3, "yes", "no")
    yield "a column called prediction", pd.DataFrame({"Prediction": x}), np.where(x > 0.3, "yes", "no")
    rough = pd.DataFrame({"x": (np.random.default_rng(2).integers(0, 20, ROWS) / 10).astype(np.float32)})
    yield "single precision", rough, np.where(rough["x"] > np.float32(0.3), "yes", "no")


@pytest.mark.parametrize(("name", "X", "y"), list(cases()), ids=[name for name, _, _ in cases()])
@pytest.mark.parametrize("decide", ["votes", "first"])
def test_databases_and_python_answer_as_predict(name, X, y, decide):
    model = RuleClassifier(4, 2, decide=decide, random_state=0).fit(X, y)
    expected = model.predict(X).tolist()
    assert len(set(expected)) > 1
    assert by_duckdb(model.to_sql(), X) == expected
    assert by_sqlite(model.to_sql(), X) == expected
    space = {}
    exec(model.to_python(), space)
    assert [space["predict"](row) for _, row in X.iterrows()] == expected


def test_a_column_called_prediction_is_kept_beside_the_answer():
    X = pd.DataFrame({"prediction": numbers()})
    model = RuleClassifier(2, 1, random_state=0).fit(X, np.where(X["prediction"] > 0, "yes", "no"))
    with duckdb.connect() as database:
        database.register("data", X)
        found = database.execute(model.to_sql()).df()
    assert found["prediction"].tolist() == X["prediction"].tolist()
    assert found["prediction_"].tolist() == model.predict(X).tolist()


def test_numbers_with_an_offset_are_answered_alike():
    x, z = numbers(), numbers(1)
    X = pd.DataFrame({"x": x, "z": z})
    model = RuleRegressor(4, 2, random_state=0).fit(X, 1e6 + 10 * (x > 0) + 5 * (z > 0))
    assert by_duckdb(model.to_sql(), X) == pytest.approx(model.predict(X).tolist(), rel=1e-12)


@pytest.mark.parametrize("name", [None, "max", "row", "sum", "missing", "class", "two words"])
def test_names_that_no_function_can_have(name):
    X = pd.DataFrame({"x": numbers()})
    model = RuleClassifier(2, 1, random_state=0).fit(X, X["x"] > 0)
    with pytest.raises(ExportError, match=r"a function cannot be called .*\. Give an identifier, such as 'predict'"):
        model.to_python(name)


@pytest.mark.parametrize("table", [None, "", 5])
def test_names_that_no_table_can_have(table):
    X = pd.DataFrame({"x": numbers()})
    model = RuleClassifier(2, 1, random_state=0).fit(X, X["x"] > 0)
    with pytest.raises(ExportError, match=r"a table cannot be called .*\. Give its name, such as 'patients'"):
        model.to_sql(table)


def test_markdown_is_one_table_without_html():
    X = pd.DataFrame({"x": numbers()})
    y = np.where(X["x"] > 0, "b\n# head", "<img src=x onerror=alert(1)>")
    text = RuleClassifier(2, 1, random_state=0).fit(X, y).fit_.to_markdown()
    assert "\n# head" not in text
    assert "b # head" in text
    assert r"\<img src=x" in text
    assert text.count("<img") == text.count(r"\<img")


def test_a_rule_on_more_columns_than_there_are_letters(tmp_path):
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(300, 30)), columns=[f"c{k}" for k in range(30)])
    kept = " and ".join(f"c{k} > -2.5" for k in range(28))
    y = np.where((X.iloc[:, :28] > -2.5).all(axis=1), "yes", "no")
    model = RuleClassifier(2, 30, subject_to={"keep": [kept]}, random_state=0).fit(X, y)
    assert "A1 > -2.5" in str(model.best_)
    model.fit_.save(tmp_path / "rules")
    assert model.fit_.edited(str(model.best_)).predict(X).tolist() == model.predict(X).tolist()


def test_large_numbers_are_saved(tmp_path):
    X = pd.DataFrame({"x": numbers() * 1e300})
    model = RuleClassifier(2, 2, random_state=0).fit(X, X["x"] > 0)
    model.fit_.save(tmp_path / "rules")
    assert 0 < model.explain(X[:1]).closest[0][2] < 10
