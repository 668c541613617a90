"""Reports of misattribution: counts by part, class and row, and what they say."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from induce.errors import DataError
from induce.explain import alignment

PARTS, CLASSES = ["arch", "dome"], ["a", "b", "c"]
SIGNS = np.array([[1, -1], [-1, 1], [0, 0]])
VALUES = np.zeros((4, 2, 3))
VALUES[0, :, 0] = [0.3, 0.2]  # a: dome counts for it, which lacks it
VALUES[1, :, 0] = [-0.4, -0.1]  # a: arch counts against it, which has it
VALUES[2, :, 1] = [0.005, 0.3]  # b: below the threshold
VALUES[3, :, 2] = [0.5, -0.5]  # c: nothing is known
REPORT = alignment(VALUES, SIGNS, [0, 0, 1, 2], parts=PARTS, classes=CLASSES)


def test_shares():
    assert REPORT.share == 0.5
    assert REPORT.per_part == {"arch": 0.25, "dome": 0.25}
    assert REPORT.per_class == {"a": 1.0, "b": 0.0, "c": 0.0}
    assert REPORT.rows.tolist() == [1, 0]
    assert REPORT.misattributed.tolist() == [[False, True], [True, False], [False, False], [False, False]]


def test_the_offending_pairs_are_listed():
    assert [(o.part, o.label, o.rows, o.mean, o.says) for o in REPORT.offenses] == [
        ("arch", "a", 1, -0.4, "has"),
        ("dome", "a", 1, -0.2, "lacks"),
    ]
    assert str(REPORT).splitlines() == [
        "50.0% of 4 rows have a part that counts against the graph (by more than 0.01)",
        "  a: 100.0%",
        "  b: 0.0%",
        "  c: 0.0%",
        "  arch counts against a, which has it: 1 row, mean -0.400",
        "  dome counts for a, which lacks it: 1 row, mean -0.200",
    ]
    assert "<td>arch</td>" in REPORT._repr_html_()
    found = json.loads(REPORT.to_json())
    assert found["misattributed"][0] == {"row": 1, "class": "a", "part": "arch", "contribution": -0.4}


def test_a_class_without_rows_has_no_share():
    report = alignment(VALUES[:1], SIGNS, [0], parts=PARTS, classes=CLASSES, threshold=0.25)
    assert report.share == 0.0
    assert np.isnan(report.per_class["b"])
    assert json.loads(report.to_json())["per_class"] == {"a": 0.0, "b": None, "c": None}
    assert alignment(VALUES[:0], SIGNS, [], parts=PARTS, classes=CLASSES).share == 0.0


def test_shapes_are_checked():
    with pytest.raises(DataError, match=re.escape("attributions have shape (4, 2, 3) and signs (2, 3), but")):
        alignment(VALUES, SIGNS.T, [0, 0, 1, 2], parts=PARTS, classes=CLASSES)
