"""Related tables: rows of other tables that belong to a row, as columns that first-order rules ask about."""

from __future__ import annotations

import itertools
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError, did_you_mean
from induce.mixed import CATEGORY, NUMBER, Column, MixedTable
from induce.rules.derived import AGGREGATES, THE, Derived, Step, relation_name
from induce.rules.joining import aggregated, kind_text, link_keys, main_table, related_table, with_labels_of

__all__ = ["RelatedTables"]

Array = NDArray[np.float64]
Places = NDArray[np.intp]
MAIN = ""
"""The main table, whose rows are classified."""
MOST_PAIRS = 50_000_000
"""Pairs of rows that a chain of links may join."""
_COMMON = 2
"""Rows of a related table that a category must have at least to be asked for."""


@dataclass(frozen=True, eq=False)
class RelatedTables:
    """Tables that belong to the rows of a main table, for rules such as "some order of kind gold was above 100".

    A link says which columns are equal. From the main table every chain of links is followed, through each table once. What it
    reaches becomes columns of the main table, each defined by a rule with a join in the language of rules:

    * where at most one row is reached, its entries (``"population of cities"``);
    * where several may be reached, how many there are, and the largest, smallest and mean number of a column
      (``"largest amount of orders"``); each also of those rows alone that are of one category, or of ``conditions`` categories at
      once (``"largest amount of orders with kind gold"``). That the largest amount is above 100 says that some order is.

    Columns that links name are identifiers: no condition is made on them. Several links between two tables are alternatives
    (``"number of transfers by payer"``), not one key of several columns.

    Parameters
    ----------
    tables : mapping of name to table
        Data frames of any kind or mappings of columns; names are identifiers.
    links : mapping of column to column
        ``{"orders.customer": "id", "items.order": "orders.number"}``; a column without a table is one of the main table.
    functions : sequence of {"count", "max", "min", "mean", "sum"}
        For several rows.
    conditions : int
        Most categories that are asked for at once.
    categories : int
        Most categories of a column that are asked for, the most frequent ones.
    longest : int
        Most links of a chain.
    most : int
        Most columns; those of short chains and few conditions come first.

    Raises
    ------
    DataError
        For unknown tables and columns, tables that no link reaches, columns of different kinds that a link equates, and names that
        are no identifiers.

    References
    ----------
    J. R. Quinlan (1990), Learning logical definitions from relations. J. M. Kanter, K. Veeramachaneni (2015), Deep feature
    synthesis.

    >>> orders = {"customer": [1, 1, 2], "amount": [5.0, 120.0, 30.0]}
    >>> related = RelatedTables({"orders": orders}, {"orders.customer": "id"}, functions=("count", "max"))
    >>> wide = related.join({"id": [1, 2, 3], "age": [30, 40, 50]})
    >>> [(c.name, c.values.tolist()) for c in wide.columns[2:]]
    [('number of orders', [2.0, 1.0, 0.0]), ('largest amount of orders', [120.0, 30.0, nan])]
    """

    tables: Mapping[str, Any]
    links: Mapping[str, str]
    functions: Sequence[str] = ("count", "max", "min", "mean")
    conditions: int = 1
    categories: int = 8
    longest: int = 3
    most: int = 500
    _read: dict[str, MixedTable] = field(init=False, repr=False)
    _ties: tuple[tuple[str, str, str, str], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.tables, Mapping) or not self.tables:
            raise DataError(
                "there are no related tables. Give a mapping of name to table, such as {'orders': orders_frame}."
            )
        for name in self.tables:
            if not isinstance(name, str) or not name.isidentifier():
                raise DataError(
                    f"a related table is called {name!r}, but its name must be an identifier, such as 'orders'."
                )
        strange = [f for f in self.functions if f not in AGGREGATES]
        if strange:
            raise DataError(
                f"unknown function {strange[0]!r}.{did_you_mean(str(strange[0]), list(AGGREGATES))} Known: {', '.join(AGGREGATES)}."
            )
        for name, least in (("conditions", 0), ("categories", 1), ("longest", 1), ("most", 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise DataError(f"{name} must be a whole number of at least {least}, but got {value!r}.")
        object.__setattr__(self, "_read", {name: related_table(name, table) for name, table in self.tables.items()})
        if not isinstance(self.links, Mapping):
            raise DataError(
                f"links must be a mapping of column to column, but got {self.links!r}. Write {{'orders.customer': 'id'}}."
            )
        ties = {
            frozenset(((a, x), (b, y))): (a, x, b, y)
            for a, x, b, y in (self._tie(*link) for link in self.links.items())
        }
        object.__setattr__(self, "_ties", tuple(ties.values()))
        reached = {step.table for path in self._paths() for step in path}
        apart = [name for name in self.tables if name not in reached]
        if apart:
            raise DataError(
                f"no chain of at most {self.longest} links leads from the main table to '{apart[0]}'. Add a link, such as "
                f"links={{'{apart[0]}.customer': 'id'}}, raise longest=, or leave the table out."
            )
        for kind, names in (
            (
                "columns of related tables",
                [relation_name(t, c) for t, table in self._read.items() for c in table.names],
            ),
            ("columns that related tables give", [one.name for one in self.derived]),
        ):
            twice = [name for name, count in Counter(names).items() if count > 1]
            if twice:
                raise DataError(f"two {kind} would both be called '{twice[0]}' in rules. Rename a column.")

    def _tie(self, first: str, second: str) -> tuple[str, str, str, str]:
        (a, left), (b, right) = self._end(first), self._end(second)
        if a == b == MAIN:
            begun = str(first).partition(".")[0]
            raise DataError(
                f"the link {first!r}: {second!r} names no related table.{did_you_mean(begun, list(self._read))} "
                f"They are: {', '.join(self._read)}. Write 'table.column'."
            )
        if a == b:
            raise DataError(f"the link {first!r}: {second!r} stays in one table. A link leads from one to another.")
        return a, left, b, right

    def _end(self, text: str) -> tuple[str, str]:
        """Table and column of one end of a link; columns of the main table are checked when it is there."""
        table, dot, column = str(text).partition(".")
        if not dot or table not in self._read:
            return MAIN, str(text)
        self._read[table][column]
        return table, column

    def __deepcopy__(self, memo: dict[int, Any]) -> RelatedTables:
        return self  # nothing changes it, and cross-validation copies parameters for every fold

    # ---- which columns there are

    @property
    def identifiers(self) -> frozenset[str]:
        """Columns of the main table that links name."""
        ends = [(a, left) for a, left, _, _ in self._ties] + [(b, right) for _, _, b, right in self._ties]
        return frozenset(column for table, column in ends if table == MAIN)

    @cached_property
    def derived(self) -> tuple[Derived, ...]:
        """The columns that :meth:`join` adds."""
        found = [made for path in self._paths() for made in self._of_path(path)]
        found.sort(key=lambda d: (len(d.path), len(d.where)))
        if len(found) > self.most:
            warnings.warn(
                f"related tables give {len(found):,} columns, of which the first {self.most:,} are made: short chains and few "
                "categories come first. Raise most=, or lower conditions=, categories= or longest=.",
                UserWarning,
                stacklevel=3,
            )
        return tuple(found[: self.most])

    def _paths(self) -> Iterator[tuple[Step, ...]]:
        """Chains of links from the main table, short ones first."""
        waiting: list[tuple[Step, ...]] = [()]
        while waiting:
            path = waiting.pop(0)
            if path:
                yield path
            if len(path) == self.longest:
                continue
            here = path[-1].table if path else MAIN
            seen = {MAIN, *(step.table for step in path)}
            for a, left, b, right in self._ties:
                for come, go in (((a, left), (b, right)), ((b, right), (a, left))):
                    if come[0] == here and go[0] not in seen:
                        waiting.append((*path, Step(go[0], go[1], come[1], self._told_apart(come, go))))

    def _told_apart(self, come: tuple[str, str], go: tuple[str, str]) -> str:
        """The column that tells a link from the others between two tables, or an empty text."""
        pairs = [((a, x), (b, y)) for a, x, b, y in self._ties if {a, b} == {come[0], go[0]}]
        if len(pairs) == 1:
            return ""
        ends = [dict(pair)[go[0]] for pair in pairs]
        return go[1] if len(set(ends)) == len(ends) else f"{go[1]} and {come[1]}"

    def _single(self, path: tuple[Step, ...]) -> bool:
        """Whether a row reaches one row at most."""
        columns = [self._read[step.table][step.column] for step in path]
        return all(len(np.unique(v)) == len(v) for v in (c.values[~c.missing] for c in columns))

    def _of_path(self, path: tuple[Step, ...]) -> Iterator[Derived]:
        last = path[-1].table
        names = [c for c in self._read[last].columns if not self._identifies(last, c.name)]
        if self._single(path):
            yield from (Derived(THE, path, c.name) for c in names)
            return
        choices: list[list[tuple[str, str, Any]]] = []
        for step in path:
            for column in self._read[step.table].columns:
                if column.kind != NUMBER and not self._identifies(step.table, column.name):
                    choices.append([(step.table, column.name, label) for label in self._frequent(column)])
        wheres: list[tuple[tuple[str, str, Any], ...]] = [()]
        for count in range(1, self.conditions + 1):
            for some in itertools.combinations(choices, count):
                wheres += itertools.product(*some)
        for where in wheres:
            if "count" in self.functions:
                yield Derived("count", path, "", where)
            for c in names:
                if c.kind == NUMBER:
                    yield from (Derived(f, path, c.name, where) for f in self.functions if f != "count")

    def _identifies(self, table: str, column: str) -> bool:
        return any((table, column) in ((a, left), (b, right)) for a, left, b, right in self._ties)

    def _frequent(self, column: Column) -> list[Any]:
        """The most frequent categories of a column."""
        codes, counts = np.unique(column.values[~column.missing], return_counts=True)
        order = np.argsort(-counts, kind="stable")[: self.categories]
        kept = sorted(int(codes[k]) for k in order if counts[k] >= min(_COMMON, counts.max()))
        return [column.labels[k] if column.kind == CATEGORY else bool(column.labels[k]) for k in kept]

    # ---- their values

    def join(self, X: Any, *, like: MixedTable | None = None, units: Mapping[str, Any] | None = None) -> MixedTable:
        """The main table with the columns that the related tables give it.

        Parameters
        ----------
        X : table, or MixedTable
        like : MixedTable, optional
            The columns to make, as in :meth:`MixedTable.read`.
        units : mapping of column name to unit, optional

        Raises
        ------
        DataError
            If the main table lacks a column that a link names, or holds one of a name that a derived column has.
        """
        if like is None:
            wanted = self.derived
            main = X if isinstance(X, MixedTable) else MixedTable.read(X, units=units, also=[d.name for d in wanted])
        else:
            wanted = tuple(like.derived.values())
            main = main_table(X, like)
        for name in sorted(self.identifiers):
            main[name]
        taken = [d.name for d in wanted if d.name in main.names]
        if taken:
            raise DataError(
                f"the main table has a column '{taken[0]}', which is also what related tables give. Rename it."
            )
        columns: dict[str, Column] = {}
        for path in dict.fromkeys(one.path for one in wanted):  # the rows of one chain are held at a time
            of_path = [one for one in wanted if one.path == path]
            for one in of_path:
                self._check_fits(one)
            rows, places = self._pairs(main, path)
            columns |= {one.name: self._column(main, one, rows, places) for one in of_path}
        if like is not None:
            made = {c.name: c for c in main.columns}
            made |= {name: with_labels_of(column, like[name]) for name, column in columns.items()}
            return replace(like, columns=tuple(made[name] for name in like.names))
        derived = {d.name: d for d in wanted}
        added = tuple(columns[d.name] for d in wanted)
        return replace(main, columns=(*main.columns, *added), derived=derived, identifiers=self.identifiers)

    def _check_fits(self, one: Derived) -> None:
        """Refuse to make a column from tables that are not like those that rules were learned from."""
        for step in one.path:
            if step.table not in self._read:
                raise DataError(
                    f"'{one.name}' needs the related table '{step.table}'.{did_you_mean(step.table, list(self._read))} "
                    f"There are: {', '.join(self._read)}."
                )
            self._read[step.table][step.column]
        last = one.path[-1].table
        leaf = self._read[last][one.column] if one.column else None
        if leaf is not None and one.function != THE and leaf.kind != NUMBER and not leaf.missing.all():
            raise DataError(
                f"'{one.name}' needs numbers in column '{one.column}' of '{last}', but it holds {kind_text(leaf)}."
            )
        if one.function == THE and not self._single(one.path):
            raise DataError(
                f"'{one.name}' is looked up, but column '{one.path[-1].column}' of '{last}' (or one on the way) has entries that are "
                "not unique. Give one row for each, or fit the rules anew."
            )

    def _pairs(self, main: MixedTable, path: tuple[Step, ...]) -> tuple[Places, list[Places]]:
        """Rows of the main table, sorted, and of each table of the path the row that each goes with."""
        rows: Places = np.arange(main.rows)
        places: list[Places] = []
        for k, step in enumerate(path):
            left = main[step.before] if k == 0 else self._read[path[k - 1].table][step.before]
            right = self._read[step.table][step.column]
            have, sought = link_keys(left, right, f"{path[k - 1].table + '.' if k else ''}{step.before}", step)
            asked = have[rows if k == 0 else places[-1]]
            order = np.argsort(sought, kind="stable")
            order = order[~np.isnan(sought[order])]
            first = np.searchsorted(sought[order], asked, "left")
            counts = np.where(np.isnan(asked), 0, np.searchsorted(sought[order], asked, "right") - first)
            if counts.sum() > MOST_PAIRS:
                raise DataError(
                    f"the chain {' -> '.join(s.table for s in path)} joins {int(counts.sum()):,} pairs of rows, more than {MOST_PAIRS:,}. "
                    "Link columns that say more, or lower longest=."
                )
            again = np.repeat(np.arange(len(rows)), counts)
            within = np.arange(len(again)) - np.repeat(np.cumsum(counts) - counts, counts)
            rows, places = rows[again], [p[again] for p in places]
            places.append(order[first[again] + within])
        return rows, places

    def _column(self, main: MixedTable, one: Derived, rows: Places, places: list[Places]) -> Column:
        """The values of a derived column."""
        kept = np.ones(len(rows), dtype=bool)
        tables = [step.table for step in one.path]
        for table, name, label in one.where:
            column = self._read[table][name]
            if label not in column.labels:
                kept[:] = False
                continue
            kept &= column.values[places[tables.index(table)]] == column.labels.index(label)
        leaf = self._read[tables[-1]][one.column] if one.column else None
        values = np.ones(len(rows)) if leaf is None else leaf.values[places[-1]]
        kept &= ~np.isnan(values)
        found = aggregated(one.function, rows[kept], values[kept], main.rows)
        if one.function in ("count", "sum"):
            found[main[one.path[0].before].missing] = np.nan
        plain = one.function != THE or leaf is None
        return Column(one.name, NUMBER if plain else leaf.kind, found, () if plain else leaf.labels)  # type: ignore[union-attr]

    def facts(self, used: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """Facts of related tables for a program of rules: a relation of row number and entry for each column.

        Parameters
        ----------
        used : mapping of table to its columns
        """
        from induce.rules.language import column_facts

        return {
            relation_name(table, name): column_facts(self._read[table][name])
            for table, names in used.items()
            for name in names
        }
