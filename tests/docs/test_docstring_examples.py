"""The documentation's extension gives doctests their heading."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def extension():
    pytest.importorskip("griffe", reason="the documentation's packages are installed by make docs only")
    path = Path(__file__).parents[2] / "scripts" / "docstring_examples.py"
    spec = importlib.util.spec_from_file_location("docstring_examples", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_heading_is_added_once(extension):
    assert (
        extension.with_heading("Sum.\n\n    >>> 1 + 1\n    2")
        == "Sum.\n\n    Examples\n    --------\n    >>> 1 + 1\n    2"
    )
    done = "Sum.\n\nExamples\n--------\n>>> 1"
    assert extension.with_heading(done) == done
    assert extension.with_heading("No example.") == "No example."
