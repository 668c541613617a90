"""Programs as Python source: a plain function with the functions it calls, which imports only the standard library."""

from __future__ import annotations

import ast
import builtins
import copy
import inspect
import keyword
import symtable
import sys
import textwrap
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from induce.algebras.guarding import is_own
from induce.algebras.values import function_of
from induce.errors import AlgebraError, ExportError
from induce.terms.op import APPLY, BOUND, HOLE, LAMBDA, LITERAL, VARIABLE, Op
from induce.terms.source import safe_names
from induce.terms.term import Term

__all__ = ["BUILT_IN", "Collected", "Writer", "import_lines", "in_docstring", "to_python"]

_INFIX = {
    "+": "+", "-": "-", "*": "*", "//": "//", "%": "%", "<": "<", "<=": "<=", "==": "==", "and": "and", "or": "or",
}  # fmt: skip
BUILT_IN = {abs: "abs", len: "len", sum: "sum", max: "max", min: "min", sorted: "sorted"}
_TOTAL = frozenset("+ - * < <= == not and or neg abs is_even is_prime".split())
"""Operators that have a value wherever their arguments have one."""
_DEEPEST = 30


class _Module:
    """The definitions and imports of a function's module, by name."""

    def __init__(self, module: Any) -> None:
        try:
            self.text = inspect.getsource(module)
        except (OSError, TypeError):
            raise ExportError(
                f"the source of module '{module.__name__}' cannot be read, so it cannot be exported."
            ) from None
        self.lines = self.text.splitlines()
        self.nodes: dict[str, ast.stmt] = {}
        self.imports: dict[str, str] = {}
        for node in ast.parse(self.text).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                self.nodes[node.name] = node
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    if isinstance(target, ast.Name):
                        self.nodes[target.id] = node
            elif isinstance(node, ast.Import | ast.ImportFrom):
                self._imported(node)

    def _imported(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.split(".")[0]
            renamed = f" as {alias.asname}" if alias.asname else ""
            start = f"from {node.module} " if isinstance(node, ast.ImportFrom) else ""
            self.imports[name] = f"{start}import {alias.name}{renamed}"

    def source(self, node: ast.stmt) -> str:
        return ast.get_source_segment(self.text, node) or ""


class Collected:
    """Definitions and imports that a program needs, in order of first use."""

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}
        self.imports: dict[str, None] = {}
        self.modules: dict[str, _Module] = {}
        self.homes: dict[str, Any] = {}
        self.built_in: set[str] = set()

    @property
    def names(self) -> set[str]:
        """Names that the definitions and imports take up, and those of Python's own that they use."""
        return {*self.parts, *(line.split()[-1].split(".")[0] for line in self.imports), *self.built_in}

    def check(self) -> None:
        """Raise ExportError where a definition would hide a function of Python that is used too."""
        for name in self.built_in.intersection(self.parts):
            raise ExportError(
                f"the program needs a function '{name}' of yours and Python's own. Give yours another name, such as '{name}_of'."
            )

    def _claim(self, name: str, home: Any, op: Op) -> bool:
        """Whether a definition is new; ExportError where another one bears its name."""
        if self.homes.setdefault(name, home) != home:
            raise ExportError(
                f"operator '{op.name}' is a function '{name}', but the program needs another function of that name too. "
                f"Give yours another name, such as '{name}_of'."
            )
        return name not in self.parts

    def add(self, function: Callable[..., Any], op: Op) -> str:
        """Take in a function and all it uses; the name to call it by."""
        if function in BUILT_IN:
            self.built_in.add(BUILT_IN[function])
            return BUILT_IN[function]
        name = getattr(function, "__name__", "")
        module = sys.modules.get(getattr(function, "__module__", ""))
        if module is None or not name.isidentifier():
            raise ExportError(
                f"operator '{op.name}' is {function!r}, whose source cannot be exported. Define it by def in a file."
            )
        if getattr(module, name, None) is not function:
            return self._alone(function, op)
        found = (
            self.modules.setdefault(module.__name__, _Module(module)) if module.__name__ not in self.modules else None
        )
        self._take(name, found or self.modules[module.__name__], op)
        return name

    def _alone(self, function: Callable[..., Any], op: Op) -> str:
        """A function defined inside another, or in a session: its own source is all there is."""
        try:
            text = textwrap.dedent(inspect.getsource(function))
        except (OSError, TypeError):
            raise ExportError(
                f"the source of operator '{op.name}' cannot be read. Define it by def in a file."
            ) from None
        if function.__closure__:  # type: ignore[attr-defined]
            raise ExportError(
                f"operator '{op.name}' uses variables from where it was defined. Make it a plain function."
            )
        node = next(n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef | ast.Lambda))
        for decorator in getattr(node, "decorator_list", []):
            if ast.unparse(decorator).split("(")[0].split(".")[-1] != "primitive":
                raise ExportError(
                    f"operator '{op.name}' has the decorator '@{ast.unparse(decorator)}', which cannot be exported. "
                    "Define it as a plain function."
                )
        if isinstance(node, ast.FunctionDef):  # without the decorator that made it an operator
            text = ast.get_source_segment(text, node) or text
        if self._claim(function.__name__, function, op):
            self.parts[function.__name__] = text.rstrip()
            self.built_in |= _outer_names(node) & set(dir(builtins))
        return function.__name__

    def _take(self, name: str, module: _Module, op: Op) -> None:
        if not self._claim(name, module.text, op):
            return
        node = module.nodes.get(name)
        if node is None:
            raise ExportError(f"operator '{op.name}' uses '{name}', whose source was not found.")
        self.parts[name] = ""  # holds its place, so that functions that call each other end
        outer = _outer_names(node)
        for used in ast.walk(node):
            if isinstance(used, ast.Name) and used.id != name and used.id in outer:
                if used.id in module.nodes:
                    self._take(used.id, module, op)
                elif used.id in module.imports:
                    self._import(module.imports[used.id], op)
                elif hasattr(builtins, used.id):
                    self.built_in.add(used.id)
        text = module.source(node)
        del self.parts[name]
        self.parts[name] = text

    def _import(self, line: str, op: Op) -> None:
        root = line.split()[1].split(".")[0]
        if root == "__future__":
            return
        if root not in sys.stdlib_module_names:
            raise ExportError(f"operator '{op.name}' needs the package '{root}', which is not in the standard library.")
        self.imports[line] = None


