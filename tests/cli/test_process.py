"""The command as a process: pipes, signals, entry points."""

import errno
import io
import os
import runpy
import signal
import sys
import time

import pytest

from skinfluence.cli import main

from .forked import Commands


def test_module_is_the_command(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["skinfluence", "trim", "x.csv"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("skinfluence", run_name="__main__")
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert (out, err) == (
        "",
        "skinfluence: error: the following arguments are required: --target; see skinfluence trim --help\n",
    )


@pytest.fixture(scope="module")
def commands(tmp_path_factory):
    if os.name != "posix":
        pytest.skip("pipes and signals of POSIX")
    pytest.importorskip("pandas", reason="the command line reads tables with pandas: skinfluence[cli]")
    commands = Commands(tmp_path_factory.mktemp("process"))
    yield commands
    commands.close()


def test_closed_pipe_ends_quietly(commands, table):
    line = ["attribute", "table.csv", "--target", "label", "--drop", "half", "--quiet"]
    commands.start(line, table.parent, out=None)
    status, err = commands.ended()
    assert status == 141
    assert "Traceback" not in err
    assert "Broken pipe" not in err


def opened_for_writing(pipe, commands):
    """The other end of a pipe, as soon as the command reads from it."""
    while not commands.ends():
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as nobody_reads:
            if nobody_reads.errno != errno.ENXIO:
                raise
            time.sleep(0.01)
    raise AssertionError(commands.ended())


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_leave_nothing_behind(commands, tmp_path, number, status):
    # reading from a pipe that nobody writes to lasts for ever
    os.mkfifo(tmp_path / "data.csv")
    pid = commands.start(["trim", "data.csv", "--target", "y", "--output", "kept.csv", "--quiet"], tmp_path)
    writer = opened_for_writing(tmp_path / "data.csv", commands)
    assert len(list(tmp_path.glob(".kept.csv.*.partial"))) == 1
    os.kill(pid, number)
    # a signal between the interpreter's last look and the system call wakes nobody: the end of the file does
    os.close(writer)
    ended, err = commands.ended()
    assert ended == status
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]


def test_poor_terminals_get_escapes(table, monkeypatch):
    pytest.importorskip("pandas", reason="the command line reads tables with pandas: skinfluence[cli]")
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.chdir(table.parent)
    line = ["explain", "table.csv", "--target", "label", "--drop", "half", "--drop", "name", "--quiet"]
    assert main(line) == 0
    assert b"\\u2264" in terminal.buffer.getvalue()  # at most
