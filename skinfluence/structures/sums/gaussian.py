"""Gaussian naive Bayes: counts, sums and sums of squares of each class, and what smooths the variances."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..neighbours.sets import Sets
from .entries import contracted
from .form import Form
from .group_sums import GroupSums, powers

__all__ = ["GaussianBayes"]

#: a variance that falls by this factor has lost so many digits, and is computed anew
LOST = 1e4


@dataclass(frozen=True, eq=False)
class GaussianBayes(Form):
    r"""Scores of GaussianNB, the logarithms of :math:`\pi_k \prod_j N(x_j; \mu_{kj}, v_{kj})`.

    The variances are those of the class plus `smoothing` times the largest variance of any feature over all rows, each
    of which counts once whatever its weight.

    Parameters
    ----------
    rows, priors
        As for :class:`Form`; rows are dense.
    smoothing : float
        ``var_smoothing``.

    Notes
    -----
    Cost for G sets: m p K G, and K G p logarithms. Versions in which a variance falls by four digits are computed from
    their rows, n p each.
    """

    smoothing: float

    def sums(self, classes: tuple[str, ...], features: tuple[str, ...]) -> tuple[GroupSums, ...]:
        """1, x and x^2 of each class, weighted, then of all rows that are there."""
        names = ("count", *features, *(f"{name} squared" for name in features))
        rows = self.rows
        everything, ones = np.zeros(len(rows), dtype=np.intp), np.ones(len(rows))
        return (
            GroupSums(rows.X, powers, names, rows.y, classes, rows.weight),
            GroupSums(rows.X, powers, names, everything, ("all rows",), ones),
        )

    def feasible(self, sets: Sets) -> np.ndarray:
        """Whether each class keeps a row with a weight."""
        return (self.rows.sizes_without(sets, weighted=True) > 0).all(axis=1)  # type: ignore[return-value]

    @cached_property
    def _classes(self):
        """Rows, weights, mean and variance of each class; then of all rows, of weight 1."""
        rows = self.rows
        groups = [(members, rows.weight[members]) for members in rows.of_class]
        groups.append((np.arange(len(rows)), np.ones(len(rows))))
        found = []
        for members, weight in groups:
            X, total = rows.X[members], weight.sum()
            mean = weight @ X / total
            found.append((members, weight, mean, weight @ (X - mean) ** 2 / total))
        return found

    @cached_property
    def _variances(self):
        """Smoothed variances of the classes, (K, p)."""
        variances = np.array([variance for *_, variance in self._classes])
        return variances[:-1] + self.smoothing * variances[-1].max()

    def scores(self, Z: Any) -> np.ndarray:
        scores = np.tile(self.log_priors(self.rows.counts), (len(Z), 1))
        with np.errstate(divide="ignore", invalid="ignore"):
            for k, v in enumerate(self._variances):
                mean = self._classes[k][2]
                scores[:, k] -= ((Z - mean) ** 2 @ (1 / v) + np.log(2 * np.pi * v).sum()) / 2
        return scores

    def _moments_without(self, group, sets):
        """Shift of the mean, and variance, of a group without each set: (G, p)."""
        members, weight, mean, variance = self._classes[group]
        total, size = weight.sum(), len(mean)
        shift, left = np.zeros((len(sets), size)), np.tile(variance, (len(sets), 1))
        everyone = np.zeros(len(self.rows))
        everyone[members] = weight
        columns, who = self.rows.members(sets, everyone > 0, everyone)
        if not len(columns):
            return shift, left
        kept = (total - who.sum(axis=1))[:, None]
        used = np.unique(who.indices)
        deviations, who = self.rows.X[used] - mean, who[:, used]
        with np.errstate(divide="ignore", invalid="ignore"):
            shift[columns] = -(who @ deviations) / kept
            # sum w (x - m)^2 = sum w (x - m')^2 + W' (m' - m)^2
            left[columns] = (total * variance - who @ deviations**2) / kept - shift[columns] ** 2
        return shift, left

    def scores_without(self, Z: Any, before: np.ndarray, sets: Sets) -> np.ndarray:
        K = self.rows.n_classes
        _, whole = self._moments_without(K, sets)
        smoothing = self.smoothing * np.maximum(whole.max(axis=1), 0)[:, None]
        lost = self.smoothing * self._classes[K][3].max() > LOST * smoothing[:, 0]
        priors = self.log_priors(self.rows.counts_without(sets)).T
        scores = np.empty((K, len(sets), len(Z)))
        with np.errstate(divide="ignore", invalid="ignore"):
            for k in range(K):
                shift, variance = self._moments_without(k, sets)
                v = np.maximum(variance, 0) + smoothing
                lost |= (self._variances[k] > LOST * v).any(axis=1)
                e, of_sets = Z - self._classes[k][2], (np.log(2 * np.pi * v) + shift**2 / v).sum(axis=1)
                # -(e - shift)^2 / 2 v
                coefficients = np.hstack([-1 / (2 * v), shift / v])
                scores[k] = coefficients @ np.hstack([e**2, e]).T + (priors[k] - of_sets / 2)[:, None]
        self.fill_from_rows(scores, Z, sets, lost)
        return scores

    def slopes(self, Z: Any, cotangents: np.ndarray, each: bool) -> np.ndarray:
        # of a row of class k, d = x - m: dm = d / W, dv = (d^2 - v0) / W with v0 before smoothing; and
        # d score = e dm / v + (e^2 / v^2 - 1 / v) dv / 2 at an evaluation row with e = z - m
        slopes = self.prior_slopes(cotangents, each)
        for k, v in enumerate(self._variances):
            members, weight, mean, variance = self._classes[k]
            e, d = Z - mean, self.rows.X[members] - mean
            of_mean = contracted(e / v, cotangents[:, k], each)
            of_variance = contracted((e**2 / v - 1) / (2 * v), cotangents[:, k], each)
            slopes[members] += (d @ of_mean + (d**2 - variance) @ of_variance) / weight.sum()
        return slopes
