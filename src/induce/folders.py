"""Folders of text and JSON: written whole or not at all, with checksums."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from induce.errors import FormatError

__all__ = ["checked", "digest", "dump", "read_checked", "write_folder"]


KINDS = {"fit.json": "Fit", "library.json": "library"}
"""What a folder is that holds such a file."""


def dump(value: Any) -> str:
    """Plain values as JSON text."""
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)


def digest(content: bytes) -> str:
    """The checksum of a content."""
    return hashlib.sha256(content).hexdigest()


def checked(layout: str, what: str, body: Any) -> bytes:
    """A body as JSON, with its layout, the version that wrote it and its checksum; :func:`read_checked` reads it back."""
    from induce import __version__

    whole = {"format": layout, "induce": __version__, "checksum": digest(dump(body).encode()), what: body}
    return dump(whole).encode()


def read_checked(path: Any, file: str, layout: str, what: str, otherwise: str = "") -> Any:
    """The body that :func:`checked` wrote to a file of a folder.

    Parameters
    ----------
    path : str or Path
        The folder.
    file : str
    layout : str
        A word and a number, such as ``programs 1``.
    what : str
        Key of the body.
    otherwise : str
        What to try with a folder of another kind, as a sentence.

    Raises
    ------
    FormatError
        If the file is missing, of another kind, newer or damaged.
    """
    place, kind = Path(path), layout.split(maxsplit=1)[0]
    if not (place / file).is_file():
        raise FormatError(f"'{place}' holds no {file}. Give the folder that save() wrote.")
    try:
        whole = json.loads((place / file).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise FormatError(f"'{place / file}' is truncated or damaged: {error}. Save it again.") from error
    if not isinstance(whole, dict) or not str(whole.get("format", "")).startswith(f"{kind} "):
        raise FormatError(f"'{place}' holds no {what} of {kind}. {otherwise}".rstrip())
    if whole["format"] != layout:
        raise FormatError(f"'{place}' was written in the layout '{whole['format']}', which is newer. Update induce.")
    if digest(dump(whole[what]).encode()) != whole["checksum"]:
        raise FormatError(f"'{place / file}' was changed after it was saved (its checksum differs). Save it again.")
    return whole[what]


def write_folder(path: str | Path, contents_of: Callable[[], dict[str, bytes]], own: Collection[str]) -> None:
    """Write files (name to content) as a folder, whole or not at all; raises FormatError where that cannot be.

    Files of an earlier folder there whose names are not in ``own`` stay. A folder of another kind is left alone: what reads it
    could take the one for the other.
    """
    place = Path(os.path.abspath(path))  # noqa: PTH100  (a link stays a link)
    place = place.resolve() if place.is_symlink() else place
    _check_place(place, own)
    contents = contents_of()
    made = place.parent / f".{place.name}.{uuid.uuid4().hex[:12]}"
    try:
        made.mkdir(parents=True)
        try:
            for name, content in contents.items():
                (made / name).write_bytes(content)
            _put_in_place(made, place, own)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise FormatError(f"'{place}' cannot be written: {error.strerror or error}. Choose another folder.") from error


def _check_place(place: Path, own: Collection[str]) -> None:
    if place.exists() and not place.is_dir():
        raise FormatError(f"'{place}' is a file, but a Fit is saved as a folder. Give a name that is free.")
    if not place.is_dir() or not any(place.iterdir()):
        return
    for file, kind in KINDS.items():
        if file not in own and (place / file).is_file():
            raise FormatError(f"the folder '{place}' holds a {kind}, so it is left alone. Give a name that is free.")
    if not any(file in own and (place / file).is_file() for file in KINDS):
        what = next((kind for file, kind in KINDS.items() if file in own), "Fit")
        raise FormatError(
            f"the folder '{place}' is not empty and holds no {what}, so it is left alone. Give a name that is free."
        )


def _put_in_place(made: Path, place: Path, own: Collection[str]) -> None:
    """Rename the finished folder to its place; an earlier one goes when the new one is there."""
    if not place.is_dir() or not any(place.iterdir()):
        made.replace(place)
        return
    old = place.with_name(f"{made.name}.old")
    for entry in place.iterdir():
        if entry.name not in own:
            shutil.copytree(entry, made / entry.name) if entry.is_dir() else shutil.copy2(entry, made / entry.name)
    place.replace(old)
    try:
        made.replace(place)
    except OSError:
        old.replace(place)
        raise
    shutil.rmtree(old, ignore_errors=True)
