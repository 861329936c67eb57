"""The objective against its own finite differences, at candidates, under removals and in the weights."""

from dataclasses import replace

import numpy as np
import pytest
from cases import BY_NAME, COUNTS, THREE, X
from sklearn.linear_model import Ridge
from sklearn.utils.class_weight import compute_class_weight

from skinfluence.adapters import adapt, fit_estimator
from skinfluence.losses import HalfSquaredError
from skinfluence.operators import Design
from skinfluence.problems import BalancedWeights, LinearProblem, Removals
from skinfluence.testing import assert_near

NAMES = [
    "binary-newton-cholesky-weighted",
    "softmax-balanced",
    "ridge-outputs",
    "ridge-classifier-balanced",
    "poisson-newton-cholesky-weighted",
    "binary-liblinear-scaled-intercept",
    "binary-sparse",
    "rest-balanced",
    "rest-dict",
    "svc-classes-balanced",
]
every_problem = pytest.mark.parametrize("name", NAMES)


def problem_of(name):
    """A problem of the list away from its optimum, where nothing vanishes."""
    case = BY_NAME[name]
    problem = adapt(fit_estimator(case.estimator, *case.data), *case.data).problem
    return problem.at(problem.theta + 0.3 * np.random.default_rng(3).normal(size=problem.n_parameters))


def slopes(f, x, step=1e-6):
    """Central differences of f along each coordinate of x, stacked last; their error is about 1e-9."""
    ends = [(f(x + step * e), f(x - step * e)) for e in np.eye(len(x))]
    return np.stack([(up - down) / (2 * step) for up, down in ends], axis=-1)


@every_problem
def test_gradient_is_the_slope_of_the_value(name):
    problem = problem_of(name)
    assert_near(problem.gradient(), slopes(lambda theta: problem.at(theta).value(), problem.theta), 1e-7)


@every_problem
def test_curvature_is_the_slope_of_the_gradient(name):
    problem = problem_of(name)
    expected = slopes(lambda theta: problem.at(theta).gradient(), problem.theta)
    assert_near(problem.curvature().dense(), expected, 1e-7)
    N = problem.curvature().null_directions
    assert_near(problem.curvature().dense() @ N, np.zeros(N.shape), 0, 1e-10)


@every_problem
def test_weight_terms_are_the_slope_of_the_gradient_in_the_weights(name):
    problem = problem_of(name)

    def at_weights(weight):
        balance = problem.balance
        if balance is not None and balance.weighted:
            balance = replace(balance, mass=weight)
        return replace(problem, sample_weight=weight, balance=balance).gradient()

    expected = slopes(at_weights, problem.sample_weight)
    assert_near(problem.weight_terms().columns(np.arange(problem.n_rows)), expected, 1e-7)


@every_problem
def test_removal_terms_are_minus_the_gradient_without_the_row_at_the_optimum(name):
    case = BY_NAME[name]
    problem = adapt(fit_estimator(case.estimator, *case.data), *case.data).problem
    terms = problem.removal_terms()
    columns = terms.columns(np.arange(problem.n_rows))
    # the fit's own slack, a part of the gradient of every removal
    slack = np.abs(problem.gradient()).max()
    for row in (0, 5, problem.n_rows - 1):
        assert_near(columns[:, row], -problem.without([row]).gradient(), 1e-9, 2 * slack)
    V = np.random.default_rng(0).normal(size=(problem.n_parameters, 3))
    assert_near(terms.along(V), columns.T @ V, 1e-11)
    assert_near(terms.total(), columns.sum(axis=1), 1e-9, 1e-11)


@every_problem
def test_gradient_at_candidates_under_removals_is_that_of_each(name):
    problem = problem_of(name)
    sets = [[0], [3, 4, 5], [], [7, 1]]
    candidates = problem.theta[:, None] + 0.1 * np.random.default_rng(1).normal(size=(problem.n_parameters, 4))
    together = problem.gradient(candidates, Removals.of(sets))
    for column, rows in enumerate(sets):
        alone = problem.without(np.array(rows, dtype=int)).at(candidates[:, column]).gradient()
        assert_near(together[:, column], alone, 1e-11)


