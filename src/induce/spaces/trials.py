"""Tuning: what a search over a space returns. A table of trials, best first; immutable."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from induce.errors import FormatError, InduceError, SpaceError
from induce.spaces.searchable import Space

__all__ = ["Trial", "Tuning", "load_tuning"]

SHOWN = 10
"""Trials in the printed table."""
WIDTH = 100
"""Characters of a point in it."""
FORMAT, VERSION = "induce.tuning", 1


@dataclass(frozen=True, slots=True)
class Trial:
    """One object that was tried.

    Parameters
    ----------
    number : int
    point : tuple of float
        Its vector; ``space.build(point)`` makes the object again.
    reward : float
        NaN if it failed.
    error : str
        Why it failed; empty if it did not.
    seconds : float
    pruned : bool
        Whether it was stopped early; the reward is the last one it reported then.
    reports : tuple of (step, value)
    """

    number: int
    point: tuple[float, ...]
    reward: float
    error: str = ""
    seconds: float = 0.0
    pruned: bool = False
    reports: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Tuning:
    """The result of :func:`induce.tune`: prints as its best trials; ``best`` is the best object, made anew.

    Parameters
    ----------
    space : Space
    trials : tuple of Trial
        In the order they were asked.
    stopped : str
        Why the search ended.
    maximize : bool
        Whether a larger reward is better.
    report : mapping of figures: seconds, seed, algorithm

    >>> from induce import hole, tune
    >>> found = tune({"x": hole.integer(-9, 9)}, lambda d: -d["x"] ** 2, by="random", within="19 trials", seed=0)
    >>> found.best, found.best_trial.reward
    ({'x': 0}, 0.0)
    """

    space: Space
    trials: tuple[Trial, ...]
    stopped: str
    maximize: bool = True
    report: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def ranked(self) -> tuple[Trial, ...]:
        """The trials that did not fail, best first; the earlier of equals comes first."""
        sign = -1.0 if self.maximize else 1.0
        good = [trial for trial in self.trials if not trial.error and not trial.pruned]
        return tuple(sorted(good, key=lambda trial: sign * trial.reward))

    @property
    def failed(self) -> tuple[Trial, ...]:
        """The trials that raised, or whose reward was no number."""
        return tuple(trial for trial in self.trials if trial.error)

    @property
    def best_trial(self) -> Trial:
        """The first row of the table.

        Raises
        ------
        SpaceError
            If no trial succeeded.
        """
        if not self.ranked:
            raise SpaceError(self._nothing())
        return self.ranked[0]

    def _nothing(self) -> str:
        if self.failed:
            return (
                f"none of the {len(self.trials)} trials succeeded; trial {self.failed[0].number} failed: "
                f"{self.failed[0].error} Mend the function and run it again."
            )
        return f"no trial was finished ({self.stopped}). Give a larger budget, such as within='200 trials'."

    @property
    def best(self) -> Any:
        """The best object, made anew."""
        return self.space.build(self.best_trial.point)

    @property
    def best_values(self) -> dict[str, Any]:
        """Name to value of the choice points of the best object."""
        return self.space.decode(self.best_trial.point)

    @property
    def history(self) -> tuple[tuple[int, float], ...]:
        """(trial, best reward so far), an entry each time it got better."""
        found: list[tuple[int, float]] = []
        for trial in self.trials:
            if trial.error or trial.pruned:
                continue
            if not found or (trial.reward > found[-1][1] if self.maximize else trial.reward < found[-1][1]):
                found.append((trial.number, trial.reward))
        return tuple(found)

    @property
    def table(self) -> Any:
        """The trials as a pandas DataFrame, best first, a column for each choice point."""
        import pandas as pd

        rows = []
        for trial in (*self.ranked, *(t for t in self.trials if t.error or t.pruned)):
            known = {"trial": trial.number, "reward": trial.reward, "seconds": trial.seconds, "error": trial.error}
            rows.append({**known, "pruned": trial.pruned, **self.space.decode(trial.point)})
        return pd.DataFrame(rows, columns=["trial", "reward", "seconds", "error", "pruned", *self.space.names])

    def why(self) -> str:
        """Why the search ended, and what failed."""
        lines = [f"Stopped: {self.stopped}."]
        pruned = sum(trial.pruned for trial in self.trials)
        if pruned:
            lines.append(f"{pruned} of {len(self.trials)} trials were stopped early.")
        if self.failed:
            first = self.failed[0]
            lines.append(f"{len(self.failed)} of {len(self.trials)} trials failed; trial {first.number}: {first.error}")
        return " ".join(lines)

    def __str__(self) -> str:
        if not self.ranked:
            return self._nothing()
        lines = [("", "trial", "reward", "point")]
        for k, trial in enumerate(self.ranked[:SHOWN]):
            point = self.space.shown(trial.point)
            shown = point if len(point) <= WIDTH else point[: WIDTH - 3] + "..."
            lines.append((">" if k == 0 else "", str(trial.number), f"{trial.reward:.6g}", shown))
        widths = [max(len(line[k]) for line in lines) for k in range(3)]
        body = [
            "  ".join([a.ljust(widths[0]), b.rjust(widths[1]), c.rjust(widths[2]), d]).rstrip() for a, b, c, d in lines
        ]
        if len(self.ranked) > SHOWN:
            body.append(f"   ... {len(self.ranked) - SHOWN:,} more")
        return "\n".join([*body, "", self.why()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{t.number}</td><td>{t.reward:.6g}</td><td>{escape(self.space.shown(t.point))}</td></tr>"
            for t in self.ranked[:SHOWN]
        )
        head = "<thead><tr><th>trial</th><th>reward</th><th>point</th></tr></thead>"
        return f"<table class='induce'>{head}<tbody>{rows}</tbody></table><p>{escape(self.why())}</p>"

    def save(self, path: str | Path) -> None:
        """Write the trials, and the space where it can be written, as one JSON file; :func:`load_tuning` reads it."""
        from induce.spaces.writing import to_node

        try:
            space: Any = to_node(self.space)
        except FormatError:
            space = None  # what cannot be written is given again: load_tuning(path, space=...)
        document = {
            "format": FORMAT,
            "version": VERSION,
            "maximize": self.maximize,
            "stopped": self.stopped,
            "report": dict(self.report),
            "names": list(self.space.names),
            "space": space,
            "trials": [
                {
                    "point": list(t.point),
                    "reward": None if math.isnan(t.reward) else t.reward,
                    "error": t.error,
                    "seconds": t.seconds,
                    "pruned": t.pruned,
                    "reports": [list(pair) for pair in t.reports],
                }
                for t in self.trials
            ],
        }
        Path(path).write_text(json.dumps(document, indent=1), encoding="utf-8")


def load_tuning(path: str | Path, *, names: Mapping[str, Any] | None = None, space: Space | None = None) -> Tuning:
    """The result that :meth:`Tuning.save` wrote.

    Parameters
    ----------
    path : str or Path
    names : mapping of str to function or class
        What the space calls, by name; see :func:`induce.spaces.from_json`.
    space : Space, optional
        The space itself, in place of the one in the file.

    Raises
    ------
    FormatError
        If the file is no saved tuning, or the space is missing or another one.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise FormatError(f"'{path}' cannot be read: {error.strerror}. Give a file that Tuning.save() wrote.") from None
    except (ValueError, RecursionError) as error:
        raise FormatError(f"'{path}' is no JSON: {error}. Give a file that Tuning.save() wrote.") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT or document.get("version") != VERSION:
        raise FormatError(f"'{path}' is not a tuning of version {VERSION}. Give a file that Tuning.save() wrote.")
    try:
        return _tuning(document, path, names, space)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, InduceError):
            raise
        raise FormatError(f"'{path}' is damaged: {type(error).__name__}: {error}. Save it again.") from error


def _tuning(document: dict[str, Any], path: Any, names: Mapping[str, Any] | None, space: Space | None) -> Tuning:
    from induce.spaces.writing import from_node

    if space is None and document["space"] is None:
        raise FormatError(f"the space of '{path}' could not be written. Give it: load_tuning(path, space=space).")
    found = space if space is not None else from_node(document["space"], names)
    if list(found.names) != document["names"]:
        raise FormatError(
            f"the space given for '{path}' has the choice points {', '.join(found.names)}, but the saved one has "
            f"{', '.join(document['names'])}. Give the space that was searched."
        )
    trials = tuple(
        Trial(
            number,
            tuple(t["point"]),
            math.nan if t["reward"] is None else t["reward"],
            t["error"],
            t["seconds"],
            t["pruned"],
            tuple((step, value) for step, value in t["reports"]),
        )
        for number, t in enumerate(document["trials"])
    )
    return Tuning(found, trials, document["stopped"], document["maximize"], document["report"])
