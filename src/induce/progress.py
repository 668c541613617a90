"""Progress: what a watcher sees while a fill runs, and the ready-made watchers."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from induce.errors import FillError
from induce.terms.term import Term

__all__ = ["Progress", "watcher"]


@dataclass(frozen=True)
class Progress:
    """A moment of a fill.

    Parameters
    ----------
    seconds : float
        Wall time so far.
    limit : float or None
        Seconds allowed.
    candidates, work : float
        Candidates scored and node-points spent.
    loss : float
        Best loss so far, as a share of the target's variance.
    best : Term or None
    notes : tuple of str
        The learners' latest line.
    stopped : str
        Why the search ended; empty while it runs.
    counted, measured : str
        What the candidates and the loss are called in the line.
    """

    seconds: float
    limit: float | None
    candidates: float
    work: float
    loss: float
    best: Term | None
    notes: tuple[str, ...] = ()
    stopped: str = ""
    counted: str = "candidates"
    measured: str = "unexplained"

    def line(self) -> str:
        """One line for a log."""
        from induce.terms.show import to_text

        shown = (
            f"best: {to_text(self.best, digits=4)[:80]}"
            if self.best is not None
            else ", ".join(self.notes) or "best: -"
        )
        limit = f" of {self.limit:.0f}" if self.limit else ""
        loss = "-" if math.isnan(self.loss) else f"{self.loss:.3g}"
        return f"{self.seconds:.1f}{limit} s, {self.candidates:,.0f} {self.counted}, {self.measured} {loss}, {shown}"


def watcher(watch: Any) -> Callable[[Progress], None] | None:
    """A callable from what the user gave: None, ``"progress"`` or a callable.

    Raises
    ------
    FillError
        For anything else.
    """
    if watch is None or watch is False:
        return None
    if callable(watch):
        return watch  # type: ignore[no-any-return]
    if watch == "progress" or watch is True:
        return _Bar() if sys.stderr.isatty() else _Lines()
    raise FillError(f"watch must be None, 'progress' or a callable, but got {watch!r}.")


class _Lines:
    """One line every ten seconds, for logs."""

    def __init__(self) -> None:
        self.last = -10.0

    def __call__(self, progress: Progress) -> None:
        if progress.stopped or progress.seconds - self.last >= 10.0:
            self.last = progress.seconds
            sys.stderr.write(progress.line() + "\n")


class _Bar:
    """A rich bar with the best formula so far, for terminals."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self.live = Live(console=Console(stderr=True), refresh_per_second=5, transient=True)
        self.live.start()

    def __call__(self, progress: Progress) -> None:
        from rich.text import Text

        self.live.update(Text(progress.line()))
        if progress.stopped:
            self.live.stop()
