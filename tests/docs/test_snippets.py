"""Every Python snippet of the README and the documentation runs, in order, file by file, in an empty folder."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import induce.formulas
from induce.cli import app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(page: Path) -> list[tuple[int, str]]:
    """Line number and code of each Python block."""
    text = page.read_text(encoding="utf-8")
    return [(text[: match.start(1)].count("\n"), match.group(1)) for match in BLOCK.finditer(text)]


def copy_data(folder: Path) -> None:
    """The tables and programs that the pages name."""
    for file in (ROOT / "docs" / "data").iterdir():
        if file.suffix != ".md":
            shutil.copy(file, folder)


def marked(page: Path):
    """A page that searches for long is slow; the README is not excused."""
    name = page.relative_to(ROOT).as_posix()
    searches = any(call in code for call in ("FormulaRegressor(", "discover(") for _, code in blocks(page))
    marks = [pytest.mark.slow] if searches and name != "README.md" else []
    if any('backend="ray"' in code for _, code in blocks(page)):  # an extra, with warnings of its own
        absent = importlib.util.find_spec("ray") is None
        marks += [pytest.mark.skipif(absent, reason="needs ray"), pytest.mark.filterwarnings("ignore")]
    return pytest.param(page, id=name, marks=marks)


@pytest.mark.parametrize("page", [marked(page) for page in PAGES if blocks(page)])
def test_the_snippets_run(page, tmp_path, monkeypatch):
    if any("FormulaRegressor" in code for _, code in blocks(page)) and not hasattr(induce.formulas, "FormulaRegressor"):
        pytest.skip("FormulaRegressor is not there yet")
    copy_data(tmp_path)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "__main__"}
    for line, code in blocks(page):
        exec(compile("\n" * line + code, str(page), "exec"), names)


def commands() -> list[str]:
    """Every ``induce logic`` line of the pages."""
    lines = [line for page in PAGES for line in page.read_text(encoding="utf-8").splitlines()]
    return list(dict.fromkeys(line for line in lines if line.startswith("induce logic ") and ".lp" in line))


@pytest.mark.parametrize("line", commands())
def test_the_logic_commands_run(line, tmp_path, monkeypatch):
    copy_data(tmp_path)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, shlex.split(line)[1:])
    assert result.exit_code == 0, result.output
    assert "sea" in result.output or "way" in result.output


def test_there_are_snippets_and_the_readme_has_the_first_program():
    assert sum(len(blocks(page)) for page in PAGES) >= 15
    assert "model = FormulaRegressor(" in blocks(PAGES[0])[0][1]


def test_every_page_is_in_the_navigation():
    listed = set(re.findall(r": (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE))
    pages = {page.relative_to(ROOT / "docs").as_posix() for page in PAGES[1:]} - {"data/README.md"}
    assert listed == pages


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
