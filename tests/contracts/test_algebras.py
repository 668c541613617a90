"""What every algebra of the catalog must do: obey its laws, mean something for its operators, agree with torch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import induce.algebras.list_functions
import induce.algebras.smt_functions  # noqa: F401
from induce import catalog
from induce.algebras import Algebra, Semiring, check_laws, evaluate, register, to_torch
from induce.algebras.algebra import meanings
from induce.errors import AlgebraError
from induce.terms.sort import BOOL
from induce.testing import random_terms


def home(algebra):
    """The languages whose operators have a meaning under the algebra."""
    known = meanings(algebra)
    return [language for language in catalog.languages.values() if any(op in known for op in language)]


def for_rules(name):
    """A semiring is for rules; only some of them also read the operators of a language of terms."""
    algebra = catalog.algebras[name]
    return isinstance(algebra, Semiring) and not meanings(algebra)


def columns(language, rng, n=40, algebra=None):
    if isinstance(algebra, Semiring):
        return {name: algebra.sample(rng, n) for name in "xyz"}
    if language.default is BOOL:
        return {name: rng.random(n) < 0.5 for name in "xyz"}
    return {name: rng.normal(size=n) * 2 for name in "xyz"}


def tame(term, data, algebra):
    """Rows where every part of the term is a number of moderate size, so that a last bit cannot turn the value over."""
    rows = np.ones(40, dtype=bool)
    for part in term.postorder():
        value = np.broadcast_to(evaluate(part, data, algebra), (40,)).astype(float)
        rows &= np.isnan(value) | ((np.abs(value) < 1e4) & ((np.abs(value) > 1e-9) | (value == 0)))
    return rows


@pytest.mark.parametrize("name", catalog.algebras)
class TestAlgebra:
    def test_it_is_a_named_value_with_laws(self, name):
        algebra = catalog.algebras[name]
        assert isinstance(algebra, Algebra)
        assert algebra.name == name
        assert algebra.carrier
        assert algebra.laws

    def test_its_laws_hold(self, name):
        assert check_laws(catalog.algebras[name], np.random.default_rng(0), 500) == []

    def test_a_false_law_would_be_noticed(self, name):
        algebra = catalog.algebras[name]
        first = replace(algebra, add=lambda a, b: a, mul=lambda a, b: b)
        assert check_laws(first, np.random.default_rng(0))

    def test_every_operator_of_its_languages_has_a_meaning(self, name):
        algebra = catalog.algebras[name]
        known = meanings(algebra)
        if for_rules(name):
            assert algebra.claims
            assert algebra.method in ("circuit", "levels", "proofs", "tensor")
            return
        assert home(algebra)
        for language in home(algebra):
            assert [op.name for op in language if op not in known] == []

    def test_a_second_meaning_is_refused(self, name):
        algebra = catalog.algebras[name]
        if for_rules(name):
            assert not home(algebra)
            return
        op = next(iter(meanings(algebra)))
        with pytest.raises(AlgebraError, match=f"already has a meaning under '{name}'. Use another operator name."):
            register(op, algebra, lambda xp, *values: values[0])

    def test_torch_agrees_with_numpy_on_random_terms(self, name):
        algebra = catalog.algebras[name]
        rng = np.random.default_rng(1)
        if for_rules(name):
            assert not home(algebra)
            return
        if algebra is Algebra.VALUES:  # plain Python values; the compiled machine is compared with it in tests/algebras
            assert all(language.name in ("lists", "core_lists", "smt_strings", "strings") for language in home(algebra))
            return
        if isinstance(algebra.sample(rng, 1), tuple):
            self.encloses_the_values(algebra, rng)
            return
        for language in home(algebra):
            data = columns(language, rng, algebra=algebra)
            tensors = {key: torch.as_tensor(column) for key, column in data.items()}
            compared = 0
            for term in random_terms(language, 150, rng):
                expected = np.broadcast_to(evaluate(term, data, algebra), (40,))
                with torch.no_grad():
                    found = to_torch(term, algebra, inputs=list(data))(**tensors)
                found = np.broadcast_to(found.numpy(), (40,))
                rows = tame(term, data, algebra)
                compared += rows.sum()
                assert np.allclose(found[rows], expected[rows], rtol=1e-9, atol=1e-9, equal_nan=True), str(term)
            assert compared > 2000

    @staticmethod
    def encloses_the_values(algebra, rng):
        """An algebra of pairs says between which bounds the value lies, so the value must lie there."""
        for language in home(algebra):
            data = columns(language, rng)
            boxes = {key: (column - 0.1, column + 0.2) for key, column in data.items()}
            for term in random_terms(language, 150, rng):
                value = np.broadcast_to(evaluate(term, data), (40,))
                low, high = evaluate(term, boxes, algebra)
                seen = np.isfinite(value) & tame(term, data, Algebra.REAL)
                assert (np.broadcast_to(low, (40,))[seen] <= value[seen]).all(), str(term)
                assert (value[seen] <= np.broadcast_to(high, (40,))[seen]).all(), str(term)
