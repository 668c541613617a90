"""RuleFit: rules that were found, what each is worth, how faithful they are, and their exports."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from induce.checks import check_target, check_weights
from induce.errors import DataError, FormatError, RuleError
from induce.explain.fidelity import Fidelity, measure_fidelity, vacuous_rules
from induce.folders import checked, read_checked, write_folder
from induce.mixed import Column, MixedTable
from induce.rules import exporting
from induce.rules.decisions import FIRST, VOTES, Decisions
from induce.rules.derived import Derived
from induce.rules.explaining import Explanation, explain_row
from induce.rules.language import derived_in, program_of
from induce.rules.program_reader import read_program
from induce.table import columns_of
from induce.terms.term import Term

if TYPE_CHECKING:
    from induce.rules.related import RelatedTables

__all__ = ["FORMAT", "RuleFit", "Worth", "load_rules", "worth_of"]

FORMAT = "rules 1"


@dataclass(frozen=True)
class Worth:
    """What a rule is worth on the rows that it was fitted to.

    Parameters
    ----------
    rows : int
        Rows on which it holds (where the first rule decides: which it decides).
    precision : float
        Share of them that have the class it speaks for; for numbers, the standard deviation of the target among them.
    """

    rows: int
    precision: float


@dataclass(frozen=True, eq=False)
class RuleFit:
    """Rules with their fidelity; immutable.

    Parameters
    ----------
    decisions : Decisions
    worth : tuple of Worth
        Of every rule, and of the default last.
    fidelity : Fidelity or None
        None after a change by hand, until :meth:`measured`; then nothing is exported.
    target : str
        What is predicted.
    spreads : array of shape (columns,)
        Standard deviations of the columns.
    report : mapping
    notes : tuple of str
    """

    decisions: Decisions
    worth: tuple[Worth, ...]
    fidelity: Fidelity | None
    target: str
    spreads: NDArray[np.float64]
    report: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def term(self) -> Term:
        """The program of the rules, of the language of rules; its query is ``answer(Row, Answer)``."""
        return program_of(self.decisions)

    best = term

    def __len__(self) -> int:
        return len(self.decisions)

    # ---- using

    def predict(self, X: Any, related: RelatedTables | None = None) -> NDArray[Any]:
        """Answers of the rules for a table of any kind: labels, or numbers; array of shape (rows,).

        Parameters
        ----------
        X : data frame, mapping of columns, array, or MixedTable
            With the columns of the fit; columns beside them are left out.
        related : RelatedTables, optional
            For rules over related tables.

        Raises
        ------
        DataError
            For a table without these columns.
        """
        return self.predict_table(self._table(X, related))

    def predict_table(self, table: MixedTable) -> NDArray[Any]:
        """:meth:`predict` of a table that was read already."""
        if not self.decisions.classes:
            return np.asarray(self.decisions.scores(table)[:, 0])
        return np.asarray(self.decisions.classes)[self.decisions.codes(table)]

    def _table(self, X: Any, related: RelatedTables | None) -> MixedTable:
        head = self.decisions.table
        if isinstance(X, MixedTable):
            if X.names != head.names or any(a.labels != b.labels for a, b in zip(X.columns, head.columns, strict=True)):
                raise DataError(
                    "the table was not read with the columns and categories of these rules. "
                    "Read it so: MixedTable.read(X, like=fit.decisions.table), or give the data frame itself."
                )
            return X
        if related is not None:
            return related.join(X, like=head)
        asked = derived_in(self.decisions)
        if asked and asked[0].name not in columns_of(X)[0]:
            raise DataError(
                f"the rules ask for '{asked[0].name}', which related tables give, but there are none. "
                "Give them: fit.predict(X, related=RelatedTables(...))."
            )
        return MixedTable.read(X, like=head, names=head.names)

    def explain(self, row: MixedTable) -> Explanation:
        """Why the first row of a table is answered so."""
        return explain_row(self.decisions, row, self.spreads)

    def measured(self, X: Any, y: Any, sample_weight: Any = None, *, related: RelatedTables | None = None) -> RuleFit:
        """The same rules with worth and fidelity measured on these rows, so that they can be exported.

        Parameters
        ----------
        X : as in :meth:`predict`
        y : array-like of shape (rows,)
            Labels, or numbers.
        sample_weight : array-like of shape (rows,), optional
        related : RelatedTables, optional

        Raises
        ------
        DataError
            For labels that the rules do not know, and for a wrong number of labels or weights.
        """
        table = self._table(X, related)
        target = self._target(y, table.rows)
        given = check_weights(sample_weight, table.rows)
        weight = np.ones(table.rows) if given is None else given
        fidelity = fidelity_of(self.decisions, table, target, weight, f"{table.rows:,} rows given")
        return replace(self, worth=worth_of(self.decisions, table, target), fidelity=fidelity)

    def _target(self, y: Any, rows: int) -> NDArray[Any]:
        """Numbers, or the places of labels among the classes."""
        classes = self.decisions.classes
        if not classes:
            return check_target(y, rows, who="A rule")
        labels = np.asarray(y, dtype=object)
        if labels.shape != (rows,):
            raise DataError(f"y has the shape {labels.shape}, but X has {rows} rows. Give one label a row.")
        places = {_plain(label): k for k, label in enumerate(classes)}
        for row, label in enumerate(labels):
            if label not in places:
                raise DataError(
                    f"y has the label {_plain(label)!r} (row {row}), which is no class of these rules. "
                    f"The classes are: {', '.join(map(repr, places))}."
                )
        return np.array([places[label] for label in labels], dtype=np.intp)

    def without(self, *rules: int) -> RuleFit:
        """The fit without some rules, by their numbers from 1; not measured yet."""
        for number in rules:
            if not isinstance(number, Integral) or isinstance(number, bool):
                raise RuleError(
                    f"rules are left out by their numbers, but got {number!r}. Write fit.without(1) for the first."
                )
            if not 1 <= number <= len(self):
                raise RuleError(f"there is no rule {number}; the rules are numbered from 1 to {len(self)}.")
        kept = [k for k in range(len(self) + 1) if k + 1 not in rules]
        decisions = self.decisions.without([number - 1 for number in rules])
        return replace(self, decisions=decisions, worth=tuple(self.worth[k] for k in kept), fidelity=None)

    def edited(self, program: str | Term) -> RuleFit:
        """The fit with the rules of an edited program, text or term; not measured yet.

        Raises
        ------
        ParseError, RuleError
            With line and column, if it is no program of rules over these columns.
        """
        decisions = read_program(program, self.decisions.table, self.decisions.classes)
        return replace(
            self, decisions=decisions, worth=tuple(Worth(0, float("nan")) for _ in decisions.points), fidelity=None
        )

    # ---- exporting

    def to_logic(self) -> str:
        """The program as text, which :class:`~induce.logic.LogicProgram` runs."""
        return exporting.to_logic(self.decisions, self.fidelity)

    def to_prolog(self) -> str:
        """Prolog clauses; see :func:`induce.rules.exporting.to_prolog`."""
        return exporting.to_prolog(self.decisions, self.fidelity)

    def to_sql(self, table: str = "data") -> str:
        """A SELECT with a column ``prediction``."""
        return exporting.to_sql(self.decisions, self.fidelity, table)

    def to_python(self, name: str = "predict") -> str:
        """Source of a function of one row, which imports only the standard library."""
        return exporting.to_python(self.decisions, self.fidelity, name)

    def to_markdown(self) -> str:
        """A table, and the fidelity below it."""
        from induce.rules.showing import as_markdown

        return as_markdown(self, exporting.needs_fidelity(self.fidelity))

    def to_html(self, path: str | Path | None = None) -> str:
        """A self-contained page; written to a file too if a path is given."""
        from induce.rules.showing import as_page

        exporting.needs_fidelity(self.fidelity)
        page = as_page(self)
        if path is not None:
            Path(path).write_text(page, encoding="utf-8")
        return page

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values: rules, what they say, what they are worth, and the fidelity."""
        fidelity = exporting.needs_fidelity(self.fidelity)
        decisions = self.decisions
        return {
            "target": self.target,
            "decide": decisions.decide,
            "classes": [_plain(label) for label in decisions.classes],
            "rules": [
                {
                    "if": decisions.text(k),
                    "says": [float(p) for p in decisions.points[k]],
                    "rows": worth.rows,
                    "precision": None if worth.precision != worth.precision else worth.precision,
                }
                for k, worth in enumerate(self.worth)
            ],
            "fidelity": fidelity.to_dict(),
        }

    def to_json(self) -> str:
        """:meth:`to_dict` as text."""
        return json.dumps(self.to_dict(), indent=2)

    # ---- keeping

    def save(self, path: str | Path) -> None:
        """Write a folder of JSON; ``induce.rules.load`` reads it."""
        decisions = self.decisions
        columns = [
            {"name": c.name, "kind": c.kind, "labels": list(c.labels), "unit": decisions.table.units.get(c.name)}
            | ({"identifier": True} if c.name in decisions.table.identifiers else {})
            | ({"derived": decisions.table.derived[c.name].to_dict()} if c.name in decisions.table.derived else {})
            for c in decisions.table.columns
        ]
        body = {
            "program": str(self.term),
            "columns": columns,
            "classes": [_plain(label) for label in decisions.classes],
            "decide": decisions.decide,
            "points": decisions.points.tolist(),
            "rules": [[list(c) for c in rule] for rule in decisions.rules],
            "worth": [[w.rows, None if w.precision != w.precision else w.precision] for w in self.worth],
            "fidelity": None if self.fidelity is None else self.fidelity.to_dict(),
            "target": self.target,
            "spreads": self.spreads.tolist(),
            "report": dict(self.report),
            "notes": list(self.notes),
        }
        write_folder(path, lambda: {"fit.json": checked(FORMAT, "fit", body)}, ("fit.json",))

    # ---- looks

    def __str__(self) -> str:
        from induce.rules.showing import as_text

        return as_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from induce.rules.showing import as_html

        return as_html(self)


