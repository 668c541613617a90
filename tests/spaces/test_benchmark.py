"""The rows of the benchmark that are quick enough run here too, and peers are asked for the same thing."""

from __future__ import annotations

import pytest

from benchmarks import spaces
from benchmarks.runner import rows_of


def test_the_suite_has_its_rows():
    assert len(rows_of("spaces")) == 7


@pytest.mark.parametrize("measure", [spaces.many_samples, spaces.exact_counts], ids=lambda row: row.goal)
def test_quick_rows_hold(measure):
    assert measure(quick=True).holds


def test_the_forests_of_the_cost_rows_are_built_and_worth_something():
    found = spaces.forests()
    assert len(found.table) == 3
    assert {spaces.worth(found.build(point)) for point in found.samples(5, 0)}


def test_the_27_networks_are_networks():
    found = spaces.small_networks()
    assert found.size == 27
    assert len({str(found.build(point)) for point in found.enumerate()}) == 27
