"""Fidelity: numbers against SciPy, refits against fit and predict, and what has no answer."""

import numpy as np
import pytest
from cases import BINARY, COUNTS, REAL, THREE, WEIGHTS, X, logistic, poisson
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import linregress, pearsonr, spearmanr
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC, SVR

from skinfluence.attributors import (
    InfluenceFunctions,
    LeaveOneOut,
    NewtonStep,
    RelativeInfluence,
    RenormalizedInfluence,
    RescaledInfluence,
)
from skinfluence.exceptions import UnsupportedQuestionError
from skinfluence.fidelity import compare_effects, random_removals
from skinfluence.targets import Parameter, Prediction

TRAIN, EVAL = slice(0, 50), slice(50, None)


@given(st.integers(0, 1000), st.integers(3, 30))
@settings(max_examples=25, deadline=None)
def test_report_agrees_with_scipy(seed, size):
    generator = np.random.default_rng(seed)
    predicted = np.round(generator.normal(size=size), 1)  # rounded: with ties
    actual = predicted + generator.normal(size=size)
    if np.ptp(predicted) == 0:
        return
    report = compare_effects(predicted, actual)
    assert report.rank_correlation == pytest.approx(spearmanr(predicted, actual).statistic)
    assert report.correlation == pytest.approx(pearsonr(predicted, actual).statistic)
    both = linregress(np.r_[predicted, -predicted], np.r_[actual, -actual])  # mirrored: through the origin
    assert report.slope == pytest.approx(both.slope)
    assert report.relative_error == pytest.approx(np.linalg.norm(predicted - actual) / np.linalg.norm(actual))
    assert report.sign_agreement == np.mean(np.sign(predicted) == np.sign(actual))


def test_constant_effects_have_no_correlation():
    report = compare_effects([1.0, 1.0], [1.0, 2.0])
    assert np.isnan(report.rank_correlation)
    assert np.isnan(compare_effects([0.0, 0.0], [0.0, 0.0]).slope)


@pytest.mark.parametrize(
    ("predicted", "actual", "match"),
    [
        ([1.0], [1.0, 2.0], r"two lists of one length, got \(1,\) and \(2,\)"),
        ([], [], "two lists of one length"),
        ([np.nan], [1.0], "predicted and actual must be finite"),
    ],
)
def test_report_refuses(predicted, actual, match):
    with pytest.raises(ValueError, match=match):
        compare_effects(predicted, actual)


@given(st.integers(0, 1000), st.integers(3, 30))
@settings(max_examples=25, deadline=None)
def test_rounding_moves_neither_signs_nor_ranks(seed, size):
    generator = np.random.default_rng(seed)
    effects = generator.integers(-3, 4, size=size).astype(float)
    if np.ptp(effects) == 0:
        return
    rounded = effects + generator.uniform(-1e-15, 1e-15, size=size)
    report = compare_effects(effects, rounded, rounding=2e-15)
    assert report.sign_agreement == 1
    assert report.rank_correlation == pytest.approx(1.0)
    assert report.rounding == 2e-15
    # the numbers themselves are as they were given
    np.testing.assert_array_equal(report.actual, rounded)


def test_values_that_differ_by_more_than_rounding_do_not_tie_through_others_between_them():
    ladder = np.arange(10.0)
    assert compare_effects(ladder, ladder[::-1], rounding=1.5).rank_correlation < -0.9
    assert np.isnan(compare_effects(ladder, ladder, rounding=9.0).rank_correlation)
    # 1.5 is at most 1.5 and has no sign, 2 has
    assert compare_effects([1.5, 2.0], [-1.5, -2.0], rounding=1.5).sign_agreement == 0.5


def test_rounding_is_a_size():
    with pytest.raises(ValueError, match="rounding must be a size in the unit of the effects, at least 0, got -1"):
        compare_effects([1.0], [1.0], rounding=-1)


@pytest.mark.parametrize(
    ("estimator", "y"),
    [(KNeighborsClassifier(3), THREE), (SVC(), BINARY), (SVR(epsilon=0.5), REAL)],
    ids=["neighbours", "machine", "machine of numbers"],
)
def test_rows_without_effect_have_no_sign_whatever_refits_round_to(estimator, y):
    attributor = LeaveOneOut(estimator).fit(X[TRAIN], y[TRAIN])
    moved = X + np.random.default_rng(0).normal(size=X.shape)
    report = attributor.fidelity_report(moved, y, n_removals=50, removal_size=1)
    without = np.abs(report.predicted) <= report.rounding
    assert 0 < without.sum() < len(without)
    # what is added up for all rows rounds in another way without a row that does nothing
    assert report.predicted[without].any() or report.actual[without].any()
    assert report.sign_agreement == 1
    assert report.rank_correlation == pytest.approx(1.0)


def test_values_that_rank_rows_are_not_compared_with_the_rounding_of_f():
    attributor = RelativeInfluence(logistic()).fit(X, BINARY)
    assert attributor.fidelity_report(X, BINARY, n_removals=3).rounding == 0


def test_size_of_a_question_is_that_of_the_terms_that_cancel():
    attributor = LeaveOneOut(Ridge()).fit(X, REAL)
    question = attributor.question(X, REAL, target=Prediction() - Prediction())
    predictions = np.abs(attributor.estimator_.predict(X)).sum()
    state = attributor.preparation_
    # Ridge solves for itself, and the parameters are polished
    assert question.value(state) == pytest.approx(0, abs=1e-12 * predictions)
    assert question.size(state) == pytest.approx(2 * predictions)
    gap = attributor.question(X, REAL, target=Parameter(0) * -2.0)
    assert gap.size(state) == pytest.approx(2 * abs(attributor.estimator_.coef_[0]))


