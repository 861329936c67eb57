"""Naive Bayes and discriminants without rows: refits, joint sets, derivatives in the weights, refusals.

The trimmer, and methods that read an objective, are covered elsewhere.
"""

from itertools import groupby

import numpy as np
import pytest
from fair import one_of_each
from memory import largest_array
from rounding import EPS
from scipy import sparse
from sklearn.base import clone
from sklearn.covariance import LedoitWolf
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skinfluence import LeaveOneOut
from skinfluence._compat import VERSION
from skinfluence.adapters.sums import raw_of, reason_against, sums_of
from skinfluence.exceptions import (
    StationarityError,
    UnsupportedEstimatorError,
    UnsupportedQuestionError,
    UnsupportedTargetError,
)
from skinfluence.structures import Structure
from skinfluence.structures.sums import structure as structure_module
from skinfluence.targets import FunctionTarget, Loss, Parameter, ThetaFunction, evaluation_rows, measure
from skinfluence.testing import assert_near

RNG = np.random.default_rng(0)
N, P = 42, 4
LABELS = {2: RNG.integers(0, 2, N), 3: np.array(["one", "three", "two"])[RNG.integers(0, 3, N)]}
REAL = RNG.normal(size=(N, P)) + np.outer(LABELS[2], [0.8, -0.5, 0.0, 0.3])
COUNTS = RNG.poisson(1.0, size=(N, P)).astype(float)
PRESENT = (COUNTS > 0).astype(float)
CODES = RNG.integers(0, 4, size=(N, P)).astype(float)
CODES[7, 2] = 6.0  # alone in its category, the largest
WEIGHTS = RNG.uniform(0.5, 2.0, N)
WEIGHTS[::9] = 0.0
BY_FEATURE = np.array([0.1, 1.0, 2.0, 3.0])
#: single rows, one of them alone in its category, and joint ones
FEW = [np.array([1]), np.array([3, 17, 30]), np.arange(5)]
SETS = [*FEW, *(np.array([row]) for row in (7, 13, 22, 40)), np.arange(14, 34), np.arange(0)]

NAIVE = {
    "gaussian": (GaussianNB(), REAL),
    "gaussian smooth": (GaussianNB(var_smoothing=0.1), REAL),
    "multinomial": (MultinomialNB(), COUNTS),
    "multinomial sparse": (MultinomialNB(alpha=BY_FEATURE), sparse.csr_matrix(COUNTS)),
    "multinomial no prior": (MultinomialNB(fit_prior=False), COUNTS),
    "multinomial least alpha": (MultinomialNB(alpha=0.0, force_alpha=False), COUNTS * 0.3),
    "multinomial no alpha": (MultinomialNB(alpha=0.0), COUNTS + 0.5),
    "complement": (ComplementNB(), COUNTS),
    "complement norm": (ComplementNB(norm=True, alpha=BY_FEATURE), COUNTS),
    "complement norm sparse": (ComplementNB(norm=True), sparse.csr_matrix(COUNTS)),
    "bernoulli": (BernoulliNB(), COUNTS),
    "bernoulli sparse": (BernoulliNB(binarize=1.0, alpha=0.3), sparse.csr_matrix(COUNTS)),
    "bernoulli not binarized": (BernoulliNB(binarize=None), PRESENT),
    "bernoulli no alpha": (BernoulliNB(alpha=0.0), sparse.csr_matrix(PRESENT)),
    "categorical": (CategoricalNB(), CODES),
    "categorical at least": (CategoricalNB(min_categories=[4, 5, 7, 4], alpha=0.5), CODES),
}
DISCRIMINANTS = {
    "linear": LinearDiscriminantAnalysis(),
    "linear lsqr": LinearDiscriminantAnalysis(solver="lsqr"),
    "linear shrunk": LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.2),
    "quadratic": QuadraticDiscriminantAnalysis(),
    "quadratic regular": QuadraticDiscriminantAnalysis(reg_param=0.2),
}
if VERSION >= (1, 8):
    DISCRIMINANTS["quadratic eigen"] = QuadraticDiscriminantAnalysis(solver="eigen")
    DISCRIMINANTS["quadratic shrunk"] = QuadraticDiscriminantAnalysis(solver="eigen", shrinkage=0.3)


