"""Multinomial and complement naive Bayes: counts of each feature over the rows that feed a class."""

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from ..neighbours.sets import Sets
from .entries import contracted, dense, entries, product, row_sums, with_entries
from .form import Form
from .group_sums import GroupSums, with_ones

__all__ = ["ComplementBayes", "CountForm", "MultinomialBayes"]


@dataclass(frozen=True, eq=False)
class CountForm(Form):
    """Scores made of weighted counts F_kj = sum_i w_i x_ij over the rows that feed class k.

    A row changes the counts of its own features only, so that deletions of sparse rows cost their entries, and sparse
    rows stay sparse. Where no row with a feature is left its count is 0, not rounding.

    Parameters
    ----------
    rows, priors
        As for :class:`Form`; rows are not negative.
    alpha : ndarray of shape (q,)
        Added to the counts of each feature.
    """

    alpha: np.ndarray

    @cached_property
    def encoded(self) -> Any:
        """Training rows as they are counted, (n, q); sparse ones store no zeros, in order."""
        encoded = self.prepared(self.rows.X)
        if sparse.issparse(encoded) and not (encoded.has_canonical_format and encoded.data.all()):
            encoded = encoded.copy()
            encoded.sum_duplicates()
            encoded.eliminate_zeros()
        return encoded

    def prepared(self, features: Any) -> Any:
        """Evaluation rows as they are counted."""
        return sparse.csr_array(features) if sparse.issparse(features) else features

    def sums(self, classes: tuple[str, ...], features: tuple[str, ...]) -> tuple[GroupSums, ...]:
        """1 and x of each class, weighted."""
        return (GroupSums(self.encoded, with_ones, ("count", *features), self.rows.y, classes, self.rows.weight),)

    def feasible(self, sets: Sets) -> np.ndarray:
        """Whether each class keeps a row; one with a weight where its share of the weights is its prior."""
        return (self.rows.sizes_without(sets, weighted=self.priors is None) > 0).all(axis=1)  # type: ignore[return-value]

    def feeds(self, k: int) -> np.ndarray:
        """Rows that are counted for a class, (n,) of bool."""
        return self.rows.y == k

    @cached_property
    def counts(self) -> np.ndarray:
        """F, (K, q)."""
        return self._over_rows(self.encoded, self.rows.weight)

    @cached_property
    def _carriers(self):
        """Number of rows with a weight that have each feature and feed a class, (K, q)."""
        return self._over_rows(self.encoded != 0, (self.rows.weight > 0).astype(float))

    def _over_rows(self, values, weight):
        weights = np.array([np.where(self.feeds(k), weight, 0.0) for k in range(self.rows.n_classes)])
        return dense((values.T @ weights.T).T)

    def counts_left(self, k: int, members: Any, full: bool = False) -> tuple[Any, ...]:
        """What sets of rows take from the counts of class k, and what they leave; with `full`, of all features.

        Returns
        -------
        removed : ndarray or CSR array of shape (T, q)
        counts, carriers : ndarray
            Counts, and numbers of rows that have the feature, that are left where `removed` has entries.
        """
        members.sort_indices()
        used = np.unique(members.indices)
        rows, members = self.encoded[used], members[:, used]
        removed, gone = members @ rows, with_entries(members, np.ones(members.nnz)) @ (rows != 0)
        if full:
            removed, gone = dense(removed), dense(gone)
        if sparse.issparse(removed):
            removed.sort_indices()  # type: ignore[union-attr]
            gone.sort_indices()  # type: ignore[union-attr]
        data, index = entries(removed)
        carriers = self._carriers[k][index] - entries(gone)[0]
        return removed, np.where(carriers > 0, self.counts[k][index] - data, 0.0), carriers

    def scores_without(self, Z: Any, before: np.ndarray, sets: Sets) -> np.ndarray:
        priors = self.log_priors(self.rows.counts_without(sets)) - self.log_priors(self.rows.counts)
        scores = before.T[:, None] + priors.T[:, :, None]
        for k in range(self.rows.n_classes):
            columns, members = self.rows.members(sets, self.feeds(k), self.rows.weight)
            if len(columns):
                with np.errstate(divide="ignore", invalid="ignore"):
                    scores[k, columns] += self.changes(k, Z, members)
        self.fill_undefined(scores, Z, sets)
        return scores

    def fill_undefined(self, scores: np.ndarray, Z: Any, sets: Sets) -> None:
        """Write scores that are no sum of the old ones and a change, for probabilities were 0."""
        if not self.alpha.all():
            self.fill_from_rows(scores, Z, sets, np.isnan(scores).any(axis=(0, 2)))

    @abstractmethod
    def changes(self, k: int, Z: Any, members: Any) -> np.ndarray:
        """Changes of the scores of class k, but for its prior, without T sets: (T, m)."""

    def slopes(self, Z: Any, cotangents: np.ndarray, each: bool) -> np.ndarray:
        slopes = self.prior_slopes(cotangents, each)
        of_classes = zip(self.count_slopes(Z, cotangents, each), self.rows.of_class, self._by_class)
        for of_counts, rows, encoded in of_classes:
            slopes[rows] += encoded @ of_counts[1:] + of_counts[0]
        return slopes

    @cached_property
    def _by_class(self):
        return [self.encoded[rows] for rows in self.rows.of_class]

    @abstractmethod
    def count_slopes(self, Z: Any, cotangents: np.ndarray, each: bool) -> np.ndarray:
        """Derivatives along a row of each class: (K, 1 + q, a), in its weight and in its features."""

    def numbers(self, size: int) -> int:
        encoded = self.encoded
        if not sparse.issparse(encoded):
            return 4 * self.rows.n_classes * len(self.alpha)
        return 8 * self.rows.n_classes * (1 + min(len(self.alpha), size * encoded.nnz // len(self.rows)))

    def answer_numbers(self, each: bool) -> int:
        return 3 * self.rows.n_classes * len(self.alpha) if each else 1

    def _contracted(self, Z, cotangents, each):
        """sum_j c_jk z_j for each class, (K, q, a)."""
        return np.stack([contracted(Z, column, each) for column in cotangents.T])


@dataclass(frozen=True, eq=False)
class MultinomialBayes(CountForm):
    r"""Scores of MultinomialNB, :math:`\sum_j x_j \log (F_{kj} + \alpha_j) / N_k + \log \pi_k`, N_k the sum over j.

    Parameters
    ----------
    rows, priors, alpha
        As for :class:`CountForm`.

    Notes
    -----
    Cost for G sets with N entries: N logarithms and the product of (m, q) with (q, G), sparse where the rows are.
    """

    @cached_property
    def _logs(self):
        """log of F + alpha, (K, q), and of its sum, (K,)."""
        with np.errstate(divide="ignore"):
            return np.log(self.counts + self.alpha), np.log(self._totals)

    @cached_property
    def _totals(self):
        return self.counts.sum(axis=1) + self.alpha.sum()

    def scores(self, Z: Any) -> np.ndarray:
        logs, of_sums = self._logs
        with np.errstate(invalid="ignore"):
            return product(Z, logs) - np.outer(row_sums(Z), of_sums) + self.log_priors(self.rows.counts)

    def _log_changes(self, k, members):
        """Changes of the logarithms without T sets: entries (T, q), and (T,)."""
        removed, left, _ = self.counts_left(k, members)
        alpha, logs = self.alpha[entries(removed)[1]], self._logs[0][k][entries(removed)[1]]
        gone = np.diff(members.indptr) == np.count_nonzero(self.feeds(k) & (self.rows.weight > 0))
        totals = np.where(gone, self.alpha.sum(), self._totals[k] - row_sums(removed))
        return with_entries(removed, np.log(left + alpha) - logs), np.log(totals) - self._logs[1][k]

    def changes(self, k: int, Z: Any, members: Any) -> np.ndarray:
        of_logs, of_sum = self._log_changes(k, members)
        return product(of_logs, Z) - np.outer(of_sum, row_sums(Z))

    def count_slopes(self, Z: Any, cotangents: np.ndarray, each: bool) -> np.ndarray:
        along = self._contracted(Z, cotangents, each)
        total = along.sum(axis=1, keepdims=True) / self._totals[:, None, None]
        of_features = along / _nonzero(self.counts + self.alpha)[:, :, None] - total
        return np.concatenate([np.zeros_like(total), of_features], axis=1)


@dataclass(frozen=True, eq=False)
class ComplementBayes(MultinomialBayes):
    r"""Scores of ComplementNB, :math:`-\sum_j x_j L_{kj}` with :math:`L_{kj} = \log (F_{kj} + \alpha_j) / N_k`.

    F are the counts of the rows of all other classes. With `norm` the scores are :math:`\sum_j x_j L_{kj} / \sum_j
    L_{kj}`. Priors are given, as ones: the estimator has none.

    Parameters
    ----------
    rows, priors, alpha
        As for :class:`CountForm`.
    norm : bool
    """

    norm: bool = False

    def feeds(self, k: int) -> np.ndarray:
        return self.rows.y != k

    @cached_property
    def _weights(self):
        """L, (K, q), and its sums (K,)."""
        logs, of_sums = self._logs
        weights = logs - of_sums[:, None]
        return weights, weights.sum(axis=1)

    def scores(self, Z: Any) -> np.ndarray:
        weights, sums = self._weights
        with np.errstate(invalid="ignore"):
            return product(Z, weights) / sums if self.norm else -product(Z, weights)

    def changes(self, k: int, Z: Any, members: Any) -> np.ndarray:
        of_logs, of_sum = self._log_changes(k, members)
        change = product(of_logs, Z) - np.outer(of_sum, row_sums(Z))
        if not self.norm:
            return -change
        # (a + da) / (s + ds) - a / s = (da - a ds / s) / (s + ds)
        weights, sums = self._weights
        of_total = (row_sums(of_logs) - len(self.alpha) * of_sum)[:, None]
        share = product(weights[k : k + 1], Z) / sums[k]
        return (change - share * of_total) / (sums[k] + of_total)

    def count_slopes(self, Z: Any, cotangents: np.ndarray, each: bool) -> np.ndarray:
        weights, sums = self._weights
        along = -self._contracted(Z, cotangents, each)
        if self.norm:
            along = -along / sums[:, None, None]
            along -= np.einsum("kqa,kq->ka", along, weights / sums[:, None])[:, None]
        total = along.sum(axis=1, keepdims=True) / self._totals[:, None, None]
        of_features = along / _nonzero(self.counts + self.alpha)[:, :, None] - total
        # a row feeds all classes but its own
        of_features = of_features.sum(axis=0) - of_features
        return np.concatenate([np.zeros_like(total), of_features], axis=1)


def _nonzero(counts):
    """Counts, with inf for none: nothing that has a row depends on them."""
    return np.where(counts > 0, counts, np.inf)
