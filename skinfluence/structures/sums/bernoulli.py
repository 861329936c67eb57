"""Bernoulli naive Bayes: how much weight of a class has each feature, and how much has not."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from .counts import CountForm
from .entries import entries, entry_rows, product, row_sums, with_entries

__all__ = ["BernoulliBayes"]


@dataclass(frozen=True, eq=False)
class BernoulliBayes(CountForm):
    r"""Scores of BernoulliNB, :math:`\sum_j x_j \log p_{kj} + (1 - x_j) \log (1 - p_{kj}) + \log \pi_k`.

    :math:`p_{kj} = (F_{kj} + \alpha_j) / D_k` and :math:`D_k = W_k + 2 \beta_k`, with W_k the weight of class k.

    Parameters
    ----------
    rows, priors, alpha
        As for :class:`CountForm`.
    beta : ndarray of shape (K,)
        alpha of the denominators: scikit-learn reads an array `alpha` by class there.
    threshold : float or None
        ``binarize``.

    Notes
    -----
    A row without a feature changes the probability of this feature, too, but all such rows of one weight alike: besides
    the entries of the rows there are q logarithms for each weight and number of rows that sets leave of a class.
    """

    beta: np.ndarray
    threshold: float | None

    def prepared(self, features: Any) -> Any:
        """Evaluation rows as they are counted: 1 above the threshold."""
        features = super().prepared(features)
        if self.threshold is None:
            return features
        if not sparse.issparse(features):
            return (features > self.threshold).astype(np.float64)
        features = features.copy()
        features.sum_duplicates()
        features.data = (features.data > self.threshold).astype(np.float64)
        features.eliminate_zeros()
        return features

    @cached_property
    def _present(self):
        """F + alpha, (K, q)."""
        return self.counts + self.alpha

    @cached_property
    def _ridge(self):
        """2 beta - alpha, (K, q)."""
        return 2 * self.beta[:, None] - self.alpha

    def _absent_of(self, weights, sizes, counts, carriers):
        """W - F: 0, not rounding, where each row has the feature."""
        absent = weights - counts
        return absent if self.threshold is None else np.where(carriers == sizes, 0.0, absent)

    @cached_property
    def _absent(self):
        """D - F - alpha, (K, q)."""
        weights, sizes = self.rows.counts[:, None], self.rows.weighted_sizes[:, None]
        return self._absent_of(weights, sizes, self.counts, self._carriers) + self._ridge

    def _own_scores(self, Z, k=slice(None)):
        """Scores but for the priors, (K, m) or (m,)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            logs, of_absent = np.log(self._present[k]), np.log(self._absent[k])
            constants = of_absent.sum(axis=-1) - len(self.alpha) * np.log(self.rows.counts + 2 * self.beta)[k]
            return product(np.atleast_2d(logs - of_absent), Z) + np.reshape(constants, (-1, 1))

    def scores(self, Z: Any) -> np.ndarray:
        return self._own_scores(Z).T + self.log_priors(self.rows.counts)

    def changes(self, k: int, Z: Any, members: Any) -> np.ndarray:
        removed, counts, carriers = self.counts_left(k, members, self._full)
        sizes = self.rows.weighted_sizes[k] - np.diff(members.indptr)
        weights = np.where(sizes > 0, self.rows.counts[k] - members.sum(axis=1), 0.0)
        kinds, which = np.unique(np.column_stack([weights, sizes]), axis=0, return_inverse=True)
        others, scores = self._untouched(k, Z, *kinds.T)
        (_, j), i, which = entries(removed), entry_rows(removed), which.ravel()
        absent = self._absent_of(weights[i], sizes[i], counts, carriers) + self._ridge[k][j]
        own = others[which[i], j] if sparse.issparse(removed) else others[which]
        of_absent, of_present = np.log(absent) - own, np.log(counts + self.alpha[j]) - np.log(self._present[k])[j]
        changes = product(with_entries(removed, of_present - of_absent), Z)
        changes += row_sums(with_entries(removed, of_absent))[:, None] + scores[which]
        return changes - self._own_scores(Z, k)

    def _untouched(self, k, Z, weights, sizes):
        """What sets leave of features that none of their rows has, by the weight and number of rows left.

        Who has the feature is the same then, and who has not depends on these numbers alone: logarithms (U, q), 0 where
        no row of a set can be without the feature; and scores (U, m) if all features were such.
        """
        absent = self._absent_of(weights[:, None], sizes[:, None], self.counts[k], self._carriers[k])
        absent = np.maximum(absent, 0) + self._ridge[k]
        logs = np.log(np.where(absent > 0, absent, 1.0))
        constants = logs.sum(axis=1) - len(self.alpha) * np.log(weights + 2 * self.beta[k])
        return logs, product(np.log(self._present[k]) - logs, Z) + constants[:, None]

    def count_slopes(self, Z: Any, cotangents: np.ndarray, each: bool) -> np.ndarray:
        sums = cotangents.T if each else cotangents.sum(axis=0)[:, None]
        along = self._contracted(Z, cotangents, each)
        others = (sums[:, None] - along) / self._absent[:, :, None]
        of_weight = others.sum(axis=1) - len(self.alpha) * sums / (self.rows.counts + 2 * self.beta)[:, None]
        return np.concatenate([of_weight[:, None], along / self._present[:, :, None] - others], axis=1)

    @cached_property
    def _full(self):
        """Whether features that no row of a set has may be certain, or have no probability, without it."""
        return self.threshold is None or not (self._ridge > 0).all()

    def numbers(self, size: int) -> int:
        weight = self.rows.weight[self.rows.weight > 0]
        # of unlike weights each set may leave its own
        alike = (weight == weight[0]).all() and not self._full
        return super().numbers(size) + (0 if alike else 8 * len(self.alpha))
