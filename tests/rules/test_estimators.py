"""RuleClassifier and RuleRegressor on tables."""

from __future__ import annotations

import pickle
import sqlite3

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import cross_val_score

import induce
from induce.errors import DataError, ExportError, FillError, FormatError, ParseError, RuleError
from induce.logic import rules as rule_language
from induce.mixed import MixedTable
from induce.rules import Restrictions, RuleClassifier, RuleRegressor, load
from induce.rules.language import run_program
from induce.rules.program_reader import read_program
from tests.rules.making import patients

SMALL = {"max_rules": 4, "max_literals": 3, "thresholds": 6, "random_state": 0}


def as_rows(frame):
    return [
        {k: None if v is None or v != v else v for k, v in row.items()}
        for row in frame.astype(object).to_dict("records")
    ]


# -------------------------------------------------------------------- the program of the page


def test_breast_cancer_as_on_the_page():
    X, y = load_breast_cancer(as_frame=True, return_X_y=True)
    model = RuleClassifier(max_rules=6, max_literals=3, thresholds=8, random_state=0)
    model.fit(X, y.map({0: "malignant", 1: "benign"}))
    text = str(model)
    assert "worst perimeter" in text or "worst area" in text
    assert "precision" in text
    assert "accuracy of the model" in text
    assert len(model.rules_) <= 6
    assert all(rule.count(" and ") <= 2 for rule in model.rules_)
    why = str(model.explain(X.iloc[:1]))
    assert why.startswith("malignant")
    assert "closest condition" in why
    assert 'FROM "patients"' in model.to_sql("patients")
    scores = cross_val_score(clone(model), X, y, cv=5)
    assert scores.mean() > 0.93


# -------------------------------------------------------------------- what is predicted is what the exports say


@pytest.mark.parametrize("decide", ["votes", "first", "any"])
def test_predictions_are_those_of_the_program_of_sql_and_of_python(decide):
    X, y = patients()
    model = RuleClassifier(**SMALL, decide=decide).fit(X, y)
    predicted = model.predict(X)
    assert run_program(model.best_, model.table(X)) == predicted.tolist()
    assert run_program(model.fit_.to_logic(), model.table(X)) == predicted.tolist()
    with sqlite3.connect(":memory:") as connection:
        X.to_sql("data", connection, index=False)
        assert pd.read_sql(model.to_sql(), connection)["prediction"].tolist() == predicted.tolist()
    names: dict = {}
    exec(model.to_python("answer"), names)
    assert [names["answer"](row) for row in as_rows(X)] == predicted.tolist()


@pytest.mark.parametrize("decide", ["votes", "first"])
def test_numbers_are_those_of_the_program_of_sql_and_of_python(decide):
    X, y = patients()
    cost = np.where(y == "ill", 900.0, 100.0) + X["age (years)"]
    model = RuleRegressor(**SMALL, decide=decide).fit(X, cost)
    predicted = model.predict(X)
    assert model.score(X, cost) > 0.5
    assert np.allclose(run_program(model.best_, model.table(X)), predicted)
    with sqlite3.connect(":memory:") as connection:
        X.to_sql("data", connection, index=False)
        assert np.allclose(pd.read_sql(model.to_sql(), connection)["prediction"], predicted)
    names: dict = {}
    exec(model.to_python(), names)
    assert np.allclose([names["predict"](row) for row in as_rows(X)], predicted)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["votes", "first"]), st.integers(2, 4))
def test_programs_read_back_and_agree_on_random_tables(seed, decide, classes):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({
        "Row": rng.normal(size=60).round(2), "row": rng.choice(["a", "b", "not c"], 60), "points, in all": rng.random(60) < 0.5,
        "1st": np.where(rng.random(60) < 0.3, np.nan, rng.normal(size=60)),
    })  # fmt: skip
    y = rng.integers(0, classes, 60) + (X["Row"] > 0)
    model = RuleClassifier(3, 2, thresholds=4, decide=decide, random_state=0).fit(X, y)
    back = read_program(str(model.best_), model._head, model.fit_.decisions.classes)
    assert back.rules == model.fit_.decisions.rules
    assert (back.points == model.fit_.decisions.points).all()
    assert run_program(model.best_, model.table(X)) == [str(c) for c in model.predict(X)]
    assert rule_language.parse(str(model.best_)) is model.best_


