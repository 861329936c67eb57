"""Laws of conditioning: what a column is measured in, and what it is measured from, changes no answer.

Each law compares a model on a table with the same model on the table in better units, which are computed exactly: the
difference of two doubles within a factor of two of each other has no rounding error (Sterbenz), and neither has a
product with a power of two.
"""

import copy
import pickle

import numpy as np
import pytest
from cases import AMOUNTS, BINARY, CASES, COUNTS, REAL, SAMPLE, THREE, WEIGHTS, X, logistic, poisson
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import (
    GammaRegressor,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    RidgeClassifier,
)
from sklearn.svm import LinearSVC, LinearSVR

from skinfluence import (
    DFBETAS,
    CooksDistance,
    InfluenceFunctions,
    LeaveOneOut,
    Leverage,
    NewtonStep,
    RescaledInfluence,
    most_influential_subset,
    smallest_flip,
)
from skinfluence.adapters import RowBlocks, fit_estimator
from skinfluence.exceptions import UnsupportedQuestionError
from skinfluence.targets import Parameter
from skinfluence.testing import assert_near
from skinfluence.testing.closeness import SUMS

EPS = np.finfo(float).eps
METHODS = (InfluenceFunctions, RescaledInfluence, NewtonStep, LeaveOneOut)
DIAGNOSTICS = (Leverage, CooksDistance)
FAR = 1e9
#: both tables hold the same numbers, and both fits are polished, one of them from an intercept that is rounded to
#: eps FAR: a factor of the Hessian is kept where the curvature changes by 1e-9
SAME_POLISH = 1e-8


def has_free_intercept(case):
    """liblinear penalises its intercept: there a shift is another model."""
    estimator = case.estimator
    penalised = isinstance(estimator, LinearSVC | LinearSVR) or getattr(estimator, "solver", "") == "liblinear"
    return isinstance(case.X, np.ndarray) and getattr(estimator, "fit_intercept", False) and not penalised


FREE = [case for case in CASES if has_free_intercept(case)]


def effects(estimator, X, y, weight, X_val, y_val):
    """Prediction effects by every method, and diagnostics, by name."""
    found = {
        cls.__name__: cls(estimator, polish=True).fit(X, y, sample_weight=weight).attribute(X_val, y_val).values
        for cls in METHODS
    }
    return found | {
        cls.__name__: cls(estimator, polish=True).fit(X, y, sample_weight=weight).attribute().values
        for cls in DIAGNOSTICS
    }


def shifted(fitted, amount):
    """The same predictions on rows whose first column is `amount` larger."""
    there = copy.deepcopy(fitted)
    intercept = np.ravel(fitted.intercept_) - np.atleast_2d(fitted.coef_)[:, 0] * amount
    there.intercept_ = intercept if np.ndim(fitted.intercept_) else float(intercept[0])
    return there


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=() if case in SAMPLE else pytest.mark.slow) for case in FREE], ids=str
)
def test_where_a_column_is_measured_from_changes_nothing(case):
    features, y, weight = case.data
    far = features.copy()
    far[:, 0] += FAR
    near = far.copy()
    near[:, 0] -= FAR
    fitted = fit_estimator(case.estimator, near, y, weight)
    here = effects(fitted, near, y, weight, near[:9], y[:9])
    there = effects(shifted(fitted, FAR), far, y, weight, far[:9], y[:9])
    for method, values in here.items():
        assert_near(there[method], values, SAME_POLISH, what=method)