def test_random_removals_are_sets_of_candidates_by_seed():
    candidates = np.array([3, 5, 8, 13, 21])
    sets = random_removals(candidates, 4, 2, random_state=0)
    assert [len(set(rows)) for rows in sets] == [2, 2, 2, 2]
    assert set(np.concatenate(sets)) <= set(candidates)
    again = random_removals(candidates, 4, 2, random_state=0)
    np.testing.assert_array_equal(sets, again)
    assert not np.array_equal(sets, random_removals(candidates, 4, 2, random_state=1))


@pytest.mark.parametrize(("n_removals", "size"), [(0, 1), (3, 0), (3, 5), (3, -1), (3, 1.0)])
def test_random_removals_refuse(n_removals, size):
    with pytest.raises(ValueError, match="need at least one removal of 1 to 4 rows"):
        random_removals(np.arange(5), n_removals, size)


@pytest.mark.parametrize(
    ("cls", "estimator", "y", "error"),
    [
        (LeaveOneOut, logistic(), THREE, 1e-8),
        (LeaveOneOut, logistic(class_weight="balanced"), BINARY, 1e-8),
        (LeaveOneOut, poisson(), COUNTS, 1e-8),
        (NewtonStep, Ridge(), REAL, 1e-8),
    ],
    ids=["softmax", "balanced", "poisson", "ridge"],
)
def test_exact_methods_have_no_error(cls, estimator, y, error):
    attributor = cls(estimator, evaluation="moved").fit(X[TRAIN], y[TRAIN], sample_weight=WEIGHTS[TRAIN])
    report = attributor.fidelity_report(X[EVAL], y[EVAL], n_removals=8, removal_size=4)
    assert report.relative_error < error
    assert report.rank_correlation == attributor.score(X[EVAL], y[EVAL], n_removals=8, removal_size=4)
    assert report.rank_correlation == pytest.approx(1.0)
    assert "8 deletions: rank correlation 1.0000" in str(report)


def test_actual_effects_are_refits_of_the_users_estimator():
    attributor = RescaledInfluence(logistic()).fit(X[TRAIN], BINARY[TRAIN])
    report = attributor.fidelity_report(X[EVAL], BINARY[EVAL], n_removals=5, removal_size=0.1, random_state=3)

    def loss(keep):
        model = clone(logistic()).fit(X[TRAIN][keep], BINARY[TRAIN][keep])
        return -np.log(model.predict_proba(X[EVAL])[np.arange(22), BINARY[EVAL]]).sum()

    everything = np.arange(50)
    sets = random_removals(everything, 5, 0.1, random_state=3)
    # rows in two sets count in both
    assert len(np.unique(np.concatenate(sets))) < sum(map(len, sets))
    expected = [loss(np.setdiff1d(everything, rows)) - loss(everything) for rows in sets]
    np.testing.assert_allclose(report.actual, expected, rtol=1e-8)
    predicted = [attributor.removal(rows, X[EVAL], BINARY[EVAL]).target_change for rows in sets]
    np.testing.assert_allclose(report.predicted, predicted, rtol=1e-12)


def test_fidelity_does_not_depend_on_the_tolerance_of_the_users_fit():
    reports = [
        InfluenceFunctions(model).fit(X, BINARY).fidelity_report(X[EVAL], BINARY[EVAL], n_removals=6, removal_size=1)
        for model in (LogisticRegression(), logistic())
    ]
    np.testing.assert_allclose(reports[0].actual, reports[1].actual, rtol=1e-7)
    assert reports[0].rank_correlation > 0.99


def test_sets_that_empty_a_class_are_left_out_or_refused():
    y = np.where(np.arange(len(X)) < 2, 1, 0)
    attributor = RescaledInfluence(logistic()).fit(X, y)
    report = attributor.fidelity_report(X, y, n_removals=12, removal_size=50)
    assert 0 < len(report.actual) < 12
    with pytest.raises(UnsupportedQuestionError, match="removals of size 71 empties a class"):
        attributor.fidelity_report(X, y, n_removals=3, removal_size=71)


@pytest.mark.parametrize("cls", [RelativeInfluence, RenormalizedInfluence])
def test_methods_that_rank_rows_have_a_score_and_no_slope(cls):
    """The sum of the values over each set, in the order of refits; units are not those of f."""
    attributor = cls(logistic()).fit(X, BINARY)
    report = attributor.fidelity_report(X, BINARY, n_removals=12)
    assert np.isnan([report.slope, report.relative_error]).all()
    values = attributor.attribute(X, BINARY)
    assert not values.predicts
    sets = [[1, 2, 5], [7]]
    predicted = attributor.predicted(sets, attributor.question(X, BINARY))
    np.testing.assert_allclose(predicted, [values.values[rows].sum() for rows in sets], rtol=1e-12)
    assert attributor.score(X, BINARY, n_removals=12) == report.rank_correlation > 0
    with pytest.raises(UnsupportedQuestionError, match="has no answer for removal; use RescaledInfluence"):
        attributor.removal([1])


def test_refits_may_run_in_parallel():
    attributor = NewtonStep(Ridge()).fit(X, REAL)
    alone, parallel = (
        attributor.fidelity_report(X, REAL, n_removals=4, n_jobs=n_jobs, removal_size=3) for n_jobs in (None, 2)
    )
    np.testing.assert_allclose(alone.actual, parallel.actual, rtol=1e-12)
