"""Influence in Cox regressions against the libraries' own refits, one for each deletion."""

import numpy as np
import pytest
from fair import one_in
from rounding import OPTIMA, SUMS
from survival_cases import (
    LIFELINES,
    MODELS,
    attributor_of,
    fitted_model,
    lifelines,
    lifelines_model,
    linear_model,
    pd,
    sksurv_model,
)

from skinfluence import (
    CooksDistance,
    InfluenceFunctions,
    LeaveOneOut,
    NewtonStep,
    RescaledInfluence,
    SecondOrderInfluence,
    VersatileInfluence,
)
from skinfluence.exceptions import UnsupportedEstimatorError, UnsupportedQuestionError, UnsupportedTargetError
from skinfluence.targets import FunctionTarget, LogHazard, Loss, Parameter
from skinfluence.testing import ATTRIBUTOR_LAWS, assert_near

every_model = pytest.mark.parametrize("name", MODELS)
METHODS = [InfluenceFunctions, VersatileInfluence, NewtonStep, LeaveOneOut]
every_method = pytest.mark.parametrize("cls", METHODS)
SAMPLE = [0, 57, 133, 199]


def changes(attributor, rows=None):
    """Parameter changes of single deletions, (n, P); of all by default."""
    return attributor._changes(np.arange(attributor.problem_.n_rows) if rows is None else np.array(rows)).T


def smallest_correlation(one, other):
    return min(np.corrcoef(a, b)[0, 1] for a, b in zip(one.T, other.T, strict=True))


@every_model
def test_leave_one_out_is_the_refit_of_the_library(name):
    exact = attributor_of(name, LeaveOneOut)
    # refits by the libraries take their time; the slow lane refits without every row
    row = SAMPLE[list(MODELS).index(name) % len(SAMPLE)]
    refit = exact.model_.refitted(np.array([row])).theta
    # what the libraries' own stopping rules leave at their tightest
    assert_near(exact.params_change_[row], refit - exact.problem_.theta, 0, 1e-7)


@pytest.mark.slow
@every_model
def test_leave_one_out_is_the_refit_of_the_library_for_every_row(name):
    exact = attributor_of(name, LeaveOneOut)
    refits = [exact.model_.refitted(np.array([row])).theta for row in range(exact.problem_.n_rows)]
    assert_near(exact.params_change_, np.array(refits) - exact.problem_.theta, 0, 1e-7)


@every_model
def test_approximations_follow_the_refits(name):
    truth = attributor_of(name, LeaveOneOut).params_change_
    assert smallest_correlation(changes(attributor_of(name, VersatileInfluence)), truth) >= 0.995
    assert smallest_correlation(changes(attributor_of(name, NewtonStep)), truth) >= 0.9998
    # a penalty that counts rows has its derivative in a row's presence in the first-order answer too
    assert smallest_correlation(changes(attributor_of(name, InfluenceFunctions)), truth) >= 0.99


@pytest.mark.parametrize("name", one_in(2, MODELS))
def test_newton_steps_to_convergence_are_leave_one_out(name):
    truth = attributor_of(name, LeaveOneOut).params_change_
    assert_near(changes(attributor_of(name, NewtonStep, n_steps=None)), truth, OPTIMA)
    assert_near(changes(attributor_of(name, NewtonStep, n_steps=4), SAMPLE), truth[SAMPLE], 1e-6)


@every_model
def test_sets_of_one_are_single_rows(name):
    for cls in (VersatileInfluence, NewtonStep):
        attributor = attributor_of(name, cls)
        sets = np.column_stack([attributor.removal([row]).params_change for row in SAMPLE])
        assert_near(sets.T, changes(attributor, SAMPLE), OPTIMA)


@every_model
def test_joint_removal_is_the_refit_of_the_library(name):
    exact = attributor_of(name, LeaveOneOut)
    rows = np.arange(0, 200, 9)
    refit = exact.model_.refitted(rows).theta
    assert_near(exact.removal(rows).params_change, refit - exact.problem_.theta, 0, 1e-7)
    # 23 rows of 200, among them several of the most influential
    joint = attributor_of(name, NewtonStep).removal(rows).params_change
    assert_near(joint, refit - exact.problem_.theta, 0, 0.15 * np.abs(refit - exact.problem_.theta).max())