def test_probabilities_are_calibrated_on_rows_left_out():
    X, y = patients(2000, seed=3, noise=0.15)
    new, truth = patients(2000, seed=4, noise=0.15)
    shares = RuleClassifier(random_state=0).fit(X, y).predict_proba(new)[:, 0]
    for low in (0.0, 0.25, 0.5, 0.75):
        inside = (shares >= low) & (shares < low + 0.25)
        if inside.sum() > 100:
            assert abs(shares[inside].mean() - (truth[inside] == "ill").mean()) < 0.1


# -------------------------------------------------------------------- exact lists


@pytest.mark.parametrize("decide", ["first", "any"])
def test_the_best_list_is_proved_to_be_the_best(decide):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({name: rng.random(200) < 0.5 for name in "abcd"})
    y = X["a"] & X["b"] | X["c"] & ~X["d"]
    model = RuleClassifier(4, 2, decide=decide, by="exact", random_state=0).fit(X, y)
    assert "conjunctions costs less, in wrong rows" in str(model)
    assert "(proved;" in str(model)
    assert model.score(X, y) == 1.0
    with pytest.raises(FillError, match="by='exact' finds the best list, but decide='votes'."):
        RuleClassifier(by="exact").fit(X, y)
    with pytest.raises(RuleError, match="by='exact' knows no required conditions and no rules to keep."):
        RuleClassifier(decide=decide, by="exact", subject_to={"keep": ["a is true"]}).fit(X, y)
    with pytest.raises(FillError, match="unknown way to search 'exakt'. Did you mean 'exact'?"):
        RuleClassifier(by="exakt").fit(X, y)


# -------------------------------------------------------------------- frames


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, dict])
def test_frames_of_all_kinds_and_columns_by_name(make):
    X, y = patients()
    columns = {name: [None if v is None or v != v else v for v in X[name]] for name in X}
    model = RuleClassifier(**SMALL).fit(make(columns), y)
    reference = RuleClassifier(**SMALL).fit(X, y)
    assert model.rules_ == reference.rules_
    swapped = make({name: columns[name] for name in reversed(columns)})
    assert (model.predict(swapped) == reference.predict(X)).all()


def test_the_same_seed_gives_the_same_rules_and_pickles_predict_alike():
    X, y = patients()
    model = RuleClassifier(**SMALL).fit(X, y)
    assert str(clone(model).fit(X, y)) == str(model)
    again = pickle.loads(pickle.dumps(model))
    assert (again.predict(X) == model.predict(X)).all()
    assert again.best_ is model.best_


def test_class_weights_favor_the_rare_class():
    X, _ = patients(600)
    rng = np.random.default_rng(
        0
    )  # four in ten of the old are ill: never most of them, but far more than of the others
    y = np.where(rng.random(600) < np.where(X["age (years)"] > 60, 0.4, 0.05), "ill", "well")
    plain = RuleClassifier(**SMALL).fit(X, y)
    balanced = RuleClassifier(**SMALL, class_weight="balanced").fit(X, y)
    found = [(model.predict(X)[y == "ill"] == "ill").mean() for model in (plain, balanced)]
    assert found[1] > 0.5 > found[0]


# -------------------------------------------------------------------- restrictions


def test_monotone_columns_are_monotone():
    X, y = patients(400, noise=0.2)
    model = RuleClassifier(random_state=0, subject_to={"monotone": {"age (years)": -1}}).fit(X, y)
    before = None
    for age in range(15, 95, 2):  # classes are ill, well: the share of 'well' never rises with age
        share = model.predict_proba(X.assign(**{"age (years)": float(age)}))[:, 1]
        assert before is None or (share <= before + 1e-12).all()
        before = share
    free = RuleRegressor(random_state=0, subject_to={"monotone": {"bmi": 1}}).fit(X, (y == "ill").astype(float))
    assert (free.predict(X.assign(bmi=45.0)) >= free.predict(X.assign(bmi=15.0)) - 1e-12).all()


