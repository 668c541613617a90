from __future__ import annotations

import json
import keyword
import re

import pytest

from induce.errors import DataError, FormatError
from induce.examples import read_examples
from induce.learners.library.calls import Call, Function
from induce.learners.library.documented import Documentation, DocumentedLibrary
from induce.learners.library.documenting import document
from induce.learners.library.naming import defined
from induce.learners.library.rewriting import rewritten
from induce.learners.library.waking import Library
from induce.terms.lists import INTS, lists

BODIES = {
    "fn_a": ("(map (lam (+ $0 #0)) #1)", 2),
    "fn_b": ("(sum (map (lam (+ $0 1)) (tail #0)))", 1),
    "fn_c": ("(== (% #0 2) 0)", 1),
    "fn_d": ("(+ (+ 1 1) (+ 1 1))", 0),
    "fn_e": ("(filter #0 (sort #1))", 2),
    "fn_f": ("(fold (lam (lam (+ $1 (#0 $0)))) 0 #1)", 2),
    "fn_g": ("(if (< #0 #1) #1 #0)", 2),
    "fn_h": ("(map (lam (+ $0 #0)) (sort #1))", 2),
    "fn_i": ("(map #0 #1)", 2),
}
TASKS = {
    "add two": r"map(\x:int. x + 2, xs)",
    "sum of more": r"sum(map(\x:int. x + 1, tail(xs)))",
    "evens in order": r"filter(\x:int. x % 2 == 0, sort(xs))",
    "and four": "sum(xs) + (1 + 1 + (1 + 1))",
    "squares": r"fold(\a:int. \x:int. a + x * x, 0, xs)",
}
INPUTS = [[3, 1, 4], [2, 9], [7, 0, 9]]


def library():
    return Library(lists, tuple(defined(lists, name, *body) for name, body in BODIES.items()))


def solutions(of=None):
    made = []
    for name, text in TASKS.items():
        program = lists.parse(text, xs=INTS)
        examples = read_examples(INPUTS, [program(xs=x) for x in INPUTS], ["xs"])
        made.append((name, examples, rewritten(program, {"xs": INTS}, of or library())))
    return made


@pytest.fixture(scope="module")
def documented():
    return document(library(), solutions())


def test_names_are_unique_valid_readable_and_always_the_same(documented):
    names = [entry.name for entry in documented.documentation]
    assert names == [
        "map_add",
        "tail_then_map_add_1_then_sum",
        "is_even_v2",
        "constant_4",
        "sort_then_filter",
        "fold_add",
        "if_less_than",
        "sort_then_map_add",
        "for_each",
    ]
    assert len(set(names)) == len(names)
    assert all(n.isidentifier() and not keyword.iskeyword(n) and n not in lists for n in names)
    assert str(document(library(), solutions())) == str(documented)


def test_its_calls_are_true(documented):
    language = documented.library.language
    for entry, definition in zip(documented.documentation, documented.library.definitions, strict=True):
        assert len(entry.calls) == (2 if definition.op.arity else 1), entry
        assert all(call.holds(definition.op, language) for call in entry.calls)
        wrong = Call(entry.calls[0].arguments, "something else")
        assert not wrong.holds(definition.op, language)


def test_calls_come_from_the_solutions_where_they_can(documented):
    assert documented.documentation[0].calls[0] == Call((2, [2, 9]), [4, 11])
    assert documented.documentation[4].calls[0].arguments[0] == Function(r"\x0:int. is_even_v2(x0)")


def test_entries_say_what_uses_them_through_others_too(documented):
    entries = {entry.name: entry for entry in documented.documentation}
    assert entries["map_add"].tasks == ("add two", "sum of more")
    assert entries["is_even_v2"].tasks == ("evens in order",)
    assert entries["tail_then_map_add_1_then_sum"].body == "sum(map_add(1, tail(xs)))"
    assert entries["tail_then_map_add_1_then_sum"].expansion == r"sum(map(\x0:int. x0 + 1, tail(xs)))"
    assert entries["is_even_v2"].description == (
        "Says whether n is even, like 'is_even(n)': they agreed on 60 drawn inputs."
    )
    assert entries["if_less_than"].description == "Gives m if n is less than m, else n."
    assert entries["constant_4"].signature == "constant_4 -> int"


