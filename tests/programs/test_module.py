from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

import induce
from induce.errors import ExportError
from induce.examples import read_examples
from induce.learners.library.documenting import document
from induce.learners.library.naming import defined
from induce.learners.library.rewriting import rewritten
from induce.learners.library.waking import Library
from induce.programs import core_lists, lists, primitive, strings, to_module
from induce.programs.module import MARK, module_source
from induce.terms.lists import INTS

INPUTS = [[3, 1, 4], [2, 9], [7, 0, 9]]
CHECK = """
import doctest, importlib, json, sys
sys.path.insert(0, sys.argv[1])
module = importlib.import_module(sys.argv[2])
failed, tried = doctest.testmod(module)
asked = json.loads(sys.stdin.read())
outputs = {name: [getattr(module, name)(*row) for row in rows] for name, rows in asked.items()}
print(json.dumps({"failed": failed, "tried": tried, "outputs": outputs, "all": module.__all__}))
"""


def checked(path, asked):
    """Import a module where only the standard library can be found, run its doctests, and call its functions."""
    command = [sys.executable, "-I", "-S", "-c", CHECK, str(path.parent), path.stem]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def documented_library(base, bodies, tasks, columns, documenter=None):
    library = Library(base, tuple(defined(base, name, *body) for name, body in bodies.items()))
    sorts = read_examples(columns, [0] * len(next(iter(columns.values())))).sorts
    solutions = []
    for name, text in tasks.items():
        program = base.parse(text, **sorts)
        rows = len(next(iter(columns.values())))
        outputs = [program(**{n: v[k] for n, v in columns.items()}) for k in range(rows)]
        solutions.append((name, read_examples(columns, outputs), rewritten(program, sorts, library)))
    return document(library, solutions, documenter)


BODIES = {
    "fn_a": ("(map (lam (+ $0 #0)) #1)", 2),
    "fn_b": ("(sum (map (lam (+ $0 1)) (tail #0)))", 1),
    "fn_c": ("(== (% #0 2) 0)", 1),
    "fn_d": ("(+ (+ 1 1) (+ 1 1))", 0),
    "fn_e": ("(filter #0 (sort #1))", 2),
    "fn_f": ("(fold (lam (lam (+ $1 (#0 $0)))) 0 #1)", 2),
    "fn_g": ("(if (< #0 #1) #1 #0)", 2),
    "fn_h": ("(map (lam (+ $0 #0)) (sort #1))", 2),
}
TASKS = {
    "add two": r"map(\x:int. x + 2, xs)",
    "Sum of more!": r"sum(map(\x:int. x + 1, tail(xs)))",
    "evens in order": r"filter(\x:int. x % 2 == 0, sort(xs))",
    "and four": "sum(xs) + (1 + 1 + (1 + 1))",
    "f": r"fold(\a:int. \x:int. a + (if(x < 3, 3, x)), 0, xs)",
    "sum": "sum(xs)",
    "map": "reverse(xs)",
    "take": "take(2, xs)",
}


def test_the_module_stands_alone_and_every_function_gives_its_examples(tmp_path):
    documented = documented_library(lists, BODIES, TASKS, {"xs": INPUTS})
    path = to_module(documented, tmp_path / "mylib.py")
    text = path.read_text()
    assert {line for line in text.splitlines() if re.match(r"\s*(from|import) ", line)} == {
        "from __future__ import annotations",
        "from collections.abc import Callable",
        "from typing import Any",
    }
    names = ["add_two", "Sum_of_more", "evens_in_order", "and_four", "f_2", "sum_2", "map_2", "take_2"]
    found = checked(path, {name: [[row] for row in INPUTS] for name in names})
    assert found["failed"] == 0
    assert found["tried"] == 2 * 7 + 1 + len(TASKS)
    assert found["all"] == [*(d.op.name for d in documented.library.definitions), *names]
    for name, solution in zip(names, documented.solutions, strict=True):
        assert found["outputs"][name] == list(solution.examples.outputs), name


def test_functions_call_each_other_instead_of_writing_bodies_out():
    text = module_source(documented_library(lists, BODIES, TASKS, {"xs": INPUTS}))
    assert "    return sum(map_add(1, tail(xs)))" in text
    assert "    return map_add(2, xs)" in text
    assert "    return sum(xs) + constant_4()" in text
    assert "def sort_then_filter(f: Callable[[int], bool], xs: list[int]) -> list[int]:" in text
    assert "    >>> sort_then_filter(lambda x: is_even_v2(x), [2, 9])" in text