def test_forbidden_and_required_conditions():
    X, y = patients()
    model = RuleClassifier(**SMALL, subject_to=Restrictions(forbidden=["region", "age (years) <="])).fit(X, y)
    assert not any("region" in rule or "age (years) <=" in rule for rule in model.rules_)
    model = RuleClassifier(**SMALL, subject_to={"required": ["smoker is true"]}).fit(X, y)
    assert model.rules_
    assert all("smoker is true" in rule for rule in model.rules_)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"monoton": {}}, "subject_to has no 'monoton'. Did you mean 'monotone'?"),
        (5, "subject_to is 5, but Restrictions(monotone=, forbidden=, required=, keep=) or a mapping"),
        (
            {"monotone": {"region": 1}},
            "column 'region' holds categories, which have no order, so it cannot be monotone.",
        ),
        ({"monotone": {"bmi": 2}}, "monotone['bmi'] is 2, but 1 (rising) or -1 (falling) was expected."),
        ({"monotone": {"bmii": 1}}, "there is no column 'bmii'. Did you mean 'bmi'?"),
        ({"forbidden": ["bmi", "region", "smoker", "age (years)"]}, "nothing is left to make rules of"),
        (
            {"forbidden": ["smoker"], "required": ["smoker is true"]},
            "the condition 'smoker is true' is required and forbidden.",
        ),
        ({"required": ["smokes is true"]}, "there is no column 'smokes'"),
        (
            {"required": ["bmi > 1", "bmi > 2", "bmi > 3", "bmi > 4"]},
            "4 conditions are required, but max_literals is 3. Raise it.",
        ),
        (
            {"keep": [f"bmi > {k}" for k in range(5)]},
            "5 rules are to be kept, but max_rules is 4. Raise it or keep fewer.",
        ),
    ],
)
def test_contradictory_or_unknown_restrictions(given, message):
    X, y = patients()
    with pytest.raises((RuleError, DataError)) as caught:
        RuleClassifier(**SMALL, subject_to=given).fit(X, y)
    assert message in str(caught.value)


def test_monotone_needs_two_classes_that_vote():
    X, y = patients()
    with pytest.raises(RuleError, match="monotone columns need two classes .* but decide='first'"):
        RuleClassifier(decide="first", subject_to={"monotone": {"bmi": 1}}).fit(X, y)


# -------------------------------------------------------------------- editing


def test_rules_that_were_edited_are_kept_and_the_rest_is_learned():
    X, y = patients()
    model = RuleClassifier(**SMALL).fit(X, y)
    again = clone(model).fit(X, y).refit(["age (years) > 65 and smoker is true"], X, y)
    assert again.rules_[0] == "age (years) > 65 and smoker is true"
    assert len(again.rules_) <= 4
    assert clone(model).fit(X, y).refit("bmi > 30", X, y).rules_[0] == "bmi > 30"
    program = str(model.best_).replace("A > ", "A > 1")
    assert program != str(model.best_)
    edited = clone(model).fit(X, y).refit(program, X, y)
    assert "> 1" in " ".join(edited.rules_)
    with pytest.raises(RuleError, match="5 rules are to be kept, but max_rules is 4."):
        model.refit(["bmi > 1", "bmi > 2", "bmi > 3", "bmi > 4", "bmi > 5"], X, y)


