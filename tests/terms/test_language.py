from __future__ import annotations

import pickle

import pytest

from induce.errors import OpError
from induce.terms import Language, arithmetic, boolean


def test_lookup_and_aliases():
    assert arithmetic["ln"] is arithmetic["log"]
    assert "ln" in arithmetic
    assert "sine" not in arithmetic
    with pytest.raises(OpError, match=r"unknown operator 'sine'. Did you mean 'sin'\? This language has: \+ - \*"):
        arithmetic["sine"]
    with pytest.raises(OpError, match="no operators given"):
        arithmetic.operators(" ")


def test_sealed_languages_are_extended_not_changed():
    with pytest.raises(OpError, match="language 'arithmetic' is sealed"):
        arithmetic.op("clip(real) -> real")
    mine = arithmetic.extend("mine")
    clip = mine.op("clip(real) -> real")
    assert mine.parse("clip(x) + 1").args[0].op is clip
    mine.op("grow(real) -> real")
    assert str(mine.parse("grow(clip(x))")) == "grow(clip(x))"
    assert "clip" not in arithmetic
    with pytest.raises(OpError, match="already has another operator 'clip'"):
        mine.op("clip(real, real) -> real")


@pytest.mark.parametrize("language", [arithmetic, boolean], ids=lambda language: language.name)
def test_definition_as_data(language):
    again = Language.from_dict(language.to_dict())
    assert list(again) == list(language)
    assert again.aliases == language.aliases
    language.parse("x")
    assert list(pickle.loads(pickle.dumps(language))) == list(language)
