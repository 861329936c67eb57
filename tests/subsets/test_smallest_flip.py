"""Smallest sets that flip an answer: verified by refits, no larger than needed, and honest where there are none."""

import numpy as np
import pytest
from cases import AMOUNTS, BINARY, COUNTS, REAL, THREE, TWO_REALS, X, logistic, poisson
from scipy.stats import t
from searched import MODELS, every_set, fitted, masked
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import GammaRegressor, Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV, TunedThresholdClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

from skinfluence import (
    LeaveOneOut,
    RescaledInfluence,
    VersatileInfluence,
    smallest_flip,
)
from skinfluence.adapters import whole_estimator
from skinfluence.exceptions import UnsupportedQuestionError, UnsupportedTargetError
from skinfluence.solvers import AutoSolver
from skinfluence.subsets.adaptive import start_path
from skinfluence.subsets.significance import SignificanceCondition
from skinfluence.targets import Parameter
from skinfluence.testing import assert_near

both_methods = pytest.mark.parametrize("method", ["adaptive", "additive"])


def refitted(name, rows):
    estimator, features, y, weight = MODELS[name]
    keep = np.setdiff1d(np.arange(len(y)), rows)
    weight = {} if weight is None else {"sample_weight": weight[keep]}
    if name == "pipeline":
        weight = {}
    return clone(estimator).fit(features[keep], y[keep], **weight)


@both_methods
@pytest.mark.parametrize("name", ["linear", "ridge weighted", "logistic", "poisson", "sparse"])
def test_sign_of_a_refitted_coefficient_flips(name, method):
    attributor, *_ = fitted(name)
    position = int(np.argmin(np.abs(attributor.problem_.theta[:-1])))
    flip = smallest_flip(attributor, "sign", parameter=position, method=method, max_rows=0.5)
    assert flip.found
    before, after = (np.ravel(refitted(name, rows).coef_)[position] for rows in ([], flip.indices))
    assert flip.before == pytest.approx(before, rel=1e-5)
    assert flip.actual == pytest.approx(after, rel=1e-4, abs=1e-6)
    assert before * after < 0
    assert flip.verdict.startswith(f"flipped: parameter {position} goes from")


def test_no_smaller_set_flips_the_sign():
    """Of 15 rows, by enumeration of all sets of one row less."""
    x, y = X[:15], REAL[:15]
    attributor = RescaledInfluence(LinearRegression()).fit(x, y)
    flip = smallest_flip(attributor, "sign", parameter=2, max_rows=12)
    size = len(flip)
    assert size > 1
    _, effects = every_set(LinearRegression(), x, y, Parameter(2), size - 1)
    assert np.all(np.sign(flip.before + effects) == np.sign(flip.before))


def test_adaptive_flips_with_the_hidden_outlier_and_additive_with_more_rows():
    x, y = masked()
    attributor = RescaledInfluence(LinearRegression(), target=Parameter(0)).fit(x, y)
    adaptive, additive = (
        smallest_flip(attributor, "target", threshold=0.5, method=method, max_rows=20)
        for method in ("adaptive", "additive")
    )
    assert adaptive.found
    assert list(adaptive.indices) == [28, 29]
    assert not additive.found or len(additive) > 2


def ols_p_value(x, y, position):
    """By the normal equations, as in every textbook."""
    E = np.column_stack([x, np.ones(len(x))])
    covariance = np.linalg.inv(E.T @ E)
    theta = covariance @ E.T @ y
    freedom = len(y) - E.shape[1]
    residual = y - E @ theta
    statistic = theta[position] / np.sqrt(residual @ residual / freedom * covariance[position, position])
    return 2 * t.sf(abs(statistic), freedom)


