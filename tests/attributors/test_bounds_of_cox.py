"""Certified removals from Cox regressions: ties, weights, strata, late entries, ridges."""

import numpy as np
import pytest
from fair import one_in
from rounding import OPTIMA
from survival_cases import MODELS, attributor_of, fitted_model

from skinfluence import InfluenceFunctions, NewtonStep

METHODS = [InfluenceFunctions, NewtonStep]


def battery(name, cls, count, seed):
    """Bounds over true errors, where those are above rounding; no bound is below its error, or infinite."""
    _, data = fitted_model(name)
    moved = {"target": "log_hazard", "evaluation": "moved"}
    attributor, exact = attributor_of(name, cls, **moved), attributor_of(name, NewtonStep, n_steps=None, **moved)
    generator, n, tightness = np.random.default_rng(seed), exact.problem_.n_rows, []
    evaluation = [part[:20] for part in data]
    for number in range(count):
        rows = generator.choice(n, generator.integers(1, n // 5), replace=False)
        question = {"target": ["log_hazard", "relative_risk"][number % 2]}
        bounded = attributor.removal(rows, *evaluation, bound=True, **question)
        truth = exact.removal(rows, *evaluation, **question)
        error = np.linalg.norm(bounded.params_change - truth.params_change)
        assert error <= bounded.params_bound < np.inf
        assert abs(bounded.target_change - truth.target_change) <= bounded.target_bound < np.inf
        # smaller errors are rounding of the exact answer, and so is their ratio to the bound
        if error > OPTIMA:
            tightness.append(bounded.params_bound / error)
    return tightness


@pytest.mark.parametrize(("name", "cls"), one_in(2, MODELS, METHODS))
def test_bound_holds_for_cox_regressions(name, cls):
    assert np.median(battery(name, cls, 3, seed=0)) < 1.02


@pytest.mark.slow
@pytest.mark.parametrize("cls", METHODS)
@pytest.mark.parametrize("name", MODELS)
def test_bound_holds_for_many_removals_from_cox_regressions(name, cls):
    """The same for 1900 sets."""
    assert np.median(battery(name, cls, 50, seed=1)) < 1.02


def test_bound_of_a_lost_event_is_infinite_or_holds():
    """A covariate that no death has any more runs away: without a ridge there is no optimum, and no bound."""
    attributor = attributor_of("sksurv-untied", NewtonStep)
    problem = attributor.problem_
    deaths = np.flatnonzero(problem.times.event)
    keep = deaths[np.argsort(problem.X[deaths, 0])[-3:]]
    removal = attributor.removal(np.setdiff1d(deaths, keep), bound=True)
    exact = attributor_of("sksurv-untied", NewtonStep, n_steps=None).removal(removal.indices)
    error = np.linalg.norm(removal.params_change - exact.params_change)
    assert removal.params_bound == np.inf or error <= removal.params_bound
