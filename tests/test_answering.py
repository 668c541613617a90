"""The ``induce logic`` command."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from induce.cli import app

RULES = "path(X, Y) :- edge(X, Y).\npath(X, Z) :- edge(X, Y), path(Y, Z).\n"
EDGES = "from,to,p\na,b,0.3\nb,c,0.4\nc,a,0.5\na,c,0.1\n"


@pytest.fixture
def files(tmp_path):
    (tmp_path / "path.lp").write_text(RULES)
    (tmp_path / "edges.csv").write_text(EDGES)
    (tmp_path / "bare.csv").write_text("\n".join(line.rpartition(",")[0] for line in EDGES.splitlines()) + "\n")
    return tmp_path


def run(*arguments, text=None):
    return CliRunner().invoke(app, ["logic", *map(str, arguments)], input=text)


def test_answers_come_with_their_values_and_the_claim(files):
    done = run(files / "path.lp", "--facts", f"edge={files}/edges.csv", "--weight", "edge=p", "--query", "path(a, X)")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[:3] == ["path(a, b)  0.3", "path(a, c)  0.208", "path(a, a)  0.104"]
    assert "probability: the probability that the query holds" in done.stdout


def test_json_has_everything(files):
    done = run(
        files / "path.lp", "--facts", f"edge={files}/edges.csv", "--weight", "edge=p", "--query", "path(a, X)",
        "--algebra", "proofs(1)", "--why", "path(a, c)", "--json",
    )  # fmt: skip
    document = json.loads(done.stdout)
    assert document["count"] == 3
    assert not document["exact"]
    second = document["answers"][1]
    assert (second["answer"], second["value"]) == ("path(a, c)", pytest.approx(0.12))
    assert 0.208 <= second["at most"] <= 1.0
    assert "by path(X, Z) :- edge(X, Y), path(Y, Z)." in document["why"]


def test_certain_facts_standard_input_plan_and_limit(files):
    given = ["-", "--facts", f"edge={files}/bare.csv", "--query", "path(a, X)"]
    done = run(*given, "--limit", "1", text=RULES)
    assert "... and 2 more (raise --limit)" in done.stdout
    assert "stratum" in run(*given, "--plan", text=RULES).stdout
    assert run("-", "--query", "p(X)", text="p(1) :- q(2). q(1).").stdout.startswith("no answers")


def test_texts_of_other_engines(files):
    done = run("-", "--dialect", "problog", text="0.3::a. b :- \\+a. query(b).")
    assert done.stdout.startswith("b  0.7")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none.lp"], "there is no program 'none.lp'"),
        (["path.lp", "--facts", "edge"], "--facts 'edge' has no '='"),
        (["path.lp", "--facts", "edge=none.csv"], "there is no file 'none.csv' of facts"),
        (["path.lp", "--weight", "edge=p", "--query", "path(a, X)"], "--weight names 'edge', but there is no --facts"),
        (["path.lp", "--query", "pth(a, X)"], "Did you mean 'path/2'?"),
        (["path.lp", "--algebra", "viterby"], "Did you mean 'viterbi'?"),
        (["path.lp", "--dialect", "prolog"], "unknown dialect 'prolog'"),
        (["path.lp", "--query", "path(a, X"], "at 1:"),
    ],
)
def test_mistakes_end_with_one_sentence(files, monkeypatch, arguments, words):
    monkeypatch.chdir(files)
    done = run(*arguments)
    assert done.exit_code == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_runs_as_a_process(files):
    done = subprocess.run(
        [sys.executable, "-m", "induce.cli", "logic", str(files / "path.lp"), "--facts", f"edge={files}/bare.csv", "--query", "path(c, b)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("path(c, b)  1")


def test_tables_without_a_header_and_holes_that_nobody_fitted(files):
    (files / "plain.csv").write_text("a,b\nb,c\n")
    given = [files / "path.lp", "--facts", f"edge={files}/plain.csv", "--query", "path(a, X)"]
    assert run(*given, "--no-header").stdout.splitlines()[:2] == ["path(a, b)  1", "path(a, c)  1"]
    done = run("-", "--query", "rain", text="?p{start: 0.25}::rain.")
    assert "Nothing was fitted: ?p stands at first guesses." in done.stdout
    assert "Nothing was fitted" not in run(*given).stdout
