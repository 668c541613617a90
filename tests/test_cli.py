"""The command: what it prints, its exit codes, and that nothing but a message reaches a user who made a mistake."""

from __future__ import annotations

import importlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import induce
from induce.cli import app
from induce.fit import Fit, Row
from induce.terms import arithmetic

QUICK = ["--within", "3e5 candidates", "--max-size", "7", "--operators", "+ * sqrt"]


def run(*args, code=0, stdin=None):
    result = CliRunner().invoke(app, [str(a) for a in args], input=stdin)
    assert "Traceback" not in result.output
    assert result.exit_code == code, result.output
    return result


def command(*args, **options):
    line = [sys.executable, "-m", "induce.cli", *map(str, args)]
    return subprocess.run(line, capture_output=True, text=True, check=False, **options)


@pytest.fixture
def table(tmp_path):
    x = np.linspace(1, 5, 30)
    path = tmp_path / "pendulum.csv"
    path.write_text("length [m],period [s]\n" + "".join(f"{a},{2 * np.sqrt(a)}\n" for a in x))
    return path


@pytest.fixture
def saved(tmp_path):
    rows = []
    for text, loss in (("length", 0.5), ("2.0 * sqrt(length)", 1e-9)):
        term = arithmetic.parse(text)
        rows.append(Row(term, term, {}, {}, term.size, loss, 1 - loss))
    fit = Fit(
        tuple(rows),
        1,
        "Because.",
        "done",
        arithmetic,
        ("length",),
        {"length": "m"},
        "period",
        "s",
        report={"seconds": 1.0},
    )
    fit.save(tmp_path / "saved")
    return tmp_path / "saved"


# ---- fit


def test_fit_prints_the_table_the_law_the_numbers_the_seconds_and_where_it_went(table, tmp_path):
    folder = tmp_path / "out" / "pendulum"
    shown = run("fit", table, "--target", "period", *QUICK, "--save", folder).stdout
    lines = shown.splitlines()
    assert lines[0] == "period [s] ="
    assert lines[1].split() == ["size", "loss", "held", "out", "R2", "formula"]
    assert "Held out: mean square error on a fifth of the rows at a time" in shown
    chosen = [line for line in lines if line.startswith(">")]
    assert len(chosen) == 1
    assert "sqrt(length)" in chosen[0]
    assert "(linear model: no formula)" in shown
    assert "period = 2 * sqrt(length)" in lines
    assert re.search(
        r"^Numbers in it, each refitted: factor of length\^0.5 2(\.0+)? \+- .*; exponent of length 0.50* \+- ",
        shown,
        re.MULTILINE,
    )
    assert re.search(r"^Search: \d+\.\d s\. Compiling kernels: \d+\.\d s, not counted\.$", shown, re.MULTILINE)
    assert f"Saved in {folder}, with exports: formula.txt, formula.py, formula.tex, formula.sql" in shown
    assert f"Next: induce predict {folder} TABLE" in shown
    assert (folder / "formula.py").is_file()
    assert induce.load(folder).units["length"] == "m"


def test_fit_as_json_is_one_document(table):
    document = json.loads(run("fit", table, "--target", "period", *QUICK, "--json").stdout)
    assert document["formula"] == "2.0 * sqrt(length)"
    assert document["front"][document["chosen"]]["formula"] == document["formula"]
    assert {n["label"] for n in document["numbers"]} == {"factor of length^0.5", "exponent of length"}
    assert document["saved"] is None
    assert document["unit"] == "s"
    assert document["report"]["search_seconds"] >= 0


def test_where_the_work_runs_can_be_said(table, monkeypatch):
    asked = []
    solve = importlib.import_module("induce.formulas.estimator").solve
    monkeypatch.setattr(
        "induce.formulas.estimator.solve",
        lambda task, **settings: asked.append(settings.pop("backend")) or solve(task, **settings),
    )
    run("fit", table, "--target", "period", *QUICK, "--quiet")
    run("fit", table, "--target", "period", *QUICK, "--quiet", "--backend", "ray")
    assert asked == ["joblib", "ray"]
    refused = run("fit", table, "--target", "period", *QUICK, "--backend", "dask", code=1)
    assert "unknown backend 'dask'. Known: joblib, ray." in refused.stderr


