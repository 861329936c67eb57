"""Bernoulli naive Bayes: how much weight of a class has each feature, and how much has not."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from .counts import CountForm
from .entries import dense, product

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
    A row without a feature changes the probability of this feature, too: G sets cost G q logarithms and the product of
    (m, q) with (q, G), in blocks of sets that are dense.
    """

    beta: np.ndarray
    threshold: float | None

    def prepared(self, features):
        """Evaluation rows as they are counted: 1 above the threshold."""
        features = super().prepared(features)
        if self.threshold is None:
            return features
        above = features > self.threshold
        if sparse.issparse(above):
            above.eliminate_zeros()
        return above.astype(np.float64)

    @cached_property
    def _parts(self):
        """F + alpha and D - F - alpha, (K, q); D (K,)."""
        absent = self._absent + 2 * self.beta[:, None] - self.alpha
        return self.counts + self.alpha, absent, self.rows.counts + 2 * self.beta

    @cached_property
    def _absent(self):
        """W - F, (K, q): 0, not rounding, where each row has the feature."""
        counts = self.rows.counts[:, None]
        if self.threshold is None:
            return counts - self.counts
        return np.where(self._carriers == self.rows.weighted_sizes[:, None], 0.0, counts - self.counts)

    @staticmethod
    def _of_parts(Z, present, absent, D):
        """Scores but for the priors, (m, T), of T versions of a class."""
        with np.errstate(divide="ignore", invalid="ignore"):
            of_absent = np.log(absent)
            constant = of_absent.sum(axis=1) - present.shape[1] * np.log(D)
            return product(Z, np.log(present) - of_absent) + constant

    def scores(self, Z):
        return self._of_parts(Z, *self._parts) + self.log_priors(self.rows.counts)

    def changes(self, k, Z, members):
        rows, alpha = self.rows, self.alpha
        who = np.diff(members.indptr)
        sizes = rows.weighted_sizes[k] - who
        weight = np.where(sizes > 0, rows.counts[k] - members.sum(axis=1), 0.0)
        used = np.unique(members.indices)
        features, members = self.encoded[used], members[:, used]
        carriers = self._carriers[k] - dense(members.astype(bool).astype(float) @ (features != 0))
        present = np.where(carriers > 0, self.counts[k] - dense(members @ features), 0.0)
        absent = weight[:, None] - present
        if self.threshold is not None:
            absent = np.where(carriers == sizes[:, None], 0.0, absent)
        parts = present + alpha, absent + 2 * self.beta[k] - alpha, weight + 2 * self.beta[k]
        return self._of_parts(Z, *parts) - self._of_parts(Z, *(part[k : k + 1] for part in self._parts))

    def count_slopes(self, Z, cotangents, each):
        present, absent, D = self._parts
        sums = cotangents.T if each else cotangents.sum(axis=0)[:, None]
        along = self._contracted(Z, cotangents, each)
        others = (sums[:, None] - along) / absent[:, :, None]
        of_weight = others.sum(axis=1) - present.shape[1] * sums / D[:, None]
        return np.concatenate([of_weight[:, None], along / present[:, :, None] - others], axis=1)

    def numbers(self, size):
        return 8 * len(self.alpha)