def _outer_names(node: ast.AST) -> set[str]:
    """Names that a definition takes from around it: not its parameters, and not what it assigns."""
    bare = copy.copy(node)
    if isinstance(bare, ast.FunctionDef | ast.ClassDef):
        bare.decorator_list = []  # what made it an operator
    whole = symtable.symtable(ast.unparse(bare), "definition", "exec")
    found = {s.get_name() for s in whole.get_symbols() if s.is_referenced()}
    inner = [*whole.get_children()]
    while inner:
        table = inner.pop()
        inner += table.get_children()
        found |= {s.get_name() for s in table.get_symbols() if s.is_global()}
    return found


class Writer:
    """Expressions for the terms of one function.

    Parameters
    ----------
    names : mapping of variable to parameter
    collected : Collected
        Receives the functions that are called.
    taken : collection of str
        Names that mean something already.
    library : mapping of Op to str, optional
        Operators that are functions of the same module.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        collected: Collected,
        taken: Collection[str],
        library: Mapping[Op, str] | None = None,
    ) -> None:
        self.names, self.collected, self.taken, self.library = names, collected, taken, library or {}
        self.lines: list[str] = []

    def write(self, term: Term, bound: tuple[str, ...] = ()) -> str:
        """An expression for the term; deep closed parts become statements."""
        if term.op is LITERAL:
            value = list(term.payload) if isinstance(term.payload, tuple) else term.payload
            return repr(value)
        if term.op is VARIABLE:
            return self.names[term.name]
        if term.op is HOLE:
            raise ExportError(f"hole '{term}' is not filled, so the program cannot be exported. Fill it first.")
        if term.op is BOUND:
            return str(bound[term.payload])
        if term.op is LAMBDA:
            name = next(
                n for n in (f"x{k}" if k else "x" for k in range(10_000)) if n not in self.taken and n not in bound
            )
            return f"lambda {name}: {self.write(term.args[0], (name, *bound))}"
        if term.depth > _DEEPEST and not bound:
            args = [self._stored(a) for a in term.args]
        else:
            args = [self.write(a, bound) for a in term.args]
        return self._applied(term, args)

    def _stored(self, term: Term) -> str:
        if term.depth < 3 or term.op is LAMBDA:
            return self.write(term)
        text = self.write(term)
        name = f"part{len(self.lines) + 1}"
        while name in self.taken:
            name += "_"
        self.lines.append(f"    {name} = {text}")
        return name

    def _applied(self, term: Term, args: list[str]) -> str:
        def atom(text: str, arg: Term) -> str:
            infix = arg.op.name in (*_INFIX, "not", "neg", "if") and arg.args
            return f"({text})" if infix or arg.op is LAMBDA or text.startswith("-") else text

        name = term.op.name
        if term.op in self.library:
            return f"{self.library[term.op]}({', '.join(args)})"
        if term.op is APPLY:
            return f"{atom(args[0], term.args[0])}({args[1]})"
        if is_own(term.op):
            return self._call(term.op, args)
        if name in _INFIX and len(args) == 2:
            sign = _INFIX[name]
            if name in ("and", "or") and not all(n.op.name in _TOTAL for n in term.args[1].walk() if n.args):
                sign = "&" if name == "and" else "|"  # without a value on one side there is none, whatever the other is
            return f"{atom(args[0], term.args[0])} {sign} {atom(args[1], term.args[1])}"
        if name in ("not", "neg"):
            return f"{'not ' if name == 'not' else '-'}{atom(args[0], term.args[0])}"
        if name == "if":
            yes, no, asked = atom(args[1], term.args[1]), atom(args[2], term.args[2]), atom(args[0], term.args[0])
            return f"{yes} if {asked} else {no}"
        if name == "empty":
            return "[]"
        return self._call(term.op, args)

    def _call(self, op: Op, args: list[str]) -> str:
        try:
            called = self.collected.add(inspect.unwrap(function_of(op)), op)
        except AlgebraError as problem:
            raise ExportError(f"{problem} So the program cannot be exported.") from None
        return f"{called}({', '.join(args)})"


def to_python(term: Term, name: str = "program", inputs: Iterable[str] | None = None) -> str:
    """Source of a plain function of the program's inputs; it imports nothing beyond the standard library.

    Parameters
    ----------
    term : Term
        Without holes.
    name : str
        Name of the function.
    inputs : iterable of str, optional
        Its parameters, in order; the program's variables by default.

    Raises
    ------
    ExportError
        If ``name`` is no identifier or that of a function that the program uses, or an operator's source cannot be exported.

    >>> from induce.terms.lists import INTS, lists
    >>> print(to_python(lists.parse("take(2, xs)", xs=INTS)).splitlines()[-1])
        return take(2, xs)
    """
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        raise ExportError(f"a Python function cannot be called '{name}'. Give an identifier, such as 'program'.")
    variables = list(dict.fromkeys([*(inputs or ()), *(v.name for v in term.variables)]))
    names = safe_names(variables, taken={name, *BUILT_IN.values()})
    collected = Collected()
    taken = {name, *names.values(), *BUILT_IN.values()}
    writer = Writer(names, collected, taken)
    result = writer.write(term)
    collected.check()
    if name in collected.names:
        raise ExportError(
            f"the program uses a function '{name}' of its own, so it cannot be called that. Give another name, such as '{name}_of'."
        )
    if any(n in names.values() for n in collected.parts):
        names = safe_names(variables, taken={name, *BUILT_IN.values(), *collected.parts})
        writer = Writer(names, collected, taken | set(collected.parts) | set(names.values()))
        result = writer.write(term)
    body = "\n".join([*writer.lines, f"    return {result}"])
    main = f'def {name}({", ".join(names.values())}):\n    """{in_docstring(str(term))}"""\n{body}\n'
    head = "from __future__ import annotations" if collected.parts else ""
    top = "\n\n".join(part for part in [head, import_lines(collected)] if part)
    return "\n\n\n".join([part for part in [top, *collected.parts.values()] if part] + [main])


def function_names(term: Term) -> set[str]:
    """Names of the functions that the source of a program defines or uses besides the program."""
    collected = Collected()
    Writer({v.name: v.name for v in term.variables}, collected, set()).write(term)
    return collected.names


def import_lines(collected: Collected) -> str:
    """The imports that the collected definitions need."""
    needs = any("Callable" in p or "Any" in p for p in collected.parts.values())
    return "\n".join(sorted(line for line in collected.imports if needs or "typing" not in line))


def in_docstring(text: str) -> str:
    r"""Text as it is written between three quotation marks.

    >>> print(in_docstring('a "quoted" \\ text "'))
    a "quoted" \\ text \"
    """
    text = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return text[:-1] + '\\"' if text.endswith('"') else text
