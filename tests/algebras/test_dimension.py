from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from induce.algebras.dimension import SCALE, consistent
from induce.errors import UnitError
from induce.terms import arithmetic
from induce.terms.codes import Codebook
from induce.terms.dimensions import units_of
from induce.terms.unit import Unit
from induce.testing import random_terms

UNITS = {"x": "m", "t": "s", "n": "1"}
BASES = ("m", "s")
COLUMNS = np.array([[SCALE, 0], [0, SCALE], [0, 0]], np.int64)
BOOK = Codebook(arithmetic, list(UNITS))


def agreeing(terms, target):
    programs = BOOK.encode(terms)
    ok = np.zeros(len(programs), bool)
    aim = np.zeros(0, np.int64)
    if target is not None:
        powers = dict(Unit.parse(target).powers)
        aim = np.array([int(powers.get(base, Fraction(0)) * SCALE) for base in BASES], np.int64)
    consistent(
        programs.codes, programs.offsets, programs.values, programs.value_offsets, programs.free, COLUMNS, aim, ok
    )
    return ok


def by_terms(term, target):
    try:
        units_of(term, UNITS, target=target, dimensionless_constants=True)
    except UnitError:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "target", "good"),
    [
        ("x / t", "m/s", True),
        ("x + t", None, False),
        ("sqrt(x * x)", "m", True),
        ("sqrt(x)", "m", False),
        ("x^2 / t^2", "m^2/s^2", True),
        ("x^n", None, False),
        ("sin(x)", None, False),
        ("sin(x / (x + x))", "1", True),
        ("?a * x + ?b", "m", True),
        ("?a * x + ?b", "s", True),
        ("x + ?a * t", "m", True),
        ("x + ?a * t", "s", False),
        ("exp(?k * t)", "1", True),
        ("exp(?k * t)", "m", False),
        ("abs(neg(x))", "m", True),
        ("min(x, t)", None, False),
    ],
)
def test_rules(text, target, good):
    assert agreeing([arithmetic.parse(text)], target).tolist() == [good]


@pytest.mark.parametrize("target", [None, "m", "1"])
def test_the_compiled_rules_are_those_of_terms(target):
    terms = list(
        random_terms(
            arithmetic, 1500, np.random.default_rng(2), variables=tuple(UNITS), max_size=7,
            ops="+ - * / sqrt cbrt square cube inverse sin exp abs neg min max sign",
        )
    )  # fmt: skip
    # the integers of the compiled form hold halves, thirds and quarters, not ninths
    terms = [t for t in terms if sum(n.name in ("cbrt", "sqrt") for n in t.walk()) <= 1]
    found = agreeing(terms, target)
    expected = np.array([by_terms(term, target) for term in terms])
    different = [str(t) for t, a, b in zip(terms, found, expected, strict=True) if a != b]
    assert not different
    assert 50 < expected.sum() < len(terms) - 50
