"""SVC and SVR on their support set: against refits that keep it, what the verdict counts, what is refused."""

import re

import numpy as np
import pytest
from cases import BINARY, REAL, THREE, WEIGHTS, WORDS_OF_TWO, X
from rounding import EPS
from scipy import sparse
from scipy.stats import spearmanr
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from sklearn.svm import SVC, SVR

from skinfluence import InfluenceFunctions, NewtonStep, RescaledInfluence, supports
from skinfluence.adapters import adapt
from skinfluence.exceptions import StationarityError, UnsupportedEstimatorError
from skinfluence.testing import assert_near
from skinfluence.testing.adapters import (
    check_containers,
    check_labels,
    check_row_permutation,
    check_stationarity_of_objective,
    check_supported,
    check_weight_derivative,
    check_wrappers,
)


def squares(A, B):
    """A polynomial kernel, as a function."""
    return (A @ B.T + 1) ** 2


# libsvm computes kernels in single precision, and stops no closer than this
FINE, SINGLE = {"tol": 1e-6}, 1e-4
CASES = {
    "svc": (SVC(C=0.5, **FINE), X, BINARY, None),
    "svc-weighted": (SVC(C=2.0, gamma=0.3, **FINE), X, WORDS_OF_TWO, WEIGHTS),
    "svc-class-weight": (SVC(class_weight={0: 2.0, 1: 0.7}, **FINE), X, BINARY, WEIGHTS),
    "svc-balanced": (SVC(C=10.0, gamma=2.0, class_weight="balanced", **FINE), X, BINARY, WEIGHTS),
    "svc-poly": (SVC(kernel="poly", degree=2, coef0=1.0, **FINE), X, BINARY, None),
    "svc-sparse": (SVC(C=5.0, gamma=0.2, **FINE), sparse.csr_matrix(X), BINARY, WEIGHTS),
    "svc-function": (SVC(kernel=squares, C=0.3, **FINE), X, BINARY, WEIGHTS),
    "svr": (SVR(C=0.7, epsilon=0.3, **FINE), X, REAL, None),
    "svr-weighted": (SVR(C=5.0, gamma=0.05, epsilon=0.5, **FINE), X, REAL, WEIGHTS),
    "svr-function": (SVR(kernel=squares, C=0.01, **FINE), X, REAL, WEIGHTS),
}
every = pytest.mark.parametrize("name", CASES)
LAWS = [check_weight_derivative, check_row_permutation, check_labels, check_containers, check_wrappers]


@every
def test_stated_system_holds_at_the_fit(name):
    check_supported(*CASES[name])
    check_stationarity_of_objective(*CASES[name], rtol=SINGLE)


@every
@pytest.mark.parametrize("law", LAWS)
def test_support_vector_machines_obey_the_law(name, law):
    if name.endswith("function") and law in (check_containers, check_row_permutation):
        pytest.skip("a function of dense arrays takes no other container, and its machine does not show its vectors")
    law(*CASES[name])


def refit(attributor, X, y, weight, rows):
    """The user's machine without some rows, its kernel held fixed, solved on the support set that it finds itself."""
    final, keep = clone(attributor.estimator_), np.setdiff1d(np.arange(len(y)), rows)
    if not callable(final.kernel):
        final.set_params(gamma=attributor.estimator_._gamma)
    weight = None if weight is None else weight[keep]
    final.fit(X[keep], y[keep], weight)
    problem = adapt(final, X[keep], y[keep], weight).problem
    return problem.at(problem.optimum), set(keep[problem.support].tolist()), set(keep[problem.support[problem.unbound]])


@every
def test_one_step_is_the_refit_where_the_support_set_stays(name):
    model, X, y, weight = CASES[name]
    steps = NewtonStep(model).fit(X, y, weight)
    problem, n = steps.problem_, len(y)
    candidates = problem.theta[:, None] + steps.removals(np.arange(n)[:, None]).params_change.T
    changing = problem.changes_set(candidates, np.arange(n))
    support, free = set(problem.support.tolist()), set(problem.support[problem.unbound])
    staying = 0
    for row in range(0, n, 3):
        other, their_support, their_free = refit(steps, X, y, weight, [row])
        same = their_support == support - {row} and their_free == free - {row}
        # both are machines of a known support set: whose it is, is what a count of changes counts
        assert same != changing[row]
        if same:
            staying += 1
            expected = other.raw(X)[:, 0]
            actual = problem.raw(X, candidates[:, row])[:, 0]
            assert_near(actual, expected, 1e-7)
    assert staying


