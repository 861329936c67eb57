"""Kernel ridge regression and Gaussian processes: closed-form leave-one-out of the dual, and refits."""

import pickle

import numpy as np
import pytest
from cases import BY_NAME, N_ROWS, REAL, TWO_REALS, WEIGHTS, X
from rounding import EFFECTS, OPTIMA, SUMS
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.kernel_ridge import KernelRidge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skinfluence import InfluenceFunctions, LeaveOneOut
from skinfluence.adapters import adapt, is_fitted, supports
from skinfluence.exceptions import StationarityError, UnsupportedEstimatorError

NEW = np.random.default_rng(3).normal(size=(5, 3))
ALPHAS = 0.1 * WEIGHTS


def held_out_residuals(kernel, noise, y):
    """y_i - prediction of row i without row i: d_i / [G^-1]_ii, with G = K + diag(noise) and d = G^-1 y."""
    inverse = np.linalg.inv(kernel + np.diag(np.broadcast_to(noise, len(y))))
    return (inverse @ y) / np.diagonal(inverse)


def our_held_out_residuals(exact, y):
    problem = exact.problem_
    moved = problem.design.raw((problem.theta + exact.params_change_).T)[:, 0]
    return y - np.diagonal(moved)


@pytest.mark.parametrize(
    "kernel", [{"kernel": "rbf", "gamma": 0.1}, {"kernel": "poly", "degree": 2}, {"kernel": "linear"}]
)
@pytest.mark.parametrize("weight", [None, WEIGHTS], ids=["", "weighted"])
def test_kernel_ridge_leave_one_out_is_the_closed_form(kernel, weight):
    model = KernelRidge(alpha=0.5, **kernel)
    exact = LeaveOneOut(model).fit(X, REAL, weight)
    noise = 0.5 / (np.ones(N_ROWS) if weight is None else weight)
    truth = held_out_residuals(clone(model).fit(X, REAL)._get_kernel(X), noise, REAL)
    np.testing.assert_allclose(our_held_out_residuals(exact, REAL), truth, rtol=EFFECTS, atol=EFFECTS)


@pytest.mark.parametrize("alpha", [0.2, ALPHAS], ids=["alpha", "alphas"])
@pytest.mark.parametrize("normalize_y", [False, True])
def test_gaussian_process_leave_one_out_is_the_closed_form(alpha, normalize_y):
    kernel = ConstantKernel(2.0) * RBF(2.0) + WhiteKernel(0.3)
    y = 50 + 7 * REAL
    model = GaussianProcessRegressor(kernel, alpha=alpha, normalize_y=normalize_y, optimizer=None)
    exact = LeaveOneOut(model).fit(X, y)
    # in units of y less its mean, as the problem is
    mean, scale = (y.mean(), y.std()) if normalize_y else (0.0, 1.0)
    truth = scale * held_out_residuals(kernel(X), alpha, (y - mean) / scale)
    np.testing.assert_allclose(our_held_out_residuals(exact, y - mean), truth, rtol=EFFECTS, atol=EFFECTS * np.ptp(y))


@pytest.mark.parametrize("name", ["kernel-ridge", "gaussian-process-outputs"])
def test_predictions_without_a_row_are_those_of_the_estimator_refitted(name):
    case = BY_NAME[name]
    exact = LeaveOneOut(case.estimator).fit(*case.data)
    model, problem = exact.model_, exact.problem_
    for row in (0, 40):
        keep = np.delete(np.arange(N_ROWS), row)
        weight = {} if case.sample_weight is None else {"sample_weight": case.sample_weight[keep]}
        refit = clone(case.estimator).fit(case.X[keep], case.y[keep], **weight)
        ours = problem.raw(model.features(NEW), problem.theta + exact.params_change_[row])
        np.testing.assert_allclose(ours, refit.predict(NEW).reshape(ours.shape), rtol=OPTIMA, atol=EFFECTS)


def test_noise_chosen_by_the_optimizer_is_held_fixed():
    # an optimum of the likelihood that the rows determine
    model = GaussianProcessRegressor(RBF(2.0) + WhiteKernel(0.3), random_state=0).fit(X, REAL)
    exact = LeaveOneOut(model).fit(X, REAL)
    truth = held_out_residuals(model.kernel_(X), model.alpha, REAL)
    np.testing.assert_allclose(our_held_out_residuals(exact, REAL), truth, rtol=OPTIMA, atol=OPTIMA)
    assert "the kernel as fitted is held fixed" in exact.model_.note