def test_shift_changes_no_answer_of_blocks_or_sparse_rows():
    far = X.copy()
    far[:, 0] += FAR
    near = far - [FAR, 0, 0]
    model = shifted(logistic("newton-cholesky").fit(near, BINARY), FAR)
    expected = RescaledInfluence(logistic("newton-cholesky")).fit(near, BINARY).attribute(near, BINARY).values
    rows = (RowBlocks.from_arrays(far, BINARY, block_size=17),)
    blocks = RescaledInfluence(model, polish=True).fit(*rows).attribute(far, BINARY).values
    assert_near(blocks, expected, SAME_POLISH)
    wide = (
        RescaledInfluence(model, polish=True)
        .fit(sparse.csr_array(far), BINARY)
        .attribute(sparse.csr_array(far), BINARY)
    )
    assert_near(wide.values, expected, SAME_POLISH)
    # a Unix time beside categories comes out of a ColumnTransformer sparse
    levels = np.eye(5)[np.arange(len(X)) % 5]
    ridge = Ridge(alpha=0.1).fit(np.hstack([near[:, :1], levels]), REAL)
    tables = [sparse.csr_array(np.hstack([table[:, :1], levels])) for table in (near, far)]
    answers = [
        LeaveOneOut(model, polish=True).fit(table, REAL).attribute(table, REAL).values
        for model, table in zip((ridge, shifted(ridge, FAR)), tables, strict=True)
    ]
    assert_near(*answers, SAME_POLISH)


#: without a penalty the unit of a column is arbitrary
UNPENALISED = {
    "least squares": (LinearRegression(), REAL),
    "logistic": (logistic("newton-cholesky", C=np.inf), BINARY),
    "softmax": (logistic("newton-cg", C=np.inf), THREE),
    "poisson": (poisson(alpha=0), COUNTS),
    "gamma": (GammaRegressor(alpha=0, solver="newton-cholesky", tol=1e-10), AMOUNTS),
}


def scaled(fitted, factor):
    """The same predictions on rows whose first column is `factor` times as large."""
    there = copy.deepcopy(fitted)
    there.coef_ = fitted.coef_.copy()
    there.coef_[..., 0] /= factor
    return there


@pytest.mark.parametrize("power", [-20, 30])
@pytest.mark.parametrize("name", UNPENALISED)
def test_unit_of_a_column_changes_nothing(name, power):
    estimator, y = UNPENALISED[name]
    factor = 2.0**power
    other = X * [factor, 1, 1]
    fitted = clone(estimator).fit(X, y)
    here, there = (
        effects(model, table, y, None, table[:9], y[:9])
        for model, table in ((fitted, X), (scaled(fitted, factor), other))
    )
    for method, values in here.items():
        # a power of two scales without rounding; solvers order their sums as they like
        assert_near(there[method], values, 1e4 * EPS, what=method)


# ---------------------------------------------------------------- columns that depend on each other


@pytest.mark.parametrize("name", UNPENALISED)
@pytest.mark.parametrize("cls", [LeaveOneOut, InfluenceFunctions, CooksDistance])
def test_total_beside_its_parts_changes_no_prediction(name, cls):
    estimator, y = UNPENALISED[name]
    with_total = np.column_stack([X, X[:, 0] + X[:, 1]])
    answers = [
        cls(clone(estimator), polish=True)
        .fit(table, y)
        .attribute(*([] if cls is CooksDistance else [table[:9], y[:9]]))
        for table in (X, with_total)
    ]
    assert_near(answers[1].values, answers[0].values, 1e-9)
    assert "1 of 4 columns are linear combinations of others (rank 3)" in answers[1].verdict


def test_coefficients_of_least_squares_are_those_of_least_norm():
    twice = np.column_stack([X, 2 * X[:, 0]])
    exact = LeaveOneOut(LinearRegression(), target=Parameter(0)).fit(twice, REAL)
    full = LinearRegression().fit(twice, REAL).coef_[0]
    refits = [LinearRegression().fit(np.delete(twice, i, 0), np.delete(REAL, i)).coef_[0] - full for i in range(9)]
    assert_near(exact.attribute().values[:9], refits, 1e-9, 1e-13)
    assert_near(exact.params_change_[:9, 0], refits, 1e-9, 1e-13)
    dfbetas = DFBETAS(LinearRegression()).fit(twice, REAL).attribute().values
    assert dfbetas.shape == (len(X), 5)
    assert np.isfinite(dfbetas).all()


