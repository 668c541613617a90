"""Diagnoses against brute force over all revisions, and the likeliest of them for many rows at once."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings

from induce.errors import DataError, FillError, LimitError, RuleError
from induce.rules import Hierarchy, diagnose, revise
from induce.rules.ground_rules import read_rules
from tests.rules.making import TREE, trees


def random_case(rng):
    """Random constraints, rules and facts over up to seven atoms, an assignment and degrees."""
    count = int(rng.integers(2, 8))
    atoms = [f"a{k}" for k in range(count)]
    lines = []
    for _ in range(int(rng.integers(1, 7))):
        chosen = rng.permutation(count)[: int(rng.integers(1, min(count, 4) + 1))]
        body = ", ".join(("not " if rng.random() < 0.4 else "") + atoms[k] for k in chosen)
        head = atoms[int(rng.integers(count))] + " " if rng.random() < 0.4 else ""
        lines.append(f"{head}:- {body}.")
    return "\n".join(lines), atoms, rng.random(count) < 0.5, rng.uniform(0.05, 0.95, count)


def by_force(text, atoms, assignment):
    """All least sets of atoms whose revision satisfies the rules, by trying every set; None if nothing does."""
    rules = read_rules(text, atoms)
    found = []
    for size in range(len(atoms) + 1):
        for chosen in itertools.combinations(range(len(atoms)), size):
            if any(set(small) <= set(chosen) for small in found):
                continue
            revised = assignment.copy()
            revised[list(chosen)] ^= True
            if not _broken(rules, revised):
                found.append(chosen)
    return {tuple(atoms[k] for k in chosen) for chosen in found} if found else None


def _broken(rules, assignment):
    for true, false in zip(rules.forbidden_true, rules.forbidden_false, strict=True):
        if assignment[true].all() and not assignment[false].any():
            return True
    return False


def test_500_random_cases_are_diagnosed_as_by_brute_force():
    rng = np.random.default_rng(0)
    diagnosed = 0
    for _ in range(500):
        text, atoms, assignment, degrees = random_case(rng)
        expected = by_force(text, atoms, assignment)
        if expected is None:
            with pytest.raises(DataError, match="no assignment satisfies the rules, so nothing can be diagnosed"):
                diagnose(assignment, degrees, text, atoms=atoms)
            continue
        found = diagnose(assignment, degrees, text, atoms=atoms)
        assert {d.revised for d in found} == expected
        assert len(found) == len(expected)
        assert sum(d.likelihood for d in found) == pytest.approx(1)
        assert [d.likelihood for d in found] == sorted((d.likelihood for d in found), reverse=True)
        assert all(set(d.revised) & set(conflict) for d in found for conflict in d.conflicts)
        diagnosed += expected != {()}
    assert diagnosed > 100


def test_the_likelihood_is_that_of_the_formula():
    rules = ":- cat, not animal. :- cat, dog."
    atoms, degrees = ["cat", "animal", "dog"], np.array([0.9, 0.4, 0.7])
    found = {d.revised: d for d in diagnose([1, 0, 1], degrees, rules, atoms=atoms)}
    before = 0.9 * 0.6 + 0.9 * 0.7
    likelihood = {
        ("cat",): 0.1 * 0.6 * 0.7 * 1,  # no conflict is left
        ("animal", "dog"): 0.9 * 0.4 * 0.3 * 1,
    }
    assert set(found) == set(likelihood)
    total = sum(likelihood.values())
    for revised, value in likelihood.items():
        assert found[revised].likelihood == pytest.approx(value / total)
        assert found[revised].resolved == pytest.approx(before)
    assert [str(rule) for rule in found[("cat",)].broken] == [":- cat, not animal.", ":- cat, dog."]
    assert set(found[("cat",)].conflicts) == {("cat", "animal"), ("cat", "dog")}
    assert repr(found[("cat",)]).startswith("Diagnosis(revise cat; likelihood 0.28")


def test_what_breaks_no_rule_needs_no_revision():
    (only,) = diagnose([1, 1, 0], [0.9, 0.9, 0.9], ":- cat, not animal. :- cat, dog.", atoms=["cat", "animal", "dog"])
    assert (only.revised, only.likelihood, only.broken, only.conflicts) == ((), 1.0, (), ())
    assert "revise nothing" in repr(only)


def test_a_hierarchy_names_its_labels_and_limit_takes_the_first():
    tree = Hierarchy(TREE)
    assignment = tree.targets(["cat"])[0].astype(bool)
    assignment[[0, 1]] = False, True  # a cat that is a plant
    degrees = np.where(assignment, 0.9, 0.1)
    degrees[:2] = 0.4, 0.6
    found = diagnose(assignment, degrees, tree)
    assert found[0].revised == ("animal", "plant")
    assert found[0].assignment.tolist() == tree.targets(["cat"])[0].astype(bool).tolist()
    assert [d.revised for d in diagnose(assignment, degrees, tree, limit=1)] == [("animal", "plant")]


@given(trees())
@settings(max_examples=30, deadline=None)
def test_many_rows_are_revised_as_one_by_one(tree):
    rng = np.random.default_rng(len(tree))
    assignment, degrees = rng.random((30, len(tree))) < 0.4, rng.uniform(0.05, 0.95, (30, len(tree)))
    found = revise(assignment, degrees, tree)
    for row in range(30):
        diagnoses = diagnose(assignment[row], degrees[row], tree)
        assert found.assignment[row].tolist() == diagnoses[0].assignment.tolist()
        assert found.likelihood[row] == pytest.approx(diagnoses[0].likelihood)
        assert found.count[row] == len(diagnoses)
        assert found.changed[row] == bool(diagnoses[0].revised)


def test_a_column_that_the_rules_do_not_name_stays():
    found = revise([[1, 1, 1]], [[0.9, 0.4, 0.5]], ":- a, b.", atoms=["a", "b", "c"])
    assert found.assignment.tolist() == [[True, False, True]]


@pytest.mark.parametrize(
    ("act", "error", "words"),
    [
        (
            lambda: diagnose([1], [0.5], ":- a, b."),
            DataError,
            "the rules have 2 labels, but the assignment has shape (1,)",
        ),
        (
            lambda: diagnose([1, 1], [0.5, 2], ":- a, b."),
            DataError,
            "degrees must lie between 0 and 1, but they reach from",
        ),
        (
            lambda: diagnose([[1, 1]] * 2, [[0.5, 0.5]] * 2, ":- a, b."),
            DataError,
            "diagnose takes one assignment, but got 2.",
        ),
        (
            lambda: diagnose([1], [0.5], ":- a(X)."),
            RuleError,
            "in ':- a(X).': 'a(X)' is no atom without variables. Write",
        ),
        (
            lambda: diagnose([1], [0.5], "0.5::a."),
            RuleError,
            "in '0.5::a.': only certain rules, facts and constraints can be",
        ),
        (lambda: diagnose([1], [0.5], 3), RuleError, "rules must be a program, its text or a Hierarchy, but got 3."),
        (
            lambda: diagnose([1, 1], [0.5, 0.5], ":- cat, dgo.", atoms=["cat", "dog"]),
            RuleError,
            "in ':- cat, dgo.': 'dgo' is none of the columns. Did you mean 'dog'? The columns are: cat, dog.",
        ),
        (
            lambda: diagnose(np.ones(20), np.full(20, 0.5), ":- a0, a1.", atoms=[f"a{k}" for k in range(20)]),
            LimitError,
            "the rules allow more than 100,000 assignments of their first 18 atoms. Add rules that exclude more,",
        ),
        (
            lambda: diagnose([0.3], [0.5], ":- a."),
            DataError,
            "the assignment has 0.3 in row 0, column 0, but labels are true or",
        ),
        (lambda: diagnose(["x"], [0.5], ":- a."), DataError, "the assignment has 'x' in row 0, column 0"),
        (lambda: diagnose([2], [0.5], ":- a."), DataError, "the assignment has 2 in row 0, column 0"),
        (
            lambda: revise([[1], [None]], [[0.5], [0.5]], ":- a."),
            DataError,
            "the assignment has None in row 1, column 0",
        ),
        (
            lambda: diagnose([1], ["x"], ":- a."),
            DataError,
            "degrees must be numbers between 0 and 1, but could not convert",
        ),
        (
            lambda: diagnose([1], [0.5], ":- a.", limit="x"),
            FillError,
            "limit must be a whole number of at least 1, but got 'x'.",
        ),
        (
            lambda: diagnose([1], [0.5], ":- a.", limit=-1),
            FillError,
            "limit must be a whole number of at least 1, but got -1.",
        ),
    ],
)
def test_what_cannot_be_diagnosed_says_why(act, error, words):
    with pytest.raises(error, match=re.escape(words)):
        act()
