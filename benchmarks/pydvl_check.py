"""Influences of softmax regression by pyDVL's torch implementation, and by ours: run by hand.

pyDVL brings torch (``pip install pyDVL distributed zarr``), so that it is no part of the tests. It speaks of the mean
loss, so that its influences are divided by n, and penalises every parameter alike, so that the model has no intercept;
the sign is the same. Writes ``benchmarks/results/pydvl_check.txt``.
"""

from importlib.metadata import version
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from skinfluence import InfluenceFunctions

from . import machine
from ._measure import kept_in, timed

RESULT = Path(__file__).parent / "results" / "pydvl_check.txt"
PENALTY, N_EVALUATION = 1.0, 100


def ours(model, X, y):
    """Effect of deleting each row on the loss of each evaluation row, (n, m)."""
    attributor = InfluenceFunctions(model).fit(X, y)
    return attributor.attribute(X[:N_EVALUATION], y[:N_EVALUATION], aggregate=False).values, attributor.problem_.coef


def theirs(coef, X, y):
    """pyDVL's influences of the same model in double precision, (m, n)."""
    import torch
    from pydvl.influence.torch import DirectInfluence
    from torch.utils.data import DataLoader, TensorDataset

    network = torch.nn.Linear(X.shape[1], len(coef), bias=False, dtype=torch.float64)
    with torch.no_grad():
        network.weight.copy_(torch.from_numpy(coef))
    rows, labels = torch.from_numpy(X), torch.from_numpy(y)
    loss = torch.nn.functional.cross_entropy
    attributor = DirectInfluence(network, loss, regularization=PENALTY / len(y))
    attributor.fit(DataLoader(TensorDataset(rows, labels), batch_size=len(y)))
    return attributor.influences(rows[:N_EVALUATION], labels[:N_EVALUATION], rows, labels).numpy()


def main(argv=()):
    """Compare, and print the machine."""
    with kept_in(RESULT):
        run()
    return 0


def run():
    """Both sides on the digits."""
    machine.main()
    print(f"pyDVL {version('pyDVL')}, torch {version('torch')}")
    X, y = load_digits(return_X_y=True)
    X = X / 16
    model = LogisticRegression(C=1 / PENALTY, fit_intercept=False, tol=1e-10, max_iter=10_000).fit(X, y)
    seconds, (mine, coef) = timed(lambda: ours(model, X, y))
    peer, other = timed(lambda: theirs(coef, X, y).T / len(y))
    difference = np.abs(mine - other).max() / np.abs(mine).max()
    what = f"softmax on digits, n={len(y)}, {coef.size} parameters, {N_EVALUATION} questions"
    ratio = f"ratio {peer / seconds:7.2f}"
    print(f"{what:66} ours {seconds:8.3f} s   pyDVL {peer:9.3f} s   {ratio}   difference {difference:.0e}")
