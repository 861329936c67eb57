"""Which rows should a trimmer drop when nothing is trusted? Corrupted labels on real data, by seven methods.

Each set is cut into training rows, 100 trusted rows (fewer of small sets) and test rows; the labels of 15 %
of the training rows are corrupted, either at random (symmetric), or in one class and one half of the feature
space only (structured); regression targets are permuted, or raised by two standard deviations in one half of
the feature space. Methods that rank by influence judge a row by its effect on the loss on other rows.
Columns: AUC for finding the corrupted rows; share of corrupted rows among the tenth with the largest scores;
change of the test accuracy (R2 for regressions) when a trimmer drops that tenth (of the rows whose removal
shall help, for trusted rows). Means over seeds.
"""

import argparse
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.metrics import roc_auc_score

from skinfluence.targets import Loss
from skinfluence.trimming import ValidationSet
from skinfluence.trimming.evidence import ValidationEvidence
from skinfluence.trimming.out_of_fold import CrossFitted
from skinfluence.trimming.plan import make_plan
from skinfluence.trimming.rows import TrainingRows, held_out_folds
from skinfluence.trimming.selection import removal_order

from ._trimming_data import REGRESSIONS, data_folder, data_sets, model
from .machine import facts

RESULTS = Path(__file__).parent / "results" / "trimming_default.md"
NOISE, BUDGET, TRUSTED = 0.15, 0.1, 100
COLUMNS = ("AUC", "precision at the top tenth", "change of the test metric")
METHODS = (
    "random",
    "influence on training loss",
    "influence on a noisy split",
    "influence on 5 noisy folds",
    "self-influence",
    "out-of-fold loss",
    "influence on 100 clean rows",
)


def corrupt(X, y, kind, regression, rng):
    """Noisy labels and the mask of the rows that changed."""
    n = len(y)
    if kind == "symmetric":
        eligible = np.arange(n)
    else:
        direction = X @ rng.normal(size=X.shape[1])
        eligible = np.flatnonzero((direction > np.median(direction)) & (regression | (y == y.max())))
    chosen = rng.permutation(eligible)[: int(NOISE * n)]
    noisy = y.copy()
    if not regression:
        classes = np.unique(y)
        shift = 1 if kind != "symmetric" else rng.randint(1, len(classes), size=len(chosen))
        noisy[chosen] = classes[(np.searchsorted(classes, y[chosen]) + shift) % len(classes)]
    elif kind == "symmetric":
        noisy[chosen] = rng.permutation(y)[: len(chosen)]
    else:
        noisy[chosen] += 2 * y.std()
    return noisy, np.isin(np.arange(n), chosen)


