"""The facts of the models in ``cases.py`` that tolerances are made of."""

import numpy as np
from cases import CASES
from rounding import CONDITION, EFFECTS, EPS, IN_EFFECTS, MOVED_BY_GRADIENT, OPTIMA, REFITS, SUMS
from sklearn.base import clone

from skinfluence import InfluenceFunctions
from skinfluence.adapters.supports import makes
from skinfluence.problems import LinearProblem


def facts(case):
    """Condition number, parameters in effects of rows, and how far a mean gradient of 1 is from the optimum."""
    attributor = InfluenceFunctions(clone(case.estimator)).fit(*case.data)
    problem = attributor.problem_
    values = np.linalg.eigvalsh(problem.curvature().dense())
    # directions that the objective does not see, as of softmax, are projected out
    seen = values[values > values[-1] * EPS * len(values)]
    changes = attributor.factor_.solve(attributor.terms_.columns(np.arange(20))).value
    effect = np.median(np.abs(changes).max(axis=0))
    return seen[-1] / seen[0], np.abs(problem.theta).max() / effect, problem.total_weight() / seen[0] / effect


def test_cases_are_as_well_conditioned_as_tolerances_say():
    cases = [case for case in CASES if makes(case.estimator) is LinearProblem]
    conditions, sizes, moved = np.array([facts(case) for case in cases]).T
    assert conditions.max() < CONDITION
    assert sizes.max() < IN_EFFECTS
    # of an inverse Gaussian with an identity link the curvature is next to nothing
    newton = [case.solves_to_rounding for case in cases]
    assert moved[newton].max() < MOVED_BY_GRADIENT
    # none is more than twice what it has to be
    assert conditions.max() > CONDITION / 2
    assert sizes.max() > IN_EFFECTS / 2


def test_tolerances_are_ordered_by_what_they_allow():
    assert EPS < SUMS < 1e-12 < EFFECTS < 1e-10 < OPTIMA < 1e-9 < REFITS < 1e-8
