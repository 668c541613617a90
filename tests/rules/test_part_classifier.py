"""PartClassifier: reasons held to the graph, columns by name, pictures through detectors, and errors in words."""

from __future__ import annotations

import json
import os
import pickle
import re
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import StratifiedKFold

from induce.errors import DataError, FillError, LimitError
from induce.rules import ExpertGraph, PartClassifier
from induce.rules.part_head import PartHead, misattribution_weights

GRAPH = {"gothic": ["arch", "rose"], "baroque": ["column", "dome"]}
SHARED = Path(os.environ.get("INDUCE_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data")) / "concepts"


def facades(rows=200, seed=0):
    """Degrees of four parts, where columns also go along with gothic: the data tempt to contradict the graph."""
    rng = np.random.default_rng(seed)
    gothic = rng.random(rows) < 0.5
    share = np.where(gothic[:, None], [0.6, 0.5, 0.65, 0.1], [0.1, 0.1, 0.2, 0.6])
    degrees = np.clip((rng.random((rows, 4)) < share) + 0.05 * rng.normal(size=(rows, 4)), 0, None)
    return pd.DataFrame(degrees, columns=["arch", "rose", "column", "dome"]), np.where(gothic, "gothic", "baroque")


X, Y = facades()
MODEL = PartClassifier(GRAPH).fit(X, Y)


def test_the_penalty_removes_misattribution():
    free = PartClassifier(GRAPH, penalty=None).fit(X, Y)
    before, after = free.alignment(X, Y), MODEL.alignment(X, Y)
    assert before.share > 0.1
    assert after.share < 0.02
    worst = before.offenses[0]
    assert (worst.part, worst.label, worst.says) in {("column", "gothic", "lacks"), ("column", "baroque", "has")}
    assert MODEL.score(X, Y) > 0.8
    assert free.score(X, Y) >= MODEL.score(X, Y) - 0.05


@pytest.mark.parametrize("weighting", ["linear", "exponential"])
def test_weights_by_shapley_values_train_too(weighting):
    model = PartClassifier(GRAPH, penalty="shap-backprop", weighting=weighting, strength=5, steps=60).fit(X, Y)
    assert model.score(X, Y) > 0.8
    free = PartClassifier(GRAPH, penalty=None, steps=60).fit(X, Y)
    assert not (model.predict_proba(X) == free.predict_proba(X)).all()


def test_weights_of_rows():
    contributions = np.array([[0.2, -0.1], [0.3, 0.0], [-0.5, -0.2]])
    np.testing.assert_allclose(misattribution_weights(contributions, 2.0, "linear"), [1.2, 1.0, 2.0])
    np.testing.assert_allclose(misattribution_weights(contributions, 2.0, "exponential"), np.exp([0.2, 0.0, 1.0]))


@given(st.integers(1, 5), st.integers(2, 4), st.integers(0, 99))
def test_contributions_are_gradient_times_input(parts, classes, seed):
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    head = PartHead(rng.normal(size=parts), rng.random(parts) + 0.5, 6, classes)
    at = torch.from_numpy(rng.normal(size=(7, parts))).requires_grad_()
    y = torch.from_numpy(rng.integers(0, classes, 7))
    torch.log(head(at)[torch.arange(7), y]).sum().backward()
    x = torch.from_numpy(rng.normal(size=(7, parts)))
    assert torch.allclose(head.contributions(x, at.detach(), y), x * at.grad, atol=1e-10)


def test_attributions_add_up():
    values = MODEL.attributions(X)
    assert values.shape == (200, 4, 2)
    base = MODEL.predict_proba(pd.DataFrame(np.zeros((1, 4)), columns=X.columns))
    np.testing.assert_allclose(values.sum(1), MODEL.predict_proba(X) - base, atol=1e-12)
    mean = clone(MODEL).set_params(background="mean").fit(X, Y)
    base = mean.predict_proba(pd.DataFrame(X.mean().to_numpy()[None], columns=X.columns))
    np.testing.assert_allclose(mean.attributions(X).sum(1), mean.predict_proba(X) - base, atol=1e-12)


