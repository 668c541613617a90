"""Random ground programs, and plain references for what they mean."""

from __future__ import annotations

import itertools

import numpy as np

from induce.logic.hypergraph import Hypergraph, Leaves


def hypergraph(atoms, groups, instances, certain=()):
    """A program: ``groups`` lists the atoms of each variable (one atom: Boolean), instances are (head, literals).

    A literal is an atom, or ``~atom`` for its negation.
    """
    leaf_atoms = [atom for group in groups for atom in group]
    group = [g for g, members in enumerate(groups) for _ in members]
    value = [v for members in groups for v, _ in enumerate(members)]
    body = [2 * literal if literal >= 0 else 2 * ~literal + 1 for _, literals in instances for literal in literals]
    start = np.zeros(len(instances) + 1, np.int64)
    start[1:] = np.cumsum([len(literals) for _, literals in instances])
    whole = np.zeros(atoms, bool)
    whole[list(certain)] = True
    leaves = Leaves(
        np.array(leaf_atoms, np.int32),
        np.zeros(len(group), np.int32),
        np.array(group, np.int32),
        np.array(value, np.int32),
        np.array(group, np.int32),
        np.array([len(members) > 1 for members in groups], bool),
    )
    return Hypergraph(
        None,
        {"holds/1": (0, np.arange(atoms, dtype=np.int32)[:, None])},
        whole,
        np.array([head for head, _ in instances], np.int32),
        np.arange(len(instances), dtype=np.int32) % 5,
        start,
        np.array(body, np.int32),
        leaves,
        {rule: f"rule {rule}" for rule in range(5)},
    )


def random_program(rng, *, leaves=7, derived=6, cyclic=False, negation=True, categorical=True):
    """A random program of at most ``leaves`` leaves; heads with a higher number are derived later."""
    groups, used = [], 0
    while used < leaves:
        size = int(rng.integers(2, 4)) if categorical and rng.random() < 0.4 and used + 3 <= leaves else 1
        groups.append(list(range(used, used + size)))
        used += size
    instances = []
    for index in range(derived):
        head = used + index
        for _ in range(int(rng.integers(1, 4))):
            literals = []
            for _ in range(int(rng.integers(1, 4))):
                loops = cyclic and rng.random() < 0.35
                below = int(rng.integers(used, used + derived)) if loops else int(rng.integers(0, head))
                negate = negation and not loops and not (cyclic and below >= used) and rng.random() < 0.3
                literal = ~below if negate else below
                if literal not in literals:
                    literals.append(literal)
            instances.append((head, literals))
    return hypergraph(used + derived, groups, instances)


def random_weights(rng, program, batch=1):
    """Leaf probabilities, shape (leaves, batch); those of a categorical variable sum to 1."""
    weights = rng.uniform(0.05, 0.95, (len(program.leaves), batch))
    for group, categorical in enumerate(program.leaves.categorical):
        if categorical:
            members = program.leaves.group == group
            weights[members] /= weights[members].sum(axis=0)
    return weights


def bodies(program):
    """(head, [(atom, negated)]) of every instance."""
    for i, head in enumerate(program.head):
        literals = program.body[program.start[i] : program.start[i + 1]]
        yield int(head), [(int(b) >> 1, bool(b & 1)) for b in literals]


def model(program, held):
    """The atoms that hold, given which leaves do: the least model, stratum by stratum."""
    rules = list(bodies(program))
    true = set(np.flatnonzero(program.certain)) | {int(a) for a, h in zip(program.leaves.atom, held, strict=True) if h}
    stratum = strata(program)
    for level in range(max(stratum.values(), default=0) + 1):
        changed = True
        while changed:
            changed = False
            for head, literals in rules:
                if stratum[head] == level and head not in true:
                    if all((atom in true) != negated for atom, negated in literals):
                        true.add(head)
                        changed = True
    return true


def strata(program):
    """The least stratum of every atom."""
    level = dict.fromkeys(range(program.atoms), 0)
    for _ in range(program.atoms + 1):
        for head, literals in bodies(program):
            for atom, negated in literals:
                level[head] = max(level[head], level[atom] + negated)
    return level


def worlds(program):
    """Every choice of the variables, as a Boolean row over the leaves."""
    leaves = program.leaves
    options = []
    for group, categorical in enumerate(leaves.categorical):
        members = np.flatnonzero(leaves.group == group)
        options.append(
            [(int(m), True) for m in members] if categorical else [(int(members[0]), False), (int(members[0]), True)]
        )
    for choice in itertools.product(*options):
        held = np.zeros(len(leaves), bool)
        for leaf, truth in choice:
            held[leaf] = truth
        yield held


def world_weight(program, held, weights):
    """Probability of a world, shape (batch,)."""
    categorical = program.leaves.categorical[program.leaves.group]
    factors = np.where(held[:, None], weights, np.where(categorical[:, None], 1.0, 1.0 - weights))
    return factors.prod(axis=0)


def brute_force(program, weights, formula):
    """Sum of the weights of the worlds in which ``formula(model)`` holds, shape (batch,)."""
    return sum(
        (world_weight(program, held, weights) for held in worlds(program) if formula(model(program, held))),
        np.zeros(weights.shape[1]),
    )
