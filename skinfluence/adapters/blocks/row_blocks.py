"""Where training rows in blocks come from."""

from collections.abc import Sequence
from typing import Any, Self

from .arrays import array_readers
from .cluster import DaskBlocks
from .iterable import iterable_reader
from .parquet import parquet_readers
from .source import Blocks

__all__ = ["RowBlocks"]


class RowBlocks(Blocks):
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

    @classmethod
    def from_arrays(
        cls, X: Any, y: Any, sample_weight: Any = None, *, block_size: int | None = None, n_jobs: int | None = None
    ) -> Self:
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
        return cls(*array_readers(X, y, sample_weight, block_size), n_jobs=n_jobs)

    @classmethod
    def from_iterable(cls, blocks: Any, *, n_jobs: int | None = None) -> Self:
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
        return cls(iterable_reader(blocks), n_jobs=n_jobs)

    @classmethod
    def from_parquet(
        cls,
        path: Any,
        y: str,
        sample_weight: str | None = None,
        *,
        features: Sequence[str] | None = None,
        block_size: int | None = 65_536,
        n_jobs: int | None = None,
    ) -> Self:
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
        return cls(*parquet_readers(path, y, sample_weight, features, block_size), n_jobs=n_jobs)

    @classmethod
    def from_dask(cls, X: Any, y: Any, sample_weight: Any = None) -> DaskBlocks:
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
        return DaskBlocks(X, y, sample_weight)
