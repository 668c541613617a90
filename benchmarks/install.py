"""The ``install`` suite: what installing the wheel into an empty environment brings, and whether it runs offline."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.runner import Run, row

_ROOT = Path(__file__).resolve().parent.parent


def _packages(python: Path) -> dict[str, str]:
    done = subprocess.run(
        [python, "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check"],
        capture_output=True,
        text=True,
        check=True,
    )
    pairs = [line.partition("==") for line in done.stdout.split() if "==" in line]
    return {name.lower(): version for name, _, version in pairs if name.lower() not in ("pip", "setuptools", "wheel")}


def _install(python: Path, *what: str) -> None:
    subprocess.run([python, "-m", "pip", "install", "--quiet", *what], check=True, capture_output=True)


@row(
    "wheel without extras, installed with -c constraints.txt: packages on top of torch's own; the CPU torch stays; "
    "a fit runs without a network",
    goal="<= 35",
)
def packages(run: Run) -> tuple[float, bool, str]:
    if run.quick:
        return 0.0, True, "left out of the quick run: it installs torch into a new environment"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(
            [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, _ROOT],
            check=True,
            capture_output=True,
        )
        wheel = next(folder.glob("induce-*.whl"))
        subprocess.run([sys.executable, "-m", "venv", folder / "empty"], check=True)
        python = folder / "empty" / "bin" / "python"
        _install(python, "-c", str(_ROOT / "constraints.txt"), "torch")
        before = _packages(python)
        _install(python, "-c", str(_ROOT / "constraints.txt"), str(wheel))
        after = _packages(python)
        added = sorted(set(after) - set(before) - {"induce"})
        kept = before["torch"] == after["torch"]
        fit = [
            folder / "empty" / "bin" / "induce",
            "fit",
            "shipped:planets",
            "--target",
            "period",
            "--within",
            "5s",
            "--json",
        ]
        offline = ["unshare", "--net", "--map-root-user", *fit] if shutil.which("unshare") else fit
        done = subprocess.run(offline, capture_output=True, text=True, cwd=folder)
        note = f"torch {after['torch']} {'kept' if kept else 'replaced'}; offline fit: exit {done.returncode}; added: {' '.join(added)}"
        return float(len(added)), len(added) <= 35 and kept and done.returncode == 0, note
