"""Interface to differentiation libraries: gradients, Hessians and products of f(theta, presence)."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["Autodiff"]


class Autodiff(ABC):
    """Derivatives in theta of a scalar function of two arrays, NumPy float64 in and out.

    Attributes
    ----------
    name : str
        By what users ask for it.
    package : str
        What it imports, and the extra that brings it.
    """

    name: str
    package: str

    @abstractmethod
    def value(self, function: Callable[..., Any], theta: np.ndarray, presence: np.ndarray) -> Any:
        """f(theta, presence) as the library's own scalar, or whatever the function returns."""

    @abstractmethod
    def gradient(self, function: Callable[..., Any], theta: np.ndarray, presence: np.ndarray) -> np.ndarray:
        """d f / d theta, (P,)."""

    def gradients(self, function: Callable[..., Any], thetas: np.ndarray, presences: np.ndarray) -> np.ndarray:
        """Gradients (P, B) at candidates (P, B), each under its own presence, a row of (B, n)."""
        columns = [
            self.gradient(function, theta, presence) for theta, presence in zip(thetas.T, presences, strict=True)
        ]
        return np.reshape(columns, thetas.T.shape).T

    @abstractmethod
    def hessian(self, function: Callable[..., Any], theta: np.ndarray, presence: np.ndarray) -> np.ndarray:
        """d^2 f / d theta^2, (P, P)."""

    @abstractmethod
    def products(
        self, function: Callable[..., Any], theta: np.ndarray, presence: np.ndarray, V: np.ndarray
    ) -> np.ndarray:
        """The Hessian times the columns of V, (P, B), without the Hessian."""