def test_a_rule_that_is_left_out_is_no_more_and_nothing_is_exported_before_it_is_measured():
    X, y = patients()
    fit = RuleClassifier(**SMALL).fit(X, y).fit_
    shorter = fit.without(1)
    assert len(shorter) == len(fit) - 1
    assert "not measured since the rules were changed" in str(shorter)
    for export in ("to_sql", "to_prolog", "to_python", "to_logic", "to_markdown", "to_html", "to_json"):
        with pytest.raises(ExportError, match="these rules were changed and not measured since"):
            getattr(shorter, export)()
    measured = shorter.measured(X, y)
    assert "300 rows" in measured.to_sql()
    table = MixedTable.read(X, like=fit.decisions.table)
    assert str(measured) == str(shorter.measured(table, list(y)))
    assert measured.fidelity.model_score == pytest.approx(np.mean(shorter.predict(X) == y))
    with pytest.raises(
        DataError, match=r"y has the label 'dead' \(row 1\), which is no class of these rules. The classes are: 'ill'"
    ):
        shorter.measured(X, ["ill", "dead"] * 150)
    with pytest.raises(DataError, match=r"y has the shape \(2,\), but X has 300 rows. Give one label a row."):
        shorter.measured(X, ["ill", "well"])
    with pytest.raises(DataError, match="Read it so: MixedTable.read"):
        shorter.measured(MixedTable.read(X[["bmi"]]), y)
    with pytest.raises(RuleError, match="there is no rule 9; the rules are numbered from 1 to"):
        fit.without(9)
    with pytest.raises(
        RuleError, match=r"left out by their numbers, but got 'a'. Write fit.without\(1\) for the first."
    ):
        fit.without("a")


@pytest.mark.parametrize(
    ("line", "error", "message"),
    [
        (
            "rule(Row, 1) :- weight(Row, A), A > 3.",
            RuleError,
            "'weight' is no column of the table. The columns are: age_years, bmi",
        ),
        ("rule(Row, 1) :- bmi(Row, A), A > 3", ParseError, "at 2:"),
        (
            "rule(Row, 1) :- region(Row, west).",
            RuleError,
            "column 'region' is never 'west'. It has: it's far, north, south.",
        ),
        (
            "rule(Row, 1) :- bmi(Row, A), A > thick.",
            RuleError,
            "column 'bmi' holds numbers, but is compared with 'thick'.",
        ),
        ("sick(Row) :- bmi(Row, A), A > 3.", RuleError, "'sick' is no part of a program of rules over a table."),
        ("rule(Row, 2) :- bmi(Row, A), A > 3.", RuleError, "there are two rules of number 2."),
    ],
)
def test_what_is_wrong_in_an_edited_program_is_said_with_its_place(line, error, message):
    X, y = patients()
    fit = RuleClassifier(**SMALL).fit(X, y).fit_
    lines = str(fit.term).splitlines()
    with pytest.raises(error) as caught:
        fit.edited("\n".join([line, *lines[1:]]))
    assert message in str(caught.value)


# -------------------------------------------------------------------- explanations, fidelity, keeping


def test_the_flip_changes_the_answer():
    X, y = patients()
    model = RuleClassifier(**SMALL).fit(X, y)
    flipped = 0
    for k in range(0, 60, 3):
        why = model.explain(X.iloc[k : k + 1])
        assert why.answer == model.predict(X.iloc[k : k + 1])[0]
        assert "<svg" in why.to_html() or not why.closest
        if why.flip is None or why.flip.column in ("smoker", "region") or why.flip.instead == "missing":
            continue
        sign, value = why.flip.instead.split()
        entry = float(value) if sign == "<=" else float(np.nextafter(float(value), np.inf))
        other = X.iloc[k : k + 1].assign(**{why.flip.column: entry})
        assert model.predict(other)[0] == why.flip.answer != why.answer
        flipped += 1
    assert flipped >= 3


def test_every_export_carries_the_fidelity_and_nothing_from_elsewhere():
    X, y = patients()
    fit = RuleClassifier(**SMALL).fit(X, y).fit_
    line = fit.fidelity.lines()[0]
    for text in (fit.to_sql(), fit.to_prolog(), fit.to_python(), fit.to_logic(), fit.to_markdown(), str(fit)):
        assert line in text
    assert "agreement of rules and model" in fit.to_html()
    assert "http" not in fit.to_html()
    assert "<script" not in fit.to_html()
    assert fit.to_dict()["fidelity"]["rules_score"] == fit.fidelity.rules_score


def test_rules_that_decide_nothing_are_named():
    X, y = patients()
    model = RuleClassifier(**SMALL, subject_to={"keep": ["age (years) > 200"]}).fit(X, y)
    vacuous = model.fit_.fidelity.vacuous
    assert "age (years) > 200" in model.rules_
    assert [what for what in vacuous if "age (years) > 200" in what]


