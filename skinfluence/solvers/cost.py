"""What a solver will take, known before it starts: multiplications of BLAS's fastest kind, and seconds of them.

A choice made by these depends on the shape of the problem alone, and is the same on every machine and in every run.
"""

from functools import cache
from time import perf_counter
from typing import Any

import numpy as np
from scipy import sparse

from ..operators import Curvature, Design

__all__ = ["EXPECTED_PRODUCTS", "direct_cost", "has_cost", "leverage_cost", "product_cost", "seconds"]

#: products with H that the way to an optimum and one question take, as measured on images and text
EXPECTED_PRODUCTS = 250
#: multiplications in a large product of matrices that take as long as to read one byte of memory
A_BYTE = 3.5
#: the same as one multiplication in a product with few columns, and with a sparse matrix
NARROW, SPARSE = 4, 50


def has_cost(curvature: Any) -> bool:
    """Whether the cost of a curvature is known, and conjugate gradients converge: each coefficient has a penalty."""
    if not isinstance(curvature, Curvature) or not isinstance(curvature.design, Design):
        return False
    coef, _ = curvature.design.split(curvature.diagonal)
    return bool((coef > 0).all())


def product_cost(curvature: Curvature) -> float:
    """Of H v for one v: two passes over X, and one over the Hessians of the rows."""
    X, K = curvature.design.X, curvature.design.n_outputs
    of_rows = NARROW * X.shape[0] * K**2
    if sparse.issparse(X):
        return of_rows + 2 * SPARSE * X.nnz * K
    return of_rows + 2 * X.size * (A_BYTE * X.itemsize + NARROW * K)


def direct_cost(curvature: Curvature) -> float:
    """Of the matrix and its Cholesky factor: P x P, or n K x n K of the dual form."""
    n, p, K = curvature.n_rows, curvature.design.X.shape[1], curvature.design.n_outputs
    X, pairs = curvature.design.X, K * (K + 1) / 2
    if curvature.has_dual:
        gram, order = n * n * p / 2, n * K
    elif sparse.issparse(X):
        # of each row all pairs of its non-zeros
        gram, order = SPARSE * pairs * X.nnz**2 / max(n, 1), curvature.n_parameters
    else:
        gram, order = pairs * n * p * p / 2, curvature.n_parameters
    return gram + order**3 / 6


def leverage_cost(curvature: Curvature, n_rows: int) -> float:
    """Of the leverages of so many rows by a factor: a solve each, or for several outputs a form for each pair."""
    K, P = curvature.design.n_outputs, curvature.n_parameters
    if K == 1:
        return n_rows * P**2 / 2
    return n_rows * P**2 / 4 + P**3 / 3


def seconds(cost: float) -> float:
    """About how long so many multiplications take here, with the threads that BLAS has now."""
    return cost * _second_of_one()


@cache
def _second_of_one(order=512):
    A, times = np.ones((order, order)), []
    for _ in range(3):
        start = perf_counter()
        _ = A @ A
        times.append(perf_counter() - start)
    return min(times) / order**3
