from __future__ import annotations

import numpy as np
import pytest

from induce.algebras.assembling import assemble
from induce.algebras.values import run_rows
from induce.errors import TermError
from induce.learners.library.compressing import read
from induce.learners.library.converting import function_from
from induce.learners.library.naming import defined
from induce.learners.library.waking import Library
from induce.learners.programs import inlining
from induce.learners.programs.growth import Growth
from induce.learners.programs.rules import rules_of
from induce.programs import core_lists, primitive
from induce.terms.language import declare
from induce.terms.lists import INTS
from induce.terms.sort import INT

INPUTS = [[3, 1, 4, 1, 5], [2, 9], [7, 0, 9], []]
BODIES = {
    "three": ("(+ 1 (+ 1 1))", 0),
    "double": ("(+ #0 #0)", 1),
    "reduced": ("(% (+ #0 1) #1)", 2),
    "least": ("(if (< #0 #1) #0 #1)", 2),
    "nested": ("(if (< #0 1) (if (== #1 #0) #1 0) (- #1 #0))", 2),
    "between": ("(if (< #0 #1) (< #1 #2) (== 0 1))", 3),
    "drop_2": ("(cdr (cdr #0))", 1),
    "put": ("(cons (+ #0 1) (cdr #1))", 2),
    "total": ("(fold_right (lam (lam (+ $0 $1))) #0 #1)", 2),
    "each": ("(map #0 (cdr #1))", 2),
    "gathered": ("(== (fold_right #0 0 #1) (car #1))", 2),
    "shifted": ("(cons #0 (map (lam (+ $0 #0)) #1))", 2),
    "copied": ("(fold_right (lam (lam (cons $1 $0))) (cdr #0) #0)", 1),
    "kept": ("(fold_right (lam (lam $0)) #0 #1)", 2),
    "twice": ("(map (lam (fold_right (lam (lam (+ $0 $1))) $0 #0)) #0)", 1),
    "mixed": ("(map (lam (+ (* $0 #0) #1)) #2)", 3),
}
NAMES = list(BODIES)


def square_and_seven(n: int) -> int:
    return n * n + 7


def library_of(names):
    return Library(core_lists, tuple(defined(core_lists, name, *BODIES[name]) for name in names))


@pytest.mark.parametrize(
    "names", [NAMES[:5], NAMES[5:10], NAMES[10:13], NAMES[13:], ["least", "drop_2", "total"], ["double", "nested"]]
)
def test_compiled_definitions_agree_with_their_bodies(names):
    library = library_of(names)
    growth = Growth(
        rules_of(library.language, [INTS], INTS),
        {"xs": (INTS, INPUTS)},
        None,
        [(0, INT), (1, INT)],
        np.random.default_rng(0),
        definitions=library.bodies,
    )
    for reached in growth.levels(9):
        if reached > 60_000:
            break
    rng = np.random.default_rng(1)
    rows = [r for r in range(len(growth.bank)) if growth.bank.nodes[r, 9] == 0]
    used = missing = 0
    for row in [*rows[:300], *rng.choice(rows, 400)]:
        term = growth.term(int(row))
        used += any(node.op in library.bodies for node in term.walk())
        values = growth.bank.values(int(row), growth.sort_of[int(row)], len(INPUTS))
        expected = run_rows(term, {"xs": INPUTS})
        # beyond the machine's limits it has no value
        known = [k for k, v in enumerate(values) if v is not None]
        assert [expected[k] for k in known] == [values[k] for k in known], str(term)
        missing += sum(e is not None for k, e in enumerate(expected) if k not in known)
    assert used > 100
    assert missing < 20


def test_bodies_on_integers_and_bodies_without_functions_are_told_apart():
    growth = Growth(rules_of(core_lists, [INTS], INT), {"xs": (INTS, INPUTS)}, None, [], np.random.default_rng(0))
    kinds = {}
    for name in BODIES:
        code = growth.bank.definition(*library_of([name]).bodies.popitem())
        kinds[name] = inlining.parts_of(code)[1]
    assert kinds == {
        "three": 2, "double": 2, "reduced": 2, "least": 3, "nested": 3, "between": 3, "drop_2": 1, "put": 1, "total": 3, "each": 3,
        "gathered": 3, "shifted": 3, "copied": 0, "kept": 0, "twice": 0, "mixed": 0,
    }  # fmt: skip


