"""Laws of force from motion alone: a message network learns accelerations, its messages become formulas.

The steps are functions of their own, to be used apart: :func:`train` a network on snapshots, :func:`force_map` to see whether
its messages are a linear map of the true force, :func:`closed_network` to put formulas in its place and fit their numbers
end to end; :func:`discover` does them in order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from induce.budget import Budget
from induce.choosing import describe
from induce.errors import DataError
from induce.fit import Fit
from induce.formulas.asking import Recording
from induce.formulas.bodies import FEATURES, NODE_FEATURES, SWAP, Snapshots, System, named, simulate
from induce.formulas.closed import FormulaModule
from induce.formulas.distilling import Distillation, distill
from induce.formulas.estimator import FormulaRegressor
from induce.formulas.laws import Law, law_of
from induce.formulas.refitting import tidied
from induce.nets import MessageNetwork, perceptron
from induce.terms.term import Term

__all__ = ["Discovery", "closed_network", "components", "discover", "error", "force_map", "train"]

Array = NDArray[np.float64]
OPERATORS = "+ - * /"
EDGES = 5000
SAMPLE = 60
"""Snapshots of each number of bodies on which choices of formulas are compared."""
CLOSE = 0.99
"""Least R2 against the network's messages of a formula that is tried in their place."""
LOOSE = 1e-6
"""Relative error of the formulas above which node formulas are searched on the motion itself, too."""
ALPHABET = len(FEATURES) + 5


def train(
    data: Sequence[Snapshots], *, messages: int = 2, l1: float = 0.0, reaction: bool = True, steps: int = 12_000,
    batch: int = 64, rate: float = 3e-3, width: int = 128, seed: int = 0,
) -> MessageNetwork:  # fmt: skip
    """A message network fitted to accelerations: mean absolute error, Adam, one cycle of learning rates.

    Parameters
    ----------
    data : sequence of Snapshots
        Of different numbers of bodies, taken in turn.
    messages : int
        Components of a message: 2, the bottleneck of the dimension, or many with ``l1``.
    l1 : float
        Weight of the L1 norm of a message, which leaves only as many components as are needed.
    reaction : bool
        Whether action equals reaction is built in. Without it messages are found up to a factor of the receiver, which
        the node network divides out again: for gravity the acceleration instead of the force.
    steps, batch, rate, width
        Of training; ``width`` is that of the three hidden layers of the edge network.
    seed : int
    """
    if not data:
        raise DataError("there are no snapshots to train on. Make some with simulate('springs').")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        edge = perceptron(len(FEATURES), (width,) * 3, messages)
        node = perceptron(len(NODE_FEATURES) + messages, (64, 64), 2)
    net = MessageNetwork(edge, node, swap=SWAP if reaction else None)
    parts = [_tensors(part, torch.float32) for part in data]
    optimizer = torch.optim.Adam(net.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=rate, total_steps=max(steps, 2))
    rng = np.random.default_rng([seed, 5])
    for step in range(steps):
        pairs, nodes, target = parts[step % len(parts)]
        rows = torch.from_numpy(rng.integers(0, len(target), batch))
        sent = net.all_messages(pairs[rows])
        loss = (net.outputs(sent, nodes[rows]) - target[rows]).abs().mean()
        if l1:
            loss = loss + l1 * sent.abs().sum(-1).mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    return net.eval()


def _tensors(part: Snapshots, kind: torch.dtype) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    pairs, nodes, target = (torch.as_tensor(x, dtype=kind) for x in (part.pairs, part.nodes, part.accelerations))
    return pairs, nodes, target


def _kind(net: MessageNetwork) -> torch.dtype:
    return next((p.dtype for p in net.edge.parameters() if p.is_floating_point()), torch.float64)


def error(net: MessageNetwork, data: Snapshots) -> float:
    """Mean absolute error of the accelerations, as a share of their mean absolute value."""
    pairs, nodes, target = _tensors(data, _kind(net))
    with torch.no_grad():
        return float((net(pairs, nodes) - target).abs().mean() / target.abs().mean())


