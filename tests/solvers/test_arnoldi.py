"""Arnoldi: the space of the largest eigenvalues against a dense eigendecomposition; what is left out is said."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from skinfluence import InfluenceFunctions
from skinfluence.operators import DenseCurvature
from skinfluence.solvers import ArnoldiSolver, CholeskySolver
from skinfluence.testing import assert_near


def curvature(eigenvalues, seed=0):
    generator = np.random.default_rng(seed)
    Q, _ = np.linalg.qr(generator.standard_normal((len(eigenvalues),) * 2))
    H = Q * eigenvalues @ Q.T
    return DenseCurvature((H + H.T) / 2, np.zeros((len(eigenvalues), 0))), generator


def test_answer_is_that_of_the_largest_eigenpairs():
    H, generator = curvature(np.geomspace(1e-3, 1, 30))
    rhs = generator.standard_normal((30, 4))
    solution = ArnoldiSolver(rank=6).prepare(H).solve(rhs)
    units = np.sqrt(np.diagonal(H.H))
    values, V = np.linalg.eigh(H.H / np.outer(units, units))
    inside = V[:, -6:].T @ (rhs / units[:, None])
    assert_near(solution.value, V[:, -6:] @ (inside / values[-6:, None]) / units[:, None], 1e-7)
    size = np.linalg.norm(rhs / units[:, None], axis=0)
    assert_near(solution.residuals, np.sqrt(1 - np.sum(inside**2, axis=0) / size**2), 1e-7)


@pytest.mark.parametrize("rank", [30, 1000])
def test_whole_space_is_the_inverse(rank):
    H, generator = curvature(np.geomspace(1e-3, 1, 30))
    rhs = generator.standard_normal((30, 4))
    solution = ArnoldiSolver(rank=rank).prepare(H).solve(rhs)
    assert_near(solution.value, CholeskySolver().prepare(H).solve(rhs).value, 1e-9)
    assert (solution.residuals < 1e-12).all()


def test_verdict_says_what_was_left_out():
    # unit diagonal already: half of the trace of 4 is in the eigenvalue 2
    H = DenseCurvature(np.kron(np.eye(2), [[1.0, 0.5], [0.5, 1.0]]) + 0.0, np.zeros((4, 0)))
    H.H[:2, 2:] = H.H[2:, :2] = 0.25
    factor = ArnoldiSolver(rank=1).prepare(H)
    assert "1 largest eigenvalues down to 2.0e+00" in factor.verdict
    factor.solve(np.ones((4, 1)))
    assert "e-16 of the norm of 1 right-hand sides" in factor.verdict
    solution = factor.solve(np.array([[1.0, 1.0], [-1.0, 1.0], [0.0, 1.0], [0.0, 1.0]]))
    np.testing.assert_allclose(solution.residuals, [1, 0], atol=1e-7)
    assert "left out: up to 1 of the norm of 2 right-hand sides" in solution.verdict
    assert "left out: up to 1 of the norm of 3 right-hand sides" in factor.verdict


def test_pairs_that_did_not_converge_are_left_out_and_said():
    H, _ = curvature(np.linspace(0.9, 1, 300))
    verdict = ArnoldiSolver(rank=20, max_iter=1, tol=1e-14).prepare(H).verdict
    assert "(20 asked for)" in verdict


def test_start_vector_is_seeded():
    H, generator = curvature(np.geomspace(1e-3, 1, 30))
    rhs = generator.standard_normal((30, 2))
    answers = [ArnoldiSolver(rank=5, random_state=seed).prepare(H).solve(rhs).value for seed in (0, 0, 1)]
    np.testing.assert_array_equal(answers[0], answers[1])
    assert_near(answers[2], answers[0], 1e-6)


def test_influence_in_the_space_approaches_influence_and_parameters_are_polished():
    X, y = load_digits(return_X_y=True)
    X, y = X[:400] / 16, (y[:400] % 2)
    # tight: the two would otherwise keep curvatures of their ways to the optimum, which differ by up to 1e-6
    model = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-12).fit(X, y)
    exact = InfluenceFunctions(model).fit(X, y).attribute(X[:30], y[:30]).values
    errors = []
    for rank in (5, 20, 62, 65):
        attributor = InfluenceFunctions(model, solver=ArnoldiSolver(rank=rank)).fit(X, y)
        assert attributor.problem_.relative_gradient() < 1e-14
        errors.append(np.linalg.norm(attributor.attribute(X[:30], y[:30]).values - exact) / np.linalg.norm(exact))
    assert errors[0] > errors[1] > errors[2] > errors[3]
    assert errors[3] < 1e-9
