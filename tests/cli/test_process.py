"""The command as a process: pipes, signals, entry points."""

import errno
import io
import os
import runpy
import signal
import subprocess
import sys
import time

import pytest

from skinfluence.cli import main

COMMAND = [sys.executable, "-m", "skinfluence"]
#: seconds after which a command hangs: a hundred times what it takes, for the busiest machine
HANGS = 600


@pytest.fixture(autouse=True)
def package_on_path(monkeypatch):
    # also where the package is used from its source tree and the process runs elsewhere
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")])))


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


@pytest.mark.skipif(os.name != "posix", reason="pipes and signals of POSIX")
def test_closed_pipe_ends_quietly(table):
    pytest.importorskip("pandas", reason="the command line reads tables with pandas: skinfluence[cli]")
    line = [*COMMAND, "attribute", "table.csv", "--target", "label", "--drop", "half", "--quiet"]
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(line, stdout=writer, stderr=subprocess.PIPE, text=True, cwd=table.parent, timeout=HANGS)
    os.close(writer)
    assert run.returncode == 141
    assert "Traceback" not in run.stderr
    assert "Broken pipe" not in run.stderr


def opened_for_writing(pipe, process):
    """The other end of a pipe, as soon as the process reads from it."""
    while process.poll() is None:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as nobody_reads:
            if nobody_reads.errno != errno.ENXIO:
                raise
            time.sleep(0.01)
    raise AssertionError(process.communicate()[1])


@pytest.mark.skipif(os.name != "posix", reason="pipes and signals of POSIX")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_leave_nothing_behind(tmp_path, number, status):
    pytest.importorskip("pandas", reason="the command line reads tables with pandas: skinfluence[cli]")
    # reading from a pipe that nobody writes to lasts for ever
    os.mkfifo(tmp_path / "data.csv")
    line = [*COMMAND, "trim", "data.csv", "--target", "y", "--output", "kept.csv", "--quiet"]
    process = subprocess.Popen(line, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    writer = opened_for_writing(tmp_path / "data.csv", process)
    assert len(list(tmp_path.glob(".kept.csv.*.partial"))) == 1
    process.send_signal(number)
    _, err = process.communicate(timeout=HANGS)
    os.close(writer)
    assert process.returncode == status
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
