"""Rules: short sets of rules from tables, concepts, parts and graphs, that a person can read, edit, check and export.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from induce.lazy import lazy_names

if TYPE_CHECKING:
    from induce.rules.classifier import RuleClassifier
    from induce.rules.regressor import RuleRegressor
    from induce.rules.restrictions import Restrictions
    from induce.rules.rule_fit import RuleFit
    from induce.rules.rule_fit import load_rules as load

_HOME = {
    "Restrictions": "restrictions",
    "RuleClassifier": "classifier",
    "RuleFit": "rule_fit",
    "RuleRegressor": "regressor",
    "load": "rule_fit:load_rules",
}

__all__ = ["Restrictions", "RuleClassifier", "RuleFit", "RuleRegressor", "load"]


__getattr__ = lazy_names(__name__, _HOME)


def __dir__() -> list[str]:
    return __all__
