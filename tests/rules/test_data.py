"""The shipped tables."""

from __future__ import annotations

import pytest

from induce.errors import DataError
from induce.rules import labeled_table, labeled_tables


@pytest.mark.parametrize("name", labeled_tables())
def test_every_table_loads_and_is_the_same_again(name):
    table, again = labeled_table(name), labeled_table(name)
    assert table.X.equals(again.X)
    assert table.y.equals(again.y)
    assert table.kind in ("real", "rebuilt", "generated")


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("car", {"unacc": 1210, "acc": 384, "good": 69, "vgood": 65}),
        ("nursery", {"not_recom": 4320, "priority": 4266, "spec_prior": 4044, "very_recom": 328, "recommend": 2}),
        ("tic-tac-toe", {"positive": 626, "negative": 332}),
        ("balance scale", {"left": 288, "right": 288, "balanced": 49}),
        ("monks-1", {"no": 216, "yes": 216}),
        ("monks-2", {"no": 290, "yes": 142}),
    ],
)
def test_classes_are_as_published(name, counts):
    assert labeled_table(name).y.value_counts().to_dict() == counts


def test_a_rule_of_the_published_nursery_table():
    table = labeled_table("nursery")
    assert (table.y[table.X["health"] == "not_recom"] == "not_recom").all()
    assert (table.y[table.X["health"] != "not_recom"] != "not_recom").all()


def test_an_unknown_table():
    with pytest.raises(DataError, match="there is no table 'nurseri'. Did you mean 'nursery'?"):
        labeled_table("nurseri")