def test_programs_print_with_the_names_and_come_back(documented):
    language = documented.library.language
    for (_, examples, before), solution in zip(solutions(), documented.solutions, strict=True):
        assert language.parse(str(solution.program), xs=INTS) is solution.program
        assert documented.renamed(before) is solution.program
        assert documented.library.expand(solution.program, {"xs": INTS}) is library().expand(before, {"xs": INTS})
        assert [solution.program(xs=x) for x in INPUTS] == list(examples.outputs)
    assert str(documented.solutions[1].program) == "tail_then_map_add_1_then_sum(xs)"


def test_it_is_shown_as_text_html_and_markdown(documented):
    assert "map_add(2, [2, 9]) = [4, 11]" in str(documented)
    assert "used by 2: add two, sum of more" in str(documented)
    page = documented._repr_html_()
    assert page.count("<tr>") == len(BODIES) + 1
    assert "n &lt; m" in page
    markdown = documented.to_markdown()
    assert "## `map_add`" in markdown
    assert "- squares: `" in markdown
    assert str(document(Library(lists), [])) == "no operator was defined"


def test_it_is_plain_data_and_comes_back(documented):
    for entry in documented.documentation:
        assert Documentation.from_dict(json.loads(json.dumps(entry.to_dict()))) == entry
    with pytest.raises(FormatError, match=re.escape("has no entry 'calls'. Give what Documentation.to_dict() wrote.")):
        Documentation.from_dict({k: "" for k in ("name", "signature", "description", "body", "expansion")})


def test_the_whole_library_is_plain_data_and_comes_back(documented):
    data = json.loads(json.dumps(documented.to_dict()))
    again = DocumentedLibrary.from_dict(data)
    assert [d.op for d in again.library.definitions] == [d.op for d in documented.library.definitions]
    assert [d.body for d in again.library.definitions] == [d.body for d in documented.library.definitions]
    assert again.documentation == documented.documentation
    assert [s.program for s in again.solutions] == [s.program for s in documented.solutions]
    assert again.to_dict() == data
    assert again.solutions[0].program(xs=[5]) == [7]
    assert DocumentedLibrary.from_dict(data, lists).to_dict()["definitions"] == data["definitions"]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"costs": 3}, "the library cannot be read: AttributeError"),
        ({"definitions": [{"name": "f"}]}, "the library cannot be read: KeyError 'text'. Save it again."),
        (
            {"definitions": [{"name": "import", "text": "1", "arity": 0, "uses": 0}]},
            "the name 'import' is a word of Python",
        ),
        ({"definitions": [{"name": "f", "text": "(+ 1", "arity": 0, "uses": 0}]}, "1 '(' are never closed in '(+ 1'"),
        ({"definitions": [{"name": "f", "text": "(plus 1 2)", "arity": 0, "uses": 0}]}, "unknown operator 'plus'."),
        ({"definitions": []}, "the library cannot be read: unknown operator 'map_add'."),
        ({"definitions": [], "solutions": []}, "the library's operators and their documentation have other names."),
    ],
)
def test_damaged_data_are_refused_in_words(documented, change, text):
    with pytest.raises(FormatError, match=re.escape(text)):
        DocumentedLibrary.from_dict({**documented.to_dict(), **change})


# ---- language models