def test_saving_and_loading(tmp_path):
    X, y = patients()
    fit = RuleClassifier(**SMALL, units={"bmi": "kg/m^2"}).fit(X, y).fit_
    fit.save(tmp_path / "rules")
    again = load(tmp_path / "rules")
    assert str(again) == str(fit)
    table = MixedTable.read(X, like=again.decisions.table)
    assert (again.predict_table(table) == fit.predict_table(table)).all()
    assert (again.predict(X) == fit.predict_table(table)).all()
    assert (again.predict(X.to_numpy(dtype=object)) == again.predict(X)).all()
    with pytest.raises(FormatError, match="is not a saved Fit: it holds rules. Read it by induce.rules.load."):
        induce.load(tmp_path / "rules")
    file = tmp_path / "rules" / "fit.json"
    file.write_text(file.read_text().replace('"target": "state"', '"target": "other"'))
    with pytest.raises(FormatError, match="was changed after it was saved"):
        load(tmp_path / "rules")


def test_how_often_rules_recur():
    X, y = patients(600, noise=0.0)
    model = RuleClassifier(**SMALL).fit(X, y)
    found = model.stability(X, y, folds=4)
    assert list(found) == list(model.rules_)
    assert max(found.values()) >= 3


def test_rules_kept_by_hand_are_kept_in_every_fit_of_stability():
    X, y = patients(600, noise=0.0)
    model = RuleClassifier(**SMALL).fit(X, y)
    assert "age (years) > 33" not in model.rules_
    model.refit(["age (years) > 33"], X, y)
    assert model.stability(X, y, folds=3)[model.rules_[0]] == 3
    with pytest.raises(DataError, match="one class only"):
        model.fit(X, ["ill"] * 600)
    assert model.stability(X, y, folds=3)[model.rules_[0]] == 3  # a fit that failed changes nothing
    model.fit(X, y)
    assert max(model.stability(X, y, folds=3).values()) <= 3


@pytest.mark.parametrize("by", ["auto", "recurring"])
def test_a_search_with_a_limit_says_when_it_was_stopped_and_else_finds_the_same(by):
    X, y = patients(600)
    model = RuleClassifier(by=by, within="1 ms", random_state=0).fit(X, y)
    assert "the search was stopped: the time of 0.001 s was used" in str(model)
    generous = RuleClassifier(by=by, within="60 s", random_state=0).fit(X, y)
    assert generous.rules_ == RuleClassifier(by=by, random_state=0).fit(X, y).rules_


def test_units_are_shown():
    X, y = patients()
    model = RuleClassifier(**SMALL, units={"age (years)": "yr", "bmi": "kg/m^2"}).fit(X, y)
    assert " yr" in str(model)


# -------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"y": ["ill"] * 300}, DataError, "y has one class only ('ill'), so there is nothing to tell apart."),
        ({"y": ["ill"] * 299}, DataError, "y has 299 labels, but X has 300 rows. Give one label a row."),
        ({"max_rules": 0}, FillError, "max_rules must be a whole number of at least 1, but got 0."),
        (
            {"decide": "vote"},
            FillError,
            "unknown way to decide 'vote'. Did you mean 'votes'? Known: votes, first, any.",
        ),
        (
            {"y": [None, *["ill", "well"] * 149, "ill"]},
            DataError,
            "y has 1 missing labels (row 0). Leave these rows out.",
        ),
    ],
)
def test_what_is_refused(change, error, message):
    X, y = patients()
    labels = np.array(change.pop("y", list(y)), dtype=object)
    with pytest.raises(error) as caught:
        RuleClassifier(**{**SMALL, **change}).fit(X, labels)
    assert message in str(caught.value)


def test_a_table_without_rows_is_refused():
    X, y = patients()
    model = RuleClassifier(**SMALL).fit(X, y)
    for call in (model.predict, model.explain):
        with pytest.raises(DataError, match="the table has no rows: 0 sample"):
            call(X.iloc[:0])
    with pytest.raises(DataError, match="column 'day' holds dates or times"):
        model.fit(X.assign(day=pd.date_range("2020", periods=300)), y)


