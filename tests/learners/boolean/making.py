"""Tables and networks that several tests need."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from induce.learners.boolean.network import Network
from induce.learners.boolean.truth import rows_of, variables


def inputs_of(k):
    """All rows of k inputs, shape (2**k, k)."""
    return (np.arange(1 << k)[:, None] >> np.arange(k) & 1).astype(bool)


def tables(k):
    """Truth vectors of k inputs."""
    return st.integers(0, (1 << (1 << k)) - 1).map(lambda value: rows_of(value, 1 << k))


def random_network(k, gates, seed, outputs=1):
    """A network of random gates over the complete table."""
    rng = np.random.default_rng(seed)
    net = Network(variables(k), 1 << k)
    literals = [2 * (i + 1) for i in range(k)]
    for _ in range(gates):
        a, b = rng.choice(len(literals), 2, replace=False)
        literals.append(
            net.add(int(rng.integers(2)), literals[a] ^ int(rng.integers(2)), literals[b] ^ int(rng.integers(2)))
        )
    net.outputs = [literals[-1 - j] ^ int(rng.integers(2)) for j in range(outputs)]
    return net
