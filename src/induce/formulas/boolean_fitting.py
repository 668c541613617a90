"""From what the Boolean search found to a fit: which row of each output is chosen, and what the outputs share."""

from __future__ import annotations

from collections.abc import Sequence

from induce.errors import FillError
from induce.formulas.boolean_rows import Outputs
from induce.formulas.circuits import Circuit
from induce.formulas.truth_fit import BooleanFit, BooleanRow, OutputFront
from induce.learners.boolean.network import Network
from induce.learners.boolean.partial import Candidate
from induce.learners.boolean.sample import Sample
from induce.learners.boolean.search import JOINT_INPUTS, Settings, best_network, description_bits, join
from induce.learners.boolean.truth import rows_of
from induce.learners.boolean.writing import terms_of
from induce.terms.term import Term

__all__ = ["RULES", "build_fit"]

RULES = ("description_length", "errors")


def build_fit(
    sample: Sample,
    fronts: Sequence[Sequence[Candidate]],
    names: tuple[str, ...],
    outputs: Outputs,
    settings: Settings,
    operators: frozenset[str],
    select: str,
) -> BooleanFit:
    """The fit of fronts: rows as terms, one row of each output chosen, the chosen ones written into one circuit.

    Parameters
    ----------
    sample : Sample
    fronts : for each output its candidates by growing gates
    names : tuple of str
        Of the inputs.
    outputs : Outputs
    settings : Settings
    operators : frozenset of str
    select : {"description_length", "errors"}

    Raises
    ------
    FillError
        If noise is 0 and no formula is right on every row.
    """
    exact = settings.noise == 0 or (settings.noise is None and sample.complete)
    if settings.noise == 0:
        _refuse_errors(fronts, outputs, sample, settings)
    chosen = [_choose(front, sample, settings, exact, select) for front in fronts]
    networks = [front[place].network for front, place in zip(fronts, chosen, strict=True)]
    terms = _together(networks, sample, names, settings, operators)
    found = []
    for j, (front, place) in enumerate(zip(fronts, chosen, strict=True)):
        rows = []
        for i, candidate in enumerate(front):
            term = terms[j] if i == place else terms_of(candidate.network, names, operators)[0]
            rows.append(_row(term, candidate, sample, names, settings))
        found.append(_front(outputs.names[j], rows, place, sample.rows, exact, select))
    return BooleanFit(tuple(found), names, sample.rows, outputs.single)


def _row(term: Term, candidate: Candidate, sample: Sample, names: tuple[str, ...], settings: Settings) -> BooleanRow:
    gates = Circuit([term], names).count()
    bits = description_bits(
        gates, candidate.errors, sample.rows, sample.inputs, settings.noise, constant=candidate.constant
    )
    return BooleanRow(term, gates, candidate.errors, bits, candidate.source)


def _front(name: str, rows: list[BooleanRow], place: int, total: int, exact: bool, select: str) -> OutputFront:
    """The rows in order, those that another one beats left out (the chosen one never)."""
    mine = rows[place]
    kept: list[BooleanRow] = []
    for row in sorted(rows, key=lambda r: (r.gates, bool(r.term.variables), r.errors)):
        if row is mine or ((not kept or row.errors < kept[-1].errors) and not _beats(mine, row)):
            kept.append(row)
    share = f"{mine.errors} of {total:,} rows ({100 * mine.errors / total:.1f} %)"
    if mine.errors == 0:
        reason = f"Right on all {total:,} rows" + (", with the fewest gates found." if exact else ".")
    elif select == "errors":
        reason = f"Fewest errors: {share}."
    else:
        reason = f"Shortest description of formula and errors: {share} are taken for flipped answers."
    return OutputFront(name, tuple(kept), next(i for i, row in enumerate(kept) if row is mine), reason)


def _beats(one: BooleanRow, other: BooleanRow) -> bool:
    return one is not other and one.gates <= other.gates and one.errors <= other.errors


def _choose(front: Sequence[Candidate], sample: Sample, settings: Settings, exact: bool, select: str) -> int:
    if exact or select == "errors":
        return len(front) - 1
    lengths = [
        description_bits(c.gates, c.errors, sample.rows, sample.inputs, settings.noise, constant=c.constant)
        for c in front
    ]
    return min(range(len(front)), key=lambda i: (lengths[i], i))


def _refuse_errors(fronts: Sequence[Sequence[Candidate]], outputs: Outputs, sample: Sample, settings: Settings) -> None:
    for front, name in zip(fronts, outputs.names, strict=True):
        fewest = front[-1].errors
        if fewest:
            limit = "of the given inputs" if settings.most is None else f"of at most {settings.most} inputs"
            raise FillError(
                f"no formula {limit} was found that gives every answer of '{name}': the best is wrong on {fewest:,} of "
                f"{sample.rows:,} rows, which noise=0 excludes. Raise max_inputs, or pass noise='estimate'."
            )


def _together(
    networks: Sequence[Network], sample: Sample, names: tuple[str, ...], settings: Settings, operators: frozenset[str]
) -> tuple[Term, ...]:
    """Terms of the chosen networks that share what they can; as functions they stay the same."""
    used = sorted({i for net in networks for i in net.support()})
    if not 0 < len(used) <= JOINT_INPUTS:
        return tuple(terms_of(net, names, operators)[0] for net in networks)
    joint = join(networks, used)
    if len(networks) > 1 and not settings.expired() and joint.size <= 400:
        tables = [rows_of(joint.value(literal), joint.rows) for literal in joint.outputs]
        if not sample.complete:
            joint = best_network(tables, settings.until(0.9), first=joint)
    return terms_of(joint, [names[i] for i in used], operators)