def test_quiet_prints_the_formula_only(table):
    assert run("fit", table, "--target", "period", *QUICK, "--quiet").output == "2.0 * sqrt(length)\n"


def test_without_save_it_says_how(table):
    assert (
        "Not saved. Add --save DIR to keep the formulas with their exports."
        in run("fit", table, "--target", "period", *QUICK).stdout
    )


def test_text_columns_are_left_out_with_a_word(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("name,x,y\n" + "".join(f"n{k},{k},{3 * k}\n" for k in range(1, 9)))
    result = run("fit", path, "--target", "y", *QUICK, "--quiet")
    assert "column 'name' holds text and is left out." in result.stderr
    assert result.stdout == "3 * x\n"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--target", "perid"], "there is no column 'perid'. Did you mean 'period'? The columns are: length, period."),
        (["--target", "period", "--columns", "lenght"], "there is no column 'lenght'. Did you mean 'length'?"),
        (["--target", "period", "--columns", "length,period"], "the target 'period' is also among the columns that explain it. Take it out."),
        (["--target", "period", "--units", "length"], "cannot read 'length' in the units 'length'. Write them as \"length=m,g=m/s^2\"."),
        (["--target", "period", "--units", "width=m"], "the units name a column that is not here: there is no column 'width'."),
        (["--target", "period", "--units", "length=blobs"], "the unit of column 'length' cannot be read: unknown unit 'blobs'."),
        (["--target", "period", "--within", "20 parsecs"], "unknown unit 'parsecs' in the budget '20 parsecs'."),
        (["--target", "period", "--within", "0s"], "the budget's seconds must be a positive number, but got 0.0. Write for example '60s'."),
        (["--target", "period", "--operators", "+ sine"], "unknown operator 'sine'. Did you mean 'sin'?"),
        (["--target", "period", "--select", "best"], "unknown selection rule 'best'. Known: description_length"),
        (["--target", "period", "--max-size", "0"], "max_size must be a whole number of at least 1, but got 0."),
        (["--target", "period", "--noise", "-1"], "noise must be a standard deviation above 0, but got -1.0."),
    ],
)  # fmt: skip
def test_a_mistake_gets_one_message_and_exit_code_1(table, args, words):
    result = run("fit", table, *args, code=1)
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nothing.csv", "there is no file 'nothing.csv'."),
        ("shipped:planet", "there is no shipped table 'planet'. Did you mean 'planets'?"),
        ("table.doc", "there is no file 'table.doc'."),
    ],
)
def test_a_table_that_cannot_be_read(source, words):
    assert words in run("fit", source, "--target", "y", code=1).stderr