def test_a_body_that_would_be_too_long_is_called():
    code = np.zeros((2000, 3), np.int32)
    body = [(inlining.BOUND, 0, 0)] * 4 + [(inlining.RETURN, 0, 0)]
    code[: len(body)] = body
    code[10:110, 0] = 9
    assert inlining.inline(code, ((10, 40), (0, 0), (0, 0)), 1, 0, 500) == 0
    assert inlining.inline(code, ((10, 30), (0, 0), (0, 0)), 1, 0, 500) == inlining.ROOM == 120
    assert (code[500:620, 0] == 9).all()
    assert not code[620:].any()


def test_long_bodies_never_reach_beyond_the_instructions_that_there_are():
    text = "#0"
    for _ in range(11):
        text = f"(+ #0 {text})"
    library = Library(core_lists, (defined(core_lists, "many", text, 1),))
    growth = Growth(
        rules_of(library.language, [INTS], INTS), {"xs": (INTS, INPUTS)}, None, [(1, INT)], np.random.default_rng(0),
        definitions=library.bodies,
    )  # fmt: skip
    growth.bank.code = growth.bank.code[:3000]  # so that the bank must grow
    for reached in growth.levels(12):
        used = int(growth.bank.counters[3])
        assert used <= len(growth.bank.code)
        if reached > 60_000:
            break
    lengths = growth.bank.nodes[: len(growth.bank), 8]
    assert lengths.max() > 60
    assert used > 3000


def test_a_definition_that_branches_has_no_value_where_an_argument_has_none():
    library = Library(core_lists, (defined(core_lists, "pick", "(if (== #0 0) #0 #1)", 2),))
    term = library.language.parse(r"map(\x:int. pick(x, car(cdr(xs))), xs)", xs=INTS)
    assert run_rows(term, {"xs": [[0], [1, 2]]}) == [None, [2, 2]]
    growth = Growth(
        rules_of(library.language, [INTS], INTS), {"xs": (INTS, [[0], [1, 2]])}, None, [(0, INT)], np.random.default_rng(0),
        definitions=library.bodies,
    )  # fmt: skip
    for reached in growth.levels(9):
        if reached > 40_000:
            break
    rows = [r for r in range(len(growth.bank)) if growth.bank.nodes[r, 9] == 0 and growth.sort_of[r] is INTS]
    for row in rows[:1500]:
        program = growth.term(row)
        assert run_rows(program, {"xs": [[0], [1, 2]]}) == growth.bank.values(row, INTS, 2), str(program)


@pytest.mark.parametrize(
    ("text", "arity", "said"),
    [
        ("(map (#0 1) #1)", 2, "functions may not be applied in part"),
        ("(fold_right (lam (#0 $0)) 0 #1)", 2, "functions may not be applied in part"),
        ("(if (== #1 0) (lam (+ $0 #0)) (lam $0))", 2, "operator 'part' gives a function, int -> int"),
    ],
)
def test_functions_applied_in_part_are_refused_where_they_are_defined_and_where_they_are_compiled(text, arity, said):
    with pytest.raises(TermError, match=said):
        defined(core_lists, "part", text, arity)
    typed = function_from(read(text), arity, core_lists.ops)
    growth = Growth(rules_of(core_lists, [INTS], INT), {"xs": (INTS, INPUTS)}, None, [], np.random.default_rng(0))
    with pytest.raises(TermError):
        growth.bank.definition(declare(f"part_{arity}(int) -> int"), typed.body)
    with pytest.raises(TermError, match="functions? "):
        assemble(typed.body, growth.bank.constant, 1)


def test_bodies_that_stacks_have_no_room_for_are_refused():
    growth = Growth(rules_of(core_lists, [INTS], INT), {"xs": (INTS, INPUTS)}, None, [], np.random.default_rng(0))
    long = defined(core_lists, "long", "(+ 1 " * 150 + "#0" + ")" * 150, 1)
    with pytest.raises(TermError, match="a body has 301 instructions, but at most 200 were expected"):
        growth.bank.definition(long.op, long.body)


def test_an_operator_with_a_function_that_the_machine_does_not_know_is_run_by_python():
    base = core_lists.extend("with a primitive", [primitive(square_and_seven)])
    library = Library(base, (defined(base, "each", "(map #0 (cons (square_and_seven (car #1)) #1))", 2),))
    X = [[1, 2], [3, 4, 5]]
    growth = Growth(
        rules_of(library.language, [INTS], INTS), {"xs": (INTS, X)}, (INTS, [[9, 2, 3], [17, 4, 5, 6]]), [(1, INT)],
        np.random.default_rng(0), definitions=library.bodies,
    )  # fmt: skip
    for _ in growth.levels(5):
        pass
    assert library.language.parse(r"each(\x:int. x + 1, xs)", xs=INTS) in growth.solutions
