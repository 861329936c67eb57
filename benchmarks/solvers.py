"""Solvers against each other over n, p and sparsity: time, memory, error; large sparse text; preconditioners.

``--quick`` runs small sizes; the full run writes ``benchmarks/results/solvers.txt``.
"""

import argparse
import contextlib
import warnings
from functools import partial
from pathlib import Path
from time import process_time

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from skinfluence import InfluenceFunctions, InfluenceSketch, RescaledInfluence
from skinfluence.adapters import adapt
from skinfluence.solvers import (
    ArnoldiSolver,
    CholeskySolver,
    ConjugateGradientSolver,
    DualSolver,
    EigenSolver,
    LissaSolver,
)
from skinfluence.solvers.conjugate_gradient import conjugate_gradients

from . import _measure, machine
from ._logistic import logistic_data
from ._measure import kept_in, peak_bytes
from ._text import zipf_text

RESULT = Path(__file__).parent / "results" / "solvers.txt"
SOLVERS = {
    "cholesky": CholeskySolver(),
    "dual": DualSolver(),
    "eigen": EigenSolver(),
    "cg": ConjugateGradientSolver(),
    "lissa": LissaSolver(),
    "lissa, batches": LissaSolver(batch_size=200, max_iter=1000),
    "arnoldi": ArnoldiSolver(),
}
MANY = 20


def fits(name, H):
    """Whether a solver is done within some ten seconds and a GiB here."""
    if name == "dual":
        return H.has_dual and H.n_dual <= 8_000
    largest = {"cholesky": 6_500, "eigen": 1_700, "lissa": 1_000, "lissa, batches": 1_000, "arnoldi": 6_000}
    return H.n_parameters <= largest.get(name, np.inf)


#: seconds of processor time, which others on the machine do not lengthen
timed = partial(_measure.timed, clock=process_time)


def gradients(problem, X, y):
    """Gradients of the loss of the first rows, (P, MANY), as right-hand sides."""
    cotangents = problem.loss.gradient(problem.raw(X[:MANY]), y[:MANY])
    return np.einsum("pbk,bk->pb", problem.raw_basis(X[:MANY]), cotangents)


def side_by_side(title, X, y, C=1.0):
    """One line a solver: preparing, one right-hand side, twenty, largest error of both, memory."""
    model = LogisticRegression(C=C, max_iter=1000).fit(X, y)
    problem = adapt(model, X, y, None).problem
    H, rhs = problem.curvature(), gradients(problem, X, y)
    exact = ConjugateGradientSolver(tol=1e-13, max_iter=10_000).prepare(H).solve(rhs).value
    print(f"{title}: n={X.shape[0]}, P={H.n_parameters}, C={C:g}")
    for name, solver in SOLVERS.items():
        if not fits(name, H):
            continue
        prepare, factor = timed(lambda solver=solver: solver.prepare(H))
        one, _ = timed(lambda factor=factor: factor.solve(rhs[:, :1]))
        many, solution = timed(lambda factor=factor: factor.solve(rhs))
        memory = peak_bytes(lambda solver=solver: solver.prepare(H).solve(rhs[:, :1])) / 2**20
        error = np.abs(solution.value - exact).max() / np.abs(exact).max()
        steps = "" if solution.iterations is None else f"  iterations {solution.iterations.max():5d}"
        print(
            f"  {name:14}  prepare {prepare:8.3f} s   one {one:8.3f} s   twenty {many:8.3f} s   "
            f"{memory:8.1f} MiB   error {error:.0e}{steps}",
            flush=True,
        )


def nystrom(title, X, y, ranks):
    """Iterations and seconds with a randomised Nystrom preconditioner over Jacobi's, against Jacobi's alone."""
    problem = adapt(LogisticRegression(max_iter=1000).fit(X, y), X, y, None).problem
    factor = ConjugateGradientSolver().prepare(problem.curvature())
    b = gradients(problem, X, y)[:, :1] / factor.scale
    plain, (_, steps, _) = timed(lambda: conjugate_gradients(factor.product, b, 1e-10, 10_000))
    print(f"preconditioner, {title}: jacobi {steps[0]} iterations, {plain:.2f} s", end="")
    for rank in ranks:
        setup, (U, values) = timed(lambda rank=rank: _nystrom_pairs(factor.product, len(b), rank))
        shrink = (np.sqrt(values[-1] / values) - 1)[:, None]

        def half(V, U=U, shrink=shrink):
            return V + U @ (shrink * (U.T @ V))

        seconds, (_, steps, _) = timed(
            lambda half=half: conjugate_gradients(lambda V: half(factor.product(half(V))), half(b), 1e-10, 10_000)
        )
        print(f"; nystrom of rank {rank} {steps[0]}, {setup:.2f} + {seconds:.2f} s", end="")
    print(flush=True)


