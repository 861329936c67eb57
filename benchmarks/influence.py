"""Speed of influence: against the BLAS calls underneath, against refits, p > n, growth, and pyinfluence.

Wall time, the shortest of several runs in which both sides take turns: first under the threads that BLAS takes by
itself, as users run it, then under one. Ratios above 1 are in our favour, against a floor below 1. The load, which is
printed before each part, counts the parts before it too. Refits run in as many processes as there are threads, one BLAS
thread each; their errors, and ours, are against Newton's optimum in extended precision. Goals are those of the full
sizes; ``--quick`` runs small ones. The full run writes ``benchmarks/results/influence.txt``.
"""

import argparse
import contextlib
import warnings
from functools import partial
from itertools import product
from operator import itemgetter
from pathlib import Path

import numpy as np
from scipy.linalg.blas import dsyrk, dtrsm
from scipy.linalg.lapack import dpotrf, dpotrs
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from skinfluence import InfluenceFunctions, LeaveOneOut, RescaledInfluence
from skinfluence.exceptions import StationarityWarning

from . import machine
from ._logistic import logistic_data, optima, parameters, refits
from ._measure import blas_threads, interleaved, kept_in, peak_bytes, shortest, timed, under_threads

RESULT = Path(__file__).parent / "results" / "influence.txt"
#: of the square matrices whose product tells how fast the machine is at best
ORDER = 2048
FITS = {"tight fit": {"solver": "newton-cholesky", "tol": 1e-8}, "default fit": {}}
#: of the refits that are compared with exact leave-one-out
SOLVERS, TOLERANCES = ("newton-cholesky", "newton-cg", "lbfgs"), (1e-4, 1e-6, 1e-8, 1e-10, 1e-12, 1e-14, 1e-16)


def show(threads, ours, others, *, goal=None, floor=False):
    """One line: seconds of each side, and the ratio against the fastest of the others, or of ours to the floor."""
    fastest = min(others.values())
    ratio = ours / fastest if floor else fastest / ours
    sides = "   ".join(f"{name} {seconds:8.3f} s" for name, seconds in others.items())
    aim = "" if goal is None else f" (goal: at {'most' if floor else 'least'} {goal:g})"
    print(f"    {_named(threads)}  ours {ours:8.3f} s   {sides}   ratio {ratio:7.2f}{aim}", flush=True)


def _named(threads):
    return f"{threads} thread{'s' if threads > 1 else ' '}"


def one_solve(X):
    """What influence of all rows on one number cannot do without."""
    u, _ = dpotrs(_factor(X), X[0])
    return X @ u


def all_leverages(X):
    """What leverages of all rows cannot do without."""
    Z = dtrsm(1.0, _factor(X), X.T, trans_a=1)
    return np.einsum("pn,pn->n", Z, Z)


def _factor(X):
    G = dsyrk(1.0, X.T)
    G[np.diag_indices_from(G)] += 1
    return dpotrf(G)[0]


#: what each consists of, and how many operations these are
FLOORS = {
    one_solve: ("syrk, potrf, one solve, one pass", lambda n, p: n * p * (p + 1) + p**3 / 3 + 2 * p**2 + 2 * n * p),
    all_leverages: ("syrk, potrf, trsm, row sums", lambda n, p: n * p * (p + 1) + p**3 / 3 + n * p**2 + 2 * n * p),
}


def _alone(method, model, X, y):
    return method(model).fit(X, y).attribute(X[:1000], y[:1000])


def _both(model, X, y):
    rescaled = RescaledInfluence(model).fit(X, y)
    first = InfluenceFunctions.from_fitted(rescaled)
    return [attributor.attribute(X[:1000], y[:1000]) for attributor in (rescaled, first)]


#: how each is asked, its floor, and the largest ratio to it that is aimed at
AGAINST_FLOOR = {
    "InfluenceFunctions": (partial(_alone, InfluenceFunctions), one_solve, None),
    "RescaledInfluence": (partial(_alone, RescaledInfluence), all_leverages, 1.2),
    "both, on one preparation": (_both, all_leverages, None),
}


