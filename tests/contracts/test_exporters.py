"""What every exporter of the catalog must do: say the same as the term, on random terms, or be well-formed."""

from __future__ import annotations

import sqlite3
import warnings
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from induce import catalog
from induce.fit import Fit, Row
from induce.terms import arithmetic
from induce.terms.symbolic import from_sympy
from induce.testing import random_terms

NAMES = ("x", "body mass", "sin")
DATA = {name: np.random.default_rng(k).uniform(0.2, 2.5, 12) for k, name in enumerate(NAMES)}


def fit_of(term):
    return Fit((Row(term, term, {}, {}, term.size, 0.0, 1.0),), 0, "", "", arithmetic, NAMES)


def terms(n=120, seed=0, size=11):
    return list(random_terms(arithmetic, n, np.random.default_rng(seed), variables=NAMES, max_size=size))


def values(term):
    return np.broadcast_to(term(DATA), (12,))


def same(found, expected, rtol=1e-9):
    return np.allclose(np.broadcast_to(np.asarray(found, float), (12,)), expected, rtol=rtol, atol=1e-9, equal_nan=True)


def check_text(fit):
    assert arithmetic.parse(catalog.exporters["text"](fit)) is fit.best


def _run(source, module):
    space = {}
    exec(source, space)
    arguments = [np.array(DATA[v.name]) for v in fit_variables(source, space)]
    with np.errstate(all="ignore"):
        return space["formula"](*(module(a) for a in arguments))


def fit_variables(source, space):
    """The variables in the order of the function's arguments, found by their safe names."""
    import inspect

    from induce.terms.source import safe_names

    safe = {text: arithmetic.variable(name) for name, text in safe_names(list(NAMES)).items()}
    return [safe[name] for name in inspect.signature(space["formula"]).parameters]


def check_python(fit):
    source = catalog.exporters["python"](fit)
    assert {line for line in source.splitlines() if "import" in line} <= {"import numpy"}
    assert same(_run(source, np.asarray), values(fit.best)), source


def check_torch(fit):
    import torch

    source = catalog.exporters["torch"](fit)
    assert same(_run(source, torch.as_tensor), values(fit.best)), source
    module = fit.to_torch()
    with torch.no_grad():
        stacked = torch.as_tensor(np.column_stack([DATA[name] for name in NAMES]))
        assert same(module(stacked).numpy(), values(fit.best))


def check_sympy(fit):
    import sympy

    expression = fit.to_sympy()
    assert str(expression) == catalog.exporters["sympy"](fit)
    expected = values(fit.best)
    for row in range(3):
        point = {sympy.Symbol(name, real=True): sympy.Float(float(DATA[name][row]), 30) for name in NAMES}
        found = (
            complex(expression.subs(point).evalf(20, maxn=200))
            if not expression.has(sympy.zoo, sympy.nan)
            else complex("nan")
        )
        if np.isfinite(expected[row]) and abs(expected[row]) < 1e12:
            assert found.real == pytest.approx(expected[row], rel=1e-6, abs=1e-9), str(fit.best)
        if np.isfinite(expected[row]) and not expression.has(sympy.zoo, sympy.nan, sympy.oo, sympy.I):
            assert same(values(from_sympy(expression))[row], expected[row], rtol=1e-6)


def check_sql(fit):
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("SELECT ln(2.0), sinh(1.0), power(2.0, 3.0), sign(-1.0)")
    except sqlite3.OperationalError:
        pytest.skip("this SQLite was built without mathematical functions")
    quoted = ", ".join('"' + name + '" REAL' for name in NAMES)
    connection.execute(f"CREATE TABLE data ({quoted})")
    connection.executemany("INSERT INTO data VALUES (?, ?, ?)", np.column_stack([DATA[n] for n in NAMES]).tolist())
    found = [row[0] for row in connection.execute(catalog.exporters["sql"](fit))]
    expected = values(fit.best)
    seen = np.array([value is not None and np.isfinite(expected[k]) for k, value in enumerate(found)])
    numbers = np.array([np.nan if value is None else float(value) for value in found])
    # SQL has no NaN: what is undefined is NULL there
    assert np.allclose(numbers[seen], expected[seen], rtol=1e-9, atol=1e-9), str(fit.best)
    assert not np.isfinite(expected[np.isnan(numbers)]).any(), str(fit.best)


def check_latex(fit):
    text = catalog.exporters["latex"](fit)
    assert text.strip()
    depth = 0
    for before, here in zip(" " + text, text, strict=False):
        if before != "\\":
            depth += (here == "{") - (here == "}")
        assert depth >= 0, text
    assert depth == 0, text
    assert text.count(r"\left") == text.count(r"\right") + text.count(r"\leftarrow"), text
    assert text.count(r"\begin") == text.count(r"\end")


def check_mathml(fit):
    root = ElementTree.fromstring(catalog.exporters["mathml"](fit))
    assert root.tag.endswith("math")
    assert "".join(root.itertext()).strip()


CHECKS = {
    "text": check_text, "python": check_python, "torch": check_torch, "sympy": check_sympy, "sql": check_sql,
    "latex": check_latex, "mathml": check_mathml,
}  # fmt: skip


@pytest.mark.parametrize("name", catalog.exporters)
class TestExporter:
    def test_it_says_the_same_on_random_terms(self, name):
        assert name in CHECKS, f"write the check of the exporter '{name}'"
        small = name == "sympy"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            for term in terms(25 if small else 120, size=7 if small else 11):
                CHECKS[name](fit_of(term))

    def test_every_operator_is_known_to_it(self, name):
        for op in arithmetic:
            term = op(*(arithmetic.variable(v) for v in NAMES[: op.arity]))
            CHECKS[name](fit_of(term))
