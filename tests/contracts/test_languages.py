"""What every language of the catalog must do: read what it writes, describe itself as JSON, say where text is wrong."""

from __future__ import annotations

import json

import numpy as np
import pytest

from induce import catalog
from induce.errors import OpError, ParseError
from induce.terms import Language
from induce.terms.parse import parse_sexpr
from induce.terms.show import to_sexpr, to_text
from induce.testing import random_terms

TERMS = [name for name in catalog.languages if name != "rules"]
"""Languages whose text is one term; a text of rules is a program, which has its own contract below."""


@pytest.mark.parametrize("name", TERMS)
class TestLanguage:
    def test_it_is_a_sealed_value_of_its_name(self, name):
        language = catalog.languages[name]
        assert isinstance(language, Language)
        assert language.name == name
        with pytest.raises(
            OpError, match=f"language '{name}' is sealed, so .* cannot be added to it. Make your own first"
        ):
            language.op("brand_new(real) -> real")

    @pytest.mark.parametrize("odd", [False, True])
    def test_what_it_writes_it_reads(self, name, odd):
        language = catalog.languages[name]
        for term in random_terms(language, 300, np.random.default_rng(0), odd=odd):
            assert language.parse(to_text(term, language=language)) is term
            assert parse_sexpr(language, to_sexpr(term, language=language)) is term

    def test_every_operator_is_written_and_read(self, name):
        language = catalog.languages[name]
        for op in language:
            term = op(*(language.variable(f"v{k}", sort) for k, sort in enumerate(op.arguments)))
            assert language.parse(to_text(term)) is term
            assert parse_sexpr(language, to_sexpr(term)) is term

    def test_it_describes_itself_as_json(self, name):
        language = catalog.languages[name]
        again = Language.from_dict(json.loads(json.dumps(language.to_dict())))
        assert list(again) == list(language)
        assert again.to_dict() == language.to_dict()

    def test_wrong_text_is_answered_with_the_place(self, name):
        language = catalog.languages[name]
        for text in ("", "x +", "(x", "x)", "x y", "nosuchfunction(x)", "\x00"):
            with pytest.raises(ParseError) as caught:
                language.parse(text)
            assert caught.value.line == 1
            assert 1 <= caught.value.column <= len(text) + 1
            assert len(caught.value.message) > 10


class TestRules:
    language = catalog.languages["rules"]

    def test_it_is_a_sealed_value_of_its_name(self):
        assert isinstance(self.language, Language)
        assert self.language.name == "rules"
        with pytest.raises(OpError, match="language 'rules' is sealed"):
            self.language.op("brand_new(value) -> value")

    def test_what_it_writes_it_reads(self):
        text = "0.3::rain.\nwet(X) :- place(X), rain, not dry(X), X > 2.\n:- wet(3), wet(4)."
        program = self.language.parse(text)
        assert str(program) == text
        assert self.language.parse(str(program)) is program

    def test_it_describes_itself_as_json(self):
        again = Language.from_dict(json.loads(json.dumps(self.language.to_dict())))
        assert list(again) == list(self.language)

    def test_wrong_text_is_answered_with_the_place(self):
        for text in ("x +", "(x", "p(X) :- .", "p q.", "\x00"):
            with pytest.raises(ParseError) as caught:
                self.language.parse(text)
            assert caught.value.line == 1
            assert len(caught.value.message) > 10
