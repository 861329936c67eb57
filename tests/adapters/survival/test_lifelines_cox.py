"""LifelinesCox: the same model as the fitter's own, where scikit-learn does the fitting."""

import pickle

import numpy as np
import pytest
from rounding import OPTIMA, SUMS
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from survival_cases import TABLE, lifelines, lifelines_model, survival

from skinfluence import LeaveOneOut, VersatileInfluence, supports
from skinfluence.models import LifelinesCox
from skinfluence.targets import Parameter
from skinfluence.testing import assert_near

COVARIATES = ["x1", "x2", "x3"]
X, Y = TABLE[[*COVARIATES, "weight", "stratum", "tied_entry"]], survival("tied")
SETTINGS = {"strata": "stratum", "weights_col": "weight", "entry_col": "tied_entry"}


def everything():
    """The model of the case of that name."""
    return LifelinesCox(lifelines.CoxPHFitter(penalizer=0.05), **SETTINGS)


def fitted_quietly(model):
    with pytest.warns(Warning, match="robust"):
        return model.fit(X, Y)


def test_coefficients_and_influence_are_those_of_the_fitter():
    fitter, table = lifelines_model("lifelines-everything")
    model = fitted_quietly(everything())
    assert_near(model.fitter_.params_.to_numpy(), fitter.params_.to_numpy(), OPTIMA)
    target = Parameter("x1")
    ours, theirs = (LeaveOneOut(m, target=target) for m in (model, fitter))
    assert_near(ours.fit(X, Y).attribute().values, theirs.fit(table).attribute().values, OPTIMA)
    for question in ("relative_risk", "partial_likelihood"):
        asked = ours.attribute(X[:30], Y[:30], target=question).values
        assert_near(asked, theirs.attribute(table[:30], target=question).values, OPTIMA)


def test_predictions_come_in_the_order_of_the_rows():
    model = LifelinesCox().fit(TABLE[COVARIATES], Y)
    expected = (TABLE[COVARIATES] - TABLE[COVARIATES].mean()).to_numpy() @ model.fitter_.params_.to_numpy()
    assert_near(model.predict(TABLE[COVARIATES]), expected, OPTIMA)
    repeated = TABLE[COVARIATES].set_axis(["same"] * len(TABLE))
    assert_near(model.predict(repeated), expected, OPTIMA)
    assert_near(model.score(TABLE[COVARIATES], Y), model.fitter_.concordance_index_, SUMS)


def test_estimator_clones_pickles_and_is_searched():
    model = LifelinesCox(lifelines.CoxPHFitter(penalizer=0.3))
    again = clone(model).fit(TABLE[COVARIATES], Y)
    assert again.fitter.penalizer == 0.3
    assert not hasattr(model, "fitter_")
    restored = pickle.loads(pickle.dumps(again))
    assert_near(restored.predict(TABLE[COVARIATES]), again.predict(TABLE[COVARIATES]), 0)
    grid = {"fitter": [lifelines.CoxPHFitter(penalizer=strength) for strength in (0.0, 100.0)]}
    search = GridSearchCV(LifelinesCox(), grid, cv=3).fit(TABLE[COVARIATES], Y)
    assert_near(
        VersatileInfluence(search, target=Parameter("x1")).fit(TABLE[COVARIATES], Y).attribute().values,
        VersatileInfluence(search.best_estimator_, target=Parameter("x1")).fit(TABLE[COVARIATES], Y).attribute().values,
        SUMS,
    )


def test_preprocessing_that_gives_frames_is_held_fixed():
    scale = make_column_transformer((StandardScaler(), COVARIATES), verbose_feature_names_out=False)
    pipeline = make_pipeline(scale.set_output(transform="pandas"), LifelinesCox()).fit(TABLE[COVARIATES], Y)
    moved = pipeline[0].transform(TABLE[COVARIATES])
    target = Parameter("x2")
    inner = VersatileInfluence(pipeline[-1], target=target).fit(moved, Y)
    outer = VersatileInfluence(pipeline, target=target).fit(TABLE[COVARIATES], Y)
    assert_near(outer.attribute().values, inner.attribute().values, SUMS)
    asked = outer.attribute(TABLE[COVARIATES][:9], Y[:9], target="partial_likelihood").values
    assert_near(asked, inner.attribute(moved[:9], Y[:9], target="partial_likelihood").values, SUMS)


def test_misuse_is_refused_with_the_way_out():
    with pytest.raises(ValueError, match="pass a DataFrame, got ndarray"):
        LifelinesCox().fit(TABLE[COVARIATES].to_numpy(), Y)
    with pytest.raises(ValueError, match="structured array of events"):
        LifelinesCox().fit(TABLE[COVARIATES], Y["time"])
    assert supports(LifelinesCox()) == (True, "")
    supported, reason = supports(LifelinesCox(lifelines.CoxPHFitter(penalizer=1.0, l1_ratio=1.0)))
    assert not supported
    assert "use l1_ratio=0" in reason
    attributor = VersatileInfluence(LifelinesCox())
    with pytest.raises(ValueError, match="name it as weights_col"):
        attributor.set_params(estimator=LifelinesCox().fit(TABLE[COVARIATES], Y)).fit(
            TABLE[COVARIATES], Y, sample_weight=np.ones(len(TABLE))
        )
