"""The progress bar."""

import io
import threading
from types import SimpleNamespace

import pytest

from skinfluence.cli import progress as module
from skinfluence.cli.progress import Progress


class Terminal(io.StringIO):
    """Knows when somebody has written to it."""

    def __init__(self):
        super().__init__()
        self.written = threading.Condition()

    def isatty(self):
        return True

    def write(self, text):
        with self.written:
            super().write(text)
            self.written.notify_all()

    def wait_for(self, text):
        with self.written:
            # without it a bar that stands still would be waited for; no machine is as busy as that
            assert self.written.wait_for(lambda: text in self.getvalue(), timeout=600)


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until a test moves it."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    return clock


@pytest.mark.usefixtures("clock")
def test_away_from_a_terminal_each_step_is_one_line():
    stream = io.StringIO()
    progress = Progress(2, stream=stream)
    for title in ("reading", "fitting"):
        with progress.step(title):
            pass
    assert stream.getvalue() == "[1/2] reading: 0.0 s\n[2/2] fitting: 0.0 s\n"


def test_a_terminal_sees_the_bar_move_while_work_goes_on(clock):
    stream = Terminal()
    progress = Progress(2, stream=stream)
    with progress.step("fitting"):
        for _, seen in zip(progress.over(range(2)), ("[--------------------]", "[#####---------------]"), strict=True):
            stream.wait_for(f"{seen} 1/2 fitting 0 s")
            clock.now += 0.25
    assert stream.getvalue().endswith("fitting: 0.5 s\n")


def test_quiet_says_nothing():
    stream = Terminal()
    threads = threading.active_count()
    with Progress(1, quiet=True, stream=stream).step("fitting"):
        assert threading.active_count() == threads, "somebody draws"
    assert stream.getvalue() == ""


def test_an_error_clears_the_bar_and_goes_on():
    stream = Terminal()
    with pytest.raises(ValueError, match=r"boom"), Progress(1, stream=stream).step("fitting"):
        raise ValueError("boom")
    assert stream.getvalue().endswith("\r\x1b[K")