@both_methods
@pytest.mark.parametrize("position", [0, 2])
def test_significance_of_a_least_squares_coefficient_flips(position, method):
    attributor = RescaledInfluence(LinearRegression()).fit(X, REAL)
    flip = smallest_flip(attributor, "significance", parameter=position, method=method, max_rows=0.6, level=0.01)
    keep = np.setdiff1d(np.arange(len(X)), flip.indices)
    assert flip.found
    assert flip.before == pytest.approx(ols_p_value(X, REAL, position), rel=1e-9)
    assert flip.actual == pytest.approx(ols_p_value(X[keep], REAL[keep], position), rel=1e-9)
    assert (flip.before < 0.01) != (flip.actual < 0.01)
    if method == "adaptive":
        assert flip.predicted == pytest.approx(flip.actual, rel=1e-6)


def test_predicted_statistics_without_each_row_are_exact_for_least_squares():
    attributor = RescaledInfluence(LinearRegression()).fit(X, REAL)
    condition = SignificanceCondition(attributor.problem_, 1, 0.05)
    path = start_path(attributor)
    predicted = condition.distance(path) + condition.changes(path)
    for row in (0, 20, 71):
        path = start_path(attributor)
        path.delete(row)
        assert predicted[row] == pytest.approx(condition.distance(path), rel=1e-9)
        p_value = ols_p_value(np.delete(X, row, 0), np.delete(REAL, row), 1)
        assert condition.quantity(path.problem) == pytest.approx(p_value, rel=1e-9)


@pytest.mark.parametrize(
    ("name", "estimator", "y"),
    [
        ("Logit", logistic(C=np.inf), BINARY),
        ("Poisson", poisson(alpha=0), COUNTS),
        ("Gamma", GammaRegressor(alpha=0, solver="newton-cholesky", tol=1e-12), AMOUNTS),
    ],
)
def test_p_values_are_those_of_statsmodels(name, estimator, y):
    api = pytest.importorskip("statsmodels.api")
    E = np.column_stack([X, np.ones(len(X))])
    if name == "Gamma":
        # Pearson's dispersion and the expected information; ours is the observed one, equal for canonical links only
        link = api.families.Gamma(api.families.links.Log())
        expected = api.GLM(y, E, family=link).fit(method="newton", cov_type="nonrobust", use_t=True, tol=1e-12)
    else:
        expected = getattr(api, name)(y, E).fit(disp=0, method="newton", tol=1e-12)
    problem = RescaledInfluence(estimator).fit(X, y).problem_
    for position in range(4):
        condition = SignificanceCondition(problem, position, 0.05)
        assert condition.before == pytest.approx(expected.pvalues[position], rel=0.2 if name == "Gamma" else 1e-6)


@both_methods
@pytest.mark.parametrize("name", ["logistic", "softmax", "pipeline", "balanced"])
def test_class_of_a_refitted_prediction_flips(name, method):
    attributor, features, _ = fitted(name)
    raw = np.sort(attributor.problem_.raw(attributor.model_.features(features)), axis=1)
    margin = np.abs(raw[:, 0]) if raw.shape[1] == 1 else raw[:, -1] - raw[:, -2]
    row = features[[int(np.argsort(margin)[5])]]
    flip = smallest_flip(attributor, "class", row, method=method, max_rows=0.3)
    assert flip.found
    before = attributor.estimator_.predict(row)[0]
    assert before != refitted(name, flip.indices).predict(row)[0]
    assert flip.quantity.startswith(f"margin of class {before} over")


def test_no_row_of_a_flip_can_be_spared():
    attributor, *_ = fitted("logistic")
    flips = [smallest_flip(attributor, "sign", parameter=position, max_rows=0.6) for position in (0, 1, 2)]
    several = [(position, flip) for position, flip in enumerate(flips) if flip.found and len(flip) > 1]
    assert several
    for position, flip in several:
        for row in flip.indices:
            rest = [other for other in flip.indices if other != row]
            assert np.sign(refitted("logistic", rest).coef_[0, position]) == np.sign(flip.before)


