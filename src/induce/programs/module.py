"""A library as a Python module: a documented function for each operator and each solved task, the standard library only."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import induce.programs.language  # noqa: F401  (says what the operators of shipped languages do)
from induce.algebras.values import UNDEFINED, run
from induce.errors import AlgebraError, ExportError
from induce.examples import frozen
from induce.learners.library.calls import Call, Function
from induce.learners.library.documented import Documentation, DocumentedLibrary, Solution
from induce.learners.library.documenting import body_term
from induce.learners.library.naming import opened, parameter_names, shown
from induce.programs.source import Collected, Writer, import_lines, in_docstring
from induce.terms.op import Op
from induce.terms.sort import BOOL, INT, REAL, TEXT, Sort
from induce.terms.source import safe_names
from induce.terms.term import Term

__all__ = ["module_source", "to_module"]

MARK = "# Written by induce.programs.to_module, which writes it anew when asked again: changes are lost."
"""First line of a module; a file without it is not written over."""
_SHOWN = 120
_TYPES = {INT: "int", BOOL: "bool", TEXT: "str", REAL: "float"}


def to_module(documented: DocumentedLibrary, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write a documented library as a Python module.

    The module holds a function for each operator, with its description, its tasks and its true calls as doctests, and a function
    for each solved task, which calls them. It imports the standard library only.

    Parameters
    ----------
    documented : DocumentedLibrary
    path : str or Path
        Such as ``mylib.py``.
    overwrite : bool
        Whether a file that something else wrote may be written over.

    Raises
    ------
    ExportError
        If the path is no name of a module, a file of another origin is there, or the source of an operator cannot be read.
    """
    place = Path(path)
    if place.suffix != ".py" or not place.stem.isidentifier():
        raise ExportError(f"'{place.name}' cannot be imported. Give a name such as 'mylib.py'.")
    if place.is_dir():
        raise ExportError(f"'{place}' is a folder. Name a file in it, such as 'mylib.py'.")
    if place.exists() and not overwrite and not _is_ours(place):
        raise ExportError(
            f"'{place}' exists and was not written by to_module, so it is left as it is. Give another path, or overwrite=True."
        )
    text = module_source(documented)
    place.write_text(text, encoding="utf-8")
    return place


def _is_ours(place: Path) -> bool:
    try:
        with place.open(encoding="utf-8") as file:
            return file.readline().rstrip("\r\n") == MARK
    except (OSError, UnicodeDecodeError):
        return False


def module_source(documented: DocumentedLibrary) -> str:
    """The module that :func:`to_module` writes, as text.

    >>> from induce.learners.library.documenting import document
    >>> from induce.learners.library.naming import defined
    >>> from induce.learners.library.waking import Library
    >>> from induce.programs import lists
    >>> documented = document(Library(lists, (defined(lists, "fn_0", "(* 2 (sum #0))", 1),)), [])
    >>> print(module_source(documented).splitlines()[-1])
        return 2 * sum(xs)
    """
    return _ModuleWriter(documented).source()


