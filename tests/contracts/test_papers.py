"""What every page of a published result must do: keep the contract, be short, use public names only."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

from induce.papers import Check, find_paper, run_paper, slugs

FOLDER = Path(__file__).parents[2] / "papers"
SLUGS = slugs(FOLDER)


def test_there_are_pages():
    assert {"boolformer", "kepler", "nguyen"} <= set(SLUGS)


@pytest.mark.parametrize("slug", SLUGS)
class TestPaper:
    def test_it_keeps_the_contract(self, slug):
        page = find_paper(slug, FOLDER)
        assert page.title
        assert page.claim
        assert page.module.__doc__

    def test_it_is_short(self, slug):
        assert len(find_paper(slug, FOLDER).path.read_text().splitlines()) <= 80

    def test_it_uses_public_names_only(self, slug):
        tree = ast.parse(find_paper(slug, FOLDER).path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "induce":
                module = importlib.import_module(node.module)
                public = getattr(module, "__all__", None) or dir(module)
                assert [a.name for a in node.names if a.name not in public] == []
            if isinstance(node, ast.Attribute):
                assert not (node.attr.startswith("_") and not node.attr.startswith("__")), (
                    f"line {node.lineno}: {node.attr}"
                )

    @pytest.mark.slow
    def test_its_small_run_holds(self, slug):
        result = run_paper(slug, folder=FOLDER)
        assert result.holds, str(result)
        assert isinstance(Check(result.figure, result.line, result.holds), Check)
