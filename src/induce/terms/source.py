"""Terms as Python source: a plain function that needs only numpy."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Iterator

from induce.errors import ExportError
from induce.terms.op import LITERAL, VARIABLE
from induce.terms.show import ATOM, format_number, quote_name
from induce.terms.term import Term

__all__ = ["safe_names", "to_python", "to_torch_source"]

_UNSAFE = re.compile(r"\W")
_DEEPEST = 40
"""Sub-terms deeper than this become statements of their own: Python's compiler refuses deep expressions."""
_LONGEST = 2000

# how tightly Python binds what a template writes; a template in parentheses or ending in a call is an atom
_PYTHON_LEVELS = {
    "+": 5, "-": 5, "*": 6, "/": 6, "neg": 7, "^": 8, "square": 8, "cube": 8, "inverse": 6, "sigmoid": 6,
    "and": 3, "or": 1, "xor": 2, "not": 7, "iff": 7, "implies": ATOM, "if": ATOM,
}  # fmt: skip


def safe_names(names: Iterator[str] | list[str], taken: set[str] | None = None) -> dict[str, str]:
    """A distinct Python identifier for each name, in order.

    >>> safe_names(["body mass", "x", "class", "body_mass"])
    {'body mass': 'body_mass', 'x': 'x', 'class': 'class_', 'body_mass': 'body_mass_2'}
    """
    used = set(taken or ())
    found: dict[str, str] = {}
    for name in names:
        safe = _UNSAFE.sub("_", name).strip("_") or "x"
        safe = f"x{safe}" if safe[0].isdigit() else safe
        # identifiers are compared after NFKC normalisation by Python, so only ASCII ones are certain to stay distinct
        safe = safe if safe.isascii() and safe.isidentifier() else f"x{len(found)}"
        safe = f"{safe}_" if keyword.iskeyword(safe) or keyword.issoftkeyword(safe) else safe
        choice, number = safe, 1
        while choice in used:
            number += 1
            choice = f"{safe}_{number}"
        used.add(choice)
        found[name] = choice
    return found


def _number(term: Term, digits: int | None) -> tuple[str, int]:
    value = term.payload
    if type(value) is bool:
        return f"numpy.{value}_", ATOM
    if type(value) not in (int, float):
        raise ExportError(f"Python source cannot hold the literal '{term}' of sort {term.sort}.")
    if type(value) is int and abs(value) >= 2**63:
        value = float(value)
    text = format_number(value, digits)
    text = text.replace("inf", "numpy.inf").replace("nan", "numpy.nan")
    if type(value) is float and re.fullmatch(r"-?[0-9]+", text):
        text += ".0"
    return text, 7 if text.startswith("-") else ATOM