def test_a_bad_cell_is_named(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x,y\n1,2\n2,4\n3x,6\n4,8\n5,10\n6,12\n")
    assert (
        "column 'x' holds text in row 2: '3x', but numbers are needed. Correct that entry, or name the columns"
        in run("fit", path, "--target", "y", code=1).stderr
    )


def test_errors_are_a_document_too_with_json(table):
    result = run("fit", table, "--target", "perid", "--json", code=1)
    assert json.loads(result.stdout)["error"].startswith("there is no column 'perid'.")
    assert result.stderr.startswith("error: there is no column")


@pytest.mark.parametrize(
    "args",
    [
        ["fit"],
        ["fit", "shipped:planets"],
        ["fly"],
        ["export", "x"],
        ["fit", "a", "--target", "b", "--seed", "x"],
        ["papers", "fly"],
    ],
)
def test_wrong_usage_is_exit_code_2(args):
    run(*args, code=2)


def test_an_unexpected_error_is_one_line(saved, monkeypatch):
    def burst(*args):
        raise ZeroDivisionError("ouch")

    monkeypatch.setattr(Fit, "export", burst)
    result = run("export", saved, "--to", "latex", code=1)
    assert result.stderr == "error: unexpected ZeroDivisionError: ouch. Run with INDUCE_DEBUG=1 for details.\n"
    monkeypatch.setenv("INDUCE_DEBUG", "1")
    assert "Traceback" in CliRunner().invoke(app, ["export", str(saved), "--to", "latex"]).stderr


# ---- show, predict, export


def test_show(saved):
    shown = run("show", saved).stdout
    assert "> " in shown
    assert "period = 2 * sqrt(length)" in shown
    assert "Search:" not in shown
    assert "period = length" in run("show", saved, "--row", "2").stdout
    document = json.loads(run("show", saved, "--json").stdout)
    assert document["formula"] == "2.0 * sqrt(length)"
    assert document["saved"] == str(saved)


def test_predict_writes_csv(saved, table, tmp_path):
    shown = run("predict", saved, table).stdout.splitlines()
    assert shown[0] == "period [s]"
    assert np.array(shown[1:], dtype=float) == pytest.approx(2 * np.sqrt(np.linspace(1, 5, 30)))
    run("predict", saved, table, "--out", tmp_path / "p.csv")
    assert (tmp_path / "p.csv").read_text().splitlines() == shown
    document = json.loads(run("predict", saved, table, "--json", "--row", 1).stdout)
    assert document["predictions"] == pytest.approx(np.linspace(1, 5, 30))


def test_predict_converts_units_and_names_undefined_rows(saved, tmp_path):
    path = tmp_path / "cm.csv"
    path.write_text("length [cm]\n100\n-400\n")
    result = run("predict", saved, path, "--json")
    assert json.loads(result.stdout)["predictions"] == [pytest.approx(2.0), None]
    assert "column 'length' is converted from cm to m." in result.stderr
    assert "the formula is undefined on 1 of 2 rows, first row 1." in result.stderr
    path.write_text("length [kg]\n100\n")
    assert "column 'length' is in kg, but the formula was found with m." in run("predict", saved, path, code=1).stderr
    path.write_text("width\n100\n")
    assert "there is no column 'length'." in run("predict", saved, path, code=1).stderr


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("latex", r"2 \, \sqrt{\mathrm{length}}"), ("python", "def formula(length"), ("sympy", "2.0*sqrt(length)"),
        ("sql", 'SELECT (2.0 * sqrt("length")) AS "period" FROM "data"'), ("torch", "import torch"), ("mathml", "<math"),
        ("text", "2.0 * sqrt(length)"),
    ],
)  # fmt: skip
def test_export(saved, to, words, tmp_path):
    shown = run("export", saved, "--to", to).stdout
    assert words in shown
    run("export", saved, "--to", to, "--out", tmp_path / "f")
    assert (tmp_path / "f").read_text() == shown
    assert json.loads(run("export", saved, "--to", to, "--json").stdout)["text"].rstrip("\n") == shown.rstrip("\n")


def test_export_another_row_and_a_wrong_format(saved, tmp_path):
    assert run("export", saved, "--to", "text", "--row", "2").stdout == "length\n"
    assert "unknown export format 'latx'. Did you mean 'latex'?" in run("export", saved, "--to", "latx", code=1).stderr
    assert (
        "no formula has at most 0 nodes; the smallest has 1."
        in run("export", saved, "--to", "text", "--row", "0", code=1).stderr
    )
    nowhere = tmp_path / "none" / "f"
    assert f"'{nowhere}' cannot be written" in run("export", saved, "--to", "text", "--out", nowhere, code=1).stderr


def test_a_folder_that_is_no_fit(tmp_path):
    assert "there is no folder" in run("show", tmp_path / "none", code=1).stderr
    assert "is not a saved Fit: it holds no fit.json." in run("show", tmp_path, code=1).stderr


# ---- doctor, papers, version


def test_doctor_tells_what_is_there():
    shown = run("doctor").stdout
    assert f"induce     {induce.__version__}" in shown
    assert re.search(r"^\[tables\] +pyarrow", shown, re.MULTILINE)
    assert "kernels" in shown
    document = json.loads(run("doctor", "--json").stdout)
    assert document["packages"]["numpy"] == np.__version__
    assert "cpu" in document["devices"]


