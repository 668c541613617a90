"""The ``spaces`` suite: what a trial costs next to PyGlove and Optuna, exact counts, and whether the searches find good points."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.runner import Run, row
from induce import hole, space, tune
from induce.spaces import Epistasis, Space, architecture, supernet
from induce.testing import fillings, random_object

SPLITS, DEPTHS = [2, 5, 10], (2, 12)


def forests() -> Space:
    """Three choice points of a random forest."""
    from sklearn.ensemble import RandomForestClassifier

    return space(
        RandomForestClassifier,
        min_samples_split=hole.choice(SPLITS),
        max_depth=hole.integer(*DEPTHS),
        max_features=hole.real(within=(0.1, 1.0)),
    )


def worth(forest: Any) -> float:
    """A reward that costs nothing, so that only the search and the building are measured."""
    return float(forest.max_depth - abs(forest.max_features - 0.5) - 0.1 * forest.min_samples_split)


def cpu_ms(work: Callable[[int], Any], trials: int) -> float:
    """CPU milliseconds per trial, after a short warm-up."""
    work(20)
    began = time.process_time()
    work(trials)
    return 1e3 * (time.process_time() - began) / trials


def with_pyglove(pg: Any, algorithm: Callable[[], Any]) -> Callable[[int], None]:
    """The same forests searched by PyGlove."""
    from sklearn.ensemble import RandomForestClassifier

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        forest = pg.symbolize(RandomForestClassifier)
    found = forest(
        min_samples_split=pg.oneof(SPLITS),
        max_depth=pg.oneof(list(range(DEPTHS[0], DEPTHS[1] + 1))),
        max_features=pg.floatv(0.1, 1.0),
    )

    def work(trials: int) -> None:
        for made, feedback in pg.sample(found, algorithm(), num_examples=trials):
            feedback(worth(made))

    return work


def regularized(pg: Any) -> Any:
    """PyGlove's regularised evolution with the settings of ours."""
    return pg.evolution.regularized_evolution(population_size=32, tournament_size=8, seed=1)


def with_optuna(optuna: Any, sampler: Callable[[], Any]) -> Callable[[int], None]:
    """The same forests searched by Optuna."""
    from sklearn.ensemble import RandomForestClassifier

    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def objective(trial: Any) -> float:
        return worth(
            RandomForestClassifier(
                min_samples_split=trial.suggest_categorical("min_samples_split", SPLITS),
                max_depth=trial.suggest_int("max_depth", *DEPTHS),
                max_features=trial.suggest_float("max_features", 0.1, 1.0),
            )
        )

    return lambda trials: optuna.create_study(direction="maximize", sampler=sampler()).optimize(objective, trials)


def ours(by: str) -> Callable[[int], Any]:
    """The same forests searched by us."""
    found = forests()
    return lambda trials: tune(found, worth, by=by, within=f"{trials} trials", seed=0)


@row("random search of three choice points of a forest, the forest built each time: CPU ms a trial", goal="<= 0.3")
def random_trials(run: Run) -> float:
    trials = 200 if run.quick else 1000
    if (pg := run.peer("pyglove")) is not None:
        run.record("pyglove", cpu_ms(with_pyglove(pg, lambda: pg.geno.Random(1)), trials))
    if (optuna := run.peer("optuna")) is not None:
        run.record("optuna", cpu_ms(with_optuna(optuna, lambda: optuna.samplers.RandomSampler(seed=0)), trials))
    return cpu_ms(ours("random"), trials)


@row("the same by regularised evolution (Optuna: TPE): CPU ms a trial", goal="<= 0.5")
def evolution_trials(run: Run) -> float:
    trials = 200 if run.quick else 1000
    if (pg := run.peer("pyglove")) is not None:
        run.record("pyglove", cpu_ms(with_pyglove(pg, lambda: regularized(pg)), trials))
    if (optuna := run.peer("optuna")) is not None:
        run.record("optuna", cpu_ms(with_optuna(optuna, lambda: optuna.samplers.TPESampler(seed=0)), trials))
    return cpu_ms(ours("evolution"), trials)


@row("100,000 random points of a space of 20 choice points, some conditional: CPU s", goal="<= 1")
def many_samples(run: Run) -> float:
    parts = [
        hole.choice([{"n": hole.integer(0, 9), "r": hole.real(within=(0, 1))}, {"o": hole.choice(["x", "y", "z"])}])
        for _ in range(5)
    ]
    found = space(parts)
    assert len(found.table) == 20
    began = time.process_time()
    points = found.samples(100_000, 0)
    seconds = time.process_time() - began
    assert points.shape == (100_000, 20)
    return seconds


@row("200 random nested spaces: sizes that differ from a count by brute force over the object", goal="== 0")
def exact_counts(run: Run) -> tuple[float, bool, str]:
    wrong, counted = 0, 0
    largest, most = 0, 300 if run.quick else 20_000
    seed = 0
    while counted < 200:
        value = random_object(np.random.default_rng(seed), depth=2 + seed % 2)
        seed += 1
        found = Space(value)
        if found.size > most:
            continue
        counted += 1
        largest = max(largest, int(found.size))
        wrong += found.size != sum(1 for _ in fillings(value))
    return float(wrong), wrong == 0, f"the largest has {largest:,} points"


