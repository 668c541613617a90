"""The names of induce.formulas are lazy, complete, and explained when misspelt."""

from __future__ import annotations

import subprocess
import sys

import pytest

import induce.formulas


def test_every_name_loads():
    for name in induce.formulas.__all__:
        assert getattr(induce.formulas, name).__name__ == name
    assert dir(induce.formulas) == sorted(induce.formulas.__all__)


def test_a_name_that_is_not_there():
    with pytest.raises(
        AttributeError, match=r"module 'induce.formulas' has no attribute 'lode'\. It has: BooleanRegressor"
    ):
        induce.formulas.lode  # noqa: B018


def test_the_import_loads_nothing_heavy():
    code = (
        "import sys, induce.formulas; print([m for m in ('torch', 'sklearn', 'sympy', 'pandas') if m in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