def with_priors(model, K):
    priors = np.arange(1.0, K + 1)
    name = "class_prior" if "class_prior" in model.get_params() else "priors"
    return clone(model).set_params(**{name: priors / priors.sum()})


def cases():
    """Models, rows, labels and weights by name; weights, classes and given priors take turns."""
    for turn, (name, (model, X)) in enumerate(NAIVE.items()):
        yield f"{name}, 2", (model, X, LABELS[2], WEIGHTS)
        given = turn % 2
        yield f"{name}, 3", (with_priors(model, 3) if given else model, X, LABELS[3], WEIGHTS if given else None)
    for name, model in DISCRIMINANTS.items():
        yield f"{name}, 2", (model, REAL, LABELS[2], None)
        yield f"{name}, 3", (model, REAL, LABELS[3], None)
        yield f"{name}, 3 priors", (with_priors(model, 3), REAL, LABELS[3], None)


CASES = dict(cases())


OF_EACH = [list(names) for _, names in groupby(CASES, key=lambda name: name.rpartition(", ")[0])]
#: numbers of classes and priors take turns
every_model = pytest.mark.parametrize("name", one_of_each(3, OF_EACH))
pytestmark = pytest.mark.filterwarnings("ignore:alpha too small", "ignore::RuntimeWarning:sklearn")


def fit(model, X, y, weight=None, keep=slice(None)):
    given = {} if weight is None else {"sample_weight": weight[keep]}
    return clone(model).fit(X[keep], y[keep], **given)


def read(model, X, y, weight=None):
    final = fit(model, X, y, weight)
    return final, sums_of(final, X, y, weight)


def left_by(gone):
    return np.setdiff1d(np.arange(N), gone)


def refitted(final, X, y, weight, gone, K):
    """Raw predictions of a refit, nan for categories that it does not know; None where there is none of K classes."""
    try:
        other = fit(final, X, y, weight, left_by(gone))
    except (ValueError, np.linalg.LinAlgError):
        return None
    if len(other.classes_) < K:
        return None
    known = np.ones(X.shape[0], dtype=bool)
    if isinstance(final, CategoricalNB):
        known = (X < other.n_categories_).all(axis=1)
    raw = np.full((X.shape[0], 1 if K == 2 else K), np.nan)
    raw[known] = raw_of(other, X[known])
    return raw


def allowed(final, X):
    """What scores made of sums over N rows, added in other orders, may differ by.

    Versions whose variances or covariances fall by more than four digits are computed anew, so that up to four are
    lost; those of discriminants are divided by, in features of unit scale and condition below 100.
    """
    if isinstance(final, LinearDiscriminantAnalysis | QuadraticDiscriminantAnalysis):
        return 1e2 * 1e4 * EPS * max(1.0, np.abs(raw_of(final, X)).max())
    scores = final.predict_joint_log_proba(X)
    size = np.abs(scores[np.isfinite(scores)]).max()
    return (1e4 if isinstance(final, GaussianNB) else N) * EPS * max(1.0, size)


def assert_refits(model, X, y, weight=None, sets=SETS, rtol=None):
    """Deletions are refits, and feasible where there is one."""
    final, structure = read(model, X, y, weight)
    atol = allowed(final, X) if rtol is None else 0.0
    assert_near(structure.raw(X), raw_of(final, X), rtol or 0, atol)
    raw, feasible = structure.without(sets).raw(X), structure.feasible(sets)
    assert raw.shape == (N, 1 if len(final.classes_) == 2 else len(final.classes_), len(sets))
    for g, gone in enumerate(sets):
        expected = refitted(final, X, y, weight, gone, len(final.classes_))
        assert feasible[g] == (expected is not None), gone
        if expected is not None:
            assert_near(raw[:, :, g], expected, rtol or 0, atol, what=f"without {gone}")
        else:
            assert np.isnan(raw[:, :, g]).all()


@pytest.mark.parametrize("name", one_of_each(2, OF_EACH))
def test_deletion_is_the_refit(name):
    assert_refits(*CASES[name])


