"""Estimators without an exact treatment are refused by name, with the way out."""

import pytest
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.linear_model import LogisticRegression, Perceptron, QuantileRegressor
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, RegressorChain
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.svm import NuSVC, NuSVR, OneClassSVM
from sklearn.tree import DecisionTreeRegressor

from skinfluence.adapters import supports

REFUSED = {
    NuSVC: "use SVC",
    NuSVR: "KernelRidge",
    OneClassSVM: "supported classifier",
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