def test_coefficients_that_the_rows_leave_open_have_no_effects():
    twice = np.column_stack([X, 2 * X[:, 0]])
    exact = LeaveOneOut(logistic("newton-cholesky", C=np.inf), polish=True).fit(twice, BINARY)
    alone = LeaveOneOut(logistic("newton-cholesky", C=np.inf)).fit(X, BINARY)
    for position, determined in ((0, False), (1, True), (2, True), (3, False), (4, True)):
        values = exact.attribute(target=Parameter(position)).values
        assert np.isfinite(values).all() == determined
        if determined:
            expected = alone.attribute(target=Parameter({1: 1, 2: 2, 4: 3}[position])).values
            assert_near(values, expected, 1e-9)
    assert "the rows do not determine their coefficients" in exact.verdict_
    assert np.isnan(exact.params_change_).all(axis=0).tolist() == [True, False, False, True, False]
    removal = exact.removal([3])
    assert np.isnan(removal.params_change).tolist() == [True, False, False, True, False]
    assert "no answer" not in removal.verdict
    for what in ("sign", "significance"):
        with pytest.raises(UnsupportedQuestionError, match="the rows do not determine the coefficient 0"):
            smallest_flip(exact, what, parameter=0)
    assert smallest_flip(exact, "sign", parameter=1, max_rows=0.5).before == pytest.approx(alone.problem_.coef[0, 1])


@pytest.mark.parametrize("noise", [2.0**-23, 2.0**-33])
@pytest.mark.parametrize("name", ["least squares", "logistic"])
def test_nearly_equal_columns_keep_the_digits_that_their_difference_has(name, noise):
    """Columns x and x + noise z say what x and z say, as far as z survives the sum."""
    estimator, y = UNPENALISED[name]
    other = np.random.default_rng(0).standard_normal(len(X))
    near = np.column_stack([X, X[:, 0] + noise * other])
    apart = np.column_stack([X, (near[:, 3] - X[:, 0]) / noise])
    fitted = clone(estimator).fit(apart, y)
    same = copy.deepcopy(fitted)
    coef = np.atleast_2d(fitted.coef_).copy()
    coef[:, 3] /= noise
    coef[:, 0] -= coef[:, 3]
    same.coef_ = coef.reshape(np.shape(fitted.coef_))
    exact, reference = (
        LeaveOneOut(model, polish=True).fit(table, y) for model, table in ((same, near), (fitted, apart))
    )
    values = exact.attribute(near, y).values
    # errors grow with the condition number, 1 / noise
    assert_near(values, reference.attribute(apart, y).values, 1e3 * EPS / noise)
    assert "columns depend on each other to" in exact.verdict_


def test_searches_work_in_other_coordinates():
    far = np.column_stack([X[:, 0] + FAR, X[:, 1:], X[:, 1] - X[:, 2]])
    attributor = RescaledInfluence(LinearRegression()).fit(far, REAL)
    subset = most_influential_subset(attributor, 4, far[:9], REAL[:9], verify=True)
    plain = np.column_stack([far[:, 0] - FAR, X[:, 1:]])
    expected = most_influential_subset(RescaledInfluence(LinearRegression()).fit(plain, REAL), 4, plain[:9], REAL[:9])
    np.testing.assert_array_equal(subset.indices, expected.indices)
    assert_near(subset.effects, expected.effects, SAME_POLISH)
    assert subset.confirmed


# ---------------------------------------------------------------- more columns than rows


