"""Terms: what a thing *is*. One typed, interned syntax tree for formulas, rules, queries, programs and plans."""

from induce.terms import hole
from induce.terms.arithmetic import arithmetic
from induce.terms.boolean import boolean
from induce.terms.grammar import Grammar
from induce.terms.hole import Hole
from induce.terms.language import Language, declare
from induce.terms.op import Notation, Op
from induce.terms.sort import BOOL, INT, REAL, TEXT, Sort, arrow, list_of, parse_sort, tensor_of
from induce.terms.term import Term, apply, bound, lambda_, literal, variable

__all__ = [
    "BOOL",
    "INT",
    "REAL",
    "TEXT",
    "Grammar",
    "Hole",
    "Language",
    "Notation",
    "Op",
    "Sort",
    "Term",
    "apply",
    "arithmetic",
    "arrow",
    "boolean",
    "bound",
    "declare",
    "hole",
    "lambda_",
    "list_of",
    "literal",
    "parse_sort",
    "tensor_of",
    "variable",
]
