"""Training rows in blocks: read one after the other, as often as it takes, and never all at once."""

from collections.abc import Callable, Iterator
from functools import partial, reduce
from operator import add
from typing import Any

from joblib import effective_n_jobs

from ..._parallel import in_threads

__all__ = ["Blocks", "check_number", "checked_block"]


class Blocks:
    """Training rows in blocks; :class:`RowBlocks` makes them.

    Parameters
    ----------
    read, read_labels, n_jobs
        As there.

    Attributes
    ----------
    n_passes : int
        How often the rows have been read so far, features included.
    """

    def __init__(
        self, read: Callable[[], Any], read_labels: Callable[[], Any] | None = None, *, n_jobs: int | None = None
    ) -> None:
        self.read = read
        self.read_labels = read_labels
        self.n_jobs = n_jobs
        self.n_passes = 0

    def map(self, function: Callable[..., Any], *local: Any, labels: bool = False) -> Iterator[Any]:
        """``function(block, number, *local[number])`` of every block, in order, as an iterator.

        Parameters
        ----------
        function : callable
            Of a block (X, y, sample_weight or None) and its number.
        *local : sequence
            One more argument for each block.
        labels : bool
            X is not needed.
        """
        calls = self._calls(function, local, labels)
        n_jobs = effective_n_jobs(self.n_jobs)
        return (call() for call in calls) if n_jobs == 1 else in_threads(calls, n_jobs)

    def sum(self, function: Callable[..., Any], *local: Any) -> Any:
        """The sum of what ``map`` gives."""
        return reduce(add, self.map(function, *local))

    def first(self, function: Callable[..., Any]) -> Any:
        """``function(block, 0)`` of the first block."""
        for load in self.read():
            return function(checked_block(load(), 0), 0)
        check_number((), 0)

    def _calls(self, function, local, labels):
        read = self.read_labels if labels and self.read_labels is not None else self.read
        self.n_passes += read is self.read
        number = None
        for number, load in enumerate(read()):
            yield partial(_apply, function, load, number, _own(local, number))
        check_number(local, 0 if number is None else number + 1)


def _apply(function, load, number, local):
    return function(checked_block(load(), number), number, *local)


def checked_block(block: Any, number: int) -> tuple[Any, Any, Any]:
    """(X, y, sample_weight or None) from what was given as a block.

    Raises
    ------
    ValueError
        For anything else, and for a block without rows.
    """
    if not isinstance(block, tuple | list) or len(block) not in (2, 3):
        raise ValueError(
            f"block {number} is no tuple (X, y) or (X, y, sample_weight) but of type {type(block).__name__}"
        )
    X, y, weight = (*block, None)[:3]
    if len(y) == 0:
        raise ValueError(f"block {number} has no rows; leave empty blocks out")
    return X, y, weight


def _own(local, number):
    check_number(local, number + 1, at_least=True)
    return [argument[number] for argument in local]


def check_number(local: Any, n_blocks: int, at_least: bool = False) -> None:
    """Refuse blocks that are others than when they were counted.

    Raises
    ------
    ValueError
    """
    known = len(local[0]) if local else n_blocks
    if n_blocks == 0:
        raise ValueError("there are no blocks, and so no training rows; pass at least one block")
    if n_blocks > known or (n_blocks < known and not at_least):
        raise ValueError(
            f"there were {known} blocks when they were counted, and now there are {'more' if at_least else n_blocks}; "
            "blocks must be the same each time they are read"
        )
