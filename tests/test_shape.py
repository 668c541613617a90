"""scripts/shape.py finds each breach it names, and nothing in clean code."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "shape.py"


@pytest.fixture(scope="module")
def shape():
    spec = importlib.util.spec_from_file_location("shape_script", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("a.py", "from os import *\n", ":2: star import"),
        ("a.py", "print(1)\n", ":2: print"),
        ("a.py", "raise ValueError()\n", ":2: raises without text"),
        ("a.py", "raise ValueError\n", ":2: raises ValueError without text"),
        ("a.py", "try:\n    x = 1\nexcept:\n    x = 2\n", ":4: bare except"),
        ("a.py", "import torchvision.models\n", ":2: forbidden dependency torchvision.models"),
        ("a.py", "def f():\n    return 1\n", ":2: public 'f' has no docstring"),
        ("a.py", f"def _f({', '.join(f'a{i}' for i in range(13))}):\n    return 1\n", "takes 13 parameters (limit 12)"),
        ("a.py", "def _f():\n" + "    x = 1\n" * 61, "'_f' has 62 lines (limit 60)"),
        ("a.py", "x = 1\n" * 401, ":1: 402 lines (limit 400)"),
        ("utils.py", "", ":1: the file name 'utils' says nothing"),
        ("a.py", "# TO" + "DO later\n", ":2: work left open"),
    ],
)
def test_each_breach_is_found(shape, tmp_path, name, body, words):
    path = tmp_path / name
    path.write_text('"""A module."""\n' + body)
    assert any(words in line for line in shape.breaches(path))


def test_clean_code_has_none_and_the_exit_code_says_so(shape, tmp_path, capsys):
    (tmp_path / "a.py").write_text('"""A module."""\n\n\ndef f(x):\n    """The same."""\n    return x\n')
    assert shape.main([str(tmp_path)]) == 0
    (tmp_path / "b.py").write_text("x = 1\n")
    assert shape.main([str(tmp_path)]) == 1
    assert "b.py:1: the module has no docstring" in capsys.readouterr().out
