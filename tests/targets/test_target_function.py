"""Functions of the user's own: what they are called with, and gradients by differences."""

import numpy as np
import pytest
from asked import target_gradient, target_value
from linear_map import CASES, LinearMap
from numpy.testing import assert_allclose, assert_array_equal
from rounding import FORMULA, SUMS
from sklearn.base import clone
from test_target_battery import SMOOTH_IN_RAW, make

from skinfluence.exceptions import UnsupportedTargetError
from skinfluence.losses import HalfSquaredError
from skinfluence.targets import FunctionTarget, Loss, Moves, differences, evaluation_rows, has_gradient

#: relative to the largest entry; truncation and rounding are about 1e-10 each
ACCURACY = 1e-6


def as_function(target, rows):
    return FunctionTarget(lambda raw, y, sample_weight: target.value(raw, rows))


def assert_close(actual, expected):
    assert_allclose(actual, expected, rtol=0, atol=ACCURACY * np.abs(expected).max())


@pytest.mark.parametrize(("name", "kind"), [(n, k) for n, k in SMOOTH_IN_RAW if not isinstance(make(n, k), Moves)])
def test_function_gradient_by_differences_is_that_of_the_analytic_target(name, kind):
    problem, X, rows = CASES[kind].draw(seed=3)
    target = make(name, kind)
    expected = target_gradient(target, problem, X, rows)
    assert_close(target_gradient(as_function(target, rows), problem, X, rows), expected)


@pytest.mark.parametrize("kind", ["two classes", "three classes", "regression", "counts"])
@pytest.mark.parametrize("units", [1e-8, 1e8])
def test_function_gradient_by_differences_does_not_mind_the_units_of_features(kind, units):
    problem, X, rows = CASES[kind].draw(seed=3)
    scale = np.array([units, 1.0, 1 / units])
    scaled = LinearMap(problem.coef / scale, problem.intercept)
    per_parameter = np.r_[np.tile(scale, len(problem.coef)), np.ones(len(problem.coef))]
    expected = target_gradient(Loss(), problem, X, rows)
    actual = target_gradient(as_function(Loss(), rows), scaled, X * scale, rows)
    assert_close(actual / per_parameter, expected)


@pytest.mark.parametrize("unit", [1e-6, 1e6])
@pytest.mark.parametrize("centre", [0.0, 100.0])
def test_function_gradient_by_differences_does_not_mind_the_unit_of_a_regressors_labels(unit, centre):
    problem, X, rows = CASES["regression"].draw(m=30)
    problem = LinearMap(unit * problem.coef, unit * (problem.intercept + centre))
    rows = evaluation_rows(HalfSquaredError(), unit * (rows.y + centre))
    # not a parabola, whose central differences would be exact: errors curve on the scale of y
    softened = FunctionTarget(lambda raw, y, w: w @ np.log(np.cosh((raw[:, 0] - y) / unit)))
    slope = np.tanh((problem.raw(X)[:, 0] - rows.y) / unit) / unit
    expected = problem.raw_vjp(X, slope[:, None, None])[:, 0]
    assert_close(target_gradient(softened, problem, X, rows), expected)


def test_function_gradient_by_differences_does_not_depend_on_blocks(monkeypatch):
    problem, X, rows = CASES["three classes"].draw()
    expected = target_gradient(as_function(Loss(), rows), problem, X, rows)
    monkeypatch.setattr(differences, "BLOCK_SIZE", 3 * 3 * len(X))
    assert_allclose(target_gradient(as_function(Loss(), rows), problem, X, rows), expected, rtol=1e-9)


def test_function_gradient_of_a_parameter_that_moves_no_row_is_zero():
    problem, X, rows = CASES["two classes"].draw()
    X[:, 1] = 0
    gradient = target_gradient(as_function(Loss(), rows), problem, X, rows)
    assert gradient[1] == 0
    assert_close(gradient, target_gradient(Loss(), problem, X, rows))


def test_function_gradient_of_its_own_goes_before_differences():
    problem, X, rows = CASES["two classes"].draw()
    target = FunctionTarget(lambda *_: 0.0, lambda raw, y, sample_weight: np.ones_like(raw))
    gradient = problem.raw_vjp(X, np.ones((len(X), 1, 1)))[:, 0]
    assert_array_equal(target_gradient(target, problem, X, rows), gradient)


