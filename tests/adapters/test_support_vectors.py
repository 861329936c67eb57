"""SVC and SVR on their support set: against refits that keep it, what the verdict counts, what is refused."""

import re
from functools import cache

import numpy as np
import pytest
from cases import BINARY, REAL, THREE, WEIGHTS, WORDS_OF_TWO, X
from fair import one_in
from rounding import EFFECTS, EPS, OPTIMA
from scipy import sparse
from scipy.stats import spearmanr
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from sklearn.svm import SVC, SVR

from skinfluence import InfluenceFunctions, LeaveOneOut, NewtonStep, RescaledInfluence, supports
from skinfluence.adapters.support_vector_machines import support_vectors_of
from skinfluence.exceptions import StationarityError, UnsupportedEstimatorError
from skinfluence.testing import assert_near
from skinfluence.testing.adapters import (
    check_containers,
    check_labels,
    check_row_permutation,
    check_supported,
    check_wrappers,
)
from skinfluence.testing.closeness import SOLVES, SUMS


def squares(A, B):
    """A polynomial kernel, as a function."""
    return (A @ B.T + 1) ** 2


# libsvm computes kernels in single precision, and stops no closer than this
FINE = {"tol": 1e-6}
CASES = {
    "svc": (SVC(C=0.5, **FINE), X, BINARY, None),
    "svc-function": (SVC(kernel=squares, C=0.3, **FINE), X, BINARY, WEIGHTS),
    "svc-weighted": (SVC(C=2.0, gamma=0.3, **FINE), X, WORDS_OF_TWO, WEIGHTS),
    "svc-class-weight": (SVC(class_weight={0: 2.0, 1: 0.7}, **FINE), X, BINARY, WEIGHTS),
    "svc-balanced": (SVC(C=10.0, gamma=2.0, class_weight="balanced", **FINE), X, BINARY, WEIGHTS),
    "svc-poly": (SVC(kernel="poly", degree=2, coef0=1.0, **FINE), X, BINARY, None),
    "svc-sparse": (SVC(C=5.0, gamma=0.2, **FINE), sparse.csr_matrix(X), BINARY, WEIGHTS),
    "svr-function": (SVR(kernel=squares, C=0.01, **FINE), X, REAL, WEIGHTS),
    "svr": (SVR(C=0.7, epsilon=0.3, **FINE), X, REAL, None),
    "svr-weighted": (SVR(C=5.0, gamma=0.05, epsilon=0.5, **FINE), X, REAL, WEIGHTS),
}
every = pytest.mark.parametrize("name", CASES)
LAWS = [check_supported, check_row_permutation, check_labels, check_containers, check_wrappers]


# each law on three machines at least, one of them a regression; functions stand where their turn is not one they skip
@pytest.mark.parametrize(("name", "law"), one_in(3, CASES, LAWS))
def test_support_vector_machines_obey_the_law(name, law):
    if name.endswith("function") and law in (check_containers, check_row_permutation):
        pytest.skip("a function of dense arrays takes no other container, and its machine does not show its vectors")
    model, X, y, weight = CASES[name]
    law(model, X[:40], y[:40], None if weight is None else weight[:40])


@cache
def fitted(name, evaluation):
    """An attributor of the case, for tests that ask and change nothing."""
    model, X, y, weight = CASES[name]
    return InfluenceFunctions(model, evaluation=evaluation).fit(X, y, weight)


def rounding_of_machine(structure, X):
    """Of decision values: eps x condition number of the free vectors' system x size of the terms that are added up."""
    [machine] = structure.machines
    beta = np.abs(machine.dual.coefficients(machine.optimum.u(len(machine.dual.signs))))
    terms = np.abs(machine.dual.kernel(X, machine.dual.X)) @ beta
    return EPS * np.linalg.cond(machine.system.matrix) * terms.max()


@every
def test_linear_evaluation_is_the_moved_one_where_the_target_is_linear(name):
    """Decision values are linear in the coefficients: one formula for all rows against one system for each."""
    model, X, y, _ = CASES[name]
    target = "margin" if isinstance(model, SVC) else "prediction"
    linear, moved = (fitted(name, evaluation) for evaluation in ("linear", "moved"))
    rounding = rounding_of_machine(linear.preparation_, X)
    for aggregate in (True, False):
        values = [each.attribute(X, y, target=target, aggregate=aggregate).values for each in (linear, moved)]
        # sums over all rows, of which each rounds
        assert_near(*values, 0, 10 * len(y) * rounding)
    sets = [[0, 1, 2], [5]]
    joint = moved.removals(sets, X, y, target=target).target_change
    np.testing.assert_array_equal(joint, moved.predicted(sets, moved.question(X, y, target=target)))


@every
def test_rows_that_are_no_support_vectors_have_no_effect(name):
    model, X, y, _ = CASES[name]
    attributor = fitted(name, "linear")
    effects = attributor.attribute(X, y).values
    idle = np.setdiff1d(np.arange(len(y)), attributor.estimator_.support_)
    assert len(idle)
    # balanced class weights move with every row
    assert effects[idle].any() == (getattr(model, "class_weight", None) == "balanced")


def test_effects_rank_rows_as_refits_do_though_the_support_set_changes():
    X, y = load_breast_cancer(return_X_y=True)
    X, X_eval, y, y_eval = scale(X)[:300], scale(X)[300:], y[:300], y[300:]
    attributor = InfluenceFunctions(SVC(), evaluation="moved").fit(X, y)
    stated = re.search(r"the support set may change: (\d+) of (\d+) deletions", attributor.verdict_)
    # most of them, and yet
    assert 0.5 * int(stated[2]) < int(stated[1]) <= int(stated[2]) == len(attributor.estimator_.support_)
    exact = LeaveOneOut(SVC()).fit(X, y).attribute(X_eval, y_eval).values
    moving = exact != 0
    assert spearmanr(attributor.attribute(X_eval, y_eval).values[moving], exact[moving])[0] > 0.9
    # the report of the attributor is about machines that choose their support vectors, too
    report = attributor.fidelity_report(X_eval, y_eval)
    assert 0.8 < report.rank_correlation < 1
    assert report.relative_error > 0.1


