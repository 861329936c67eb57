"""Progress of long work: how long it will take, said early, and how far it is."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["BlockProgress", "RowProgress", "tell"]

#: seconds between two lines
PAUSE = 2.0


def tell(text: str) -> None:
    """One line on standard error."""
    sys.stderr.write(f"[skinfluence] {text}\n")
    sys.stderr.flush()


class BlockProgress:
    """Lines on standard error: an estimate after the first block, then one every two seconds, and the end.

    Parameters
    ----------
    total, n_threads : int
        Number of blocks, and of threads that share them.
    """

    noun = "blocks"

    def __init__(self, total: int, n_threads: int = 1) -> None:
        self.total, self.n_threads = total, n_threads

    def size(self, answer: Any) -> int:
        """How much of the total an answer is."""
        return 1

    def over(self, answers: Iterable[Any]) -> Iterator[Any]:
        """The answers of the blocks, as they come."""
        start, last, done = time.perf_counter(), -PAUSE, 0
        for answer in answers:
            done += self.size(answer)
            elapsed = time.perf_counter() - start
            if done == self.total or elapsed - last > PAUSE:
                last = elapsed
                self._tell(done, elapsed)
            yield answer

    def _tell(self, done, elapsed):
        # the other threads are about to end theirs
        ended = min(done + self.n_threads - 1, self.total)
        ahead = f"about {elapsed / ended * (self.total - ended):.1f} s left" if done < self.total else "done"
        tell(f"{done} of {self.total} {self.noun} in {elapsed:.1f} s, {ahead}")


class RowProgress(BlockProgress):
    """The same in rows, of answers (rows, ...) with a slice of rows each."""

    noun = "rows"

    def size(self, answer: Any) -> int:
        """Number of rows."""
        return len(answer[1])
