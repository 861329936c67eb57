"""Categorical naive Bayes: counts of each category of each feature in each class."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from ...exceptions import UnsupportedTargetError
from ..neighbours.sets import Sets
from .counts import CountForm
from .entries import contracted, dense, entries, product, with_entries
from .group_sums import GroupSums, with_ones

__all__ = ["CategoricalBayes"]


@dataclass(frozen=True, eq=False)
class CategoricalBayes(CountForm):
    r"""Scores of CategoricalNB, :math:`\sum_j \log (F_{k j x_j} + \alpha) - \log (W_k + \alpha n_j) + \log \pi_k`.

    n_j, the number of categories of feature j, is one more than the largest that a row has, at least `least`: without
    the last row of the largest category a feature has fewer, and evaluation rows of those that are gone have no answer
    (nan), as the refitted estimator has none.

    Parameters
    ----------
    rows, priors, alpha
        As for :class:`CountForm`; rows hold codes of categories, and all of `alpha` is the same.
    least : ndarray of int, shape (p,)
        ``min_categories``.
    """

    least: np.ndarray

    @cached_property
    def _sizes(self):
        """n, (p,)."""
        return np.maximum(self.rows.X.max(axis=0).astype(np.intp) + 1, self.least)

    @cached_property
    def _starts(self):
        """Position of the first category of each feature, (p,)."""
        return np.cumsum(self._sizes) - self._sizes

    @cached_property
    def _codes(self):
        """Category, (q,), of each position."""
        return np.arange(self._sizes.sum()) - np.repeat(self._starts, self._sizes)

    def prepared(self, features: Any) -> Any:
        """Evaluation rows with a 1 for the category of each feature, as CSR array (m, q).

        Raises
        ------
        UnsupportedTargetError
            For a category that the estimator does not know.
        """
        codes = dense(features).astype(np.intp)
        unknown = np.argwhere((codes < 0) | (codes >= self._sizes))
        if len(unknown):
            row, j = unknown[0]
            raise UnsupportedTargetError(
                f"evaluation row {row} has category {codes[row, j]} of feature {j}, which CategoricalNB does not know: "
                f"it has {self._sizes[j]} categories; leave such rows out, or fit with min_categories"
            )
        m, p = codes.shape
        places = (codes + self._starts).ravel()
        return sparse.csr_array((np.ones(m * p), places, np.arange(m + 1) * p), shape=(m, self._sizes.sum()))

    def sums(self, classes: tuple[str, ...], features: tuple[str, ...]) -> tuple[GroupSums, ...]:
        """1 of each class, and of each category of each feature there, weighted."""
        names = np.repeat(np.array(features, dtype=object), self._sizes)
        names = tuple(f"{name} = {code}" for name, code in zip(names, self._codes))
        return (GroupSums(self.encoded, with_ones, ("count", *names), self.rows.y, classes, self.rows.weight),)

    @cached_property
    def _logs(self):
        with np.errstate(divide="ignore"):
            return np.log(self.counts + self.alpha)

    def _normalizers(self, counts, sizes):
        """sum_j log (W_k + alpha n_j): (G, K) from (G, K) and (G, p)."""
        return np.log(counts[:, :, None] + self.alpha[0] * sizes[:, None]).sum(axis=2)

    def scores(self, Z: Any) -> np.ndarray:
        counts = self.rows.counts
        with np.errstate(divide="ignore", invalid="ignore"):
            return product(Z, self._logs) - self._normalizers(counts[None], self._sizes[None]) + self.log_priors(counts)

    def changes(self, k: int, Z: Any, members: Any) -> np.ndarray:
        removed, left, _ = self.counts_left(k, members)
        index = entries(removed)[1]
        return product(with_entries(removed, np.log(left + self.alpha[index]) - self._logs[k][index]), Z)

    def scores_without(self, Z: Any, before: np.ndarray, sets: Sets) -> np.ndarray:
        scores = super().scores_without(Z, before, sets)
        sizes = self._sizes_without(sets)
        with np.errstate(divide="ignore"):
            after = self._normalizers(self.rows.counts_without(sets), sizes)
            scores += (self._normalizers(self.rows.counts[None], self._sizes[None]) - after).T[:, :, None]
        fewer = np.flatnonzero((sizes < self._sizes).any(axis=1))
        if len(fewer):
            gone = self._codes >= np.repeat(sizes[fewer], self._sizes, axis=1)
            columns, rows = np.nonzero(product(gone.astype(float), Z))
            scores[:, fewer[columns], rows] = np.nan
        return scores

    def fill_undefined(self, scores: np.ndarray, Z: Any, sets: Sets) -> None:
        """Nothing: counts of 0 lead to infinite scores and stay 0."""

    def _sizes_without(self, sets):
        """n without each set, (G, p)."""
        sizes = np.tile(self._sizes, (len(sets), 1))
        ones = np.ones(len(self.rows))
        columns, members = self.rows.members(sets, ones > 0, ones)
        if not len(columns):
            return sizes
        removed = members @ self.encoded
        have = np.asarray(self.encoded.sum(axis=0)).ravel()
        # only sets that hold all rows of a category can change the number of them
        of_set = np.repeat(np.arange(len(columns)), np.diff(removed.indptr))
        emptied = np.unique(of_set[removed.data == have[removed.indices]])
        if len(emptied):
            there = dense(removed[emptied]) < have
            largest = np.maximum.reduceat(there * (self._codes + 1), self._starts, axis=1)
            sizes[columns[emptied]] = np.maximum(largest, self.least)
        return sizes

    def count_slopes(self, Z: Any, cotangents: np.ndarray, each: bool) -> np.ndarray:
        sums = cotangents.T if each else cotangents.sum(axis=0)[:, None]
        along = np.stack([contracted(Z, column, each) for column in cotangents.T])
        counts = self.counts + self.alpha
        of_features = along / np.where(counts > 0, counts, np.inf)[:, :, None]
        totals = self.rows.counts[:, None] + self.alpha[0] * self._sizes
        of_weight = -sums * (1 / totals).sum(axis=1)[:, None]
        return np.concatenate([of_weight[:, None], of_features], axis=1)
