"""Budget: how long a fill may take, in seconds, CPU seconds, candidates, work, epochs or memory."""

from __future__ import annotations

import math
import os
import re
import threading
import time
from dataclasses import dataclass, field, fields
from pathlib import Path

from induce.errors import BudgetError, did_you_mean

__all__ = ["Budget", "Clock", "Start", "cpu_seconds", "resident_bytes"]

_UNITS = {
    "ms": ("seconds", 1e-3), "s": ("seconds", 1.0), "sec": ("seconds", 1.0), "second": ("seconds", 1.0),
    "seconds": ("seconds", 1.0), "min": ("seconds", 60.0), "minute": ("seconds", 60.0), "minutes": ("seconds", 60.0),
    "h": ("seconds", 3600.0), "hour": ("seconds", 3600.0), "hours": ("seconds", 3600.0),
    "candidate": ("candidates", 1.0), "candidates": ("candidates", 1.0),
    "trial": ("candidates", 1.0), "trials": ("candidates", 1.0),
    "epoch": ("epochs", 1.0), "epochs": ("epochs", 1.0), "cpu": ("cpu", 1.0),
    "MB": ("memory", 1e6), "GB": ("memory", 1e9),
}  # fmt: skip
_TEXT = re.compile(r"\s*([0-9.]+(?:[eE][+-]?[0-9]+)?)\s*([A-Za-z]+)\s*")


@dataclass(frozen=True)
class Budget:
    """Limits of a fill; the first one reached ends it. None means no limit.

    Parameters
    ----------
    seconds : float
        Wall time of the whole fit, from the first check of the data to the last figure; compiling is not counted. When
        seconds are the only limit, 30 % of them (at least 5) without a better formula end the search too.
    cpu : float
        CPU seconds of the process and its children.
    candidates : float
        Candidates scored, or trials of ``induce.tune``: deterministic.
    work : float
        Node-points: nodes of all scored candidates times rows; deterministic, and near 1e9 a second on one core.
    plateau : float
        Stop when this much work, plus half of all work before it, brought no better formula; deterministic.
    epochs : float
        Passes over the data, for gradient learners.
    memory : float
        Bytes the process may hold.

    Raises
    ------
    BudgetError
        If a limit is not a positive number.

    >>> Budget.read("2 min").seconds
    120.0
    >>> Budget.read("1e5 candidates, 20 s")
    Budget(seconds=20.0, candidates=100000.0)
    """

    seconds: float | None = None
    cpu: float | None = None
    candidates: float | None = None
    work: float | None = None
    plateau: float | None = None
    epochs: float | None = None
    memory: float | None = None

    def __post_init__(self) -> None:
        for limit in fields(self):
            value = getattr(self, limit.name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
                raise BudgetError(
                    f"the budget's {limit.name} must be a positive number, but got {value!r}. Write for example '60s'."
                )

    def __repr__(self) -> str:
        given = [f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if getattr(self, f.name) is not None]
        return f"Budget({', '.join(given)})"

    @staticmethod
    def default(rows: int = 200) -> Budget:
        """The deterministic default: a plateau rule, capped by work and by ten minutes.

        Few rows support short formulas only, so the plateau grows with the rows: 2.5e6 node-points for each, up to 2e9.
        """
        return Budget(seconds=600.0, work=4e10, plateau=float(min(max(2.5e6 * rows, 5e7), 2e9)))

    @staticmethod
    def read(text: Budget | str | float | None, rows: int = 200) -> Budget:
        """A budget from text, a number of seconds, a Budget, or None for the default for so many rows.

        Raises
        ------
        BudgetError
            If the text cannot be read.
        """
        if text is None:
            return Budget.default(rows)
        if isinstance(text, Budget):
            return text
        if isinstance(text, int | float):
            return Budget(seconds=float(text) if not isinstance(text, bool) else text)
        if not isinstance(text, str):
            raise BudgetError(f"a budget is text such as '60s', a number of seconds or a Budget, but got {text!r}.")
        limits: dict[str, float] = {}
        for part in text.split(","):
            match = _TEXT.fullmatch(part)
            if match is None:
                raise BudgetError(
                    f"cannot read the budget '{text}'. Write for example '60s', '2 min' or '1e5 candidates'."
                )
            number, unit = match.groups()
            if unit not in _UNITS:
                hint = did_you_mean(unit, _UNITS)
                raise BudgetError(f"unknown unit '{unit}' in the budget '{text}'.{hint} Known: {', '.join(_UNITS)}.")
            name, factor = _UNITS[unit]
            try:
                limits[name] = float(number) * factor
            except ValueError:
                raise BudgetError(f"cannot read the number '{number}' in the budget '{text}'.") from None
        return Budget(**limits)

    def times(self, count: int) -> Budget:
        """The budget of so many such fills; memory is not multiplied."""
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        return Budget(**{n: v if v is None or n == "memory" else v * count for n, v in given.items()})

    @property
    def deterministic(self) -> bool:
        """Whether candidates, work or a plateau end the fill, so that a seed repeats it exactly."""
        return any(v is not None for v in (self.candidates, self.work, self.plateau, self.epochs))


@dataclass(frozen=True)
class Start:
    """When a fit began: readings of the clock on the wall and of the process's own."""

    wall: float = field(default_factory=lambda: time.monotonic())
    cpu: float = field(default_factory=lambda: time.process_time())

    def spent(self, budget: Budget) -> tuple[float, float]:
        """Seconds by both clocks since then; nine tenths of the budget's at most, so that some are left to search."""
        wall, cpu = time.monotonic() - self.wall, time.process_time() - self.cpu
        most = [math.inf if limit is None else 0.9 * limit for limit in (budget.seconds, budget.cpu)]
        return min(wall, most[0]), min(cpu, most[1])


class Clock:
    """What ends a loop that a driver owns: epochs, candidates, seconds, CPU seconds of this process, memory, Ctrl-C.

    Parameters
    ----------
    budget : Budget
    kept : str
        What an interrupted loop returns, in words.
    """

    def __init__(self, budget: Budget, kept: str) -> None:
        self.budget, self.kept = budget, kept
        self.began, self.cpu_began = time.monotonic(), time.process_time()
        self.interrupted = threading.Event()

    @property
    def seconds(self) -> float:
        """Seconds since the clock was made."""
        return time.monotonic() - self.began

    def over(self, *, candidates: float = 0, epochs: float = 0) -> str:
        """Why the loop ends now, or an empty text."""
        b = self.budget
        if self.interrupted.is_set():
            return f"interrupted; {self.kept} so far"
        if b.epochs is not None and epochs >= b.epochs:
            return f"{b.epochs:g} epochs were done"
        if b.candidates is not None and candidates >= b.candidates:
            return f"{candidates:,.0f} candidates were tried"
        if b.seconds is not None and self.seconds >= b.seconds:
            return f"the time of {b.seconds:g} s was used"
        if b.cpu is not None and time.process_time() - self.cpu_began >= b.cpu:
            return f"the CPU time of {b.cpu:g} s was used"
        if b.memory is not None and resident_bytes() > b.memory:
            return f"the memory limit of {b.memory / 1e6:,.0f} MB was reached"
        return ""


def cpu_seconds() -> float:
    """CPU seconds of this process and of its children that ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def resident_bytes() -> float:
    """Memory that this process holds (its peak where the present value cannot be read)."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return float(pages * os.sysconf("SC_PAGE_SIZE"))
    except (OSError, ValueError):
        import resource

        return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * 1024.0
