"""What is said of a library: of each operator its name, a sentence, true calls and the tasks that use it; as text and data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from induce.errors import FormatError, OpError, ParseError, TermError
from induce.examples import Examples
from induce.learners.library.calls import Call
from induce.learners.library.compressing import read, write
from induce.learners.library.converting import program_from, tree_of
from induce.learners.library.naming import defined, objection_to, shown, with_operators
from induce.learners.library.waking import Library
from induce.terms.language import Language
from induce.terms.op import Op
from induce.terms.term import Term

__all__ = ["Documentation", "DocumentedLibrary", "Solution"]


@dataclass(frozen=True, eq=False)
class Solution:
    """A task that was solved.

    Parameters
    ----------
    name : str
    examples : Examples
    program : Term
    """

    name: str
    examples: Examples
    program: Term


@dataclass(frozen=True)
class Documentation:
    """What is said of one operator.

    Parameters
    ----------
    name : str
        A Python identifier that means nothing else in the language.
    signature : str
        With the names of the parameters.
    description : str
        One sentence.
    body, expansion : str
        In terms of earlier operators, and of the base language alone.
    calls : tuple of Call
        With the values that running them gave.
    tasks : tuple of str
        Those whose solutions use the operator.
    notes : tuple of str
        What of the documenter's answer could not be used, and why.
    """

    name: str
    signature: str
    description: str
    body: str
    expansion: str
    calls: tuple[Call, ...] = ()
    tasks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [self.signature, f"    {self.description}", f"    = {self.body}"]
        if self.expansion != self.body:
            lines.append(f"    = {self.expansion}")
        lines += [f"    {call.written(self.name)}" for call in self.calls]
        if self.tasks:
            lines.append(f"    used by {len(self.tasks)}: {_listed(self.tasks)}")
        return "\n".join([*lines, *(f"    note: {note}" for note in self.notes)])

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; :meth:`from_dict` reads them back."""
        return {
            "name": self.name,
            "signature": self.signature,
            "description": self.description,
            "body": self.body,
            "expansion": self.expansion,
            "calls": [call.to_dict() for call in self.calls],
            "tasks": list(self.tasks),
            "notes": list(self.notes),
        }

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Documentation:
        """The documentation that :meth:`to_dict` wrote.

        Raises
        ------
        FormatError
            If an entry is missing.
        """
        try:
            texts = [str(data[key]) for key in ("name", "signature", "description", "body", "expansion")]
            calls = tuple(Call.from_dict(call) for call in data["calls"])
            name, signature, description, body, expansion = texts
            tasks, notes = (tuple(str(t) for t in data[key]) for key in ("tasks", "notes"))
            return Documentation(name, signature, description, body, expansion, calls, tasks, notes)
        except KeyError as missing:
            raise FormatError(
                f"the documentation of an operator has no entry {missing}. Give what Documentation.to_dict() wrote."
            ) from None