@pytest.mark.parametrize("kind", CASES)
def test_function_sees_raw_predictions_labels_and_weights_as_its_user_does(kind):
    problem, X, rows = CASES[kind].draw()
    seen = []
    target = FunctionTarget(lambda *arguments: seen.append(arguments) or 1.0)
    assert target_value(target, problem, X, rows) == 1.0
    [(raw, y, sample_weight)] = seen
    assert_array_equal(raw, problem.raw(X))
    assert_array_equal(sample_weight, rows.sample_weight)
    expected = rows.y if rows.classes is None else np.array(CASES[kind].classes)[rows.codes]
    assert_array_equal(y, expected)


def test_function_is_no_number_for_candidates_that_are_none():
    problem, X, rows = CASES["two classes"].draw()
    thetas = problem.theta[:, None] * [[1.0, np.nan]]
    values = target_value(as_function(Loss(), rows), problem, X, rows, thetas)
    assert_allclose(values[0], target_value(Loss(), problem, X, rows), rtol=FORMULA)
    assert np.isnan(values[1])


def test_function_that_steps_has_no_linear_evaluation():
    problem, X, rows = CASES["two classes"].draw()
    accuracy = FunctionTarget(lambda raw, y, w: np.mean((raw[:, 0] > 0) == (y == "yes")), name="share of hits")
    message = "'share of hits' does not change under small changes.*evaluation='moved'"
    with pytest.raises(UnsupportedTargetError, match=message):
        target_gradient(accuracy, problem, X, rows)


def test_function_is_named_cloned_and_summed():
    target = FunctionTarget(np.max, name="largest", unit="log odds", greater_is_better=True)
    copy = clone(target)
    assert (copy.name, copy.unit, copy.greater_is_better, copy.function) == ("largest", "log odds", True, np.max)
    assert has_gradient(target - Loss())
    assert not hasattr(target, "gradient")
    assert (2 * target - Loss()).name == "2 * largest - loss"
    problem, X, rows = CASES["two classes"].draw()
    length = FunctionTarget(lambda raw, y, w: np.sqrt((raw**2).sum()))
    expected = target_gradient(length, problem, X, rows) - 2 * target_gradient(Loss(), problem, X, rows)
    assert_allclose(target_gradient(length - 2 * Loss(), problem, X, rows), expected, rtol=SUMS)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (FunctionTarget("loss"), "FunctionTarget needs callables, got function='loss' and raw_gradient=None"),
        (FunctionTarget(np.max, 3), "FunctionTarget needs callables, got .*raw_gradient=3; pass function"),
        (FunctionTarget(np.max, greater_is_better="yes"), "must be True, False or None, got 'yes'"),
        (FunctionTarget(lambda raw, y, w: raw[:, 0]), r"is an array of shape \(12,\) on .* one finite number"),
        (FunctionTarget(lambda raw, y, w: None, name="mine"), "the target 'mine' is None on these 12 evaluation rows"),
        (FunctionTarget(lambda raw, y, w: np.nan), "is nan on these 12 .*or another target"),
        (FunctionTarget(lambda raw, y, w: 1j), "is 1j on these 12"),
    ],
)
def test_function_that_is_none_says_why(target, message):
    problem, X, rows = CASES["two classes"].draw()
    with pytest.raises(UnsupportedTargetError, match=message):
        target_value(target, problem, X, rows)


def test_function_gradient_has_the_shape_of_raw_predictions():
    problem, X, rows = CASES["three classes"].draw()
    target = FunctionTarget(lambda raw, y, w: 1.0, lambda raw, y, w: raw[:, 0])
    with pytest.raises(UnsupportedTargetError, match=r"returned shape \(12,\); return \(12, 3\), one number for each"):
        target_gradient(target, problem, X, rows)


def test_function_may_return_any_single_number():
    problem, X, rows = CASES["two classes"].draw()
    for number in (1, np.float32(1), np.array(1.0), np.array([1.0]), True):
        assert target_value(FunctionTarget(lambda raw, y, w, one=number: one), problem, X, rows) == 1.0
