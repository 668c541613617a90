"""Facades: the same seed the same pictures, boxes around what is drawn, truth in symbols, drawings."""

from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as ET
import zlib

import numpy as np
import pytest

from induce.errors import DataError
from induce.rules import FACADE_PARTS, facades
from induce.rules.box_drawing import draw_boxes, png

DRAWN = facades(60, seed=3, noise=0.0)


def test_the_same_seed_draws_the_same():
    again = facades(60, seed=3, noise=0.0)
    assert (again.pictures == DRAWN.pictures).all()
    assert (again.boxes == DRAWN.boxes).all()
    assert not (facades(60, seed=4, noise=0.0).pictures == DRAWN.pictures).all()


def test_shapes_and_ranges():
    assert DRAWN.pictures.shape == (60, 3, 96, 96)
    assert DRAWN.pictures.dtype == np.float32
    assert DRAWN.pictures.min() >= 0
    assert DRAWN.pictures.max() <= 1
    assert DRAWN.boxes.min() >= 0
    assert DRAWN.boxes.max() <= 96
    assert repr(DRAWN) == f"Facades(60 pictures of 96 pixels, {len(DRAWN.boxes)} parts)"


def test_parts_are_inside_their_boxes_and_fill_them():
    """Outside of all boxes is plain wall; inside each box paint touches all four sides, to two pixels."""
    wall = DRAWN.pictures.max(axis=(2, 3), keepdims=True)
    painted = (DRAWN.pictures < wall - 0.05).any(1)
    covered = np.zeros_like(painted)
    for picture, (left, top, right, bottom) in zip(DRAWN.picture, DRAWN.boxes, strict=True):
        x0, y0, x1, y1 = int(left), int(top), int(np.ceil(right)), int(np.ceil(bottom))
        covered[picture, y0:y1, x0:x1] = True
        inside = painted[picture, y0:y1, x0:x1]
        rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
        assert rows[0] <= 2
        assert len(inside) - 1 - rows[-1] <= 2
        assert columns[0] <= 2
        assert inside.shape[1] - 1 - columns[-1] <= 2
    assert not (painted & ~covered).any()


def test_the_symbols_tell_the_style():
    own = DRAWN.graph.matrix & (DRAWN.graph.matrix.sum(0) == 1)
    places = np.array([DRAWN.graph.classes.index(style) for style in DRAWN.styles])
    assert ((DRAWN.counts * own[places]).sum(1) >= 2).all()
    assert DRAWN.counts.sum() == len(DRAWN.boxes)
    assert (
        facades(100, strays=0.0).counts
        * ~DRAWN.graph.matrix[[DRAWN.graph.classes.index(s) for s in facades(100, strays=0.0).styles]]
    ).sum() == 0


def test_some_of_the_pictures():
    part = DRAWN[10:20]
    assert len(part) == 10
    assert part.boxes_of(0) == DRAWN.boxes_of(10)
    assert (part.counts == DRAWN.counts[10:20]).all()


@pytest.mark.parametrize("settings", [{"count": 0}, {"count": 1, "size": 50}, {"count": 1, "size": 40}])
def test_what_cannot_be_drawn(settings):
    with pytest.raises(
        DataError, match=re.escape("cannot be drawn. Pass at least 1 picture of 48, 52, ... pixels a side.")
    ):
        facades(**settings)


def test_the_drawing_holds_the_picture_and_names_the_boxes():
    root = ET.fromstring(DRAWN.to_svg(5))
    name = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f"{name}rect")) == len(DRAWN.boxes_of(5))
    assert root.find(f"{name}title").text == f"a {DRAWN.styles[5]} facade"
    assert all(part in root.find(f"{name}desc").text for part, _ in DRAWN.boxes_of(5))
    data = base64.b64decode(root.find(f"{name}image").get("href").partition(",")[2])
    assert data == png(DRAWN.pictures[5])
    lines = np.frombuffer(zlib.decompress(data[data.index(b"IDAT") + 4 : -16]), np.uint8).reshape(96, 1 + 3 * 96)
    np.testing.assert_array_equal(lines[:, 1:].reshape(96, 96, 3), np.round(255 * DRAWN.pictures[5]).transpose(1, 2, 0))
    assert "<desc>no parts</desc>" in draw_boxes(np.zeros((1, 4, 4)), [])
    with pytest.raises(
        DataError, match=re.escape("the picture has shape (4, 4), but (1 or 3, height, width) is needed.")
    ):
        png(np.zeros((4, 4)))
    assert len(FACADE_PARTS) == 11
