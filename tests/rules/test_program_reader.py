"""Programs of rules over a table, edited by hand: they answer what the engine of rules answers, or are refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from induce.errors import RuleError
from induce.mixed import MixedTable
from induce.rules import RuleClassifier
from induce.rules.language import run_program
from induce.rules.program_reader import read_program

TABLE = MixedTable.read({"a": [-1.0, 0.5, 2.0, None, 3.0], "b": [1.0, None, 0.5, 4.0, 3.0]})

LIST = """
rule(Row, 1) :- {body}.
rule(Row, 2) :- row(Row).
says(1, {one}).  says(2, {two}).
{shares}
first(Row, K) :- row(Row), K = #min{{ J : rule(Row, J) }}.
answer(Row, C) :- first(Row, K), says(K, C).
"""
VOTES = """
rule(Row, 1) :- {body}.
rule(Row, 2) :- row(Row).
points(1, p, 20).  points(1, q, 0).  points(2, p, 0).  points(2, q, 10).
order(p, 1).  order(q, 2).
score(Row, C, S) :- row(Row), points(2, C, _), S = #sum{{ P, K : rule(Row, K), points(K, C, P) }}.
top(Row, T) :- row(Row), T = #max{{ S : score(Row, _, S) }}.
first(Row, N) :- row(Row), N = #min{{ M : top(Row, S), score(Row, C, S), order(C, M) }}.
answer(Row, C) :- first(Row, N), order(C, N).
"""


def decision_list(body="a(Row, A), A > 1", one="p", two="q", shares=""):
    return LIST.format(body=body, one=one, two=two, shares=shares)


def answers(text, classes=("p", "q")):
    decisions = read_program(text, TABLE, classes)
    return [classes[k] for k in decisions.codes(TABLE)]


@pytest.mark.parametrize("text", [LIST, VOTES])
@pytest.mark.parametrize(
    "body",
    [
        "a(Row, A)",
        "a(Row, A), A > 0, b(Row, B)",
        "a(Row, A), A > 0, b(Row, B), B <= 1",
        "a(Row, A), A > 0, a(Row, A), A <= 2",
        "row(Row), b(Row, B), not a(Row, _)",
    ],
)
def test_bodies_are_read_as_the_engine_reads_them(text, body):
    program = text.format(body=body, one="p", two="q", shares="")
    assert answers(program) == run_program(program, TABLE)


@pytest.mark.parametrize(("one", "two"), [("p", "q"), ("q", "p"), ("q", "q")])
def test_what_rules_say_decides_without_shares(one, two):
    program = decision_list(one=one, two=two)
    assert answers(program) == run_program(program, TABLE)


def test_a_list_whose_answers_were_swapped_is_not_answered_by_its_old_shares():
    a = np.linspace(-1, 1, 60)
    model = RuleClassifier(max_rules=2, decide="first").fit({"a": a}, np.where(a > 0.2, "p", "q"))
    swapped = str(model.best_).replace("says(1, p)", "says(1, x)").replace("says(2, q)", "says(2, p)")
    swapped = swapped.replace("says(1, x)", "says(1, q)")
    assert swapped != str(model.best_)
    with pytest.raises(
        RuleError, match=r"rule 1 says 'q', but its largest share is that of 'p' \(0\.9\d*\)\. Change its"
    ):
        model.fit_.edited(swapped)
    bare = "\n".join(line for line in swapped.splitlines() if not line.startswith("share"))
    found = model.fit_.edited(bare)
    assert found.predict_table(model.table({"a": a})).tolist() == run_program(bare, model.table({"a": a}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            VOTES.format(body="a(Row, A), b(Row, A), A > 1"),
            "at 2:1: the variable A stands for 'a' and for 'b', but a rule over a table does not compare two entries. "
            "Give each column a variable of its own.",
        ),
        (VOTES.format(body="a(Row, Row)"), "the variable Row stands for the row and for 'a'"),
        (
            VOTES.format(body="row(Row)"),
            "rules 1 and 2 have no conditions, but there is one default. Take one of them out.",
        ),
        (
            decision_list(shares="share(1, p, 0.2). share(1, q, 0.8)."),
            "at 4:1: rule 1 says 'p', but its largest share is that of 'q' (0.8). Change its share facts too, or take them out.",
        ),
        (decision_list(shares="says(1, q)."), "'says' is given twice for rule 1. Take one of the two out."),
        (
            decision_list(shares="points(1, p, 3)."),
            "the first rule that holds decides in this program, so 'points' means nothing in it. Use 'says'.",
        ),
        (
            decision_list().replace("says(1, p).", ""),
            'rule 1 says nothing, so rows that it decides have no answer. Add a fact like says(1, "p").',
        ),
        (
            decision_list().replace("rule(Row, 1)", "rule(Row, 3)").replace("says(1,", "says(3,"),
            "rule 3 comes after the default, rule 2, so it never decides. Give the default the largest number",
        ),
        (
            VOTES.format(body="a(Row, _)") + "points(1).",
            "'points' has 1 entries, but points(1, \"p\", 10) was expected.",
        ),
        (VOTES.format(body="a(Row, _)") + "points(p, p, 1).", 'cannot be read. Write it like points(1, "p", 10).'),
        (VOTES.format(body="a(Row, _)") + "points(1, p, 5).", "'points' is given twice for rule 1."),
        (
            VOTES.format(body="a(Row, _)").replace("rule(Row, 1)", "rule(Row, 0)"),
            "a rule has the number 0, but rules are numbered from 1. Give it another.",
        ),
        (
            VOTES.format(body="a(Row, _)").replace("order(p, 1)", "order(p, 2)"),
            "the order of the classes stays: 'p' has the number 1.",
        ),
    ],
)
def test_what_would_be_answered_otherwise_is_refused(text, message):
    with pytest.raises(RuleError) as caught:
        read_program(text, TABLE, ("p", "q"))
    assert message in str(caught.value)


def test_a_kept_rule_without_points_is_left_out_of_python():
    a = np.linspace(-1, 1, 60)
    model = RuleClassifier(subject_to={"keep": ["a > 100"]}).fit({"a": a}, a > 0.2)
    names: dict = {}
    exec(model.to_python(), names)
    assert [names["predict"]({"a": v}) for v in a] == model.predict({"a": a}).tolist()


def test_a_category_that_ends_in_a_backslash_is_written_for_prolog():
    kinds = ["dir\\", 'say "x"'] * 30
    model = RuleClassifier().fit({"kind": kinds}, [k == "dir\\" for k in kinds])
    assert "kind(Row, 'dir\\\\')" in model.to_prolog() or "kind(Row, 'say \"x\"')" in model.to_prolog()


@pytest.mark.parametrize("decide", ["votes", "first"])
def test_how_rules_come_to_an_answer_stays(decide):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": rng.normal(size=200), "k": rng.choice(["a", "b"], 200)})
    model = RuleClassifier(3, 2, decide=decide, random_state=0).fit(
        X, np.where((X["x"] > 0) | (X["k"] == "a"), "yes", "no")
    )
    program = str(model.best_)
    assert model.fit_.edited(program).predict(X).tolist() == model.predict(X).tolist()
    words = "how rules come to an answer stays as it is"
    with pytest.raises(RuleError, match=words):
        model.fit_.edited(program + "\nanswer(Row, yes) :- x(Row, A), A > -100.0.")
    with pytest.raises(RuleError, match=words):
        model.fit_.edited(
            program.replace(
                "K = #min" if decide == "first" else "T = #max", "K = #max" if decide == "first" else "T = #min"
            )
        )
    with pytest.raises(RuleError, match="a program is a text or a term, but got NoneType"):
        model.fit_.edited(None)


def test_a_rule_is_put_in_and_the_default_renumbered():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": rng.normal(size=200), "k": rng.choice(["a", "b"], 200)})
    model = RuleClassifier(2, 2, random_state=0).fit(X, np.where((X["x"] > 0) | (X["k"] == "a"), "yes", "no"))
    default, program = len(model.rules_) + 1, str(model.best_)
    text = program.replace(f"rule(Row, {default}) :-", f"rule(Row, {default + 1}) :-")
    text = text.replace(f"points({default}, no", f"points({default + 1}, no").replace(
        f"points({default}, yes", f"points({default + 1}, yes"
    )
    text += f"\nrule(Row, {default}) :- x(Row, A), A > 2.\npoints({default}, no, 500). points({default}, yes, 0).\n"
    edited = model.fit_.edited(text)
    assert len(edited) == default
    assert (edited.predict(X) == run_program(text, model.table(X))).all()
    assert (edited.predict(X)[X["x"] > 2] == "no").all()
