"""Many sets at once against one after the other: ``removals`` and a loop of ``removal``, and refits.

100 random sets of a data set that scikit-learn ships and of a drawn one. Each line: ours is the batch, the other side
the loop over ``removal`` of the same attributor; for exact removal also refits by scikit-learn (newton-cholesky, tol
1e-10). Wall time under the default threads: the shortest of two runs in which both sides take turns, one of the refits.
The error is the largest difference of parameter changes, relative to the largest change. Writes
``benchmarks/results/removals.txt``.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from skinfluence import InfluenceFunctions, NewtonStep, RescaledInfluence, SecondOrderInfluence

from . import machine
from ._logistic import logistic_data, parameters
from ._measure import interleaved, kept_in, timed

RESULT = Path(__file__).parent / "results" / "removals.txt"
METHODS = {
    "first order": InfluenceFunctions,
    "rescaled": RescaledInfluence,
    "second order": SecondOrderInfluence,
    "Newton": NewtonStep,
    "exact": lambda model: NewtonStep(model, n_steps=None),
}


def measure(name, X, y, sizes, n_sets=100, n_refits=10):
    """Lines for one data set."""
    model, generator = LogisticRegression(solver="newton-cholesky", tol=1e-10).fit(X, y), np.random.default_rng(0)
    attributors = {method: make(model).fit(X, y) for method, make in METHODS.items()}
    for size in sizes:
        sets = [generator.choice(len(y), size, replace=False) for _ in range(n_sets)]
        for method, attributor in attributors.items():
            sides = {
                "batch": lambda a=attributor, s=sets: a.removals(s).params_change,
                "loop": lambda a=attributor, s=sets: np.array([a.removal(r).params_change for r in s]),
            }
            (batch, many), (loop, one) = interleaved(sides, 2).values()
            error = np.abs(many - one).max() / np.abs(one).max()
            line = f"{name}, {n_sets} sets of {size:5}, {method:12} ours {batch:7.3f} s   loop {loop:7.3f} s"
            print(f"{line}   ratio {loop / batch:5.1f}   error {error:.0e}", flush=True)
        seconds, truth = timed(lambda s=sets: _refits(model, X, y, s[:n_refits]))
        scaled = seconds * n_sets / n_refits
        error = np.abs(many[:n_refits] - truth).max() / np.abs(truth).max()
        line = f"{name}, {n_sets} sets of {size:5}, {'exact':12} ours {batch:7.3f} s refits {scaled:7.3f} s"
        print(f"{line}   ratio {scaled / batch:5.1f}   error {error:.0e}", flush=True)


def _refits(model, X, y, sets):
    fits = [LogisticRegression(**model.get_params()).fit(np.delete(X, s, 0), np.delete(y, s)) for s in sets]
    return np.array([parameters(fit) - parameters(model) for fit in fits])


def main(argv=()):
    """Run all lines and write them."""
    with kept_in(RESULT):
        X, y = load_breast_cancer(return_X_y=True)
        measure("breast cancer", StandardScaler().fit_transform(X), y, (5, 28, 114))
        measure("n=5000, p=50", *logistic_data(5000, 50), (5, 50, 250, 1000))
        machine.main()
    return 0
