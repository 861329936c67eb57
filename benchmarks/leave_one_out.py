"""Exact leave-one-out on all cores and on one: against refits of the same accuracy, and for many rows.

Wall time, first with as many threads as BLAS takes by itself, then with one, each in an interpreter of its own. Ours is
the shortest of three runs. Refits are those of scikit-learn's fastest solver for the problem (newton-cholesky), from
the parameters of all rows, in as many processes as there are threads, the shortest of two runs on some rows and scaled
up; both errors are against leave-one-out at tol=1e-14, in the norm of the parameter changes. Lines of many rows have no
refits: these would take hours. ``--quick`` leaves out the largest. Writes ``benchmarks/results/leave_one_out.txt``.
"""

import argparse
import contextlib
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from skinfluence import LeaveOneOut

from . import machine
from ._logistic import logistic_data, parameters, refits
from ._measure import blas_threads, kept_in, shortest, timed

RESULT = Path(__file__).parent / "results" / "leave_one_out.txt"
VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
REFITS = 60


def against_refits(n, p, tol):
    """One line: all rows by ours at `tol`, and by refits at the largest tolerance that is as accurate."""
    X, y = logistic_data(n, p)
    model = LogisticRegression(solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(X, y)
    exact = LeaveOneOut(model, tol=1e-14).fit(X, y).params_change_
    ours, changes = shortest(lambda: LeaveOneOut(model, tol=tol).fit(X, y).params_change_, 3)
    rows = np.random.default_rng(1).choice(n, REFITS, replace=False)
    for refit_tol in (1e-8, 1e-10, 1e-12, 1e-14, 1e-16):
        again = partial(refits, X, y, rows, blas_threads(), model, solver="newton-cholesky", tol=refit_tol)
        # the first run also starts the processes
        seconds, found = shortest(again, 2)
        found -= parameters(model)
        if error(found, exact[rows]) <= tol:
            break
    line = f"n={n}, p={p}, tol={tol:.0e}: ours {ours:7.2f} s (error {error(changes, exact):.0e})   "
    line += f"refits at tol={refit_tol:.0e} {seconds * n / REFITS:8.1f} s (error {error(found, exact[rows]):.0e})   "
    print(f"{line}ratio {seconds * n / REFITS / ours:6.0f}", flush=True)


def error(found, exact):
    """Largest error of a row, relative to the length of its change."""
    return (np.linalg.norm(found - exact, axis=1) / np.linalg.norm(exact, axis=1)).max()


def many_rows(n, p, tol):
    """One line without refits: seconds, and the errors of some rows."""
    X, y = logistic_data(n, p)
    model = LogisticRegression(solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(X, y)
    seconds, attributor = timed(lambda: LeaveOneOut(model, tol=tol).fit(X, y))
    said = attributor.verdict_.partition(" rows exact to")[0].rpartition("; ")[2]
    by_third = int(said) if said.isdigit() else 0
    print(f"n={n}, p={p}, tol={tol:.0e}: ours {seconds:7.2f} s, {by_third} rows by third derivatives", flush=True)


def lines(quick):
    """All lines, in this interpreter."""
    print(f"{blas_threads()} threads, {machine.load()}", flush=True)
    for tol in (1e-8, 1e-10):
        against_refits(*((1000, 20) if quick else (5000, 50)), tol)
    many_rows(10_000, 5, 1e-12)
    many_rows(100_000, 5, 1e-6)
    if not quick:
        many_rows(100_000, 50, 1e-6)
        many_rows(1_000_000, 50, 1e-6)


def main(argv=()):
    """Run all lines twice and write them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks leave_one_out", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--here", action="store_true", help="only in this interpreter, with the threads that it has")
    arguments = parser.parse_args(argv)
    if arguments.here:
        lines(arguments.quick)
        return 0
    with contextlib.nullcontext() if arguments.quick else kept_in(RESULT):
        command = [sys.executable, "-m", "benchmarks", "leave_one_out", "--here", *(["--quick"] * arguments.quick)]
        free = {name: value for name, value in os.environ.items() if name not in VARIABLES}
        for settings in (free, free | dict.fromkeys(VARIABLES, "1")):
            run = subprocess.run(command, env=settings, stdout=subprocess.PIPE, text=True, check=True)
            print(run.stdout, end="", flush=True)
        machine.main()
    return 0
