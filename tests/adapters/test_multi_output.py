"""MultiOutputRegressor: its effects are sums over regressors; what is refused."""

import numpy as np
import pytest
from cases import TWO_REALS, WEIGHTS, X
from rounding import OPTIMA, SUMS
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVR

from skinfluence import InfluenceFunctions
from skinfluence.adapters import supports


@pytest.mark.parametrize(
    "model", [Ridge(2.0), RidgeCV(alphas=[0.1, 1.0, 10.0])], ids=lambda model: type(model).__name__
)
def test_effects_on_several_targets_are_those_on_each_summed(model):
    together = InfluenceFunctions(MultiOutputRegressor(model)).fit(X, TWO_REALS, WEIGHTS)
    apart = [InfluenceFunctions(model).fit(X, y, WEIGHTS).attribute(X, y).values for y in TWO_REALS.T]
    np.testing.assert_allclose(together.attribute(X, TWO_REALS).values, sum(apart), rtol=OPTIMA, atol=SUMS)


@pytest.mark.parametrize(
    ("inner", "way_out"),
    [
        (make_pipeline(StandardScaler(), Ridge()), "put preprocessing before"),
        (LinearSVR(loss="squared_epsilon_insensitive"), "use Ridge or LinearRegression inside"),
        (Ridge(positive=True), "use positive=False"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_multi_output_refusal_names_the_way_out(inner, way_out):
    supported, reason = supports(MultiOutputRegressor(inner))
    assert not supported
    assert way_out in reason
