"""What the operators on strings do to Python values, on odd texts too; every function works from its source text alone."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
import unicodedata
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from induce.algebras import date_functions, number_functions, text_functions
from induce.algebras import date_functions as dates
from induce.algebras import number_functions as numbers
from induce.algebras import text_functions as texts
from induce.algebras.values import Undefined, function_of, run, run_rows
from induce.terms.strings import TOKEN_CLASSES, strings
from tests.terms.test_strings import TEXTS, random_term

MODULES = (text_functions, number_functions, date_functions)
ANY_TEXT = st.text(
    st.characters(max_codepoint=0x17F) | st.sampled_from("\u0301🙂\u00a0\u2028"), max_size=20
) | st.sampled_from(TEXTS)


def value(text: str, **inputs):
    """A program's value."""
    return run(strings.parse(text), inputs)


def test_every_operator_but_if_has_a_function_with_annotations():
    for op in strings:
        if op.name != "if":
            function = function_of(op)
            assert len(inspect.signature(function).parameters) == op.arity
            assert "return" in function.__annotations__
            assert function.__doc__


def test_functions_use_only_what_is_imported_or_defined_by_def_in_their_module():
    names: list[str] = []
    for module in MODULES:
        tree = ast.parse(inspect.getsource(module))
        made = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        names += [node.name for node in made]
        others = [n for n in tree.body if not isinstance(n, ast.FunctionDef | ast.Import | ast.ImportFrom | ast.Expr)]
        assert [ast.unparse(n) for n in others] == ["__all__: list[str] = []"]
        room: dict[str, object] = {}
        kept = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.Import | ast.ImportFrom)]
        exec(compile(ast.Module(kept, []), module.__name__, "exec"), room)
        assert {"date", "number", "spans"} & set(room)
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("program", "s", "expected"),
    [
        ('concat(first(word(s, 0)), ". ", word(s, -1))', "Ada Lovelace", "A. Lovelace"),
        ('part(s, ", ", 1)', "a, b, c", "b"),
        ("slice(s, before(s, digits, 0), after(s, digits, -1))", "no 12 and 34.", "12 and 34"),
        ("slice(s, border(s, letters, digits, 0), length(s))", "abc123", "123"),
        ("slice(s, -3, -1)", "abcd", "bc"),
        ("take(s, 2)", "🙂é", "🙂é"),
        ("drop(s, -2)", "abcd", "cd"),
        ("keep(s, digits)", "(555) 12-34", "5551234"),
        ('replace(s, spaces, "-")', "a  b\nc", "a-b-c"),
        ('replace(s, ".", "")', "1.2.3", "123"),
        ("remove(s, marks)", "o'Neil!", "oNeil"),
        ("initials(s)", "New York City", "NYC"),
        ("match(s, capitals, 1)", "Émile Zola", "Z"),
        ("match(s, letters, 0)", "e\u0301clair x", "e\u0301clair"),
        ("match(s, decimals, 1)", "(-5.883, 173.57)", "173.57"),
        ('pad(s, 5, "0")', "42", "00042"),
        ('pad_right(s, 4, ".")', "42", "42.."),
        (
            'concat(capitalize(s), title(s), upper(s), lower(s), trim(concat(" ", s, "\\n")))',
            "aB c",
            "Ab cAb CAB Cab caB c",
        ),
        ('if(contains(s, "@"), part(s, "@", 1), missing)', "me@home", "home"),
        ('if(is_blank(s), "none", s)', " \t", "none"),
        ('if(at_least(count(s, words), 2), "many", "one")', "a b", "many"),
        ('if(less(number(s), 0), "minus", "plus")', "-2", "minus"),
    ],
)
def test_texts(program, s, expected):
    assert value(program, s=s) == expected


@pytest.mark.parametrize(
    "program",
    ["word(s, 5)", "slice(s, 2, 1)", "slice(s, 0, 99)", "first(drop(s, 9))", 'part(s, "", 0)', "before(s, digits, 0)",
     "digits_of(number(s))", 'format_date(date(s, "mdy"), "d")'],
)  # fmt: skip
def test_what_is_not_there_has_no_value(program):
    with pytest.raises(Undefined):
        value(program, s="ab")