def _nystrom_pairs(product, P, rank):
    """Eigenpairs of A Q (Q'A Q)^-1 Q'A with a random Q: Frangella, Tropp and Udell, 2023, algorithm 2.1."""
    Q, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((P, rank)))
    Y = product(Q)
    root = np.linalg.cholesky((Q.T @ Y + Y.T @ Q) / 2)
    U, sizes, _ = np.linalg.svd(np.linalg.solve(root, Y.T).T, full_matrices=False)
    return U, sizes**2


def text(n, p):
    """Every question that large sparse text can be asked, with its time and its peak memory in units of X."""
    X, y = zipf_text(n, p)
    size = X.data.nbytes + X.indices.nbytes + X.indptr.nbytes
    print(f"sparse text, n={n}, p={p}, {X.nnz} non-zeros, X takes {size / 2**20:.0f} MiB")
    seconds, model = timed(lambda: LogisticRegression().fit(X, y))
    print(f"  LogisticRegression.fit {seconds:.2f} s")

    def show(what, function):
        seconds, answer = timed(function)
        peak = peak_bytes(function)
        print(f"  {what:66} {seconds:8.2f} s   peak {peak / 2**20:7.1f} MiB, {peak / size:5.1f} of X", flush=True)
        return answer

    first = show("InfluenceFunctions.fit (solver='auto')", lambda: InfluenceFunctions(model).fit(X, y))
    show("  attribute, held-out loss of 1000 rows", lambda: first.attribute(X[:1000], y[:1000]))
    show("  attribute, each of 20 evaluation rows", lambda: first.attribute(X[:20], y[:20], aggregate=False))
    show(f"  removal of {n // 20} rows", lambda: first.removal(np.arange(n // 20), X[:1000], y[:1000]))
    show("  attribute, 20 groups of rows", lambda: first.attribute(X[:50], y[:50], train_groups=np.arange(n) % 20))
    print(f"  {first.verdict_}")
    sketch = show("InfluenceSketch(n_components=128).fit", lambda: InfluenceSketch(model, n_components=128).fit(X, y))
    show("  self_influence", sketch.self_influence)
    show("  attribute, each of 20 evaluation rows", lambda: sketch.attribute(X[:20], y[:20], aggregate=False))
    exact, estimate = (a.attribute(X[:1000], y[:1000]).values for a in (first, sketch))
    print(f"  correlation of the sketch's scores with the exact ones {np.corrcoef(exact, estimate)[0, 1]:.3f}")
    rows = np.arange(0, n, n // 20)
    changes = first.factor_.solve(first.terms_.columns(rows)).value
    ratio = sketch.self_influence().values[rows] / first.problem_.own_changes(rows, changes, moved=False)
    print(f"  self-influence of 20 rows, sketch over exact: {ratio.min():.3f} to {ratio.max():.3f}")
    probing = ConjugateGradientSolver(n_probes=128)
    show("RescaledInfluence, leverages from 128 probes", lambda: RescaledInfluence(model, solver=probing).fit(X, y))


def main(argv=()):
    """Run all parts and print the machine."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks solvers", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, for a look")
    warnings.simplefilter("ignore", ConvergenceWarning)
    quick = parser.parse_args(list(argv)).quick
    with contextlib.nullcontext() if quick else kept_in(RESULT):
        run(quick)
    return 0


def run(quick):
    """All parts, in order."""
    machine.main()
    for p in (50, 200) if quick else (50, 200, 800, 3200):
        side_by_side("dense", *logistic_data(1_000 if quick else 5_000, p))
    for p in (2_000,) if quick else (2_000, 10_000):
        side_by_side("dense, wide", *logistic_data(300 if quick else 1_000, p))
    for n, p in ((500, 2_000),) if quick else ((2_000, 5_000), (2_000, 20_000), (8_000, 20_000), (20_000, 50_000)):
        side_by_side("sparse text", *zipf_text(n, p))
    X, y = zipf_text(*((500, 2_000) if quick else (20_000, 50_000)))
    nystrom("sparse text", X, y, (20, 100))
    X, y = logistic_data(1_000 if quick else 5_000, 800)
    nystrom("dense, features of sizes 1 to 1e-3 in random directions", decaying(X), y, (20, 100))
    text(*((500, 2_000) if quick else (20_000, 50_000)))


def decaying(X):
    """The same rows with a spectrum that falls by a thousand."""
    Q, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((X.shape[1],) * 2))
    return X * np.geomspace(1, 1e-3, X.shape[1]) @ Q
