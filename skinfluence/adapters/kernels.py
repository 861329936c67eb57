"""Kernel ridge regression and Gaussian processes: ridge regression, without intercept, on features of their kernel.

With K = k(X_train, X_train) = V diag(d) V' and the features phi(x) = k(x, X_train) V diag(d)^(-1/2), predictions are
phi(x) theta, and theta minimises sum_i s_i (y_i - phi(x_i) theta)^2 + alpha |theta|^2. The kernel, with what was chosen
for it, is held fixed, and so are its features: the deletion of a row changes theta alone. The features of n training
rows take 8 n^2 bytes, and n^3 multiplications once.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from scipy.linalg import eigh
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.utils.validation import check_is_fitted, validate_data

from ..exceptions import UnsupportedEstimatorError
from .pairwise import PRECOMPUTED, is_pairwise
from .reducing import Reduced, Reduction

__all__ = ["GaussianProcessReduction", "KernelFeatures", "KernelRidgeReduction"]

#: negative eigenvalues, relative to the largest one, up to which a kernel is positive semi-definite but for rounding
ROUNDING = 1e-8


class KernelFeatures:
    """The map from rows to features whose inner products on the training rows are the kernel.

    Directions in which the training rows do not differ, up to rounding, are left out.

    Parameters
    ----------
    estimator : fitted estimator
        Checks the rows.
    kernel : callable
        From rows (m, p) and (n, p) to (m, n).
    rows : ndarray or CSR matrix of shape (n, p)
        Its training rows.
    scale : float
        Of the features.
    """

    def __init__(self, estimator: Any, kernel: Callable[..., Any], rows: Any, scale: Any = 1.0) -> None:
        self.estimator, self.kernel, self.rows = estimator, kernel, rows
        # rows in extended precision have a kernel in extended precision
        values, vectors = eigh(np.asarray(kernel(rows, rows), dtype=np.float64))
        if values[0] < -ROUNDING * values[-1]:
            raise UnsupportedEstimatorError(
                f"{type(estimator).__name__}: the kernel has the negative eigenvalue {values[0]:.2g} on the training "
                "rows, so that the fit minimises nothing; use a positive semi-definite kernel such as 'rbf', or "
                "LeaveOneOut(estimator, method='refit')"
            )
        kept = values > len(values) * np.finfo(float).eps * values[-1]
        vectors, roots = vectors[:, kept], np.sqrt(values[kept])
        self.dual_to_theta = roots[:, None] * vectors.T
        self.to_features = scale * vectors / roots

    def transform(self, X: Any) -> np.ndarray:
        """Features (m, r) of rows (m, p)."""
        X = validate_data(self.estimator, X, reset=False, accept_sparse="csr", dtype=np.float64)
        return np.asarray(self.kernel(X, self.rows), dtype=np.float64) @ self.to_features

    def get_feature_names_out(self, input_features: Any = None) -> list[str]:
        """kernel0, kernel1, ...: they have no other meaning."""
        return [f"kernel{j}" for j in range(len(self.dual_to_theta))]

    def ridge(self, dual: np.ndarray, alpha: Any) -> Any:
        """The fitted ridge regression on the features, from the coefficients of the rows."""
        ridge = Ridge(alpha=alpha, fit_intercept=False, tol=0.0)  # solved in closed form: no slack to explain
        ridge.coef_, ridge.intercept_ = np.asarray(self.dual_to_theta @ dual, dtype=np.float64).T, 0.0
        ridge.n_features_in_ = len(self.dual_to_theta)
        return ridge


class KernelRidgeReduction(Reduction):
    """Weights of rows, several targets and an alpha for each included."""

    estimators = (KernelRidge,)

    def reason_against(self, estimator: Any) -> str | None:
        return PRECOMPUTED if is_pairwise(estimator) else None

    def reduce(self, estimator: Any) -> Reduced:
        names = {"gamma": estimator.gamma, "degree": estimator.degree, "coef0": estimator.coef0}
        settings = {"filter_params": True} | names
        if callable(estimator.kernel):
            settings = estimator.kernel_params or {}
        kernel = partial(pairwise_kernels, metric=estimator.kernel, **settings)
        features = KernelFeatures(estimator, kernel, estimator.X_fit_)
        return Reduced(features.ridge(estimator.dual_coef_, estimator.alpha), (features,))


class GaussianProcessReduction(Reduction):
    """Its posterior mean, in units of y less its training mean; alpha, noise and fitted kernel are held fixed.

    The noise of a row, alpha_i and what the kernel adds to its diagonal, is alpha over the weight of that row.
    """

    estimators = (GaussianProcessRegressor,)

    def reason_against(self, estimator: Any) -> str | None:
        kernel = getattr(estimator, "kernel_", estimator.kernel)
        if kernel is not None and not kernel.requires_vector_input:
            return "its kernel takes rows that are no vectors of numbers; use LeaveOneOut(estimator, method='refit')"
        if estimator.normalize_y and np.ndim(getattr(estimator, "y_train_", 0)) == 2:
            return "normalize_y=True with several targets has no treatment; use normalize_y=False on scaled targets"
        return None

    def reduce(self, estimator: Any) -> Reduced:
        check_is_fitted(estimator, "X_train_")  # by itself scikit-learn asks for none
        rows = estimator.X_train_
        # not public: mean and standard deviation of y under normalize_y, 0 and 1 otherwise
        mean, scale = np.ravel(estimator._y_train_mean), np.ravel(estimator._y_train_std)
        scale = float(scale[0])
        features = KernelFeatures(estimator, estimator.kernel_, rows, scale)
        # k(X) has the noise of white kernels on its diagonal, k(X, X) has not
        added = estimator.kernel_.diag(rows) - np.diagonal(estimator.kernel_(rows, rows))
        noise = scale**2 * (estimator.alpha + np.maximum(added, 0)) * np.ones(len(rows))
        noise = np.asarray(noise, dtype=np.float64)
        note = "the kernel as fitted is held fixed"
        if estimator.normalize_y:
            note += ", and so are the mean and standard deviation of y; predictions are less that mean"
        ridge = features.ridge(estimator.alpha_, float(noise.mean()))
        return Reduced(ridge, (features,), (partial(_less, mean),), noise.mean() / noise, note)


def _less(mean, y):
    return y - mean
