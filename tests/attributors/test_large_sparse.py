"""Sparse rows and so many parameters that nothing of size P x P, n x P or n x n will do: questions and their arrays."""

import numpy as np
import pytest
from memory import largest_array
from rounding import OPTIMA, REFITS
from scipy import sparse
from sklearn.linear_model import LogisticRegression, PoissonRegressor
from sklearn.preprocessing import normalize

from skinfluence import InfluenceFunctions, InfluenceSketch, NewtonStep, RescaledInfluence, _memory
from skinfluence.adapters import adapt
from skinfluence.exceptions import UnsupportedQuestionError
from skinfluence.operators import Curvature, Design, curvature
from skinfluence.solvers import ConjugateGradientSolver
from skinfluence.testing import assert_near

#: rows, features, non-zeros a row: both dense matrices are beyond the gibibyte up to which 'auto' takes one
N, P, FILLED = 12_000, 13_000, 8
#: bytes of a block of right-hand sides, than which no array is larger; n x n and n x P arrays take 1.1 and 1.2 GiB
BLOCK = 2**23


def words(n=N, p=P, filled=FILLED):
    """Rows of norm 1 over features of very unequal frequency, and noisy labels."""
    generator = np.random.default_rng(0)
    feature = (p * generator.random((n, filled)) ** 3).astype(int)
    X = sparse.csr_matrix((np.ones(n * filled), feature.ravel(), np.arange(0, n * filled + 1, filled)), shape=(n, p))
    X.sum_duplicates()
    X = normalize(X)
    score = X @ generator.standard_normal(p)
    return X, (score + 0.3 * generator.standard_normal(n) > 0).astype(int)


@pytest.fixture(scope="module")
def fitted():
    X, y = words()
    return X, y, LogisticRegression().fit(X, y)


def test_questions_stay_far_below_any_dense_matrix(fitted):
    X, y, model = fitted
    first, largest = largest_array(lambda: InfluenceFunctions(model).fit(X, y), X, y)
    assert largest <= BLOCK
    assert "conjugate gradients for 13001 parameters" in first.verdict_
    for question in (
        lambda: first.attribute(X[:500], y[:500]),
        lambda: first.attribute(X[:5], y[:5], aggregate=False),
        lambda: first.attribute(X[:5], y[:5], aggregate=False, top_k=10),
        lambda: first.attribute(X[:500], y[:500], train_groups=np.arange(N) % 7),
        lambda: first.removal(np.arange(300), X[:500], y[:500]),
        lambda: first.removals([[0, 1], [2], np.arange(50)], X[:500], y[:500]),
    ):
        assert largest_array(question)[1] <= BLOCK
    sketch, largest = largest_array(lambda: InfluenceSketch(model, n_components=8).fit(X, y), X, y)
    assert largest <= BLOCK
    assert largest_array(sketch.self_influence)[1] <= BLOCK


def test_changes_solve_the_system_that_was_asked(fitted):
    X, y, model = fitted
    first = InfluenceFunctions(model, solver=ConjugateGradientSolver(tol=1e-12)).fit(X, y)
    rows = np.arange(0, N, 100)
    H, change = first.problem_.curvature(), first.removal(rows).params_change
    assert_near(H.matvec(change[:, None])[:, 0], first.terms_.columns(rows).sum(axis=1), OPTIMA)
    assert first.problem_.relative_gradient() < 1e-14


def test_sketch_finds_the_self_influence_of_sampled_rows(fitted):
    X, y, model = fitted
    k = 20
    estimated = InfluenceSketch(model, n_components=k).fit(X, y).self_influence().values
    first = InfluenceFunctions(model).fit(X, y)
    rows = np.arange(0, N, 600)
    changes = first.factor_.solve(first.terms_.columns(rows)).value
    exact = first.problem_.own_changes(rows, changes, moved=False)
    # 20 rows of relative standard error sqrt(2 / k)
    assert (np.abs(estimated[rows] / exact - 1) < 5 * np.sqrt(2 / k)).all()
    assert np.mean(estimated[rows] / exact) == pytest.approx(1, abs=0.2)


