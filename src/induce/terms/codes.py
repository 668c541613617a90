"""Codes: terms as integer arrays for hot loops, and back.

Two forms share one alphabet:

* *programs*: postfix ``codes`` (int16), many programs in one array with ``offsets``; constants in ``values``, slot by slot.
* *banks*: rows ``(op, left, right)`` that point at earlier rows, as enumeration builds them.

A code ``c`` is an operator when ``0 <= c < 256`` (its place in the codebook), variable ``c - 256`` when ``c >= 256``, and
constant slot ``-1 - c`` (counted within its program) when ``c < 0``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import OpError, TermError
from induce.terms import hole as holes
from induce.terms.language import Language
from induce.terms.op import HOLE, LITERAL, VARIABLE, Op
from induce.terms.term import Term

__all__ = ["FIRST_VARIABLE", "Bank", "Codebook", "Programs"]

FIRST_VARIABLE = 256


@dataclass(frozen=True)
class Programs:
    """Many postfix programs.

    Parameters
    ----------
    codes : int16 array, shape (total nodes,)
    offsets : int64 array, shape (programs + 1,)
        Program ``p`` is ``codes[offsets[p]:offsets[p + 1]]``.
    values : float64 array, shape (total constant slots,)
    value_offsets : int64 array, shape (programs + 1,)
    free : bool array, shape (total constant slots,)
        True where the constant is a hole to be fitted, False for a literal.
    """

    codes: NDArray[np.int16]
    offsets: NDArray[np.int64]
    values: NDArray[np.float64]
    value_offsets: NDArray[np.int64]
    free: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> Programs:
        """One program, as a batch of one."""
        return self.take([index])

    def take(self, indices: Sequence[int] | NDArray[np.int64]) -> Programs:
        """The programs at ``indices``, in that order."""
        indices = np.asarray(indices, dtype=np.int64)
        codes, offsets = _take_ragged(self.codes, self.offsets, indices)
        values, value_offsets = _take_ragged(self.values, self.value_offsets, indices)
        free, _ = _take_ragged(self.free, self.value_offsets, indices)
        return Programs(codes, offsets, values, value_offsets, free)

    def with_values(self, values: NDArray[np.float64]) -> Programs:
        """The same programs with other constants, shape (total constant slots,)."""
        return replace(self, values=np.ascontiguousarray(values, dtype=np.float64))

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Nodes per program, shape (programs,)."""
        return np.diff(self.offsets)

    @staticmethod
    def concatenate(parts: Iterable[Programs]) -> Programs:
        """One batch out of several, in order."""
        parts = list(parts)
        if not parts:
            empty = np.zeros(1, np.int64)
            return Programs(np.zeros(0, np.int16), empty, np.zeros(0), empty.copy(), np.zeros(0, bool))
        return Programs(
            np.concatenate([p.codes for p in parts]),
            _join_offsets([p.offsets for p in parts]),
            np.concatenate([p.values for p in parts]),
            _join_offsets([p.value_offsets for p in parts]),
            np.concatenate([p.free for p in parts]),
        )


def _take_ragged(
    flat: NDArray[Any], offsets: NDArray[np.int64], indices: NDArray[np.int64]
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    lengths = offsets[indices + 1] - offsets[indices]
    fresh = np.zeros(len(indices) + 1, np.int64)
    np.cumsum(lengths, out=fresh[1:])
    places = np.arange(fresh[-1]) - np.repeat(fresh[:-1] - offsets[indices], lengths)
    return np.ascontiguousarray(flat[places]), fresh


def _join_offsets(parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    lengths = np.concatenate([np.diff(p) for p in parts])
    out = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=out[1:])
    return out


@dataclass(frozen=True)
class Bank:
    """Terms that share sub-terms: row ``i`` applies ``op[i]`` to rows ``left[i]`` and ``right[i]`` (-1: none).

    ``op`` uses the codes of the module docstring; a constant row has code ``-1`` and its value in ``values[i]``.
    """

    op: NDArray[np.int16]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    values: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.op)


