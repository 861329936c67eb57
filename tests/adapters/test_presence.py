"""A loss of one's own: M-estimators are the special case, means and coupled losses are had right, refusals by name."""

import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose
from rounding import EFFECTS, OPTIMA, SUMS
from scipy.optimize import minimize
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import scale

from skinfluence import InfluenceFunctions, LeaveOneOut, NewtonStep, PresenceLoss, RescaledInfluence, VersatileInfluence
from skinfluence.exceptions import StationarityError, UnsupportedEstimatorError, UnsupportedQuestionError
from skinfluence.targets import Parameter, ThetaFunction

numpy = pytest.importorskip("autograd.numpy")
N = 40


@pytest.fixture(scope="module")
def logistic():
    """A logistic regression, and the same objective as a function of presences."""
    X, y = load_breast_cancer(return_X_y=True)
    X, y = scale(X[:N, :4]), y[:N]
    model = LogisticRegression(C=0.5, solver="newton-cholesky", tol=1e-12).fit(X, y)

    def loss(theta, presence):
        margins = (1 - 2 * y) * (numpy.dot(X, theta[:-1]) + theta[-1])
        return numpy.sum(presence * numpy.logaddexp(0.0, margins)) + numpy.sum(theta[:-1] ** 2)

    return X, y, model, loss, np.append(model.coef_[0], model.intercept_)


def odds(theta):
    """A function of the parameters that is not linear."""
    return numpy.exp(theta[0]) + theta[1] * theta[4]


def assert_close(actual, expected, tolerance):
    """To a tolerance relative to the largest effect."""
    assert_allclose(actual, expected, rtol=0, atol=tolerance * np.abs(expected).max())


@pytest.mark.parametrize(
    ("solver", "tolerance", "hessian"),
    [
        ("auto", EFFECTS, None),
        ("auto", EFFECTS, "products"),
        ("cg", OPTIMA, "products"),
        ("lissa", 1e-4, None),
        pytest.param("cg", OPTIMA, None, marks=pytest.mark.slow),
        pytest.param("lissa", 1e-4, "products", marks=pytest.mark.slow),
    ],
)
def test_presence_loss_of_a_sum_is_influence_functions(logistic, solver, tolerance, hessian):
    X, y, model, loss, theta = logistic
    ours = VersatileInfluence(PresenceLoss(loss, theta, N, hessian=hessian), solver=solver).fit()
    known = InfluenceFunctions(model).fit(X, y)
    # lissa ends at a relative residual of 1e-6, times the condition number
    assert_close(ours.attribute(target=ThetaFunction(odds)), known.attribute(target=ThetaFunction(odds)), tolerance)
    removed, expected = ours.removal([3, 5]), known.removal([3, 5])
    assert_close(removed.params_change, expected.params_change, tolerance)


def test_presence_loss_takes_the_hessian_that_its_user_knows(logistic):
    X, _, _, loss, theta = logistic

    def hessian(theta, presence):
        p = 1 / (1 + np.exp(-(X @ theta[:-1] + theta[-1])))
        ones = np.column_stack([X, np.ones(N)])
        return ones.T @ ((presence * p * (1 - p))[:, None] * ones) + np.diag([2.0] * 4 + [0.0])

    given, found = (PresenceLoss(loss, theta, N, hessian=h) for h in (hessian, None))
    answers = [VersatileInfluence(one).fit().attribute(target=Parameter(0)).values for one in (given, found)]
    assert_close(*answers, EFFECTS)


@pytest.mark.parametrize("method", [NewtonStep, LeaveOneOut])
def test_presence_loss_by_newton_and_by_refits_is_the_models_own(logistic, method):
    X, y, model, loss, theta = logistic
    target = ThetaFunction(odds)
    ours = method(PresenceLoss(loss, theta, N), evaluation="moved").fit().attribute(target=target)
    known = method(model, evaluation="moved").fit(X, y).attribute(target=target)
    # the model's own Newton step takes the row's leverage from the factor of all rows: rounding, times conditioning
    assert_close(ours, known, OPTIMA)


def test_mean_of_losses_differs_from_their_sum_by_n_over_n_minus_one():
    y = np.random.default_rng(0).normal(size=9)

    def loss(theta, presence):
        return numpy.sum(presence * (theta - y) ** 2) / numpy.sum(presence)

    mean = VersatileInfluence(PresenceLoss(loss, [y.mean()], 9)).fit().attribute(target=Parameter(0)).values
    # to first order deleting y_i moves the mean by (mean - y_i) / n; for a mean of losses by (mean - y_i) / (n - 1),
    # which for squares is exact
    assert_allclose(mean, (y.mean() - y) / 8, rtol=SUMS)


