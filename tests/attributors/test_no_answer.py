"""Deletions without an answer: nan, for a reason that the verdict states, and without a warning."""

import warnings

import numpy as np
import pytest
from cases import BINARY, REAL, THREE, TWO_REALS, X, logistic
from sklearn.base import clone, is_classifier
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skinfluence import InfluenceFunctions, LeaveOneOut, RescaledInfluence
from skinfluence.exceptions import UnsupportedQuestionError

#: far from all other rows, so that an evaluation row there has one neighbour
FAR = np.vstack([X, X[:1] + 100.0])
LONE = len(X)
WITHIN = {
    "two classes": (RadiusNeighborsClassifier(4.0), BINARY),
    "classes": (RadiusNeighborsClassifier(4.0), THREE),
    "by distance": (RadiusNeighborsClassifier(4.0, weights="distance"), BINARY),
    "numbers": (RadiusNeighborsRegressor(4.0), REAL),
    "outputs": (RadiusNeighborsRegressor(4.0), TWO_REALS),
}
#: row 5 is the only one of its class
ALONE = np.where(np.arange(len(X)) == 5, 2, BINARY)
LAST_OF_CLASS = {
    "Bayes": LeaveOneOut(GaussianNB()),
    "slope of Bayes": InfluenceFunctions(GaussianNB(), evaluation="moved"),
    "machine": LeaveOneOut(SVC(gamma=0.1)),
    "softmax": LeaveOneOut(logistic()),
    "by refit": LeaveOneOut(GaussianNB(), method="refit"),
}


@pytest.fixture(autouse=True)
def _warnings_are_errors():
    with warnings.catch_warnings():
        # those of NumPy, and of scikit-learn about rows without neighbours
        for category in (RuntimeWarning, UserWarning):
            warnings.simplefilter("error", category)
        yield


def targets(y):
    return ["loss", "prediction"] if y.dtype.kind == "f" else ["loss", "log_loss", "class_probability", "margin"]


