"""Training rows in blocks: read one after the other, as often as it takes, and never all at once."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial, reduce
from operator import add

from joblib import effective_n_jobs
from threadpoolctl import threadpool_limits

__all__ = ["RowBlocks"]


class RowBlocks:
    """Training rows that do not fit into memory, or lie on several machines.

    Hand them to an attributor in place of X and y: ``InfluenceFunctions(model).fit(blocks)``. The model is a fitted
    one. Memory is one block (`n_jobs` blocks), P^2 numbers and the answer.

    ====================  ===========================================================================
    `from_arrays`         arrays that can be sliced: ``numpy.memmap``, CSR matrix, DataFrame
    `from_iterable`       anything that gives (X, y) or (X, y, sample_weight) again and again
    `from_parquet`        a Parquet file or folder
    `from_dask`           ``dask.array`` or ``dask.dataframe``; blocks stay where they are
    ====================  ===========================================================================

    Parameters
    ----------
    read : callable
        Gives an iterator of callables without arguments, each of which loads one block, (X, y) or
        (X, y, sample_weight). Use one of the four constructors above instead.
    read_labels : callable or None
        The same with None in the place of X, where labels and weights can be read without the features.
    n_jobs : int or None
        Blocks that are worked on at a time, in threads.

    Attributes
    ----------
    n_passes : int
        How often the rows have been read so far, features included.

    Examples
    --------
    The mean model y = b on the blocks [0] and [2, 7]: to first order the mean moves from 3 by a third of each residual.

    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from skinfluence import InfluenceFunctions
    >>> X, y = np.zeros((3, 1)), np.array([0.0, 2.0, 7.0])
    >>> blocks = RowBlocks.from_iterable([(X[:1], y[:1]), (X[1:], y[1:])])
    >>> attributor = InfluenceFunctions(Ridge().fit(X, y), target="prediction").fit(blocks)
    >>> attributor.attribute([[0.0]], [0.0]).values * 3
    array([ 3.,  1., -4.])
    """

    def __init__(self, read, read_labels=None, *, n_jobs=None):
        self.read = read
        self.read_labels = read_labels
        self.n_jobs = n_jobs
        self.n_passes = 0

    @classmethod
    def from_arrays(cls, X, y, sample_weight=None, *, block_size=None, n_jobs=None):
        """Blocks of consecutive rows of arrays.

        Parameters
        ----------
        X : numpy.memmap, array, CSR matrix or DataFrame of shape (n, p)
            Rows as the estimator takes them; only slices of it are read.
        y : array-like of shape (n,) or (n, K)
            Labels.
        sample_weight : array-like of shape (n,) or None
            The weights that the estimator was fitted with.
        block_size : int or None
            Rows of a block; None means about 8 MiB of features. With K classes a block holds K^2 numbers a row besides.
        n_jobs : int or None
            Blocks that are worked on at a time, in threads.

        Returns
        -------
        RowBlocks

        Raises
        ------
        ValueError
            For arrays of different length, and a block size that is no positive integer.
        """
        from .arrays import array_readers

        return cls(*array_readers(X, y, sample_weight, block_size), n_jobs=n_jobs)

    @classmethod
    def from_iterable(cls, blocks, *, n_jobs=None):
        """Blocks as an iterable gives them.

        Parameters
        ----------
        blocks : iterable or callable
            Of tuples (X, y) or (X, y, sample_weight). It is run through several times and has to start anew each time:
            a list, an object with ``__iter__``, or a function that returns a fresh iterator; a generator cannot.
        n_jobs : int or None
            Blocks that are worked on at a time, in threads; they are read one by one.

        Returns
        -------
        RowBlocks

        Raises
        ------
        ValueError
            For an iterator, which cannot be started anew.
        """
        from .iterable import iterable_reader

        return cls(iterable_reader(blocks), n_jobs=n_jobs)

    @classmethod
    def from_parquet(cls, path, y, sample_weight=None, *, features=None, block_size=65_536, n_jobs=None):
        """Blocks of a Parquet data set, as DataFrames; needs ``skinfluence[parquet]``.

        Parameters
        ----------
        path : str, path or list of these
            A file, a folder, or files, as ``pyarrow.dataset.dataset`` takes them.
        y : str
            Column of the labels.
        sample_weight : str or None
            Column of the weights.
        features : list of str or None
            Columns of the features, in the order of the fit; None means all others.
        block_size : int
            Most rows of a block; row groups are not joined.
        n_jobs : int or None
            Blocks that are worked on at a time, in threads; they are read one by one.

        Returns
        -------
        RowBlocks

        Raises
        ------
        ValueError
            For a column that the data set has not.
        """
        from .parquet import parquet_readers

        return cls(*parquet_readers(path, y, sample_weight, features, block_size), n_jobs=n_jobs)

    @classmethod
    def from_dask(cls, X, y, sample_weight=None):
        """Chunks or partitions of Dask collections; needs ``skinfluence[dask]``.

        They are computed where the scheduler puts them, on a cluster when there is a ``distributed.Client``. What comes
        back are sums of P x P numbers, added up on the cluster, and the answers. Chunks that were not persisted are
        computed again in each pass. A worker that dies takes no answer along: its blocks are computed elsewhere.

        Parameters
        ----------
        X : dask.array.Array or dask.dataframe.DataFrame
            Rows as the estimator takes them; their chunks or partitions are the blocks.
        y : dask.array.Array, dask.dataframe.Series or str
            Labels in the same chunks, or the column of `X` that holds them.
        sample_weight : like y, or None
            Weights.

        Returns
        -------
        RowBlocks

        Raises
        ------
        ValueError
            For collections in different chunks.
        """
        from .cluster import DaskBlocks

        return DaskBlocks(X, y, sample_weight)

    def map(self, function, *local, labels=False):
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
        return (call() for call in calls) if n_jobs == 1 else _in_threads(calls, n_jobs)

    def sum(self, function, *local):
        """The sum of what ``map`` gives."""
        return reduce(add, self.map(function, *local))

    def first(self, function):
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


def checked_block(block, number):
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


def check_number(local, n_blocks, at_least=False):
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


def _in_threads(calls, n_threads):
    """Results in order; as many more calls than threads are waiting as keep these busy."""
    with ThreadPoolExecutor(n_threads) as pool, threadpool_limits(1, user_api="blas"):
        waiting = deque()
        for call in calls:
            waiting.append(pool.submit(call))
            if len(waiting) > n_threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
