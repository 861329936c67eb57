"""Sets of rows to delete from real data: at random, alike in a feature or as a whole, and most influential."""

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.linear_model import GammaRegressor, LogisticRegression, PoissonRegressor
from sklearn.preprocessing import StandardScaler

from ._trimming_data import data_folder
from ._trimming_data import data_sets as trimming_sets

__all__ = ["KINDS", "models", "removal_sets", "shipped_models"]

KINDS = ("random", "one feature", "distance", "raises the loss", "lowers the loss")
NEWTON = {"solver": "newton-cholesky", "tol": 1e-12, "max_iter": 1000}
#: rows taken of the insurance portfolios
PORTFOLIO = 3000


def shipped_models():
    """Name to (estimator, X, y): five sets that scikit-learn ships; binary, multinomial, Poisson and Gamma."""
    breast, wine, diabetes = (load(return_X_y=True) for load in (load_breast_cancer, load_wine, load_diabetes))
    digits = load_digits(return_X_y=True)
    varies = digits[0][:, digits[0].std(axis=0) > 0]
    return {
        "breast cancer, logistic": (logistic(), *_scaled(*breast)),
        "digits 5 to 9, logistic": (logistic(C=0.1), *_scaled(varies[:900], (digits[1][:900] >= 5).astype(int))),
        "wine, softmax": (logistic(), *_scaled(*wine)),
        "digits 0 to 2, softmax": (logistic(C=0.1), *_scaled(*_three_digits(*digits))),
        "diabetes, Poisson": (PoissonRegressor(alpha=0.1, **NEWTON), *_scaled(*diabetes)),
        "diabetes, Gamma": (GammaRegressor(alpha=0.1, **NEWTON), *_scaled(*diabetes)),
    }


def models():
    """The same and those from files, where they are present, as name to (estimator, X, y); and what is absent."""
    found, (sets, absent) = shipped_models(), trimming_sets()
    for name in ("adult", "german", "compas", "retinopathy"):
        if name in sets:
            found[f"{name}, logistic"] = (logistic(), *_scaled(*sets[name]))
    for name, read in _PORTFOLIOS.items():
        try:
            found[name] = read(data_folder())
        except (OSError, ImportError):
            absent.append(name)
    return found, absent


def logistic(**settings):
    """LogisticRegression that solves to rounding."""
    return LogisticRegression(**NEWTON | settings)


def removal_sets(X, y, influence, sizes, seed=0):
    """(size, kind, rows) for each size, a share of the rows, and kind; classes keep a row.

    Parameters
    ----------
    X : ndarray of shape (n, p)
        Features of the training rows.
    y : ndarray of shape (n,)
        Labels; integers are classes.
    influence : ndarray of shape (n,)
        Effect of each row's deletion on a loss.
    sizes : iterable of float
        Shares of the rows.
    seed : int
        Of the random sets, and of the rows and features that the others are alike in.
    """
    generator, n = np.random.default_rng(seed), len(y)
    for size in sizes:
        k, centre, feature = max(1, round(size * n)), generator.integers(n), generator.integers(X.shape[1])
        rankings = (
            generator.permutation(n),
            np.argsort(np.abs(X[:, feature] - X[centre, feature]), kind="stable"),
            np.argsort(np.square(X - X[centre]).sum(axis=1), kind="stable"),
            np.argsort(-influence, kind="stable"),
            np.argsort(influence, kind="stable"),
        )
        for kind, ranking in zip(KINDS, rankings):
            yield size, kind, _first_that_may_go(ranking, y, k)


def _first_that_may_go(ranking, y, k):
    """The first k rows of a ranking, except for the last two rows of each class in it."""
    if np.issubdtype(y.dtype, np.integer):
        last = [ranking[y[ranking] == label][-2:] for label in np.unique(y)]
        ranking = ranking[~np.isin(ranking, np.concatenate(last))]
    return ranking[:k]


def _scaled(X, y):
    return StandardScaler().fit_transform(X), y


def _three_digits(X, y):
    kept = np.flatnonzero(y < 3)[:300]
    X = X[kept]
    return X[:, X.std(axis=0) > 0], y[kept]


def _portfolio(path, columns, label, exposure, model):
    import pandas as pd

    frame = pd.read_csv(path)
    frame = frame[frame[label] > 0] if isinstance(model, GammaRegressor) else frame
    frame = frame.iloc[np.random.default_rng(0).permutation(len(frame))[:PORTFOLIO]]
    y = (frame[label] / frame[exposure]).to_numpy(dtype=float)
    X = pd.get_dummies(frame[columns], drop_first=True, dtype=float).to_numpy()
    return model, *_scaled(X, y / y.mean())


_PORTFOLIOS = {
    "motor claims, Poisson": lambda folder: _portfolio(
        folder / "insurance_aus" / "ausprivauto0405.csv.gz",
        ["VehValue", "VehAge", "VehBody", "Gender", "DrivAge"],
        "ClaimNb",
        "Exposure",
        PoissonRegressor(alpha=1e-3, **NEWTON),
    ),
    "claim amounts, Gamma": lambda folder: _portfolio(
        folder / "insurance_bemtpl97" / "beMTPL97.csv.xz",
        ["coverage", "ageph", "sex", "bm", "power", "agec", "fuel", "use", "fleet"],
        "amount",
        "nclaims",
        GammaRegressor(alpha=1e-3, **NEWTON),
    ),
}
