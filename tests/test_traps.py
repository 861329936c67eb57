"""The mistakes of libraries that do part of this job: each a regression test, under the name of the mistake.

Traps of models that are not here yet are tested with those models: survival (delta_beta residuals that ignore ties,
rows sorted by time, penalties that count rows on standardised covariates, rows alone at risk), boosted trees (early
stopping, subsampling, monotonic or weighted classes, saturated leaves), nearest neighbours (more neighbours than rows),
truncated and merged Monte-Carlo runs, active learning (gradients averaged over the model's own probabilities). Deep
trees without recursion are tested in test_influence_tree.py; searches that slice validation sets, in
trimming/test_validation.py; targets without positives or with empty groups, in targets/.
"""

import numpy as np
import pytest
from cases import BINARY, COUNTS, REAL, THREE, WEIGHTS, WORDS, X, logistic, poisson
from fair import one_in
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skinfluence import InfluenceFunctions, LeaveOneOut, NewtonStep, RescaledInfluence
from skinfluence.adapters import adapt
from skinfluence.exceptions import SingularCurvatureError, StationarityError
from skinfluence.solvers import CholeskySolver
from skinfluence.testing import assert_near, containers

METHODS = [InfluenceFunctions, RescaledInfluence, NewtonStep, LeaveOneOut]
every_method = pytest.mark.parametrize("cls", METHODS)
TRAIN, EVAL = slice(0, 50), slice(50, None)


def values(cls, estimator, X_train, y_train, X_eval, y_eval, sample_weight=None, **question):
    """Influences of training rows on the loss of evaluation rows."""
    attributor = cls(estimator).fit(X_train, y_train, sample_weight=sample_weight)
    return attributor.attribute(X_eval, y_eval, **question).values


# ---------------------------------------------------------------- 1: labels


@every_method
@pytest.mark.parametrize(
    "names",
    [[0, 1, 2], [2, 0, 1], [-5, 100, 7], ["b", "c", "a"], [True, False, None]],
    ids=["codes", "permuted", "odd", "strings", "bool"],
)
def test_trap_labels_that_are_not_codes(cls, names):
    codes = THREE if names[2] is not None else BINARY
    y = np.array(names[:2] if names[2] is None else names)[codes]
    expected = values(cls, logistic(), X[TRAIN], codes[TRAIN], X[EVAL], codes[EVAL])
    assert_near(values(cls, logistic(), X[TRAIN], y[TRAIN], X[EVAL], y[EVAL]), expected, 1e-7)


def test_trap_evaluation_rows_hold_some_of_the_classes_only():
    one_class = np.flatnonzero(WORDS == "no")[:4]
    attributor = RescaledInfluence(logistic()).fit(X, WORDS)
    together = attributor.attribute(X[one_class], WORDS[one_class]).values
    each = sum(attributor.attribute(X[[row]], WORDS[[row]]).values for row in one_class)
    assert_near(together, each, 1e-12)


# ---------------------------------------------------------------- 2: scales of penalties


@pytest.mark.parametrize("C", [0.01, 1.0, 100.0])
def test_trap_scale_of_the_penalty(C):
    # logistic: |w|^2 / (2 C) beside a sum; liblinear penalises the intercept as well
    for solver in ("newton-cholesky", "liblinear"):
        fitted = logistic(solver, C=C).fit(X, BINARY)
        p = fitted.predict_proba(X)[:, 1]
        gradient = np.r_[X.T @ (p - BINARY) + fitted.coef_[0] / C, (p - BINARY).sum()]
        gradient[-1] += fitted.intercept_[0] / C if solver == "liblinear" else 0
        assert_near(adapt(fitted, X, BINARY).problem.gradient(), gradient, 1e-12, 1e-13)


def test_trap_penalty_of_a_mean_and_factor_of_two():
    # Poisson: alpha / 2 |w|^2 beside a mean; Ridge: alpha |w|^2 beside a sum of squares, halved here
    model = poisson(alpha=0.7).fit(X, COUNTS, sample_weight=WEIGHTS)
    residual = WEIGHTS * (model.predict(X) - COUNTS)
    expected = np.r_[X.T @ residual + 0.7 * WEIGHTS.sum() * model.coef_, residual.sum()]
    assert_near(adapt(model, X, COUNTS, WEIGHTS).problem.gradient(), expected, 1e-12, 1e-11)
    ridge = Ridge(alpha=0.7).fit(X, REAL)
    attributor = RescaledInfluence(FrozenEstimator(ridge)).fit(X, REAL)
    assert attributor.evaluate(X, REAL) == pytest.approx(((ridge.predict(X) - REAL) ** 2).sum() / 2)
    assert_near(attributor.problem_.penalty, [0.7, 0.7, 0.7, 0.0], 0)


