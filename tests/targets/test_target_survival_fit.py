"""Survival probabilities and z-values against the libraries' own, before and after a row has left."""

import numpy as np
import pytest
from asked import target_gradient, target_value
from survival_cases import (
    LIFELINES,
    MODELS,
    TABLE,
    attributor_of,
    fitted_model,
    lifelines,
    lifelines_model,
    sksurv_model,
)

from skinfluence import LeaveOneOut, NewtonStep, VersatileInfluence
from skinfluence.exceptions import UnsupportedTargetError
from skinfluence.removal.slopes import parameter_slopes
from skinfluence.targets import SurvivalProbability, ZValue
from skinfluence.testing import assert_near

TIGHT = {"precision": 1e-14, "r_precision": 1e-16}
#: lifelines' baseline does not know delayed entry
BASELINES = [name for name in MODELS if "entry" not in name and "everything" not in name]
ROWS = [0, 57, 133]


def time_of(name):
    """A time of the table."""
    return float(TABLE[MODELS[name].times].iloc[70])


def survival_of(name, model, X, time):
    """Survival probabilities by the library itself."""
    if name in LIFELINES:
        return model.predict_survival_function(X, times=[time])[X.index].to_numpy()[0]
    return np.array([f(time) for f in model.predict_survival_function(X)])


def ask(name, target, n=30):
    model, data = fitted_model(name)
    attributor = attributor_of(name, VersatileInfluence, polish=False)
    evaluation = [part[:n] for part in data]
    y = evaluation[1] if len(evaluation) > 1 else None
    return model, evaluation[0], attributor, attributor.question(evaluation[0], y, target=target)


@pytest.mark.parametrize("name", BASELINES)
def test_survival_probability_is_that_of_the_library(name):
    time = time_of(name)
    model, X, attributor, question = ask(name, SurvivalProbability(time))
    assert_near(question.by_row().values(attributor.preparation_), survival_of(name, model, X, time), 1e-9)


@pytest.mark.parametrize("name", ["lifelines-everything", "lifelines-strata", "sksurv-untied"])
def test_gradient_of_survival_probability_knows_the_baseline(name):
    _, _, attributor, question = ask(name, SurvivalProbability(time_of(name)))
    problem = attributor.problem_
    arguments = question.target, problem, question.features, question.rows
    moves = 1e-5 * np.eye(len(problem.theta))
    up, down = (target_value(*arguments, theta=problem.theta[:, None] + s * moves) for s in (1, -1))
    # central differences of numbers near 30
    assert_near(target_gradient(*arguments), (up - down) / 2e-5, 1e-6, 1e-8)


@pytest.mark.parametrize("name", ["lifelines-strata", "lifelines-weights-untied"])
def test_influence_on_survival_is_that_of_a_refit_by_lifelines(name):
    fitter, table = lifelines_model(name)
    # a time of every table that lacks one row
    time = float(table[LIFELINES[name].times].iloc[70])
    exact = LeaveOneOut(fitter, target=SurvivalProbability(time)).fit(table)
    values = exact.attribute(table[:20], aggregate=False).values
    before = exact.question(table[:20]).by_row().values(exact.preparation_)
    for row in ROWS:
        left = table.drop(index=table.index[row])
        refit = type(fitter)().fit(left, LIFELINES[name].times, "event", fit_options=TIGHT, **LIFELINES[name].fit)
        assert_near(values[row], survival_of(name, refit, table[:20], time) - before, 0, 1e-7)


def test_influence_on_survival_has_a_direct_part():
    model, X, y = sksurv_model("sksurv-untied")
    target = SurvivalProbability(0.3)
    exact = LeaveOneOut(model, target=target).fit(X, y).attribute(X[:20], y[:20]).values
    linear = VersatileInfluence(model, target=target).fit(X, y)
    assert np.corrcoef(linear.attribute(X[:20], y[:20]).values, exact)[0, 1] > 0.995
    slopes = parameter_slopes(linear.question(X[:20], y[:20]), linear.problem_)
    coefficients_alone = linear.terms_.along(linear.factor_.solve(slopes).value)[:, 0]
    assert np.corrcoef(coefficients_alone, exact)[0, 1] < 0.9


@pytest.mark.parametrize("name", [name for name in LIFELINES if not LIFELINES[name].fit.get("robust")])
def test_z_values_are_those_of_lifelines(name):
    fitter, _ = lifelines_model(name)
    if fitter.cluster_col:
        pytest.skip("clusters make lifelines report robust standard errors")
    attributor = attributor_of(name, VersatileInfluence)
    for parameter, z in fitter.summary["z"].items():
        # lifelines' variance is that of the step before its last
        assert_near(attributor.evaluate(target=ZValue(parameter)), z, 1e-4, 1e-4)


def test_influence_on_a_z_value_is_that_of_a_refit():
    _, table = lifelines_model("lifelines-strata")
    fitter = lifelines.CoxPHFitter().fit(table, "tied", "event", strata="stratum", fit_options=TIGHT)
    target, z = ZValue("x3"), fitter.summary["z"]["x3"]
    exact = LeaveOneOut(fitter, target=target).fit(table)
    linear = NewtonStep(fitter, target=target).fit(table)
    values = exact.attribute().values
    assert np.corrcoef(values, linear.attribute().values)[0, 1] > 0.999
    for row in ROWS:
        left = table.drop(index=table.index[row])
        refit = type(fitter)().fit(left, "tied", "event", strata="stratum", fit_options=TIGHT)
        assert_near(values[row], refit.summary["z"]["x3"] - z, 0, 1e-7)
    rows = np.arange(0, 200, 2)
    # half of the rows: the standard error is about sqrt(2) times as wide, which no gradient at fixed rows knows
    left = table.drop(index=table.index[rows])
    refit = type(fitter)().fit(left, "tied", "event", strata="stratum", fit_options=TIGHT)
    assert_near(exact.removal(rows).target_change, refit.summary["z"]["x3"] - z, 0, 1e-7)


def test_survival_target_refuses_what_has_no_baseline():
    fitter, table = lifelines_model("lifelines-strata")
    attributor = VersatileInfluence(fitter).fit(table)
    other = table[:5].assign(stratum=77)
    with pytest.raises(UnsupportedTargetError, match="is of a stratum that the training rows have not"):
        attributor.attribute(other, target=SurvivalProbability(2.0))
    with pytest.raises(UnsupportedTargetError, match="is of a stratum that the training rows have not"):
        attributor.attribute(table[["x1", "x2", "x3"]], target=SurvivalProbability(2.0))
    for time in (None, "2", np.inf):
        with pytest.raises(UnsupportedTargetError, match="must be a finite number in the unit of the durations"):
            attributor.attribute(table[:5], target=SurvivalProbability(time))
