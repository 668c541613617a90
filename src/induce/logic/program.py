"""LogicProgram: a program of rules with networks inside, as an ordinary ``torch.nn.Module``."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from induce.algebras.algebra import Algebra
from induce.algebras.semirings import PROBABILITY, as_algebra
from induce.errors import DataError, RuleError, did_you_mean
from induce.logic import language as lang
from induce.logic.backends import Backend, backend_for
from induce.logic.check import Statement, statements_of
from induce.logic.facts import read_facts, read_weighted
from induce.logic.grounding import GroundProgram, Weighted, counted_facts, ground
from induce.logic.likelihood import Likelihood
from induce.logic.limits import Limits
from induce.logic.lower import Lowered, lower
from induce.logic.measured import read_measured, together
from induce.logic.networks import read_with_networks
from induce.logic.parameters import Parameters
from induce.logic.parse import Parsed
from induce.logic.queries import Answers, Query, answers_of, read_query, with_queries
from induce.logic.symbols import Symbols
from induce.logic.views import Views
from induce.logic.weights import WeightReader
from induce.terms.sort import REAL
from induce.terms.term import Term

__all__ = ["LogicProgram"]


def _read_again(program: Any, keys: Any) -> None:
    """After loading parameters: places of indexed holes are looked up anew."""
    program._readers = {}


MANY = 200
"""Facts from which on a query with constants is answered by magic sets."""


class LogicProgram(Likelihood, Views, nn.Module):
    """Rules, facts and networks, evaluated under an algebra; differentiable where the algebra is.

    Parameters
    ----------
    text : str, Term or Parsed
        The rules; see the guide to the language, and :mod:`induce.logic.dialects` for texts of other engines.
    query : str, Term or sequence of these
        What ``forward`` answers, such as ``"sum(S)"``. Every value of its variables that can hold is one answer.
    over : mapping, optional
        Variable of the query to the values to answer for, in order.
    facts : mapping, optional
        Relation name to a table of facts; see :meth:`facts`.
    algebra : Algebra or str
        What the rules mean; exact probability by default.
    method : str, optional
        "structure", "enumeration", "elimination" or "sdd"; chosen by the planner by default.
    axes : mapping, optional
        Input name to the constants that index each axis after the batch.
    logits : bool
        Whether the networks give logits (or probabilities).
    strict : bool
        Refuse variables that occur only under one negation.
    limits : Limits, optional
        What grounding may cost.
    magic : bool, optional
        Derive only what a query with constants needs (magic sets); by default when there are many facts.
    seed : int
        Seed of the first values of holes.
    **nets : Module or hole.net
        Networks by the name that the rules use.

    Raises
    ------
    ParseError, RuleError
        If the text is no program, with line and column.

    References
    ----------
    R. Manhaeve et al. (2018), DeepProbLog: Neural Probabilistic Logic Programming.

    >>> program = LogicProgram("0.3::rain. 0.5::sprinkler. wet :- rain. wet :- sprinkler.", query="wet")
    >>> round(float(program()), 4)
    0.65
    """

    def __init__(
        self,
        text: str | Term | Parsed,
        *,
        query: Any = None,
        over: Mapping[str, Any] | None = None,
        facts: Mapping[str, Any] | None = None,
        algebra: Algebra | str = PROBABILITY,
        method: str | None = None,
        axes: Mapping[str, Any] | None = None,
        logits: bool = True,
        strict: bool = True,
        limits: Limits | None = None,
        magic: bool | None = None,
        seed: int = 0,
        **nets: Any,
    ) -> None:
        super().__init__()
        self.term, self.places, domains = read_with_networks(text, nets)
        self.over = {name: [lang.constant(v).payload for v in values] for name, values in (over or {}).items()}
        self.algebra, self.method, self.logits, self.strict, self.limits = (
            as_algebra(algebra),
            method,
            logits,
            strict,
            limits,
        )
        self.magic = magic
        self.axes = {name: [list(axis) for axis in value] for name, value in (axes or {}).items()}
        self.symbols = Symbols()
        self.nets = nn.ModuleDict({name: module for name, (module, _) in domains.items()})
        self.register_load_state_dict_post_hook(_read_again)
        self.parameters_of_holes = Parameters(self.term, self.symbols, seed)
        self._tables: dict[str, Any] = {}
        self._weighted: dict[str, Weighted] = {}
        self._measured: dict[str, Any] = {}
        statements = statements_of(self.term, self.places)
        lowered = lower(statements, Symbols(), strict=strict)  # finds mistakes now, not at the first call
        if not isinstance(facts or {}, Mapping):
            raise DataError(f"facts maps relations to tables, but got {type(facts).__name__}. Give {{'edge': table}}.")
        self._announced = set(facts or {})
        self.queries = self._queries(query, lowered, [s for s in statements if s.term.op.name == "?-"])
        self._forget()
        for name, data in (facts or {}).items():
            self.facts(name, data)

    def _queries(self, query: Any, lowered: Lowered, asked: Sequence[Statement]) -> tuple[Query, ...]:
        wanted: list[Any] = [] if query is None else (list(query) if isinstance(query, list | tuple) else [query])
        places = [*(None for _ in wanted), *asked]
        given = {f"{node.op.name}/{len(node.args)}" for q in lowered.queries for node in q.args if lang.is_atom(node)}
        wanted += lowered.queries
        known = sorted(
            k
            for k in {c.head.relation for c in lowered.clauses}
            | set(lowered.facts)
            | set(lowered.columns)
            | {k for k in given if k.rpartition("/")[0] in self._announced}
            | {s.relation for c in lowered.clauses for s in c.body if hasattr(s, "relation")}
            if "@" not in k
        )
        return tuple(read_query(q, k + 1, known, places[k]) for k, q in enumerate(wanted))

    def _forget(self) -> None:
        """Drop everything that grounding made."""
        self._ground: dict[bool, GroundProgram] = {}
        self._readers: dict[bool, WeightReader] = {}
        self._backend: Backend | None = None
        self._answers: Answers | None = None
        self._sum: Any = False
        self._given: Any = None
        self.too_large_for_circuit = False  # the constraints; found out by the first decode()
        self.seconds: dict[str, float] = {}

    # ---- facts

    def facts(self, name: str, data: Any, *, weight: Any = None, value: Any = None) -> LogicProgram:
        """Add a table of facts: tuples, or a numpy, pandas, polars, Arrow or DuckDB table.

        Parameters
        ----------
        name : str
            The relation.
        data : table
            One row a fact, one column an argument.
        weight : str or array, optional
            Column with the probability of each fact; certain facts by default.
        value : str or array, optional
            Column with a real value of each fact, read by real expressions such as ``sigmoid(?k * dist(X))``.

        Raises
        ------
        DataError, RuleError
            For missing values, mixed types, ragged rows, and an arity other than the rules use.
        """
        arity = self._arity_of(name, value is not None)
        if arity is None:
            used = sorted(
                {n.op.name for n in self._all_terms() if n.sort in (lang.FORMULA, REAL) and n.op.name.isidentifier()}
            )
            raise DataError(
                f"no rule and no query uses '{name}'.{did_you_mean(name, used)} Facts are given to relations that the "
                "program reads; check the name."
            )
        if weight is not None and value is not None:
            raise DataError(f"{name}: a fact has a weight or a value, not both. Use two relations.")
        if weight is not None:
            # costs and multiplicities are no probabilities
            free = getattr(self.algebra, "kind", "") in ("tropical", "counting")
            read = read_measured if free else read_weighted
            columns, weights = read(name, data, self.symbols, weight, arity=arity)
            key = f"{name}/{columns.shape[1]}"
            before = self._weighted.get(key)
            old = (None, None) if before is None else (before.columns, before.weights)
            self._weighted[key] = Weighted(*together(name, self.symbols, old, columns, weights))
        elif value is not None:
            columns, values = read_measured(name, data, self.symbols, value, arity)
            key = f"{name}/{columns.shape[1]}"
            columns, values = together(name, self.symbols, self._measured.get(key, (None, None)), columns, values)
            self._measured[key] = (columns, values)
            self._tables[key] = columns
        else:
            columns = read_facts(name, data, self.symbols, arity=arity)
            key = f"{name}/{columns.shape[1]}"
            before = self._tables.get(key)
            self._tables[key] = columns if before is None else np.concatenate([before, columns])
        self._forget()
        return self

    def _arity_of(self, name: str, measured: bool) -> int | None:
        for node in self._all_terms():
            if node.op.name == name and (node.sort is lang.FORMULA or (measured and node.sort is REAL)):
                return len(node.args)
        return None

    def _all_terms(self) -> Iterator[Term]:
        """Every sub-term of the program, of its queries, and of the options of its holes."""
        waiting = [self.term, *(q.body for q in self.queries)]
        while waiting:
            for node in waiting.pop().postorder():
                yield node
                if node.is_hole and isinstance(node.hole.options, tuple):
                    waiting.extend(node.hole.options)
                if node.op.name == "#relation":
                    yield lang.predicate(str(node.args[0].payload), len(node.args) - 1)(*node.args[1:])

    # ---- grounding

    def ground(self, *, observed: bool = False) -> GroundProgram:
        """The ground program; made once, and again after new facts.

        Parameters
        ----------
        observed : bool
            The version in which a sum whose result is observed is left out (a carry automaton takes its place).
        """
        if observed not in self._ground:
            began = time.process_time()
            statements = with_queries(statements_of(self.term, self.places), self.queries)
            taken = frozenset({*self._tables, *self._weighted})
            lowered = lower(statements, self.symbols, strict=self.strict, taken=taken)
            lowered.columns |= {key: () for key in self._measured}
            skip: frozenset[str] = frozenset()
            others = lowered.constraints or lowered.evidence or lowered.cardinalities or lowered.weak
            if observed and len(self.queries) == 1 and not others:
                from induce.logic.queries import observed_chain

                aggregate = observed_chain(self.queries[0], lowered)
                skip = frozenset({aggregate.head}) if aggregate else skip
            tables: Mapping[str, Any] = self._tables
            weighted: Mapping[str, Weighted] = self._weighted
            if self._counts:
                tables, weighted = counted_facts(lowered, tables, weighted)
            self._ground[observed] = ground(
                lowered, tables, weighted, limits=self.limits, skip=skip, demand=self._demand(lowered)
            )
            self.seconds["ground"] = time.process_time() - began
        return self._ground[observed]

    @property
    def _counts(self) -> bool:
        """Whether every proof counts, those by certain facts alone included."""
        return getattr(self.algebra, "name", "") in ("counting", "gf2", "add-mult", "dual")

    def _demand(self, lowered: Lowered) -> Any:
        """The atom that magic sets start from: a single query with a constant, and nothing else that needs tuples."""
        from induce.logic.clauses import Literal

        others = lowered.constraints or lowered.evidence or lowered.cardinalities or lowered.weak
        if self.magic is False or len(self.queries) != 1 or others:
            return None
        if self.magic is None and sum(map(len, self._tables.values())) + sum(map(len, lowered.facts.values())) < MANY:
            return None
        relation = self.queries[0].relation
        (clause,) = (c for c in lowered.clauses if c.head.relation == relation)
        if len(clause.body) != 1 or not isinstance(clause.body[0], Literal) or clause.body[0].negated:
            return None
        return (clause.body[0], relation) if any(a < 0 for a in clause.body[0].arguments) else None

    def _reader(self, observed: bool = False) -> WeightReader:
        if observed not in self._readers:
            self._readers[observed] = WeightReader(
                self.ground(observed=observed),
                self.parameters_of_holes,
                self.nets,
                self._measured,
                self.axes,
                self.logits,
            )
        return self._readers[observed]

    @property
    def answers(self) -> Answers:
        """The answers of the queries, in the order of the outputs of ``forward``."""
        if self._answers is None:
            if not self.queries:
                raise RuleError("the program has no query. Give query='path(a, X)', or write '?- path(a, X).' in it.")
            self._answers = answers_of(self.queries, self.ground(), self.over)
        return self._answers

    @property
    def backend(self) -> Backend:
        """How the answers are evaluated."""
        if self._backend is None:
            began = time.process_time()
            self._backend = backend_for(self.ground(), self.answers.atoms, self.algebra, self.method)
            self.seconds["compile"] = time.process_time() - began
        return self._backend

    # ---- running

    def forward(self, **inputs: Any) -> torch.Tensor:
        """The value of every answer under the algebra.

        Parameters
        ----------
        **inputs : tensor, shape (batch, ...)
            Inputs of the networks, by the names that the rules use.

        Returns
        -------
        tensor, shape (batch, answers)
            (batch,) for a query without variables; without inputs the batch axis is left out.
        """
        out = self._values(inputs).to(self._reader().dtype)
        return out if inputs else out[0]

    def _values(self, inputs: Mapping[str, Any]) -> torch.Tensor:
        """The answers with their batch axis, in the precision in which they are computed."""
        out = self.backend(self._reader()(inputs)).T
        return out[:, 0] if len(self.answers) == 1 and len(self.queries) == 1 and not self.queries[0].names else out

    def leaf_weights(self, **inputs: Any) -> torch.Tensor:
        """Weights of the leaves of the ground program, shape (leaves, batch)."""
        return self._reader()(inputs)

    # ---- other views of the same program

    def with_algebra(self, algebra: Algebra | str, *, method: str | None = None) -> LogicProgram:
        """The same program, networks and parameters under another algebra; nothing is copied.

        Raises
        ------
        AlgebraError
            If ``algebra`` is none.
        """
        algebra = as_algebra(algebra)
        other = object.__new__(LogicProgram)
        nn.Module.__init__(other)
        other.__dict__.update({k: v for k, v in self.__dict__.items() if not k.startswith("_modules")})
        other._modules = dict(self._modules)
        other.algebra, other.method = algebra, method
        other._backend, other._sum = None, False
        if other._counts != self._counts:
            other._forget()
        return other

    def freeze_term(self, *, choices: str = "weights") -> Term:
        """The program with the learned numbers written in; see :meth:`freeze`."""
        from induce.logic.freezing import frozen

        if self.parameters_of_holes.indexed or any(n.op.name == "at" for n in self.term.postorder()):
            self._reader()
        return frozen(self.term, self.parameters_of_holes, self.symbols.values_of, choices=choices)

    def freeze(self, *, choices: str = "weights") -> str:
        """Text that runs with the same numbers: holes replaced by their values.

        Parameters
        ----------
        choices : {"weights", "best"}
            Keep a learned choice as an annotated disjunction, or write its likeliest option in its place.

        >>> LogicProgram("?p{start: 0.25, low: 0, high: 1}::rain.", query="rain").freeze()
        '0.25::rain.'
        """
        return str(self.freeze_term(choices=choices))

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        for name in ("_ground", "_readers"):
            state[name] = {}
        return {**state, "_backend": None, "_answers": None, "_sum": False, "_given": None}

    def extra_repr(self) -> str:
        """Query and algebra, for printing."""
        asked = ", ".join(str(q) for q in self.queries)
        return f"{len(self.term.args)} statements, query={asked!r}, algebra={self.algebra.name}"
