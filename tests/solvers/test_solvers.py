"""Every solver answers as a dense inverse does; what it cannot solve it refuses, what it leaves out it says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from skinfluence.exceptions import SingularCurvatureError
from skinfluence.operators import Curvature, Design
from skinfluence.solvers import (
    AutoSolver,
    CholeskySolver,
    ConjugateGradientSolver,
    Downdate,
    DualSolver,
    EigenSolver,
    Solver,
    resolve_solver,
    woodbury_core,
)
from skinfluence.testing import assert_near

SOLVERS = [CholeskySolver, EigenSolver, DualSolver, AutoSolver, ConjugateGradientSolver]
every_solver = pytest.mark.parametrize("cls", SOLVERS)


def curvature(n=12, p=4, K=1, intercept=True, softmax=False, seed=0, free_intercept=True):
    """A random penalised curvature; of a softmax, with its flat direction along the intercepts."""
    generator = np.random.default_rng(seed)
    design = Design(generator.normal(size=(n, p)), K, intercept)
    if softmax:
        shares = generator.dirichlet(np.ones(K), size=n)
        M = np.einsum("nk,kl->nkl", shares, np.eye(K)) - shares[:, :, None] * shares[:, None, :]
    else:
        root = generator.normal(size=(n, K, K))
        M = root @ np.swapaxes(root, 1, 2)
    P = design.n_parameters
    diagonal = generator.uniform(0.5, 2.0, size=P)
    null = np.zeros((P, 0))
    if intercept and free_intercept:
        diagonal[K * p :] = 0
        if softmax:
            null = np.r_[np.zeros(K * p), np.ones(K)][:, None] / np.sqrt(K)
    return Curvature(design, M, diagonal, null), generator


SHAPES = {
    "plain": {},
    "no intercept": {"intercept": False},
    "penalised intercept": {"free_intercept": False},
    "outputs": {"K": 3},
    "softmax": {"K": 3, "softmax": True},
    "wide": {"n": 5, "p": 30},
    "wide softmax": {"n": 6, "p": 30, "K": 3, "softmax": True},
    "one feature": {"p": 1},
}


@every_solver
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("damping", [0.0, 0.1])
def test_solver_answers_as_a_dense_inverse(cls, shape, damping):
    H, generator = curvature(**SHAPES[shape])
    factor = cls(damping=damping).prepare(H)
    N = H.null_directions
    rhs = generator.normal(size=(H.n_parameters, 3))
    # a declared null direction is projected out before and after, damped or not
    inside = np.eye(H.n_parameters) - N @ N.T
    dense = inside @ H.damped(damping).dense() @ inside
    inverse = np.linalg.pinv(dense, rcond=1e-12, hermitian=True)
    solution = factor.solve(rhs)
    assert_near(solution.value, inverse @ rhs, 1e-9)
    assert solution.verdict == factor.verdict
    basis = H.design.basis(slice(2, 5))
    assert_near(factor.inner(basis.copy()), np.einsum("pbk,pq,qbl->bkl", basis, inverse, basis), 1e-9)


@every_solver
def test_solver_takes_no_right_hand_sides(cls):
    H, _ = curvature()
    assert cls().prepare(H).solve(np.zeros((H.n_parameters, 0))).value.shape == (H.n_parameters, 0)


@every_solver
def test_solve_leaves_its_right_hand_side_alone(cls):
    H, generator = curvature()
    rhs = np.asfortranarray(generator.normal(size=(H.n_parameters, 2)))
    before = rhs.copy()
    cls().prepare(H).solve(rhs)
    np.testing.assert_array_equal(rhs, before)


@every_solver
def test_solver_is_cloned_and_shown_by_its_parameters(cls):
    solver = cls(damping=0.5)
    assert clone(solver).get_params() == solver.get_params()
    assert "damping=0.5" in repr(solver)


@pytest.mark.parametrize("cls", [CholeskySolver, EigenSolver, AutoSolver])
@given(st.lists(st.floats(-5, 5), min_size=5, max_size=5))
@settings(max_examples=20, deadline=None)
def test_rescaled_parameters_do_not_look_like_bad_conditioning(cls, exponents):
    H, generator = curvature(intercept=False, p=5)
    units = 10.0 ** np.array(exponents)
    rescaled = Curvature(Design(H.design.X * units, 1, False), H.row_hessians, H.diagonal * units**2, H.null_directions)
    rhs = generator.normal(size=(5, 1))
    answer = cls().prepare(rescaled).solve(rhs * units[:, None]).value * units[:, None]
    assert_near(answer, cls().prepare(H).solve(rhs).value, 1e-9)


def flat_curvature(copies=2):
    """Two identical features without a penalty."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(20, 1))
    design, P = Design(np.repeat(x, copies, axis=1)), copies + 1
    return Curvature(design, np.ones((20, 1, 1)), np.zeros(P), np.zeros((P, 0)))


def test_cholesky_refuses_a_singular_curvature():
    with pytest.raises(SingularCurvatureError, match=r"collinear or constant features.*pass solver='eigen'"):
        CholeskySolver().prepare(flat_curvature())


def test_cholesky_refuses_more_parameters_than_rows():
    H, _ = curvature(n=3, p=8)
    bare = Curvature(H.design, H.row_hessians, np.zeros(H.n_parameters), H.null_directions)
    with pytest.raises(SingularCurvatureError, match="the Hessian of the objective is singular"):
        CholeskySolver().prepare(bare)


