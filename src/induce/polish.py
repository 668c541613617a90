"""Constants of a finished formula: at their optimum on all rows, written simply where the data allow, with standard errors."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from induce.algebras.evaluate import evaluate_many, fit_constants
from induce.learners.forms import agree
from induce.task import Task
from induce.terms import hole as holes
from induce.terms.codes import Programs
from induce.terms.op import LITERAL
from induce.terms.term import Term, literal

__all__ = [
    "PolishRows",
    "closed_with",
    "gram_matrix",
    "open_constants",
    "polished",
    "standard_errors",
    "units_agree",
    "with_coefficients",
    "with_starts",
]

Array = NDArray[np.float64]
DEPENDENT = 1e-13
"""Smallest over largest curvature of the loss, constants scaled, below which one of them is not needed."""
RELATIVE_FLOOR = 1e-11
"""Errors below this share of the target's spread are rounding, not misfit."""


class PolishRows:
    """The rows on which formulas are polished, scored and compared."""

    def __init__(self, task: Task, most: int) -> None:
        self.columns, self.target, self.weights = task.subset(most)
        self.total = task.evidence if len(self.target) == task.table.rows else len(self.target)
        self.weights = self.weights * (self.total / self.weights.sum())
        mean = float(np.average(self.target, weights=self.weights))
        self.variance = max(float(np.average((self.target - mean) ** 2, weights=self.weights)), 1e-300)

    def loss(self, programs: Programs) -> Array:
        """Weighted mean square errors."""
        values = evaluate_many(programs, self.columns)
        with np.errstate(all="ignore"):
            return np.asarray(((values - self.target) ** 2) @ self.weights / self.weights.sum())


def open_constants(term: Term, fixed: frozenset[float] = frozenset()) -> tuple[Term, dict[str, float]]:
    """The term with every float literal turned into a hole ``c0, c1, ...``, and their values; ``fixed`` numbers stay."""
    values: dict[str, float] = {}

    def step(node: Term, args: tuple[Term, ...]) -> Term:
        if _is_constant(node, fixed):
            name = f"c{len(values)}"
            values[name] = node.payload
            return holes.real(name)
        return node.rebuild(args) if node.args else node

    occurrences = [n for n in term.walk_postfix() if _is_constant(n, fixed)]
    if len(set(occurrences)) == len(occurrences):
        return term.fold(step), values
    return _open_each(term, fixed)


def _is_constant(node: Term, fixed: frozenset[float]) -> bool:
    number = node.payload if node.op is LITERAL else None
    return isinstance(number, float) and math.isfinite(number) and abs(number) not in fixed


def _open_each(term: Term, fixed: frozenset[float]) -> tuple[Term, dict[str, float]]:
    """As above when one literal occurs several times: every occurrence is a constant of its own."""
    values: dict[str, float] = {}
    stack: list[Term] = []
    for node in term.walk_postfix():
        if _is_constant(node, fixed):
            name = f"c{len(values)}"
            values[name] = node.payload
            stack.append(holes.real(name))
        elif node.args:
            args = tuple(stack[len(stack) - len(node.args) :])
            del stack[len(stack) - len(node.args) :]
            stack.append(node.rebuild(args))
        else:
            stack.append(node)
    return stack[0], values


def with_coefficients(term: Term, make: Callable[[Term], Term]) -> Term:
    """The term with each number that is no exponent replaced by ``make(number)``, one call for each place."""
    stack: list[Term] = []
    for node in term.walk_postfix():
        if node.op is LITERAL and not isinstance(node.payload, bool):
            stack.append(node)
        elif node.args:
            args = stack[len(stack) - len(node.args) :]
            del stack[len(stack) - len(node.args) :]
            keep = (1,) if node.op.name == "^" else ()
            args = [make(a) if a.op is LITERAL and k not in keep else a for k, a in enumerate(args)]
            stack.append(node.rebuild(tuple(args)))
        else:
            stack.append(node)
    return make(stack[0]) if stack[0].op is LITERAL else stack[0]


def closed_with(sketch: Term, values: dict[str, float]) -> Term:
    """The sketch with its holes filled."""
    return (
        sketch.replace({h: literal(float(values[h.name]), sketch.sort) for h in sketch.holes if h.name in values})
        if values
        else sketch
    )


def with_starts(sketch: Term, values: dict[str, float]) -> Term:
    """The sketch whose holes start at the given values (the codebook reads starts)."""
    if not values:
        return sketch
    return sketch.replace({h: holes.real(h.name, start=float(values[h.name])) for h in sketch.holes})


def _names_in_order(sketch: Term) -> list[str]:
    return [n.name for n in sketch.walk_postfix() if n.is_hole]


def _fit(
    task: Task, sketch: Term, values: dict[str, float], rows: PolishRows, iterations: int
) -> tuple[dict[str, float], float]:
    programs = task.codebook.encode([with_starts(sketch, values)])
    fitted, loss = fit_constants(programs, rows.columns, rows.target, weights=rows.weights, iterations=iterations)
    found = fitted.values[fitted.free]
    return dict(zip(_names_in_order(sketch), map(float, found), strict=True)), float(loss[0]) / rows.weights.sum()


