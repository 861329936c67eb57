"""Products with H while these take less time, and a factorisation from then on: the same answers by either."""

import pickle
from copy import deepcopy

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression, Ridge

from skinfluence import InfluenceFunctions, RescaledInfluence
from skinfluence.operators import Curvature, Design
from skinfluence.solvers import AutoSolver, ConjugateGradientSolver, resolve_solver
from skinfluence.solvers import deferred as module
from skinfluence.testing import assert_near

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(200, 12)), RNG.integers(4, size=200)
#: residuals of conjugate gradients, times the condition number of H, which is below 1e2 here
CG = 1e-10 * 1e2
#: of two factorisations of one matrix: its condition number and order in units of rounding
SAME = 100 * 13 * np.finfo(float).eps
MODEL = LogisticRegression(C=0.1, tol=1e-8).fit(X, Y)


@pytest.fixture
def cheap_products(monkeypatch):
    """Products are expected to be cheaper than any factorisation."""
    monkeypatch.setattr(module, "EXPECTED_PRODUCTS", 0)
    monkeypatch.setattr(module, "product_cost", lambda curvature: module.direct_cost(curvature) / 1000)


def curvature(penalty=1.0, as_sparse=False):
    design = Design(sparse.csr_matrix(X) if as_sparse else X, 1, True)
    diagonal = np.append(np.full(12, penalty), 0.0)
    return Curvature(design, np.ones((200, 1, 1)), diagonal, np.zeros((13, 0)))


def factor(**settings):
    return AutoSolver(few_solves=True).prepare(curvature(**settings))


def test_few_solves_are_products_and_many_a_factorisation(cheap_products):
    products, rhs = factor(), RNG.normal(size=(13, 3))
    expected = AutoSolver().prepare(curvature()).solve(rhs).value
    assert_near(products.solve(rhs).value, expected, CG)
    assert "conjugate gradients" in products.verdict
    assert not products.direct
    assert products.triangle is None
    products.afford(10_000)
    assert products.direct
    assert "cholesky" in products.verdict
    assert products.triangle is not None
    assert_near(products.solve(rhs).value, expected, SAME)


def test_solves_add_up_to_a_factorisation(cheap_products):
    products, rhs = factor(), RNG.normal(size=(13, 1))
    for _ in range(200):
        products.solve(rhs)
    assert products.direct


def test_what_does_not_converge_is_factored_without_a_warning(cheap_products, monkeypatch):
    def attempt(self, rhs):
        solution, convergence = whole(self, rhs)
        return solution, convergence.joined(type(convergence)(n_failed=1))

    iterative = type(ConjugateGradientSolver().prepare(curvature()))
    whole = iterative.attempt
    monkeypatch.setattr(iterative, "attempt", attempt)
    products, rhs = factor(), RNG.normal(size=(13, 2))
    assert_near(products.solve(rhs).value, AutoSolver().prepare(curvature()).solve(rhs).value, SAME)
    assert products.direct


@pytest.mark.parametrize("why", ["one coefficient has no penalty", "a factorisation is cheaper"])
def test_a_factorisation_comes_first(why, monkeypatch):
    if why.startswith("one"):
        monkeypatch.setattr(module, "EXPECTED_PRODUCTS", 0)
    assert "cholesky" in factor(penalty=0.0 if why.startswith("one") else 1.0).verdict


def test_shapes_decide():
    """As measured: 20 000 images of ten classes by products, a table of 50 columns by its matrix."""

    def pays(n, p, K):
        X = np.broadcast_to(1.0, (n, p))
        M, diagonal = np.broadcast_to(1.0, (n, K, K)), np.ones(K * (p + 1))
        return module.DeferredFactor.pays(Curvature(Design(X, K, True), M, diagonal, np.zeros((len(diagonal), 0))))

    assert pays(20_000, 784, 10)
    assert pays(20_000, 784, 60)
    assert not pays(20_000, 50, 3)
    # an intercept alone
    assert not pays(50, 0, 1)
    assert not pays(100_000, 1000, 1)


@pytest.mark.parametrize("as_sparse", [False, True])
@pytest.mark.parametrize("evaluation", ["linear", "moved"])
def test_influence_functions_answer_as_by_a_factorisation(evaluation, as_sparse, cheap_products):
    rows = sparse.csr_matrix(X) if as_sparse else X
    expected, found = (
        InfluenceFunctions(MODEL, solver=solver, evaluation=evaluation).fit(rows, Y) for solver in ("cholesky", "auto")
    )
    assert "conjugate gradients" in found.verdict_
    answers = [attributor.attribute(rows[:20], Y[:20]).values for attributor in (found, expected)]
    assert_near(*answers, CG)
    # one solve a row and output is too many; by a direct solver from then on
    assert_near(
        RescaledInfluence.from_fitted(found).attribute(rows[:20], Y[:20]).values,
        RescaledInfluence.from_fitted(expected).attribute(rows[:20], Y[:20]).values,
        CG,
    )
    assert "cholesky" in found.verdict_


@pytest.mark.parametrize("again", [deepcopy, lambda fitted: pickle.loads(pickle.dumps(fitted))])
@pytest.mark.parametrize("solver", ["auto", "cg"])
def test_a_fitted_attributor_is_copied_and_pickled(solver, again, cheap_products):
    fitted = InfluenceFunctions(MODEL, solver=solver).fit(X, Y)
    assert "conjugate gradients" in fitted.verdict_
    question = X[:20], Y[:20]
    np.testing.assert_array_equal(again(fitted).attribute(*question).values, fitted.attribute(*question).values)


def test_only_auto_defers(cheap_products):
    assert resolve_solver("auto", few_solves=True).few_solves
    assert not resolve_solver("auto").few_solves
    given = AutoSolver()
    assert resolve_solver(given, few_solves=True) is given
    assert "cholesky" in RescaledInfluence(Ridge()).fit(X, X[:, 0]).verdict_
    assert "conjugate gradients" in InfluenceFunctions(Ridge()).fit(X, X[:, 0] + Y).verdict_
