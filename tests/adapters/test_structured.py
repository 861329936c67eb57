"""Models without an objective, as users meet them: trimmed, asked the wrong question, with tables, stopped early."""

import warnings

import numpy as np
import pytest
from cases import BINARY, REAL, THREE, WEIGHTS, WORDS, X
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import OrthogonalMatchingPursuit
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from skinfluence import DataTrimmer, InfluenceFunctions, LeaveOneOut, RowBlocks, supports
from skinfluence.adapters import adapt
from skinfluence.exceptions import (
    StationarityError,
    UnsupportedEstimatorError,
    UnsupportedQuestionError,
    UnsupportedTargetError,
)
from skinfluence.targets import Parameter

MODELS = {
    "neighbours": (KNeighborsClassifier(), WORDS),
    "neighbours of numbers": (KNeighborsRegressor(), REAL),
    "radius": (RadiusNeighborsClassifier(4.0), BINARY),
    "machine": (SVC(gamma=0.1), BINARY),
    "machine of numbers": (SVR(gamma=0.1), REAL),
    "Bayes": (GaussianNB(), THREE),
    "discriminant": (LinearDiscriminantAnalysis(), WORDS),
    "quadratic": (QuadraticDiscriminantAnalysis(), BINARY),
}
every = pytest.mark.parametrize("name", MODELS)


@every
def test_trimmer_without_trusted_rows_takes_the_model(name):
    model, y = MODELS[name]
    trimmer = DataTrimmer(model, budget=3, random_state=0).fit(X, y)
    assert len(trimmer.trimmed_indices_) <= 3
    assert len(trimmer.predict(X)) == len(X)


