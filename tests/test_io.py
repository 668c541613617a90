"""A saved Fit reads back bit for bit, in another process too; a damaged folder is refused in one sentence."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import induce
from induce.algebras import REAL, register
from induce.errors import FormatError
from induce.fit import Baseline, Fit, Row
from induce.terms import arithmetic, hole

DATA = {"x": np.linspace(0.1, 3, 40), "body mass": np.linspace(-1, 1, 40) ** 3}


def row(text, sketch, values, errors, **rest):
    term = arithmetic.parse(text)
    return Row(term, arithmetic.parse(sketch), values, errors, term.size, 0.1 + 0.2, 1 - 1e-16, **rest)


@pytest.fixture
def fit():
    rows = (
        row("0.1 * x", "?c0 * x", {"c0": 0.1}, {"c0": math.nan}, held_out=None),
        row("sin(0.3 * x) / `body mass` + 1e-300", "sin(?c0 * x) / `body mass` + ?c1", {"c0": 0.3, "c1": 1e-300},
            {"c0": 1 / 3, "c1": math.inf}, held_out=1 / 7, description_length=-3.3, source="evolve", found_at=12.0, defined=True),
    )  # fmt: skip
    return Fit(
        rows, 1, "Because.", "done", arithmetic, tuple(DATA), {"x": "m"}, "y", "m^2", ((1.0, 2.0, math.inf), (3.0, 4.0, 0.1)),
        {"seed": 7, "candidates": 1e9, "learner": "then", "odd": -math.inf}, ("one", "two"), (Baseline("linear model", 0.5, 0.25),),
    )  # fmt: skip


@pytest.fixture
def folder(fit, tmp_path):
    fit.save(tmp_path / "saved")
    return tmp_path / "saved"


def same(a, b):
    """Equal, where NaN equals NaN."""
    return repr(a) == repr(b)


def test_everything_comes_back(fit, folder):
    back = induce.load(folder)
    assert [r.term for r in back.rows] == [r.term for r in fit.rows]
    assert all(a.term is b.term and a.sketch is b.sketch for a, b in zip(back.rows, fit.rows, strict=True))
    for name in (
        "chosen",
        "reason",
        "stopped",
        "names",
        "units",
        "target",
        "target_unit",
        "history",
        "report",
        "notes",
        "baselines",
    ):
        assert same(getattr(back, name), getattr(fit, name)), name
    for a, b in zip(back.rows, fit.rows, strict=True):
        for name in (
            "values",
            "errors",
            "size",
            "loss",
            "r2",
            "held_out",
            "description_length",
            "source",
            "found_at",
            "defined",
        ):
            assert same(getattr(a, name), getattr(b, name)), name
    assert back.language is arithmetic
    assert str(back) == str(fit)


def test_predictions_are_bit_equal_in_a_fresh_process(fit, folder):
    code = (
        "import sys, numpy, induce\n"
        "data = {'x': numpy.linspace(0.1, 3, 40), 'body mass': numpy.linspace(-1, 1, 40) ** 3}\n"
        "sys.stdout.write(induce.load(sys.argv[1]).predict(data).tobytes().hex())\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    assert done.stdout == fit.predict(DATA).tobytes().hex()


def test_a_person_can_read_the_folder(folder):
    exports = {"formula.py", "formula.tex", "formula.sql"}
    assert {p.name for p in folder.iterdir()} == {"fit.json", "language.json", "formula.txt", "README.md"} | exports
    assert "def formula(" in (folder / "formula.py").read_text()
    assert (folder / "formula.txt").read_text() == "y [m^2] = sin(0.3 * x) / `body mass` + 1e-300\n"
    card = (folder / "README.md").read_text()
    assert 'induce.load("FOLDER")' in card
    assert "linear model" in card
    json.loads((folder / "fit.json").read_text(), parse_constant=pytest.fail)


def test_a_real_fill_comes_back(tmp_path):
    found = induce.fill(arithmetic.parse("?a * sin(?b * x)"), ({"x": DATA["x"]}, 2.5 * np.sin(0.7 * DATA["x"])))
    found.save(tmp_path / "f")
    back = induce.load(tmp_path / "f")
    assert back.best is found.best
    assert (back.predict(DATA) == found.predict(DATA)).all()


def test_saving_again_replaces_and_keeps_what_others_put_there(fit, folder):
    (folder / "mine.txt").write_text("notes")
    fit.select(row=0).save(folder)
    assert induce.load(folder).chosen == 0
    assert (folder / "mine.txt").read_text() == "notes"
    assert [p.name for p in folder.parent.iterdir()] == ["saved"]


def test_the_card_may_be_edited(folder):
    (folder / "README.md").write_text("my own words")
    assert induce.load(folder).chosen == 1


def test_other_folders_and_files_are_left_alone(fit, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    with pytest.raises(
        FormatError, match=r"is not empty and holds no Fit, so it is left alone. Give a name that is free."
    ):
        fit.save(tmp_path / "thesis")
    with pytest.raises(FormatError, match=r"is a file, but a Fit is saved as a folder"):
        fit.save(tmp_path / "thesis" / "chapter.txt")
    (tmp_path / "empty").mkdir()
    fit.save(tmp_path / "empty")
    assert induce.load(tmp_path / "empty").chosen == 1
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "years of work"


def test_a_failed_save_leaves_the_old_folder(fit, folder):
    broken = replace(fit, report={"seed": object()})
    with pytest.raises(FormatError, match=r"a value of type object .* cannot be saved. Use numbers and text."):
        broken.save(folder)
    assert induce.load(folder).report["seed"] == 7
    assert [p.name for p in folder.parent.iterdir()] == ["saved"]


def _edit(path, change):
    path.write_text(change(path.read_text()))


def test_a_missing_or_foreign_folder(folder, tmp_path):
    with pytest.raises(FormatError, match=r"there is no folder '.*savd'. Did you mean 'saved'\? Check the path."):
        induce.load(tmp_path / "savd")
    (tmp_path / "other").mkdir()
    with pytest.raises(
        FormatError, match=r"'.*other' is not a saved Fit: it holds no fit.json. Name a folder that Fit.save\(\) wrote."
    ):
        induce.load(tmp_path / "other")
    (tmp_path / "other" / "fit.json").write_text("[1]")
    with pytest.raises(FormatError, match=r"is not a saved Fit: it states no format"):
        induce.load(tmp_path / "other")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
@pytest.mark.parametrize("name", ["fit.json", "language.json", "formula.txt"])
def test_a_truncated_file(folder, name, share):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: int(share * len(content))])
    with pytest.raises(
        FormatError, match=rf"'.*{re.escape(name)}' is truncated or (damaged|was changed).*Save the Fit again."
    ):
        induce.load(folder)


def test_a_changed_number_is_noticed(folder):
    _edit(folder / "fit.json", lambda text: text.replace('"c0": 0.3', '"c0": 0.4'))
    with pytest.raises(
        FormatError, match=r"fit.json' was changed after it was saved \(its checksum differs\). Save the Fit again."
    ):
        induce.load(folder)


def test_a_missing_file(folder):
    (folder / "language.json").unlink()
    with pytest.raises(FormatError, match=r"is incomplete: 'language.json' is missing. Copy the whole folder"):
        induce.load(folder)


def test_a_newer_format(folder):
    _edit(folder / "fit.json", lambda text: text.replace('"format": 1', '"format": 2'))
    with pytest.raises(
        FormatError,
        match=rf"has format 2, written by induce {induce.__version__}, but this version reads up to format 1. Update it",
    ):
        induce.load(folder)


def test_unreadable_json(folder):
    (folder / "fit.json").write_text('{"format": 1, ')
    with pytest.raises(FormatError, match=r"fit.json' is truncated or damaged: .* Save the Fit again."):
        induce.load(folder)


def _rewrite(folder, change):
    """Change the body and make the checksums fit again, as another program could."""
    from induce import io

    whole = json.loads((folder / "fit.json").read_text())
    change(whole["fit"])
    whole["checksum"] = io.digest(io.dump([whole["files"], whole["fit"]]).encode())
    (folder / "fit.json").write_text(json.dumps(whole))


def test_an_unknown_operator(folder):
    _rewrite(folder, lambda body: body["rows"][0].update(term="(sine x)"))
    with pytest.raises(
        FormatError, match=r"cannot be understood: at 1:2: unknown operator 'sine'. Did you mean 'sin'\?"
    ):
        induce.load(folder)


def test_a_field_that_is_missing(folder):
    _rewrite(folder, lambda body: body.pop("names"))
    with pytest.raises(FormatError, match=r"cannot be understood: 'names'. Save the Fit again."):
        induce.load(folder)


def test_operators_of_your_own_are_given_again(tmp_path):
    language = arithmetic.extend("mine")
    twice = language.op("twice_over(real) -> real")
    register(twice, REAL, lambda xp, x: 2 * x)
    term = twice(language.variable("x"))
    fit = Fit((Row(term, term, {}, {}, 2, 0.0, 1.0),), 0, "", "", language, ("x",))
    fit.save(tmp_path / "f")
    back = induce.load(tmp_path / "f")
    assert back.best is term
    assert "twice_over" in back.language
    code = (
        "import sys, induce\nfrom induce.errors import FormatError\n"
        "try:\n    induce.load(sys.argv[1])\nexcept FormatError as error:\n    sys.stdout.write(str(error) + '\\n')\n"
        "fit = induce.load(sys.argv[1], ops={'twice_over': lambda xp, x: 2 * x})\n"
        "sys.stdout.write(str(fit.predict({'x': [1.5]})))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "f")], capture_output=True, text=True, check=True)
    assert done.stdout == (
        "the formulas use the operator 'twice_over', whose function is not saved. "
        "Give it: load(path, ops={'twice_over': function}).\n[3.]"
    )
    with pytest.raises(
        FormatError, match=r"ops names 'twice', which the saved language does not have. .*Did you mean 'twice_over'\?"
    ):
        induce.load(tmp_path / "f", ops={"twice": abs})


def test_nets_are_saved_as_tensors_and_given_again(tmp_path):
    import torch

    def fresh():
        return torch.nn.Sequential(
            torch.nn.Linear(1, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1), torch.nn.Flatten(0)
        ).double()

    torch.manual_seed(0)
    holder = hole.net(fresh(), name="bend")
    x = np.linspace(-1, 1, 30)
    found = _fit_of_net(holder, x)
    found.save(tmp_path / "f")
    assert (tmp_path / "f" / "tensors.safetensors").is_file()
    assert not list(tmp_path.rglob("*.p*kl*"))
    with pytest.raises(
        FormatError, match=r"the net 'bend' needs its module, which is not saved. Give it: load\(path, modules="
    ):
        induce.load(tmp_path / "f")
    with pytest.raises(FormatError, match=r"the module given for the net 'bend' has another shape than the saved one"):
        induce.load(tmp_path / "f", modules={"bend": torch.nn.Linear(1, 1)})
    module = fresh()
    back = induce.load(tmp_path / "f", modules={"bend": module})
    for name, tensor in found.modules["bend"].state_dict().items():
        assert torch.equal(module.state_dict()[name], tensor)
    assert back.rows[0].term is found.rows[0].term
    damaged = (tmp_path / "f" / "tensors.safetensors").read_bytes()
    (tmp_path / "f" / "tensors.safetensors").write_bytes(damaged[:-3] + b"\0\1\2")
    with pytest.raises(FormatError, match=r"tensors.safetensors' is truncated or was changed"):
        induce.load(tmp_path / "f", modules={"bend": fresh()})


def _fit_of_net(term, x):
    module = hole.module_of(term)
    return Fit((Row(term, term, {}, {}, 1, 0.0, 1.0),), 0, "", "", arithmetic, ("x",), modules={"bend": module})


def test_a_place_that_cannot_be_written(fit, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FormatError, match=r"cannot be written: .* Choose another folder."):
        fit.save(Path(tmp_path / "file" / "below"))
