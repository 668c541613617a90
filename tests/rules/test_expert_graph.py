"""Expert graphs: every source gives the same graph, which is facts of a program; what is wrong is said in words."""

from __future__ import annotations

import json
import re
import sys

import networkx as nx
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from induce.errors import DataError, InduceError, RuleError, TermError
from induce.logic import LogicProgram, rules
from induce.rules import ExpertGraph

STYLES = {"gothic": ["pointed arch", "rose"], "baroque": ["column", "rose"]}
PAIRS = [(of, part) for of, parts in STYLES.items() for part in parts]
GRAPH = ExpertGraph.from_any(STYLES)
NAMES = st.lists(
    st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=5), min_size=1, max_size=4, unique=True
)


def test_what_it_holds():
    assert GRAPH.classes == ("gothic", "baroque")
    assert GRAPH.parts == ("pointed arch", "rose", "column")
    assert GRAPH.matrix.tolist() == [[True, True, False], [False, True, True]]
    assert GRAPH.signs.tolist() == [[1, 1, -1], [-1, 1, 1]]
    assert GRAPH.pairs == [("gothic", "pointed arch"), ("gothic", "rose"), ("baroque", "rose"), ("baroque", "column")]
    assert GRAPH.to_dict() == {"gothic": ["pointed arch", "rose"], "baroque": ["rose", "column"]}
    assert repr(GRAPH) == "ExpertGraph(2 classes, 3 parts, 4 pairs of has_part)"
    with pytest.raises(ValueError, match="read-only"):
        GRAPH.matrix[0, 0] = False


def write(folder, name, text):
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


TURTLE = "@prefix s: <http://a.org/styles#> . @prefix p: <http://a.org/parts/> . " + " ".join(
    f"s:{of} s:has_part p:{part.replace(' ', '%20')} ." for of, part in PAIRS
)


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: PAIRS,
        lambda folder: iter(PAIRS),
        lambda folder: {"has_part": STYLES},
        lambda folder: pd.DataFrame(PAIRS, columns=["style", "part"]),
        lambda folder: pl.DataFrame(PAIRS, schema=["style", "part"], orient="row"),
        lambda folder: nx.DiGraph(PAIRS),
        lambda folder: GRAPH.to_networkx(),
        lambda folder: write(folder, "g.csv", "class,part\n" + "\n".join(f"{a}, {b}" for a, b in PAIRS)),
        lambda folder: write(folder, "g.csv", "\ufeffstyle,pointed arch,rose,column\ngothic,1,1,0\n\nbaroque,0,1,1\n"),
        lambda folder: str(write(folder, "g.tsv", "class\tpart\n" + "\n".join(f"{a}\t{b}" for a, b in PAIRS))),
        lambda folder: write(folder, "g.json", json.dumps({"has_part": STYLES})),
        lambda folder: write(folder, "g.json", json.dumps(PAIRS)),
        lambda folder: write(folder, "g.pl", str(GRAPH.program)),
        lambda folder: GRAPH.program,
        lambda folder: GRAPH,
    ],
)  # fmt: skip
def test_every_source_gives_the_same_graph(make, tmp_path):
    found = ExpertGraph.from_any(make(tmp_path))
    assert sorted(found.pairs) == sorted(GRAPH.pairs)
    assert found.aligned(GRAPH.classes, GRAPH.parts) == GRAPH
    assert found.relation == "has_part"


def test_a_pair_that_may_have_been_taken_for_a_header_is_named(tmp_path):
    path = write(tmp_path, "g.csv", "gothic,pointed arch\nbaroque,column\n")
    with pytest.warns(UserWarning, match=r"line 1 of 'g\.csv', 'gothic' and 'pointed arch', was taken for the header"):
        assert ExpertGraph.from_any(path).pairs == [("baroque", "column")]
    with pytest.warns(UserWarning, match="'church' and 'element', was taken"):
        ExpertGraph.from_any(write(tmp_path, "i.csv", "church,element\ngothic,rose\n"))
    for k, header in enumerate(
        ("Classes,parts", "class_name,part_name", "Class id,Part id", "categories,properties", "from,to")
    ):
        assert len(ExpertGraph.from_any(write(tmp_path, f"h{k}.csv", f"{header}\ngothic,rose\n")).pairs) == 1


MATRIX = "style,pointed arch,rose,spire\ngothic,1,1,0\nplain,0,0,0\n"


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: write(folder, "g.csv", MATRIX),
        lambda folder: pd.read_csv(write(folder, "g.csv", MATRIX)),
        lambda folder: pl.read_csv(write(folder, "g.csv", MATRIX)).with_columns(pl.col("rose").cast(pl.Boolean)),
        lambda folder: ExpertGraph.from_any(write(folder, "g.csv", MATRIX)).to_networkx(),
    ],
)
def test_what_has_no_relations_in_a_matrix_is_kept(make, tmp_path):
    found = ExpertGraph.from_any(make(tmp_path))
    assert found.classes == ("gothic", "plain")
    assert found.parts == ("pointed arch", "rose", "spire")
    assert found.signs.tolist() == [[1, 1, -1], [-1, -1, -1]]
    assert (found.relation, len(found.pairs)) == ("has_part", 2)


