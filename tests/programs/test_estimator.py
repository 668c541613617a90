from __future__ import annotations

import pickle
import time

import numpy
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from induce.algebras.values import Undefined, function_of, run_rows
from induce.errors import DataError, ExportError, FillError, GrammarError, OpError
from induce.examples import read_examples
from induce.learners.programs.enumeration import TypedEnumeration, first_examples
from induce.learners.programs.proposals import Proposals
from induce.programs import ProgramSynthesizer, core_lists, lists, primitive
from induce.programs.source import to_python
from induce.terms.lists import INTS
from induce.terms.sort import INT


def run_source(text, name="program"):
    space: dict = {}
    exec(compile(text, "exported", "exec"), space)
    return space[name]


@pytest.mark.parametrize(
    ("X", "y", "fresh"),
    [
        ([[3, 1, 2], [5, 4], [9, 7, 8]], [[1, 2, 3], [4, 5], [7, 8, 9]], ([6, 2], [2, 6])),
        ([[3, 1], [5, 4, 9], [7]], [[4, 2], [6, 5, 10], [8]], ([1], [2])),
        ([([3, 1, 2], 1), ([5, 4, 9], 2), ([7, 7], 0)], [1, 9, 7], (([1, 2, 3], 2), 3)),
        ([4, 7, 10], [8, 14, 20], (5, 10)),
        ([[2, 4], [3], [], [8, 1]], [True, False, True, False], ([6, 6], True)),
    ],
)
def test_a_program_is_found_predicts_and_is_exported(X, y, fresh):
    synthesizer = ProgramSynthesizer(within="3e6 candidates").fit(X, y)
    assert synthesizer.solved_
    assert synthesizer.predict(X) == y
    assert synthesizer.predict([fresh[0]]) == [fresh[1]]
    function = run_source(synthesizer.to_python())
    rows = [row if isinstance(row, tuple) else (row,) for row in [*X, fresh[0]]]
    assert [function(*row) for row in rows] == [*y, fresh[1]]


def test_the_same_seed_gives_the_same_program():
    X, y = [[3, 1, 2], [5, 4], [9, 7, 8]], [[3, 2], [5], [9, 8]]
    first, second = (ProgramSynthesizer(within="1e6 candidates", random_state=5).fit(X, y) for _ in range(2))
    assert first.best_ is second.best_
    assert [r.term for r in first.fit_.rows] == [r.term for r in second.fit_.rows]


def test_other_programs_that_fit_are_shown_with_where_they_differ():
    synthesizer = ProgramSynthesizer(within="1e6 candidates").fit([[3, 1], [5, 4]], [[1, 3], [4, 5]])
    others = synthesizer.alternatives_
    assert others
    for other in others:
        inputs = list(other.inputs.values())
        assert other.program(**other.inputs) == other.output if other.output is not None else True
        assert synthesizer.predict(inputs) == [other.chosen_output]
        assert other.output != other.chosen_output
    asked = synthesizer.suggest_example()
    assert len(asked.outputs) > 1
    assert sum(count for _, count in asked.outputs) == len(synthesizer.fit_.rows)
    assert "What is the output for" in str(asked)
    assert "gives" in str(others[0])


def test_what_cannot_be_made_says_how_far_it_looked():
    synthesizer = ProgramSynthesizer(operators="head +", constants=[1], max_size=4).fit([[1], [2, 5]], [100, 3])
    assert not synthesizer.solved_
    text = str(synthesizer)
    assert "No program found gives all 2 outputs." in text
    assert (
        "No program of cost 4 or less exists in this language with the constants tried (values beyond 1,000,000 or 255 elements "
        "aside). Stopped: every program that the search makes was tried." in text
    )
    assert synthesizer.alternatives_ == []
    assert synthesizer.suggest_example() is None


def test_what_was_not_searched_is_not_said_not_to_exist():
    X = [[3, 1, 3], [2, 9, 1, 1], [], [4, 5, 4]]
    program = lists.parse(r"map(\x:int. x - head(xs), xs)")
    chosen = "map - head len"
    found = ProgramSynthesizer(operators=chosen, constants=[], max_size=6).fit(X, [program(xs=x) for x in X])
    # the program has cost 6, but its part head(xs) has no value on []
    assert found.solved_ or "No program of cost 6 or less without functions exists in this language" in str(found)
    assert found.solved_ or "Of programs with functions, as map takes, many were tried but not all" in str(found)
    barred = lists.extend("slow", [primitive(waits, seconds=0.02)])
    found = ProgramSynthesizer(barred, max_size=3, within="2e4 candidates").fit([1, 2, 3], [17, 40, 1])
    assert found.fit_.finished < 2  # the function was left out from there on


