"""Final models that influence is not known for, and attributors with a model of their own."""

import warnings

import numpy as np
import pytest
from noisy import flipped_labels, people
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skinfluence.attributors import (
    CooksDistance,
    InfluenceFunctions,
    LeaveOneOut,
    NewtonStep,
    RelativeInfluence,
    RescaledInfluence,
)
from skinfluence.exceptions import TrimmingWarning, UnsupportedEstimatorError, UnsupportedQuestionError
from skinfluence.trimming import DataTrimmer, DataTrimmerCV
from skinfluence.trimming.surrogate import attributor_with_surrogate

data = flipped_labels()
trusted = {"X_val": data.X_val, "y_val": data.y_val}


@pytest.mark.parametrize(
    "final", [GradientBoostingClassifier(random_state=0), DecisionTreeClassifier(max_depth=4, random_state=0)]
)
def test_unsupported_estimator_is_trimmed_by_a_scaled_linear_surrogate(final):
    trimmer = DataTrimmer(final, budget=0.1).fit(data.X, data.y, **trusted)
    surrogate = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    expected = RescaledInfluence(surrogate).fit(data.X, data.y).attribute(data.X_val, data.y_val)
    np.testing.assert_array_equal(trimmer.influence_.values, expected.values)
    assert type(trimmer.estimator_) is type(final)
    measured = trimmer.path_["measured"]
    assert np.isfinite(measured).all()
    assert measured[1] < measured[0]


@pytest.mark.parametrize(
    ("model", "method"),
    [
        (KNeighborsClassifier(15), LeaveOneOut()),
        (GaussianNB(), InfluenceFunctions()),
        (SVC(gamma=0.1), NewtonStep()),
        (LogisticRegression(), RescaledInfluence()),
    ],
    ids=lambda each: type(each).__name__,
)
def test_model_that_a_method_takes_is_its_own_surrogate(model, method):
    trimmer = DataTrimmer(model, budget=0.1).fit(data.X, data.y, **trusted)
    expected = method.set_params(estimator=model).fit(data.X, data.y).attribute(data.X_val, data.y_val)
    np.testing.assert_array_equal(trimmer.influence_.values, expected.values)
    assert trimmer.influence_.method == expected.method


def test_surrogate_stands_behind_the_same_preprocessing():
    frame, y = people()
    prepare = make_column_transformer((OneHotEncoder(), ["job", "sex"]), remainder=StandardScaler())
    pipeline = Pipeline([("prepare", prepare), ("clf", MLPClassifier((4,), max_iter=30, random_state=0))])
    attributor, shared = attributor_with_surrogate(None, pipeline, frame)
    assert not shared
    assert list(attributor.estimator.named_steps) == ["prepare", "surrogate"]
    trimmer = DataTrimmer(pipeline, budget=5).fit(frame[:200], y[:200], X_val=frame[200:], y_val=y[200:])
    assert len(trimmer.trimmed_indices_) == 5
    assert set(trimmer.predict(frame)) <= {"yes", "no"}


def test_surrogate_is_named():
    trees = make_pipeline(StandardScaler(), GradientBoostingClassifier(n_estimators=5))
    with pytest.warns(TrimmingWarning, match="chosen for a LogisticRegression, .*not known for GradientBoostingClas"):
        trimmer = DataTrimmer(trees, budget=3).fit(data.X, data.y, **trusted)
    assert isinstance(trimmer.surrogate_[-1], LogisticRegression)
    with pytest.warns(TrimmingWarning, match="surrogate_"):
        DataTrimmer(trees, budget=3, random_state=0).fit_resample(data.X, data.y)
    with warnings.catch_warnings():
        warnings.simplefilter("error", TrimmingWarning)
        assert DataTrimmer(LogisticRegression(), budget=3).fit(data.X, data.y, **trusted).surrogate_ is None
        own = RescaledInfluence(LogisticRegression())
        chosen = DataTrimmer(trees, attributor=own, budget=3).fit(data.X, data.y, **trusted)
    assert isinstance(chosen.surrogate_, LogisticRegression)


def test_surrogate_of_an_estimator_that_takes_missing_values_imputes_them():
    X = np.where(np.random.RandomState(0).uniform(size=data.X.shape) < 0.1, np.nan, data.X)
    trimmer = DataTrimmer(HistGradientBoostingRegressor(max_iter=5), budget=3, random_state=0)
    assert len(trimmer.fit(X, data.X[:, 0]).trimmed_indices_) == 3


