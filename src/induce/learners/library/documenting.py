"""Documentation of a library: readable names, one sentence each, true calls; by a template or by a language model.

A language model is a function from text to text. What it says is read as JSON, never evaluated; whatever cannot be used is
replaced by the template's, with a note.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from induce.errors import DataError, TermError
from induce.examples import Examples
from induce.learners.library.calls import find_calls
from induce.learners.library.compressing import read
from induce.learners.library.converting import function_from
from induce.learners.library.describing import described, described_as
from induce.learners.library.documented import Documentation, DocumentedLibrary, Solution
from induce.learners.library.naming import (
    distinct_name,
    objection_to,
    opened,
    parameter_names,
    renamed,
    shown,
    taken_names,
    with_operators,
)
from induce.learners.library.recognizing import recognized
from induce.learners.library.rewriting import rewritten, rewritten_as
from induce.learners.library.waking import Definition, Library
from induce.learners.library.wording import name_from_body
from induce.terms.op import Op
from induce.terms.term import Term

__all__ = ["body_term", "document"]

Documenter = Callable[[str], str]

_USES = 3
"""Solutions shown to the documenter."""
_LONGEST = 300
_FENCE = re.compile(r"```[a-zA-Z]*\s*\n(.*?)```", re.DOTALL)


# ---- what is asked, and what is answered


def _signature(name: str, op: Op) -> str:
    parameters = ", ".join(f"{n}: {s}" for n, s in zip(parameter_names(op.arguments), op.arguments, strict=True))
    return f"{name}({parameters}) -> {op.result}" if op.arity else f"{name} -> {op.result}"


def prompt(name: str, definition: Definition, body: str, earlier: Sequence[Documentation], uses: Sequence[str]) -> str:
    """What a language model is asked about one operator."""
    lines = ["Name an operator of a library of small programs, and say in one sentence what it does.", ""]
    if earlier:
        lines.append("Operators named so far:")
        lines += [f"- {e.signature}: {e.description}" for e in earlier]
        lines.append("")
    lines += [f"Operator: {_signature(name, definition.op)}", f"Body: {body}"]
    if uses:
        lines += ["Used in:", *(f"- {use}" for use in uses)]
    lines += ["", 'Answer with JSON only: {"readable_name": "a_python_identifier", "description": "One sentence."}']
    return "\n".join(lines)


def _answered(documenter: Documenter, asked: str) -> tuple[dict[str, Any], str]:
    """The answer as a mapping, and what is wrong with it."""
    try:
        answer = documenter(asked)
    except Exception as error:  # a model may fail in any way; the template stands in
        return {}, f"the documenter raised {type(error).__name__}: {str(error)[:100]}"
    if not isinstance(answer, str):
        return {}, f"the documenter gave {answer!r}, but text was expected"
    fenced = _FENCE.search(answer)
    text = (fenced.group(1) if fenced else answer).strip()
    start, end = text.find("{"), text.rfind("}")
    try:
        found = json.loads(text[start : end + 1]) if 0 <= start < end else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return {}, f"the documenter's answer is no JSON object: {answer.strip()[:60]!r}"
    return found, ""


def _description(found: Mapping[str, Any]) -> tuple[str, str]:
    """The description on one line, and what is wrong with it."""
    text = found.get("description")
    if not isinstance(text, str) or not text.strip():
        return "", f"the description is {text!r}, but a sentence was expected"
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return (line if len(line) <= _LONGEST else f"{line[:_LONGEST].rstrip()}..."), ""


def _named(
    definition: Definition, documenter: Documenter | None, asked: str, library: Library
) -> tuple[str, str, list[str]]:
    """Name and description of one operator, and notes on what could not be used."""
    known = recognized(definition)
    if known is None:
        name, text = name_from_body(definition), described(definition, library.base)
    else:
        name, text = known.name, described_as(definition, known, library.base)
    if documenter is None:
        return name, text, []
    found, problem = _answered(documenter, asked)
    if problem:
        return name, text, [f"{problem}; the template's name and description are used."]
    notes: list[str] = []
    objection = objection_to(found.get("readable_name"))
    if objection:
        notes.append(f"{objection}; the template's name is used.")
    else:
        name = str(found["readable_name"])
    told, problem = _description(found)
    if problem:
        notes.append(f"{problem}; the template's is used.")
    return name, told or text, notes


# ---- the whole


def document(
    library: Library,
    solutions: Iterable[tuple[str, Examples, Term]],
    documenter: Documenter | None = None,
    *,
    seed: int = 0,
) -> DocumentedLibrary:
    r"""A library with readable names and documentation.

    Each operator is named in turn; what is asked holds its body, its signature, what was said of earlier operators (under their
    new names), and programs that use it.

    Parameters
    ----------
    library : Library
    solutions : iterable of (name of task, examples, program)
        Programs in the library's language; those of the base language are written with the operators.
    documenter : callable, optional
        Takes a text, gives a text that holds ``{"readable_name": ..., "description": ...}``; by default a template makes both from
        the body. An answer of another form, an error, or a name that Python does not take is replaced by the template's, with a
        note; a name that is taken gets a number.
    seed : int
        For drawn arguments of calls.

    Returns
    -------
    DocumentedLibrary

    Raises
    ------
    DataError
        If the documenter or a solution is of another kind.

    References
    ----------
    G. Grand et al. (2024), LILO: Learning Interpretable Libraries by Compressing and Documenting Code.

    >>> from induce.learners.library.naming import defined
    >>> from induce.terms.lists import lists
    >>> print(document(Library(lists, (defined(lists, "fn_0", "(sum (map (lam (* $0 $0)) #0))", 1),)), []))
    map_square_then_sum(xs: list(int)) -> int
        Gives the sum of the list of x * x for each x of xs.
        = sum(map(\x0:int. x0 * x0, xs))
        map_square_then_sum([1, 4]) = 17
        map_square_then_sum([1, 5]) = 26
    """
    if documenter is not None and not callable(documenter):
        raise DataError(
            f"documenter must be a function from text to text, but got {documenter!r}. Leave it out to use the template."
        )
    solved = _checked(solutions, library)
    taken = taken_names(library, (name for s in solved for name in s.examples.inputs))
    entries: list[Documentation] = []
    names: dict[str, str] = {}
    inside: dict[Op, set[Op]] = {}
    for place, definition in enumerate(library.definitions):
        current, exchanged = renamed(library, names)
        now, parameters = current.definitions[place], parameter_names(definition.op.arguments)
        written = body_term(now, current, place)
        inside[definition.op] = {old for old, new in exchanged.items() if any(n.op is new for n in written.postorder())}
        body = shown(opened(written, parameters), current.language)
        uses = [s for s in solved if any(node.op is definition.op for node in s.program.postorder())][:_USES]
        told = [f"task '{s.name}': {shown(with_operators(s.program, exchanged), current.language)}" for s in uses]
        asked = prompt(now.op.name, now, body, entries, told)
        name, text, notes = _named(now, documenter, asked, library)
        others = {d.op.name for d in library.definitions if d is not definition}
        name = names[definition.op.name] = distinct_name(name, {*taken, *names.values(), *others})
        expansion = shown(opened(now.body, parameters), library.base)
        signature = _signature(name, definition.op)
        entries.append(Documentation(name, signature, text, body, expansion, notes=tuple(notes)))
    return _finished(library, names, entries, solved, (inside, seed))


def _finished(
    library: Library,
    names: Mapping[str, str],
    entries: Sequence[Documentation],
    solved: Sequence[Solution],
    rest: tuple[Mapping[Op, set[Op]], int],
) -> DocumentedLibrary:
    """The entries with calls that were run and the tasks that use them, by themselves or through other operators."""
    inside, seed = rest
    named, exchanged = renamed(library, names)
    programs = [replace(s, program=with_operators(s.program, exchanged)) for s in solved]
    runs = [(s.examples, s.program) for s in programs]
    used = [_reached({n.op for n in s.program.postorder()}, inside) for s in solved]
    documentation = tuple(
        replace(
            entry,
            calls=find_calls(new.op, runs, named.language, seed=seed),
            tasks=tuple(s.name for s, ops in zip(solved, used, strict=True) if old.op in ops),
        )
        for entry, old, new in zip(entries, library.definitions, named.definitions, strict=True)
    )
    return DocumentedLibrary(named, documentation, tuple(programs), exchanged)


def _reached(ops: set[Op], inside: Mapping[Op, set[Op]]) -> set[Op]:
    """The operators, and those in their bodies."""
    found: set[Op] = set()
    waiting = list(ops)
    while waiting:
        op = waiting.pop()
        if op not in found:
            found.add(op)
            waiting.extend(inside.get(op, ()))
    return found


def _checked(solutions: Iterable[tuple[str, Examples, Term]], library: Library) -> list[Solution]:
    found: list[Solution] = []
    for number, entry in enumerate(solutions):
        parts = tuple(entry)
        if len(parts) != 3 or not isinstance(parts[1], Examples) or not isinstance(parts[2], Term):
            raise DataError(
                f"solution {number} is {entry!r}, but (name, examples, program) was expected. Examples come from read_examples."
            )
        found.append(Solution(str(parts[0]), parts[1], _written(parts[2], parts[1], library)))
    return found


def _written(program: Term, examples: Examples, library: Library) -> Term:
    """A program of the base language with the library's operators; one that has some stays as it is."""
    ops = {d.op for d in library.definitions}
    if any(node.op in ops for node in program.postorder()):
        return program
    try:
        return rewritten(program, examples.sorts, library)
    except TermError:  # what no tree can say stays as it is
        return program


def body_term(definition: Definition, library: Library, place: int) -> Term:
    """The body of a definition, a closed function, written with the operators defined before it."""
    arity, ops = definition.op.arity, library.language.ops
    patterns = [(d.op.name, read(d.text), d.op.arity) for d in library.definitions[:place]]
    return rewritten_as(read(definition.text), patterns, lambda tree: function_from(tree, arity, ops).body)
