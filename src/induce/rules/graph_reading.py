"""Reading which class has which part: from pairs, mappings, tables, CSV, JSON, RDF, networkx and programs of rules."""

from __future__ import annotations

import csv
import json
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from induce.errors import DataError, RuleError, did_you_mean
from induce.logic import evaluate
from induce.terms.term import Term

__all__ = ["Pairs", "read_pairs"]

Pairs = list[tuple[str | None, str | None]]
"""Pairs (class, part); None beside a class without parts, or beside a part that no class has."""
_CLASS = frozenset(
    "category class concept entity from group kind label object parent source species style subject type whole".split()
)
_PART = frozenset(
    "attribute child component concept element feature has object part property target to trait value".split()
)
"""Words by which headers of pairs say what is below them."""
_TRUE, _FALSE = {"1", "1.0", "true", "yes", "x"}, {"0", "0.0", "false", "no", "", "-1"}
_RDF = {".ttl": "TURTLE", ".nt": "N_TRIPLES", ".rdf": "RDF_XML", ".owl": "RDF_XML"}
_KINDS = (".csv", ".tsv", ".json", ".pl", ".lp", *_RDF)


def read_pairs(source: Any, relation: str | None = None) -> tuple[Pairs, str]:
    """The pairs (class, part) of any common source, and the name of the relation.

    Parameters
    ----------
    source : path, mapping, iterable of pairs, data frame, networkx graph, or Term
        See :meth:`induce.rules.ExpertGraph.from_any`.
    relation : str, optional
        Which relation to read where a source holds several; what to call it where it has no name.

    Raises
    ------
    DataError
        For a source that holds no such pairs; says where.

    >>> read_pairs({"gothic": ["pointed arch"]})
    ([('gothic', None), ('gothic', 'pointed arch')], 'has_part')
    """
    if isinstance(source, Term):
        return _from_program(str(source), relation)
    if isinstance(source, str | Path):
        return _from_file(Path(source), relation)
    if hasattr(source, "edges") and hasattr(source, "nodes"):
        return _from_networkx(source, relation)
    if hasattr(source, "columns") or hasattr(source, "column_names"):
        return _from_frame(source), relation or "has_part"
    if isinstance(source, Mapping):
        return _from_mapping(source, relation)
    if isinstance(source, Iterable):
        return _checked(source, "the pairs"), relation or "has_part"
    raise DataError(
        f"a {type(source).__name__} cannot be read as an expert graph. Pass a mapping of class to parts, pairs, or a file."
    )


def _checked(pairs: Iterable[Any], what: str) -> Pairs:
    found: Pairs = []
    for place, pair in enumerate(pairs):
        if isinstance(pair, str) or not hasattr(pair, "__len__") or len(pair) != 2:
            raise DataError(f"entry {place} of {what} is {pair!r}, but a pair (class, part) is needed.")
        for kind, value in zip(("class", "part"), pair, strict=True):
            if value is None or type(value).__name__ == "NAType" or value != value:
                raise DataError(f"entry {place} of {what} has no {kind}. Name it, or leave the entry out.")
        found.append((str(pair[0]).strip(), str(pair[1]).strip()))
    return found


def _from_mapping(source: Mapping[Any, Any], relation: str | None) -> tuple[Pairs, str]:
    inner = [name for name, value in source.items() if isinstance(value, Mapping)]
    if inner and len(inner) == len(source):
        name = _chosen(relation, inner, "the mapping")
        source = source[name]
    else:
        name = relation or "has_part"
    pairs: Pairs = []
    for of, parts in source.items():
        if isinstance(parts, str) or not isinstance(parts, Iterable):
            raise DataError(f"class '{of}' has {parts!r}, but a list of parts is needed. Write {{'{of}': [...]}}.")
        pairs += [(str(of), None), *_checked([(of, part) for part in parts], f"class '{of}'")]
    return pairs, name


def _chosen(relation: str | None, names: list[str], where: str) -> str:
    """The relation that was asked for, or the only one."""
    if relation in names:
        return str(relation)
    if len(names) == 1 and relation is None:
        return names[0]
    if relation is None:
        raise DataError(f"{where} holds several relations: {', '.join(sorted(names))}. Choose one by relation=...")
    raise DataError(
        f"{where} has no relation '{relation}'.{did_you_mean(relation, names)} It holds: {', '.join(sorted(names))}."
    )