def test_duplicated_rows_share_their_features():
    # the kernel of 144 rows has rank 72 at most
    twice = np.vstack([X, X])
    y = np.concatenate([REAL, REAL + 0.5])
    model = KernelRidge(alpha=0.5, kernel="rbf", gamma=0.1)
    exact = LeaveOneOut(model).fit(twice, y)
    assert exact.problem_.n_parameters <= N_ROWS
    truth = held_out_residuals(clone(model).fit(twice, y)._get_kernel(twice), 0.5, y)
    np.testing.assert_allclose(our_held_out_residuals(exact, y), truth, rtol=EFFECTS, atol=EFFECTS)


def test_callable_kernel_takes_its_parameters():
    def kernel(a, b, power):
        return (1 + a @ b) ** power

    ours = KernelRidge(alpha=0.5, kernel=kernel, kernel_params={"power": 2})
    named = KernelRidge(alpha=0.5, kernel="poly", gamma=1.0, coef0=1.0, degree=2)
    effects = [InfluenceFunctions(model).fit(X, REAL).attribute(NEW, np.zeros(5)).values for model in (ours, named)]
    np.testing.assert_allclose(*effects, rtol=OPTIMA)


def test_precomputed_kernel_is_refused():
    supported, reason = supports(KernelRidge(kernel="precomputed"))
    assert not supported
    assert "use a named or callable kernel" in reason


def test_gaussian_process_of_texts_is_refused():
    class Texts(WhiteKernel):
        requires_vector_input = False

    supported, reason = supports(GaussianProcessRegressor(Texts()))
    assert not supported
    assert "use LeaveOneOut(estimator, method='refit')" in reason


def test_indefinite_kernel_is_refused():
    model = KernelRidge(alpha=100.0, kernel="sigmoid", gamma=1.0).fit(X, REAL)
    with pytest.raises(UnsupportedEstimatorError, match="negative eigenvalue .* use a positive semi-definite kernel"):
        adapt(model, X, REAL)


def test_scaled_outputs_of_a_gaussian_process_are_refused():
    model = GaussianProcessRegressor(RBF(2.0), alpha=0.1, normalize_y=True, optimizer=None).fit(X, TWO_REALS)
    with pytest.raises(UnsupportedEstimatorError, match="use normalize_y=False on scaled targets"):
        adapt(model, X, TWO_REALS)


def test_gaussian_process_that_is_not_fitted_is_seen_not_to_be():
    process = GaussianProcessRegressor(RBF(2.0), alpha=0.1, optimizer=None)
    scaled = make_pipeline(StandardScaler(), process)
    assert not is_fitted(process)
    assert not is_fitted(scaled)
    assert is_fitted(scaled.fit(X, REAL))
    with pytest.raises(NotFittedError, match="not fitted yet"):
        adapt(clone(process), X, REAL)


def test_kernel_ridge_effects_are_those_of_refits_of_the_estimator():
    model = KernelRidge(alpha=0.5, kernel="rbf", gamma=0.1)
    exact, refits = (LeaveOneOut(model, method=how).fit(X, REAL) for how in ("exact", "refit"))
    effects = [attributor.attribute(NEW, np.ones(5)).values for attributor in (exact, refits)]
    np.testing.assert_allclose(*effects, rtol=OPTIMA, atol=SUMS)


@pytest.mark.parametrize("name", ["kernel-ridge", "gaussian-process"])
def test_rows_that_a_kernel_model_was_not_trained_on_are_refused(name):
    model = clone(BY_NAME[name].estimator).fit(X[::2], REAL[::2])
    with pytest.raises(StationarityError, match="is not at the optimum for the rows given"):
        InfluenceFunctions(model).fit(X[1::2], REAL[1::2])


@pytest.mark.parametrize("name", ["kernel-ridge", "gaussian-process"])
def test_attributor_of_a_kernel_model_pickles(name):
    case = BY_NAME[name]
    attributor = InfluenceFunctions(case.estimator).fit(*case.data)
    copy = pickle.loads(pickle.dumps(attributor))
    np.testing.assert_array_equal(*(each.attribute(NEW, np.ones(5)).values for each in (attributor, copy)))