def _edges(data: Sequence[Snapshots], count: int, seed: int) -> Array:
    """Rows of pair features, drawn from all snapshots."""
    flat = np.concatenate([part.pairs.reshape(-1, len(FEATURES)) for part in data])
    return flat[np.sort(np.random.default_rng([seed, 6]).choice(len(flat), min(count, len(flat)), replace=False))]


def _sent(net: MessageNetwork, pairs: Array) -> Array:
    with torch.no_grad():
        return np.asarray(net.messages(torch.as_tensor(pairs, dtype=_kind(net))).double().numpy())


def components(net: MessageNetwork, data: Sequence[Snapshots], count: int = 2, seed: int = 0) -> list[int]:
    """Places of the message components with the largest variance, largest first.

    Of each further one, only what is not linear in those before it counts, so that two copies are not taken for two.
    """
    sent = _sent(net, _edges(data, EDGES, seed))
    rest = sent - sent.mean(axis=0)
    places: list[int] = []
    for _ in range(min(count, sent.shape[1])):
        places.append(int(np.argmax((rest**2).sum(axis=0))))
        axis = rest[:, places[-1]] / max(float(np.linalg.norm(rest[:, places[-1]])), 1e-300)
        rest = rest - np.outer(axis, axis @ rest)
    return places


def force_map(
    net: MessageNetwork, data: Sequence[Snapshots], system: System, places: Sequence[int], seed: int = 0
) -> tuple[Array, Array]:
    """The best linear map from the true force to message components: matrix (components, 3) of ``a, b, c``, and its R2."""
    pairs = _edges(data, EDGES, seed)
    columns = dict(zip(FEATURES, pairs.T, strict=True))
    design = np.stack([*(system.force(axis)(columns) for axis in ("dx", "dy")), np.ones(len(pairs))], axis=1)
    sent = _sent(net, pairs)[:, list(places)]
    map_, *_ = np.linalg.lstsq(design, sent, rcond=None)
    return map_.T, 1.0 - (sent - design @ map_).var(axis=0) / sent.var(axis=0)


def _node_answers(
    net: MessageNetwork, data: Sequence[Snapshots], places: Sequence[int], seed: int
) -> tuple[Array, Any]:
    """Inputs of the node formula (node features, summed components) and the node network as a function of them.

    Components that are left out are taken as linear in those that are kept.
    """
    rows = []
    for part in data:
        with torch.no_grad():
            total = net.all_messages(torch.as_tensor(part.pairs, dtype=_kind(net))).sum(-2).double().numpy()
        rows.append(np.concatenate([part.nodes, total], axis=-1).reshape(-1, part.nodes.shape[-1] + total.shape[-1]))
    flat = np.concatenate(rows)
    flat = flat[np.sort(np.random.default_rng([seed, 8]).choice(len(flat), min(EDGES, len(flat)), replace=False))]
    own = len(NODE_FEATURES)
    kept = flat[:, [*range(own), *(own + k for k in places)]]
    design = np.column_stack([kept[:, own:], np.ones(len(kept))])
    lift, *_ = np.linalg.lstsq(design, flat[:, own:], rcond=None)

    def node(inputs: Array) -> torch.Tensor:
        sums = np.column_stack([inputs[:, own:], np.ones(len(inputs))]) @ lift
        sums[:, list(places)] = inputs[:, own:]
        both = np.concatenate([inputs[:, :own], sums], axis=1)
        with torch.no_grad():
            out: torch.Tensor = net.node(torch.as_tensor(both, dtype=_kind(net)))
        return out

    return kept, node


