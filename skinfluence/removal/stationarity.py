"""How far fitted parameters are from the optimum.

The remaining Newton step is measured in two units: the effect of deleting a typical row, to see whether leave-one-out
effects would be lost in it; and standard errors of the parameters, to see whether these rows can be the training rows.
"""

from typing import Any, NamedTuple

import numpy as np

from .._memory import BLOCK_SIZE
from ..exceptions import StationarityError
from ..solvers import Factor

__all__ = ["Stationarity", "check_active_set", "measure_distance", "measure_stationarity"]

#: number of rows in the sample, evenly spaced; fewer with an iterative solver or many parameters
MOST_ROWS, FEWEST_ROWS = 512, 32


class Stationarity(NamedTuple):
    """Size of the remaining Newton step.

    Attributes
    ----------
    in_rows : float
        Over the median effect of a single row (both as norms of parameter changes).
    in_sample : float
        Over the spread that the whole sample gives the parameters, sqrt(sum_i J_i' H^-1 J_i). About 1.4 for
        another sample of the same size; far below 0.1 for a converged solver.
    """

    in_rows: float
    in_sample: float


def measure_stationarity(problem: Any, factor: Factor) -> Stationarity:
    """Stationarity of a problem at its parameters; rows are sampled evenly, so the cost is 512 solves at most."""
    gradient = problem.gradient()
    step = factor.solve(-gradient[:, None]).value[:, 0]
    most = min(MOST_ROWS, BLOCK_SIZE // problem.n_parameters) if factor.direct else 0
    columns, n_present = problem.sampled_terms(max(FEWEST_ROWS, most))
    np.nan_to_num(columns, copy=False)
    effects = factor.estimate(columns)
    spread = np.mean(np.einsum("pb,pb->b", columns, effects)) * n_present
    sizes = np.linalg.norm(effects, axis=0)
    # rows beyond a margin, or inside a tube, have no effect and are not typical
    typical = np.median(sizes[sizes > 0]) if sizes.any() else 0.0
    return Stationarity(
        _ratio(np.linalg.norm(step), typical), _ratio(np.sqrt(max(0, -gradient @ step)), np.sqrt(max(0, spread)))
    )


def measure_distance(problem: Any, optimum: Any, effects: np.ndarray) -> Stationarity:
    """Stationarity of a problem whose optimum is known, from the effects of some rows on the parameters, (P, b)."""
    distance, sizes = np.linalg.norm(optimum.theta - problem.theta), np.linalg.norm(effects, axis=0)
    typical = np.median(sizes[np.isfinite(sizes) & (sizes > 0)]) if (sizes > 0).any() else 0.0
    return Stationarity(_ratio(distance, typical), _ratio(distance, typical * np.sqrt(optimum.n_rows)))


def check_active_set(problem: Any) -> None:
    """Raise an error for an l1-penalised fit whose zeros and signs are not those of the optimum.

    Raises
    ------
    StationarityError
        With the first coefficient that should be zero, or should not.
    """
    wrong = np.flatnonzero(problem.wrongly_active(problem.theta[:, None])[:, 0])
    if len(wrong):
        raise StationarityError(
            f"{len(wrong)} coefficients, the first that of {problem.parameter_names[wrong[0]]!r}, have another sign or "
            "zero in the fitted estimator than at the optimum on these rows. Pass exactly the rows and weights of fit; "
            "if they are, the solver stopped too early: lower tol, raise max_iter"
        )


def _ratio(value, unit):
    # in a fit that interpolates every row no row has an effect, and the ratio is rounding error
    if unit <= 1e-300:
        return 0.0
    return float(value / unit) if np.isfinite(value) and np.isfinite(unit) else float("inf")
