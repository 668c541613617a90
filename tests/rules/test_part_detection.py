"""Detectors of parts: figures of boxes by hand, and from pictures to classes end to end."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from induce.errors import DataError
from induce.nets import Detections
from induce.rules import FACADE_PARTS, PartClassifier, facades, mean_average_precision, train_part_detector
from induce.rules.part_detection import box_overlaps, detect_parts


def found(rows):
    picture, part, confidence, boxes = zip(*rows, strict=True)
    return Detections(
        torch.tensor(picture), torch.tensor(part), torch.tensor(confidence), torch.tensor(boxes, dtype=torch.float32)
    )


A, B, C = (0, 0, 10, 10), (20, 20, 30, 30), (0, 0, 10, 4)


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([(0, 0, 0.9, A), (0, 0, 0.8, B)], 1.0),
        ([(0, 0, 0.9, A)], 0.5),
        ([(0, 0, 0.9, A), (0, 0, 0.8, A), (0, 0, 0.7, B)], 0.5 + 0.5 * 2 / 3),  # a box counts once
        ([(1, 0, 0.9, A), (0, 0, 0.8, A), (0, 0, 0.7, B)], 2 / 3),  # in another picture
        ([(0, 0, 0.9, C), (0, 0, 0.8, B)], 0.25),  # overlaps by 0.4 only
    ],
)
def test_average_precision_by_hand(rows, wanted):
    assert mean_average_precision(found(rows), [0, 0], [0, 0], [A, B])[0] == pytest.approx(wanted)


def test_parts_that_are_nowhere_or_not_found():
    precision = mean_average_precision(found([(0, 2, 0.5, A)]), [0], [0], [A])
    assert precision[0] == 0.0
    assert np.isnan(precision[1:]).all()


@given(st.integers(0, 999))
def test_overlaps_are_symmetric_shares(seed):
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, 8, (5, 2))
    boxes = np.concatenate([corners, corners + rng.integers(1, 5, (5, 2))], 1)
    shares = box_overlaps(boxes, boxes)
    np.testing.assert_allclose(shares, shares.T)
    np.testing.assert_allclose(np.diag(shares), 1.0)
    cells = np.zeros((5, 12, 12), bool)
    for k, (left, top, right, bottom) in enumerate(boxes):
        cells[k, top:bottom, left:right] = True
    flat = cells.reshape(5, -1).astype(int)
    common = flat @ flat.T
    np.testing.assert_allclose(shares, common / (flat.sum(1)[:, None] + flat.sum(1) - common))


@pytest.mark.parametrize(
    ("picture", "part", "boxes", "words"),
    [
        ([0], [0, 1], [A], "there are 1 pictures, 2 parts and boxes of shape (1, 4), but"),
        ([9], [0], [A], "a box names a picture or part that is not there: there are 2 pictures and 2 parts."),
        ([0], [0], [(5, 5, 5, 9)], "box 0 is [5.0, 5.0, 5.0, 9.0], which has no area."),
    ],
)
def test_wrong_boxes_are_said_in_words(picture, part, boxes, words):
    with pytest.raises(DataError, match=re.escape(words)):
        train_part_detector(np.zeros((2, 3, 48, 48)), picture, part, boxes, parts=["a", "b"])


def test_training_is_repeatable_and_pictures_are_checked():
    drawn = facades(20, seed=0, size=48)
    settings = {"parts": FACADE_PARTS, "epochs": 1, "width": 8}
    first, second = (
        train_part_detector(drawn.pictures, drawn.picture, drawn.part, drawn.boxes, **settings) for _ in range(2)
    )
    assert all(
        torch.equal(a, b) for a, b in zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    )
    with pytest.raises(DataError, match="uint8"):
        detect_parts(first, (255 * drawn.pictures).astype(np.uint8))


@pytest.mark.slow
def test_from_pictures_to_styles():
    began = time.process_time()
    drawn, other = facades(800, seed=0), facades(300, seed=1)
    detector = train_part_detector(
        drawn.pictures, drawn.picture, drawn.part, drawn.boxes, parts=FACADE_PARTS, epochs=10
    )
    precision = mean_average_precision(detect_parts(detector, other.pictures), other.picture, other.part, other.boxes)
    assert np.nanmean(precision) >= 0.9
    model = PartClassifier(drawn.graph, detector=detector).fit(drawn.pictures, drawn.styles)
    assert model.score(other.pictures, other.styles) >= 0.95
    assert model.alignment(other.pictures, other.styles).share <= 0.04
    assert time.process_time() - began < 480