def waits(n: int) -> int:
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        pass
    return n


def test_frames_come_and_go():
    frame = pd.DataFrame({"values": [[1, 2], [3], [4, 5, 6]], "n": [1, 0, 2]}, index=["a", "b", "c"])
    synthesizer = ProgramSynthesizer(within="1e6 candidates").fit(frame, [2, 3, 6])
    found = synthesizer.predict(frame)
    assert list(found.index) == ["a", "b", "c"]
    assert found.tolist() == [2, 3, 6]
    assert synthesizer.predict(pd.DataFrame({"n": [0], "values": [[1]]})).tolist() == [1]


def test_it_clones_and_pickles():
    synthesizer = ProgramSynthesizer("lists", within="1e5 candidates", random_state=1)
    assert clone(synthesizer).get_params() == synthesizer.get_params()
    fitted = synthesizer.fit([[1, 2], [3]], [2, 3])
    again = pickle.loads(pickle.dumps(fitted))
    assert again.best_ is fitted.best_
    assert again.predict([[7, 8]]) == fitted.predict([[7, 8]])


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"language": "list"}, OpError, r"there is no language 'list' of programs\. Did you mean 'lists'\?"),
        ({"language": 3}, OpError, r"language must be a Language or its name, but got int\."),
        ({"operators": "hed"}, OpError, r"unknown operator 'hed'\. Did you mean 'head'\?"),
        ({"max_size": 0}, FillError, r"max_size must be a whole number from 1 on, but got 0"),
        (
            {"by": "heap"},
            FillError,
            r"by must be a learner of programs, .* but got 'heap'\. Give for example HeapSearch\(\)",
        ),
        ({"by": 3}, FillError, r"by must be a learner of programs, .* but got 3\."),
        ({"by": TypedEnumeration}, FillError, r"by must be a learner of programs, .* but got <class"),
        (
            {"random_state": "x"},
            FillError,
            r"random_state must be a whole number from 0 on, but got 'x'\. Leave it out",
        ),
        ({"random_state": -1}, FillError, r"random_state must be a whole number from 0 on, but got -1\."),
        ({"constants": 3}, DataError, r"constants must be a list of values, but got 3\. Write \[3\]\."),
        ({"constants": [1.5]}, DataError, r"a constant of example 0 is 1\.5; programs work on whole numbers"),
        (
            {"operators": "is_even"},
            GrammarError,
            r"no input and no operator makes a value of sort int; they make bool, list\(int\)\.",
        ),
    ],
)
def test_bad_settings_are_refused_in_words(options, error, text):
    with pytest.raises(error, match=text):
        ProgramSynthesizer(**options, within="1e4 candidates").fit([[1, 2]], [5])


def test_a_fit_that_fails_leaves_the_estimator_unfitted_and_says_what_was_noted():
    synthesizer = ProgramSynthesizer("lists", by=Proposals(lambda prompt: None))
    with pytest.raises(
        FillError, match=r"Noted: the proposer gave None; a text or a list of texts was expected\. Allow"
    ):
        synthesizer.fit([[1], [2]], [5, 9])
    with pytest.raises(NotFittedError):
        synthesizer.best_  # noqa: B018
    with pytest.raises(NotFittedError):
        synthesizer.to_python()


def test_columns_may_be_named_by_numbers():
    import pandas as pd

    frame = pd.DataFrame({1: [[5, 2, 9], [8], [1, 4, 7, 3]], 2: [1, 0, 2]})
    synthesizer = ProgramSynthesizer(operators="get", constants=[]).fit(frame, [2, 8, 7])
    assert synthesizer.predict(frame).tolist() == [2, 8, 7]


def test_bad_inputs_to_predict_are_named():
    synthesizer = ProgramSynthesizer(within="1e5 candidates").fit([([1, 2], 1), ([3], 0)], [2, 3])
    with pytest.raises(DataError, match=r"row 0 has 1 inputs, but the program needs 2: xs, n\."):
        synthesizer.predict([[1, 2]])
    with pytest.raises(DataError, match=r"no input named 'n'\. The program needs: xs, n\."):
        synthesizer.predict({"xs": [[1]]})
    with pytest.raises(DataError, match=r"input 'n' is text, but the program was found for int\."):
        synthesizer.predict([([1], "a")])