# ---------------------------------------------------------------- 3: weights


# rescaled steps of copies do not see each other, and so are no step of the weighted row
@pytest.mark.parametrize("cls", [InfluenceFunctions, NewtonStep, LeaveOneOut])
@pytest.mark.parametrize(
    ("estimator", "y"),
    [(logistic(), BINARY), (logistic(), THREE), (Ridge(), REAL), (poisson(), COUNTS)],
    ids=["logistic", "softmax", "ridge", "poisson"],
)
def test_trap_a_weighted_row_is_a_row_several_times(cls, estimator, y):
    counts = 1 + np.arange(50) % 3
    copies = np.repeat(np.arange(50), counts)
    weighted = values(cls, estimator, X[TRAIN], y[TRAIN], X[EVAL], y[EVAL], sample_weight=counts.astype(float))
    repeated = cls(estimator).fit(X[copies], y[copies])
    assert_near(repeated.attribute(X[EVAL], y[EVAL], train_groups=copies).values, weighted, 1e-8)


@every_method
def test_trap_weights_of_the_fit_count_in_the_attribution(cls):
    fitted = logistic().fit(X, BINARY, sample_weight=WEIGHTS)
    with pytest.raises(StationarityError, match="Pass exactly the X, y and sample_weight of fit"):
        cls(fitted).fit(X, BINARY)
    assert cls(fitted).fit(X, BINARY, sample_weight=WEIGHTS).stationarity_ < 1e-6


# ---------------------------------------------------------------- 4: units of features


@every_method
@given(st.lists(st.floats(-3, 3), min_size=3, max_size=3))
@settings(max_examples=4, deadline=None)
def test_trap_units_of_the_features(cls, exponents):
    units = 10.0 ** np.array(exponents)
    for estimator, y in ((logistic(C=np.inf), BINARY), (LinearRegression(), REAL)):
        expected = values(cls, estimator, X[TRAIN], y[TRAIN], X[EVAL], y[EVAL])
        actual = values(cls, estimator, X[TRAIN] * units, y[TRAIN], X[EVAL] * units, y[EVAL])
        assert_near(actual, expected, 1e-6)


@every_method
@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_trap_one_unit_for_all_features_of_a_penalised_model(cls, unit):
    # the penalty of a coefficient that is 1 / unit as large
    pairs = [
        (logistic(C=0.5), logistic(C=0.5 / unit**2), BINARY),
        (Ridge(alpha=2.0), Ridge(alpha=2.0 * unit**2), REAL),
        (poisson(alpha=0.3), poisson(alpha=0.3 * unit**2), COUNTS),
    ]
    for estimator, rescaled, y in pairs:
        expected = values(cls, estimator, X[TRAIN], y[TRAIN], X[EVAL], y[EVAL])
        actual = values(cls, rescaled, X[TRAIN] * unit, y[TRAIN], X[EVAL] * unit, y[EVAL])
        assert_near(actual, expected, 1e-6)


# ---------------------------------------------------------------- 5: shapes


@pytest.mark.parametrize(("cls", "n_eval", "p"), one_in(2, METHODS, [1, 200], [1, 3, 30]))
def test_trap_shapes(cls, n_eval, p):
    # one feature, more features than rows; one evaluation row, more of them than parameters
    generator = np.random.default_rng(0)
    rows, labels = generator.normal(size=(20, p)), np.arange(20) % 3
    X_eval, y_eval = generator.normal(size=(n_eval, p)), np.arange(n_eval) % 3
    attributor = cls(logistic()).fit(rows, labels)
    each = attributor.attribute(X_eval, y_eval, aggregate=False).values
    assert each.shape == (20, n_eval)
    assert np.isfinite(each).all()
    assert_near(each.sum(axis=1), attributor.attribute(X_eval, y_eval).values, 1e-9, 1e-12)


# ---------------------------------------------------------------- 6: order and blocks