def _from_frame(frame: Any) -> Pairs:
    import narwhals as nw

    table = nw.from_native(frame, eager_only=True)
    names = [str(name) for name in table.columns]
    nameless = [k for k, (of, *_) in enumerate(table.rows()) if of is None or of != of]
    if nameless:
        raise DataError(f"entry {nameless[0]} of the table has no class. Name it, or leave the entry out.")
    rows = [[str(cell) for cell in row] for row in table.rows()]
    index = getattr(frame, "index", None)
    classes = [] if index is None else [str(name) for name in index]
    named = index is not None and list(index) != list(range(len(rows)))
    marks = bool(rows) and all(cell.strip().lower() in _TRUE | _FALSE for row in rows for cell in row)
    if marks and (named or len(names) > 1):
        if not named:
            raise DataError(
                f"the first column, '{names[0]}', has marks such as {rows[0][0]!r}, but names of classes were expected. Put the "
                "classes in the first column, or in the index of a pandas frame."
            )
        names, rows = ["class", *names], [[of, *row] for of, row in zip(classes, rows, strict=True)]
    paired = [name.strip().lower() for name in names] == ["class", "part"]
    if len(names) > 2 or (
        len(names) == 2 and not paired and {row[1].strip().lower() for row in rows} <= _TRUE | _FALSE
    ):
        return _from_matrix(names[1:], rows, "row {} of the table", 0)
    if len(names) < 2:
        raise DataError(
            f"the table has {len(names)} columns ({', '.join(names)}), but two are needed: class and part, or a column of classes "
            "and one of 0 and 1 for each part."
        )
    return _checked(table.rows(), "the table")


def _from_networkx(graph: Any, relation: str | None) -> tuple[Pairs, str]:
    if not graph.is_directed():
        raise DataError(
            "the graph has no directions, so classes and parts look alike. Pass a DiGraph from class to part."
        )
    edges = [(str(a), str(b), data.get("relation")) for a, b, data in graph.edges(data=True)]
    kinds = {str(node): data.get("kind") for node, data in graph.nodes(data=True)}
    alone: Pairs = [(node, None) for node, kind in kinds.items() if kind == "class"]
    alone += [(None, node) for node, kind in kinds.items() if kind == "part"]
    named = sorted({str(r) for _, _, r in edges if r is not None})
    if not named:
        return [*alone, *((a, b) for a, b, _ in edges)], relation or "has_part"
    name = _chosen(relation, named, "the graph")
    return [*alone, *((a, b) for a, b, r in edges if r == name)], name


def _from_program(text: str, relation: str | None) -> tuple[Pairs, str]:
    """What a program of rules derives, facts included."""
    derived = evaluate({}, [text])
    binary = {name: rows for name, rows in derived.items() if rows and all(len(row) == 2 for row in rows)}
    if not binary:
        raise RuleError("the program derives no relation of two arguments. Write facts such as has_part(gothic, arch).")
    name = "has_part" if relation is None and "has_part" in binary else _chosen(relation, list(binary), "the program")
    return sorted((str(a), str(b)) for a, b in binary[name]), name


def _from_file(path: Path, relation: str | None) -> tuple[Pairs, str]:
    kind = path.suffix.lower()
    if kind not in _KINDS:
        raise DataError(
            f"'{path.name}' has the extension '{path.suffix}', which is not a known kind of graph.{did_you_mean(kind, _KINDS)} "
            f"Known are: {', '.join(_KINDS)}."
        )
    if not path.is_file():
        raise DataError(f"there is no file '{path}'. Check the path.")
    if kind in _RDF:
        return _from_rdf(path, relation)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"'{path.name}' is not UTF-8 text ({error}). Save it again with the encoding UTF-8.") from error
    if kind == ".json":
        return _from_json(text, path.name, relation)
    if kind in (".pl", ".lp"):
        return _from_program(text, relation)
    return _from_rows(text, path.name, "\t" if kind == ".tsv" else ","), relation or "has_part"


def _from_json(text: str, name: str, relation: str | None) -> tuple[Pairs, str]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(
            f"'{name}' is no JSON: {error.msg} at {error.lineno}:{error.colno}. Correct it there."
        ) from error
    if isinstance(found, Mapping):
        return _from_mapping(found, relation)
    if isinstance(found, list):
        return _checked(found, f"'{name}'"), relation or "has_part"
    raise DataError(
        f"'{name}' holds {type(found).__name__}, but a mapping of class to parts or a list of pairs is needed."
    )


