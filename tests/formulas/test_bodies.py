"""Bodies that pull each other: the laws, what is conserved, and what a snapshot holds."""

from __future__ import annotations

import re

import numpy as np
import pytest

from induce.errors import DataError, ParseError
from induce.formulas.bodies import FEATURES, SYSTEMS, System, named, simulate

POTENTIALS = {
    "springs": lambda r, m, q: (r - 1) ** 2,
    "1/r": lambda r, m, q: m * np.log(r),
    "1/r^2": lambda r, m, q: -m / r,
    "charge": lambda r, m, q: q / r,
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_force_is_the_slope_of_the_potential(name):
    dx, dy, s, h = 0.7, -0.4, 0.1, 1e-6
    values = {"m1": 1.3, "m2": 0.7, "q1": -0.5, "q2": 1.2}

    def potential(x):
        r = np.hypot(np.hypot(x, dy), s)
        return POTENTIALS[name](r, 1.3 * 0.7, -0.5 * 1.2)

    r = np.sqrt(dx**2 + dy**2 + s**2)
    force = SYSTEMS[name].force("dx")(dx=dx, dy=dy, r=r, **values)
    assert force == pytest.approx((potential(dx + h) - potential(dx - h)) / (2 * h), rel=1e-6)


@pytest.mark.parametrize("name", SYSTEMS)
def test_momentum_stays_and_forces_sum_to_zero(name):
    found = simulate(name, bodies=5, snapshots=100, seed=2)
    pull = (found.accelerations * found.masses[..., None]).sum(1)
    assert np.abs(pull).max() < 1e-9 * np.abs(found.accelerations).max()


def test_a_finer_step_changes_little():
    coarse = simulate("1/r^2", bodies=3, snapshots=50, every=0.02, step=0.005, seed=1)
    fine = simulate("1/r^2", bodies=3, snapshots=50, every=0.02, step=0.00125, seed=1)
    assert np.abs(coarse.positions - fine.positions).max() < 1e-3


def test_a_snapshot_holds_ordered_pairs_and_nodes():
    found = simulate("charge", bodies=4, snapshots=60, length=30, seed=0)
    assert (len(found), found.bodies, found.pairs.shape, found.nodes.shape) == (60, 4, (60, 4, 3, 7), (60, 4, 2))
    columns = dict(zip(FEATURES, np.moveaxis(found.pairs, -1, 0), strict=True))
    assert np.allclose(columns["dx"][:, 1, 2], found.positions[:, 3, 0] - found.positions[:, 1, 0])
    assert np.allclose(columns["m1"][:, 2], found.masses[:, 2, None])
    assert np.allclose(columns["q2"][:, 0, 1], found.charges[:, 2])
    assert columns["r"].min() >= found.softening
    assert len(found[:7]) == 7
    assert np.array_equal(found.positions, simulate("charge", bodies=4, snapshots=60, length=30, seed=0).positions)


def test_an_own_system():
    yukawa = System("yukawa", "m1*m2*exp(-r)/r^2")
    assert named(yukawa) is yukawa
    assert np.isfinite(simulate(yukawa, bodies=3, snapshots=10, length=5).accelerations).all()
    with pytest.raises(ParseError):
        simulate(System("none", "m1 +"), bodies=2, snapshots=1)


def test_what_cannot_be_simulated():
    with pytest.raises(
        DataError, match=re.escape("there is no system 'spring'. Did you mean 'springs'? There are: springs, 1/r,")
    ):
        simulate("spring")
    with pytest.raises(DataError, match="a simulation needs 2 bodies and 1 snapshot or more, but got bodies=1"):
        simulate("springs", bodies=1)
