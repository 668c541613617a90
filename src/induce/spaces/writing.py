"""Spaces as JSON text. Functions and classes are written by name and given again when the text is read; nothing is evaluated."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any

from induce.errors import FormatError, InduceError, SpaceError
from induce.spaces.parts import Call, called, fields_of, is_estimator, is_space
from induce.spaces.searchable import Space
from induce.terms import arithmetic, boolean, hole
from induce.terms.hole import Hole, is_anonymous
from induce.terms.op import HOLE
from induce.terms.term import Term
from induce.terms.values import Values

__all__ = ["from_json", "from_node", "to_json", "to_node"]

FORMAT, VERSION = "induce.space", 1


def to_json(found: Space) -> str:
    """The space as text."""
    return json.dumps({"format": FORMAT, "version": VERSION, **to_node(found)}, indent=1)


def from_json(text: str, names: Mapping[str, Any] | None = None) -> Space:
    """The space of a text that :meth:`Space.to_json` wrote.

    Parameters
    ----------
    text : str
    names : mapping of str to function or class
        What the text names: by its name, or by ``module:name`` where two share one.

    Raises
    ------
    FormatError
        If the text is no space, or a name in it is not given.

    >>> from induce import hole, space
    >>> from_json(space(dict, a=hole.choice([1, 2])).to_json(), {"dict": dict}).size
    2
    """
    if not isinstance(text, str):
        raise FormatError(
            f"a space is read from text, but got {text!r}. Give what space.to_json() or space.save() wrote."
        )
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"the text is no JSON: {error}. Give what space.to_json() or space.save() wrote.") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FormatError("the text is JSON, but not a space. Give what space.to_json() or space.save() wrote.")
    if document.get("version") != VERSION:
        raise FormatError(
            f"the space was written in version {document.get('version')} of the format; this induce reads version {VERSION}. "
            "Update induce."
        )
    return from_node(document, names)


def to_node(found: Space) -> dict[str, Any]:
    """The root and the holes of a space as plain JSON values."""
    writer = _Writer()
    root = writer.node(found.root, "the root")
    return {"root": root, "holes": writer.holes, "fixed": found.fixed}


def from_node(document: Mapping[str, Any], names: Mapping[str, Any] | None = None) -> Space:
    """The space of what :func:`to_node` gave."""
    try:
        root = _Reader(document["holes"], dict(names or {})).value(document["root"])
        return Space(root).held({str(name): float(entry) for name, entry in document["fixed"].items()})
    except SpaceError as error:
        raise FormatError(f"the space is damaged: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
        if isinstance(error, InduceError):
            raise
        raise FormatError(f"the space is damaged: {type(error).__name__}: {error}. Save it again.") from error


class _Writer:
    def __init__(self) -> None:
        self.holes: dict[str, Any] = {}
        self.written: dict[Term, str] = {}
        self.functions: dict[str, Any] = {}

    def node(self, value: Any, where: str) -> Any:
        value = value.root if is_space(value) else value
        if value is None or isinstance(value, bool | str) or type(value) is int:
            return value
        if type(value) is float:
            return value if math.isfinite(value) else {"float": repr(value)}
        if isinstance(value, Term):
            return {"hole": self._hole(value, where)} if value.op is HOLE else _term(value, where)
        if type(value) is list:
            return [self.node(item, f"{where}[{k}]") for k, item in enumerate(value)]
        if type(value) is tuple:
            return {"tuple": [self.node(item, f"{where}[{k}]") for k, item in enumerate(value)]}
        if type(value) is dict:
            items = [[self.node(k, where), self.node(v, f"{where}.{k}")] for k, v in value.items()]
            return {"dict": items}
        if isinstance(value, Call):
            return self._call(value.function, value.args, value.kwargs, where)
        if is_estimator(value):
            return self._call(type(value), (), value.get_params(deep=False), where)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self._call(type(value), (), fields_of(value), where)
        if called(value) and hasattr(value, "__qualname__"):
            return {"name": self._name(value)}
        raise FormatError(
            f"{where} is a {type(value).__name__}, which cannot be written as JSON. Give a function that makes it: "
            "space(function, ...)."
        )

    def _call(self, function: Any, args: Any, kwargs: dict[str, Any], where: str) -> dict[str, Any]:
        return {
            "call": self._name(function),
            "args": [self.node(a, f"{where}[{k}]") for k, a in enumerate(args)],
            "kwargs": {k: self.node(v, f"{where}.{k}") for k, v in kwargs.items()},
        }

    def _name(self, function: Any) -> str:
        name = f"{function.__module__}:{function.__qualname__}"
        if self.functions.setdefault(name, function) is not function:
            raise FormatError(
                f"two functions are called '{name}', so neither can be given again. Give them names of their own."
            )
        return name

    def _hole(self, term: Term, where: str) -> str:
        if term in self.written:
            return self.written[term]
        spec: Hole = term.hole
        name = f"_{len(self.written)}" if is_anonymous(term) else term.name
        self.written[term] = name
        node: dict[str, Any] = {"kind": spec.kind}
        if spec.kind in ("integer", "real"):
            node |= {"low": spec.low, "high": spec.high, "log": spec.log}
        elif spec.kind in ("choice", "values", "subset") and isinstance(spec.options, tuple | Values):
            node["options"] = [self.node(option, f"option {k} of '{name}'") for k, option in enumerate(spec.options)]
            node |= {"prior": list(spec.prior), "count": list(spec.count)}
        else:
            raise FormatError(
                f"the hole at {where} is filled from a grammar or a net, which cannot be written as JSON. Save its terms instead."
            )
        self.holes[name] = node
        return name


def _term(term: Term, where: str) -> dict[str, str]:
    from induce.terms.show import to_text

    for language in (arithmetic, boolean):
        text = to_text(term, language=language)
        try:
            if language.parse(text) is term:
                return {"term": text, "language": language.name}
        except InduceError:
            continue
    raise FormatError(f"the term '{term}' at {where} cannot be read back from text. Give a function that makes it.")


class _Reader:
    def __init__(self, holes: Mapping[str, Any], names: dict[str, Any]) -> None:
        self.holes, self.names = holes, names
        self.made: dict[str, Term] = {}
        self.open: set[str] = set()

    def value(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self.value(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "hole" in node:
            return self._hole(node["hole"])
        if "tuple" in node:
            return tuple(self.value(item) for item in node["tuple"])
        if "dict" in node:
            return {self.value(k): self.value(v) for k, v in node["dict"]}
        if "float" in node:
            return float(node["float"])
        if "name" in node:
            return self._function(node["name"])
        if "term" in node:
            return {"arithmetic": arithmetic, "boolean": boolean}[node["language"]].parse(node["term"])
        args = tuple(self.value(a) for a in node["args"])
        return Call(self._function(node["call"]), args, {k: self.value(v) for k, v in node["kwargs"].items()})

    def _function(self, name: str) -> Any:
        short = name.rpartition(":")[2]
        for key in (name, short):
            if key in self.names:
                return self.names[key]
        raise FormatError(
            f"the space calls '{name}', which is not saved. Give it: names={{'{short}': {short.rpartition('.')[2]}}}."
        )

    def _hole(self, name: str) -> Term:
        if name in self.open:
            raise FormatError(f"the space is damaged: an option of the hole '{name}' holds that hole. Save it again.")
        if name not in self.made:
            self.open.add(name)
            node = self.holes[name]
            kept = None if name[:1] == "_" and name[1:].isdigit() else name
            kind = node["kind"]
            if kind == "integer":
                made = hole.integer(int(node["low"]), int(node["high"]), name=kept, log=node["log"])
            elif kind == "real":
                made = hole.real(kept, within=(node["low"], node["high"]), log=node["log"])
            elif kind == "subset":
                made = hole.subset(self.value(node["options"]), tuple(node["count"]), name=kept)
            else:
                made = hole.choice(self.value(node["options"]), name=kept, prior=node["prior"] or None)
            self.made[name] = made
            self.open.discard(name)
        return self.made[name]