def _from_rows(text: str, name: str, delimiter: str) -> Pairs:
    """Two columns of names, or a first column of classes and one column of 0 and 1 for each part."""
    lines = [line for line in csv.reader(text.splitlines(), delimiter=delimiter, skipinitialspace=True) if any(line)]
    if len(lines) < 2 or len(lines[0]) < 2:
        raise DataError(f"'{name}' has no pairs. Write a header 'class{delimiter}part' and one pair per line below it.")
    header, rows = lines[0], lines[1:]
    for number, cells in enumerate(rows, 2):
        if len(cells) != len(header):
            raise DataError(f"line {number} of '{name}' has {len(cells)} cells, but line 1 has {len(header)}.")
    marks = {cell.strip().lower() for cells in rows for cell in cells[1:]}
    if len(header) == 2 and not marks <= _TRUE | _FALSE:
        first = tuple(cell.strip() for cell in header)
        again = [k for k in (0, 1) if any(row[k].strip() == first[k] for row in rows)]
        if again:
            raise DataError(
                f"line 1 of '{name}' is '{delimiter.join(first)}', but a header was expected, and '{first[again[0]]}' is named below "
                f"it too. Write 'class{delimiter}part' above it."
            )
        if not (_said(first[0]) & _CLASS and _said(first[1]) & _PART):
            warnings.warn(
                f"line 1 of '{name}', {first[0]!r} and {first[1]!r}, was taken for the header. If it is a pair, write a header of 'class' "
                "and 'part' above it; if not, call the columns so.",
                UserWarning,
                stacklevel=5,
            )
        return [(of.strip(), part.strip()) for of, part in rows]
    return _from_matrix(header[1:], rows, f"line {{}} of '{name}'", 2)


def _said(header: str) -> set[str]:
    """The words of a header, and what they may be plurals of: those of ``Class_Name`` are class and name."""
    words = header.lower().replace("_", " ").replace("-", " ").split()
    ends = (("", ""), ("s", ""), ("es", ""), ("ies", "y"))
    return {word.removesuffix(end) + new for word in words for end, new in ends if word.endswith(end)}


def _from_matrix(parts: list[str], rows: list[list[str]], where: str, first: int) -> Pairs:
    """Rows of a class and its cells of 0 and 1; ``where`` says the number of a row, counted from ``first``."""
    pairs: Pairs = [(None, part.strip()) for part in parts]
    for number, (of, *cells) in enumerate(rows, first):
        pairs.append((of.strip(), None))
        for part, cell in zip(parts, cells, strict=True):
            mark = cell.strip().lower()
            if mark not in _TRUE | _FALSE:
                raise DataError(
                    f"{where.format(number)} has {cell!r} for part '{part}', but 0 or 1 is needed. "
                    "Write 1 where the class has the part, or two columns class and part."
                )
            if mark in _TRUE:
                pairs.append((of.strip(), part.strip()))
    return pairs


def _from_rdf(path: Path, relation: str | None) -> tuple[Pairs, str]:
    try:
        import pyoxigraph
    except ImportError as error:
        raise DataError(
            f"reading '{path.name}' needs pyoxigraph, which is not installed. Run: pip install 'induce[graphs]'."
        ) from error
    form = getattr(pyoxigraph.RdfFormat, _RDF[path.suffix.lower()])
    try:
        triples = [
            (t.subject.value, t.predicate.value, t.object.value)
            for t in pyoxigraph.parse(path=str(path), format=form)
            if hasattr(t.subject, "value") and hasattr(t.object, "value")
        ]
    except SyntaxError as error:
        raise DataError(f"'{path.name}' is no RDF: {error}. Correct it there.") from error
    whole = sorted({p for _, p, _ in triples})
    name = relation if relation in whole else _chosen(relation, sorted({_local(p) for p in whole}), f"'{path.name}'")
    return [(_local(s), _local(o)) for s, p, o in triples if name in (p, _local(p))], _local(str(name))


def _local(iri: str) -> str:
    """The last part of an IRI, which people read: ``http://a.org/styles#Gothic`` is ``Gothic``."""
    return unquote(iri.rstrip("/#").rpartition("#")[2].rpartition("/")[2])
