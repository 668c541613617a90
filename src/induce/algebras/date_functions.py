"""What the operators on dates and times do to Python values.

Each function needs only its arguments, the modules imported here and other functions of this file, so that its source can
be exported.

A moment is a tuple (year, month, day, hour, minute, second); what is not known is None.
"""

from __future__ import annotations

import calendar
import datetime
import re

__all__: list[str] = []


def month_names() -> list[str]:
    """The names of the months."""
    return ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December"]  # fmt: skip


def day_names() -> list[str]:
    """The names of the days of the week."""
    return ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def name_number(name: str, names: list[str]) -> int | None:
    """The place, from 1, of a name given in full or by three letters or more."""
    name = name.lower()
    found = [i for i, full in enumerate(names, 1) if len(name) >= 3 and full.lower().startswith(name)]
    return found[0] if found else None


def checked(moment: tuple[int | None, ...]) -> tuple[int | None, ...]:
    """The moment, or an error if there is no such day or time."""
    year, month, day, hour, minute, second = moment
    if month is not None:
        datetime.date(2000 if year is None else year, month, 1 if day is None else day)
    datetime.time(hour or 0, minute or 0, second or 0)
    return moment


def clock_of(text: str) -> tuple[str, int | None, int | None, int | None]:
    """The text without its time of day, and that time's hour, minute and second."""
    found = re.search(
        r"(?<![\d.:])(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?(?!\d)\s*(?:([AaPp])\.?[Mm]\b\.?)?", text
    ) or re.search(r"(?<![\d.:])(\d{1,2})()()\s*([AaPp])\.?[Mm]\b\.?", text)
    if found is None:
        return text, None, None, None
    hour, minute = int(found[1]), int(found[2] or 0)
    half = (found[4] or "").lower()
    if half and hour > 12:
        raise ValueError(f"{text!r} has no such hour")
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    rest = text[: found.start()].rstrip("Tt ") + " " + re.sub(r"^\s*(Z|UTC|GMT)\b", "", text[found.end() :])
    return rest, hour, minute, int(found[3]) if found[3] else None


def day_of_numbers(numbers: list[str], rest: str, order: str) -> tuple[int, int | None, int | None]:
    """Year, month and day from the numbers of a date without names."""
    if len(numbers) == 1 and len(numbers[0]) in (7, 8):
        digits = numbers[0].rjust(8, "0")
        if order == "ymd":
            return int(digits[:4]), int(digits[4:6]), int(digits[6:])
        numbers = [digits[:2], digits[2:4], digits[4:]]
    if len(numbers) == 1 and len(numbers[0]) == 4:
        return int(numbers[0]), None, None
    if len(numbers) == 2 and [len(n) == 4 for n in numbers].count(True) == 1:
        year, other = sorted(numbers, key=lambda n: len(n) != 4)
        if re.fullmatch(r"\s*\d+\s+\d+\s*", rest):  # a year and the day in it
            day = datetime.date(int(year), 1, 1) + datetime.timedelta(int(other) - 1)
            return day.year, day.month, day.day
        return int(year), int(other), None
    if len(numbers) != 3 or any(len(n) not in (1, 2, 4) for n in numbers):
        raise ValueError(f"{rest!r} is no date")
    place = "ymd" if len(numbers[0]) == 4 else order
    found = dict(zip(place, numbers, strict=True))
    year = found["y"]
    if len(year) not in (2, 4) or len(found["m"]) > 2 or len(found["d"]) > 2:
        raise ValueError(f"{rest!r} is no date")
    full = int(year) if len(year) == 4 else int(year) + (2000 if int(year) < 50 else 1900)
    return full, int(found["m"]), int(found["d"])


def weekday_of_month(year: int, month: int, weekday: int, k: int) -> int:
    """The day of the month that is the k-th such day of the week in it."""
    start = datetime.date(year, month, 1).isoweekday()
    return 1 + (weekday - start) % 7 + 7 * (k - 1)


