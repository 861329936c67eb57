"""Sums and multiples of targets, and targets of the parameters."""

import numpy as np
import pytest
from asked import state_of, target_gradient, target_row_cotangents, target_row_values, target_value
from hypothesis import given, settings
from hypothesis import strategies as st
from linear_map import CASES
from numpy.testing import assert_allclose, assert_array_equal
from rounding import SUMS
from sklearn.base import clone

from skinfluence.exceptions import UnsupportedQuestionError, UnsupportedTargetError
from skinfluence.targets import (
    AdversarialLoss,
    ClassProbability,
    DemographicParity,
    EqualOpportunity,
    EqualOpportunityLoss,
    LogLoss,
    Loss,
    Margin,
    Parameter,
    Sum,
    is_additive,
    is_of_theta,
)

TERMS = [
    AdversarialLoss(),
    ClassProbability(),
    DemographicParity(),
    EqualOpportunity(),
    EqualOpportunityLoss(),
    LogLoss(),
    Loss(),
    Margin(),
    Parameter("0: x1"),
    AdversarialLoss(gamma=0.5),
]
coefficients = st.lists(st.floats(-3, 3), min_size=len(TERMS), max_size=len(TERMS))


@settings(max_examples=15, deadline=None)
@given(coefficients=coefficients)
def test_combination_is_linear_in_value_and_gradient(coefficients):
    problem, X, rows = CASES["two classes"].draw()
    target = sum((c * t for c, t in zip(coefficients[1:], TERMS[1:], strict=True)), coefficients[0] * TERMS[0])
    thetas = problem.theta[:, None] * [[1.0, 0.5]]
    expected = sum(c * target_value(t, problem, X, rows, thetas) for c, t in zip(coefficients, TERMS, strict=True))
    assert_allclose(target_value(target, problem, X, rows, thetas), expected, rtol=SUMS, atol=SUMS)
    expected = sum(c * target_gradient(t, problem, X, rows) for c, t in zip(coefficients, TERMS, strict=True))
    assert_allclose(target_gradient(target, problem, X, rows), expected, rtol=SUMS, atol=SUMS)


def test_combination_of_rows_is_linear_and_keeps_the_moved_features_of_each_term():
    problem, X, rows = CASES["two classes"].draw()
    target = 2 * Loss() - AdversarialLoss()
    shares = target_row_values(target, problem, X, rows)
    assert_allclose(shares.sum(), target_value(target, problem, X, rows), rtol=SUMS)
    (plain, up), (moved, down) = target_row_cotangents(target, problem, X, rows)
    assert_allclose(up, 2 * Loss().gradient(problem.raw(plain), rows), rtol=SUMS)
    assert_allclose(down, -AdversarialLoss().gradient(problem.raw(moved), rows), rtol=SUMS)
    assert plain is X
    assert_array_equal(moved, AdversarialLoss().move(X, state_of(problem), rows))
    pulled = sum(problem.raw_vjp(Z, C[:, :, None])[:, 0] for Z, C in target_row_cotangents(target, problem, X, rows))
    assert_allclose(pulled, target_gradient(target, problem, X, rows), rtol=SUMS)


def test_combination_of_different_kinds_is_evaluated_term_by_term():
    problem, X, rows = CASES["two classes"].draw()
    target = Loss() + 2 * AdversarialLoss() - Parameter(0)
    expected = target_value(Loss(), problem, X, rows) + 2 * target_value(AdversarialLoss(), problem, X, rows)
    assert_allclose(target_value(target, problem, X, rows), expected - problem.theta[0], rtol=SUMS)
    for mixed in (target, Loss() + DemographicParity()):
        with pytest.raises(UnsupportedQuestionError, match="is not a sum over the evaluation rows"):
            target_row_values(mixed, problem, X, rows)


def test_combination_of_parameters_is_of_theta():
    problem, _, _ = CASES["two classes"].draw()
    target = Parameter(0) - 2 * Parameter(1)
    assert is_of_theta(target)
    assert target_value(target, problem, None, None) == problem.theta[0] - 2 * problem.theta[1]
    assert not is_of_theta(target + Loss())


def test_terms_are_flat():
    loss, margin, gap = Loss(), Margin(), DemographicParity()
    target = 2 * (gap - 3 * (loss + margin)) + loss
    assert target.terms() == [(2.0, gap), (-6.0, loss), (-6.0, margin), (1.0, loss)]


def test_checks_of_a_combination_are_those_of_its_terms():
    problem, X, rows = CASES["regression"].draw()
    with pytest.raises(UnsupportedTargetError, match="'margin' is the decision function"):
        target_value(Loss() + Margin(), problem, X, rows)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (Loss() + DemographicParity(), False),
        (Loss() - ClassProbability(), False),
        (ClassProbability() - Loss(), True),
        (-Loss(), True),
        (-1 * -Loss(), False),
        (Loss() + ClassProbability(), None),
        (Loss() - LogLoss(), None),
        (Loss() + Margin(), None),
        (Loss() + 0 * Margin(), False),
        (0 * Loss(), None),
    ],
)
def test_combination_has_a_better_direction_when_its_terms_agree(target, expected):
    assert target.greater_is_better is expected


