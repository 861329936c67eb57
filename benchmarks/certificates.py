"""How tight are bounds: bound over true error of predicted removals, over real data sets.

For every set, method and size: deletions at random, alike in one feature, alike as a whole and selected by influence,
each with ``removal(bound=True)``. The true error is the distance from ``NewtonStep(n_steps=None)``, within 1e-8 of
scikit-learn's refits (see ``groups.md``). The excess of a bound is bound / true error - 1, where the error is above
1e-9; a violation would be a bound below its error. The target is the loss on held-out rows, predicted at the moved
parameters. Times are for one removal with its bound, and for one exact removal. Writes
``benchmarks/results/certificates.md``.
"""

import argparse
from pathlib import Path
from time import perf_counter

import numpy as np
from sklearn.model_selection import train_test_split

from skinfluence import InfluenceFunctions, NewtonStep, RescaledInfluence, SecondOrderInfluence

from . import machine
from ._removal_sets import models, removal_sets

RESULT = Path(__file__).parent / "results" / "certificates.md"
METHODS = {
    "first order": lambda m: InfluenceFunctions(m, evaluation="moved"),
    "rescaled": lambda m: RescaledInfluence(m, evaluation="moved"),
    "second order": lambda m: SecondOrderInfluence(m, evaluation="moved"),
    "Newton": lambda m: NewtonStep(m, evaluation="moved"),
    "2 Newton": lambda m: NewtonStep(m, n_steps=2, evaluation="moved"),
}
SIZES = (0.01, 0.05, 0.2, 0.5)
#: true errors below which rounding is what is compared
ROUNDING = 1e-9


def measure(estimator, X, y, repeats):
    """(method, size, parameter error, its bound, target error, its bound) of each removal, and median seconds."""
    X, X_eval, y, y_eval = train_test_split(X, y, test_size=0.3, random_state=0)
    fitted = estimator.fit(X, y)
    attributors = {name: make(fitted).fit(X, y) for name, make in METHODS.items()}
    exact = NewtonStep(fitted, n_steps=None, evaluation="moved").fit(X, y)
    influence = attributors["first order"].attribute(X_eval, y_eval).values
    lines, bounds, removals = [], [], []
    for seed in range(repeats):
        for size, _, rows in removal_sets(X, y, influence, SIZES, seed):
            start = perf_counter()
            truth = exact.removal(rows, X_eval, y_eval)
            removals.append(perf_counter() - start)
            for name, attributor in attributors.items():
                start = perf_counter()
                found = attributor.removal(rows, X_eval, y_eval, bound=True)
                bounds.append(perf_counter() - start)
                error = np.linalg.norm(found.params_change - truth.params_change)
                off = abs(found.target_change - truth.target_change)
                lines.append((name, size, error, found.params_bound, off, found.target_bound))
    return lines, np.median(bounds), np.median(removals)


def summary(lines):
    """Cells: removals, violations, finite bounds, and by how much these exceed the errors."""
    error, bound, off, around = np.array([line[2:] for line in lines]).T
    wrong, finite = np.sum((error > bound) | (off > around)), np.isfinite(bound)
    told, seen = finite & (error > ROUNDING), np.isfinite(around) & (off > ROUNDING)
    tight, near = bound[told] / error[told], around[seen] / off[seen]
    cells = [str(len(lines)), str(wrong), f"{np.mean(finite):.1%}"]
    for ratios in (tight, near):
        cells += [f"{q - 1:.0e}" for q in (np.quantile(ratios, (0.5, 0.95)) if len(ratios) else (np.nan, np.nan))]
    return cells


def main(argv=()):
    """Run over all sets that are here, print and write the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks certificates", description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="removals of each kind and size")
    arguments = parser.parse_args(list(argv))
    found, absent = models()
    everything, by_data = [], []
    for name, (estimator, X, y) in found.items():
        lines, per_bound, per_removal = measure(estimator, X, y, arguments.repeats)
        cells = [name, f"{round(0.7 * len(y))} x {X.shape[1]}", *summary(lines)]
        by_data.append([*cells, f"{1e3 * per_bound:.1f}", f"{1e3 * per_removal:.1f}"])
        everything += lines
        print(" | ".join(by_data[-1]), flush=True)
    by_method = [
        [method, f"{size:.0%}", *summary([line for line in everything if line[:2] == (method, size)])]
        for method in METHODS
        for size in SIZES
    ]
    _write(by_method, by_data, arguments.repeats)
    print(f"absent: {absent or 'none'}\nwritten: {RESULT.name}")
    return 0


def _write(by_method, by_data, repeats):
    facts = "; ".join(f"{key} {value}" for key, value in machine.facts().items())
    excess = [f"excess ({of}), {quantile}" for of in ("parameters", "target") for quantile in ("median", "95 %")]
    shared = ["removals", "violations", "finite", *excess]
    RESULT.write_text(
        "# How tight are bounds\n\n" + "\n".join(__doc__.splitlines()[2:]).strip() + "\n\n"
        f"By method and size of the set:\n\n{_table(['method', 'deleted', *shared], by_method)}\n"
        f"By data set:\n\n{_table(['data', 'n x p', *shared, 'ms a bound', 'ms an exact removal'], by_data)}\n"
        f"{repeats} removals of each of five kinds, at each size. {facts}\n",
        encoding="utf-8",
    )


def _table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
