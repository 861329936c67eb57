"""Speed of influence: against the BLAS calls underneath, against refits, p > n, growth, and pyinfluence.

Each line: what, ours, the other side, their ratio. Seconds are those of the processor, on one core for either side,
the best of several runs that take turns: other processes on the machine hardly count. ``--quick`` runs small sizes; the
full run writes ``benchmarks/results/influence.txt``.
"""

import argparse
import contextlib
import os
import sys
import tracemalloc
from pathlib import Path
from time import process_time

import numpy as np
from scipy.linalg.blas import dsyrk, dtrsm
from scipy.linalg.lapack import dpotrf
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from skinfluence import InfluenceFunctions, LeaveOneOut, RescaledInfluence

from . import machine

RESULT = Path(__file__).parent / "results" / "influence.txt"


class Both:
    """A stream that writes to two."""

    def __init__(self, *streams):
        self.streams = streams

    def write(self, text):
        for stream in self.streams:
            stream.write(text)

    def flush(self):
        for stream in self.streams:
            stream.flush()


def logistic_data(n, p, seed=0):
    """Gaussian features and noisy labels of a linear score."""
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((n, p))
    score = X[:, : min(p, 20)].sum(axis=1) + 2 * generator.standard_normal(n)
    return X, (score > 0).astype(int)


def best_of(function, repeats=3):
    """Shortest of some runs in seconds, and the last answer."""
    seconds = []
    for _ in range(repeats):
        start = process_time()
        answer = function()
        seconds.append(process_time() - start)
    return min(seconds), answer


def interleaved(functions, repeats=7):
    """Shortest run of each function in seconds, by name: all of them once, then all again, as loads come and go."""
    seconds = dict.fromkeys(functions, np.inf)
    for _ in range(repeats):
        for name, function in functions.items():
            start = process_time()
            function()
            seconds[name] = min(seconds[name], process_time() - start)
    return seconds


def peak_bytes(function):
    """Largest memory that a call allocates over what was there before."""
    tracemalloc.start()
    function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def floor(X):
    """The BLAS calls that no exact method can do without: syrk, potrf, trsm, row sums."""
    G = dsyrk(1.0, X.T)
    G[np.diag_indices_from(G)] += 1
    R, _ = dpotrf(G)
    Z = dtrsm(1.0, R, X.T, trans_a=1)
    return np.einsum("pn,pn->n", Z, Z)


def report(what, ours, other, their_name, note="", *, floor=False):
    """One line of the table; the ratio is theirs over ours, against the floor ours over theirs."""
    ratio = ours / other if floor else other / ours
    print(f"{what:66} ours {ours:8.3f} s   {their_name} {other:9.3f} s   ratio {ratio:7.2f}   {note}", flush=True)


def against_floor(n, p):
    """(a) all rows, one target, by influence functions and by rescaled influence: each alone, and both at once."""
    X, y = logistic_data(n, p)
    limit, lines = np.inf, []
    for name, model in {
        "tight fit": LogisticRegression(solver="newton-cholesky", tol=1e-8),
        "default fit": LogisticRegression(),
    }.items():
        model.fit(X, y)

        def alone(method, model=model):
            return method(model).fit(X, y).attribute(X[:1000], y[:1000])

        def both(model=model):
            rescaled = RescaledInfluence(model).fit(X, y)
            first = InfluenceFunctions.from_fitted(rescaled)
            return [attributor.attribute(X[:1000], y[:1000]) for attributor in (rescaled, first)]

        sides = {
            "InfluenceFunctions": lambda: alone(InfluenceFunctions),
            "RescaledInfluence": lambda: alone(RescaledInfluence),
            "both, on one preparation": both,
        }
        seconds = interleaved({"floor": lambda: floor(X), **sides})
        limit = min(limit, seconds["floor"])
        for side, run in sides.items():
            note = f"extra memory {peak_bytes(run) / X.nbytes:.2f} of X"
            lines.append((f"(a) {side}, {name}, n={n}, p={p}", seconds[side], note))
    # the same matrix, the same floor: the shortest of all its runs
    for what, ours, note in lines:
        report(what, ours, limit, "floor", note, floor=True)


def against_refits(n, p, n_refits=20):
    """(b) exact leave-one-out of all rows against refits by scikit-learn's fastest solver, sampled and scaled."""
    X, y = logistic_data(n, p)
    rows = np.linspace(0, n - 1, n_refits).astype(int)
    _compare_refits(f"n={n}, p={p}", X, y, rows)
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    _compare_refits("breast cancer, C=1", X, y, np.arange(len(y)))


def _refit(X, y, row, **settings):
    keep = np.arange(len(y)) != row
    fit = LogisticRegression(max_iter=10_000, **settings).fit(X[keep], y[keep])
    return np.append(fit.coef_, fit.intercept_)


def _fastest(X, y, rows, error, target):
    """Settings of the fastest refits that are as exact as the target, or of the most exact ones where none are."""
    trials = []
    for solver in ("newton-cholesky", "newton-cg", "lbfgs"):
        for tol in (1e-6, 1e-8, 1e-10, 1e-12, 1e-14):
            settings = {"solver": solver, "tol": tol}
            seconds, refits = best_of(lambda: np.array([_refit(X, y, row, **settings) for row in rows]), 2)  # noqa: B023
            wrong = error(refits)
            trials.append((max(wrong, target), seconds, wrong, settings))
    _, _, wrong, settings = min(trials, key=lambda trial: trial[:2])
    return settings, wrong


