"""The cumulative hazard of a row at a time, by Breslow's estimator of the baseline.

    Lambda(t | x) = exp((x - o) . beta) sum_{u <= t} W_u / sum_{R_u} w_j exp((x_j - o) . beta)

with W_u the weight of the deaths at u in the row's stratum, whatever o is. Both libraries estimate it so, under ties by
Efron too. Training rows enter it directly, beside their effect on beta.
"""

from typing import Any

import numpy as np

from ..._typing import Matrix

__all__ = ["cumulative_hazard_slopes", "log_cumulative_hazards"]


def log_cumulative_hazards(
    problem: Any, X: Matrix, time: np.ndarray, stratum: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """Logarithms at candidates, (m, B); -inf before the first death.

    Parameters
    ----------
    problem : CoxProblem
        The training rows.
    X : ndarray of shape (m, p)
        Covariates, from the origin that those of the training rows are measured from.
    time, stratum : ndarray of shape (m,)
        When, and under which baseline.
    columns : ndarray of shape (p, B)
        Coefficients.
    """
    scores = problem.X @ columns
    top = scores[problem.present].max(axis=0)
    e = np.where(problem.present[:, None], problem.sample_weight[:, None] * np.exp(scores - top), 0)
    deaths = problem.sets.dying(problem.death_weight)[:, None]
    baseline = _until(problem, deaths / problem.sets.at_risk(e), time, stratum)
    with np.errstate(divide="ignore"):
        return np.log(baseline) - top + X @ columns


def cumulative_hazard_slopes(problem: Any, X: Matrix, time: np.ndarray, stratum: np.ndarray) -> np.ndarray:
    """Derivatives of the logarithms in beta at the problem's own, (m, p): x less the mean of the means at risk."""
    sets, e = problem.sets, problem.sums.e
    risk, deaths = sets.at_risk(e), sets.dying(problem.death_weight)[:, None]
    baseline = _until(problem, deaths / risk, time, stratum)
    means = _until(problem, deaths / risk * (sets.at_risk(e * problem.X) / risk), time, stratum)
    return X - np.divide(means, baseline, out=np.zeros_like(means), where=baseline > 0)


def _until(problem, values, time, stratum):
    """Sum of the values (G, q) of the death times up to each time, in each row's stratum: (m, q)."""
    sets, total = problem.sets, np.zeros((len(time), values.shape[1]))
    someone = sets.dead[np.searchsorted(sets.dead_at, np.arange(sets.n_times))]
    when = problem.times.time[someone]
    where = np.zeros(len(when)) if problem.times.stratum is None else problem.times.stratum[someone]
    for code in np.unique(stratum):
        rows, deaths = stratum == code, where == code
        sums = np.vstack([np.zeros(values.shape[1]), np.cumsum(values[deaths], axis=0)])
        total[rows] = sums[np.searchsorted(when[deaths], time[rows], side="right")]
    return total
