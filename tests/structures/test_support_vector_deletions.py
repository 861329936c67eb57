"""Machines without rows: conditions of optimality in double precision, refits of libsvm, joint sets, refusals."""

from functools import cache

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.metrics import hinge_loss
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.svm import SVC, SVR

from skinfluence.adapters.support_vector_machines import support_vectors_of
from skinfluence.exceptions import StationarityError, UnsupportedEstimatorError
from skinfluence.losses import MulticlassHingeLoss
from skinfluence.structures.support_vectors.pairwise import pair_steps
from skinfluence.testing import assert_near

RNG = np.random.default_rng(0)
N = 48
X = RNG.normal(size=(N, 3))
SCORE = X[:, 0] + 0.5 * X[:, 1] ** 2 + 0.4 * RNG.normal(size=N)
WEIGHT = RNG.uniform(0.5, 2.0, N)
TWICE = np.r_[np.arange(N // 2), np.arange(N // 2)]


def classes(K):
    return np.searchsorted(np.quantile(SCORE, np.arange(1, K) / K), SCORE)


CASES = {
    "rbf": (SVC(), X, classes(2), None),
    "linear": (SVC(kernel="linear"), X, classes(2), WEIGHT),
    "poly": (SVC(kernel="poly", degree=2, coef0=1.0), X, classes(2), None),
    "sigmoid": (SVC(kernel="sigmoid", gamma=0.01), X, classes(2), None),
    "class weight": (SVC(class_weight={0: 2.0, 1: 0.7}), X, classes(2), WEIGHT),
    "balanced": (SVC(class_weight="balanced"), X, classes(2), WEIGHT),
    "sparse": (SVC(C=5.0), sparse.csr_matrix(X), classes(2), None),
    "duplicated": (SVC(kernel="linear", C=10.0), X[TWICE], classes(2)[TWICE], None),
    "all bounded": (SVC(C=1e-3), X, np.arange(N) % 2, None),
    "small": (SVC(C=1e-2, kernel="linear"), X, classes(2), None),
    "large": (SVC(C=1e4), X, classes(2), None),
    "three": (SVC(), X, classes(3), WEIGHT),
    "three linear balanced": (SVC(kernel="linear", class_weight="balanced"), X, classes(3), None),
    "four": (SVC(C=3.0), X, classes(4), None),
    "svr": (SVR(), X, SCORE, WEIGHT),
    "svr exact": (SVR(epsilon=0.0), X, SCORE, None),
    "svr wide": (SVR(epsilon=0.7, C=5.0), X, SCORE, None),
    "svr linear": (SVR(kernel="linear"), X[TWICE], SCORE[TWICE], None),
}
every = pytest.mark.parametrize("name", CASES)
SETS = [np.array([row]) for row in range(0, N, 4)] + [np.arange(5), np.array([3, 17, 30]), np.arange(20, 32)]


@cache
def read(name):
    """The fit, its rows and its structure, for tests that change none of them."""
    model, features, y, weight = CASES[name]
    final = clone(model).fit(features, y, weight)
    return final, features, y, weight, support_vectors_of(final, features, y, weight)


def machines(final, y, weight, keep):
    """Of each machine: its rows, +-1 for them (None for SVR), and their bounds, as the objective is written."""
    weight = np.ones(len(y)) if weight is None else weight
    if isinstance(final, SVR):
        return [(keep, None, final.C * weight[keep])]
    K = len(final.classes_)
    if final.class_weight == "balanced":
        factors = len(keep) / (K * np.bincount(y[keep], minlength=K))
    else:
        factors = np.array([(final.class_weight or {}).get(k, 1.0) for k in range(K)])
    bounds = final.C * weight * factors[y]
    pairs = [(1, 0)] if K == 2 else zip(*np.triu_indices(K, 1))
    rows = [(keep[np.isin(y[keep], pair)], pair[0]) for pair in pairs]
    return [(own, np.where(y[own] == positive, 1.0, -1.0), bounds[own]) for own, positive in rows]


def kernel_of(final, A, B):
    facts = {"gamma": final._gamma, "degree": final.degree, "coef0": final.coef0}
    return pairwise_kernels(A, B, metric=final.kernel, filter_params=True, **facts)


def violation(final, y, signs, bounds, beta, f, epsilon=0.0):
    """Largest violation of the conditions of optimality, from beta and f of the rows of one machine."""
    # a coefficient within rounding of its bound is on it
    near = 1e-12 * bounds
    if signs is None:
        above = np.where(beta < bounds - near, np.maximum(y - f - np.where(beta < -near, -epsilon, epsilon), 0), 0)
        below = np.where(beta > -bounds + near, np.maximum(f - y - np.where(beta > near, -epsilon, epsilon), 0), 0)
        return max(above.max(), below.max())
    alpha, slack = signs * beta, signs * f - 1
    assert alpha.min() >= -near.max()
    assert (alpha <= bounds + near).all()
    short, far = np.where(alpha < bounds - near, -slack, 0), np.where(alpha > near, slack, 0)
    return max(short.max(), far.max(), 0)


@every
def test_deleted_machines_meet_the_conditions_of_optimality(name):
    final, features, y, weight, structure = read(name)
    versions = structure.without(SETS)
    decisions = versions.decisions(features)
    used = versions.rows
    for g, gone in enumerate(SETS):
        keep = np.setdiff1d(np.arange(len(y)), gone)
        for k, (own, signs, bounds) in enumerate(machines(final, y, weight, keep)):
            beta = np.zeros(len(y))
            beta[used] = versions.coefficients[k][:, versions.index[k][g]]
            assert not beta[np.setdiff1d(np.arange(len(y)), own)].any()
            # the sum and the predictions are exact to rounding in numbers of the size of the coefficients
            size = np.abs(beta).sum()
            assert abs(beta.sum()) <= 1e-12 * size
            kernel = kernel_of(final, features[own], features[own])
            f = kernel @ beta[own] + versions.intercepts[k][versions.index[k][g]]
            assert_near(decisions[own, k, g], f, 1e-12, 1e-14 * size * np.abs(kernel).max())
            epsilon = getattr(final, "epsilon", 0.0)
            # 1e-10 is the tolerance of the method, in units of the margin or the range of y
            allowed = 1e-10 * max(1.0, np.ptp(y)) + 1e-14 * size * np.abs(kernel).max()
            assert violation(final, y[own], signs, bounds, beta[own], f, epsilon) <= allowed


def refit(final, features, y, weight, keep):
    """libsvm without the rows, the kernel held: decision values of the machines, and its error in double precision."""
    other = clone(final).set_params(gamma=final._gamma, tol=1e-8, max_iter=2_000_000)
    if isinstance(final, SVC):
        other.set_params(decision_function_shape="ovo")
    other.fit(features[keep], y[keep], None if weight is None else weight[keep])
    raw = other.decision_function(features) if isinstance(final, SVC) else other.predict(features)
    return other, raw.reshape(len(y), -1)


@every
def test_deletion_is_the_refit_of_libsvm_within_its_own_error(name):
    final, features, y, weight, structure = read(name)
    sets = SETS[::6] + SETS[-2:]
    decisions = structure.without(sets).decisions(features)
    for g, gone in enumerate(sets):
        keep = np.setdiff1d(np.arange(len(y)), gone)
        other, theirs = refit(final, features, y, weight, keep)
        again = support_vectors_of(other, features[keep], y[keep], None if weight is None else weight[keep])
        for k, (own, signs, bounds) in enumerate(machines(final, y, weight, keep)):
            beta = np.zeros(len(y))
            beta[keep] = again.start[k]
            error = violation(final, y[own], signs, bounds, beta[own], theirs[own, k], getattr(final, "epsilon", 0.0))
            # strong duality: |w - w'|^2 <= violation * sum of |beta - beta'|, at most twice the sum of bounds; and
            # |f - f'| <= |w - w'| sqrt(k(x, x)), once for the decision and once for the intercept
            diagonal = np.abs(kernel_of(final, features, features)).max()
            spread = np.abs(beta).sum() + np.abs(structure.start[k]).sum()
            allowed = error + 2 * np.sqrt(diagonal * 2 * max(error, 1e-10) * spread)
            assert np.max(np.abs(decisions[:, k, g] - theirs[:, k])) <= allowed


@pytest.mark.parametrize("name", ["three", "four"])
def test_raw_of_several_classes_is_the_decision_function_and_its_hinge_loss(name):
    final, features, y, _, structure = read(name)
    fine = clone(final).set_params(tol=1e-6, gamma=final._gamma).fit(features, y, CASES[name][3])
    raw, loss = structure.raw(features), MulticlassHingeLoss()
    theirs = fine.decision_function(features)
    # single precision of libsvm's kernels; a vote turns only where a decision is 0
    assert_near(raw, theirs, 1e-5)
    assert np.mean(loss.value(raw, y)) == pytest.approx(hinge_loss(y, raw), rel=1e-12)


@every
def test_single_sets_are_joint_sets_and_order_is_nothing(name):
    _, features, _, _, structure = read(name)
    both = structure.without([np.array([4, 9, 21]), np.array([21, 4, 9]), np.array([4])]).raw(features)
    # sets are deleted from the same start, so that equal sets are the same numbers
    np.testing.assert_array_equal(both[:, :, 0], both[:, :, 1])
    alone = structure.without([np.array([4])]).raw(features)
    assert_near(both[:, :, 2:], alone, 1e-12)


@every
def test_rows_without_a_coefficient_change_nothing(name):
    final, features, y, _, structure = read(name)
    if getattr(final, "class_weight", None) == "balanced":
        pytest.skip("balanced weights move with every row")
    idle = np.ones(len(y), dtype=bool)
    for machine, rows in zip(structure.machines, structure.rows):
        idle[rows[machine.dual.owner[machine.optimum.items]]] = False
    raw = structure.without([np.array([row]) for row in np.flatnonzero(idle)]).raw(features)
    expected = np.repeat(structure.raw(features)[:, :, None], raw.shape[2], axis=2)
    # the sums run over other vectors
    assert_near(raw, expected, 1e-12, 1e-12)


def test_emptied_class_has_no_answer():
    y = np.r_[np.zeros(20), np.ones(20), [2.0]].astype(int)
    final = SVC().fit(X[:41], y)
    structure = support_vectors_of(final, X[:41], y)
    sets = [np.array([40]), np.array([3]), np.arange(20)]
    np.testing.assert_array_equal(structure.feasible(sets), [False, True, False])
    raw = structure.without(sets).raw(X)
    np.testing.assert_array_equal(np.isnan(raw).all(axis=(0, 1)), [True, False, True])
    np.testing.assert_array_equal(np.isnan(raw).any(axis=(0, 1)), [True, False, True])


def test_rows_without_weight_are_not_there():
    weight = np.where(np.arange(N) % 5 == 0, 0.0, WEIGHT)
    there = weight > 0
    final = SVC().fit(X, classes(3), weight)
    structure = support_vectors_of(final, X, classes(3), weight)
    other = clone(final).set_params(gamma=final._gamma).fit(X[there], classes(3)[there], weight[there])
    less = support_vectors_of(other, X[there], classes(3)[there], weight[there])
    # both are the optimum to 1e-10 in the conditions
    assert_near(structure.raw(X), less.raw(X), 1e-8)


@pytest.mark.parametrize("name", ["rbf", "three", "svr wide", "balanced"])
def test_fixed_support_is_exact_where_the_set_stays(name):
    _, features, y, _, structure = read(name)
    sets = [np.array([row]) for row in range(len(y))]
    fixed, exact = structure.one_step(sets).raw(features), structure.without(sets).raw(features)
    same = np.array([np.allclose(fixed[..., g], exact[..., g], atol=1e-8) for g in range(len(sets))])
    changing, looked_at = structure.support_changes()
    assert 0 < changing <= looked_at
    # deletions that change no set are one step; the others are not
    assert np.sum(~same) <= changing + (len(sets) - looked_at if name == "balanced" else 0)


def test_what_is_no_fit_of_the_rows_is_refused():
    final = SVC().fit(X, classes(3))
    with pytest.raises(StationarityError, match="its support vectors are not among them"):
        support_vectors_of(final, X[::2], classes(3)[::2])
    with pytest.raises(StationarityError, match="or have other labels or weights"):
        support_vectors_of(final, X, (classes(3) + 1) % 3)
    with pytest.raises(StationarityError, match="or have other labels or weights"):
        support_vectors_of(final, X, classes(3), WEIGHT / 4)
    with pytest.raises(StationarityError, match="or have other labels or weights"):
        support_vectors_of(final, X, classes(3), WEIGHT * 4)
    with pytest.raises(UnsupportedEstimatorError, match="use a named or callable kernel"):
        support_vectors_of(SVC(kernel="precomputed").fit(X @ X.T, classes(2)), X @ X.T, classes(2))


def test_rows_in_another_order_are_the_same_machine():
    final = SVC().fit(X, classes(3))
    order = np.random.default_rng(1).permutation(N)
    one = support_vectors_of(final, X, classes(3)).without([order[:3]]).raw(X)
    other = support_vectors_of(final, X[order], classes(3)[order]).without([np.arange(3)]).raw(X)
    assert_near(other, one, 1e-8)


@pytest.mark.parametrize("model", [SVC(), SVR(epsilon=0.5)], ids=["svc", "svr"])
def test_rows_out_of_play_come_in_where_their_condition_breaks(model):
    rng = np.random.default_rng(2)
    many = rng.normal(size=(600, 2))
    y = many[:, 0] + 0.1 * rng.normal(size=600)
    y = (y > 0).astype(int) if isinstance(model, SVC) else y
    final = clone(model).fit(many, y)
    structure = support_vectors_of(final, many, y)
    machine = structure.machines[0]
    gone = machine.working.rows
    versions = structure.without([gone, gone[::2]])
    # all vectors of the first were not in working
    assert np.setdiff1d(versions.rows, machine.working.rows).size
    for g, deleted in enumerate([gone, gone[::2]]):
        keep = np.setdiff1d(np.arange(600), deleted)
        ((own, signs, bounds),) = machines(final, y, None, keep)
        beta = np.zeros(600)
        beta[versions.rows] = versions.coefficients[0][:, versions.index[0][g]]
        f = versions.decisions(many[own])[:, 0, g]
        # the tolerance of the method, in units of the margin or the range of y
        allowed = 1e-10 * max(1.0, np.ptp(y))
        assert violation(final, y[own], signs, bounds, beta[own], f, getattr(final, "epsilon", 0.0)) <= allowed


@pytest.mark.parametrize("name", ["rbf", "duplicated", "svr wide", "svr exact"])
def test_pairs_of_coefficients_end_at_the_same_predictions(name):
    *_, structure = read(name)
    machine = structure.machines[0]
    working, bounds = machine.working, machine.dual.bounds(machine.factors)
    # from nothing, as far as the coefficients of one row go
    u = pair_steps(working, bounds[working.items], np.zeros(len(working.items)), 200_000)
    sums, expected = working.sums_at(u), working.sums
    # |w - w'|^2 <= violation * sum of |beta - beta'|, |f - f'| <= |w - w'| sqrt(k(x, x))
    diagonal = np.abs(np.diag(working.columns(np.arange(len(working.rows))))).max()
    allowed = np.sqrt(diagonal * 2 * working.tolerance * (u.sum() + working.u.sum()))
    assert np.max(np.abs(sums - expected)) <= allowed


@pytest.mark.parametrize("model", [SVC(), SVR()], ids=["svc", "svr"])
def test_vectors_are_found_among_identical_rows_of_which_some_have_no_weight(model):
    rows, weight = np.round(X)[TWICE], np.where(np.arange(N) % 3 == 0, 0.0, WEIGHT)
    y = classes(2)[TWICE] if isinstance(model, SVC) else SCORE[TWICE]
    final = clone(model).set_params(tol=1e-6).fit(rows, y, weight)
    structure = support_vectors_of(final, rows, y, weight)
    assert not structure.start[:, weight == 0].any()
    there = weight > 0
    other = clone(final).set_params(gamma=final._gamma).fit(rows[there], y[there], weight[there])
    less = support_vectors_of(other, rows[there], y[there], weight[there])
    # both are the optimum to 1e-10 in the conditions
    assert_near(structure.raw(rows), less.raw(rows), 1e-8)


def test_function_as_kernel_with_rows_without_weight_is_refused():
    # scikit-learn then predicts by other rows than its support vectors: it numbers them without those of no weight
    weight = np.where(np.arange(N) % 3 == 0, 0.0, 1.0)
    final = SVR(kernel=lambda A, B: (A @ B.T + 1) ** 2).fit(X, SCORE, weight)
    with pytest.raises(StationarityError, match="its support vectors are not among them"):
        support_vectors_of(final, X, SCORE, weight)


@pytest.mark.parametrize("y", [SCORE, np.full(N, 3.0)], ids=["wide", "constant"])
def test_machine_without_a_vector_is_the_middle_of_the_tube(y):
    final = SVR(epsilon=100.0).fit(X, y)
    structure = support_vectors_of(final, X, y)
    assert_near(structure.raw(X)[:, 0], final.predict(X), 1e-12)
    keep = np.arange(5, N)
    refit = clone(final).set_params(gamma=final._gamma).fit(X[keep], y[keep]).predict(X)
    assert_near(structure.without([np.arange(5)]).raw(X)[:, 0, 0], refit, 1e-12)
    assert structure.support_changes() == (0, 0)


def test_no_sets_and_no_feasible_set_have_their_shapes():
    structure = read("three")[-1]
    assert structure.without([]).raw(X).shape == structure.one_step([]).raw(X).shape == (N, 3, 0)
    whole = structure.without([np.arange(N)]).raw(X)
    assert whole.shape == (N, 3, 1)
    assert np.isnan(whole).all()
