"""Many sets at once: the same answers as one by one, whatever the method, the blocks and the form of the sets."""

from functools import cache
from unittest import mock

import numpy as np
import pytest
import rounding
from cases import BINARY, COUNTS, REAL, SPARSE, THREE, TWO_REALS, WEIGHTS, X, logistic, poisson
from fair import one_in
from rounding import OPTIMA, REFITS
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import Lasso, LinearRegression, Ridge
from sklearn.neighbors import RadiusNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skinfluence.attributors import (
    InfluenceFunctions,
    LeaveOneOut,
    NewtonStep,
    RelativeInfluence,
    RescaledInfluence,
    SecondOrderInfluence,
)
from skinfluence.exceptions import UnsupportedQuestionError
from skinfluence.removal import set_inverse, sets
from skinfluence.testing import assert_near

#: enough parameters for sets of some rows to be small against them
FEATURES = np.hstack([X, np.random.default_rng(3).normal(size=(len(X), 12))])
MODELS = {
    "logistic": (logistic(C=0.2), FEATURES, BINARY),
    "softmax": (logistic(C=0.2), FEATURES, THREE),
    "balanced": (logistic(C=0.2, class_weight="balanced"), FEATURES, THREE),
    "outputs": (Ridge(), FEATURES, TWO_REALS),
    "poisson": (poisson(alpha=0.3), FEATURES, COUNTS),
    "lasso": (Lasso(alpha=0.08, tol=1e-12, max_iter=100_000), FEATURES, REAL),
    "sparse": (logistic("newton-cg"), SPARSE, BINARY),
}
METHODS = {
    "first order": InfluenceFunctions(),
    "rescaled": RescaledInfluence(),
    "second order": SecondOrderInfluence(),
    "Newton": NewtonStep(),
    "two steps": NewtonStep(n_steps=2),
    "exact": NewtonStep(n_steps=None),
    "leave-one-out": LeaveOneOut(),
}
_generator = np.random.default_rng(0)
#: of every size up to two thirds, some of them alike, overlapping and not, and one of no rows
SETS = [np.sort(_generator.choice(72, size, replace=False)) for size in (1, 1, 2, 3, 3, 4, 5, 9, 9, 17, 30, 48)]
SETS += [np.arange(60, 65), np.array([], dtype=int), np.arange(65, 72)]
#: two orders of summation, at condition numbers of 1e3
SAME = 1e-10


@cache
def fitted(model, method, **settings):
    """An attributor, its features and labels, for tests that change none of them."""
    estimator, features, y = MODELS[model]
    attributor = clone(METHODS[method]).set_params(estimator=estimator, polish=True, **settings)
    return attributor.fit(features, y, sample_weight=WEIGHTS), features, y


@pytest.mark.parametrize(("method", "model"), one_in(2, METHODS, MODELS))
def test_removals_are_those_of_one_set_after_the_other(method, model):
    attributor, features, y = fitted(model, method)
    target = "prediction" if model == "lasso" else None
    batch = attributor.removals(SETS, features[:9], y[:9], target=target)
    assert len(batch) == len(SETS)
    # every other set: methods take turns
    turn = list(METHODS).index(method) // 2 % 2
    for rows, removal in list(zip(SETS, batch, strict=True))[turn::2]:
        one = attributor.removal(rows, features[:9], y[:9], target=target)
        np.testing.assert_array_equal(removal.indices, rows)
        size = np.abs(one.params_change).max()
        # exact answers end at the rounding of the optimum; the empty set changes nothing but for that
        tolerance = 1e-8 if method in ("exact", "leave-one-out") else SAME
        assert_near(removal.params_change, one.params_change, tolerance, rounding.of_parameters(attributor.problem_))
        assert_near(removal.target_change, one.target_change, 1e-7, OPTIMA * (1 + size))