def question_of(structure, X, y, target=None):
    rows = evaluation_rows(structure.loss, y, classes=np.arange(structure.form.rows.n_classes))
    return measure(Loss() if target is None else target, X, rows, structure)


def replicated(model, X, y, weight):
    """Fit of estimators that take no weights: each row as many times as it weighs, in units of a hundredth."""
    times = np.round(100 * weight).astype(int)
    return clone(model).fit(np.repeat(X, times, axis=0), np.repeat(y, times))


@every_model
def test_pull_is_minus_the_weight_times_the_slope_of_refits_in_it(name):
    model, X, y, weight = CASES[name]
    final, structure = read(model, X, y, weight)
    weighted = name.split(",")[0] not in DISCRIMINANTS
    if not weighted and not _is_homogeneous(structure):
        pytest.skip("this version of scikit-learn divides by fewer rows, so that repeating all rows changes the fit")
    refit, h = (fit, 1e-3) if weighted else (replicated, 1e-2)
    start, ask, codes = (np.ones(N) if weight is None else weight), X[:7], np.searchsorted(final.classes_, y[:7])
    pulled = structure.pull(question_of(structure, ask, codes).by_row())
    for row in (1, 29):

        def loss(step, row=row):
            other = refit(model, X, y, start + step * (np.arange(N) == row))
            return structure.loss.value(raw_of(other, ask), codes)

        # differences of two steps, so that the next term cancels: truncation h^4 of a fifth derivative that is some
        # hundred times the first, and rounding of the predictions over the step
        near, far = (loss(h) - loss(-h)) / (2 * h), (loss(2 * h) - loss(-2 * h)) / (4 * h)
        size = max(1.0, np.abs(raw_of(final, ask)).max())
        assert_near(pulled[row], -start[row] * (4 * near - far) / 3, 1e2 * h**4, 1e2 * EPS * size / h)
    assert not pulled[start == 0].any()


def _is_homogeneous(structure):
    return getattr(structure.form, "lost", 0) == 0


@every_model
def test_pull_of_a_sum_is_the_sum_over_evaluation_rows_and_in_any_blocks(name, monkeypatch):
    model, X, y, weight = CASES[name]
    final, structure = read(model, X, y, weight)
    question = question_of(structure, X, np.searchsorted(final.classes_, y))
    by_row, whole = structure.pull(question.by_row()), structure.pull(question)
    assert by_row.shape == (N, N)
    assert whole.shape == (N, 1)
    sizes = np.abs(by_row).sum(axis=1).max()
    assert_near(by_row.sum(axis=1), whole[:, 0], 0, N * EPS * sizes)
    raw = structure.without(SETS).raw(X)
    monkeypatch.setattr(structure_module, "BLOCK_SIZE", 1)
    assert_near(structure.pull(question), whole, 0, N * EPS * sizes)
    assert_near(structure.without(SETS).raw(X), raw, 0, allowed(final, X))


@every_model
def test_sums_are_those_of_the_rows_that_are_left(name):
    model, X, y, weight = CASES[name]
    final, structure = read(model, X, y, weight)
    assert isinstance(structure, Structure)
    gone = np.array([1, 8, 13])
    keep = left_by(gone)
    state, changes = structure.without([gone, np.arange(0)]), structure.changes([gone])
    assert len(structure.parameter_names) == len(set(structure.parameter_names)) == len(structure.theta)
    assert_near(state.theta[:, 0], structure.theta + changes[:, 0], N * EPS)
    assert_near(state.theta[:, 1], structure.theta, 0)
    weight = None if weight is None else weight[keep]
    left = sums_of(fit(model, X[keep], y[keep], weight), X[keep], y[keep], weight)
    assert left.parameter_names == structure.parameter_names or isinstance(final, CategoricalNB)
    if left.parameter_names == structure.parameter_names:
        assert_near(left.theta, state.theta[:, 0], N * EPS)
    label, weights = structure.class_names[1], structure.sample_weight
    count = measure(Parameter(f"{label}: count"), None, None, structure)
    own = (y.astype(str) == label) * weights
    assert count.value(structure) == pytest.approx(own.sum(), rel=N * EPS)
    assert_near(count.change(state, structure)[0], [-own[gone].sum()], 0, N * EPS * own.sum())
    assert_near(structure.pull(count)[:, 0], -own, 0)


