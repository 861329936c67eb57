"""l1 penalties: answers on the active set of the fit, and a verdict that says where refits leave it."""

import copy
import re

import numpy as np
import pytest
from cases import BY_NAME, FEW, MANY, TIGHT, WEIGHTS
from rounding import EFFECTS, OPTIMA, SUMS
from sklearn.linear_model import ElasticNet, Lasso, LassoCV, LogisticRegression, MultiTaskLasso

from skinfluence import (
    DFBETAS,
    CooksDistance,
    InfluenceFunctions,
    LeaveOneOut,
    RenormalizedInfluence,
    RescaledInfluence,
    SecondOrderInfluence,
)
from skinfluence.adapters import supports
from skinfluence.exceptions import UnsupportedEstimatorError
from skinfluence.testing import assert_near


@pytest.mark.parametrize("name", ["lasso", "lasso-wide", "elastic-net"])
def test_leave_one_out_counts_the_rows_whose_refits_change_the_active_set(name):
    case = BY_NAME[name]
    exact = LeaveOneOut(case.estimator).fit(*case.data)
    problem, changed = exact.problem_, 0
    for row, change in enumerate(exact.params_change_):
        refit = exact.model_.refitted(np.array([row]))
        if (refit.signs != problem.signs).any():
            changed += 1
        else:
            # what coordinate descent leaves at its tightest
            np.testing.assert_allclose(problem.theta + change, refit.theta, atol=OPTIMA)
    stated = re.search(r"; (\d+) rows would change the active set", exact.verdict_)
    assert (int(stated[1]) if stated else 0) == changed
    assert "the active set and its signs are held fixed" in exact.verdict_


def test_coefficients_that_are_zero_do_not_move_and_keep_their_place():
    model = Lasso(alpha=0.3, tol=1e-14, max_iter=100_000).fit(MANY, FEW, WEIGHTS)
    exact = LeaveOneOut(model).fit(MANY, FEW, WEIGHTS)
    assert exact.params_change_.shape == (len(MANY), MANY.shape[1] + 1)
    moved = np.abs(exact.params_change_[:, :-1]).max(axis=0) > 0
    np.testing.assert_array_equal(moved, model.coef_ != 0)
    np.testing.assert_allclose(exact.problem_.coef[0], model.coef_, atol=TIGHT)


def test_diagnostics_and_normalised_influence_of_lasso_are_those_of_its_active_columns():
    lasso = Lasso(alpha=0.3, tol=1e-14, max_iter=100_000).fit(MANY, FEW)
    active = np.flatnonzero(lasso.coef_)
    small = Lasso(alpha=0.3, tol=1e-14, max_iter=100_000).fit(MANY[:, active], FEW)
    for cls in (CooksDistance, DFBETAS):
        full = cls(lasso).fit(MANY, FEW).attribute().values
        if cls is DFBETAS:
            assert not np.delete(full, [*active, -1], axis=1).any()
            full = full[:, [*active, -1]]
        np.testing.assert_allclose(full, cls(small).fit(MANY[:, active], FEW).attribute().values, rtol=1e-7)
    full = RenormalizedInfluence(lasso).fit(MANY, FEW).attribute(MANY, FEW).values
    expected = RenormalizedInfluence(small).fit(MANY[:, active], FEW).attribute(MANY[:, active], FEW).values
    np.testing.assert_allclose(full, expected, rtol=1e-7)


def test_elastic_net_without_active_features_moves_its_intercept():
    exact = LeaveOneOut(ElasticNet(alpha=1e3)).fit(MANY, FEW)
    means = (FEW.sum() - FEW) / (len(FEW) - 1)
    np.testing.assert_allclose(exact.problem_.theta[-1] + exact.params_change_[:, -1], means, rtol=SUMS)


def moved_off(lasso, generator):
    """A fit that stopped with other zeros and signs than the optimum has."""
    rough = copy.deepcopy(lasso)
    active = np.flatnonzero(lasso.coef_)
    rough.coef_[generator.choice(active, 2, replace=False)] = 0.0
    rough.coef_[active[0]] *= -0.1
    rough.coef_[generator.choice(np.flatnonzero(lasso.coef_ == 0), 3, replace=False)] = 0.05
    return rough