def scores(method, estimator, rows, trusted, seed):
    """One number for each training row, the largest the most suspicious; nan for rows without one."""
    rng = np.random.RandomState(seed)
    if method == "random":
        return rng.uniform(size=len(rows))
    everything = np.arange(len(rows))
    named = {"self-influence": "self_influence", "out-of-fold loss": "out_of_fold_loss"}
    plan = make_plan(estimator, None, named.get(method, "loss"), rows, trusted, random_state=seed)
    if method in named:
        return plan.evidence.rank(everything).influence.values
    if method == "influence on 100 clean rows":
        return plan.evidence.rank(everything).influence.gain
    attributor = plan.evidence.attributor
    if method == "influence on training loss":
        evidence, kept = ValidationEvidence(rows, attributor, Loss(), ValidationSet(rows.X, rows.y)), everything
    elif method == "influence on a noisy split":
        held, kept = np.split(rng.permutation(everything), [len(rows) // 5])
        held_out = rows.take(held)
        evidence = ValidationEvidence(rows, attributor, Loss(), ValidationSet(held_out.X, held_out.y))
    else:
        folds = held_out_folds(5, rows, plan.codes, seed)
        evidence, kept = CrossFitted(rows, attributor, Loss(), None, folds), everything
    return evidence.rank(np.sort(kept)).influence.gain


def one_run(name, X, y, kind, seed):
    """(methods, 3) of AUC, precision and change of the test metric."""
    rng = np.random.RandomState(seed)
    regression = name in REGRESSIONS
    order = rng.permutation(len(y))
    n_train = min(1000, (len(y) - TRUSTED // (2 if len(y) < 300 else 1)) * 6 // 10)
    train, trusted, test = np.split(order, [n_train, n_train + min(TRUSTED, (len(y) - n_train) // 2)])
    noisy, flipped = corrupt(X[train], y[train], kind, regression, rng)
    rows, estimator = TrainingRows(X[train], noisy), model(name, X)
    codes = np.zeros(len(noisy), dtype=int) if regression else np.unique(noisy, return_inverse=True)[1]
    before = clone(estimator).fit(rows.X, noisy).score(X[test], y[test])
    found = []
    for method in METHODS:
        score = scores(method, estimator, rows, ValidationSet(X[trusted], y[trusted]), seed)
        known = ~np.isnan(score)
        top = np.argsort(-np.where(known, score, -np.inf))[: int(BUDGET * known.sum())]
        trusts = method == "influence on 100 clean rows"
        drop = removal_order(np.where(score > 0, score, -np.inf) if trusts else score, codes)[: len(top)]
        kept = rows.take(np.setdiff1d(np.arange(len(rows)), drop))
        after = clone(estimator).fit(kept.X, kept.y).score(X[test], y[test])
        found.append((roc_auc_score(flipped[known], score[known]), flipped[top].mean(), after - before))
    return np.array(found)


def measure(n_seeds):
    """(name, kind) to (methods, 3) means over seeds, and the names of absent sets."""
    sets, absent = data_sets()
    results = {}
    for name, (X, y) in sets.items():
        for kind in ("symmetric", "structured"):
            started = time.perf_counter()
            runs = [one_run(name, X, y, kind, seed) for seed in range(n_seeds)]
            results[name, kind] = np.mean(runs, axis=0)
            print(f"{name}, {kind}: {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return results, absent


def table(results, n_seeds, seconds, absent):
    """The report in Markdown."""
    lines = ["# Which rows to drop when nothing is trusted", ""]
    lines += [" ".join(__doc__.split("\n\n", 1)[1].split()), ""]
    lines += ["Cells: AUC / precision at the top tenth / change of the test metric, in points.", ""]
    lines += ["| data | noise | " + " | ".join(METHODS) + " |", "|---|---|" + "---|" * len(METHODS)]
    for (name, kind), found in results.items():
        lines.append(f"| {name} | {kind} | " + " | ".join(map(_cell, found)) + " |")
    for kind in ("symmetric", "structured"):
        mean = np.mean([found for (_, which), found in results.items() if which == kind], axis=0)
        lines.append(f"| **mean** | {kind} | " + " | ".join(f"**{_cell(row)}**" for row in mean) + " |")
    lines += ["", _reading(results)]
    lines += ["", f"{n_seeds} seeds, {seconds:.0f} s. {_machine()}"]
    if absent:
        lines += ["", f"Absent: {', '.join(absent)} (set SKINFLUENCE_DATA to the folder that holds them)."]
    return "\n".join(lines) + "\n"


def _reading(results):
    """What the means say, in words, from the numbers."""
    mean = dict(zip(METHODS, np.mean(list(results.values()), axis=0), strict=True))
    blind = [method for method in METHODS if "clean" not in method]
    lines = ["Best two without trusted rows, mean over all sets and both kinds of noise:", ""]
    for k, column in enumerate(COLUMNS):
        best = sorted(blind, key=lambda method: -mean[method][k])[:2]
        lines.append(f"* {column}: " + ", ".join(f"{method} {mean[method][k]:.3f}" for method in best))
    return "\n".join(lines)


def _machine():
    return "; ".join(f"{name} {value}" for name, value in facts().items())


def _cell(row):
    return f"{row[0]:.2f} / {row[1]:.2f} / {100 * row[2]:+.1f}"


def main(argv):
    """Run, print the table, and write it to ``benchmarks/results``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks trimming_default", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="repetitions (default 20)")
    parser.add_argument("--no-write", action="store_true", help="only print")
    options = parser.parse_args(argv)
    started = time.perf_counter()
    with warnings.catch_warnings():
        # small noisy sets with one-hot columns: the solver's complaints are not what is measured
        warnings.simplefilter("ignore")
        results, absent = measure(options.seeds)
    if absent:
        print(f"absent in {data_folder()}: {', '.join(absent)}", file=sys.stderr)
    report = table(results, options.seeds, time.perf_counter() - started, absent)
    print(report)
    if not options.no_write:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(report, encoding="utf-8")
    return 0
