"""Tasks and saved programs from files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from induce.errors import DataError, FormatError
from induce.examples import Examples, read_examples
from induce.learners.library.documented import DocumentedLibrary
from induce.learners.library.saving import load_library
from induce.programs.language import examples_of
from induce.programs.saving import load_programs
from induce.synthesis import SynthesisFit
from induce.terms.op import Op

__all__ = ["NamedTask", "file_text", "load", "named_tasks", "read_tasks"]


@dataclass(frozen=True, eq=False)
class NamedTask:
    """Examples with a name.

    Parameters
    ----------
    name : str
    examples : Examples
    """

    name: str
    examples: Examples


def load(path: str | Path, primitives: Iterable[Op] = ()) -> SynthesisFit | DocumentedLibrary:
    """Read what ``fit_.save(path)`` or ``LibraryLearner.save(path)`` wrote: programs for one task, or a library.

    Parameters
    ----------
    path : str or Path
    primitives : iterable of Op
        Operators of one's own that are used, made again by ``primitive``: functions are not saved.

    Raises
    ------
    FormatError
        If the folder is neither, is damaged or newer, or uses an operator whose function is not known.
    """
    if not isinstance(path, str | Path):
        raise FormatError(f"load takes the folder that save() wrote, but got {path!r}. Give its path.")
    if (Path(path) / "library.json").is_file():
        return load_library(path, primitives)
    return load_programs(path, primitives)


def read_tasks(path: str | Path) -> list[NamedTask]:
    """Tasks by example from a file of JSON, or of one JSON object a line.

    Each is ``{"name": ..., "examples": [{"i": input, "o": output}, ...]}``; ``"inputs": [..]`` in place of ``"i"`` gives several
    inputs, and so does ``"i": [..]`` in a file whose tasks have no ``"type"`` and whose inputs are lists of text.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    DataError
        If the file cannot be read, or is no JSON of this form; the line or task is named.
    """
    text = file_text(path, "read_tasks")
    try:
        whole = _value(text, f"'{path}'")
        entries = whole if isinstance(whole, list) else [whole]
    except json.JSONDecodeError:
        entries = []
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                try:
                    entries.append(_value(line, f"line {number} of '{path}'"))
                except json.JSONDecodeError as error:
                    raise DataError(
                        f"line {number} of '{path}' is not JSON: {error.msg} at column {error.colno}."
                    ) from None
    return [_task(entry, number, path) for number, entry in enumerate(entries)]


def file_text(path: Any, reader: str) -> str:
    """The text of a file that a function reads; DataError if it cannot be read."""
    if not isinstance(path, str | Path):
        raise DataError(f"{reader} takes the path of a file, but got {path!r}. Give for example 'tasks.json'.")
    try:
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as problem:
        raise DataError(
            f"'{path}' is not text in UTF-8: byte {problem.start} cannot be read. Save it as UTF-8, or check that it is the right file."
        ) from None
    except (OSError, ValueError) as problem:  # a null character in a path is a ValueError
        why = getattr(problem, "strerror", None) or str(problem)
        raise DataError(f"'{path}' cannot be read: {why}. Give the path of a file of tasks.") from None


def _value(text: str, where: str) -> Any:
    """The value of JSON text; DataError for what is too deep or too long to read."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise DataError(
            f"{where} is nested too deeply. Programs work on lists of numbers, not on deeper ones."
        ) from None
    except ValueError as problem:  # a number of thousands of digits
        raise DataError(f"{where} holds a number that is too long: {problem}. Give a shorter one, or text.") from None


def _task(entry: Any, number: int, path: str | Path) -> NamedTask:
    name = entry.get("name", f"task {number}") if isinstance(entry, dict) else f"task {number}"
    examples = entry.get("examples") if isinstance(entry, dict) else None
    if not isinstance(examples, list) or not all(isinstance(e, dict) and "o" in e for e in examples):
        raise DataError(
            f'task {number} of \'{path}\' has no examples of the form {{"i": ..., "o": ...}}. Write '
            '{"name": "double", "examples": [{"i": 1, "o": 2}]}.'
        )
    missing = next((k for k, e in enumerate(examples) if "i" not in e and "inputs" not in e), None)
    if missing is not None:
        raise DataError(f'example {missing} of task \'{name}\' has no input. Give it as "i", or several as "inputs".')
    several = [e.get("inputs", e.get("i")) for e in examples]
    wide = all("inputs" in e for e in examples) or (
        "type" not in entry
        and all(isinstance(row, list) and all(isinstance(v, str | None) for v in row) and row for row in several)
    )
    odd = next((k for k, row in enumerate(several) if wide and not isinstance(row, list)), None)
    if odd is not None:
        raise DataError(
            f"the \"inputs\" of example {odd} of task '{name}' must be a list of inputs, but got {several[odd]!r}. "
            'Write "inputs": [...], or "i" for one input.'
        )
    rows = [tuple(row) for row in several] if wide else several
    try:
        return NamedTask(str(name), read_examples(rows, [e["o"] for e in examples]))
    except DataError as problem:
        raise DataError(f"task '{name}': {problem}") from None
    except RecursionError:
        raise DataError(
            f"task '{name}' of '{path}' has an example that is nested too deeply. Give flat lists."
        ) from None


def named_tasks(tasks: Any) -> list[NamedTask]:
    """Tasks with their names.

    Raises
    ------
    DataError
        For no tasks, something that is none, or two of one name.
    """
    if isinstance(tasks, str | bytes) or not isinstance(tasks, Iterable):
        raise DataError(
            f"tasks must be a mapping of name to (inputs, outputs), or a list from read_tasks(), but got {tasks!r}."
        )
    pairs = list(tasks.items()) if isinstance(tasks, Mapping) else [(f"task {k}", task) for k, task in enumerate(tasks)]
    found = [_named(str(name), task) for name, task in pairs]
    if not found:
        raise DataError("there are no tasks. Give at least one, as {'double': ([1, 2], [2, 4])}.")
    seen: set[str] = set()
    for task in found:
        if task.name in seen:
            raise DataError(f"two tasks are named '{task.name}'. Give each a name of its own.")
        seen.add(task.name)
    return found


def _named(name: str, task: Any) -> NamedTask:
    if isinstance(task, NamedTask):
        return task
    if isinstance(task, Examples):
        return NamedTask(name, task)
    if not isinstance(task, tuple) or len(task) != 2:
        raise DataError(
            f"task '{name}' must be a pair of inputs and outputs, but got {task!r}. Write ([1, 2], [2, 4])."
        )
    try:
        return NamedTask(name, examples_of(*task))
    except DataError as problem:
        raise DataError(f"task '{name}': {problem}") from None
