"""Linear support vector machines: what is refused, and rows that cross the margin."""

import numpy as np
import pytest
from cases import BINARY, REAL, THREE, WEIGHTS, X, svc
from rounding import EFFECTS, OPTIMA, SUMS
from sklearn.svm import LinearSVC, LinearSVR
from sklearn.utils.class_weight import compute_class_weight

from skinfluence import InfluenceFunctions, LeaveOneOut
from skinfluence.adapters import supports


@pytest.mark.parametrize(
    ("estimator", "way_out"),
    [
        (LinearSVC(loss="hinge"), "use loss='squared_hinge'"),
        (LinearSVC(multi_class="crammer_singer"), "use multi_class='ovr'"),
        (LinearSVR(), "use loss='squared_epsilon_insensitive'"),
    ],
)
def test_linear_svm_refusal_names_the_way_out(estimator, way_out):
    supported, reason = supports(estimator)
    assert not supported
    assert way_out in reason


@pytest.mark.parametrize("rule", ["balanced", {0: 2.0, 1: 0.5, 2: 1.0}], ids=["balanced", "dict"])
def test_class_weight_weighs_a_class_where_it_stands_against_the_rest(rule):
    together = svc(class_weight=rule).fit(X, THREE)
    weights = compute_class_weight(rule, classes=np.arange(3), y=THREE)
    effects = InfluenceFunctions(together).fit(X, THREE)
    for k in range(3):
        alone = svc(class_weight={0: 1.0, 1: weights[k]}).fit(X, (k == THREE).astype(int))
        np.testing.assert_allclose(effects.problem_.coef[k], alone.coef_[0], rtol=1e-5)
    if rule != "balanced":  # whose weights move with the rows
        apart = [
            InfluenceFunctions(svc(class_weight={0: 1.0, 1: weights[k]}))
            .fit(X, (k == THREE).astype(int))
            .attribute(X, (k == THREE).astype(int))
            .values
            for k in range(3)
        ]
        np.testing.assert_allclose(effects.attribute(X, THREE).values, sum(apart), rtol=1e-7, atol=EFFECTS)


def test_leave_one_out_of_linear_svc_follows_rows_across_the_margin():
    many = np.random.default_rng(0).normal(size=(len(X), 12))
    classes = np.digitize(many[:, 0] + many[:, 1] + 0.5 * X[:, 0], [-1.0, 1.0])
    exact = LeaveOneOut(svc(C=3.0)).fit(many, classes, WEIGHTS)
    problem, crossing = exact.problem_, 0
    for row, change in enumerate(exact.params_change_):
        left = problem.without([row])
        moved = left.at(problem.theta + change)
        # the optimum of the objective without the row, to rounding
        assert moved.relative_gradient() < SUMS
        crossing += np.any(moved.row_hessians() != left.row_hessians())
    assert crossing > 20


def test_linear_svc_in_dual_form_has_the_influence_of_the_primal_form():
    primal = svc(C=0.1)
    dual = svc(C=0.1, dual=True, tol=1e-6, max_iter=100_000)
    effects = [InfluenceFunctions(model).fit(X, BINARY).self_influence().values for model in (primal, dual)]
    # both are polished: what is left is the order of summation
    np.testing.assert_allclose(*effects, rtol=OPTIMA)


def test_rows_inside_the_tube_of_linear_svr_have_no_influence():
    model = LinearSVR(epsilon=1.0, loss="squared_epsilon_insensitive", dual=False, tol=1e-12, max_iter=10_000)
    exact = LeaveOneOut(model).fit(X, REAL)
    inside = np.abs(exact.problem_.training_raw[:, 0] - REAL) < 1.0
    assert 0 < inside.sum() < len(X)
    # what rounding of parameters may make of no change; rows outside the tube do a million times as much
    np.testing.assert_array_equal(np.abs(exact.params_change_).max(axis=1) > EFFECTS, ~inside)
