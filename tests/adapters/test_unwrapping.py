"""What users hold - Pipelines, searches, frozen estimators - and what is refused, with the way out."""

import re

import numpy as np
import pytest
from cases import BINARY, BY_NAME, REAL, THREE, TIGHT, WEIGHTS, WORDS, X, logistic
from rounding import EFFECTS, OPTIMA, REFITS
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    Ridge,
    RidgeClassifier,
)
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import NuSVC

from skinfluence.adapters import RowBlocks, adapt, encode_labels, fit_estimator, is_fitted, supports, unwrap
from skinfluence.attributors import InfluenceFunctions
from skinfluence.exceptions import UnsupportedEstimatorError
from skinfluence.testing import assert_near

# ---------------------------------------------------------------- nesting

SCALED = make_pipeline(StandardScaler(), logistic())
NESTED = {
    "pipeline": SCALED,
    "pipeline of one step": make_pipeline(logistic()),
    "pipeline of pipelines": make_pipeline(make_pipeline(StandardScaler()), SCALED),
    "nothing": Pipeline([("none", None), ("pass", "passthrough"), ("model", logistic())]),
    "grid": GridSearchCV(SCALED, {"logisticregression__C": [1.0]}, cv=2),
    "random": RandomizedSearchCV(logistic(), {"C": [1.0]}, n_iter=1, cv=2),
    "pipeline of a search": make_pipeline(StandardScaler(), GridSearchCV(logistic(), {"C": [1.0]}, cv=2)),
    "fixed threshold": FixedThresholdClassifier(SCALED, threshold=0.3),
    "tuned threshold": TunedThresholdClassifierCV(SCALED, cv=2),
    "threshold of a search": FixedThresholdClassifier(GridSearchCV(SCALED, {"logisticregression__C": [1.0]}, cv=2)),
}


@pytest.mark.parametrize("name", NESTED)
@pytest.mark.parametrize("frozen", [False, True], ids=["", "frozen"])
def test_unwrapping_reaches_the_model_and_its_features(name, frozen):
    fitted = clone(NESTED[name]).fit(X, BINARY)
    transformers, final = unwrap(FrozenEstimator(fitted) if frozen else fitted)
    Z = X
    for transformer in transformers:
        Z = transformer.transform(Z)
    assert type(final) is LogisticRegression
    inner = fitted.estimator_ if "threshold" in name else fitted
    np.testing.assert_array_equal(final.decision_function(Z), inner.decision_function(X))
    problem = adapt(fitted, X, BINARY).problem
    assert_near(problem.raw(Z)[:, 0], inner.decision_function(X), 1e-13)
    assert problem.relative_gradient() < TIGHT


@pytest.mark.parametrize("name", NESTED)
def test_support_does_not_ask_for_a_fit(name):
    assert supports(NESTED[name]) == (True, "")
    assert not is_fitted(NESTED[name])
    assert is_fitted(clone(NESTED[name]).fit(X, BINARY))


def test_feature_names_come_from_the_transformers():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"age": X[:, 0], "city": WORDS, "height": X[:, 1]})
    prepare = ColumnTransformer([("number", StandardScaler(), ["age", "height"]), ("city", OneHotEncoder(), ["city"])])
    fitted = make_pipeline(prepare, logistic()).fit(frame, BINARY)
    names = ["number__age", "number__height", "city__city_certainly", "city__city_maybe", "city__city_no", "intercept"]
    assert adapt(fitted, frame, BINARY).problem.parameter_names == names


def test_feature_names_of_text_fall_back_to_vocabulary():
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = ["good and bad", "bad", "good", "and good", "good bad bad", "and"]
    y = np.array([0, 1, 1, 0, 1, 0])
    attributor = InfluenceFunctions(make_pipeline(TfidfVectorizer(), logistic())).fit(texts, y)
    assert attributor.problem_.parameter_names == ["and", "bad", "good", "intercept"]
    assert attributor.attribute(texts, y).shape == (6,)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_are_left_to_the_pipeline(library):
    frames = pytest.importorskip(library)
    frame = frames.DataFrame({"age": X[:, 0], "city": WORDS, "height": X[:, 1]})
    prepare = ColumnTransformer([("number", StandardScaler(), ["age", "height"]), ("city", OneHotEncoder(), ["city"])])
    answers = []
    for table, columns in ((frame, prepare), (np.column_stack([X[:, :2], THREE]), None)):
        if columns is None:
            columns = ColumnTransformer([("number", StandardScaler(), [0, 1]), ("city", OneHotEncoder(), [2])])
        attributor = InfluenceFunctions(make_pipeline(columns, logistic())).fit(table, BINARY)
        answers.append(attributor.attribute(table, BINARY))
    assert_near(answers[0].values, answers[1].values, OPTIMA)