@pytest.mark.parametrize("model", ["logistic", "softmax", "balanced", "outputs", "poisson"])
def test_exact_removals_are_refits(model):
    estimator, features, y = MODELS[model]
    exact = NewtonStep(estimator, n_steps=None, polish=True).fit(features, y, sample_weight=WEIGHTS)
    whole = clone(estimator).fit(features, y, sample_weight=WEIGHTS)
    for rows, removal in zip(SETS, exact.removals(SETS), strict=True):
        refit = clone(estimator).fit(np.delete(features, rows, 0), np.delete(y, rows, 0), np.delete(WEIGHTS, rows))
        truth = np.r_[np.ravel(refit.coef_ - whole.coef_), np.ravel(refit.intercept_ - whole.intercept_)]
        # what two fits at a relative gradient of 1e-12 leave, more where 24 rows are left of 72
        assert_near(removal.params_change, truth, 1e-6, REFITS)


def test_most_sets_of_exact_removals_need_no_damped_newton():
    attributor, *_ = fitted("logistic", "exact")
    with mock.patch("skinfluence.removal.exact.exact_set_change", side_effect=AssertionError("damped Newton")):
        attributor.removals([rows for rows in SETS if len(rows) < 10])


@pytest.mark.parametrize("method", METHODS)
def test_removals_do_not_depend_on_blocks_or_threads(method):
    attributor, features, y = fitted("logistic", method, evaluation="moved")
    expected = attributor.removals(SETS, features, y)
    with mock.patch.object(set_inverse, "BLOCK_SIZE", 700), mock.patch.object(sets, "MAX_SETS", 2):
        small = attributor.removals(SETS, features, y)
    threads = attributor.removals(SETS, features, y, n_jobs=2)
    for other in (small, threads):
        assert_near(other.params_change, expected.params_change, OPTIMA)
        assert_near(other.target_change, expected.target_change, OPTIMA)


def test_sets_have_many_forms():
    attributor, *_ = fitted("logistic", "Newton")
    expected = attributor.removals([[3, 1], [5, 70]])
    masks = np.zeros((2, len(X)), dtype=bool)
    masks[[0, 0, 1, 1], [3, 1, 5, 70]] = True
    forms = [masks, list(masks), sparse.csr_matrix(masks), sparse.coo_array(masks), np.array([[3, 1], [5, -2]])]
    for form in forms:
        batch = attributor.removals(form)
        assert [sorted(rows) for rows in batch.sets] == [[1, 3], [5, 70]]
        assert_near(batch.params_change, expected.params_change, SAME)


def test_removals_of_groups_are_those_of_attribute():
    for method in METHODS:
        attributor, features, y = fitted("logistic", method)
        groups = np.array(["a", "b", "c"])[np.arange(len(y)) % 3]
        batch = attributor.removals(None, features, y, train_groups=groups)
        assert list(batch.names) == ["a", "b", "c"]
        influence = attributor.attribute(features, y, train_groups=groups)
        assert_near(batch.target_change, influence.values, OPTIMA)


def test_removals_bound_every_set():
    attributor, features, y = fitted("logistic", "Newton")
    batch = attributor.removals(SETS[:4], features, y, bound=True)
    one = attributor.removal(SETS[2], features, y, bound=True)
    assert batch[2].params_bound == pytest.approx(one.params_bound, rel=1e-6)
    assert batch[2].target_bound == pytest.approx(one.target_bound, rel=1e-6)
    plain = attributor.removals(SETS[:4])
    assert plain.target_change is None
    assert plain[0].params_bound is None
    assert attributor.removals(SETS[:4], bound=True).target_bound is None


def test_subtracted_hessian_that_loses_its_digits_is_replaced():
    # the rows from 10 on weigh next to nothing against the first ten in one feature
    scale = np.where(np.arange(len(X)) < 10, 1e8, 1.0)
    features = np.column_stack([X, scale * np.random.default_rng(1).normal(size=len(X))])
    attributor = NewtonStep(LinearRegression()).fit(features, REAL)
    rows = [np.arange(10), np.arange(12)]
    for chosen, change in zip(rows, attributor._set_changes(rows).T, strict=True):
        refit = LinearRegression().fit(np.delete(features, chosen, 0), np.delete(REAL, chosen))
        assert_near(attributor.problem_.theta + change, np.r_[refit.coef_, refit.intercept_], OPTIMA)
    with mock.patch.object(set_inverse, "MAX_REFINEMENT", 1e6):
        lost = attributor._set_changes(rows).T[0]
    assert not np.allclose(lost, attributor._set_changes(rows).T[0], rtol=1e-6, atol=0)