@both_methods
def test_fairness_gap_falls_below_a_threshold(method):
    attributor, features, y = fitted("logistic")
    groups = np.where(X[:, 1] > 0, "a", "b")
    question = {"target": "demographic_parity", "sensitive_features": groups}
    gap = attributor.evaluate(features, y, **question)
    flip = smallest_flip(
        attributor, "target", features, y, threshold=0.8 * gap, method=method, max_rows=0.4, **question
    )
    assert flip.found
    probability = refitted("logistic", flip.indices).predict_proba(X)[:, 1]
    actual = abs(probability[groups == "a"].mean() - probability[groups == "b"].mean())
    assert flip.actual == pytest.approx(actual, rel=1e-5)
    assert actual < 0.8 * gap <= flip.before


def test_search_says_so_where_no_set_is_found():
    attributor, *_ = fitted("linear")
    flip = smallest_flip(attributor, "sign", parameter=0, max_rows=2)
    assert not flip.found
    assert len(flip) == 2
    assert flip.verdict.startswith("not flipped: no set of up to 2 rows was found; parameter 0 goes from")
    assert flip.n_refits == 1
    assert flip.before * flip.actual > 0


def test_search_ends_where_no_row_helps():
    attributor = RescaledInfluence(Ridge(), target="prediction").fit(np.zeros((6, 1)), np.ones(6))
    flip = smallest_flip(attributor, "target", [[0.0]], [1.0], threshold=0.5, max_rows=5)
    assert not flip.found
    assert flip.verdict.startswith("not flipped: no further row is predicted to bring it closer to the threshold")


@both_methods
def test_a_coefficient_that_becomes_zero_has_not_flipped(method):
    """Only row 7 knows the last feature: without it a ridge penalty sets its coefficient to 0, up to rounding."""
    alone = np.column_stack([X, np.arange(len(X)) == 7])
    alone = StandardScaler().fit_transform(alone)
    attributor = RescaledInfluence(Ridge()).fit(alone, REAL)
    flip = smallest_flip(attributor, "sign", parameter=3, max_rows=30, method=method)
    assert not flip.found or abs(flip.actual) > 1e-3 * abs(flip.before)


def test_unverified_flips_say_so():
    attributor, *_ = fitted("logistic")
    flip = smallest_flip(attributor, "sign", parameter=2, max_rows=0.6, verify=False)
    assert flip.n_refits == 0
    assert flip.actual is None
    assert "not verified by a refit" in flip.verdict
    assert "Flip of parameter 2, adaptive" in repr(flip)


def test_additive_adds_rows_where_its_prediction_fails():
    """Sums over-state what rows do that a ridge penalty holds: the refit of what they promise does not flip."""
    attributor, *_ = fitted("softmax")
    predicted = smallest_flip(attributor, "sign", parameter=4, method="additive", max_rows=0.8, verify=False)
    verified = smallest_flip(attributor, "sign", parameter=4, method="additive", max_rows=0.8)
    assert verified.found
    assert verified.actual * verified.before < 0
    assert verified.n_refits >= 1
    assert predicted.found


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"what": "coefficient"}, r"what must be one of \('sign', 'significance', 'class', 'target'\), got 'coeff"),
        ({"what": "sign"}, r"what='sign' needs a parameter; pass parameter= one of \['x0', 'x1', 'x2', 'inter"),
        ({"what": "sign", "parameter": 0, "method": "relaxed"}, r"method must be one of \('adaptive', 'additive'\)"),
        ({"what": "significance", "parameter": 0, "level": 5}, "level must lie between 0 and 1, got 5"),
        ({"what": "target", "threshold": np.nan}, "threshold must be a finite number, got nan"),
        ({"what": "sign", "parameter": 0, "max_rows": 0}, "max_rows must be an integer from 1 to 71, or a fraction"),
        ({"what": "sign", "parameter": 0, "max_rows": 1.5}, "max_rows must be an integer from 1 to 71, or a fraction"),
    ],
)
def test_bad_questions_are_refused(arguments, match):
    attributor, *_ = fitted("linear")
    with pytest.raises(ValueError, match=match):
        smallest_flip(attributor, **arguments)


