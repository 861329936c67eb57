"""Estimators without an exact treatment are refused by name, with the way out."""

import numpy as np
import pytest
from cases import BINARY, X
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.linear_model import LogisticRegression, Perceptron, QuantileRegressor
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, RegressorChain
from sklearn.naive_bayes import BernoulliNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.svm import NuSVC, NuSVR, OneClassSVM
from sklearn.tree import DecisionTreeRegressor

from skinfluence import LeaveOneOut
from skinfluence.adapters import supports

REFUSED = {
    NuSVC: "use SVC",
    NuSVR: "KernelRidge",
    OneClassSVM: "supported classifier",
    QuadraticDiscriminantAnalysis: "LinearDiscriminantAnalysis",
    BernoulliNB: "GaussianNB",
    GaussianProcessClassifier: "Nystroem",
    QuantileRegressor: "HuberRegressor",
    Perceptron: "LogisticRegression",
    MLPClassifier: "last hidden layer",
    MLPRegressor: "last hidden layer",
    DecisionTreeRegressor: "splits jump",
    RandomForestClassifier: "splits jump",
    GradientBoostingRegressor: "splits jump",
    HistGradientBoostingClassifier: "splits jump",
}


@pytest.mark.parametrize("estimator", REFUSED)
def test_refusal_gives_the_reason_and_the_way_out(estimator):
    supported, reason = supports(estimator())
    assert not supported
    assert reason.startswith(f"{estimator.__name__} has no exact treatment: ")
    assert REFUSED[estimator] in reason
    assert "LeaveOneOut(estimator, method='refit')" in reason


@pytest.mark.parametrize("estimator", [MultiOutputClassifier, ClassifierChain, RegressorChain])
def test_several_labels_are_explained_one_by_one(estimator):
    supported, reason = supports(estimator(LogisticRegression()))
    assert not supported
    assert "explain each estimators_[j]" in reason


@pytest.mark.parametrize("estimator", [BernoulliNB, QuadraticDiscriminantAnalysis])
def test_way_out_of_a_refusal_is_open(estimator):
    by_refit = LeaveOneOut(estimator(), method="refit").fit(X[:20], BINARY[:20])
    assert np.isfinite(by_refit.attribute(X, BINARY).values).all()
