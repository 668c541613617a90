"""What a logic program says about itself: plan, profile, explanations, worlds; and how it is saved."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from induce.errors import RuleError

if TYPE_CHECKING:
    from induce.logic.backends import Backend
    from induce.logic.drawing import Explanation
    from induce.logic.explanations import Decoded

__all__ = ["Views"]


class Views:
    """Methods of a logic program that read it out; mixed into :class:`~induce.logic.program.LogicProgram`."""

    # ---- explanations

    def why(self: Any, answer: Any = None, *, k: int = 3, **inputs: Any) -> Explanation:
        """Why an answer holds: its value and its ``k`` best proofs.

        Parameters
        ----------
        answer : optional
            Value of the query's variable, or label; the likeliest by default.
        k : int
        **inputs : tensors of one example, without the batch axis
        """
        from induce.logic.explanations import explain, one_example

        return explain(self, one_example(inputs), answer, k)

    def why_not(self: Any, answer: Any = None, **inputs: Any) -> Explanation:
        """Why an answer, or any other atom, does not hold.

        The rule instances that nearly give it with their weakest conditions, or the first condition of each rule that
        nothing satisfies.

        Parameters
        ----------
        answer : optional
            Value of the query's variable, label, or the text of an atom; the least likely answer by default.
        **inputs : tensors of one example, without the batch axis
        """
        from induce.logic.explanations import one_example
        from induce.logic.whynot import explain_not

        return explain_not(self, one_example(inputs), answer)

    def counterfactual(
        self: Any, answer: Any = None, *, allow: Iterable[str] | None = None, cost: str = "count", **inputs: Any
    ) -> Explanation:
        """The cheapest change of uncertain facts that flips an answer.

        Parameters
        ----------
        answer : optional
        allow : iterable of str, optional
            Relations whose facts may change; all by default.
        cost : {"count", "log"}
            Number of changes, or sum of the log odds that they overturn.
        **inputs : tensors of one example
        """
        from induce.logic.explanations import counterfactual, one_example

        return counterfactual(self, one_example(inputs), answer, allow, cost)

    def sensitivity(self: Any, answer: Any = None, **inputs: Any) -> Explanation:
        """How much an answer's value changes with each uncertain fact, largest first."""
        from induce.logic.explanations import one_example, sensitivity

        return sensitivity(self, one_example(inputs), answer)

    # ---- worlds

    def decode(self: Any, *, seconds: float = 60.0, **inputs: Any) -> Decoded:
        """The most probable world that breaks no constraint, for each example, and the answers computed from it.

        By a circuit of the constraints where one can be made, else by search (an integer program; clingo for recursive
        rules).

        Parameters
        ----------
        seconds : float
            Limit of a search for one example; after it the best world so far is taken, and ``exact`` says so.
        **inputs : tensors, shape (batch, ...)
        """
        from induce.logic.explanations import decode

        return decode(self, inputs, seconds)

    def given_backend(self: Any, **budget: Any) -> Backend:
        """The evaluator of the evidence and constraints alone."""
        from induce.algebras.semirings import PROBABILITY
        from induce.logic.backends import backend_for

        program = self.ground()
        if not program.given:
            raise RuleError("the program has no constraint and no evidence. Write one as ':- body.'")
        if self._given is None or self._given[0] is not program:
            method = self.method if self.method != "structure" else None
            self._given = (program, backend_for(program, np.zeros(0, np.int64), PROBABILITY, method, **budget))
        return self._given[1]  # type: ignore[no-any-return]

    def conflict(self: Any, **inputs: Any) -> list[str]:
        """A least set of constraints and evidence that contradict each other; empty if some world satisfies all.

        Constraints with variables are told as the ground instances that clash. Networks' outputs play no part unless
        their inputs are given.
        """
        from induce.logic.conflicts import conflict

        given = inputs or not self._reader().names
        weights = self.leaf_weights(**inputs).detach().double().cpu().numpy() if given else None
        return conflict(self.ground(), weights)

    def models(self: Any, limit: int = 100_000) -> list[list[str]]:
        """All consistent worlds, each as the list of uncertain facts that hold in it."""
        from induce.logic.whynot import leaf_text
        from induce.logic.worlds import models

        ground = self.ground()
        found = models(ground, limit)
        names = [leaf_text(ground, n) for n in range(len(ground.graph.leaves))]
        return [[names[n] for n in np.flatnonzero(found[:, w])] for w in range(found.shape[1])]

    # ---- the planner

    @property
    def reals(self: Any) -> dict[str, float]:
        """Present values of the real holes; of an indexed hole the value at each of its places, as ``w(a)``."""
        from induce.logic.show import value_text

        found: dict[str, float] = {}
        for name in self.parameters_of_holes.values:
            numbers = self.parameters_of_holes.real(name).detach().reshape(-1).tolist()
            keys = self.parameters_of_holes.indexed.get(name)
            if keys is None:
                found[name] = numbers[0]
            for key, place in (keys or {}).items():
                found[f"{name}({', '.join(map(value_text, self.symbols.values_of(list(key))))})"] = numbers[place]
        return found

    def plan(self: Any) -> str:
        """What the planner made of the program: strata, sizes, sources of chance, method."""
        from induce.logic.planning import plan_text

        return plan_text(self)

    def profile(self: Any) -> Any:
        """Tuples, instances and seconds of every rule, as a table."""
        import pandas as pd

        ground = self.ground()
        table = pd.DataFrame(ground.profile)
        if len(table):
            written = ground.lowered.texts
            shown = [not written.get(int(n), "answer@").startswith("answer@") for n in table.iloc[:, 0]]
            table = table[shown].reset_index(drop=True)
            table["text"] = [ground.lowered.texts.get(int(n), "") for n in table.iloc[:, 0]]
        return table

    def rule_truth(self: Any, **inputs: Any) -> dict[str, float]:
        """Mean truth (best instance, over the batch) of every rule: which rules fire during training."""
        from induce.logic.planning import rule_truth

        return rule_truth(self, inputs)

    # ---- keeping

    def save(self: Any, path: Any) -> None:
        """Write the program as a folder: text, facts as JSON, tensors as safetensors. Nothing is pickled."""
        from induce.logic.saving import save_program

        save_program(self, path)