def rounding_of_machine(problem, X):
    """Of decision values: eps x condition number of the free vectors' system x size of the terms that are added up."""
    free = X[problem.support[problem.unbound]]
    ones = np.ones((free.shape[0], 1))
    system = np.block([[problem.kernel(free, free), ones], [ones.T, np.zeros((1, 1))]])
    terms = np.abs(problem.kernel(X, X[problem.support])) @ np.abs(problem.theta[:-1])
    return EPS * np.linalg.cond(system) * terms.max()


@every
def test_predictions_move_with_the_weight_of_a_row_as_those_of_refits(name):
    model, X, y, weight = CASES[name]
    weight = np.ones(len(y)) if weight is None else weight
    problem = InfluenceFunctions(model).fit(X, y, weight).problem_
    rows = np.r_[problem.support[problem.unbound][:2], problem.support[~problem.unbound][:2]]
    predicted = -problem.raw(X, problem.weight_terms().columns(rows))[:, 0]
    final = clone(model)
    if not callable(final.kernel):
        final.set_params(gamma=problem.kernel.keywords["gamma"])
    for column, row in enumerate(rows):
        ends = []
        for step in (1e-4, -1e-4):
            other = weight + step * (np.arange(len(y)) == row)
            solved = adapt(clone(final).fit(X, y, other), X, y, other).problem
            ends.append(solved.raw(X, solved.optimum)[:, 0])
        # exact but for rounding: the machine is linear in the weight while its support set stays
        assert_near(predicted[:, column], (ends[0] - ends[1]) / 2e-4, 1e-6, rounding_of_machine(problem, X) / 2e-4)


@every
def test_rows_that_are_no_support_vectors_have_no_effect(name):
    model, X, y, weight = CASES[name]
    attributor = InfluenceFunctions(model).fit(X, y, weight)
    effects = attributor.attribute(X, y).values
    idle = np.setdiff1d(np.arange(len(y)), attributor.problem_.support)
    assert len(idle)
    # balanced class weights move with every row
    assert effects[idle].any() == (attributor.problem_.balance is not None)


@pytest.mark.parametrize("name", ["svc-weighted", "svc-balanced", "svr"])
def test_methods_agree_on_single_rows_and_sets_are_joint(name):
    model, X, y, weight = CASES[name]
    methods = [cls(model, evaluation="moved").fit(X, y, weight) for cls in (InfluenceFunctions, NewtonStep)]
    effects = [each.attribute(X, y).values for each in methods]
    np.testing.assert_allclose(effects[1], effects[0], rtol=1e-7, atol=1e-9)
    problem = methods[1].problem_
    free, bounded = problem.support[problem.unbound], problem.support[~problem.unbound]
    rows = np.r_[free[:2], bounded[:3]]
    one, two = problem.without(rows), problem.without(rows[:2]).without(rows[2:])
    np.testing.assert_allclose(one.optimum, two.optimum, rtol=1e-12)
    change = methods[1].removal(rows).params_change
    np.testing.assert_allclose(problem.theta + change, one.optimum, rtol=1e-9, atol=1e-12)
    # the equations that are left: free vectors on the margin, deleted ones gone
    left = one.raw(X, one.optimum)[:, 0]
    margin = dict(zip(problem.support, problem.margins, strict=True))
    np.testing.assert_allclose(left[free[2:]], [margin[row] for row in free[2:]], rtol=1e-9)
    assert not one.optimum[np.isin(np.append(problem.support, -1), rows)].any()
    assert one.optimum[:-1].sum() == pytest.approx(0, abs=1e-12)


