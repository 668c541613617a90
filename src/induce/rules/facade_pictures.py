"""Pictures of facades of four styles, drawn from their parts, with the boxes of the parts and the symbols behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError
from induce.rules.expert_graph import ExpertGraph

__all__ = ["FACADE_PARTS", "Facades", "facades"]

Array = NDArray[np.float32]
STYLES = {
    "islamic": ("horseshoe arch", "lobed arch", "lattice"),
    "gothic": ("pointed arch", "rose window", "pinnacle"),
    "renaissance": ("round arch", "pediment", "square window"),
    "baroque": ("round arch", "broken pediment", "twisted column"),
}
FACADE_PARTS = tuple(dict.fromkeys(part for parts in STYLES.values() for part in parts))
_GRID = 3
Inside = Callable[[Array, Array], NDArray[np.bool_]]


def _round(u: Array, v: Array) -> NDArray[np.bool_]:
    return (np.abs(u) < 0.6) & ((v > -0.2) | (u**2 + (v + 0.2) ** 2 < 0.36))


def _pointed(u: Array, v: Array) -> NDArray[np.bool_]:
    return (np.abs(u) < 0.55) & ((v > -0.1) | ((np.abs(u) + 0.55) ** 2 + (v + 0.1) ** 2 < 1.1**2))


def _horseshoe(u: Array, v: Array) -> NDArray[np.bool_]:
    return (u**2 + (v + 0.3) ** 2 < 0.62**2) | ((np.abs(u) < 0.36) & (v > -0.2))


def _lobed(u: Array, v: Array) -> NDArray[np.bool_]:
    lobes = [(-0.45, -0.15), (-0.25, -0.5), (0.0, -0.65), (0.25, -0.5), (0.45, -0.15)]
    found = (np.abs(u) < 0.5) & (v > -0.35)
    for x, y in lobes:
        found = found | ((u - x) ** 2 + (v - y) ** 2 < 0.3**2)
    return found


def _lattice(u: Array, v: Array) -> NDArray[np.bool_]:
    bars = (np.abs((u + v) * 2.2 % 1 - 0.5) < 0.2) | (np.abs((u - v) * 2.2 % 1 - 0.5) < 0.2)
    return np.asarray((np.maximum(np.abs(u), np.abs(v)) < 0.85) & bars)


def _rose(u: Array, v: Array) -> NDArray[np.bool_]:
    radius, angle = np.hypot(u, v), np.arctan2(v, u)
    return np.asarray(((radius > 0.7) & (radius < 0.9)) | ((radius < 0.7) & (np.cos(6 * angle) > 0.3)) | (radius < 0.2))


def _pinnacle(u: Array, v: Array) -> NDArray[np.bool_]:
    return (np.abs(u) < 0.3 * (v + 0.95)) & (v < 0.3) | ((np.abs(u) < 0.22) & (v >= 0.3))


def _pediment(u: Array, v: Array) -> NDArray[np.bool_]:
    return (v < 0.45) & (v > 0.9 * np.abs(u) - 0.5)


def _broken(u: Array, v: Array) -> NDArray[np.bool_]:
    return _pediment(u, v) & ((np.abs(u) > 0.32) | (v > 0.3))


def _square(u: Array, v: Array) -> NDArray[np.bool_]:
    return (np.maximum(np.abs(u), np.abs(v)) < 0.7) & (np.minimum(np.abs(u), np.abs(v)) > 0.1)


def _twisted(u: Array, v: Array) -> NDArray[np.bool_]:
    return (np.abs(u + 0.22 * np.sin(9 * v)) < 0.2) | ((np.abs(u) < 0.5) & (np.abs(v) > 0.82))


_SHAPES: dict[str, Inside] = {
    "horseshoe arch": _horseshoe,
    "lobed arch": _lobed,
    "lattice": _lattice,
    "pointed arch": _pointed,
    "rose window": _rose,
    "pinnacle": _pinnacle,
    "round arch": _round,
    "pediment": _pediment,
    "square window": _square,
    "broken pediment": _broken,
    "twisted column": _twisted,
}


def _filled(inside: Inside) -> Inside:
    """The shape stretched to touch all four sides of its box."""
    line = np.linspace(-1, 1, 201, dtype=np.float32)
    there = inside(*np.meshgrid(line, line))
    across, down = line[there.any(0)], line[there.any(1)]

    def stretched(u: Array, v: Array) -> NDArray[np.bool_]:
        wide, high = (across[-1] - across[0]) / 2, (down[-1] - down[0]) / 2
        return inside(u * wide + (across[0] + across[-1]) / 2, v * high + (down[0] + down[-1]) / 2)

    return stretched


@dataclass(frozen=True, eq=False)
class Facades:
    """Pictures and what is in them.

    Parameters
    ----------
    pictures : array of float32, shape (n, 3, size, size)
        From 0 to 1.
    styles : array of str, shape (n,)
    boxes : array of float32, shape (boxes, 4)
        Left, top, right, bottom of each part in pixels.
    part : array of int, shape (boxes,)
        Which part, as its place in :data:`FACADE_PARTS`.
    picture : array of int, shape (boxes,)
        In which picture.
    graph : ExpertGraph
        Which style has which part.
    """

    pictures: Array
    styles: NDArray[np.str_]
    boxes: Array
    part: NDArray[np.int64]
    picture: NDArray[np.int64]
    graph: ExpertGraph

    @property
    def counts(self) -> NDArray[np.int64]:
        """How often each part is in each picture, shape (n, parts)."""
        counts = np.zeros((len(self.pictures), len(FACADE_PARTS)), dtype=np.int64)
        np.add.at(counts, (self.picture, self.part), 1)
        return counts

    def boxes_of(self, picture: int) -> list[tuple[str, tuple[float, float, float, float]]]:
        """Names and boxes of the parts of one picture."""
        own = np.flatnonzero(self.picture == picture)
        return [(FACADE_PARTS[self.part[k]], tuple(map(float, self.boxes[k]))) for k in own]  # type: ignore[misc]

    def to_svg(self, picture: int = 0) -> str:
        """One picture with the boxes of its parts; see :func:`induce.rules.box_drawing.draw_boxes`."""
        from induce.rules.box_drawing import draw_boxes

        found = [(name, 1.0, box) for name, box in self.boxes_of(picture)]
        return draw_boxes(self.pictures[picture], found, title=f"a {self.styles[picture]} facade")

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, rows: slice) -> Facades:
        """Some of the pictures, with their boxes."""
        kept = np.arange(len(self))[rows]
        place = np.full(len(self), -1)
        place[kept] = np.arange(len(kept))
        own = place[self.picture] >= 0
        chosen = place[self.picture[own]]
        return Facades(self.pictures[rows], self.styles[rows], self.boxes[own], self.part[own], chosen, self.graph)

    def __repr__(self) -> str:
        return f"Facades({len(self)} pictures of {self.pictures.shape[2]} pixels, {len(self.boxes)} parts)"


def facades(count: int, *, seed: int = 0, size: int = 96, strays: float = 0.15, noise: float = 0.05) -> Facades:
    """Draw facades: a style, three to six of its parts in a grid with jitter, and stray parts of other styles.

    Parameters
    ----------
    count : int
    seed : int
        The same seed draws the same pictures.
    size : int
        Pixels of a side; a multiple of 4, at least 48.
    strays : float
        Chance that a part is one of any style.
    noise : float
        Standard deviation of the noise of pixels.

    Raises
    ------
    DataError
        For a size that cannot be drawn, or no pictures.

    >>> drawn = facades(20, seed=0)
    >>> drawn.pictures.shape, sorted(set(drawn.styles.tolist()))
    ((20, 3, 96, 96), ['baroque', 'gothic', 'islamic', 'renaissance'])
    """
    if count < 1 or size < 48 or size % 4:
        raise DataError(
            f"facades(count={count}, size={size}) cannot be drawn. Pass at least 1 picture of 48, 52, ... pixels a side."
        )
    rng = np.random.default_rng(seed)
    graph = ExpertGraph.from_any(STYLES).aligned(STYLES, FACADE_PARTS)
    style = rng.integers(0, len(STYLES), count)
    picture, cell, part = _contents(rng, style, graph, strays)
    boxes = _boxes(rng, cell, size)
    wall = rng.uniform(0.45, 0.85, (count, 3)) * rng.uniform(0.85, 1.0, (count, 1))
    pictures = np.broadcast_to(wall[:, :, None, None], (count, 3, size, size)).astype(np.float32).copy()
    paint = (wall[picture] * rng.uniform(0.15, 0.55, (len(picture), 1))).astype(np.float32)
    for kind, name in enumerate(FACADE_PARTS):  # all parts of a kind at once
        _paint(pictures, picture[part == kind], boxes[part == kind], paint[part == kind], _filled(_SHAPES[name]))
    pictures += noise * rng.normal(size=pictures.shape).astype(np.float32)
    styles = np.array(list(STYLES))[style]
    return Facades(np.clip(pictures, 0, 1), styles, boxes, part, picture, graph)


def _contents(rng: np.random.Generator, style: Any, graph: ExpertGraph, strays: float) -> tuple[Any, Any, Any]:
    """Picture, cell and part of every part that is drawn; the first part of a picture is always its style's own."""
    count, cells = len(style), _GRID * _GRID
    order = rng.random((count, cells)).argsort(1)
    taken = np.arange(cells) < rng.integers(3, 7, count)[:, None]
    picture, place = np.nonzero(taken)
    cell = order[picture, place]
    own = np.array([np.flatnonzero(row) for row in graph.matrix])
    unique = graph.matrix & (graph.matrix.sum(0) == 1)
    mark = np.array([np.flatnonzero(row)[:2] for row in unique])
    part = own[style[picture], rng.integers(0, own.shape[1], len(picture))]
    stray = rng.random(len(picture)) < strays
    part = np.where(stray, rng.integers(0, len(graph.parts), len(picture)), part)
    part = np.where(place < 2, mark[style[picture], rng.integers(0, 2, len(picture))], part)  # two that tell the style
    return picture.astype(np.int64), cell, part.astype(np.int64)


