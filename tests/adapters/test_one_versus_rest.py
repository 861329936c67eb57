"""OneVsRestClassifier: its effects are sums over binary models; what is refused."""

import numpy as np
import pytest
from cases import BINARY, THREE, WORDS, X, logistic, svc
from rounding import EFFECTS, OPTIMA, SUMS
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegressionCV, Ridge, RidgeClassifierCV, SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skinfluence import DFBETAS, InfluenceFunctions, LeaveOneOut
from skinfluence.adapters import adapt, supports
from skinfluence.exceptions import UnsupportedEstimatorError


@pytest.mark.parametrize("method", [InfluenceFunctions, LeaveOneOut])
def test_one_versus_rest_effects_are_those_of_the_binary_models_summed(method):
    together = method(OneVsRestClassifier(logistic())).fit(X, WORDS).attribute(X, WORDS, aggregate=False).values
    apart = 0
    for label in np.unique(WORDS):
        own = (label == WORDS).astype(int)
        apart += method(logistic()).fit(X, own).attribute(X, own, aggregate=False).values
    # separate factorisations of separate problems
    np.testing.assert_allclose(together, apart, rtol=OPTIMA, atol=SUMS)


def test_one_versus_rest_of_linear_svc_is_linear_svc():
    effects = [
        InfluenceFunctions(model).fit(X, THREE).attribute(X, THREE).values
        for model in (OneVsRestClassifier(svc()), svc())
    ]
    np.testing.assert_allclose(*effects, rtol=1e-7, atol=SUMS)


def test_one_versus_rest_of_two_classes_is_the_binary_model():
    effects = [
        InfluenceFunctions(model).fit(X, BINARY).attribute(X, BINARY).values
        for model in (OneVsRestClassifier(logistic()), logistic())
    ]
    np.testing.assert_allclose(*effects, rtol=OPTIMA)


@pytest.mark.parametrize(
    ("inner", "way_out"),
    [
        (make_pipeline(StandardScaler(), logistic()), "put preprocessing before"),
        (RidgeClassifierCV(), "use the chosen one, or a search around"),
        (LogisticRegressionCV(), "use the chosen one, or a search around"),
        (SGDClassifier(loss="log_loss"), "use it as it is"),
        (Ridge(), "use RidgeClassifier"),
        (RandomForestClassifier(), r"LeaveOneOut(estimator, method='refit')"),
        (svc(loss="hinge"), "use loss='squared_hinge'"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_one_versus_rest_refusal_names_the_way_out(inner, way_out):
    supported, reason = supports(OneVsRestClassifier(inner))
    assert not supported
    assert way_out in reason


@pytest.mark.parametrize("rule", ["balanced", {0: 0.5, 1: 2.0}], ids=["balanced", "dict"])
@pytest.mark.parametrize("method", [InfluenceFunctions, LeaveOneOut, DFBETAS])
def test_class_weight_inside_is_that_of_each_binary_model(rule, method):
    inner = logistic(class_weight=rule)
    together, apart = method(OneVsRestClassifier(inner)).fit(X, WORDS), []
    for label in np.unique(WORDS):
        own = (label == WORDS).astype(int)
        single = method(inner).fit(X, own)
        apart.append(single.attribute().values if method is DFBETAS else single.attribute(X, own).values)
    if method is DFBETAS:
        expected = np.hstack([*(part[:, :3] for part in apart), *(part[:, 3:] for part in apart)])
        np.testing.assert_allclose(together.attribute().values, expected, rtol=1e-7, atol=EFFECTS)
    else:
        np.testing.assert_allclose(together.attribute(X, WORDS).values, sum(apart), rtol=1e-7, atol=EFFECTS)


def test_rows_with_several_labels_are_refused():
    labels = np.column_stack([BINARY, 1 - BINARY, X[:, 0] > 0]).astype(int)
    model = OneVsRestClassifier(logistic()).fit(X, labels)
    with pytest.raises(UnsupportedEstimatorError, match="one attributor for each column of y"):
        adapt(model, X, labels)
