"""A progress bar on standard error: steps of a command, and items within a step."""

import sys
import threading
import time
from contextlib import contextmanager

__all__ = ["Progress"]

WIDTH = 20


class Progress:
    """Steps with a bar and the time they take.

    On a terminal the bar is redrawn in place while work goes on, from a thread of its own, so that it moves during a
    long computation; anywhere else each step is one line, printed when it ends.

    Parameters
    ----------
    steps : int
        Number of steps.
    quiet : bool
        Print nothing.
    stream : text stream, optional
        Standard error.
    """

    def __init__(self, steps, quiet=False, stream=None):
        self.steps = steps
        self.quiet = quiet
        self.stream = stream or sys.stderr
        self.live = not quiet and self.stream.isatty()
        self.done = 0
        self._part = 0.0

    @contextmanager
    def step(self, title):
        """One step: the bar moves on when the block ends."""
        start, stop = time.perf_counter(), threading.Event()
        drawing = threading.Thread(target=self._draw_until, args=(stop, title, start), daemon=True)
        if self.live:
            drawing.start()
        try:
            yield
        finally:
            stop.set()
            if self.live:
                drawing.join()
                self.stream.write("\r\x1b[K")
        self.done, self._part = self.done + 1, 0.0
        if not self.quiet:
            self.stream.write(f"[{self.done}/{self.steps}] {title}: {time.perf_counter() - start:.1f} s\n")
            self.stream.flush()

    def over(self, items):
        """Yield the items of a sequence; the bar moves within the step."""
        for position, item in enumerate(items):
            self._part = position / len(items)
            yield item

    def bar(self):
        """The bar as text.

        >>> progress = Progress(2)
        >>> progress.done = 1
        >>> progress.bar()
        '[##########----------]'
        """
        filled = round(WIDTH * min(1.0, (self.done + self._part) / max(self.steps, 1)))
        return "[" + "#" * filled + "-" * (WIDTH - filled) + "]"

    def _draw_until(self, stop, title, start):
        while not stop.wait(0.1):
            elapsed = time.perf_counter() - start
            self.stream.write(f"\r{self.bar()} {self.done + 1}/{self.steps} {title} {elapsed:.0f} s\x1b[K")
            self.stream.flush()
