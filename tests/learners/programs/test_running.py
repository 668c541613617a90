"""Running programs quickly: what small programs could make too large has no value."""

from __future__ import annotations

import pytest

import induce.programs.language  # noqa: F401 - says what the operators do
from induce.learners.programs.running import MOST, NOTHING, Runner
from induce.terms.lists import INTS, lists
from induce.terms.sort import TEXT
from induce.terms.strings import strings


def values(text, *inputs):
    return Runner({"s": inputs}, len(inputs)).values(strings.parse(text, s=TEXT))


def test_a_text_that_grows_and_grows_has_no_value():
    text = "s"
    for _ in range(4):
        text = f"replace({text}, letters, {text})"
    assert values(text, "a b c d e f g h i j") == [NOTHING]
    assert values('replace(s, letters, "xy")', "a-b") == ["xy-xy"]


@pytest.mark.parametrize("text", ['pad(s, 1000000000000, "0")', 'pad_right(s, 20000, "0")', "concat(s, s)"])
def test_texts_beyond_the_limit_have_no_value(text):
    assert values(text, "a" * 6000) == [NOTHING]


def test_a_long_input_may_be_handed_on():
    assert values("upper(s)", "a" * (MOST + 5)) == ["A" * (MOST + 5)]


def test_a_list_that_grows_has_no_value():
    term = lists.parse(r"fold(\a:list(int). \b:int. concat(a, a), xs, xs)", xs=INTS)
    assert Runner({"xs": ([1] * 20, [1, 2])}, 2).values(term) == [NOTHING, [1, 2] * 4]