def polished(
    task: Task, sketch: Term, values: dict[str, float], rows: PolishRows, noise: float | None, *, rounding: bool = True
) -> tuple[Term, dict[str, float], frozenset[float]]:
    """Constants to their optimum, then, with ``rounding``, each to a simple number where the data cannot tell the difference.

    Returns
    -------
    The sketch, the values of its holes, and the sizes of the numbers that were written down.
    """
    if not values:
        return sketch, values, frozenset()
    fitted, loss = _fit(task, sketch, values, rows, 200)
    if not math.isfinite(loss):
        return sketch, values, frozenset()
    values = fitted
    before = {node.payload for node in sketch.postorder() if node.op is LITERAL}
    while values and rounding:
        programs = task.codebook.encode([with_starts(sketch, values)])
        step = _drop_one(task, programs, sketch, values, rows, loss)
        if step is None:
            errors = standard_errors(task, programs, sketch, rows, noise)
            step = _round_one(task, sketch, values, errors, rows, loss, noise)
        if step is None:
            break
        sketch, values, loss = step
    written = {node.payload for node in sketch.postorder() if node.op is LITERAL} - before
    return sketch, values, frozenset(abs(n) for n in written if isinstance(n, float))


WAYS = 6
"""Constants that are tried as the one to be fixed, when several can stand in for each other."""


def _drop_one(
    task: Task, programs: Programs, sketch: Term, values: dict[str, float], rows: PolishRows, loss: float
) -> tuple[Term, dict[str, float], float] | None:
    """Fix a constant that the others can stand in for, as one of ``k (a f + b g)``: where the derivatives are dependent."""
    if len(values) < 2:
        return None
    gram = gram_matrix(programs, rows)
    scale = np.sqrt(np.diag(gram))
    if not np.all(np.isfinite(gram)) or np.any(scale == 0.0):
        return None
    lengths, directions = np.linalg.eigh(gram / np.outer(scale, scale))
    if lengths[0] > DEPENDENT * lengths[-1]:
        return None
    share = dict(zip(_names_in_order(sketch), np.abs(directions[:, 0]), strict=True))
    ways: list[tuple[tuple[int, int], tuple[Term, dict[str, float], float]]] = []
    for name in sorted(values, key=lambda n: -share[n])[:WAYS]:
        if share[name] < 0.1:
            break
        for nice in (Fraction(0), Fraction(1), *([Fraction(-1)] if values[name] < 0 else [])):
            fixed, rest = _with_number(sketch, values, name, nice)
            ratio = values[name] / float(nice or 1)
            starts = {n: v * ratio if share[n] >= 0.1 else v for n, v in rest.items()}
            for start in (rest, starts):
                fitted, new_loss = _fit(task, fixed, start, rows, 100)
                if new_loss <= loss * (1 + 1e-6) + rows.variance * RELATIVE_FLOOR**2 and units_agree(task, fixed):
                    # the best way to take up the slack is the one that makes the others simple
                    rough = sum(not _simple_numbers(v, 0.0) for v in fitted.values())
                    ways.append(((rough, fixed.size), (fixed, fitted, new_loss)))
                    break
    return min(ways, key=lambda way: way[0])[1] if ways else None


def _round_one(
    task: Task,
    sketch: Term,
    values: dict[str, float],
    errors: dict[str, float],
    rows: PolishRows,
    loss: float,
    noise: float | None,
) -> tuple[Term, dict[str, float], float] | None:
    """Fix the constant that is nearest to a simple number, if the loss does not rise beyond noise."""
    # in a sketch whose structure is the user's a number may be small, but not be taken away
    searched = any(h.hole.kind == "choice" for h in task.sketch.holes)
    tried = []
    for name, value in values.items():
        for nice in _simple_numbers(value, errors[name] if searched else 0.0, errors[name]):
            if nice.denominator % 3 == 0 and task.space is not None and all(op.name != "/" for op in task.space.ops):
                continue  # a third is written as a quotient
            distance = abs(value - float(nice)) / max(errors[name], 1e-12 * abs(value), 1e-300)
            tried.append((distance, name, nice))
    for _, name, nice in sorted(tried, key=lambda t: (t[0], t[1])):
        fixed, rest = _with_number(sketch, values, name, nice)
        if not units_agree(task, fixed):
            continue  # the constant carries a unit that a plain number cannot
        if rest:
            rest, new_loss = _fit(task, fixed, rest, rows, 50)
        else:
            new_loss = float(rows.loss(task.codebook.encode([fixed]))[0])
        # one constant less lowers the likelihood ratio by a chi-square of one degree: 4 is about its 95 % point
        allowed = loss + 4.0 * (noise**2 if noise else loss) / rows.total + rows.variance * RELATIVE_FLOOR**2
        if new_loss <= allowed:
            return fixed, rest, new_loss
    return None


