"""The public names stay what they are, whatever else was imported."""

from __future__ import annotations

import subprocess
import sys


def run(code):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_fill_is_the_function_before_and_after_its_module_is_imported():
    code = "import induce; a = induce.fill; import induce.fill; from induce.fill import fill; print(a is induce.fill is fill)"
    assert run(code) == "True\n"


def test_every_public_name_loads_and_is_listed():
    assert (
        run("import induce; print(all(getattr(induce, n) is not None for n in dir(induce)), len(dir(induce)) <= 22)")
        == "True True\n"
    )


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, induce; print({'torch', 'sklearn', 'sympy', 'pandas', 'numpy', 'numba'} & set(sys.modules))"
    assert run(code) == "set()\n"


def test_searching_a_space_loads_nothing_heavy():
    code = (
        "import sys, induce; induce.tune({'a': induce.hole.integer(1, 9)}, lambda made: made['a'], within='20 trials'); "
        "print({'torch', 'sklearn', 'scipy', 'sympy', 'pandas', 'numba', 'joblib'} & set(sys.modules))"
    )
    assert run(code) == "set()\n"
