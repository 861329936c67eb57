"""Gaussian naive Bayes: counts, sums and sums of squares of each class, and what smooths the variances."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ._form import ClosedForm, log_shares, log_shares_vjp
from ._sums import Sums

__all__ = ["GaussianBayes"]


@dataclass(frozen=True, eq=False)
class GaussianBayes(ClosedForm):
    r"""Raw predictions of GaussianNB, the logarithms of :math:`\pi_k \prod_j N(x_j; \mu_{kj}, v_{kj})`.

    The variances are those of the class plus `smoothing` times the largest variance of any feature over all rows, each
    of which counts once whatever its weight.

    Parameters
    ----------
    smoothing : float
        ``var_smoothing``.
    """

    smoothing: float

    def sums(self, codes: np.ndarray, weight: np.ndarray, presence: np.ndarray) -> tuple[Sums, ...]:
        """1, z and z^2 of each class, weighted, then of all rows that are there."""
        n_terms, everything = 1 + 2 * self.n_features, np.zeros(len(codes), dtype=np.intp)
        return (
            Sums(_powers, n_terms, codes, self.n_classes, weight),
            Sums(_powers, n_terms, everything, 1, presence),
        )

    def names(self, classes: Sequence[str], features: Sequence[str]) -> list[str]:
        groups = [*(f"{name}: " for name in classes), "all rows: "]
        squares = [f"{name} squared" for name in features]
        return [group + name for group in groups for name in ["count", *features, *squares]]

    def phi(self, Z: np.ndarray) -> np.ndarray:
        return np.hstack([Z**2, Z, np.ones((len(Z), 1))])

    def _moments(self, theta):
        """Counts (G, B), means and mean squares (G, p, B) of each class and, last, of all rows."""
        sums = theta.reshape(self.n_classes + 1, 1 + 2 * self.n_features, -1)
        counts = sums[:, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            means = sums[:, 1:] / counts[:, None]
        return counts, means[:, : self.n_features], means[:, self.n_features :]

    def _variances(self, means, squares):
        """Smoothed variances of the classes, and the feature whose variance smooths them, (B,)."""
        variances = squares - means**2
        widest = variances[-1].argmax(axis=0)
        return variances[:-1] + self.smoothing * variances[-1].max(axis=0), widest

    def coefficients(self, theta: np.ndarray) -> np.ndarray:
        # -(z - m)^2 / 2 v = -z^2 / 2 v + z m / v - m^2 / 2 v
        counts, means, squares = self._moments(theta)
        variances, _ = self._variances(means, squares)
        m = means[:-1]
        with np.errstate(divide="ignore", invalid="ignore"):
            constant = log_shares(self.priors, counts[:-1])
            constant = constant - (np.log(2 * np.pi * variances) + m**2 / variances).sum(axis=1) / 2
            return np.concatenate([-0.5 / variances, m / variances, constant[:, None]], axis=1).swapaxes(0, 1)

    def coefficients_vjp(self, theta: np.ndarray, G: np.ndarray) -> np.ndarray:
        counts, means, squares = self._moments(theta)
        variances, widest = self._variances(means, squares)
        counts, m, r = counts[:, 0], means[:-1], 1 / variances
        p, G = self.n_features, G.swapaxes(0, 1)  # (K, d, B)
        of_square, of_mean, constant = G[:, :p], G[:, p : 2 * p], G[:, 2 * p :]
        # W in m and r = 1 / v, then v = mean square - m^2 + smoothing
        of_r = -0.5 * of_square + m * of_mean + constant * (1 / r - m**2) / 2
        of_v = -(r**2) * of_r
        of_m = r * of_mean - m * r * constant - 2 * m * of_v
        out = np.zeros((self.n_classes + 1, 2 * p + 1, G.shape[2]))
        _pull_means(out[:-1], counts[:-1, None], m, squares[:-1], of_m, of_v)
        out[:-1, 0] += log_shares_vjp(self.priors, counts[:-1], constant[:, 0])
        smoothed, j = self.smoothing * of_v.sum(axis=(0, 1)), widest[0]
        of_all = np.zeros((2, 1, p, G.shape[2]))
        of_all[0, 0, j], of_all[1, 0, j] = -2 * means[-1, j] * smoothed, smoothed
        _pull_means(out[-1:], counts[-1:, None], means[-1:], squares[-1:], *of_all)
        return out.reshape(-1, G.shape[2])


def _powers(Z):
    return np.hstack([np.ones((len(Z), 1)), Z, Z**2])


def _pull_means(out, counts, means, squares, of_means, of_squares):
    """Gradients in counts and sums, into `out` (G, 1 + 2 p, B), from those in means and mean squares (G, p, B)."""
    p = means.shape[1]
    counts = counts[:, :, None]
    out[:, 0] -= ((of_means * means + of_squares * squares) / counts).sum(axis=1)
    out[:, 1 : p + 1] += of_means / counts
    out[:, p + 1 :] += of_squares / counts
