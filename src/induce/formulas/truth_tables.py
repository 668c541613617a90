"""Truth tables with known circuits, and random formulas to be found again from noisy rows."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError, did_you_mean
from induce.terms.boolean import boolean
from induce.terms.term import Term

__all__ = ["TruthTable", "known_circuits", "noisy_rows", "random_formula", "truth_table"]


@dataclass(frozen=True, eq=False)
class TruthTable:
    """A complete table and the gates of its best known circuit.

    Parameters
    ----------
    name : str
    inputs, outputs : mapping of name to column
    gates : int
        Two-input gates over {and, or, xor}, negation free, shared parts counted once.
    source : str
        The construction that has so many gates.
    """

    name: str
    inputs: dict[str, NDArray[np.bool_]]
    outputs: dict[str, NDArray[np.bool_]]
    gates: int
    source: str


def _rows() -> dict[str, dict[str, str]]:
    text = (files("induce.formulas") / "problems" / "circuits.csv").read_text(encoding="utf-8")
    return {row["function"]: row for row in csv.DictReader(text.splitlines())}


def known_circuits() -> tuple[str, ...]:
    """Names of the tables: adders, a multiplexer, a majority, a parity and a comparator."""
    return tuple(_rows())


def truth_table(name: str) -> TruthTable:
    """A table by name.

    Raises
    ------
    DataError
        If there is none of that name.

    >>> table = truth_table("adder-2")
    >>> list(table.inputs), list(table.outputs), table.gates
    (['a0', 'a1', 'b0', 'b1'], ['s0', 's1', 's2'], 7)
    """
    known = _rows()
    if name not in known:
        raise DataError(f"there is no truth table '{name}'.{did_you_mean(name, known)} There are: {', '.join(known)}.")
    kind, n = name.split("-")[0], int(name.split("-")[1])
    size = int(known[name]["inputs"])
    bits = [(np.arange(1 << size) >> i & 1).astype(bool) for i in range(size)]
    if kind in ("adder", "comparator"):
        names = [f"a{i}" for i in range(n)] + [f"b{i}" for i in range(n)]
        a, b = (sum(bits[i + n * side].astype(int) << i for i in range(n)) for side in (0, 1))
        total = np.asarray(a) + np.asarray(b)
        adds = {f"s{i}": (total >> i & 1).astype(bool) for i in range(n + 1)}
        outputs = adds if kind == "adder" else {"greater": np.asarray(a) > np.asarray(b)}
    elif kind == "multiplexer":
        names = ["select0", "select1", "d0", "d1", "d2", "d3"]
        outputs = {"chosen": np.choose(bits[0] + 2 * bits[1].astype(int), bits[2:]).astype(bool)}
    else:
        names = [f"x{i}" for i in range(size)]
        count = np.sum(bits, axis=0)
        outputs = {kind: 2 * count > size if kind == "majority" else count % 2 == 1}
    row = known[name]
    return TruthTable(name, dict(zip(names, bits, strict=True)), outputs, int(row["gates"]), row["source"])


def random_formula(names: Sequence[str], gates: int, seed: int) -> Term:
    """A random tree of and, or and xor that depends on every one of its inputs.

    The leaves are the inputs in random order and then random ones of them, each negated or not; two parts drawn at random are
    joined until one is left. Trees on whose value some input has no effect are drawn again.

    Parameters
    ----------
    names : sequence of str
        At most 16 inputs.
    gates : int
        At least ``len(names) - 1``.
    seed : int

    >>> random_formula(["a", "b", "c"], 2, seed=0).variables == ()
    False
    """
    if gates < len(names) - 1 or not 1 <= len(names) <= 16:
        raise DataError(
            f"a formula of {gates} gates cannot read {len(names)} inputs; it needs one gate less than inputs, of which 1 to 16 "
            f"are possible. Ask for gates={len(names) - 1} or more."
        )
    rng = np.random.default_rng(seed)
    k = len(names)
    columns = {name: (np.arange(1 << k) >> i & 1).astype(bool) for i, name in enumerate(names)}
    while True:
        leaves = [*rng.permutation(k), *rng.integers(0, k, gates + 1 - k)]
        parts = [_maybe_not(boolean.variable(names[int(i)]), rng) for i in leaves]
        while len(parts) > 1:
            i, j = sorted(rng.choice(len(parts), 2, replace=False))
            second, first = parts.pop(j), parts.pop(i)
            operator = ("and", "or", "xor")[int(rng.integers(3))]
            parts.append(_maybe_not(boolean[operator](first, second), rng))
        value = np.broadcast_to(np.asarray(parts[0](columns), dtype=bool), 1 << k)
        if all((value != value[np.arange(1 << k) ^ (1 << i)]).any() for i in range(k)):
            return parts[0]


def _maybe_not(term: Term, rng: np.random.Generator) -> Term:
    return boolean["not"](term) if rng.integers(2) else term


def noisy_rows(
    term: Term, names: Sequence[str], *, share: float = 0.5, flips: float = 0.05, seed: int = 0
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Some rows of the truth table of a formula, answers flipped now and then; and the other rows, as they are.

    Parameters
    ----------
    term : Term
        Reads some of the inputs.
    names : sequence of str
        All inputs, irrelevant ones too.
    share : float
        Share of the ``2**len(names)`` rows that are given.
    flips : float
        Probability that a given answer is flipped.
    seed : int

    Returns
    -------
    rows and answers given, rows held out and their true answers : arrays of shape (rows, inputs) and (rows,)
    """
    rng = np.random.default_rng(seed)
    k = len(names)
    every = (np.arange(1 << k)[:, None] >> np.arange(k) & 1).astype(bool)
    truth = np.broadcast_to(np.asarray(term({n: every[:, i] for i, n in enumerate(names)}), dtype=bool), 1 << k)
    order = rng.permutation(1 << k)
    given, held = order[: int(share * (1 << k))], order[int(share * (1 << k)) :]
    answers = truth[given] ^ (rng.random(len(given)) < flips)
    return every[given], answers, every[held], truth[held]
