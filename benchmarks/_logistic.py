"""Logistic regressions: rows that are drawn, refits without a row by scikit-learn, and the optimum that these seek."""

import numpy as np
from joblib import Parallel, delayed, parallel_config
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

__all__ = ["logistic_data", "optima", "parameters", "refits"]


def logistic_data(n, p, seed=0):
    """Gaussian features and noisy labels of a linear score."""
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((n, p))
    score = X[:, : min(p, 20)].sum(axis=1) + 2 * generator.standard_normal(n)
    return X, (score > 0).astype(int)


def parameters(model):
    """Coefficients, then the intercept."""
    return np.append(model.coef_, model.intercept_)


def refits(X, y, rows, n_jobs, start=None, **settings):
    """Parameters without each of the rows, (rows, P), in processes of one BLAS thread each.

    ``start`` is the fit of all rows: where it is given, each refit starts from its parameters.
    """
    # each process has its share of rows at once: small tasks would cost more than they balance
    shares = np.array_split(rows, min(n_jobs, len(rows)))
    with parallel_config(backend="loky", inner_max_num_threads=1):
        found = Parallel(n_jobs=n_jobs)(delayed(_share)(X, y, share, start, settings) for share in shares)
    return np.concatenate(found)


def _share(X, y, rows, start, settings):
    return np.array([parameters(_refit(X, y, row, start, settings)) for row in rows])


def _refit(X, y, row, start, settings):
    kept = np.arange(len(y)) != row
    model = LogisticRegression(max_iter=10_000, warm_start=start is not None, **settings)
    if start is not None:
        model.coef_, model.intercept_, model.classes_ = start.coef_.copy(), start.intercept_.copy(), start.classes_
    return model.fit(X[kept], y[kept])


def optima(X, y, rows, near):
    """Parameters without each of the rows at C=1, to rounding: Newton steps from near ones, in extended precision."""
    X, found = np.column_stack([X, np.ones(len(y))]), []
    penalty = np.append(np.ones(X.shape[1] - 1), 0)
    for row, theta in zip(rows, near, strict=True):
        kept = np.arange(len(y)) != row
        A, labels, wide = X[kept], y[kept], X[kept].astype(np.longdouble)
        for _ in range(5):
            share = expit(wide @ theta.astype(np.longdouble))
            gradient = (share - labels) @ wide + penalty * theta
            weights = (share * (1 - share)).astype(float)
            theta = theta - np.linalg.solve((A.T * weights) @ A + np.diag(penalty), gradient.astype(float))
        found.append(theta)
    return np.array(found)
