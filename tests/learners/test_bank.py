from __future__ import annotations

import numpy as np

from induce.learners.bank import hash_row, lookup


def moments(row, projections):
    return np.array([0, 0, 0, np.abs(row).sum(), projections[0] @ row, projections[1] @ row], float)


def test_hashes_tell_values_apart_and_forgive_rounding():
    rng = np.random.default_rng(0)
    projections = rng.choice([-1.0, 1.0], (2, 50)) * rng.uniform(0.5, 1.0, (2, 50))
    rows = rng.normal(size=(3000, 50)) * rng.uniform(1e-3, 1e3, (3000, 1))
    hashes = [int(hash_row(moments(r, projections), 50)) for r in rows]
    assert len(set(hashes)) == 3000
    shaken = [int(hash_row(moments(r * (1 + 1e-15), projections), 50)) for r in rows]
    assert np.mean([a == b for a, b in zip(hashes, shaken, strict=True)]) > 0.99
    assert 0 not in hashes


def test_a_key_is_found_once_it_was_looked_up():
    keys = np.zeros(1 << 10, np.uint64)
    values = np.random.default_rng(1).integers(1, 2**63, 500).astype(np.uint64)
    assert not any(lookup(keys, v) for v in values)
    assert all(lookup(keys, v) for v in values)
    assert np.count_nonzero(keys) == 500


def test_a_full_table_does_not_loop():
    keys = np.full(64, 7, np.uint64)
    assert not lookup(keys, np.uint64(9))
    assert lookup(keys, np.uint64(7))
