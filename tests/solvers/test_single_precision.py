"""Factors in single precision, and whitening by the inverse of the root, against the exact ones."""

from unittest import mock

import numpy as np
import pytest
from scipy import sparse

from skinfluence.operators import Curvature, DenseCurvature, Design
from skinfluence.solvers import AutoSolver, CholeskySolver, dense
from skinfluence.testing import assert_near

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(300, 6))
CURVATURES = GENERATOR.uniform(0.1, 1, (300, 1, 1))
RHS = GENERATOR.normal(size=(7, 3))


def curvature(X=X, units=1.0, **parts):
    penalty = np.append(np.ones(6), 0.0)
    return Curvature(Design(X * units, 1, True), CURVATURES, penalty, np.zeros((7, 0)), **parts)


@pytest.mark.parametrize("solver", [CholeskySolver(), AutoSolver(), CholeskySolver(damping=0.3)])
def test_single_precision_inverts_to_single_precision(solver):
    rough, exact = solver.single_precision(curvature()), solver.prepare(curvature())
    assert rough.rough
    assert not exact.rough
    # rounding 6e-8 times a condition number below 100
    assert_near(rough.solve(RHS).value, exact.solve(RHS).value, 1e-5)


def test_single_precision_does_not_depend_on_units():
    # squares of the features span 48 orders of magnitude
    units = 10.0 ** np.linspace(-12, 12, 6)
    assert CholeskySolver().single_precision(curvature(units=units)).rough


def test_single_precision_knows_the_active_set():
    active = np.array([0, 2, 6])
    rough, exact = (
        getattr(CholeskySolver(), name)(curvature(active=active)) for name in ("single_precision", "prepare")
    )
    assert rough.rough
    assert_near(rough.solve(RHS).value, exact.solve(RHS).value, 1e-5)


@pytest.mark.parametrize("case", ["collinear", "beyond single precision", "sparse", "no rows"])
def test_single_precision_is_exact_where_single_precision_cannot_be_had(case):
    nearly = np.column_stack([X[:, :5], X[:, 0] + 1e-4 * X[:, 5]])
    operator = {
        "collinear": curvature(1e3 * nearly),
        "beyond single precision": curvature(units=1e30),
        "sparse": Curvature(Design(sparse.csr_matrix(X)), CURVATURES, np.ones(7), np.zeros((7, 0))),
        "no rows": DenseCurvature(np.eye(7), np.zeros((7, 0))),
    }[case]
    rough = CholeskySolver().single_precision(operator)
    assert not rough.rough
    assert_near(rough.solve(RHS).value, CholeskySolver().prepare(operator).solve(RHS).value, 1e-14)


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_inner_products_are_those_of_solves(n_outputs):
    design = Design(X, n_outputs, True)
    M = GENERATOR.normal(size=(300, n_outputs, n_outputs))
    operator = Curvature(design, M @ M.transpose(0, 2, 1), np.ones(7 * n_outputs), np.zeros((7 * n_outputs, 0)))
    factor, basis = CholeskySolver().prepare(operator), design.basis(slice(None))
    expected = np.einsum("pbk,pbl->bkl", basis, np.stack([factor.solve(Y).value for Y in basis.transpose(1, 0, 2)], 1))
    assert_near(factor.inner(basis.copy(order="K")), expected, 1e-12)
    with mock.patch.object(dense, "INVERSE_RCOND", 1.0):
        assert_near(factor.inner(basis.copy(order="K")), expected, 1e-12)