def test_targets_of_versions_see_who_is_there():
    _, structure = read(GaussianNB(), REAL, LABELS[2], WEIGHTS)
    total = ThetaFunction(lambda theta, presence: presence.sum() + theta[0], of_presence=True)
    question = measure(total, None, None, structure)
    gone = [np.array([0, 1, 2])]
    there = np.count_nonzero(WEIGHTS)
    weight = WEIGHTS[LABELS[2] == 0].sum() - WEIGHTS[:3][LABELS[2][:3] == 0].sum()
    # row 0 has no weight
    assert question.values(structure.without(gone))[0, 0] == pytest.approx(there - 2 + weight, rel=N * EPS)


# ---------------------------------------------------------------------- what deletion may do to a fit


SMALL = np.r_[np.zeros(20, int), np.ones(18, int), 2, 2, 3, 3]


@pytest.mark.parametrize("name", NAIVE)
@pytest.mark.parametrize("given", [False, True], ids=["shares", "given priors"])
def test_last_row_of_a_class_and_its_last_weight(name, given):
    model, X = NAIVE[name]
    weight = WEIGHTS.copy()
    weight[38:] = 1.0, 1.0, 0.0, 1.0
    model = with_priors(model, 4) if given else model
    final, structure = read(model, X, SMALL, weight)
    # rows 38 and 39 are a class; of the class of rows 40 and 41 only the latter has a weight
    sets = [np.array([38]), np.array([38, 39]), np.array([40]), np.array([41])]
    # a prior that is given, or none, leaves a class that has a row without a weight; its Gaussian has no mean then
    without_weight = (given or "no prior" in name or "complement" in name) and "gaussian" not in name
    assert structure.feasible(sets).tolist() == [True, False, True, without_weight]
    raw = structure.without(sets).raw(X)
    for g in np.flatnonzero(structure.feasible(sets)):
        expected = refitted(final, X, SMALL, weight, sets[g], 4)
        # of probabilities of 0
        infinite = np.isinf(expected)
        np.testing.assert_array_equal(raw[:, :, g][infinite], expected[infinite])
        assert_near(raw[:, :, g][~infinite], expected[~infinite], 0, allowed(final, X))


def test_categories_that_are_gone_have_no_answer_unless_there_are_always_as_many():
    alone = CODES[:, 2] == 6
    _, structure = read(CategoricalNB(), CODES, LABELS[2])
    gone = structure.without([np.flatnonzero(alone)]).raw(CODES)[:, 0, 0]
    np.testing.assert_array_equal(np.isnan(gone), alone)
    _, structure = read(CategoricalNB(min_categories=7), CODES, LABELS[2])
    assert np.isfinite(structure.without([np.flatnonzero(alone)]).raw(CODES)).all()
    with pytest.raises(UnsupportedTargetError, match="evaluation row 0 has category 9 of feature 1.*min_categories"):
        structure.raw(np.array([[0.0, 9.0, 0.0, 0.0]]))


def test_quadratic_needs_more_rows_of_a_class_than_features():
    y = np.r_[np.zeros(P + 1, int), np.ones(N - P - 1, int)]
    sets = [np.array([0]), np.array([0, 1]), np.arange(P), np.array([N - 1])]
    for model in (QuadraticDiscriminantAnalysis(), QuadraticDiscriminantAnalysis(reg_param=0.3)):
        _, structure = read(model, REAL, y)
        # without one of five rows of four features the covariance is singular, but for its regularisation
        assert structure.feasible(sets).tolist() == [model.reg_param > 0, False, False, True]


RARE = np.hstack([REAL, np.zeros((N, 3))])
RARE[4, 4] = RARE[9, 5] = 1.0
RARE[[10, 11], 6] = 1.0
RARE_SETS = [np.array([4]), np.array([9]), np.array([10]), np.array([10, 11]), np.array([4, 9, 10, 11])]


