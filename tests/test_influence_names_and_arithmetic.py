"""Influences by name of the row, and what may be added to them."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from skinfluence import Influence, RescaledInfluence

VALUES = np.array([0.5, -2.0, 1.0, np.nan])
NAMED = Influence(VALUES, names=np.array(list("abcd")), target="loss", method="first", verdict="good")


def test_positions_are_for_arrays_and_names_for_frames():
    pandas = pytest.importorskip("pandas", reason="frames")
    generator = np.random.default_rng(0)
    frame = pandas.DataFrame(generator.standard_normal((30, 2)), index=generator.permutation(30), columns=["u", "v"])
    y = frame.u + generator.standard_normal(30)
    influence = RescaledInfluence(Ridge()).fit(frame, y).attribute(frame, y)
    positions, names = influence.top(3), influence.top(3, names=True)
    assert names.tolist() == frame.index[positions].tolist() != positions.tolist()
    assert frame.drop(names).equals(frame.drop(frame.index[positions]))
    series = pandas.Series(influence)
    assert series.index.equals(frame.index)
    np.testing.assert_array_equal(series.to_numpy(), np.asarray(influence))
    assert list(influence.to_frame(frame).columns) == ["influence", "u", "v"]
    assert influence.to_frame(frame).u.equals(frame.u)
    with pytest.raises(ValueError, match="the index of X is not that of the training rows.*in its order"):
        influence.to_frame(frame.sort_index())
    with pytest.raises(ValueError, match="X has 29 rows, but there are 30 values"):
        influence.to_frame(frame[1:])
    kept = RescaledInfluence(Ridge()).fit(frame, y).attribute(frame[:3], y[:3], aggregate=False, top_k=2)
    table = kept.to_frame(frame)
    assert table.u.tolist() == frame.u.loc[table.index].tolist()


def test_a_series_has_one_value_a_row():
    pandas = pytest.importorskip("pandas", reason="frames")
    assert pandas.Series(Influence(VALUES)).index.tolist() == [0, 1, 2, 3]
    twice = pandas.Series(Influence(np.array([1.0, 2.0]), names=np.array(["a", "a"])))
    assert twice.index.tolist() == ["a", "a"]
    assert twice.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match=r"have shape \(2, 2\); use to_frame"):
        pandas.Series(Influence(np.eye(2)))


def test_names_are_shown_where_there_are_some():
    assert "largest       b: -2, c: 1, a: 0.5, by name of the row" in repr(NAMED)
    assert "largest" not in repr(Influence(VALUES))


def test_values_stay_arrays():
    values = Influence(VALUES).values
    assert repr(values) == "array([ 0.5, -2. ,  1. ,  nan])"
    assert type(values * 2) is type(values[:2]) is type(np.abs(values)) is np.ndarray
    assert values[1] == -2.0


def test_length_iteration_and_sum_are_those_of_the_values():
    assert len(NAMED) == 4
    assert list(NAMED)[:3] == [0.5, -2.0, 1.0]
    influence = Influence(VALUES[:3])
    assert influence.sum() == np.sum(influence) == sum(influence) == -0.5
    assert Influence(np.eye(2)).sum(axis=0).tolist() == [1.0, 1.0]


def test_influences_of_one_estimand_combine():
    other = NAMED.with_values(2 * VALUES, method="second", target="log_loss")
    total = NAMED + other
    np.testing.assert_array_equal(total.values, 3 * VALUES)
    assert (total.target, total.method, total.greater_is_better) == ("loss + log_loss", "first; second", False)
    assert total.verdict == "good"
    assert total.names.tolist() == list("abcd")
    difference = other - NAMED
    np.testing.assert_array_equal(difference.values, VALUES)
    assert difference.greater_is_better is None
    ratio = other / NAMED
    np.testing.assert_array_equal(ratio.values, [2, 2, 2, np.nan])
    assert ratio.unit == "(unit of f) / (unit of f)"
    np.testing.assert_array_equal((NAMED * other).values, 2 * VALUES**2)
    np.testing.assert_array_equal(sum([NAMED, other]).values, 3 * VALUES)


@pytest.mark.parametrize("factor", [2, -2.0, np.float64(0.5)])
def test_multiples_are_effects_on_a_multiple_of_f(factor):
    scaled = NAMED.with_values(VALUES, standard_error=np.ones(4))
    for influence in (factor * scaled, scaled * factor, scaled / (1 / factor)):
        assert isinstance(influence, Influence)
        np.testing.assert_allclose(influence.values, factor * VALUES, rtol=1e-15)
        np.testing.assert_allclose(influence.standard_error, abs(factor), rtol=1e-15)
        # what improves f improves its multiple
        np.testing.assert_array_equal(np.sign(influence.gain), np.sign(NAMED.gain))


def test_arrays_and_numbers_are_added_to_the_values():
    np.testing.assert_array_equal((NAMED - 1).values, VALUES - 1)
    np.testing.assert_array_equal((1 - NAMED).values, 1 - VALUES)
    ones = np.ones(4)
    for result, expected in ((NAMED + ones, VALUES + 1), (ones - NAMED, 1 - VALUES), (NAMED / ones, VALUES)):
        assert type(result) is np.ndarray
        np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(
    ("other", "error", "message"),
    [
        (NAMED.with_values(VALUES, unit="half squared error"), ValueError, "the unit is 'unit of f' of one and 'half"),
        (NAMED.with_values(VALUES, estimand="Cook's distance"), ValueError, "the estimand is .* of one estimand"),
        (NAMED.with_values(VALUES, predicts=False), ValueError, "the predicts is True of one and False"),
        (NAMED.with_values(VALUES[:3], names=None), ValueError, r"shapes \(4,\) and \(3,\)"),
        (NAMED.with_values(VALUES, names=np.array(list("abdc"))), ValueError, "other names, or another order"),
        (np.ones(3), ValueError, r"the shapes are \(4,\) and \(3,\)"),
        ("text", TypeError, r"Influence [-+*/] str; give a number, an array of the same shape, or an Influence"),
        (None, TypeError, "NoneType; give a number"),
    ],
)
def test_others_are_refused(other, error, message):
    for operation in (np.ndarray.__add__, np.ndarray.__sub__, np.ndarray.__mul__, np.ndarray.__truediv__):
        with pytest.raises(error, match=message):
            getattr(NAMED, operation.__name__)(other)
