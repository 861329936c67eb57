"""Pipelines of imbalanced-learn that resample rows: refits of all of it, or a refusal with the way out."""

import numpy as np
import pytest
from cases import BINARY, X, logistic
from rounding import SUMS
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skinfluence import DataTrimmer, InfluenceFunctions, LeaveOneOut, NewtonStep, RescaledInfluence, supports
from skinfluence.exceptions import StationarityWarning, UnsupportedEstimatorError
from skinfluence.targets import Scorer
from skinfluence.testing import assert_near

imblearn = pytest.importorskip("imblearn")
pipeline = pytest.importorskip("imblearn.pipeline").make_pipeline
over = pytest.importorskip("imblearn.over_sampling")
under = pytest.importorskip("imblearn.under_sampling")

TRAIN, EVAL = slice(0, 40), slice(40, None)
#: few rows of class 1
ROWS = np.r_[np.flatnonzero(BINARY == 0)[:25], np.flatnonzero(BINARY == 1)[:9]]
HELD = np.setdiff1d(np.arange(len(X)), ROWS)


def first_half(X, y):
    """Rows with a first feature below its upper quartile."""
    kept = X[:, 0] < np.quantile(X[:, 0], 0.75)
    return X[kept], y[kept]


SMOTE = over.SMOTE(random_state=0, k_neighbors=3)
PIPELINES = {
    "smote": pipeline(SMOTE, logistic()),
    "scaled": pipeline(StandardScaler(), SMOTE, PCA(2), logistic()),
    "function": pipeline(imblearn.FunctionSampler(func=first_half), logistic()),
    "two samplers": pipeline(SMOTE, under.RandomUnderSampler(random_state=0), logistic()),
    "nested": make_pipeline(StandardScaler(), pipeline(SMOTE, logistic())),
    "search": GridSearchCV(pipeline(SMOTE, logistic()), {"logisticregression__C": [1.0]}, cv=2),
    "threshold": FixedThresholdClassifier(pipeline(SMOTE, logistic()), threshold=0.3),
    "neighbours": pipeline(SMOTE, KNeighborsClassifier(3)),
}
every_pipeline = pytest.mark.parametrize("name", PIPELINES)
refits = {"method": "refit", "refit_preprocessing": True}


def probability_of_own_class(model):
    return model.predict_proba(X[HELD])[np.arange(len(HELD)), BINARY[HELD]].sum()


@every_pipeline
@pytest.mark.parametrize("settings", [refits, {"method": "auto"}], ids=["refit", "auto"])
def test_the_whole_pipeline_is_fitted_without_the_row(name, settings):
    estimator = PIPELINES[name]
    attributor = LeaveOneOut(estimator, target="class_probability", **settings).fit(X[ROWS], BINARY[ROWS])
    before = probability_of_own_class(clone(estimator).fit(X[ROWS], BINARY[ROWS]))
    assert attributor.evaluate(X[HELD], BINARY[HELD]) == pytest.approx(before, rel=1e-12)
    found = attributor.attribute(X[HELD], BINARY[HELD], train_groups=np.arange(len(ROWS)) % 11)
    for group in range(0, 11, 5):
        left = ROWS[np.arange(len(ROWS)) % 11 != group]
        expected = probability_of_own_class(clone(estimator).fit(X[left], BINARY[left])) - before
        # rounding of the sum over the rows
        assert found.values[group] == pytest.approx(expected, abs=SUMS * len(HELD))
    assert "refitting the whole estimator" in found.estimand
    assert supports(estimator, LeaveOneOut(**settings)) == (True, "")


def test_single_rows_are_deleted_before_they_are_resampled():
    estimator = PIPELINES["smote"]
    values = LeaveOneOut(estimator, **refits).fit(X[ROWS], BINARY[ROWS]).attribute(X[HELD], BINARY[HELD]).values

    def loss(rows):
        model = clone(estimator).fit(X[rows], BINARY[rows])
        return -np.log(model.predict_proba(X[HELD])[np.arange(len(HELD)), BINARY[HELD]]).sum()

    expected = [loss(np.delete(ROWS, row)) - loss(ROWS) for row in range(len(ROWS))]
    # sums over the evaluation rows, of which most cancel
    assert_near(values, expected, 0, SUMS * len(HELD))


@every_pipeline
def test_everything_else_is_refused_before_a_fit(name, monkeypatch):
    estimator = clone(PIPELINES[name])
    monkeypatch.setattr(type(estimator), "fit", None)
    for attributor in (InfluenceFunctions, NewtonStep, LeaveOneOut(), LeaveOneOut(method="refit")):
        asked = attributor() if isinstance(attributor, type) else attributor
        supported, reason = supports(estimator, attributor)
        assert not supported
        assert "refit_preprocessing=True" in reason
        with pytest.raises(UnsupportedEstimatorError, match="the step '(.*sampler|smote)'.*resamples rows") as refusal:
            asked.set_params(estimator=estimator).fit(X[ROWS], BINARY[ROWS])
        assert str(refusal.value) == reason


