"""autograd: functions written with autograd.numpy, recorded and run backwards."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .._optional import require
from ._base import Autodiff

__all__ = ["AutogradAutodiff"]


class AutogradAutodiff(Autodiff):
    """Reverse mode on recorded NumPy calls; one pass backwards for each column of a Hessian."""

    name = package = "autograd"

    @property
    def _library(self):
        return require("autograd", "autograd", "differentiating a loss by backend='autograd'")

    def value(self, function: Callable[..., Any], theta: np.ndarray, presence: np.ndarray) -> Any:
        return function(theta, presence)

    def gradient(self, function: Callable[..., Any], theta: np.ndarray, presence: np.ndarray) -> np.ndarray:
        return self._library.grad(function)(theta, presence)

    def hessian(self, function: Callable[..., Any], theta: np.ndarray, presence: np.ndarray) -> np.ndarray:
        return self.products(function, theta, presence, np.eye(len(theta)))

    def products(
        self, function: Callable[..., Any], theta: np.ndarray, presence: np.ndarray, V: np.ndarray
    ) -> np.ndarray:
        # one recording of the gradient serves all columns
        gradient = self._library.grad(function)
        product, _ = require("autograd.core", "autograd", "products with a Hessian").make_vjp(
            lambda theta: gradient(theta, presence), theta
        )
        return np.stack([product(v) for v in V.T], axis=1) if V.shape[1] else V
