from __future__ import annotations

import subprocess
import sys

import pytest

from induce.errors import DataError, FillError, FormatError, OpError
from induce.learners.programs.task import right
from induce.programs import LibraryLearner, ProgramSynthesizer, lists, load, primitive
from induce.terms.op import LAMBDA

pytest.importorskip("stitch_core")
INPUTS = [[3, 1, 4, 1, 5], [2, 9, 7], [7, 0, 9, 2, 6, 4], [5, 5, 1]]
FUNCTIONS = {
    "add one": lambda x: [v + 1 for v in x],
    "add two": lambda x: [v + 2 for v in x],
    "rest": lambda x: x[1:],
    "add one to the rest": lambda x: [v + 1 for v in x[1:]],
    "zero first": lambda x: [0, *(v + 1 for v in x)],
    "sum": sum,
    "one more than the sum": lambda x: sum(x) + 1,
}
TASKS = {name: (INPUTS, [f(x) for x in INPUTS]) for name, f in FUNCTIONS.items()}


@pytest.fixture(scope="module")
def learner():
    return LibraryLearner(rounds=1, within="1e5 candidates").fit(TASKS)


def test_every_task_has_a_program_in_the_library_s_language(learner):
    assert list(learner.programs_) == list(TASKS)
    assert not learner.unsolved_
    operators = {d.op for d in learner.library_.library.definitions}
    assert operators
    for name, program in learner.programs_.items():
        assert all(right(program, learner.tasks_[name]))
    used = [n for n, p in learner.programs_.items() if any(node.op in operators for node in p.walk())]
    assert len(used) >= 4
    plain = learner.library_.library.expand(learner.programs_[used[0]], learner.tasks_[used[0]].sorts)
    assert not any(node.op in operators for node in plain.walk())
    assert all(right(plain, learner.tasks_[used[0]]))


def test_rounds_and_operators_are_reported(learner):
    assert [r.number for r in learner.rounds_] == [0, 1]
    assert learner.rounds_[0].operators == 0 < learner.rounds_[1].operators
    assert learner.rounds_[1].solved_so_far == len(TASKS)
    text = learner.report()
    assert "round 0: 7 solved with 0 new operators, 7 in all" in text
    assert learner.abstractions_[0].name in text
    assert text.endswith("Stopped: all 2 rounds were done.")
    assert "<table" in learner._repr_html_()


def test_the_same_seed_gives_the_same_library(learner):
    again = LibraryLearner(rounds=1, within="1e5 candidates").fit(TASKS)
    assert str(again) == str(learner)
    assert again.programs_ == learner.programs_


def test_a_library_is_a_language_for_new_examples(learner):
    found = ProgramSynthesizer(learner.library_).fit([[1, 2, 3, 4], [5, 6, 7]], [[3, 4, 5], [7, 8]])
    assert any(node.op in learner.library_.library.bodies for node in found.best_.walk())
    assert found.predict([[1, 2, 3]]) == [[3, 4]]
    space: dict[str, object] = {}
    exec(found.to_python(), space)
    assert space["program"]([1, 2, 3]) == [3, 4]
    fit = learner.solve([[1, 2, 3, 4], [5, 6, 7]], [[3, 4, 5], [7, 8]])
    assert fit.best is found.best_


def test_a_saved_library_comes_back(learner, tmp_path):
    learner.save(tmp_path / "library")
    back = load(tmp_path / "library")
    assert str(back) == str(learner.library_)
    assert back.library.definitions == learner.library_.library.definitions
    assert back.library.costs == learner.library_.library.costs
    assert {s.name: s.program for s in back.solutions} == learner.programs_
    text = (tmp_path / "library" / "library.json").read_text(encoding="utf-8")
    (tmp_path / "library" / "library.json").write_text(text.replace('"uses": ', '"uses": 1'), encoding="utf-8")
    with pytest.raises(FormatError, match=r"was changed after it was saved \(its checksum differs\)"):
        load(tmp_path / "library")


def test_folders_of_another_kind_are_refused_in_words(learner, tmp_path):
    learner.save(tmp_path / "library")
    place = tmp_path / "library" / "library.json"
    text = place.read_text(encoding="utf-8")
    place.write_text(text.replace("library 1", "library 9"), encoding="utf-8")
    with pytest.raises(FormatError, match=r"was written in the layout 'library 9', which is newer\. Update induce\."):
        load(tmp_path / "library")
    place.write_text(text[:100], encoding="utf-8")
    with pytest.raises(FormatError, match=r"library\.json' is truncated or damaged: .*\. Save it again\."):
        load(tmp_path / "library")
    with pytest.raises(FormatError, match=r"holds no fit\.json\. Give the folder that save\(\) wrote\."):
        load(tmp_path)


