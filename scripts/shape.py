"""Shape limits of the source, checked by ``make check``: one line per place that breaks one; exit code 1 if any does.

Limits: 400 lines a module, 60 lines a function (docstring not counted), 12 parameters, no file name that says nothing, no
star import, no print outside the command, no bare except, no raise without text, no forbidden dependency, and a
docstring for everything public outside of benchmarks and papers.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

MODULE_LINES = 400
FUNCTION_LINES = 60
PARAMETERS = 12
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}
FORBIDDEN = {"torchvision", "torchaudio", "torchmetrics", "lightning", "pytorch_lightning"}
PRINTERS = {"cli.py"}
UNDOCUMENTED = {"benchmarks", "papers"}  # their functions are rows and contracts, described by text beside them

Function = ast.FunctionDef | ast.AsyncFunctionDef


def breaches(path: Path) -> Iterator[str]:
    """Every place in a file that breaks a limit, as ``path:line: what``."""
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    if lines > MODULE_LINES:
        yield f"{path}:1: {lines} lines (limit {MODULE_LINES})"
    if path.stem in EMPTY_NAMES:
        yield f"{path}:1: the file name '{path.stem}' says nothing"
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(r"#\s*(TODO|FIXME|XXX)\b", line):
            yield f"{path}:{number}: work left open"
    tree = ast.parse(text, str(path))
    if not ast.get_docstring(tree):
        yield f"{path}:1: the module has no docstring"
    for node in ast.walk(tree):
        for what in _of_node(node, path):
            yield f"{path}:{getattr(node, 'lineno', 1)}: {what}"
    if UNDOCUMENTED.intersection(path.parts):
        return
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node):
            yield f"{path}:{node.lineno}: public '{node.name}' has no docstring"


def _of_node(node: ast.AST, path: Path) -> Iterator[str]:
    if isinstance(node, Function):
        yield from _of_function(node)
    elif isinstance(node, ast.ImportFrom):
        if any(alias.name == "*" for alias in node.names):
            yield "star import"
        if (node.module or "").split(".")[0] in FORBIDDEN:
            yield f"forbidden dependency {node.module}"
    elif isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name.split(".")[0] in FORBIDDEN:
                yield f"forbidden dependency {alias.name}"
    elif isinstance(node, ast.Raise):
        if isinstance(node.exc, ast.Call) and not node.exc.args and not node.exc.keywords:
            yield "raises without text"
        elif isinstance(node.exc, ast.Name) and node.exc.id[:1].isupper() and node.exc.id != "StopIteration":
            yield f"raises {node.exc.id} without text"
    elif isinstance(node, ast.ExceptHandler) and node.type is None:
        yield "bare except"
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
        if path.name not in PRINTERS:
            yield "print"


def _of_function(node: Function) -> Iterator[str]:
    docstring = ast.get_docstring(node, clean=False)
    length = (node.end_lineno or node.lineno) - node.lineno + 1 - (docstring.count("\n") + 1 if docstring else 0)
    if length > FUNCTION_LINES:
        yield f"'{node.name}' has {length} lines (limit {FUNCTION_LINES})"
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    count = sum(1 for argument in arguments if argument.arg not in ("self", "cls"))
    # the options of a command are its function's parameters; a user names the few that are wanted
    command = any(isinstance(d, ast.Call) and getattr(d.func, "attr", "") == "command" for d in node.decorator_list)
    if count > PARAMETERS and not command:
        yield f"'{node.name}' takes {count} parameters (limit {PARAMETERS})"


def main(folders: list[str]) -> int:
    """Check every Python file below the folders (``src`` by default)."""
    found = [
        line for folder in folders or ["src"] for path in sorted(Path(folder).rglob("*.py")) for line in breaches(path)
    ]
    sys.stdout.write("".join(f"{line}\n" for line in found) or "shape: nothing over the limits\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