def test_removal_that_leaves_a_direction_undetermined_has_no_answer_and_the_others_have():
    alone = np.column_stack([X, np.arange(len(X)) < 20])
    attributor = NewtonStep(LinearRegression()).fit(alone, REAL)
    removals = attributor.removals([np.arange(5), np.arange(20)], alone, REAL, bound=True)
    for numbers in (removals.params_change[:, 0], removals.target_change):
        assert np.isnan(numbers).tolist() == [False, True]
    assert np.isinf(removals.params_bound).tolist() == [False, True]
    assert "no answer (nan) for 1 of 2 sets, the first at position 1 (1): without it" in removals[1].verdict
    assert_near(removals[0].params_change, attributor.removal(np.arange(5)).params_change, 1e-12)


def test_removals_work_through_pipelines():
    pipeline = make_pipeline(StandardScaler(), logistic())
    attributor = NewtonStep(pipeline, n_steps=None).fit(X, BINARY)
    scaled = StandardScaler().fit_transform(X)
    plain = NewtonStep(logistic(), n_steps=None).fit(scaled, BINARY)
    assert_near(attributor.removals(SETS).params_change, plain.removals(SETS).params_change, OPTIMA)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ([], r"sets must be a list of sets, or a boolean matrix of shape \(n_sets, 72\), got \[\]"),
        ([1, 2, 3], r"got a list of single numbers; for one set call removal\(indices\)"),
        ([[1], [2, 99]], r"set 1: indices must lie in \[-72, 72\), got 2 to 99"),
        ([[1], [2, 2]], "set 1: indices name a row twice"),
        ([[1], [0.5]], "set 1: indices must be positions of rows or a boolean mask, got an array of float64"),
        (np.ones((2, 3), dtype=bool), r"set 0: a mask of rows must have shape \(72,\), got \(3,\)"),
        (sparse.eye(3), r"a matrix of sets must have one column for each of 72 rows, got \(3, 3\)"),
        ("all", "sets must be a list of sets, or a boolean matrix"),
    ],
)
def test_bad_sets_are_refused_by_number(given, match):
    attributor = InfluenceFunctions(Ridge()).fit(X, REAL)
    with pytest.raises(ValueError, match=match):
        attributor.removals(given)


def test_removals_refuse_what_has_no_answer():
    attributor = InfluenceFunctions(logistic()).fit(X, BINARY)
    with pytest.raises(ValueError, match="removals takes either sets or train_groups, got neither"):
        attributor.removals()
    with pytest.raises(ValueError, match="removals takes either sets or train_groups, got both"):
        attributor.removals([[1]], train_groups=BINARY)
    assert np.isnan(attributor.removals([[0], np.flatnonzero(BINARY)]).params_change[:, 0]).tolist() == [False, True]
    with pytest.raises(UnsupportedQuestionError, match="has no answer for removals; use RescaledInfluence"):
        RelativeInfluence(logistic()).fit(X, BINARY).removals([[1]])
    with pytest.raises(UnsupportedQuestionError, match="removals needs method='exact'"):
        LeaveOneOut(logistic(), method="refit").fit(X, BINARY).removals([[1]])


@pytest.mark.filterwarnings("ignore")
def test_sets_none_of_which_has_an_answer_say_so():
    separated = LeaveOneOut(logistic(C=np.inf)).fit([[0.0], [1.0]], [0, 1])
    changes = separated.removals([[0], [1]], [[0.0]], [0])
    assert np.isnan(changes.target_change).all()
    assert "no answer (nan) for 2 of 2 sets" in changes.verdict
    assert changes.verdict.count("no answer") == 1


def test_removals_of_neighbours_name_those_without_an_answer():
    lonely = LeaveOneOut(RadiusNeighborsRegressor(0.5)).fit([[0.0], [5.0], [5.1]], [1.0, 2.0, 4.0])
    changes = lonely.removals([[0], [1]], [[0.1]], [1.0])
    assert np.isnan(changes.target_change).tolist() == [True, False]
    assert "no answer (nan) for 1 of 2 sets, the first at position 0" in changes.verdict
