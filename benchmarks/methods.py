"""Which method when: predicted against actual effects of deletions, over real data sets.

For every set and method: rank correlation, slope of actual on predicted, relative error and cost, for single rows
drawn at random, for the rows of highest leverage, and for random sets of 5 % of the rows. The actual effect is that of
refits of the user's estimator (tight, polished); the target is the loss on held-out rows. Writes
``benchmarks/results/methods.md``.
"""

import argparse
from pathlib import Path
from time import perf_counter

import numpy as np
from sklearn.model_selection import train_test_split

from skinfluence import InfluenceFunctions, LeaveOneOut, Leverage, NewtonStep, RescaledInfluence, SecondOrderInfluence
from skinfluence.fidelity import compare_effects, random_removals
from skinfluence.removal.polish import polish
from skinfluence.solvers import AutoSolver
from skinfluence.structures import Parameters

from . import machine
from ._trimming_data import data_sets, model

RESULT = Path(__file__).parent / "results" / "methods.md"
METHODS = {
    "first order": lambda m: InfluenceFunctions(m),
    "second order": lambda m: SecondOrderInfluence(m),
    "rescaled": lambda m: RescaledInfluence(m),
    "rescaled, moved": lambda m: RescaledInfluence(m, evaluation="moved"),
    "Newton, moved": lambda m: NewtonStep(m, evaluation="moved"),
    "exact": lambda m: LeaveOneOut(m),
}


def deletions(X, y, fitted, n_each, seed):
    """Kinds of deletions: random single rows, rows of highest leverage, random sets of 5 %."""
    leverage = Leverage(fitted).fit(X, y).leverage_
    n = len(y)
    kinds = {
        "single rows": random_removals(np.arange(n), n_each, 1, seed),
        "highest leverage": [[row] for row in np.argsort(leverage)[-n_each:]],
        "sets of 5 %": random_removals(np.arange(n), n_each // 2, 0.05, seed),
    }
    return kinds, leverage


def compare(name, X, y, n_each, seed=0):
    """Lines of the table for one data set."""
    X, X_eval, y, y_eval = train_test_split(X, y, test_size=0.3, random_state=seed)
    fitted = model(name, X).fit(X, y)
    kinds, leverage = deletions(X, y, fitted, n_each, seed)
    attributors, seconds = {}, {}
    for method, make in METHODS.items():
        start = perf_counter()
        attributors[method] = make(fitted).fit(X, y)
        attributors[method].attribute(X_eval, y_eval)
        seconds[method] = perf_counter() - start
    exact = attributors["exact"]
    question = exact.question(X_eval, y_eval)
    shape = f"{exact.problem_.n_rows} x {exact.problem_.n_parameters}"
    lines = []
    for kind, sets in kinds.items():
        theta = [polish(exact.model_.refitted(np.asarray(rows)), AutoSolver()).problem.theta for rows in sets]
        actual = question.change(Parameters(exact.problem_, np.column_stack(theta)), exact.problem_)[:, 0]
        for method, attributor in attributors.items():
            predicted = [attributor.removal(rows, X_eval, y_eval).target_change for rows in sets]
            r = compare_effects(predicted, actual)
            cells = [name, shape, f"{leverage.max():.2f}", kind, method, f"{r.rank_correlation:.4f}", f"{r.slope:.3f}"]
            cells += [f"{r.relative_error:.1e}", f"{1e3 * seconds[method]:.1f}"]
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def summary(lines):
    """Median over the sets for each kind of deletion and method."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    keys = dict.fromkeys((row[3], row[4]) for row in cells)
    rows = []
    for kind, method in keys:
        values = np.array([[float(v) for v in row[5:]] for row in cells if (row[3], row[4]) == (kind, method)])
        rank, slope, error, cost = np.median(values, axis=0)
        worst = values[:, 2].max()
        rows.append(f"| {kind} | {method} | {rank:.4f} | {slope:.3f} | {error:.1e} | {worst:.1e} | {cost:.1f} |")
    return rows


def main(argv=()):
    """Run over all sets that are here, print and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks methods", description=__doc__)
    parser.add_argument("--deletions", type=int, default=40, help="deletions of each kind")
    arguments = parser.parse_args(list(argv))
    sets, absent = data_sets()
    lines = []
    for name, (X, y) in sets.items():
        lines += compare(name, X, y, arguments.deletions)
        print("\n".join(lines[-3 * len(METHODS) :]), flush=True)
    facts = "; ".join(f"{key} {value}" for key, value in machine.facts().items())
    columns = "rank correlation | slope | relative error"
    RESULT.write_text(
        "# Which method when\n\n" + "\n".join(__doc__.splitlines()[2:]).strip() + "\n\n"
        "Median over the data sets:\n\n"
        f"| deletions | method | {columns} | worst set | all rows, ms |\n"
        "|---|---|---|---|---|---|---|\n" + "\n".join(summary(lines)) + "\n\n"
        "Every set:\n\n"
        f"| data | n x P | largest leverage | deletions | method | {columns} | all rows, ms |\n"
        "|---|---|---|---|---|---|---|---|---|\n" + "\n".join(lines) + "\n\n"
        f"{arguments.deletions} deletions of each kind, half as many sets. {facts}\n",
        encoding="utf-8",
    )
    print(f"absent: {absent or 'none'}\nwritten: {RESULT.name}")
    return 0
