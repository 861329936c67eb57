"""The ranking problem: its products, its flat directions, and what a deleted item leaves."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from problem_cases import ranking

from skinfluence.operators import Curvature, Design
from skinfluence.problems import ListMLEProblem


@pytest.mark.parametrize("removed", [[], [2], [0, 5]])
@pytest.mark.parametrize("intercept", [True, False])
def test_listwise_curvature_is_the_sum_of_the_queries_own_hessians(intercept, removed):
    problem = ranking(intercept=intercept).without(removed)
    hessians = problem.query_weight[:, None, None] * problem.loss.hessian(problem.training_raw, problem.y)
    known = Curvature(problem.design, hessians, problem.penalty, np.zeros((problem.n_parameters, 0)))
    ours = problem.curvature()
    V = np.random.default_rng(1).normal(size=(problem.n_parameters, 3))
    scale = np.abs(known.dense()).max()
    assert_allclose(ours.dense(), known.dense(), atol=1e-13 * scale)
    assert_allclose(ours.matvec(V), known.dense() @ V, atol=1e-12 * scale)
    assert_allclose(ours.main_diagonal(), np.diagonal(known.dense()), atol=1e-13 * scale)
    assert_allclose(ours.damped(0.5).dense() - ours.dense(), 0.5 * ours.mean_eigenvalue() * np.eye(len(V)), atol=1e-13)


def test_listwise_curvature_of_sparse_features_is_that_of_dense_ones():
    from scipy import sparse

    dense = ranking()
    design = Design(sparse.csr_matrix(dense.design.X), dense.n_outputs, True)
    other = ListMLEProblem(design, dense.y, dense.theta, dense.query_weight, dense.penalty)
    V = np.random.default_rng(1).normal(size=(dense.n_parameters, 2))
    assert_allclose(other.curvature().dense(), dense.curvature().dense(), rtol=1e-12, atol=1e-12)
    assert_allclose(other.curvature().matvec(V), dense.curvature().matvec(V), rtol=1e-12, atol=1e-12)
    assert_allclose(other.curvature().main_diagonal(), dense.curvature().main_diagonal(), rtol=1e-12)


def test_listwise_batches_add_up_to_the_curvature():
    curvature = ranking(penalty=0.0).curvature()
    halves = [curvature.batch(np.arange(k, curvature.n_rows, 2)).dense() for k in (0, 1)]
    assert_allclose(sum(halves) / 2, curvature.dense(), atol=1e-12)


@pytest.mark.parametrize("penalty", [0.0, 0.3])
@pytest.mark.parametrize("removed", [[], [2], [0, 5]])
def test_ranking_declares_exactly_its_flat_directions(penalty, removed):
    curvature = ranking(penalty=penalty).without(removed).curvature()
    H, null = curvature.dense(), curvature.null_directions
    values = np.linalg.eigvalsh(H)
    # the smallest curvature that is none of rounding is above 1e-4 of the largest here
    assert np.sum(values < 1e-8 * values[-1]) == null.shape[1]
    assert_allclose(H @ null, 0, atol=1e-12 * values[-1])
    assert_allclose(null.T @ null, np.eye(null.shape[1]), atol=1e-14)


def test_ranking_gradient_is_the_slope_of_its_value():
    problem, step = ranking(), 1e-6
    moves = step * np.eye(problem.n_parameters)
    ends = [[problem.at(problem.theta + sign * move).value() for move in moves] for sign in (1, -1)]
    # rounding of a value near 100, over the step
    assert_allclose(problem.gradient(), (np.array(ends[0]) - ends[1]) / (2 * step), atol=1e-7)


def test_ranking_names_parameters_by_item_and_feature():
    names = ranking().parameter_names
    assert names[0] == "a: age"
    assert names[-1] == "f: intercept"
    assert len(names) == ranking().n_parameters