def test_values_too_large_for_the_search_are_named():
    with pytest.raises(
        FillError, match=r"enumeration cannot hold the value \[5000000\] of example 0\. Use shorter values"
    ):
        ProgramSynthesizer().fit([[5_000_000]], [1])


def test_few_examples_drive_and_all_confirm():
    X = [[k, k + 1, k % 3] for k in range(15)]
    examples = read_examples(X, [sum(x) > 20 for x in X])
    places = first_examples(examples, 6)
    assert len(places) == 6
    assert {examples.outputs[p] for p in places} == {True, False}
    synthesizer = ProgramSynthesizer(by=TypedEnumeration(driving=2), within="5e6 candidates")
    synthesizer.fit(X, [sum(x) % 2 == 0 for x in X])
    assert synthesizer.solved_


def test_ctrl_c_returns_the_best_so_far():
    import os
    import signal

    calls = []

    def watch(progress):
        calls.append(progress)
        if len(calls) == 2:
            os.kill(os.getpid(), signal.SIGINT)

    X = [[3, 1, 2], [9, 9], [4], [5, 5, 5]]
    synthesizer = ProgramSynthesizer(within="20s", watch=watch).fit(X, [3, 123457, 765431, 999331])
    assert synthesizer.fit_.stopped == "interrupted; this is the best so far"
    assert calls[-1].line()


def test_primitives_are_declared_by_annotations():
    def twice(n: int) -> int:
        return 2 * n

    op = primitive(twice, name="twice_of_a_test")
    assert op.signature == "twice_of_a_test(int) -> int"
    assert len(lists.extend("mine", [op])) == len(lists) + 1


def _no_annotation(n):
    return n


def _odd_annotation(n: dict) -> int:
    return 1


def _many(*n: int) -> int:
    return 1


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (_no_annotation, r"parameter 'n' of primitive '_no_annotation' has no annotation\. Write for example def"),
        (_odd_annotation, r"parameter 'n' of primitive '_odd_annotation' is annotated dict; int, bool, str"),
        (_many, r"takes a variable number of arguments or keywords; plain parameters were expected\."),
        (len, r"parameters cannot be read|cannot be read|has no annotation"),
        (lambda n: n, r"must be an identifier and no word of Python, but got '<lambda>'"),
        (3, r"a primitive is a function, but got 3\."),
        (type("Named", (), {"__call__": len, "__name__": "if"})(), r"no word of Python, but got 'if'"),
    ],
)
def test_bad_primitives_are_refused_in_words(function, text):
    with pytest.raises(OpError, match=text):
        primitive(function)


def collatz(n: int) -> int:
    return n // 2 if n % 2 == 0 else 3 * n + 1


def forever(n: int) -> int:
    while True:
        n += 1


def spoils(xs: list[int]) -> int:
    xs.append(1)
    return len(xs)


def fails(n: int) -> int:
    raise RuntimeError("no")


def says(n: int) -> int:
    return "text"  # type: ignore[return-value]


def test_primitives_of_a_users_own_are_used_and_exported():
    own = lists.extend("own", [primitive(collatz)])
    X = [[6, 1], [3, 2], [7, 8]]
    synthesizer = ProgramSynthesizer(own, within="2e5 candidates").fit(X, [collatz(x[0]) for x in X])
    assert str(synthesizer.best_) == "collatz(head(xs))"
    function = run_source(synthesizer.to_python())
    assert [function(x) for x in X] == [collatz(x[0]) for x in X]


def test_primitives_that_misbehave_have_no_value_and_are_named():
    bad = [primitive(f) for f in (forever, spoils, fails, says)]
    own = lists.extend("odd", bad)
    X = [[6, 1], [3, 2, 2], [7]]
    synthesizer = ProgramSynthesizer(own, max_size=5, operators="forever spoils fails says head last +", constants=[1])
    synthesizer.fit(X, [7, 5, 14])
    assert synthesizer.solved_
    assert str(synthesizer.best_).count("head") == str(synthesizer.best_).count("last") == 1
    synthesizer.fit(X, [7, 2000, 14])
    notes = " ".join(synthesizer.fit_.notes)
    assert "primitive 'forever' took more than 0.1 s" in notes
    assert "primitive 'spoils' changed its arguments" in notes
    assert "primitive 'fails' raised RuntimeError: no" in notes
    assert "primitive 'says' raised TypeError: it gave 'text', but its annotation says int" in notes
    assert notes.count("It was left out.") == 2