def test_fitted_pipelines_are_refused_alike():
    fitted = clone(PIPELINES["scaled"]).fit(X[ROWS], BINARY[ROWS])
    for attributor in (InfluenceFunctions(fitted), LeaveOneOut(fitted, method="refit")):
        with pytest.raises(UnsupportedEstimatorError, match="the step 'smote' of the Pipeline, SMOTE, resamples rows"):
            attributor.fit(X[ROWS], BINARY[ROWS])
    with pytest.raises(UnsupportedEstimatorError, match="FrozenEstimator keeps the fit"):
        LeaveOneOut(FrozenEstimator(fitted), **refits).fit(X[ROWS], BINARY[ROWS])


def test_a_sampler_that_finds_too_few_rows_gives_no_answer():
    # five rows of class 1, each of which needs four others
    rows = np.r_[np.flatnonzero(BINARY == 0)[:12], np.flatnonzero(BINARY == 1)[:5]]
    estimator = pipeline(over.SMOTE(random_state=0, k_neighbors=4), logistic())
    influence = LeaveOneOut(estimator, **refits).fit(X[rows], BINARY[rows]).attribute(X[HELD], BINARY[HELD])
    np.testing.assert_array_equal(np.isnan(influence.values), BINARY[rows] == 1)
    assert "no answer (nan) for 5 of 17 rows" in influence.verdict
    assert "too few rows of a class for its step 'smote', SMOTE" in influence.verdict


def test_weights_do_not_follow_resampled_rows():
    for attributor in (LeaveOneOut(PIPELINES["smote"], **refits), DataTrimmer(PIPELINES["smote"])):
        with pytest.raises(UnsupportedEstimatorError, match="weights do not follow them; leave sample_weight out"):
            attributor.fit(X[ROWS], BINARY[ROWS], sample_weight=np.ones(len(ROWS)))


def test_a_sampler_without_a_seed_is_warned_of():
    estimator = pipeline(over.RandomOverSampler(shrinkage=1.0), logistic())
    with pytest.warns(StationarityWarning, match="randomoversampler__random_state=None"):
        LeaveOneOut(estimator, **refits).fit(X[ROWS], BINARY[ROWS])


# ---------------------------------------------------------------- trimming


def test_trimmer_ranks_by_refits_of_the_whole_pipeline():
    estimator = PIPELINES["scaled"]
    trimmer = DataTrimmer(estimator, budget=4).fit(X[ROWS], BINARY[ROWS], X_val=X[HELD], y_val=BINARY[HELD])
    expected = LeaveOneOut(estimator, **refits).fit(X[ROWS], BINARY[ROWS]).attribute(X[HELD], BINARY[HELD])
    np.testing.assert_array_equal(trimmer.influence_.values, expected.values)
    np.testing.assert_array_equal(trimmer.trimmed_indices_, np.argsort(expected.values)[:4])
    left = np.delete(ROWS, trimmer.trimmed_indices_)
    by_hand = clone(estimator).fit(X[left], BINARY[left])
    np.testing.assert_array_equal(trimmer.predict_proba(X), by_hand.predict_proba(X))
    measured = -np.log(by_hand.predict_proba(X[HELD])[np.arange(len(HELD)), BINARY[HELD]]).sum()
    assert trimmer.path_["measured"][-1] == pytest.approx(measured, rel=1e-12)


def test_trimmer_without_validation_rows_ranks_by_out_of_fold_losses_of_the_pipeline():
    folds = [(np.arange(len(ROWS)) % 3 != fold, np.arange(len(ROWS)) % 3 == fold) for fold in range(3)]
    folds = [(np.flatnonzero(train), np.flatnonzero(test)) for train, test in folds]
    trimmer = DataTrimmer(PIPELINES["smote"], budget=3, cv=folds).fit(X[ROWS], BINARY[ROWS])
    for train, test in folds:
        model = clone(PIPELINES["smote"]).fit(X[ROWS[train]], BINARY[ROWS[train]])
        loss = -np.log(model.predict_proba(X[ROWS[test]])[np.arange(len(test)), BINARY[ROWS[test]]])
        assert_near(trimmer.influence_.values[test], loss, SUMS)


def test_trimmer_measures_scores_of_the_pipeline_itself():
    trimmer = DataTrimmer(PIPELINES["threshold"], target=Scorer("accuracy"), budget=2, strategy="iterative", step=1)
    trimmer.fit(X[ROWS], BINARY[ROWS], X_val=X[HELD], y_val=BINARY[HELD])
    assert trimmer.path_["measured"][-1] == pytest.approx(trimmer.estimator_.score(X[HELD], BINARY[HELD]))


def test_trimmer_takes_a_linear_surrogate_without_the_samplers_where_it_is_told():
    estimator = PIPELINES["scaled"]
    trimmer = DataTrimmer(estimator, attributor=RescaledInfluence(), budget=4)
    trimmer.fit(X[ROWS], BINARY[ROWS], X_val=X[HELD], y_val=BINARY[HELD])
    surrogate = make_pipeline(StandardScaler(), PCA(2), logistic())
    expected = RescaledInfluence(surrogate).fit(X[ROWS], BINARY[ROWS]).attribute(X[HELD], BINARY[HELD])
    # the surrogate stops at scikit-learn's tolerance, and is polished from there
    assert_near(trimmer.influence_.values, expected.values, 1e-6)
    own = DataTrimmer(estimator, target="self_influence", budget=4).fit(X[ROWS], BINARY[ROWS])
    expected = RescaledInfluence(surrogate).fit(X[ROWS], BINARY[ROWS]).self_influence()
    assert_near(own.influence_.values, expected.values, 1e-6)