@pytest.mark.parametrize("K", [2, 3])
@pytest.mark.parametrize(
    "model",
    [LinearDiscriminantAnalysis(), LinearDiscriminantAnalysis(solver="lsqr"), GaussianNB(var_smoothing=1e-6)],
)
def test_features_that_a_deletion_makes_constant(model, K):
    # "svd" drops them, least norm has no coefficient for them, and naive Bayes smooths their variances; its scores are
    # then some 1 / (3 var_smoothing) large, and predictions are differences of two of them
    assert_refits(model, RARE, LABELS[K], sets=RARE_SETS, rtol=1e6 * EPS)


@pytest.mark.parametrize(
    "model", [LinearDiscriminantAnalysis(), LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1)]
)
def test_constant_features(model):
    assert_refits(model, np.hstack([REAL, np.full((N, 1), 2.0)]), LABELS[3], sets=FEW)
    # constant in each class
    assert_refits(model, np.hstack([REAL, LABELS[2][:, None]]), LABELS[2], sets=FEW)


def test_collinear_features_are_dropped_by_svd_and_refused_by_lsqr():
    collinear = np.column_stack([REAL, REAL[:, 0] + REAL[:, 1]])
    assert_refits(LinearDiscriminantAnalysis(), collinear, LABELS[3], sets=FEW)
    _, structure = read(LinearDiscriminantAnalysis(), collinear, LABELS[2])
    with pytest.raises(UnsupportedQuestionError, match="singular.*drop redundant features, or ask for deletions"):
        structure.pull(question_of(structure, collinear, LABELS[2]))
    with pytest.raises(StationarityError, match="singular.*drop redundant features, or give it a fixed shrinkage"):
        read(LinearDiscriminantAnalysis(solver="lsqr"), collinear, LABELS[2])
    assert_refits(LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1), collinear, LABELS[2], sets=FEW)


def test_means_on_a_line_lose_a_direction():
    y = np.repeat([0, 1, 2], N // 3)
    centred = REAL - np.array([REAL[y == k].mean(axis=0) for k in range(3)])[y]
    on_a_line = centred + np.outer(y, [1.0, 2.0, 0.0, 0.0])
    # without some rows the means are on a line no longer
    assert_refits(LinearDiscriminantAnalysis(), on_a_line, y, sets=FEW)


@pytest.mark.parametrize("name", ["gaussian", *DISCRIMINANTS])
@pytest.mark.parametrize("change", ["far", "outlier", "scales"])
def test_features_far_away_of_unlike_scales_and_with_an_outlier(name, change):
    X = REAL.copy()
    if change == "far":
        X += 100.0
    elif change == "outlier":
        X[5, 1] = 1e4
    else:
        X *= [1.0, 1e3, 0.1, 10.0]
    model = DISCRIMINANTS.get(name, GaussianNB())
    # a hundred deviations away, squared, or the condition of covariances of unlike scales
    assert_refits(model, X, LABELS[2], sets=FEW, rtol=1e4 * 1e4 * EPS)


def test_more_features_than_rows_where_the_covariance_is_shrunk():
    wide = RNG.normal(size=(N, 45)) + np.outer(LABELS[2], np.full(45, 0.3))
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1)
    assert_refits(model, wide, LABELS[3], sets=SETS[-4:])
    assert_refits(with_priors(model, 2), wide, LABELS[2], sets=SETS[-4:])


def test_sets_with_a_row_twice_no_sets_and_all_rows():
    _, structure = read(MultinomialNB(), COUNTS, LABELS[2])
    raw = structure.without([[3, 3, 1], [1, 3], np.arange(N)]).raw(COUNTS)
    np.testing.assert_array_equal(raw[:, :, 0], raw[:, :, 1])
    assert np.isnan(raw[:, :, 2]).all()
    assert structure.without([]).raw(COUNTS).shape == (N, 1, 0)
    assert structure.changes([]).shape == (len(structure.theta), 0)