@every_problem
def test_deleting_twice_is_deleting_the_union(name):
    problem = problem_of(name)
    one, two = problem.without([0, 3]).without([5]), problem.without([0, 3, 5])
    assert one.value() == pytest.approx(two.value(), rel=1e-13)
    assert_near(one.gradient(), two.gradient(), 1e-13)
    assert_near(one.curvature().dense(), two.curvature().dense(), 1e-13)


@every_problem
def test_deleted_rows_are_rows_that_are_not_there(name):
    problem = problem_of(name)
    keep = np.setdiff1d(np.arange(problem.n_rows), [2, 9])
    balance = problem.balance
    if balance is not None:
        balance = replace(balance, codes=balance.codes[keep], mass=balance.mass[keep])
    smaller = replace(
        problem,
        design=problem.design.with_rows(problem.design.X[keep]),
        y=problem.y[keep],
        sample_weight=problem.sample_weight[keep],
        balance=balance,
        output_factors=None if problem.output_factors is None else problem.output_factors[keep],
    )
    assert problem.without([2, 9]).value() == pytest.approx(smaller.value(), rel=1e-12)
    assert_near(problem.without([2, 9]).gradient(), smaller.gradient(), 1e-11)


def test_problem_tells_its_parameters():
    outputs = adapt(Ridge().fit(X, np.column_stack([COUNTS, THREE])), X, np.column_stack([COUNTS, THREE])).problem
    features = [f"{k}: x{j}" for k in range(2) for j in range(3)]
    assert outputs.parameter_names == [*features, "0: intercept", "1: intercept"]
    assert outputs.coef.shape == (2, 3)
    assert outputs.intercept.shape == (2,)


def test_penalty_of_one_weighted_mean_is_shared_by_weight():
    # mean form: 2 rows of weights 1 and 3, penalty 5 of their mean is 20 of their sum; deleting a row takes 5 or 15
    problem = LinearProblem(
        design=Design(np.ones((2, 1)), intercept=False),
        y=np.zeros(2),
        loss=HalfSquaredError(),
        theta=np.array([1.0]),
        sample_weight=np.array([1.0, 3.0]),
        penalty=np.array([5.0]),
        mean_form=True,
    )
    assert problem.gradient() == pytest.approx(4 + 20)
    assert problem.penalty_scale(Removals.single([0, 1])) == pytest.approx([3, 1])
    assert problem.without([0]).gradient() == pytest.approx(3 + 15)


@pytest.mark.parametrize("against_rest", [None, "own", "both"])
def test_derivative_of_balanced_factors_is_their_slope_in_the_mass(against_rest):
    generator = np.random.default_rng(0)
    codes = np.arange(9) % 3
    balance = BalancedWeights(codes, 3, generator.random(9) + 0.5, True, against_rest)
    expected = slopes(lambda mass: replace(balance, mass=mass).factors(), balance.mass)
    assert_near(balance.derivative()[codes].T, expected, 1e-8)
    # factors of the outputs of a row, from the definition
    mass = balance.class_mass()
    own, rest = mass.sum() / (3 * mass), 1.0
    if against_rest == "both":
        own, rest = mass.sum() / (2 * mass), mass.sum() / (2 * (mass.sum() - mass))
    expected = own[codes, None] if against_rest is None else np.where(codes[:, None] == np.arange(3), own, rest)
    assert_near(balance.factors()[balance.cells], expected, 1e-13)


@pytest.mark.parametrize("weighted", [True, False])
def test_balanced_factors_are_those_of_scikit_learn(weighted):
    generator = np.random.default_rng(0)
    codes, weight = generator.integers(0, 3, 30), generator.random(30)
    mass = weight if weighted else np.ones(30)
    balance = BalancedWeights(codes, 3, mass, weighted)
    # a mass of k is k rows
    copies = np.repeat(codes, np.round(1e4 * mass).astype(int))
    expected = compute_class_weight("balanced", classes=np.arange(3), y=copies)
    assert_near(balance.factors(), expected, 1e-4)
    after = balance.factors(Removals.of([[0, 1], [4]]))
    for column, rows in enumerate(([0, 1], [4])):
        assert_near(after[:, column], balance.without(rows).factors(), 1e-13)


def test_balanced_factor_of_an_empty_class_is_nan():
    balance = BalancedWeights(np.array([0, 0, 1]), 2, np.array([0.1, 0.2, 0.3]), True)
    after = balance.factors(Removals.single([0, 2]))
    assert np.isnan(after[1, 1])
    assert np.isfinite(after[:, 0]).all()
