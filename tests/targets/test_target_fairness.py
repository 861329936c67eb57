"""Gaps between groups against fairlearn, and what they refuse."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linear_map import CASES
from numpy.testing import assert_allclose, assert_array_equal
from rounding import FUNCTION, SUMS
from sklearn.metrics import log_loss

from skinfluence.exceptions import UnsupportedTargetError
from skinfluence.losses import BinaryLogLoss, HalfSquaredError, MultinomialLogLoss, SignedSquaredError
from skinfluence.targets import (
    DemographicParity,
    EqualOpportunity,
    EqualOpportunityLoss,
    evaluation_rows,
    is_additive,
    resolve_target,
)

fairlearn = pytest.importorskip("fairlearn.metrics", reason="gaps are compared with fairlearn: skinfluence[test]")
GAPS = ["demographic_parity", "equal_opportunity", "equal_opportunity_loss"]
gaps = pytest.mark.parametrize("name", GAPS)


def hard_decisions(seed, n_groups, m=60):
    """Labels, groups, weights, and raw predictions so large that probabilities are 0 or 1."""
    rng = np.random.default_rng(seed)
    groups = np.arange(m) % n_groups
    y = (np.arange(m) // n_groups) % 2  # both labels in every group
    decisions = rng.random(m) < rng.uniform(0, 1, n_groups)[groups]
    return y, groups, rng.uniform(0.1, 3, m), decisions.astype(int)


@pytest.mark.parametrize("n_groups", [2, 3, 7])
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_gap_of_saturated_probabilities_is_fairlearns(n_groups, seed):
    y, groups, weight, decisions = hard_decisions(seed, n_groups)
    raw = np.where(decisions, 1e3, -1e3)[:, None]
    rows = evaluation_rows(BinaryLogLoss(), y, sensitive_features=groups, sample_weight=weight, classes=["no", "yes"])
    options = {"sensitive_features": groups, "sample_weight": weight}
    expected = fairlearn.demographic_parity_difference(y, decisions, **options)
    assert_allclose(DemographicParity().value(raw, rows), expected, rtol=SUMS, atol=FUNCTION)
    expected = fairlearn.equal_opportunity_difference(y, decisions, **options)
    assert_allclose(EqualOpportunity().value(raw, rows), expected, rtol=SUMS, atol=FUNCTION)


def test_gap_of_any_class_is_fairlearns_one_against_the_rest():
    rng = np.random.default_rng(0)
    y, predicted, groups = rng.integers(0, 3, (3, 90))
    raw = 1e3 * np.eye(3)[predicted]
    rows = evaluation_rows(MultinomialLogLoss(), y, sensitive_features=groups, classes=np.array(["a", "b", "c"]))
    for code, label in enumerate("abc"):
        options = {"sensitive_features": groups}
        expected = fairlearn.demographic_parity_difference(y == code, predicted == code, **options)
        assert_allclose(DemographicParity(label).value(raw, rows), expected, rtol=SUMS)
        expected = fairlearn.equal_opportunity_difference(y == code, predicted == code, **options)
        assert_allclose(EqualOpportunity(label).value(raw, rows), expected, rtol=SUMS)


@pytest.mark.parametrize("n_groups", [2, 4])
def test_demographic_parity_of_a_regressor_is_the_difference_of_fairlearns_mean_predictions(n_groups):
    rng = np.random.default_rng(1)
    groups, weight, raw = rng.integers(0, n_groups, 40), rng.uniform(1, 2, 40), rng.normal(size=(40, 1))
    frame = fairlearn.MetricFrame(
        metrics=fairlearn.mean_prediction,
        y_true=np.zeros(40),
        y_pred=raw[:, 0],
        sensitive_features=groups,
        sample_params={"sample_weight": weight},
    )
    rows = evaluation_rows(HalfSquaredError(), np.zeros(40), sensitive_features=groups, sample_weight=weight)
    assert_allclose(DemographicParity().value(raw, rows), frame.difference(), rtol=SUMS)


def test_equal_opportunity_loss_is_the_difference_of_log_losses_among_positives():
    rng = np.random.default_rng(2)
    y, groups, raw = rng.integers(0, 2, 60), rng.integers(0, 3, 60), rng.normal(size=(60, 1))
    rows = evaluation_rows(BinaryLogLoss(), y, sensitive_features=groups, classes=[0, 1])
    proba = BinaryLogLoss().predict(raw)
    losses = [
        log_loss(y[chosen], proba[chosen], labels=[0, 1]) for chosen in ((groups == g) & (y == 1) for g in range(3))
    ]
    assert_allclose(EqualOpportunityLoss().value(raw, rows), max(losses) - min(losses), rtol=SUMS)


def test_pos_label_swaps_nothing_but_the_positive_class():
    problem, X, rows = CASES["two classes"].draw(m=24)
    raw = problem.raw(X)
    # P(no) = 1 - P(yes): the same gap of means
    assert_allclose(DemographicParity("no").value(raw, rows), DemographicParity().value(raw, rows), rtol=SUMS)
    assert DemographicParity("yes").value(raw, rows) == DemographicParity().value(raw, rows)
    negative = EqualOpportunity("no").gradient(raw, rows)
    assert_array_equal(negative[rows.codes == 1], 0)
    assert (negative[rows.codes == 0] != 0).any()


@gaps
def test_gap_gradient_leads_down_whichever_group_is_ahead(name):
    problem, X, rows = CASES["two classes"].draw(m=24)
    target = resolve_target(name)
    for raw in (problem.raw(X), -problem.raw(X)):
        step = 1e-6 * target.gradient(raw, rows)
        assert target.value(raw - step, rows) < target.value(raw, rows) < target.value(raw + step, rows)


@gaps
def test_gap_is_zero_with_zero_gradient_where_all_rows_agree(name):
    _, X, rows = CASES["two classes"].draw()
    raw = np.full((len(X), 1), 0.3)
    # means of equal numbers under unequal weights: rounding only
    assert resolve_target(name).value(raw, rows) < 1e-15
    one_each = evaluation_rows(BinaryLogLoss(), [1, 1], sensitive_features=["a", "b"], classes=[0, 1])
    assert_array_equal(resolve_target(name).gradient(np.zeros((2, 1)), one_each), 0)


@gaps
def test_gap_needs_groups_and_is_less_the_better(name):
    target = resolve_target(name)
    assert (target.needs_groups, target.greater_is_better, is_additive(target)) == (True, False, False)
    rows = evaluation_rows(BinaryLogLoss(), [0, 1], classes=[0, 1])
    with pytest.raises(
        UnsupportedTargetError, match=f"sensitive_features required by target '{name}' but not given; pass"
    ):
        target.value(np.zeros((2, 1)), rows)


@pytest.mark.parametrize("name", GAPS[1:])
def test_equal_opportunity_needs_a_positive_row_in_every_group(name):
    rows = evaluation_rows(BinaryLogLoss(), [1, 0, 1, 0], sensitive_features=["a", "b", "a", "b"], classes=["0", "1"])
    message = "group 'b' has no evaluation row of the positive class '1'.*drop the group"
    with pytest.raises(UnsupportedTargetError, match=message):
        resolve_target(name).gradient(np.zeros((4, 1)), rows)


@gaps
def test_gap_needs_weight_in_every_group(name):
    rows = evaluation_rows(
        BinaryLogLoss(),
        [1, 1, 1],
        sensitive_features=["a", "b", "b"],
        sample_weight=[0, 1, 1],
        classes=[0, 1],
    )
    with pytest.raises(UnsupportedTargetError, match="group 'a' that count have sample_weight 0; give one"):
        resolve_target(name).value(np.zeros((3, 1)), rows)


def test_gap_needs_rows_in_every_group_that_is_named():
    _, X, rows = CASES["two classes"].draw()
    rows = replace(rows, group_names=np.array(["a", "b", "c", "d"], dtype=object))
    with pytest.raises(UnsupportedTargetError, match="group 'd' has no evaluation row; drop it from group_names"):
        DemographicParity().value(np.zeros((len(X), 1)), rows)


@gaps
def test_gap_asks_for_pos_label_with_more_than_two_classes(name):
    problem, X, rows = CASES["three classes"].draw()
    target = resolve_target(name)
    message = rf"'{name}' needs pos_label when there are 3 classes; give one of \['x', 'y', 'z'\]"
    with pytest.raises(UnsupportedTargetError, match=message):
        target.value(problem.raw(X), rows)
    with pytest.raises(UnsupportedTargetError, match=r"pos_label='w' .* is not a class; give one of \['x'"):
        target.set_params(pos_label="w").value(problem.raw(X), rows)


@pytest.mark.parametrize("name", GAPS[1:])
def test_equal_opportunity_is_for_classifiers(name):
    problem, X, rows = CASES["counts"].draw()
    with pytest.raises(UnsupportedTargetError, match=f"'{name}' .* is a regressor; use 'demographic_parity'"):
        resolve_target(name).value(problem.raw(X), rows)


def test_demographic_parity_of_regressors_has_no_pos_label_and_one_output():
    problem, X, rows = CASES["regression"].draw()
    with pytest.raises(UnsupportedTargetError, match="pos_label=1 has no meaning for a regressor"):
        DemographicParity(1).value(problem.raw(X), rows)
    problem, X, rows = CASES["two outputs"].draw()
    with pytest.raises(UnsupportedTargetError, match="2 outputs; fit one model for each output"):
        DemographicParity().value(problem.raw(X), rows)


def test_gap_of_probabilities_is_not_for_classifiers_without():
    rows = evaluation_rows(SignedSquaredError(), [0, 1], sensitive_features=[0, 1], classes=[0, 1])
    with pytest.raises(UnsupportedTargetError, match="the classifier reports none; use 'loss' or 'margin'"):
        DemographicParity().value(np.zeros((2, 1)), rows)


def test_gap_does_not_grow_with_the_number_of_groups_in_cost():
    # one group for every two rows: the means are a sparse product, not a (G, m) table
    m = 40_000
    rows = evaluation_rows(BinaryLogLoss(), np.ones(m, dtype=int), sensitive_features=np.arange(m) // 2, classes=[0, 1])
    raw = np.linspace(-1, 1, m)[:, None]
    means = BinaryLogLoss().predict(raw)[:, 1].reshape(-1, 2).mean(axis=1)
    assert_allclose(DemographicParity().value(raw, rows), means.max() - means.min(), rtol=SUMS)
