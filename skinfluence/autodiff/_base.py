"""Interface to differentiation libraries: gradients, Hessians and products of f(theta, presence)."""

from abc import ABC, abstractmethod

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
    def value(self, function, theta, presence):
        """f(theta, presence) as the library's own scalar, or whatever the function returns."""

    @abstractmethod
    def gradient(self, function, theta, presence):
        """d f / d theta, (P,)."""

    def gradients(self, function, thetas, presences):
        """Gradients (P, B) at candidates (P, B), each under its own presence, a row of (B, n)."""
        columns = [
            self.gradient(function, theta, presence) for theta, presence in zip(thetas.T, presences, strict=True)
        ]
        return np.reshape(columns, thetas.T.shape).T

    @abstractmethod
    def hessian(self, function, theta, presence):
        """d^2 f / d theta^2, (P, P)."""

    @abstractmethod
    def products(self, function, theta, presence, V):
        """The Hessian times the columns of V, (P, B), without the Hessian."""