def dual_leave_one_out(features, y, alpha, X_val):
    """Predictions of ridge regression without each row, less those with it, (n, m), from the dual coefficients.

    [K + alpha I, 1; 1', 0] (a, b) = (y, 0): without row i the coefficients are a - A_i a_i / A_ii.
    """
    n = len(y)
    kernel = features @ features.T
    system = np.block([[kernel + alpha * np.eye(n), np.ones((n, 1))], [np.ones((1, n)), np.zeros((1, 1))]])
    inverse = np.linalg.inv(system)
    solved = inverse @ np.append(y, 0.0)
    left = -inverse[:, :n] * (solved[:n] / np.diagonal(inverse)[:n])
    return (np.column_stack([X_val @ features.T, np.ones(len(X_val))]) @ left).T


def wide_data(n, p):
    generator = np.random.default_rng(n)
    return generator.normal(size=(n, p)), generator.normal(size=n), generator.normal(size=(5, p))


@pytest.mark.parametrize(("n", "p"), [(3, 12), (30, 60)])
@pytest.mark.parametrize("alpha", [1.0, 1e-2, 1e-4, 1e-8, 1e-12, 0.0])
@pytest.mark.parametrize("cls", [LeaveOneOut, RescaledInfluence, NewtonStep])
def test_wide_ridge_is_its_dual_form_down_to_no_penalty(cls, n, p, alpha):
    features, y, X_val = wide_data(n, p)
    estimator = Ridge(alpha=alpha, solver="svd") if alpha else LinearRegression()
    model = cls(estimator, target="prediction").fit(features, y)
    values = model.attribute(X_val, np.zeros(5), aggregate=False).values
    expected = dual_leave_one_out(features, y, alpha, X_val)
    # both invert a kernel with a condition number of some hundred
    assert_near(values, expected, 1e4 * EPS)
    # RescaledInfluence adds rows up
    sets = [[0]] if cls is RescaledInfluence else [[0], [0, 2]]
    refits = [clone(estimator).fit(np.delete(features, rows, 0), np.delete(y, rows)) for rows in sets]
    full = clone(estimator).fit(features, y)
    changes = model.removals(sets, X_val, np.zeros(5)).target_change
    # refits take differences of predictions
    assert_near(changes, [refit.predict(X_val).sum() - full.predict(X_val).sum() for refit in refits], 1e-9)


@pytest.mark.parametrize(
    ("estimator", "weight"),
    [
        (LinearRegression(fit_intercept=False), None),
        (LinearRegression(), WEIGHTS),
        (Ridge(alpha=1e-9, solver="svd"), WEIGHTS),
        (Ridge(alpha=np.array([1e-9, 1.0]), solver="svd"), None),
        (RidgeClassifier(alpha=1e-9, solver="svd"), None),
    ],
    ids=["no intercept", "weighted", "weighted ridge", "outputs", "classes"],
)
def test_wide_least_squares_follow_their_refits(estimator, weight):
    features, y, X_val = wide_data(20, 40)
    labels = {"Ridge": y, "LinearRegression": y, "RidgeClassifier": THREE[:20]}[type(estimator).__name__]
    labels = np.column_stack([y, y**2]) if np.ndim(estimator.get_params().get("alpha", 0)) else labels
    weight = None if weight is None else weight[:20]
    exact = LeaveOneOut(estimator).fit(features, labels, sample_weight=weight)
    question = exact.question(X_val, labels[:5])
    sets = [[3], [7], [3, 7, 11]]
    assert_near(exact.predicted(sets, question), exact.actual(sets, question), 1e-9)
    assert "solved in the dual form" in exact.verdict_


@pytest.mark.parametrize("classes", [BINARY, THREE], ids=["two", "three"])
def test_wide_models_without_a_dense_matrix_of_parameters(classes):
    text = sparse.random(40, 30_000, density=0.002, random_state=0, format="csr")
    model = LogisticRegression(tol=1e-8).fit(text, classes[:40])
    exact = LeaveOneOut(model).fit(text, classes[:40])
    assert exact.problem_.n_parameters <= 3 * 40
    influence = exact.attribute(text[:5], classes[:5])
    refits = exact.actual([[3], [7]], exact.question(text[:5], classes[:5]))
    # lbfgs at tol 1e-12, polished
    assert_near(influence.values[[3, 7]], refits, 1e-6)
    assert exact.params_change_.shape[1] == len(exact.problem_.parameter_names)


