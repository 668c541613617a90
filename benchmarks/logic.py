"""The ``logic`` suite: perception trained through rules, and agreement with an independent engine on random programs."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks import random_rules
from benchmarks.runner import Run, row

SUM_PROGRAM = """
side(left). side(right). place(0..{last}).
digit(Side, P, {{0..9}}) ~ nn(digit, Side, P) :- side(Side), place(P).
total(S) :- S = #sum{{ 10**P * D, Side, P : digit(Side, P, D) }}.
"""
SUDOKU_PROGRAM = """
row(0..3). col(0..3).
cell(R, C, {1..4}) ~ nn(symbol, grid(R, C)) :- row(R), col(C).
:- cell(R, A, V), cell(R, B, V), A < B.
:- cell(A, C, V), cell(B, C, V), A < B.
:- cell(R, C, V), cell(S, D, V), R // 2 = S // 2, C // 2 = D // 2, R < S, C != D.
"""
PATH_PROGRAM = """
here(E) ~ nn(present, image(E)) :- link(_, _, _, E).
edge(G, X, Y) :- link(G, X, Y, E), here(E).
path(G, X, Y) :- edge(G, X, Y).
path(G, X, Z) :- path(G, X, Y), edge(G, Y, Z).
?- target(G, T), path(G, 0, T).
"""


def lenet(outputs: int, seed: int) -> Any:
    """The network of all perception rows: two convolutions, three linear layers."""
    import torch
    from torch import nn

    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(6, 16, 5), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten(),
        nn.Linear(256, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, outputs),
    )  # fmt: skip


class _Timed:
    """Charges the CPU seconds of a module's forward pass to an account, so that the rest is the logic's."""

    def __init__(self, module: Any) -> None:
        self.seconds = 0.0
        self.began = 0.0
        module.register_forward_pre_hook(lambda *_: setattr(self, "began", time.process_time()))
        module.register_forward_hook(self._stop)

    def _stop(self, *_: Any) -> None:
        self.seconds += time.process_time() - self.began


def _sums(run: Run, length: int, batch: int, epochs: int, seeds: int, goal: float, logic: float) -> Any:
    """Mean accuracy of sums on the test images, and the logic's forward seconds an epoch."""
    import torch

    from induce.logic import LogicProgram
    from induce.logic.data import mnist, number_sums

    torch.set_num_threads(1)
    run.peer("deepproblog", published=0.0194)
    (images, labels), (test_images, test_labels) = mnist()
    accuracies, spent, total, planning = [], [], [], []
    for seed in range(1 if run.quick else seeds):
        net = lenet(10, seed)
        began = time.process_time()
        program = LogicProgram(SUM_PROGRAM.format(last=length - 1), digit=net, query="total(S)")
        program.plan()
        planning.append(time.process_time() - began)
        optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
        schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.75)
        timed = _Timed(net)
        for epoch in range(1 if run.quick else epochs):
            left, right, sums = number_sums(images, labels, length, 1000 * seed + epoch)
            if run.quick:
                left, right, sums = left[:2000], right[:2000], sums[:2000]
            left, right = torch.tensor(left), torch.tensor(right)
            inside = 0.0
            timed.seconds = 0.0
            started = time.process_time()
            for k in range(0, len(sums) - batch + 1, batch):
                optimizer.zero_grad()
                before = time.process_time()
                loss = program.loss(sums[k : k + batch], left=left[k : k + batch], right=right[k : k + batch])
                inside += time.process_time() - before
                loss.backward()
                optimizer.step()
            total.append(time.process_time() - started)
            spent.append(inside - timed.seconds)
            schedule.step()
        accuracies.append(_accuracy(net, test_images, test_labels, length))
    mean = float(np.mean(accuracies))
    forward = float(np.mean(spent))
    backward = _logic_backward(program, left, right, sums, batch) * (60_000 // (2 * length)) / batch
    note = (
        f"seeds {', '.join(f'{a:.3f}' for a in accuracies)}; CPU s an epoch {np.mean(total):.2f}, logic forward {forward:.2f} "
        f"(goal {logic}), logic backward {backward:.2f} (goal {logic}); planning {max(planning):.2f} s; deepproblog's figure is seconds a query"
    )
    return mean, mean >= goal and forward <= logic and backward <= logic and max(planning) <= 5.0, note


def _logic_backward(program: Any, left: Any, right: Any, sums: Any, batch: int) -> float:
    """CPU seconds of the backward pass of one batch when the network is a table: the logic's own share."""
    import torch

    logits = torch.randn(batch * left.shape[1] * 2, 10, requires_grad=True)
    network = program.nets["digit"]
    program.nets["digit"] = table = torch.nn.Identity()
    table.forward = lambda x: logits + 0.0 * x.reshape(len(x), -1)[:, :1]  # type: ignore[method-assign]
    found = []
    for _ in range(30):
        loss = program.loss(sums[:batch], left=left[:batch], right=right[:batch])
        started = time.process_time()
        loss.backward()
        found.append(time.process_time() - started)
    program.nets["digit"] = network
    return float(np.median(found))


def _accuracy(net: Any, images: Any, labels: Any, length: int) -> float:
    """Share of right sums when the sum is computed from the likeliest digits, over five pairings of the test images."""
    import torch

    from induce.logic.data import number_sums

    found = []
    with torch.no_grad():
        read = net(torch.tensor(images)).argmax(1).numpy()
    for pairing in range(5):
        order = np.arange(len(labels), dtype=np.float32).reshape(-1, 1, 1, 1)
        left, right, sums = number_sums(order, labels, length, pairing)
        power = 10 ** np.arange(length, dtype=np.int64)
        picked = [read[side.reshape(len(sums), length).astype(np.int64)] @ power for side in (left, right)]
        found.append(float((picked[0] + picked[1] == sums).mean()))
    return float(np.mean(found))


@row("sums of two 1-digit MNIST numbers: share right after 6 epochs, one seed", goal=">= 0.975")
def sums_1(run: Run) -> Any:
    return _sums(run, 1, 64, 6, 1, 0.975, 0.8)


@row("sums of two 4-digit MNIST numbers: share right after 8 epochs, one seed", goal=">= 0.92")
def sums_4(run: Run) -> Any:
    return _sums(run, 4, 16, 8, 1, 0.92, 1.4)


@row("sums of two 15-digit MNIST numbers: share right after 5 epochs, mean of 3 seeds", goal=">= 0.68")
def sums_15(run: Run) -> Any:
    return _sums(run, 15, 4, 5, 3, 0.68, 3.2)


@row("2,000 random programs: largest difference to ProbLog's probabilities", goal="<= 1e-9")
def against_problog(run: Run) -> Any:
    if run.peer("problog") is None:
        return float("nan"), False, "problog is not installed"
    return random_rules.against_problog(150 if run.quick else 2000)


@row("random programs: largest difference of gradients to P(q|f) - P(q|not f)", goal="<= 1e-7")
def gradients(run: Run) -> Any:
    return random_rules.gradients(40 if run.quick else 2000)


@row(
    "random programs: batch and single, float32 and float64, SDD and enumeration, algebras and references",
    goal="<= 1e-5",
)
def consistency(run: Run) -> Any:
    return random_rules.consistency(40 if run.quick else 2000)


@row("path task: AUC of edges read from images, with reachability as the only label", goal=">= 0.95")
def path_task(run: Run) -> Any:
    import torch
    from sklearn.metrics import roc_auc_score

    from induce.logic import LogicProgram
    from induce.logic.data import mnist

    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    links: list[tuple[int, int, int, int]] = []
    for graph, nodes in enumerate(range(6, 13)):
        chords: set[tuple[int, int]] = set()
        while len(chords) < nodes // 2 + 1:
            a, b = (int(x) for x in rng.integers(nodes, size=2))
            if b > a + 1:
                chords.add((a, b))
        links += [
            (graph, a, b, len(links) + k)
            for k, (a, b) in enumerate([*((i, i + 1) for i in range(nodes - 1)), *sorted(chords)])
        ]
    links = [(g, a, b, k) for k, (g, a, b, _) in enumerate(links)]
    ends = [(g, n // 2) for g, n in enumerate(range(6, 13))] + [(g, n - 1) for g, n in enumerate(range(6, 13))]
    net = lenet(1, 0)
    program = LogicProgram(PATH_PROGRAM, present=net, facts={"link": links, "target": ends})
    train, test = mnist()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    began = time.process_time()
    for _ in range(60 if run.quick else 400):
        images, reached, _ = _graphs(program, links, train, 4, rng)
        optimizer.zero_grad()
        program.loss(reached, image=images).backward()
        optimizer.step()
    images, _, present = _graphs(program, links, test, 50, rng)
    with torch.no_grad():
        read = program.leaf_weights(image=images).T.numpy()
    area = float(roc_auc_score(present.reshape(-1), read.reshape(-1)))
    return (
        area,
        area >= 0.95,
        f"present edges show odd digits, absent ones even digits; {time.process_time() - began:.0f} CPU s",
    )


def _graphs(program: Any, links: Any, data: Any, count: int, rng: Any) -> Any:
    """Pictures of the edges of ``count`` examples, the reachability labels, and which edges there are."""
    import torch

    pictures, labels = data
    present = rng.random((count, len(links))) < 0.6
    odd, even = np.flatnonzero(labels % 2 == 1), np.flatnonzero(labels % 2 == 0)
    index = np.where(present, rng.choice(odd, present.shape), rng.choice(even, present.shape))
    reached = np.zeros((count, len(program.answers)), bool)
    for b in range(count):
        for k, (graph, end) in enumerate(program.answers.values):
            seen = {0}
            for _ in range(12):
                seen |= {c for g, a, c, e in links if g == graph and present[b, e] and a in seen}
            reached[b, k] = end in seen
    return torch.tensor(pictures[index]), torch.tensor(reached), present


@row("visual 4x4 Sudoku, validity as the only label: share of grids read right up to one permutation", goal=">= 0.97")
def sudoku(run: Run) -> Any:
    import itertools

    import torch

    from induce.logic import LogicProgram, shortcuts
    from induce.logic.data import mnist

    torch.set_num_threads(1)
    net = lenet(4, 0)
    program = LogicProgram(SUDOKU_PROGRAM, symbol=net)
    leaf = program.ground().tables[0].leaf
    grids = np.array([[int(m.rpartition(",")[2].strip(" )")) - 1 for m in world] for world in program.models()])
    train, test = mnist()
    rng = np.random.default_rng(0)

    def pictures(data: Any, count: int) -> tuple[Any, Any]:
        images, labels = data
        wanted = grids[rng.integers(len(grids), size=count)]
        out = np.zeros((count, 16, 1, 28, 28), np.float32)
        for k in range(4):
            mask = wanted == k
            out[mask] = images[rng.choice(np.flatnonzero(labels == k + 1), mask.sum())]
        return torch.tensor(out.reshape(count, 4, 4, 1, 28, 28)), wanted

    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    began = time.process_time()
    for _ in range(100 if run.quick else 500):
        optimizer.zero_grad()
        program.loss(grid=pictures(train, 16)[0]).backward()
        optimizer.step()
    seconds = time.process_time() - began
    broken = count = 0
    decoded = []
    for _ in range(2 if run.quick else 20):
        images, wanted = pictures(test, 500)
        found = program.decode(grid=images)
        broken += found.violations
        count += 500
        read = found.leaves[leaf.reshape(-1)].reshape(16, 4, -1).argmax(1).T
        decoded.append((read, wanted))
    best = max(
        itertools.permutations(range(4)), key=lambda p: sum(float((np.array(p)[r] == w).mean()) for r, w in decoded)
    )
    right = [float((np.array(best)[r] == w).all(axis=1).mean()) for r, w in decoded]
    alike = shortcuts(program).count
    share = float(np.mean(right))
    note = f"{alike} permutations cannot be told apart; {broken} violations in {count:,} decoded grids; {seconds:.0f} CPU s"
    return share, share >= 0.97 and alike == 24 and broken == 0, note
