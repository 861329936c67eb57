"""Conjugate gradients against constructed solutions, and Cholesky on real problems; verdicts that are honest."""

import warnings

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import minimize
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Lasso, LogisticRegression, PoissonRegressor
from sklearn.preprocessing import StandardScaler

from skinfluence import InfluenceFunctions, Leverage, RescaledInfluence, VersatileInfluence, _memory
from skinfluence.exceptions import SingularCurvatureError, UnsupportedQuestionError
from skinfluence.models import PresenceLoss
from skinfluence.operators import Curvature, DenseCurvature, Design
from skinfluence.solvers import (
    ArnoldiSolver,
    AutoSolver,
    CholeskySolver,
    ConjugateGradientSolver,
    LissaSolver,
    _iterative,
    conjugate_gradient,
)
from skinfluence.targets import Parameter
from skinfluence.testing import assert_near

ITERATIVE = [
    ConjugateGradientSolver(),
    LissaSolver(),
    ArnoldiSolver(rank=10**6),
    LissaSolver(batch_size=5, max_iter=200),
]


def rotated(eigenvalues, seed=0):
    """A matrix of these eigenvalues with a constructed system: H, x, and b = H x by the factors, not by a solver."""
    generator = np.random.default_rng(seed)
    Q, _ = np.linalg.qr(generator.standard_normal((len(eigenvalues),) * 2))
    x = generator.standard_normal((len(eigenvalues), 3))
    H = Q * eigenvalues @ Q.T
    return DenseCurvature((H + H.T) / 2, np.zeros((len(eigenvalues), 0))), x, Q @ (eigenvalues[:, None] * (Q.T @ x))


def rows(n=40, p=6, K=1, seed=0):
    generator = np.random.default_rng(seed)
    root = generator.standard_normal((n, K, K))
    design = Design(generator.standard_normal((n, p)), K)
    P = design.n_parameters
    return Curvature(design, root @ np.swapaxes(root, 1, 2), np.ones(P), np.zeros((P, 0)))


def test_constructed_system_is_solved_in_as_many_steps_as_eigenvalues():
    H, x, b = rotated(np.repeat([1.0, 5.0, 20.0, 100.0], 25))
    # unit diagonal makes more than four eigenvalues of four; without that scaling four steps are the theorem
    product, tol = H.matvec, 1e-10
    solved, iterations, residuals = conjugate_gradient.conjugate_gradients(product, b, tol, 100)
    assert_near(solved, x, 1e-9)
    assert (iterations == 4).all()
    assert (residuals <= tol).all()


def test_each_right_hand_side_stops_on_its_own():
    H = DenseCurvature(np.diag(np.arange(1.0, 51.0)) + 0.5, np.zeros((50, 0)))
    factor = ConjugateGradientSolver().prepare(H)
    eigenvector = np.linalg.eigh(H.H / np.sqrt(np.outer(np.diagonal(H.H), np.diagonal(H.H))))[1][:, [-1]]
    hard = np.random.default_rng(0).standard_normal((50, 1))
    rhs = np.hstack([np.zeros((50, 1)), eigenvector * factor.scale, hard, np.zeros((50, 1))])
    solution = factor.solve(rhs)
    assert solution.iterations[[0, 1, 3]].tolist() == [0, 1, 0]
    assert solution.iterations[2] > 5
    assert_near(H.H @ solution.value, rhs, 1e-9)


@pytest.mark.parametrize("solver", ITERATIVE[:3])
def test_a_right_hand_side_that_is_no_number_has_no_answer_and_the_others_have(solver):
    H = rows()
    rhs = np.random.default_rng(0).standard_normal((H.n_parameters, 3))
    expected = CholeskySolver().prepare(H).solve(rhs).value
    rhs[2, 1] = np.nan
    solution = solver.prepare(H).solve(rhs)
    assert np.isnan(solution.value[:, 1]).all()
    assert_near(solution.value[:, [0, 2]], expected[:, [0, 2]], 1e-5)
    assert "NOT" not in solution.verdict


def test_residual_is_the_true_one():
    H, _, b = rotated(np.geomspace(1e-3, 1, 60))
    factor = ConjugateGradientSolver(tol=1e-3).prepare(H)
    solution = factor.solve(b)
    left = np.linalg.norm((b - H.H @ solution.value) / factor.scale, axis=0) / np.linalg.norm(b / factor.scale, axis=0)
    assert_near(solution.residuals, left, 1e-6)
    assert (left <= 1e-3).all()