def test_leverages_are_refused_or_estimated(fitted):
    X, y, model = fitted
    with pytest.raises(UnsupportedQuestionError, match="one solve for each row and output are 12000"):
        RescaledInfluence(model).fit(X, y)
    solver = ConjugateGradientSolver(n_probes=40)
    rescaled, largest = largest_array(lambda: RescaledInfluence(model, solver=solver).fit(X, y), X, y)
    assert largest <= BLOCK
    values = rescaled.attribute(X[:500], y[:500]).values
    first = InfluenceFunctions(model).fit(X, y).attribute(X[:500], y[:500]).values
    # a leverage is at least 0, and below 1/4 with rows of norm 1 and a penalty of 1
    ratio = values[first != 0] / first[first != 0]
    assert ratio.min() >= 1
    assert ratio.max() < 1.5


def test_a_newton_step_of_a_set_needs_no_leverage_of_every_row(fitted):
    X, y, model = fitted
    newton, largest = largest_array(lambda: NewtonStep(model).fit(X, y), X, y)
    assert largest <= BLOCK
    change, largest = largest_array(lambda: newton.removal([3, 5]).params_change, X, y)
    assert largest <= BLOCK
    left = newton.problem_.without([3, 5])
    assert_near(left.curvature().matvec(change[:, None])[:, 0], -left.gradient(), OPTIMA)
    with pytest.raises(UnsupportedQuestionError, match="one solve for each row and output are 12000"):
        newton.attribute(X[:5], y[:5])


def test_mean_form_and_several_outputs_take_the_same_way():
    X, y = words(300, 200)
    # tight: on their ways to the optimum two solvers may keep curvatures that differ by up to 1e-6
    newton = {"solver": "newton-cholesky", "tol": 1e-12, "max_iter": 1000}
    for model, labels in (
        (PoissonRegressor(alpha=1e-3, **newton), y + np.arange(300) % 3),
        (LogisticRegression(class_weight="balanced", **newton), (y + np.arange(300)) % 3),
    ):
        model.fit(X, labels)
        actual = InfluenceFunctions(model, solver=ConjugateGradientSolver(tol=1e-13)).fit(X, labels)
        expected = InfluenceFunctions(model, solver="cholesky").fit(X, labels)
        assert_near(actual.attribute(X[:9], labels[:9]).values, expected.attribute(X[:9], labels[:9]).values, REFITS)


def test_matrix_beyond_the_memory_is_refused_by_name(monkeypatch):
    H = Curvature(Design(np.ones((2, 1)), 1, False), np.ones((2, 1, 1)), np.ones(1), np.zeros((1, 0)))
    monkeypatch.setattr(curvature, "_physical_memory", lambda: 15)
    with pytest.raises(
        UnsupportedQuestionError, match=r"of 1 parameters .* this machine has 0\. solver='cg' forms neither"
    ):
        H.dense()


@pytest.mark.parametrize("C", [1.0, np.inf])
def test_several_classes_need_no_matrix_of_the_features(C):
    # 20 000 x 20 000 numbers would be 3 GiB; one number for each parameter and row-space direction is 30 MiB
    X = sparse.random(60, 20_000, density=0.001, random_state=0, format="csr")
    y = np.arange(60) % 3
    model = LogisticRegression(C=C).fit(X, y)
    adapted, largest = largest_array(lambda: adapt(model, X, y), X, y)
    assert largest <= 4 * BLOCK
    _, largest = largest_array(lambda: adapted.problem.gradient(), X, y)
    assert largest <= 4 * BLOCK


def test_sparse_null_directions_are_those_of_a_dense_matrix(monkeypatch):
    generator = np.random.default_rng(0)
    X, y = sparse.csr_matrix(generator.standard_normal((90, 4))), np.arange(90) % 3
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(X, y)
    expected = InfluenceFunctions(model, solver="cholesky").fit(X, y).attribute(X[:9], y[:9]).values
    # no array of 15 x 5 is formed
    monkeypatch.setattr(_memory, "DENSE_ORDER", 8)
    actual = InfluenceFunctions(model, solver=ConjugateGradientSolver(tol=1e-13)).fit(X, y)
    assert sparse.issparse(actual.problem_.null_directions)
    # the tolerance of the solver times the condition of the Hessian, below 1e3
    assert_near(actual.attribute(X[:9], y[:9]).values, expected, 1e-10)
