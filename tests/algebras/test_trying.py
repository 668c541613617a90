from __future__ import annotations

import numpy as np
import pytest

from induce import fill
from induce.algebras import Algebra, register
from induce.algebras.trying import check_derivatives, check_meaning
from induce.errors import AlgebraError
from induce.terms import arithmetic, declare

SWELL = declare("swell(real, real) -> real")
register(SWELL, Algebra.REAL, lambda xp, a, b: a + xp.floor(b))
LANGUAGE = arithmetic.extend("swelling", [SWELL])


def test_what_the_library_has_is_not_tried():
    for op in arithmetic:
        check_meaning(op)


def test_a_sound_operator_is_let_through_and_fitted():
    check_meaning(SWELL)
    columns = {"x": np.linspace(0.0, 2.0, 30), "z": np.linspace(0.0, 5.0, 30)}
    target = 1.5 * columns["x"] + np.floor(columns["z"])
    found = fill(LANGUAGE.parse("swell(?a * x, z)"), (columns, target), within="150 epochs")
    assert found.row.loss < 0.05 * np.var(target)


def test_only_the_arguments_with_holes_need_a_derivative():
    check_derivatives(LANGUAGE.parse("swell(?a * x, z)"))
    with pytest.raises(
        AlgebraError, match="'swell' has no derivative by its argument 2, so what is in '\\?a' cannot be fitted"
    ):
        check_derivatives(LANGUAGE.parse("swell(x, ?a)"))