def leaves(n: int) -> int:
    raise SystemExit(3)


def test_a_primitive_that_ends_the_program_has_no_value_and_is_named_however_the_search_ends():
    own = lists.extend("leaving", [primitive(leaves)])
    synthesizer = ProgramSynthesizer(own, operators="leaves head last", constants=[1], within="1e3 candidates")
    synthesizer.fit([[6, 1], [3, 2, 2]], [6, 3])
    assert str(synthesizer.best_) == "head(xs)"
    assert "primitive 'leaves' raised SystemExit: 3." in synthesizer.fit_.notes


def test_the_same_function_given_again_is_the_same_operator():
    def made(text, name="again_of_a_test"):
        space: dict[str, object] = {}
        exec(text, space)
        return space[name]

    text = "def again_of_a_test(n: int) -> int:\n    return n + 17\n"
    op = primitive(made(text))
    assert primitive(made("\n\n" + text)) is op
    with pytest.raises(OpError, match=r"there is another primitive 'again_of_a_test\(int\) -> int' already\."):
        primitive(made(text.replace("17", "18")))


def test_the_program_by_example_of_the_documentation():
    from induce.programs import strings

    syn = ProgramSynthesizer(strings, within="10s")
    syn.fit(["Ada Lovelace", "Alan Turing"], ["A. Lovelace", "A. Turing"])
    assert str(syn.best_) == 'concat(first(word(s, 0)), ". ", word(s, -1))'
    assert syn.predict(["Grace Hopper"]) == ["G. Hopper"]
    assert len(syn.alternatives_[:3]) == 3
    assert run_source(syn.to_python())("Grace Hopper") == "G. Hopper"


@pytest.mark.parametrize(
    ("X", "y", "fresh"),
    [
        (
            ["06-Oct-2143", "Mar 30 2002", "01311846"],
            ["10/6/2143", "3/30/2002", "1/31/1846"],
            ("04-Jul-1999", "7/4/1999"),
        ),
        ([("Ada", "Lovelace"), ("Alan", "Turing")], ["Lovelace, A", "Turing, A"], (("Grace", "Hopper"), "Hopper, G")),
        (["1234.5", "2.25"], ["1,234.50", "2.25"], ("98765.4", "98,765.40")),
    ],
)
def test_texts_numbers_and_dates(X, y, fresh):
    synthesizer = ProgramSynthesizer().fit(X, y)
    assert synthesizer.predict([fresh[0]]) == [fresh[1]]
    function = run_source(synthesizer.to_python())
    rows = [row if isinstance(row, tuple) else (row,) for row in [*X, fresh[0]]]
    assert [function(*row) for row in rows] == [*y, fresh[1]]


def test_a_docstring_may_end_in_a_quote():
    synthesizer = ProgramSynthesizer().fit(["a", "b", "zz"], ["New York", "New York", "New York"])
    assert run_source(synthesizer.to_python())("q") == "New York"


def test_texts_to_numbers_use_smt_lib():
    synthesizer = ProgramSynthesizer(within="1e6 candidates").fit(["abc", "a", "xyzw"], [3, 1, 4])
    assert str(synthesizer.best_) == "str_len(s)"
    with pytest.raises(
        FillError, match="the language 'strings' take and give texts, but the examples have values of sort int"
    ):
        ProgramSynthesizer("strings").fit(["abc", "a"], [3, 1])


def test_missing_cells_may_stay_missing():
    synthesizer = ProgramSynthesizer().fit(["ab", None, "xyz"], ["AB", None, "XYZ"])
    assert synthesizer.predict(["q", None]) == ["Q", None]


def max(a: int, b: int) -> int:
    return a if a > b else b


def neg(n: int) -> int:
    return 7 * n + 1000


