"""Spaces and tunings are written as JSON text and come back the same."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge
from sklearn.svm import SVC

from induce import hole, space, tune
from induce.errors import FormatError
from induce.spaces import Space, from_json, load_tuning
from induce.terms import REAL, Grammar, arithmetic
from induce.testing import random_object


@given(st.integers(0, 10_000))
def test_random_spaces_come_back(seed):
    found = Space(random_object(np.random.default_rng(seed), reals=True))
    again = from_json(found.to_json())
    assert again.describe() == found.describe()
    for point in found.samples(5, seed):
        assert repr(again.build(point)) == repr(found.build(point))


def test_functions_estimators_and_terms_are_given_again(tmp_path):
    f = arithmetic.parse("?f{sin(x) | x} + 1")
    found = space(
        {"m": hole.choice([SVC(C=hole.choice([1.0, float("inf")])), space(Ridge, alpha=2)]), "f": f, "k": (dict, None)}
    )
    found.save(tmp_path / "space.json")
    again = from_json((tmp_path / "space.json").read_text(), {"SVC": SVC, "Ridge": Ridge, "builtins:dict": dict})
    assert again.names == found.names
    for point in found.enumerate():
        assert repr(again.build(point)) == repr(found.build(point))
    with pytest.raises(FormatError) as caught:
        from_json(found.to_json(), {"SVC": SVC})
    assert "which is not saved. Give it: names={'Ridge': Ridge}." in str(caught.value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": object()}, "the root.a is a object, which cannot be written as JSON. Give a function that makes it"),
        (
            hole.choice(Grammar(arithmetic, REAL, productions=["sin"], variables=["x"], max_size=2), name="g"),
            "the hole at the root is filled from a grammar or a net, which cannot be written as JSON.",
        ),
    ],
)
def test_what_cannot_be_written(value, message):
    with pytest.raises(FormatError) as caught:
        Space(value).to_json()
    assert message in str(caught.value)


def test_two_functions_of_one_name():
    with pytest.raises(
        FormatError, match="two functions are called '.*<lambda>', so neither can be given again. Give them names"
    ):
        space([space(lambda: 1), space(lambda: 2), hole.integer(1, 2)]).to_json()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "the text is no JSON"),
        ("[1]", "the text is JSON, but not a space."),
        (
            '{"format": "induce.space", "version": 9}',
            "written in version 9 of the format; this induce reads version 1. Update",
        ),
        (
            '{"format": "induce.space", "version": 1, "root": {"hole": "a"}, "holes": {}}',
            "the space is damaged: KeyError: 'a'",
        ),
    ],
)
def test_damaged_texts(text, message):
    with pytest.raises(FormatError) as caught:
        from_json(text)
    assert message in str(caught.value)


def fails_on_three(made):
    if made["n"] == 3:
        raise ZeroDivisionError("three")
    return made["n"]


def test_tunings_come_back(tmp_path):
    found = tune({"n": hole.integer(0, 9), "x": hole.real(within=(0, 1))}, fails_on_three, within="40 trials", seed=0)
    found.save(tmp_path / "t.json")
    again = load_tuning(tmp_path / "t.json")
    assert again.trials[0] == found.trials[0]
    assert str(again) == str(found)
    assert again.best == found.best
    assert [t.error for t in again.failed] == [t.error for t in found.failed]
    assert found.failed


def test_a_tuning_whose_space_cannot_be_written(tmp_path):
    marker = object()
    found = tune({"n": hole.integer(0, 3), "m": marker}, lambda made: made["n"], seed=0)
    found.save(tmp_path / "t.json")
    with pytest.raises(FormatError, match="could not be written. Give it: load_tuning.path, space=space."):
        load_tuning(tmp_path / "t.json")
    assert load_tuning(tmp_path / "t.json", space=found.space).best == {"n": 3, "m": marker}
    with pytest.raises(
        FormatError, match="has the choice points other, but the saved one has n. Give the space that was"
    ):
        load_tuning(tmp_path / "t.json", space=space({"other": hole.integer(0, 3)}))
    (tmp_path / "x.json").write_text(json.dumps({"format": "other"}))
    with pytest.raises(FormatError, match="is not a tuning of version 1"):
        load_tuning(tmp_path / "x.json")


def _text(**changes):
    document = json.loads(space({"x": hole.integer(0, 3, name="x"), "c": hole.choice([1, 2], name="c")}).to_json())
    return json.dumps({**document, **changes})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_text(fixed={"x": 99}), "the space is damaged: 'x' cannot be held to 99, since its values go from 0 to 3"),
        (_text(fixed={"y": 1}), "the space is damaged: the space has no choice point 'y'"),
        (_text(fixed={"x": "a"}), "the space is damaged: ValueError"),
        (_text(holes={"x": {"kind": "choice", "options": [{"hole": "x"}, 1], "prior": []}}), "holds that hole"),
        (_text(root=json.loads("[" * 900 + "]" * 900)), "the space is damaged: RecursionError"),
        ("[" * 100_000, "the text is no JSON"),
        (None, "a space is read from text, but got None"),
    ],
)
def test_damaged_texts_are_refused_in_words(text, message):
    with pytest.raises(FormatError, match=message):
        from_json(text)


def test_what_is_held_is_read_back():
    found = space({"x": hole.integer(0, 3, name="x"), "c": hole.choice([1, 2], name="c")}).fix({"x": 2})
    assert from_json(found.to_json()).fixed == {"x": 2}


def test_damaged_tunings_are_refused_in_words(tmp_path):
    place = tmp_path / "t.json"
    with pytest.raises(FormatError, match="cannot be read: No such file or directory"):
        load_tuning(place)
    tune({"n": hole.integer(0, 3)}, lambda made: made["n"], seed=0).save(place)
    whole = json.loads(place.read_text())
    for key in ("space", "names", "trials", "stopped"):
        place.write_text(json.dumps({k: v for k, v in whole.items() if k != key}))
        with pytest.raises(FormatError, match=f"is damaged: KeyError: '{key}'"):
            load_tuning(place)