def test_poisson_with_a_group_of_zeros_keeps_the_answers_that_exist():
    group = np.arange(len(X)) < 8
    y = np.where(group, 0, COUNTS)
    table = np.column_stack([X, group])
    model = PoissonRegressor(alpha=0, solver="newton-cholesky", tol=1e-10, max_iter=1000).fit(table, y)
    with pytest.warns(UserWarning, match=r"no optimum: .* along the coefficients of 'x3'"):
        attributor = RescaledInfluence(model, polish=True).fit(table, y)
    assert np.isnan(attributor.attribute(target=Parameter(3)).values).all()
    others = RescaledInfluence(poisson(alpha=0)).fit(X[~group], y[~group])
    values = attributor.attribute(target=Parameter(0)).values
    # rows of the group have a mean of e^-30 or so
    assert_near(values[~group], others.attribute(target=Parameter(0)).values, 1e-9)
    assert_near(values[group], np.zeros(8), 0, 1e-9)


def test_quasi_separated_level_keeps_the_answers_that_exist():
    level = np.arange(len(X)) < 8
    y = np.where(level, 1, BINARY)
    table = np.column_stack([X, level])
    model = LogisticRegression(C=np.inf, tol=1e-8, max_iter=10_000).fit(table, y)
    with pytest.warns(UserWarning, match=r"no optimum: .* along the coefficients of 'x3'"):
        exact = LeaveOneOut(model).fit(table, y)
    assert np.isnan(exact.attribute(target=Parameter(3)).values).all()
    assert np.isnan(exact.params_change_).all(axis=0).tolist() == [False, False, False, True, False]
    with pytest.raises(UnsupportedQuestionError, match="parameter 3 has no optimum, and so no sign"):
        smallest_flip(exact, "sign", parameter=3)
    others = LeaveOneOut(logistic(C=np.inf)).fit(X[~level], y[~level])
    held_out = table[~level][:9], y[~level][:9]
    expected = others.attribute(X[~level][:9], held_out[1]).values
    assert_near(exact.attribute(*held_out).values[~level], expected, 1e-7)


# ---------------------------------------------------------------- what coordinates must not change


def test_evaluation_rows_may_be_edited_between_questions():
    far = np.column_stack([X[:, 0] + FAR, X[:, 1:]])
    attributor = LeaveOneOut(LinearRegression(), target="prediction").fit(far, REAL)
    rows = far[:5].copy()
    attributor.attribute(rows, REAL[:5])
    rows[:] = far[5:10]
    expected = attributor.attribute(far[5:10].copy(), REAL[:5]).values
    np.testing.assert_array_equal(attributor.attribute(rows, REAL[:5]).values, expected)


@pytest.mark.parametrize(
    "estimator", [LinearRegression(), logistic("newton-cholesky", C=np.inf)], ids=["linear", "log"]
)
def test_constant_columns_say_nothing(estimator):
    """With no other column the model is a mean, and an intercept that is deleted moves to the mean of the others."""
    y = REAL if isinstance(estimator, LinearRegression) else BINARY
    only = LeaveOneOut(estimator, target="prediction" if y is REAL else "loss", polish=True)
    constant = only.fit(np.full((len(X), 2), 3.0), y).attribute(np.full((1, 2), 3.0), y[:1]).values
    if y is REAL:
        means = (REAL.sum() - REAL) / (len(REAL) - 1)
        assert_near(constant, means - REAL.mean(), 1e2 * EPS, 1e2 * EPS)
    beside = np.column_stack([X, np.full(len(X), 3.0)])
    answers = [LeaveOneOut(estimator, polish=True).fit(table, y).attribute(table[:9], y[:9]) for table in (X, beside)]
    assert_near(answers[1].values, answers[0].values, SAME_POLISH)