def test_a_saved_library_comes_back_in_a_new_process(learner, tmp_path):
    learner.save(tmp_path / "library")
    code = (
        "import sys; from induce.programs import load\n"
        "from induce.learners.programs.task import right\n"
        "print(all(all(right(s.program, s.examples)) for s in load(sys.argv[1]).solutions))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "library")], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "True", done.stderr


def test_each_program_is_exported(learner):
    for name in TASKS:
        space: dict[str, object] = {}
        source = learner.to_python(name)
        exec(source, space)
        function = space[name.replace(" ", "_") if name != "sum" else "sum"]
        assert [function(list(x)) for x in INPUTS] == TASKS[name][1]
    named = LibraryLearner(rounds=0, within="2e4 candidates").fit({"head": (INPUTS, [x[0] for x in INPUTS])})
    assert "def head_2(xs):" in named.to_python("head")
    with pytest.raises(DataError, match=r"there is no program 'product': there is no such task\. Solved: add one, "):
        learner.to_python("product")


def test_what_cannot_be_learned_from_is_refused():
    with pytest.raises(DataError, match=r"there are no tasks\. Give at least one"):
        LibraryLearner().fit({})
    with pytest.raises(DataError, match=r"tasks must be a mapping of name to \(inputs, outputs\).*but got 3"):
        LibraryLearner().fit(3)
    with pytest.raises(DataError, match=r"task 'a' must be a pair of inputs and outputs, but got \[1\]"):
        LibraryLearner().fit({"a": [1]})
    with pytest.raises(DataError, match=r"task 'b': "):
        LibraryLearner().fit({"b": ([[1], [1]], [1, 2])})
    with pytest.raises(FillError, match=r"task 'big': enumeration cannot hold the value \[3000000\] of example 0"):
        LibraryLearner().fit({"big": ([[3_000_000]], [1])})
    with pytest.raises(OpError, match=r"there is no language 'core_list' of programs\. Did you mean 'core_lists'\?"):
        LibraryLearner("core_list").fit(TASKS)
    with pytest.raises(FillError, match=r"rounds must be a whole number from 0 on, but got -1"):
        LibraryLearner(rounds=-1).fit(TASKS)
    with pytest.raises(FillError, match=r"documenter must be a function from text to text, but got 'gpt'"):
        LibraryLearner(documenter="gpt").fit(TASKS)
    with pytest.raises(FillError, match=r"none of the 1 tasks was solved in the language 'core_lists'"):
        LibraryLearner(rounds=0, within="100 candidates").fit({"odd": ([[1, 2], [3]], [977, 978])})


def test_an_interrupt_keeps_what_was_learned():
    import signal

    def watch(progress):
        if "'sum'" in progress.notes[0]:
            signal.raise_signal(signal.SIGINT)

    apart = {name: (x[: len(x) - k % 2], y[: len(x) - k % 2]) for k, (name, (x, y)) in enumerate(TASKS.items())}
    for tasks in (TASKS, apart):  # one search for all, and two
        found = LibraryLearner(rounds=1, within="1e5 candidates", watch=watch).fit(tasks)
        assert found.stopped_ == "interrupted; this is what was learned so far"
        assert "sum" in found.programs_
        assert found.unsolved_
        assert len(found.rounds_) == 1


def test_functions_of_the_library_take_functions(learner):
    assert any(node.op is LAMBDA for d in learner.library_.library.definitions for node in d.body.walk())


def test_a_proposer_is_asked_first_and_is_shown_what_was_found():
    asked: list[str] = []

    def proposer(prompt):
        asked.append(prompt)
        if "evens" in prompt:
            return "Sure!\n```\nmap(xs)\nfold_right(\\x:int. \\y:list(int). if(x % (1 + 1) == 0, cons(x, y), y), empty, xs)\n```"
        return None

    tasks = {
        "first": (INPUTS, [x[0] for x in INPUTS]),
        "evens": (INPUTS, [[v for v in x if v % 2 == 0] for x in INPUTS]),
    }
    found = LibraryLearner(rounds=0, within="5e3 candidates", proposer=proposer).fit(tasks)
    assert not found.unsolved_
    assert "first" in asked[1] and "car(xs)" in asked[1]  # noqa: PT018
    alone = LibraryLearner(rounds=0, within="5e3 candidates").fit(tasks)
    assert alone.unsolved_ == ["evens"]
    with pytest.raises(FillError, match=r"proposer must be a function from text to text, but got 'model'"):
        LibraryLearner(proposer="model").fit(tasks)


def test_dreams_give_each_task_costs_of_its_own():
    pytest.importorskip("torch")
    lines: list[str] = []
    found = LibraryLearner(rounds=1, within="3e4 candidates", dreams=10, watch=lambda p: lines.append(p.notes[0])).fit(
        TASKS
    )
    assert sum("programs are drawn from the library's language" in line for line in lines) == 1
    assert len(found.programs_) >= 5


def test_programs_on_texts_have_a_library_too(tmp_path):
    names = ["Ada Lovelace", "Alan Turing", "Grace Brewster Hopper"]
    tasks = {
        "initial": (names, [n[0] for n in names]),
        "last": (names, [n.split()[-1] for n in names]),
        "short": (names, [f"{n[0]}. {n.split()[-1]}" for n in names]),
        "comma": (names, [f"{n.split()[-1]}, {n[0]}" for n in names]),
    }
    found = LibraryLearner("strings", rounds=0).fit(tasks)
    assert not found.unsolved_
    assert any(len(entry.tasks) >= 3 for entry in found.abstractions_)
    assert found.to_module(tmp_path / "texts.py").exists()


def test_the_module_runs_whatever_the_tasks_have_in_common(tmp_path):
    tasks = {
        "add one": TASKS["add one"],
        "add two": TASKS["add two"],
        "add one to the rest": TASKS["add one to the rest"],
        "zero first": TASKS["zero first"],
        "other inputs": ([[1, 2], [4, 4, 4]], [[2, 3], [5, 5, 5]]),
    }
    found = LibraryLearner(rounds=1, within="1e5 candidates").fit(tasks)
    place = found.to_module(tmp_path / "mine.py")
    done = subprocess.run([sys.executable, "-m", "doctest", str(place)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    found.save(tmp_path / "saved")
    assert str(load(tmp_path / "saved")) == str(found.library_)


def test_a_fit_in_a_library_s_language_comes_back_in_a_new_process(learner, tmp_path):
    found = ProgramSynthesizer(learner.library_).fit([[1, 2, 3, 4], [5, 6, 7]], [[3, 4, 5], [7, 8]])
    found.fit_.save(tmp_path / "fit")
    code = (
        "import sys; from induce.programs import load\nfit = load(sys.argv[1]); print(fit.best, fit.best(xs=[1, 2, 3]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "fit")], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == f"{found.best_} [3, 4]", done.stderr


def test_operators_of_ones_own_may_be_part_of_a_library():
    def sum_of_decimal_digits(n: int) -> int:
        """The sum of the digits."""
        return sum(int(c) for c in str(abs(n)))

    language = lists.extend("with digits", [primitive(sum_of_decimal_digits)])
    tasks = {
        "one": ([[12], [30], [45, 1]], [3, 3, 9]),
        "two": ([[12, 3], [30], [45, 1]], [4, 4, 10]),
        "three": ([[2, 12], [7, 30], [0, 45]], [3, 3, 9]),
        "four": ([[12, 5], [31], [45, 1]], [6, 8, 18]),
    }
    found = LibraryLearner(language, rounds=1, within="2e4 candidates").fit(tasks)
    assert len(found.programs_) >= 3
    assert found.solve([[99], [10, 2]], [18, 1]).solved


def test_an_interrupt_before_anything_is_solved_is_said():
    import signal

    def watch(progress):
        if "'odd'" in progress.notes[0]:  # a second one would raise, as it should
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(FillError, match=r"learning was interrupted before any task was solved"):
        LibraryLearner(rounds=0, within="200 candidates", watch=watch).fit({"odd": ([[1, 2], [3]], [977, 978])})


def test_what_a_proposer_did_wrong_is_told():
    def proposer(prompt):
        raise ZeroDivisionError("no model")

    found = LibraryLearner(rounds=0, within="5e3 candidates", proposer=proposer).fit(
        {"first": (INPUTS, [x[0] for x in INPUTS])}
    )
    assert any("ZeroDivisionError" in note for note in found.notes_)
    assert "note: " in found.report()


def test_an_interrupt_while_operators_are_named_keeps_what_was_learned():
    def documenter(prompt):
        raise KeyboardInterrupt

    found = LibraryLearner(rounds=0, within="1e5 candidates", documenter=documenter).fit(TASKS)
    assert found.stopped_.startswith("interrupted while the operators were named")
    assert len(found.programs_) == len(TASKS)


def test_operators_that_no_program_uses_are_left_out(learner):
    assert all(entry.tasks for entry in learner.abstractions_)


def test_settings_are_refused_in_words():
    with pytest.raises(FillError, match=r"by must be a learner of programs, .*but got 'heap'\."):
        LibraryLearner(by="heap").fit(TASKS)
    with pytest.raises(FillError, match=r"random_state must be a whole number from 0 on, but got 'x'\."):
        LibraryLearner(random_state="x").fit(TASKS)


def test_constants_may_be_given_once():
    tasks = {"add 41": (INPUTS, [[v + 41 for v in x] for x in INPUTS])}
    found = LibraryLearner("lists", rounds=0, within="2e4 candidates", constants=(c for c in (0, 41))).fit(tasks)
    assert not found.unsolved_
