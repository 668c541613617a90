"""Bodies that pull each other in the plane: laws of force, a simulator, and its snapshots as features of pairs.

The distance ``r`` is softened, ``r^2 = dx^2 + dy^2 + s^2``, in the law and in the features alike, so that the law is exactly
what is written and trajectories stay stable when bodies meet.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError, did_you_mean
from induce.terms.arithmetic import arithmetic
from induce.terms.term import Term

__all__ = ["FEATURES", "NODE_FEATURES", "SWAP", "SYSTEMS", "Snapshots", "System", "named", "simulate"]

Array = NDArray[np.float64]

FEATURES = ("dx", "dy", "r", "m1", "m2", "q1", "q2")
"""Of an ordered pair: from the body that is pulled (1) to the body that pulls (2)."""
NODE_FEATURES = ("m", "q")
SWAP = ((0, -1.0), (1, -1.0), (2, 1.0), (4, 1.0), (3, 1.0), (6, 1.0), (5, 1.0))
"""Features of the reversed pair, for :class:`induce.nets.MessageNetwork`."""


@dataclass(frozen=True)
class System:
    """A law of force between two bodies.

    Parameters
    ----------
    name : str
    pull : str
        The force on body 1 is ``pull * (dx, dy)``: a formula of ``r, m1, m2, q1, q2``.
    """

    name: str
    pull: str

    @cached_property
    def term(self) -> Term:
        """The pull as a term."""
        return arithmetic.parse(self.pull)

    def force(self, axis: str) -> Term:
        """The component of the force along ``"dx"`` or ``"dy"``, as a term."""
        return arithmetic.parse(f"({self.pull})*{axis}")


SYSTEMS = {
    system.name: system
    for system in (
        System("springs", "2*(r - 1)/r"),
        System("1/r", "m1*m2/r^2"),
        System("1/r^2", "m1*m2/r^3"),
        System("charge", "-(q1*q2)/r^3"),
    )
}
"""Potentials (r - 1)^2, m1 m2 log r, -m1 m2 / r and q1 q2 / r."""


def named(system: System | str) -> System:
    """The system of that name, or the one given.

    Raises
    ------
    DataError
        If there is none, with the nearest name.
    """
    if isinstance(system, System):
        return system
    if system not in SYSTEMS:
        raise DataError(
            f"there is no system '{system}'.{did_you_mean(system, SYSTEMS)} There are: {', '.join(SYSTEMS)}."
        )
    return SYSTEMS[system]


@dataclass(frozen=True, eq=False)
class Snapshots:
    """States of the same number of bodies and the acceleration of each.

    Parameters
    ----------
    positions, accelerations : arrays of shape (snapshots, bodies, 2)
    masses, charges : arrays of shape (snapshots, bodies)
    softening : float
    """

    positions: Array
    accelerations: Array
    masses: Array
    charges: Array
    softening: float

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def bodies(self) -> int:
        """Number of bodies."""
        return int(self.positions.shape[1])

    @cached_property
    def pairs(self) -> Array:
        """Features of ordered pairs, shape (snapshots, bodies, bodies - 1, len(FEATURES))."""
        return _pairs(self.positions, self.masses, self.charges, self.softening)

    @cached_property
    def nodes(self) -> Array:
        """Features of the bodies, shape (snapshots, bodies, len(NODE_FEATURES))."""
        return np.stack([self.masses, self.charges], axis=-1)

    def __getitem__(self, rows: slice | NDArray[np.int64]) -> Snapshots:
        return Snapshots(
            self.positions[rows], self.accelerations[rows], self.masses[rows], self.charges[rows], self.softening
        )


def _others(bodies: int) -> NDArray[np.int64]:
    """Row i: all bodies but i."""
    return np.array([[j for j in range(bodies) if j != i] for i in range(bodies)])


def _pairs(positions: Array, masses: Array, charges: Array, softening: float) -> Array:
    others = _others(positions.shape[1])
    away = positions[:, others] - positions[:, :, None]
    r = np.sqrt((away**2).sum(-1) + softening**2)
    own = [np.broadcast_to(of[:, :, None], r.shape) for of in (masses, charges)]
    columns = [away[..., 0], away[..., 1], r, own[0], masses[:, others], own[1], charges[:, others]]
    return np.stack(columns, axis=-1)


def _accelerations(system: System, positions: Array, masses: Array, charges: Array, softening: float) -> Array:
    pairs = _pairs(positions, masses, charges, softening)
    columns = dict(zip(FEATURES, np.moveaxis(pairs, -1, 0), strict=True))
    pull = np.asarray(system.term(columns))
    forces = (pull[..., None] * pairs[..., :2]).sum(2)
    return np.asarray(forces / masses[..., None])


def simulate(
    system: System | str, *, bodies: int = 5, snapshots: int = 5000, every: float = 0.1, length: int = 50,
    step: float = 0.005, softening: float = 0.1, seed: int = 0,
) -> Snapshots:  # fmt: skip
    """Follow random bodies and keep their states.

    Positions start normal around the origin, velocities normal, masses between 0.5 and 2, charges of either sign between
    0.5 and 1.5. Integrated by the leapfrog (velocity Verlet) rule, which keeps energy over long times.

    Parameters
    ----------
    system : System or str
        One of ``SYSTEMS`` by name, or your own.
    bodies, snapshots : int
    every : float
        Time between snapshots of a trajectory; there are ``length`` in each.
    length : int
    step : float
        Of the integrator.
    softening : float
    seed : int

    Raises
    ------
    DataError
        For an unknown system, or counts that make no trajectory.

    >>> simulate("springs", bodies=3, snapshots=100).pairs.shape
    (100, 3, 2, 7)
    """
    system = named(system)
    if bodies < 2 or snapshots < 1 or length < 1:
        raise DataError(
            f"a simulation needs 2 bodies and 1 snapshot or more, but got bodies={bodies}, snapshots={snapshots}, length={length}."
        )
    rng = np.random.default_rng([seed, bodies])
    count = -(-snapshots // length)
    x = rng.normal(size=(count, bodies, 2))
    v = rng.normal(scale=0.5, size=(count, bodies, 2))
    v -= v.mean(axis=1, keepdims=True)
    masses = np.exp(rng.uniform(np.log(0.5), np.log(2.0), (count, bodies)))
    charges = rng.uniform(0.5, 1.5, (count, bodies)) * rng.choice([-1.0, 1.0], (count, bodies))
    between = max(1, round(every / step))
    a = _accelerations(system, x, masses, charges, softening)
    kept = []
    for _ in range(length):
        kept.append((x, a))
        for _ in range(between):
            v = v + 0.5 * step * a
            x = x + step * v
            a = _accelerations(system, x, masses, charges, softening)
            v = v + 0.5 * step * a
    positions, accelerations = (np.stack(part, axis=1).reshape(-1, bodies, 2) for part in zip(*kept, strict=True))
    return Snapshots(
        positions[:snapshots], accelerations[:snapshots], np.repeat(masses, length, 0)[:snapshots],
        np.repeat(charges, length, 0)[:snapshots], softening,
    )  # fmt: skip
