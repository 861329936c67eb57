"""Which coordinates a linear problem is solved in: most of them in those of the estimator."""

from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg.lapack import dpocon, dpotrf

from ... import _memory
from ...operators import Design
from .._base import spread_ranks
from ._base import Coordinates
from .of_columns import ColumnBasis
from .of_mixed_rows import MixedRowBasis, sizes_differ
from .of_rows import RowBasis

__all__ = ["choose_coordinates", "in_coordinates"]

#: distance of a column from zero, in its standard deviations, above which it is centred: its square in units of eps is
#: what sums of products lose
FAR = 8.0
#: rows that are looked at to tell how far columns are; with many columns, fewer
MOST_ROWS, FEWEST_ROWS = 256, 32
#: reciprocal condition of the equilibrated Gram matrix below which columns depend on each other, nearly or exactly
DEPENDENT_RCOND = 1e-8
#: rows of which an array n by n costs more than all else, and the condition number up to which solutions in the
#: columns keep ten digits
MANY_ROWS, STRONG = 500, 1e6
#: steps of the power method, which find the largest singular value of X to a few per cent, and the seed of its start
POWERS, SEED = 10, 0


def choose_coordinates(problem: Any, least_norm: bool = False, *, of_some: bool = False) -> Coordinates | None:
    """Coordinates in which the problem keeps its digits; None for its own.

    Parameters
    ----------
    problem : LinearProblem
        In the coordinates of the estimator.
    least_norm : bool
        Of all optima the estimator takes that of least norm.
    of_some : bool
        These are some of the rows, which do not tell the rank of all.

    Notes
    -----
    Reads at most 256 rows, or 4 p of them, unless columns depend on each other.
    """
    design = problem.design
    free_intercept = _free_intercept(problem)
    # outputs that have coefficients: all of them, but for a scale, which is an intercept alone
    K = design.n_outputs if isinstance(design, Design) else 1
    offset = _far(design.X) if free_intercept else np.zeros(design.X.shape[1])
    plain = Coordinates(K, bool(design.intercept) and (free_intercept or isinstance(design, Design)), offset)
    penalty = None if of_some or not isinstance(design, Design) else _isotropic(problem)
    if penalty is None:
        return plain if offset.any() else None
    present = np.flatnonzero(problem.sample_weight)
    n, p = len(present), design.X.shape[1]
    # of several optima, that of least norm is in the span of the rows, too
    wide = p > n if penalty.all() else least_norm and p + free_intercept > n
    if wide and n * K <= _memory.DENSE_ORDER and not _sparse_and_strong(problem, penalty):
        return _of_rows(plain, design.X, present, free_intercept)
    basis = None if penalty.any() else _of_columns(plain, design.X, present, free_intercept, least_norm)
    if basis is None:
        return plain if offset.any() else None
    return _with_rest(replace(plain, basis=basis), problem.theta)


def _sparse_and_strong(problem, penalty):
    """Whether X has many rows, mostly zeros, and a penalty that holds the condition number down.

    Products with such rows take less time than those with dense coordinates of them, which are n by n.
    """
    X = problem.design.X
    if not sparse.issparse(X) or X.shape[0] < MANY_ROWS or problem.design.n_outputs > 1 or not penalty.all():
        return False
    v = np.random.default_rng(SEED).normal(size=X.shape[1])
    for _ in range(POWERS):
        v = X.T @ (X @ (v / np.linalg.norm(v)))
    largest = np.linalg.norm(v) * np.abs(problem.row_hessians()).max(initial=0)
    return bool(largest <= STRONG * problem.penalty_scale() * penalty.min())


def _of_rows(plain, X, present, centre):
    rows = _present(plain.features(X), present)
    mixed = not sparse.issparse(rows) and sizes_differ(rows)
    basis, features = (MixedRowBasis if mixed else RowBasis).of(rows, centre)
    coordinates = replace(plain, basis=basis)
    if len(present) == X.shape[0]:
        coordinates.remember(X, features)
    return coordinates


def _present(X, present):
    """Rows with a weight; where all have one, without a copy."""
    return X if len(present) == X.shape[0] else X[present]


def _of_columns(plain, X, present, centre, least_norm):
    """A basis of columns that depend on each other; None where they do not."""
    p = X.shape[1]
    if p > _memory.DENSE_ORDER:
        return None
    # what some rows tell apart, all rows do; a level that is rare is not among some
    some = present[spread_ranks(len(present), 4 * p + 64)]
    if not _dependent(plain.features(X[some]), centre):
        return None
    rows = _present(plain.features(X), present)
    if not _dependent(rows, centre):
        return None
    basis = ColumnBasis.of(_dense(rows), centre, least_norm)
    return basis if basis.is_needed else None


