"""LeaveOneOut against plain loops of refits, written out here."""

import numpy as np
import pytest
from cases import BINARY, COUNTS, REAL, THREE, WEIGHTS, WORDS, X, logistic, poisson
from rounding import EFFECTS, OPTIMA, REFITS
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from skinfluence.adapters import supports
from skinfluence.attributors import InfluenceFunctions, LeaveOneOut, NewtonStep, RescaledInfluence
from skinfluence.exceptions import UnsupportedEstimatorError, UnsupportedQuestionError, UnsupportedTargetError
from skinfluence.testing import assert_near

TRAIN, EVAL = slice(0, 50), slice(50, None)


def log_losses(model, X, y):
    """Log-loss of each row, by the model's own probabilities."""
    codes = np.searchsorted(model.classes_, y)
    return -np.log(model.predict_proba(X)[np.arange(len(X)), codes])


def squared_losses(model, X, y):
    return (model.predict(X) - y) ** 2 / 2


def refit_loop(estimator, X, y, X_eval, y_eval, losses, sets):
    """Losses after each deletion minus before, (n_sets, m), by fit and predict alone."""
    before = losses(clone(estimator).fit(X, y), X_eval, y_eval)
    keeps = [np.setdiff1d(np.arange(len(X)), rows) for rows in sets]
    return np.array([losses(clone(estimator).fit(X[keep], y[keep]), X_eval, y_eval) - before for keep in keeps])


