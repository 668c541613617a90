"""Limits of grounding, and the words in which a rule that passes one is refused."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from induce.errors import LimitError
from induce.logic.clauses import AggregateClause, Bind, Clause, Match, Stratum, Test, Track

if TYPE_CHECKING:
    from induce.logic.database import Database

__all__ = ["Limits", "Watch", "invents_without_bound"]

UNBOUNDED_ROUNDS = 10_000
"""Rounds of a recursive stratum that makes new constants and compares none of them with anything."""


@dataclass(frozen=True)
class Limits:
    """What grounding may cost.

    Parameters
    ----------
    tuples : int
        Tuples of all relations together.
    rounds : int
        Rounds of one recursive stratum. A stratum in which a rule without any comparison makes new constants is stopped
        after 10,000 rounds already, if this is not set lower.
    depth : int
        Nesting of structured terms.
    seconds : float, optional
        Wall time of one run.

    >>> Limits(tuples=1000).rounds
    1000000
    """

    tuples: int = 50_000_000
    rounds: int = 1_000_000
    depth: int = 10_000
    seconds: float | None = None


def invents_without_bound(stratum: Stratum) -> bool:
    """Whether a rule of a recursive stratum makes new constants from its own results with no comparison to stop it."""
    heads = {clause.head.relation for clause in stratum.clauses}
    for clause in stratum.clauses:
        recursive = any(getattr(step, "relation", None) in heads for step in clause.body)
        makes = any(isinstance(step, Bind) and step.expression[0] not in ("slot", "constant") for step in clause.body)
        stopped = any(isinstance(step, Test | Track | Match) for step in clause.body)
        if recursive and makes and not stopped:
            return True
    return False


class Watch:
    """Compares a run with its limits.

    Parameters
    ----------
    limits : Limits
    rounds : int
        Rounds allowed to this stratum.
    """

    def __init__(self, limits: Limits, stratum: Stratum) -> None:
        self._limits = limits
        unbounded = invents_without_bound(stratum)
        self.rounds = min(limits.rounds, UNBOUNDED_ROUNDS) if unbounded else limits.rounds
        self._started = time.monotonic()

    def check(self, clause: Clause | AggregateClause, database: Database) -> None:
        """Raise if the relations have too many tuples, terms are nested too deeply, or the time is over.

        Raises
        ------
        LimitError
        """
        total, depth, limits = database.total, database.symbols.deepest, self._limits
        if total > limits.tuples:
            self._refuse(
                clause, database.sizes(), f"the relations have {total:,} tuples (limit {limits.tuples:,})", "tuples"
            )
        if depth > limits.depth:
            self._refuse(clause, database.sizes(), f"terms are nested {depth:,} deep (limit {limits.depth:,})", "depth")
        if limits.seconds is not None and time.monotonic() - self._started > limits.seconds:
            self._refuse(
                clause, database.sizes(), f"grounding has taken more than {limits.seconds:g} seconds", "seconds"
            )

    def check_round(self, clause: Clause | AggregateClause, sizes: Mapping[str, int], number: int) -> None:
        """Raise if the stratum has had its rounds.

        Raises
        ------
        LimitError
        """
        if number > self.rounds:
            self._refuse(clause, sizes, f"its results have fed it for {self.rounds:,} rounds", "rounds")

    @staticmethod
    def _refuse(clause: Clause | AggregateClause, sizes: Mapping[str, int], what: str, limit: str) -> None:
        largest = sorted(sizes.items(), key=lambda pair: (-pair[1], pair[0]))[:6]
        listed = ", ".join(f"{name} {size:,}" for name, size in largest)
        where = f" (line {clause.line})" if clause.line else ""
        raise LimitError(
            f"Grounding stopped at the rule '{clause.text}'{where}: {what}. Largest relations: {listed}. Try one of: add a "
            f"condition to the rule that bounds what it derives (such as X < 1000); ask a query with constants, so that only "
            f"what it needs is derived; or allow more with Limits({limit}=...)."
        )
