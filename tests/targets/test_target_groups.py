"""Equalised odds against fairlearn, and the worst group."""

import numpy as np
import pytest
from asked import state_of, target_value
from fair import one_in
from hypothesis import given, settings
from hypothesis import strategies as st
from linear_map import CASES
from numpy.testing import assert_allclose, assert_array_equal
from rounding import FUNCTION, SUMS
from sklearn.metrics import log_loss, mean_squared_error
from test_target_fairness import fairlearn, hard_decisions

from skinfluence.exceptions import UnsupportedTargetError
from skinfluence.losses import BinaryLogLoss, HalfSquaredError, MultinomialLogLoss
from skinfluence.targets import (
    AdversarialLoss,
    EqualizedOdds,
    EqualOpportunity,
    FGSMLoss,
    Loss,
    Moves,
    WorstGroup,
    evaluation_rows,
    is_additive,
    resolve_target,
)

aggs = pytest.mark.parametrize("agg", ["worst_case", "mean"])


@pytest.mark.parametrize(("n_groups", "agg"), one_in(2, [2, 3, 7], ["worst_case", "mean"]))
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_equalized_odds_of_saturated_probabilities_is_fairlearns(agg, n_groups, seed):
    y, groups, weight, decisions = hard_decisions(seed, n_groups)
    raw = np.where(decisions, 1e3, -1e3)[:, None]
    options = {"sensitive_features": groups, "sample_weight": weight}
    rows = evaluation_rows(BinaryLogLoss(), y, classes=["no", "yes"], **options)
    expected = fairlearn.equalized_odds_difference(y, decisions, agg=agg, **options)
    assert_allclose(EqualizedOdds(agg=agg).value(raw, rows), expected, rtol=SUMS, atol=FUNCTION)


@aggs
def test_equalized_odds_of_any_class_is_fairlearns_one_against_the_rest(agg):
    rng = np.random.default_rng(0)
    y, predicted, groups = rng.integers(0, 3, (3, 120))
    rows = evaluation_rows(MultinomialLogLoss(), y, sensitive_features=groups, classes=list("abc"))
    for code, label in enumerate("abc"):
        expected = fairlearn.equalized_odds_difference(y == code, predicted == code, sensitive_features=groups, agg=agg)
        actual = EqualizedOdds(label, agg).value(1e3 * np.eye(3)[predicted], rows)
        assert_allclose(actual, expected, rtol=SUMS)


def test_equalized_odds_aggregates_the_equal_opportunities_of_both_classes():
    problem, X, rows = CASES["two classes"].draw(m=24)
    raw = problem.raw(X)[..., None] * np.linspace(-2, 2, 9)
    # P(no) = 1 - P(yes): the gap among rows of "no" is the same for either
    both = [EqualOpportunity(label).value(raw, rows) for label in ("no", "yes")]
    assert_allclose(EqualizedOdds().value(raw, rows), np.max(both, axis=0), rtol=SUMS, atol=FUNCTION)
    assert_allclose(EqualizedOdds(agg="mean").value(raw, rows), np.mean(both, axis=0), rtol=SUMS, atol=FUNCTION)


@aggs
def test_equalized_odds_gradient_leads_down_whichever_gap_is_larger(agg):
    problem, X, rows = CASES["two classes"].draw(m=24)
    target = EqualizedOdds(agg=agg)
    for raw in (problem.raw(X), -problem.raw(X), problem.raw(-X)):
        step = 1e-6 * target.gradient(raw, rows)
        assert target.value(raw - step, rows) < target.value(raw, rows) < target.value(raw + step, rows)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([1, 0, 1, 0], "group 'b' has no evaluation row of the positive class 'yes'.*'equalized_odds'.*drop the group"),
        ([1, 1, 1, 0], "group 'a' has no evaluation row outside the positive class 'yes'.*'equalized_odds'"),
    ],
)
def test_equalized_odds_needs_rows_of_both_kinds_in_every_group(y, message):
    options = {"sensitive_features": ["a", "b", "a", "b"], "classes": ["no", "yes"]}
    with pytest.raises(UnsupportedTargetError, match=message):
        EqualizedOdds().value(np.zeros((4, 1)), evaluation_rows(BinaryLogLoss(), y, **options))


def test_equalized_odds_checks_agg_when_it_is_evaluated():
    problem, X, rows = CASES["two classes"].draw()
    with pytest.raises(UnsupportedTargetError, match="agg of EqualizedOdds must be 'worst_case' or 'mean', got 'max'"):
        EqualizedOdds(agg="max").value(problem.raw(X), rows)