@pytest.mark.parametrize("kind", ["list", "pandas", "categorical", "bool", "object"])
def test_labels_come_in_every_container(kind):
    if kind in ("pandas", "categorical"):
        pandas = pytest.importorskip("pandas")
        y = pandas.Series(WORDS, dtype="category" if kind == "categorical" else None)
    else:
        y = {"list": WORDS.tolist(), "bool": BINARY.astype(bool), "object": WORDS.astype(object)}[kind]
    attributor = InfluenceFunctions(logistic()).fit(X, y)
    expected = InfluenceFunctions(logistic()).fit(X, BINARY if kind == "bool" else WORDS)
    plain = BINARY if kind == "bool" else WORDS
    assert_near(attributor.attribute(X, y).values, expected.attribute(X, plain).values, OPTIMA)


# ---------------------------------------------------------------- cross-validation chooses, then stays


def test_what_cross_validation_chose_is_held_fixed():
    for case, name in ((BY_NAME["binary-cv-newton-cholesky"], "C"), (BY_NAME["ridge-cv"], "alpha")):
        y = case.y
        fitted = clone(case.estimator).fit(X, y)
        chosen = float(np.ravel(getattr(fitted, f"{name}_"))[0])
        model = adapt(fitted, X, y)
        assert model.adapter.plain(model.final).get_params()[name] == chosen
        plain = (logistic(C=chosen) if name == "C" else Ridge(alpha=chosen)).fit(np.delete(X, 4, 0), np.delete(y, 4))
        assert_near(model.refitted([4]).coef, np.atleast_2d(plain.coef_), REFITS)


# ---------------------------------------------------------------- refusals