@pytest.mark.parametrize("model", [MultinomialNB(), ComplementNB(norm=True), BernoulliNB()], ids=repr)
def test_sparse_rows_stay_sparse(model):
    n, p = 200, 10_000
    X = sparse.random(n, p, density=20 / p, format="csr", random_state=0)
    y = np.arange(n) % 2
    final = model.fit(X, y)
    structure = sums_of(final, X, y)
    question = question_of(structure, X[:5], y[:5])

    def run():
        return structure.without([np.array([row]) for row in range(n)]).raw(X[:5]), structure.pull(question)

    (raw, _), largest = largest_array(run)
    assert largest < 8 * n * p / 10
    for row in (0, 101):
        keep = np.arange(n) != row
        other = clone(model).fit(X[keep], y[keep])
        # sums of p terms
        size = max(1.0, np.abs(other.predict_joint_log_proba(X[:5])).max())
        assert_near(raw[:, :, row], raw_of(other, X[:5]), 0, p * EPS * size)


def test_dense_evaluation_rows_of_a_sparse_fit_and_sparse_ones_of_a_dense_fit():
    spread = sparse.csr_matrix(COUNTS)
    for model in (MultinomialNB(), ComplementNB(norm=True), BernoulliNB()):
        for X, other in ((COUNTS, spread), (spread, COUNTS)):
            _, structure = read(model, X, LABELS[2])
            question = question_of(structure, X, LABELS[2])
            turned = question_of(structure, other, LABELS[2])
            raw = structure.without(SETS).raw(X)
            assert_near(structure.without(SETS).raw(other), raw, N * EPS)
            assert_near(structure.pull(turned.by_row()), structure.pull(question.by_row()), N * EPS)


@pytest.mark.parametrize("model", [MultinomialNB(), ComplementNB(norm=True), BernoulliNB()], ids=repr)
def test_sparse_rows_with_stored_zeros_out_of_order_are_left_as_they_are(model):
    rows, columns = np.indices(COUNTS.shape).reshape(2, -1)[:, ::-1]
    order = np.argsort(rows, kind="stable")
    X = sparse.csr_matrix((COUNTS[rows, columns][order], columns[order], np.arange(N + 1) * P), shape=COUNTS.shape)
    before = X.data.copy(), X.indices.copy()
    _, structure = read(model, X, LABELS[2])
    _, plain = read(model, COUNTS, LABELS[2])
    assert_near(structure.without(SETS).raw(X), plain.without(SETS).raw(COUNTS), N * EPS)
    np.testing.assert_array_equal(X.data, before[0])
    np.testing.assert_array_equal(X.indices, before[1])


# ---------------------------------------------------------------------- what is taken, and what is refused


@pytest.mark.parametrize("name", ["gaussian", "multinomial", "bernoulli sparse", "complement", "categorical"])
def test_partial_fits_that_saw_the_rows_are_taken(name):
    model, X = NAIVE[name]
    classes, final = np.unique(LABELS[3]), clone(model)
    for rows in (slice(0, 20), slice(20, N)):
        final.partial_fit(X[rows], LABELS[3][rows], classes, WEIGHTS[rows])
    structure = sums_of(final, X, LABELS[3], WEIGHTS)
    # the Gaussian one smooths by the variance of the last rows that it saw, 1e-9 of it
    assert_near(structure.raw(X), raw_of(final, X), 1e-7 if name == "gaussian" else N * EPS)
    with pytest.raises(StationarityError, match=r"one of its classes .* has no row with a weight"):
        sums_of(clone(model).partial_fit(X, LABELS[3], [*classes, "zero"]), X, LABELS[3])


@pytest.mark.parametrize(
    "name", ["gaussian", "multinomial sparse", "complement", "bernoulli", "categorical", *DISCRIMINANTS]
)
def test_rows_of_another_fit_are_refused(name):
    model, X = NAIVE[name] if name in NAIVE else (DISCRIMINANTS[name], REAL)
    final = clone(model).fit(X, LABELS[2])
    half = np.arange(N) % 4 > 0
    with pytest.raises(StationarityError, match="on the rows given differs from the fitted one by"):
        sums_of(final, X[half], LABELS[2][half])
    with pytest.raises(StationarityError, match="on the rows given differs from the fitted one by"):
        sums_of(final, X, LABELS[2][::-1])
    if name in NAIVE:
        with pytest.raises(StationarityError, match="on the rows given differs from the fitted one by"):
            sums_of(final, X, LABELS[2], WEIGHTS)
    else:
        with pytest.raises(UnsupportedEstimatorError, match="takes no sample_weight; leave it out"):
            sums_of(final, X, LABELS[2], WEIGHTS)


