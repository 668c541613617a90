"""Objects with holes become spaces and come back as objects, whatever they are made of."""

from __future__ import annotations

import pickle
import threading
import types
from collections import OrderedDict, namedtuple
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from induce import hole, space, tune
from induce.errors import SpaceError
from induce.spaces import Space, from_json
from induce.terms import REAL, Grammar, arithmetic

P = arithmetic.parse
Pair = namedtuple("Pair", "left right")


@dataclass
class Plan:
    rate: float
    sizes: list[int] = field(default_factory=list)
    note: str = field(default="", init=False)


def objects(found):
    return [found.build(point) for point in found.enumerate()]


def test_a_class_with_holes_builds_estimators_that_clone():
    found = space(RandomForestClassifier, n_estimators=hole.choice([50, 100]), max_depth=hole.integer(2, 12))
    assert found.size == 22
    assert found.names == ("n_estimators", "max_depth")
    model = found.build(found.encode({"n_estimators": 100, "max_depth": 7}))
    assert clone(model).get_params()["max_depth"] == 7
    assert type(model.max_depth) is int
    X, y = np.arange(20.0)[:, None], np.arange(20) % 2
    assert model.set_params(n_estimators=3).fit(X, y).predict(X).shape == (20,)


def test_holes_inside_estimators_and_pipelines():
    found = space(
        Pipeline([
            ("scale", hole.choice([StandardScaler(), MinMaxScaler(), "passthrough"], name="scale")),
            ("model", hole.choice([SVC(C=hole.real(within=(0.1, 10), log=True)), LogisticRegression()], name="model")),
        ])
    )  # fmt: skip
    assert found.names == ("scale", "model", "steps[1][1].SVC.C")
    first, second = found.build([0, 0, 1.0]), found.build([0, 0, 1.0])
    assert clone(first).get_params()["model__C"] == 1.0
    assert first is not second
    assert first.steps[0][1] is not second.steps[0][1]
    assert isinstance(found.build([2, 1, 0]).steps[1][1], LogisticRegression)


def test_containers_keep_their_classes():
    n = hole.integer(1, 2, name="n")
    found = space(
        {"pair": Pair(n, [n]), "plan": Plan(0.5, [n, 3]), "order": OrderedDict(b=n, a=1), "set": frozenset([1])}
    )
    one, two = objects(found)
    assert one == {
        "pair": Pair(1, [1]),
        "plan": Plan(0.5, [1, 3]),
        "order": OrderedDict(b=1, a=1),
        "set": frozenset([1]),
    }
    assert two["pair"] == Pair(2, [2])
    assert type(two["order"]) is OrderedDict
    assert one["plan"].sizes is not found.build([1]).get("plan").sizes


def test_options_are_made_anew_each_time():
    found = space(hole.choice([[], {"a": []}, torch.nn.Linear(1, 1)]))
    for k in range(3):
        assert found.build([k]) is not found.build([k])
    assert found.build([1])["a"] is not found.build([1])["a"]
    assert torch.equal(found.build([2]).weight, found.build([2]).weight)


def test_terms_with_choices_are_objects_too():
    found = space(P("?f{sin(x) | ?k * x | ?g{x | x*x}} + ?g{x | x*x}"))
    texts = [str(term) for term in objects(found)]
    assert texts == ["sin(x) + x", "sin(x) + x * x", "?k * x + x", "?k * x + x * x", "x + x", "x * x + x * x"]
    numbers = space({"f": P("?a{low: 1, high: 2} * x"), "n": hole.integer(1, 1)})
    assert str(numbers.build(numbers.encode({"a": 1.5, "n": 1}))["f"]) == "1.5 * x"


def test_a_grammar_is_a_choice_of_its_terms():
    grammar = Grammar(arithmetic, REAL, productions=["+", "sin"], variables=["x"], max_size=3)
    found = space(hole.choice(grammar, name="f"))
    assert found.size == grammar.count() == 4
    assert [str(term) for term in objects(found)] == ["x", "sin(x)", "x + x", "sin(sin(x))"]
    assert found.decode([1]) == {"f": "sin(x)"}
    assert found.encode({"f": P("x + x")}).tolist() == found.encode({"f": "#2"}).tolist() == [2]


