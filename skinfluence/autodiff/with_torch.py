"""PyTorch: functions of tensors."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .._optional import require
from ._base import Autodiff

__all__ = ["TorchAutodiff"]


class TorchAutodiff(Autodiff):
    """Reverse mode on float64 tensors; one pass backwards for each column of a Hessian."""

    name = package = "torch"

    @property
    def _library(self):
        return require("torch", "torch", "differentiating a loss by backend='torch'")

    def _tensor(self, array, differentiate=False):
        return self._library.tensor(array, dtype=self._library.float64, requires_grad=differentiate)

    def value(self, function: Callable[..., Any], theta: np.ndarray, presence: np.ndarray) -> Any:
        return function(self._tensor(theta), self._tensor(presence))

    def _gradient(self, function, theta, presence, again):
        """theta and the gradient there as tensors, to be differentiated again or not."""
        at = self._tensor(theta, differentiate=True)
        value = function(at, self._tensor(presence))
        return at, self._library.autograd.grad(value, at, create_graph=again)[0]

    def gradient(self, function: Callable[..., Any], theta: np.ndarray, presence: np.ndarray) -> np.ndarray:
        return self._gradient(function, theta, presence, again=False)[1].numpy()

    def hessian(self, function: Callable[..., Any], theta: np.ndarray, presence: np.ndarray) -> np.ndarray:
        return self.products(function, theta, presence, np.eye(len(theta)))

    def products(
        self, function: Callable[..., Any], theta: np.ndarray, presence: np.ndarray, V: np.ndarray
    ) -> np.ndarray:
        at, gradient = self._gradient(function, theta, presence, again=True)
        columns = np.zeros(V.shape)
        # the gradient of a linear function is a constant, which has no graph
        for b in range(V.shape[1] * gradient.requires_grad):
            product = self._library.autograd.grad(
                gradient, at, self._tensor(V[:, b]), retain_graph=True, allow_unused=True
            )[0]
            columns[:, b] = 0 if product is None else product.numpy()
        return columns