@pytest.mark.parametrize("solver", [ConjugateGradientSolver(max_iter=5), LissaSolver(max_iter=5)])
def test_few_iterations_on_an_ill_conditioned_system_are_not_called_converged(solver):
    H, x, b = rotated(np.geomspace(1e-6, 1, 200))
    factor = solver.prepare(H)
    with pytest.warns(ConvergenceWarning, match="3 of them NOT CONVERGED.*Raise max_iter or tol"):
        solution = factor.solve(b)
    assert np.abs(solution.value - x).max() > 0.1
    assert (solution.residuals > factor.tol).all()
    assert "in at most 5 iterations" in solution.verdict
    assert "3 of them NOT CONVERGED" in factor.verdict


def test_beyond_rounding_is_not_called_converged():
    # condition number 1e10 and solutions as large: rounding of the product alone leaves a residual of 1e-6
    H, _, _ = rotated(np.geomspace(1e-10, 1, 30))
    b = np.random.default_rng(0).standard_normal((30, 3))
    with pytest.warns(ConvergenceWarning, match="NOT CONVERGED"):
        solution = ConjugateGradientSolver(max_iter=10_000).prepare(H).solve(b)
    # and it stopped when it noticed
    assert solution.iterations.max() < 5000


def test_verdict_of_a_factor_tells_of_all_its_solves():
    H, _, b = rotated(np.geomspace(1e-4, 1, 50))
    factor = ConjugateGradientSolver(max_iter=10).prepare(H)
    with pytest.warns(ConvergenceWarning, match="1 of them"):
        factor.solve(b[:, :1])
    solution = factor.solve(np.zeros((50, 2)))
    assert "NOT" not in solution.verdict
    assert "3 right-hand sides in at most 10 iterations" in factor.verdict
    assert "1 of them NOT CONVERGED" in factor.verdict


@pytest.mark.parametrize("solver", [ConjugateGradientSolver(), LissaSolver()])
def test_negative_curvature_on_the_diagonal_is_refused(solver):
    H = DenseCurvature(np.diag([1.0, -0.5]), np.zeros((2, 0)))
    with pytest.raises(SingularCurvatureError, match=r"indefinite: an entry -5.0e-01 on its diagonal.*damping > 0"):
        solver.prepare(H)


def test_negative_curvature_in_a_direction_is_noticed():
    H = DenseCurvature(np.array([[1.0, 2.0], [2.0, 1.0]]), np.zeros((2, 0)))  # eigenvalue -1 along [1, -1]
    factor = ConjugateGradientSolver().prepare(H)
    with pytest.raises(SingularCurvatureError, match="indefinite: curvature -1.0e.00 along a direction"):
        factor.solve(np.array([[1.0], [-1.0]]))


def test_lissa_diverges_along_negative_curvature_and_says_so():
    H = DenseCurvature(np.array([[1.0, 2.0], [2.0, 1.0]]), np.zeros((2, 0)))
    with pytest.warns(ConvergenceWarning, match="NOT CONVERGED"):
        solution = LissaSolver().prepare(H).solve(np.array([[1.0], [0.0]]))
    assert solution.residuals > 1e10


class ByProducts:
    """The least that an operator states: no rows, no diagonal."""

    active, has_dual = None, False

    def __init__(self, H):
        self.H, self.n_parameters, self.null_directions = H, len(H), np.zeros((len(H), 0))

    def matvec(self, V):
        return self.H @ V

    def damped(self, damping):
        return (
            self if not damping else ByProducts(self.H + damping * np.trace(self.H) / len(self.H) * np.eye(len(self.H)))
        )

    def dense(self):
        return self.H.copy()


@pytest.mark.parametrize("solver", [ConjugateGradientSolver(), AutoSolver()])
def test_products_are_all_that_is_needed_whatever_the_units(solver):
    H, x, _ = rotated(np.geomspace(0.1, 1, 40))
    units = np.geomspace(1e-5, 1e5, 40)
    operator = ByProducts(H.H * np.outer(units, units))
    rhs = operator.H @ (x / units[:, None])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        solution = solver.prepare(operator).solve(rhs)
    assert_near(solution.value * units[:, None], x, 1e-6)
    assert solution.iterations is None or solution.iterations.max() < 80


