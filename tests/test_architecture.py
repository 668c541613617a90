"""ARCHITECTURE.md tells the truth: its paths exist, its layers are those of pyproject.toml, and the imports obey them."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {contract["type"]: contract for contract in SETTINGS["tool"]["importlinter"]["contracts"]}
LAYERS = [[name.strip() for name in layer.split("|")] for layer in CONTRACTS["layers"]["layers"]]
PATHS = sorted(
    set(re.findall(r"`((?:src|tests|benchmarks|papers|scripts|docs)/[^`]*|[\w.-]+\.(?:toml|yml|md))`", PAGE))
)


def depth(module: str) -> tuple[int, str] | None:
    """Layer number (0 is the top) and room of a module."""
    for number, layer in enumerate(LAYERS):
        for room in layer:
            if module == room or module.startswith(f"{room}."):
                return number, room
    return None


def imports(path: Path):
    """Every induce module that a file imports, at any depth of the file, except for type checkers only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names if alias.name.split(".")[0] == "induce")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "induce":
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield (
                    node.lineno,
                    whole if (ROOT / "src" / Path(*whole.split("."))).exists() or _is_file(whole) else node.module,
                )


def _is_file(module: str) -> bool:
    return (ROOT / "src" / Path(*module.split("."))).with_suffix(".py").is_file()


@pytest.mark.parametrize("path", PATHS)
def test_every_path_exists(path):
    if not (ROOT / "src" / "induce" / "fill.py").exists():
        pytest.skip("the rooms above the algebras are not all there yet")
    assert (ROOT / path).exists()


def test_the_page_names_many_paths_and_every_module_has_a_row():
    assert len(PATHS) > 30
    for path in (ROOT / "src" / "induce").glob("*.py"):
        assert f"`src/induce/{path.name}`" in PAGE


def test_the_layers_of_the_page_are_those_that_are_checked():
    block = re.search(r"```layers\n(.*?)```", PAGE, re.DOTALL).group(1)
    assert [[name.strip() for name in line.split("|")] for line in block.strip().splitlines()] == LAYERS


@pytest.mark.parametrize(
    "path", sorted((ROOT / "src" / "induce").rglob("*.py")), ids=lambda p: p.relative_to(ROOT / "src").as_posix()
)
def test_imports_point_downwards(path):
    module = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__")
    own = depth(module)
    if own is None:
        assert module in ("induce", "induce.testing"), f"{module} is in no layer"
        return
    for line, name in imports(path):
        other = depth(name)
        if other is not None and other != own:
            assert other[0] > own[0], f"{path.name}:{line}: {module} imports {name}, which is not below it"


@pytest.mark.parametrize("room", CONTRACTS["forbidden"]["source_modules"])
def test_terms_and_errors_import_nothing_heavy(room):
    base = ROOT / "src" / Path(*room.split("."))
    heavy = set(CONTRACTS["forbidden"]["forbidden_modules"])
    for path in [base.with_suffix(".py")] if base.with_suffix(".py").is_file() else base.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert heavy.isdisjoint(name.split(".")[0] for name in names), f"{path}:{getattr(node, 'lineno', 0)}"
