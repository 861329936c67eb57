"""Checks of problems: derivatives are correct, and removal terms are the effect of deleting rows.

Each law is a function of a problem, at parameters where nothing vanishes, and evaluation rows as ``raw`` takes them.
Run them one by one from a test, as the laws of adapters, or all at once by :func:`check_problem`. Their truth is finite
differences, and the problem with rows deleted one set after the other.
"""

from typing import Any

import numpy as np

from ..problems import Removals
from .closeness import SOLVES, SUMS, assert_near

__all__ = [
    "PROBLEM_LAWS",
    "check_candidates",
    "check_curvature",
    "check_problem",
    "check_raw_products",
    "check_removal_terms",
    "check_rows_stay_in_place",
]

#: step of central differences, relative to a parameter of size 1; their error is about 1e-9
STEP = 1e-6
#: products by two ways, relative to the largest; what the terms of a problem of one's own cancel is not known here
PRODUCTS = 1e-9


def check_curvature(problem: Any, X: Any, *, rtol: float | None = 1e-6) -> None:
    """The curvature is the slope of the gradient, as a matrix and as a product."""
    curvature, free = problem.curvature(), problem.free
    slopes = _slopes(lambda theta: problem.at(theta).gradient(), problem.theta)
    assert_near(curvature.dense()[np.ix_(free, free)], slopes[np.ix_(free, free)], rtol)
    V = _directions(problem)
    assert_near(curvature.matvec(V), curvature.dense() @ V, SOLVES)


def check_raw_products(problem: Any, X: Any, *, rtol: float | None = 1e-6) -> None:
    """``raw_basis`` is the slope of ``raw``, ``raw_vjp`` its transposed product; candidates are columns."""
    if X is None:
        return  # a loss of its own kind has no predictions
    raw, basis = problem.raw(X), problem.raw_basis(X)
    slopes = _slopes(lambda theta: problem.raw(X, theta), problem.theta)
    assert_near(np.moveaxis(basis, 0, -1), slopes, rtol)
    C = np.random.default_rng(0).normal(size=(*raw.shape, 3))
    assert_near(problem.raw_vjp(X, C), np.einsum("pmk,mkb->pb", basis, C), PRODUCTS)
    assert_near(
        problem.raw_jvp(X, _directions(problem)), np.einsum("pmk,pb->mkb", basis, _directions(problem)), PRODUCTS
    )
    candidates = problem.theta[:, None] + 0.01 * _directions(problem)
    each = [problem.raw(X, candidate) for candidate in candidates.T]
    assert_near(problem.raw(X, candidates), np.stack(each, axis=-1), PRODUCTS)


def check_removal_terms(problem: Any, X: Any, *, rtol: float | None = PRODUCTS) -> None:
    """R_i is what the gradient loses without row i; ``along`` are its inner products."""
    rows, terms, free = _sample(problem), problem.removal_terms(), problem.free
    lost = [problem.gradient() - problem.without([row]).gradient() for row in rows]
    columns = terms.columns(rows)
    scale = np.max(problem.gradient_scale(), initial=0)
    assert_near(columns[free], np.column_stack(lost)[free], rtol, SUMS * scale)
    U = _directions(problem)
    assert_near(terms.along(U)[rows], columns.T @ U, PRODUCTS, SUMS * scale)


def check_candidates(problem: Any, X: Any, *, rtol: float | None = PRODUCTS) -> None:
    """Gradients at many candidates, each under its own removal, are those of the problems without the rows."""
    rows = _sample(problem)
    sets = [[row] for row in rows[:3]] + [list(rows[-2:])]
    candidates = problem.theta[:, None] + 0.01 * _directions(problem, len(sets))
    expected = [problem.without(rows).at(theta).gradient() for rows, theta in zip(sets, candidates.T, strict=True)]
    scale = np.max(problem.gradient_scale(), initial=0)
    assert_near(problem.gradient(candidates, Removals.of(sets)), np.column_stack(expected), rtol, SUMS * scale)


def check_rows_stay_in_place(problem: Any, X: Any, *, rtol: float | None = SUMS) -> None:
    """Deleting rows one after the other is deleting them together, and moves no position."""
    first, second = _sample(problem)[:2]
    twice, once = problem.without([first]).without([second]), problem.without([first, second])
    assert twice.n_rows == once.n_rows == problem.n_rows
    assert_near(twice.gradient(), once.gradient(), rtol, SUMS * np.max(problem.gradient_scale(), initial=0))


PROBLEM_LAWS = (
    check_curvature,
    check_raw_products,
    check_removal_terms,
    check_candidates,
    check_rows_stay_in_place,
)


def check_problem(problem: Any, X: Any) -> None:
    """Run all laws on one problem.

    Parameters
    ----------
    problem : Problem
        At parameters where its derivatives do not vanish.
    X : array-like
        Evaluation rows as its ``raw`` takes them; None where it has no predictions.

    Raises
    ------
    AssertionError
        For the first law that does not hold.
    """
    for law in PROBLEM_LAWS:
        law(problem, X)


def _slopes(f, x):
    """Central differences of f along each coordinate of x, stacked last."""
    steps = STEP * np.maximum(1, np.abs(x))
    ends = [(f(x + step * e), f(x - step * e)) for step, e in zip(steps, np.eye(len(x)), strict=True)]
    return np.stack([(up - down) / (2 * step) for step, (up, down) in zip(steps, ends, strict=True)], axis=-1)


def _directions(problem, n=3):
    return problem.free[:, None] * np.random.default_rng(1).normal(size=(problem.n_parameters, n))


def _sample(problem, n=5):
    """A few rows of positive weight, evenly spaced."""
    present = np.flatnonzero(problem.sample_weight)
    return present[np.unique(np.linspace(0, len(present) - 1, n).astype(int))]