@row(
    "a table of 4^8 cells with epistasis, 500 evaluations: seeds of 10 in which evolution finds a better cell than random search",
    goal=">= 8",
)
def evolution_beats_random(run: Run) -> tuple[float, bool, str]:
    seeds = range(10)
    ranks: dict[str, list[float]] = {"evolution": [], "random": [], "policy": [], "bandit": []}
    best: dict[str, list[float]] = {name: [] for name in ranks}
    for seed in seeds:
        table = Epistasis(seed=seed)
        for name in ranks:
            found = tune(table.space, table, by=name, within="500 trials", seed=seed).best_trial.reward
            best[name].append(found)
            ranks[name].append(float((table.values > found).sum()))
    wins = sum(a > b for a, b in zip(best["evolution"], best["random"], strict=True))
    cells = ", ".join(f"{name} {np.mean(found):.0f}" for name, found in ranks.items())
    return float(wins), wins >= 8, f"better cells left over on average, of 65,536: {cells}"


def small_networks() -> Space:
    """27 networks for images of 8 by 8: three stems, three bodies, three heads."""
    from torch import nn

    def conv(i: int, k: int) -> Space:
        return space(nn.Sequential, space(nn.Conv2d, i, 8, k, padding=k // 2), space(nn.ReLU))

    def head(pool: int) -> Space:
        size = 8 // pool
        return space(nn.Sequential, space(nn.AvgPool2d, pool), space(nn.Flatten), space(nn.Linear, 8 * size * size, 10))

    stem = hole.choice([conv(1, 1), conv(1, 3), conv(1, 5)], name="stem")
    body = hole.choice([space(nn.Identity), conv(8, 1), conv(8, 3)], name="body")
    top = hole.choice([head(8), head(4), head(2)], name="head")
    return space(nn.Sequential, stem, body, top)


def train(net: Any, x: Any, y: Any, epochs: int, before: Callable[[], Any] = lambda: None) -> None:
    """Adam on the cross-entropy, 64 rows at a time; ``before`` is called before each step."""
    import torch

    weights = getattr(net, "weights", None) or list(net.parameters())
    optimizer = torch.optim.Adam(weights, lr=5e-3)
    net.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(y)).split(64):
            before()
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
            optimizer.step()
    net.eval()


@row(
    "a supernet of 27 small networks on the digits: rank correlation of shared-weight and stand-alone accuracy",
    goal=">= 0.5 in 300 CPU s",
)
def shared_weights(run: Run) -> tuple[float, bool, str]:
    import torch
    from scipy.stats import spearmanr
    from sklearn.datasets import load_digits

    began = time.process_time()
    digits = load_digits()
    x = torch.tensor(digits.images[:, None] / 16.0, dtype=torch.float32)
    y = torch.tensor(digits.target)
    torch.manual_seed(0)
    order = torch.randperm(len(y))
    fit, held = order[:1200], order[1200:]
    found, rng = small_networks(), np.random.default_rng(0)
    points = list(found.enumerate())
    net = supernet(found)
    train(net, x[fit], y[fit], 10 if run.quick else 60, lambda: net.sample(rng))

    def accuracy(network: Any) -> float:
        with torch.no_grad():
            return float((network(x[held]).argmax(1) == y[held]).float().mean())

    shared = [accuracy(net.select(point)) for point in points]
    alone = []
    for point in points:
        network = found.build(point)
        train(network, x[fit], y[fit], 2 if run.quick else 10)
        alone.append(accuracy(network))
    figure = float(spearmanr(shared, alone).statistic)
    seconds = time.process_time() - began
    note = f"{seconds:.0f} CPU s; stand-alone accuracy from {min(alone):.3f} to {max(alone):.3f}"
    return figure, figure >= 0.5 and seconds < 300, note


@row("2,000 random typed networks (3 layers and a projection) built and run forward: CPU s", goal="< 20, no error")
def typed_networks(run: Run) -> tuple[float, bool, str]:
    import torch

    began = time.process_time()
    networks = architecture((1, 8, 8), (10,), depth=3)
    count = 200 if run.quick else 2000
    points, x = networks.samples(count, 0), torch.randn(2, 1, 8, 8)
    with torch.no_grad():
        fits = sum(networks.make(point)(x).shape == (2, 10) for point in points.tolist())
    seconds = time.process_time() - began
    one = architecture((1, 8, 8), (10,), depth=1)
    drawn = one.samples(200_000, 1)[:, one.names.index("layer1_1x8x8")].astype(int)
    share = np.bincount(drawn) / len(drawn) * len(set(drawn.tolist()))
    uneven = float(np.abs(share - 1).max())
    note = f"{fits} of {count} gave the shape; classes of the first layer are uniform within {uneven:.1%}; {networks.size:,} networks"
    return seconds, seconds < 20 and fits == count and uneven < 0.05, note
