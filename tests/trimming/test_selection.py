"""Budgets, protected classes, gaps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.linear_model import LogisticRegression

from skinfluence.trimming import DataTrimmer
from skinfluence.trimming.selection import class_codes, removal_order, rows_in_budget, stop_at_zero

scores_and_codes = st.integers(1, 30).flatmap(
    lambda n: st.tuples(
        arrays(float, n, elements=st.one_of(st.floats(-5, 5), st.just(np.nan), st.just(-np.inf))),
        arrays(int, n, elements=st.integers(-1, 3)),
    )
)


@pytest.mark.parametrize(
    ("budget", "rows"), [(0, 0), (7, 7), (0.0, 0), (0.099, 9), (np.int64(3), 3), (np.float32(0.5), 50)]
)
def test_budget_counts_rows_or_is_a_fraction_rounded_down(budget, rows):
    assert rows_in_budget(budget, 100) == rows


@pytest.mark.parametrize("budget", [-1, 100, 1.0, -0.1, np.nan, "many", True, None, [1]])
def test_budget_refuses_anything_else(budget):
    with pytest.raises(ValueError, match="budget must be an int .* or a float in"):
        rows_in_budget(budget, 100)


@settings(max_examples=100, deadline=None)
@given(scores_and_codes)
def test_removal_order_keeps_a_row_of_every_class_and_every_row_without_a_score(case):
    scores, codes = case
    order = removal_order(scores, codes)
    stay = np.setdiff1d(np.arange(len(scores)), order)
    assert set(codes[stay]) == set(codes)
    assert np.isfinite(scores[order]).all()
    assert (codes[order] >= 0).all()
    assert (np.diff(scores[order]) <= 0).all()


def test_removal_order_skips_the_protected_row_and_goes_on():
    scores, codes = np.array([5.0, 4.0, 3.0, 2.0]), np.array([1, 0, 0, 0])
    np.testing.assert_array_equal(removal_order(scores, codes), [1, 2])


@settings(max_examples=100, deadline=None)
@given(arrays(float, st.integers(1, 20), elements=st.floats(-1, 1)), st.floats(0, 3))
def test_gap_never_passes_through_zero(changes, value):
    order = stop_at_zero(np.arange(len(changes)), value, changes)
    assert (value + np.cumsum(changes[order]) >= -1e-9).all()
    if len(order) < len(changes):
        assert value + changes[: len(order) + 1].sum() < 0


def test_class_codes_refuse_several_labels_a_row():
    with pytest.raises(ValueError, match="Multilabel and multioutput targets are not supported"):
        class_codes(np.array([[1, 1], [0, 1]]), True)
    with pytest.raises(ValueError, match="Unknown label type"):
        class_codes(np.linspace(0, 1, 5), True)


@pytest.mark.parametrize("target", ["auto", "self_influence"])
def test_trimmer_never_empties_a_class(target):
    """Three rows of a rare class amid another one look mislabelled, each of them."""
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(60, 2)), np.repeat(["common", "other", "rare"], [40, 17, 3])
    X[17:40] += 5
    trimmer = DataTrimmer(LogisticRegression(), target=target, budget=0.9, random_state=0).fit(X, y)
    assert len(trimmer.trimmed_indices_) == 54
    assert set(trimmer.classes_) == set(y[trimmer.sample_indices_]) == {"common", "other", "rare"}
    assert trimmer.sampling_strategy_ == dict(
        zip(*np.unique(y[trimmer.sample_indices_], return_counts=True), strict=True)
    )


def test_trimmer_keeps_the_only_row_of_a_class():
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(30, 2)), np.repeat([0, 1, 2], [15, 14, 1])
    trimmer = DataTrimmer(LogisticRegression(), budget=0.5, random_state=0).fit(X, y)
    assert 29 in trimmer.sample_indices_
    assert np.isnan(trimmer.influence_.values[29])