def _plain(label: Any) -> Any:
    return label.item() if isinstance(label, np.generic) else label


def load_rules(path: str | Path) -> RuleFit:
    """Read what :meth:`RuleFit.save` wrote.

    Raises
    ------
    FormatError
        If the folder holds no rules, is damaged or newer.
    """
    body = read_checked(path, "fit.json", FORMAT, "fit", "Read formulas by induce.load.")
    try:
        columns = tuple(Column(c["name"], c["kind"], np.zeros(0), tuple(c["labels"])) for c in body["columns"])
        units = {c["name"]: c["unit"] for c in body["columns"] if c["unit"]}
        derived = {c["name"]: Derived.from_dict(c["derived"]) for c in body["columns"] if "derived" in c}
        identifiers = frozenset(c["name"] for c in body["columns"] if c.get("identifier"))
        table = MixedTable(columns, units, derived, identifiers)
        rules = tuple(tuple((int(a), int(b), float(v)) for a, b, v in rule) for rule in body["rules"])
        points = np.array(body["points"], dtype=np.float64)
        decisions = Decisions(table, rules, points, tuple(body["classes"]), body["decide"])
        worth = tuple(
            Worth(int(rows), float("nan") if share is None else float(share)) for rows, share in body["worth"]
        )
        fidelity = None if body["fidelity"] is None else Fidelity.from_dict(body["fidelity"])
        bad = decisions.decide not in (VOTES, FIRST) or len(points) != len(rules) + 1 or len(worth) != len(points)
        bad = bad or any(one.name != name for name, one in derived.items())
        bad = bad or any(not 0 <= c[0] < len(columns) for rule in rules for c in rule)
        spreads = np.array(body["spreads"], dtype=np.float64)
        found = RuleFit(decisions, worth, fidelity, body["target"], spreads, body["report"], tuple(body["notes"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(f"'{path}' holds rules that cannot be read: {type(error).__name__}: {error}.") from error
    if bad:
        raise FormatError(f"'{path}' holds rules whose parts do not fit each other. Save them again.")
    return found


def worth_of(decisions: Decisions, table: MixedTable, target: NDArray[Any]) -> tuple[Worth, ...]:
    """What every rule is worth, and the default, on these rows."""
    fires = decisions.fires(table)
    held = np.concatenate([fires, np.ones((1, table.rows), dtype=bool)])
    if decisions.decide == FIRST:
        held = decisions.deciding(fires) == np.arange(len(decisions) + 1)[:, None]
    heads = decisions.heads()
    found = []
    for k, rows in enumerate(held):
        if not rows.any():
            found.append(Worth(0, float("nan")))
        elif decisions.classes:
            found.append(Worth(int(rows.sum()), float((target[rows] == heads[k]).mean())))
        else:
            found.append(Worth(int(rows.sum()), float(np.std(target[rows]))))
    return tuple(found)


def fidelity_of(
    decisions: Decisions,
    table: MixedTable,
    target: NDArray[Any],
    weight: NDArray[np.float64],
    on: str,
    held_out: tuple[NDArray[Any], NDArray[np.intp]] | None = None,
    notes: Sequence[str] = (),
) -> Fidelity:
    """Fidelity of rules that are the model themselves.

    Parameters
    ----------
    held_out : (answers, rows), optional
        Answers on rows left out of the fit; the score is theirs then.
    """
    numbers = not decisions.classes
    fires = decisions.fires(table)
    scores = decisions.scores_of(fires)
    own = scores[:, 0] if numbers else scores.argmax(axis=1)
    changes = np.ones(len(decisions), dtype=bool)
    for k in range(len(decisions)):
        rest = decisions.without([k]).scores_of(np.delete(fires, k, axis=0))
        changes[k] = bool(((rest[:, 0] if numbers else rest.argmax(axis=1)) != own).any())
    names = [f"rule {k + 1} ({decisions.text(k)})" for k in range(len(decisions))]
    vacuous = vacuous_rules(fires, changes, names)
    answers, rows = (own, np.arange(table.rows)) if held_out is None else held_out
    return measure_fidelity(
        truth=target[rows], model=answers, rules=answers, fires=fires[:, rows], literals=decisions.literals,
        measured_on=on, vacuous=vacuous, weight=weight[rows], numbers=numbers,
        notes=("the rules are the model", *notes),
    )  # fmt: skip