def test_questions_without_an_answer_are_refused():
    linear, features, _ = fitted("linear")
    with pytest.raises(UnsupportedTargetError, match="no parameter 'age'"):
        smallest_flip(linear, "sign", parameter="age")
    with pytest.raises(UnsupportedQuestionError, match="a regressor predicts no class; use what='target'"):
        smallest_flip(linear, "class", features[:1])
    softmax, *_ = fitted("softmax")
    with pytest.raises(UnsupportedQuestionError, match="what='class' asks about one row, so use X of one row; got 2"):
        smallest_flip(softmax, "class", features[:2])
    lasso, *_ = fitted("lasso")
    with pytest.raises(UnsupportedQuestionError, match="no standard errors are known for an l1 penalty"):
        smallest_flip(lasso, "significance", parameter=0)
    two = RescaledInfluence(Ridge()).fit(X, TWO_REALS)
    with pytest.raises(UnsupportedQuestionError, match="with 2 outputs: the objective is not the smooth"):
        smallest_flip(two, "significance", parameter=0)
    with pytest.raises(UnsupportedQuestionError, match="leave no degree of freedom for 4 parameters"):
        smallest_flip(RescaledInfluence(Ridge()).fit(X[:4], REAL[:4]), "significance", parameter=0)


def test_class_of_a_classifier_with_a_threshold_of_its_own_is_refused():
    model = FixedThresholdClassifier(logistic(), threshold=0.9).fit(X, BINARY)
    attributor = RescaledInfluence(model).fit(X, BINARY)
    between = (model.predict(X) == 0) & (model.estimator_.predict(X) == 1)
    with pytest.raises(UnsupportedQuestionError, match="it uses another threshold"):
        smallest_flip(attributor, "class", X[between][:1])


def test_penalised_information_is_the_inverse_hessian():
    attributor = RescaledInfluence(logistic(C=0.1)).fit(X, THREE)
    problem = attributor.problem_
    condition = SignificanceCondition(problem, 4, 0.05)
    inverse = np.linalg.pinv(problem.curvature().dense(), rcond=1e-10, hermitian=True)
    variance = condition._variance(problem, AutoSolver().prepare(problem.curvature()))
    assert_near(variance, inverse[4, 4], 1e-9)


def test_lasso_keeps_its_active_set_on_the_way():
    estimator = Lasso(alpha=0.1, tol=1e-12, max_iter=100_000)
    attributor = RescaledInfluence(estimator).fit(X, REAL)
    flip = smallest_flip(attributor, "sign", parameter=2, max_rows=0.5)
    assert flip.n_refits > 0


@both_methods
def test_cox_regression_flips_in_a_refit_by_lifelines(method):
    lifelines = pytest.importorskip("lifelines")
    frame = pytest.importorskip("lifelines.datasets").load_rossi()
    model = lifelines.CoxPHFitter().fit(frame, "week", "arrest")
    attributor = VersatileInfluence(model).fit(frame)
    for what, before, threshold in (("sign", model.params_, 0.0), ("significance", model.summary["p"], 0.05)):
        flip = smallest_flip(attributor, what, parameter="race", method=method, max_rows=12)
        left = lifelines.CoxPHFitter().fit(frame.drop(index=frame.index[flip.indices]), "week", "arrest")
        after = left.params_ if what == "sign" else left.summary["p"]
        assert flip.found
        assert flip.before == pytest.approx(before["race"], rel=1e-5)
        assert flip.actual == pytest.approx(after["race"], rel=1e-4)
        assert (flip.before < threshold) != (flip.actual < threshold)


@both_methods
def test_margin_is_kept_from_the_threshold(method):
    attributor = RescaledInfluence(Ridge()).fit(X, REAL)
    significant = smallest_flip(attributor, "significance", parameter=2, method=method, max_rows=0.8, margin=0.1)
    assert significant.found
    assert significant.before < 0.05
    assert significant.actual > 0.15
    given = {"y": REAL[:5], "threshold": float(attributor.evaluate(X[:5], REAL[:5])) + 0.1, "method": method}
    near, past = (
        smallest_flip(attributor, "target", X[:5], margin=margin, max_rows=0.5, **given) for margin in (0.0, 0.3)
    )
    assert near.found
    assert past.found
    assert past.actual > past.threshold + 0.3
    assert len(past) > len(near)


