"""The objectives of the supported models by brute dense algebra, from the papers and scikit-learn's manual alone.

Rows are loops, Hessians are P x P arrays, removals are sums anew: slow, and short enough to be seen right.
"""

import numpy as np
from cases import OLD
from scipy.special import expit, softmax

__all__ = ["DenseObjective"]


class DenseObjective:
    """sum_i w_i c_i l_i + (sum form: 1, mean form: sum_i w_i) / 2 sum_j P_j theta_j^2, coefficients then intercepts.

    Parameters
    ----------
    estimator : fitted linear estimator
        LogisticRegression, Ridge or PoissonRegressor with an intercept.
    X : ndarray of shape (n, p)
        Rows.
    y : ndarray
        Codes, counts, or reals.
    weight : ndarray of shape (n,)
        Sample weights.
    theta : ndarray of shape (P,)
        Where the objective is looked at: coefficients (outputs one after the other), then intercepts.
    """

    def __init__(self, estimator, X, y, weight, theta):
        self.kind = type(estimator).__name__
        coef = np.atleast_2d(estimator.coef_)
        (K, p), n = coef.shape, len(X)
        self.X, self.y, self.weight, self.K, self.theta = X, y, weight, K, theta
        self.balanced = getattr(estimator, "class_weight", None) == "balanced"
        alpha = 1 / estimator.C if hasattr(estimator, "C") else estimator.alpha
        self.P = np.r_[np.full(K * p, alpha), np.zeros(K)]
        self.mean_form = self.kind == "PoissonRegressor"
        # E_i, (n, K, P)
        self.E = np.array([np.hstack([np.kron(np.eye(K), X[i]), np.eye(K)]) for i in range(n)])

    def weights(self, keep):
        """w_i c_i of the rows that are kept, 0 for the others; balanced weights count weights (rows, before 1.7)."""
        weight = np.where(keep, self.weight, 0)
        if self.balanced:
            classes = np.unique(self.y)
            counted = keep.astype(float) if OLD else weight
            mass = np.array([counted[self.y == c].sum() for c in classes])
            weight = weight * (mass.sum() / (len(classes) * mass))[np.searchsorted(classes, self.y)]
        return weight

    def derivatives(self, i):
        """First and second derivative of l_i in the raw predictions."""
        raw = self.E[i] @ self.theta
        if self.kind == "LogisticRegression" and self.K == 1:
            p = expit(raw)
            return p - self.y[i], (p * (1 - p))[:, None]
        if self.kind == "LogisticRegression":
            p = softmax(raw)
            return p - np.eye(self.K)[self.y[i]], np.diag(p) - np.outer(p, p)
        if self.kind == "PoissonRegressor":
            return np.exp(raw) - self.y[i], np.exp(raw)[:, None]
        return raw - self.y[i], np.eye(self.K)

    def share(self, keep):
        """Multiple of the penalty."""
        return self.weight[keep].sum() if self.mean_form else 1.0

    def gradient(self, keep):
        """Gradient of the objective of the kept rows."""
        weight = self.weights(keep)
        rows = [weight[i] * self.E[i].T @ self.derivatives(i)[0] for i in range(len(self.X))]
        return np.sum(rows, axis=0) + self.share(keep) * self.P * self.theta

    def hessian(self, keep, rebalance=True):
        """Hessian of the objective of the kept rows; their class weights may stay what they were with all rows."""
        weight = self.weights(keep) if rebalance else np.where(keep, self.weights(np.ones_like(keep)), 0)
        rows = [weight[i] * self.E[i].T @ self.derivatives(i)[1] @ self.E[i] for i in range(len(self.X))]
        return np.sum(rows, axis=0) + self.share(keep) * np.diag(self.P)

    def without(self, rows):
        """Mask of the rows that are kept."""
        keep = np.ones(len(self.X), dtype=bool)
        keep[rows] = False
        return keep

    @property
    def everything(self):
        """Mask of all rows."""
        return self.without([])