BLACK_BOXES = {
    "forest": (RandomForestClassifier(5, max_depth=3, random_state=0), WORDS, log_losses),
    "forest-regressor": (RandomForestRegressor(5, max_depth=3, random_state=0), REAL, squared_losses),
    "perceptron": (MLPClassifier((3,), solver="lbfgs", alpha=1.0, max_iter=50, random_state=0), BINARY, log_losses),
    "pipeline": (make_pipeline(StandardScaler(), logistic()), WORDS, log_losses),
    "logistic": (logistic(), BINARY, log_losses),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", BLACK_BOXES)
def test_refits_are_a_plain_loop_of_refits(name):
    estimator, y, losses = BLACK_BOXES[name]
    X_train, y_train = X[TRAIN][::4], y[TRAIN][::4]
    # where a forest is certain and wrong, its own log-loss is infinite; ours is that of a probability of eps
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = refit_loop(estimator, X_train, y_train, X[EVAL], y[EVAL], losses, [[i] for i in range(len(X_train))])
    attributor = LeaveOneOut(estimator, method="refit", refit_preprocessing=True).fit(X_train, y_train)
    actual = attributor.attribute(X[EVAL], y[EVAL], aggregate=False).values
    finite = np.isfinite(expected)
    assert finite.mean() > 0.4
    assert_near(actual[finite], expected[finite], OPTIMA)
    if finite.all():
        assert_near(attributor.attribute(X[EVAL], y[EVAL]).values, expected.sum(axis=1), OPTIMA)


def test_refits_of_a_pipeline_hold_its_preprocessing_fixed_unless_told():
    pipeline = make_pipeline(StandardScaler(), logistic())
    rows, y = X[TRAIN][::3], BINARY[TRAIN][::3]
    fitted = clone(pipeline).fit(rows, y)
    Z, Z_eval = fitted[0].transform(rows), fitted[0].transform(X[EVAL])
    sets = [[i] for i in range(len(y))]
    fixed = refit_loop(pipeline[-1], Z, y, Z_eval, BINARY[EVAL], log_losses, sets).sum(axis=1)
    whole = refit_loop(pipeline, rows, y, X[EVAL], BINARY[EVAL], log_losses, sets).sum(axis=1)
    answers = {
        again: LeaveOneOut(fitted, method="refit", refit_preprocessing=again)
        .fit(rows, y)
        .attribute(X[EVAL], BINARY[EVAL])
        for again in (False, True)
    }
    assert_near(answers[False].values, fixed, OPTIMA)
    assert_near(answers[True].values, whole, OPTIMA)
    assert np.abs(fixed - whole).max() > 1e-3
    exact = LeaveOneOut(fitted).fit(rows, y).attribute(X[EVAL], BINARY[EVAL])
    assert_near(exact.values, fixed, REFITS)
    assert "fixed preprocessing" in exact.estimand


def test_whole_frozen_estimators_are_not_refitted():
    frozen = FrozenEstimator(make_pipeline(StandardScaler(), Ridge()).fit(X, REAL))
    with pytest.raises(UnsupportedEstimatorError, match="refit_preprocessing=True .*pass the Pipeline inside it"):
        LeaveOneOut(frozen, method="refit", refit_preprocessing=True).fit(X, REAL)
    # the final step is taken out of it
    refits = LeaveOneOut(frozen, method="refit").fit(X[:20], REAL[:20])
    assert refits.attribute(X[EVAL], REAL[EVAL]).values.all()


def test_lists_of_evaluation_rows_are_arrays():
    refits = LeaveOneOut(Ridge(), method="refit").fit(X[:9].tolist(), REAL[:9].tolist())
    plain, other = refits.attribute(X[EVAL], REAL[EVAL]), refits.attribute(X[EVAL].tolist(), REAL[EVAL].tolist())
    np.testing.assert_array_equal(plain.values, other.values)


@pytest.mark.parametrize(
    ("estimator", "y", "losses"),
    [(logistic(), BINARY, log_losses), (logistic(C=10.0), THREE, log_losses), (Ridge(), REAL, squared_losses)],
    ids=["logistic", "softmax", "ridge"],
)
def test_exact_effects_are_a_plain_loop_of_refits(estimator, y, losses):
    rows = np.arange(0, 50, 3)
    expected = refit_loop(estimator, X[TRAIN], y[TRAIN], X[EVAL], y[EVAL], losses, rows[:, None])
    attributor = LeaveOneOut(estimator).fit(X[TRAIN], y[TRAIN])
    assert_near(attributor.attribute(X[EVAL], y[EVAL], aggregate=False).values[rows], expected, REFITS)
    assert_near(attributor.attribute(X[EVAL], y[EVAL]).values[rows], expected.sum(axis=1), REFITS)


@pytest.mark.parametrize("method", ["exact", "refit"])
@pytest.mark.parametrize("estimator", [logistic(), logistic(class_weight="balanced")], ids=["plain", "balanced"])
def test_groups_are_deleted_jointly(estimator, method):
    groups = np.arange(50) % 6
    sets = [np.flatnonzero(groups == group) for group in range(6)]
    expected = refit_loop(estimator, X[TRAIN], THREE[TRAIN], X[EVAL], THREE[EVAL], log_losses, sets)
    attributor = LeaveOneOut(estimator, method=method).fit(X[TRAIN], THREE[TRAIN])
    actual = attributor.attribute(X[EVAL], THREE[EVAL], train_groups=groups, aggregate=False).values
    assert_near(actual, expected, REFITS)
    if method == "exact":
        removal = attributor.removal(sets[2], X[EVAL], THREE[EVAL])
        assert removal.target_change == pytest.approx(expected[2].sum(), rel=REFITS)
        mask = groups == 2
        assert_near(attributor.removal(mask).params_change, removal.params_change, 0)


def test_exact_effects_of_a_weighted_poisson_are_refits():
    attributor = LeaveOneOut(poisson()).fit(X, COUNTS, sample_weight=WEIGHTS)
    full = clone(poisson()).fit(X, COUNTS, sample_weight=WEIGHTS)
    for row in range(0, len(X), 7):
        keep = np.arange(len(X)) != row
        less = clone(poisson()).fit(X[keep], COUNTS[keep], sample_weight=WEIGHTS[keep])
        change = np.r_[less.coef_ - full.coef_, less.intercept_ - full.intercept_]
        assert_near(attributor.params_change_[row], change, REFITS)


def test_exact_effects_hold_at_high_leverage():
    # C = 100 on few rows: the chord diverges for some of them, and damped Newton takes over
    rows = slice(0, 25)
    estimator = logistic(C=100.0)
    attributor = LeaveOneOut(estimator).fit(X[rows] * 3, BINARY[rows])
    full = clone(estimator).fit(X[rows] * 3, BINARY[rows])
    for row in range(25):
        keep = np.arange(25) != row
        less = clone(estimator).fit(X[rows][keep] * 3, BINARY[rows][keep])
        change = np.r_[(less.coef_ - full.coef_)[0], less.intercept_ - full.intercept_]
        assert_near(attributor.params_change_[row], change, 1e-7, EFFECTS * np.abs(full.coef_).max())


@pytest.mark.parametrize("cls", [LeaveOneOut, RescaledInfluence, InfluenceFunctions])
def test_row_of_leverage_one_has_no_answer_and_says_so(cls):
    # the last feature is zero but in row 3, which alone determines its coefficient
    alone = np.column_stack([X, np.arange(len(X)) == 3])
    influence = cls(LinearRegression()).fit(alone, REAL).attribute(alone, REAL)
    assert np.flatnonzero(np.isnan(influence.values)).tolist() == [3]
    assert "no answer (nan) for 1 of 72 rows, the first at position 3" in influence.verdict
    assert 3 not in influence.top(len(alone))


@pytest.mark.parametrize("seed", [0, 1, 42])
@pytest.mark.parametrize("columns", [1, 2, 3])
def test_no_row_is_needed_in_a_table_drawn_with_any_usual_seed(seed, columns):
    table = np.random.default_rng(seed).standard_normal((60, columns))
    attributor = LeaveOneOut(LinearRegression()).fit(table, REAL[:60])
    assert not attributor.preparation_.undetermined_rows.any()


@pytest.mark.parametrize("estimator", [logistic(), logistic(class_weight="balanced")], ids=["plain", "balanced"])
def test_last_row_of_a_class_has_no_answer_and_says_so(estimator):
    y = np.where(np.arange(30) == 9, 2, BINARY[:30])
    exact = LeaveOneOut(estimator).fit(X[:30], y).attribute(X[:30], y)
    refit = LeaveOneOut(estimator, method="refit").fit(X[:30], y).attribute(X[:30:8], y[::8])
    # approximations have none either
    first_order, step = (cls(estimator).fit(X[:30], y).attribute(X[:30], y) for cls in (InfluenceFunctions, NewtonStep))
    for influence in (exact, refit, first_order, step):
        assert np.flatnonzero(np.isnan(influence.values)).tolist() == [9]
        assert "last row of its class" in influence.verdict


def test_refits_know_no_parameters():
    attributor = LeaveOneOut(Ridge(), method="refit").fit(X, REAL)
    for question in (attributor.self_influence, lambda: attributor.removal([1]), attributor.fidelity_report):
        with pytest.raises(UnsupportedQuestionError, match="needs method='exact'; with method='refit' ask attribute"):
            question()
    with pytest.raises(UnsupportedTargetError, match="is measured on evaluation rows; pass X and y"):
        attributor.attribute()
    assert not hasattr(attributor, "score")
    assert hasattr(LeaveOneOut(), "score")
    forest = LeaveOneOut(RandomForestRegressor(), method="auto")
    for refits in (attributor, forest):
        with pytest.raises(AttributeError, match="compared with themselves. Ask score of the method .*RescaledInflu"):
            refits.score(X, REAL)


def test_refits_of_a_classifier_without_probabilities_know_margins_only():
    attributor = LeaveOneOut(LinearSVC(loss="hinge"), method="refit").fit(X[:20], BINARY[:20])
    with pytest.raises(UnsupportedTargetError, match="no predict_proba; use target='margin'"):
        attributor.attribute(X, BINARY)
    margins = attributor.attribute(X, BINARY, target="margin").values
    assert np.abs(margins).max() > 0


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"method": "guess"}, "method must be 'exact', 'refit' or 'auto', got 'guess'"),
        ({"method": "refit", "evaluation": "linear"}, "method='refit' evaluates .*; set evaluation='moved'"),
        ({"damping": 0.1}, "damping changes the objective; exact leave-one-out needs damping=0"),
    ],
)
def test_leave_one_out_refuses_settings(settings, match):
    with pytest.raises(ValueError, match=match):
        LeaveOneOut(Ridge(), **settings).fit(X, REAL)


@pytest.mark.parametrize(
    ("estimator", "found"),
    [(None, "exact"), (Ridge(), "exact"), (RandomForestRegressor(3, random_state=0), "refit")],
)
def test_auto_refits_what_has_no_exact_answer(estimator, found):
    influences = [
        LeaveOneOut(estimator, method=method).fit(X[:12], REAL[:12]).attribute(X[EVAL], REAL[EVAL])
        for method in ("auto", found)
    ]
    np.testing.assert_array_equal(influences[0].values, influences[1].values)
    assert influences[0].method == influences[1].method
    assert estimator is None or supports(estimator, LeaveOneOut(method="auto")) == (True, "")


def test_refits_are_the_same_in_parallel():
    answers = [
        LeaveOneOut(RandomForestClassifier(3, random_state=0), method="refit", n_jobs=n_jobs)
        .fit(X[:12], BINARY[:12])
        .attribute(X[EVAL], BINARY[EVAL])
        .values
        for n_jobs in (None, 2)
    ]
    np.testing.assert_array_equal(*answers)
