"""scikit-survival's Cox model as a problem, in Pipelines and alone, and every refusal by name."""

import numpy as np
import pytest
from rounding import OPTIMA, SUMS
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from survival_cases import SKSURV, lifelines, linear_model, sksurv_model

from skinfluence import LeaveOneOut, NewtonStep, VersatileInfluence, supports
from skinfluence.adapters import adapt
from skinfluence.exceptions import UnsupportedEstimatorError
from skinfluence.targets import Parameter
from skinfluence.testing import assert_near

every_model = pytest.mark.parametrize("name", SKSURV)


@every_model
def test_objective_is_at_its_optimum_where_scikit_survival_stopped(name):
    model, X, y = sksurv_model(name)
    problem = adapt(model, X, y).problem
    # its rule is a relative change of 1e-9 of the log-likelihood, which the last step has made
    assert problem.relative_gradient() < 1e-5


@every_model
def test_raw_predictions_are_risk_scores(name):
    model, X, y = sksurv_model(name)
    adapted = adapt(model, X, y)
    assert_near(adapted.problem.raw(adapted.features(X))[:, 0], model.predict(X), SUMS)
    assert adapted.problem.parameter_names == ["x1", "x2", "x3"]


def test_alpha_is_the_penalizer_of_lifelines_at_its_scale():
    _, X, y = sksurv_model()
    n, penalizer = len(X), 0.1
    model = linear_model.CoxPHSurvivalAnalysis(alpha=n * penalizer * X.var().to_numpy(), ties="efron", tol=1e-14)
    table = X.assign(time=y["time"], event=y["event"])
    fitter = lifelines.CoxPHFitter(penalizer=penalizer)
    fitter.fit(table, "time", "event", fit_options={"precision": 1e-14, "r_precision": 1e-16})
    target = Parameter("x2")
    ours, theirs = LeaveOneOut(model.fit(X, y), target=target).fit(X, y), LeaveOneOut(fitter, target=target).fit(table)
    assert_near(ours.problem_.theta, theirs.problem_.theta, OPTIMA)
    # only lifelines' penalty knows that a row has left
    assert np.abs(ours.attribute().values - theirs.attribute().values).max() > 1e-5


def test_model_is_found_in_a_pipeline_and_in_a_frozen_estimator():
    _, X, y = sksurv_model()
    pipeline = make_pipeline(StandardScaler(), linear_model.CoxPHSurvivalAnalysis(alpha=1.0)).fit(X, y)
    target = Parameter(0)
    inner = VersatileInfluence(pipeline[-1], target=target).fit(pipeline[0].transform(X), y).attribute()
    for wrapped in (pipeline, FrozenEstimator(pipeline)):
        assert_near(VersatileInfluence(wrapped, target=target).fit(X, y).attribute().values, inner.values, SUMS)


def test_unfitted_model_is_cloned_and_fitted():
    model, X, y = sksurv_model()
    fresh = linear_model.CoxPHSurvivalAnalysis()
    attributor = NewtonStep(fresh).fit(X, y)
    assert not hasattr(fresh, "coef_")
    assert_near(attributor.problem_.theta, NewtonStep(model).fit(X, y).problem_.theta, SUMS)


def test_evaluation_rows_need_no_times_for_a_hazard():
    model, X, y = sksurv_model()
    attributor = VersatileInfluence(model, target="log_hazard").fit(X, y)
    assert_near(attributor.attribute(X[:9]).values, attributor.attribute(X[:9], y[:9]).values, SUMS)


def test_labels_must_be_events_and_times():
    model, X, y = sksurv_model()
    with pytest.raises(ValueError, match="structured array of events"):
        NewtonStep(model).fit(X, y["time"])
    with pytest.raises(ValueError, match="NewtonStep requires y to be passed"):
        NewtonStep(model).fit(X)
    with pytest.raises(ValueError, match="pass y, the structured array"):
        adapt(model, X, None)
    with pytest.raises(ValueError, match="takes no sample_weight"):
        NewtonStep(model).fit(X, y, sample_weight=np.ones(len(X)))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (linear_model.CoxnetSurvivalAnalysis(), "a path of elastic-net fits.*use CoxPHSurvivalAnalysis"),
        (linear_model.IPCRidge(), "only CoxPHSurvivalAnalysis .*for refits LeaveOneOut"),
    ],
)
def test_other_models_are_refused_by_name(model, message):
    _, X, y = sksurv_model()
    assert supports(linear_model.CoxPHSurvivalAnalysis()) == (True, "")
    assert not supports(model)[0]
    with pytest.raises(UnsupportedEstimatorError, match=message):
        adapt(model, X, y)