def date(s: str, order: str) -> tuple[int | None, ...]:
    """The date, the time, or both that a text says, in any usual way.

    ``order`` is ``mdy``, ``dmy`` or ``ymd``: what the numbers of a date mean when neither a name nor a year of four
    digits in front decides it.

    >>> date("Mar 30 2002 21:44", "mdy"), date("30/3/02", "dmy")
    ((2002, 3, 30, 21, 44, None), (2002, 3, 30, None, None, None))
    """
    rest, hour, minute, second = clock_of(s)
    pieces = re.findall(r"#?\d+|[^\W\d_]+|[^\s\w]", rest)
    numbers = [piece for piece in pieces if piece.isdigit()]
    if sum(len(piece) == 1 and not piece.isalnum() for piece in pieces) > 6:
        raise ValueError(f"{s!r} is no date")
    month = weekday = ordinal = None
    week = False
    for piece in pieces:
        if piece[0] == "#":
            ordinal = int(piece[1:])
        elif piece.lower() in ("wk", "week"):
            week = True
        elif piece.isalpha() and piece.lower() not in ("of", "the", "at", "in", "st", "nd", "rd", "th"):
            found = name_number(piece, month_names())
            day_name = name_number(piece, day_names())
            if (found is None and day_name is None) or (found and month) or (day_name and weekday):
                raise ValueError(f"{s!r} is no date")
            month, weekday = month or found, weekday or day_name
        elif not piece.isalnum() and piece not in ",./-()":
            raise ValueError(f"{s!r} is no date")
    if not numbers and month is None and hour is not None:
        return checked((None, None, None, hour, minute, second))
    if week and weekday and len(numbers) == 2:
        day_found = datetime.date.fromisocalendar(int(numbers[1]), int(numbers[0]), weekday)
        return day_found.year, day_found.month, day_found.day, hour, minute, second
    year, month_found, day = named_day(numbers, month, weekday, ordinal, rest, order)
    return checked((year, month_found, day, hour, minute, second))


def named_day(
    numbers: list[str], month: int | None, weekday: int | None, ordinal: int | None, rest: str, order: str
) -> tuple[int | None, int | None, int | None]:
    """Year, month and day from the numbers and names of a date."""
    if month is None:
        return day_of_numbers(numbers, rest, order)
    if not 0 < len(numbers) <= 2 or any(len(n) not in (1, 2, 4) for n in numbers):
        raise ValueError(f"{rest!r} is no date")
    if ordinal is not None and weekday is not None and len(numbers) == 1:
        year = int(numbers[0])
        return year, month, weekday_of_month(year, month, weekday, ordinal)
    if weekday is not None and re.search(r"\d{4} +[^\W\d_]+ +[1-5]\s*$", rest):  # "Mar 1983 Tue 3": the third Tuesday
        return int(numbers[0]), month, weekday_of_month(int(numbers[0]), month, weekday, int(numbers[-1]))
    if len(numbers) == 1:
        return (int(numbers[0]), month, None) if len(numbers[0]) == 4 else (None, month, int(numbers[0]))
    day, year_text = sorted(numbers, key=len) if len(numbers[0]) != len(numbers[1]) else numbers
    if len(year_text) == 1 or len(day) > 2:
        raise ValueError(f"{rest!r} is no date")
    year = int(year_text) if len(year_text) == 4 else int(year_text) + (2000 if int(year_text) < 50 else 1900)
    return year, month, int(day)


def is_date(s: str | None, order: str) -> bool:
    """Whether a text says a date or a time."""
    try:
        date(s or "", order)
    except ValueError:
        return False
    return True


def fields(pattern: str) -> list[str]:
    """The fields and the texts of a pattern, one by one; texts in single quotes keep them."""
    return [found[0] for found in re.finditer(r"'[^']*'|([A-Za-z])\1*|[^A-Za-z']+", pattern)]


def parse_date(s: str, pattern: str) -> tuple[int | None, ...]:
    """The date or time that a text says in exactly one way, such as ``H:mm`` or ``yyyyMMdd``.

    >>> parse_date("1105", "Hmm")
    (None, None, None, 11, 5, None)
    """
    known = {"yyyy": r"(\d{4})", "M": r"(\d{1,2})", "MM": r"(\d{2})", "d": r"(\d{1,2})", "dd": r"(\d{2})",
             "H": r"(\d{1,2})", "HH": r"(\d{2})", "m": r"(\d{1,2})", "mm": r"(\d{2})", "s": r"(\d{1,2})",
             "ss": r"(\d{2})"}  # fmt: skip
    pieces = fields(pattern)
    found = re.fullmatch("".join(known.get(piece) or re.escape(piece.strip("'")) for piece in pieces), s.strip())
    if found is None:
        raise ValueError(f"{s!r} is not written as {pattern!r}")
    values = {
        piece[0]: int(text) for piece, text in zip([p for p in pieces if p in known], found.groups(), strict=True)
    }
    return checked(tuple(values.get(field) for field in "yMdHms"))  # type: ignore[arg-type]


def seconds(span: str) -> int:
    """The number of seconds in a span of time such as ``1 h 30 min``, ``-15 min`` or ``2 d``."""
    sign = -1 if span.startswith("-") else 1
    sizes = {"d": 86400, "h": 3600, "min": 60, "s": 1}
    pieces = re.fullmatch(r"-?\d+ (?:d|h|min|s)(?: \d+ (?:h|min|s))*", span)
    if pieces is None:
        raise ValueError(f"{span!r} is no span of time")
    return sign * sum(int(n) * sizes[unit] for n, unit in re.findall(r"(\d+) (d|h|min|s)", span))