def test_a_constant_column_is_warned_about_and_not_used():
    X, y = patients()
    with pytest.warns(UserWarning, match="column same is constant, so no rule can use it. Leave it out."):
        model = RuleClassifier(**SMALL).fit(X.assign(same=3.0), y)
    assert not any("same" in rule for rule in model.rules_)


def test_a_budget_ends_the_search_with_the_best_so_far():
    X, y = patients(2000)
    model = RuleClassifier(random_state=0, within="0.01s").fit(X, y)
    assert "the search was stopped: the time of 0.01 s was used" in str(model)
    assert len(model.predict(X)) == 2000


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e5, 1e6])
def test_numbers_with_an_offset_are_fitted_as_well(offset):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": rng.normal(size=400), "z": rng.normal(size=400)})
    y = offset + 10 * (X["x"] > 0) + 5 * (X["z"] > 0) + 0.5 * rng.normal(size=400)
    model = RuleRegressor(4, 2, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.95
    assert model.fit_.fidelity.vacuous == ()


def test_figures_count_rows_and_not_weights_of_classes():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": rng.normal(size=400)})
    y = np.where(X["x"] + 0.8 * rng.normal(size=400) > 1.3, "ill", "well")
    model = RuleClassifier(1, 1, class_weight={"ill": 20}, random_state=0).fit(X, y)
    fires = model.fit_.decisions.fires(model.table(X))
    assert model.fit_.fidelity.coverage == pytest.approx(fires.any(axis=0).mean())
    assert model.fit_.fidelity.model_score == pytest.approx((model.predict(X) == y).mean(), abs=0.05)  # left out
    assert model.fit_.measured(X, y).fidelity.model_score == pytest.approx((model.predict(X) == y).mean())
    weighted = RuleClassifier(1, 1, random_state=0).fit(X, y, sample_weight=np.linspace(0.1, 1, 400))
    assert "different weighted rows" in weighted.fit_.fidelity.measured_on
    without = RuleClassifier(2, 1, class_weight={"ill": 1, "well": 0}, random_state=0).fit(X, y)
    assert without.fit_.fidelity.model_score == pytest.approx((without.predict(X) == y).mean(), abs=0.02)


def test_stability_with_a_class_of_one_row():
    X = pd.DataFrame({"x": np.r_[5.0, np.random.default_rng(0).normal(size=19)]})
    y = ["a", *["b"] * 19]
    model = RuleClassifier(1, 1, subject_to={"keep": ["x > 2"]}, random_state=0).fit(X, y)
    assert model.stability(X, y, folds=10) == {"x > 2": 9}  # without the row in one fold
    assert model.stability(X, y, np.ones(20), folds=10) == model.stability(X, y, folds=10)


@pytest.mark.slow
def test_an_exact_search_on_a_larger_table_ends_and_says_what_is_not_proved():
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(800, 12)))
    model = RuleClassifier(6, 3, decide="first", by="exact", thresholds=4, random_state=0).fit(X, X[0] * X[1] > 0)
    assert "not proved to be the best" in str(model)


def test_a_row_may_be_a_mapping():
    X, y = patients()
    model = RuleClassifier(**SMALL).fit(X, y)
    assert str(model.explain(X.iloc[3].to_dict())) == str(model.explain(X.iloc[3:4]))


def test_weights_too_large_to_calculate_with():
    X, y = patients()
    words = r"sample_weight adds up to 3e\+302, too much to calculate with\. Divide it by its largest, 1e\+300"
    with pytest.raises(DataError, match=words):
        RuleClassifier(**SMALL).fit(X, y, sample_weight=np.full(len(X), 1e300))


def test_a_constant_number_is_said_exactly():
    with pytest.warns(UserWarning, match="so what is learned will be that constant"):
        model = RuleRegressor(2, 2, random_state=0).fit({"x": np.arange(40.0)}, np.full(40, 123456.789))
    assert model.predict({"x": [3.0]}).tolist() == pytest.approx([123456.789], rel=1e-12)
    assert "no change" not in str(model.explain({"x": 3.0}))