@given(ANY_TEXT)
def test_tokens_cover_a_text_without_overlap(s):
    for name in TOKEN_CLASSES:
        token = getattr(texts, name)()
        spans = texts.spans(s, token)
        assert all(a < b for a, b in spans)
        assert all(b <= c for (_, b), (c, _) in itertools.pairwise(spans))
        assert texts.count(s, token) == len(spans)
        assert texts.keep(s, token) == "".join(s[a:b] for a, b in spans)
        assert texts.contains(s, token) == bool(spans)
    assert texts.remove(s, texts.spaces()) == "".join(c for c in s if not c.isspace())
    assert texts.keep(s, texts.words()) == texts.remove(s, texts.spaces())


def test_missing_texts_and_conditions_on_them():
    assert value("missing") is None
    assert value("is_missing(s)", s=None) is True
    assert value("is_blank(s)", s=None) is True
    for program in ("contains(s, digits)", 'startswith(s, "a")', "endswith(s, spaces)", "consists(s, words)"):
        assert value(program, s=None) is False
    assert value("is_number(s)", s=None) is False
    assert value('is_date(s, "mdy")', s=None) is False
    assert run_rows(strings.parse("upper(s)"), {"s": [None, "", "a"]}) == [None, "", "A"]


@given(st.integers(0, 10**6))
def test_random_programs_have_a_value_or_none_and_never_fail_otherwise(seed):
    rng = np.random.default_rng(seed)
    term = random_term(rng)
    columns = {v.name: [TEXTS[rng.integers(len(TEXTS))], None] for v in term.variables} or {"s": ["a", None]}
    assert all(found is None or isinstance(found, str) for found in run_rows(term, columns, 2))


@pytest.mark.parametrize(
    ("pattern", "n", "expected"),
    [
        ("0", "2.5", "3"), ("0", "-2.5", "-3"), ("0.00", "1.005", "1.01"), ("#,##0.00", "1234567.891", "1,234,567.89"),
        ("#,##,##0", "36345645.34", "3,63,45,645"), ("00000.####", "12.5", "00012.5"), ("00", "7", "07"),
        ("0.##", "3", "3"), (".00", ".5", ".50"), ("#.##", "0.5", ".5"), ("0.??", "1.2", "1.2 "), ("0.??", "18", "18.  "),
        ("???.????", "5.23", "  5.23  "), ("0.0", "-0.04", "0.0"), ("#,##0", "-999999.5", "-1,000,000"),
    ],
)  # fmt: skip
def test_patterns_of_numbers(pattern, n, expected):
    assert numbers.format_number(Decimal(n), pattern) == expected


@pytest.mark.parametrize("text", ["", "abc", "1,23", "1 2", "1e5", "0x10", "--1", ".", "nan", "١٢"])
def test_what_is_no_number(text):
    assert not numbers.is_number(text)
    with pytest.raises(ValueError, match="is no number"):
        numbers.number(text)


@given(st.decimals(-(10**9), 10**9, places=4), st.sampled_from([0.05, 0.25, 1, 5, 10, 25, 1000]))
def test_grids_of_numbers(n, step):
    low, high, near = numbers.down(n, step), numbers.up(n, step), numbers.nearest(n, step)
    size = Decimal(str(step))
    assert low <= n <= high
    assert high - low in (0, size)
    assert near in (low, high)
    assert abs(near - n) * 2 <= size
    assert numbers.number(numbers.digits_of(n)) == n
    assert numbers.limit(n, 2) == numbers.nearest(n, 0.01)