def _with_number(sketch: Term, values: dict[str, float], name: str, nice: Fraction) -> tuple[Term, dict[str, float]]:
    """The sketch with a number in the place of one hole, and the values of the others."""
    # by term, not by name: a column may be called as the hole is
    fixed = sketch.replace({h: _number(nice, sketch) for h in sketch.holes if h.name == name})
    if nice == 0:  # what is added to nothing has any unit, so the zero must go before units are asked about
        fixed = _without_zeros(fixed)
    left = {h.name for h in fixed.holes}
    return fixed, {n: v for n, v in values.items() if n in left}


def _without_zeros(term: Term) -> Term:
    """The term without zeros that are added or subtracted; nothing else is touched."""

    def step(node: Term, args: tuple[Term, ...]) -> Term:
        if node.op.name in ("+", "-") and len(args) == 2:
            if args[1].op is LITERAL and args[1].payload == 0:
                return args[0]
            if node.op.name == "+" and args[0].op is LITERAL and args[0].payload == 0:
                return args[1]
        return node.rebuild(args) if args else node

    return term.fold(step)


def units_agree(task: Task, sketch: Term) -> bool:
    """Whether the units agree, real holes and float literals standing for constants with units."""
    if not task.dimensions[0].shape[1]:
        return True
    opened = sketch if sketch.holes else open_constants(sketch)[0]
    return bool(agree(task, task.codebook.encode([opened]))[0])


def _number(nice: Fraction | float, sketch: Term) -> Term:
    if isinstance(nice, Fraction) and nice.denominator == 1:
        return literal(int(nice), sketch.sort)
    if isinstance(nice, Fraction) and nice.denominator % 3 == 0:
        from induce.terms.arithmetic import arithmetic

        return arithmetic["/"](int(nice.numerator), int(nice.denominator))
    return literal(float(nice), sketch.sort)


def _simple_numbers(value: float, nothing: float, error: float = 0.0) -> list[Fraction]:
    """Whole numbers and halves within two standard errors; other small fractions only within 1e-7 of the value.

    Zero also within twice ``nothing``, however small the value is beside its error.
    """
    if not math.isfinite(value) or abs(value) > 1e6:
        return []
    exact = max(1e-7 * abs(value), 1e-12)
    reach = min(max(2.0 * error if math.isfinite(error) else 0.0, exact), 0.02 * max(abs(value), 0.05))
    # what cannot be told from nothing may be nothing
    found = [Fraction(0)] if math.isfinite(nothing) and 0.0 < abs(value) <= 2.0 * nothing else []
    for denominator in (1, 2, 3, 4, 5, 6, 8, 10, 20):
        nearest = Fraction(round(value * denominator), denominator)
        if nearest.denominator == denominator and abs(float(nearest) - value) <= (reach if denominator <= 2 else exact):
            found.append(nearest)
    return found


def gram_matrix(programs: Programs, rows: PolishRows) -> Array:
    """``J' W J`` over the free constants of one program."""
    return _normal(programs, rows)[0]


def _normal(programs: Programs, rows: PolishRows) -> tuple[Array, float]:
    """``J' W J`` and the weighted sum of squares."""
    from induce.algebras.adjoints import plan_tape
    from induce.algebras.kernels import BLOCK
    from induce.algebras.least_squares import normal_equations

    nodes, slots = len(programs.codes), len(programs.values)
    columns = rows.columns.shape[0]
    plan = (np.empty(nodes, np.int64), np.empty((nodes, 2), np.int64), np.empty(nodes, bool))
    plan_tape(programs.codes, 0, nodes, columns, programs.free, 0, *plan)
    work = (np.empty((columns + nodes + 1, BLOCK)), np.empty((nodes, BLOCK)), np.zeros((max(slots, 1), BLOCK)))
    free = np.flatnonzero(programs.free)
    gram, slope = np.zeros((len(free), len(free))), np.zeros(len(free))
    program, data = (programs.codes, 0, nodes, 0), (rows.columns, rows.target, rows.weights)
    squares = normal_equations(program, programs.values, data, plan, work, free, gram, slope)
    return gram, float(squares)


def standard_errors(
    task: Task, programs: Programs, sketch: Term, rows: PolishRows, noise: float | None
) -> dict[str, float]:
    """``sigma sqrt(diag((J' W J)^-1))``; sigma from the residuals unless the noise is known."""
    gram, squares = _normal(programs, rows)
    names = _names_in_order(sketch)
    freedom = max(rows.total - len(gram), 1)
    sigma2 = noise**2 if noise else squares / freedom
    with np.errstate(all="ignore"):
        scale = np.sqrt(np.diag(gram))
        scale[scale == 0] = 1.0
        try:
            inverse = np.linalg.inv(gram / np.outer(scale, scale))
        except np.linalg.LinAlgError:
            return dict.fromkeys(names, math.nan)
        deviation = np.sqrt(np.diag(inverse) * sigma2) / scale
    return dict(zip(names, map(float, deviation), strict=True))
