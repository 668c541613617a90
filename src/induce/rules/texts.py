"""Generated requests of twenty intents, made from templates with slots, as words and as counts of words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from induce.errors import DataError

__all__ = ["IntentTexts", "intent_texts"]

_SLOTS = {
    "city": "paris london tokyo berlin madrid oslo cairo lima".split(),
    "day": "today tomorrow monday tuesday friday saturday sunday tonight".split(),
    "name": "anna ben carla david emma felix grace henry".split(),
    "thing": "milk bread coffee shoes books phone lamp chair".split(),
    "number": "two three four five six seven ten twelve".split(),
    "room": "kitchen bedroom office hall garage bathroom cellar garden".split(),
}
_INTENTS = {
    "weather": "will it rain in {city} {day}|what is the weather like {day}|how cold is it in {city}",
    "flight": "book a flight to {city} {day}|i want to fly to {city}|find me a plane for {day} to {city}",
    "hotel": "i need a hotel in {city}|reserve a room for {number} nights in {city}|where can i sleep in {city} {day}",
    "alarm": "wake me at {number} {day}|set an alarm for {number}|ring me {day} at {number}",
    "timer": "start a timer of {number} minutes|count down {number} minutes|tell me when {number} minutes are over",
    "music": "play some jazz in the {room}|put on a song by {name}|i want to hear an album of {name}",
    "lights": "switch on the lamp in the {room}|make it darker in the {room}|turn the lights off in the {room}",
    "heating": "make the {room} warmer|set the heating to {number} degrees|it is too cold in the {room}",
    "message": "send a message to {name}|write {name} that i come {day}|text {name} about the {thing}",
    "call": "call {name}|phone {name} {day}|dial the number of {name} at the {room}",
    "shopping": "add {thing} to the shopping list|buy {number} {thing}|we are out of {thing}",
    "order": "where is my order of {thing}|has the parcel with {thing} been shipped|track the delivery of {day}",
    "refund": "i want my money back for the {thing}|return the broken {thing}|please refund {number} {thing}",
    "bank": "what is my account balance|transfer {number} euro to {name}|pay the bill of {name}",
    "recipe": "how do i cook with {thing}|give me a recipe for {number} people|what can i bake {day} with {thing}",
    "news": "read the headlines of {city}|what happened in {city} {day}|any news about {name}",
    "sports": "who won the match in {city}|what is the score of {day}|when does the team of {city} play",
    "calendar": "add a meeting with {name} {day}|what is on my calendar {day}|move the appointment with {name} to {day}",
    "translate": "how do you say {thing} in french|translate {thing} into german|what does this word mean in spanish",
    "joke": "tell me something funny about {city}|make me laugh|do you know a joke about {name}",
}
_POLITE = ("", "", "please", "hello", "hey could you", "thanks", "now", "i wonder")


@dataclass(frozen=True, eq=False)
class IntentTexts:
    """Texts, their intents, and counts of words.

    Parameters
    ----------
    texts : tuple of str
    intents : array of str, shape (texts,)
    counts : array of shape (texts, words)
    words : tuple of str
        What the columns count, by alphabet.
    """

    texts: tuple[str, ...]
    intents: NDArray[np.str_]
    counts: NDArray[np.float64]
    words: tuple[str, ...]


def intent_texts(rows: int = 3000, *, noise: float = 0.1, seed: int = 0) -> IntentTexts:
    """Draw texts of twenty intents from three templates each, with slots, polite words, and words left out by chance.

    Parameters
    ----------
    rows : int
    noise : float
        Share of the words that are left out.
    seed : int

    Raises
    ------
    DataError
        For no rows or a share outside [0, 1).

    >>> drawn = intent_texts(200)
    >>> len(drawn.texts), len(set(drawn.intents.tolist())), drawn.counts.shape == (200, len(drawn.words))
    (200, 20, True)
    """
    if rows < 1 or not 0 <= noise < 1:
        raise DataError(f"rows must be at least 1 and noise in [0, 1), but they are {rows!r} and {noise!r}.")
    rng = np.random.default_rng(seed)
    names = sorted(_INTENTS)
    drawn = [names[k] for k in rng.integers(0, len(names), rows)]
    texts = tuple(_text(intent, noise, rng) for intent in drawn)
    words = tuple(sorted({word for text in texts for word in text.split()}))
    return IntentTexts(texts, np.array(drawn), _counted(texts, words), words)


def _text(intent: str, noise: float, rng: np.random.Generator) -> str:
    templates = _INTENTS[intent].split("|")
    said = templates[rng.integers(len(templates))]
    for slot, options in _SLOTS.items():
        said = said.replace("{" + slot + "}", options[rng.integers(len(options))])
    words = [word for word in said.split() if rng.random() >= noise] or said.split()
    polite = _POLITE[rng.integers(len(_POLITE))]
    return " ".join([*polite.split(), *words] if rng.random() < 0.5 else [*words, *polite.split()])


def _counted(texts: Sequence[str], words: Sequence[str]) -> NDArray[np.float64]:
    place = {word: k for k, word in enumerate(words)}
    rows = np.repeat(np.arange(len(texts)), [len(text.split()) for text in texts])
    columns = np.array([place[word] for text in texts for word in text.split()], dtype=np.intp)
    found = np.zeros((len(texts), len(words)))
    np.add.at(found, (rows, columns), 1.0)
    return found
