"""Newton steps on sets: out of one factor or by another, once or to convergence."""

from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from cases import BINARY, COUNTS, REAL, THREE, TWO_REALS, WEIGHTS, WIDE, X, logistic, poisson
from rounding import OPTIMA, REFITS, SUMS
from sklearn.base import clone
from sklearn.linear_model import Lasso, Ridge, SGDClassifier

from skinfluence.attributors import LeaveOneOut, NewtonStep, RescaledInfluence, SecondOrderInfluence
from skinfluence.removal import set_inverse
from skinfluence.removal.slopes import parameter_slopes
from skinfluence.solvers import CholeskySolver, resolve_solver
from skinfluence.testing import assert_near

#: enough parameters for sets of some rows to be small against them
FEATURES = np.hstack([X, np.random.default_rng(3).normal(size=(len(X), 20))])
MODELS = {
    "logistic": (logistic(C=0.2), BINARY),
    "softmax": (logistic(C=0.2), THREE),
    "ridge": (Ridge(), REAL),
    "outputs": (Ridge(), TWO_REALS),
    "poisson": (poisson(alpha=0.3), COUNTS),
    "counted": (SGDClassifier("log_loss", alpha=0.05, tol=1e-6, max_iter=5000, random_state=0), BINARY),
}
SETS = [np.array([7]), np.array([0, 1, 2, 3, 4]), np.arange(10, 21)]
#: what is promised: rounding of two different solves, at a condition number of at most 1e4 of the correction
SAME = 1e-10
every_model = pytest.mark.parametrize("name", MODELS)


def fitted(name, **settings):
    estimator, y = MODELS[name]
    attributor = NewtonStep(estimator, polish=True, **settings).fit(FEATURES, y, sample_weight=WEIGHTS)
    # the polish keeps a factor while the curvature moves by less than 1e-6; compared are those of the one at the end
    factor = resolve_solver(attributor.solver).prepare(attributor.problem_.curvature())
    attributor.preparation_ = replace(attributor.preparation_, factor=factor)
    return attributor


def refactored(attributor, rows):
    """The step with a factor of its own, of the Hessian of the rows that stay."""
    with (
        mock.patch.object(set_inverse, "is_small", return_value=False),
        mock.patch.object(set_inverse, "MAX_SET_PART", 0),
    ):
        return attributor.removal(rows).params_change


def is_downdated(attributor, rows):
    """Whether a set comes out of the factor of all rows."""
    return bool(set_inverse._downdate(attributor.problem_, attributor.factor_, [np.array(rows)])[1])


@every_model
@pytest.mark.parametrize("rows", SETS, ids=len)
def test_newton_step_is_the_same_out_of_the_factor_of_all_rows(name, rows):
    attributor = fitted(name)
    assert is_downdated(attributor, rows)
    assert_near(attributor.removal(rows).params_change, refactored(attributor, rows), SAME)


def test_newton_step_on_small_sets_factors_nothing():
    attributor = fitted("logistic", solver="cholesky")
    with mock.patch.object(CholeskySolver, "prepare", side_effect=AssertionError("a factorisation")):
        attributor.removal(np.arange(12))
        with pytest.raises(AssertionError, match="a factorisation"):
            attributor.removal(np.arange(13))


def test_newton_step_out_of_the_dual_factor():
    y = np.arange(len(WIDE)) % 2
    attributor = NewtonStep(logistic(), solver="dual").fit(WIDE, y)
    assert_near(attributor.removal([1, 2, 5]).params_change, refactored(attributor, [1, 2, 5]), SAME)


@pytest.mark.parametrize("cls", [NewtonStep, SecondOrderInfluence])
def test_sets_of_an_l1_penalty_stay_on_its_active_set(cls):
    estimator, rows = Lasso(alpha=0.08, tol=1e-12, max_iter=100_000), np.array([3, 4, 9])
    attributor = cls(estimator).fit(FEATURES, REAL)
    problem, left = attributor.problem_, attributor.problem_.without(rows)
    active = np.flatnonzero(problem.free)
    E, gradient = np.column_stack([FEATURES, np.ones(len(X))])[:, active], left.gradient()[active]
    assert len(active) < problem.n_parameters
    E_left = np.delete(E, rows, axis=0)
    expected, H, H_left = np.zeros(problem.n_parameters), E.T @ E, E_left.T @ E_left
    u, q = np.linalg.solve(H, -gradient), len(rows) / len(X)
    second = ((1 - 2 * q) * u + np.linalg.solve(H, (H - H_left) @ u)) / (1 - q) ** 2
    expected[active] = np.linalg.solve(H_left, -gradient) if cls is NewtonStep else second
    assert_near(attributor.removal(rows).params_change, expected, SAME)


