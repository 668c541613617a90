"""What the operators on texts do to Python values.

Each function needs only its arguments, the modules imported here and other functions of this file, so that its source can
be exported.

A token is a text as it is, a regular expression, or a test of characters.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from typing import Any

__all__: list[str] = []


def concat(a: str, b: str) -> str:
    """The two texts after each other."""
    return a + b


def word(s: str, i: int) -> str:
    """The word at place i; words are separated by space."""
    return s.split()[i]


def part(s: str, separator: str, i: int) -> str:
    """The part at place i between separators."""
    return s.split(separator)[i]


def first(s: str) -> str:
    """The first character."""
    return s[0]


def last(s: str) -> str:
    """The last character."""
    return s[-1]


def take(s: str, n: int) -> str:
    """The first n characters; all but the last -n when n is negative."""
    return s[:n]


def drop(s: str, n: int) -> str:
    """All but the first n characters; the last -n when n is negative."""
    return s[n:]


def slice_text(s: str, i: int, j: int) -> str:
    """The characters from place i to before place j; negative places count from the end."""
    i, j = (i + len(s) if i < 0 else i), (j + len(s) if j < 0 else j)
    if not 0 <= i <= j <= len(s):
        raise IndexError(f"no characters from {i} to {j}")
    return s[i:j]


def upper(s: str) -> str:
    """In capitals."""
    return s.upper()


def lower(s: str) -> str:
    """In small letters."""
    return s.lower()


def title(s: str) -> str:
    """Each run of letters with a capital at its beginning."""
    return s.title()


def capitalize(s: str) -> str:
    """A capital at the beginning, small letters after it."""
    return s.capitalize()


def trim(s: str) -> str:
    """Without space at both ends."""
    return s.strip()


def spans(s: str, token: Any) -> list[tuple[int, int]]:
    """Where a token occurs, as pairs of places (first character, after the last)."""
    if isinstance(token, str):
        token = re.compile(re.escape(token)) if token else re.compile("(?!)")
    if isinstance(token, re.Pattern):
        return [found.span() for found in token.finditer(s)]
    found = []
    for inside, run in itertools.groupby(range(len(s)), lambda place: token(s[place])):
        places = list(run)
        if inside:
            found.append((places[0], places[-1] + 1))
    return found


def match(s: str, token: Any, k: int) -> str:
    """The k-th occurrence of a token."""
    begin, end = spans(s, token)[k]
    return s[begin:end]


def before(s: str, token: Any, k: int) -> int:
    """The place where the k-th occurrence of a token begins."""
    return spans(s, token)[k][0]


def after(s: str, token: Any, k: int) -> int:
    """The place after the k-th occurrence of a token."""
    return spans(s, token)[k][1]


def border(s: str, left: Any, right: Any, k: int) -> int:
    """The k-th place where one token ends and another begins."""
    ends = {end for _, end in spans(s, left)}
    return [begin for begin, _ in spans(s, right) if begin in ends][k]


def length(s: str) -> int:
    """The number of characters."""
    return len(s)


def count(s: str, token: Any) -> int:
    """How often a token occurs."""
    return len(spans(s, token))


def replace(s: str, token: Any, new: str) -> str:
    """The text with another one in place of each occurrence of a token."""
    pieces = []
    place = 0
    for begin, end in spans(s, token):
        pieces += [s[place:begin], new]
        place = end
    return "".join([*pieces, s[place:]])


def remove(s: str, token: Any) -> str:
    """The text without the occurrences of a token."""
    return replace(s, token, "")


def keep(s: str, token: Any) -> str:
    """The occurrences of a token only, one after the other."""
    return "".join(s[begin:end] for begin, end in spans(s, token))


def initials(s: str) -> str:
    """The first character of each word."""
    return "".join(piece[0] for piece in s.split())


def pad(s: str, width: int, fill: str) -> str:
    """The text with a character in front of it as often as it takes to be so wide."""
    if width > 1_000_000:
        raise ValueError(width)
    return s.rjust(width, fill)


def pad_right(s: str, width: int, fill: str) -> str:
    """The text with a character after it as often as it takes to be so wide."""
    if width > 1_000_000:
        raise ValueError(width)
    return s.ljust(width, fill)


def missing() -> None:
    """No text."""
    return None


def equals(a: str, b: str) -> bool:
    """Whether two texts are the same."""
    return a == b


def contains(s: str, token: Any) -> bool:
    """Whether a token occurs in the text."""
    return s is not None and bool(spans(s, token))


def startswith(s: str, token: Any) -> bool:
    """Whether the text begins with a token."""
    return s is not None and any(begin == 0 for begin, _ in spans(s, token))


def endswith(s: str, token: Any) -> bool:
    """Whether the text ends with a token."""
    return s is not None and any(end == len(s) for _, end in spans(s, token))


def consists(s: str, token: Any) -> bool:
    """Whether the text is one occurrence of a token and nothing else."""
    return s is not None and (0, len(s)) in spans(s, token)


def is_missing(s: str | None) -> bool:
    """Whether there is no text."""
    return s is None


def is_blank(s: str | None) -> bool:
    """Whether there is no text, or only space."""
    return s is None or not s.strip()


def at_least(a: int, b: int) -> bool:
    """Whether a is not less than b."""
    return a >= b


def is_digit(c: str) -> bool:
    """Whether a character is a digit from 0 to 9."""
    return c in "0123456789"


def is_letter(c: str) -> bool:
    """Whether a character is a letter, or an accent on one."""
    return c.isalpha() or unicodedata.combining(c) > 0


def is_mark(c: str) -> bool:
    """Whether a character is neither letter, digit nor space."""
    return not (c.isalnum() or c.isspace() or unicodedata.combining(c) > 0)


def digits() -> Any:
    """Runs of digits."""
    return is_digit


def letters() -> Any:
    """Runs of letters."""
    return is_letter


def capitals() -> Any:
    """Runs of capital letters."""
    return str.isupper


def small() -> Any:
    """Runs of small letters."""
    return str.islower


def alphanumerics() -> Any:
    """Runs of letters and digits."""
    return lambda c: is_letter(c) or is_digit(c)


def words() -> Any:
    """Runs of characters that are no space."""
    return lambda c: not c.isspace()


def spaces() -> Any:
    """Runs of space."""
    return str.isspace


def marks() -> Any:
    """Runs of characters that are neither letter, digit nor space."""
    return is_mark


def decimals() -> Any:
    """Numbers: a sign, digits with separators of thousands, and a decimal point with digits after it, if they are there."""
    return re.compile(r"(?<![\w.])[-+]?[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?(?![0-9])|\.[0-9]+|[0-9]+(?:\.[0-9]+)?")
