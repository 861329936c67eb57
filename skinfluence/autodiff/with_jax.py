"""JAX: functions written with jax.numpy, compiled, and vectorised over presences."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from .._optional import require
from ._base import Autodiff

__all__ = ["JaxAutodiff"]


class JaxAutodiff(Autodiff):
    """Compiled derivatives in double precision; gradients of many presences are one call."""

    name = package = "jax"

    def value(self, function: Callable[..., Any], theta: np.ndarray, presence: np.ndarray) -> Any:
        jax = _library()
        return function(jax.numpy.asarray(theta), jax.numpy.asarray(presence))

    def gradient(self, function: Callable[..., Any], theta: np.ndarray, presence: np.ndarray) -> np.ndarray:
        return _called("gradient", function, theta, presence)

    def gradients(self, function: Callable[..., Any], thetas: np.ndarray, presences: np.ndarray) -> np.ndarray:
        return _called("gradients", function, thetas, presences)

    def hessian(self, function: Callable[..., Any], theta: np.ndarray, presence: np.ndarray) -> np.ndarray:
        return _called("hessian", function, theta, presence)

    def products(
        self, function: Callable[..., Any], theta: np.ndarray, presence: np.ndarray, V: np.ndarray
    ) -> np.ndarray:
        return _called("products", function, theta, presence, V)


def _library():
    """JAX with 64 bits; enabling them for these calls only would mix precisions in the user's arrays."""
    jax = require("jax", "jax", "differentiating a loss by backend='jax'")
    if not jax.config.jax_enable_x64:
        raise ValueError(
            "JAX works in single precision, which is not accurate enough for the effect of one object; call "
            "jax.config.update('jax_enable_x64', True) before the first array is made"
        )
    return jax


def _called(kind, function, *arrays):
    asarray = _library().numpy.asarray
    return np.asarray(_compiled(kind, function)(*map(asarray, arrays)), dtype=np.float64)


@lru_cache(maxsize=32)
def _compiled(kind, function):
    """One compilation for each derivative of each function."""
    jax = _library()
    gradient = jax.grad(function)

    def product(theta, presence, v):
        return jax.jvp(lambda theta: gradient(theta, presence), (theta,), (v,))[1]

    return jax.jit(
        {
            "gradient": gradient,
            "gradients": jax.vmap(gradient, in_axes=(1, 0), out_axes=1),
            "hessian": jax.hessian(function),
            "products": jax.vmap(product, in_axes=(None, None, 1), out_axes=1),
        }[kind]
    )