def test_doctor_when_extras_and_packages_are_missing(tmp_path):
    code = (
        "import importlib.metadata as m, importlib.util as u\n"
        "real, find = m.version, u.find_spec\n"
        "def version(name):\n"
        "    if name in ('pyarrow', 'torch', 'matplotlib'):\n        raise m.PackageNotFoundError(name)\n"
        "    return real(name)\n"
        "m.version = version\nu.find_spec = lambda name, *a: None if name == 'torch' else find(name, *a)\n"
        "import sys\nfrom induce.doctor import examine, report_text\nsys.stdout.write(report_text(examine()))\n"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    ).stdout
    assert "missing pyarrow: pip install 'induce[tables]'" in shown
    assert "[plot]     missing matplotlib: pip install 'induce[plot]'" in shown
    assert "devices    none: torch is not installed" in shown
    assert "MISSING    torch: pip install --upgrade induce" in shown
    assert f"kernels    0 compiled, kept in {tmp_path / 'cache'}" in shown


def test_the_extras_are_those_of_the_package():
    import tomllib

    from induce.doctor import CORE, EXTRAS

    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]

    def bare(lines):
        return tuple(re.match(r"[\w-]+", line)[0] for line in lines)

    assert set(CORE) == set(bare(project["dependencies"]))
    for extra, packages in EXTRAS.items():
        assert packages == bare(project["optional-dependencies"][extra])


@pytest.fixture
def pages(tmp_path, monkeypatch):
    (tmp_path / "papers").mkdir()
    for name, total in (("good", 4), ("bad", 5)):
        (tmp_path / "papers" / f"zz_{name}.py").write_text(
            f"from induce.papers import Check\nTITLE = 'A {name} page'\nCLAIM = 'Two and two are four.'\n"
            f"def small():\n    return {total}\ndef full():\n    return 2 * {total}\n"
            "def check(result):\n    return Check(str(result), 'equals 4', result == 4)\n"
        )
    monkeypatch.chdir(tmp_path)


def test_papers(pages):
    assert "zz-good: A good page" in run("papers", "list").stdout
    assert {"slug": "zz-bad", "title": "A bad page", "claim": "Two and two are four."} in json.loads(
        run("papers", "list", "--json").stdout
    )
    assert "equals 4: holds" in run("papers", "run", "zz-good").stdout
    assert "equals 4: does not hold" in run("papers", "run", "zz-bad", code=1).stdout
    assert json.loads(run("papers", "run", "zz-good", "--full", "--json", code=1).stdout)["figure"] == "8"
    assert "there is no paper 'zz-god'. Did you mean 'zz-good'?" in run("papers", "run", "zz-god", code=1).stderr


def test_version_and_help():
    assert run("--version").stdout == f"induce {induce.__version__}\n"
    shown = run("--help").stdout
    for name in ("fit", "show", "predict", "export", "doctor", "papers"):
        assert name in shown


# ---- as a process


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nfrom induce.cli import main\nsys.argv = ['induce', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'numpy', 'sklearn', 'pandas', 'sympy', 'numba', 'lark', 'scipy'} & set(sys.modules)\n"
        "sys.stderr.write(str(heavy))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "set()"


def test_a_table_on_standard_input(tmp_path):
    text = "x,y\n" + "".join(f"{k},{3 * k}\n" for k in range(1, 9))
    done = command(
        "fit",
        "-",
        "--target",
        "y",
        *QUICK,
        "--quiet",
        input=text,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": _source()},
    )
    assert (done.stdout, done.returncode) == ("3 * x\n", 0), done.stderr


def _source():
    return str(Path(induce.__file__).parents[1])


@pytest.mark.slow
def test_interruption_prints_and_saves_the_best_so_far(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.uniform(1, 5, (200, 3))
    y = np.sin(3 * x[:, 0]) * x[:, 1] + rng.normal(size=200)
    path = tmp_path / "noisy.csv"
    path.write_text("a,b,c,y\n" + "".join(f"{a},{b},{c},{d}\n" for (a, b, c), d in zip(x, y, strict=True)))
    line = [
        sys.executable,
        "-m",
        "induce.cli",
        "fit",
        str(path),
        "--target",
        "y",
        "--within",
        "300s",
        "--save",
        str(tmp_path / "f"),
    ]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for told in process.stderr:  # the first progress line says that the search has begun
        if "candidates" in told:
            break
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    shown, told = process.communicate(timeout=120)
    assert process.returncode == 0, told
    assert "Stopped: interrupted; this is the best so far." in shown
    assert "Traceback" not in told
    assert induce.load(tmp_path / "f").stopped == "interrupted; this is the best so far"