@pytest.mark.parametrize("make", [pd.DataFrame, lambda d: pl.DataFrame(d), dict])
def test_columns_are_matched_by_name(make):
    columns = {name: X[name].to_numpy() for name in ["dome", "arch", "rose", "column"]}
    assert (MODEL.predict_proba(make(columns)) == MODEL.predict_proba(X)).all()
    again = PartClassifier(GRAPH).fit(make(columns), Y)
    assert again.parts_ == ("dome", "arch", "rose", "column")
    assert again.graph_.signs[1].tolist() == [-1, 1, 1, -1]


def test_an_array_takes_the_order_of_the_graph():
    model = PartClassifier(GRAPH).fit(X.to_numpy(), Y)
    assert model.parts_ == ("arch", "rose", "column", "dome")
    assert (model.predict(X.to_numpy()) == MODEL.predict(X)).all()
    assert not hasattr(model, "feature_names_in_")
    assert MODEL.feature_names_in_.tolist() == list(X.columns)


def test_other_columns_are_free():
    wider = X.assign(height=np.linspace(0, 1, 200))
    model = PartClassifier(GRAPH).fit(wider, Y)
    assert model.graph_.signs[:, 4].tolist() == [0, 0]
    assert model.alignment(wider, Y).per_part["height"] == 0.0


def test_it_says_why():
    row = int(np.flatnonzero((Y == "gothic") & (X["arch"] > 0.9) & (X["rose"] > 0.9))[0])
    told = MODEL.explain(X, row)
    assert told.label == "gothic"
    assert {name for name, *_ in told.parts[:2]} == {"arch", "rose"}
    assert told.base + sum(share for _, _, share, _ in told.parts) == pytest.approx(told.probability)
    assert str(told).startswith(f"gothic: {told.probability:.3f} = {told.base:.3f}\n  +")
    assert json.loads(told.to_json())["class"] == "gothic"
    with pytest.raises(DataError, match="there is no row 200: X has 200 rows"):
        MODEL.explain(X, 200)
    graph = MODEL.attribution_graph(X)
    assert graph.distance < 1
    assert "arch" in str(graph)
    contrary = PartClassifier({"baroque": ["arch", "rose"], "gothic": ["column", "dome"]}, penalty=None).fit(X, Y)
    assert ", but gothic lacks it" in str(contrary.explain(X, row))


def test_the_same_seed_gives_the_same():
    again = clone(MODEL).fit(X, Y)
    assert (again.predict_proba(X) == MODEL.predict_proba(X)).all()
    assert (pickle.loads(pickle.dumps(MODEL)).predict_proba(X) == MODEL.predict_proba(X)).all()
    other = clone(MODEL).set_params(random_state=np.random.RandomState(1)).fit(X, Y)
    assert not (other.predict_proba(X) == MODEL.predict_proba(X)).all()


def squares(rows=160, seed=0):
    """Pictures of bright squares at the left (a) and dark at the right (b), and which are there."""
    rng = np.random.default_rng(seed)
    shown = rng.random((rows, 2)) < 0.5
    pictures = np.full((rows, 1, 16, 16), 0.5) + 0.02 * rng.normal(size=(rows, 1, 16, 16))
    pictures[shown[:, 0], :, 3:9, 3:9] += 0.4
    pictures[shown[:, 1], :, 8:14, 8:14] -= 0.4
    return pictures, shown, np.where(shown[:, 0] & ~shown[:, 1], "yes", "no")


def test_pictures_with_a_trained_scorer():
    pictures, shown, y = squares()
    model = PartClassifier({"yes": ["a"], "no": ["b"]}).fit(pictures, y, parts=pd.DataFrame(shown, columns=["a", "b"]))
    assert model.detector_.parts == ("a", "b")
    assert model.score(pictures, y) > 0.9
    assert model.alignment(pictures, y).parts == ("a", "b")
    assert (pickle.loads(pickle.dumps(model)).predict(pictures) == model.predict(pictures)).all()


