"""Naive Bayes and discriminants by their sums: methods, targets, foreign rows, what is refused."""

import numpy as np
import pytest
from cases import BINARY, SUMS, WEIGHTS, WORDS, X
from fair import one_in
from rounding import EFFECTS, EPS, OPTIMA
from rounding import SUMS as ROUNDED_SUMS
from sklearn.base import clone
from sklearn.covariance import LedoitWolf
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB
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
    np.testing.assert_allclose(effects[0], effects[1], rtol=OPTIMA, atol=ROUNDED_SUMS)
    rows = [1, 7, 8, 30, 31]
    change = first.removal(rows, case.X, case.y).target_change
    keep = np.setdiff1d(np.arange(len(case.y)), rows)
    weight = None if case.sample_weight is None else case.sample_weight[keep]
    refit = InfluenceFunctions(case.estimator).fit(case.X[keep], case.y[keep], weight)
    assert change == pytest.approx(refit.evaluate(case.X, case.y) - first.evaluate(case.X, case.y), rel=OPTIMA)


def test_self_influence_of_closed_forms_is_the_change_of_the_rows_own_loss():
    exact = LeaveOneOut(GaussianNB()).fit(X, WORDS)
    expected = np.diag(exact.attribute(X, WORDS, aggregate=False).values)
    np.testing.assert_allclose(exact.self_influence().values, expected, rtol=EFFECTS)


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


GIVEN = {
    "gaussian": (GaussianNB(), "X, y and sample_weight"),
    "multinomial": (MultinomialNB(), "X, y and sample_weight"),
    "bernoulli": (BernoulliNB(), "X, y and sample_weight"),
    "complement": (ComplementNB(), "X, y and sample_weight"),
    "categorical": (CategoricalNB(min_categories=5), "X, y and sample_weight"),
    "linear": (LinearDiscriminantAnalysis(), "X and y"),
    "quadratic": (QuadraticDiscriminantAnalysis(), "X and y"),
}


@pytest.mark.parametrize("name", GIVEN)
def test_refusal_of_other_rows_says_what_differs_and_what_to_pass(name):
    model, given = GIVEN[name]
    rows = np.random.default_rng(0).integers(0, 5, size=X.shape)
    fitted = clone(model).fit(rows, WORDS)
    count = r"has [\d.]+ rows \(the sum of their weights\), and in the fit [\d.]+"
    share = r"has the share [\d.]+ of the rows, and in the fit [\d.]+"
    of_rows = r"has the (mean|sum) [\d.]+ of x\d( = \d)?, and in the fit [\d.]+"
    pass_exactly = f"; pass exactly the {given} of fit \\(raw"
    for X_given, y_given, what in (
        (rows[:50], WORDS[:50], share if given == "X and y" else count),
        (rows, np.where(np.arange(len(X)) < 9, "no", WORDS), share if given == "X and y" else count),
        (rows[::-1], WORDS, of_rows),
        (np.where(rows == 4, 0, rows), WORDS, of_rows),
    ):
        with pytest.raises(
            StationarityError, match=f"^{type(model).__name__} on .*: class '\\w+' {what}{pass_exactly}"
        ):
            LeaveOneOut(fitted).fit(X_given, y_given)


def test_refusal_names_the_feature_and_the_class_that_differ():
    moved = X.copy()
    moved[np.flatnonzero(BINARY == 1)[0], 2] += 7.0
    fitted = LinearDiscriminantAnalysis().fit(X, BINARY)
    means = [rows[BINARY == 1, 2].mean() for rows in (moved, X)]
    match = f"class '1' has the mean {means[0]:.6g} of x2, and in the fit {means[1]:.6g};"
    with pytest.raises(StationarityError, match=match):
        LeaveOneOut(fitted).fit(moved, BINARY)


def test_rows_of_the_same_means_are_told_by_their_spread():
    centres = np.array([X[BINARY == k].mean(axis=0) for k in range(2)])[BINARY]
    for model in (GaussianNB(), LinearDiscriminantAnalysis(), QuadraticDiscriminantAnalysis()):
        with pytest.raises(StationarityError, match="sizes and means are those of the fit") as raised:
            LeaveOneOut(clone(model).fit(X, BINARY)).fit(2 * X - centres, BINARY)
        # only that one has it
        assert ("partial_fit" in str(raised.value)) == isinstance(model, GaussianNB)
        assert "GaussianNB" not in str(raised.value) or isinstance(model, GaussianNB)
    changed = BernoulliNB().fit(X, BINARY).set_params(alpha=9.0)
    with pytest.raises(StationarityError, match="so that its settings were changed after the fit"):
        LeaveOneOut(changed).fit(X, BINARY)


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
    with pytest.raises(UnsupportedEstimatorError, match="takes no sample_weight; leave it out"):
        InfluenceFunctions(model).fit(X, BINARY, sample_weight=WEIGHTS)


@pytest.mark.parametrize(
    "model", [GaussianNB(), MultinomialNB(), LinearDiscriminantAnalysis()], ids=lambda m: type(m).__name__
)
@pytest.mark.parametrize("method", [LeaveOneOut, InfluenceFunctions])
def test_sums_are_parameters_of_removals_as_they_are_of_targets(model, method):
    rows, sets = np.abs(X), [[3], [1, 5, 7]]
    attributor = method(model, target=Parameter(1)).fit(rows, BINARY)
    batch = attributor.removals(sets)
    names = attributor.preparation_.parameter_names
    assert batch.params_change.shape == (2, len(names))
    plain = method(model).fit(rows, BINARY)
    # a difference of two sums of up to 72 terms
    rounding = 72 * EPS * np.abs(plain.preparation_.theta).max()
    assert_near(batch.params_change[:, 1], batch.target_change, 0, rounding)
    # without a target too, and beside one of predictions
    for removal in (plain.removal(sets[1]), plain.removal(sets[1], rows[:4], BINARY[:4])):
        np.testing.assert_array_equal(removal.params_change, batch.params_change[1])
    assert plain.removal(sets[1]).target_change is None
    keep = np.setdiff1d(np.arange(len(X)), sets[1])
    left = method(clone(model)).fit(rows[keep], BINARY[keep]).preparation_.theta
    assert_near(batch.params_change[1], left - plain.preparation_.theta, 0, rounding)
    with pytest.raises(UnsupportedQuestionError, match="bounds are about the optimum of an objective"):
        plain.removal(sets[1], bound=True)


def test_targets_of_closed_forms():
    attributor = InfluenceFunctions(GaussianNB()).fit(X, BINARY)
    for target in ("log_loss", "class_probability", "margin", "demographic_parity"):
        effects = attributor.attribute(X, BINARY, target=target, sensitive_features=X[:, 0] > 0)
        assert np.isfinite(effects.values).all()
    count = Parameter(attributor.preparation_.parameter_names[0])
    np.testing.assert_allclose(attributor.attribute(target=count).values, -1.0 * (BINARY == 0), atol=ROUNDED_SUMS)