class Codebook:
    """The alphabet that ties terms to integer codes: the operators of a language and the variables of a task.

    Parameters
    ----------
    language : Language
        Its operators, in order, are the codes from 0.
    variables : sequence of Term or str
        In the order of the data's columns.

    >>> from induce.terms import arithmetic
    >>> book = Codebook(arithmetic, ["x"])
    >>> programs = book.encode([arithmetic.parse("x * x + 2")])
    >>> book.decode(programs)[0]
    x * x + 2
    """

    def __init__(self, language: Language, variables: Sequence[Term | str]) -> None:
        self.language = language
        self.ops: tuple[Op, ...] = tuple(language)
        if len(self.ops) > FIRST_VARIABLE:
            raise OpError(f"a codebook holds {FIRST_VARIABLE} operators, but '{language.name}' has {len(self.ops)}.")
        self.variables = tuple(language.variable(v) if isinstance(v, str) else v for v in variables)
        self.code_of: dict[Op | Term, int] = {op: i for i, op in enumerate(self.ops)}
        self.code_of.update({v: FIRST_VARIABLE + i for i, v in enumerate(self.variables)})

    def encode(self, terms: Iterable[Term]) -> Programs:
        """Terms to postfix programs; real holes become free constants (equal holes share their first guess only).

        Raises
        ------
        TermError
            For a variable outside the codebook or a hole that is not a real one.
        """
        codes: list[int] = []
        offsets, value_offsets = [0], [0]
        values: list[float] = []
        free: list[bool] = []
        for term in terms:
            for node in term.walk_postfix():
                code = self.code_of.get(node if node.op is VARIABLE else node.op)
                if code is None:
                    code = -1 - (len(values) - value_offsets[-1])
                    values.append(self._constant(node))
                    free.append(node.op is HOLE)
                codes.append(code)
            offsets.append(len(codes))
            value_offsets.append(len(values))
        return Programs(
            np.array(codes, np.int16),
            np.array(offsets, np.int64),
            np.array(values, np.float64),
            np.array(value_offsets, np.int64),
            np.array(free, bool),
        )

    def _constant(self, node: Term) -> float:
        if node.op is LITERAL and isinstance(node.payload, int | float):
            return float(node.payload)
        if node.op is HOLE and node.hole.kind == "real":
            return 1.0 if node.hole.start is None else node.hole.start
        if node.op is VARIABLE:
            known = ", ".join(v.name for v in self.variables)
            raise TermError(f"variable '{node}' is not in the codebook, which has: {known}.")
        raise TermError(f"'{node}' cannot be written as an operator, a variable or a number of {self.language.name}.")

    def decode(self, programs: Programs, *, fill: bool = True) -> list[Term]:
        """Postfix programs to terms; free constants become literals, or fresh-named holes ``c0, c1`` with fill=False."""
        return [self._decode_one(programs, p, fill) for p in range(len(programs))]

    def _decode_one(self, programs: Programs, p: int, fill: bool) -> Term:
        stack: list[Term] = []
        first = programs.value_offsets[p]
        names = 0
        for code in programs.codes[programs.offsets[p] : programs.offsets[p + 1]].tolist():
            if code >= FIRST_VARIABLE:
                stack.append(self.variables[code - FIRST_VARIABLE])
            elif code < 0:
                slot = first - 1 - code
                value = float(programs.values[slot])
                if programs.free[slot] and not fill:
                    stack.append(holes.real(f"c{names}", start=value if np.isfinite(value) else None))
                    names += 1
                else:
                    whole = not programs.free[slot] and value.is_integer() and abs(value) < 1e15
                    stack.append(self.language.literal(int(value) if whole else value))
            else:
                op = self.ops[code]
                args = tuple(stack[len(stack) - op.arity :])
                del stack[len(stack) - op.arity :]
                stack.append(Term(op, args))
        return stack[0]

    def bank_term(self, bank: Bank, row: int) -> Term:
        """One row of a bank as a term."""
        return self.decode(self.bank_programs(bank, [row]))[0]

    def bank_programs(self, bank: Bank, rows: Sequence[int] | NDArray[np.int64]) -> Programs:
        """Rows of a bank as postfix programs; constants of a bank are literals (not free)."""
        codes: list[int] = []
        offsets, value_offsets = [0], [0]
        values: list[float] = []
        op, left, right = bank.op, bank.left, bank.right
        for row in rows:
            out: list[int] = []
            stack = [int(row)]
            picked: list[float] = []
            while stack:  # root, right, left; reversed below into postfix
                node = stack.pop()
                code = int(op[node])
                if code < 0:
                    picked.append(float(bank.values[node]))
                out.append(code)
                if left[node] >= 0:
                    stack.append(int(left[node]))
                if right[node] >= 0:
                    stack.append(int(right[node]))
            slot = 0
            for code in reversed(out):
                codes.append(-1 - slot if code < 0 else code)
                slot += code < 0
            values.extend(reversed(picked))
            offsets.append(len(codes))
            value_offsets.append(len(values))
        return Programs(
            np.array(codes, np.int16),
            np.array(offsets, np.int64),
            np.array(values, np.float64),
            np.array(value_offsets, np.int64),
            np.zeros(len(values), bool),
        )
