"""The progress bar."""

import io
import time

import pytest

from skinfluence.cli.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_away_from_a_terminal_each_step_is_one_line():
    stream = io.StringIO()
    progress = Progress(2, stream=stream)
    for title in ("reading", "fitting"):
        with progress.step(title):
            pass
    assert stream.getvalue() == "[1/2] reading: 0.0 s\n[2/2] fitting: 0.0 s\n"


def test_a_terminal_sees_the_bar_move_while_work_goes_on():
    stream = Terminal()
    progress = Progress(2, stream=stream)
    with progress.step("fitting"):
        for _ in progress.over(range(2)):
            time.sleep(0.25)
    assert "[--------------------] 1/2 fitting 0 s" in stream.getvalue()
    assert "[#####---------------] 1/2 fitting 0 s" in stream.getvalue()
    assert stream.getvalue().endswith("fitting: 0.5 s\n")


def test_quiet_says_nothing():
    stream = Terminal()
    with Progress(1, quiet=True, stream=stream).step("fitting"):
        time.sleep(0.15)
    assert stream.getvalue() == ""


def test_an_error_clears_the_bar_and_goes_on():
    stream = Terminal()
    with pytest.raises(ValueError, match=r"boom"), Progress(1, stream=stream).step("fitting"):
        raise ValueError("boom")
    assert stream.getvalue().endswith("\r\x1b[K")
