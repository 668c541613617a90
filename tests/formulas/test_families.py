"""The published families: counts, formulas, sampling, and agreement with the published tables where they are at hand."""

from __future__ import annotations

import csv
import json
import os
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
import sympy

from induce.errors import DataError
from induce.formulas.families import families, family, problem
from induce.terms.dimensions import units_of

EVERY = [found for name in families() for found in family(name)]
SHARED = Path(os.environ.get("INDUCE_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data")) / "regression"
NAMES = {"div": lambda a, b: a / b, "pow": lambda a, b: a**b, "pi": sympy.pi}


def evaluate(found, columns):
    symbols = {name: sympy.Symbol(name) for name in columns}
    formula = sympy.parse_expr(found.formula.replace("^", "**"), local_dict=symbols)
    return np.broadcast_to(
        sympy.lambdify(list(symbols.values()), formula, "numpy")(*columns.values()), len(next(iter(columns.values())))
    )


def table(name):
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"{name} is not at hand; set INDUCE_SHARED_DATA to the folder that holds regression/{name}")
    with path.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_counts_and_distinct_names():
    assert {name: len(family(name)) for name in families()} == {
        "nguyen": 12,
        "livermore": 23,
        "jin": 6,
        "keijzer": 15,
        "feynman": 100,
        "strogatz": 14,
    }
    assert len({found.name for found in EVERY}) == len(EVERY)


@pytest.mark.parametrize("found", EVERY, ids=lambda found: found.name)
def test_the_formula_uses_every_variable_and_is_finite_on_its_ranges(found):
    used = {leaf.name for leaf in found.term.variables}
    assert used == ({"x1"} if found.name == "vdp2" else set(found.variables))
    rng = np.random.default_rng(5)
    columns = {axis.variable: rng.uniform(axis.low, axis.high, 50) for axis in found.train}
    assert np.isfinite(evaluate(found, columns)).all()
    assert all(low < high for low, high in found.ranges.values())


@pytest.mark.parametrize("name", ["Nguyen-7", "Jin-3", "Keijzer-4", "Keijzer-5", "I.32.17", "II.24.17", "lv2"])
def test_sampled_targets_are_the_formula(name):
    found = problem(name)
    X, y = found.sample(seed=1)
    assert X.names == found.variables
    assert X.rows == len(y) == found.points
    np.testing.assert_allclose(y, evaluate(found, X.to_dict()), rtol=1e-12)


def test_sampling_is_as_published():
    X, _ = problem("Keijzer-1").sample(seed=0)
    np.testing.assert_allclose(X["x1"], np.linspace(-1, 1, 21))
    X, _ = problem("Keijzer-4").sample(seed=0, split="test")
    np.testing.assert_allclose(X["x1"], np.arange(0.05, 10.06, 0.1))
    X, _ = problem("Keijzer-10").sample(seed=0, split="test")
    assert X.rows == 101**2
    assert X.values[:, 0].tolist() == [0, 0]
    X, _ = problem("Keijzer-6").sample(33, seed=0)
    assert X.rows == 33
    X, _ = problem("Jin-1").sample(seed=0, split="test")
    assert X.rows == 30
    assert np.abs(X.values).max() <= 3


def test_a_seed_gives_the_same_data_and_splits_differ():
    found = problem("Nguyen-9")
    first, y = found.sample(seed=3)
    again, same = found.sample(seed=3)
    np.testing.assert_array_equal(first.values, again.values)
    np.testing.assert_array_equal(y, same)
    for other in (
        found.sample(seed=4)[0],
        found.sample(seed=3, split="test")[0],
        problem("Nguyen-10").sample(seed=3)[0],
    ):
        assert not np.array_equal(first.values, other.values)


def test_noise_is_a_share_of_the_root_mean_square():
    found = problem("I.12.2")
    X, clean = found.sample(5000, seed=0)
    noisy_X, noisy = found.sample(5000, seed=0, noise=0.1)
    np.testing.assert_array_equal(X.values, noisy_X.values)
    assert np.std(noisy - clean) == pytest.approx(0.1 * np.sqrt(np.mean(clean**2)), rel=0.05)


