"""Logic: programs made of rules, run under any algebra, with neural networks inside."""

from typing import TYPE_CHECKING, Any

from induce.logic import show as _show  # how terms of rules are written
from induce.logic.language import rules

if TYPE_CHECKING:
    from induce.logic.limits import Limits
    from induce.logic.plain import evaluate, value_and_gradient
    from induce.logic.program import LogicProgram

__all__ = ["Limits", "LogicProgram", "evaluate", "rules", "value_and_gradient"]

_HOME = {"Limits": "limits", "LogicProgram": "program", "evaluate": "plain", "value_and_gradient": "plain"}


def __getattr__(name: str) -> Any:
    if name in _HOME:  # torch and numba are loaded only for these
        from importlib import import_module

        return getattr(import_module(f"induce.logic.{_HOME[name]}"), name)
    raise AttributeError(f"module 'induce.logic' has no attribute '{name}'. It has: {', '.join(__all__)}.")


del _show
