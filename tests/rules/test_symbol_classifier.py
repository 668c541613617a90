"""SymbolClassifier and its layer: symbols as predicates, rules that repeat the answers, pictures, and errors in words."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.base import clone

from induce.errors import DataError, FillError
from induce.nets import SymbolLayer
from induce.rules import NearestSupportClassifier, SymbolClassifier, intent_texts

DRAWN = intent_texts(600)
MODEL = SymbolClassifier(epochs=20).fit(DRAWN.counts, DRAWN.intents)


def test_answers_are_a_function_of_the_active_symbols():
    active = MODEL.active_symbols(DRAWN.counts).to_numpy()
    assert 1 <= active.sum(1).min() <= active.sum(1).max() <= 3
    chains = MODEL.chains(DRAWN.counts)
    assert chains["support"].sum() == 600
    assert chains["chain"].is_unique
    assert MODEL.score(DRAWN.counts, DRAWN.intents) > 0.9


def test_symbols_have_purity_support_and_examples():
    said = MODEL.symbols(DRAWN.counts, DRAWN.intents)
    assert said["purity"].mean() > 0.9
    assert len(said) >= 16
    first = said.iloc[0]
    active = MODEL.active_symbols(DRAWN.counts)
    assert all(active[first["symbol"]][row] for row in first["examples"])
    assert first["support"] == active[first["symbol"]].sum()
    assert 1 < MODEL.perplexity_ <= 32


def test_rules_over_symbols_repeat_the_answers():
    answers = MODEL.fit_.predict_table(MODEL.symbol_table(DRAWN.counts))
    assert (answers == MODEL.predict(DRAWN.counts)).mean() >= 0.95
    assert all(re.fullmatch(r"sym_\d+ is true", rule) for rule in MODEL.rules_)
    assert MODEL.fit_.fidelity.rows == 120


def test_the_same_seed_gives_the_same():
    again = clone(MODEL).fit(DRAWN.counts, DRAWN.intents)
    assert (again.predict_proba(DRAWN.counts) == MODEL.predict_proba(DRAWN.counts)).all()
    kept = pickle.loads(pickle.dumps(MODEL))
    assert (kept.predict(DRAWN.counts) == MODEL.predict(DRAWN.counts)).all()


def test_columns_are_matched_by_name():
    rng = np.random.default_rng(0)
    table = {"length": rng.normal(size=80), "mass": rng.normal(size=80)}
    model = SymbolClassifier(codes=4, epochs=10).fit(pd.DataFrame(table), table["mass"] > 0)
    swapped = {name: table[name] for name in ("mass", "length")}
    assert (model.predict(pl.DataFrame(swapped)) == model.predict(pd.DataFrame(table))).all()
    with pytest.raises(DataError, match=re.escape("there is no column 'mass'. The columns are: length.")):
        model.predict(pd.DataFrame({"length": table["length"]}))


@pytest.mark.parametrize("kind", [SymbolClassifier, NearestSupportClassifier])
def test_an_embedding_reads_the_numbers_of_tokens(kind):
    rng = np.random.default_rng(0)
    tokens = rng.integers(0, 30, (120, 6))
    y = np.where((tokens == 3).any(1), "has it", "has not")
    encoder = torch.nn.Sequential(torch.nn.EmbeddingBag(30, 8, mode="max"), torch.nn.ReLU())
    settings = {"codes": 4, "epochs": 60} if kind is SymbolClassifier else {"steps": 200}
    model = kind(encoder, random_state=0, **settings).fit(tokens, y)
    assert (model.predict(tokens) == y).mean() > 0.85
    frame = pd.DataFrame(tokens, columns=list("abcdef"))
    assert (
        model.predict_proba(tokens) == kind(encoder, random_state=0, **settings).fit(frame, y).predict_proba(frame)
    ).all()
    message = (
        "the encoder reads X by an embedding of 30 tokens, but X has 30 in row 1. Pass whole numbers from 0 to 29."
    )
    with pytest.raises(DataError, match=re.escape(message)):
        model.predict([[0] * 6, [30] * 6])
    with pytest.raises(DataError, match=r"but X has 0\.5 in row 0"):
        model.predict([[0.5] * 6])
    with pytest.raises(
        DataError, match=r"X holds texts \(row 1: 'book a table'\), but numbers are needed\. Count their words"
    ):
        kind(**settings).fit([["1", "2"], ["book a table", "3"]] * 30, y[:60])


class Positions(torch.nn.Module):
    """Tokens, or numbers, with places that are embedded too; the places are registered first."""

    def __init__(self, tokens):
        super().__init__()
        self.places = torch.nn.Embedding(6, 4)
        self.read = torch.nn.Embedding(20, 4) if tokens else torch.nn.Linear(1, 4)
        self.tokens = tokens

    def forward(self, x):
        read = self.read(x if self.tokens else x[..., None])
        return (read + self.places(torch.arange(6))).mean(1)


@pytest.mark.parametrize("kind", [SymbolClassifier, NearestSupportClassifier])
def test_what_an_encoder_reads_is_found_by_running_it(kind):
    rng = np.random.default_rng(0)
    settings = {"codes": 4, "epochs": 2} if kind is SymbolClassifier else {"steps": 2}
    tokens, y = rng.integers(0, 20, (60, 6)), np.arange(60) % 2
    model = kind(Positions(tokens=True), **settings).fit(tokens, y)
    with pytest.raises(DataError, match="reads X by an embedding of 20 tokens, but X has 20 in row 0"):
        model.predict([[20] * 6])
    assert (
        len(kind(Positions(tokens=False), **settings).fit(rng.normal(size=(60, 6)), y).predict(rng.normal(size=(9, 6))))
        == 9
    )
    message = r"the encoder gives shape \(2, 6, 8\) for 2 rows, but \(rows, features\) is needed\. Put nn\.Flatten\(\) behind it"
    with pytest.raises(DataError, match=message):
        kind(torch.nn.Embedding(20, 8), **settings).fit(tokens, y)
    with pytest.raises(DataError, match=r"row 1 of X has another length than row 0\. Pad rows of tokens to one length"):
        kind(Positions(tokens=True), **settings).fit([[1, 2], [3]], [0, 1])


def test_pictures_and_encoders_of_ones_own():
    rng = np.random.default_rng(0)
    pictures = rng.random((60, 1, 8, 8))
    pictures[:30] *= 0.3
    y = np.repeat([0, 1], 30)
    assert SymbolClassifier(codes=4, epochs=20).fit(pictures, y).score(pictures, y) > 0.9
    encoder = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 5))
    model = SymbolClassifier(encoder, codes=4, epochs=4).fit(pictures, y)
    assert model.encoder_ is not encoder
    with pytest.raises(DataError, match=re.escape("the pictures hold uint8 (0 to 255), but the network takes floats")):
        model.predict((255 * pictures).astype(np.uint8))
    with pytest.raises(DataError, match="with the channels at the end"):
        model.predict(rng.random((2, 8, 8, 3)))


def test_dead_codes_are_revived():
    torch.manual_seed(0)
    layer = SymbolLayer(4, 2, codes=8, dim=3, length=1).train()
    before = layer.codebook.clone()
    rows = torch.randn(64, 4)
    for _ in range(400):
        layer(rows, torch.zeros(64, dtype=torch.long))
    used = layer.eval()(rows).codes.unique()
    assert len(used) >= 4
    assert not torch.equal(layer.codebook, before)


@pytest.mark.parametrize(
    ("settings", "y", "error", "words"),
    [
        ({"codes": 0}, DRAWN.intents, FillError, "codes must be a whole number of at least 1, but got 0."),
        ({"rate": 0}, DRAWN.intents, FillError, "rate must be a number above 0, but got 0. 0.002 is usual."),
        ({"encoder": 5}, DRAWN.intents, DataError, "encoder must be a torch.nn.Module or None, but got int."),
        ({"encoder": torch.nn.Linear(1, 4)}, DRAWN.intents, DataError, "the encoder cannot read rows of shape ("),
        ({"purity": -1}, DRAWN.intents, FillError, "purity must be a number of at least 0, but got -1. 1 is usual."),
        ({}, np.repeat("a", 600), DataError, "y has one class only (a), so there is nothing to tell apart."),
        ({}, DRAWN.intents[:3], DataError, "y has 3 labels, but X has 600 rows."),
    ],
)
def test_bad_settings_are_said_in_words(settings, y, error, words):
    with pytest.raises(error, match=re.escape(words)):
        SymbolClassifier(**settings).fit(DRAWN.counts, y)


def test_without_symbols_there_are_none():
    plain = SymbolClassifier(codes=None, epochs=3).fit(DRAWN.counts, DRAWN.intents)
    with pytest.raises(DataError, match="codes=None has no symbols"):
        plain.symbols()
    with pytest.raises(DataError, match="codes=None has no symbols"):
        _ = plain.rules_