@pytest.mark.parametrize("name", ["equalized_odds", "worst_group_loss"])
def test_comparison_needs_groups_and_is_less_the_better(name):
    target = resolve_target(name)
    assert (target.needs_groups, target.greater_is_better, is_additive(target)) == (True, False, False)
    rows = evaluation_rows(BinaryLogLoss(), [0, 1], classes=[0, 1])
    with pytest.raises(UnsupportedTargetError, match=f"sensitive_features required by target '{name}' but not given"):
        target.value(np.zeros((2, 1)), rows)


def test_worst_group_of_log_losses_is_the_largest_of_scikit_learns():
    rng = np.random.default_rng(2)
    y, groups, weight, raw = rng.integers(0, 2, 60), rng.integers(0, 3, 60), rng.uniform(1, 2, 60), rng.normal(size=60)
    rows = evaluation_rows(BinaryLogLoss(), y, sensitive_features=groups, sample_weight=weight, classes=[0, 1])
    proba = BinaryLogLoss().predict(raw[:, None])
    frame = fairlearn.MetricFrame(
        metrics=lambda y, p, sample_weight: log_loss(y, p, labels=[0, 1], sample_weight=sample_weight),
        y_true=y,
        y_pred=proba[:, 1],
        sensitive_features=groups,
        sample_params={"sample_weight": weight},
    )
    for metric in ("loss", "log_loss", Loss()):
        assert_allclose(WorstGroup(metric).value(raw[:, None], rows), frame.by_group.max(), rtol=SUMS)


def test_worst_group_of_squared_errors_is_the_largest_of_scikit_learns():
    rng = np.random.default_rng(3)
    y, groups, raw = rng.normal(size=40), rng.integers(0, 4, 40), rng.normal(size=(40, 1))
    rows = evaluation_rows(HalfSquaredError(), y, sensitive_features=groups)
    worst = max(mean_squared_error(y[groups == g], raw[groups == g]) / 2 for g in range(4))
    assert_allclose(WorstGroup().value(raw, rows), worst, rtol=SUMS)


def test_worst_group_gradient_is_that_of_the_mean_loss_of_the_worst():
    problem, X, rows = CASES["three classes"].draw(m=30)
    raw = problem.raw(X)
    gradient = WorstGroup().gradient(raw, rows)
    touched = np.unique(rows.groups[np.abs(gradient).max(axis=1) > 0])
    assert len(touched) == 1
    worst = rows.take(np.flatnonzero(rows.groups == touched[0]))
    expected = Loss().gradient(raw[rows.groups == touched[0]], worst) / worst.sample_weight.sum()
    assert_allclose(gradient[rows.groups == touched[0]], expected, rtol=SUMS)


@pytest.mark.parametrize("metric", [AdversarialLoss(), FGSMLoss(0.5, norm="l2")])
def test_worst_group_of_a_moving_metric_moves_the_rows_as_it_does(metric):
    problem, X, rows = CASES["two classes"].draw()
    moved = metric.move(X, state_of(problem), rows)
    target = WorstGroup(metric)
    assert isinstance(target, Moves)
    assert_array_equal(target.move(X, state_of(problem), rows), moved)
    assert target_value(target, problem, X, rows) == WorstGroup().value(problem.raw(moved), rows)


@pytest.mark.parametrize("metric", ["margin", "class_probability", "demographic_parity", "accuracy", WorstGroup()])
def test_worst_group_is_of_losses_of_single_rows(metric):
    problem, X, rows = CASES["two classes"].draw()
    with pytest.raises(UnsupportedTargetError, match="of WorstGroup is no loss of single rows; use 'loss', 'log_loss'"):
        WorstGroup(metric).value(problem.raw(X), rows)


def test_worst_group_refuses_what_its_metric_refuses_and_groups_without_weight():
    problem, X, rows = CASES["regression"].draw()
    with pytest.raises(UnsupportedTargetError, match="'log_loss' needs class probabilities"):
        WorstGroup("log_loss").value(problem.raw(X), rows)
    options = {"sensitive_features": list("aab"), "sample_weight": [1, 1, 0]}
    with pytest.raises(UnsupportedTargetError, match="group 'b' that count have sample_weight 0; give one"):
        WorstGroup().value(np.zeros((3, 1)), evaluation_rows(HalfSquaredError(), np.zeros(3), **options))
