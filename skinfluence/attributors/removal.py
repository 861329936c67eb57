"""The joint deletion of a set of rows."""

from dataclasses import dataclass, replace

import numpy as np

from .certificate import certify, certify_target

__all__ = ["Removal", "check_rows", "group_sets", "removal_of"]


@dataclass(frozen=True, eq=False)
class Removal:
    """What the joint deletion of a set of rows does.

    Attributes
    ----------
    indices : ndarray of int
        The deleted rows, by position.
    params_change : ndarray of shape (P,)
        Parameters after the deletion, minus before: coefficients (outputs one after the other), then intercepts.
    target_change : float or None
        f after the deletion, minus before; None when no evaluation rows were given.
    verdict : str
        What the numerical work says about itself.
    method : str
        How it was computed.
    params_bound : float or None
        Bound on the 2-norm of the error of `params_change`; infinite when nothing is certain, None when not asked for.
    target_bound : float or None
        Bound on the error of `target_change`.
    """

    indices: np.ndarray
    params_change: np.ndarray
    target_change: float | None
    verdict: str
    method: str
    params_bound: float | None = None
    target_bound: float | None = None


def removal_of(attributor, indices, question, bound):
    """The answer of ``StaticAttributor.removal``; `question` is None where only parameters are asked for."""
    problem = attributor.problem_
    rows = check_rows(indices, problem.n_rows)
    problem.check_sets([rows])
    change, target_change = attributor._set_changes([rows])[:, 0], None
    if question is not None:
        linear = attributor.evaluation == "linear"
        target_change = float(
            question.gradient @ change if linear else attributor._moved(question, True, change[:, None])[0]
        )
    removal = Removal(rows, change, target_change, attributor.verdict_, attributor._method)
    if not bound:
        return removal
    certificate = certify(problem, rows, change)
    target_bound = None if question is None else certify_target(certificate, question, target_change)
    return replace(removal, params_bound=certificate.params_bound, target_bound=target_bound)


def check_rows(indices, n_rows):
    """Positions of the rows to delete, from positions or a boolean mask.

    Raises
    ------
    ValueError
        For positions out of range, repeated, of another type, or for a mask of another length.
    """
    indices = np.asarray(indices)
    if indices.dtype == bool:
        if indices.shape != (n_rows,):
            raise ValueError(f"a mask of rows must have shape ({n_rows},), got {indices.shape}")
        return np.flatnonzero(indices)
    indices = np.atleast_1d(indices)
    if indices.ndim != 1 or not (np.issubdtype(indices.dtype, np.integer) or indices.size == 0):
        raise ValueError(f"indices must be positions of rows or a boolean mask, got an array of {indices.dtype}")
    indices = indices.astype(np.intp)
    if indices.size and not (-n_rows <= indices.min() and indices.max() < n_rows):
        raise ValueError(f"indices must lie in [{-n_rows}, {n_rows}), got {indices.min()} to {indices.max()}")
    indices = indices % n_rows
    if len(np.unique(indices)) < len(indices):
        raise ValueError("indices name a row twice; a row can be deleted once")
    return indices


def group_sets(train_groups, n_rows):
    """Names of the groups, and the positions of each group's rows.

    Raises
    ------
    ValueError
        When there is not one label for each training row.
    """
    labels = np.asarray(train_groups)
    if labels.shape != (n_rows,):
        raise ValueError(
            f"train_groups must hold one label for each of the {n_rows} training rows, got shape {labels.shape}"
        )
    names, codes = np.unique(labels, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    return names, np.split(order, np.cumsum(np.bincount(codes))[:-1])
