"""Every law of the public battery on every model of the list; the default run takes a sample of the models."""

from itertools import groupby

import pytest
from cases import CASES
from fair import one_in, one_of_each
from sklearn.frozen import FrozenEstimator

from skinfluence.adapters import RULES, fit_estimator, supported_classes, supports
from skinfluence.adapters.unwrap import unwrap_settings
from skinfluence.problems import Problem
from skinfluence.testing import ADAPTER_LAWS
from skinfluence.testing.adapters import (
    check_leave_one_out,
    check_stationarity_of_objective,
    check_supported,
    check_weight_derivative,
)

# these two are asked below, with the slack of each case's own solver
LAWS = [law for law in ADAPTER_LAWS if law not in (check_supported, check_stationarity_of_objective)]
EXACT = [case for case in CASES if case.solves_to_rounding]


def sampled(cases):
    return [pytest.param(case, marks=() if case.in_sample else pytest.mark.slow, id=case.name) for case in cases]


def estimator_name(case):
    return type(unwrap_settings(case.estimator)[1]).__name__


#: by the class of their final estimator, neighbours in the list together
OF_EACH = [list(cases) for _, cases in groupby(sorted(CASES, key=estimator_name), key=estimator_name)]


@pytest.mark.parametrize("case", one_of_each(2, OF_EACH))
def test_stated_objective_is_stationary_at_the_fit(case):
    assert supports(case.estimator) == (True, "")
    # both laws on one fit
    fitted = FrozenEstimator(fit_estimator(case.estimator, *case.data))
    check_supported(fitted, *case.data)
    check_stationarity_of_objective(fitted, *case.data, rtol=case.slack)


# a third of the laws on each case of the sample, and each law on a third of the cases
@pytest.mark.parametrize(("case", "law"), one_in(3, sampled(CASES), LAWS))
def test_adapter_obeys_the_law(case, law):
    law(case.estimator, *case.data)


@pytest.mark.parametrize("case", one_in(2, sampled(EXACT)))
def test_adapter_agrees_with_refits_as_they_come(case):
    check_leave_one_out(case.estimator, *case.data, polished=False)
    check_weight_derivative(case.estimator, *case.data, polished=False)


def test_cases_hold_every_supported_estimator():
    # structures have tests of their own
    objectives = {cls for rule in RULES if issubclass(rule.makes or object, Problem) for cls in rule.estimators}
    ours = {cls for cls in objectives & set(supported_classes()) if cls.__module__.startswith("sklearn.")}
    assert ours <= {type(unwrap_settings(case.estimator)[1]) for case in CASES}