def test_attributor_with_a_model_of_its_own_is_the_surrogate():
    own = make_pipeline(StandardScaler(), LogisticRegression(C=0.01))
    trimmer = DataTrimmer(LogisticRegression(), attributor=RescaledInfluence(own)).fit(data.X, data.y, **trusted)
    expected = RescaledInfluence(own).fit(data.X, data.y).attribute(data.X_val, data.y_val)
    np.testing.assert_array_equal(trimmer.influence_.values, expected.values)
    assert trimmer.estimator_.C == 1.0


frozen = FrozenEstimator(LogisticRegression().fit(data.X, data.y))


@pytest.mark.parametrize(
    "estimator",
    [frozen, make_pipeline("passthrough", frozen), FixedThresholdClassifier(frozen, threshold=0.4)],
    ids=["alone", "in a pipeline", "behind a threshold"],
)
@pytest.mark.parametrize("cls", [DataTrimmer, DataTrimmerCV])
def test_frozen_estimator_is_not_trimmed(cls, estimator):
    match = "the estimator to be trimmed .*FrozenEstimator keeps the fit.*pass the LogisticRegression inside it"
    with pytest.raises(UnsupportedEstimatorError, match=match):
        cls(estimator).fit(data.X, data.y)
    with pytest.raises(UnsupportedEstimatorError, match=match):
        cls(estimator).fit_resample(data.X, data.y)


def test_frozen_surrogate_is_refused_as_it_is_fitted_on_folds_and_kept_rows():
    trimmer = DataTrimmer(LogisticRegression(), attributor=RescaledInfluence(frozen))
    with pytest.raises(UnsupportedEstimatorError, match="the attributor's estimator .*FrozenEstimator keeps the fit"):
        trimmer.fit(data.X, data.y, **trusted)


def test_scorer_is_evaluated_on_moved_parameters_by_default():
    X, y = data.X[:60], data.y[:60]
    trimmer = DataTrimmer(LogisticRegression(), target="roc_auc", budget=10).fit(X, y, **trusted)
    moved = RescaledInfluence(LogisticRegression(), target="roc_auc", evaluation="moved").fit(X, y)
    expected = moved.attribute(data.X_val, data.y_val).values
    np.testing.assert_array_equal(trimmer.influence_.values, expected)


def test_attributor_parameters_can_be_searched():
    search = GridSearchCV(
        DataTrimmer(LogisticRegression(), attributor=RescaledInfluence(), budget=0.1),
        {"attributor__damping": [0.0, 0.1], "estimator__C": [0.1, 1.0]},
        cv=2,
        error_score="raise",
    )
    search.fit(data.X, data.y, **trusted)
    assert set(search.best_params_) == {"attributor__damping", "estimator__C"}


def test_trimmer_without_an_estimator_takes_the_default_of_the_labels():
    assert type(DataTrimmer(random_state=0).fit(data.X, data.y).estimator_) is LogisticRegression
    assert DataTrimmer(random_state=0).fit(data.X, data.X[:, 0]).estimator_.__class__.__name__ == "Ridge"


def test_trimmer_refuses_what_is_neither_classifier_nor_regressor():
    with pytest.raises(TypeError, match="KMeans is neither classifier nor regressor"):
        DataTrimmer(KMeans()).fit(data.X, data.y)


def test_exact_leave_one_out_predicts_one_removal_exactly():
    trimmer = DataTrimmer(LogisticRegression(tol=1e-10), attributor=LeaveOneOut(), budget=1)
    path = trimmer.fit(data.X, data.y, **trusted).path_
    np.testing.assert_allclose(path["predicted"], path["measured"], rtol=1e-9)


@pytest.mark.parametrize("strategy", ["one_shot", "iterative"])
def test_normalised_scores_rank_and_predict_nothing(strategy):
    trimmer = DataTrimmer(LogisticRegression(), attributor=RelativeInfluence(), budget=10, strategy=strategy)
    trimmer.fit(data.X, data.y, **trusted)
    assert (trimmer.influence_.gain[trimmer.trimmed_indices_] > 0).any()
    assert np.isnan(trimmer.path_["predicted"][1:]).all()
    assert trimmer.path_["measured"][-1] < trimmer.path_["measured"][0]


def test_normalised_scores_cannot_tell_where_a_gap_closes():
    fair = DataTrimmer(LogisticRegression(), attributor=RelativeInfluence(), target="demographic_parity")
    with pytest.raises(UnsupportedQuestionError, match="per unit of parameter change.*where the gap reaches 0"):
        fair.fit(data.X, data.y, sensitive_features=data.X[:, 3] > 0)


def test_diagnostics_are_refused_as_attributors():
    with pytest.raises(TypeError, match="CooksDistance takes no target"):
        DataTrimmer(LogisticRegression(), attributor=CooksDistance()).fit(data.X, data.y)