def test_a_class_without_parts_is_kept(tmp_path):
    found = ExpertGraph.from_any(pd.DataFrame({"style": ["gothic", "plain"], "spire": [1, 0]}))
    assert (found.classes, found.parts, found.matrix.tolist()) == (("gothic", "plain"), ("spire",), [[True], [False]])
    named = {"gothic": ["rose"], "plain": []}
    for source in (named, {"has_part": named}, write(tmp_path, "g.json", json.dumps(named))):
        found = ExpertGraph.from_any(source)
        assert (found.classes, found.parts, found.to_dict()) == (("gothic", "plain"), ("rose",), named)


@pytest.mark.parametrize("name", ["g.ttl", "g.nt"])
def test_rdf(name, tmp_path):
    pytest.importorskip("pyoxigraph", reason="needs the graphs extra")
    text = TURTLE
    if name == "g.nt":
        text = "\n".join(
            f"<http://a.org/styles#{of}> <http://a.org/styles#has_part> <http://a.org/parts/{part.replace(' ', '%20')}> ."
            for of, part in PAIRS
        )
    path = write(tmp_path, name, text)
    assert ExpertGraph.from_any(path) == GRAPH
    assert ExpertGraph.from_any(path, relation="http://a.org/styles#has_part") == GRAPH
    with pytest.raises(DataError, match=re.escape("'g.ttl' is no RDF: ")):
        ExpertGraph.from_any(write(tmp_path, "g.ttl", "a b"))
    write(tmp_path, "g.ttl", TURTLE + " s:gothic s:before s:baroque .")
    with pytest.raises(DataError, match="holds several relations: before, has_part. Choose one by relation"):
        ExpertGraph.from_any(tmp_path / "g.ttl")
    assert ExpertGraph.from_any(tmp_path / "g.ttl", relation="has_part") == GRAPH


def test_rdf_without_the_extra_names_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyoxigraph", None)
    with pytest.raises(DataError, match=re.escape("pip install 'induce[graphs]'")):
        ExpertGraph.from_any(write(tmp_path, "g.ttl", TURTLE))


@given(NAMES, NAMES, st.integers(0, 1000))
def test_its_program_reads_back(classes, parts, seed):
    matrix = np.random.default_rng(seed).random((len(classes), len(parts))) < 0.5
    matrix[:, 0] = matrix[0] = True
    graph = ExpertGraph(tuple(classes), tuple(parts), matrix)
    assert rules.parse(str(graph.program)) is graph.program
    assert ExpertGraph.from_any(graph.program).aligned(classes, parts) == graph


def test_its_program_joins_other_rules():
    text = f"{GRAPH.program}\nseen(rose). seen(column).\nfits(C) :- has_part(C, P), seen(P), not lacks(C).\nlacks(C) :- has_part(C, P), not seen(P)."
    program = LogicProgram(text, query="fits(C)")
    assert list(program.answers.labels) == ["fits(baroque)"]
    again = LogicProgram(
        "shared(P) :- has_part(C, P), has_part(D, P), C != D.", query="shared(P)", facts={"has_part": GRAPH.pairs}
    )
    assert list(again.answers.labels) == ["shared(rose)"]
    derived = ExpertGraph.from_any(
        rules.parse(str(GRAPH.program) + " late(C, P) :- has_part(C, P), C != gothic."), relation="late"
    )
    assert derived.pairs == [("baroque", "column"), ("baroque", "rose")]


def test_it_is_put_in_the_order_of_data():
    found = GRAPH.aligned(["baroque", "gothic"], ["height", "column", "rose", "pointed arch"])
    assert found.signs.tolist() == [[0, 1, 1, -1], [0, -1, 1, 1]]
    assert GRAPH.aligned(["baroque"], GRAPH.parts).classes == ("baroque",)


