"""Generated pictures whose every pixel has a label of a tree: textures behind, figures in front, the truth kept beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError
from induce.settings import check_whole

__all__ = ["MASK_TREE", "LabeledPictures", "labeled_pictures"]

Array = NDArray[Any]

MASK_TREE: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "texture": {"stripes": ("level", "upright", "slanted"), "dots": ("sparse", "dense", "checked")},
    "figure": {"round": ("disc", "ring", "crescent"), "angular": ("square", "triangle", "cross")},
}
"""The labels: 2 at the top, 4 below them, 12 leaves."""

LEAVES = tuple(leaf for middles in MASK_TREE.values() for leaves in middles.values() for leaf in leaves)
TEXTURES, SIBLINGS = 6, 3
FIGURES = 5
"""Most figures of a picture; every one is there with probability 0.8."""
_GRAIN = 0.08
"""Standard deviation of the noise of the pixels."""


@dataclass(frozen=True, eq=False)
class LabeledPictures:
    """Pictures, the labels of their pixels, and what they were drawn from.

    Parameters
    ----------
    images : array of float32, shape (pictures, 3, size, size)
        Between 0 and 1.
    labels : array of int64, shape (pictures, size, size)
        Leaves as they are annotated, by their place in ``leaves``; wrong for some things where noise was asked for. The
        upper levels of :attr:`annotations` are right.
    truth : array of int64, shape (pictures, size, size)
        The true leaves.
    things : mapping of str to array, shape (pictures, 2 + figures, ...)
        What is drawn, back to front: two textures, then figures. ``leaf`` (true) and ``annotated``, ``center`` (x, y),
        ``radius``, ``angle``, ``color`` and ``present``; for the textures, ``angle`` is that of the border between them.
    """

    images: Array
    labels: Array
    truth: Array
    things: Mapping[str, Array]

    @property
    def leaves(self) -> tuple[str, ...]:
        """Names of the leaves, in the order of the labels."""
        return LEAVES

    @property
    def tree(self) -> Mapping[str, Any]:
        """The label tree, as :class:`induce.rules.Hierarchy` reads it."""
        return MASK_TREE

    @property
    def annotations(self) -> Array:
        """Labels of all levels as they are annotated, shape (pictures, 3, size, size), as places among the tree's nodes.

        The top and middle ones are right; the leaf may be a wrong one, even of another parent.
        """
        middle = self.truth // SIBLINGS
        tops, middles = len(MASK_TREE), len(LEAVES) // SIBLINGS
        return np.stack([middle // 2, tops + middle, tops + middles + self.labels], axis=1)

    def __len__(self) -> int:
        return len(self.images)

    def facts(self) -> list[tuple[int, int, str]]:
        """The truth as tuples: picture, thing (back to front), leaf."""
        where = np.argwhere(self.things["present"])
        return [(int(i), int(k), LEAVES[self.things["leaf"][i, k]]) for i, k in where]

    def to_svg(self, index: int = 0) -> str:
        """One picture as a drawing, each thing with its true leaf as a title.

        Raises
        ------
        DataError
            If there is no such picture.
        """
        if not -len(self) <= index < len(self):
            raise DataError(f"there is no picture {index}: there are {len(self)}. Use 0 to {len(self) - 1}.")
        size = self.images.shape[-1]
        things = {name: column[index] for name, column in self.things.items()}
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" role="img">',
            f"<title>{escape('Picture of ' + ', '.join(LEAVES[k] for k in things['leaf'][things['present']]))}</title>",
        ]
        parts += [_drawn(things, k, size) for k in range(len(things["leaf"])) if things["present"][k]]
        return "\n".join([*parts, "</svg>"])


def labeled_pictures(
    pictures: int, *, noise: float = 0.0, mistaken_for: str = "any", size: int = 64, seed: int = 0
) -> LabeledPictures:
    """Pictures of two textures and up to five figures, with a leaf of a three-level tree for every pixel.

    Shape and texture alone decide the leaf; color, place, size and turn are drawn at random.

    Parameters
    ----------
    pictures : int
    noise : float
        Share of the things whose annotated leaf is a wrong one; their upper labels stay right.
    mistaken_for : {"any", "sibling"}
        Whether wrong leaves are drawn among all others, or among those of the same parent.
    size : int
        Width and height in pixels.
    seed : int

    Raises
    ------
    DataError
        For a number of pictures or a share that cannot be.

    >>> made = labeled_pictures(4, seed=1)
    >>> made.images.shape, made.labels.shape, made.leaves[made.truth[0, 0, 0]] in made.leaves
    ((4, 3, 64, 64), (4, 64, 64), True)
    """
    check_whole("pictures", pictures, hint="Try 50.")
    if not 0 <= noise < 1:
        raise DataError(
            f"noise must be a share from 0 to below 1, but it is {noise!r}. 0.2 mistakes one thing in five."
        )
    if mistaken_for not in ("any", "sibling"):
        raise DataError(f"mistaken_for must be 'any' or 'sibling', but it is {mistaken_for!r}. 'any' is usual.")
    if not isinstance(size, int | np.integer) or size < 16:
        raise DataError(f"size must be a whole number of at least 16 pixels, but it is {size!r}. 64 is usual.")
    rng = np.random.default_rng(seed)
    things = _things(int(pictures), noise, mistaken_for, size, rng)
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    images = np.empty((pictures, 3, size, size), dtype=np.float32)
    drawn = np.empty((pictures, size, size), dtype=np.int64)  # which thing is seen
    for begin in range(0, pictures, 64):  # bounds the memory
        some = slice(begin, begin + 64)
        part = {name: column[some] for name, column in things.items()}
        images[some], drawn[some] = _draw(part, columns, rows, size)
    images += _GRAIN * rng.standard_normal(images.shape, dtype=np.float32)
    each = np.arange(pictures)[:, None, None]
    return LabeledPictures(np.clip(images, 0, 1), things["annotated"][each, drawn], things["leaf"][each, drawn], things)


def _things(pictures: int, noise: float, mistaken_for: str, size: int, rng: np.random.Generator) -> dict[str, Array]:
    """What every picture is drawn from: two textures, then figures, back to front."""
    shape = (pictures, 2 + FIGURES)
    leaf = np.where(
        np.arange(shape[1]) < 2, rng.integers(0, TEXTURES, shape), rng.integers(TEXTURES, len(LEAVES), shape)
    )
    present = (rng.random(shape) < 0.8) | (np.arange(shape[1]) < 2)
    color = rng.uniform(0.2, 0.5, (*shape, 3)) + np.where(np.arange(shape[1]) < 2, 0.0, 0.3)[:, None]
    mistaken = rng.random(shape) < noise
    if mistaken_for == "sibling":
        moved = leaf // SIBLINGS * SIBLINGS + (leaf + rng.integers(1, SIBLINGS, shape)) % SIBLINGS
    else:
        moved = (leaf + rng.integers(1, len(LEAVES), shape)) % len(LEAVES)
    return {
        "leaf": leaf,
        "annotated": np.where(mistaken, moved, leaf),
        "present": present,
        "center": rng.uniform(0.15, 0.85, (*shape, 2)) * size,
        "radius": rng.uniform(0.11, 0.19, shape) * size,
        "angle": rng.uniform(0, 2 * math.pi, shape),
        "color": color,
        "second": color + 0.3,
        "phase": rng.uniform(0, 8, (*shape, 2)),
    }


def _draw(things: Mapping[str, Array], x: Array, y: Array, size: int) -> tuple[Array, Array]:
    """Pictures without grain, and the thing seen at every pixel."""
    pictures, slots = things["leaf"].shape
    images = np.zeros((pictures, 3, size, size), dtype=np.float32)
    seen = np.zeros((pictures, size, size), dtype=np.int64)
    for k in range(slots):
        one = {name: column[:, k, ..., None, None] for name, column in things.items()}
        one = {name: column.astype(np.float32) if column.dtype.kind == "f" else column for name, column in one.items()}
        dx, dy = x - one["center"][:, 0], y - one["center"][:, 1]
        cosine, sine = np.cos(one["angle"]), np.sin(one["angle"])
        u, v = dx * cosine + dy * sine, dy * cosine - dx * sine
        if k < 2:
            light = _texture(one["leaf"], x + one["phase"][:, 0], y + one["phase"][:, 1])
            color = np.where(light[:, None], one["color"], one["second"])
            cover = np.ones_like(u) if k == 0 else np.clip(0.5 - u, 0, 1)
        else:
            color = one["color"]
            cover = np.clip(0.5 - _distance(one["leaf"] - TEXTURES, u, v, one["radius"]), 0, 1)
        cover = cover * one["present"]
        images += cover[:, None] * (color - images)
        seen = np.where(cover > 0.5, k, seen)
    return images, seen


def _texture(leaf: Array, x: Array, y: Array) -> NDArray[np.bool_]:
    """Where the second color of a texture shows, shape (pictures, size, size)."""
    patterns = (
        y % 6 < 3,
        x % 6 < 3,
        (x + y) % 8 < 4,
        np.hypot(x % 8 - 4, y % 8 - 4) < 2,
        np.hypot(x % 4 - 2, y % 4 - 2) < 1.3,
        (x // 4 + y // 4) % 2 == 0,
    )
    return np.asarray(
        np.select([np.broadcast_to(leaf == k, pattern.shape) for k, pattern in enumerate(patterns)], patterns)
    )


def _distance(kind: Array, u: Array, v: Array, radius: Array) -> Array:
    """Signed distance to the border of a figure, in pixels; negative inside (a lower bound near corners)."""
    far, across, up = np.hypot(u, v), np.abs(u), np.abs(v)
    third, bite = 0.36 * radius, np.hypot(u - 0.7 * radius, v)
    sides = [u * math.cos(turn) + v * math.sin(turn) for turn in (0.0, 2 * math.pi / 3, 4 * math.pi / 3)]
    shapes = (
        far - radius,
        np.abs(far - 0.75 * radius) - 0.3 * radius,
        np.maximum(far - radius, 0.8 * radius - bite),
        np.maximum(across, up) - 0.85 * radius,
        np.maximum.reduce(sides) - 0.6 * radius,
        np.minimum(np.maximum(across - third, up - radius), np.maximum(across - radius, up - third)),
    )
    return np.asarray(np.select([np.broadcast_to(kind == k, shape.shape) for k, shape in enumerate(shapes)], shapes))


def _drawn(things: Mapping[str, Array], k: int, size: int) -> str:
    """One thing as an element of SVG; textures are drawn as their mean color, the border between them as a line."""
    leaf, radius = LEAVES[things["leaf"][k]], float(things["radius"][k])
    x, y = (float(c) for c in things["center"][k])
    mean = things["color"][k] if k >= 2 else (things["color"][k] + things["second"][k]) / 2
    fill = "#" + "".join(f"{round(255 * float(c)):02x}" for c in mean)
    place = f"translate({x:.1f} {y:.1f}) rotate({math.degrees(float(things['angle'][k])):.1f})"
    shape = f'<circle r="{radius:.1f}"/>'
    if k == 0:
        return f'<rect width="{size}" height="{size}" fill="{fill}"><title>{leaf}</title></rect>'
    if k == 1:
        shape = f'<rect x="{-3 * size}" y="{-3 * size}" width="{3 * size}" height="{6 * size}"/>'
    elif leaf == "ring":
        shape = f'<circle r="{0.75 * radius:.1f}" fill="none" stroke="{fill}" stroke-width="{0.6 * radius:.1f}"/>'
    elif leaf == "crescent":  # both circles meet where u = 0.607 radius
        u, v = 0.607 * radius, 0.795 * radius
        shape = f'<path d="M{u:.1f} {v:.1f} A{radius:.1f} {radius:.1f} 0 1 1 {u:.1f} {-v:.1f} A{0.8 * radius:.1f} {0.8 * radius:.1f} 0 1 0 {u:.1f} {v:.1f} Z"/>'
    elif leaf == "square":
        half = 0.85 * radius
        shape = f'<rect x="{-half:.1f}" y="{-half:.1f}" width="{2 * half:.1f}" height="{2 * half:.1f}"/>'
    elif leaf == "triangle":
        inner = 0.6 * radius
        shape = (
            f'<polygon points="{inner:.1f},{1.732 * inner:.1f} {inner:.1f},{-1.732 * inner:.1f} {-2 * inner:.1f},0"/>'
        )
    elif leaf == "cross":
        w = 0.36 * radius
        arms = [
            f'<rect x="{-a:.1f}" y="{-b:.1f}" width="{2 * a:.1f}" height="{2 * b:.1f}"/>'
            for a, b in ((w, radius), (radius, w))
        ]
        shape = "".join(arms)
    return f'<g transform="{place}" fill="{fill}"><title>{leaf}</title>{shape}</g>'