def coupled(theta, presence):
    """Every pair of objects counts once, by a smooth distance: no term belongs to one object."""
    pairs = numpy.outer(presence, presence)
    gap = POINTS[:, None, :] - POINTS[None, :, :] - numpy.reshape(theta, (1, 1, 2)) * SIGNS[:, :, None]
    return numpy.sum(pairs * numpy.sqrt(1 + numpy.sum(gap**2, axis=2))) + numpy.sum(theta**2)


POINTS = np.random.default_rng(1).normal(size=(30, 2)) + np.arange(30)[:, None] / 15
SIGNS = np.sign(np.arange(30)[:, None] - np.arange(30)[None, :])


def refitted(presence):
    """By another library, without anything of ours."""
    return minimize(coupled, np.zeros(2), args=(presence,), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 0}).x


def test_presence_loss_of_coupled_objects_follows_its_refits():
    theta, gone = refitted(np.ones(30)), range(0, 30, 3)
    # a simplex search ends at the square root of rounding
    attributor = VersatileInfluence(PresenceLoss(coupled, theta, 30), polish=True).fit()
    predicted = attributor.removals([[i] for i in gone]).params_change
    actual = np.array([refitted(1.0 - (np.arange(30) == i)) for i in gone]) - theta
    assert np.corrcoef(predicted.ravel(), actual.ravel())[0, 1] > 0.999
    exact = LeaveOneOut(PresenceLoss(coupled, theta, 30), polish=True).fit()
    changes = np.array([exact.removal([i]).params_change for i in gone])
    assert_allclose(changes, actual, atol=1e-6)


def test_influence_of_a_target_of_presence_has_the_direct_effect():
    theta = refitted(np.ones(30))

    def spread(theta, presence):
        return numpy.sum(presence * POINTS[:, 0] ** 2) / numpy.sum(presence) + theta[0]

    target = ThetaFunction(spread, of_presence=True)
    attributor = VersatileInfluence(PresenceLoss(coupled, theta, 30), polish=True).fit()
    squares = POINTS[:, 0] ** 2
    direct = (squares.sum() - squares) / 29 - squares.mean()
    expected = direct + attributor.attribute(target=Parameter(0)).values
    assert_allclose(attributor.attribute(target=target).values, expected, rtol=EFFECTS)
    moved = attributor.set_params(evaluation="moved").attribute(target=target).values
    # f is linear in theta, so that both evaluations agree
    assert_allclose(moved, expected, rtol=OPTIMA)
    assert_allclose(attributor.removal([4], target=target).target_change, expected[4], rtol=OPTIMA)
    report = attributor.fidelity_report(target=target, n_removals=8, removal_size=1)
    assert report.correlation > 0.999


def test_influence_of_a_rotated_embedding_ignores_the_rotation():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(6, 6))
    A = A + A.T

    def loss(theta, presence):
        Z = numpy.reshape(theta, (6, 2)) * presence[:, None]
        return numpy.sum((A * np.outer(presence, presence) - numpy.dot(Z, Z.T)) ** 2) + 0.1 * numpy.sum(theta**2)

    def turned(theta, presence):
        return np.reshape(theta, (6, 2))[:, ::-1] * np.array([1.0, -1.0])

    theta = minimize(loss, rng.normal(size=12), args=(np.ones(6),), tol=1e-10).x
    angle = np.array([[np.cos(0.7), np.sin(0.7)], [-np.sin(0.7), np.cos(0.7)]])
    score = ThetaFunction(lambda theta: numpy.dot(theta[0:2], theta[2:4]))
    answers = []
    for start in (theta, (theta.reshape(6, 2) @ angle).ravel()):
        model = PresenceLoss(loss, start, 6, null_directions=turned)
        answers.append(VersatileInfluence(model, polish=True).fit().attribute(target=score).values)
    assert_close(*answers, 1e-7)


def test_presence_loss_says_what_damping_cured():
    def saddle(theta, presence):
        return numpy.sum(presence) * (theta[0] ** 2 - 0.1 * theta[1] ** 2 + 0.01 * theta[1] ** 4)

    at_the_saddle = PresenceLoss(saddle, [0.0, 0.0], 4)
    left_out = VersatileInfluence(at_the_saddle, polish=False).fit()
    assert "1 directions left out, 1 of them of negative curvature" in left_out.verdict_
    damped = VersatileInfluence(at_the_saddle, polish=False, damping=0.5).fit()
    # the mean eigenvalue of diag(8, -0.8) is 3.6
    assert "damped by 1.8 (0.5 times the mean eigenvalue), for 1 directions have negative curvature" in damped.verdict_


