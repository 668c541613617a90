"""Exported Prolog, run by SWI-Prolog, answers as predict does."""

from __future__ import annotations

import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

from induce.rules import RelatedTables, RuleClassifier, RuleRegressor
from induce.rules.derived import prolog_name, prolog_text
from induce.rules.language import facts_of
from tests.rules.test_related import LINKS, shop

pytestmark = pytest.mark.skipif(shutil.which("swipl") is None, reason="SWI-Prolog (swipl) is not installed")


def told(model, X):
    """Facts for the rows of a table, as a user would write them: a missing entry is left out."""
    facts = facts_of(model.table(X), related=getattr(model, "related", None))
    lines = [f"row({row})." for row in facts.pop("row")["row"]]
    for name, columns in facts.items():
        for row, entry in zip(columns["row"], columns["entry"], strict=True):
            value = prolog_text(entry) if isinstance(entry, str) else repr(float(entry))
            lines.append(f"{prolog_name(name)}({row}, {value}).")
    return "\n".join(lines)


def answers(program, facts, folder):
    """What ``answer(Row, Answer)`` gives for every row."""
    ask = "main :- forall(answer(R, A), (write(R), write('\t'), write(A), nl)), halt."
    (folder / "rules.pl").write_text(f":- initialization(main).\n{facts}\n{program}\n{ask}\n", encoding="utf-8")
    done = subprocess.run(
        ["swipl", "-q", str(folder / "rules.pl")], capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    problems = [line for line in done.stderr.splitlines() if line.strip()]
    assert not problems, done.stderr[:2000]
    return [line.split("\t") for line in done.stdout.splitlines()]


def agrees(model, X, folder):
    found = answers(model.to_prolog(), told(model, X), folder)
    assert [int(row) for row, _ in found] == list(range(len(X)))
    said = model.predict(X)
    if isinstance(model, RuleRegressor):
        assert [float(answer) for _, answer in found] == pytest.approx(said.tolist())
    else:
        assert [answer for _, answer in found] == [str(one) for one in said]


def table(rows=150, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "length": rng.normal(40, 20, rows).round(1),
            "größe (m)": np.where(rng.random(rows) < 0.2, np.nan, rng.normal(0, 1, rows)),
            "sort": rng.choice(["it's", "back\\slash", 'say "no"', "two\nlines", None], rows),
            "open": rng.random(rows) < 0.5,
        }
    )
    score = (X["length"] > 45) + 1.0 * (X["sort"] == "it's") + (X["größe (m)"] < 0) + 1.0 * X["open"]
    return X, score.to_numpy()


@pytest.mark.parametrize(("decide", "classes"), [("votes", 2), ("votes", 3), ("first", 2), ("first", 3), ("any", 2)])
def test_classes(decide, classes, tmp_path):
    X, score = table()
    y = np.digitize(score, [2.0] if classes == 2 else [1.0, 3.0])
    y = np.array(["it's no", "yes\\", "'maybe'"])[y]
    agrees(RuleClassifier(max_rules=5, max_literals=3, decide=decide, random_state=0).fit(X, y), X, tmp_path)


def test_numbers(tmp_path):
    X, score = table()
    agrees(RuleRegressor(max_rules=5, max_literals=2, random_state=0).fit(X, 10 * score), X, tmp_path)


def test_related_tables(tmp_path):
    main, tables = shop(60)
    tables["orders"]["kind"] = tables["orders"]["kind"].str.replace("gold", "g'old")
    gold = tables["orders"].query('kind == "g\'old"').groupby("customer")["amount"].max()
    y = np.where(gold.reindex(main["id"]).fillna(0).to_numpy() > 60, "yes", "no")
    model = RuleClassifier(max_rules=4, related=RelatedTables(tables, LINKS), random_state=0).fit(main, y)
    assert "findall(" in model.to_prolog()
    agrees(model, main, tmp_path)


def test_a_relation_without_facts_is_empty(tmp_path):
    X = pd.DataFrame({"length": [1.0, 2.0, 3.0, 4.0] * 10, "b": [None] * 40}).astype(float)
    model = RuleClassifier(max_rules=2, random_state=0).fit(X, ["a", "a", "b", "b"] * 10)
    only_rows = "\n".join(f"row({k})." for k in range(3))
    assert len(answers(model.to_prolog(), only_rows, tmp_path)) == 3


def test_facts_are_named_after_columns():
    X, score = table()
    text = RuleClassifier(max_rules=5, random_state=0).fit(X, score > 2).to_prolog()
    assert "% length_(Row, Entry): length\n" in text
    assert re.search(r":- dynamic row/1.*length_/2", text)
