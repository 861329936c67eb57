"""Deleting sets of 0.1 % to 60 % of the rows: predicted against actual effects, over real data sets.

For every data set: sets at random, alike in one feature, alike as a whole (Euclidean distance), and those that
first-order influence expects to raise or to lower the held-out loss most. The actual effect is that of refits by
scikit-learn (newton-cholesky, tol 1e-12) on the rows that stay; the target is the loss on held-out rows at the moved
parameters. Slope is that of actual on predicted effects through the origin; relative RMSE is the root of the sum of
squared errors over that of squared effects. Exact removal is ``NewtonStep(n_steps=None)``; its distance from the refits
is that of the parameters, relative to them. Writes ``benchmarks/results/groups.md``.
"""

import argparse
from pathlib import Path
from time import perf_counter

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import train_test_split

from skinfluence import InfluenceFunctions, NewtonStep, RescaledInfluence, SecondOrderInfluence
from skinfluence.fidelity import compare_effects
from skinfluence.structures import Parameters

from . import machine
from ._removal_sets import KINDS, models, removal_sets

RESULT = Path(__file__).parent / "results" / "groups.md"
METHODS = {
    "first order": lambda m: InfluenceFunctions(m, evaluation="moved"),
    "second order": lambda m: SecondOrderInfluence(m, evaluation="moved"),
    "rescaled": lambda m: RescaledInfluence(m, evaluation="moved"),
    "Newton": lambda m: NewtonStep(m, evaluation="moved"),
    "exact": lambda m: NewtonStep(m, n_steps=None, evaluation="moved"),
}
SIZES = (0.001, 0.01, 0.05, 0.2, 0.4, 0.6)


def measure(estimator, X, y, sizes=SIZES, repeats=1):
    """Predicted and actual effects of sets of every size and kind on one data set.

    Returns
    -------
    list of dict
        For each set: size, kind, actual effect, predicted effect by each method, ``distance`` of the exact removal from
        the refit, and the milliseconds of a refit and of each prediction.
    """
    X, X_eval, y, y_eval = train_test_split(X, y, test_size=0.3, random_state=0)
    fitted = clone(estimator).fit(X, y)
    attributors = {name: make(fitted).fit(X, y) for name, make in METHODS.items()}
    question, problem = attributors["exact"].question(X_eval, y_eval), attributors["exact"].problem_
    influence = attributors["first order"].attribute(X_eval, y_eval).values
    found = []
    for seed in range(repeats):
        for size, kind, rows in removal_sets(X, y, influence, sizes, seed):
            start = perf_counter()
            refit = clone(estimator).fit(np.delete(X, rows, axis=0), np.delete(y, rows))
            record = {"size": size, "kind": kind, "refit ms": 1e3 * (perf_counter() - start)}
            theta = _centred(np.ravel(refit.coef_), np.atleast_1d(refit.intercept_))
            record["actual"] = question.change(Parameters(problem, theta[:, None]), problem)[0, 0]
            for name, attributor in attributors.items():
                start = perf_counter()
                removal = attributor.removal(rows, X_eval, y_eval)
                record[name], record[f"{name} ms"] = removal.target_change, 1e3 * (perf_counter() - start)
            K = np.size(refit.intercept_)
            exact = problem.theta + removal.params_change
            record["distance"] = np.linalg.norm(_centred(exact[:-K], exact[-K:]) - theta) / np.linalg.norm(theta)
            found.append(record)
    return found


def _centred(coef, intercept):
    """Parameters, the common part of several intercepts, which softmax does not determine, taken out."""
    return np.append(coef, intercept - (intercept.mean() if len(intercept) > 1 else 0))


def fidelity(records, method):
    """Slope of actual on predicted effects, and relative RMSE."""
    report = compare_effects([record[method] for record in records], [record["actual"] for record in records])
    return report.slope, report.relative_error


def _select(records, **wanted):
    return [record for record in records if all(record[key] in values for key, values in wanted.items())]


def _lines(found, label, **wanted):
    """For each method: the median over the data sets of slope and relative RMSE, and the worst of the latter."""
    for method in METHODS:
        pairs = np.array([fidelity(_select(records, **wanted), method) for records in found.values()])
        slope, error = np.median(pairs, axis=0)
        yield [label, method, f"{slope:.3f}", f"{error:.1e}", f"{pairs[:, 1].max():.1e}"]


def main(argv=()):
    """Run over all sets that are here, print and write the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks groups", description=__doc__)
    parser.add_argument("--repeats", type=int, default=4, help="sets of each kind and size")
    arguments = parser.parse_args(list(argv))
    sets, absent = models()
    found = {}
    for name, (estimator, X, y) in sets.items():
        found[name] = measure(estimator, X, y, repeats=arguments.repeats)
        print(name, f"exact removals within {max(record['distance'] for record in found[name]):.0e}", flush=True)
    by_size = [line for size in SIZES for line in _lines(found, f"{size:.1%}", size=[size])]
    by_kind = [line for kind in KINDS for line in _lines(found, f"5 %, {kind}", kind=[kind], size=[0.05])]
    by_kind += [line for kind in KINDS for line in _lines(found, f"40 %, {kind}", kind=[kind], size=[0.4])]
    _write(by_size, by_kind, [_of_data(name, sets[name], found[name]) for name in sets], arguments.repeats)
    print(f"absent: {absent or 'none'}\nwritten: {RESULT.name}")
    return 0


def _of_data(name, model, records):
    _, X, y = model
    cells = [name, f"{round(0.7 * len(y))} x {X.shape[1]}", f"{max(record['distance'] for record in records):.0e}"]
    cells += ["{:.2f} ({:.0e})".format(*fidelity(records, method)) for method in METHODS]
    times = [
        np.median([record[f"{key} ms"] for record in records]) for key in ("first order", "Newton", "exact", "refit")
    ]
    return cells + [f"{time:.1f}" for time in times]


def _write(by_size, by_kind, by_data, repeats):
    facts = "; ".join(f"{key} {value}" for key, value in machine.facts().items())
    measured = ["method", "slope", "relative RMSE", "worst data set"]
    times = ["ms first order", "ms Newton", "ms exact", "ms refit"]
    data = ["data", "n x p", "exact from refits", *METHODS, *times]
    RESULT.write_text(
        "# Deleting sets\n\n" + "\n".join(__doc__.splitlines()[2:]).strip() + "\n\n"
        f"Median over the data sets, all kinds of sets together:\n\n{_table(['deleted', *measured], by_size)}\n"
        f"By kind of set:\n\n{_table(['deleted', *measured], by_kind)}\n"
        f"By data set, all sizes and kinds: slope (relative RMSE)\n\n{_table(data, by_data)}\n"
        f"{repeats} sets of each kind and size. {facts}\n",
        encoding="utf-8",
    )


def _table(header, rows):
    return "".join(f"| {' | '.join(line)} |\n" for line in [header, ["---"] * len(header), *rows])
