"""A Fit as a folder, and back: text, JSON and safetensors, so that it can be read by a person and never runs code.

The folder holds

- ``fit.json``: format version, rows as exact s-expressions and exact floats, what the search said, checksums;
- ``language.json``: the operators;
- ``tensors.safetensors``: parameters of net holes, when there are any;
- ``formula.txt`` and ``README.md``: for people; the second may be edited;
- ``formula.py``, ``formula.tex`` and ``formula.sql``: the chosen formula for other programs, where it can be written so.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from induce.errors import AlgebraError, ExportError, FormatError, InduceError, did_you_mean
from induce.fit import Baseline, Fit, Row
from induce.folders import digest, dump, write_folder
from induce.terms.language import Language
from induce.terms.op import HOLE
from induce.terms.parse import parse_sexpr
from induce.terms.show import to_sexpr
from induce.terms.sort import BOOL, parse_sort
from induce.terms.term import Term

__all__ = ["FORMAT", "load", "save"]

FORMAT = 1
"""Version of the folder's layout; a folder with a larger one is refused."""
_EXPORTS = {"formula.py": "python", "formula.tex": "latex", "formula.sql": "sql"}
_OWN = (
    "fit.json",
    "language.json",
    "formula.txt",
    "program.txt",
    "program.py",
    "README.md",
    "tensors.safetensors",
    *_EXPORTS,
)
_ROW_FIELDS = ("size", "loss", "r2", "held_out", "description_length", "source", "found_at", "defined")


def _plain(value: Any) -> Any:
    """The value as JSON that keeps every bit: numbers that JSON lacks become ``{"float": "nan"}``."""
    if hasattr(value, "item") and not isinstance(value, str | bytes):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    raise FormatError(f"a value of type {type(value).__name__} ({value!r}) cannot be saved. Use numbers and text.")


def _from_plain(entry: dict[str, Any]) -> Any:
    return float(entry["float"]) if entry.keys() == {"float"} else entry


def save(fit: Fit, path: str | Path) -> None:
    """Write a Fit as a folder; :func:`load` reads it back.

    The folder appears whole or not at all. An earlier Fit there is replaced (files of others in it stay); another folder
    that is not empty is refused.

    Parameters
    ----------
    fit : Fit
    path : str or Path

    Raises
    ------
    FormatError
        If the place cannot be written to, or the Fit holds something that is neither number, text nor tensor.

    >>> import induce, tempfile
    >>> fit = induce.fill(induce.arithmetic.parse("?k * x"), ({"x": [1, 2, 3, 4, 5]}, [2, 4, 6, 8, 10]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(fit, folder + "/doubled")
    ...     load(folder + "/doubled").predict({"x": [6.0]})
    array([12.])
    """
    write_folder(path, lambda: _contents(fit), _OWN)


def _contents(fit: Fit) -> dict[str, bytes]:
    """Name to content of every file."""
    from induce import __version__

    files = {"language.json": dump(_plain(fit.language.to_dict())), "formula.txt": _formula_text(fit)}
    found = {name: text.encode() for name, text in files.items()}
    if fit.modules:
        found["tensors.safetensors"] = _tensors(fit.modules)
    body = _body(fit)
    checksums = {name: digest(content) for name, content in found.items()}
    whole = {
        "format": FORMAT,
        "induce": __version__,
        "files": checksums,
        "checksum": digest(dump([checksums, body]).encode()),
        "fit": body,
    }
    found["fit.json"] = dump(whole).encode()
    found["README.md"] = _card(fit, __version__).encode()
    for name, kind in _EXPORTS.items():
        with suppress(ExportError):  # nets and operators of one's own have no form there
            found[name] = (fit.export(kind).rstrip("\n") + "\n").encode()
    return found


def _body(fit: Fit) -> dict[str, Any]:
    nets = {n.name: n for row in fit.rows for n in (*row.term.holes, *row.sketch.holes) if n.hole.kind == "net"}
    body: dict[str, Any] = _plain(
        {
            "rows": [
                {
                    "term": to_sexpr(row.term, language=fit.language),
                    "sketch": to_sexpr(row.sketch, language=fit.language),
                    "values": row.values,
                    "errors": row.errors,
                    **{name: getattr(row, name) for name in _ROW_FIELDS},
                }
                for row in fit.rows
            ],
            "chosen": fit.chosen,
            "reason": fit.reason,
            "stopped": fit.stopped,
            "names": fit.names,
            "units": fit.units,
            "target": fit.target,
            "target_unit": fit.target_unit,
            "history": fit.history,
            "report": fit.report,
            "notes": fit.notes,
            "baselines": [{"name": b.name, "loss": b.loss, "r2": b.r2, "held_out": b.held_out} for b in fit.baselines],
            "nets": {name: {"sort": str(n.sort), "domain": n.hole.domain} for name, n in nets.items()},
        }
    )
    return body


