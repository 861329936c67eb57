"""The preconditioner for several outputs: exact where rows differ by a factor only, and never another answer."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from skinfluence import InfluenceFunctions
from skinfluence.operators import Curvature, Design
from skinfluence.solvers import CholeskySolver, ConjugateGradientSolver
from skinfluence.solvers.kronecker import kronecker_preconditioner
from skinfluence.testing import assert_near

RNG = np.random.default_rng(0)
n, p, K = 80, 6, 3


def curvature(intercept, penalty, as_sparse=False, same=False):
    X = RNG.normal(size=(n, p)) @ RNG.normal(size=(p, p))
    roots = RNG.normal(size=(1 if same else n, K, K))
    hessians = RNG.uniform(0.1, 2, (n, 1, 1)) * (roots @ np.swapaxes(roots, 1, 2))
    diagonal = np.full(K * (p + intercept), penalty)
    design = Design(sparse.csr_matrix(X) if as_sparse else X, K, intercept)
    return Curvature(design, hessians, diagonal, np.zeros((len(diagonal), 0)))


@pytest.mark.parametrize("as_sparse", [False, True])
@pytest.mark.parametrize("intercept", [False, True])
def test_it_is_the_inverse_where_rows_differ_by_a_factor_only(intercept, as_sparse):
    H = curvature(intercept, 0.7, as_sparse, same=True)
    Y = RNG.normal(size=(H.n_parameters, 4))
    found = kronecker_preconditioner(H)(Y)
    # eigenvalues of a small matrix: rounding in units of its condition number
    assert_near(found, np.linalg.solve(H.dense(), Y), 1e3 * np.finfo(float).eps * np.linalg.cond(H.dense()))


@pytest.mark.parametrize("penalty", [0.0, 1e-3, 10.0])
@pytest.mark.parametrize("intercept", [False, True])
def test_it_is_symmetric_positive_definite_and_changes_no_answer(intercept, penalty):
    H = curvature(intercept, penalty)
    inverse = kronecker_preconditioner(H)(np.eye(H.n_parameters))
    assert_near(inverse, inverse.T, 1e-8)
    assert np.linalg.eigvalsh((inverse + inverse.T) / 2).min() > 0
    rhs = RNG.normal(size=(H.n_parameters, 3))
    expected = CholeskySolver().prepare(H).solve(rhs).value
    found = ConjugateGradientSolver(tol=1e-9).prepare(H).solve(rhs).value
    assert_near(found, expected, 1e-9 * np.linalg.cond(H.dense()))


def test_correlated_features_take_fewer_iterations(monkeypatch):
    X = RNG.normal(size=(600, 3)) @ RNG.normal(size=(3, 40)) + 0.1 * RNG.normal(size=(600, 40))
    y = (X[:, :4] + RNG.gumbel(size=(600, 4))).argmax(axis=1)
    model = LogisticRegression(C=10, tol=1e-8, max_iter=2000).fit(X, y)

    def asked():
        attributor = InfluenceFunctions(model, solver="cg").fit(X, y)
        values = attributor.attribute(X[:50], y[:50]).values
        return values, attributor.factor_.solved.iterations

    with_it, iterations = asked()
    monkeypatch.setattr("skinfluence.solvers.conjugate_gradient.kronecker_preconditioner", lambda curvature: None)
    without, more = asked()
    assert iterations < more / 2
    assert_near(with_it, without, 1e-7)


def test_there_is_none_for_one_output_and_rows_of_negative_curvature():
    design = Design(np.ones((3, 2)), 1, False)
    assert kronecker_preconditioner(Curvature(design, np.ones((3, 1, 1)), np.ones(2), np.zeros((2, 0)))) is None
    H = curvature(True, 1.0)
    bent = Curvature(H.design, -H.row_hessians, H.diagonal, H.null_directions)
    assert kronecker_preconditioner(bent) is None


def test_rough_factors_and_estimates_are_as_good_as_they_say():
    H, rhs = curvature(True, 1e-2), RNG.normal(size=(K * (p + 1), 3))
    expected = np.linalg.solve(H.dense(), rhs)
    solver = ConjugateGradientSolver(tol=1e-9)
    rough, exact = solver.single_precision(H), solver.prepare(H)
    assert rough.rough
    assert not exact.rough
    # residuals are relative in the units of the diagonal
    condition = np.linalg.cond(H.dense())
    assert_near(rough.solve(rhs).value, expected, 1e-4 * condition)
    assert_near(exact.estimate(rhs), expected, 1e-2 * condition)
    assert exact.solved.n_columns == 0
    assert rough.solve(rhs).iterations.max() < exact.solve(rhs).iterations.max()
