"""Witness: from examples of texts to the programs on strings that fit them, likeliest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from induce.algebras.values import run_rows
from induce.errors import DataError, did_you_mean
from induce.learners.strings.branching import Branching, lookup
from induce.learners.strings.ranking import Others, in_order
from induce.learners.strings.straight import Found, straight

__all__ = ["Witness"]

_LONGEST = 1000
_FEW, _MORE, _ROUNDS = 8, 4, 4
"""Examples looked at first, those added when a program fails on others, and how often."""
_CHEAP, _PER_LETTER = 8.0, 0.5
"""A program without conditions that costs less (and less for each letter of an output) is not put beside ones with them."""


@dataclass(frozen=True)
class Witness:
    """Finds programs on strings from examples, by what can have made each part of the outputs.

    Parameters
    ----------
    kept : int
        Most programs to return.
    chains : int
        Most chains of pieces looked at for one group of examples.

    >>> found = list(Witness().run({"s": ["Ada Lovelace", "Alan Turing"]}, ["A. Lovelace", "A. Turing"]))[-1]
    >>> found[0][0]
    concat(first(word(s, 0)), ". ", word(s, -1))
    """

    kept: int = 20
    chains: int = 60

    def run(
        self,
        inputs: Mapping[str, Sequence[Any]],
        outputs: Sequence[Any],
        rng: np.random.Generator | None = None,
        unlabelled: Mapping[str, Sequence[Any]] | None = None,
    ) -> Iterator[Found]:
        """Yield an empty list after each small step of work, and lists of programs with their costs, cheapest first.

        Parameters
        ----------
        inputs : mapping of column to texts
            None is a missing text.
        outputs : sequence of texts
            None is an output that must be missing: the program gives ``missing``, or has no value there.
        rng : numpy.random.Generator, optional
            Not used: the same examples give the same programs.
        unlabelled : mapping of column to texts, optional
            Further inputs; programs that have no value on them, or outputs of another shape, come later.

        Raises
        ------
        DataError
            If an example is no text, two contradict each other, or ``unlabelled`` lacks a column.
        """
        check(inputs, outputs, unlabelled or {})
        every, wanted = distinct(inputs, outputs)
        others = Others(unlabelled or {}, wanted, every)
        rows = list(range(min(len(wanted), _FEW)))
        for _ in range(_ROUNDS):
            found: Found = []
            some = {name: [texts[row] for row in rows] for name, texts in every.items()}
            for batch in self._from_few(some, [wanted[row] for row in rows], others):
                found = batch or found
                yield []
            if len(rows) == len(wanted):
                yield found[: self.kept]
                return
            if len(found) <= len(lookup(some, [wanted[row] for row in rows])):  # nothing but tables
                yield lookup(every, wanted)
                return
            right: Found = []
            missed: dict[int, None] = {}
            for number, (term, price) in enumerate(found):
                values = run_rows(term, every, len(wanted))
                if values == wanted:
                    right.append((term, price))
                elif number == 0:
                    missed = dict.fromkeys(r for r, (v, w) in enumerate(zip(values, wanted, strict=True)) if v != w)
                yield []
            if right or not missed:
                yield right[: self.kept]
                return
            rows = sorted({*rows, *list(missed)[:_MORE]})

    def _from_few(self, inputs: Mapping[str, Sequence[Any]], outputs: Sequence[Any], others: Others) -> Iterator[Found]:
        """Programs that fit a few examples: without conditions, with them if those cost much, and tables."""
        found: Found = []
        for batch in straight(inputs, outputs, others, self.chains):
            found = batch or found
            yield [] if batch is None else batch
        length = sum(len(output or "") for output in outputs) / len(outputs)
        if len(outputs) < 2 or (found and found[0][1] < _CHEAP + _PER_LETTER * length):
            return
        branched: Found = []
        for batch in Branching(inputs, outputs).run(found):
            branched = batch or branched
            yield []
        for number, (term, price) in enumerate(branched):
            if run_rows(term, inputs, len(outputs)) == list(outputs):
                found.append((term, price + others.charge(term)))
            if number % 5 == 0:
                yield []
        found = in_order(found)
        worst = found[-1][1] if found else 0.0
        yield [*found, *((term, max(price, worst)) for term, price in lookup(inputs, outputs))]


def distinct(inputs: Mapping[str, Sequence[Any]], outputs: Sequence[Any]) -> tuple[dict[str, list[Any]], list[Any]]:
    """The examples without repeats; raises in words if two of them contradict each other."""
    names = list(inputs)
    seen: dict[tuple[Any, ...], tuple[int, Any]] = {}
    for row, (key, output) in enumerate(zip(zip(*inputs.values(), strict=True), outputs, strict=True)):
        first, known = seen.setdefault(key, (row, output))
        if known != output:
            raise DataError(
                f"rows {first} and {row} have the same inputs {key!r} but the outputs {known!r} and {output!r}. "
                "No program gives both; remove one."
            )
    rows = list(seen.items())
    return {name: [key[i] for key, _ in rows] for i, name in enumerate(names)}, [output for _, (_, output) in rows]


def check(inputs: Mapping[str, Sequence[Any]], outputs: Sequence[Any], unlabelled: Mapping[str, Sequence[Any]]) -> None:
    """Raise in words unless the examples are texts, as many outputs as inputs."""
    if not inputs or not len(outputs):
        raise DataError("there are no examples. Give at least one input column and one output.")
    for name, texts in [*inputs.items(), ("the outputs", outputs)]:
        if len(texts) != len(outputs):
            raise DataError(f"column '{name}' has {len(texts)} texts, but there are {len(outputs)} outputs.")
        for row, text in enumerate(texts):
            if text is not None and not isinstance(text, str):
                raise DataError(
                    f"row {row} of '{name}' is {text!r}, not a text. Turn numbers and dates into texts first, with str()."
                )
            if text is not None and len(text) > _LONGEST:
                raise DataError(f"row {row} of '{name}' has {len(text)} characters; at most {_LONGEST} are read.")
    for name in inputs:
        if unlabelled and name not in unlabelled:
            hint = did_you_mean(name, unlabelled)
            raise DataError(f"the unlabelled inputs lack the column '{name}'.{hint} They need every input column.")