def test_numbers_keep_their_digits():
    assert value("digits_of(times(number(s), 0.01))", s="-1961.1180") == "-19.611180"
    assert value("digits_of(limit(number(s), 1))", s="200.0") == "200.0"
    assert value("digits_of(plus(number(s), 1))", s="12345678901234567890123456789") == "12345678901234567890123456790"
    with pytest.raises(ValueError, match=re.escape("'0.x' is no pattern of a number")):
        numbers.format_number(Decimal(1), "0.x")


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("06-Oct-2143", "mdy", (2143, 10, 6, None, None, None)),
        ("Mar 30 2002 21:44", "mdy", (2002, 3, 30, 21, 44, None)),
        ("30/3/02", "dmy", (2002, 3, 30, None, None, None)),
        ("3/30/99", "mdy", (1999, 3, 30, None, None, None)),
        ("01311846", "mdy", (1846, 1, 31, None, None, None)),
        ("2001--11--6", "dmy", (2001, 11, 6, None, None, None)),
        ("2004-10-02T06:25:57Z", "mdy", (2004, 10, 2, 6, 25, 57)),
        ("Tuesday, 1st of January, 2002", "mdy", (2002, 1, 1, None, None, None)),
        ("Sunday #1 March 2002", "mdy", (2002, 3, 3, None, None, None)),
        ("Mar 1983 Tue 3", "mdy", (1983, 3, 15, None, None, None)),
        ("Tue wk 42 in 2222", "mdy", (2222, 10, 15, None, None, None)),
        ("1846 231", "mdy", (1846, 8, 19, None, None, None)),
        ("12/2002", "mdy", (2002, 12, None, None, None, None)),
        ("1756", "mdy", (1756, None, None, None, None, None)),
        ("12:05 a.m.", "mdy", (None, None, None, 0, 5, None)),
        ("6PM", "mdy", (None, None, None, 18, 0, None)),
        ("29 February 2000", "mdy", (2000, 2, 29, None, None, None)),
    ],
)
def test_dates_and_times_are_read(text, order, expected):
    assert dates.date(text, order) == expected


@pytest.mark.parametrize(
    "text",
    ["", "Unknown", "4 October 2142a", "13/13/2000", "30 February 2001", "25:00", "7:60", "13PM", "311", "875-259-4922",
     "8.111111", "Mar", "🙂"],
)  # fmt: skip
def test_what_is_no_date(text):
    assert not dates.is_date(text, "mdy")


@given(st.datetimes(min_value=dates.datetime.datetime(1583, 1, 1)))
def test_dates_that_are_written_are_read_back(when):
    moment = (when.year, when.month, when.day, when.hour, when.minute, when.second)
    for pattern in ("yyyy-MM-dd HH:mm:ss", "MMM d yyyy h:mm:ss a", "EEEE, d MMMM yyyy H:mm:ss"):
        assert dates.date(dates.format_date(moment, pattern), "mdy") == moment
    compact = dates.format_date(moment, "yyyyMMdd")
    assert dates.parse_date(compact, "yyyyMMdd")[:3] == moment[:3]
    assert dates.format_date(moment, "D") == str(when.timetuple().tm_yday)
    down, up = dates.time_down(moment, "30 min"), dates.time_up(moment, "30 min")
    assert down <= moment <= up
    assert up in (down, dates.later(down, "30 min"))
    assert dates.time_nearest(moment, "30 min") in (down, up)
    assert dates.later(dates.later(moment, "1 d 2 h"), "-1 d 2 h") == moment


def test_fields_of_a_moment():
    moment = (1973, 12, 17, 0, 5, 9)
    shown = dates.format_date(moment, "EEE EEEE '#'F d dd M MM MMM MMMM yy yyyy Q w ww D h:mm a haa HH H s ss")
    assert shown == "Mon Monday #3 17 17 12 12 Dec December 73 1973 4 51 51 351 12:05 AM 12am 00 0 9 09"
    for pattern in ("yyyy", "EEE", "H", "a", "Q"):
        with pytest.raises(ValueError, match="a (moment|date) without"):
            dates.format_date((None, None, None, None, 5, 0), pattern)


def test_spans_of_time():
    assert dates.seconds("1 h 59 min 59 s") == 7199
    assert dates.seconds("-15 min") == -900
    with pytest.raises(ValueError, match="'1 week' is no span of time"):
        dates.seconds("1 week")
    assert (
        value('format_date(later(time_down(parse_date(s, "m:ss"), "20 min"), "19 min"), "m:ss")', s="44:00") == "59:00"
    )
    assert value('format_date(later(date(s, "mdy"), "1 d"), "M/d/yyyy")', s="12/31/1999") == "1/1/2000"


def test_accents_in_either_form_are_letters():
    for form in ("NFC", "NFD"):
        assert texts.match(unicodedata.normalize(form, "Žofie x"), texts.letters(), 0) == unicodedata.normalize(
            form, "Žofie"
        )
