"""Whether a formula of a pair is a law of force, up to a linear map of its components.

A message network may send any linear map of the force. So the formula of a component counts as the law of a system when,
multiplied out, every addend is an addend of the law (the same columns with the same exponents) or a constant, and its
coefficients are those of ``a * F_x + b * F_y`` for some ``a, b``, to within 1 % of the largest. Nothing is compared on data:
an exponent that is off, a missing factor or an addend too many is no law, however well it fits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from induce.formulas.bodies import System
from induce.terms.show import to_text
from induce.terms.term import Term

__all__ = ["Law", "law_of", "monomials"]

TOLERANCE = 1e-2
ROUNDING = 1e-9
"""Coefficients below this share of the largest are rounding errors of a fit, not addends."""
EXPONENT = 1e-2
"""How far an exponent may be from a whole number to be read as that."""

Monomial = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Law:
    """A component's formula beside the law of a system.

    Parameters
    ----------
    term : Term
    a, b, c : float
        The component is ``a * F_x + b * F_y + c``, as nearly as possible.
    difference : float
        Largest difference of a coefficient, as a share of the largest; infinite if the addends are not those of the law.
    exact : bool
        Whether the difference is at most 1 %.
    """

    term: Term
    a: float
    b: float
    c: float
    difference: float

    @property
    def exact(self) -> bool:
        """Whether the formula is the law up to a linear map."""
        return self.difference <= TOLERANCE

    def __str__(self) -> str:
        text = to_text(self.term, digits=4)
        if not np.isfinite(self.difference):
            return f"{text}: other addends than the law"
        return f"{text} = {self.a:.4g} F_x + {self.b:.4g} F_y + {self.c:.2g} ({self.difference:.1e} off)"


def monomials(term: Term) -> dict[Monomial, float] | None:
    """The term multiplied out: columns with exponents, and the coefficient; None if it is no sum of such products.

    >>> from induce.terms import arithmetic
    >>> monomials(arithmetic.parse("2 * (x - 1) / x^2"))
    {(('x', -2.0),): -2.0, (('x', -1.0),): 2.0}
    """
    import sympy as sp

    from induce.terms.symbolic import to_sympy

    found: dict[Monomial, float] = {}
    expanded = sp.expand(sp.expand(to_sympy(term)))
    for addend in sp.Add.make_args(expanded):
        number, rest = addend.as_coeff_Mul()
        powers = []
        for base, power in rest.as_powers_dict().items():
            if base == 1:
                continue
            if not (base.is_Symbol and power.is_number):
                return None
            near = round(float(power))
            powers.append((str(base), float(near) if abs(float(power) - near) <= EXPONENT else float(power)))
        key = tuple(sorted(powers))
        found[key] = found.get(key, 0.0) + float(number)
    return dict(sorted(found.items()))


def law_of(term: Term, system: System) -> Law:
    """The formula of a message component beside the law of a system.

    >>> from induce.formulas.bodies import SYSTEMS
    >>> from induce.terms import arithmetic
    >>> found = law_of(arithmetic.parse("(3*dx + dy)*(1 - 1/r) + 7"), SYSTEMS["springs"])
    >>> round(found.a, 6), round(found.b, 6), found.c, found.exact
    (1.5, 0.5, 7.0, True)
    >>> law_of(arithmetic.parse("dx*(1 - 1/r^2)"), SYSTEMS["springs"]).exact
    False
    """
    found = monomials(term)
    axes = [monomials(system.force(axis)) for axis in ("dx", "dy")]
    if found is None or any(axis is None for axis in axes):
        return Law(term, np.nan, np.nan, np.nan, np.inf)
    constant = found.pop((), 0.0)
    size = max((abs(number) for number in found.values()), default=0.0)
    found = {key: number for key, number in found.items() if abs(number) > ROUNDING * size}
    keys = list(dict.fromkeys([key for axis in axes for key in axis or {}]))
    design = np.array([[(axis or {}).get(key, 0.0) for axis in axes] for key in keys])
    target = np.array([found.get(key, 0.0) for key in keys])
    (a, b), *_ = np.linalg.lstsq(design, target, rcond=None)
    largest = np.abs(target).max(initial=0.0)
    if largest == 0.0 or not set(found) <= set(keys):
        return Law(term, float(a), float(b), constant, np.inf)
    return Law(term, float(a), float(b), constant, float(np.abs(target - design @ (a, b)).max() / largest))