def against_floor(n, p):
    """(a) all rows, one target, by influence functions and by rescaled influence: each alone, and both at once."""
    X, y = logistic_data(n, p)
    runs = {}
    for fit, settings in FITS.items():
        model = LogisticRegression(**settings).fit(X, y)
        runs |= {(method, fit): partial(run, model, X, y) for method, (run, _, _) in AGAINST_FLOOR.items()}
    square = np.ones((ORDER, ORDER))
    calls = {"product": lambda: square @ square} | {floor: partial(floor, X) for floor in FLOORS} | runs
    measured = under_threads(lambda _: interleaved(calls, 7))
    _roofline(n, p, measured)
    for (method, fit), run in runs.items():
        _, floor, goal = AGAINST_FLOOR[method]
        print(f"(a) {method}, {fit}, n={n}, p={p}; extra memory {peak_bytes(run) / X.nbytes:.2f} of X")
        for threads, found in measured.items():
            show(threads, found[method, fit][0], {"floor": found[floor][0]}, goal=goal, floor=True)


def _roofline(n, p, measured):
    """How many operations the floors are, and their speed beside that of a product of square matrices."""
    for floor, (what, operations) in FLOORS.items():
        work = 1e-9 * operations(n, p)
        print(f"(a) floor: {what}, n={n}, p={p}; {work:.2f} Gflop")
        for threads, found in measured.items():
            seconds, product = found[floor][0], 2e-9 * ORDER**3 / found["product"][0]
            speeds = f"{work / seconds:6.1f} Gflop/s; a product of matrices of order {ORDER} {product:6.1f} Gflop/s"
            print(f"    {_named(threads)}  {seconds:8.3f} s   {speeds}", flush=True)


def against_refits(n, p, sample, of_cancer):
    """(b) exact leave-one-out of all rows against scikit-learn's fastest refits that are as exact."""
    _Refits(*logistic_data(n, p), sample).compare(f"n={n}, p={p}", {1e-8: 300, 1e-10: 200})
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    _Refits(X, y, of_cancer).compare("breast cancer, C=1", {1e-8: None, 1e-10: None})


class _Refits:
    """Refits without each of a sample of rows, from scratch and from the parameters of all rows."""

    def __init__(self, X, y, sample):
        self.X, self.y, self.rows = X, y, np.linspace(0, len(y) - 1, sample).astype(int)
        self.model = LogisticRegression(solver="newton-cholesky", tol=1e-10).fit(X, y)
        self.starts = {"refits from scratch": None, "warm-started refits": self.model}
        near = parameters(self.model)
        # -1 is no row: the optimum of all of them
        self.theta = optima(X, y, [-1], [near])[0]
        self.truth = optima(X, y, self.rows, [near] * sample) - self.theta
        self.trials = {kind: list(self._trials(kind)) for kind in self.starts}

    def run(self, kind, threads, **settings):
        """Parameter changes."""
        start = self.starts[kind]
        return refits(self.X, self.y, self.rows, threads, start, **settings) - self.theta

    def error(self, changes):
        """Largest error over its row's effect; effects below 1e-6 of the parameters count as that."""
        unit = np.maximum(np.abs(self.truth).max(axis=1), 1e-6 * np.abs(self.theta).max())
        return np.max(np.abs(changes - self.truth).max(axis=1) / unit)

    def _trials(self, kind):
        """Error, seconds and settings of each way to refit."""
        threads = blas_threads()
        # starts the processes
        self.run(kind, threads)
        for solver, tol in product(SOLVERS, TOLERANCES):
            settings = {"solver": solver, "tol": tol}
            seconds, changes = timed(partial(self.run, kind, threads, **settings))
            yield self.error(changes), seconds, settings

    def fastest(self, kind, tol):
        """Settings of the fastest refits that are as exact, or within a factor of two of the most exact ones."""
        enough = max(tol, 2 * min(error for error, _, _ in self.trials[kind]))
        return min((trial for trial in self.trials[kind] if trial[0] <= enough), key=itemgetter(1))[2]

    def compare(self, name, goals):
        """Lines for each tolerance; the time of the refits is scaled to all rows."""
        for tol, goal in goals.items():
            best = {kind: self.fastest(kind, tol) for kind in self.starts}
            measured = under_threads(partial(self._measure, tol, best))
            print(f"(b) exact leave-one-out, {name}, tol={tol:g}; refits of {len(self.rows)} rows, scaled to all")
            for threads, found in measured.items():
                scale = len(self.y) / len(self.rows)
                show(threads, found["ours"][0], {kind: scale * found[kind][0] for kind in best}, goal=goal)
            self._show_errors(measured[max(measured)], best)

    def _measure(self, tol, best, threads):
        calls = {"ours": lambda: LeaveOneOut(self.model, tol=tol).fit(self.X, self.y).params_change_}
        calls |= {kind: partial(self.run, kind, threads, **settings) for kind, settings in best.items()}
        return interleaved(calls, 5)

    def _show_errors(self, found, best):
        line = f"    largest error: ours {self.error(found['ours'][1][self.rows]):.0e}"
        for kind, settings in best.items():
            how = f"{settings['solver']}, tol={settings['tol']:g}"
            line += f"; {kind} {self.error(found[kind][1]):.0e} ({how})"
        print(line, flush=True)


