"""Logic: programs made of rules, run under any algebra, with neural networks inside."""

from typing import TYPE_CHECKING

from induce.lazy import lazy_names
from induce.logic import show as _show  # how terms of rules are written
from induce.logic.language import rules

if TYPE_CHECKING:
    from induce.logic.limits import Limits
    from induce.logic.plain import best_values, evaluate, value_and_gradient
    from induce.logic.program import LogicProgram
    from induce.logic.saving import load_program as load
    from induce.logic.symmetries import shortcuts

__all__ = ["Limits", "LogicProgram", "best_values", "evaluate", "load", "rules", "shortcuts", "value_and_gradient"]

_HOME = {
    "Limits": "limits:Limits",
    "LogicProgram": "program:LogicProgram",
    "best_values": "plain:best_values",
    "evaluate": "plain:evaluate",
    "load": "saving:load_program",
    "shortcuts": "symmetries:shortcuts",
    "value_and_gradient": "plain:value_and_gradient",
}


__getattr__ = lazy_names(__name__, _HOME)


del _show