class _ModuleWriter:
    """What the functions of one module share: the names, and the definitions they call."""

    def __init__(self, documented: DocumentedLibrary) -> None:
        self.documented = documented
        self.language = documented.library.language
        self.collected = Collected()
        self.bodies = {
            d.op: opened(body_term(d, documented.library, place), parameter_names(d.op.arguments))
            for place, d in enumerate(documented.library.definitions)
        }
        self.functions: dict[Op, str] = {op: op.name for op in self.bodies}
        self._collect()
        self.collected.check()
        taken = {*dir(builtins), *self.collected.names, "Any", "Callable"}
        found = safe_names([op.name for op in self.bodies], taken)
        self.functions = {op: found[op.name] for op in self.bodies}
        names = _distinct([s.name for s in documented.solutions])
        inputs = {n for s in documented.solutions for n in s.examples.inputs}
        inputs |= {n for op in self.bodies for n in parameter_names(op.arguments)}
        self.tasks = list(safe_names(names, {*taken, *self.functions.values(), *inputs}).values())
        self.taken = {*taken, *self.functions.values(), *self.tasks}

    def _collect(self) -> None:
        """Take in all that is called, to know which names are taken."""
        for what, term in self._terms():
            names = {v.name: v.name for v in term.variables}
            try:
                Writer(names, self.collected, set(), self.functions).write(term)
            except ExportError as problem:
                raise ExportError(f"{what} cannot be exported: {problem}") from None

    def _terms(self) -> Iterable[tuple[str, Term]]:
        for op, body in self.bodies.items():
            yield f"operator '{op.name}'", body
        for solution in self.documented.solutions:
            yield f"task '{solution.name}'", solution.program

    def source(self) -> str:
        entries = zip(self.documented.library.definitions, self.documented.documentation, strict=True)
        functions = [self._operator(d.op, entry) for d, entry in entries]
        functions += [self._task(s, name) for s, name in zip(self.documented.solutions, self.tasks, strict=True)]
        public = "".join(f'    "{name}",\n' for name in [*self.functions.values(), *self.tasks])
        text = "\n".join(functions)
        lines = {line for line in import_lines(self.collected).splitlines() if line}
        lines |= {"from collections.abc import Callable"} if "Callable[" in text else set()
        lines |= {"from typing import Any"} if "Any" in text else set()
        counts = f"{_count(len(self.functions), 'operator')} and {_count(len(self.tasks), 'program')}"
        top = [f'{MARK}\n"""{counts}, learned from examples."""', "from __future__ import annotations"]
        top += ["\n".join(sorted(lines))] if lines else []
        top += [f"__all__ = [\n{public}]" if public else "__all__: list[str] = []"]
        return "\n\n\n".join(["\n\n".join(top), *self.collected.parts.values(), *functions]) + "\n"

    def _operator(self, op: Op, entry: Documentation) -> str:
        name = self.functions[op]
        told = [_safe(entry.description), "", f"    {_safe(entry.signature)} = {entry.body}"]
        if entry.expansion != entry.body:
            told.append(f"    written out: {entry.expansion}")
        if entry.tasks:
            told += ["", f"    Used by: {_safe(', '.join(entry.tasks))}."]
        tests = [test for call in entry.calls for test in self._test(name, call)]
        parameters = dict(zip(parameter_names(op.arguments), op.arguments, strict=True))
        return self._function(name, self.bodies[op], parameters, op.result, [*told, *([""] if tests else []), *tests])

    def _task(self, solution: Solution, name: str) -> str:
        told = [f"Solves the task '{_safe(solution.name)}'.", "", f"    {shown(solution.program, self.language)}"]
        examples = solution.examples
        for place in range(len(examples)):
            values = examples.input(place)
            tests = self._test(name, Call(tuple(values.values()), examples.outputs[place]))
            if tests and max(map(len, tests)) <= _SHOWN and _gives(solution, place):
                told += ["", *tests]
                break
        return self._function(name, solution.program, dict(examples.sorts), examples.result, told)

    def _test(self, name: str, call: Call) -> list[str]:
        """A doctest of one call; none for a call whose value does not show."""
        if call.value is None:
            return []
        arguments = []
        for argument in call.arguments:
            if isinstance(argument, Function):
                term = self.language.parse(argument.text)
                arguments.append(Writer({}, self.collected, self.taken, self.functions).write(term))
            else:
                arguments.append(repr(argument))
        return [f"    >>> {name}({', '.join(arguments)})", f"    {call.value!r}"]

    def _function(
        self, name: str, term: Term, parameters: Mapping[str, Sort], result: Sort, told: Sequence[str]
    ) -> str:
        names = safe_names(list(parameters), self.taken)
        writer = Writer(names, self.collected, {*self.taken, *names.values()}, self.functions)
        value = writer.write(term)
        typed = ", ".join(f"{names[p]}: {_type(sort)}" for p, sort in parameters.items())
        lines = [line.replace("\n", " ") for line in told]
        text = in_docstring("\n".join(lines) + ("\n    " if len(lines) > 1 else ""))
        body = "\n".join([*writer.lines, f"    return {value}"])
        return f'def {name}({typed}) -> {_type(result)}:\n    """{text}"""\n{body}'


def _gives(solution: Solution, place: int) -> bool:
    try:
        found: Any = run(solution.program, solution.examples.input(place))
    except (*UNDEFINED, AlgebraError):
        return False
    return bool(frozen(found) == frozen(solution.examples.outputs[place]))


def _safe(text: str) -> str:
    """Text of another's on one line, without what a reader of doctests would run."""
    return " ".join(text.replace(">>>", "> > >").split())


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, with a number behind one that was there before."""
    seen: dict[str, int] = {}
    found: list[str] = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found


def _type(sort: Sort) -> str:
    if sort in _TYPES:
        return _TYPES[sort]
    if sort.name == "list":
        return f"list[{_type(sort.args[0])}]"
    if sort.is_arrow:
        return f"Callable[[{_type(sort.args[0])}], {_type(sort.args[1])}]"
    return "Any"