def _boxes(rng: np.random.Generator, cell: Any, size: int) -> Array:
    """A box in each cell: sides of 60 to 95 % of the cell, anywhere inside it."""
    side = size / _GRID
    extent = rng.uniform(0.6, 0.95, (len(cell), 2)) * side
    corner = np.stack([cell % _GRID, cell // _GRID], 1) * side + rng.random((len(cell), 2)) * (side - extent)
    return np.concatenate([corner, corner + extent], 1).astype(np.float32)


def _paint(pictures: Array, picture: Any, boxes: Array, paint: Array, inside: Inside) -> None:
    """Paint shapes over pictures, softly at the edge by four samples a pixel."""
    size = pictures.shape[2]
    window = int(np.ceil(size / _GRID)) + 1
    start = np.clip(np.floor(boxes[:, :2]).astype(int), 0, size - window)
    offsets = np.arange(window)
    xs, ys = start[:, 0, None] + offsets, start[:, 1, None] + offsets  # (n, window)
    center, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2
    cover = np.zeros((len(boxes), window, window), dtype=np.float32)
    for dx in (0.25, 0.75):
        for dy in (0.25, 0.75):
            u = ((xs + dx - center[:, :1]) / half[:, :1])[:, None, :].astype(np.float32)
            v = ((ys + dy - center[:, 1:]) / half[:, 1:])[:, :, None].astype(np.float32)
            cover += 0.25 * (inside(*np.broadcast_arrays(u, v)) & (np.abs(u) < 1) & (np.abs(v) < 1))
    rows: Any = (picture[:, None, None], slice(None), ys[:, :, None], xs[:, None, :])
    old = pictures[rows]  # (n, window, window, 3): the slice goes last
    np.add.at(pictures, rows, cover[..., None] * (paint[:, None, None, :] - old))  # windows overlap, shapes do not
