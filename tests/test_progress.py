from __future__ import annotations

import pytest

from induce.errors import FillError
from induce.progress import Progress, watcher
from induce.terms import arithmetic

MOMENT = Progress(12.34, 60.0, 123456.0, 1e8, 0.0123, arithmetic.parse("1.23456 * x"))


def test_a_line_for_a_log():
    assert MOMENT.line() == "12.3 of 60 s, 123,456 candidates, unexplained 0.0123, best: 1.235 * x"
    assert Progress(1.0, None, 0, 0, 1.0, None).line() == "1.0 s, 0 candidates, unexplained 1, best: -"


def test_watchers():
    assert watcher(None) is None
    assert watcher(False) is None
    seen = []
    assert watcher(seen.append) == seen.append
    with pytest.raises(FillError, match="watch must be None, 'progress' or a callable, but got 'loud'"):
        watcher("loud")


def test_lines_are_written_every_ten_seconds_and_at_the_end(capsys):
    show = watcher("progress")
    for seconds, stopped in ((0.0, ""), (3.0, ""), (10.5, ""), (11.0, "done")):
        show(Progress(seconds, None, 0, 0, 1.0, None, (), stopped))
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in lines] == ["0.0", "10.5", "11.0"]