def _compare_refits(name, X, y, rows):
    model = LogisticRegression(solver="newton-cholesky", tol=1e-10).fit(X, y)
    truth = np.array([_refit(X, y, row, solver="newton-cholesky", tol=1e-14) for row in rows])
    theta = LeaveOneOut(model).fit(X, y).problem_.theta
    effect = np.abs(truth - theta).max(axis=1)
    unit = np.maximum(effect, 1e-6 * np.abs(theta).max())

    def error(changed, few=slice(None)):
        """Largest error over its row's effect; effects below 1e-6 of theta count as that."""
        return np.max(np.abs(changed - truth[few]).max(axis=1) / unit[few])

    few = np.linspace(0, len(rows) - 1, min(5, len(rows))).astype(int)
    sample = rows[np.linspace(0, len(rows) - 1, 20).astype(int)]
    for tol in (1e-8, 1e-12):
        settings, wrong = _fastest(X, y, rows[few], lambda refits: error(refits, few), tol)
        exact = LeaveOneOut(model, tol=tol).fit(X, y)
        note = f"error {error(theta + exact.params_change_[rows]):.0e}, of {settings['solver']} {wrong:.0e}"
        sides = {
            "ours": lambda: LeaveOneOut(model, tol=tol).fit(X, y),  # noqa: B023
            "refits": lambda: [_refit(X, y, row, **settings) for row in sample],  # noqa: B023
        }
        seconds = interleaved(sides)
        refits = seconds["refits"] / len(sample) * len(y)
        report(f"(b) exact leave-one-out, {name}, tol={tol:g}", seconds["ours"], refits, "refits", note)


def wide(n, p):
    """(c) more parameters than rows: the dual solver, without a p x p array."""
    X, y = logistic_data(n, p)
    model = LogisticRegression().fit(X, y)

    def run():
        return RescaledInfluence(model).fit(X, y).attribute(X[:100], y[:100])

    seconds, _ = best_of(run)
    memory = peak_bytes(run)
    square = 8.0 * p * p
    print(
        f"(c) RescaledInfluence, n={n}, p={p}: {seconds:.2f} s, extra memory {memory / 2**20:.0f} MiB "
        f"({memory / X.nbytes:.2f} of X; a p x p array would be {square / 2**20:.0f} MiB)"
    )


def growth(sizes, fixed):
    """(d) fitted exponents of the time in n and in p."""
    for name, shapes in {
        "n": [(n, fixed) for n in sizes],
        "p": [(8 * max(sizes) // 8, p) for p in (fixed, 2 * fixed, 4 * fixed, 8 * fixed)],
    }.items():
        seconds = []
        for n, p in shapes:
            X, y = logistic_data(n, p)
            model = LogisticRegression().fit(X, y)
            seconds.append(best_of(lambda: RescaledInfluence(model).fit(X, y).attribute(X[:100], y[:100]))[0])  # noqa: B023
        axis = [shape[name == "p"] for shape in shapes]
        exponent = np.polyfit(np.log(axis), np.log(seconds), 1)[0]
        print(f"(d) RescaledInfluence, time in {name} over {axis}: {np.round(seconds, 3)} s, exponent {exponent:.2f}")


def against_peer(n, p):
    """(e) the same answers by pyinfluence, where it is installed."""
    try:
        import pyinfluence
    except ImportError:
        print("(e) pyinfluence is not installed: pip install pyinfluence")
        return
    X, y = logistic_data(n, p)
    real = X[:, :5].sum(axis=1) + np.random.default_rng(1).standard_normal(n)
    for model, labels in ((LogisticRegression(tol=1e-10), y), (Ridge(), real)):
        model.fit(X, labels)
        X_eval, y_eval = X[:200], labels[:200]

        def ours(model=model, labels=labels, X_eval=X_eval, y_eval=y_eval):
            attributor = InfluenceFunctions(model, polish=False).fit(X, labels)
            return attributor.attribute(X_eval, y_eval, aggregate=False).values

        def theirs(model=model, labels=labels, X_eval=X_eval, y_eval=y_eval):
            return pyinfluence.InfluenceFunctions(damping=0.0).fit(model, X, labels).explain(X_eval, y_eval).T

        mine, answer = best_of(ours)
        peer, other = best_of(theirs)
        difference = np.abs(answer - other).max() / np.abs(answer).max()
        memory = [peak_bytes(function) / 2**20 for function in (ours, theirs)]
        note = f"difference {difference:.0e}, memory {memory[0]:.0f} against {memory[1]:.0f} MiB"
        report(f"(e) {type(model).__name__}, n={n}, p={p}, 200 evaluation rows", mine, peer, "pyinfluence", note)


def main(argv=()):
    """Run all parts and print the machine."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks influence", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, for a look")
    if parser.parse_args(list(argv)).quick:
        with threadpool_limits(1):
            run(quick=True)
        return 0
    result = RESULT.open("w", encoding="utf-8")
    with result as file, contextlib.redirect_stdout(Both(sys.stdout, file)), threadpool_limits(1):
        run(quick=False)
    return 0


def run(quick):
    """All parts, in order."""
    machine.main()
    print(f"load                          {os.getloadavg()[0]:.1f} processes at the start; times are those of one core")
    against_floor(*((8_000, 128) if quick else (40_000, 512)))
    against_refits(*((1_000, 20) if quick else (5_000, 50)))
    wide(*((300, 2_000) if quick else (2_000, 20_000)))
    growth([2_000, 4_000, 8_000] if quick else [10_000, 20_000, 40_000, 80_000], 16 if quick else 32)
    against_peer(*((1_000, 20) if quick else (5_000, 100)))