def test_settings_that_are_no_sums_are_refused_with_the_way_out():
    linear = LinearDiscriminantAnalysis(solver="lsqr")
    assert reason_against(linear) is None
    assert "use a number" in reason_against(clone(linear).set_params(shrinkage="auto"))
    assert "use covariance_estimator=None" in reason_against(
        clone(linear).set_params(covariance_estimator=LedoitWolf())
    )
    final = clone(linear).set_params(shrinkage="auto").fit(REAL, LABELS[2])
    with pytest.raises(UnsupportedEstimatorError, match="LinearDiscriminantAnalysis: shrinkage='auto' is chosen anew"):
        sums_of(final, REAL, LABELS[2])
    with pytest.raises(UnsupportedEstimatorError, match="fitted on one class.*fit it on rows of two classes"):
        sums_of(MultinomialNB().fit(COUNTS, np.zeros(N)), COUNTS, np.zeros(N))
    assert all(reason_against(model) is None for model, *_ in CASES.values())


def test_targets_without_a_derivative_are_refused_by_pull():
    _, structure = read(MultinomialNB(), COUNTS, LABELS[2])
    target = FunctionTarget(lambda raw, y, weight: float(raw.mean()))
    with pytest.raises(UnsupportedQuestionError, match="ask with evaluation='moved', or give it a raw_gradient"):
        structure.pull(question_of(structure, COUNTS, LABELS[2], target))


@pytest.mark.parametrize("name", ["gaussian", "multinomial", "linear", "quadratic"])
def test_fits_in_single_precision_are_read(name):
    model, X = NAIVE[name] if name in NAIVE else (DISCRIMINANTS[name], REAL)
    X = X.astype(np.float32)
    final = clone(model).fit(X, LABELS[2])
    structure = sums_of(final, X, LABELS[2])
    double = clone(model).fit(X.astype(float), LABELS[2])
    assert_near(structure.raw(X.astype(float)), raw_of(double, X.astype(float)), 0, allowed(double, X))


# ---------------------------------------------------------------------- through the front door


NEW = ["multinomial sparse", "bernoulli", "complement norm", "categorical at least"]


@pytest.mark.parametrize("name", [*NEW, "quadratic regular"])
def test_leave_one_out_is_that_of_refits(name):
    model, X = NAIVE[name] if name in NAIVE else (DISCRIMINANTS[name], REAL)
    weight = WEIGHTS if name in NAIVE else None
    groups = np.arange(N) % 6
    exact = LeaveOneOut(model).fit(X, LABELS[3], weight)
    by_refit = LeaveOneOut(model, method="refit").fit(X, LABELS[3], weight)
    ask = X[:9], LABELS[3][:9]
    for given in ({}, {"train_groups": groups}):
        expected = by_refit.attribute(*ask, **given).values
        # logits of probabilities that are read from the refit lose digits where these are near 0 or 1
        assert_near(exact.attribute(*ask, **given).values, expected, 1e-9, 1e-12)
    assert "sums" in exact.verdict_
    own = np.diag(exact.attribute(X, LABELS[3], aggregate=False).values)
    assert_near(exact.self_influence().values, own, N * EPS, N * EPS)


def test_leave_one_out_of_a_pipeline_on_a_table():
    pd = pytest.importorskip("pandas", reason="a table is a DataFrame of pandas")
    table = pd.DataFrame(REAL, columns=list("abcd"))
    model = make_pipeline(MinMaxScaler().set_output(transform="pandas"), MultinomialNB()).fit(table, LABELS[3])
    exact = LeaveOneOut(model).fit(table, LABELS[3])
    by_refit = LeaveOneOut(model, method="refit").fit(table, LABELS[3])
    expected = by_refit.attribute(table, LABELS[3]).values
    assert_near(exact.attribute(table, LABELS[3]).values, expected, 1e-10)
    assert exact.preparation_.parameter_names[:2] == ["one: count", "one: a"]
    label = exact.attribute(target=Parameter("one: count"))
    assert_near(label.values, -(LABELS[3] == "one").astype(float), 0)