@every_method
@given(st.randoms(use_true_random=False))
@settings(max_examples=3, deadline=None)
def test_trap_order_of_the_rows(cls, random):
    train, evaluation = list(range(50)), list(range(50, 72))
    random.shuffle(train)
    random.shuffle(evaluation)
    expected = values(cls, logistic(), X[TRAIN], THREE[TRAIN], X[EVAL], THREE[EVAL], aggregate=False)
    actual = values(cls, logistic(), X[train], THREE[train], X[evaluation], THREE[evaluation], aggregate=False)
    assert_near(actual, expected[np.ix_(train, np.array(evaluation) - 50)], 1e-8)


# ---------------------------------------------------------------- 7: softmax


@pytest.mark.parametrize(
    ("settings", "n_flat"),
    [({}, 1), ({"C": np.inf}, 4), ({"C": np.inf, "fit_intercept": False}, 3), ({"fit_intercept": False}, 0)],
    ids=["intercepts", "everything", "coefficients", "nothing"],
)
def test_trap_softmax_is_flat_in_some_directions(settings, n_flat):
    # SciPy's Cholesky of the singular Hessian is silent and gives derivatives 2.5 times too large
    estimator = logistic(**settings)
    attributor = InfluenceFunctions(estimator).fit(X, THREE)
    problem = attributor.problem_
    flat = problem.curvature().null_directions
    assert flat.shape[1] == n_flat
    assert_near(problem.curvature().dense() @ flat, np.zeros(flat.shape), 0, 1e-10)
    weight = np.ones(len(X))
    ends = []
    for sign in (1, -1):
        weight[7] = 1 + sign * 1e-3
        ends.append(clone(estimator).fit(X, THREE, sample_weight=weight).decision_function(X))
    slope = (ends[0] - ends[1]) / 2e-3
    change = attributor.removal([7]).params_change
    moved = problem.design.raw(change)
    centred = [raw - raw.mean(axis=1, keepdims=True) for raw in (-moved, slope)]
    assert_near(*centred, 1e-5)


def test_trap_undeclared_singularity_is_no_number():
    collinear = np.column_stack([X, 2 * X[:, 1]])
    with pytest.raises(SingularCurvatureError, match="the Hessian of the objective is singular"):
        RescaledInfluence(logistic(C=np.inf), solver=CholeskySolver()).fit(collinear, BINARY)


# ---------------------------------------------------------------- 10, 20: slack of solvers


@every_method
def test_trap_default_tolerance_is_of_the_size_of_one_rows_effect(cls):
    loose, tight = LogisticRegression(), logistic()
    attributor = cls(loose.fit(X[TRAIN], BINARY[TRAIN])).fit(X[TRAIN], BINARY[TRAIN])
    assert attributor.stationarity_ > 1e-5
    expected = values(cls, tight, X[TRAIN], BINARY[TRAIN], X[EVAL], BINARY[EVAL])
    # the Hessian's factor serves while the Hessian moves by less than 1e-6
    assert_near(attributor.attribute(X[EVAL], BINARY[EVAL]).values, expected, 1e-5)


def test_trap_refits_at_the_default_tolerance_are_the_noise():
    exact = LeaveOneOut(LogisticRegression()).fit(X, BINARY)
    loose = LogisticRegression().fit(X, BINARY)
    errors = {"default": [], "tight": []}
    for row in range(0, len(X), 4):
        rows, y = np.delete(X, row, axis=0), np.delete(BINARY, row)
        refits = {"default": LogisticRegression().fit(rows, y), "tight": logistic().fit(rows, y)}
        base = {"default": loose, "tight": logistic().fit(X, BINARY)}
        for name, refit in refits.items():
            truth = refit.coef_[0] - base[name].coef_[0]
            errors[name].append(np.linalg.norm(exact.params_change_[row, :3] - truth) / np.linalg.norm(truth))
    assert np.max(errors["tight"]) < 1e-7
    assert np.median(errors["default"]) > 1e3 * np.median(errors["tight"])


# ---------------------------------------------------------------- 11: clones


def test_trap_clone_drops_a_wrapped_fit_unless_frozen():
    fitted = logistic(C=0.1).fit(X, BINARY)
    assert clone(InfluenceFunctions(FrozenEstimator(fitted))).estimator.estimator is fitted
    assert not hasattr(clone(InfluenceFunctions(fitted)).estimator, "coef_")


# ---------------------------------------------------------------- 13: what a deletion leaves undetermined