class _Lines:
    """Expressions so far, the statements already written, and a fresh name for each."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = taken
        self.lines: list[str] = []

    def store(self, text: str) -> str:
        name = f"part{len(self.lines) + 1}"
        while name in self.taken:
            name += "_"
        self.lines.append(f"    {name} = {text}")
        return name


def _write(term: Term, digits: int | None, names: dict[str, str], lines: _Lines) -> str:
    done: dict[Term, tuple[str, int, int]] = {}  # text, level, depth of nesting
    uses: dict[Term, int] = {}
    for node in term.postorder():
        for arg in node.args:
            uses[arg] = uses.get(arg, 0) + 1
    for node in term.postorder():
        if node.op is LITERAL:
            done[node] = (*_number(node, digits), 0)
            continue
        if node.op is VARIABLE:
            done[node] = (names[node.payload], ATOM, 0)
            continue
        template = node.op.notation.python
        if template is None:
            raise ExportError(
                f"operator '{node.op.name}' in '{_brief(node)}' has no Python form. Fill holes first, and declare operators "
                "with Notation(python=...)."
            )
        parts = [done[a][:2] for a in node.args]
        if node.op.name == "^" and parts[1][0].startswith("-") and parts[1][0][1:].isdigit():
            parts[1] = (parts[1][0] + ".0", parts[1][1])  # numpy refuses integers to negative integer powers
        if template in ("True", "False"):
            template = f"numpy.{template}_"  # Python's own True inverts to -2
        text, level = _node(node, template, parts)
        nesting = 1 + max((done[a][2] for a in node.args), default=0)
        if (
            node is not term
            and node.args
            and (nesting > _DEEPEST or len(text) > _LONGEST or (uses[node] > 1 and node.size > 8))
        ):
            text, level, nesting = lines.store(text), ATOM, 0
        done[node] = (text, level, nesting)
    return done[term][0]


def _brief(term: Term) -> str:
    text = str(term)
    return text if len(text) <= 80 else text[:77] + "..."


def _node(node: Term, template: str, args: list[tuple[str, int]]) -> tuple[str, int]:
    level = _PYTHON_LEVELS.get(node.op.name, ATOM if template.endswith(")") else 0)
    if not args:
        return template, ATOM
    if node.op.name in ("+", "-", "*", "/"):
        needs = [level, level + 1]  # the right side too: floating-point sums and products depend on the grouping
    elif node.op.name == "^":
        needs = [level + 1, 7]
    elif node.op.name in ("square", "cube"):
        needs = [level + 1]
    else:
        needs = [level] * len(args)
    texts: list[str] = []
    for number, (text, own) in enumerate(args):
        place = template.find("{" + str(number) + "}")
        inside = template[place - 1 : place] == "(" and template[place + 3 : place + 4] == ")"
        call = template.startswith("numpy.") or inside
        need = (
            0
            if call
            else max(needs[number], 7)
            if node.op.name in ("implies", "if", "iff", "inverse")
            else needs[number]
        )
        texts.append(f"({text})" if own < need else text)
    if node.op.name == "sigmoid":
        texts = [f"({text})" if own < 7 else text for text, own in args]
    return template.format(*texts), level


def to_python(term: Term, name: str = "formula", digits: int | None = None) -> str:
    """Source of a plain function of the term's variables, which imports only numpy.

    Parameters
    ----------
    term : Term
        Without holes. Its variables become arguments, in order of first appearance; the docstring maps them back.
    name : str
        Name of the function.
    digits : int, optional
        Round constants to so many significant digits.

    Raises
    ------
    ExportError
        If ``name`` is no identifier, or the term holds something Python source cannot say (a hole, a function).

    >>> from induce.terms import arithmetic
    >>> print(to_python(arithmetic.parse("2*sin(x)")).splitlines()[-1])
        return 2 * numpy.sin(x)
    """
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ExportError(f"a Python function cannot be called '{name}'. Give an identifier, such as 'formula'.")
    originals = [v.payload for v in term.variables]
    names = safe_names(list(dict.fromkeys(originals)), taken={"numpy", name})
    lines = _Lines(set(names.values()) | {"numpy", name})
    result = _write(term, digits, names, lines)
    shown = quote_name(term.op.name, frozenset()) if term.size > 200 else str(term)
    document = ["Formula of a term.", "", "    " + shown] if term.size <= 200 else ["Formula of a large term."]
    renamed = [f"    {safe}: column {original!r}" for original, safe in names.items() if safe != original]
    if renamed:
        document += ["", "    Arguments:", *(f"    {line}" for line in renamed)]
    text = "\n".join(document).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    body = "\n".join([*lines.lines, f"    return {result}"])
    return f'import numpy\n\n\ndef {name}({", ".join(names.values())}):\n    """{text}\n    """\n{body}\n'


_TORCH_LACKS = {
    "cbrt": ("cube_root", "torch.sign(x) * torch.abs(x) ** (1.0 / 3.0)"),
    "sign": ("sign_or_nan", "torch.where(torch.isnan(x), x, torch.sign(x))"),
}
"""numpy's name to a function of the same values, which torch does not have."""


class _Torch(ast.NodeTransformer):
    """Rewrites what :func:`to_python` wrote: other functions, and numbers as tensors, which torch's functions need."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if node.attr in _TORCH_LACKS:
            return ast.Name(_TORCH_LACKS[node.attr][0])
        if node.attr in ("True_", "False_"):
            return self._tensor(ast.Constant(node.attr == "True_"), "bool")
        attribute = ast.Attribute(ast.Name("torch"), node.attr)
        return self._tensor(attribute, "float64") if node.attr in ("pi", "e", "inf", "nan") else attribute

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return self._tensor(node, "float64") if type(node.value) in (int, float) else node

    @staticmethod
    def _tensor(value: ast.expr, kind: str) -> ast.AST:
        keyword_ = ast.keyword("dtype", ast.Attribute(ast.Name("torch"), kind))
        return ast.Call(ast.Attribute(ast.Name("torch"), "tensor"), [value], [keyword_])


def to_torch_source(term: Term, name: str = "formula", digits: int | None = None) -> str:
    """Source of a plain function of tensors, which imports only torch; otherwise as :func:`to_python`.

    >>> from induce.terms import arithmetic
    >>> print(to_torch_source(arithmetic.parse("sin(x) + y")).splitlines()[-1])
        return torch.sin(x) + y
    """
    tree = ast.parse(to_python(term, name, digits))
    function = tree.body[-1]
    assert isinstance(function, ast.FunctionDef)
    document = function.body[0]
    function.body = [document, *(_Torch().visit(line) for line in function.body[1:])]
    text = ast.unparse(ast.fix_missing_locations(function))
    needed = [(own, body) for own, body in _TORCH_LACKS.values() if f"{own}(" in text]
    before = "".join(f"def {own}(x):\n    return {body}\n\n\n" for own, body in needed)
    return f"import torch\n\n\n{before}{text}\n"