REFUSED = {
    "NuSVC": (NuSVC(), "NuSVC has no exact treatment: nu fixes the share .*LeaveOneOut(estimator, method='refit')"),
    "forest": (RandomForestClassifier(), "RandomForestClassifier has no exact treatment"),
    "positive ridge": (Ridge(positive=True), "positive=True constrains the coefficients"),
    "positive line": (LinearRegression(positive=True), "positive=True constrains the coefficients"),
    "positive classifier": (RidgeClassifier(positive=True), "positive=True constrains the coefficients"),
    "averaged folds": (LogisticRegressionCV(refit=False), "refit=False averages coefficients over folds"),
    "pipeline of a forest": (make_pipeline(StandardScaler(), NuSVC()), "NuSVC has no exact treatment"),
    "no model": (Pipeline([("scale", StandardScaler()), ("end", "passthrough")]), "the Pipeline ends in 'passthrough'"),
    "transformer": (make_pipeline(StandardScaler()), "StandardScaler has no exact treatment"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_support_says_why_not(name):
    estimator, reason = REFUSED[name]
    supported, said = supports(estimator)
    assert not supported
    assert all(part in said for part in reason.split(".*"))


@pytest.mark.parametrize("name", ["NuSVC", "forest", "positive ridge", "pipeline of a forest"])
def test_attributors_refuse_with_the_same_reason(name):
    estimator, reason = REFUSED[name]
    for candidate in (estimator, clone(estimator).fit(X, BINARY)):
        with pytest.raises(UnsupportedEstimatorError, match=re.escape(reason.split(".*")[0])):
            InfluenceFunctions(candidate).fit(X, BINARY)


def test_liblinear_of_several_classes_is_refused():
    # scikit-learn refuses to fit it since 1.8; a stored fit may still be of the kind
    fitted = logistic("lbfgs").fit(X, WORDS).set_params(solver="liblinear")
    with pytest.raises(UnsupportedEstimatorError, match="fits 3 separate models for 3 classes; use another solver"):
        adapt(fitted, X, WORDS)


def test_search_without_refit_is_refused():
    search = GridSearchCV(logistic(), {"C": [0.1, 1.0]}, refit=False, cv=2).fit(X, BINARY)
    with pytest.raises(UnsupportedEstimatorError, match="holds no refitted best_estimator_; fit it with refit=True"):
        adapt(search, X, BINARY)


def test_interpolating_least_squares_in_blocks_is_refused():
    wide = np.random.default_rng(0).normal(size=(5, 9))
    model = LinearRegression().fit(wide, REAL[:5])
    with pytest.raises(UnsupportedEstimatorError, match=r"10 parameters on 5 rows .* use Ridge\(alpha=...\)"):
        InfluenceFunctions(model).fit(RowBlocks.from_arrays(wide, REAL[:5], block_size=2))


def test_pipeline_that_resamples_is_refused():
    pipeline_module = pytest.importorskip("imblearn.pipeline")
    samplers = pytest.importorskip("imblearn.under_sampling")
    resampling = pipeline_module.make_pipeline(samplers.RandomUnderSampler(random_state=0), logistic())
    for candidate in (resampling, clone(resampling).fit(X, BINARY)):
        with pytest.raises(UnsupportedEstimatorError, match="RandomUnderSampler, resamples rows, so that"):
            InfluenceFunctions(candidate).fit(X, BINARY)
    assert supports(resampling)[0] is False
    scaled = pipeline_module.make_pipeline(StandardScaler(), logistic())
    assert supports(scaled) == (True, "")


def test_unfitted_estimator_has_no_problem():
    with pytest.raises(NotFittedError, match="This LogisticRegression instance is not fitted yet"):
        adapt(logistic(), X, BINARY)


def test_unknown_labels_are_named():
    classes = np.array(["a", "b"])
    np.testing.assert_array_equal(encode_labels(["b", "a", "b"], classes), [1, 0, 1])
    with pytest.raises(ValueError, match=r"trained on: \['c', 'z'\]; its classes are \['a', 'b'\]"):
        encode_labels(["a", "z", "c"], classes)
    with pytest.raises(ValueError, match=r"not trained on: \['0', '1'\]"):
        encode_labels([0, 1], classes)


def test_targets_of_another_width_are_refused():
    with pytest.raises(ValueError, match="y has 3 columns, but the estimator was trained on 2"):
        adapt(Ridge().fit(X, X[:, :2]), X, X)


# ---------------------------------------------------------------- weights


def test_balanced_rule_of_another_version_is_recognised():
    # scikit-learn 1.6 balanced by counting rows; a stored fit of that kind is stationary for that objective only
    counts = np.bincount(BINARY)
    by_rows = {code: len(BINARY) / (2 * count) for code, count in enumerate(counts)}
    stored = logistic(class_weight=by_rows).fit(X, BINARY, sample_weight=WEIGHTS)
    stored.class_weight = "balanced"
    problem = adapt(stored, X, BINARY, WEIGHTS).problem
    assert problem.relative_gradient() < TIGHT
    current = logistic(class_weight="balanced").fit(X, BINARY, sample_weight=WEIGHTS)
    assert adapt(current, X, BINARY, WEIGHTS).problem.relative_gradient() < TIGHT
    assert not problem.balance.weighted


def test_classes_left_out_of_a_class_weight_weigh_one():
    partial = logistic(class_weight={"no": 3.0})
    whole = logistic(class_weight={"no": 3.0, "maybe": 1.0, "certainly": 1.0})
    problems = [adapt(clone(model).fit(X, WORDS), X, WORDS).problem for model in (partial, whole)]
    assert_near(problems[0].sample_weight, problems[1].sample_weight, 0)
    assert problems[0].relative_gradient() < TIGHT


def test_weights_find_the_last_step():
    search = GridSearchCV(make_pipeline(StandardScaler(), Ridge()), {"ridge__alpha": [1.0]}, cv=2)
    fitted = fit_estimator(search, X, REAL, WEIGHTS)
    scaled = StandardScaler().fit_transform(X)
    assert_near(fitted.best_estimator_[-1].coef_, Ridge().fit(scaled, REAL, sample_weight=WEIGHTS).coef_, EFFECTS)


def test_weights_reach_the_last_step_under_metadata_routing():
    weight = np.linspace(0.5, 2, len(BINARY))
    pipeline = make_pipeline(StandardScaler(), logistic())
    off = InfluenceFunctions(pipeline).fit(X, BINARY, sample_weight=weight)
    with config_context(enable_metadata_routing=True):
        on = InfluenceFunctions(pipeline).fit(X, BINARY, sample_weight=weight)
    np.testing.assert_array_equal(on.problem_.theta, off.problem_.theta)
