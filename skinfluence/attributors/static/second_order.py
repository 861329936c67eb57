"""The second-order influence of a group: how its rows bend each other's effect."""

from dataclasses import replace

import numpy as np

from ...problems import LinearProblem
from ...removal.rank_one_downdates import row_blocks
from ...removal.set_inverse import set_pulls
from ...removal.sets import shared_blocks
from ._base import StaticAttributor

__all__ = ["SecondOrderInfluence"]


class SecondOrderInfluence(StaticAttributor):
    r"""Effect of deleting a row or a set T to second order in the weights that it takes along.

    With u = H^-1 R_T the first-order effect, A_T = sum_T (w_i H_i + s_i P) what the set adds to the Hessian, and q its
    part of all shares of the penalty,

    .. math::

        \Delta\theta_T = \frac{1 - 2q}{(1 - q)^2} u + \frac{1}{(1 - q)^2} H^{-1} A_T u .

    In the sum form no row carries a share of the penalty: q = 0, and this is :math:`u + H^{-1} A_T u`. In the mean form
    (PoissonRegressor) it expands along the path on which the rows that stay take over the weight of those that leave.

    The pairs (i, j) in :math:`H_i H^{-1} R_j` are what first-order sums miss in groups of similar rows. The error is of
    third order in the group's leverage, so that :class:`NewtonStep`, which sums the whole series, is the better
    prediction where its cost for a set is affordable; this one is a quadratic form of the set, made for searches.

    Parameters
    ----------
    estimator : estimator or None
        A fitted estimator is used as it is, an unfitted one is cloned and fitted; None means LogisticRegression or
        Ridge by the type of y.
    target : str or Target
        The scalar f; see :func:`skinfluence.targets.target_names`.
    evaluation : {"linear", "moved"}
        "linear" uses the gradient of f; "moved" evaluates f at the moved parameters.
    solver : {"auto", "cholesky", "dual", "eigen", "cg", "lissa", "arnoldi"} or Solver
        How H is inverted.
    damping : float
        Multiple of the mean eigenvalue of H added to its diagonal.
    polish : {"auto", True, False}
        Newton steps from the fitted to the optimal parameters; "auto" refuses rows that cannot be the training rows.
    verbose : int
        Above 0, what the work is expected to take, said before it starts, and how far it is, on standard error.

    Attributes
    ----------
    estimator_, problem_, stationarity_, verdict_, n_features_in_, feature_names_in_, classes_
        As for :class:`InfluenceFunctions`.

    Notes
    -----
    **The sign.** Theorem 1 expands the parameters in the weight epsilon by which a group is *up*-weighted, as
    t1 epsilon + t2 epsilon^2, and adds t1 + t2 (eq. 11, 19). A deletion is epsilon = -1, thus -t1 + t2: the first-order
    term changes its sign, the second-order term keeps it. Eq. 20 of the same paper has the signs of a deletion, and is
    what is computed here; the negative of the printed sum, -(t1 + t2), is further from refits than first order alone.

    Third derivatives of the loss are left out, as in the paper. With ``class_weight="balanced"`` R_T and A_T are the
    whole differences that the deletion makes, new class weights of the rows that stay included; that costs n P a row.

    Cost 2 n P^2 for all single rows, n P + 2 P^2 a set, on one factorisation.

    References
    ----------
    Basu, You and Feizi, On second-order group influence functions for black-box predictions, Theorem 1 and eq. 20.

    Examples
    --------
    Without one of four rows of the mean model y = b, its mean goes from 3 to 4. With leverage 1/4 the first order says
    3/4, and the second adds a quarter of that:

    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> X, y = np.zeros((4, 1)), np.array([0.0, 2.0, 7.0, 3.0])
    >>> attributor = SecondOrderInfluence(Ridge(), target="prediction").fit(X, y)
    >>> float(attributor.removal([0], [[0.0]], [0.0]).target_change)
    0.9375
    """

    _method = "second-order influence"
    reads = (LinearProblem,)
    _additive = False

    def _along(self, U):
        return np.concatenate([self._changes(block).T @ U for block in row_blocks(self.problem_)])

    def _changes(self, rows):
        problem = self.problem_
        U = self.factor_.solve(self.terms_.columns(rows)).value
        if problem.balance is not None:
            every = np.arange(problem.n_rows)[rows]
            return self._expansion(U, self._removed_curvatures([[row] for row in every], U), 0.0)
        basis, shares = problem.design.basis(rows), problem.shares()
        moved = np.einsum("bkl,pbl,pb->bk", problem.row_hessians()[rows], basis, U, optimize=True)
        bent = np.einsum("pbk,bk->pb", basis, moved)
        if shares is None:
            return self._expansion(U, bent, 0.0)
        bent += shares[rows] * problem.penalty[:, None] * U
        return self._expansion(U, bent, shares[rows] / shares.sum())

    def _set_changes(self, sets):
        U = self.factor_.solve(set_pulls(self.problem_, self.terms_, sets)).value
        apart = self.problem_.balance is None
        bent = self._own_curvatures(sets, U) if apart else self._removed_curvatures(sets, U)
        return self._expansion(U, bent, self._share_of(sets))

    def _share_of(self, sets):
        """q of each set: its part of all shares of the penalty."""
        shares = self.problem_.shares()
        return 0.0 if shares is None else np.array([shares[rows].sum() for rows in sets]) / shares.sum()

    def _own_curvatures(self, sets, U):
        """A_T u of each set, as columns (P, G): what its rows add to H."""
        problem, products, M = self.problem_, np.zeros_like(U), self.problem_.row_hessians()
        for columns, rows, member in shared_blocks(sets, problem.n_rows):
            for part in row_blocks(problem, np.arange(len(rows)), per_row=U.shape[1]):
                design = problem.design.with_rows(problem.design.X[rows[part]])
                moved = np.einsum("nkl,nlb->nkb", M[rows[part]], design.raw(U[:, columns]))
                products[:, columns] += design.vjp(moved * member[part][:, None, :])
        shares = problem.shares()
        if shares is None:
            return products
        return products + np.array([shares[rows].sum() for rows in sets]) * problem.penalty[:, None] * U

    def _removed_curvatures(self, sets, U):
        """A_T u where the class weights of the rows that stay change: the Hessian of all rows less that without T."""
        products, H = np.empty_like(U), self.problem_.curvature()
        for column, rows in enumerate(sets):
            left = self.problem_.without(rows).curvature()
            removed = replace(H, row_hessians=H.row_hessians - left.row_hessians, diagonal=H.diagonal - left.diagonal)
            products[:, column] = removed.matvec(U[:, [column]])[:, 0]
        return products

    def _expansion(self, U, bent, q):
        """(1 - 2 q) / (1 - q)^2 u + 1 / (1 - q)^2 H^-1 A u, eq. 20."""
        # where the sets hold all weight nothing is left to expand
        rest = np.where(q == 1, np.nan, (1 - q) ** 2)
        return ((1 - 2 * q) * U + self.factor_.solve(bent).value) / rest
