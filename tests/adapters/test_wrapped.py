"""Transformed targets and calibrated classifiers: they have the effects of the model inside, and say so."""

import numpy as np
import pytest
from cases import AMOUNTS, BINARY, WEIGHTS, X, logistic
from rounding import OPTIMA, SUMS
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from skinfluence import InfluenceFunctions, LeaveOneOut
from skinfluence.adapters import adapt, supports

LOG = TransformedTargetRegressor(make_pipeline(StandardScaler(), Ridge()), func=np.log, inverse_func=np.exp)


def test_transformed_target_has_the_effects_of_the_regressor_of_transformed_labels():
    wrapped = InfluenceFunctions(LOG).fit(X, AMOUNTS, WEIGHTS).attribute(X, AMOUNTS).values
    inside = InfluenceFunctions(LOG.regressor).fit(X, np.log(AMOUNTS), WEIGHTS).attribute(X, np.log(AMOUNTS)).values
    np.testing.assert_allclose(wrapped, inside, rtol=SUMS)


def test_fitted_transformer_of_targets_is_held_fixed():
    ranks = QuantileTransformer(n_quantiles=20, output_distribution="normal")
    exact = LeaveOneOut(TransformedTargetRegressor(Ridge(), transformer=ranks)).fit(X, AMOUNTS)
    z = ranks.fit_transform(AMOUNTS[:, None])[:, 0]
    expected = LeaveOneOut(Ridge()).fit(X, z).params_change_
    np.testing.assert_allclose(exact.params_change_, expected, rtol=OPTIMA, atol=SUMS)


def test_transformed_target_says_its_space():
    assert "losses are in the space of the transformed y" in adapt(LOG.fit(X, AMOUNTS), X, AMOUNTS).note
    assert "losses are in the space of the transformed y" in InfluenceFunctions(LOG).fit(X, AMOUNTS).verdict_


def test_transformed_target_without_a_regressor_is_linear_regression():
    model = TransformedTargetRegressor().fit(X, AMOUNTS)
    assert supports(model) == (True, "")
    assert isinstance(adapt(model, X, AMOUNTS).final, LinearRegression)


def test_transformed_target_of_a_forest_is_refused():
    supported, reason = supports(TransformedTargetRegressor(RandomForestRegressor()))
    assert not supported
    assert "RandomForestRegressor has no exact treatment" in reason


@pytest.mark.parametrize("inner", [logistic(), make_pipeline(StandardScaler(), logistic())], ids=["", "pipeline"])
def test_calibrated_classifier_has_the_effects_of_the_classifier_inside(inner):
    wrapped = InfluenceFunctions(CalibratedClassifierCV(inner, ensemble=False, cv=3)).fit(X, BINARY)
    plain = InfluenceFunctions(inner).fit(X, BINARY)
    np.testing.assert_allclose(wrapped.attribute(X, BINARY).values, plain.attribute(X, BINARY).values, rtol=SUMS)
    assert "before its calibration" in wrapped.verdict_


def test_calibration_of_a_frozen_classifier_has_its_effects():
    frozen = FrozenEstimator(logistic().fit(X, BINARY))
    fitted = CalibratedClassifierCV(frozen).fit(X[:40], BINARY[:40])
    assert supports(fitted)[0] == (len(fitted.calibrated_classifiers_) == 1)


@pytest.mark.parametrize("fitted", [False, True])
def test_calibrated_ensemble_is_refused(fitted):
    model = CalibratedClassifierCV(logistic(), ensemble=True, cv=3)
    supported, reason = supports(model.fit(X, BINARY) if fitted else model)
    assert not supported
    assert "use ensemble=False" in reason
