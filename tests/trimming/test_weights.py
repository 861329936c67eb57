"""Sample weights, and other fit arguments that are aligned with the rows."""

import numpy as np
import pytest
import sklearn
from noisy import flipped_labels
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skinfluence.attributors import RescaledInfluence
from skinfluence.trimming import DataTrimmer

data = flipped_labels()
trusted = {"X_val": data.X_val, "y_val": data.y_val}
weight = np.random.RandomState(0).randint(0, 4, size=200).astype(float)
tight = LogisticRegression(tol=1e-10, max_iter=10_000)
routings = pytest.mark.parametrize("routing", [False, True])


@routings
@pytest.mark.parametrize("model", [tight, make_pipeline(StandardScaler(), tight)])
def test_weights_enter_the_scores_and_the_refit(model, routing):
    with sklearn.config_context(enable_metadata_routing=routing):
        trimmer = DataTrimmer(model, budget=0.1).fit(data.X, data.y, sample_weight=weight, **trusted)
    influence = RescaledInfluence(model).fit(data.X, data.y, sample_weight=weight)
    expected = influence.attribute(data.X_val, data.y_val)
    np.testing.assert_array_equal(trimmer.influence_.values, expected.values)
    kept = trimmer.sample_indices_
    name = "sample_weight" if model is tight else "logisticregression__sample_weight"
    alone = clone(model).fit(data.X[kept], data.y[kept], **{name: weight[kept]})
    np.testing.assert_array_equal(trimmer.predict_proba(data.X), alone.predict_proba(data.X))


@pytest.mark.parametrize("target", ["auto", "self_influence", "loss"])
def test_rows_that_weigh_nothing_never_go(target):
    arguments = trusted if target == "loss" else {}
    trimmer = DataTrimmer(tight, target=target, budget=0.9, random_state=0)
    trimmer.fit(data.X, data.y, sample_weight=weight, **arguments)
    assert (weight[trimmer.trimmed_indices_] > 0).all()
    kept = weight[trimmer.sample_indices_] > 0
    assert set(data.y[trimmer.sample_indices_][kept]) == {0, 1}


def test_rows_that_weigh_nothing_do_not_change_what_goes():
    heavy = np.flatnonzero(weight)
    with_them = DataTrimmer(tight, budget=10).fit(data.X, data.y, sample_weight=weight, **trusted)
    without = DataTrimmer(tight, budget=10).fit(data.X[heavy], data.y[heavy], sample_weight=weight[heavy], **trusted)
    np.testing.assert_array_equal(with_them.trimmed_indices_, heavy[without.trimmed_indices_])


@pytest.mark.parametrize(
    ("bad", "match"),
    [
        (-np.ones(200), "Negative values in data passed to `sample_weight`"),
        (np.ones(5), r"sample_weight.shape == \(5,\), expected \(200,\)"),
        (np.full(200, np.nan), "sample_weight contains NaN"),
        (np.zeros(200), "at least one (non-zero|training row)"),
    ],
)
def test_trimmer_refuses_bad_weights(bad, match):
    trimmer = DataTrimmer(tight)
    with pytest.raises(ValueError, match=match):
        trimmer.fit(data.X, data.y, sample_weight=bad, **trusted)


def test_evaluation_weights_count():
    w = np.random.RandomState(1).randint(0, 3, size=100)
    weighted = DataTrimmer(tight).fit(data.X, data.y, sample_weight_val=w, **trusted)
    repeated = DataTrimmer(tight).fit(
        data.X, data.y, X_val=np.repeat(data.X_val, w, axis=0), y_val=np.repeat(data.y_val, w)
    )
    np.testing.assert_allclose(weighted.influence_.values, repeated.influence_.values, rtol=1e-9, atol=1e-13)


@routings
def test_weights_are_cut_to_the_folds_of_a_search(routing):
    """Routing needs no request call; the trimmer asks for the weights itself."""
    search = GridSearchCV(DataTrimmer(tight), {"budget": [0.0, 0.1]}, cv=3, error_score="raise")
    with sklearn.config_context(enable_metadata_routing=routing):
        search.fit(data.X, data.y, sample_weight=weight, **trusted)
    alone = DataTrimmer(tight).set_params(**search.best_params_)
    alone.fit(data.X, data.y, sample_weight=weight, **trusted)
    np.testing.assert_array_equal(search.predict_proba(data.X), alone.predict_proba(data.X))


def test_other_fit_arguments_reach_the_estimator_cut_to_the_kept_rows():
    class Records(LogisticRegression):
        def fit(self, X, y, sample_weight=None, tags=None, note=None):
            self.tags_, self.note_ = tags, note
            return super().fit(X, y, sample_weight)

    trimmer = DataTrimmer(Records(), budget=0.1)
    trimmer.fit(data.X, data.y, tags=np.arange(200), note="as it is", **trusted)
    np.testing.assert_array_equal(trimmer.estimator_.tags_, trimmer.sample_indices_)
    assert trimmer.estimator_.note_ == "as it is"
