from __future__ import annotations

import numpy as np
import pytest

from induce.algebras.values import run_rows
from induce.errors import TermError
from induce.examples import read_examples
from induce.learners.library.compressing import read, write
from induce.learners.library.converting import function_from, program_from, tree_of
from induce.learners.library.waking import Library, grow, reduced, rounds, uncurried
from induce.learners.programs.growth import Growth
from induce.learners.programs.rules import rules_of
from induce.learners.programs.task import ProgramTask
from induce.synthesis import synthesize
from induce.terms import INT
from induce.terms.lists import INTS, core_lists, lists

INPUTS = [[3, 1, 4, 1, 5], [2, 9], [7, 0, 9]]
PROGRAMS = [
    r"map(\x:int. x + 1, cdr(xs))",
    r"map(\x:int. x + 1, cdr(cdr(xs)))",
    r"cons(car(xs), map(\x:int. x + 1, xs))",
    r"fold_right(\x:int. \a:int. a + x, 0, map(\x:int. x + 1, xs))",
    r"map(\x:int. x + 1, cons(0, xs))",
]


def program(text):
    return core_lists.parse(text, xs=INTS)


@pytest.mark.parametrize("text", PROGRAMS)
def test_programs_become_trees_and_come_back(text):
    tree = tree_of(program(text), ["xs"])
    assert program_from(tree, {"xs": INTS}, core_lists.ops) is program(text)
    assert read(write(tree)) == tree


def test_random_programs_come_back():
    growth = Growth(
        rules_of(lists, [INTS], INTS), {"xs": (INTS, INPUTS)}, (INTS, [[0]] * 3), [(1, INT)], np.random.default_rng(0)
    )
    for _ in growth.levels(5):
        pass
    rng = np.random.default_rng(1)
    for row in rng.choice(len(growth.bank), 300):
        if growth.bank.nodes[row, 9] == 0:  # whole programs
            term = growth.term(int(row))
            assert program_from(tree_of(term, ["xs"]), {"xs": INTS}, lists.ops) is term


def test_sorts_of_functions_are_inferred():
    typed = function_from(read("(map #0 (cons #1 empty))"), 2, core_lists.ops)
    assert [str(s) for s in typed.parameters] == ["int -> int", "int"]
    assert str(typed.result) == "list(int)"
    with pytest.raises(TermError, match=r"has sort .*, but .* was expected"):
        function_from(read("(car (car #0))"), 1, core_lists.ops)
    with pytest.raises(TermError, match=r"'map' takes 2 arguments but got 1\."):
        function_from(read("(map #0)"), 1, core_lists.ops)
    with pytest.raises(TermError, match=r"unknown operator 'cor'\."):
        function_from(read("(cor #0)"), 1, core_lists.ops)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("((lam (+ $0 1)) 2)", "(+ 2 1)"),
        ("(lam ((lam (+ $0 $1)) 2))", "(lam (+ 2 $0))"),
        ("((lam (lam (f $0 $1))) a b)", "(f b a)"),
        ("((lam (lam (f $1))) (g $3))", "(lam (f (g $4)))"),
    ],
)
def test_functions_applied_in_place_are_written_out(before, after):
    assert write(reduced(read(before))) == after


def test_bodies_that_are_functions_get_arguments():
    tree, arity = uncurried(read("(lam (fold_right #0 0 $0))"), 1)
    assert (write(tree), arity) == ("(fold_right #0 0 #1)", 2)


@pytest.fixture(scope="module")
def night():
    pytest.importorskip("stitch_core")
    examples = read_examples([list(x) for x in INPUTS], [0, 1, 2], ["xs"])
    return grow(core_lists, [(program(text), examples) for text in PROGRAMS], most=4, seconds=60)


def test_what_solutions_share_becomes_an_operator(night):
    library = night.library
    assert library.definitions
    assert library.definitions[0].uses >= 4
    assert "map" in str(library)
    for definition in library.definitions:
        assert definition.op.name in library.language
        assert not definition.op.result.is_arrow


def test_programs_with_defined_operators_run_compiled_and_expand(night):
    library = night.library
    outputs = [[x + 1 for x in xs] for xs in INPUTS]
    growth = Growth(
        rules_of(library.language, [INTS], INTS),
        {"xs": (INTS, INPUTS)},
        (INTS, outputs),
        [(0, INT), (1, INT)],
        np.random.default_rng(0),
        definitions=library.bodies,
    )
    for _ in growth.levels(4):
        pass
    used = [t for t in growth.solutions if any(n.op in library.bodies for n in t.walk())]
    assert used
    plain = library.expand(used[0], {"xs": INTS})
    assert not any(n.op in library.bodies for n in plain.walk())
    fresh = {"xs": [[1, 2, 3], [], [5]]}
    assert run_rows(plain, fresh) == run_rows(used[0], fresh) == [[2, 3, 4], [], [6]]
    for row in range(len(growth.bank)):
        if growth.bank.nodes[row, 9] == 0 and growth.sort_of[row] is INTS:
            term = growth.term(row)
            assert run_rows(term, {"xs": INPUTS}) == growth.bank.values(row, INTS, 3), str(term)


def test_rounds_keep_solutions_and_grow_a_library():
    pytest.importorskip("stitch_core")
    tasks = [
        read_examples([list(x) for x in INPUTS], [f(x) for x in INPUTS], ["xs"])
        for f in (lambda x: [v + 1 for v in x], lambda x: [v + 1 for v in x[1:]], lambda x: [0, *[v + 1 for v in x]])
    ]

    def solve(library):
        literals = ((0, INT), (1, INT))
        language = library.language
        given = [ProgramTask(e, language, literals, library.costs, definitions=library.bodies) for e in tasks]
        fits = [synthesize(task, within="3e5 candidates") for task in given]
        return {k: fit.best for k, fit in enumerate(fits) if fit.solved}

    found = list(rounds(core_lists, tasks, solve, count=1, most=3))
    assert [r.number for r in found] == [0, 1]
    assert isinstance(found[0].library, Library)
    assert not found[0].library.costs
    assert set(found[1].library.costs) == {op.name for op in found[1].library.language}
    assert len(found[1].solutions) >= len(found[0].solutions) >= 2
    assert all(
        set(n.op for n in t.walk() if n.args) <= {*core_lists, *(n.op for n in t.walk() if n.op.name == "lambda")}
        for t in found[1].solutions.values()
    )


def test_one_body_written_in_two_ways_is_one_operator():
    pytest.importorskip("stitch_core")
    texts = [r"map(\x:int. x + 1, xs)", r"map(\x:int. x + (1 + 1), xs)", r"cdr(map(\x:int. x + 1, xs))",
             r"cons(0, map(\x:int. x + 1, xs))", r"map(\x:int. x + 1, xs)"]  # fmt: skip
    examples = read_examples([list(x) for x in INPUTS], [0, 1, 2], ["xs"])
    library = grow(core_lists, [(program(text), examples) for text in texts]).library
    assert len({d.op for d in library.definitions}) == len(library.definitions) > 0
