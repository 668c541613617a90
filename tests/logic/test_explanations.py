"""Proofs, why-not, counterfactuals and sensitivities: what they say, and that it is true."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from induce import Algebra
from induce.errors import RuleError
from induce.logic import LogicProgram

ALARM = """
0.1::burglary. 0.2::earthquake.
0.9::alarm :- burglary.
0.3::alarm :- earthquake.
calls :- alarm, not away.
0.4::away.
?- calls.
"""


@pytest.fixture(scope="module")
def alarm():
    return LogicProgram(ALARM)


def test_why_shows_the_best_proofs_with_their_rules(alarm):
    found = alarm.why()
    assert found.answer == "calls"
    assert found.exact
    assert found.value == pytest.approx(alarm().item())
    assert [round(b.children[0].children[0].value, 3) for b in found.branches] == [0.1, 0.2]
    assert "weights 0.054, 0.036" in found.note
    assert "by 0.9::alarm :- burglary." in found.tree()
    assert "not away" in str(found)


def test_drawings_are_well_formed(alarm):
    found = alarm.why()
    root = ElementTree.fromstring(found.to_svg())
    assert len(root.findall(".//{http://www.w3.org/2000/svg}rect")) == 9
    assert "http" not in found.to_svg().replace("http://www.w3.org/2000/svg", "")
    ElementTree.fromstring(found.to_html())
    dot = found.to_dot()
    assert dot.startswith("digraph explanation {")
    assert dot.count("->") == 8


def test_why_not_names_the_weakest_condition(alarm):
    found = alarm.why_not("calls")
    (nearest,) = found.branches
    assert nearest.children[0].text == "alarm"
    assert not found.exact
    program = LogicProgram(
        "edge(a, b). 0.5::edge(b, c). path(X, Y) :- edge(X, Y).", query="path(X, Y)", over={"X": ["a"], "Y": ["c"]}
    )
    assert "no rule instance derives path(a, c)" in program.why_not("path(a, c)").note


def test_a_counterfactual_flips_the_answer_when_it_is_made():
    text = "0.9::a. 0.8::b. 0.3::c. q :- a, b. q :- c. ?- q."
    program = LogicProgram(text)
    found = program.counterfactual()
    assert [b.text for b in found.branches] in (["not a"], ["not b"])
    assert "flips (verified by running)" in found.note
    cheapest = program.counterfactual(cost="log")
    assert [b.text for b in cheapest.branches] == ["not b"]
    assert [b.text for b in program.counterfactual(allow=["a"]).branches] == ["not a"]
    assert program.counterfactual(allow=["c"]).note == "no change of the allowed facts flips it"
    with pytest.raises(RuleError, match="'count' or 'log', but got 'price'"):
        program.counterfactual(cost="price")


def test_a_counterfactual_keeps_the_constraints():
    program = LogicProgram("0.9::a. 0.8::b. q :- a. :- not a, b. ?- q.")
    assert sorted(b.text for b in program.counterfactual().branches) == ["not a", "not b"]


def test_sensitivity_is_the_change_of_the_probability(alarm):
    found = alarm.sensitivity()
    high = LogicProgram(ALARM + "evidence(burglary).")().item()
    low = LogicProgram(ALARM + "evidence(not burglary).")().item()
    (first,) = (b for b in found.branches if b.text == "burglary")
    assert first.value == pytest.approx(high - low)
    assert found.branches[0] is first


def test_inexact_values_say_so(alarm):
    positive = LogicProgram("0.5::a. 0.4::b. q :- a. q :- b. ?- q.", algebra=Algebra.PROOFS(k=1))
    assert not positive.why().exact
    assert "not exact" in positive.why().note


def test_an_unknown_answer_is_refused(alarm):
    with pytest.raises(RuleError, match="'phones' is not an answer of 'calls'. Answers: calls"):
        alarm.why("phones")


def test_plan_profile_and_rule_truth(alarm):
    plan = alarm.plan()
    assert "stratum" in plan
    assert "answers to calls: exact" in plan
    table = alarm.profile()
    assert {"tuples", "instances", "seconds"} <= set(table.columns)
    truth = alarm.rule_truth()
    assert truth["calls :- alarm, not away."] == pytest.approx(0.2)


def test_why_not_names_the_first_condition_of_each_rule_that_fails():
    text = "flies(X) :- bird(X), not penguin(X). 0.9::bird(t). bird(p). penguin(p)."
    program = LogicProgram(text, query="flies(X)")
    assert "penguin(p) holds" in str(program.why_not("flies(p)"))  # no answer of the query, but an atom of the program
    assert "there is no bird(q)" in str(program.why_not("flies( q )"))
    assert "there is no bird(t)" not in str(program.why_not())
    deep = LogicProgram("0.5::a. c :- a, d. d :- e(X), X > 3. e(1). e(2).", query="c")
    assert "no values satisfy _ > 3" in deep.why_not().tree()
    assert "there is no d" in deep.why_not().tree()
    path = LogicProgram("p(X, Y) :- e(X, Y). p(X, Z) :- e(X, Y), p(Y, Z). e(a, b).", query="p(a, X)")
    assert [b.flat[0].text for b in path.why_not("p(c,a)").branches] == ["there is no e(c, a)", "there is no e(c, _)"]
    counted = LogicProgram("0.5::d(1..3). n(N) :- N = #count{ M : d(M) }.", query="n(N)")
    assert "#count is never 7" in str(counted.why_not("n(7)"))
    with pytest.raises(RuleError, match=r"'zz\(1\)' asks about 'zz/1', which the program does not have"):
        path.why_not("zz(1)")


def test_nothing_hidden_shows_in_explanations_of_aggregates():
    text = "0.4::e(a, b). 0.6::e(b, c). p(X, Y) :- e(X, Y). n(N) :- N = #count{ X, Y : p(X, Y) }."
    program = LogicProgram(text, query="n(N)")
    for answer in ("n(0)", "n(1)", "n(2)"):
        for found in (
            program.why(answer),
            program.why_not(answer),
            program.counterfactual(answer),
            program.sensitivity(),
        ):
            assert "@" not in found.tree()
            assert "atom " not in found.tree()
    assert str(program.why("n(2)")).startswith("n(2) 0.24 <- e(a, b) 0.4, e(b, c) 0.6")
    assert "together" not in program.why("n(0)").note  # absences share facts: their product bounds nothing


def test_proofs_are_ranked_as_the_algebra_ranks_them():
    text = "path(X, Y) :- edge(X, Y). path(X, Z) :- edge(X, Y), path(Y, Z)."
    table = {"s": ["a", "b", "a"], "t": ["b", "c", "c"], "w": [0.5, 0.5, 0.4]}
    program = LogicProgram(text, query="path(a, X)", algebra="tropical")
    program.facts("edge", {**table, "w": [2.0, 3.0, 9.0]}, weight="w")
    found = program.why("path(a, c)")
    assert [leaf.label for leaf in found.branches[0].flat] == ["edge(a, b) 2", "edge(b, c) 3"]
    assert "costs 5, 9" in found.note
    with pytest.raises(RuleError, match="the most probable world needs probabilities, but under 'tropical'"):
        program.decode()
    weakest = LogicProgram(text, query="path(a, X)", algebra="min-max").facts("edge", table, weight="w")
    assert "weights 0.5, 0.4" in weakest.why("path(a, c)").note
    likely = LogicProgram(text, query="path(a, X)", algebra="viterbi").facts("edge", table, weight="w")
    assert "weights 0.4, 0.25" in likely.why("path(a, c)").note
    with pytest.raises(RuleError, match="does not change gradually"):
        LogicProgram("0.5::a. b :- a.", query="b", algebra="tensor(0)").sensitivity()
