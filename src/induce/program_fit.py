"""Filling a logic program: the loop over epochs that owns the clock, and the Fit it returns."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from typing import Any

from induce.budget import Budget, Clock
from induce.errors import FillError
from induce.fit import Fit, Row
from induce.learners.epochs import Epochs
from induce.progress import Progress, watcher
from induce.search import catching_interrupt

__all__ = ["ProgramFit", "fill_program"]

DEFAULT_EPOCHS = 10


@dataclass(frozen=True, eq=False, repr=False)
class ProgramFit(Fit):
    """What filling a logic program returns.

    ``best`` is the program with the learned numbers written in (networks stay networks); ``program`` the trained module.
    ``history`` has one entry an epoch: (epoch, examples, mean loss).
    """

    program: Any = field(default=None)

    def __str__(self) -> str:
        header = f"{'':1}  {'epoch':>5}  {'loss':>10}"
        best = min(range(len(self.history)), key=lambda k: self.history[k][2])
        lines = [
            f"{'>' if k == best else ' '}  {int(e):>5}  {loss:>10.4g}" for k, (e, _, loss) in enumerate(self.history)
        ]
        if len(lines) > 12:
            lines = [*lines[:3], "   ...", *lines[-8:]]
        return "\n".join([header, *lines, "", str(self.best), "", f"{self.reason} Stopped: {self.stopped}."])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td>{int(e)}</td><td>{loss:.4g}</td></tr>" for e, _, loss in self.history)
        return (
            f"<table class='induce'><thead><tr><th>epoch</th><th>loss</th></tr></thead><tbody>{rows}</tbody></table>"
            f"<pre>{escape(str(self.best))}</pre>"
        )

    def to_text(self, digits: int | None = None) -> str:
        """The program with the learned numbers written in."""
        return str(self.best)

    def to_prolog(self) -> str:
        """The same text; its facts, rules and probabilities are those of ProbLog where no network is used."""
        return self.to_text()

    def why(self, **inputs: Any) -> Any:
        """Why the rules conclude what they do for one example; without inputs, why this epoch was chosen."""
        return self.program.why(**inputs) if inputs else f"{self.reason} Stopped: {self.stopped}."

    def save(self, path: Any) -> None:
        """Write the trained program as a folder; ``induce.logic.load`` reads it back."""
        self.program.save(path)


def fill_program(
    program: Any,
    loader: Iterable[Any],
    *,
    by: Any = None,
    within: Budget | str | float | None = None,
    seed: int = 0,
    watch: Any = None,
) -> ProgramFit:
    """Train the networks and fill the holes of a logic program.

    Parameters
    ----------
    program : LogicProgram
    loader : iterable of (inputs, target)
        Inputs are mappings of names to tensors; without targets the constraints alone are learned from.
    by : Epochs, optional
    within : Budget, str or float, optional
        ``"2 epochs"``, ``"60s"``; ten epochs by default.
    seed : int
        Seeds torch's generator for the run, and leaves it as it was.
    watch : None, "progress" or callable

    Raises
    ------
    FillError
        If there is nothing to learn from or to learn.
    """
    import torch

    budget = Budget(epochs=DEFAULT_EPOCHS, seconds=600.0) if within is None else Budget.read(within)
    learner = by or Epochs()
    if not hasattr(learner, "run") or not isinstance(learner, Epochs):
        raise FillError(f"a logic program is filled by learners.Epochs, but got {by!r}. Leave by= out.")
    if loader is None or not isinstance(loader, Iterable):
        raise FillError(f"a logic program is filled from a loader of batches, but got {type(loader).__name__}.")
    clock = Clock(budget, "these are the best parameters")
    show = watcher(watch)
    history: list[tuple[float, float, float]] = []
    best: tuple[float, Any] = (math.inf, None)
    stopped, seen, shown = "", 0.0, 0.0
    program.answers if program.queries else program.ground()  # ground before the epochs start
    with torch.random.fork_rng(devices=[]), catching_interrupt(clock):  # type: ignore[arg-type]
        torch.manual_seed(seed)
        for batch in learner.run(program, loader):
            seen += batch.work
            if batch.losses is not None:
                loss = float(batch.losses[0])
                history.append((len(history) + 1.0, seen, loss))
                if loss < best[0] or best[1] is None:
                    best = (loss, batch.values)
            stopped = clock.over(epochs=len(history))
            if show is not None and (clock.seconds - shown > 0.2 or stopped or batch.losses is not None):
                shown = clock.seconds
                last = history[-1][2] if history else math.nan
                notes = (batch.note,) if batch.note else ()
                now = Progress(
                    clock.seconds, budget.seconds, seen, seen, last, None, notes, stopped, "examples", "loss"
                )
                show(now)
            if stopped:
                break
    if best[1] is not None:
        program.load_state_dict(best[1])
    else:
        history.append((0.0, seen, math.nan))
    program.eval()
    return _fit(program, history, best[0], stopped, seed, clock.seconds)


def _fit(program: Any, history: list[Any], loss: float, stopped: str, seed: int, seconds: float) -> ProgramFit:
    from induce.logic.language import rules

    term = program.freeze_term()
    values = dict(program.reals)
    row = Row(term, program.term, values, dict.fromkeys(values, math.nan), term.size, loss, math.nan, source="epochs")
    return ProgramFit(
        rows=(row,),
        chosen=0,
        reason="The epoch with the smallest mean loss.",
        stopped=stopped,
        language=rules,
        names=tuple(sorted(program.nets.keys())),
        history=tuple(history),
        report={"seconds": seconds, "seed": seed, "learner": "epochs"},
        modules=dict(program.nets.items()),
        program=program,
    )
