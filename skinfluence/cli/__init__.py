"""The command line: ``skinfluence attribute | trim | explain | demo``.

A command succeeds with exit status 0 and whole files, or fails with one line on standard error, exit status 2 and no
file at all.
"""

import contextlib
import os
import signal
import sys
import threading
import warnings
from collections.abc import Sequence
from importlib import import_module

from ..exceptions import SkinfluenceError
from .arguments import parse
from .translation import in_options

__all__ = ["main"]

#: errors that the user can correct; any other exception is a bug of skinfluence and keeps its traceback
EXPECTED = (SkinfluenceError, ImportError, ValueError, OSError, MemoryError)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; ``sys.argv[1:]`` by default.

    Returns
    -------
    int
        Exit status: 0, 2 after an error, 130 after Ctrl-C, 141 when standard output was closed (as by ``| head``).

    Raises
    ------
    SystemExit
        After ``--help`` and ``--version``.

    Examples
    --------
    >>> main(["demo", "--quite"])  # standard error: skinfluence: error: unrecognized arguments: --quite; see ...
    2
    """
    argv = sys.argv[1:] if argv is None else list(argv)
    try:
        with _cleaning_up_when_terminated(), _warnings_on_one_line():
            _replace_unprintable()
            arguments = parse(argv)
            import_module(f".{arguments.command}", __package__).run(arguments)
            sys.stdout.flush()
        return 0
    except BrokenPipeError:
        _discard_stdout()
        return 141
    except KeyboardInterrupt:
        return _fail("interrupted; nothing was written", 130)
    except EXPECTED as error:
        # a missing optional package has a cause; any other failing import is a bug of skinfluence
        if "--debug" in argv or (isinstance(error, ImportError) and error.__cause__ is None):
            raise
        return _fail(_one_line(error), 2)


def _replace_unprintable():
    """Characters that the terminal cannot show are escaped; they do not end the command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _fail(message, status):
    print(f"skinfluence: error: {message}", file=sys.stderr)
    return status


def _one_line(error):
    original = " ".join(str(error).split())
    text = in_options(original) or type(error).__name__
    if isinstance(error, MemoryError):
        return f"out of memory ({text}); use fewer rows or columns"
    explained = isinstance(error, SkinfluenceError | ImportError) or (original and text != original)
    return text if explained else f"{text} (--debug shows where)"


def _discard_stdout():
    """Standard output was closed: keep Python's own flush at exit from failing."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def _cleaning_up_when_terminated():
    """Turn SIGTERM into SystemExit, so that temporary files are removed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number, frame):
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _warnings_on_one_line():
    """Show each warning meant for users once, as a note."""
    seen = set()

    def show(message, category, filename, lineno, file=None, line=None):
        text = in_options(message)
        if issubclass(category, UserWarning) and text not in seen:
            seen.add(text)
            print(f"skinfluence: note: {text}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield
