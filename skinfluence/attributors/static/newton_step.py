"""One Newton step on the objective without the rows."""

import numpy as np

from ...solvers import resolve_solver
from .rescaled import RescaledInfluence

__all__ = ["NewtonStep"]


class NewtonStep(RescaledInfluence):
    r"""Effect of a deletion by one Newton step on what is left: :math:`\Delta\theta_T = -H_T^{-1} \nabla F_T(\theta)`.

    For single rows this is :class:`RescaledInfluence`; for sets it is joint, so that rows which hide each other are
    seen together. Exact for squared losses, sets included.

    Parameters
    ----------
    estimator, target, evaluation, solver, damping, polish
        As for :class:`RescaledInfluence`.

    Notes
    -----
    Single rows cost what RescaledInfluence costs; each set costs one factorisation, n P^2 / 2 + P^3 / 3.

    References
    ----------
    Rubinstein and Hopkins, Rescaled influence functions, section 1.1.

    Examples
    --------
    Deleting two of three rows of the mean model y = b leaves the third, exactly:

    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> X, y = np.zeros((3, 1)), np.array([0.0, 2.0, 7.0])
    >>> attributor = NewtonStep(Ridge(), target="prediction").fit(X, y)
    >>> float(attributor.removal([0, 1], [[0.0]], [0.0]).target_change)   # from 3 to 7
    4.0
    """

    _method = "Newton step"
    _additive = False

    def _set_changes(self, sets):
        return np.column_stack([self._step(rows) for rows in sets])

    def _step(self, rows):
        left = self.problem_.without(rows)
        factor = resolve_solver(self.solver, self.damping).prepare(left.curvature())
        return -factor.solve(left.gradient()[:, None]).value[:, 0]
