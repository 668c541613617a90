"""Witness: from examples of texts to the programs on strings that fit them, likeliest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from induce.algebras.values import run_rows
from induce.errors import DataError
from induce.terms.sort import TEXT
from induce.terms.term import Term, variable

from induce.learners.strings.atoms import Bank, Column
from induce.learners.strings.merging import joined
from induce.learners.strings.moments import moments
from induce.learners.strings.numeric import numeric
from induce.learners.strings.paths import ways
from induce.learners.strings.ranking import Others, ranked
from induce.learners.strings.substrings import substrings

__all__ = ["Found", "Witness", "straight"]

Found = list[tuple[Term, float]]
_LONGEST = 2000


def straight(
    inputs: Mapping[str, Sequence[Any]], outputs: Sequence[str], others: Others, kept: int
) -> Iterator[Found | None]:
    """Programs without conditions: yields None after small steps of work, then the programs with their costs."""
    columns = [
        Column(variable(name, TEXT), tuple(texts))
        for name, texts in inputs.items()
        if all(isinstance(text, str) for text in texts)
    ]
    bank = Bank(tuple(outputs))
    for column in columns:
        for source in (substrings, moments, numeric):
            for _ in source(column, bank):
                yield None
    found: list[Term] = []
    for batch in ways(bank, kept):
        if batch is None:
            yield None
        else:
            found = [joined(way[1]) for way in batch]
    yield None
    right = [term for term in dict.fromkeys(found) if run_rows(term, inputs, len(outputs)) == list(outputs)]
    yield None
    yield ranked(right, others)


@dataclass(frozen=True)
class Witness:
    """Finds programs on strings from examples, by what can have made each part of the outputs.

    Parameters
    ----------
    kept : int
        Most programs to return.
    chains : int
        Most chains of pieces looked at for one group of examples.
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
        """Yield an empty list after each small step of work, and lists of programs with their costs."""
        check(inputs, outputs)
        others = Others(unlabelled or {}, outputs)
        for found in straight(inputs, outputs, others, self.chains):
            yield [] if found is None else found[: self.kept]


def check(inputs: Mapping[str, Sequence[Any]], outputs: Sequence[Any]) -> None:
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