@pytest.mark.parametrize(
    ("source", "options", "words"),
    [
        (3, {}, "a int cannot be read as an expert graph."),
        ([], {}, "the graph holds no pairs of class and part."),
        ([("a", "b"), "ab"], {}, "entry 1 of the pairs is 'ab', but a pair (class, part) is needed."),
        ({"gothic": "arch"}, {}, "class 'gothic' has 'arch', but a list of parts is needed."),
        ({"one": STYLES, "two": STYLES}, {}, "the mapping holds several relations: one, two. Choose one by relation=..."),
        ({"has_part": STYLES}, {"relation": "has_parts"}, "the mapping has no relation 'has_parts'. Did you mean 'has_part'?"),
        (pd.DataFrame({"a": [1]}), {}, "the table has 1 columns (a), but two are needed: class and part, or a column of classes"),
        (pd.DataFrame({"a": [1], "b": [2], "c": [3]}), {}, "row 0 of the table has '2' for part 'b', but 0 or 1 is needed."),
        (pd.DataFrame({"a": ["gothic", None], "b": ["arch", "rose"]}), {}, "entry 1 of the table has no class. Name it, or leave"),
        (pl.DataFrame({"a": ["gothic"], "b": [None]}), {}, "entry 0 of the table has no part."),
        ([("gothic", float("nan"))], {}, "entry 0 of the pairs has no part."),
        ({"plain": []}, {}, "the graph holds no pairs of class and part."),
        (nx.Graph(PAIRS), {}, "the graph has no directions, so classes and parts look alike."),
        ("g.xls", {}, "'g.xls' has the extension '.xls', which is not a known kind of graph."),
        ("no.csv", {}, "there is no file 'no.csv'."),
    ],
)  # fmt: skip
def test_bad_sources_are_said_in_words(source, options, words):
    with pytest.raises(DataError, match=re.escape(words)):
        ExpertGraph.from_any(source, **options)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("g.csv", "class,part\n", "'g.csv' has no pairs. Write a header 'class,part'"),
        ("g.csv", "class,a,b\ngothic,1\n", "line 2 of 'g.csv' has 2 cells, but line 1 has 3."),
        ("g.csv", "class,a,b\ngothic,1,maybe\n", "line 2 of 'g.csv' has 'maybe' for part 'b', but 0 or 1 is needed."),
        (
            "g.csv",
            "gothic,arch\ngothic,rose\n",
            "line 1 of 'g.csv' is 'gothic,arch', but a header was expected, and 'gothic' is",
        ),
        ("g.csv", "gothic,rose\nbaroque,rose\n", "and 'rose' is named below it too. Write 'class,part' above it."),
        ("g.json", "{", "'g.json' is no JSON: "),
        ("g.json", "3", "'g.json' holds int, but a mapping of class to parts or a list of pairs is needed."),
        ("g.pl", "bird(tweety).", "the program derives no relation of two arguments."),
    ],
)
def test_bad_files_are_said_in_words(name, text, words, tmp_path):
    with pytest.raises(InduceError, match=re.escape(words)):
        ExpertGraph.from_any(write(tmp_path, name, text))


def test_latin_text_is_refused(tmp_path):
    (tmp_path / "g.csv").write_bytes("class,part\ng\xf3tico,arco\n".encode("latin-1"))
    with pytest.raises(DataError, match=re.escape("'g.csv' is not UTF-8 text")):
        ExpertGraph.from_any(tmp_path / "g.csv")


def test_data_that_does_not_fit():
    with pytest.raises(
        DataError,
        match=re.escape(
            "the graph has no class 'Gothic', which the labels have. Did you mean 'gothic'? Its classes are: gothic, baroque."
        ),
    ):
        GRAPH.aligned(["Gothic", "baroque"], GRAPH.parts)
    with pytest.raises(
        DataError,
        match=re.escape(
            "the graph has the parts 'pointed arch', 'column', which no column of the data is called. Did you mean 'pointed_arch'? "
            "The columns are: pointed_arch, rose."
        ),
    ):
        GRAPH.aligned(GRAPH.classes, ["pointed_arch", "rose"])


def test_a_bad_graph():
    with pytest.raises(
        DataError, match=re.escape("the matrix has shape (1, 1), but 2 classes and 1 parts were named.")
    ):
        ExpertGraph(("a", "b"), ("p",), np.ones((1, 1)))
    with pytest.raises(DataError, match=re.escape("the class 'a' is there 2 times.")):
        ExpertGraph(("a", "a"), ("p",), np.ones((2, 1)))
    with pytest.raises(DataError, match="holds no pairs"):
        ExpertGraph(("a",), ("p",), np.zeros((1, 1)))
    with pytest.raises(TermError, match="is no name of a relation"):
        ExpertGraph(("a",), ("p",), np.ones((1, 1)), "has part")
    assert issubclass(RuleError, InduceError)


def test_a_frame_with_its_classes_in_the_index():
    frame = pd.DataFrame(
        [[1, 0, 1], [0, 1, 0], [0, 0, 0]], index=["gothic", "ren", "plain"], columns=["arch", "col", "dome"]
    )
    graph = ExpertGraph.from_any(frame)
    assert graph.classes == ("gothic", "ren", "plain")
    assert graph.parts == ("arch", "col", "dome")
    assert ExpertGraph.from_any(frame[["arch", "col"]]).parts == ("arch", "col")
    with pytest.raises(
        DataError, match="the first column, 'arch', has marks such as '1', but names of classes were expected"
    ):
        ExpertGraph.from_any(frame.reset_index(drop=True))
    pairs = pd.DataFrame({"class": ["gothic", "ren"], "part": ["x", "no"]})
    assert ExpertGraph.from_any(pairs).parts == ("x", "no")
    with pytest.raises(DataError, match="entry 0 of class 'a' has no part"):
        ExpertGraph.from_any({"a": [None]})
