"""TreeSearch: Monte Carlo tree search over partial terms, with learned token values, promoted sub-terms and bred elites."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from induce.algebras.evaluate import evaluate_many
from induce.learners.breeding import tree_sizes
from induce.learners.chance import seed_state
from induce.learners.discovering import discovered, planted_tokens
from induce.learners.elites import Elites
from induce.learners.fitting import fitted_batch, joined_batches
from induce.learners.forms import affine_forms, node_costs
from induce.learners.island import Island
from induce.learners.learner import Batch, SearchState
from induce.learners.modulating import Known, known_terms, simple_terms
from induce.learners.prefixes import DEPTHS, back_up, explore, learn
from induce.learners.pruning import EXACT, expanded, pruned
from induce.learners.scoring import Trees, agree_up_to_scale, as_trees, tune, unexplained, written
from induce.learners.tokens import PROMOTED, ROOM, base_tokens, with_promoted
from induce.learners.views import sampled
from induce.task import Space, Task
from induce.terms.codes import Programs

__all__ = ["TreeSearch"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
GAIN = 0.7
"""Share of the loss that several episodes must come below for the search to go on."""
BETTER = 0.999
"""Share of the loss known for a size below which a tree is written down."""


class _Search:
    """The state of one stream: alphabet, tree, tables of values, elites, and the island they breed on."""

    def __init__(self, task: Task, space: Space, learner: TreeSearch, rng: np.random.Generator) -> None:
        self.task, self.space, self.learner = task, space, learner
        columns, target, weights = task.search
        places = sampled(len(target), learner.points)
        self.data = np.ascontiguousarray(columns[:, places]), target[places].copy(), weights[places].copy()
        self.costs = node_costs(task.codebook)
        self.tokens = base_tokens(task, space, planted_tokens(task))
        self.simple = simple_terms(self.tokens)
        self.state = seed_state(rng)
        self.lives = 0
        width = self.tokens.codes.shape[1]
        rows = learner.leaves * learner.completions
        self.out = (
            np.zeros((rows, width), np.int64), np.zeros((rows, width), np.int64), np.zeros(rows, np.int64),
            np.zeros(rows, np.int64), np.zeros((rows, width), np.int16), np.zeros((rows, width)), np.zeros(rows, np.int64),
        )  # fmt: skip
        columns_units, unit = task.dimensions
        self.root = np.zeros(5 + columns_units.shape[1], np.int64)
        self.root[1:3] = -1
        if len(unit) and (task.pure_constants or not space.scales):
            self.root[4], self.root[5:] = 1, unit
        self.begin(rng)

    def begin(self, rng: np.random.Generator) -> None:
        """A life of its own: nothing is learned, discovered or bred yet."""
        own, (count, width) = self.learner, self.tokens.codes.shape
        self.lives += 1
        self.tokens, _ = with_promoted(self.tokens, self.task, self.space, [])
        self.promoted = False
        self.tables = np.zeros((2, (count + 1) ** 2 * DEPTHS, count))
        self.elites = Elites(own.elites, own.alike, width)
        self.limits = np.full(self.space.max_size + 1, np.inf)
        self.known: Known | None = None
        self.island = Island(self.task, self.space, own.population, rng, self.data) if own.breed else None
        self.best, self.stale = np.inf, 0
        self.plant()

    def plant(self) -> None:
        """A tree that is only its root; values fade, since the next episode may look for something else."""
        self.tables *= self.learner.fading
        most, count = self.learner.batches * self.learner.leaves + 1, len(self.tokens.arity)
        above = np.full(most, -1, np.int64)
        self.tree = (
            np.full((most, count), -1, np.int32), np.zeros(most, np.int64), np.zeros(most), np.zeros(most, bool), above,
            np.ones(1, np.int64),
        )  # fmt: skip

    @property
    def closed(self) -> bool:
        """Whether every term that the alphabet can make was seen."""
        return bool(self.tree[3][0])

    def batch(self) -> Batch:
        """Select, complete, score, learn; a batch of the trees that are better than any of their size before."""
        own, task, space = self.learner, self.task, self.space
        room = space.max_size - (self.known.cost if self.known else 0)
        setting = (
            room, task.pure_constants, own.curiosity, own.double_q, own.completions, own.spread,
            own.greed if own.double_q else 0.0,
        )  # fmt: skip
        rows = int(explore(self.state, self.tokens, self.tree, self.tables, setting, self.root, self.out))
        if not rows:
            return Batch(work=1e3, source=own.name)
        sequences, states, steps, leaves = (part[:rows] for part in self.out[:4])
        trees: Trees = tuple(part[:rows] for part in self.out[4:])  # type: ignore[assignment]
        share = unexplained(task, space, trees, self.data, self.known.basis if self.known else None)
        points = max(len(self.data[1]), 64)
        work = float(trees[2].sum()) * points
        sizes = tree_sizes(trees[0], trees[2], self.costs)
        rewards = own.rewards(share, sizes)
        if self.known is not None:  # only the best are worth writing as sums
            chosen = np.argsort(-rewards, kind="stable")[: own.tuned]
            chosen = chosen[np.isfinite(share[chosen])]
            if not len(chosen):
                return Batch(tried=float(rows), work=work, source=own.name)
            trees = self._joined(trees, chosen)
            agreeing = agree_up_to_scale(task, written(trees, np.arange(len(chosen)), space))
            sizes, share = sizes[chosen] + self.known.cost, np.where(agreeing, share[chosen], np.inf)
        else:
            chosen = np.arange(rows)
        if space.constants:
            work += tune(task, space, trees, share, self.data, own.tuned, own.steps) * points
        full = own.rewards(share, sizes)
        rewards[chosen] = full if self.known is None else own.rewards(share, sizes - self.known.cost)
        back_up(leaves, rewards, self.tree[2], self.tree[4])
        if own.double_q:
            top = np.argsort(-rewards, kind="stable")[: max(1, int(own.learned * rows))]
            learn(self.state, sequences[top], states[top], steps[top], rewards[top], self.tables, own.rate)
        self.elites.add(trees, share, full, sizes)
        found = self._written_down(trees, share, sizes, float(rows))
        return Batch(found.programs, found.losses, found.tried, found.work + work, own.name)

    def _joined(self, trees: Trees, chosen: Ints) -> Trees:
        """Some trees as sums with the known terms."""
        assert self.known is not None
        columns, target, _ = self.data
        values = evaluate_many(written(trees, chosen, self.space), columns)
        codes, numbers, lengths = (part[chosen] for part in trees)
        return self.known.joined((codes, numbers, lengths), values, target)

    def _written_down(self, trees: Trees, share: Array, sizes: Ints, tried: float) -> Batch:
        """The best tree of every size that beats all smaller ones known, its constants fitted on all rows of the search."""
        order = np.lexsort((share, sizes))
        order = order[sizes[order] <= self.space.max_size]  # variation may go a little beyond
        best = order[np.unique(sizes[order], return_index=True)[1]]
        limit = np.minimum.accumulate(self.limits)[sizes[best]]
        best = best[((share[best] < BETTER * limit) | (share[best] < EXACT)) & np.isfinite(share[best])][:8]
        if not len(best):
            return Batch(tried=tried)
        self.limits[sizes[best]] = np.minimum(self.limits[sizes[best]], share[best])
        wrapped = affine_forms(written(trees, best, self.space), self.task.codebook, self.space)
        found = fitted_batch(self.task, self.space, wrapped, self.learner.name, tried, iterations=10)
        lowest = np.inf if found.losses is None else found.losses.min(initial=np.inf)
        if not lowest < EXACT * self.task.scale or not self.space.constants:
            return found
        given = self.task, self.space, trees, int(best[np.argmin(share[best])]), self.learner.name
        return joined_batches([found, *pruned(*given), *expanded(*given)])

    def visit(self, programs: Programs) -> None:
        """Take formulas of the shared archive among the elites."""
        trees = as_trees(programs, self.tokens.codes.shape[1])
        share = unexplained(self.task, self.space, trees, self.data)
        sizes = tree_sizes(trees[0], trees[2], self.costs)
        fitting = np.where(sizes <= self.space.max_size, self.learner.rewards(share, sizes), 0.0)
        self.elites.add(trees, share, fitting, sizes)

    def bred(self) -> Iterator[Batch]:
        """The genetic step: elites join the island, and its best join the elites."""
        island, own = self.island, self.learner
        assert island is not None
        if len(self.elites):
            most = min(len(self.elites), own.population // 4)
            island.plant(self.task, written(self.elites.trees, np.arange(most), self.space))
        for _ in range(own.generations):
            trees, share, sizes, work = island.offspring(self.task, own.children, own.steps)
            found = self._written_down(trees, share, sizes, float(own.children))
            yield Batch(found.programs, found.losses, found.tried, found.work + work, own.name)
        self.elites.add(island.arrays, island.loss, own.rewards(island.loss, island.sizes), island.sizes)

    def grow_old(self) -> bool:
        """Whether several episodes in a row have brought little."""
        best = float(self.elites.share.min(initial=np.inf))
        self.stale = 0 if best < GAIN * self.best else self.stale + 1
        self.best = min(self.best, best)
        if self.task.subject_to:  # what the conditions refuse must not stand in the way of what they allow
            self.limits[:] = np.inf
        return self.stale >= self.learner.patience

    def modulate(self, rng: np.random.Generator) -> None:
        """Every other episode looks for what is missing beside known terms."""
        self.known = None
        if not (self.space.scales and self.space.shifts and len(self.elites)) or rng.random() < 0.5:
            return
        terms = known_terms(self.elites.trees, self.simple, rng)
        if terms:
            known = Known(terms, self.space, self.data, self.costs)
            if known.sound and known.cost <= 0.6 * self.space.max_size:
                self.known = known

    def promote(self) -> None:
        """Discover, and put what is found in place of the promoted tokens before."""
        found = discovered(self.task, self.space, self.elites.trees, self.elites.share, self.data, ROOM)
        self.tokens, changed = with_promoted(self.tokens, self.task, self.space, found)
        self.promoted = bool((self.tokens.role[-ROOM:] == PROMOTED).any())
        self.tables[:, :, changed] = 0.0
        count = len(self.tokens.arity)
        beside = self.tables.reshape(2, count + 1, count + 1, DEPTHS, count)
        beside[:, changed + 1], beside[:, :, changed + 1] = 0.0, 0.0


@dataclass(frozen=True)
class TreeSearch:
    """Monte Carlo tree search over partial terms, reinforced by learned values, discovered sub-terms and breeding.

    A node of the tree is a term with open arguments. Selection follows the upper confidence bound
    ``max reward + c sqrt(log N / n)`` around the *largest* reward seen below a child; the new leaf is completed at random
    several times, and what comes out is scored by ``eta^size / (1 + NRMSE)``, up to an affine map where constants are
    allowed. Two tables learn what a token is worth, given its parent, its sibling and the open arguments, and decide which
    children a node gets and how terms are completed. Between episodes the elites breed, and what the best terms share, or
    the target's separability tells, becomes a token of its own. Every completion obeys size, nestings and units.

    Parameters
    ----------
    double_q, discover, breed : bool
        Whether token values are learned, sub-terms promoted, elites bred.
    batches : int
        Batches of an episode.
    leaves, completions : int
        New leaves of a batch, and terms made from each.
    curiosity : float
        ``c`` above.
    eta : float
        Reward that a node of a term costs.
    greed : float
        Probability that the better of two drawn tokens is taken.
    rate, learned, fading : float
        Of learning; share of a batch, the best of it, that values are learned from; what an episode leaves of them.
    spread : int
        How many nodes a completion may have beyond the smallest possible.
    points : int
        Rows of the data that completions are scored on.
    tuned, steps : int
        Terms with constants that are fitted in a batch at most, and Levenberg-Marquardt steps for each.
    elites, alike : int
        Best terms kept, in all and of one size.
    population, children, generations : int
        Of the genetic step.
    patience : int
        Episodes without much gain after which a search begins anew; every other one pays no heed to the shared archive.

    References
    ----------
    Y. Xu, Y. Liu and H. Sun (2023), Reinforcement Symbolic Regression Machine. L. Kocsis and C. Szepesvári (2006), Bandit
    Based Monte-Carlo Planning. H. van Hasselt (2010), Double Q-learning.
    """

    double_q: bool = True
    discover: bool = True
    breed: bool = True
    batches: int = 12
    leaves: int = 64
    completions: int = 16
    curiosity: float = 0.15
    eta: float = 0.99
    greed: float = 0.5
    rate: float = 0.1
    learned: float = 0.05
    fading: float = 0.5
    spread: int = 14
    points: int = 64
    tuned: int = 64
    steps: int = 3
    elites: int = 100
    alike: int = 6
    population: int = 300
    children: int = 100
    generations: int = 10
    patience: int = 4
    name: str = "mcts"
    parallel: bool = True

    def accepts(self, task: Task) -> str:
        """A tree search needs a free choice from a grammar with at least one operator."""
        if task.space is None:
            return "tree search needs a sketch that is one choice from a grammar"
        return "" if any(op.arity for op in task.space.ops) else "tree search needs at least one operator"

    def rewards(self, share: Array, sizes: Ints) -> Array:
        """``eta^size / (1 + NRMSE)`` from shares of variance left."""
        return np.asarray(self.eta**sizes / (1.0 + np.sqrt(share)))

    def run(self, task: Task, state: SearchState, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield what every batch of completions and every generation finds, without end."""
        space = task.space
        assert space is not None
        search = state.carry.get("search")
        if search is None:
            search = state.carry["search"] = _Search(task, space, self, rng)
        while True:
            for _ in range(self.batches):
                yield search.batch()
                if search.closed:
                    break
            if search.closed and not (space.constants or self.breed or search.promoted):
                return
            front = [entry.programs for entry in state.archive.front() if rng.random() < 0.3]
            if front and (search.lives + state.stream) % 2:  # every other life goes its own way
                search.visit(Programs.concatenate(front))
            if self.breed:
                yield from search.bred()
            if search.grow_old():
                search.begin(rng)
                continue
            if self.discover and len(search.elites):
                search.promote()
                search.modulate(rng)
            search.plant()
