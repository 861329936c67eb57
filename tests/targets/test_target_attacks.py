"""FGSM and PGD: the moves stay in the ball, are the worst where the worst is known, and are frozen."""

from types import SimpleNamespace

import numpy as np
import pytest
from asked import state_of, target_value
from linear_map import CASES
from numpy.testing import assert_allclose, assert_array_equal
from rounding import FORMULA, SUMS
from scipy.sparse import csr_array

from skinfluence.exceptions import UnsupportedTargetError
from skinfluence.losses import BinaryLogLoss, HalfSquaredError
from skinfluence.targets import FGSMLoss, Loss, PGDLoss, evaluation_rows

ORDERS = {"linf": np.inf, "l2": 2}
#: order of the norm in which coefficients measure what a ball can do to a linear form
DUAL = {"linf": 1, "l2": 2}
norms = pytest.mark.parametrize("norm", ORDERS)
attacks = pytest.mark.parametrize("attack", [FGSMLoss, PGDLoss])
kinds = pytest.mark.parametrize("kind", CASES)


@attacks
@norms
@kinds
def test_attack_stays_in_the_ball_and_does_not_lower_the_loss(attack, norm, kind):
    problem, X, rows = CASES[kind].draw(m=30)
    target = attack(0.05, norm)
    moved = target.move(X, state_of(problem), rows)
    length = np.linalg.norm(moved - X, ord=ORDERS[norm], axis=1)
    # x + change - x rounds at eps |x|
    assert (length <= 0.05 * (1 + FORMULA)).all()
    attacked, clean = (Loss().row_values(problem.raw(features), rows) for features in (moved, X))
    assert (attacked > clean).all()


@attacks
@norms
@pytest.mark.parametrize("epsilon", [0.01, 0.7])
def test_attack_on_two_classes_lowers_every_margin_by_all_that_the_ball_can_do(attack, norm, epsilon):
    problem, X, rows = CASES["two classes"].draw(m=30)
    signs = 2 * rows.codes - 1
    margins = signs * problem.raw(X)[:, 0] - epsilon * np.linalg.norm(problem.coef[0], DUAL[norm])
    moved = attack(epsilon, norm).move(X, state_of(problem), rows)
    assert_allclose(signs * problem.raw(moved)[:, 0], margins, rtol=SUMS, atol=10 * FORMULA)


@attacks
@norms
def test_attack_on_squared_errors_widens_every_residual_by_all_that_the_ball_can_do(attack, norm):
    problem, X, rows = CASES["regression"].draw(m=30)
    residuals = np.abs(problem.raw(X)[:, 0] - rows.y) + 0.4 * np.linalg.norm(problem.coef[0], DUAL[norm])
    moved = attack(0.4, norm).move(X, state_of(problem), rows)
    assert_allclose(np.abs(problem.raw(moved)[:, 0] - rows.y), residuals, rtol=SUMS)


@norms
def test_pgd_finds_losses_of_more_classes_at_least_as_large_as_those_of_one_step(norm):
    problem, X, rows = CASES["three classes"].draw(m=200)
    one, many = (target_value(t, problem, X, rows) for t in (FGSMLoss(2.0, norm), PGDLoss(2.0, norm, n_steps=40)))
    assert many > one > target_value(Loss(), problem, X, rows)


@norms
def test_pgd_of_one_whole_step_is_fgsm(norm):
    problem, X, rows = CASES["three classes"].draw()
    pgd = PGDLoss(0.3, norm, n_steps=1, step_size=0.3)
    assert_array_equal(pgd.move(X, state_of(problem), rows), FGSMLoss(0.3, norm).move(X, state_of(problem), rows))


def test_pgd_with_small_steps_ends_inside_the_ball():
    problem, X, rows = CASES["two classes"].draw()
    moved = PGDLoss(1.0, "l2", n_steps=3, step_size=0.1).move(X, state_of(problem), rows)
    assert_allclose(np.linalg.norm(moved - X, axis=1), 0.3, rtol=SUMS)


@attacks
@norms
def test_attack_leaves_rows_whose_loss_is_flat_and_steps_up_vanishing_slopes(attack, norm):
    coef = np.array([[3.0, -4.0]])
    problem = SimpleNamespace(coef=coef, theta=coef.ravel(), raw=lambda X, theta: X @ coef.T)
    X = np.zeros((1, 2))
    perfect = evaluation_rows(HalfSquaredError(), [0.0])
    assert_array_equal(attack(0.5, norm).move(X, state_of(problem), perfect), X)
    # a saturated logistic loss: squares of its gradient, 1e-300, are zero
    far = np.array([[690.0, 0.0]]) / 3
    certain = evaluation_rows(BinaryLogLoss(), [1], classes=[0, 1])
    length = np.linalg.norm(attack(0.5, norm).move(far, state_of(problem), certain) - far, ord=ORDERS[norm], axis=1)
    assert_allclose(length, 0.5, rtol=SUMS)


@attacks
@kinds
def test_attacked_rows_are_frozen_when_candidates_are_evaluated(attack, kind):
    problem, X, rows = CASES[kind].draw()
    moved = attack().move(X, state_of(problem), rows)
    thetas = problem.theta[:, None] * [[0.5, 1.0, 1.1]]
    assert_array_equal(
        target_value(attack(), problem, X, rows, thetas), target_value(Loss(), problem, moved, rows, thetas)
    )


@attacks
def test_attack_of_radius_zero_is_the_loss(attack):
    problem, X, rows = CASES["counts"].draw()
    assert target_value(attack(0), problem, X, rows) == target_value(Loss(), problem, X, rows)


@attacks
def test_attack_on_sparse_rows_is_the_dense_one(attack):
    problem, X, rows = CASES["three classes"].draw()
    X[np.abs(X) < 0.5] = 0
    moved = attack().move(csr_array(X), state_of(problem), rows)
    assert type(moved) is np.ndarray
    assert_array_equal(moved, attack().move(X, state_of(problem), rows))


@attacks
def test_attack_needs_a_linear_model(attack):
    _, X, rows = CASES["two classes"].draw()
    with pytest.raises(UnsupportedTargetError, match=f"'{attack.name}' needs a linear model.*has no coefficients"):
        attack().move(X, SimpleNamespace(raw=None), rows)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (FGSMLoss(-0.1), "epsilon of FGSMLoss must be a finite number of at least 0, got -0.1"),
        (FGSMLoss(np.nan), "epsilon of FGSMLoss must be a finite number of at least 0, got nan"),
        (PGDLoss("0.1"), "epsilon of PGDLoss must be a finite number of at least 0, got '0.1'"),
        (FGSMLoss(norm="l1"), r"norm of FGSMLoss must be one of \['l2', 'linf'\], got 'l1'"),
        (PGDLoss(n_steps=0), "n_steps of PGDLoss must be an integer of at least 1, got 0"),
        (PGDLoss(n_steps=2.5), "n_steps of PGDLoss must be an integer of at least 1, got 2.5"),
        (PGDLoss(step_size=0), "step_size of PGDLoss must be a positive finite number or None, got 0"),
        (PGDLoss(step_size=np.inf), "step_size of PGDLoss must be a positive finite number or None, got inf"),
    ],
)
def test_attack_checks_its_parameters_when_it_is_evaluated(target, message):
    problem, X, rows = CASES["two classes"].draw()
    with pytest.raises(UnsupportedTargetError, match=message):
        target_value(target, problem, X, rows)
