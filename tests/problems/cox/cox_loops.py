"""The partial likelihood by loops over strata, death times and tied deaths: slow, and short enough to be seen right."""

import numpy as np

__all__ = ["partial_likelihood"]


def partial_likelihood(
    beta, X, time, event, weight, *, entry=None, stratum=None, efron=True, present=None, ridge=None, counts_rows=False
):
    """Negative partial log-likelihood of the rows present, with its gradient and Hessian; ridge as lifelines counts."""
    n = len(time)
    present = np.ones(n, dtype=bool) if present is None else present
    entry = np.full(n, -np.inf) if entry is None else entry
    stratum = np.zeros(n) if stratum is None else stratum
    X, time, event, weight, entry, stratum = (v[present] for v in (X, time, event, weight, entry, stratum))
    e, p = weight * np.exp(X @ beta), X.shape[1]
    value, gradient, hessian = 0.0, np.zeros(p), np.zeros((p, p))
    for s, u in sorted(set(zip(stratum[event], time[event], strict=True))):
        risk = (stratum == s) & (entry < u) & (u <= time)
        dead = risk & event & (time == u)
        for rank in range(dead.sum()):
            share = e * (risk - (rank / dead.sum() if efron else 0) * dead)
            mean, m = share @ X / share.sum(), weight[dead].mean()
            value += m * np.log(share.sum())
            gradient += m * mean
            hessian += m * ((X.T * share) @ X / share.sum() - np.outer(mean, mean))
        value -= weight[dead] @ X[dead] @ beta
        gradient -= weight[dead] @ X[dead]
    if ridge is not None:
        D = ridge * (len(X) * X.var(axis=0, ddof=1) if counts_rows else 1)
        value, gradient, hessian = value + D @ beta**2 / 2, gradient + D * beta, hessian + np.diag(D)
    return value, gradient, hessian
