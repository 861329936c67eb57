"""Linear discriminant analysis: counts, sums and cross products of the classes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ._form import ClosedForm, log_shares, log_shares_vjp
from ._sums import Sums

__all__ = ["LinearDiscriminant"]


@dataclass(frozen=True, eq=False)
class LinearDiscriminant(ClosedForm):
    r"""Decision values of LinearDiscriminantAnalysis, :math:`x' S^{-1} v_k - v_k' S^{-1} v_k / 2 + \log \pi_k`.

    With m_k the means of the classes. solver="lsqr" and "eigen" take v_k = m_k and for S the mean of the classes'
    covariances, weighted by the priors, shrunk towards a multiple of the identity. "svd" takes v_k = m_k - c and x - c,
    c the mean of the m_k weighted by the priors, and for S the pooled covariance, whatever the priors.

    Parameters
    ----------
    centre : ndarray of shape (p,)
        What was taken off the rows.
    shrinkage : float
        Share of the identity in S.
    pooled : bool
        ``solver="svd"``.
    lost : int
        Rows that the sum of squares is divided by fewer of: 0, or K in older versions of "svd".
    """

    centre: np.ndarray
    shrinkage: float = 0.0
    pooled: bool = False
    lost: int = 0

    @property
    def _n_crossed(self):
        """Cross products of each class where given priors weigh them, of all rows otherwise."""
        return 1 if self.pooled or self.priors is None else self.n_classes

    def sums(self, codes: np.ndarray, weight: np.ndarray, presence: np.ndarray) -> tuple[Sums, ...]:
        """1 and z of each class, then the products z_j z_l."""
        groups = codes if self._n_crossed > 1 else np.zeros(len(codes), dtype=np.intp)
        p = self.n_features
        return (
            Sums(_with_ones, 1 + p, codes, self.n_classes, weight),
            Sums(_products, p**2, groups, self._n_crossed, weight),
        )

    def names(self, classes: Sequence[str], features: Sequence[str]) -> list[str]:
        first = [f"{group}: {name}" for group in classes for name in ["count", *features]]
        groups = [f"{group}: " for group in classes] if self._n_crossed > 1 else ["all rows: "]
        return first + [f"{group}{one} x {other}" for group in groups for one in features for other in features]

    def phi(self, Z: np.ndarray) -> np.ndarray:
        return np.hstack([Z + self.centre, np.ones((len(Z), 1))])

    def _moments(self, theta):
        """Counts (K, B), means less the centre (K, p, B), cross products (G, p, p, B)."""
        p, first = self.n_features, self.n_classes * (1 + self.n_features)
        linear = theta[:first].reshape(self.n_classes, 1 + p, -1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return linear[:, 0], linear[:, 1:] / linear[:, :1], theta[first:].reshape(self._n_crossed, p, p, -1)

    def _shares(self, counts):
        """pi_k, (K, B)."""
        return counts / counts.sum(axis=0) if self.priors is None else self.priors[:, None] + 0 * counts

    def _freedom(self, counts):
        return counts.sum(axis=0) - self.lost

    def _covariance(self, counts, means, crossed):
        """S before shrinkage, (p, p, B)."""
        if self._n_crossed > 1:
            shares = self._shares(counts)
            inner = np.einsum("kb,kpb,kqb->pqb", shares, means, means)
            return np.einsum("kb,kpqb->pqb", shares / counts, crossed) - inner
        return (crossed[0] - np.einsum("kb,kpb,kqb->pqb", counts, means, means)) / self._freedom(counts)

    def _inverse(self, S):
        """S^-1 of shrunk S as (B, p, p); nan where S is singular."""
        p, s = self.n_features, self.shrinkage
        S = np.moveaxis(S + S.swapaxes(0, 1), -1, 0) / 2
        S = (1 - s) * S + s / p * np.trace(S, axis1=1, axis2=2)[:, None, None] * np.eye(p)
        finite = np.isfinite(S).all(axis=(1, 2))
        S[~finite] = np.eye(p)
        scale = np.sqrt(np.maximum(np.einsum("bpp->bp", S), 0))
        scale[scale == 0] = 1.0
        S = S / scale[:, :, None] / scale[:, None, :]
        regular = finite & (np.linalg.eigvalsh(S)[:, 0] > p * 1e3 * np.finfo(float).eps)
        S[~regular] = np.eye(p)
        inverse = np.linalg.inv(S) / scale[:, :, None] / scale[:, None, :]
        inverse[~regular] = np.nan
        return inverse

    def _directions(self, theta):
        """v_k (K, p, B), the point c (p, B) that is taken off x, and S^-1 (B, p, p)."""
        counts, means, crossed = self._moments(theta)
        A = self._inverse(self._covariance(counts, means, crossed))
        if not self.pooled:
            return means + self.centre[:, None], np.zeros_like(means[0]), A
        middle = np.einsum("kb,kpb->pb", self._shares(counts), means)
        return means - middle, middle + self.centre[:, None], A

    def coefficients(self, theta: np.ndarray) -> np.ndarray:
        v, middle, A = self._directions(theta)
        coef = np.einsum("bpq,kqb->pkb", A, v)
        with np.errstate(divide="ignore", invalid="ignore"):
            constant = log_shares(self.priors, self._moments(theta)[0])
        constant = constant - np.einsum("pkb,kpb->kb", coef, v / 2 + middle)
        return np.concatenate([coef, constant[None]])

    def coefficients_vjp(self, theta: np.ndarray, G: np.ndarray) -> np.ndarray:
        theta = theta[:, None]
        counts, means, crossed = (part[..., 0] for part in self._moments(theta))
        v, middle, A = self._directions(theta)
        v, middle, A = v[:, :, 0], middle[:, 0], A[0]
        coef = v @ A  # (K, p)
        h = G[-1]  # (K, B)
        g = G[:-1].swapaxes(0, 1) - h[:, None] * middle[:, None]  # the constant holds -c . coef
        u = np.einsum("pq,kqb->kpb", A, g)
        of_v = u - h[:, None] * coef[:, :, None]
        of_S = np.einsum("kb,kp,kq->pqb", h / 2, coef, coef) - np.einsum("kpb,kq->pqb", u, coef)
        of_means, of_shares = of_v, np.zeros_like(h)
        if self.pooled:
            of_middle = -of_v.sum(axis=0) - coef.T @ h
            shares = self._shares(counts[:, None])[:, 0]
            of_means, of_shares = of_v + shares[:, None, None] * of_middle, means @ of_middle
        return self._pull_moments(counts, means, crossed, of_means, of_S, of_shares, h)

    def _pull_moments(self, counts, means, crossed, of_means, of_S, of_shares, of_logs):
        """Gradients in the sums, (P, B), from those in means, covariance, shares and their logarithms."""
        p, s = self.n_features, self.shrinkage
        of_S = (of_S + of_S.swapaxes(0, 1)) / 2
        of_S = (1 - s) * of_S + s / p * np.trace(of_S) * np.eye(p)[:, :, None]
        pulled = np.einsum("pqb,kq->kpb", of_S, means)
        own = np.einsum("kpb,kp->kb", pulled, means)
        of_counts = log_shares_vjp(self.priors, counts, of_logs)
        if self.priors is None:
            total = counts.sum()
            of_counts += of_shares / total - counts @ of_shares / total**2
        if self._n_crossed > 1:
            weight = self.priors / counts
            of_crossed = weight[:, None, None, None] * of_S
            of_counts -= (weight / counts)[:, None] * np.einsum("pqb,kpq->kb", of_S, crossed)
            of_means = of_means - 2 * self.priors[:, None, None] * pulled
        else:
            freedom = self._freedom(counts)
            S = self._covariance(counts[:, None], means[:, :, None], crossed[..., None])[:, :, 0]
            of_crossed = of_S[None] / freedom
            of_counts -= (own + np.einsum("pqb,pq->b", of_S, S)) / freedom
            of_means = of_means - 2 * counts[:, None, None] * pulled / freedom
        of_sums = of_means / counts[:, None, None]
        of_counts = of_counts - np.einsum("kpb,kp->kb", of_sums, means)
        first = np.concatenate([of_counts[:, None], of_sums], axis=1)
        B = of_S.shape[2]
        return np.concatenate([first.reshape(-1, B), of_crossed.reshape(-1, B)])


def _with_ones(Z):
    return np.hstack([np.ones((len(Z), 1)), Z])


def _products(Z):
    return (Z[:, :, None] * Z[:, None]).reshape(len(Z), -1)
