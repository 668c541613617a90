"""The charts show the front, the chosen row, predictions and residuals, without a window."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest

from induce.errors import DataError
from induce.fit import Baseline, Fit, Row
from induce.formulas.plot import plot_fit
from induce.terms import arithmetic

pytest.importorskip("matplotlib", reason="drawing needs the plot extra")


def row(text, loss):
    term = arithmetic.parse(text)
    return Row(term, term, {}, {}, term.size, loss, 1 - loss)


@pytest.fixture
def fit():
    rows = (row("x", 0.5), row("2 * x", 0.01), row("2 * x + sin(x)", 0.0))
    return Fit(
        rows,
        1,
        "",
        "",
        arithmetic,
        ("x",),
        target="y",
        target_unit="m",
        baselines=(Baseline("linear model", 0.2, 0.8),),
    )


def test_the_front_alone(fit, tmp_path):
    figure = plot_fit(fit)
    (axes,) = figure.axes
    assert axes.get_yscale() == "log"
    assert axes.get_xlabel() == "size (nodes)"
    assert axes.get_ylabel() == "mean square error [(m)²]"
    front = next(line for line in axes.lines if line.get_label() == "front")
    assert front.get_xdata().tolist() == [1, 3, 6]
    assert front.get_ydata().tolist() == pytest.approx([0.5, 0.01, 1e-4])  # a loss of zero at the bottom
    chosen = next(line for line in axes.lines if line.get_label() == "chosen: 2 * x")
    assert (chosen.get_xdata().tolist(), chosen.get_ydata().tolist()) == ([3], [0.01])
    assert "linear model" in {line.get_label() for line in axes.lines}
    figure.savefig(tmp_path / "front.png", dpi=50)
    assert (tmp_path / "front.png").read_bytes().startswith(b"\x89PNG")


def test_with_data_predictions_and_residuals_too(fit, tmp_path):
    true = np.array([1.0, 2.0, 3.0, 4.0])
    seen = np.array([1.5, 2.0, np.nan, 4.0])
    figure = plot_fit(fit, seen, true)
    _, left, right = figure.axes
    assert left.lines[0].get_xdata().tolist() == [1, 2, 4]
    assert left.lines[0].get_ydata().tolist() == [1.5, 2, 4]
    assert left.get_title() == "Predicted against true (1 undefined rows left out)"
    assert left.get_xlabel() == "true y [m]"
    assert right.lines[1].get_ydata().tolist() == [-0.5, 0, 0]
    assert right.get_title() == "Residuals"
    figure.savefig(tmp_path / "all.png", dpi=50)
    assert (tmp_path / "all.png").stat().st_size > 1000


def test_names_that_look_like_mathematics_are_drawn_as_they_are(tmp_path):
    term = arithmetic.variable("price $ and $\\oops")
    fit = Fit((Row(term, term, {}, {}, 1, 0.1, 0.9),), 0, "", "", arithmetic, (term.name,))
    plot_fit(fit).savefig(tmp_path / "odd.png", dpi=50)


def test_many_points_are_thinned(fit):
    many = np.linspace(0, 1, 50_001)
    assert len(plot_fit(fit, many, many).axes[1].lines[0].get_xdata()) <= 20_000


@pytest.mark.parametrize(
    ("predicted", "target", "words"),
    [
        ([1.0], None, "a chart of predictions needs both predicted and target values. Give both, or neither."),
        (
            [1.0],
            [1.0, 2.0],
            "predicted has shape (1,) and target has shape (2,), but one number per row is needed in both.",
        ),
    ],
)
def test_half_the_data_or_other_rows(fit, predicted, target, words):
    with pytest.raises(DataError, match=re.escape(words)):
        plot_fit(fit, predicted, target)


def test_pyplot_and_its_windows_are_never_loaded():
    code = (
        "import sys\nfrom induce.fit import Fit, Row\nfrom induce.formulas.plot import plot_fit\n"
        "from induce.terms import arithmetic\nx = arithmetic.variable('x')\n"
        "assert 'matplotlib' not in sys.modules\n"
        "plot_fit(Fit((Row(x, x, {}, {}, 1, 0.1, 0.9),), 0, '', '', arithmetic, ('x',)))\n"
        "sys.stdout.write(str('matplotlib.pyplot' in sys.modules))\n"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False"


def test_without_matplotlib_the_extra_is_named():
    code = (
        "import sys\nsys.modules['matplotlib'] = sys.modules['matplotlib.figure'] = None\n"
        "from induce.errors import ExportError\nfrom induce.formulas.plot import plot_fit\n"
        "try:\n    plot_fit(None)\nexcept ExportError as error:\n    sys.stdout.write(str(error))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "charts need matplotlib, which is not installed. Install it: pip install 'induce[plot]'."