@pytest.mark.parametrize("method", ["exact", "refit"])
@pytest.mark.parametrize("name", WITHIN)
def test_rows_that_lose_their_last_neighbour_have_no_answer_and_no_warning(name, method):
    model, y = WITHIN[name]
    y = np.concatenate([y, y[:1]])
    attributor = LeaveOneOut(model, method=method).fit(FAR, y)
    rows = [0, 9, LONE]
    for target in targets(y):
        if y.ndim == 2 and target == "prediction":
            continue
        each = attributor.attribute(FAR[rows], y[rows], target=target, aggregate=False)
        assert np.argwhere(np.isnan(each.values)).tolist() == [[LONE, 2]]
        assert "position 72: without it an evaluation row has no training row within the radius" in each.verdict
        assert "use a larger radius" in each.verdict
        together = attributor.attribute(FAR[rows], y[rows], target=target).values
        assert np.flatnonzero(np.isnan(together)).tolist() == [LONE]
    groups = np.arange(len(y)) // 10
    grouped = attributor.attribute(FAR[rows], y[rows], train_groups=groups).values
    assert np.flatnonzero(np.isnan(grouped)).tolist() == [LONE // 10]
    top = attributor.attribute(FAR[rows], y[rows], aggregate=False, top_k=2)
    assert LONE not in top.rows[:, 2]


@pytest.mark.parametrize("name", WITHIN)
def test_refits_without_neighbours_are_nan_as_predicted(name):
    model, y = WITHIN[name]
    y = np.concatenate([y, y[:1]])
    attributor = LeaveOneOut(model).fit(FAR, y)
    question = attributor.question(FAR[[3, LONE]], y[[3, LONE]])
    sets = [[3], [LONE], [1, LONE]]
    for effects in (attributor.predicted(sets, question), attributor.actual(sets, question)):
        assert np.isnan(effects).tolist() == [False, True, True]
    assert np.isnan(attributor.self_influence().values[LONE])
    assert np.isnan(attributor.removal([LONE], FAR[[LONE]], y[[LONE]]).target_change)


def test_rows_without_neighbours_have_no_value_under_refits():
    refits = LeaveOneOut(RadiusNeighborsRegressor(1.0), method="refit").fit(X, REAL)
    influence = refits.attribute(X[:2] + 100, REAL[:2])
    assert np.isnan(influence.values).all()
    assert "no training row within the radius" in influence.verdict


@pytest.mark.parametrize("name", LAST_OF_CLASS)
def test_last_row_of_a_class_has_no_answer_and_no_warning(name):
    attributor = clone(LAST_OF_CLASS[name]).fit(X, ALONE)
    influence = attributor.attribute(X[:9], ALONE[:9])
    assert np.flatnonzero(np.isnan(influence.values)).tolist() == [5]
    assert "last row of its class" in influence.verdict
    if not name.endswith("refit"):
        assert np.isnan(attributor.self_influence().values[5])


def test_row_of_leverage_one_has_no_answer_and_no_warning():
    alone = np.column_stack([X, np.arange(len(X)) == 3])
    for method in (LeaveOneOut(LinearRegression()), RescaledInfluence(LinearRegression(), evaluation="moved")):
        attributor = method.fit(alone, REAL)
        assert np.isnan(attributor.attribute(alone, REAL).values[3])
        assert np.isnan(attributor.self_influence().values[3])


@pytest.mark.parametrize("method", ["exact", "refit"])
@pytest.mark.parametrize(
    "model",
    [
        KNeighborsClassifier(20),
        KNeighborsRegressor(20, weights="distance"),
        make_pipeline(StandardScaler(), KNeighborsRegressor(20)),
    ],
    ids=["classes", "numbers", "in a pipeline"],
)
def test_no_row_can_be_deleted_where_all_vote(model, method):
    y = (BINARY if is_classifier(model) else REAL)[:20]
    attributor = LeaveOneOut(model, method=method, refit_preprocessing=method == "refit").fit(X[:20], y)
    reason = "all of its 20 rows vote (n_neighbors=20), so that none can be deleted; use a smaller n_neighbors"
    influence = attributor.attribute(X[:3], y[:3])
    assert np.isnan(influence.values).all()
    assert reason in influence.verdict
    if method == "exact":
        for ask in (attributor.score, attributor.fidelity_report, lambda *rows: attributor.removal([1], *rows)):
            with pytest.raises(UnsupportedQuestionError) as raised:
                ask(X[:3], y[:3])
            assert reason in str(raised.value)


def test_sets_leave_enough_rows_to_vote():
    y = BINARY[:20]
    exact, refits = (LeaveOneOut(KNeighborsClassifier(19), method=m).fit(X[:20], y) for m in ("exact", "refit"))
    groups = np.r_[0, 0, np.arange(1, 19)]
    values = [each.attribute(X[:3], y[:3], train_groups=groups).values for each in (exact, refits)]
    for found in values:
        assert np.flatnonzero(np.isnan(found)).tolist() == [0]
    with pytest.raises(
        UnsupportedQuestionError, match=r"size 2 leaves too few rows: n_neighbors=19 of its 20 rows have"
    ):
        exact.score(X[:3], y[:3], removal_size=2)
    assert exact.score(X, BINARY, removal_size=1, n_removals=9) == pytest.approx(1)


def test_covariance_that_a_class_of_one_row_leaves_has_no_answer_and_no_warning():
    few = np.where(np.arange(len(X)) < 5, 1, 0)
    effects = LeaveOneOut(QuadraticDiscriminantAnalysis()).fit(X, few)
    influence = effects.attribute(
        X[:9], few[:9], train_groups=np.where(np.arange(len(X)) < 4, 0, 1 + np.arange(len(X)))
    )
    assert np.isnan(influence.values[0])


def separable_without_a_row(seed, n_classes):
    """A small table of classes that overlap little."""
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(int(generator.integers(9, 20)), 2))
    noisy = features[:, 0] + 0.5 * generator.normal(size=len(features))
    return features, (noisy > 0).astype(int) if n_classes == 2 else np.digitize(noisy, [-0.5, 0.5])


def grows(features, y):
    """Whether coefficients go on growing as the penalty goes to 0, as they do without an optimum."""
    sizes = [
        np.abs(LogisticRegression(C=C, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(features, y).coef_).max()
        for C in (1e6, 1e8)
    ]
    return sizes[1] > 1.1 * sizes[0]


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_row_that_alone_keeps_classes_from_separation_has_no_answer_from_any_method(n_classes):
    model, separating = LogisticRegression(C=np.inf, max_iter=1000), 0
    for seed in range(5):
        features, y = separable_without_a_row(seed, n_classes)
        if len(np.unique(y)) < n_classes:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exact = LeaveOneOut(model).fit(features, y)
            if exact.preparation_.diverging is not None:
                continue
            expected = np.isnan(exact.attribute(features, y).values)
            for method in (RescaledInfluence, InfluenceFunctions):
                actual = method(model).fit(features, y).attribute(features, y)
                np.testing.assert_array_equal(np.isnan(actual.values), expected)
                assert not expected.any() or "nan" in actual.verdict
            for row in range(len(y)):
                x, t = np.delete(features, row, 0), np.delete(y, row)
                if len(np.unique(t)) == n_classes:
                    assert grows(x, t) == expected[row]
                    separating += expected[row]
    assert separating