def test_margin_of_a_sign():
    attributor = RescaledInfluence(Ridge()).fit(X, REAL)
    close, far = (smallest_flip(attributor, "sign", parameter=2, max_rows=0.6, margin=margin) for margin in (0.0, 0.05))
    assert close.found
    assert far.found
    assert len(far) > len(close)
    assert max(far.actual, far.predicted) < -0.05


def test_bad_margins():
    attributor = RescaledInfluence(Ridge()).fit(X, REAL)
    with pytest.raises(ValueError, match="margin must be a finite number of at least 0, got -1"):
        smallest_flip(attributor, "sign", parameter=0, margin=-1)
    with pytest.raises(ValueError, match="margin=0.96 asks for a p-value of .*; take less than 0.05"):
        smallest_flip(attributor, "significance", parameter=0, margin=0.96)


PIPELINE = make_pipeline(MinMaxScaler(), SimpleImputer(), StandardScaler(), LogisticRegression())


@pytest.mark.parametrize("attributor", [RescaledInfluence(PIPELINE), LeaveOneOut(PIPELINE, method="refit")], ids=str)
def test_verified_by_a_refit_of_the_whole_pipeline_as_it_is(attributor):
    attributor.fit(X, BINARY)
    near = np.argsort(np.abs(attributor.estimator_.decision_function(X)))[:3]
    for row in near:
        flip = smallest_flip(attributor, "class", X[[row]], max_rows=0.5)
        assert flip.found
        keep = np.delete(np.arange(len(X)), flip.indices)
        refit = clone(PIPELINE).fit(X[keep], BINARY[keep])
        assert refit.predict(X[[row]]) != attributor.estimator_.predict(X[[row]])
        assert flip.actual == pytest.approx(-abs(refit.decision_function(X[[row]])[0]), rel=1e-9)
        assert "in a refit of the whole Pipeline without" in flip.verdict


def test_a_set_that_passes_with_fixed_preprocessing_alone_is_extended():
    """Without a row that holds the range of a column, the column is scaled by another number."""
    far, pipe = np.sinh(2 * X), make_pipeline(MinMaxScaler(), LogisticRegression(C=0.3))
    attributor = RescaledInfluence(pipe).fit(far, BINARY)
    frozen = RescaledInfluence(FrozenEstimator(clone(pipe).fit(far, BINARY))).fit(far, BINARY)
    extended = 0
    for row in np.argsort(np.abs(attributor.estimator_.decision_function(far)))[50:60]:
        whole, held = (smallest_flip(each, "class", far[[row]], max_rows=0.8) for each in (attributor, frozen))
        assert "preprocessing held fixed" in held.verdict
        before, without_whole, without_held = (
            clone(pipe).fit(np.delete(far, rows, axis=0), np.delete(BINARY, rows)).predict(far[[row]])
            for rows in ([], whole.indices, held.indices)
        )
        assert before != without_whole
        if before == without_held:
            extended += 1
            assert len(whole) > len(held)
    assert extended


def test_sign_and_significance_are_verified_by_whole_refits():
    pipe = make_pipeline(StandardScaler(), LinearRegression())
    attributor = RescaledInfluence(pipe).fit(X, REAL)
    for what in ("sign", "significance"):
        flip = smallest_flip(attributor, what, parameter=2, max_rows=0.7)
        assert flip.found
        keep = np.delete(np.arange(len(X)), flip.indices)
        refit = clone(pipe).fit(X[keep], REAL[keep])
        whole = RescaledInfluence(refit).fit(X[keep], REAL[keep])
        expected = {"sign": refit[-1].coef_[2], "significance": None}[what]
        if expected is None:
            expected = SignificanceCondition(whole.problem_, 2, 0.05).before
        assert flip.actual == pytest.approx(expected, rel=1e-9)