def test_effects_rank_rows_as_refits_do_though_the_support_set_changes():
    X, y = load_breast_cancer(return_X_y=True)
    X, X_eval, y, y_eval = scale(X)[:300], scale(X)[300:], y[:300], y[300:]
    attributor = InfluenceFunctions(SVC(), evaluation="moved").fit(X, y)
    problem = attributor.problem_
    stated = re.search(r"the support set may change: (\d+) of (\d+) deletions", attributor.verdict_)
    # most of them, and yet
    assert 0.5 * int(stated[2]) < int(stated[1]) <= int(stated[2]) == len(problem.support)
    rows, actual = problem.support[::4], []
    for row in rows:
        other = refit(attributor, X, y, None, [row])[0]
        actual.append(other.loss.value(other.raw(X_eval), y_eval).sum())
    assert spearmanr(attributor.attribute(X_eval, y_eval).values[rows], actual)[0] > 0.9
    # the report of the attributor itself is about machines that choose their support vectors, too
    report = NewtonStep(SVC(), evaluation="moved").fit(X, y).fidelity_report(X_eval, y_eval)
    assert 0.8 < report.rank_correlation < 1
    assert report.relative_error > 0.1


def test_default_tolerance_is_polished():
    rough, fine = SVC(C=0.5).fit(X, BINARY), CASES["svc"][0]
    effects = [InfluenceFunctions(model).fit(X, BINARY).attribute(X, BINARY).values for model in (rough, fine)]
    np.testing.assert_allclose(*effects, rtol=1e-8, atol=1e-10)


def test_pipelines_and_the_unit_of_the_loss():
    model = make_pipeline(StandardScaler(), SVC(**FINE))
    influence = InfluenceFunctions(model).fit(X, BINARY).attribute(X, BINARY)
    assert "the kernel as fitted" in influence.verdict
    assert InfluenceFunctions(model).fit(X, BINARY).problem_.parameter_names[-1] == "intercept"
    assert InfluenceFunctions(model, target="margin").fit(X, BINARY).self_influence().values.shape == (len(X),)


def test_last_free_vector_has_no_answer():
    problem = NewtonStep(CASES["svc"][0]).fit(X, BINARY).problem_
    free = problem.support[problem.unbound]
    alone = problem.without(free[1:])
    assert np.isfinite(alone.optimum).all()
    assert np.isnan(alone.without(free[:1]).optimum[-1])
    assert np.isnan(alone.removal_terms().columns(free[:1])).any()


@pytest.mark.parametrize(
    ("model", "way_out"),
    [
        (SVC(kernel="precomputed"), "use a named or callable kernel"),
        (OneVsRestClassifier(SVC()), "use it by itself, on rows in memory"),
        (CalibratedClassifierCV(SVC(), ensemble=False), "use it by itself, on rows in memory"),
        (TransformedTargetRegressor(SVR()), "use it by itself, on rows in memory"),
    ],
    ids=["precomputed", "rest", "calibrated", "transformed"],
)
def test_support_vector_refusal_names_the_way_out(model, way_out):
    supported, reason = supports(model)
    assert not supported
    assert way_out in reason


def test_several_classes_are_refused():
    with pytest.raises(UnsupportedEstimatorError, match="3 classes are a vote of 3 machines"):
        InfluenceFunctions(SVC()).fit(X, THREE)


def test_machines_without_free_vectors_or_with_identical_ones_are_refused():
    with pytest.raises(UnsupportedEstimatorError, match="use a larger C"):
        InfluenceFunctions(SVC(C=1e-3)).fit(X[:40], np.arange(40) % 2)
    model, *_ = CASES["svc"]
    free = InfluenceFunctions(model).fit(X, BINARY).problem_
    twice = np.r_[np.arange(len(X)), free.support[free.unbound]]
    with pytest.raises(UnsupportedEstimatorError, match="merge these with sample_weight"):
        InfluenceFunctions(model).fit(X[twice], BINARY[twice])


def test_other_rows_are_refused():
    fitted = SVC().fit(X, BINARY)
    with pytest.raises(StationarityError, match="its support vectors are not among them"):
        InfluenceFunctions(fitted).fit(X[::2], BINARY[::2])
    with pytest.raises(StationarityError, match="or have other labels or weights"):
        InfluenceFunctions(fitted).fit(X, 1 - BINARY)
    with pytest.raises(UnsupportedEstimatorError, match="use NewtonStep or InfluenceFunctions"):
        RescaledInfluence(fitted).fit(X, BINARY)
