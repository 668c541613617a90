from __future__ import annotations

import math

import numpy as np
import pytest

from induce.checks import check_noise
from induce.choosing import choose, describe
from induce.errors import FillError
from induce.fit import Row
from induce.formulas import FormulaRegressor
from induce.terms import arithmetic


def row(size, loss, description_length=0.0, held_out=None):
    x = arithmetic.variable("x")
    return Row(x, x, {}, {}, size, loss, 1 - loss, held_out, description_length)


FRONT = [row(1, 1.0, 50.0, 1.1), row(3, 0.9, 45.0, 0.95), row(5, 0.01, 10.0, 0.02), row(9, 0.009, 14.0, 0.05)]


def test_the_shortest_description_is_chosen():
    place, reason = choose(FRONT, "description_length")
    assert place == 2
    assert (
        reason
        == "Chosen for the shortest description of formula and errors together (10.0 nats): the next smaller one (3 nodes) has 90 times the squared error, and the next larger one (9 nodes) takes off 10 % of it."
    )


def test_the_other_rules():
    assert choose(FRONT, "loss") == (3, "Chosen for the smallest loss.")
    assert choose(FRONT, "validation") == (2, "Chosen for the smallest error on held-out rows.")
    place, reason = choose(FRONT, "elbow")
    assert place == 2
    assert reason.startswith("Chosen at the elbow: the loss falls most per added node there (2.25 e-folds a node)")


def test_what_is_below_the_noise_makes_no_elbow():
    front = [row(1, 1.0), row(3, 0.5), row(5, 0.0001)]
    assert choose(front, "elbow")[0] == 2
    assert choose(front, "elbow", noise=0.7)[0] == 1


def test_noise_that_is_given_weighs_the_errors():
    # half the loss is worth much where the noise is small, and nothing where the noise explains it all
    def gain(noise):
        return describe(0.02, 3, 0, 100, 0.0, 12, noise) - describe(0.01, 3, 0, 100, 0.0, 12, noise)

    assert gain(0.01) == pytest.approx(0.5 * 100 * 0.01 / 0.01**2)
    assert gain(1.0) == pytest.approx(0.5)


def test_exact_fits_have_an_elbow():
    assert choose([row(1, 1.0), row(5, 0.0)], "elbow")[0] == 1
    assert choose([row(1, 0.5)], "elbow")[0] == 0


@pytest.mark.parametrize(
    ("rows", "by", "message"),
    [
        ([], "loss", "there is no candidate to choose from. Give a larger budget or more operators."),
        ([row(1, 1.0)], "validation", "choosing by validation needs held-out rows. Fit with select='validation'"),
        (FRONT, "elbo", "unknown selection rule 'elbo'. Did you mean 'elbow'"),
    ],
)
def test_errors(rows, by, message):
    with pytest.raises(FillError) as caught:
        choose(rows, by)
    assert message in str(caught.value)


def test_description_length_is_the_published_sum():
    # two numbers and half of six further nodes adapt to the rows
    expected = 50 * math.log(0.5 + 0.1) + (7 * math.log(12) + 0.5 * 2 * math.log(100)) * 100 / 94
    assert describe(0.5, 7, 2, 100, 0.1, 12) == pytest.approx(expected)
    assert describe(0.5, 7, 3, 100, 0.1, 12) > describe(0.5, 7, 2, 100, 0.1, 12)
    assert describe(0.5, 8, 2, 100, 0.1, 12) > describe(0.5, 7, 2, 100, 0.1, 12)
    assert math.isfinite(describe(0.0, 3, 5, 4, 1e-12, 12))


def test_noise_below_the_floor_counts_as_the_floor():
    for noise in (1e-200, 1e-160, 1e-9):
        lengths = [describe(loss, 3, 1, 100, 1e-10, 12, noise) for loss in (0.0, 1e-10, 1e-4)]
        assert np.isfinite(lengths).all()
        assert lengths == sorted(set(lengths))
        assert lengths == pytest.approx([describe(loss, 3, 1, 100, 1e-10, 12, 1e-5) for loss in (0.0, 1e-10, 1e-4)])
    assert math.isfinite(describe(0.0, 3, 1, 100, 0.0, 12, 1e-200))


@pytest.mark.parametrize(
    ("noise", "message"),
    [
        (0.0, "noise must be a standard deviation above 0, but got 0.0. Without noise, leave it out: what remains then is estimated."),
        (True, "noise must be a standard deviation above 0, but got True."),
        (-1, "noise must be a standard deviation above 0, but got -1."),
        (math.nan, "noise must be a standard deviation above 0, but got nan."),
        ("0.1", "noise must be a standard deviation above 0, but got '0.1'."),
    ],
)  # fmt: skip
def test_what_is_no_noise_is_refused(noise, message):
    with pytest.raises(FillError) as caught:
        check_noise(noise)
    assert str(caught.value) == message
    with pytest.raises(FillError, match="noise must be"):
        FormulaRegressor(noise=noise).fit([[1.0], [2.0], [3.0], [4.0], [5.0]], [1.0, 2.0, 3.0, 4.0, 6.0])


def test_a_held_out_error_that_is_no_number_is_never_the_smallest():
    front = [row(1, 1.0, held_out=0.5), row(3, 0.9, held_out=math.nan), row(5, 0.8, held_out=-math.inf)]
    assert choose(front, "validation")[0] == 0
    assert choose([front[1], front[0]], "validation")[0] == 1