@every_method
def test_rows_come_back_in_the_order_and_under_the_names_of_the_table(cls):
    fitter, table = lifelines_model("lifelines-strata")
    target = Parameter("x1")
    influence = cls(fitter, target=target).fit(table).attribute()
    assert list(influence.names) == list(table.index)
    backwards = cls(fitter, target=target).fit(table[::-1]).attribute()
    assert_near(backwards.values[::-1], influence.values, OPTIMA)
    assert list(backwards.names) == list(table.index[::-1])


@every_method
def test_columns_are_found_by_name(cls):
    fitter, table = lifelines_model("lifelines-everything")
    attributor = cls(fitter, target="relative_risk").fit(table)
    evaluation = table[:20].assign(comment="not a covariate")[sorted([*table.columns, "comment"], reverse=True)]
    expected = cls(fitter, target="relative_risk").fit(table[sorted(table.columns)]).attribute(table[:20])
    # `comment` is no column of the formula, so that the fitter does not look at it
    assert_near(attributor.attribute(evaluation).values, expected.values, OPTIMA)


def test_clusters_are_deleted_as_groups():
    fitter, table = lifelines_model("lifelines-clusters")
    exact = LeaveOneOut(fitter, target=Parameter("x2")).fit(table)
    influence = exact.attribute(train_groups=table[fitter.cluster_col])
    assert list(influence.names) == [1, 2, 3]
    rows = np.flatnonzero(table["stratum"] == 2)
    assert_near(influence.values[1], exact.removal(rows).params_change[1], OPTIMA)
    first_order = InfluenceFunctions(fitter, target=Parameter("x2")).fit(table)
    summed = first_order.attribute(train_groups=table["stratum"]).values[1]
    # as robust standard errors sum dfbeta over clusters
    assert_near(summed, first_order.attribute().values[rows].sum(), SUMS)


@every_method
def test_self_influence_is_the_likelihood_displacement(cls):
    attributor = attributor_of("lifelines-untied", cls)
    values, problem = attributor.self_influence().values, attributor.problem_
    for row in SAMPLE:
        change = attributor._changes(np.array([row]))[:, 0]
        own = problem.gradient() - problem.without([row]).gradient()
        if attributor.evaluation == "linear":
            assert_near(values[row], own @ change, OPTIMA, 1e-14)
            continue
        moved = problem.at(problem.theta + change)
        expected = [p.value() - p.without([row]).value() for p in (moved, problem)]
        # a difference of differences of numbers near 1000
        assert_near(values[row], expected[0] - expected[1], 1e-7, 1e-11)
    assert (values >= -SUMS).all()


def test_loss_of_a_cox_model_is_its_partial_likelihood():
    fitter, table = lifelines_model("lifelines-strata")
    for attributor in (VersatileInfluence(fitter), LeaveOneOut(fitter)):
        attributor.fit(table)
        influence = attributor.attribute(table[:60])
        expected = attributor.attribute(table[:60], target="partial_likelihood")
        assert_near(influence.values, expected.values, SUMS)
        assert influence.target == "PartialLikelihood()"
    assert_near(attributor.evaluate(table), -fitter.log_likelihood_, OPTIMA)


@pytest.mark.parametrize("cls", [RescaledInfluence, SecondOrderInfluence, CooksDistance])
def test_methods_that_need_row_hessians_refuse_by_name(cls):
    for model, *data in (lifelines_model(), sksurv_model()):
        with pytest.raises(UnsupportedEstimatorError, match="needs the Hessian of every single row.*use NewtonStep"):
            cls(model).fit(*data)


def test_removal_that_leaves_no_event_is_refused():
    fitter, table = lifelines_model()
    attributor = NewtonStep(fitter, target=Parameter("x1")).fit(table)
    with pytest.raises(UnsupportedQuestionError, match="leaves no event"):
        attributor.removal(table["event"] == 1)


def test_stratum_may_lose_its_last_event():
    table = LIFELINES["lifelines-strata"].table.copy()
    # one of three rows of a stratum of its own dies
    table.loc[table.index[:3], ["stratum", "event", "tied"]] = [[9, 1, 2], [9, 0, 3], [9, 0, 3]]
    fitter = lifelines.CoxPHFitter().fit(table, "tied", "event", strata="stratum")
    exact = LeaveOneOut(fitter).fit(table)
    refit = exact.model_.refitted(np.array([0])).theta - exact.problem_.theta
    assert_near(exact.params_change_[0], refit, 0, 1e-7)
    assert_near(NewtonStep(fitter).fit(table).removal([0]).params_change, refit, 0.05)


