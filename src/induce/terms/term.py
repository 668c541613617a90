"""Term: the one syntax tree. Interned, immutable, typed; a term with holes is a sketch.

Two terms are equal exactly when they are the same object. Every walk is iterative, so a term 10,000 deep
works; copying and pickling go through a flat list of nodes.
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from weakref import WeakValueDictionary

from induce.errors import TermError
from induce.terms.op import APPLY, BOUND, HOLE, LAMBDA, LITERAL, VARIABLE, Op
from induce.terms.overloads import Overloads
from induce.terms.sort import BOOL, INT, REAL, TEXT, Sort

if TYPE_CHECKING:
    from induce.terms.hole import Hole

__all__ = ["Term", "apply", "bound", "lambda_", "literal", "variable"]

R = TypeVar("R")

_TABLE: WeakValueDictionary[tuple[object, ...], Term] = WeakValueDictionary()
_LOCK = threading.RLock()


class Term(Overloads):
    """A node of the one syntax tree: an operator applied to terms, or a leaf with a payload.

    Build terms by calling an :class:`Op`, with :func:`variable`, :func:`literal` and ``hole``, by Python
    arithmetic, or by ``Language.parse``. Arguments are never reordered.

    Parameters
    ----------
    op : Op
        The operator, or one of the special ones (LITERAL, VARIABLE, BOUND, HOLE, LAMBDA, APPLY).
    args : tuple of Term
        The arguments.
    payload : object
        What a leaf holds (a value, a name, an index, a Hole); the parameter's sort for a lambda.
    sort : Sort
        Only for leaves; computed from the signature otherwise.

    Raises
    ------
    TermError
        If the arguments do not fit the operator's signature.

    >>> from induce.terms import arithmetic
    >>> x = arithmetic.variable("x")
    >>> x * 2 + 1 is arithmetic.parse("x * 2 + 1")
    True
    """

    __slots__ = ("__weakref__", "args", "depth", "op", "payload", "size", "sort")
    op: Op
    args: tuple[Term, ...]
    payload: Any
    sort: Sort
    size: int
    depth: int
    evaluator: ClassVar[Callable[..., Any] | None] = None

    def __new__(cls, op: Op, args: tuple[Term, ...] = (), payload: Any = None, sort: Sort | None = None) -> Term:
        if args or sort is op.result:  # a constant is the same term whether or not its sort is said
            sort = None
        key = (op, args, _payload_key(op, payload), sort)
        with _LOCK:
            found = _TABLE.get(key)
            if found is not None:
                return found
            if op is LAMBDA:
                sort = Sort("->", (payload, args[0].sort))
            elif op is APPLY:
                sort = _apply_sort(args)
            elif args or sort is None:
                sort = op.check(args)
            found = object.__new__(cls)
            put = object.__setattr__
            put(found, "op", op)
            put(found, "args", args)
            put(found, "payload", payload)
            put(found, "sort", sort)
            put(found, "size", 1 + sum(a.size for a in args))
            put(found, "depth", 1 + max((a.depth for a in args), default=0))
            _TABLE[key] = found
            return found

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"Term is immutable; cannot set '{name}'. Use replace() to make another term.")

    def __copy__(self) -> Term:
        return self

    def __deepcopy__(self, memo: object) -> Term:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return (from_flat, to_flat(self))

    # ---- what it is

    @property
    def is_literal(self) -> bool:
        """True for a value written down."""
        return self.op is LITERAL

    @property
    def is_variable(self) -> bool:
        """True for a free variable."""
        return self.op is VARIABLE

    @property
    def is_hole(self) -> bool:
        """True for a place to be filled."""
        return self.op is HOLE

    @property
    def value(self) -> Any:
        """The value of a literal."""
        if self.op is not LITERAL:
            raise TermError(f"'{self}' is not a literal and has no value. Evaluate it with term(x=...).")
        return self.payload

    @property
    def name(self) -> str:
        """The name of a variable or hole, or of the operator otherwise."""
        if self.op is VARIABLE:
            return str(self.payload)
        return str(self.payload.name) if self.op is HOLE else self.op.name

    @property
    def hole(self) -> Hole:
        """What may fill this hole."""
        if self.op is not HOLE:
            raise TermError(f"'{self}' is not a hole. Its holes are in .holes.")
        return self.payload  # type: ignore[no-any-return]

    @property
    def holes(self) -> tuple[Term, ...]:
        """The distinct holes, in order of first appearance; empty for a program."""
        return tuple(node for node in self.postorder() if node.op is HOLE)

    @property
    def variables(self) -> tuple[Term, ...]:
        """The distinct free variables, in order of first appearance."""
        return tuple(node for node in self.postorder() if node.op is VARIABLE)

    # ---- walking

    def postorder(self) -> Iterator[Term]:
        """Each distinct sub-term once, arguments before the terms that use them, left to right."""
        seen: set[Term] = set()
        stack: list[Term] = [self]
        while stack:
            node = stack[-1]
            if node in seen:
                stack.pop()
                continue
            waiting = [a for a in reversed(node.args) if a not in seen]
            if waiting:
                stack.extend(waiting)
            else:
                seen.add(node)
                stack.pop()
                yield node

    def walk(self) -> Iterator[Term]:
        """Every occurrence of every sub-term, from the root down, left to right."""
        stack: list[Term] = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.args))

    def walk_postfix(self) -> Iterator[Term]:
        """Every occurrence of every sub-term, arguments before the terms that use them: the order of postfix code."""
        stack: list[tuple[Term, bool]] = [(self, False)]
        while stack:
            node, done = stack.pop()
            if done or not node.args:
                yield node
            else:
                stack.append((node, True))
                stack.extend((a, False) for a in reversed(node.args))

    def fold(self, function: Callable[[Term, tuple[R, ...]], R]) -> R:
        """The value at the root of ``function(node, values of its arguments)``, each distinct node once."""
        values: dict[Term, R] = {}
        for node in self.postorder():
            values[node] = function(node, tuple(values[a] for a in node.args))
        return values[self]

    def rebuild(self, args: tuple[Term, ...]) -> Term:
        """The same node over other arguments."""
        if all(new is old for new, old in zip(args, self.args, strict=True)):
            return self
        return Term(self.op, args, self.payload)

    def replace(self, mapping: Mapping[Term | str, Term | float]) -> Term:
        """The term with every occurrence of a key exchanged for its value, all at once.

        Keys are terms, or names of variables and holes; values are terms or Python numbers. The new terms must not
        contain bound variables that a lambda of this term would capture; use ``match.substitute`` for those.
        Raises TermError if a value has another sort than what it replaces, or a name is not in the term.

        >>> from induce.terms import arithmetic
        >>> arithmetic.parse("x + y").replace({"x": 2})
        2 + y
        """
        by_term: dict[Term, Term] = {}
        for key, new in mapping.items():
            olds = [key] if isinstance(key, Term) else [t for t in (*self.variables, *self.holes) if t.name == key]
            if not olds:
                known = sorted({t.name for t in (*self.variables, *self.holes)})
                raise TermError(
                    f"'{self}' has no variable or hole named '{key}'. It has: {', '.join(known) or 'none'}."
                )
            for old in olds:
                fresh = new if isinstance(new, Term) else literal(new, old.sort)
                if fresh.sort is not old.sort and not (fresh.sort.has_variables or old.sort.has_variables):
                    raise TermError(
                        f"cannot put '{fresh}' of sort {fresh.sort} in place of '{old}' of sort {old.sort}."
                    )
                by_term[old] = fresh
        return self.fold(lambda node, args: by_term[node] if node in by_term else node.rebuild(args))

    # ---- running

    def __call__(self, data: Any = None, /, *, algebra: Any = None, **columns: Any) -> Any:
        """The value of the term on columns of data, under an algebra (the real one by default).

        Parameters
        ----------
        data : mapping or table, optional
            Column name to array of shape (rows,).
        algebra : Algebra, optional
            What the operators mean; ``Algebra.REAL`` for terms of sort real, ``Algebra.BOOLEAN`` for bool.
        **columns : array-like
            Columns by name; they win over ``data``.

        >>> from induce.terms import arithmetic
        >>> float(arithmetic.parse("x^2 + 1")(x=3.0))
        10.0
        """
        if Term.evaluator is None:
            import importlib

            importlib.import_module("induce.algebras.evaluate")  # sets Term.evaluator; terms must not import algebras
        assert Term.evaluator is not None
        return Term.evaluator(self, data, algebra, columns)

    # ---- how it looks

    def __str__(self) -> str:
        from induce.terms.show import to_text

        return to_text(self)

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        from induce.terms.markup import to_latex

        return f"$\\displaystyle {to_latex(self)}$"


def _payload_key(op: Op, payload: Any) -> object:
    """What tells payloads apart: type and bits, so that 1, 1.0, True, 0.0 and -0.0 all differ."""
    if op is LITERAL:
        if type(payload) is float:
            return ("float", struct.pack("<d", payload))
        return (type(payload), payload)
    return payload


def _apply_sort(args: tuple[Term, ...]) -> Sort:
    function, argument = args
    if not function.sort.is_arrow:
        raise TermError(f"'{function}' has sort {function.sort} and cannot be applied; a function was expected.")
    expected, result = function.sort.args
    if expected is not argument.sort:
        from induce.terms.sort import unify_sorts

        mapping: dict[Sort, Sort] = {}
        if not unify_sorts(expected, argument.sort, mapping):
            raise TermError(f"'{function}' expects {expected} but was applied to '{argument}' of sort {argument.sort}.")
        result = result.substitute(mapping)
    return result


def literal(value: Any, sort: Sort | None = None) -> Term:
    """A value written down.

    Parameters
    ----------
    value : float, int, bool, str or any hashable value
        NumPy scalars become Python ones; every NaN is the same NaN.
    sort : Sort, optional
        By default real for float, int for int, bool for bool, text for str.

    Raises
    ------
    TermError
        If the value has no default sort, does not fit ``sort``, or is not hashable.

    >>> literal(1.0) is literal(1)
    False
    """
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    defaults = {float: REAL, int: INT, bool: BOOL, str: TEXT}
    if sort is None:
        sort = defaults.get(type(value))
        if sort is None:
            raise TermError(f"{value!r} has no default sort. Say which: literal({value!r}, sort).")
    elif sort in (REAL, INT, BOOL, TEXT):
        fits = {REAL: (float, int), INT: (int,), BOOL: (bool,), TEXT: (str,)}[sort]
        if type(value) not in fits:
            raise TermError(f"{value!r} is not a value of sort {sort}.")
    if type(value) is float and value != value:
        value = float("nan")
    try:
        hash(value)
    except TypeError:
        raise TermError(f"a literal must be hashable, but {type(value).__name__} is not. Use a tuple.") from None
    return Term(LITERAL, (), value, sort)


def variable(name: str, sort: Sort = REAL) -> Term:
    """A free variable: an input, a column. Any non-empty text is a name."""
    if not isinstance(name, str) or not name:
        raise TermError(f"a variable's name must be non-empty text, but got {name!r}.")
    return Term(VARIABLE, (), name, sort)


def bound(index: int, sort: Sort) -> Term:
    """A variable bound by a lambda, by de Bruijn index: 0 is the innermost lambda's."""
    if index < 0:
        raise TermError(f"a de Bruijn index is 0 or more, but got {index}.")
    return Term(BOUND, (), index, sort)