@every
def test_tables_with_names_of_columns_give_no_warning(name):
    pandas = pytest.importorskip("pandas", reason="a table is a DataFrame of pandas")
    model, y = MODELS[name]
    table = pandas.DataFrame(X, columns=list("abcdefgh")[: X.shape[1]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exact = LeaveOneOut(model).fit(table, y)
        exact.attribute(table[:5], y[:5])
        exact.score(table[:5], y[:5], n_removals=3)


def test_question_of_another_kind_of_model_is_refused():
    words, numbers = LeaveOneOut(GaussianNB()).fit(X, WORDS), LeaveOneOut(SVR()).fit(X, REAL)
    for attributor, question in (
        (numbers, words.question(X[:5], WORDS[:5])),
        (words, numbers.question(X[:5], REAL[:5])),
        (words, LeaveOneOut(GaussianNB()).fit(X, THREE).question(X[:5], THREE[:5])),
    ):
        for ask in (attributor.attribute, lambda q, a=attributor: a.predicted([[0]], q)):
            with pytest.raises(UnsupportedQuestionError, match="made for a model with another loss or other classes"):
                ask(question)
    with pytest.raises(TypeError, match=r"question must be made by question\(X, y\), got ndarray"):
        words.predicted([[0]], X)


@pytest.mark.parametrize("attributor", [LeaveOneOut(KNeighborsClassifier()), InfluenceFunctions(SVC())])
def test_models_without_parameters_have_no_target_of_them(attributor):
    with pytest.raises(UnsupportedTargetError, match="a function of parameters, which this model does not have"):
        attributor.fit(X, BINARY).attribute(target=Parameter(0))


def test_machine_that_stopped_early_is_told_apart_from_other_rows():
    with pytest.warns(UserWarning, match="Solver terminated early"):
        stopped = SVC(max_iter=3).fit(X, BINARY)
    with pytest.raises(StationarityError, match="stopped at max_iter=3"):
        LeaveOneOut(stopped).fit(X, BINARY)


def test_kernel_that_is_not_definite_is_refused():
    supported, reason = supports(SVC(kernel="sigmoid"), LeaveOneOut)
    assert not supported
    assert "not positive semi-definite" in reason


INSIDE = {
    "rest": (OneVsRestClassifier(SVC()), "OneVsRestClassifier", "SVC"),
    "calibrated": (CalibratedClassifierCV(GaussianNB(), cv=3, ensemble=False), "CalibratedClassifierCV", "GaussianNB"),
    "transformed": (TransformedTargetRegressor(KNeighborsRegressor()), "TransformedTargetRegressor", "KNeighborsRegr"),
    "pipeline inside": (TransformedTargetRegressor(make_pipeline(StandardScaler(), SVR())), "TransformedTarge", "SVR"),
    "in a pipeline": (make_pipeline(StandardScaler(), OneVsRestClassifier(SVC())), "OneVsRestClassifier", "SVC"),
    "boxes": (TransformedTargetRegressor(TransformedTargetRegressor(SVR())), "TransformedTargetRegressor", "SVR"),
}


@pytest.mark.parametrize("name", INSIDE)
def test_refusal_of_a_model_inside_names_the_outer_one_and_the_way_out(name):
    model, outer, inner = INSIDE[name]
    for attributor in (None, LeaveOneOut, InfluenceFunctions):
        supported, reason = supports(model, attributor)
        assert not supported
        assert reason.startswith(outer)
        assert f": {inner}" in reason
        assert reason.endswith("LeaveOneOut(estimator, method='refit')")
    # which is a way out
    y = BINARY if is_classifier(model) else REAL
    target = "prediction" if not is_classifier(model) else "class_probability" if name == "calibrated" else "margin"
    refits = LeaveOneOut(model, target=target, method="refit").fit(X[:12], y[:12])
    assert refits.attribute(X[:3], y[:3]).values.shape == (12,)
    with pytest.raises(UnsupportedEstimatorError, match=f"{outer}.*: {inner}"):
        adapt(clone(model).fit(X[:12], y[:12]), X[:12], y[:12])


def test_refusal_of_a_model_inside_on_blocks_names_the_outer_one():
    model = TransformedTargetRegressor(SVR()).fit(X, REAL)
    blocks = RowBlocks([(X[:40], REAL[:40]), (X[40:], REAL[40:])])
    with pytest.raises(UnsupportedEstimatorError, match="TransformedTargetRegressor: SVR inside"):
        InfluenceFunctions(model).fit(blocks)


@pytest.mark.parametrize("given", [("loo",), (DataTrimmer,)])
def test_supports_names_what_it_takes(given):
    with pytest.raises(TypeError, match="attributor must be an attributor"):
        supports(SVC(), *given)
    with pytest.raises(TypeError, match=r"estimator must be an instance, SVC\(\)"):
        supports(SVC)


WEIGHTLESS = {
    "neighbours": KNeighborsClassifier(),
    "radius of numbers": RadiusNeighborsRegressor(3.0),
    "discriminant": LinearDiscriminantAnalysis(),
    "quadratic": QuadraticDiscriminantAnalysis(),
    "process": GaussianProcessRegressor(alpha=1.0, optimizer=None),
    "pursuit": OrthogonalMatchingPursuit(),
    "in a pipeline": make_pipeline(StandardScaler(), KNeighborsRegressor()),
    "in a search": GridSearchCV(KNeighborsRegressor(), {"n_neighbors": [3]}, cv=2),
    "transformed": TransformedTargetRegressor(KNeighborsRegressor()),
}


@pytest.mark.parametrize("name", WEIGHTLESS)
def test_weights_are_refused_before_a_fit_that_takes_none(name):
    model = WEIGHTLESS[name]
    y = BINARY if is_classifier(model) else REAL
    match = "^[A-Za-z]+ takes no sample_weight; leave it out, or give a row's weight as so many copies of it$"
    for method in ("exact", "refit"):
        if supports(model, LeaveOneOut(method=method))[0]:
            with pytest.raises(UnsupportedEstimatorError, match=match):
                LeaveOneOut(model, method=method).fit(X, y, sample_weight=WEIGHTS)
    # refits of a fitted one, too
    with pytest.raises(UnsupportedEstimatorError, match=match):
        LeaveOneOut(clone(model).fit(X, y), method="refit").fit(X, y, sample_weight=WEIGHTS)
    with pytest.raises(UnsupportedEstimatorError, match=match):
        DataTrimmer(model, budget=2).fit(X, y, sample_weight=WEIGHTS)


def test_machine_without_support_vectors_moves_with_the_rows_at_the_ends():
    """The intercept is then the middle of an interval, which libsvm takes too."""
    model = SVR(epsilon=5 * np.ptp(REAL), gamma=0.1, tol=1e-8)
    effects = LeaveOneOut(model, target="prediction").fit(X, REAL).attribute(X[:1], REAL[:1]).values
    whole = model.fit(X, REAL).predict(X[:1])
    for row in (int(REAL.argmin()), int(REAL.argmax()), int(np.argsort(REAL)[len(REAL) // 2])):
        keep = np.delete(np.arange(len(X)), row)
        moved = model.fit(X[keep], REAL[keep]).predict(X[:1]) - whole
        np.testing.assert_allclose(effects[row], moved[0], atol=model.tol * np.ptp(REAL))
    assert np.count_nonzero(effects) == 2


def test_subclass_that_answers_otherwise_is_refused():
    class Sharper(KNeighborsClassifier):
        def predict_proba(self, X):
            return super().predict_proba(X) ** 2

    supported, reason = supports(Sharper(), LeaveOneOut)
    assert not supported
    assert "it has a predict_proba of its own" in reason
