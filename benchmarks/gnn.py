"""The ``gnn`` suite: laws of force read from message networks that were trained on motion.

A system is right when the formula of every message component is, multiplied out, a linear map of the true force between
two bodies: the same addends with the same exponents, coefficients to within 1 % (:mod:`induce.formulas.laws`).
"""

from __future__ import annotations

import time
from functools import cache

from benchmarks.runner import Run, row
from induce.formulas import Discovery, discover, simulate

SYSTEMS = ("springs", "1/r", "1/r^2", "charge")
CPU_SECONDS = 600.0


@cache
def found(name: str, quick: bool) -> tuple[Discovery, float]:
    """What is discovered of a system, and the CPU seconds it took."""
    import torch

    torch.set_num_threads(1)
    began = time.process_time()
    result = discover(name, steps=2500, search=5.0) if quick else discover(name)
    return result, time.process_time() - began


def _systems(quick: bool) -> tuple[str, ...]:
    return SYSTEMS[:1] if quick else SYSTEMS


@cache
def errors(name: str, quick: bool) -> tuple[float, float]:
    """Relative errors on 8 bodies: the network's and the formulas'."""
    return found(name, quick)[0].errors(simulate(name, bodies=8, snapshots=500, seed=1))


@row(
    "springs, 1/r, 1/r^2 and charge (quick: springs), 4 to 6 bodies, 5,000 snapshots: force laws exact up to a linear map",
    goal="at least 3 of 4 systems, 10 CPU minutes a system",
)
def laws(run: Run) -> tuple[float, bool, str]:
    results = {name: found(name, run.quick) for name in _systems(run.quick)}
    exact = sum(result.exact for result, _ in results.values())
    read = sum(all(law.exact for law in result.read) for result, _ in results.values())
    said = "; ".join(f"{name}, {cpu:.0f} CPU s: {', '.join(map(str, r.laws))}" for name, (r, cpu) in results.items())
    within = all(cpu <= CPU_SECONDS for _, cpu in results.values())
    note = f"of {len(results)}; {read} already from the messages, before the numbers are fitted to the motion. {said}"
    return exact, exact >= 0.75 * len(results) and within, note


@row(
    "the same systems with 8 bodies: error of the closed formula as a share of the network's, the worst", goal="<= 0.5"
)
def extrapolation(run: Run) -> tuple[float, bool, str]:
    pairs = {name: errors(name, run.quick) for name in _systems(run.quick)}
    worst = max(closed / network for network, closed in pairs.values())
    said = "; ".join(f"{name}: {network:.2%} and {closed:.1e}" for name, (network, closed) in pairs.items())
    return worst, worst <= 0.5, f"relative errors of network and formula: {said}"


@row("the same systems: R2 of the messages as linear maps of the true force, the smallest", goal=">= 0.99")
def linear(run: Run) -> float:
    return min(float(found(name, run.quick)[0].linear.min()) for name in _systems(run.quick))
