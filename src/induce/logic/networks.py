"""Networks given beside a program: each gets the neural statement that the text only uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from induce.errors import RuleError
from induce.logic import language as lang
from induce.logic.parse import Parsed, Place, parse_program
from induce.terms import hole
from induce.terms.term import Term

__all__ = ["read_with_networks"]


def read_with_networks(
    text: str | Term | Parsed, nets: Mapping[str, Any]
) -> tuple[Term, Sequence[Place] | None, dict[str, tuple[Any, tuple[Any, ...]]]]:
    """The program with a neural statement for every network that the text only uses."""
    if isinstance(text, Term):
        term, places = text, None
    else:
        parsed = text if isinstance(text, Parsed) else parse_program(text)
        term, places = parsed.term, list(parsed.places)
    found: dict[str, tuple[Any, tuple[Any, ...]]] = {}
    for name, given in nets.items():
        domain: tuple[Any, ...] = ()
        module = given
        if isinstance(given, Term):
            module, domain = hole.module_of(given), given.hole.domain
        if not isinstance(module, nn.Module):
            raise RuleError(
                f"'{name}' must be a torch module or hole.net(module, over=...), but got {type(given).__name__}. "
                "Check the spelling if it was meant as an option."
            )
        found[name] = (module, domain)
    used = {n.name for n in term.postorder() if n.is_hole and n.hole.kind == "net"}
    added = []
    for name, (_, domain) in found.items():
        if name in used:
            continue
        arity = next((len(n.args) for n in term.postorder() if n.sort is lang.FORMULA and n.op.name == name), None)
        if arity is None:
            raise RuleError(f"no rule uses the network '{name}'. Use it as '{name}(I, V)', or leave it out.")
        names = [f"I{k}" for k in range(arity - bool(domain))]
        args = [lang.value_variable(n) for n in names]
        values = [lang.values("domain", [lang.constant(v) for v in domain])] if domain else []
        head = lang.NEURAL(lang.predicate(name, arity)(*args, *values), lang.network(lang.net_hole(name, domain), args))
        added.append(lang.statement_rule(head, lang.body([])))
    if added:
        term = lang.program([*term.args, *added])
        places = None if places is None else [*places, *(Place(0, 0) for _ in added)]
    return term, places, found
