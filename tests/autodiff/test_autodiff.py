"""Every library gives the derivatives that are known by hand, in double precision."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from rounding import FORMULA

from skinfluence.autodiff import resolve_autodiff

A = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 1.0], [1.0, 1.0, 1.0]])
THETA, PRESENCE = np.array([0.3, -0.2, 0.5]), np.array([1.0, 0.0, 1.0, 1.0])


def function(backend):
    """f = sum_i b_i exp(a_i . theta), written for one library."""
    if backend == "torch":
        torch = pytest.importorskip("torch")
        return lambda theta, presence: presence @ torch.exp(torch.tensor(A) @ theta)
    numpy = pytest.importorskip({"autograd": "autograd.numpy", "jax": "jax.numpy"}[backend])
    if backend == "jax":
        pytest.importorskip("jax").config.update("jax_enable_x64", True)
    return lambda theta, presence: numpy.dot(presence, numpy.exp(numpy.dot(A, theta)))


def known(theta, presence):
    """Gradient A' (b e) and Hessian A' diag(b e) A."""
    weight = presence * np.exp(A @ theta)
    return A.T @ weight, A.T @ (weight[:, None] * A)


each = pytest.mark.parametrize("backend", ["autograd", "jax", "torch"])


@each
def test_autodiff_is_the_derivative_known_by_hand(backend):
    f, library = function(backend), resolve_autodiff(backend)
    gradient, hessian = known(THETA, PRESENCE)
    V = np.random.default_rng(0).normal(size=(3, 2))
    assert_allclose(float(library.value(f, THETA, PRESENCE)), PRESENCE @ np.exp(A @ THETA), rtol=FORMULA)
    # float32 would be at 1e-7
    assert_allclose(library.gradient(f, THETA, PRESENCE), gradient, rtol=FORMULA)
    assert_allclose(library.hessian(f, THETA, PRESENCE), hessian, rtol=FORMULA)
    assert_allclose(library.products(f, THETA, PRESENCE, V), hessian @ V, rtol=10 * FORMULA)


@each
def test_autodiff_of_many_presences_is_the_loop(backend):
    f, library = function(backend), resolve_autodiff(backend)
    thetas = THETA[:, None] + np.arange(4)
    presences = 1 - np.eye(4)
    expected = [known(theta, presence)[0] for theta, presence in zip(thetas.T, presences, strict=True)]
    assert_allclose(library.gradients(f, thetas, presences), np.stack(expected, axis=1), rtol=10 * FORMULA)


@each
def test_autodiff_of_a_linear_function_has_no_curvature(backend):
    library = resolve_autodiff(backend)
    function(backend)  # skips where the library is absent

    def linear(theta, presence):
        return (theta * np.pi).sum()

    with warnings.catch_warnings():  # autograd says so, too
        warnings.simplefilter("ignore")
        assert_allclose(library.hessian(linear, THETA, PRESENCE), np.zeros((3, 3)))
    assert_allclose(library.gradient(linear, THETA, PRESENCE), np.full(3, np.pi))


@each
def test_autodiff_recognises_what_a_function_was_written_for(backend):
    assert resolve_autodiff("auto", function(backend), THETA, PRESENCE).name == backend


def test_autodiff_refuses_a_name_that_it_does_not_know():
    with pytest.raises(ValueError, match="backend must be 'auto' or one of .*, got 'tensorflow'"):
        resolve_autodiff("tensorflow")


def test_autodiff_refuses_jax_in_single_precision():
    jax = pytest.importorskip("jax")
    f = function("jax")
    jax.config.update("jax_enable_x64", False)
    try:
        with pytest.raises(ValueError, match="JAX works in single precision"):
            resolve_autodiff("jax").gradient(f, THETA, PRESENCE)
    finally:
        jax.config.update("jax_enable_x64", True)