def later(moment: tuple[int | None, ...], span: str) -> tuple[int | None, ...]:
    """The moment after a span of time, which may be negative."""
    year, month, day, hour, minute, second = moment
    amount = datetime.timedelta(seconds=seconds(span))
    if year is None or month is None or day is None:
        if minute is None and hour is None:
            raise ValueError("a date without a year cannot be shifted")
        cycle = 3600 if hour is None else 86400
        total = int((3600 * (hour or 0) + 60 * (minute or 0) + (second or 0) + amount.total_seconds()) % cycle)
        return year, month, day, None if hour is None else total // 3600, total // 60 % 60, total % 60
    found = datetime.datetime(year, month, day, hour or 0, minute or 0, second or 0) + amount
    if hour is None:
        return found.year, found.month, found.day, None, None, None
    return found.year, found.month, found.day, found.hour, found.minute, found.second


def to_grid(moment: tuple[int | None, ...], span: str, share: float) -> tuple[int | None, ...]:
    """The moment moved to a multiple of a span since midnight: down where less than a share of a span is over."""
    year, month, day, hour, minute, second = moment
    if hour is None and minute is None:
        raise ValueError("a date without a time cannot be rounded")
    step = seconds(span)
    total = 3600 * (hour or 0) + 60 * (minute or 0) + (second or 0)
    over = total % step
    start = year, month, day, hour and 0, 0, 0
    return later(start, f"{total - over + (step if over > 0 and over >= share * step else 0)} s")


def time_down(moment: tuple[int | None, ...], span: str) -> tuple[int | None, ...]:
    """The last multiple of a span of time, counted from midnight, that is not later."""
    return to_grid(moment, span, 2.0)


def time_up(moment: tuple[int | None, ...], span: str) -> tuple[int | None, ...]:
    """The first multiple of a span of time, counted from midnight, that is not earlier."""
    return to_grid(moment, span, 0.0)


def time_nearest(moment: tuple[int | None, ...], span: str) -> tuple[int | None, ...]:
    """The nearest multiple of a span of time, counted from midnight."""
    return to_grid(moment, span, 0.5)


def format_date(moment: tuple[int | None, ...], pattern: str) -> str:
    """The moment as text under a pattern of letters.

    ``yyyy yy`` year, ``Q`` quarter, ``M MM MMM MMMM`` month (9, 09, Sep, September), ``w ww`` week of ISO 8601, ``D``
    day of the year, ``d dd`` day, ``F`` which such day of the week in the month, ``EEE EEEE`` day of the week, ``H HH``
    hour to 23, ``h hh`` hour to 12, ``a`` AM or PM, ``aa`` am or pm, ``m mm`` minute, ``s ss`` second. Other characters
    stand for themselves; letters in single quotes too.

    >>> format_date((1973, 12, 17, 18, 5, None), "EEEE, d MMM yyyy 'at' h:mm a")
    'Monday, 17 Dec 1973 at 6:05 PM'
    """
    return "".join(
        shown(moment, piece) if piece[0].isalpha() and piece.isascii() else piece.strip("'")
        for piece in fields(pattern)
    )


def shown(moment: tuple[int | None, ...], field: str) -> str:
    """One field of a moment as text."""
    year, month, day, hour, minute, second = moment
    letter = field[0]
    value: int | None
    if letter in "QwDFE":
        return shown_day(year, month, day, field)
    if letter == "M" and len(field) > 2 and month is not None:
        name = month_names()[month - 1]
        return name if len(field) == 4 else name[:3]
    if letter == "a" and hour is not None:
        half = "PM" if hour >= 12 else "AM"
        return half.lower() if len(field) == 2 else half
    value = {"y": year, "M": month, "d": day, "H": hour, "m": minute, "s": second}.get(letter)
    if letter == "h" and hour is not None:
        value = (hour + 11) % 12 + 1
    if letter == "y" and len(field) == 2 and value is not None:
        value %= 100
    if value is None or letter not in "yMdHhms":
        raise ValueError(f"a moment without '{field}'")
    return str(value).rjust(len(field), "0")


def shown_day(year: int | None, month: int | None, day: int | None, field: str) -> str:
    """One field of a day as text: quarter, week, day of the year or of the week."""
    if month is None or (field[0] != "Q" and day is None) or (field[0] in "wDE" and year is None):
        raise ValueError(f"a date without '{field}'")
    if field[0] == "Q":
        return str((month + 2) // 3)
    assert day is not None
    if field[0] == "F":
        return str((day + 6) // 7)
    assert year is not None
    if field[0] == "E":
        name = day_names()[calendar.weekday(year, month, day)]
        return name if len(field) == 4 else name[:3]
    found = datetime.date(year, month, day)
    value = found.isocalendar()[1] if field[0] == "w" else found.timetuple().tm_yday
    return str(value).rjust(len(field), "0")