def test_row_censored_before_the_first_event_has_no_influence():
    table = LIFELINES["lifelines-untied"].table.copy()
    table.loc[table.index[5], ["event", "untied"]] = [0, 1e-6]
    fitter = lifelines.CoxPHFitter().fit(table, "untied", "event")
    for cls in METHODS:
        assert_near(cls(fitter, target=Parameter("x1")).fit(table).attribute().values[5], 0.0, 0, SUMS)


def test_damping_of_single_rows_is_that_of_sets():
    fitter, table = lifelines_model()
    attributor = NewtonStep(fitter, damping=0.3).fit(table)
    expected = [attributor.removal([row]).params_change for row in SAMPLE]
    assert_near(changes(attributor)[SAMPLE], np.array(expected), OPTIMA)


REFUSED = {
    # labels of this kind have no copies with weights, nor an order of their own
    "check_zero_weight_rows",
    "check_feature_scale",
}
LAWS = [law for law in ATTRIBUTOR_LAWS if law.__name__ not in REFUSED]


@pytest.mark.parametrize("law", LAWS)
@every_method
def test_attributor_obeys_the_law(cls, law):
    _, X, y = sksurv_model("sksurv-untied")
    model = linear_model.CoxPHSurvivalAnalysis(alpha=1.0, ties="breslow")
    law(cls(model, target="log_hazard"), X.to_numpy()[:60], y[:60])


@pytest.mark.parametrize("target", [Loss() + LogHazard(), "prediction", "demographic_parity"])
def test_targets_of_losses_and_responses_are_refused(target):
    model, X, y = sksurv_model()
    attributor = VersatileInfluence(model, target=target).fit(X, y)
    with pytest.raises(UnsupportedTargetError, match="no loss and no response of their own; use one of the targets"):
        attributor.attribute(X[:8], y[:8], sensitive_features=[0, 1] * 4)


def test_own_functions_of_log_hazards_are_targets():
    model, X, y = sksurv_model()
    square = FunctionTarget(lambda raw, y, sample_weight: float((raw**2).sum()))
    attributor = VersatileInfluence(model, target=square).fit(X, y)
    raw = attributor.problem_.raw(X.to_numpy()[:8])
    expected = attributor.terms_.along(attributor.factor_.solve(X.to_numpy()[:8].T @ (2 * raw)).value)[:, 0]
    assert_near(attributor.attribute(X[:8], y[:8]).values, expected, 1e-6)


def test_refits_of_lifelines_are_left_to_the_exact_method():
    fitter, table = lifelines_model()
    with pytest.raises(UnsupportedEstimatorError, match="use method='exact', which has the parameters of a refit"):
        LeaveOneOut(fitter, method="refit").fit(table)


def test_fidelity_report_refits_by_the_library():
    for model, *data in (lifelines_model("lifelines-everything"), sksurv_model("sksurv-ridge")):
        report = NewtonStep(model, target=Parameter("x1")).fit(*data).fidelity_report(n_removals=4, removal_size=20)
        assert report.correlation > 0.999


@pytest.mark.parametrize("name", ["lifelines-ridge", "lifelines-entry", "sksurv"])
def test_bounds_hold_against_the_exact_removal(name):
    model, data = fitted_model(name)
    attributor = NewtonStep(model, target=Parameter("x1")).fit(*data)
    exact = LeaveOneOut(model, target=Parameter("x1")).fit(*data)
    for rows in ([0], [3, 9], list(range(10))):
        found, truth = attributor.removal(rows, bound=True), exact.removal(rows)
        assert np.linalg.norm(found.params_change - truth.params_change) <= found.params_bound
        assert abs(found.target_change - truth.target_change) <= found.target_bound


def test_row_that_alone_bounds_a_coefficient_has_no_answer():
    # without the last row the larger x always dies first
    table = pd.DataFrame({"x": [6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 7.0], "time": np.arange(1.0, 8.0), "event": 1})
    fitter = lifelines.CoxPHFitter().fit(table, "time", "event")
    values = LeaveOneOut(fitter, target=Parameter("x")).fit(table).attribute().values
    assert np.isnan(values[6])
    assert np.isfinite(values[:6]).all()
