"""Naive Bayes and discriminants by their sums: methods, targets, foreign rows, what is refused."""

import numpy as np
import pytest
from cases import BINARY, SUMS, WEIGHTS, WORDS, X
from fair import one_in
from sklearn.covariance import LedoitWolf
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skinfluence import (
    DataTrimmer,
    InfluenceFunctions,
    LeaveOneOut,
    Leverage,
    NewtonStep,
    RelativeInfluence,
    RenormalizedInfluence,
    RescaledInfluence,
    supports,
)
from skinfluence.exceptions import StationarityError, UnsupportedEstimatorError, UnsupportedQuestionError
from skinfluence.targets import Parameter
from skinfluence.testing import assert_near
from skinfluence.testing.adapters import (
    check_containers,
    check_labels,
    check_row_permutation,
    check_supported,
    check_wrappers,
)

LAWS = [check_supported, check_row_permutation, check_labels, check_containers, check_wrappers]


@pytest.mark.parametrize("name", SUMS)
def test_closed_form_has_the_decision_values_of_scikit_learn_far_from_zero(name):
    case = SUMS[name]
    moved = case.X + 1e3
    attributor = InfluenceFunctions(case.estimator).fit(moved, case.y, case.sample_weight)
    final, raw = attributor.estimator_, attributor.preparation_.raw(moved)
    expected = final.predict_log_proba(moved)
    shown = attributor.preparation_.loss.predict(raw)
    # scikit-learn itself has three digits less so far from zero
    assert_near(shown, np.exp(expected), 1e-7)


@pytest.mark.parametrize("name", one_in(2, SUMS))
def test_leave_one_out_of_closed_forms_is_the_refit(name):
    case = SUMS[name]
    # each question is as many refits as there are rows
    data = [None if part is None else part[:36] for part in case.data]
    exact = LeaveOneOut(case.estimator).fit(*data)
    by_refit = LeaveOneOut(case.estimator, method="refit").fit(*data)
    rows = slice(0, 12)
    actual = exact.attribute(case.X[rows], case.y[rows]).values
    # logits of probabilities near 0 or 1 have fewer digits
    assert_near(actual, by_refit.attribute(case.X[rows], case.y[rows]).values, 1e-7)


@pytest.mark.parametrize(("name", "law"), one_in(2, SUMS, LAWS))
def test_models_made_of_sums_obey_the_law(name, law):
    law(SUMS[name].estimator, *SUMS[name].data)


@pytest.mark.parametrize("name", ["naive-bayes", "discriminant-svd-classes", "discriminant-shrunk-priors"])
def test_methods_agree_and_sets_are_exact(name):
    case = SUMS[name]
    first = InfluenceFunctions(case.estimator, evaluation="moved").fit(*case.data)
    exact = LeaveOneOut(case.estimator).fit(*case.data)
    effects = [each.attribute(case.X, case.y).values for each in (first, exact)]
    np.testing.assert_allclose(effects[0], effects[1], rtol=1e-9, atol=1e-12)
    rows = [1, 7, 8, 30, 31]
    change = first.removal(rows, case.X, case.y).target_change
    keep = np.setdiff1d(np.arange(len(case.y)), rows)
    weight = None if case.sample_weight is None else case.sample_weight[keep]
    refit = InfluenceFunctions(case.estimator).fit(case.X[keep], case.y[keep], weight)
    assert change == pytest.approx(refit.evaluate(case.X, case.y) - first.evaluate(case.X, case.y), rel=1e-9)


def test_self_influence_of_closed_forms_is_the_change_of_the_rows_own_loss():
    exact = LeaveOneOut(GaussianNB()).fit(X, WORDS)
    expected = np.diag(exact.attribute(X, WORDS, aggregate=False).values)
    np.testing.assert_allclose(exact.self_influence().values, expected, rtol=1e-10)


def test_last_row_of_a_class_has_no_answer():
    alone = np.where(np.arange(len(X)) == 5, "alone", WORDS)
    exact = LeaveOneOut(GaussianNB()).fit(X, alone)
    influence = exact.attribute(X, alone)
    assert np.isnan(influence.values[5])
    assert np.isfinite(np.delete(influence.values, 5)).all()
    with pytest.raises(UnsupportedQuestionError, match="without these rows GaussianNB cannot be fitted"):
        exact.removal([5])


@pytest.mark.parametrize("model", [GaussianNB(), LinearDiscriminantAnalysis()], ids=lambda model: type(model).__name__)
def test_rows_that_do_not_make_the_closed_form_are_refused(model):
    fitted = make_pipeline(StandardScaler(), model).fit(X, BINARY)
    InfluenceFunctions(fitted).fit(X, BINARY)
    with pytest.raises(StationarityError, match="differs from the fitted one by|has no row with a weight"):
        InfluenceFunctions(fitted).fit(X[::2], BINARY[::2])


def test_collinear_features_of_a_discriminant_are_left_out_as_in_its_refits():
    collinear = np.column_stack([X, X[:, 0] + X[:, 1]])
    exact, by_refit = (
        LeaveOneOut(LinearDiscriminantAnalysis(), method=method).fit(collinear, BINARY) for method in ("exact", "refit")
    )
    values = [each.attribute(collinear[:9], BINARY[:9]).values for each in (exact, by_refit)]
    assert_near(*values, 1e-7)
    shrunk = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1)
    assert np.isfinite(LeaveOneOut(shrunk).fit(collinear, BINARY).attribute(collinear, BINARY).values).all()


@pytest.mark.parametrize("method", [RescaledInfluence, NewtonStep, Leverage, RelativeInfluence, RenormalizedInfluence])
def test_methods_that_need_row_hessians_or_norms_refuse_closed_forms(method):
    with pytest.raises(UnsupportedEstimatorError, match="use InfluenceFunctions or LeaveOneOut"):
        method(GaussianNB()).fit(X, BINARY)


def test_trimmer_takes_closed_forms():
    trimmer = DataTrimmer(GaussianNB(), budget=5).fit(X[:50], WORDS[:50], X_val=X[50:], y_val=WORDS[50:])
    assert len(trimmer.trimmed_indices_) <= 5
    assert trimmer.predict(X).shape == WORDS.shape


@pytest.mark.parametrize(
    ("settings", "way_out"),
    [
        ({"solver": "lsqr", "shrinkage": "auto"}, r"use a number, such as the one that sklearn.covariance.ledoit_wolf"),
        ({"solver": "lsqr", "covariance_estimator": LedoitWolf()}, "use covariance_estimator=None"),
    ],
)
def test_discriminant_refusal_names_the_way_out(settings, way_out):
    supported, reason = supports(LinearDiscriminantAnalysis(**settings))
    assert not supported
    assert way_out in reason


def test_discriminant_takes_no_weights():
    model = LinearDiscriminantAnalysis().fit(X, BINARY)
    with pytest.raises(ValueError, match="takes no sample_weight; leave it out"):
        InfluenceFunctions(model).fit(X, BINARY, sample_weight=WEIGHTS)


def test_targets_of_closed_forms():
    attributor = InfluenceFunctions(GaussianNB()).fit(X, BINARY)
    for target in ("log_loss", "class_probability", "margin", "demographic_parity"):
        effects = attributor.attribute(X, BINARY, target=target, sensitive_features=X[:, 0] > 0)
        assert np.isfinite(effects.values).all()
    count = Parameter(attributor.preparation_.parameter_names[0])
    np.testing.assert_allclose(attributor.attribute(target=count).values, -1.0 * (BINARY == 0), atol=1e-12)