def test_large_grammars_are_searched_without_listing_their_terms():
    grammar = Grammar(arithmetic, REAL, productions=["+", "*", "sin", "-"], variables=["x", "y"], max_size=15)
    found = space({"f": hole.choice(grammar, name="f"), "n": hole.integer(1, 2)})
    assert found.size == 2 * grammar.count() > 1e9
    points = found.samples(200, 0)
    for point in (*points[:20], *found.mutate(points, 0)[:20]):
        assert grammar.contains(found.build(point)["f"])
    nearest = found.build(points[0] + [1, 0])["f"]
    assert nearest.op is found.build(points[0])["f"].op
    best = tune(found, lambda made: -abs(made["f"].size - 9) - made["n"], within="100 trials", seed=0).best
    assert best["n"] == 1
    with pytest.raises(SpaceError, match="'f' has no option 'y . y'. It has: '#0' to '#"):
        found.encode({"f": "y / y", "n": 1})
    large = Grammar(arithmetic, REAL, variables=["x", "y", "z"], max_size=30)
    with pytest.raises(
        SpaceError, match="terms, but a space has at most 9,007,199,254,740,992 of one. Lower its max_size"
    ):
        assert space(hole.choice(large)).size


def test_spaces_within_spaces_are_conditional():
    found = space(
        {
            "model": hole.choice(
                [space(SVC, C=hole.choice([1, 10])), space(LogisticRegression, max_iter=hole.integer(5, 7))]
            )
        }
    )
    assert found.size == 5
    assert found.names == ("model", "model.SVC.C", "model.LogisticRegression.max_iter")
    assert str(found).splitlines() == [
        "name                               values                    counts when",
        "model                              SVC | LogisticRegression  always",
        "model.SVC.C                        1 | 10                    model is SVC",
        "model.LogisticRegression.max_iter  integer 5 to 7            model is LogisticRegression",
        "5 points",
    ]
    assert repr(found) == "Space(3 choice points, 5 points)"


def test_values_by_name_and_back():
    found = space({"a": hole.choice([1, "one", [2]]), "s": hole.subset(["x", "y", "z"], 2), "n": hole.integer(0, 9)})
    for point in found.samples(20, 0):
        assert (found.encode(found.decode(point)) == point).all()
    assert found.build(found.encode({"a": [2], "s": ["z", "x"], "n": 3})) == {"a": [2], "s": ["x", "z"], "n": 3}
    assert found.decode(found.encode({"a": "#1", "s": "['y', 'z']", "n": 3})) == {
        "a": "'one'",
        "s": "['y', 'z']",
        "n": 3,
    }


def test_differences_are_named():
    found = space({"m": hole.choice([{"c": hole.integer(1, 9)}, "none"], name="m"), "k": hole.integer(0, 3, name="k")})
    first, second = found.encode({"m": "#0", "m.0.c": 4, "k": 1}), found.encode({"m": "none", "k": 1})
    assert found.diff(first, second)["m.0.c"] == ("4", "-")
    assert set(found.diff(first, second)) == {"m", "m.0.c"}
    assert found.diff(first, first) == {}
    assert found.shown(second) == "m='none', k=1"


def test_equal_options_have_names_of_their_own():
    found = space([hole.choice([space(dict, a=1), space(dict, a=2)]), hole.choice([0, 1]), [hole.choice([0, 1])]])
    assert found.table.rows[0].labels[0] == "dict#0"
    named = space({"a": hole.choice([0, 1]), "b": hole.choice([0, 1], name="a")})
    assert named.names == ("a#2", "a")


def test_some_choices_can_be_held():
    found = space(
        {
            "m": hole.choice([{"c": hole.integer(1, 9)}, {"d": hole.real(within=(0, 1))}], name="m", prior=[9, 1]),
            "k": hole.choice("a b c".split(), name="k"),
        }
    )
    half = found.fix({"m": "#0", "k": "b"})
    assert (found.size, half.size) == (float("inf"), 9)
    rng = np.random.default_rng(0)
    drawn = half.samples(50, rng)
    for points in (drawn, half.mutate(drawn, rng), half.crossover(drawn, drawn[::-1], rng), list(half.enumerate())):
        made = [half.build(point) for point in points]
        assert all(set(one["m"]) == {"c"} and one["k"] == "b" for one in made)
    for by in ("evolution", "random", "bandit", "policy"):
        best = tune(half, lambda made: made["m"]["c"], by=by, within="60 trials", seed=0).best
        assert best == {"m": {"c": 9}, "k": "b"}
    assert half.build(half.encode({"m.0.c": 4})) == {"m": {"c": 4}, "k": "b"}
    assert from_json(half.to_json()).size == 9
    with pytest.raises(
        SpaceError, match="'m.0.c' cannot be held to 12, since its values go from 1 to 9. Give one of them."
    ):
        half.fix({"m.0.c": 12})
    with pytest.raises(SpaceError, match="the space at inner holds m, k fixed, which it cannot within another space."):
        assert space({"inner": half}).size