def _with_rest(coordinates, theta):
    """With the part of the fitted coefficients that the basis does not have."""
    moved = theta - coordinates.change_as_fitted(coordinates.internal(theta))
    K, p = coordinates.n_outputs, len(coordinates.offset)
    return replace(coordinates, rest=moved[: K * p].reshape(K, p).T)


def _free_intercept(problem):
    """Whether outputs have an intercept that no penalty holds."""
    design = problem.design
    if not design.intercept:
        return False
    first = design.n_outputs * design.X.shape[1]
    intercepts = np.flatnonzero(design.parameters >= first)
    if not isinstance(design, Design) and design.parameters[intercepts[0]] != first:
        # the only one is a scale
        return False
    held = problem.penalty[intercepts].any()
    return not held and (problem.l1_penalty is None or not problem.l1_penalty[intercepts].any())


def _isotropic(problem):
    """Penalty of the coefficients of each output, (K,); None where they have different ones, or an l1 penalty."""
    if problem.l1_penalty is not None:
        return None
    K, p = problem.design.n_outputs, problem.design.X.shape[1]
    penalty = problem.penalty[: K * p].reshape(K, p)
    return None if not p or np.ptp(penalty, axis=1).any() else penalty[:, 0]


def _far(X):
    """The mean of columns that are far from zero, by a sample of the rows; 0 for the others.

    Any number among the values of a column serves as well. A sparse column that is partly zero is not far from it.
    """
    if sparse.issparse(X):
        full = np.flatnonzero(np.diff(sparse.csc_array(X, copy=False).indptr) == X.shape[0])
        far = np.zeros(X.shape[1])
        if len(full):
            far[full] = _far(X[:, full].toarray())
        return far
    size = min(MOST_ROWS, max(FEWEST_ROWS, _memory.BLOCK_SIZE // max(1, X.shape[1])))
    far = _means_of_far(X[spread_ranks(len(X), size)])
    found = np.flatnonzero(far)
    if len(found) and len(X) > size:
        # a column that is rarely another number is constant in most samples
        far[found] = _means_of_far(X[:, found])
    return far


def _means_of_far(rows):
    # one row does not tell how far others are
    if len(rows) < 2:
        return np.zeros(rows.shape[1])
    mean = rows.mean(axis=0)
    return np.where(np.abs(mean) > FAR * rows.std(axis=0), mean, 0.0)


def _dependent(rows, centre):
    """Whether columns depend on each other, by the condition of their correlation."""
    mean = np.asarray(rows.mean(axis=0)).ravel() if centre else np.zeros(rows.shape[1])
    gram = _dense(rows.T @ rows) - rows.shape[0] * np.outer(mean, mean)
    size = np.sqrt(np.maximum(np.diagonal(gram), 0))
    if not size.all():
        return True
    gram = gram / size / size[:, None]
    R, failed = dpotrf(gram)
    return bool(failed or dpocon(R, np.abs(gram).sum(axis=0).max())[0] < DEPENDENT_RCOND)


def _dense(X):
    return X.toarray() if sparse.issparse(X) else X


def _any(directions):
    """Whether some entry of an array, dense or sparse, is not zero."""
    return bool(abs(directions).sum())


def _design(design, coordinates, Z):
    return design.with_rows(Z) if coordinates.basis is None else Design(Z, design.n_outputs, design.intercept)


def in_coordinates(problem: Any, coordinates: Coordinates | None) -> Any:
    """The problem restated in other coordinates.

    Parameters
    ----------
    problem : LinearProblem
        In those of the estimator.
    coordinates : Coordinates or None
        None leaves it as it is.
    """
    if coordinates is None:
        return problem
    Z, theta = coordinates.features(problem.design.X), coordinates.internal(problem.theta)
    signs = None if problem.signs is None else np.sign(theta)
    design = _design(problem.design, coordinates, Z)
    moved = replace(problem, coordinates=coordinates, design=design, theta=theta, signs=signs)
    if coordinates.basis is None:
        return moved
    K, p, r = coordinates.n_outputs, problem.design.X.shape[1], coordinates.n_features
    coef, others = problem.penalty[: K * p].reshape(K, p), problem.penalty[K * p :]
    penalty = np.append(np.repeat(coef[:, 0], r), others)
    null = problem.null_directions
    if null is not None:
        # one number added to all outputs: flat for coefficients where it was, and for intercepts
        flat = np.r_[np.full(r, _any(null[: K * p])), np.full(len(others) // K, _any(null[K * p :]))]
        shift = np.eye(len(flat))[:, flat]
        null = np.vstack([np.tile(shift[:r], (K, 1)), np.tile(shift[r:], (K, 1))]) / np.sqrt(K)
    return replace(moved, penalty=penalty, null_directions=null)