def test_a_primitive_named_like_an_operator_of_another_language_means_what_it_does():
    own = core_lists.extend("own", [primitive(max), primitive(neg)])
    X, y = [(3, 5), (9, 2), (4, 4), (-3, -8), (1, 7), (8, 0)], [5, 9, 4, -3, 7, 8]
    found = ProgramSynthesizer(own, within="1e5 candidates").fit(X, y)
    assert str(found.best_) in ("max(n, m)", "max(m, n)")
    found = ProgramSynthesizer(own, within="1e5 candidates").fit([1, 2, 5], [1007, 1014, 1035])
    assert found.best_.op.name == "neg"
    assert run_source(found.to_python())(3) == 1021


def texts(s: str) -> list[str]:
    return s.split()


def four(a: int, b: int, c: int, d: int) -> int:
    return a + b + c + d


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (texts, r"operator 'texts' gives list\(text\), which enumeration cannot hold\. Leave it out"),
        (four, r"operator 'four' takes 4 arguments, but enumeration gives 3 at most\. Leave it out"),
    ],
)
def test_a_primitive_that_enumeration_cannot_apply_is_refused_in_words(function, text):
    with pytest.raises(FillError, match=text):
        ProgramSynthesizer(core_lists.extend("own", [primitive(function)]), within="1e4 candidates").fit([1, 2], [2, 3])


@pytest.mark.parametrize(
    ("text", "name"),
    [("sum(xs)", "sum"), ("range(0, head(xs))", "range"), ("range(0, head(xs))", "list"), ("unique(xs)", "list")],
)
def test_a_program_is_not_exported_under_the_name_of_a_function_that_it_uses(text, name):
    with pytest.raises(ExportError, match=f"the program uses a function '{name}'"):
        to_python(lists.parse(text, xs=INTS), name)
    assert run_source(to_python(lists.parse(text, xs=INTS)))([3, 1, 3])


def head(xs: list[int]) -> int:
    return 3 * xs[0] + 1


def reversed(xs: list[int]) -> list[int]:
    return xs[1:]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "trebled(xs) + car(xs)",
            r"operator '(trebled|car)' is a function 'head', but the program needs another function",
        ),
        (
            r"fold_right(\x:int. \y:int. x + y, 0, rest_of(xs))",
            r"needs a function 'reversed' of yours and Python's own",
        ),
    ],
)
def test_functions_of_one_name_are_not_exported_as_one(text, said):
    own = core_lists.extend("own", [primitive(head, name="trebled"), primitive(reversed, name="rest_of")])
    with pytest.raises(ExportError, match=said):
        to_python(own.parse(text, xs=INTS))


@pytest.mark.parametrize(
    "text", ["0 < n and 6 // n == 2", "n == 0 or 6 // n == 2", "n == 0 or 1 < n", "n == 3 and not (6 // n == 1)"]
)
def test_exported_conditions_have_a_value_where_the_program_has_one(text):
    program = lists.parse(text, n=INT)
    function = run_source(to_python(program))

    def value(n):
        try:
            return function(n)
        except ZeroDivisionError:
            return None

    assert [value(n) for n in (3, 0, 1)] == run_rows(program, {"n": [3, 0, 1]})
    assert type(value(3)) is bool


def holds(n: int) -> int:
    try:
        end = time.perf_counter() + 0.5
        while time.perf_counter() < end:
            pass
        return n * 1000
    except:  # noqa: E722 - as people write it
        return -7777


def test_a_call_that_holds_the_interruption_has_no_value_and_is_not_waited_for():
    op = primitive(holds, seconds=0.05)
    began = time.perf_counter()
    with pytest.raises(Undefined, match="'holds' took too long"):
        function_of(op)(3)
    assert time.perf_counter() - began < 0.4
    found = ProgramSynthesizer(lists.extend("holding", [op]), max_size=2, within="5s")
    with pytest.raises(FillError, match="primitive 'holds' took more than 0.05 s"):
        found.fit([3, 5], [-7777, -7777])


def whole(xs: list[int]) -> int:
    return numpy.sum(xs) * 7


def picky(n: int) -> int:
    if n > 4:
        raise ValueError("too large")
    return n * 99


def test_numbers_of_numpy_are_numbers_and_errors_of_every_kind_are_named():
    own = lists.extend("of numpy", [primitive(whole), primitive(picky)])
    X = [[3, 1], [5, 4, 9], [2]]
    found = ProgramSynthesizer(own, within="2e4 candidates").fit(X, [int(whole(x)) for x in X])
    assert str(found.best_) == "whole(xs)"
    assert [type(v) for v in found.predict(X)] == [int] * 3
    assert "primitive 'picky' raised ValueError: too large." in " ".join(found.fit_.notes)


