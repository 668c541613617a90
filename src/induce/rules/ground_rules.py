"""Rules without variables as bit masks: which assignments they forbid, and all that they allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from induce.errors import LimitError, RuleError, did_you_mean
from induce.logic import language as lang
from induce.terms.op import LITERAL
from induce.terms.term import Term

__all__ = ["GroundRules", "read_rules"]

MOST_WORLDS = 100_000
Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class GroundRules:
    """Each rule as what it forbids: some atoms true and some false together.

    Parameters
    ----------
    atoms : tuple of str
        One column of an assignment each.
    statements : tuple of Term
        One row of the masks each.
    forbidden_true, forbidden_false : array of bool, shape (rules, atoms)
        A rule is broken where all the former are true and all the latter false.
    """

    atoms: tuple[str, ...]
    statements: tuple[Term, ...]
    forbidden_true: Array
    forbidden_false: Array

    def broken(self, assignments: Array) -> Array:
        """Which rules assignments break: shape (rows, atoms) of bool -> (rows, rules) of bool."""
        true, false = self.forbidden_true.astype(np.float32), self.forbidden_false.astype(np.float32)
        holds = assignments.astype(np.float32)
        return np.asarray((1 - holds) @ true.T + holds @ false.T == 0)

    def conflict_degrees(self, true: Array, false: Array) -> Array:
        """``1 - truth`` of every rule under the product t-norm.

        Parameters
        ----------
        true, false : array, shape (atoms, rows)
            Logarithms of the degrees of the atoms and of their complements, finite.

        Returns
        -------
        array, shape (rules, rows)
        """
        return np.asarray(np.exp(self._literals @ np.concatenate([true, false])))

    @cached_property
    def _literals(self) -> csr_array:
        """What each rule forbids, shape (rules, 2 * atoms): atoms that are true, then atoms that are false."""
        return csr_array(np.concatenate([self.forbidden_true, self.forbidden_false], axis=1).astype(np.float64))

    @cached_property
    def worlds(self) -> Array:
        """All assignments that break no rule, shape (worlds, atoms) of bool.

        Atoms are decided one after the other; a partial assignment that breaks a rule is dropped at once.

        Raises
        ------
        LimitError
            Where more than 100,000 partial assignments are open.
        """
        last = np.where(
            (used := self.forbidden_true | self.forbidden_false).any(1),
            used.shape[1] - 1 - used[:, ::-1].argmax(1),
            0,
        )
        found = np.zeros((1, len(self.atoms)), dtype=bool)
        for column in range(len(self.atoms)):
            on = found.copy()
            on[:, column] = True
            found = np.concatenate([found, on])
            decided = last == column
            part = GroundRules(
                self.atoms, (), self.forbidden_true[decided], self.forbidden_false[decided]
            )  # only rules whose last atom this is
            found = found[~part.broken(found).any(1)]
            if len(found) > MOST_WORLDS:
                raise LimitError(
                    f"the rules allow more than {MOST_WORLDS:,} assignments of their first {column + 1} atoms. "
                    "Add rules that exclude more, or diagnose fewer atoms at a time."
                )
        return found


def read_rules(rules: Any, atoms: Sequence[Any] | None = None) -> GroundRules:
    """Constraints and rules without variables, as masks over atoms.

    ``:- a, not b.`` forbids a without b; ``b :- a.`` forbids the same; a fact ``a.`` forbids that a is false.

    Parameters
    ----------
    rules : Hierarchy, Term, str
        A program of constraints, certain rules and facts.
    atoms : sequence, optional
        The columns: atoms as text, or the only argument of each, ``cat`` for ``label(cat)``. By default the nodes of a
        hierarchy, else the atoms in the order in which the rules name them.

    Raises
    ------
    RuleError
        For statements of other kinds, variables, and atoms that are no column.
    """
    if hasattr(rules, "nodes") and hasattr(rules, "program"):
        atoms = rules.nodes if atoms is None else atoms
        rules = rules.program
    program = lang.rules.parse(rules) if isinstance(rules, str) else rules
    if not isinstance(program, Term) or program.sort is not lang.PROGRAM:
        raise RuleError(f"rules must be a program, its text or a Hierarchy, but got {rules!r}. Write ':- cat, dog.'")
    read = [(statement, _literals(statement)) for statement in program.args]
    named = [atom for _, (true, false) in read for atom in (*true, *false)]
    columns = list(dict.fromkeys(str(atom) for atom in named)) if atoms is None else [str(atom) for atom in atoms]
    place = {name: k for k, name in enumerate(columns)}
    masks = np.zeros((2, len(read), len(columns)), dtype=bool)
    for row, (statement, sides) in enumerate(read):
        for side, literals in enumerate(sides):
            for atom in literals:
                masks[side, row, _column(atom, place, statement)] = True
    return GroundRules(tuple(columns), tuple(program.args), masks[0], masks[1])


def _column(atom: Term, place: dict[str, int], statement: Term) -> int:
    names = [str(atom)]
    if len(atom.args) == 1:
        names.append(str(atom.args[0].payload))
    for name in names:
        if name in place:
            return place[name]
    raise RuleError(
        f"in '{statement}': '{atom}' is none of the columns.{did_you_mean(names[-1], place)} "
        f"The columns are: {', '.join(place)}."
    )


def _literals(statement: Term) -> tuple[list[Term], list[Term]]:
    """Atoms that the statement forbids to be true and to be false together."""
    if statement.op.name != ":-" or statement.args[0].sort is lang.HEAD:
        raise RuleError(
            f"in '{statement}': only certain rules, facts and constraints can be diagnosed. "
            "Give probabilities as degrees instead."
        )
    true: list[Term] = []
    false: list[Term] = [statement.args[0]] if len(statement.args) == 2 else []
    for formula in statement.args[-1].args:
        negated = formula.op is lang.NOT
        (false if negated else true).append(formula.args[0] if negated else formula)
    for atom in (*true, *false):
        if not lang.is_atom(atom) or any(argument.op is not LITERAL for argument in atom.args):
            raise RuleError(
                f"in '{statement}': '{atom}' is no atom without variables. Write the rule out for each value, such as "
                "':- label(cat), label(dog).'"
            )
    return true, false
