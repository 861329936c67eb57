"""Progress of work in blocks: how long it will take, said early, and how far it is."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["BlockProgress"]

#: seconds between two lines
PAUSE = 2.0


class BlockProgress:
    """Lines on standard error: an estimate after the first block, then one every two seconds, and the end.

    Parameters
    ----------
    total, n_threads : int
        Number of blocks, and of threads that share them.
    """

    def __init__(self, total: int, n_threads: int) -> None:
        self.total, self.n_threads = total, n_threads

    def over(self, answers: Iterable[Any]) -> Iterator[Any]:
        """The answers of the blocks, as they come."""
        start = last = time.perf_counter()
        for done, answer in enumerate(answers, 1):
            now = time.perf_counter()
            if done in (1, self.total) or now - last > PAUSE:
                last = now
                self._tell(done, now - start)
            yield answer

    def _tell(self, done, elapsed):
        # the other threads are about to end theirs
        ended = min(done + self.n_threads - 1, self.total)
        ahead = f"about {elapsed / ended * (self.total - ended):.1f} s left" if done < self.total else "done"
        sys.stderr.write(f"[skinfluence] {done} of {self.total} blocks in {elapsed:.1f} s, {ahead}\n")
        sys.stderr.flush()