def test_combination_is_additive_and_needs_groups_as_its_terms_do():
    both, one = Loss() + Margin(), Loss() + DemographicParity()
    assert (is_additive(both), both.needs_groups) == (True, False)
    assert (is_additive(one), one.needs_groups) == (False, True)


@pytest.mark.parametrize(
    "text",
    [
        "DemographicParity() + 0.5 * Loss()",
        "-Loss()",
        "-2 * Loss() + Margin()",
        "Loss() - AdversarialLoss(gamma=2)",
        "Parameter(parameter='x') - 0.25 * DemographicParity(pos_label='yes')",
        "0.001 * LogLoss()",
    ],
)
def test_combination_is_shown_as_it_is_written(text):
    target = eval(text)
    assert repr(target) == text
    assert repr(clone(target)) == text
    assert f"[{target!r}]" == f"{[target]!r}"


def test_combination_has_a_name_and_a_unit():
    target = DemographicParity() + 0.5 * Loss()
    assert target.name == "demographic_parity + 0.5 * loss"
    assert target.unit == f"[{DemographicParity.unit}] + 0.5 * [{Loss.unit}]"
    assert (2 * Loss() - Loss()).unit == Loss.unit


def test_combination_parameters_are_reached_from_outside():
    target = DemographicParity() + 0.5 * AdversarialLoss()
    params = target.get_params()
    assert params["right__coefficient"] == 0.5
    assert params["right__target__gamma"] == 1.3
    copy = clone(target).set_params(right__coefficient=2.0, right__target__gamma=1.1, left__pos_label="yes")
    assert repr(copy) == "DemographicParity(pos_label='yes') + 2 * AdversarialLoss(gamma=1.1)"
    assert repr(target) == "DemographicParity() + 0.5 * AdversarialLoss()"


def test_normalized_divides_weighted_sums_and_leaves_gaps():
    problem, X, rows = CASES["two classes"].draw()
    total = rows.sample_weight.sum()
    target = 3 * (DemographicParity() + 0.5 * Loss()) - AdversarialLoss()
    gap, loss, moved = (target_value(t, problem, X, rows) for t in (DemographicParity(), Loss(), AdversarialLoss()))
    expected = 3 * gap + 1.5 * loss / total - moved / total
    assert_allclose(target_value(target.normalized(total), problem, X, rows), expected, rtol=SUMS)
    alone = Parameter(0)
    assert alone.normalized(total) is alone


def test_multiple_takes_any_real_number_on_either_side():
    for target in (0.5 * Loss(), Loss() * 0.5, np.float64(0.5) * Loss(), Loss() * np.float32(0.5)):
        assert repr(target) == "0.5 * Loss()"
    assert repr(np.int64(2) * Loss()) == "2 * Loss()"


@pytest.mark.parametrize("other", [2.0, "loss", None, Loss])
def test_sum_is_of_targets(other):
    with pytest.raises(TypeError, match="unsupported operand"):
        Loss() + other
    with pytest.raises(TypeError, match="unsupported operand"):
        Loss() - other


@pytest.mark.parametrize("other", ["loss", None, Loss(), 1j])
def test_multiple_is_by_a_number(other):
    with pytest.raises(TypeError, match=r"unsupported operand|can't multiply"):
        Loss() * other


@pytest.mark.parametrize("coefficient", [np.nan, np.inf, "2", None])
def test_multiple_checks_its_coefficient_when_it_is_evaluated(coefficient):
    target = Sum(Loss(), (2 * Loss()).set_params(coefficient=coefficient))
    with pytest.raises(UnsupportedTargetError, match=r"coefficient of Loss\(\) is .*multiplied by a finite number"):
        target.terms()


def test_parameter_is_found_by_name_and_by_position():
    problem, _, _ = CASES["three classes"].draw()
    for parameter in ("1: x2", 5, -7, np.int64(5)):
        gradient = Parameter(parameter).gradient(state_of(problem))
        assert_array_equal(gradient, np.eye(12)[5])
        thetas = np.arange(24.0).reshape(12, 2)
        assert_array_equal(Parameter(parameter).value(state_of(problem, thetas)), thetas[5])


@pytest.mark.parametrize("parameter", ["x9", 12, -13, 1.5, None])
def test_parameter_lists_the_names(parameter):
    problem, _, _ = CASES["three classes"].draw()
    with pytest.raises(UnsupportedTargetError, match=r"no parameter .*one of the names \['0: x0'.*below 12"):
        target_value(Parameter(parameter), problem, None, None)


def test_parameter_of_a_name_that_occurs_twice_asks_for_the_position():
    class Twins:
        theta, parameter_names = np.zeros(2), ["x", "x"]
        as_fitted = staticmethod(lambda theta: theta)

    with pytest.raises(UnsupportedTargetError, match=r"has 2 parameters called 'x'.*or a position below 2"):
        target_value(Parameter("x"), Twins, None, None)


def test_parameter_shows_some_of_many_names():
    class Wide:
        theta, parameter_names = np.zeros(500), [f"x{j}" for j in range(500)]
        as_fitted = staticmethod(lambda theta: theta)

    with pytest.raises(UnsupportedTargetError, match=r"'x29', '... 500 in all'\], or a position below 500"):
        target_value(Parameter("y"), Wide, None, None)
