"""Bad Boolean input is answered with what is wrong, where, what was expected and one thing to try."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from induce.errors import BudgetError, DataError, ExportError, FillError, OpError
from induce.formulas import BooleanRegressor, gene_network
from induce.formulas.boolean_rows import MOST_ROWS
from induce.formulas.circuits import Circuit, to_dnf
from induce.formulas.gene_networks import GeneNetwork
from induce.formulas.truth_tables import random_formula, truth_table
from induce.terms import boolean

ROWS = (np.arange(8)[:, None] >> np.arange(3) & 1).astype(int)
ANSWERS = ROWS[:, 0] & ROWS[:, 1]


def frame(**columns):
    return pd.DataFrame({"a": ROWS[:, 0], "b": ROWS[:, 1], **columns})


def fit(X=None, y=ANSWERS, **settings):
    return BooleanRegressor(**{"effort": 0.05, **settings}).fit(frame() if X is None else X, y)


def changed(place, value):
    column = ROWS[:, 2].astype(float)
    column[place] = value
    return column


REFUSED = {
    # ---- tables
    "a number": (lambda: fit(frame(c=changed(3, 2))), DataError,
        "column 'c' holds 2 in row 3, but a Boolean column holds 0 and 1 (or False and True). Turn it into a condition first, such as column > 0.5."),
    "a fraction": (lambda: fit(frame(c=changed(5, 0.25))), DataError,
        "column 'c' holds 0.25 in row 5, but a Boolean column holds 0 and 1 (or False and True). Turn it into a condition first, such as column > 0.5."),
    "a small integer of an array": (lambda: fit(np.full((8, 2), 7, dtype=np.uint8)), DataError,
        "column 'x0' holds 7 in row 0, but a Boolean column holds 0 and 1 (or False and True). Turn it into a condition first, such as column > 0.5."),
    "a missing value": (lambda: fit(frame(c=changed(2, np.nan))), DataError,
        "column 'c' has 1 missing value (row 2). A Boolean formula does not accept NaN; drop them or put an imputer before it."),
    "text": (lambda: fit(frame(c=["yes"] * 8)), DataError,
        "column 'c' holds text (row 0: 'yes'), but numbers are needed. Leave the column out, or encode it as numbers."),
    "no rows": (lambda: fit(np.empty((0, 2), dtype=bool)), DataError,
        "the table has no rows: 0 sample(s) (shape=(0, 2)) while a minimum of 1 is required. Add rows."),
    "no columns": (lambda: fit(np.empty((8, 0), dtype=bool)), DataError,
        "the table has no columns: 0 feature(s) (shape=(8, 0)) while a minimum of 1 is required. Add a column."),
    "one dimension": (lambda: fit(np.zeros(8, dtype=bool)), DataError,
        "the data has 1 dimension (shape (8,)), but rows and columns are needed. Reshape your data: X.reshape(-1, 1) makes one column, X.reshape(1, -1) one row."),
    "too many rows": (lambda: fit(np.broadcast_to(np.zeros((1, 2), dtype=bool), (MOST_ROWS + 1, 2))), DataError,
        "the table has 16,777,217 rows, but at most 16,777,216 (2^24) are accepted. Drop repeated rows, or draw a sample."),
    "target among the columns": (lambda: fit(frame(), pd.Series(ANSWERS, name="b")), DataError,
        "'b' names a column and the target. Leave the target out of the table, or rename it."),
    # ---- answers
    "no answers": (lambda: fit(y=None), DataError,
        "A Boolean formula requires y to be passed, but the target y is None. Pass one answer per row."),
    "an answer that is a number": (lambda: fit(y=pd.Series(ANSWERS + 1, name="out")), DataError,
        "the target 'out' holds 2 in row 3, but a Boolean column holds 0 and 1 (or False and True). Turn it into a condition first, such as column > 0.5."),
    "an answer that is text": (lambda: fit(y=["no"] * 8), DataError,
        "the target 'y' holds 'no' in row 0, but a Boolean column holds 0 and 1 (or False and True). Turn it into a condition first, such as column > 0.5."),
    "a missing answer": (lambda: fit(y=np.where(np.arange(8) == 6, np.nan, ANSWERS)), DataError,
        "the target 'y' has 1 missing value (row 6). A Boolean formula does not accept NaN; drop them or put an imputer before it."),
    "too few answers": (lambda: fit(y=ANSWERS[:7]), DataError,
        "the target has 7 rows, but the table has 8 rows. Give one answer per row."),
    "three dimensions": (lambda: fit(y=np.zeros((8, 1, 1))), DataError,
        "the target has shape (8, 1, 1), but one answer per row is needed, or one row of answers. Pass shape (rows,) or (rows, outputs)."),
    "contradiction": (lambda: fit(np.concatenate([ROWS, ROWS[2:3]]), np.append(ANSWERS, 1), noise=0), DataError,
        "rows 2 and 8 are equal, but their answers differ (target 'y': 0 and 1), which noise=0 excludes. Drop one of them, or pass noise='estimate'."),
    # ---- settings
    "unknown operator": (lambda: fit(operators="and nor not"), OpError,
        "unknown operator 'nor'. Did you mean 'or'? BooleanRegressor knows: and, or, xor, not."),
    "operators that are no text": (lambda: fit(operators=("and", "not")), OpError,
        "operators must be names separated by spaces, but got tuple. For example 'and or not'."),
    "no negation": (lambda: fit(operators="and or"), OpError,
        "the operators 'and or' cannot write every Boolean function. Add 'not'."),
    "only parities": (lambda: fit(operators="xor not"), OpError,
        "the operators 'xor not' cannot write every Boolean function. Add 'and' or 'or'."),
    "noise of one half": (lambda: fit(noise=0.5), FillError,
        "noise must be 'estimate' or a share of flipped answers from 0 to below 0.5, but got 0.5. Pass noise=0.05 when one answer in twenty is wrong."),
    "noise in words": (lambda: fit(noise="some"), FillError,
        "noise must be 'estimate' or a share of flipped answers from 0 to below 0.5, but got 'some'. Pass noise=0.05 when one answer in twenty is wrong."),
    "no inputs allowed": (lambda: fit(max_inputs=0), FillError,
        "max_inputs must be a whole number of at least 1, but got 0. None sets no limit."),
    "unknown rule": (lambda: fit(select="error"), FillError,
        "unknown selection rule 'error'. Did you mean 'errors'? Known: description_length, errors."),
    "no effort": (lambda: fit(effort=0), FillError,
        "effort must be a positive number, but got 0. 1 is usual, 4 tries four times as much."),
    "a budget without seconds": (lambda: fit(within="10 epochs"), FillError,
        "BooleanRegressor ends by seconds, but within='10 epochs' gives none. Write for example '10s'."),
    "a budget of nothing": (lambda: fit(within=-1), BudgetError,
        "the budget's seconds must be a positive number, but got -1.0. Write for example '60s'."),
    "too few inputs allowed": (lambda: fit(noise=0, max_inputs=1), FillError,
        "no formula of at most 1 inputs was found that gives every answer of 'y': the best is wrong on 2 of 8 rows, which noise=0 excludes. Raise max_inputs, or pass noise='estimate'."),
    # ---- using
    "another width": (lambda: fit(ROWS).predict(ROWS[:, :2]), DataError,
        "X has 2 features, but BooleanRegressor is expecting 3 features as input: x0, x1, x2."),
    "a missing column": (lambda: fit().predict({"a": [1], "bb": [0]}), DataError,
        "there is no column 'b'. Did you mean 'bb'? The columns are: a, bb."),
    "two ways to select": (lambda: fit().fit_.select(gates=1, row=0), FillError,
        "select() takes exactly one of gates= and row=. For example fit.select(gates=3)."),
    "no such row": (lambda: fit().fit_.select(row=9), FillError,
        "there is no row 9; the table of 'y' has rows 0 to 1."),
    "too few gates": (lambda: fit().fit_.select(gates=-1), FillError,
        "no formula has at most -1 gates; the smallest has 0."),
    "which output": (lambda: fit(y=ROWS[:, :2]).fit_.select(row=0), FillError,
        "there are 2 outputs; say which one: output='y0', for example."),
    "no such output": (lambda: fit(y=ROWS[:, :2]).fit_.select(row=0, output="z"), FillError,
        "there is no output 'z'. There are: y0, y1."),
    # ---- exports
    "module name": (lambda: fit().to_verilog("end"), ExportError,
        "a Verilog module cannot be called 'end'. Give an identifier, such as 'f'."),
    "function name": (lambda: fit().to_python("1f"), ExportError,
        "a Python function cannot be called '1f'. Give an identifier, such as 'formula'."),
    "function name of several": (lambda: fit(y=ROWS[:, :2]).to_python("if"), ExportError,
        "a Python function cannot be called 'if'. Give an identifier, such as 'formula'."),
    "wide disjunction": (lambda: to_dnf([boolean.parse(" xor ".join(f"v{i}" for i in range(15)))]), ExportError,
        "a disjunction of conjunctions over 15 inputs may have 16,384 parts; at most 14 inputs are written out. Use to_aig() or to_verilog(), which keep the gates."),
    "unknown input": (lambda: Circuit([boolean.parse("a and z")], ["a", "b"]), ExportError,
        "the term reads 'z', which is not among the inputs a, b."),
    # ---- gene networks and tables
    "three tables": (lambda: gene_network((ROWS, ROWS, ROWS)), DataError,
        "transitions are a pair of tables, states and next states, but got 3 things."),
    "other genes": (lambda: gene_network((frame(), frame(c=ROWS[:, 2]))), DataError,
        "the states have 8 rows of 2 genes (a, b), but the next states 8 rows of 3 (a, b, c). Give both tables the same genes and rows."),
    "one state": (lambda: gene_network(ROWS[:1]), DataError,
        "one row has no next state. Give at least two rows, each following the one before."),
    "network without seconds": (lambda: gene_network(ROWS, within="3 epochs"), FillError,
        "gene_network ends by seconds, but within='3 epochs' gives none. Write for example '60s'."),
    "part of a state": (lambda: GeneNetwork(("a", "b"), (boolean.parse("b"), boolean.parse("a"))).simulate({"a": 1}, 2), DataError,
        "the state has no value for 'b'. Give one for each of: a, b."),
    "unknown table": (lambda: truth_table("adder-9"), DataError,
        "there is no truth table 'adder-9'. Did you mean 'adder-4'? There are: adder-2, adder-3, adder-4, multiplexer-6, majority-7, parity-10, comparator-4."),
    "too few gates for its inputs": (lambda: random_formula(list("abcd"), 2, 0), DataError,
        "a formula of 2 gates cannot read 4 inputs; it needs one gate less than inputs, of which 1 to 16 are possible. Ask for gates=3 or more."),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_explained(name):
    action, error, words = REFUSED[name]
    with pytest.raises(error, match=f"^{re.escape(words)}$"):
        action()


def test_more_inputs_than_can_be_held():
    rows = (np.arange(1 << 17)[:, None] >> np.arange(17) & 1).astype(bool)
    words = (
        "the table is complete and its answers depend on 17 inputs, but an exact search holds at most 16. "
        "Set max_inputs=16 for the best shorter formula, or split the outputs."
    )
    with pytest.raises(FillError, match=re.escape(words)):
        BooleanRegressor().fit(rows, rows.sum(axis=1) > 8)
