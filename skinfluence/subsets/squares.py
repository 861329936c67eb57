"""A linear function v'theta of the parameters of a squared loss: what each row has to do with it.

With the Hessian H, residuals r_i = x_i'theta - y_i and weights w_i, the deletion of a set S moves it by

    c_S'(I - W^1/2 X H^-1 X'W^1/2)_SS^-1 g_S,    c_i = sqrt(w_i) x_i'H^-1 v,    g_i = sqrt(w_i) r_i.
"""

from typing import Any

import numpy as np

from ..attributors.optimum import Optimum
from ..problems import LinearProblem
from .adaptive import newton_factor

__all__ = ["Squares", "other_than_squares"]

#: leverage that rows may have: from there on they determine a direction alone
MOST_TAKEN = 1 - 1e-6


def other_than_squares(attributor: Any) -> str:
    """Why the effects of sets are not those of a squared loss of fixed penalty; empty where they are."""
    problem = attributor.problem_ if isinstance(attributor.preparation_, Optimum) else None
    if not isinstance(problem, LinearProblem) or not problem.loss.quadratic:
        return "the loss is not a squared one of a linear model"
    reasons = {
        "the model has several outputs": problem.n_outputs > 1,
        "class weights change with the rows": problem.balance is not None,
        "an l1 penalty selects other columns without some rows": problem.l1_penalty is not None,
        "there are no more rows than columns": problem.interpolation is not None,
        "the penalty changes with the number of rows": problem.mean_form,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


class Squares:
    """The terms of all rows.

    Parameters
    ----------
    attributor : attributor
        Fitted, with a squared loss.
    v : ndarray of shape (P,)
        The function is v'theta.

    Attributes
    ----------
    weights, residuals, reach : ndarray of shape (n,)
        w_i, r_i and x_i'H^-1 v.
    variance : float
        v'H^-1 v.

    Notes
    -----
    One product with the rows.
    """

    def __init__(self, attributor: Any, v: np.ndarray) -> None:
        self.problem, self.v = attributor.problem_, v
        # that of the attributor may be damped, or approximate
        self.factor, _ = newton_factor(attributor)
        self.weights = self.problem.weights()[:, 0]
        self.residuals = self.problem.row_gradients[:, 0]
        pushed = self.factor.solve(v[:, None]).value[:, 0]
        self.variance = float(v @ pushed)
        self.reach = self.problem.design.raw(pushed)[:, 0]

    def leverages(self) -> np.ndarray:
        """w_i x_i'H^-1 x_i, (n,), in n P^2."""
        return (
            self.weights * np.concatenate([S for _, S in self.factor.inner_of_all_rows(self.problem.design)])[:, 0, 0]
        )
