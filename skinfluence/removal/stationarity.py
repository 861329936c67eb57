"""How far fitted parameters are from the optimum, in units of what single rows do to them.

Two readings of the Newton step that remains: against the effect of a typical row, which tells whether leave-one-out
answers would drown in it; and against the statistical spread of the whole sample, which tells whether these rows can be
the ones that the model was trained on.
"""

from typing import Any, NamedTuple

import numpy as np

from ..exceptions import StationarityError
from ..solvers import Factor

__all__ = ["Stationarity", "check_active_set", "measure_stationarity"]

#: rows that are looked at, evenly spaced; few where each of them costs iterations, or a column of many parameters
SAMPLE, FEW, SAMPLE_SIZE = 512, 32, 2**20


class Stationarity(NamedTuple):
    """Size of the remaining Newton step.

    Attributes
    ----------
    in_rows : float
        Over the median effect of a single row (both as norms of parameter changes).
    in_sample : float
        Over the spread that the whole sample gives the parameters, sqrt(sum_i J_i' H^-1 J_i). Another sample of the
        same size is at about 1.4; a solver's slack far below 0.1.
    """

    in_rows: float
    in_sample: float


def measure_stationarity(problem: Any, factor: Factor) -> Stationarity:
    """Stationarity of a problem at its parameters; rows are sampled evenly, so the cost is 512 solves at most."""
    gradient = problem.gradient()
    step = factor.solve(-gradient[:, None]).value[:, 0]
    most = min(SAMPLE, SAMPLE_SIZE // problem.n_parameters) if factor.direct else 0
    columns, n_present = problem.sampled_terms(max(FEW, most))
    np.nan_to_num(columns, copy=False)
    effects = factor.solve(columns).value
    spread = np.mean(np.einsum("pb,pb->b", columns, effects)) * n_present
    sizes = np.linalg.norm(effects, axis=0)
    # rows beyond a margin, or inside a tube, have no effect and are nobody's typical row
    typical = np.median(sizes[sizes > 0]) if sizes.any() else 0.0
    return Stationarity(
        _ratio(np.linalg.norm(step), typical), _ratio(np.sqrt(max(0, -gradient @ step)), np.sqrt(spread))
    )


def check_active_set(problem: Any) -> None:
    """Refuse an l1-penalised fit whose zeros and signs are not those of the optimum.

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
            "if they are, the solver stopped before it knew its active set: lower tol, raise max_iter"
        )


def _ratio(value, unit):
    # a fit that interpolates every row has rows without effect: rounding over rounding says nothing
    if unit <= 1e-300:
        return 0.0
    return float(value / unit) if np.isfinite(value) and np.isfinite(unit) else float("inf")
