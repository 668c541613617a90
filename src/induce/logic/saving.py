"""A logic program on disk: text, JSON and safetensors in a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError

from induce.errors import FormatError, InduceError
from induce.logic.symbols import as_json, from_json

if TYPE_CHECKING:
    from induce.logic.program import LogicProgram

__all__ = ["load_program", "save_program"]

FORMAT = 1
KIND = "induce logic program"


def save_program(program: LogicProgram, path: Any) -> None:
    """Write a program; a folder that exists is replaced file by file."""
    from safetensors.torch import save

    place = Path(path)
    place.mkdir(parents=True, exist_ok=True)

    def rows(columns: Any) -> list[list[Any]]:
        return [[as_json(v) for v in program.symbols.values_of(row)] for row in columns]

    written = sum(s.op.name == "?-" for s in program.term.args)  # these are in the text already
    document = {
        "kind": KIND,
        "format": FORMAT,
        "queries": [str(q) for q in program.queries[: len(program.queries) - written]],
        "over": {n: [as_json(v) for v in values] for n, values in program.over.items()},
        "algebra": program.algebra.name,
        "method": program.method,
        "axes": {n: [[as_json(v) for v in axis] for axis in axes] for n, axes in program.axes.items()},
        "logits": program.logits,
        "strict": program.strict,
        "networks": sorted(program.nets.keys()),
        "facts": {k: rows(c) for k, c in program._tables.items() if k not in program._measured},
        "weighted": {k: [rows(t.columns), t.weights.tolist()] for k, t in program._weighted.items()},
        "measured": {k: [rows(c), np.asarray(v).tolist()] for k, (c, v) in program._measured.items()},
    }
    state = {k: v.detach().cpu().contiguous() for k, v in program.state_dict().items()}
    contents = {
        "program.lp": (str(program.term) + "\n").encode(),
        "program.json": json.dumps(document, indent=1, ensure_ascii=False).encode(),
        "tensors.safetensors": save(state),
    }
    for name, content in contents.items():
        fresh = place / (name + ".new")
        fresh.write_bytes(content)
        fresh.replace(place / name)


def load_program(path: Any, **nets: Any) -> LogicProgram:
    """Read a program that :meth:`LogicProgram.save` wrote; networks are given by name and receive their parameters.

    Raises
    ------
    FormatError
        If the folder is damaged or from a newer version, or a network is missing.
    """
    place = Path(path)
    try:
        return _load(place, nets)
    except InduceError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError, RuntimeError, OSError, SafetensorError) as problem:
        raise FormatError(
            f"'{place}' is no saved logic program: {type(problem).__name__}: {problem}. Save it again with program.save()."
        ) from problem


def _load(place: Path, nets: dict[str, Any]) -> LogicProgram:
    from safetensors.torch import load

    from induce.logic.program import LogicProgram

    try:
        document = json.loads((place / "program.json").read_text(encoding="utf-8"))
        text = (place / "program.lp").read_text(encoding="utf-8")
        state = load((place / "tensors.safetensors").read_bytes())
    except (OSError, ValueError, KeyError) as problem:
        raise FormatError(
            f"'{place}' is no saved logic program: {problem}. Save it again with program.save()."
        ) from problem
    if document.get("kind") != KIND or not isinstance(document.get("format"), int):
        raise FormatError(f"'{place}' holds something else than a logic program. Load it with induce.load().")
    if document["format"] > FORMAT:
        raise FormatError(f"'{place}' was written by a newer version (format {document['format']}). Update induce.")
    missing = [n for n in document["networks"] if n not in nets]
    if missing:
        raise FormatError(f"the program needs the network '{missing[0]}'. Give it: load(path, {missing[0]}=module).")
    program = LogicProgram(
        text,
        query=document["queries"] or None,
        over={n: [from_json(v) for v in values] for n, values in document["over"].items()},
        algebra=algebra_named(document["algebra"]),
        method=document["method"],
        axes={n: [[from_json(v) for v in axis] for axis in axes] for n, axes in document["axes"].items()},
        logits=document["logits"],
        strict=document["strict"],
        **nets,
    )
    _restore(program, document)
    try:
        program.load_state_dict(state)
    except RuntimeError as problem:
        names = ", ".join(document["networks"]) or "none"
        raise FormatError(
            f"the parameters in '{place}' do not fit the networks that were given ({names}). Give modules of the shapes that "
            f"were saved.\n{problem}"
        ) from problem
    return program


def algebra_named(name: str) -> Any:
    """The shipped algebra of a name."""
    from induce.algebras.semirings import named

    return named(name)


def _restore(program: Any, document: Any) -> None:

    for key, rows in document["facts"].items():
        program.facts(key.rpartition("/")[0], [tuple(from_json(v) for v in row) for row in rows])
    for key, (rows, weights) in document["weighted"].items():
        program.facts(
            key.rpartition("/")[0], [tuple(from_json(v) for v in row) for row in rows], weight=np.array(weights)
        )
    for key, (rows, values) in document["measured"].items():
        program.facts(
            key.rpartition("/")[0], [tuple(from_json(v) for v in row) for row in rows], value=np.array(values)
        )
