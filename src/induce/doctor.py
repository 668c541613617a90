"""What ``induce doctor`` looks at: versions, devices, extras and the cache of compiled kernels, ready to paste."""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

__all__ = ["examine", "report_text"]

EXTRAS = {
    "tables": ("pyarrow", "openpyxl", "polars"),
    "plot": ("matplotlib",),
    "logic": ("clingo", "pysdd"),
    "graphs": ("duckdb", "pyoxigraph"),
    "programs": ("stitch-core",),
    "search": ("optuna",),
    "web": ("fastapi", "uvicorn"),
    "plans": ("unified-planning",),
    "llm": ("httpx", "litellm"),
    "ray": ("ray",),
}
"""Extra to the packages it installs, as in ``pyproject.toml``."""
CORE = (
    "numpy", "scipy", "scikit-learn", "torch", "pandas", "sympy", "rich", "typer", "lark", "safetensors", "networkx", "numba",
    "joblib", "threadpoolctl", "narwhals",
)  # fmt: skip


def examine() -> dict[str, Any]:
    """Everything as plain JSON values; a package that is missing is None."""
    from induce import __version__

    return {
        "induce": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "packages": {name: _version(name) for name in CORE},
        "extras": {extra: {name: _version(name) for name in packages} for extra, packages in EXTRAS.items()},
        "devices": _devices(),
        "kernel_cache": _kernel_cache(),
        "threads": {name: os.environ[name] for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS") if name in os.environ},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _devices() -> list[str]:
    if importlib.util.find_spec("torch") is None:
        return []
    try:
        import torch
    except Exception as error:  # a broken build of torch raises anything
        return [f"torch cannot be imported: {error}"]
    found = ["cpu"]
    if torch.cuda.is_available():
        found += [f"cuda:{k} ({torch.cuda.get_device_name(k)})" for k in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append("mps")
    return found


def _kernel_cache() -> dict[str, Any]:
    """Where numba keeps the compiled kernels, how many there are, and whether more can be written."""
    own = Path(__file__).parent / "algebras" / "__pycache__"
    folder = Path(os.environ["NUMBA_CACHE_DIR"]) if "NUMBA_CACHE_DIR" in os.environ else own
    count = sum(1 for _ in folder.rglob("*.nbc")) if folder.is_dir() else 0
    nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    return {"folder": str(folder), "kernels": count, "writable": os.access(nearest, os.W_OK)}


def report_text(found: dict[str, Any]) -> str:
    """The findings as lines."""
    packages = found["packages"]
    missing = [name for name, seen in packages.items() if seen is None]
    lines = [
        f"induce     {found['induce']}",
        f"python     {found['python']} ({sys.executable})",
        f"platform   {found['platform']}, {found['processors']} processors",
        f"devices    {', '.join(found['devices']) or 'none: torch is not installed'}",
        "packages   " + ", ".join(f"{name} {seen}" for name, seen in packages.items() if seen),
    ]
    if missing:
        lines.append(f"MISSING    {', '.join(missing)}: pip install --upgrade induce")
    for extra, members in found["extras"].items():
        have = [f"{name} {seen}" for name, seen in members.items() if seen]
        lack = [name for name, seen in members.items() if not seen]
        state = ", ".join([*have, *([f"missing {', '.join(lack)}: pip install 'induce[{extra}]'"] if lack else [])])
        label = f"[{extra}]"
        lines.append(f"{label:<11}{state}")
    cache = found["kernel_cache"]
    lines.append(
        f"kernels    {cache['kernels']} compiled, kept in {cache['folder']}"
        + ("" if cache["writable"] else " (NOT WRITABLE: every process compiles them again; set NUMBA_CACHE_DIR)")
    )
    lines += [f"threads    {name}={value}" for name, value in found["threads"].items()]
    return "\n".join(lines)
