"""Influence for objectives that are no sum over rows: the exact gradient without the row, and one Hessian for all."""

import numpy as np

from ...problems import Removals
from ...removal.rank_one_downdates import row_blocks
from ._base import StaticAttributor

__all__ = ["VersatileInfluence"]


class VersatileInfluence(StaticAttributor):
    r"""Versatile influence function: :math:`\Delta\theta_T = H^{-1} (\nabla F - \nabla F_{-T})`, whatever F is.

    The objective without the rows T is differentiated as it is, so that nothing need be a sum over rows: risk sets lose
    a member, tied deaths one of their number, a penalty that counts rows or standardises covariates a row. The Hessian
    is that of all rows. Where F is a sum over rows, single rows have the same answer as by
    :class:`InfluenceFunctions`; in a Cox model the difference between the two is what a row's leaving changes beyond
    first order.

    Use :class:`NewtonStep` where leverage is high (small strata, few events a coefficient), for it takes the Hessian
    without the rows too, at its price; ``LeaveOneOut`` when the last digit matters.

    Parameters
    ----------
    estimator, target, evaluation, solver, damping, polish, verbose
        As for :class:`InfluenceFunctions`.

    Notes
    -----
    Cox: O(n p + p^3) for all rows together, and memory O(n p); O(n T p) in the worst case (T death times, most of them
    with few at risk). A set costs one gradient, O(n p). The paper's quantity is that of the mean of the loss over the
    events and has the opposite sign in its eq. 10; ours predicts the parameters after the deletion less those before.

    References
    ----------
    Deng et al., A versatile influence function for data attribution with non-decomposable loss, eq. 9-11.

    Examples
    --------
    Deleting one of two rows of the mean model y = b moves the mean from 1 to 2; with the Hessian of both rows it is
    half the way.

    >>> from sklearn.linear_model import Ridge
    >>> X, y = np.zeros((2, 1)), np.array([0.0, 2.0])
    >>> VersatileInfluence(Ridge(), target="prediction").fit(X, y).attribute([[0.0]], [0.0]).values
    array([ 0.5, -0.5])
    """

    _method = "versatile influence"
    # what a set takes with it is no sum over its rows
    _additive = False

    def _along(self, U):
        return self.terms_.along(self.factor_.solve(U).value)

    def _changes(self, rows):
        return self.factor_.solve(self.terms_.columns(rows)).value

    def _set_changes(self, sets):
        problem, here = self.problem_, self.problem_.gradient()[:, None]
        changes = []
        for block in row_blocks(problem, np.arange(len(sets)), per_row=problem.n_rows):
            theta = np.repeat(problem.theta[:, None], len(block), axis=1)
            without = problem.gradient(theta, Removals.of([sets[i] for i in block]))
            changes.append(self.factor_.solve(here - without).value)
        return np.hstack(changes)
