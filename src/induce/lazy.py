"""Names of a package that are loaded when they are first used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["lazy_names"]


def lazy_names(package: str, home: Mapping[str, str]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package whose names wait in its modules.

    Parameters
    ----------
    package : str
        ``__name__`` of the package.
    home : mapping of public name to the module that holds it
        ``"module"`` of the package or ``"induce.module"``; ``"module:name"`` where the name differs there.

    >>> lazy_names("induce", {"Term": "terms"})("Term").__name__
    'Term'
    """

    def load(name: str) -> Any:
        if name in home:
            module, _, attribute = home[name].partition(":")
            whole = module if module.startswith("induce.") else f"{package}.{module}"
            return getattr(import_module(whole), attribute or name)
        raise AttributeError(f"module '{package}' has no attribute '{name}'. It has: {', '.join(sorted(home))}.")

    return load