def test_pictures_with_a_detector():
    pictures, _, y = squares()

    def detector(batch):
        return torch.stack([batch[:, 0, 3:8, 3:8].mean((1, 2)), 1 - batch[:, 0, 9:14, 9:14].mean((1, 2))], 1)

    model = PartClassifier({"yes": ["a"], "no": ["b"]}, detector=detector).fit(torch.tensor(pictures), y)
    assert model.score(torch.tensor(pictures), y) > 0.9
    with pytest.raises(
        DataError, match=re.escape("the detector gave shape (160,) for 160 pictures, but (n, parts) is needed.")
    ):
        PartClassifier(GRAPH, detector=lambda batch: batch.mean((1, 2, 3))).fit(pictures, y)
    with pytest.raises(
        DataError, match="the detector gives 2 degrees, but 4 parts are named: arch, rose, column, dome."
    ):
        PartClassifier(GRAPH, detector=detector).fit(pictures, y)
    with pytest.raises(
        DataError, match=re.escape("the detector gave NoneType, but degrees of shape (n, parts) are needed.")
    ):
        PartClassifier(GRAPH, detector=lambda batch: None).fit(pictures, y)
    with pytest.raises(FillError, match="detector must be a module or a function of pictures, but got 3."):
        PartClassifier(GRAPH, detector=3).fit(pictures, y)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda p: (255 * p).astype(np.uint8), "the pictures hold uint8 (0 to 255), but the network takes floats from 0 to 1. Pass pictures / 255."),
        (lambda p: p * 255, "Pass pictures / 255 where they are 0 to 255."),
        (lambda p: p.transpose(0, 2, 3, 1), "with the channels at the end, but (n, channels, height, width) is needed. Pass pictures.transpose(0, 3, 1, 2)."),
        (lambda p: p * np.nan, "the pictures hold NaN or infinite values."),
    ],
)  # fmt: skip
def test_wrong_pictures_are_said_in_words(change, words):
    pictures, shown, y = squares(20)
    with pytest.raises(DataError, match=re.escape(words)):
        PartClassifier().fit(change(pictures), y, parts={"a": shown[:, 0], "b": shown[:, 1]})
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 2, 16), torch.nn.Flatten())
    with pytest.raises(
        DataError,
        match=re.escape(
            "the pictures have 1 channel (grayscale), but the network takes 3. Repeat it: pictures.repeat(3, axis=1)."
        ),
    ):
        PartClassifier(detector=net).fit(pictures, y)
    with pytest.raises(DataError, match="X are pictures, but there is no detector."):
        PartClassifier().fit(pictures, y)