@every_method
def test_trap_class_that_disappears(cls):
    y = np.where(np.arange(len(X)) == 5, 2, BINARY)
    influence = cls(logistic()).fit(X, y).attribute(X, y)
    assert np.isfinite(np.delete(influence.values, 5)).all()
    if cls is LeaveOneOut:
        assert np.isnan(influence.values[5])
        assert "no answer (nan) for 1 rows, the first at position 5" in influence.verdict


@pytest.mark.parametrize("cls", [RescaledInfluence, NewtonStep, LeaveOneOut])
def test_trap_leverage_one(cls):
    alone = np.column_stack([X, np.arange(len(X)) == 3])
    influence = cls(LinearRegression()).fit(alone, REAL).attribute(alone, REAL)
    assert np.flatnonzero(np.isnan(influence.values)).tolist() == [3]
    assert "leverage 1" in influence.verdict


# ---------------------------------------------------------------- 17: containers


@every_method
def test_trap_containers_of_training_and_evaluation_rows(cls):
    whole = np.round(4 * X)
    expected = values(cls, Ridge(), whole[TRAIN], REAL[TRAIN], whole[EVAL], REAL[EVAL])
    fitted = Ridge().fit(whole[TRAIN], REAL[TRAIN])
    for name, table in containers(whole[TRAIN]).items():
        if name in ("pandas", "polars"):
            continue
        other = containers(whole[EVAL])[name]
        assert_near(values(cls, fitted, table, REAL[TRAIN], other, REAL[EVAL]), expected, 1e-10, what=name)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_trap_data_frames(library):
    frames = pytest.importorskip(library)
    frame = frames.DataFrame({f"x{j}": X[:, j] for j in range(3)})
    y = frames.Series(REAL)
    attributor = RescaledInfluence(make_pipeline(StandardScaler(), Ridge())).fit(frame, y)
    expected = values(RescaledInfluence, make_pipeline(StandardScaler(), Ridge()), X, REAL, X[EVAL], REAL[EVAL])
    assert_near(attributor.attribute(frame[50:], y[50:]).values, expected, 1e-10)
    assert attributor.feature_names_in_.tolist() == ["x0", "x1", "x2"]


# ---------------------------------------------------------------- 18: bad values


@every_method
@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("where", ["X", "y", "sample_weight"])
def test_trap_bad_values_are_errors(cls, bad, where):
    data = {"X": X.copy(), "y": REAL.copy(), "sample_weight": WEIGHTS.copy()}
    data[where].flat[2] = bad
    for estimator in (Ridge(), Ridge().fit(X, REAL, sample_weight=WEIGHTS)):
        with pytest.raises(ValueError, match=f"{where} contains (NaN|infinity)"):
            cls(estimator).fit(**data)


def test_trap_empty_evaluation_sets_are_errors():
    attributor = RescaledInfluence(Ridge()).fit(X, REAL)
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        attributor.attribute(X[:0], REAL[:0])
    with pytest.raises(ValueError, match=r"[Ww]eight"):
        attributor.attribute(X, REAL, sample_weight=np.zeros(len(X)))


# ---------------------------------------------------------------- 19: foreign rows


@every_method
def test_trap_raw_rows_instead_of_scaled_ones(cls):
    scaler = StandardScaler()
    fitted = logistic().fit(scaler.fit_transform(10 + 5 * X), BINARY)
    with pytest.raises(StationarityError, match=r"its parameters are [0-9.e+]+ standard errors away from it"):
        cls(fitted).fit(10 + 5 * X, BINARY)
    assert cls(fitted).fit(scaler.transform(10 + 5 * X), BINARY).stationarity_ < 1e-6


def test_trap_rows_without_weight_count_where_balanced_weights_count_rows():
    weight = np.where(np.arange(len(X)) % 5 == 0, 0.0, WEIGHTS)
    estimator = RidgeClassifier(class_weight="balanced")
    attributor = LeaveOneOut(estimator).fit(X, THREE, sample_weight=weight)
    full = clone(estimator).fit(X, THREE, sample_weight=weight)
    for row in (1, 5, 42):
        keep = np.arange(len(X)) != row
        less = clone(estimator).fit(X[keep], THREE[keep], sample_weight=weight[keep])
        change = np.r_[(less.coef_ - full.coef_).ravel(), less.intercept_ - full.intercept_]
        assert_near(attributor.params_change_[row], change, 1e-8, 1e-13)
        assert_near(attributor.model_.refitted([row]).coef, less.coef_, 1e-12)