def told(answers):
    """A documenter that gives these answers in turn and remembers what it was asked."""
    asked = []

    def documenter(prompt):
        asked.append(prompt)
        answer = answers[len(asked) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return documenter, asked


def answer(name, text="Does it."):
    return json.dumps({"readable_name": name, "description": text})


def test_a_language_model_names_them_and_later_prompts_use_the_names():
    good = [answer(f"name_{k}", f"Sentence {k}.") for k in range(9)]
    good[1] = f"Of course!\n```json\n{good[1]}\n```\nI hope this helps."
    good[2] = f"Here it is: {good[2]}"
    documenter, asked = told(good)
    found = document(library(), solutions(), documenter)
    assert [e.name for e in found.documentation] == [f"name_{k}" for k in range(9)]
    assert found.documentation[1].description == "Sentence 1."
    assert not any(e.notes for e in found.documentation)
    assert "- name_0(n: int, xs: list(int)) -> list(int): Sentence 0." in asked[1]
    assert "Body: sum(name_0(1, tail(xs)))" in asked[1]
    assert "- task 'sum of more': fn_b(xs)" in asked[1]
    assert "fn_c" in asked[2]
    assert "fn_a" not in asked[2]
    assert str(found.solutions[0].program) == "name_0(2, xs)"


@pytest.mark.parametrize(
    ("junk", "note", "name"),
    [
        (
            None,
            "the documenter gave None, but text was expected; the template's name and description are used.",
            "map_add",
        ),
        (ValueError("no credit"), "the documenter raised ValueError: no credit; the template's", "map_add"),
        ("I would call it shift.", "the documenter's answer is no JSON object: 'I would call it shift.'", "map_add"),
        ("{'readable_name': 'shift'}", "is no JSON object", "map_add"),
        ("[1, 2]", "is no JSON object", "map_add"),
        ("{" * 100_000, "is no JSON object", "map_add"),
        (answer("class"), "the name 'class' is a word of Python; the template's name is used.", "map_add"),
        (answer("add two!"), "the name 'add two!' is no identifier; letters, digits and '_' were expected", "map_add"),
        (answer(3), "the name is 3, but text was expected", "map_add"),
        (answer("a" * 61), "has more than 60 characters", "map_add"),
        (
            answer("shift", None),
            "the description is None, but a sentence was expected; the template's is used.",
            "shift",
        ),
        (answer("shift", "  "), "the description is '  ', but a sentence was expected", "shift"),
        ('{"description": "Adds."}', "the name is None, but text was expected", "map_add"),
        (answer("sum"), "", "sum_v2"),
        (answer("print"), "", "print_v2"),
        (answer("xs"), "", "xs_v2"),
        (answer("x1"), "", "x1_v2"),
        (answer("fn_b"), "", "fn_b_v2"),
    ],
)
def test_junk_falls_back_on_the_template_with_a_note(junk, note, name):
    documenter, _ = told([junk] + [answer(f"name_{k}") for k in range(8)])
    first = document(library(), solutions(), documenter).documentation[0]
    assert first.name == name
    assert note in " ".join(first.notes)
    assert bool(first.notes) == bool(note)
    assert first.description


def test_equal_names_get_numbers():
    documenter, _ = told([answer("shift")] * 9)
    found = document(library(), solutions(), documenter)
    assert [e.name for e in found.documentation] == ["shift", *(f"shift_v{k}" for k in range(2, 10))]


def test_descriptions_are_one_line():
    documenter, _ = told([answer("shift", "One\n\n  two\x00\x1b[31m three" + "!" * 400)] * 9)
    text = document(library(), [], documenter).documentation[0].description
    assert text.startswith("One two [31m three!!!")
    assert text.endswith("...")
    assert len(text) <= 303


def test_programs_of_the_base_language_are_written_with_the_operators(documented):
    plain = [(n, e, lists.parse(TASKS[n], xs=INTS)) for n, e, _ in solutions()]
    assert str(document(library(), plain)) == str(documented)


def test_two_libraries_may_give_one_name_to_two_bodies():
    found = []
    for body in ("(+ #0 1)", "(* #0 2)"):
        documenter, _ = told([answer("change")])
        found.append(document(Library(lists, (defined(lists, "fn", body, 1),)), [], documenter))
    first, second = (d.library.definitions[0].op for d in found)
    assert first.name == second.name == "change"
    assert [str(c.value) for d in found for c in d.documentation[0].calls] != []
    assert first(5)() == 6
    assert second(5)() == 10


def test_a_documented_library_can_be_documented_again(documented):
    again = document(documented.library, [(s.name, s.examples, s.program) for s in documented.solutions])
    assert str(again) == str(documented)


def test_what_is_no_solution_is_refused():
    with pytest.raises(DataError, match=r"solution 0 is \('a', 1\), but \(name, examples, program\) was expected"):
        document(library(), [("a", 1)])
    with pytest.raises(DataError, match="documenter must be a function from text to text, but got 'template'"):
        document(library(), [], "template")
