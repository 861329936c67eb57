"""autograd: functions written with autograd.numpy, recorded and run backwards."""

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

    def value(self, function, theta, presence):
        return function(theta, presence)

    def gradient(self, function, theta, presence):
        return self._library.grad(function)(theta, presence)

    def hessian(self, function, theta, presence):
        return self.products(function, theta, presence, np.eye(len(theta)))

    def products(self, function, theta, presence, V):
        # one recording of the gradient serves all columns
        gradient = self._library.grad(function)
        product, _ = require("autograd.core", "autograd", "products with a Hessian").make_vjp(
            lambda theta: gradient(theta, presence), theta
        )
        return np.stack([product(v) for v in V.T], axis=1) if V.shape[1] else V
