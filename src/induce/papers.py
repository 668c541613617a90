"""Pages that rebuild a published result: finding them, checking their contract, running them.

A page is one file ``papers/<slug>.py`` that imports public names only and has

- ``TITLE`` and ``CLAIM``, text: the publication, and what it says;
- ``small()`` and ``full()``, which run in seconds and in minutes and return a result of any kind;
- ``check(result)``, which returns a :class:`Check`: our figure, the line it must reach, and whether it does.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
import time
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

from induce.errors import DataError, FormatError, did_you_mean

__all__ = ["Check", "PaperPage", "PaperResult", "find_paper", "list_papers", "run_paper", "slugs"]

_NEEDED = ("TITLE", "CLAIM", "small", "full", "check")


@dataclass(frozen=True)
class Check:
    """What a page found: ``figure`` against ``line``, both as text, and whether the line ``holds``."""

    figure: str
    line: str
    holds: bool


@dataclass(frozen=True)
class PaperPage:
    """A page that was found and keeps the contract."""

    slug: str
    title: str
    claim: str
    path: Path
    module: ModuleType


@dataclass(frozen=True)
class PaperResult:
    """One run of a page: its claim, our figure, the line, whether it holds, and the seconds it took."""

    slug: str
    title: str
    claim: str
    figure: str
    line: str
    holds: bool
    seconds: float

    def to_dict(self) -> dict[str, object]:
        """Plain JSON values."""
        return asdict(self)

    def __str__(self) -> str:
        verdict = "holds" if self.holds else "does not hold"
        return (
            f"{self.slug}: {self.title}\n  claim   {self.claim}\n  figure  {self.figure}\n"
            f"  line    {self.line}: {verdict} ({self.seconds:.1f} s)"
        )


def _folders(folder: str | Path | None) -> list[Path]:
    """Where pages may be: the folder asked for, or the current one's ``papers/`` and the installed pages."""
    if folder is not None:
        place = Path(folder)
        if not place.is_dir():
            raise DataError(f"there is no folder '{place}' of papers. Name one that holds files such as nguyen.py.")
        return [place]
    installed = Path(str(files("induce") / "_papers"))
    repository = Path(__file__).resolve().parents[2] / "papers"  # src layout, when installed for editing
    return [place for place in (Path.cwd() / "papers", installed, repository) if place.is_dir()]


def _paths(folder: str | Path | None) -> dict[str, Path]:
    """Slug to file; the first folder that has a slug wins."""
    found: dict[str, Path] = {}
    for place in _folders(folder):
        for path in sorted(place.glob("*.py")):
            if not path.stem.startswith("_"):
                found.setdefault(path.stem.replace("_", "-"), path)
    return dict(sorted(found.items()))


def slugs(folder: str | Path | None = None) -> tuple[str, ...]:
    """Names of all pages, without running their files."""
    return tuple(_paths(folder))


def list_papers(folder: str | Path | None = None) -> tuple[PaperPage, ...]:
    """All pages, by slug.

    Parameters
    ----------
    folder : str or Path, optional
        Where to look; by default ``papers/`` of the current folder, then the pages installed with the library.

    Raises
    ------
    DataError
        If the folder does not exist.
    FormatError
        If a file does not keep the contract.
    """
    return tuple(_page(slug, path) for slug, path in _paths(folder).items())


def find_paper(slug: str, folder: str | Path | None = None) -> PaperPage:
    """The page called ``slug``.

    Raises
    ------
    DataError
        If there is none, with the nearest name.
    """
    known = _paths(folder)
    key = slug.replace("_", "-")
    if key not in known:
        listed = f"There are: {', '.join(known)}." if known else "No papers were found; name their folder."
        raise DataError(f"there is no paper '{slug}'.{did_you_mean(key, known)} {listed}")
    return _page(key, known[key])


def _page(slug: str, path: Path) -> PaperPage:
    name = f"induce_papers_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise FormatError(f"'{path}' cannot be loaded as a Python file. Check its name.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and worker processes look their module up by name
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise FormatError(f"'{path.name}' cannot be imported: {type(error).__name__}: {error}") from error
    _check_contract(path, module)
    return PaperPage(slug, module.TITLE, module.CLAIM, path, module)


def _check_contract(path: Path, module: ModuleType) -> None:
    missing = [name for name in _NEEDED if not hasattr(module, name)]
    if missing:
        raise FormatError(
            f"'{path.name}' has no {', '.join(missing)}. A page needs TITLE, CLAIM, small(), full() and check(result)."
        )
    for name in ("TITLE", "CLAIM"):
        value = getattr(module, name)
        if not isinstance(value, str) or not value.strip():
            raise FormatError(f"{name} of '{path.name}' is {value!r}, but text is needed. Write one sentence.")
    for name, count in (("small", 0), ("full", 0), ("check", 1)):
        value = getattr(module, name)
        if not callable(value):
            raise FormatError(f"{name} of '{path.name}' is {value!r}, but a function is needed.")
        needed = [p for p in inspect.signature(value).parameters.values() if p.default is p.empty]
        if len(needed) != count:
            raise FormatError(
                f"{name} of '{path.name}' takes {len(needed)} arguments, but {count} {'is' if count == 1 else 'are'} given."
            )


def run_paper(slug: str | PaperPage, *, full: bool = False, folder: str | Path | None = None) -> PaperResult:
    """Run a page, small by default, and check its result against its line.

    Raises
    ------
    DataError
        If there is no such page.
    FormatError
        If the page does not keep the contract. Errors inside its run pass through.
    """
    page = slug if isinstance(slug, PaperPage) else find_paper(slug, folder)
    started = time.perf_counter()
    result = page.module.full() if full else page.module.small()
    seconds = time.perf_counter() - started
    check = _as_check(page, page.module.check(result))
    return PaperResult(page.slug, page.title, page.claim, check.figure, check.line, check.holds, seconds)


def _as_check(page: PaperPage, value: Any) -> Check:
    if not isinstance(value, Check):
        raise FormatError(
            f"check of '{page.path.name}' returned {type(value).__name__}, but induce.papers.Check(figure, line, holds) "
            "is needed."
        )
    return Check(str(value.figure), str(value.line), bool(value.holds))
