"""Blocks of Dask collections, which stay where they are; Dask's door."""

from collections.abc import Callable, Iterator
from operator import add
from typing import Any

from ..._optional import require
from .source import Blocks, check_number, checked_block

__all__ = ["DaskBlocks", "is_dask"]

#: partial sums that one task adds up
FAN_IN = 8


def is_dask(values: object) -> bool:
    """Whether these are a Dask collection; without importing Dask."""
    return type(values).__module__.partition(".")[0] == "dask" or hasattr(values, "__dask_graph__")


class DaskBlocks(Blocks):
    """Chunks or partitions as blocks; see :meth:`RowBlocks.from_dask`.

    Parameters
    ----------
    X, y, sample_weight
        As there.
    """

    def __init__(self, X: Any, y: Any, sample_weight: Any = None) -> None:
        super().__init__(None)
        self.dask = require("dask", "dask", "RowBlocks.from_dask")
        columns = [values for values in (y, sample_weight) if isinstance(values, str)]
        features = X.drop(columns=columns) if columns else X
        y, sample_weight = (X[values] if isinstance(values, str) else values for values in (y, sample_weight))
        parts = {"X": features, "y": y} | ({} if sample_weight is None else {"sample_weight": sample_weight})
        for name, values in parts.items():
            if not is_dask(values):
                raise ValueError(
                    f"{name} is of type {type(values).__name__}, and X a Dask collection; pass all of them as Dask "
                    "collections in the same chunks, or use RowBlocks.from_iterable"
                )
        # what was persisted is forgotten by the cluster when nobody holds the collection any more
        self.collections = _aligned(parts)
        chunks = {name: _parts(values) for name, values in self.collections.items()}
        sizes = {name: len(values) for name, values in chunks.items()}
        if len(set(sizes.values())) > 1:
            raise ValueError(f"the collections have different numbers of row blocks, {sizes}; rechunk or repartition")
        self.labels = [(None, *rest) for rest in zip(*list(chunks.values())[1:])]
        self.blocks = list(zip(*chunks.values()))

    def map(self, function: Callable[..., Any], *local: Any, labels: bool = False) -> Iterator[Any]:
        """``function(block, number, *local[number])`` of every block, in order; computed where the blocks are."""
        return iter(self.dask.compute(*self._tasks(function, local, labels)))

    def sum(self, function: Callable[..., Any], *local: Any) -> Any:
        """The sum of what ``map`` gives, made where the blocks are."""
        tasks, join = self._tasks(function, local, False), self.dask.delayed(_sum, pure=False)
        while len(tasks) > 1:
            tasks = [join(tasks[start : start + FAN_IN]) for start in range(0, len(tasks), FAN_IN)]
        return self.dask.compute(tasks[0])[0]

    def first(self, function: Callable[..., Any]) -> Any:
        """``function(block, 0)`` of the first block."""
        return self.dask.compute(self.dask.delayed(_call, pure=False)(function, 0, (), *self.blocks[0]))[0]

    def _tasks(self, function, local, labels):
        self.n_passes += not labels
        check_number(local, len(self.blocks))
        delayed = self.dask.delayed
        # one node of the graph, which every task refers to: factors are not small
        shared, call = delayed(_Held(function)), delayed(_call, pure=False)
        return [
            call(shared, number, [argument[number] for argument in local], *block)
            for number, block in enumerate(self.labels if labels else self.blocks)
        ]


class _Held:
    """A function as a value: Dask would call it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, *arguments):
        return self.function(*arguments)


def _call(function, number, local, *block):
    return function(checked_block(block, number), number, *local)


def _sum(parts):
    total = parts[0]
    for part in parts[1:]:
        total = add(total, part)
    return total


def _aligned(parts):
    """Arrays in the row chunks of X, with all columns in one chunk."""
    X = parts["X"]
    if not hasattr(X, "chunks") or not hasattr(X, "rechunk"):
        return parts
    X = X if len(X.chunks) == 1 or len(X.chunks[1]) == 1 else X.rechunk({1: -1})
    return {name: X if name == "X" else _rechunked(values, X.chunks[0]) for name, values in parts.items()}


def _rechunked(values, rows):
    known = hasattr(values, "rechunk") and not any(size != size for size in (*rows, *values.chunks[0]))
    if not known or values.chunks[0] == rows:
        return values
    if sum(values.chunks[0]) != sum(rows):
        raise ValueError(f"X has {sum(rows)} rows and the labels or weights {sum(values.chunks[0])}")
    return values.rechunk({0: rows})


def _parts(values):
    """Delayed chunks, one a block of rows."""
    parts = values.to_delayed()
    return list(parts.ravel()) if hasattr(parts, "ravel") else list(parts)
