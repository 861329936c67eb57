"""Questions made by another attributor: accepted where the models are alike, refused with what differs elsewhere."""

import numpy as np
import pytest
from cases import BINARY, CASES, REAL, TWO_REALS, X, logistic
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.svm import SVC

from skinfluence import InfluenceFunctions, LeaveOneOut, NewtonStep, RescaledInfluence
from skinfluence.exceptions import UnsupportedQuestionError, UnsupportedTargetError
from skinfluence.models import ListMLERanker
from skinfluence.targets import Loss, Parameter

PLAIN = make_pipeline(StandardScaler(), logistic())
SQUARES = make_pipeline(PolynomialFeatures(), logistic())
METHODS = [RescaledInfluence(), NewtonStep(), LeaveOneOut(), LeaveOneOut(method="refit")]


def asking(attributor, question):
    """Everything that takes a question."""
    return {
        "attribute": lambda: attributor.attribute(question),
        "evaluate": lambda: attributor.evaluate(question),
        "predicted": lambda: attributor.predicted([[0]], question),
        "actual": lambda: attributor.actual([[0]], question),
        "removal": lambda: attributor.removal([0], question),
        "removals": lambda: attributor.removals([[0]], question),
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_model_answers_its_own_question(case):
    attributor = InfluenceFunctions(case.estimator, polish=True).fit(case.X, case.y, sample_weight=case.sample_weight)
    rows = case.X[:4], case.y[:4]
    asked, given = attributor.attribute(attributor.question(*rows)), attributor.attribute(*rows)
    np.testing.assert_array_equal(asked.values, given.values)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: f"{type(method).__name__}-{method.evaluation}")
def test_question_on_other_features_is_refused(method):
    question = RescaledInfluence(PLAIN).fit(X, BINARY).question(X[:5], BINARY[:5])
    attributor = method.set_params(estimator=SQUARES).fit(X, BINARY)
    ways = asking(attributor, question)
    for name in ways if getattr(method, "method", "") != "refit" else ("attribute", "evaluate", "predicted", "actual"):
        with pytest.raises(UnsupportedQuestionError, match="final step sees 3 features, and here it sees 10; use"):
            ways[name]()


@pytest.mark.parametrize("model", [KNeighborsClassifier(), SVC(gamma=0.1)], ids=["neighbours", "machine"])
def test_question_on_other_features_is_refused_by_structures(model):
    question = LeaveOneOut(model).fit(X[:, :2], BINARY).question(X[:5, :2], BINARY[:5])
    for ask in asking(LeaveOneOut(model).fit(X, BINARY), question).values():
        with pytest.raises(UnsupportedQuestionError, match="final step sees 2 features, and here it sees 3; use"):
            ask()


def test_question_to_a_ranker_on_other_features_is_refused():
    lists = np.array([[0, 1], [1, 0], [0, 1]])
    few, many = (
        InfluenceFunctions(ListMLERanker(np.zeros((2, p)), objects="queries"), polish=True).fit(X[:3, :p], lists)
        for p in (1, 2)
    )
    with pytest.raises(UnsupportedQuestionError, match="sees 1 features, and here it sees 2"):
        many.attribute(few.question(X[:3, :1], lists))


def test_question_about_other_outputs_is_refused():
    one, two = (LeaveOneOut(LinearRegression()).fit(X, y) for y in (REAL, TWO_REALS))
    for attributor, question in ((one, two.question(X, TWO_REALS)), (two, one.question(X, REAL))):
        with pytest.raises(UnsupportedQuestionError, match="made for a model of . outputs, and here there are ."):
            attributor.attribute(question)


@pytest.mark.parametrize("target", [Parameter(0), Parameter(0) + Loss()], ids=["alone", "in a sum"])
def test_question_about_parameters_needs_some(target):
    question = LeaveOneOut(logistic()).fit(X, BINARY).question(X, BINARY, target=target)
    with pytest.raises(UnsupportedTargetError, match="a function of parameters, which this model does not have"):
        LeaveOneOut(KNeighborsClassifier()).fit(X, BINARY).attribute(question)


@pytest.mark.parametrize(
    "model",
    [PLAIN, KernelRidge(kernel="rbf"), GaussianProcessRegressor(alpha=0.1), Ridge()],
    ids=lambda m: type(m).__name__,
)
def test_question_of_another_method_on_the_same_model_is_taken(model):
    y = BINARY if model is PLAIN else REAL
    made = InfluenceFunctions(model).fit(X, y).question(X[:5], y[:5])
    attributor = LeaveOneOut(model).fit(X, y)
    np.testing.assert_array_equal(attributor.attribute(made).values, attributor.attribute(X[:5], y[:5]).values)