def _formula_text(fit: Fit) -> str:
    unit = f" [{fit.target_unit}]" if fit.target_unit else ""
    return f"{fit.target}{unit} = {fit.to_text()}\n"


def _tensors(modules: Mapping[str, Any]) -> bytes:
    from safetensors.torch import save as to_bytes

    flat = {
        f"{name}.{key}": tensor.detach().cpu().clone().contiguous()
        for name, module in modules.items()
        for key, tensor in module.state_dict().items()
    }
    return bytes(to_bytes(flat))


def _card(fit: Fit, version: str) -> str:
    columns = ", ".join(f"`{n}` [{fit.units[n]}]" if n in fit.units else f"`{n}`" for n in fit.names)
    nets = ""
    if fit.modules:
        given = ", ".join(f'"{name}": {name}' for name in fit.modules)
        nets = f", modules={{{given}}}"
    return (
        f"# A formula for {fit.target}\n\nFound by induce {version} from the columns {columns}.\n\n"
        f"```\n{fit}\n```\n\n## Use it\n\n"
        f'```python\nimport induce\n\nfit = induce.load("FOLDER"{nets})   # this folder\n'
        "fit.predict(table)              # a data frame or a mapping with these columns\nfit.select(size=5).best\n```\n\n"
        "From the command line: `induce show FOLDER`, `induce predict FOLDER TABLE`, `induce export FOLDER --to latex`.\n\n"
        "`fit.json` and `language.json` are checked when the folder is read; this page may be edited.\n"
    )


