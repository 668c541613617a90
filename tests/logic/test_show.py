"""Programs as text: what is written is read back as the same term."""

from __future__ import annotations

from hypothesis import given, settings

from induce.logic.parse import parse_program

from .written import PROGRAMS


@settings(max_examples=100, deadline=None)
@given(PROGRAMS)
def test_every_program_is_read_back_as_the_same_term(term):
    text = str(term)
    again = parse_program(text).term
    assert again is term
    assert str(again) == text
