"""Everything is found by name, shipped or plugged in, and loaded only when asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from induce import catalog
from induce.errors import AlgebraError, DataError, ExportError, FillError, OpError, SpaceError

SHIPPED = {
    "languages": ["arithmetic", "boolean", "core_lists", "lists", "rules", "smt_strings", "strings"],
    "algebras": [
        "real",
        "boolean",
        "interval",
        "values",
        "probability",
        "log-probability",
        "counting",
        "tropical",
        "viterbi",
        "min-max",
        "add-mult",
        "dual",
        "gf2",
        "possibility",
        "fuzzy(product)",
        "fuzzy(godel)",
        "fuzzy(lukasiewicz)",
        "fuzzy(logit)",
        "proofs(3)",
        "tensor(0)",
    ],
    "learners": "backfitting bidirectional choices constants enumerate evolve gradient local mcts portfolio separable".split(),
    "algorithms": ["bandit", "evolution", "policy", "random"],
    "estimators": [
        "BooleanRegressor",
        "ConceptClassifier",
        "ConceptIdentifier",
        "FormulaRegressor",
        "GraphRules",
        "HierarchicalClassifier",
        "LibraryLearner",
        "MutualInformation",
        "NearestSupportClassifier",
        "PartClassifier",
        "ProgramSynthesizer",
        "RuleClassifier",
        "RuleRegressor",
        "SymbolClassifier",
        "SymbolClusterer",
    ],
    "exporters": ["text", "latex", "mathml", "python", "sympy", "sql", "torch"],
    "rooms": ["formulas", "programs", "rules"],
}


@pytest.mark.parametrize(("shelf", "names"), SHIPPED.items())
def test_what_is_shipped_loads(shelf, names):
    found = catalog.SHELVES[shelf]
    assert list(found) == names
    assert all(found[name] is not None and name in found for name in names)
    assert len(found) == len(names)


def test_the_entries_are_the_things_themselves():
    import induce

    assert catalog.languages["arithmetic"] is induce.arithmetic
    assert catalog.algebras["interval"] is induce.Algebra.INTERVAL
    assert isinstance(catalog.learners["evolve"](), induce.Learner)
    assert catalog.rooms["formulas"] is induce.formulas
    assert catalog.languages.get("chess") is None


def test_exporters_are_those_of_a_fit():
    from induce.fit import Fit, Row
    from induce.terms import arithmetic

    term = arithmetic.parse("x + 1")
    fit = Fit((Row(term, term, {}, {}, 3, 0.0, 1.0),), 0, "", "", arithmetic, ("x",))
    with pytest.raises(ExportError, match=rf"Known: {', '.join(catalog.exporters)}\."):
        fit.export("nothing")
    assert catalog.exporters["text"](fit) == "x + 1"


@pytest.mark.parametrize(
    ("shelf", "name", "error", "words"),
    [
        ("languages", "arithmetics", OpError, "there is no language 'arithmetics'. Did you mean 'arithmetic'? There are: arith"),
        ("algebras", "reel", AlgebraError, "there is no algebra 'reel'. Did you mean 'real'? There are: real, boolean, interval,"),
        ("learners", "evolved", FillError, "there is no learner 'evolved'. Did you mean 'evolve'?"),
        ("algorithms", "evolutoin", SpaceError, "there is no algorithm 'evolutoin'. Did you mean 'evolution'?"),
        ("estimators", "FormulaRegresor", FillError, "there is no estimator 'FormulaRegresor'. Did you mean 'FormulaRegressor'?"),
        ("exporters", "latext", ExportError, "there is no export format 'latext'. Did you mean 'latex'?"),
        ("rooms", "formula", DataError, "there is no room 'formula'. Did you mean 'formulas'?"),
        ("papers", "nothing-like-it", DataError, "there is no paper 'nothing-like-it'."),
    ],
)  # fmt: skip
def test_an_unknown_name_is_answered_with_the_nearest(shelf, name, error, words):
    with pytest.raises(error) as caught:
        catalog.SHELVES[shelf][name]
    assert str(caught.value).startswith(words)


def test_papers_are_found_as_files(tmp_path, monkeypatch):
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "zz_mine.py").write_text("raise RuntimeError('not run to be listed')")
    monkeypatch.chdir(tmp_path)
    assert "zz-mine" in catalog.papers


def test_the_catalog_itself_is_light():
    code = "import sys, induce.catalog as c; list(c.learners); print({'numpy', 'torch', 'numba', 'sklearn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """An installed package with entry points, as pip would leave it."""
    (tmp_path / "toy_plugin.py").write_text(
        "from induce.terms import arithmetic\n\nlanguage = arithmetic.extend('toy')\n\n\n"
        "class Lucky:\n    name, parallel = 'lucky', False\n\n"
        "    def accepts(self, task):\n        return ''\n\n    def run(self, task, state, rng):\n        return iter(())\n"
    )
    info = tmp_path / "toy_plugin-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-plugin\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text(
        "[induce.languages]\ntoy = toy_plugin:language\narithmetic = toy_plugin:language\n\n"
        "[induce.learners]\nlucky = toy_plugin:Lucky\nbroken = toy_plugin:Nothing\n\n[induce.rooms]\ntoys = toy_plugin\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("toy_plugin", None)
    for shelf in catalog.SHELVES.values():
        for name in ("toy", "lucky", "toys"):
            shelf._loaded.pop(name, None)


def test_a_plug_in_is_found_by_its_entry_points(toy):
    from induce import Learner

    assert isinstance(catalog.learners["lucky"](), Learner)
    assert "lucky" in list(catalog.learners)
    assert catalog.rooms["toys"].__name__ == "toy_plugin"
    with pytest.warns(
        UserWarning, match=r"'toy_plugin:language' is left out: induce ships another language called 'arithmetic'."
    ):
        assert catalog.languages["toy"].name == "toy"
    with pytest.raises(
        FillError, match=r"the learner 'broken' of the package 'toy-plugin' cannot be loaded: AttributeError: .* remove"
    ):
        catalog.learners["broken"]