@pytest.mark.parametrize(
    ("table", "labels", "options", "words"),
    [
        (X.rename(columns={"rose": "roses"}), Y, {}, "the graph has the part 'rose', which no column of the data is called. Did you mean 'roses'? The columns are: arch, roses, column, dome."),
        (X, np.char.capitalize(Y.astype(str)), {}, "the graph has no classes 'Baroque', 'Gothic', which the labels have. Did you mean 'baroque'? Its classes are: gothic, baroque."),
        (X.to_numpy()[:, :3], Y, {}, "the columns have no names, and there are 3 of them for 4 parts: arch, rose, column, dome."),
        (X, Y[:5], {}, "y has 5 labels, but X has 200 rows"),
        (X, Y, {"parts": X}, "parts= are for pictures without a detector"),
        (X.assign(arch=np.nan), Y, {}, "column 'arch' has 200 missing values (rows 0, 1, 2, ...). PartClassifier does not accept NaN"),
        (X, None, {}, "This PartClassifier estimator requires y to be passed"),
        (X, np.where(np.arange(200) == 7, None, Y), {}, "y has 1 missing labels (row 7). Leave these rows out."),
        (X, ["gothic"] * 200, {}, "y has one class only (gothic), so there is nothing to tell apart."),
    ],
)  # fmt: skip
def test_wrong_tables_are_said_in_words(table, labels, options, words):
    with pytest.raises(DataError, match=re.escape(words)):
        PartClassifier(GRAPH).fit(table, labels, **options)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"penalty": "gradients"}, "penalty='gradients' is not known. Did you mean 'gradient'? Known are: 'gradient', 'shap-backprop', None."),
        ({"weighting": "quadratic"}, "weighting='quadratic' is not known."),
        ({"strength": -1}, "strength must be a number of at least 0, but got -1."),
        ({"learning_rate": 0}, "learning_rate must be a number above 0, but got 0. 0.01 is usual."),
        ({"hidden": 0}, "hidden must be a whole number of at least 1, but got 0."),
        ({"background": "zero"}, "background='zero' is not known. Use 'absent', 'mean', or a row of degrees."),
        ({"background": [0.0, np.nan, 0.0, 0.0]}, "background is nan for part 'rose', but a degree is a finite number."),
        ({"background": ["a"] * 4}, "background must hold degrees, but could not convert string to float: 'a'."),
        ({"background": [0.0]}, "background has shape (1,), but one degree for each of 4 parts is needed."),
    ],
)  # fmt: skip
def test_wrong_settings_are_said_in_words(settings, words):
    with pytest.raises(FillError, match=re.escape(words)):
        PartClassifier(GRAPH, **settings).fit(X, Y).attributions(X)


def test_wrong_uses_are_said_in_words():
    with pytest.raises(NotFittedError):
        PartClassifier(GRAPH).predict(X)
    with pytest.raises(DataError, match="there is no column 'dome'. The columns are: arch, rose, column."):
        MODEL.predict(X[["arch", "rose", "column"]])
    with pytest.raises(
        DataError, match="y has the class 'roman', which was not fitted. The classes are: baroque, gothic."
    ):
        MODEL.alignment(X, ["roman"] * 200)
    with pytest.raises(DataError, match="there is no row 'a': X has 200 rows, counted from 0."):
        MODEL.explain(X, row="a")
    with pytest.raises(FillError, match="threshold must be a number of at least 0, but got 'x'. 0.01 is usual."):
        MODEL.alignment(X, threshold="x")
    with pytest.raises(FillError, match="threshold must be a number of at least 0, but got None. 0.05 is usual."):
        MODEL.attribution_graph(X, threshold=None)
    with pytest.raises(DataError, match="there is no expert graph to compare with."):
        PartClassifier(steps=1).fit(X, Y).alignment(X)
    with pytest.raises(DataError, match="X are pictures, but the classifier was fitted on a table."):
        MODEL.predict(np.zeros((1, 3, 8, 8)))
    many = PartClassifier(steps=1).fit(np.random.default_rng(0).random((200, 21)), Y)
    with pytest.raises(LimitError, match=re.escape("21 inputs have 2^21 coalitions")):
        many.attributions(np.zeros((1, 21)))


@pytest.mark.slow
def test_the_facades_of_monumai():
    table = SHARED / "monumai_parts.csv"
    if not table.exists():
        pytest.skip("monumai_parts.csv is not at hand; set INDUCE_SHARED_DATA to the folder that holds concepts/")
    frame = pd.read_csv(table).query("source == 'detector_score_sum'")
    graph = ExpertGraph.from_any(SHARED / "monumai_kg.json")
    degrees, styles = frame[list(frame.columns[4:])].reset_index(drop=True), frame["style"].to_numpy()
    accuracy, share = [], []
    for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(degrees, styles):
        model = PartClassifier(graph).fit(degrees.iloc[train], styles[train])
        accuracy.append(model.score(degrees.iloc[test], styles[test]))
        share.append(model.alignment(degrees.iloc[test], styles[test]).share)
    assert np.mean(accuracy) >= 0.92
    assert np.mean(share) <= 0.04