def test_newton_step_where_a_set_determines_a_direction_has_its_own_factor():
    # only rows 3 and 5 know the last feature, which has next to no penalty: 1 - leverage is about 1e-8
    alone = np.column_stack([FEATURES, 1e4 * np.isin(np.arange(len(X)), [3, 5])])
    attributor = NewtonStep(Ridge()).fit(alone, REAL)
    assert not is_downdated(attributor, [3, 5])
    assert is_downdated(attributor, [4, 6])
    keep = np.setdiff1d(np.arange(len(X)), [3, 5])
    before, after = (Ridge().fit(alone[kept], REAL[kept]) for kept in (np.arange(len(X)), keep))
    truth = np.r_[after.coef_ - before.coef_, after.intercept_ - before.intercept_]
    assert_near(attributor.removal([3, 5]).params_change, truth, REFITS)


def test_newton_step_with_half_of_the_shares_has_its_own_factor():
    attributor = fitted("poisson")
    weight = np.where(np.arange(len(X)) == 0, 100.0, 1.0)
    heavy = NewtonStep(poisson(alpha=0.3), polish=True).fit(FEATURES, COUNTS, sample_weight=weight)
    for case, rows, none in ((attributor, [0], False), (heavy, [0], True), (heavy, [1], False)):
        assert is_downdated(case, rows) != none
        assert_near(case.removal(rows).params_change, refactored(case, rows), SAME)


@every_model
def test_newton_steps_to_convergence_are_refits(name):
    estimator, y = MODELS[name]
    exact = fitted(name, n_steps=None)
    loo = LeaveOneOut(estimator, polish=True).fit(FEATURES, y, sample_weight=WEIGHTS)
    for rows in SETS:
        assert_near(exact.removal(rows).params_change, loo.removal(rows).params_change, OPTIMA)
    moved = clone(exact).set_params(evaluation="moved").fit(FEATURES, y, sample_weight=WEIGHTS)
    # the chord starts without the other's Taylor polynomial: rows end at different roundings of one optimum
    assert_near(moved.attribute(FEATURES, y).values, loo.attribute(FEATURES, y).values, 1e-7)
    assert_near(moved.self_influence().values, loo.self_influence().values, 1e-7)
    if name == "counted":
        return  # stochastic descent stops short of the optimum that its refits would be compared at
    keep = np.setdiff1d(np.arange(len(X)), SETS[1])
    before, after = (
        clone(estimator).fit(FEATURES[kept], y[kept], sample_weight=WEIGHTS[kept]) for kept in (np.arange(len(X)), keep)
    )
    truth = np.r_[np.ravel(after.coef_ - before.coef_), np.ravel(after.intercept_ - before.intercept_)]
    assert_near(exact.removal(SETS[1]).params_change, truth, 1e-7)


@pytest.mark.parametrize("estimator", [logistic(), logistic(class_weight="balanced")], ids=["plain", "balanced"])
def test_each_newton_step_squares_the_error(estimator):
    rows = np.argsort(X[:, 0])[-8:]
    exact = NewtonStep(estimator, n_steps=None).fit(X, THREE).removal(rows)
    errors = []
    for n_steps in (1, 2, 3):
        removal = NewtonStep(estimator, n_steps=n_steps).fit(X, THREE).removal(rows)
        errors.append(np.linalg.norm(removal.params_change - exact.params_change))
    unit = np.linalg.norm(exact.params_change)
    assert errors[0] < 0.5 * unit
    assert errors[1] < 4 * errors[0] ** 2 / unit
    # the exact one ends where it is left with 1e-12 of the change
    assert errors[2] < 4 * errors[1] ** 2 / unit + 1e-12 * unit
    assert removal.method == "3 Newton steps"


def test_newton_steps_of_rows_are_those_of_sets_of_one():
    for n_steps in (2, None):
        attributor = NewtonStep(logistic(), n_steps=n_steps, evaluation="moved").fit(X, BINARY)
        rows = attributor.attribute(X, BINARY).values
        groups = attributor.attribute(X, BINARY, train_groups=np.arange(len(X))).values
        assert_near(rows, groups, OPTIMA, SUMS)
        linear = clone(attributor).set_params(evaluation="linear").fit(X, BINARY).attribute(X, BINARY).values
        changes = attributor.removals(np.arange(len(X))[:, None]).params_change
        gradient = parameter_slopes(attributor.question(X, BINARY), attributor.problem_)[:, 0]
        assert_near(linear, changes @ gradient, OPTIMA, SUMS * np.abs(linear).max())


def test_one_newton_step_is_the_default():
    one = NewtonStep(logistic()).fit(X, BINARY)
    rescaled = RescaledInfluence(logistic()).fit(X, BINARY)
    assert_near(one.attribute(X, BINARY).values, rescaled.attribute(X, BINARY).values, 0)


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"n_steps": 0}, "n_steps must be an integer of at least 1, or None for convergence, got 0"),
        ({"n_steps": 1.5}, "n_steps must be an integer of at least 1, or None for convergence, got 1.5"),
        ({"n_steps": None, "damping": 0.1}, r"exact removal \(n_steps=None\) needs damping=0"),
    ],
)
def test_newton_step_refuses_settings(settings, match):
    with pytest.raises(ValueError, match=match):
        NewtonStep(Ridge(), **settings).fit(X, REAL)
