"""What attributors of models without an objective, or before ``fit``, do not have: absent, for a reason in words."""

import numpy as np
import pytest
from cases import BINARY, REAL, X, logistic
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, RadiusNeighborsRegressor
from sklearn.svm import SVC, SVR

from skinfluence import InfluenceFunctions, InfluenceSketch, LeaveOneOut, Leverage, NewtonStep, RescaledInfluence

WITHOUT_OBJECTIVE = [
    LeaveOneOut(KNeighborsClassifier()),
    LeaveOneOut(RadiusNeighborsRegressor(2.0)),
    LeaveOneOut(SVC()),
    LeaveOneOut(SVR()),
    LeaveOneOut(GaussianNB()),
    LeaveOneOut(LinearDiscriminantAnalysis()),
    InfluenceFunctions(SVC()),
    InfluenceFunctions(GaussianNB()),
]
#: private names, which no message may show
INTERNAL = ["preparation_", "Neighbours'", "SupportVectors'", "Sums'", "OutputModel", "removal_terms", "object has no"]


def said(attributor, name):
    """The message of an attribute that is absent."""
    assert not hasattr(attributor, name)
    with pytest.raises(AttributeError) as raised:
        getattr(attributor, name)
    return str(raised.value)


@pytest.mark.parametrize(
    "attributor", WITHOUT_OBJECTIVE, ids=lambda each: f"{type(each).__name__}-{type(each.estimator).__name__}"
)
@pytest.mark.parametrize("name", ["problem_", "factor_", "terms_", "params_change_"])
def test_model_without_an_objective_has_no_optimum(attributor, name):
    if name == "params_change_" and not isinstance(attributor, LeaveOneOut):
        return
    attributor.fit(X, REAL if isinstance(attributor.estimator, SVR | RadiusNeighborsRegressor) else BINARY)
    message = said(attributor, name)
    final = type(attributor.estimator).__name__
    assert message.startswith(f"{type(attributor).__name__} has no {name} here: {final} is not the optimum of")
    assert message.endswith("ask attribute or removal for effects of rows on predictions")
    assert not [word for word in INTERNAL if word in message]
    assert np.isnan(attributor.stationarity_)


@pytest.mark.parametrize("name", ["problem_", "factor_", "terms_", "params_change_"])
def test_refits_have_no_optimum(name):
    message = said(LeaveOneOut(logistic(), method="refit").fit(X, BINARY), name)
    assert f"no {name} here: method='refit' looks at nothing but the outputs" in message
    assert "use method='exact'" in message


@pytest.mark.parametrize(
    "cls", [LeaveOneOut, InfluenceFunctions, InfluenceSketch, NewtonStep, RescaledInfluence, Leverage]
)
def test_attributes_of_a_fit_are_absent_before_it(cls):
    names = ["problem_", "factor_", "terms_", "stationarity_", "verdict_", "params_change_", "rescaled_terms_"]
    names += ["sketch_", "row_sketch_", "leverage_", "output_leverage_"]
    for name in filter(lambda each: hasattr(cls, each), names):
        assert not hasattr(cls(), name)
        with pytest.raises(NotFittedError, match=f"This {cls.__name__} instance is not fitted yet"):
            getattr(cls(), name)


def test_attributes_are_there_where_there_is_an_optimum():
    fitted = LeaveOneOut(Ridge()).fit(X, REAL)
    assert all(hasattr(fitted, name) for name in ("problem_", "factor_", "terms_", "params_change_"))
    assert fitted.stationarity_ < 1
