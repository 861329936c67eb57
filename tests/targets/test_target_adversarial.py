"""The adversarial move: onto the boundary, nowhere shorter, and against the fitted model only."""

from types import SimpleNamespace

import numpy as np
import pytest
from asked import state_of, target_value
from linear_map import CASES, LinearMap
from numpy.testing import assert_allclose, assert_array_equal
from rounding import FUNCTION, SUMS
from scipy.sparse import csr_array, csr_matrix

from skinfluence.exceptions import UnsupportedTargetError
from skinfluence.targets import AdversarialLoss, Loss

BOUNDED = [
    "two classes",
    "two classes by softmax",
    "three classes",
    "two classes by least squares",
    "three classes by least squares",
]
bounded = pytest.mark.parametrize("kind", BOUNDED)


def predicted(raw):
    return (raw[:, 0] > 0).astype(int) if raw.shape[1] == 1 else raw.argmax(axis=1)


@bounded
def test_adversarial_move_of_gamma_one_ends_on_the_boundary(kind):
    problem, X, _ = CASES[kind].draw(m=40)
    raw = problem.raw(AdversarialLoss(gamma=1.0).move(X, state_of(problem), None))
    raw = np.hstack([np.zeros_like(raw), raw]) if raw.shape[1] == 1 else np.sort(raw, axis=1)
    # the two largest tie; raw predictions are of order 1
    assert_allclose(raw[:, -1], raw[:, -2], atol=SUMS)


@bounded
def test_adversarial_move_crosses_only_with_gamma_above_one(kind):
    problem, X, _ = CASES[kind].draw(m=40)
    before = predicted(problem.raw(X))
    for gamma, crosses in ((0.99, False), (1.01, True)):
        after = predicted(problem.raw(AdversarialLoss(gamma=gamma).move(X, state_of(problem), None)))
        assert ((after != before) == crosses).all()


@bounded
def test_adversarial_move_is_the_shortest(kind):
    problem, X, _ = CASES[kind].draw(m=10)
    step = np.linalg.norm(AdversarialLoss(gamma=1.0).move(X, state_of(problem), None) - X, axis=1)
    directions = np.random.default_rng(0).normal(size=(2000, X.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    for x, length in zip(X, step, strict=True):
        inside = predicted(problem.raw(x + 0.999 * length * directions))
        assert (inside == predicted(problem.raw(x[None]))).all()


def test_adversarial_move_is_the_papers_formula():
    problem, X, _ = CASES["two classes"].draw()
    w, b = problem.coef[0], problem.intercept[0]
    expected = [x - 1.3 * (w @ x + b) / (w @ w) * w for x in X]
    assert_allclose(AdversarialLoss().move(X, state_of(problem), None), expected, rtol=SUMS)


def test_adversarial_move_of_two_classes_with_two_outputs_is_that_of_their_difference():
    problem, X, _ = CASES["two classes"].draw()
    half = LinearMap(
        np.vstack([-problem.coef, problem.coef]) / 2, np.hstack([-problem.intercept, problem.intercept]) / 2
    )
    target = AdversarialLoss()
    assert_allclose(target.move(X, state_of(half), None), target.move(X, state_of(problem), None), rtol=SUMS)


@pytest.mark.parametrize("sparse", [csr_matrix, csr_array])
@bounded
def test_adversarial_move_of_sparse_rows_is_the_dense_one(kind, sparse):
    problem, X, _ = CASES[kind].draw()
    X[np.abs(X) < 0.5] = 0
    product = SimpleNamespace(coef=problem.coef)
    state = SimpleNamespace(problem=product, raw=lambda X: X @ problem.coef.T + problem.intercept)
    moved = AdversarialLoss().move(sparse(X), state, None)
    assert type(moved) is np.ndarray
    assert_allclose(moved, AdversarialLoss().move(X, state_of(problem), None), rtol=SUMS, atol=FUNCTION)


@bounded
def test_adversarial_rows_are_frozen_when_candidates_are_evaluated(kind):
    problem, X, rows = CASES[kind].draw()
    moved = AdversarialLoss().move(X, state_of(problem), None)
    thetas = problem.theta[:, None] + np.random.default_rng(1).normal(size=(len(problem.theta), 3))
    assert_array_equal(
        target_value(AdversarialLoss(), problem, X, rows, thetas),
        target_value(Loss(), problem, moved, rows, thetas),
    )


def test_adversarial_loss_of_gamma_zero_is_the_loss():
    problem, X, rows = CASES["three classes"].draw()
    assert target_value(AdversarialLoss(gamma=0), problem, X, rows) == target_value(Loss(), problem, X, rows)


@pytest.mark.parametrize(
    "coef", [np.zeros((1, 3)), np.zeros((3, 3)), np.ones((3, 3))], ids=["one row", "zeros", "equal rows"]
)
def test_adversarial_move_needs_a_boundary(coef):
    problem = LinearMap(coef, np.arange(len(coef), dtype=float))
    with pytest.raises(UnsupportedTargetError, match=r"no boundary to move rows across.*zero, or the same for"):
        AdversarialLoss().move(np.ones((2, 3)), state_of(problem), None)


def test_adversarial_move_ignores_classes_without_a_boundary_to_the_predicted_one():
    coef = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    problem = LinearMap(coef, np.array([0.1, 0.0, 0.0]))
    moved = AdversarialLoss(gamma=1.0).move(np.array([[2.0, 0.0]]), state_of(problem), None)
    raw = problem.raw(moved)[0]
    assert_allclose(raw[0], raw[2], rtol=SUMS)


def test_adversarial_loss_needs_a_linear_model():
    with pytest.raises(UnsupportedTargetError, match=r"needs a linear model.*the model has no coefficients"):
        AdversarialLoss().move(np.ones((2, 3)), SimpleNamespace(raw=None), None)


def test_adversarial_loss_needs_a_classifier():
    problem, X, rows = CASES["regression"].draw()
    with pytest.raises(
        UnsupportedTargetError, match=r"'adversarial_loss' .* the model is a regressor; use 'fgsm_loss', or 'loss'"
    ):
        target_value(AdversarialLoss(), problem, X, rows)


@pytest.mark.parametrize("gamma", [-0.1, np.inf, np.nan, "1.3", None])
def test_adversarial_loss_checks_gamma_when_it_is_evaluated(gamma):
    problem, X, rows = CASES["two classes"].draw()
    target = AdversarialLoss(gamma=gamma)
    with pytest.raises(UnsupportedTargetError, match=r"gamma of AdversarialLoss must be a finite number of at"):
        target_value(target, problem, X, rows)