def wide(n, p):
    """(c) more parameters than rows: the dual solver, without a p x p array."""
    X, y = logistic_data(n, p)
    run = partial(_rescaled, LogisticRegression().fit(X, y), X, y)
    measured = under_threads(lambda _: shortest(run, 3)[0])
    memory = peak_bytes(run)
    print(
        f"(c) RescaledInfluence, n={n}, p={p}; extra memory {memory / 2**20:.0f} MiB "
        f"({memory / X.nbytes:.2f} of X; a p x p array would be {8 * p * p / 2**20:.0f} MiB)"
    )
    for threads, seconds in measured.items():
        print(f"    {_named(threads)}  ours {seconds:8.3f} s", flush=True)


def _rescaled(model, X, y):
    return RescaledInfluence(model).fit(X, y).attribute(X[:100], y[:100])


def growth(sizes, p):
    """(d) fitted exponents of the time in n and in p."""
    _growth("n", sizes, [(n, p) for n in sizes])
    columns = [p, 2 * p, 4 * p, 8 * p]
    _growth("p", columns, [(max(sizes), each) for each in columns])


def _growth(name, axis, shapes):
    calls = {}
    for shape in shapes:
        X, y = logistic_data(*shape)
        calls[shape] = partial(_rescaled, LogisticRegression().fit(X, y), X, y)
    measured = under_threads(lambda _: [seconds for seconds, _ in interleaved(calls, 5).values()])
    print(f"(d) RescaledInfluence, time in {name} over {axis}")
    for threads, seconds in measured.items():
        exponent = np.polyfit(np.log(axis), np.log(seconds), 1)[0]
        print(f"    {_named(threads)}  ours {np.round(seconds, 4)} s   exponent {exponent:.2f}", flush=True)


def against_peer(n, p, n_eval):
    """(e) the same answers by pyinfluence, where it is installed."""
    try:
        from pyinfluence import InfluenceFunctions as Peer
    except ImportError:
        print("(e) pyinfluence is not installed: pip install pyinfluence")
        return
    X, y = logistic_data(n, p)
    real = X[:, :5].sum(axis=1) + np.random.default_rng(1).standard_normal(n)
    for model, labels in ((LogisticRegression(tol=1e-10), y), (Ridge(), real)):
        _compare_peer(Peer, model.fit(X, labels), X, labels, n_eval)


def _compare_peer(peer, model, X, y, n_eval):
    """Effects of all rows on each evaluation row, at the parameters as they were fitted."""
    few = X[:n_eval], y[:n_eval]
    calls = {
        "ours": lambda: InfluenceFunctions(model, polish=False).fit(X, y).attribute(*few, aggregate=False).values,
        "pyinfluence": lambda: peer(damping=0.0).fit(model, X, y).explain(*few).T,
    }
    measured = under_threads(lambda _: interleaved(calls, 5))
    ours, theirs = (answer for _, answer in measured[max(measured)].values())
    difference = np.abs(ours - theirs).max() / np.abs(ours).max()
    memory = " against ".join(f"{peak_bytes(call) / 2**20:.0f}" for call in calls.values())
    size = f"n={len(X)}, p={X.shape[1]}, {n_eval} evaluation rows"
    print(f"(e) {type(model).__name__}, {size}; largest difference {difference:.0e}; memory {memory} MiB")
    for threads, found in measured.items():
        show(threads, found["ours"][0], {"pyinfluence": found["pyinfluence"][0]}, goal=4)


def main(argv=()):
    """Run all parts and print the machine."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks influence", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, for a look")
    quick = parser.parse_args(list(argv)).quick
    # fits at the default tolerance are meant
    warnings.simplefilter("ignore", StationarityWarning)
    with contextlib.nullcontext() if quick else kept_in(RESULT):
        machine.main()
        for part, (small, full) in PARTS.items():
            print(machine.load(), flush=True)
            part(*(small if quick else full))
    return 0


#: with the sizes of --quick, and those of the full run
PARTS = {
    against_floor: ((8_000, 128), (40_000, 512)),
    against_refits: ((1_000, 20, 50, 50), (5_000, 50, 200, 569)),
    wide: ((300, 2_000), (2_000, 20_000)),
    growth: (([2_000, 4_000, 8_000], 16), ([10_000, 20_000, 40_000, 80_000], 32)),
    against_peer: ((1_000, 20, 50), (20_000, 200, 500)),
}