def lambda_(parameter: Sort, body: Term) -> Term:
    """The function that takes a value of sort ``parameter`` (index 0 in ``body``) to ``body``.

    >>> from induce.terms import arithmetic
    >>> lambda_(REAL, bound(0, REAL) + 1).sort
    Sort('real -> real')
    """
    depth = {body: 0}
    stack = [body]
    while stack:
        node = stack.pop()
        if node.op is BOUND and node.payload == depth[node] and node.sort is not parameter:
            raise TermError(f"the body uses index {node.payload} as {node.sort}, but the parameter is {parameter}.")
        for arg in node.args:
            deeper = depth[node] + (node.op is LAMBDA)
            if arg not in depth:
                depth[arg] = deeper
                stack.append(arg)
    return Term(LAMBDA, (body,), parameter)


def apply(function: Term, *args: Term) -> Term:
    """The function applied to one argument after another."""
    for arg in args:
        function = Term(APPLY, (function, arg))
    return function


def to_flat(term: Term) -> tuple[list[Op], list[tuple[Any, ...]]]:
    """The term as (operators, nodes): a node is (operator number, numbers of argument nodes, payload, sort)."""
    ops: dict[Op, int] = {}
    place: dict[Term, int] = {}
    nodes: list[tuple[Any, ...]] = []
    for node in term.postorder():
        number = ops.setdefault(node.op, len(ops))
        place[node] = len(nodes)
        nodes.append((number, tuple(place[a] for a in node.args), node.payload, None if node.args else node.sort))
    return list(ops), nodes


def from_flat(ops: list[Op], nodes: list[tuple[Any, ...]]) -> Term:
    """Rebuild a term from :func:`to_flat`; the root is the last node."""
    built: list[Term] = []
    for number, args, payload, sort in nodes:
        built.append(Term(ops[number], tuple(built[a] for a in args), payload, sort))
    return built[-1]
