"""Prior: a network that reads examples and says which productions of a grammar their program is likely to use."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from induce.budget import Budget, Clock
from induce.errors import FillError, FormatError
from induce.examples import Examples
from induce.learners.programs.encoding import encode
from induce.learners.programs.fantasies import fantasies as fantasies_of
from induce.learners.programs.grammars import costs_of, grammar_of, weights_of
from induce.learners.programs.tables import WeightTable
from induce.learners.programs.task import ProgramTask
from induce.learners.programs.usage import expected_uses
from induce.terms.grammar import Grammar
from induce.terms.language import Language
from induce.terms.sort import Sort, parse_sort
from induce.terms.term import Term

if TYPE_CHECKING:
    from induce.learners.recogniser import Lesson

__all__ = ["Prior"]

FORMAT = "prior 1"
EMPTY = 60
"""Draws of fantasies in a row without a valid one, after which there are taken to be none."""


class Prior:
    """Which productions programs use, guessed from examples by a small network.

    For a task it gives one table of weights over (parent, argument index, production) in one pass; the search that the table
    guides never asks the network again.

    Parameters
    ----------
    language : Language
        What programs are written in.
    literals : iterable of (value, sort)
        Values that programs may write down.
    units : int
        Width of the network.
    doubt : float
        Share of the frequencies without context, of the programs it was trained on, in what it says: no production that
        could be used is ever as good as impossible.
    unit : float, optional
        Nats that one cost stands for in ``costs``; see :func:`~induce.learners.programs.grammars.costs_of`.

    Attributes
    ----------
    history : list of float
        Mean nats of a program in each epoch of training.
    fantasies : int
        Programs drawn so far.

    References
    ----------
    K. Ellis et al. (2021), DreamCoder: Bootstrapping Inductive Program Synthesis with Wake-Sleep Library Learning.
    """

    def __init__(
        self,
        language: Language,
        literals: Iterable[tuple[Any, Sort]] = (),
        *,
        units: int = 64,
        doubt: float = 0.2,
        unit: float | None = None,
    ) -> None:
        if not isinstance(language, Language):
            raise FillError(
                f"a prior is over programs of a language, but got {language!r}. Give for example core_lists."
            )
        if isinstance(units, bool) or not isinstance(units, int) or units < 2 or units % 2:
            raise FillError(f"units must be an even whole number from 2 on, but got {units!r}. Use for example 64.")
        if not 0 <= doubt <= 1:
            raise FillError(f"doubt is a share from 0 to 1, but got {doubt!r}. Use for example 0.2.")
        self.language, self.literals = language, tuple(literals)
        self.units, self.doubt, self.unit = units, doubt, unit
        self.table = WeightTable(language, self.literals)
        self.history: list[float] = []
        self.fantasies = 0
        self._plain = np.zeros((len(self.table.rows), len(self.table.columns)))
        self._network: Any = None

    # ---- training

    def fit(
        self,
        pairs: Iterable[tuple[Examples, Term]] = (),
        *,
        tasks: Iterable[Examples] = (),
        fantasies: int = 10_000,
        replays: float = 0.3,
        epochs: int = 6,
        batch: int = 32,
        largest: int = 7,
        rate: float = 3e-3,
        seed: int = 0,
        within: Budget | str | float | None = None,
    ) -> Prior:
        """Train on programs that were found (replays) and on programs drawn from the grammar (fantasies).

        Parameters
        ----------
        pairs : iterable of (Examples, Term)
            Programs with the examples that they were found for.
        tasks : iterable of Examples
            More tasks, not solved yet, whose inputs and sorts fantasies may use.
        fantasies : int
            Programs drawn; of those with the same outputs the most probable counts.
        replays : float
            Their share of each batch, while there are both kinds. Few replays with a large share are learned by heart.
        epochs : int
            Rounds over the fantasies.
        batch : int
            Programs in each step.
        largest : int
            Largest number of nodes of a fantasy.
        rate : float
            Largest learning rate.
        seed : int
            The same seed gives the same prior, unless the budget ends the training.
        within : Budget, str or float, optional
            ``"2min"``: training ends then at the latest.

        Raises
        ------
        FillError
            If there is nothing to learn from, or what is given are no examples and programs.
        GrammarError
            If the language cannot make a program of the pairs.
        """
        import torch

        from induce.learners.recogniser import seeded

        known = _checked(pairs)
        requests = [*(examples for examples, _ in known), *_requests(tasks)]
        if not requests or (not known and fantasies < 1):
            raise FillError(
                "a prior learns from programs and from tasks, but got neither. Give fit(pairs=[(examples, program), ...]), or "
                "fit(tasks=[examples, ...]) for fantasies alone."
            )
        clock = Clock(Budget() if within is None else Budget.read(within), "the prior so far is kept")
        rng = np.random.default_rng(seed)
        if not 0 <= replays <= 1:
            raise FillError(f"replays is a share from 0 to 1, but got {replays!r}. Use for example 0.3.")
        weights = weights_of(known, self.language, self.literals) if known else {}
        kept = self._lessons(known)
        spread = weights_of(known, self.language, self.literals, contextual=False) if known else None
        drawn = self._drawn(
            fantasies_of(requests, self.language, self.literals, rng, weights=spread, largest=largest), fantasies, clock
        )
        if fantasies > 0 and not drawn and not kept and not clock.over():
            raise FillError(
                f"of the programs drawn from language '{self.language.name}' none has a value on every input of a task and not the "
                "same on all. Give tasks with more examples and fewer empty lists, more operators, a larger `largest`, or pairs."
            )
        self.fantasies += len(drawn)
        network = seeded(seed, len(self.table.rows), len(self.table.columns), self.units)
        if weights:
            network.start_from(self.table.logits(weights))
        self._plain = self.table.logits(spread or {}).astype(np.float64)
        self._network = network
        with torch.random.fork_rng(devices=[]):  # dropout draws from torch's own generator
            torch.manual_seed(seed)
            self._train(network, kept, drawn, (epochs, batch, replays, rate), rng, clock)
        return self

    def _lessons(self, pairs: Sequence[tuple[Examples, Term]]) -> list[Lesson]:
        found = []
        for examples, term in pairs:
            choices = self.table.choices(examples, term)
            if choices is not None and len(choices.rows):
                found.append((encode(examples), choices))
        return found

    def _drawn(self, source: Iterator[list[tuple[Examples, Term]]], count: int, clock: Clock) -> list[Lesson]:
        """Fantasies as lessons, at most ``count``; fewer if the time is over, or if too many draws give none."""
        found: list[Lesson] = []
        empty = 0
        while len(found) < count and empty < EMPTY and not clock.over():
            more = self._lessons(next(source))
            empty = 0 if more else empty + 1
            found += more
        return found[:count]

    def _train(
        self,
        network: Any,
        kept: list[Lesson],
        drawn: list[Lesson],
        size: tuple[int, int, float, float],
        rng: np.random.Generator,
        clock: Clock,
    ) -> None:
        """Adam with a rate that rises and then falls to nothing over the epochs."""
        import torch

        from induce.learners.recogniser import loss_of

        epochs, batch, replays, rate = size
        masks = torch.from_numpy(np.stack(self.table.masks))
        optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01)
        steps = epochs * sum(1 for _ in _batches(kept, drawn, batch, replays, np.random.default_rng(0)))
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps + 1)
        network.train()
        for epoch in range(epochs):
            total, count = 0.0, 0
            for lessons in _batches(kept, drawn, batch, replays, rng):
                loss = loss_of(network, lessons, masks)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
                optimizer.step()
                schedule.step()
                total, count = total + float(loss.detach()), count + 1
                if clock.over(epochs=epoch):
                    break
            self.history.append(total / max(count, 1))
            if clock.over(epochs=epoch + 1):
                break
        network.eval()

    # ---- what it says

    def weights(self, examples: Examples) -> dict[Any, dict[str, float]]:
        """Weights of productions for a task, as :func:`~induce.learners.programs.grammars.grammar_of` takes them.

        Raises
        ------
        FillError
            If the prior has not been trained.
        """
        if self._network is None:
            raise FillError("this prior has learned nothing yet. Call fit(pairs) or load one by Prior.load(path).")
        import torch

        with torch.no_grad():
            logits = self._network([encode(examples)])[0].numpy().astype(np.float64)
        return self.table.weights(self.table.mixed(logits, self._plain, self.doubt, examples))

    def grammar(self, examples: Examples, max_size: int = 30) -> Grammar:
        """The grammar of a task's programs, with the weights that the examples suggest."""
        task = ProgramTask(examples, self.language, self.literals, max_size=max_size)
        return grammar_of(task, self.weights(examples))

    def costs(self, examples: Examples) -> dict[str, int]:
        """Whole costs of operators for typed enumeration: those that the examples suggest are cheap.

        An operator counts by how often a program drawn from ``grammar(examples)`` uses it.
        """
        return costs_of(self._unigram(examples), self.unit)

    def _unigram(self, examples: Examples) -> Grammar:
        """The grammar in which a production weighs how often a program drawn from the prior uses it."""
        grammar = self.grammar(examples)
        uses = expected_uses(grammar)
        task = ProgramTask(examples, self.language, self.literals)
        return grammar_of(task, {name: max(uses.get(name, 0.0), 1e-6) for name in grammar.names})

    # ---- on disk

    def save(self, path: Any) -> None:
        """Write the prior as a folder of JSON and safetensors; :meth:`load` reads it back."""
        from safetensors.torch import save

        if self._network is None:
            raise FillError("this prior has learned nothing yet, so there is nothing to save. Call fit(pairs) first.")
        place = Path(path)
        place.mkdir(parents=True, exist_ok=True)
        document = {
            "format": FORMAT,
            "language": self.language.to_dict(),
            "literals": [[list(v) if isinstance(v, tuple) else v, str(s)] for v, s in self.literals],
            "units": self.units,
            "doubt": self.doubt,
            "unit": self.unit,
            "plain": self._plain[0].tolist(),
            "history": self.history,
            "fantasies": self.fantasies,
        }
        tensors = {name: value.contiguous() for name, value in self._network.state_dict().items()}
        (place / "prior.json").write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")
        (place / "tensors.safetensors").write_bytes(save(tensors))

    @staticmethod
    def load(path: Any) -> Prior:
        """Read what :meth:`save` wrote.

        Raises
        ------
        FormatError
            If the folder holds no prior, or a damaged one.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load

        from induce.learners.recogniser import seeded

        place = Path(path)
        try:
            document = json.loads((place / "prior.json").read_text(encoding="utf-8"))
            if document["format"] != FORMAT:
                raise FormatError(
                    f"'{place}' was written in the layout '{document['format']}', which is newer. Update induce."
                )
            literals = [(tuple(v) if isinstance(v, list) else v, parse_sort(s)) for v, s in document["literals"]]
            options = {name: document[name] for name in ("units", "doubt", "unit")}
            made = Prior(Language.from_dict(document["language"]), literals, **options)
            made._plain[:] = document["plain"]
            network = seeded(0, len(made.table.rows), len(made.table.columns), made.units)
            network.load_state_dict(load((place / "tensors.safetensors").read_bytes()))
        except (AttributeError, KeyError, TypeError, ValueError, RuntimeError, OSError, SafetensorError) as problem:
            if isinstance(problem, FormatError):
                raise
            raise FormatError(
                f"'{place}' holds no saved prior: {type(problem).__name__}: {problem}. Give the folder that save() wrote."
            ) from problem
        network.eval()
        made._network = network
        made.history, made.fantasies = document["history"], document["fantasies"]
        return made


def _checked(pairs: Iterable[tuple[Examples, Term]]) -> list[tuple[Examples, Term]]:
    """The pairs, if they are pairs of examples and a program."""
    known = [pairs] if isinstance(pairs, str) else list(pairs)
    for place, pair in enumerate(known):
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            got = f"a {type(pair).__name__}"
        elif not isinstance(pair[0], Examples):
            got = f"a {type(pair[0]).__name__} in place of the examples"
        elif not isinstance(pair[1], Term):
            got = f"a {type(pair[1]).__name__} in place of the program"
        else:
            continue
        raise FillError(
            f"pair {place} must be (examples, program), but got {got}. Write (read_examples(inputs, outputs), "
            "language.parse(text)), or (fit.examples, fit.best)."
        )
    return [(examples, term) for examples, term in known]


def _requests(tasks: Iterable[Examples]) -> list[Examples]:
    """The tasks, if they are examples."""
    found: list[Examples] = [tasks] if isinstance(tasks, Examples) else list(tasks)
    for place, task in enumerate(found):
        if not isinstance(task, Examples):
            raise FillError(
                f"task {place} must be examples, but got a {type(task).__name__}. Write read_examples(inputs, outputs)."
            )
    return found


def _batches(
    kept: list[Lesson], drawn: list[Lesson], batch: int, replays: float, rng: np.random.Generator
) -> Iterator[list[Lesson]]:
    """Batches of an epoch over the fantasies, with replays among them; each lesson with some of its examples."""
    main, more = (drawn, kept) if drawn else (kept, [])
    others = min(batch - 1, round(replays * batch)) if more else 0
    order = rng.permutation(len(main))
    for begin in range(0, len(order), batch - others):
        chosen = [main[k] for k in order[begin : begin + batch - others]]
        if others:
            chosen += [more[k] for k in rng.integers(len(more), size=others)]
        yield [_fewer(lesson, rng) for lesson in chosen]


def _fewer(lesson: Lesson, rng: np.random.Generator) -> Lesson:
    """The lesson with some of its examples, so that no program is learned by heart from one set of them."""
    (tokens, features), choices = lesson
    count = min(len(tokens), int(rng.integers(3, 7)))
    places = np.sort(rng.choice(len(tokens), count, replace=False))
    return (tokens[places], features[places]), choices
