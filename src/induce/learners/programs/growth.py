"""Growth: all programs by cost, each distinct value once; bodies of functions in banks of their own."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.algebras.instructions import CONSTANT
from induce.algebras.machine import encode_value
from induce.algebras.values import UNDEFINED, function_of, run
from induce.errors import TermError
from induce.examples import frozen
from induce.learners.programs.bank import INPUT, LIFTED, Bank, Place
from induce.learners.programs.rows import FIRST, FLAGS, OP, PARTIAL, PLACE, TRIED, A, B, C
from induce.learners.programs.rules import Rule, uncurried
from induce.terms.op import Op
from induce.terms.sort import BOOL, INT, Sort
from induce.terms.term import Term, bound, lambda_, literal, variable

__all__ = ["Growth"]

SLICE = 20_000
"""Combinations tried between two ticks."""
SAMPLES = 18
"""Points at which bodies of functions are told apart."""
_PYTHON = 2000
"""Codes from here on are of operators that Python runs."""
_MIXER = 0x9E3779B97F4A7C15


class Growth:
    """Bottom-up enumeration over a bank.

    Parameters
    ----------
    rules : sequence of Rule
    inputs : mapping of name to (sort, values)
        One value for each example.
    goal : (sort, values) or None
        What the programs are to give; solutions are collected in ``solutions``.
    literals : sequence of (value, sort)
    rng : numpy.random.Generator
        Draws the points at which functions are told apart.
    memory : float
        Bytes.
    lifted : int
        Largest cost of a closed program used inside a function.
    definitions : mapping of Op to Term
        Bodies of defined operators, as closed functions of their arguments.
    wanted : sequence of (sort, values)
        Goals of several tasks; the first row with the values of each is collected in ``reached``, as (number, row, cost).

    References
    ----------
    A. Albarghouthi, S. Gulwani and Z. Kincaid (2013), Recursive Program Synthesis; O. Udupa et al. (2013), TRANSIT;
    K. Shi et al. (2023), LambdaBeam (functions told apart by sampled arguments).
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        inputs: Mapping[str, tuple[Sort, Sequence[Any]]],
        goal: tuple[Sort, Sequence[Any]] | None,
        literals: Sequence[tuple[Any, Sort]],
        rng: np.random.Generator,
        *,
        memory: float = 1e9,
        lifted: int = 3,
        definitions: Mapping[Op, Term] | None = None,
        wanted: Sequence[tuple[Sort, Sequence[Any]]] = (),
    ) -> None:
        self.rules, self.literals, self.lifted = tuple(rules), tuple(literals), lifted
        self.bank = Bank(memory)
        defined = dict[Op, int]()
        for op, body in (definitions or {}).items():
            with contextlib.suppress(TermError):  # what the machine does not know, Python runs
                defined[op] = self.bank.definition(op, body)
        self.count = len(next(iter(inputs.values()))[1])
        self.inputs = dict(inputs)
        self.has_if = any(r.branches for r in self.rules)
        self.codes = {r: defined.get(r.op, r.code if r.code >= 0 else _PYTHON + k) for k, r in enumerate(self.rules)}
        self.by_code = {code: r.op for r, code in self.codes.items()}
        self.notes: list[str] = []
        self.sorts: dict[int, Sort] = {}
        self.leaves: dict[int, Term] = {}
        self.members: dict[tuple[int, Sort, bool], dict[int, NDArray[np.int64]]] = {}
        self.sort_of: list[Sort] = []
        self.solutions: list[Term] = []
        self.costs: list[int] = []
        self.finished = 0
        self.places = [Place(0, (), np.arange(self.count, dtype=np.int64))]
        self._around: dict[int, int] = {}
        for rule in self.rules:
            for slot, sort in enumerate(rule.arguments):
                if sort.is_arrow:
                    parameters, _ = self.function(rule, slot)
                    known = [p.parameters for p in self.places]
                    if parameters not in known:
                        self.places.append(self._place(parameters, rng))
                    number = known.index(parameters) if parameters in known else len(known)
                    around = rule.cost + len(rule.arguments) - 1  # what is around the body at least
                    self._around[number] = min(around, self._around.get(number, around))
        self.goal = goal
        self.goal_hash = 0 if goal is None else self._hash_of(goal)
        self.reached: list[tuple[int, int, int]] = []
        self._wanted: dict[int, list[int]] = {}
        for number, each in enumerate(wanted):
            self._wanted.setdefault(self._hash_of(each), []).append(number)
        self._wanted_hashes = np.array(sorted(self._wanted), np.uint64)

    def _hash_of(self, goal: tuple[Sort, Sequence[Any]]) -> int:
        """The hash of a row with these values; 0 where the machine cannot hold them."""
        cells = [encode_value(v, goal[0]) for v in goal[1]]
        held = [c for c in cells if c is not None]
        return self.bank.hash_of(held, self._salt(0, goal[0])) if len(held) == len(cells) else 0

    # ---- places

    @staticmethod
    def function(rule: Rule, slot: int) -> tuple[tuple[Sort, ...], Sort]:
        """Parameters and result of a function that is an argument."""
        if rule.functional:
            return uncurried(rule.arguments[slot], 2 if rule.op.name in ("fold", "fold_right", "zip_with") else 1)
        return uncurried(rule.arguments[slot], None)

    def _salt(self, place: int, sort: Sort) -> int:
        known = list(dict.fromkeys([*self.sorts.values(), sort]))
        self.sorts = dict(enumerate(known))
        return (_MIXER * (1 + 64 * place + known.index(sort))) % 2**64

    def _place(self, parameters: tuple[Sort, ...], rng: np.random.Generator) -> Place:
        each = max(3, SAMPLES // self.count)
        place = Place(len(self.places), parameters, np.repeat(np.arange(self.count, dtype=np.int64), each))
        place.lists = any(sort.name in ("list", "text") for sort in parameters)
        place.bound = np.full(len(parameters), -1, np.int64)
        self._samples = getattr(self, "_samples", {})
        self._samples[parameters] = [
            [self._sample(sort, int(example), rng) for example in place.examples] for sort in parameters
        ]
        return place

    def _sample(self, sort: Sort, example: int, rng: np.random.Generator) -> Any:
        lists = [v[example] for s, v in self.inputs.values() if s.name == "list" and s.args[0] is INT]
        numbers = [v[example] for s, v in self.inputs.values() if s is INT] + [x for xs in lists for x in xs]
        if sort is INT:
            if numbers and rng.random() < 0.6:
                return int(rng.choice(numbers))
            return int(rng.integers(-2, 18))
        if sort is BOOL:
            return bool(rng.random() < 0.5)
        if sort.name == "list" and sort.args[0] is BOOL:
            return [bool(b) for b in rng.random(int(rng.integers(0, 5))) < 0.5]
        if sort.name == "text":
            return "".join(rng.choice(list("abcXYZ 019"), int(rng.integers(0, 6))))
        pool = numbers or [0, 1, 2, 3, 5, 8]
        return [int(rng.choice(pool)) for _ in range(int(rng.integers(0, 6)))]

    # ---- rows

    def rows(self, place: int, sort: Sort, cost: int, partial: bool = False) -> NDArray[np.int64]:
        """The rows of a place, sort and cost; with those undefined at some points, if asked."""
        empty = np.zeros(0, np.int64)
        rows = self.members.get((place, sort, False), {}).get(cost, empty)
        return np.concatenate([rows, self.members.get((place, sort, True), {}).get(cost, empty)]) if partial else rows

    def _admit(self, place: int, sort: Sort, cost: int, first: int) -> None:
        """Enter the rows from ``first`` on as members of their sort and cost."""
        rows = np.arange(first, len(self.bank), dtype=np.int64)
        if not len(rows):
            return
        self.sort_of.extend([sort] * len(rows))
        if place == 0 and len(self._wanted_hashes):
            hashes = self.bank.hashes[rows]
            for k in np.flatnonzero(np.isin(hashes, self._wanted_hashes)):
                self.reached += [(number, int(rows[k]), cost) for number in self._wanted[int(hashes[k])]]
        lost = (self.bank.nodes[rows, FLAGS] & PARTIAL) != 0
        for partial, part in ((False, rows[~lost]), (True, rows[lost])):
            if len(part):
                held = self.members.setdefault((place, sort, partial), {})
                held[cost] = np.concatenate([held[cost], part]) if cost in held else part

    def _leaf(self, place: int, sort: Sort, row: int, term: Term | None, cost: int = 1) -> None:
        if row >= 0:
            if term is not None:
                self.leaves[row] = term
            self._admit(place, sort, cost, row)

    def _leaves(self) -> None:
        for name, (sort, values) in self.inputs.items():
            cells = [encode_value(v, sort) for v in values]
            row = self.bank.leaf(INPUT, cells, self.places[0], self._salt(0, sort), 1)
            self._leaf(0, sort, row, variable(name, sort))
        for number, place in enumerate(self.places):
            depth = len(place.parameters)
            for k, sort in enumerate(place.parameters):
                values = [encode_value(v, sort) for v in self._samples[place.parameters][k]]
                row = self.bank.parameter(depth - 1 - k, values, sort, place, self._salt(number, sort))  # type: ignore[arg-type]
                place.bound[k] = row
                self._leaf(number, sort, row, bound(depth - 1 - k, sort))
            for value, sort in self.literals:
                row = self.bank.literal(value, sort, place, self._salt(number, sort), 1)
                self._leaf(number, sort, row, literal(value, sort))
        if self.goal is not None:
            for row in range(len(self.bank)):
                if int(self.bank.hashes[row]) == self.goal_hash:
                    self.solutions.append(self.term(row))
                    self.costs.append(1)

    # ---- levels

    def levels(self, deepest: int) -> Iterator[int]:
        """Yield the number of combinations tried, after every slice of work; ``finished`` is the last complete cost."""
        self._leaves()
        yield self.bank.tried
        for cost in range(1, deepest + 1):
            for number in range(1, len(self.places)):  # bodies as soon as, and no sooner than, a program can use them
                inner = cost - self._around[number]
                if inner > 0:
                    if inner <= self.lifted:
                        self._lift(number, inner)
                    yield from self._level(number, inner)
            yield from self._level(0, cost)
            if self.bank.stuck:
                return
            self.finished = cost
            yield self.bank.tried

    def _lift(self, number: int, cost: int) -> None:
        place = self.places[number]
        for (held, sort, partial), by_cost in list(self.members.items()):
            if held or partial or cost not in by_cost:
                continue
            for row in by_cost[cost]:
                if row in self.leaves and self.leaves[int(row)].is_literal:
                    continue
                new = self.bank.lift(int(row), place, self._salt(number, sort), cost, sort in (INT, BOOL))
                self._leaf(number, sort, new, None, cost)

    def _level(self, number: int, cost: int) -> Iterator[int]:
        for rule in self.rules:
            if number and (
                rule.higher or self.interpreted(rule) or (rule.result.name == "list" and not self.places[number].lists)
            ):
                continue
            if not rule.arguments:
                if cost == rule.cost:
                    self._constant(number, rule)
                continue
            left = cost - rule.cost
            for split in _compositions(left, len(rule.arguments)):
                yield from self._try(number, rule, cost, split)
                if self.bank.stuck:
                    return

    def _constant(self, number: int, rule: Rule) -> None:
        """An operator without arguments: its value everywhere."""
        value = _value(function_of(rule.op), [])
        cells = None if value is None else encode_value(value, rule.result)
        if cells is None:
            return
        place, salt = self.places[number], self._salt(number, rule.result)
        row = self.bank.leaf(self.codes[rule], [cells] * len(place.examples), place, salt, rule.cost)
        if row >= 0 and not number and self.goal_hash and int(self.bank.hashes[row]) == self.goal_hash:
            self.solutions.append(rule.op())
            self.costs.append(rule.cost)
        if row >= 0 and number:
            self.bank.instruct(row, CONSTANT, int(self.bank.nodes[row, FIRST]), rule.result in (INT, BOOL))
        self._leaf(number, rule.result, row, rule.op() if row >= 0 else None, rule.cost)

    def _try(self, number: int, rule: Rule, cost: int, split: tuple[int, ...]) -> Iterator[int]:
        rows: list[NDArray[np.int64]] = []
        for slot, (sort, part) in enumerate(zip(rule.arguments, split, strict=True)):
            if sort.is_arrow:
                parameters, result = self.function(rule, slot)
                inner = next(k for k, p in enumerate(self.places) if p.parameters == parameters)
                rows.append(self.rows(inner, result, part))
            else:
                rows.append(self.rows(number, sort, part, partial=rule.branches and slot > 0))
        total = int(np.prod([len(r) for r in rows]))
        if not total:
            return
        commutative = rule.op.commutative and len(split) == 2
        if commutative and split[0] > split[1]:
            return
        same = commutative and split[0] == split[1]
        partial = self.has_if and (number > 0 or self.goal is None or rule.result is self.goal[0])
        shape = (cost, number, bool(same), partial, number > 0)
        salt, goal = self._salt(number, rule.result), 0
        if number == 0 and self.goal is not None and rule.result is self.goal[0]:
            goal = self.goal_hash
        if self.interpreted(rule):
            yield from self._called(rule, cost, rows)
            return
        begin = 0
        while begin < total:
            first = len(self.bank)
            begin = self.bank.combine(self.codes[rule], shape, self.places[number], rows, begin, SLICE, salt, goal)
            self._admit(number, rule.result, cost, first)
            for op, a, b, c, _ in self.bank.take_found():
                self.solutions.append(self._combined(int(op), [int(a), int(b), int(c)], rule))
                self.costs.append(cost)
            yield self.bank.tried
            if self.bank.stuck and not self.bank.grow():
                self.bank.give_up()
                return

    def _called(self, rule: Rule, cost: int, rows: Sequence[NDArray[np.int64]]) -> Iterator[int]:
        """Combinations under an operator that Python runs."""
        function, place = function_of(rule.op), self.places[0]
        wanted = None if self.goal is None or rule.result is not self.goal[0] else [frozen(v) for v in self.goal[1]]
        for number, args in enumerate(itertools.product(*(part.tolist() for part in rows))):
            if getattr(function, "barred", False):
                return
            values = [self._column(row, sort) for row, sort in zip(args, rule.arguments, strict=True)]
            outputs = [_value(function, [column[p] for column in values]) for p in range(self.count)]
            cells = [None if v is None else encode_value(v, rule.result) for v in outputs]
            self.bank.counters[TRIED] += 1
            if wanted is not None and [frozen(v) for v in outputs] == wanted:
                self.solutions.append(self._apply(self.codes[rule], list(args), {k: self.term(k) for k in args}))
                self.costs.append(cost)
            if all(c is not None for c in cells):
                slots = (*args, -1, -1)[:3]
                row = self.bank.leaf(self.codes[rule], cells, place, self._salt(0, rule.result), cost, 0, slots)
                if row >= 0:
                    self._admit(0, rule.result, cost, row)
            if number % 50 == 49:
                yield self.bank.tried

    def _column(self, row: int, sort: Sort) -> list[Any]:
        """The Python values of a row, one an example; a function for the body of one."""
        if not sort.is_arrow:
            return self.bank.values(row, sort, self.count)
        term = self._function(row, self.term(row))
        return [run(term, {name: v[p] for name, (_, v) in self.inputs.items()}) for p in range(self.count)]

    # ---- back to terms

    def term(self, row: int) -> Term:
        """The program of a row."""
        built: dict[int, Term] = dict(self.leaves)
        stack = [row]
        while stack:
            node = stack[-1]
            if node in built:
                stack.pop()
                continue
            args = [int(k) for k in self.bank.nodes[node, [A, B, C]] if k >= 0]
            waiting = [k for k in args if k not in built]
            if waiting:
                stack.extend(waiting)
                continue
            stack.pop()
            op = int(self.bank.nodes[node, OP])
            built[node] = built[args[0]] if op == LIFTED else self._apply(op, args, built)
        return built[row]

    def _combined(self, op: int, args: list[int], rule: Rule) -> Term:
        used = [k for k in args if k >= 0]
        return self._apply(op, used, {k: self.term(k) for k in used})

    def _apply(self, code: int, args: list[int], built: Mapping[int, Term]) -> Term:
        op = self.by_code[code]
        terms: list[Term] = []
        for row, sort in zip(args, op.arguments, strict=True):
            terms.append(self._function(row, built[row]) if sort.is_arrow else built[row])
        return Term(op, tuple(terms))

    def _function(self, row: int, body: Term) -> Term:
        for parameter in reversed(self.places[int(self.bank.nodes[row, PLACE])].parameters):
            body = lambda_(parameter, body)
        return body

    def interpreted(self, rule: Rule) -> bool:
        """Whether Python runs the operator."""
        return _PYTHON <= self.codes[rule] < _PYTHON + len(self.rules)


def _value(function: Any, values: list[Any]) -> Any:
    """The value of a Python function, None where it has none."""
    if any(v is None for v in values):
        return None
    try:
        return function(*values)
    except UNDEFINED:
        return None


def _compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    """The ways to write a number as an ordered sum of so many positive ones."""
    for cuts in itertools.combinations(range(1, total), parts - 1):
        ends = (0, *cuts, total)
        if total >= parts:
            yield tuple(b - a for a, b in itertools.pairwise(ends))
