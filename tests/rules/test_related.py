"""RelatedTables: first-order rules over several tables say the same here, in the language of rules, in SQL and in Python."""

from __future__ import annotations

import copy
import sqlite3

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

from induce.errors import DataError, FormatError, ParseError, RuleError
from induce.logic import LogicProgram
from induce.mixed import MixedTable
from induce.rules import RelatedTables, RuleClassifier, RuleRegressor, load
from induce.rules.derived import Derived, Step
from induce.rules.language import facts_of, relation_names, run_program

LINKS = {"orders.customer": "id", "items.order": "orders.number", "city": "cities.name"}


def shop(customers=120, seed=0):
    """Customers, orders, items and cities; ids have gaps, some entries are missing, some customers have no order."""
    rng = np.random.default_rng(seed)
    main = pd.DataFrame(
        {
            "id": np.arange(customers) * 3.0 + 1,
            "age": rng.integers(18, 80, customers).astype(float),
            "city": rng.choice(["a", "b", "c", None], customers),
        }
    )
    count = 4 * customers
    orders = pd.DataFrame(
        {
            "number": np.arange(count),
            "customer": rng.choice(main["id"][::2], count),
            "amount": np.where(rng.random(count) < 0.1, np.nan, rng.exponential(50, count).round(1)),
            "kind": rng.choice(["gold", "silver", "tin"], count),
            "paid": rng.random(count) < 0.7,
        }
    )
    items = pd.DataFrame({"order": rng.choice(count, 900), "price": rng.exponential(9, 900).round(1)})
    cities = pd.DataFrame(
        {"name": ["a", "b", "d"], "population": [1e4, 2e6, 7.0], "region": ["north", "south", "north"]}
    )
    return main, {"orders": orders, "items": items, "cities": cities}


@pytest.fixture(scope="module")
def fitted():
    main, tables = shop()
    gold = tables["orders"].query("kind == 'gold'").groupby("customer")["amount"].max()
    rich = gold.reindex(main["id"]).fillna(0).to_numpy() > 60
    y = np.where(rich | ((main["city"] == "b") & (main["age"] > 50)), "yes", "no")
    related = RelatedTables(tables, LINKS)
    model = RuleClassifier(max_rules=4, related=related, random_state=0).fit(main, y)
    return model, main, tables, y


def answers(program, facts):
    """What a relation of row and entry holds, by the engine of rules."""
    from induce.algebras.standard import BOOLEAN

    running = LogicProgram(program, query="wanted(Row, X)", algebra=BOOLEAN, facts=facts)
    holds = running().reshape(-1).tolist()
    return {int(row): value for (row, value), true in zip(running.answers.values, holds, strict=True) if true}


