"""The most influential sets of rows: additive, adaptive, relaxed and random choice, by the effect after a refit.

For every data set, sets of 0.5 %, 2 % and 5 % of the training rows that are to raise, and to lower, the loss on
held-out rows. The effect is that of refits by the estimator itself (newton-cholesky, tol 1e-12), as part of the best of
all methods for the same question: 1 is the best. Predicted is the predicted effect over the actual one. Random sets are
the best of ten. Then the rows that flip a coefficient's sign, for the coefficients at the first quarter and at the
median of their sizes. Writes ``benchmarks/results/subsets.md``.
"""

from pathlib import Path
from time import perf_counter

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import train_test_split

from skinfluence import RescaledInfluence, most_influential_subset, smallest_flip
from skinfluence.exceptions import UnsupportedQuestionError
from skinfluence.fidelity import random_removals

from . import machine
from ._removal_sets import models

RESULT = Path(__file__).parent / "results" / "subsets.md"
METHODS = ("additive", "relaxed", "adaptive")
SIZES = (0.005, 0.02, 0.05)


def measure(estimator, X, y):
    """For each size, direction and method: actual and predicted effect, and seconds; random sets without the latter."""
    X, X_eval, y, y_eval = train_test_split(X, y, test_size=0.3, random_state=0)
    attributor = RescaledInfluence(clone(estimator).fit(X, y)).fit(X, y)
    question = attributor.question(X_eval, y_eval)
    for size in SIZES:
        k = max(2, round(size * len(y)))
        random = [_effect(attributor, question, rows) for rows in _random_sets(attributor, k)]
        for direction, sign in {"increase": 1, "decrease": -1}.items():
            yield size, direction, "random", sign * max(random, key=lambda effect: sign * effect), np.nan, np.nan
            for method in METHODS:
                subset = most_influential_subset(
                    attributor, k, X_eval, y_eval, method=method, direction=direction, verify=True
                )
                predicted = subset.predicted / subset.actual if subset.actual else np.nan
                yield size, direction, method, sign * subset.actual, predicted, subset.seconds


def _random_sets(attributor, k):
    """Ten sets that leave every class in place."""
    found = []
    for rows in random_removals(np.arange(attributor.problem_.n_rows), 30, k, random_state=0):
        try:
            attributor.problem_.check_sets([rows])
        except UnsupportedQuestionError:
            continue
        found.append(rows)
    return found[:10]


def _effect(attributor, question, rows):
    return float(attributor.predicted([rows], question)[0])


def flips(estimator, X, y):
    """Rows, refits and seconds that flip the sign of two coefficients, by both methods."""
    attributor = RescaledInfluence(clone(estimator).fit(X, y)).fit(X, y)
    size = np.abs(attributor.problem_.theta[: X.shape[1]])
    for position in np.argsort(size)[[len(size) // 4, len(size) // 2]]:
        for method in ("additive", "adaptive"):
            start = perf_counter()
            flip = smallest_flip(attributor, "sign", parameter=int(position), method=method, max_rows=0.1)
            yield method, len(flip) if flip.found else None, flip.n_refits, perf_counter() - start


def main(argv=()):
    """Run over all sets that are here, print and write the tables."""
    sets, absent = models()
    records, flipped = {}, []
    for name, (estimator, X, y) in sets.items():
        records[name] = list(measure(estimator, X, y))
        flipped.append([name, f"{len(y)} x {X.shape[1]}", *_flip_cells(list(flips(estimator, X, y)))])
        print(name, flipped[-1][2:], flush=True)
    lines = [line for direction in ("increase", "decrease") for line in _lines(records, direction)]
    by_data = [_of_data(name, sets[name], records[name]) for name in sets]
    _write(lines, by_data, flipped)
    print(f"absent: {absent or 'none'}\nwritten: {RESULT.name}")
    return 0


def _shares(records, size, direction):
    """Actual effect of each method over the best of them, on one data set."""
    effects = {record[2]: record[3] for record in records if record[:2] == (size, direction)}
    best = max(effects.values())
    return {method: effect / best for method, effect in effects.items()} if best > 0 else None


def _lines(records, direction):
    for size in SIZES:
        shares = [share for each in records.values() if (share := _shares(each, size, direction))]
        for method in ("random", *METHODS):
            of_best = [share[method] for share in shares]
            kept = [r for each in records.values() for r in each if r[:3] == (size, direction, method)]
            predicted, seconds = np.median([r[4] for r in kept]), np.median([r[5] for r in kept])
            wins = sum(share[method] > 1 - 1e-6 for share in shares)
            cells = [f"{direction}, {size:.1%}", method, f"{np.median(of_best):.2f}", f"{min(of_best):.2f}"]
            yield [*cells, f"{wins} of {len(shares)}", _number(predicted, ".2f"), _number(seconds, ".3f")]


def _of_data(name, model, records):
    cells = [name, f"{round(0.7 * len(model[2]))} x {model[1].shape[1]}"]
    for direction in ("increase", "decrease"):
        share = _shares(records, SIZES[1], direction)
        cells += [f"{share[method]:.2f}" if share else "none" for method in ("random", *METHODS)]
    return cells + [f"{sum(r[5] for r in records if r[2] == method):.2f}" for method in METHODS]


def _flip_cells(found):
    for method, rows, refits, seconds in found:
        del method
        yield f"{'none' if rows is None else rows} ({refits}, {seconds:.2f} s)"


def _number(value, form):
    return "" if np.isnan(value) else format(value, form)


def _write(lines, by_data, flipped):
    facts = "; ".join(f"{key} {value}" for key, value in machine.facts().items())
    head = ["question", "method", "of the best, median", "worst", "best on", "predicted / actual", "seconds"]
    names = ["random", *METHODS]
    data = ["data", "n x p", *(f"{name} up" for name in names), *(f"{name} down" for name in names)]
    data += [f"{name} s" for name in METHODS]
    small = [f"{size} coefficient, {method}" for size in ("small", "median") for method in ("additive", "adaptive")]
    RESULT.write_text(
        "# The most influential sets\n\n" + "\n".join(__doc__.splitlines()[2:]).strip() + "\n\n"
        f"Over the data sets:\n\n{_table(head, lines)}\n"
        f"By data set, 2 % of the rows: part of the best effect; seconds for all sizes\n\n{_table(data, by_data)}\n"
        "Rows that flip the sign of a coefficient, at most a tenth (refits, seconds)\n\n"
        f"{_table(['data', 'n x p', *small], flipped)}\n{facts}\n",
        encoding="utf-8",
    )


def _table(header, rows):
    return "".join(f"| {' | '.join(line)} |\n" for line in [header, ["---"] * len(header), *rows])
