"""Python's operators on terms: each makes a term of the operator that a language registered for the left term's sort."""

from __future__ import annotations

from typing import TYPE_CHECKING

from induce.errors import TermError
from induce.terms.sort import Sort

if TYPE_CHECKING:
    from induce.terms.op import Op
    from induce.terms.term import Term

__all__ = ["OVERLOADS", "Overloads"]

OVERLOADS: dict[tuple[str, Sort], Op] = {}
"""(Python operator, sort of the left term) -> Op; filled by languages that ask for it."""


class Overloads:
    """The arithmetic and Boolean operators of Python, for :class:`induce.terms.Term` to inherit."""

    __slots__ = ()
    sort: Sort

    def _binary(self, symbol: str, other: object, swapped: bool = False) -> Term:
        op = OVERLOADS.get((symbol, self.sort))
        if op is None:
            return NotImplemented  # type: ignore[no-any-return]
        return op(other, self) if swapped else op(self, other)

    def __add__(self, other: object) -> Term:
        return self._binary("+", other)

    def __radd__(self, other: object) -> Term:
        return self._binary("+", other, True)

    def __sub__(self, other: object) -> Term:
        return self._binary("-", other)

    def __rsub__(self, other: object) -> Term:
        return self._binary("-", other, True)

    def __mul__(self, other: object) -> Term:
        return self._binary("*", other)

    def __rmul__(self, other: object) -> Term:
        return self._binary("*", other, True)

    def __truediv__(self, other: object) -> Term:
        return self._binary("/", other)

    def __rtruediv__(self, other: object) -> Term:
        return self._binary("/", other, True)

    def __pow__(self, other: object) -> Term:
        return self._binary("^", other)

    def __rpow__(self, other: object) -> Term:
        return self._binary("^", other, True)

    def __and__(self, other: object) -> Term:
        return self._binary("and", other)

    def __or__(self, other: object) -> Term:
        return self._binary("or", other)

    def __xor__(self, other: object) -> Term:
        return self._binary("xor", other)

    def _unary(self, symbol: str) -> Term:
        op = OVERLOADS.get((symbol, self.sort))
        if op is None:
            raise TermError(f"'{self}' has sort {self.sort}, for which '{symbol}' is not defined.")
        return op(self)

    def __neg__(self) -> Term:
        return self._unary("neg")

    def __invert__(self) -> Term:
        return self._unary("not")

    def __bool__(self) -> bool:
        raise TermError(f"'{self}' is a term, not a truth value. Compare terms with 'is', or evaluate them first.")
