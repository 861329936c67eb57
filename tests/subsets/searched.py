"""Models of every kind for searches of sets, and truth by enumeration."""

from functools import cache
from itertools import combinations

import numpy as np
from cases import BINARY, COUNTS, FEW, MANY, REAL, SPARSE, THREE, WEIGHTS, X, logistic, poisson
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Lasso, LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skinfluence import NewtonStep, RescaledInfluence

MODELS = {
    "linear": (LinearRegression(), X, REAL, None),
    "ridge weighted": (Ridge(), X, REAL, WEIGHTS),
    "logistic": (logistic(), X, BINARY, WEIGHTS),
    "softmax": (logistic(), X, THREE, None),
    "balanced": (logistic(class_weight="balanced"), X, THREE, WEIGHTS),
    "poisson": (poisson(alpha=0.3), X, COUNTS, WEIGHTS),
    "lasso": (Lasso(alpha=0.1, tol=1e-12, max_iter=100_000), MANY, FEW, None),
    "sparse": (logistic("newton-cg"), SPARSE, BINARY, None),
    "pipeline": (make_pipeline(StandardScaler(), logistic(C=0.5)), X, BINARY, None),
    "kernel": (KernelRidge(alpha=0.5, kernel="rbf"), X, REAL, None),
}


@cache
def fitted(name, cls=RescaledInfluence, **settings):
    """A fitted attributor, its features and labels, for tests that change none of them."""
    estimator, features, y, weight = MODELS[name]
    attributor = cls(estimator, polish=True, **settings)
    if weight is None:
        return attributor.fit(features, y), features, y
    return attributor.fit(features, y, sample_weight=weight), features, y


def every_set(estimator, features, y, target, k, evaluation=(), **question):
    """Exact effects of the deletion of every set of k rows, as (sets, effects)."""
    exact = NewtonStep(estimator, n_steps=None, evaluation="moved", target=target).fit(features, y)
    sets = list(combinations(range(len(y)), k))
    return np.array(sets), exact.removals(sets, *evaluation, **question).target_change


def masked(seed=0):
    """A line of slope 1, an outlier far away, and one that is hidden by it: it lies where the outlier bends the fit."""
    generator = np.random.default_rng(seed)
    x = np.r_[generator.normal(size=28), 12, 6]
    y = np.r_[x[:28] + 0.5 * generator.normal(size=28), -6, -0.5]
    return x[:, None], y