def test_spaces_pickle():
    found = space({"a": hole.choice([SVC(), None], name="a")}).fix({"a": None})
    assert found.build([1]) == {"a": None}
    again = pickle.loads(pickle.dumps(found))
    assert again.size == 1
    assert again.build([1]) == {"a": None}


def test_errors():
    made = hole.integer(1, 2, name="n")
    cases = [
        (
            lambda: Space({"a": made, "b": hole.integer(1, 3, name="n")}).table,
            "two different holes are called 'n': integer from 1 to 2 at a and integer from 1 to 3 at b. "
            "Holes with one name have one value; rename one of them.",
        ),
        (
            lambda: Space({"a": hole.real()}).table,
            "the real hole at a has the bounds (-inf, inf), but a search needs finite ones. Give hole.real(within=(low, high)).",
        ),
        (
            lambda: Space(hole.subset(list(range(40)), 20, name="s")).table,
            "the subset 's' has 137,846,528,820 ways to take 20 to 20 of 40 options, but at most 100,000 are possible. Take fewer",
        ),
        (
            lambda: space(3, a=1),
            "space() got arguments for int, which cannot be called. Give a function or a class first.",
        ),
        (
            lambda: space(dict, a=made).encode({"m": 1}),
            "the space has no choice point 'm'.",
        ),
        (
            lambda: space(dict, a=made, b=hole.choice([1, 2])).encode({"n": 1}),
            "the point has no value for 'b'. Give all of: b.",
        ),
        (
            lambda: space(dict, b=hole.choice(["red", "blue"])).encode({"b": "rad"}),
            "'b' has no option 'rad'. It has: 'red', 'blue'.",
        ),
        (lambda: space(dict, b=hole.subset(["red", "blue"], 1)).encode({"b": ["x"]}), "'b' has no option ['x']."),
        (
            lambda: space(int, hole.choice(["1", "x"], name="text")).build([1]),
            "building the object raised ValueError: invalid literal for int() with base 10: 'x'. The point is text='x'. "
            "Leave such a point out of the space, or catch it in the function that builds.",
        ),
    ]
    for make, message in cases:
        with pytest.raises(SpaceError) as caught:
            make()
        assert message in str(caught.value)


class _WithRate(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.rate = hole.real("rate", within=(0, 1))


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (lambda h: {"s": {h}}, "an element of the set at s is or holds a hole"),
        (lambda h: {"s": {h: 1}}, "a key of the dictionary at s is or holds a hole"),
        (lambda h: [np.array([h, 1], dtype=object)], r"an element of the array at \[0\] is or holds a hole"),
        (lambda h: {"m": _WithRate()}, "attribute 'rate' of the _WithRate at m is or holds a hole"),
        (
            lambda h: {"m": torch.nn.Sequential(_WithRate())},
            "attribute 'rate' of the _WithRate at m is or holds a hole",
        ),
        (
            lambda h: {"m": types.SimpleNamespace(size=h)},
            "attribute 'size' of the SimpleNamespace at m is or holds a hole",
        ),
    ],
)
def test_holes_where_none_are_looked_for_are_refused(made, text):
    with pytest.raises(SpaceError, match=text):
        space(made(hole.integer(0, 3))).build([1])


def test_what_one_object_changes_stays_its_own():
    found = space(
        {
            "set": {1},
            "array": np.zeros(2),
            "plain": types.SimpleNamespace(items=[]),
            "file": threading.Lock(),
            "h": hole.choice([1, 2]),
        }
    )
    one = found.build([0])
    one["set"].add(9)
    one["array"][0] = 7
    large = np.zeros(200_000)
    built = space({"large": large, "log": one["set"].add, "h": hole.choice([1, 2])}).build([0])
    assert built["large"] is large
    assert built["log"].__self__ is one["set"]
    other = found.build([0])
    assert other["set"] == {1}
    assert other["array"].tolist() == [0, 0]
    assert other["plain"] is one["plain"]
    assert other["file"] is one["file"]


def test_an_array_of_points_is_checked_as_each_of_them_is():
    found = space({"m": hole.choice([{"k": hole.integer(0, 3)}, "none"]), "x": hole.real("x", within=(0, 1))})
    points = found.samples(50, 0)
    assert found.table.check_all(points).tolist() == [found.table.check(point).tolist() for point in points]
    assert found.mutate(points[:0], 0).shape == (0, len(found.table.rows))
    for row, entry in ((0, 7.0), (0, 0.5), (len(found.table.rows) - 1, 2.0), (0, np.nan)):
        wrong = points.copy()
        wrong[20, row] = entry
        with pytest.raises(SpaceError, match="was expected. Take a point from"):
            found.mutate(wrong, 0)
    with pytest.raises(SpaceError, match="a point of this space is a vector of"):
        found.mutate(points[:, :1], 0)