def test_a_question_has_no_rows_for_a_whole_refit():
    attributor = RescaledInfluence(PIPELINE).fit(X, BINARY)
    question = attributor.question(X[:9], BINARY[:9])
    threshold = attributor.evaluate(question) + 0.5
    assert "preprocessing held fixed" in smallest_flip(attributor, "target", question, threshold=threshold).verdict
    given = {"y": BINARY[:9], "threshold": threshold}
    assert "whole Pipeline" in smallest_flip(attributor, "target", X[:9], **given).verdict


def test_what_a_search_chose_is_held_fixed_behind_a_threshold():
    search = GridSearchCV(make_pipeline(StandardScaler(), logistic()), {"logisticregression__C": [1e-3, 1.0]})
    for decided in (
        FixedThresholdClassifier(search, threshold=0.4),
        TunedThresholdClassifierCV(search, thresholds=20, random_state=0),
    ):
        fitted = decided.fit(X, BINARY)
        whole = whole_estimator(fitted)
        assert isinstance(whole.estimator[-1], LogisticRegression)
        assert whole.estimator[-1].C == fitted.estimator_.best_params_["logisticregression__C"]
        np.testing.assert_array_equal(whole.fit(X, BINARY).predict(X), fitted.predict(X))


def test_sets_under_several_seeds_are_verified_under_all_of_them():
    forest = RandomForestRegressor(5, max_depth=3)
    attributor = LeaveOneOut(forest, method="refit", n_repeats=3, random_state=0, target="prediction")
    attributor.fit(X[:25], REAL[:25])
    question = attributor.question(X[:1], REAL[:1])
    threshold = attributor.evaluate(question) - 0.3
    flip = smallest_flip(attributor, "target", X[:1], REAL[:1], threshold=threshold, method="additive", max_rows=8)
    assert flip.actual == pytest.approx(attributor.evaluate(question) + attributor.actual([flip.indices], question)[0])


def test_a_coefficient_that_is_gone_with_its_level_is_no_other_one():
    city = np.array(["a", "b"])[np.arange(30) % 2].astype(object)
    city[:2] = "c"
    table = np.column_stack([city, X[:30, 0]])
    y = 2.0 * (city == "c") - 3 * X[:30, 0] + 0.1 * REAL[:30]
    encode = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), [0]), remainder="passthrough")
    attributor = RescaledInfluence(make_pipeline(encode, Ridge(alpha=0.1))).fit(table, y.astype(float))
    flip = smallest_flip(attributor, "sign", parameter=2, max_rows=5)
    assert not flip.found
    assert np.isnan(flip.actual) or flip.actual > 0


def test_calibration_and_searches_are_refitted_where_the_answer_says_so():
    calibrated = CalibratedClassifierCV(make_pipeline(StandardScaler(), logistic()), ensemble=False, cv=3)
    attributor = RescaledInfluence(calibrated, target="class_probability").fit(X, BINARY)
    found = 0
    for row in range(6):
        before = attributor.evaluate(X[[row]], BINARY[[row]])
        given = {"y": BINARY[[row]], "threshold": before - 0.03, "max_rows": 0.4}
        flip = smallest_flip(attributor, "target", X[[row]], **given)
        keep = np.setdiff1d(np.arange(len(X)), flip.indices)
        refit = clone(calibrated).fit(X[keep], BINARY[keep]).predict_proba(X[[row]])[0, BINARY[row]]
        assert flip.actual == pytest.approx(refit, rel=1e-9)
        found += flip.found
    assert found
    search = GridSearchCV(make_pipeline(StandardScaler(), logistic()), {"logisticregression__C": [0.1, 1.0]}, cv=3)
    whole = LeaveOneOut(search, method="refit", refit_preprocessing=True).fit(X, BINARY)
    row = np.argmin(np.abs(whole.estimator_.decision_function(X)))
    flip = smallest_flip(whole, "class", X[[row]], method="additive", max_rows=5)
    keep = np.setdiff1d(np.arange(len(X)), flip.indices)
    refit = clone(search).fit(X[keep], BINARY[keep]).decision_function(X[[row]])[0]
    assert abs(flip.actual) == pytest.approx(abs(refit), rel=1e-9)
    assert "a refit of the whole estimator" in flip.verdict