def test_damping_makes_a_singular_curvature_regular():
    assert "cholesky" in CholeskySolver(damping=1e-3).prepare(flat_curvature()).verdict


@pytest.mark.parametrize("cls", [EigenSolver, AutoSolver])
def test_pseudo_inverse_solves_within_the_range_and_says_so(cls):
    H = flat_curvature()
    factor = cls().prepare(H)
    rhs = H.dense() @ np.random.default_rng(1).normal(size=(3, 2))
    assert_near(H.dense() @ factor.solve(rhs).value, rhs, 1e-10)
    assert "1 flat directions left out (pseudo-inverse)" in factor.verdict


def test_dual_needs_a_penalty_on_every_coefficient():
    with pytest.raises(SingularCurvatureError, match="the dual solver needs a penalty on every coefficient"):
        DualSolver().prepare(flat_curvature())


def test_auto_chooses_by_shape():
    assert "dual" in AutoSolver().prepare(curvature(n=5, p=30)[0]).verdict
    assert "cholesky" in AutoSolver().prepare(curvature(n=30, p=5)[0]).verdict


def test_names_and_objects_resolve():
    assert isinstance(resolve_solver("dual", 0.1), DualSolver)
    assert resolve_solver("eigen", 0.25).damping == 0.25
    own = CholeskySolver(damping=2.0)
    assert resolve_solver(own) is own
    with pytest.raises(ValueError, match="solver must be one of"):
        resolve_solver("lu")


class OneDivision(Solver):
    """A third party's solver for one parameter."""

    def prepare(self, curvature):
        from skinfluence.solvers import Factor, Solution

        class Division(Factor):
            verdict = "by hand"

            def solve(self, rhs):
                return Solution(rhs / curvature.dense(), self.verdict)

        return Division()


def test_a_solver_of_ones_own_needs_no_more_than_solve():
    H = Curvature(Design(np.array([[1.0], [2.0]]), 1, False), np.ones((2, 1, 1)), np.array([3.0]), np.zeros((1, 0)))
    factor = OneDivision().prepare(H)
    assert factor.solve(np.array([[16.0]])).value == 2.0
    # x' H^-1 x by the base class
    np.testing.assert_allclose(factor.inner(H.design.basis([1])), [[[0.5]]])


@pytest.mark.parametrize("share", [False, True])
@pytest.mark.parametrize("K", [1, 3])
def test_downdate_is_the_inverse_without_the_row(K, share):
    H, generator = curvature(n=15, K=K)
    shares = generator.dirichlet(np.ones(15)) if share else None
    rows = np.array([2, 7, 11])
    basis, M = H.design.basis(rows), H.row_hessians[rows]
    downdate = Downdate(CholeskySolver().prepare(H), basis, M, shares[rows] if share else None, H.diagonal)
    Y = generator.normal(size=(H.n_parameters, 3))
    solution = downdate.solve(Y)
    for b, row in enumerate(rows):
        less = H.dense() - basis[:, b] @ M[b] @ basis[:, b].T
        if share:
            less -= shares[row] * np.diag(H.diagonal)
        assert_near(solution[:, b], np.linalg.solve(less, Y[:, b]), 1e-9)
    assert downdate.determined.all()


def test_downdate_of_a_row_of_leverage_one_is_nan():
    design = Design(np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 3.0]]), 1, False)
    H = Curvature(design, np.ones((3, 1, 1)), np.zeros(2), np.zeros((2, 0)))
    downdate = Downdate(CholeskySolver().prepare(H), design.basis([0, 2]), np.ones((2, 1, 1)), None, np.zeros(2))
    assert downdate.determined.tolist() == [True, False]
    solution = downdate.solve(np.ones((2, 2)))
    assert np.isfinite(solution[:, 0]).all()
    assert np.isnan(solution[:, 1]).all()


def test_woodbury_core_keeps_rows_without_weight():
    core, determined = woodbury_core(np.zeros((1, 2, 2)), np.eye(2)[None])
    assert determined.all()
    np.testing.assert_array_equal(core, np.zeros((1, 2, 2)))


@pytest.mark.parametrize("shape", SHAPES)
def test_inner_products_of_rows_are_those_of_their_basis(shape):
    # the dual solver has the rows' own out of their kernel
    operator, generator = curvature(**SHAPES[shape])
    design, exact, dual = operator.design, EigenSolver().prepare(operator), DualSolver().prepare(operator)
    for rows in (slice(1, 4), np.array([4, 0])):
        assert_near(dual.inner_of_rows(design, rows), exact.inner(design.basis(rows)), 1e-10)
    others = design.with_rows(generator.normal(size=(3, design.X.shape[1])))
    assert_near(dual.inner_of_rows(others, slice(None)), exact.inner(others.basis(slice(None))), 1e-10)


def test_auto_leaves_the_dual_where_rounding_takes_the_penalty():
    # inner products of 1e20 are known to 1e4, and a penalty of 1 is far below
    features = np.random.default_rng(0).normal(size=(12, 14)) * np.r_[1e10, np.ones(13)]
    curvature = Curvature(Design(features, 1, False), np.ones((12, 1, 1)), np.ones(14), np.zeros((14, 0)))
    with pytest.raises(SingularCurvatureError, match="lost in the rounding"):
        DualSolver().prepare(curvature)
    assert AutoSolver().prepare(curvature).verdict.startswith(("cholesky of 14", "eigendecomposition of 14"))
