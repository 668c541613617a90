"""Tables with classes: those that scikit-learn ships, those rebuilt from their published rules, and generated ones."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LabeledTable", "labeled_table", "labeled_tables"]


@dataclass(frozen=True, eq=False)
class LabeledTable:
    """A table with a class a row.

    Parameters
    ----------
    name : str
    X : DataFrame
    y : Series
    kind : {"real", "rebuilt", "generated"}
        Measured; all cases of published rules; or drawn by a generator.
    source : str
    """

    name: str
    X: pd.DataFrame
    y: pd.Series
    kind: str
    source: str

    def __repr__(self) -> str:
        return f"LabeledTable({self.name}: {len(self.X):,} rows, {self.X.shape[1]} columns, {self.y.nunique()} classes, {self.kind})"


def labeled_tables() -> tuple[str, ...]:
    """Names of the tables."""
    return tuple(_TABLES)


def labeled_table(name: str, *, seed: int = 0) -> LabeledTable:
    """A table by name.

    Parameters
    ----------
    name : str
        One of :func:`labeled_tables`.
    seed : int
        Of generated tables and of the noise of ``monks-3``.

    Raises
    ------
    DataError
        If there is none of that name.

    >>> labeled_table("tic-tac-toe")
    LabeledTable(tic-tac-toe: 958 rows, 9 columns, 2 classes, rebuilt)
    """
    if name not in _TABLES:
        raise DataError(f"there is no table '{name}'.{did_you_mean(name, _TABLES)} There are: {', '.join(_TABLES)}.")
    make, kind, source = _TABLES[name]
    X, y = make(seed)
    return LabeledTable(name, X, y, kind, source)


def _shipped(name: str) -> Callable[[int], tuple[Any, Any]]:
    def load(seed: int) -> tuple[Any, Any]:
        from sklearn import datasets

        bunch = getattr(datasets, f"load_{name}")(as_frame=True)
        return bunch.data, bunch.target.map(dict(enumerate(map(str, bunch.target_names))))

    return load


def _frame(columns: dict[str, Any], answers: Sequence[Any] | NDArray[Any]) -> tuple[Any, Any]:
    import pandas as pd

    return pd.DataFrame(columns), pd.Series(np.asarray(answers), name="class")


def _grid(names: Sequence[str], domains: Sequence[Sequence[Any]]) -> dict[str, NDArray[Any]]:
    """Every combination, the last name changing fastest."""
    cells = list(itertools.product(*domains))
    return {name: np.array(column, dtype=object) for name, column in zip(names, zip(*cells, strict=True), strict=True)}


def _classes_of(file: str, letters: dict[str, str]) -> NDArray[Any]:
    text = (files("induce.rules") / "tables" / file).read_text(encoding="utf-8").strip()
    return np.concatenate([np.repeat(letters[a], int(n or 1)) for n, a in re.findall(r"(\d*)([a-z])", text)])


# -------------------------------------------------------------------- rebuilt from published rules


def _monks(number: int) -> Callable[[int], tuple[Any, Any]]:
    def make(seed: int) -> tuple[Any, Any]:
        grid = _grid([f"a{k}" for k in range(1, 7)], [range(1, n + 1) for n in (3, 3, 2, 3, 4, 2)])
        a1, a2, a4, a5 = (grid[name] for name in ("a1", "a2", "a4", "a5"))
        if number == 1:
            answers = (a1 == a2) | (a5 == 1)
        elif number == 2:
            answers = np.sum([column == 1 for column in grid.values()], axis=0) == 2
        else:
            answers = ((a5 == 3) & (a4 == 1)) | ((a5 != 4) & (a2 != 3))
            wrong = np.random.default_rng(seed).choice(len(answers), len(answers) // 20, replace=False)
            answers[wrong] = ~answers[wrong]
        return _frame({name: column.astype(str) for name, column in grid.items()}, np.where(answers, "yes", "no"))

    return make


def _tic_tac_toe(seed: int) -> tuple[Any, Any]:
    """All boards at which a game ends, x begins; positive where x has won."""
    lines = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]
    ends: dict[str, str] = {}

    def play(board: str, player: str, other: str) -> None:
        if any(all(board[k] == other for k in line) for line in lines):
            ends[board] = "positive" if other == "x" else "negative"
        elif "b" not in board:
            ends[board] = "negative"
        else:
            for k in range(9):
                if board[k] == "b":
                    play(board[:k] + player + board[k + 1 :], other, player)

    play("b" * 9, "x", "o")
    names = [f"{row} {column}" for row in ("top", "middle", "bottom") for column in ("left", "middle", "right")]
    boards = np.array([list(board) for board in ends])
    return _frame({name: boards[:, k] for k, name in enumerate(names)}, list(ends.values()))


def _balance(seed: int) -> tuple[Any, Any]:
    grid = _grid(["left weight", "left distance", "right weight", "right distance"], [range(1, 6)] * 4)
    left, arm, right, other = (column.astype(float) for column in grid.values())
    tilt = left * arm - right * other
    return _frame(
        {name: column.astype(float) for name, column in grid.items()},
        np.select([tilt > 0, tilt < 0], ["left", "right"], "balanced"),
    )


def _car(seed: int) -> tuple[Any, Any]:
    prices = ["vhigh", "high", "med", "low"]
    grid = _grid(
        ["buying", "maint", "doors", "persons", "lug_boot", "safety"],
        [prices, prices, ["2", "3", "4", "5more"], ["2", "4", "more"], ["small", "med", "big"], ["low", "med", "high"]],
    )
    return _frame(grid, _classes_of("car.txt", {"u": "unacc", "a": "acc", "g": "good", "v": "vgood"}))


def _nursery(seed: int) -> tuple[Any, Any]:
    grid = _grid(
        ["health", "housing", "finance", "social", "parents", "has_nurs", "children", "form"],
        [
            ["recommended", "priority", "not_recom"], ["convenient", "less_conv", "critical"], ["convenient", "inconv"],
            ["nonprob", "slightly_prob", "problematic"], ["usual", "pretentious", "great_pret"],
            ["proper", "less_proper", "improper", "critical", "very_crit"], ["1", "2", "3", "more"],
            ["complete", "completed", "incomplete", "foster"],
        ],
    )  # fmt: skip
    letters = {"n": "not_recom", "p": "priority", "r": "recommend", "s": "spec_prior", "v": "very_recom"}
    return _frame(grid, _classes_of("nursery.txt", letters))


_MUSHROOM: dict[str, tuple[str, tuple[float, ...]]] = {
    "odor": ("almond anise creosote fishy foul musty none pungent spicy", (50, 50, 24, 70, 266, 4, 434, 32, 70)),
    "spore print": (
        "black brown buff chocolate green orange purple white yellow",
        (230, 242, 6, 200, 30, 6, 6, 274, 6),
    ),
    "gill size": ("broad narrow", (690, 310)),
    "stalk surface": ("fibrous scaly silky smooth", (74, 35, 284, 607)),
    "stalk color": ("white pink gray brown buff orange", (550, 230, 70, 60, 50, 40)),
    "population": ("abundant clustered numerous scattered several solitary", (47, 42, 49, 154, 497, 211)),
    "habitat": ("grasses leaves meadows paths urban waste woods", (264, 102, 36, 141, 45, 24, 388)),
    "cap color": ("brown gray red yellow white buff pink", (285, 228, 185, 133, 129, 22, 18)),
    "cap shape": ("bell conical convex flat knobbed sunken", (55, 1, 449, 389, 102, 4)),
    "bruises": ("yes no", (415, 585)),
    "ring number": ("none one two", (5, 920, 75)),
}


def _mushroom(seed: int) -> tuple[Any, Any]:
    """Attributes drawn one by one with the shares of the agaricus table, answered by its published rules."""
    rng = np.random.default_rng(seed)
    columns = {
        name: rng.choice(values.split(), 4000, p=np.array(shares) / sum(shares))
        for name, (values, shares) in _MUSHROOM.items()
    }
    odor, spore = columns["odor"], columns["spore print"]
    white = columns["cap color"] == "white"
    poisonous = (
        ~np.isin(odor, ["almond", "anise", "none"])
        | (spore == "green")
        | ((odor == "none") & (columns["stalk surface"] == "scaly") & (columns["stalk color"] != "brown"))
        | ((columns["habitat"] == "leaves") & white)
        | ((columns["population"] == "clustered") & white)
    )
    return _frame(columns, np.where(poisonous, "poisonous", "edible"))


# -------------------------------------------------------------------- generated


def _persons(rng: np.random.Generator, rows: int) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "age": rng.integers(18, 90, rows).astype(float), "income": np.round(rng.lognormal(10, 0.6, rows)),
        "bmi": np.round(rng.normal(27, 5, rows), 1), "smoker": rng.random(rows) < 0.3,
        "region": rng.choice(["north", "south", "east", "west"], rows),
        "job": rng.choice(["manual", "office", "none", "student", "retired"], rows),
        "visits": rng.poisson(3, rows).astype(float), "score": rng.normal(size=rows),
    }  # fmt: skip
    return columns | {f"noise {k}": rng.normal(size=rows) for k in range(6)}


def _mixed(rows: int, noise: float, *, rare: bool = False, missing: float = 0.0) -> Callable[[int], tuple[Any, Any]]:
    def make(seed: int) -> tuple[Any, Any]:
        rng = np.random.default_rng(seed + 1)
        c = _persons(rng, rows)
        if rare:
            answers = (
                (c["age"] > 70) & c["smoker"]
                | (c["bmi"] > 35) & (c["visits"] > 5)
                | (c["job"] == "none") & (c["income"] < 9000)
            )
        else:
            answers = (c["age"] > 50) & (c["income"] < 22000) | c["smoker"] & (c["bmi"] > 27)
            answers |= (c["region"] == "north") & (c["visits"] >= 4) | (c["job"] == "office") & (c["score"] > 0.5)
        answers ^= rng.random(rows) < noise
        for name in ("age", "bmi", "income") if missing else ():
            c[name][rng.random(rows) < missing] = np.nan
        return _frame(c, np.where(answers, "yes", "no"))

    return make


def _three(seed: int) -> tuple[Any, Any]:
    """Three classes whose scores are sums, steps and products, with noise."""
    rng = np.random.default_rng(seed + 1)
    x = rng.normal(size=(8, 1500))
    kind = rng.choice(list("abc"), 1500)
    scores = [x[0] + x[1] * (kind == "a"), 1.2 * (x[2] > 0) + 0.5 * x[3], np.where(kind == "b", 1.5, -0.2) + 0.3 * x[4]]
    answers = np.argmax(np.array(scores) + 0.3 * rng.normal(size=(3, 1500)), axis=0)
    return _frame({**{f"x{k}": x[k] for k in range(8)}, "kind": kind}, np.array(["red", "green", "blue"])[answers])


_MONKS = "S. Thrun et al. (1991), The MONK's problems"
_TABLES: dict[str, tuple[Callable[[int], tuple[Any, Any]], str, str]] = {
    "iris": (_shipped("iris"), "real", "scikit-learn"),
    "wine": (_shipped("wine"), "real", "scikit-learn"),
    "breast cancer": (_shipped("breast_cancer"), "real", "scikit-learn"),
    "digits": (_shipped("digits"), "real", "scikit-learn"),
    "monks-1": (_monks(1), "rebuilt", _MONKS),
    "monks-2": (_monks(2), "rebuilt", _MONKS),
    "monks-3": (_monks(3), "rebuilt", f"{_MONKS}; one answer in twenty is wrong"),
    "tic-tac-toe": (_tic_tac_toe, "rebuilt", "D. Aha (1991), all ends of the game"),
    "balance scale": (_balance, "rebuilt", "R. Siegler (1976), all weights and distances from 1 to 5"),
    "car": (_car, "rebuilt", "M. Bohanec, V. Rajkovic (1988), CC BY 4.0"),
    "nursery": (_nursery, "rebuilt", "M. Olave, V. Rajkovic, M. Bohanec (1989), CC BY 4.0"),
    "mushroom-like": (_mushroom, "rebuilt", "rules of W. Duch et al. (1997) on attributes drawn one by one"),
    "mixed": (_mixed(2000, 0.0), "generated", "four rules over mixed columns, six columns of noise"),
    "noisy": (_mixed(2000, 0.1), "generated", "the same, one answer in ten is wrong"),
    "rare": (_mixed(3000, 0.02, rare=True), "generated", "a rare class, two answers in a hundred are wrong"),
    "missing": (_mixed(2000, 0.05, missing=0.1), "generated", "a tenth of the entries of three columns is missing"),
    "three colors": (_three, "generated", "three classes by sums, steps and products, with noise"),
}