@pytest.mark.parametrize("name", ["svc", "svr"])
def test_refits_know_the_loss_that_the_machine_minimises(name):
    model, X, y, _ = CASES[name]
    # a refit as it is chooses gamma='scale' anew
    model = clone(model).set_params(gamma=0.3)
    exact, refits = (LeaveOneOut(model, method=method).fit(X[:30], y[:30]) for method in ("exact", "refit"))
    question = exact.question(X[30:40], y[30:40])
    # where libsvm stops, in some roundings of kernels in single precision
    slack = 16 * FINE["tol"] * question.size(exact.preparation_)
    assert_near(refits.attribute(question).values, exact.attribute(question).values, 0, slack)


def test_default_tolerance_is_polished():
    rough, fine = SVC(C=0.5).fit(X, BINARY), CASES["svc"][0]
    effects = [InfluenceFunctions(model).fit(X, BINARY).attribute(X, BINARY).values for model in (rough, fine)]
    np.testing.assert_allclose(*effects, rtol=OPTIMA, atol=EFFECTS)


def test_pipelines_and_the_unit_of_the_loss():
    model = make_pipeline(StandardScaler(), SVC(**FINE))
    influence = InfluenceFunctions(model).fit(X, BINARY).attribute(X, BINARY)
    assert "the kernel as fitted" in influence.verdict
    assert InfluenceFunctions(model, target="margin").fit(X, BINARY).self_influence().values.shape == (len(X),)


def test_last_free_vector_has_no_answer():
    structure = InfluenceFunctions(CASES["svc"][0]).fit(X, BINARY).preparation_
    [machine] = structure.machines
    free = structure.rows[0][machine.dual.owner[machine.working.items[machine.system.items]]]
    left = structure.one_step([free[1:], free]).raw(X)
    assert np.isfinite(left[:, :, 0]).all()
    assert np.isnan(left[:, :, 1]).all()


@pytest.mark.parametrize(
    ("model", "way_out"),
    [
        (SVC(kernel="precomputed"), "use a named or callable kernel"),
        (SVR(kernel="precomputed"), "LeaveOneOut(estimator, method='refit')"),
    ],
    ids=["precomputed", "precomputed of numbers"],
)
def test_support_vector_refusal_names_the_way_out(model, way_out):
    supported, reason = supports(model)
    assert not supported
    assert way_out in reason


def test_structure_of_a_precomputed_kernel_is_refused_for_the_reason_that_supports_gives():
    fitted = SVC(kernel="precomputed").fit(X @ X.T, BINARY)
    with pytest.raises(UnsupportedEstimatorError, match=f"^{re.escape(supports(fitted)[1])}$"):
        support_vectors_of(fitted, X @ X.T, BINARY)


def test_several_classes_are_refused():
    with pytest.raises(UnsupportedEstimatorError, match="3 classes are a vote of 3 machines.*use LeaveOneOut"):
        InfluenceFunctions(SVC()).fit(X, THREE)


def test_machines_without_free_vectors_or_with_identical_ones_are_refused():
    with pytest.raises(UnsupportedEstimatorError, match="use a larger C"):
        InfluenceFunctions(SVC(C=1e-3)).fit(X[:40], np.arange(40) % 2)
    model, *_ = CASES["svc"]
    twice = np.r_[np.arange(len(X)), clone(model).fit(X, BINARY).support_]
    with pytest.raises(UnsupportedEstimatorError, match="merge these with sample_weight"):
        InfluenceFunctions(model).fit(X[twice], BINARY[twice])


@pytest.mark.parametrize("model", [SVC(C=2.0), SVR(C=2.0)], ids=["SVC", "SVR"])
def test_newton_steps_are_those_on_the_support_set(model):
    y = BINARY if isinstance(model, SVC) else REAL
    first = InfluenceFunctions(model).fit(X, y)
    question = first.question(X[:9], y[:9])
    sets = [[2], [5, 11], [1, 3, 8]]
    for evaluation in ("linear", "moved"):
        step = NewtonStep(model, evaluation=evaluation).fit(X, y)
        first.set_params(evaluation=evaluation)
        assert_near(step.attribute(X[:9], y[:9]).values, first.attribute(X[:9], y[:9]).values, SOLVES)
    # joint, where influence functions add up
    assert_near(step.predicted(sets, question), first.predicted(sets, question), SOLVES)
    exact = LeaveOneOut(model).fit(X, y)
    followed = NewtonStep(model, n_steps=None, evaluation="moved").fit(X, y)
    assert_near(followed.predicted(sets, question), exact.predicted(sets, question), SUMS)
    with pytest.raises(UnsupportedEstimatorError, match="set n_steps=1, or None to follow the support set; got 2"):
        NewtonStep(model, n_steps=2).fit(X, y)


def test_other_rows_are_refused():
    fitted = SVC().fit(X, BINARY)
    with pytest.raises(StationarityError, match="its support vectors are not among them"):
        InfluenceFunctions(fitted).fit(X[::2], BINARY[::2])
    with pytest.raises(StationarityError, match="or have other labels or weights"):
        InfluenceFunctions(fitted).fit(X, 1 - BINARY)
    with pytest.raises(UnsupportedEstimatorError, match="use InfluenceFunctions or LeaveOneOut"):
        RescaledInfluence(fitted).fit(X, BINARY)