n = [1, 2, 3]
xs = pd.DataFrame()
OFFSET = 1000


def trebled_and_more(n: int) -> int:
    return 3 * n + OFFSET


def summed(xs: list[int]) -> int:
    return sum([x + OFFSET for x in xs])


def test_an_export_takes_in_what_a_function_uses_and_no_variables_of_its_names():
    own = lists.extend("named", [primitive(trebled_and_more), primitive(summed)])
    source = to_python(own.parse("trebled_and_more(summed(xs))", xs=INTS))
    assert "OFFSET = 1000" in source
    assert "n = [1, 2, 3]" not in source
    assert "pandas" not in source
    assert run_source(source)([1, 2]) == trebled_and_more(summed([1, 2]))


def test_examples_that_can_be_read_only_once_are_read_once():
    X, y = [(1, 2), (5, 3), (4, 4)], [3, 8, 8]
    for given, outputs in [((x for x in X), y), (zip([1, 5, 4], [2, 3, 4], strict=True), y), (X, map(sum, X))]:
        found = ProgramSynthesizer(within="1e4 candidates").fit(given, outputs)
        assert found.predict(iter([(2, 9)])) == [11]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"a": "Ada", "b": "Lov"}, "input 'a' must be a list with one entry for each example, but got 'Ada'"),
        ({"a": ["Ada"], "b": ["Lov", "By"]}, "the inputs differ in their number of rows: 'a' has 1, 'b' has 2"),
        ({"a": 5, "b": ["Lov"]}, "input 'a' must be a list with one entry for each example, but got 5"),
        ("Ada", "the inputs must be a list with one entry for each example, but got 'Ada'"),
        (None, "the inputs must be a list with one entry for each example, but got None"),
    ],
)
def test_inputs_that_are_no_columns_are_refused_in_words(given, text):
    columns = {"a": ["Ada", "Grace"], "b": ["Byron", "Hopper"]}
    found = ProgramSynthesizer("smt_strings", within="1e5 candidates").fit(columns, ["AdaByron", "GraceHopper"])
    with pytest.raises(DataError, match=text):
        found.predict(given)
    if isinstance(given, dict) and given["a"] != ["Ada"]:
        with pytest.raises(DataError, match=text):
            found.fit(given, ["AdaByron"])


def test_settings_of_primitives_and_exports_are_refused_in_words():
    for settings in ({"seconds": "x"}, {"cost": "x"}, {"cost": -1}, {"seconds": float("nan")}):
        with pytest.raises(OpError, match=r"of primitive 'plus_thirteen' must be a positive number, but got"):
            primitive(plus_thirteen, **settings)
    with pytest.raises(OpError, match=r"but an Op was expected\. Wrap it: primitive\(function\)\."):
        lists.extend("mine", [plus_thirteen])
    for name in (None, 5):
        with pytest.raises(ExportError, match="a Python function cannot be called"):
            to_python(lists.parse("xs", xs=INTS), name)


def plus_thirteen(n: int) -> int:
    return n + 13


@pytest.mark.parametrize(
    ("language", "X", "y", "text"),
    [
        (
            "lists",
            ["a"],
            ["b"],
            "no operator of language 'lists' takes or gives text. Give another language, such as 'smt_strings'",
        ),
        (
            "smt_strings",
            [[1]],
            [[2]],
            r"no operator of language 'smt_strings' takes or gives list\(int\)\. .* such as 'lists'",
        ),
        ("lists", [["a"]], [1], r"enumeration cannot hold values of sort list\(text\)\. Give whole numbers"),
        (
            "lists",
            [list(range(256))],
            [1],
            r"cannot hold the value \[0, 1, 2, 3, 4, 5, \.\.\.\] of example 0\. Use shorter values",
        ),
    ],
)
def test_examples_that_a_language_has_no_operator_for_are_refused_at_once(language, X, y, text):
    with pytest.raises(FillError, match=text):
        ProgramSynthesizer(language).fit(X, y)


def test_an_output_that_is_the_input_is_found_in_any_language():
    assert str(ProgramSynthesizer("lists", within="1e4 candidates").fit(["a", "b"], ["a", "b"]).best_.name) == "s"