@pytest.mark.parametrize("solver", ITERATIVE)
def test_block_size_of_right_hand_sides_is_immaterial(solver, monkeypatch):
    H = rows()
    rhs = np.random.default_rng(1).standard_normal((H.n_parameters, 7))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        expected = solver.prepare(H).solve(rhs)
        monkeypatch.setattr(_iterative, "BLOCK_SIZE", 2 * H.n_parameters)
        actual = solver.prepare(H).solve(rhs)
    assert_near(actual.value, expected.value, 1e-12)
    np.testing.assert_array_equal(actual.iterations, expected.iterations)


def breast_cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def text():
    generator = np.random.default_rng(0)
    X = sparse.random(150, 300, density=0.05, format="csr", random_state=0)
    return X, (X @ generator.standard_normal(300) > 0).astype(int)


def few():
    generator = np.random.default_rng(0)
    X = generator.standard_normal((80, 20))
    return X, X[:, 0] - X[:, 1] + 0.1 * generator.standard_normal(80)


def noise():
    generator = np.random.default_rng(0)
    return generator.standard_normal((90, 4)), generator.integers(0, 3, 90)


#: tight: on their ways to the optimum two solvers may keep curvatures that differ by up to 1e-6
NEWTON = {"solver": "newton-cholesky", "tol": 1e-12, "max_iter": 1000}
PROBLEMS = {
    "binary": (LogisticRegression(C=0.1, **NEWTON), breast_cancer),
    "softmax with a null direction": (LogisticRegression(**NEWTON), lambda: load_iris(return_X_y=True)),
    "softmax without penalty": (LogisticRegression(C=np.inf, **NEWTON), noise),
    "sparse with intercept": (LogisticRegression(tol=1e-12, max_iter=10_000), text),
    "active set": (Lasso(alpha=0.1, tol=1e-12), few),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_influences_are_those_by_cholesky(name):
    model, data = PROBLEMS[name]
    X, y = data()
    model.fit(X, y)
    expected = InfluenceFunctions(model, solver="cholesky").fit(X, y)
    actual = InfluenceFunctions(model, solver=ConjugateGradientSolver(tol=1e-13)).fit(X, y)
    for aggregate in (True, False):
        assert_near(
            actual.attribute(X[:20], y[:20], aggregate=aggregate).values,
            expected.attribute(X[:20], y[:20], aggregate=aggregate).values,
            1e-8,
        )
    assert_near(actual.removal([3, 8]).params_change, expected.removal([3, 8]).params_change, 1e-8)
    assert "conjugate gradients" in actual.verdict_


def test_a_loss_of_ones_own_is_solved_by_products_with_its_hessian():
    anp = pytest.importorskip("autograd.numpy")
    generator = np.random.default_rng(0)
    A, y = generator.standard_normal((40, 6)), generator.standard_normal(40)

    def loss(theta, presence):
        return anp.dot(presence, anp.log(anp.cosh(anp.dot(A, theta) - y))) + 0.5 * anp.sum(theta**2)

    theta = minimize(loss, np.zeros(6), args=(np.ones(40),)).x
    values = [
        VersatileInfluence(PresenceLoss(loss, theta, n_objects=40), solver=solver)
        .fit()
        .attribute(target=Parameter(0))
        .values
        for solver in ("cholesky", "cg")
    ]
    assert_near(values[1], values[0], 1e-8)


def test_rescaled_influence_takes_one_solve_a_row():
    X, y = breast_cancer()
    model = LogisticRegression(C=0.1).fit(X, y)
    expected = RescaledInfluence(model, solver="cholesky").fit(X, y).attribute(X[:20], y[:20]).values
    solver = ConjugateGradientSolver(tol=1e-12)
    assert_near(RescaledInfluence(model, solver=solver).fit(X, y).attribute(X[:20], y[:20]).values, expected, 1e-8)


def test_parameters_of_the_solver_are_reached_through_the_attributor():
    attributor = InfluenceFunctions(solver=ConjugateGradientSolver())
    attributor.set_params(solver__tol=1e-3)
    assert attributor.solver.tol == 1e-3


def test_a_solve_for_each_of_many_rows_is_refused_by_name():
    X, y = breast_cancer()
    solver, model = ConjugateGradientSolver(max_solves=568), LogisticRegression(C=0.1).fit(X, y)
    first = InfluenceFunctions(model, solver=solver).fit(X, y)
    assert first.attribute(X, y).shape == (569,)
    poisson = PoissonRegressor().fit(X, y)
    for question in (
        lambda: RescaledInfluence(model, solver=solver).fit(X, y),
        lambda: RescaledInfluence(poisson, solver=solver).fit(X, y).attribute(X, y),
        first.self_influence,
        lambda: first.set_params(evaluation="moved").attribute(X, y),
    ):
        with pytest.raises(
            UnsupportedQuestionError,
            match=r"row and output are 569, and conjugate gradients take 568 .*InfluenceSketch.*max_solves=None",
        ):
            question()
    patient = ConjugateGradientSolver(max_solves=None)
    assert RescaledInfluence(model, solver=patient).fit(X, y).attribute(X, y).shape == (569,)


def test_estimated_leverages_have_the_stated_error():
    X, y = (part[::3] for part in breast_cancer())
    model, k = LogisticRegression(C=0.1).fit(X, y), 64
    exact = Leverage(model).fit(X, y).leverage_
    ratios = []
    for seed in range(30):
        solver = ConjugateGradientSolver(n_probes=k, max_solves=0, random_state=seed)
        estimated = Leverage(model, solver=solver).fit(X, y)
        ratios.append(estimated.leverage_ / exact)
    assert "leverages estimated from 64 probes: relative standard error 0.18" in estimated.verdict_
    # chi^2_k / k: mean 1, standard deviation sqrt(2 / k), over 30 seeds and 190 correlated rows
    ratios = np.array(ratios)
    assert ratios.mean() == pytest.approx(1, abs=0.02)
    assert np.sqrt(np.mean((ratios - 1) ** 2)) == pytest.approx(np.sqrt(2 / k), rel=0.1)


def test_probes_are_reproducible():
    H = rows()
    basis = H.design.basis(slice(None))
    inner = [ConjugateGradientSolver(n_probes=5, random_state=s).prepare(H).inner(basis) for s in (0, 0, 1)]
    rowwise = ConjugateGradientSolver(n_probes=5).prepare(H).inner_of_rows(H.design, slice(None))
    assert_near(rowwise, inner[0], 1e-13)
    np.testing.assert_array_equal(inner[0], inner[1])
    assert np.abs(inner[0] - inner[2]).max() > 0


def test_auto_takes_conjugate_gradients_where_a_dense_matrix_is_too_large(monkeypatch):
    X, y = text()
    for limit, chosen in ((149, "conjugate gradients"), (150, "cholesky of 150 parameters")):
        monkeypatch.setattr(_memory, "DENSE_ORDER", limit)
        assert chosen in InfluenceFunctions(LogisticRegression()).fit(X, y).verdict_
    monkeypatch.setattr(_memory, "DENSE_ORDER", 6)
    assert "conjugate gradients" in AutoSolver().prepare(rows()).verdict
    monkeypatch.setattr(_memory, "DENSE_ORDER", 7)
    assert "cholesky" in AutoSolver().prepare(rows()).verdict


@pytest.mark.parametrize(
    ("solver", "message"),
    [
        (ConjugateGradientSolver(tol=0), "tol of ConjugateGradientSolver must lie between 0 and 1, got 0"),
        (ConjugateGradientSolver(max_iter=None), "max_iter .* must be an integer of at least 1, got None"),
        (ConjugateGradientSolver(max_solves=-1), "max_solves must be a number of at least 0, or None, got -1"),
        (ConjugateGradientSolver(n_probes=0), "n_probes .* must be an integer of at least 1 or None, got 0"),
        (LissaSolver(batch_size=2.5), "batch_size of LissaSolver .* at least 1 or None, got 2.5"),
        (LissaSolver(n_repeats=True), "n_repeats .* got True"),
        (ArnoldiSolver(rank=-1), "rank of ArnoldiSolver must be an integer of at least 1, got -1"),
    ],
)
def test_solver_refuses_bad_parameters_when_it_prepares(solver, message):
    with pytest.raises(ValueError, match=message):
        solver.prepare(rows())


def test_cholesky_and_conjugate_gradients_agree_on_the_damped_curvature():
    H = rows(K=3)
    rhs = np.random.default_rng(0).standard_normal((H.n_parameters, 4))
    expected = CholeskySolver(damping=0.3).prepare(H).solve(rhs).value
    assert_near(ConjugateGradientSolver(damping=0.3).prepare(H).solve(rhs).value, expected, 1e-9)
