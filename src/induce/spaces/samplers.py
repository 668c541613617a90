"""Samplers of Optuna as algorithms: the table's active rows become suggestions, in an order where parents come first."""

from __future__ import annotations

from typing import Any

import numpy as np

from induce.spaces.table import Table, Vectors

__all__ = ["OptunaSampler"]


class OptunaSampler:
    """An algorithm that asks a sampler of Optuna, such as ``optuna.samplers.TPESampler(seed=0)``.

    Parameters
    ----------
    sampler : optuna.samplers.BaseSampler
        Its own seed decides, not that of the search.
    """

    def __init__(self, sampler: Any) -> None:
        self.sampler = sampler
        self.name = type(sampler).__name__
        self.batch = 1

    def start(self, table: Table, rng: np.random.Generator) -> _StudyState:
        """The state of a new search: a study in memory."""
        return _StudyState(self.sampler, table)


class _StudyState:
    def __init__(self, sampler: Any, table: Table) -> None:
        import optuna

        before = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        try:
            self.study = optuna.create_study(direction="maximize", sampler=sampler)
        finally:
            optuna.logging.set_verbosity(before)
        self.failed = optuna.trial.TrialState.FAIL
        self.table = table
        self.gates = dict(table.conditional)
        self.open: list[Any] = []

    def ask(self, n: int) -> Vectors:
        """One point for each trial of the study."""
        return np.array([self._suggested() for _ in range(n)])

    def _suggested(self) -> Vectors:
        trial = self.study.ask()
        self.open.append(trial)
        point = np.zeros(len(self.table))
        active = np.zeros(len(self.table), dtype=bool)
        for i in self.table.order:
            gates = self.gates.get(i)
            active[i] = gates is None or any(active[p] and leads[int(point[p])] for p, leads in gates)
            if active[i]:
                point[i] = self._value(trial, i)
        return point

    def _value(self, trial: Any, i: int) -> float:
        row = self.table.rows[i]
        if row.kind == "real":
            return float(trial.suggest_float(row.name, row.low, row.high, log=row.log))
        if row.kind in ("integer", "term"):
            return float(trial.suggest_int(row.name, int(row.low), int(row.high), log=row.log))
        return float(trial.suggest_categorical(row.name, self._options(i)))

    def _options(self, i: int) -> list[int]:
        row = self.table.rows[i]
        return list(range(int(row.low), int(row.high) + 1))

    def _told(self, point: Vectors, reward: float) -> None:
        """Tell the study of a point that it did not ask for."""
        from optuna import distributions, trial

        ranges: dict[str, Any] = {}
        values: dict[str, Any] = {}
        for i, row in enumerate(self.table.rows):
            if not self.table.active(point[None])[0, i]:
                continue
            whole = row.kind != "real"
            values[row.name] = int(point[i]) if whole else float(point[i])
            if row.kind in ("choice", "subset"):
                ranges[row.name] = distributions.CategoricalDistribution(self._options(i))
            elif whole:
                ranges[row.name] = distributions.IntDistribution(int(row.low), int(row.high), log=row.log)
            else:
                ranges[row.name] = distributions.FloatDistribution(row.low, row.high, log=row.log)
        if np.isfinite(reward):
            self.study.add_trial(trial.create_trial(params=values, distributions=ranges, value=reward))

    def tell(self, points: Vectors, rewards: Vectors) -> None:
        """What the trials brought, in the order they were asked."""
        for point, reward in zip(points, rewards.tolist(), strict=True):
            if not self.open:
                self._told(point, reward)
                continue
            trial = self.open.pop(0)
            if np.isfinite(reward):
                self.study.tell(trial, reward)
            else:
                self.study.tell(trial, state=self.failed)
