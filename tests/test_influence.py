"""Influence: an array that knows what it means."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skinfluence import Influence

VALUES = np.array([0.5, -2.0, 1.0, np.nan, -0.1])


def test_influence_is_an_array():
    influence = Influence(VALUES)
    assert len(influence) == 5
    assert influence.shape == (5,)
    assert influence[1] == -2.0
    np.testing.assert_array_equal(np.asarray(influence), VALUES)
    np.testing.assert_array_equal(np.abs(influence), np.abs(VALUES))
    assert np.asarray(influence, dtype=np.float32).dtype == np.float32


def test_array_is_a_copy_where_asked():
    influence = Influence(VALUES.copy())
    np.array(influence)[:] = 0
    assert influence[1] == -2.0


def test_gain_is_positive_where_deleting_makes_the_target_better():
    np.testing.assert_array_equal(Influence(VALUES, greater_is_better=False).gain, -VALUES)
    np.testing.assert_array_equal(Influence(VALUES, greater_is_better=True).gain, VALUES)
    with pytest.raises(ValueError, match="the target 'size' has no better direction"):
        Influence(VALUES, target="size", greater_is_better=None).gain  # noqa: B018


def test_top_leaves_out_rows_without_an_answer():
    influence = Influence(VALUES)
    assert influence.top(9).tolist() == [1, 2, 0, 4]
    assert influence.top(2, harmful=True).tolist() == [1, 4]
    assert influence.with_values(VALUES, greater_is_better=True).top(2, harmful=True).tolist() == [2, 0]


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.integers(0, 40))
def test_top_is_the_head_of_the_ranking(values, k):
    influence = Influence(np.array(values))
    top = influence.top(k)
    assert len(top) == min(k, len(values))
    assert (np.diff(np.abs(influence.values[top])) <= 0).all()
    left = np.setdiff1d(np.arange(len(values)), top)
    assert not len(left) or not len(top) or np.abs(influence.values[left]).max() <= np.abs(influence.values[top]).min()


def test_top_asks_for_one_number_a_row():
    with pytest.raises(ValueError, match=r"the values have shape \(2, 2\); take a column, or attribute with"):
        Influence(np.eye(2)).top()


def test_frame_is_indexed_by_row_name():
    pytest.importorskip("pandas")
    frame = Influence(VALUES, names=np.array(list("abcde"))).to_frame()
    assert frame.loc["b", "influence"] == -2.0
    assert Influence(np.eye(3)).to_frame().shape == (3, 3)


def test_row_names_are_positions_where_there_are_none():
    assert Influence(VALUES).row_names.tolist() == [0, 1, 2, 3, 4]


def test_meaning_survives_other_values_and_pickles():
    influence = Influence(VALUES, unit="nats", method="by hand", verdict="fine", names=np.arange(5))
    other = pickle.loads(pickle.dumps(influence.with_values(VALUES[:2], names=None)))
    assert (other.unit, other.method, other.verdict) == ("nats", "by hand", "fine")
    assert len(other) == 2


def test_repr_says_everything_that_a_reader_of_the_number_needs():
    text = repr(Influence(VALUES, unit="nats", method="by hand", verdict="fine", target="Loss()"))
    for fact in ("by hand", "nats", "fine", "Loss()", "after deleting the row", "positive: deleting the row raises f"):
        assert fact in text