@pytest.mark.parametrize("conditions", [0, 1, 2])
def test_every_column_is_what_its_definition_says(conditions):
    main, tables = shop(12)
    related = RelatedTables(
        tables, LINKS, functions=("count", "max", "min", "mean", "sum"), conditions=conditions, categories=2
    )
    wide = related.join(main)
    names = relation_names(wide)
    facts = facts_of(wide, related=related)
    chosen = related.derived[:: max(1, len(related.derived) // 8)]
    assert len(chosen) >= 8
    for one in chosen:
        text = one.body("wanted", names)
        used = {name: fact for name, fact in facts.items() if f"{name}(" in text}
        found = answers(text, used)
        values = wide[one.name]
        shown = {
            row: values.values[row] if not values.labels else values.labels[int(values.values[row])]
            for row in range(12)
            if not values.missing[row]
        }
        assert shown == pytest.approx(found), one.name


@settings(max_examples=25, deadline=None)
@given(
    ids=st.lists(st.one_of(st.none(), st.integers(0, 4)), min_size=1, max_size=6),
    links=st.lists(st.one_of(st.none(), st.integers(0, 5)), min_size=1, max_size=8),
)
def test_counts_are_those_of_sql(ids, links):
    main = pd.DataFrame({"id": np.array(ids, dtype=float), "age": np.arange(len(ids), dtype=float)})
    other = pd.DataFrame({"of": np.array(links, dtype=float), "x": np.arange(len(links), dtype=float)})
    one = Derived("count", (Step("other", "of", "id"),))
    related = RelatedTables({"other": other}, {"other.of": "id"})
    if one not in related.derived:  # every row reaches one row at most
        return
    mine = related.join(main)[one.name].values
    with sqlite3.connect(":memory:") as database:
        main.to_sql("main_table", database, index=False)
        other.to_sql("other", database, index=False)
        theirs = pd.read_sql(f"SELECT {one.to_sql('m')} AS n FROM main_table AS m", database)["n"].to_numpy(float)
    assert np.array_equal(mine, theirs, equal_nan=True)


class TestRules:
    def test_it_finds_what_was_planted(self, fitted):
        model, main, _, y = fitted
        assert any("largest amount of orders with kind gold > " in rule for rule in model.rules_)
        assert (model.predict(main) == y).mean() > 0.97

    def test_the_engine_of_rules_joins_anew(self, fitted):
        model, main, _, _ = fitted
        table = model.table(main)
        assert run_program(model.best_, table, model.related) == model.predict(main).tolist()
        assert run_program(str(model.best_), table, model.related) == model.predict(main).tolist()
        assert "#max{ X, R1 : orders_customer(R1, K0)" in str(model.best_)

    def test_sql(self, fitted):
        model, main, tables, _ = fitted
        with sqlite3.connect(":memory:") as database:
            for name, table in {"customers": main, **tables}.items():
                table.to_sql(name, database, index=False)
            found = pd.read_sql(model.to_sql("customers"), database)
        assert found["prediction"].tolist() == model.predict(main).tolist()

    def test_python(self, fitted):
        model, main, tables, _ = fitted
        space = {}
        exec(model.to_python(), space)
        related = {name: table.to_dict("records") for name, table in tables.items()}
        found = [space["predict"](row, related) for row in main.to_dict("records")]
        assert found == model.predict(main).tolist()

    def test_prolog(self, fitted):
        model = fitted[0]
        assert "findall(X, (orders_customer(R1, K0)" in model.to_prolog()

    def test_saved_and_read_again(self, fitted, tmp_path):
        model, main, _, _ = fitted
        model.fit_.save(tmp_path / "rules")
        again = load(tmp_path / "rules")
        assert again.to_sql("t") == model.fit_.to_sql("t")
        assert again.predict_table(model.table(main)).tolist() == model.predict(main).tolist()
        assert again.predict(main, related=model.related).tolist() == model.predict(main).tolist()
        with pytest.raises(
            DataError, match=r"the rules ask for '.*', which related tables give, but there are none\. Give"
        ):
            again.predict(main)

    @pytest.mark.parametrize("kind", ["number", "text"])
    def test_rows_that_the_fit_has_not_seen(self, kind):
        main, tables = shop(240)
        if kind == "text":
            main["id"] = "c" + main["id"].astype(int).astype(str)
            tables["orders"]["customer"] = "c" + tables["orders"]["customer"].astype(int).astype(str)
        most = tables["orders"].groupby("customer")["amount"].max().reindex(main["id"]).fillna(0).to_numpy()
        y = np.where(most > 60, "yes", "no")
        related = RelatedTables({"orders": tables["orders"]}, {"orders.customer": "id"}, conditions=0)
        model = RuleClassifier(2, 2, related=related).fit(main[:120], y[:120])
        new = main[120:].reset_index(drop=True)
        assert (model.predict(new) == y[120:]).mean() > 0.95
        assert run_program(model.best_, model.table(new), related) == model.predict(new).tolist()
        with sqlite3.connect(":memory:") as database:
            new.to_sql("customers", database, index=False)
            tables["orders"].to_sql("orders", database, index=False)
            found = pd.read_sql(model.to_sql("customers"), database)
        assert found["prediction"].tolist() == model.predict(new).tolist()
        assert "c1" not in str(model.fit_.decisions.table.columns[0].labels)  # who was there is not kept

    def test_other_related_rows(self, fitted):
        model, main, tables, _ = fitted
        empty = {**tables, "orders": tables["orders"][:0]}
        other = copy.copy(model).set_params(related=RelatedTables(empty, LINKS))
        assert run_program(model.best_, other.table(main), other.related) == other.predict(main).tolist()
        for match, changed in (
            (r"needs the related table 'orders'", {"bought": tables["orders"]}),
            (
                r"needs numbers in column 'amount' of 'orders', but it holds texts",
                {"orders": tables["orders"].assign(amount="much")},
            ),
        ):
            links = {f"{next(iter(changed))}.customer": "id"}
            other.set_params(related=RelatedTables(changed, links))
            with pytest.raises(DataError, match=match):
                other.predict(main)

    def test_an_edited_program(self, fitted):
        model, main, _, y = fitted
        assert model.refit(str(model.best_), main, y).rules_
        changed = str(model.best_).replace("#max{", "#min{")
        with pytest.raises(RuleError, match=r"is what related tables give, and its definition stays: largest_amount"):
            model.refit(changed, main, y)

    def test_cross_validation_and_numbers(self, fitted):
        model, main, tables, y = fitted
        assert clone(model).related is model.related
        assert cross_val_score(clone(model), main, y, cv=2).mean() > 0.9
        total = tables["orders"].groupby("customer")["amount"].count().reindex(main["id"]).fillna(0).to_numpy()
        related = RelatedTables(tables, LINKS, functions=("count",), conditions=0)
        assert RuleRegressor(related=related).fit(main, total).score(main, total) > 0.9

    def test_identifiers_are_no_conditions(self, fitted):
        model = fitted[0]
        assert not any(rule.startswith(("id ", "city ")) for rule in model.rules_)


class TestRefusals:
    def refused(self, match, tables=None, links=None, **how):
        with pytest.raises(DataError, match=match):
            RelatedTables(
                tables or {"orders": {"customer": [1, 1], "x": [1.0, 2.0]}}, links or {"orders.customer": "id"}, **how
            )

    def test_declarations(self):
        self.refused(r"there are no related tables", tables=[1])
        self.refused(
            r"a related table is called 'my orders', but its name must be an identifier", {"my orders": {"a": [1]}}
        )
        self.refused(r"there is no column 'custmer'\. Did you mean 'customer'\?", links={"orders.custmer": "id"})
        self.refused(r"names no related table\. Did you mean 'orders'\?", links={"order.customer": "id"})
        self.refused(
            r"the link 'orders\.customer': 'orders\.x' stays in one table", links={"orders.customer": "orders.x"}
        )
        self.refused(r"unknown function 'maximum'", functions=("maximum",))
        self.refused(r"conditions must be a whole number of at least 0, but got -1", conditions=-1)
        tables = {"orders": {"customer": [1], "x": [1.0]}, "items": {"order": [1]}}
        self.refused(r"no chain of at most 3 links leads from the main table to 'items'", tables)
        self.refused(r"links must be a mapping of column to column, but got \['a'\]", links=["a"])
        self.refused(r"the related table 'orders' cannot be read: the table has no columns", {"orders": {}})

    def test_the_main_table(self):
        related = RelatedTables({"orders": {"customer": [1, 1], "x": [1.0, 2.0]}}, {"orders.customer": "id"})
        with pytest.raises(DataError, match=r"there is no column 'id'"):
            related.join({"age": [1.0]})
        with pytest.raises(DataError, match=r"the main table has a column 'number of orders'"):
            related.join({"id": [1], "number of orders": [2]})
        with pytest.raises(
            DataError, match=r"a link equates 'id', which holds texts, with 'orders\.customer', which holds numbers"
        ):
            related.join({"id": ["a"]})
        with pytest.raises(
            DataError, match=r"'orders' cannot be read: column 'customer' has whole numbers beyond 2\*\*53"
        ):
            RelatedTables({"orders": {"customer": [2**60, 2**60 + 1, 5]}}, {"orders.customer": "id"})
        big = RelatedTables({"orders": {"customer": [2.0**60, 5.0, 5.0]}}, {"orders.customer": "id"})
        with pytest.raises(
            DataError, match=r"'id' links rows by numbers from 2\*\*53 on, which are not told apart exactly"
        ):
            big.join({"id": [2.0**60, 7.0]})
        with pytest.raises(DataError, match=r"X is an array without names"):
            RuleClassifier(related=related).fit(np.eye(4), [0, 1, 0, 1])
        with pytest.raises(DataError, match=r"related must be RelatedTables, but got dict"):
            RuleClassifier(related={}).fit({"id": [1, 2]}, [0, 1])

    def test_damaged_definitions(self):
        for body in ({}, {"function": "the", "path": [], "column": "x", "where": []}):
            with pytest.raises(FormatError):
                Derived.from_dict(body)
        with pytest.raises(ParseError):
            run_program("rule(", MixedTable.read({"a": [1.0]}))


def test_two_links_between_two_tables():
    paid = {"payer": [1, 1, 2], "payee": [2, 2, 1], "amount": [5.0, 7.0, 9.0]}
    related = RelatedTables({"paid": paid}, {"paid.payer": "id", "paid.payee": "id"}, functions=("count",))
    wide = related.join({"id": [1, 2]})
    assert [(c.name, c.values.tolist()) for c in wide.columns[1:]] == [
        ("number of paid by payer", [2.0, 1.0]),
        ("number of paid by payee", [1.0, 2.0]),
    ]
    same = RelatedTables({"paid": paid}, {"paid.payer": "id", "id": "paid.payer"}, functions=("count",))
    assert [d.name for d in same.derived] == ["number of paid"]


def test_a_category_is_never_code():
    evil = "u\nraise SystemExit('run')\n#"
    table = pd.DataFrame({"t": [evil, "v"] * 40, "a": np.arange(80.0)})
    keep = [f'a > 20 and t is "{evil}"', f'a > 20.5 and t is "{evil}"']
    model = RuleClassifier(3, 2, subject_to={"keep": keep}).fit(table, np.arange(80) > 30)
    space = {}
    exec(model.to_python(), space)  # raises SystemExit if a line of a comment were code
    assert [space["predict"](row) for row in table.to_dict("records")] == model.predict(table).tolist()
    with sqlite3.connect(":memory:") as database:
        table.to_sql("t", database, index=False)
        assert (
            pd.read_sql(model.to_sql("t"), database)["prediction"].astype(bool).tolist()
            == model.predict(table).tolist()
        )


def test_points_are_not_taken_from_a_column_of_that_name():
    table = pd.DataFrame({"points yes": np.arange(60.0) % 7, "a": np.arange(60.0)})
    y = np.where((table["a"] > 30) | (table["points yes"] > 5), "yes", "no")
    model = RuleClassifier(3, 2).fit(table, y)
    with sqlite3.connect(":memory:") as database:
        table.to_sql("t", database, index=False)
        assert pd.read_sql(model.to_sql("t"), database)["prediction"].tolist() == model.predict(table).tolist()


def test_what_is_asked_for_is_bounded():
    _, tables = shop(30)
    with pytest.warns(UserWarning, match=r"related tables give 50 columns, of which the first 10 are made"):
        assert len(RelatedTables(tables, LINKS, most=10).derived) == 10
    one = RelatedTables({"orders": tables["orders"]}, {"orders.customer": "id"}, longest=1)
    assert all(len(d.path) == 1 for d in one.derived)
    names = [d.name for d in RelatedTables(tables, LINKS).derived]
    assert len(set(names)) == len(names)
    assert {
        "region of cities",
        "number of orders with paid true",
        "largest price of items of orders with orders.kind gold",
    } <= {*names}


def test_sums_are_told_apart_as_other_orders_of_adding_tell_them():
    rng = np.random.default_rng(0)
    main = pd.DataFrame({"id": range(300)})
    orders = pd.DataFrame({"customer": rng.choice(300, 900), "amount": rng.integers(-9, 10, 900) / 10})
    totals = orders.groupby("customer")["amount"].sum().reindex(main["id"]).fillna(0).round(1).to_numpy()
    related = RelatedTables({"orders": orders}, {"orders.customer": "id"}, functions=("sum",))
    model = RuleClassifier(3, 2, related=related, random_state=0).fit(main, np.where(totals > 0.5, "yes", "no"))
    assert (model.predict(main) == np.where(totals > 0.5, "yes", "no")).all()
    assert run_program(model.best_, model.table(main), related) == model.predict(main).tolist()


def test_large_whole_sums_are_exact():
    main = pd.DataFrame({"id": range(200)})
    entries = {"customer": np.r_[np.arange(200), np.arange(200)], "v": np.r_[np.full(200, 10**13), np.arange(200)]}
    related = RelatedTables({"orders": pd.DataFrame(entries)}, {"orders.customer": "id"}, functions=("sum",))
    y = np.where(np.arange(200) > 100, "a", "b")
    model = RuleClassifier(2, 1, thresholds=250, related=related, random_state=0).fit(main, y)
    assert (model.predict(main) == y).all()
    assert run_program(model.best_, model.table(main), related) == y.tolist()


@pytest.mark.parametrize("seed", range(4))
def test_no_threshold_lies_on_a_sum(seed):
    rng = np.random.default_rng(seed)
    main = pd.DataFrame({"id": range(300)})
    orders = pd.DataFrame({"customer": rng.choice(300, 2400), "amount": rng.integers(-3, 13, 2400) / 10})
    totals = orders.groupby("customer")["amount"].sum().reindex(main["id"]).fillna(0).round(1).to_numpy()
    related = RelatedTables({"orders": orders}, {"orders.customer": "id"}, functions=("sum",))
    for threshold in (2.5, 3.0, 4.5):
        y = np.where(totals > threshold, "yes", "no")
        model = RuleClassifier(1, 1, thresholds=250, related=related, random_state=0).fit(main, y)
        assert run_program(model.best_, model.table(main), related) == model.predict(main).tolist()
