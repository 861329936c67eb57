"""lifelines' fitters as problems: the same objective, the columns where they belong, and every refusal by name."""

import numpy as np
import pytest
from rounding import OPTIMA, SUMS
from survival_cases import LIFELINES, lifelines, lifelines_model

from skinfluence import LeaveOneOut, NewtonStep, supports
from skinfluence.adapters import adapt
from skinfluence.exceptions import StationarityError, UnsupportedEstimatorError
from skinfluence.testing import assert_near

every_model = pytest.mark.parametrize("name", LIFELINES)


@every_model
def test_objective_is_at_its_optimum_where_lifelines_stopped(name):
    fitter, table = lifelines_model(name)
    problem = adapt(fitter, table, None).problem
    # a Newton decrement of 1e-7 is left, and the last step is not applied
    step = np.linalg.solve(problem.curvature().dense(), problem.gradient())
    assert problem.gradient() @ step / 2 < 1e-7


@every_model
def test_log_likelihood_and_variance_are_those_of_lifelines(name):
    fitter, table = lifelines_model(name)
    problem = adapt(fitter, table, None).problem
    # lifelines' log-likelihood has the penalty taken off
    assert_near(-problem.value(), fitter.log_likelihood_, OPTIMA)
    # its Hessian was taken at the parameters before its last evaluation of the stopping rule
    assert_near(np.linalg.inv(problem.curvature().dense()), fitter.variance_matrix_.to_numpy(), 1e-4)


@every_model
def test_raw_predictions_are_log_partial_hazards(name):
    fitter, table = lifelines_model(name)
    model = adapt(fitter, table, None)
    expected = fitter.predict_log_partial_hazard(table).loc[table.index]
    assert_near(model.problem.raw(model.features(table))[:, 0], expected.to_numpy(), OPTIMA, SUMS)
    assert model.problem.parameter_names == list(fitter.params_.index)


def test_labels_are_read_from_the_columns_that_there_are():
    fitter, table = lifelines_model("lifelines-everything")
    model = adapt(fitter, table, None)
    labels = model.labels(table[:5], None)
    assert_near(labels["time"], table["tied"][:5].to_numpy(), 0)
    assert_near(labels["entry"], table["tied_entry"][:5].to_numpy(), 0)
    assert_near(labels["weight"], table["weight"][:5].to_numpy(), 0)
    assert (labels["event"] == (table["event"][:5] == 1)).all()
    bare = model.labels(table[["x1", "x2", "x3", "stratum"]].assign(stratum=77), None)
    assert np.isnan(bare["time"]).all()
    # a stratum of its own, after the three of the training table
    assert (bare["stratum"] == 3).all()
    assert (model.labels(table[["x1", "x2", "x3"]], None)["stratum"] == -1).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"penalizer": 0.1, "l1_ratio": 0.5}, "l1_ratio=0.5 smooths the absolute value.*use l1_ratio=0"),
        ({"baseline_estimation_method": "spline", "n_baseline_knots": 2}, "'spline' is a parametric model"),
        ({"baseline_estimation_method": "piecewise", "breakpoints": [1, 2]}, "'piecewise' is a parametric model"),
    ],
)
def test_settings_without_an_exact_treatment_are_refused_by_name(settings, message):
    fitter = lifelines.CoxPHFitter(**settings)
    supported, reason = supports(fitter)
    assert not supported
    with pytest.raises(UnsupportedEstimatorError, match=message):
        adapt(fitter, LIFELINES["lifelines"].table, None)
    assert reason.startswith("CoxPHFitter: ")


def test_l1_ratio_without_a_penalty_is_no_l1_penalty():
    table = LIFELINES["lifelines"].table
    fitter = lifelines.CoxPHFitter(l1_ratio=0.7).fit(table, "tied", "event")
    assert supports(fitter) == (True, "")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("CoxTimeVaryingFitter", "rows are episodes of subjects.*use CoxPHFitter"),
        ("WeibullAFTFitter", "only Cox models.*use CoxPHFitter"),
        ("KaplanMeierFitter", "only Cox models.*use CoxPHFitter"),
    ],
)
def test_other_fitters_are_refused_by_name(name, message):
    with pytest.raises(UnsupportedEstimatorError, match=f"{name}: .*{message}"):
        adapt(getattr(lifelines, name)(), LIFELINES["lifelines"].table, None)


def test_fitter_that_is_not_fitted_is_refused():
    with pytest.raises(UnsupportedEstimatorError, match=r"not fitted; call its fit\(df, duration_col="):
        NewtonStep(lifelines.CoxPHFitter()).fit(LIFELINES["lifelines"].table)


def test_table_must_be_that_of_the_fit():
    fitter, table = lifelines_model()
    with pytest.raises(ValueError, match="pandas DataFrame, got ndarray"):
        NewtonStep(fitter).fit(table.to_numpy())
    with pytest.raises(ValueError, match="has no column 'event'"):
        NewtonStep(fitter).fit(table.drop(columns="event"))
    with pytest.raises(ValueError, match="trained on 200 rows, but the DataFrame has 150"):
        NewtonStep(fitter).fit(table[:150])
    with pytest.raises(ValueError, match="without y and sample_weight"):
        NewtonStep(fitter).fit(table, table["event"])
    other = table.assign(x1=np.random.default_rng(0).normal(size=200))
    with pytest.raises(StationarityError, match="the fitted CoxPHFitter is not at the optimum for the rows given"):
        NewtonStep(fitter).fit(other)


def test_rows_with_missing_covariates_are_refused():
    fitter, table = lifelines_model()
    with pytest.raises(ValueError, match="covariates hold NaN or infinity"):
        NewtonStep(fitter, target="log_hazard").fit(table).attribute(table[:3].assign(x1=np.nan))


def test_several_strata_columns_and_no_event_column():
    table = LIFELINES["lifelines-strata"].table.assign(half=np.arange(200) % 2)
    fitters = (
        (lifelines.CoxPHFitter(strata=["stratum", "half"]).fit(table, "tied", "event"), table),
        (lifelines.CoxPHFitter().fit(table.drop(columns="event"), "tied"), table.drop(columns="event")),
    )
    for fitter, rows in fitters:
        exact = LeaveOneOut(fitter).fit(rows)
        refit = exact.model_.refitted(np.array([5])).theta
        assert_near(exact.params_change_[5], refit - exact.problem_.theta, 0, 1e-7)
