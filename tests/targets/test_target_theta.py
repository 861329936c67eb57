"""Functions of the parameters: their gradients with and without one, on models of rows too, and refusals."""

from types import SimpleNamespace

import numpy as np
import pytest
from asked import state_of, target_gradient, target_value
from numpy.testing import assert_allclose
from rounding import FUNCTION, SUMS
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skinfluence import LeaveOneOut, NewtonStep, RescaledInfluence
from skinfluence.exceptions import UnsupportedTargetError
from skinfluence.targets import Parameter, ThetaFunction

THETA = np.array([0.5, -2.0, 3.0])
PROBLEM = SimpleNamespace(
    theta=THETA, sample_weight=np.array([1.0, 0.0, 2.0]), parameter_names=list("abc"), as_fitted=lambda theta: theta
)


def curved(theta):
    return np.exp(theta[0]) * theta[1] + theta[2] ** 2


def slope(theta):
    return np.array([np.exp(theta[0]) * theta[1], np.exp(theta[0]), 2 * theta[2]])


@pytest.mark.parametrize("given", [None, slope], ids=["differences", "gradient"])
def test_theta_function_gradient_is_known_by_hand(given):
    target = clone(ThetaFunction(curved, given))
    # truncation and rounding of central differences with step 6e-6: both about 1e-10
    assert_allclose(target_gradient(target, PROBLEM, None, None), slope(THETA), rtol=1e-8)
    assert target_value(target, PROBLEM, None, None) == curved(THETA)


def test_theta_function_over_candidates_is_the_loop():
    candidates = np.random.default_rng(0).normal(size=(3, 5))
    values = target_value(ThetaFunction(curved), PROBLEM, None, None, candidates)
    assert_allclose(values, [curved(candidate) for candidate in candidates.T], rtol=FUNCTION)
    candidates[0, 2] = np.nan
    assert np.isnan(ThetaFunction(curved).value(state_of(PROBLEM, candidates))[2])


def test_theta_function_of_presence_sees_who_has_a_weight():
    target = ThetaFunction(lambda theta, presence: presence @ theta, of_presence=True)
    assert target.value(state_of(PROBLEM, THETA)) == 3.5
    assert_allclose(target.gradient(state_of(PROBLEM, THETA)), [1, 0, 1], atol=1e-9)


def test_theta_functions_add_to_other_targets():
    both = ThetaFunction(curved) - 2 * Parameter("b")
    assert_allclose(target_gradient(both, PROBLEM, None, None), slope(THETA) - [0, 2, 0], rtol=1e-8)


def test_theta_function_of_a_ridge_moves_as_its_refits_do():
    X, y = load_diabetes(return_X_y=True)
    X, y = X[:40, :3], y[:40]
    ratio = ThetaFunction(lambda theta: theta[0] / theta[2], name="ratio of two coefficients")
    exact = LeaveOneOut(Ridge(0.1)).fit(X, y).attribute(target=ratio).values
    refits = [Ridge(0.1).fit(np.delete(X, row, axis=0), np.delete(y, row)).coef_ for row in range(40)]
    coef = Ridge(0.1).fit(X, y).coef_
    assert_allclose(exact, [one[0] / one[2] - coef[0] / coef[2] for one in refits], rtol=1e-8, atol=SUMS)
    moved = RescaledInfluence(Ridge(0.1), evaluation="moved").fit(X, y).attribute(target=ratio).values
    # for squared loss the rescaled step is the refit
    assert_allclose(moved, exact, rtol=1e-8, atol=SUMS)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (ThetaFunction(None), "ThetaFunction needs callables, got function=None"),
        (ThetaFunction(curved, 3), "and theta_gradient=3"),
        (ThetaFunction(lambda theta: theta), "must be one finite number"),
        (ThetaFunction(lambda theta: np.inf), "is inf at some parameters"),
        (ThetaFunction(curved, lambda theta: np.ones(2)), r"has shape \(2,\); it must be \(3,\)"),
        (ThetaFunction(curved, lambda theta: theta * np.nan), "numbers that are not finite"),
    ],
)
def test_theta_function_refuses_by_name(target, message):
    with pytest.raises(UnsupportedTargetError, match=message):
        [answer(state_of(PROBLEM, THETA)) for answer in (target.value, target.gradient)]


def named(*names):
    return SimpleNamespace(theta=np.arange(float(len(names))), problem=SimpleNamespace(parameter_names=list(names)))


def test_parameter_is_found_by_the_end_of_its_name_where_there_is_one():
    state = named("pipeline__hrs_work", "remainder__hrs", "hrs", "yes: age", "intercept")
    for name, position in (("hrs_work", 0), ("pipeline__hrs_work", 0), ("hrs", 2), ("age", 4 - 1), ("intercept", 4)):
        assert Parameter(name).value(state) == position
    with pytest.raises(UnsupportedTargetError, match="no parameter 'work'"):
        Parameter("work").value(state)
    with pytest.raises(UnsupportedTargetError, match=r"2 parameters called 'u'.*'a__u \(position 0\)', 'b__u \(pos"):
        Parameter("u").value(named("a__u", "b__u", "v"))


def test_parameter_of_a_column_behind_a_pipeline():
    pandas = pytest.importorskip("pandas", reason="columns of frames")
    generator = np.random.default_rng(0)
    frame = pandas.DataFrame(generator.standard_normal((20, 2)), columns=["hrs_work", "age"])
    steps = make_column_transformer((make_pipeline(StandardScaler()), ["hrs_work"]), remainder="passthrough")
    attributor = NewtonStep(make_pipeline(steps, Ridge()), target=Parameter("hrs_work"))
    found = attributor.fit(frame, frame.age + frame.hrs_work).attribute()
    expected = attributor.attribute(target=Parameter("pipeline__hrs_work"))
    np.testing.assert_array_equal(found.values, expected.values)