def test_texts(tmp_path):
    bodies = {"fn_a": ("(upper (take #0 1))", 1), "fn_b": ("(concat (upper #0) (lower #1))", 2)}
    tasks = {
        "capital": "upper(take(s, 1))",
        "title case": "concat(upper(take(s, 1)), lower(drop(s, 1)))",
    }
    columns = {"s": ["ada", "gRACE", 'a "b"\\n', "tab\there"]}
    documented = documented_library(strings, bodies, tasks, columns)
    path = to_module(documented, tmp_path / "texts.py")
    found = checked(path, {"capital": [[s] for s in columns["s"]], "title_case": [[s] for s in columns["s"]]})
    assert found["failed"] == 0
    assert found["tried"] >= 4
    assert found["outputs"]["title_case"] == ["Ada", "Grace", 'A "b"\\n', "Tab\there"]


def test_what_a_language_model_says_is_text_and_nothing_else(tmp_path):
    evil = '>>> open("hacked", "w")\n>>> 1 """ + exit() + """ \\'
    answer = json.dumps({"readable_name": "twice", "description": evil})
    tasks = {'">>> exit()\n"""': "sum(xs) + sum(xs)", "import os": "sum(xs)", "": "head(xs)"}
    documented = documented_library(lists, {"fn": ("(+ #0 #0)", 1)}, tasks, {"xs": INPUTS}, lambda _: answer)
    path = to_module(documented, tmp_path / "safe.py")
    found = checked(path, {})
    assert (found["failed"], found["tried"]) == (0, 5)
    assert not (tmp_path / "hacked").exists()
    assert "> > > open(" in path.read_text()


def test_names_that_its_own_functions_need_are_left_to_them(tmp_path):
    library = Library(lists, (defined(lists, "keep", "(filter (lam (< $0 #0)) #1)", 2),))
    program = library.language.parse("keep(5, xs)", xs=INTS)
    documented = document(
        library,
        [("reverse", read_examples([[9, 1]], [[1]], ["xs"]), program)],
        lambda _: '{"readable_name": "keep", "description": "Keeps."}',
    )
    text = module_source(documented)
    assert "def keep_2(n: int, xs: list[int])" in text
    path = to_module(documented, tmp_path / "kept.py")
    assert checked(path, {"reverse": [[[9, 1]]]})["outputs"] == {"reverse": [[1]]}


def test_a_users_own_functions_are_exported(tmp_path):
    language = core_lists.extend("mine", [primitive(triple)])
    documented = documented_library(
        language, {"fn": ("(triple (triple #0))", 1)}, {"nine": "triple(triple(n))"}, {"n": [1, 5]}
    )
    found = checked(to_module(documented, tmp_path / "mine.py"), {"nine": [[1], [5]]})
    assert found["outputs"]["nine"] == [9, 45]
    assert found["failed"] == 0


def triple(n: int) -> int:
    return 3 * n


def test_what_cannot_be_exported_is_named():
    hidden = primitive(_hidden())
    language = core_lists.extend("hidden", [hidden])
    documented = documented_library(language, {}, {"more": "hidden(n)"}, {"n": [1, 5]})
    with pytest.raises(
        ExportError, match="task 'more' cannot be exported: operator 'hidden' uses variables from where"
    ):
        module_source(documented)


def _hidden():
    step = 1

    def hidden(n: int) -> int:
        return n + step

    return hidden


def test_a_file_of_another_origin_is_left_as_it_is(tmp_path):
    documented = documented_library(lists, {}, {"sum": "sum(xs)"}, {"xs": INPUTS})
    path = tmp_path / "mylib.py"
    path.write_text("precious = 1\n")
    message = "mylib.py' exists and was not written by to_module, so it is left as it is. Give another path, or overwrite=True."
    with pytest.raises(ExportError, match=re.escape(message)):
        to_module(documented, path)
    assert path.read_text() == "precious = 1\n"
    to_module(documented, path, overwrite=True)
    assert path.read_text().startswith(MARK)
    to_module(documented, path)  # its own file it writes anew
    with pytest.raises(ExportError, match=re.escape("'my-lib.py' cannot be imported. Give a name such as 'mylib.py'.")):
        to_module(documented, tmp_path / "my-lib.py")
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(ExportError, match=re.escape("is a folder. Name a file in it, such as 'mylib.py'.")):
        to_module(documented, tmp_path / "folder.py")


def test_an_empty_library_is_a_module_too(tmp_path):
    found = checked(to_module(document(Library(lists), []), tmp_path / "empty.py"), {})
    assert found["all"] == []
    assert induce.programs.to_module is to_module


def test_the_decorator_that_makes_an_operator_stays_behind():
    from induce.programs import ProgramSynthesizer, core_lists, primitive

    @primitive
    def turned(xs: list[int]) -> list[int]:
        """The first element goes last."""
        return xs[1:] + xs[:1]

    inputs = [[3, 1, 4], [2, 9, 7], [7, 0, 9, 2]]
    language = core_lists.extend("more", [turned])
    found = ProgramSynthesizer(language, within="2e4 candidates").fit(inputs, [x[1:] + x[:1] for x in inputs])
    space: dict[str, object] = {}
    exec(found.to_python(), space)
    assert space["program"]([1, 2, 3]) == [2, 3, 1]
