"""Programs on strings from examples, by working backwards from what the outputs are made of."""

from induce.learners.strings.witness import Witness

__all__ = ["Witness"]
