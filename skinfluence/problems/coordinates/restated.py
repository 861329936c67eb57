"""The part of a problem that knows of its coordinates."""

from typing import Any

import numpy as np

__all__ = ["LinearPredictions", "Restated"]


class Restated:
    """Mixin of linear problems that may be solved in other coordinates than those of the estimator."""

    coordinates: Any

    @property
    def has_basis(self) -> bool:
        """Whether theta has other coefficients than the estimator."""
        return self.coordinates is not None and self.coordinates.basis is not None

    @property
    def leaves_open(self) -> bool:
        """Whether the rows leave some parameter of the estimator open."""
        return self.has_basis and self.coordinates.basis.leaves_open

    def as_fitted(self, theta: np.ndarray) -> np.ndarray:
        """Parameters as the estimator has them."""
        return theta if self.coordinates is None else self.coordinates.as_fitted(theta)

    def change_as_fitted(self, change: np.ndarray) -> np.ndarray:
        """The same for changes of parameters."""
        return change if self.coordinates is None else self.coordinates.change_as_fitted(change)

    def slope_in_theta(self, gradient: np.ndarray) -> np.ndarray:
        """Derivative in theta from that in the estimator's parameters; nan where the rows leave these open."""
        return gradient if self.coordinates is None else self.coordinates.slope(gradient)

    @property
    def stretch(self) -> float:
        """Largest growth of the 2-norm from a change of theta to that of the estimator's parameters."""
        return 1.0 if self.coordinates is None else self.coordinates.stretch


class LinearPredictions(Restated):
    """Mixin of a linear problem with its design: predictions of evaluation rows, coefficients of the estimator."""

    design: Any
    theta: np.ndarray
    n_outputs: int

    @property
    def coef(self) -> np.ndarray:
        """Coefficients of the estimator at theta, shape (K, p)."""
        if not self.has_basis:
            return self.design.split(self.theta)[0]
        K, p = self.n_outputs, len(self.coordinates.offset)
        return self.as_fitted(self.theta)[: K * p].reshape(K, p)

    @property
    def intercept(self) -> np.ndarray:
        """Intercepts of the estimator at theta, shape (K,); zeros where there are none."""
        if self.coordinates is None or not self.coordinates.intercept:
            return self.design.split(self.theta)[1]
        K = self.coordinates.n_outputs
        first = K * len(self.coordinates.offset)
        own = self.design.split(self.theta)[1].copy()
        own[:K] = self.as_fitted(self.theta)[first : first + K]
        return own

    def raw(self, X: Any, theta: np.ndarray | None = None) -> np.ndarray:
        """Raw predictions of rows X: (m, K) at theta (P,), (m, K, B) at candidates (P, B)."""
        raw = self._on(X).raw(self.theta if theta is None else theta)
        if self.coordinates is None or self.coordinates.rest is None:
            return raw
        beyond = self.coordinates.beyond(X)
        return raw + beyond.reshape(*beyond.shape, *[1] * (raw.ndim - 2))

    def _on(self, X):
        """The map of evaluation rows."""
        return self.design.with_rows(X if self.coordinates is None else self.coordinates.features(X))

    def raw_vjp(self, X: Any, cotangents: np.ndarray) -> np.ndarray:
        """Gradient in theta of sum_j c_j . raw_j: (P, B) from (m, K, B)."""
        return self._on(X).vjp(cotangents)

    def raw_basis(self, X: Any) -> np.ndarray:
        """d raw_j / d theta of rows X as columns, (P, m, K)."""
        return self._on(X).basis(slice(None))