@pytest.mark.parametrize("seed", range(6))
def test_active_set_is_found_from_where_the_solver_stopped(seed):
    tight = Lasso(alpha=0.1, tol=1e-14, max_iter=100_000).fit(MANY, FEW)
    expected = LeaveOneOut(tight).fit(MANY, FEW).attribute(MANY, FEW).values
    found = LeaveOneOut(moved_off(tight, np.random.default_rng(seed)), polish=True).fit(MANY, FEW)
    assert_near(found.problem_.coef[0], tight.coef_, 1e-9)
    # Newton steps end at rounding, coordinate descent at its tolerance
    assert_near(found.attribute(MANY, FEW).values, expected, 1e-8)
    assert "coefficients of another sign or zero than in the fit" in found.verdict_


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(C=0.3, l1_ratio=1, solver="liblinear"),
        LogisticRegression(C=0.3, l1_ratio=1, solver="saga", max_iter=5000),
        LogisticRegression(C=0.3, l1_ratio=0.7, solver="saga", max_iter=5000),
    ],
    ids=["liblinear", "saga", "elastic net"],
)
def test_l1_classifiers_at_their_default_tolerance_have_answers(estimator):
    """The optimum from another solver at its tightest: more columns than rows, as in the first."""
    generator = np.random.default_rng(0)
    wide = generator.normal(size=(60, 90)) + generator.normal(size=(60, 1))
    y = (wide[:, :5].sum(axis=1) + 2 * generator.normal(size=60) > 0).astype(int)
    fitted = RescaledInfluence(estimator).fit(wide, y)
    problem = fitted.problem_
    assert not problem.wrongly_active(problem.theta[:, None]).any()
    # rounding of a gradient, in units of its summands
    assert problem.relative_gradient() < 1e-14


@pytest.mark.parametrize(
    ("estimator", "way_out"),
    [
        (MultiTaskLasso(), "use Lasso or ElasticNet for each target"),
        (Lasso(positive=True), "use positive=False"),
        (LassoCV(positive=True), "use positive=False"),
    ],
)
def test_l1_refusal_names_the_way_out(estimator, way_out):
    supported, reason = supports(estimator)
    assert not supported
    assert way_out in reason


@pytest.mark.parametrize("name", ["lasso-outputs", "elastic-net-outputs"])
@pytest.mark.parametrize("method", [InfluenceFunctions, LeaveOneOut, SecondOrderInfluence])
def test_effects_on_several_targets_are_those_on_each_active_set_summed(name, method):
    case = BY_NAME[name]
    together = method(case.estimator).fit(*case.data)
    signs = np.reshape(together.problem_.signs[: 2 * MANY.shape[1]], (2, -1))
    assert ((signs != 0).sum(axis=1) < 6).all()
    assert (signs[0] != signs[1]).any()
    apart = sum(method(case.estimator).fit(case.X, y, case.sample_weight).attribute(case.X, y).values for y in case.y.T)
    np.testing.assert_allclose(together.attribute(case.X, case.y).values, apart, rtol=OPTIMA, atol=EFFECTS)


def test_l1_penalty_one_versus_rest_is_one_active_set_for_each_class():
    case = BY_NAME["rest-l1"]
    together = LeaveOneOut(case.estimator).fit(case.X, case.y).attribute(case.X, case.y).values
    apart = 0
    for label in range(3):
        own = (case.y == label).astype(int)
        apart += LeaveOneOut(case.estimator.estimator).fit(case.X, own).attribute(case.X, own).values
    np.testing.assert_allclose(together, apart, rtol=1e-7, atol=EFFECTS)


def test_softmax_feature_with_as_many_positive_as_negative_coefficients_is_flat():
    four = np.arange(len(MANY)) % 4
    pull = np.array([[2.0], [1.0], [-1.0], [-2.0]])[four] + np.random.default_rng(0).normal(size=(len(MANY), 1))
    model = BY_NAME["softmax-saga-l1"].estimator
    attributor = InfluenceFunctions(model).fit(pull, four)
    problem = attributor.problem_
    assert np.sort(problem.signs[:4]).tolist() == [-1, -1, 1, 1]
    N = problem.null_directions
    assert N.shape == (8, 2)
    np.testing.assert_allclose(problem.curvature().dense() @ N, 0, atol=SUMS)
    moved = problem.at(problem.theta + 0.01 * N @ [1.0, 2.0])
    np.testing.assert_allclose(moved.gradient(), problem.gradient(), atol=SUMS)


def test_penalty_that_holds_every_parameter_at_zero_is_refused():
    with pytest.raises(UnsupportedEstimatorError, match="so that no row has any influence; use a weaker penalty"):
        InfluenceFunctions(Lasso(alpha=1e3, fit_intercept=False)).fit(MANY, FEW)
