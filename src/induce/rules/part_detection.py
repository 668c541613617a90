"""Training a detector of parts on boxes, and how good its boxes are."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from induce.errors import DataError
from induce.nets.part_detector import Detections, PartDetector
from induce.nets.pictures import channels_of, check_pictures

__all__ = ["box_overlaps", "detect_parts", "mean_average_precision", "train_part_detector"]

Array = NDArray[np.float64]
_BATCH = 32


def train_part_detector(
    pictures: Any, picture: Any, part: Any, boxes: Any, *, parts: Any, epochs: int = 12, width: int = 32, seed: int = 0
) -> PartDetector:
    """Train a :class:`~induce.nets.PartDetector` on pictures with boxes.

    Parameters
    ----------
    pictures : array or tensor, shape (n, channels, height, width)
    picture, part : array of int, shape (boxes,)
        In which picture a box is, and around which part.
    boxes : array, shape (boxes, 4)
        Left, top, right, bottom in pixels.
    parts : sequence of str
    epochs, width : int
    seed : int

    Raises
    ------
    DataError
        For pictures or boxes that do not fit.
    """
    given = check_pictures(pictures)
    where, what = (torch.as_tensor(np.asarray(v), dtype=torch.int64) for v in (picture, part))
    sides = torch.as_tensor(np.asarray(boxes), dtype=torch.float32)
    _check_boxes(given, where, what, sides, len(parts))
    order = torch.argsort(where, stable=True)
    where, what, sides = where[order], what[order], sides[order]
    first = torch.searchsorted(where, torch.arange(len(given) + 1))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        detector = PartDetector(parts, given.shape[1], width)
        optimizer = torch.optim.AdamW(detector.parameters(), lr=1e-3, weight_decay=1e-4)
        total = epochs * -(-len(given) // _BATCH) + 1
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=8e-3, total_steps=total)
        for _ in range(epochs):
            for rows in torch.randperm(len(given)).split(_BATCH):  # type: ignore[no-untyped-call]
                counts = first[rows + 1] - first[rows]
                own = torch.repeat_interleave(first[rows] - torch.cumsum(counts, 0) + counts, counts) + torch.arange(
                    int(counts.sum())
                )
                loss = detector.loss(
                    given[rows], torch.repeat_interleave(torch.arange(len(rows)), counts), what[own], sides[own]
                )
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step()
    return detector.eval()


def _check_boxes(
    pictures: torch.Tensor, picture: torch.Tensor, part: torch.Tensor, boxes: torch.Tensor, parts: int
) -> None:
    count = len(boxes)
    if boxes.shape != (count, 4) or len(picture) != count or len(part) != count or not count:
        raise DataError(
            f"there are {len(picture)} pictures, {len(part)} parts and boxes of shape {tuple(boxes.shape)}, but one picture, one part and "
            "four sides are needed for each box."
        )
    if int(picture.min()) < 0 or int(picture.max()) >= len(pictures) or int(part.min()) < 0 or int(part.max()) >= parts:
        raise DataError(
            f"a box names a picture or part that is not there: there are {len(pictures)} pictures and {parts} parts."
        )
    wrong = torch.nonzero(~((boxes[:, 2:] > boxes[:, :2]).all(1)))
    if len(wrong):
        k = int(wrong[0, 0])
        raise DataError(f"box {k} is {boxes[k].tolist()}, which has no area. Give left, top, right, bottom in pixels.")


def detect_parts(detector: PartDetector, pictures: Any, *, least: float = 0.1) -> Detections:
    """All parts that a detector finds, in evaluation mode and in batches; see :meth:`PartDetector.detect`."""
    given = check_pictures(pictures, channels_of(detector))
    detector.eval()
    found = [(k, detector.detect(given[k : k + 64], least=least)) for k in range(0, len(given), 64)]
    return Detections(
        torch.cat([d.picture + k for k, d in found]),
        *(torch.cat([getattr(d, name) for _, d in found]) for name in ("part", "confidence", "boxes")),
    )


def box_overlaps(left: Any, right: Any) -> Array:
    """Intersection over union of boxes, shape (n, 4) and (m, 4) -> (n, m).

    >>> box_overlaps([[0, 0, 2, 2]], [[0, 0, 2, 1], [5, 5, 6, 6]])
    array([[0.5, 0. ]])
    """
    a, b = np.asarray(left, dtype=np.float64)[:, None], np.asarray(right, dtype=np.float64)[None]
    common = np.prod(np.clip(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0, None), axis=-1)
    areas = [np.prod(np.clip(box[..., 2:] - box[..., :2], 0, None), axis=-1) for box in (a, b)]
    union = areas[0] + areas[1] - common
    return np.asarray(np.divide(common, union, out=np.zeros_like(common), where=union > 0))


def mean_average_precision(found: Detections, picture: Any, part: Any, boxes: Any, *, overlap: float = 0.5) -> Array:
    """Average precision of each part: the area under its precision over recall; its mean over parts is the usual figure.

    A detection is right where the box it overlaps most, of the same part and picture, overlaps by at least ``overlap`` and
    was not claimed by a surer one. Precision is made monotone before the area is taken.

    Parameters
    ----------
    found : Detections
    picture, part : array of int, shape (boxes,)
    boxes : array, shape (boxes, 4)
    overlap : float

    Returns
    -------
    array, shape (parts,)
        NaN for a part that is nowhere; as many parts as the largest number names.

    References
    ----------
    M. Everingham et al. (2010), The PASCAL Visual Object Classes (VOC) Challenge.
    """
    where, what, sides = np.asarray(picture), np.asarray(part), np.asarray(boxes)
    claimed, kind = found.picture.numpy(), found.part.numpy()
    sure, own = found.confidence.numpy(), found.boxes.numpy()
    parts = int(max(what.max(initial=-1), kind.max(initial=-1))) + 1
    return np.array(
        [
            _average_precision(
                sure[kind == p], claimed[kind == p], own[kind == p], where[what == p], sides[what == p], overlap
            )
            for p in range(parts)
        ]
    )


def _average_precision(sure: Any, claimed: Any, own: Any, where: Any, sides: Any, overlap: float) -> float:
    if not len(where):
        return float("nan")
    order = np.argsort(-sure, kind="stable")
    if not len(order):
        return 0.0
    overlaps = box_overlaps(own[order], sides) * (claimed[order][:, None] == where[None])
    best = overlaps.argmax(1)
    good = overlaps[np.arange(len(order)), best] >= overlap
    claims = np.where(good, best, -1)
    first = np.zeros(len(order), dtype=bool)
    first[np.unique(claims, return_index=True)[1]] = True  # the surest claim of each box
    right = np.cumsum(good & first)
    precision = right / np.arange(1, len(order) + 1)
    recall = np.concatenate([[0.0], right / len(where)])
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall) * envelope).sum())
