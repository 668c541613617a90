"""What examples leave open: which of the programs that fit differ, where, and which input tells most of them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from induce.algebras.values import run_rows
from induce.examples import Examples, frozen
from induce.terms.sort import BOOL, INT, TEXT, Sort
from induce.terms.term import Term

__all__ = ["Alternative", "Suggestion", "alternatives", "probes", "suggest"]

_SHOWN = 4
PROBES = 200
"""Inputs on which programs are compared."""


@dataclass(frozen=True)
class Alternative:
    """Another program that gives every output, and an input on which it differs from the chosen one.

    Parameters
    ----------
    program : Term
    inputs : mapping of name to value
    output, chosen_output : value
        What this program and the chosen one give there; None where a program has no value.
    """

    program: Term
    inputs: Mapping[str, Any]
    output: Any
    chosen_output: Any

    def __str__(self) -> str:
        return f"{self.program}   gives {self.output!r} and not {self.chosen_output!r} on {_shown(self.inputs)}"

    __repr__ = __str__


@dataclass(frozen=True)
class Suggestion:
    """An input whose output would tell most programs apart.

    Parameters
    ----------
    inputs : mapping of name to value
    outputs : tuple of (value, number of programs that give it), most frequent first
    """

    inputs: Mapping[str, Any]
    outputs: tuple[tuple[Any, int], ...]

    def __str__(self) -> str:
        parts = ", ".join(f"{value!r} by {count}" for value, count in self.outputs[:_SHOWN])
        if len(self.outputs) > _SHOWN:
            parts += f" and {len(self.outputs) - _SHOWN} other outputs"
        return f"What is the output for {_shown(self.inputs)}? Programs that fit give {parts}."

    __repr__ = __str__


def _shown(inputs: Mapping[str, Any]) -> str:
    if len(inputs) == 1:
        return repr(next(iter(inputs.values())))
    return ", ".join(f"{name}={value!r}" for name, value in inputs.items())


def _numbers(values: Sequence[Any]) -> list[int]:
    found: list[int] = []
    for value in values:
        if isinstance(value, list):
            found.extend(_numbers(value))
        elif isinstance(value, int) and not isinstance(value, bool):
            found.append(value)
    return found


def _drawn(sort: Sort, values: Sequence[Any], numbers: Sequence[int], rng: np.random.Generator) -> Any:
    """A value like those given: one of them changed a little, or a fresh one."""
    known = [v for v in values if v is not None]
    if sort is BOOL:
        return bool(rng.random() < 0.5)
    if sort is INT:
        return int(rng.choice(numbers)) + int(rng.integers(-2, 3)) if numbers else int(rng.integers(-5, 20))
    base = list(known[int(rng.integers(len(known)))]) if known else []
    letters = sorted({c for v in known if isinstance(v, str) for c in v}) or list("ab 1")
    for _ in range(int(rng.integers(1, 4))):
        place, chance = int(rng.integers(len(base) + 1)), rng.random()
        if chance < 0.45 or not base:
            if sort is TEXT:
                fresh: Any = letters[int(rng.integers(len(letters)))]
            elif sort.args[0] is BOOL:
                fresh = bool(rng.random() < 0.5)
            else:
                fresh = int(rng.choice(numbers)) if numbers and rng.random() < 0.7 else int(rng.integers(-3, 20))
            base.insert(place, fresh)
        elif chance < 0.75:
            base.pop(min(place, len(base) - 1))
        else:
            other = int(rng.integers(len(base)))
            place = min(place, len(base) - 1)
            base[place], base[other] = base[other], base[place]
    return "".join(base) if sort is TEXT else base


def probes(examples: Examples, rng: np.random.Generator, count: int = PROBES) -> list[dict[str, Any]]:
    """Inputs like those of the examples, the unusual among them first: empty and single ones, then random changes."""
    found: list[dict[str, Any]] = []
    seen = {tuple(frozen(v) for v in examples.input(i).values()) for i in range(len(examples))}
    numbers = _numbers([v for values in examples.inputs.values() for v in values])
    fixed: dict[str, list[Any]] = {}
    for name, sort in examples.sorts.items():
        empty: Any = "" if sort is TEXT else [] if sort.name == "list" else 0 if sort is INT else False
        fixed[name] = [empty]
    for k in range(count * 4):
        inputs = {
            name: fixed[name][0] if k == 0 else _drawn(sort, examples.inputs[name], numbers, rng)
            for name, sort in examples.sorts.items()
        }
        key = tuple(frozen(v) for v in inputs.values())
        if key not in seen:
            seen.add(key)
            found.append(inputs)
        if len(found) >= count:
            break
    return found


def _behaviours(programs: Sequence[Term], inputs: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    columns = {name: [row[name] for row in inputs] for name in inputs[0]} if inputs else {}
    return [run_rows(program, columns, len(inputs)) for program in programs]


def alternatives(programs: Sequence[Term], examples: Examples, seed: int = 0) -> list[Alternative]:
    """One program for each other behaviour among those that fit, in order; the first program is the chosen one."""
    inputs = probes(examples, np.random.default_rng(seed))
    behaviours = _behaviours(programs, inputs)
    if not behaviours or not inputs:
        return []
    chosen = [frozen(v) for v in behaviours[0]]
    seen = {tuple(chosen)}
    found: list[Alternative] = []
    for program, values in zip(programs[1:], behaviours[1:], strict=True):
        keys = [frozen(v) for v in values]
        if tuple(keys) in seen:
            continue
        seen.add(tuple(keys))
        # an input where both have a value says more than one where one of them has none
        places = [k for k in range(len(inputs)) if keys[k] != chosen[k]]
        place = min(places, key=lambda k: (values[k] is None or behaviours[0][k] is None, len(repr(inputs[k])), k))
        found.append(Alternative(program, inputs[place], values[place], behaviours[0][place]))
    return found


def suggest(programs: Sequence[Term], examples: Examples, seed: int = 0) -> Suggestion | None:
    """The input on which the programs give the most evenly spread outputs; None when they agree everywhere tried."""
    inputs = probes(examples, np.random.default_rng(seed))
    behaviours = _behaviours(programs, inputs)
    best: tuple[float, int] | None = None
    for k in range(len(inputs)):
        counts: dict[Any, int] = {}
        for values in behaviours:
            counts[frozen(values[k])] = counts.get(frozen(values[k]), 0) + 1
        shares = np.array(list(counts.values())) / len(behaviours)
        entropy = float(-(shares * np.log(shares)).sum()) - 1e-6 * len(repr(inputs[k]))
        if len(counts) > 1 and (best is None or entropy > best[0]):
            best = (entropy, k)
    if best is None:
        return None
    tally: dict[Any, list[Any]] = {}
    for values in behaviours:
        tally.setdefault(frozen(values[best[1]]), []).append(values[best[1]])
    outputs = sorted(((same[0], len(same)) for same in tally.values()), key=lambda pair: (-pair[1], repr(pair[0])))
    return Suggestion(inputs[best[1]], tuple(outputs))