def test_rare_levels_are_no_dependent_columns():
    """They are zero in most samples of the rows, and independent of the others all the same."""
    generator = np.random.default_rng(0)
    table = generator.normal(size=(2000, 3))
    levels = np.zeros((2000, 2))
    levels[[701, 1303], 0] = levels[[11, 1999], 1] = 1.0
    attributor = LeaveOneOut(LinearRegression()).fit(np.hstack([table, levels]), table[:, 0])
    assert attributor.problem_.coordinates is None
    assert "depend" not in attributor.verdict_


def test_damping_is_that_of_the_curvature_in_wide_tables_too():
    features, y, X_val = wide_data(20, 40)
    damped = RescaledInfluence(Ridge(alpha=1.0), target="prediction", damping=0.5).fit(features, y)
    assert "damped" in damped.verdict_
    assert "dual form" not in damped.verdict_
    plain = RescaledInfluence(Ridge(alpha=1.0), target="prediction").fit(features, y)
    assert np.abs(damped.attribute(X_val, y[:5]).values).sum() < np.abs(plain.attribute(X_val, y[:5]).values).sum()


def test_attributors_of_far_columns_travel_to_other_processes():
    attributor = RescaledInfluence(Ridge()).fit(X + 1000, REAL)
    expected = attributor.attribute(X[:5] + 1000, REAL[:5]).values
    there = pickle.loads(pickle.dumps(attributor))
    assert_near(there.attribute(X[:5] + 1000, REAL[:5]).values, expected, SUMS)
    question = attributor.question(X[:5] + 1000, REAL[:5])
    sets = [[1], [2, 3]]
    assert_near(attributor.actual(sets, question, n_jobs=2), attributor.actual(sets, question), SUMS)


def test_counts_without_zeros_have_an_optimum_whatever_their_range():
    x = np.linspace(-1, 1, 40)[:, None]
    model = PoissonRegressor(alpha=0, tol=1e-10, max_iter=1000)
    attributor = RescaledInfluence(model).fit(x, np.exp(8 * x[:, 0]) + 1e-6)
    assert attributor.preparation_.diverging is None


def _least_norm(features, y, X_val):
    """Predictions of least norm, whatever the size of columns: LinearRegression leaves out those of 1e-6."""
    mean = features.mean(axis=0)
    coef = np.linalg.lstsq(features - mean, y - y.mean(), rcond=1e-15)[0]
    return (X_val - mean) @ coef + y.mean()


@pytest.mark.parametrize("size", [1e3, 1e5, 1e7, 1e9])
def test_small_columns_of_a_wide_table_keep_their_digits_beside_a_large_one(size):
    features, y, X_val = wide_data(30, 60)
    features, X_val = features * np.r_[size, np.ones(59)], X_val * np.r_[size, np.ones(59)]
    exact = LeaveOneOut(Ridge(solver="svd")).fit(features, y)
    effects = exact.attribute(X_val, np.zeros(len(X_val)), target="prediction").values
    before, *after = (
        Ridge(solver="svd").fit(np.delete(features, rows, 0), np.delete(y, rows)).predict(X_val).sum()
        for rows in ([], *([row] for row in range(30)))
    )
    # a coordinate of a row has the rounding of its largest column
    assert_near(effects, np.array(after) - before, 1e-10, size * EPS * 60)
    least_norm = LeaveOneOut(LinearRegression()).fit(features, y)
    effects = least_norm.attribute(X_val, np.zeros(len(X_val)), target="prediction").values
    before, *after = (
        _least_norm(np.delete(features, rows, 0), np.delete(y, rows), X_val).sum()
        for rows in ([], *([row] for row in range(30)))
    )
    assert_near(effects, np.array(after) - before, 1e-10, size * EPS * 60)
    beside = sparse.csr_array(features)
    assert "digits: scale them" in LeaveOneOut(Ridge(alpha=1e-3)).fit(beside, y).verdict_ or size < 1e4
