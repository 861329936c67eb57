"""Small data sets with known wrong labels, and with groups."""

from types import SimpleNamespace

import numpy as np


def flipped_labels(seed=0, n=200, n_clean=100, share=0.15):
    """Two Gaussian classes; a share of the training labels is flipped, trusted and test labels are right."""
    rng = np.random.RandomState(seed)
    X = rng.normal(size=(n + n_clean + 300, 4))
    y = (X @ [2.0, -1.0, 0.5, 0.0] + 0.5 * rng.normal(size=len(X)) > 0).astype(int)
    train, clean, test = np.split(np.arange(len(X)), [n, n + n_clean])
    flipped = rng.uniform(size=n) < share
    return SimpleNamespace(
        X=X[train],
        y=np.where(flipped, 1 - y[train], y[train]),
        flipped=flipped,
        X_val=X[clean],
        y_val=y[clean],
        X_test=X[test],
        y_test=y[test],
    )


def unequal_groups(seed=0, n=400, n_val=200, effect=1.2):
    """A group that receives the positive label more often than its other features explain."""
    rng = np.random.RandomState(seed)
    group = rng.randint(2, size=n + n_val)
    X = np.column_stack([rng.normal(size=(n + n_val, 3)), group])
    y = (X[:, 0] + effect * group + 0.7 * rng.normal(size=n + n_val) > 0.6).astype(int)
    return SimpleNamespace(X=X[:n], y=y[:n], group=group[:n], X_val=X[n:], y_val=y[n:], group_val=group[n:])


def people(seed=0, n=300):
    """A DataFrame with strings, groups and unusual row names, and a label."""
    pandas = __import__("pytest").importorskip("pandas")
    rng = np.random.RandomState(seed)
    sex = rng.choice(["f", "m"], n)
    frame = pandas.DataFrame(
        {
            "age": rng.randint(20, 60, n),
            "hours": rng.normal(40, 10, n),
            "job": rng.choice(["a", "b", "c"], n),
            "sex": sex,
        },
        index=[f"row {i}" for i in range(n)],
    )
    raw = 0.05 * (frame["age"] - 40) + 0.04 * (frame["hours"] - 40) + 1.5 * (sex == "m") - 0.7
    y = pandas.Series(np.where(raw + rng.normal(size=n) > 0, "yes", "no"), index=frame.index)
    return frame, y