def load(
    path: str | Path,
    ops: Mapping[str, Callable[..., Any]] | None = None,
    modules: Mapping[str, Any] | None = None,
) -> Fit:
    """Read a Fit that :func:`save` wrote. Predictions are those of the saved one, bit for bit.

    Parameters
    ----------
    path : str or Path
    ops : mapping of operator name to function, optional
        What operators of your own mean, ``function(xp, *values)`` with ``xp`` numpy or torch; functions are not saved.
    modules : mapping of net hole name to torch module, optional
        Modules of the same shape as the saved ones; their parameters are filled in.

    Raises
    ------
    FormatError
        If the folder is missing, damaged, changed or newer than this library, or holds operators or nets that were not
        given.
    """
    place = Path(path)
    whole = _read_whole(place)
    try:
        return _rebuild(place, whole, ops or {}, modules or {})
    except (FormatError, AlgebraError):
        raise
    except (InduceError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise FormatError(f"'{place / 'fit.json'}' cannot be understood: {error}. Save the Fit again.") from error


_ELSEWHERE = {"rules": "induce.rules.load", "programs": "induce.programs.load"}


def _read_whole(place: Path) -> dict[str, Any]:
    """The content of ``fit.json``, when it and the files beside it are as they were written."""
    if not place.exists():
        near = did_you_mean(place.name, [e.name for e in place.parent.iterdir()]) if place.parent.is_dir() else ""
        raise FormatError(f"there is no folder '{place}'.{near} Check the path.")
    path = place / "fit.json"
    if not path.is_file():
        raise FormatError(f"'{place}' is not a saved Fit: it holds no fit.json. Name a folder that Fit.save() wrote.")
    whole = read_json(path)
    kind = str(whole.get("format", "")).split(" ")[0] if isinstance(whole, dict) else ""
    if kind in _ELSEWHERE:
        raise FormatError(f"'{path}' is not a saved Fit: it holds {kind}. Read it by {_ELSEWHERE[kind]}.")
    if not isinstance(whole, dict) or not isinstance(whole.get("format"), int) or "fit" not in whole:
        raise FormatError(f"'{path}' is not a saved Fit: it states no format. Name a folder that Fit.save() wrote.")
    if whole["format"] > FORMAT:
        raise FormatError(
            f"'{place}' has format {whole['format']}, written by induce {whole.get('induce')}, but this version reads up to "
            f"format {FORMAT}. Update it: pip install -U induce."
        )
    checksums = whole.get("files")
    if not isinstance(checksums, dict) or whole.get("checksum") != digest(
        dump([checksums, _plain(whole["fit"])]).encode()
    ):
        raise FormatError(f"'{path}' was changed after it was saved (its checksum differs). Save the Fit again.")
    for name, expected in checksums.items():
        if name not in _OWN or not (place / name).is_file():
            raise FormatError(
                f"'{place}' is incomplete: '{name}' is missing. Copy the whole folder, or save the Fit again."
            )
        if digest((place / name).read_bytes()) != expected:
            raise FormatError(
                f"'{place / name}' is truncated or was changed (its checksum differs). Save the Fit again."
            )
    return whole


def read_json(path: Path) -> Any:
    """The values of a JSON file; raises FormatError if it is damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"), object_hook=_from_plain)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"'{path}' is truncated or damaged: {error}. Save the Fit again.") from error


def _rebuild(place: Path, whole: dict[str, Any], ops: Mapping[str, Any], modules: Mapping[str, Any]) -> Fit:
    body = whole["fit"]
    language = _language(read_json(place / "language.json"))
    _register(language, ops)
    nets = {name: _net(name, spec) for name, spec in body["nets"].items()}
    rows = tuple(
        Row(
            term=parse_sexpr(language, row["term"], names=nets),
            sketch=parse_sexpr(language, row["sketch"], names=nets),
            values=row["values"],
            errors=row["errors"],
            **{name: row[name] for name in _ROW_FIELDS},
        )
        for row in body["rows"]
    )
    _check_meanings(rows, ops)
    return Fit(
        rows=rows,
        chosen=int(body["chosen"]),
        reason=body["reason"],
        stopped=body["stopped"],
        language=language,
        names=tuple(body["names"]),
        units=body["units"],
        target=body["target"],
        target_unit=body["target_unit"],
        history=tuple((a, b, c) for a, b, c in body["history"]),
        report=body["report"],
        notes=tuple(body["notes"]),
        baselines=tuple(Baseline(**entry) for entry in body["baselines"]),
        modules=_filled(place, nets, modules),
    )


def _language(data: dict[str, Any]) -> Language:
    """The language, or the shipped one when it is that."""
    from induce.terms import arithmetic, boolean

    for shipped in (arithmetic, boolean):
        if shipped.to_dict() == data:
            return shipped
    return Language.from_dict(data)


def _register(language: Language, ops: Mapping[str, Any]) -> None:
    from induce.algebras import BOOLEAN, REAL, register

    for name, meaning in ops.items():
        if name not in language:
            raise FormatError(f"ops names '{name}', which the saved language does not have. {language.unknown(name)}")
        op = language[name]
        register(op, BOOLEAN if op.result is BOOL else REAL, meaning)


def _check_meanings(rows: tuple[Row, ...], ops: Mapping[str, Any]) -> None:
    from induce.algebras import BOOLEAN, REAL, meaning_of

    for op in dict.fromkeys(node.op for row in rows for node in row.term.postorder()):
        if op.notation.kind == "special":
            continue
        try:
            meaning_of(op, BOOLEAN if op.result is BOOL else REAL)
        except AlgebraError:
            raise FormatError(
                f"the formulas use the operator '{op}', whose function is not saved. Give it: load(path, ops={{'{op}': function}})."
            ) from None


def _net(name: str, spec: Mapping[str, Any]) -> Term:
    from induce.terms.hole import Hole

    sort = parse_sort(spec["sort"])
    return Term(HOLE, (), Hole("net", name, sort, domain=tuple(spec["domain"])), sort)


def _filled(place: Path, nets: Mapping[str, Term], modules: Mapping[str, Any]) -> dict[str, Any]:
    """The given modules with the saved parameters."""
    if not nets:
        return {}
    missing = [name for name in nets if name not in modules]
    if missing:
        given = ", ".join(f"'{name}': module" for name in nets)
        raise FormatError(
            f"the net '{missing[0]}' needs its module, which is not saved. Give it: load(path, modules={{{given}}})."
        )
    from safetensors.torch import load as from_bytes

    from induce.terms import hole

    flat = from_bytes((place / "tensors.safetensors").read_bytes())
    for name, term in nets.items():
        own = {key.removeprefix(f"{name}."): t for key, t in flat.items() if key.startswith(f"{name}.")}
        try:
            modules[name].load_state_dict(own)
        except RuntimeError as error:
            reason = " ".join(str(error).split())
            raise FormatError(
                f"the module given for the net '{name}' has another shape than the saved one: {reason}"
            ) from error
        if hole.module_of(term) is None:
            hole.net(modules[name], over=term.hole.domain or None, name=name, sort=term.sort)
    return {name: modules[name] for name in nets}