@pytest.mark.parametrize("name", ["bacres1", "barmag2", "glider1", "predprey2", "shearflow1", "vdp1"])
def test_trajectories_follow_the_system(name):
    first = problem(name)
    X, y = first.sample(seed=2)
    assert X.rows == 400
    other = first.name[:-1] + ("2" if first.name.endswith("1") else "1")
    slope = {first.name[-1]: y, other[-1]: evaluate(problem(other), X.to_dict())}
    for index in (1, 2):
        path = X[f"x{index}"].reshape(4, 100)
        rate = slope[str(index)].reshape(4, 100)
        # Simpson's rule over two steps recovers the move where the path is smooth
        moved = (path[:, 2:] - path[:, :-2]) - 0.1 / 3 * (rate[:, :-2] + 4 * rate[:, 1:-1] + rate[:, 2:])
        assert np.median(np.abs(moved)) < 1e-3


def test_lotka_volterra_starts_where_published():
    X, _ = problem("lv1").sample(seed=9)
    assert X.values[:, ::100].T.tolist() == [[1, 3], [4, 1], [8, 2], [3, 3]]


def test_a_problem_survives_pickling_and_is_a_key():
    found = problem("I.12.2")
    assert pickle.loads(pickle.dumps(found)) is found
    assert {found: 1}[problem("I.12.2")] == 1


def test_messages():
    for words, call in [
        ("there is no family 'nguyeen'. Did you mean 'nguyen'?", lambda: family("nguyeen")),
        ("there is no problem 'Nguyen5'. Did you mean 'Nguyen-5'?", lambda: problem("Nguyen5")),
        ("split='valid' is not known. Use 'train' or 'test'.", lambda: problem("Jin-1").sample(seed=0, split="valid")),
        ("rows=0 is not positive.", lambda: problem("Jin-1").sample(0, seed=0)),
        ("noise=-1 is negative.", lambda: problem("Jin-1").sample(seed=0, noise=-1)),
    ]:
        with pytest.raises(DataError, match=re.escape(words)):
            call()


@pytest.mark.parametrize("found", family("feynman"), ids=lambda found: found.name)
def test_every_feynman_formula_is_dimensionally_consistent(found):
    assert units_of(found.term, found.units, target=found.target_unit, dimensionless_constants=True).unit is not None


def test_feynman_problems_have_units_for_every_variable():
    for found in family("feynman"):
        assert set(found.units) == set(found.variables)
        assert found.target_unit
    assert problem("I.43.16").units["mu_drift"] == "s/kg"


def published():
    rows = {row["name"]: row for row in table("dso_benchmarks.csv")}
    return [(found, rows[found.name]) for found in EVERY if found.family not in ("feynman", "strogatz")]


def test_formulas_and_sampling_agree_with_the_published_table():
    rng = np.random.default_rng(0)
    for found, row in published():
        symbols = {name: sympy.Symbol(name) for name in found.variables}
        theirs = sympy.lambdify(
            list(symbols.values()), sympy.parse_expr(row["expression"], local_dict={**NAMES, **symbols}), "numpy"
        )
        columns = {name: rng.uniform(low, high, 40) for name, (low, high) in found.ranges.items()}
        np.testing.assert_allclose(
            evaluate(found, columns), theirs(*columns.values()), rtol=1e-9, atol=1e-12, err_msg=found.name
        )
        for ours, text in ((found.train, row["train_spec"]), (found.test, row["test_spec"])):
            if text == "None":
                continue
            spec = json.loads(text)
            for axis in ours:
                kind, numbers = next(iter(spec.get("all", spec.get(axis.variable)).items()))
                assert (axis.kind, [axis.low, axis.high, axis.amount]) == (kind, numbers), found.name


def test_feynman_formulas_agree_with_the_published_table():
    rng = np.random.default_rng(0)
    ours = {}
    for found in family("feynman"):
        point = {name: np.array([1.1 + 0.1 * index]) for index, name in enumerate(sorted(found.variables))}
        ours.setdefault(len(point), []).append((found, point))
    matched = 0
    for row in table("aifeynman_processed.csv"):
        if "I/" in row["eq"]:
            continue
        support = {
            name: (ends["min"], ends["max"]) for name, ends in json.loads(row["support"].replace("'", '"')).items()
        }
        symbols = [sympy.Symbol(name) for name in support]
        theirs = sympy.lambdify(symbols, sympy.parse_expr(row["eq"], local_dict={s.name: s for s in symbols}), "numpy")
        for found, _ in ours[len(support)]:
            if [tuple(map(float, ends)) for ends in support.values()] != list(found.ranges.values()):
                continue
            values = [rng.uniform(low, high, 20) for low, high in found.ranges.values()]
            if np.allclose(
                theirs(*values), evaluate(found, dict(zip(found.variables, values, strict=True))), rtol=1e-9
            ):
                matched += 1
                break
    assert matched == 91