def test_presence_loss_keeps_names_and_clones(logistic):
    *_, loss, theta = logistic
    names = [f"patient {i}" for i in range(N)]
    model = PresenceLoss(loss, theta, N, object_names=names, parameter_names=list("abcde"))
    attributor = clone(VersatileInfluence(model, target=Parameter("b"))).fit()
    influence = attributor.attribute()
    assert influence.row_names[0] == "patient 0"
    assert_close(influence, VersatileInfluence(model).fit().attribute(target=Parameter(1)), SUMS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"loss": None}, "loss must be a function"),
        ({"n_objects": 0}, "n_objects must be an integer of at least 1, got 0"),
        ({"theta": [[1.0]]}, r"flat array of finite numbers, got shape \(1, 1\)"),
        ({"theta": [np.nan]}, "numbers that are not finite"),
        ({"object_names": ["a"]}, f"object_names has 1 names for {N} objects"),
        ({"hessian": "dense"}, "hessian must be None, 'products' or a function"),
        ({"loss": lambda theta, presence: theta}, "must be one finite number"),
        ({"loss": lambda theta, presence: np.inf * theta.sum()}, "must be one finite number"),
        ({"loss": lambda theta, presence: np.linalg.norm(np.asarray(theta, float))}, "cannot differentiate the loss"),
        ({"backend": "numba"}, "backend must be 'auto' or one of"),
    ],
)
def test_presence_loss_refuses_by_name(logistic, change, message):
    *_, loss, theta = logistic
    with pytest.raises(ValueError, match=message):
        VersatileInfluence(PresenceLoss(**({"loss": loss, "theta": theta, "n_objects": N} | change))).fit()


def test_missing_library_is_named_with_its_extra(logistic, monkeypatch):
    monkeypatch.setitem(sys.modules, "autograd", None)
    model = PresenceLoss(logistic[3], logistic[4], n_objects=N, backend="autograd")
    with pytest.raises(ImportError, match=r"needs autograd; install it with: pip install 'skinfluence\[autograd\]'"):
        VersatileInfluence(model).fit()


def test_presence_loss_refuses_what_it_cannot_answer(logistic):
    X, y, _, loss, theta = logistic
    model = PresenceLoss(loss, theta, N)
    with pytest.raises(ValueError, match="has its data inside"):
        VersatileInfluence(model).fit(X, y)
    with pytest.raises(UnsupportedEstimatorError, match="RescaledInfluence needs the Hessian of every single row"):
        RescaledInfluence(model).fit()
    attributor = VersatileInfluence(model).fit()
    with pytest.raises(UnsupportedQuestionError, match="knows its loss and no predictions"):
        attributor.attribute(X, y)
    with pytest.raises(UnsupportedQuestionError, match="no loss of their own"):
        attributor.self_influence()
    with pytest.raises(StationarityError, match="the fitted PresenceLoss is not at the optimum for the rows given"):
        VersatileInfluence(PresenceLoss(loss, theta + 1, N)).fit()


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_presence_loss_is_the_same_in_every_library(logistic, backend):
    X, y, _, loss, theta = logistic
    library = pytest.importorskip("jax.numpy" if backend == "jax" else "torch")
    if backend == "jax":
        pytest.importorskip("jax").config.update("jax_enable_x64", True)
    asarray = library.asarray if backend == "jax" else library.tensor
    sign, ones = asarray(1.0 - 2 * y), asarray(np.column_stack([X, np.ones(N)]))

    def other(theta, presence):
        margins = sign * (ones @ theta)
        return (presence * library.logaddexp(0 * margins, margins)).sum() + (theta[:-1] ** 2).sum()

    def other_odds(theta):
        return library.exp(theta[0]) + theta[1] * theta[4]

    for hessian in (None, "products"):
        ours = VersatileInfluence(PresenceLoss(other, theta, N, backend, hessian=hessian)).fit()
        known = VersatileInfluence(PresenceLoss(loss, theta, N)).fit()
        target = ThetaFunction(other_odds)
        assert_close(ours.attribute(target=target), known.attribute(target=ThetaFunction(odds)), EFFECTS)
