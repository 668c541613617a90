"""Random numbers inside compiled kernels: one small generator, so that a seed repeats a search on every platform."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

__all__ = ["below", "normal", "seed_state", "uniform"]


@numba.njit(cache=True, nogil=True)
def next_bits(rng: Any) -> Any:
    """xorshift64* step; ``rng`` is a one-element uint64 array."""
    x = rng[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    rng[0] = x
    return x * np.uint64(0x2545F4914F6CDD1D)


@numba.njit(cache=True, nogil=True)
def uniform(rng: Any) -> float:
    """A number from [0, 1)."""
    return float(next_bits(rng) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@numba.njit(cache=True, nogil=True)
def below(rng: Any, n: int) -> int:
    """A whole number from 0 to ``n - 1``."""
    return int(uniform(rng) * n)


@numba.njit(cache=True, nogil=True)
def normal(rng: Any) -> float:
    """A standard normal number."""
    u = max(uniform(rng), 1e-300)
    return np.sqrt(-2.0 * np.log(u)) * np.cos(2.0 * np.pi * uniform(rng))


def seed_state(rng: np.random.Generator) -> np.ndarray:
    """A nonzero state for the kernels' generator."""
    return np.array([int(rng.integers(1, 2**63))], np.uint64)
