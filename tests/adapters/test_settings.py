"""Settings that scikit-learn refuses to fit are told by ``supports``, and those that it fits are not."""

import numpy as np
import pytest
import sklearn
from cases import BINARY, CASES, COUNTS, REAL, X
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import (
    HuberRegressor,
    Lasso,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR

from skinfluence import LeaveOneOut, supports

SQUARED = {"loss": "squared_epsilon_insensitive"}
REFUSED = {
    "shrinkage": LinearDiscriminantAnalysis(shrinkage=0.1),
    "shrinkage range": LinearDiscriminantAnalysis(solver="lsqr", shrinkage=2.0),
    "quadratic": QuadraticDiscriminantAnalysis(reg_param=2.0),
    "solver and l1": LogisticRegression(penalty="l1"),
    "solver and dual": LogisticRegression(dual=True),
    "no penalty": LogisticRegression(penalty=None, solver="liblinear"),
    "type": LogisticRegression(C=-1),
    "dual and l1": LinearSVC(penalty="l1", dual=True),
    "dual": LinearSVR(dual="never", **SQUARED),
    "bounded": Ridge(solver="lbfgs"),
    "bounded classifier": RidgeClassifier(solver="lbfgs"),
    "tree and metric": KNeighborsClassifier(algorithm="kd_tree", metric="cosine"),
    "tree and function": KNeighborsRegressor(algorithm="kd_tree", metric=lambda a, b: abs(a - b).max()),
    "neighbours": KNeighborsClassifier(0),
    "machine": SVC(gamma=-1),
    "machine of numbers": SVR(kernel="cubic"),
    "Bayes": GaussianNB(var_smoothing=-1),
    "counts": BernoulliNB(alpha=-1),
    "poisson": PoissonRegressor(alpha=-1),
    "huber": HuberRegressor(epsilon=0.5),
    "lasso": Lasso(alpha=-1),
    "kernel": KernelRidge(kernel="cubic"),
    "gradients": SGDClassifier(loss="log_loss", alpha=-1),
    "in a pipeline": make_pipeline(StandardScaler(), LogisticRegression(dual=True)),
    "rest": OneVsRestClassifier(LogisticRegression(C=-1)),
    "transformed": TransformedTargetRegressor(make_pipeline(StandardScaler(), Ridge(solver="lbfgs"))),
    "calibrated": CalibratedClassifierCV(LogisticRegression(dual=True), ensemble=False),
    "calibration": CalibratedClassifierCV(LogisticRegression(), method="none", ensemble=False),
}
if tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 8):
    REFUSED["quadratic shrinkage"] = QuadraticDiscriminantAnalysis(shrinkage=0.1)
    REFUSED["ratio"] = LogisticRegression(l1_ratio=0.5, solver="liblinear")
    REFUSED["endless C"] = LogisticRegression(C=np.inf, solver="liblinear")


@pytest.mark.filterwarnings("ignore:'penalty' was deprecated:FutureWarning")
@pytest.mark.parametrize("name", REFUSED)
def test_settings_that_scikit_learn_refuses_are_not_supported(name):
    model = REFUSED[name]
    with pytest.raises((ValueError, NotImplementedError)):
        clone(model).fit(np.abs(X), BINARY if is_classifier(model) else COUNTS)
    for method in (None, LeaveOneOut(), LeaveOneOut(method="refit")):
        supported, reason = supports(model, method)
        assert not supported
        assert "scikit-learn refuses to fit it: " in reason


@pytest.mark.parametrize("method", [None, LeaveOneOut], ids=["any", "LeaveOneOut"])
def test_settings_that_scikit_learn_fits_are_supported(method):
    models = [case.estimator for case in CASES]
    refused = [model for model in models if not supports(model, method)[0]]
    assert not refused


def test_search_may_replace_what_is_refused():
    search = GridSearchCV(LinearDiscriminantAnalysis(shrinkage=0.1), {"solver": ["lsqr"]})
    assert supports(search, LeaveOneOut) == (True, "")
    assert supports(make_pipeline(StandardScaler(), search), LeaveOneOut) == (True, "")


def test_fitted_estimator_has_settings_that_could_be_fitted():
    assert supports(Ridge().fit(X, REAL).set_params(solver="lbfgs")) == (True, "")
