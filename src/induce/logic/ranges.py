"""Numbers and facts that a statement may give: probabilities in [0, 1], alternatives within 1, evidence of one fact."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from induce.logic import language as lang
from induce.terms.op import HOLE, LITERAL

if TYPE_CHECKING:
    from induce.logic.check import Statement

__all__ = ["check_evidence", "check_weights"]


def check_evidence(statement: Statement) -> None:
    """Refuse evidence that is not one fact or its negation."""
    from induce.logic.check import names_in

    term = statement.term
    if term.op.name != "evidence":
        return
    for formula in term.args[0].args:
        inner = formula.args[0] if formula.op is lang.NOT else formula
        if not lang.is_atom(inner):
            raise statement.error(
                f"evidence is an atom or its negation, but got '{formula}'. Define a relation for it."
            )
        for name in names_in(inner):
            raise statement.error(
                f"evidence names one fact, but '{inner}' has the variable {name}. Write a constant in its place, or a "
                "constraint ':- not a.'.",
                name,
            )


def check_weights(statement: Statement) -> None:
    """Refuse probabilities outside of [0, 1] and alternatives that sum to more than 1."""
    term = statement.term
    head = term.args[0] if term.args else None
    if head is None or head.op.name != ";":
        return
    total = 0.0
    for alternative in head.args:
        weight, atom = alternative.args
        if weight.op is LITERAL:
            value = float(weight.payload)
            if math.isnan(value) or not 0.0 <= value <= 1.0:
                raise statement.error(
                    f"the probability of '{atom}' is {value!r}, but it must lie in [0, 1]. "
                    "For a cost or score use a weak constraint ':~ body. [weight]'.",
                    lang.key_of(atom),
                )
            total += value
        if weight.op is HOLE and weight.hole.kind == "real":
            spec = weight.hole
            if (spec.low > -math.inf and spec.low < 0) or (spec.high < math.inf and spec.high > 1):
                raise statement.error(
                    f"the learned probability '?{spec.name}' has bounds ({spec.low}, {spec.high}) outside [0, 1]. "
                    "Leave them out, or write sigmoid(...) around the expression."
                )
            if spec.start is not None and not 0.0 <= spec.start <= 1.0:
                raise statement.error(
                    f"the learned probability '?{spec.name}' starts at {spec.start:g}, but it must lie in [0, 1]. Give another "
                    "first guess."
                )
    if total > 1.0 + 1e-9:
        shown = " + ".join(f"{a.args[0].payload:g}" for a in head.args if a.args[0].op is LITERAL)
        raise statement.error(
            f"the probabilities of the alternatives sum to {shown} = {total:g}, but at most 1 is possible."
        )