def _listed(names: Sequence[str], most: int = 4) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True, eq=False)
class DocumentedLibrary:
    """A library with readable names, what is said of each operator, and the solutions that use them.

    Parameters
    ----------
    library : Library
        Its operators bear the names.
    documentation : tuple of Documentation
        One for each definition, in order.
    solutions : tuple of Solution
        In the library's language.
    """

    library: Library
    documentation: tuple[Documentation, ...]
    solutions: tuple[Solution, ...]
    operators: Mapping[Op, Op] = field(default_factory=dict)
    """Operator of the library that was documented, to the one that took its place."""

    def renamed(self, term: Term) -> Term:
        """A program of the library that was documented, with the readable names."""
        return with_operators(term, self.operators)

    def save(self, path: Any) -> None:
        """Write the library as a folder of text and JSON; ``induce.programs.load`` reads it back."""
        from induce.learners.library.saving import save_library

        save_library(self, path)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; :meth:`from_dict` reads them back."""
        return {
            "base": self.library.base.to_dict(),
            "costs": dict(self.library.costs),
            "definitions": [
                {"name": d.op.name, "text": d.text, "arity": d.op.arity, "uses": d.uses}
                for d in self.library.definitions
            ],
            "documentation": [entry.to_dict() for entry in self.documentation],
            "solutions": [_solution_to_dict(s) for s in self.solutions],
        }

    @staticmethod
    def from_dict(data: Mapping[str, Any], base: Language | None = None) -> DocumentedLibrary:
        """The library that :meth:`to_dict` wrote.

        Parameters
        ----------
        data : mapping
        base : Language, optional
            With functions of one's own, which are not saved; the one that was written by default.

        Raises
        ------
        FormatError
            If something is missing, cannot be read, or is of another layout.
        """
        if not isinstance(data, Mapping):
            raise FormatError(f"this is no library: {data!r:.60}. Give what DocumentedLibrary.to_dict() wrote.")
        try:
            base = base or Language.from_dict(data["base"])
            definitions = [
                defined(base, _checked_name(d["name"]), str(d["text"]), int(d["arity"]), int(d["uses"]))
                for d in data["definitions"]
            ]
            library = Library(base, tuple(definitions), {str(n): int(cost) for n, cost in data["costs"].items()})
            entries = tuple(Documentation.from_dict(entry) for entry in data["documentation"])
            solutions = tuple(_solution_from_dict(entry, library) for entry in data["solutions"])
        except (ParseError, TermError, OpError) as problem:
            raise FormatError(f"the library cannot be read: {problem} Give the language it was made with.") from None
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            raise FormatError(
                f"the library cannot be read: {type(problem).__name__} {problem}. Save it again."
            ) from None
        if [e.name for e in entries] != [d.op.name for d in definitions]:
            raise FormatError("the library's operators and their documentation have other names. Save it again.")
        return DocumentedLibrary(library, entries, solutions)

    def __str__(self) -> str:
        return "\n\n".join(map(str, self.documentation)) or "no operator was defined"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{h}</th>" for h in ("operator", "what it does", "body", "calls", "tasks"))
        rows = []
        for entry in self.documentation:
            calls = "<br>".join(f"<code>{escape(call.written(entry.name))}</code>" for call in entry.calls)
            cells = [f"<code>{escape(entry.signature)}</code>", escape(entry.description)]
            cells += [f"<code>{escape(entry.body)}</code>", calls, escape(_listed(entry.tasks))]
            rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
        return f"<table class='induce'><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"

    def to_markdown(self) -> str:
        """The documentation as a page: a section for each operator, then the programs."""
        language = self.library.language
        parts = ["# Operators"]
        for entry in self.documentation:
            told = [
                f"## `{entry.name}`",
                _plain_text(entry.description),
                f"```\n{entry.signature}\n= {entry.body}\n```",
            ]
            if entry.expansion != entry.body:
                told.append(f"Written out: `{entry.expansion}`")
            if entry.calls:
                told.append("```\n" + "\n".join(call.written(entry.name) for call in entry.calls) + "\n```")
            if entry.tasks:
                told.append(f"Used by: {_plain_text(', '.join(entry.tasks))}")
            parts += told
        if self.solutions:
            parts.append("# Programs")
            parts += [f"- {_plain_text(s.name)}: `{shown(s.program, language)}`" for s in self.solutions]
        return "\n\n".join(parts) + "\n"


def _checked_name(name: object) -> str:
    objection = objection_to(name)
    if objection:
        raise FormatError(f"an operator of the library cannot be read: {objection}. Save it again.")
    return str(name)


def _solution_to_dict(solution: Solution) -> dict[str, Any]:
    examples = solution.examples
    return {
        "name": solution.name,
        **examples.to_dict(),
        "program": write(tree_of(solution.program, list(examples.inputs))),
    }


def _solution_from_dict(data: Mapping[str, Any], library: Library) -> Solution:
    examples = Examples.from_dict(data)
    program = program_from(read(str(data["program"])), examples.sorts, library.language.ops)
    return Solution(str(data["name"]), examples, program)


def _plain_text(text: str) -> str:
    """Text that Markdown shows as it is."""
    return re.sub(r"([\\`*_\[\]<>#])", r"\\\1", " ".join(text.split()))
