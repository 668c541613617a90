"""Finds of several targets put together, so that only the best are written down and fitted."""

from __future__ import annotations

from collections.abc import Callable

from induce.learners.forms import Part
from induce.learners.learner import Batch
from induce.learners.meeting import Meeting

__all__ = ["Gathered"]


class Gathered:
    """Finds of several targets, of which only the best are written down and fitted."""

    def __init__(self, meeting: Meeting) -> None:
        self.meeting, self.finds = meeting, list[tuple[float, int, Callable[[], list[Part]]]]()
        self.tried = self.spent = 0.0

    def add(self, loss: float, write: Callable[[], list[Part]]) -> None:
        """Keep a find."""
        self.finds.append((loss, len(self.finds), write))

    def work(self, tried: float, work: float) -> bool:
        """Count work; whether it is time for a batch."""
        self.tried, self.spent = self.tried + tried, self.spent + work
        return self.spent > 2e7 or len(self.finds) > 60

    def batch(self, keep: int = 16) -> Batch:
        """The best finds as candidates."""
        best = sorted(self.finds, key=lambda f: f[:2])[:keep]
        parts = [part for _, _, write in best for part in write()]
        made = self.meeting.batch(parts, self.tried, self.spent, 6)
        self.finds, self.tried, self.spent = [], 0.0, 0.0
        return made
