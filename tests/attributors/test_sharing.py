"""Attributors that take the optimum and the factor of another one over."""

from unittest import mock

import numpy as np
import pytest
from cases import BINARY, COUNTS, REAL, THREE, WEIGHTS, X, logistic, poisson
from rounding import SUMS
from sklearn.linear_model import LogisticRegression, Ridge

from skinfluence.attributors import (
    CooksDistance,
    InfluenceFunctions,
    InfluenceSketch,
    LeaveOneOut,
    NewtonStep,
    RelativeInfluence,
    RescaledInfluence,
    SecondOrderInfluence,
)
from skinfluence.exceptions import UnsupportedQuestionError
from skinfluence.solvers import Solver
from skinfluence.testing import assert_near

MODELS = {
    "default tolerance": (LogisticRegression(), BINARY),
    "softmax": (logistic(), THREE),
    "mean form": (poisson(), COUNTS),
    "squared": (Ridge(), REAL),
}
METHODS = [InfluenceFunctions, RescaledInfluence, NewtonStep, SecondOrderInfluence, RelativeInfluence, LeaveOneOut]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("cls", METHODS)
def test_shared_preparation_gives_the_answers_of_a_fit(name, cls):
    estimator, y = MODELS[name]
    first = NewtonStep(estimator, target="prediction" if name == "squared" else "loss").fit(X, y, sample_weight=WEIGHTS)
    own = cls(estimator, target=first.target).fit(X, y, sample_weight=WEIGHTS)
    with mock.patch.object(Solver, "prepare", side_effect=AssertionError("factored")):
        shared = cls.from_fitted(first)
    assert type(shared) is cls
    assert shared.factor_ is first.factor_
    assert shared.verdict_ == own.verdict_
    assert_near(shared.attribute(X[:9], y[:9]).values, own.attribute(X[:9], y[:9]).values, SUMS)


def test_diagnostics_share_too():
    shared = CooksDistance.from_fitted(RescaledInfluence(logistic()).fit(X, BINARY))
    assert_near(shared.attribute().values, CooksDistance(logistic()).fit(X, BINARY).attribute().values, SUMS)


def test_what_one_method_says_of_itself_stays_with_it():
    sketch = InfluenceSketch(logistic()).fit(X, BINARY)
    assert "random projection" in sketch.verdict_
    assert "random projection" not in InfluenceFunctions.from_fitted(sketch).verdict_


def test_arguments_of_the_method_are_its_own():
    rescaled = RescaledInfluence(logistic(), solver="eigen", damping=0.2).fit(X, BINARY)
    first = InfluenceFunctions.from_fitted(rescaled, target="margin", evaluation="moved")
    assert (first.target, first.evaluation, first.solver, first.damping) == ("margin", "moved", "eigen", 0.2)


@pytest.mark.parametrize(
    ("cls", "attributor", "parameters", "error", "match"),
    [
        (RescaledInfluence, InfluenceFunctions(logistic()), {"damping": 0.1}, ValueError, "leave it out, or fit Resc"),
        (RescaledInfluence, InfluenceFunctions(logistic()), {"evaluation": "odd"}, ValueError, "must be 'linear' or"),
        (LeaveOneOut, InfluenceFunctions(logistic(), damping=1.0), {}, ValueError, "needs damping=0"),
        (
            LeaveOneOut,
            InfluenceFunctions(logistic()),
            {"method": "refit"},
            UnsupportedQuestionError,
            "refits share no factor",
        ),
        (
            RescaledInfluence,
            LeaveOneOut(logistic(), method="refit"),
            {},
            UnsupportedQuestionError,
            "use one with a factor",
        ),
    ],
)
def test_sharing_refuses(cls, attributor, parameters, error, match):
    with pytest.raises(error, match=match):
        cls.from_fitted(attributor.fit(X, BINARY), **parameters)


def test_sharing_asks_for_a_fitted_attributor():
    with pytest.raises(ValueError, match="not fitted"):
        RescaledInfluence.from_fitted(InfluenceFunctions(logistic()))
    assert np.isfinite(RescaledInfluence.from_fitted(InfluenceFunctions(logistic()).fit(X, BINARY)).stationarity_)