def closed_network(
    messages: Sequence[Term],
    node: Sequence[Term],
    data: Sequence[Snapshots],
    *,
    snapshots: int = 300,
    rounds: int = 100,
) -> tuple[MessageNetwork, float]:
    """Formulas in place of both networks, their numbers fitted to accelerations end to end by least squares.

    Parameters
    ----------
    messages : sequence of Term
        Of ``FEATURES``.
    node : sequence of Term
        Of ``m, q, s0, s1, ...``: the summed messages.
    data : sequence of Snapshots
    snapshots : int
        Used of each.
    rounds : int
        Most evaluations of the Jacobian.

    Returns
    -------
    (MessageNetwork, float)
        In double precision, and the mean square error.
    """
    from scipy.optimize import least_squares

    inputs = [*NODE_FEATURES, *(f"s{k}" for k in range(len(messages)))]
    net = MessageNetwork(FormulaModule(messages, FEATURES, trainable=True), FormulaModule(node, inputs, trainable=True))
    parts = [_tensors(part[slice(None, None, max(1, len(part) // snapshots))], torch.float64) for part in data]
    scale = float(torch.cat([t.flatten() for _, _, t in parts]).std())
    start = torch.nn.utils.parameters_to_vector(net.parameters()).detach().numpy().copy()

    def residuals(numbers: Array) -> Array:
        with torch.no_grad():
            torch.nn.utils.vector_to_parameters(torch.from_numpy(numbers), net.parameters())
            missed = torch.cat([(net(pairs, nodes) - target).flatten() for pairs, nodes, target in parts]) / scale
        return np.asarray(np.nan_to_num(missed.numpy(), nan=1e6, posinf=1e6, neginf=-1e6))

    if len(start):
        start = least_squares(residuals, start, x_scale="jac", max_nfev=rounds, ftol=1e-14, xtol=1e-14, gtol=1e-14).x
    return net, float((residuals(start) ** 2).mean()) * scale**2


@dataclass(frozen=True, eq=False)
class Discovery:
    """What was found of a system.

    Parameters
    ----------
    system : System
    network : MessageNetwork
    messages, node : Distillation
    linear : array
        R2 of each message component as a linear map of the true force.
    closed : MessageNetwork
        Formulas in place of the networks, refitted.
    read : tuple of Law
        The message formulas as distilled, at the elbow, beside the law.
    laws : tuple of Law
        Those chosen by the motion, and refitted.
    """

    system: System
    network: MessageNetwork
    messages: Distillation
    node: Distillation
    linear: Array
    closed: MessageNetwork
    read: tuple[Law, ...]
    laws: tuple[Law, ...]

    @property
    def exact(self) -> bool:
        """Whether every message component is the law up to a linear map."""
        return all(law.exact for law in self.laws)

    def errors(self, data: Snapshots) -> tuple[float, float]:
        """Relative errors of the network and of the formulas on snapshots; see :func:`error`."""
        return error(self.network, data), error(self.closed, data)

    def __str__(self) -> str:
        verdict = "exact up to a linear map" if self.exact else "not the law"
        head = f"{self.system.name}: {verdict}; messages linear in the force with R2 {', '.join(f'{x:.5f}' for x in self.linear)}"
        return "\n".join([head, *(f"  message {k}: {law}" for k, law in enumerate(self.laws))])


def discover(
    system: System | str, *, bodies: Sequence[int] = (4, 5, 6), snapshots: int = 5000, messages: int = 2, l1: float = 0.0,
    reaction: bool = True, steps: int = 12_000, search: float = 20.0, seed: int = 0,
) -> Discovery:  # fmt: skip
    """Simulate a system, learn it by a message network, and read the law of force from the messages.

    Where the formulas do not follow the motion exactly, those of the nodes are searched a second time, from the summed
    message formulas to the accelerations: the node network of a penalized model is only roughly right.

    Parameters
    ----------
    system : System or str
    bodies : sequence of int
        Numbers of bodies; ``snapshots`` are shared among them.
    messages, l1, reaction, steps : see :func:`train`
    search : float
        CPU seconds for each formula.
    seed : int
    """
    law = named(system)
    share = -(-snapshots // len(bodies))
    data = [simulate(law, bodies=n, snapshots=share, seed=seed) for n in bodies]
    net = train(data, messages=messages, l1=l1, reaction=reaction, steps=steps, seed=seed)
    places = components(net, data, seed=seed)
    _, linear = force_map(net, data, law, places, seed)
    into = FormulaRegressor(OPERATORS, within=Budget(cpu=search), random_state=seed, select="elbow")
    sent = distill(
        lambda rows: _sent(net, rows)[:, places], _edges(data, EDGES, seed), names=FEATURES, into=into, density="rows", seed=seed
    )  # fmt: skip
    inputs, answer = _node_answers(net, data, places, seed)
    given = [*NODE_FEATURES, *(f"s{k}" for k in range(len(places)))]
    node = distill(answer, inputs, names=given, into=into, density="rows", seed=seed)
    read = tuple(law_of(term, law) for term in sent.formulas.values())
    best, sent, node, closed = _chosen_on_data(sent, node, data)
    if error(closed, data[0]) > LOOSE:
        other = distill(_motion(closed, data, seed), None, names=given, into=into, density="rows", seed=seed)
        second = _chosen_on_data(sent, other, data)
        if second[0] < best:
            best, sent, node, closed = second
    edge = closed.edge
    assert isinstance(edge, FormulaModule)
    return Discovery(
        law, net, sent, node, linear, closed, read, tuple(law_of(tidied(term), law) for term in edge.terms)
    )


def _motion(closed: MessageNetwork, data: Sequence[Snapshots], seed: int) -> Recording:
    """What the node formula has to turn into what, if the message formulas are right: summed messages, accelerations."""
    seen = Recording()
    for part in data:
        keep = np.random.default_rng([seed, 9]).permutation(len(part))[: EDGES // (len(data) * part.bodies)]
        pairs, nodes, target = _tensors(part[np.sort(keep)], torch.float64)
        with torch.no_grad():
            seen.add((torch.cat([nodes, closed.all_messages(pairs).sum(-2)], dim=-1),), target)
    return seen


def _near(fit: Fit) -> list[int]:
    """Rows near the elbow of a front that follow the network closely; the elbow itself always."""
    near = range(max(fit.chosen - 1, 0), min(fit.chosen + 3, len(fit.rows)))
    return [k for k in near if k == fit.chosen or fit.rows[k].r2 >= CLOSE]


def _length(sent: Distillation, node: Distillation, data: Sequence[Snapshots]) -> float:
    """Description length of the accelerations, in nats, given the formulas with their numbers fitted to them."""
    messages, nodes = list(sent.formulas.values()), list(node.formulas.values())
    net, loss = closed_network(messages, nodes, data, snapshots=SAMPLE, rounds=30)
    if not math.isfinite(loss):
        return math.inf
    size = sum(term.size for term in [*messages, *nodes])
    spread = float(np.var(np.concatenate([part.accelerations.ravel() for part in data])))
    count, constants = 2 * SAMPLE * len(data), sum(p.numel() for p in net.parameters())
    return describe(loss, size, constants, count, 1e-12 * spread, ALPHABET)


def _chosen_on_data(
    sent: Distillation, node: Distillation, data: Sequence[Snapshots]
) -> tuple[float, Distillation, Distillation, MessageNetwork]:
    """The rows of the fronts, near their elbows, that describe the accelerations best when put end to end.

    The network that was distilled is only near the truth; the motion itself decides between the formulas near the elbow:
    one front after the other, until none changes.
    """
    both = {"sent": sent, "node": node}
    places = [(side, name, _near(fit)) for side in both for name, fit in both[side].fits.items()]
    best, changed = _length(sent, node, data), True
    while changed:
        changed = False
        for side, name, rows in places:
            for row in rows:
                if row == both[side].fits[name].chosen:
                    continue
                tried = {**both, side: both[side].select(name, row=row)}
                length = _length(tried["sent"], tried["node"], data)
                if length < best - 1e-9:
                    best, both, changed = length, tried, True
    closed, _ = closed_network(list(both["sent"].formulas.values()), list(both["node"].formulas.values()), data)
    return best, both["sent"], both["node"], closed
