"""Influence in Cox regressions: all rows at once against lifelines' own refits, on METABRIC and SUPPORT.

The training rows of DeepSurv's splits; lifelines' CoxPHFitter at a tight tolerance (precision 1e-14) is refitted
without each of a sample of rows, and the time is scaled to all of them. Every other line is the wall time from the
fitted model to the parameter changes of all rows, the shortest of three runs (exact and lifelines: one). Errors are
against exact leave-one-out, which agrees with the sampled refits as stated: of the parameter changes of all rows
together, norm(predicted - exact) / norm(exact); and the Pearson correlation over the training rows of predicted and
exact changes of the relative risk of a test row, averaged over the test rows. lifelines' delta_beta stands beside with
its sign turned. Then 200 000 simulated rows with 20 covariates, in time and in memory beyond the rows themselves.
Writes ``benchmarks/results/survival.md``. Data: SKINFLUENCE_DATA.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter

from skinfluence import InfluenceFunctions, LeaveOneOut, NewtonStep, VersatileInfluence
from skinfluence.targets import Parameter

from . import machine
from ._measure import peak_bytes, shortest, timed
from ._trimming_data import data_folder

RESULT = Path(__file__).parent / "results" / "survival.md"
TIGHT = {"precision": 1e-14, "r_precision": 1e-16}
METHODS = {
    "score residuals": InfluenceFunctions,
    "versatile influence": VersatileInfluence,
    "Newton step": NewtonStep,
    "exact": LeaveOneOut,
}


def split(name):
    """Training and test rows of one of the two data sets."""
    table = pd.read_csv(data_folder() / name / f"{name}.csv.gz")
    train = table["split"] == "train"
    table = table.drop(columns="split")
    return table[train].reset_index(drop=True), table[~train].reset_index(drop=True)


def fitted(table):
    """The Cox model of all rows."""
    return CoxPHFitter().fit(table, "duration", "event", fit_options=TIGHT)


def changes_of(cls, fitter, table):
    """Parameter changes of all single deletions, (n, p)."""
    attributor = cls(fitter).fit(table)
    return attributor._changes(np.arange(len(table))).T


def refits(fitter, table, rows):
    """Parameter changes of some deletions by lifelines itself, and seconds for each."""
    seconds, left = timed(lambda: [fitted(table.drop(index=row)).params_.to_numpy() for row in rows])
    return np.array(left) - fitter.params_.to_numpy(), seconds / len(rows)


def quality(changes, exact, X, beta):
    """Relative error of all parameter changes, and mean correlation of the relative risks of test rows."""
    error = np.linalg.norm(changes - exact) / np.linalg.norm(exact)
    # exp(x . (beta + change)) - exp(x . beta), up to a factor that correlations do not see
    predicted, truth = np.exp(changes @ X.T), np.exp(exact @ X.T)
    predicted, truth = (part - part.mean(axis=0) for part in (predicted, truth))
    norms = np.linalg.norm(predicted, axis=0) * np.linalg.norm(truth, axis=0)
    return error, np.mean((predicted * truth).sum(axis=0) / norms)


def compare(name, n_refits):
    """Lines of the table for one data set."""
    table, test = split(name)
    fitter = fitted(table)
    X = test[fitter.params_.index].to_numpy() - fitter._norm_mean.to_numpy()
    rows = np.random.default_rng(0).choice(len(table), n_refits, replace=False)
    truth, each = refits(fitter, table, rows)
    brute, shape = each * len(table), f"{len(table)} x {X.shape[1]}"
    answers = {
        label: shortest(lambda cls=cls: changes_of(cls, fitter, table), 1 if cls is LeaveOneOut else 3)
        for label, cls in METHODS.items()
    }
    answers["lifelines delta_beta"] = timed(
        lambda: -fitter.compute_residuals(table, "delta_beta").loc[table.index].to_numpy()
    )
    exact = answers["exact"][1]
    gap = np.abs(exact[rows] - truth).max()
    yield [name, shape, f"lifelines refits (x {n_refits}, scaled)", f"{brute:.4g}", "1", f"{gap:.0e} (largest)", ""]
    for label, (seconds, changes) in answers.items():
        error, correlation = quality(changes, exact, X, fitter.params_.to_numpy())
        yield [name, shape, label, f"{seconds:.3g}", f"{brute / seconds:,.0f}", f"{error:.2g}", f"{correlation:.5f}"]


def simulate(n, p):
    """Exponential survival times, a third of them censored."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, p))
    time, censored = rng.exponential(size=n) * np.exp(-0.2 * X @ rng.normal(size=p)), 2 * rng.exponential(size=n)
    table = pd.DataFrame(X, columns=[f"x{j}" for j in range(p)])
    return table.assign(duration=np.minimum(time, censored), event=time < censored)


def scale(n, p):
    """Seconds and memory of two methods on many rows: fit of the attributor, and one question for all rows."""
    table = simulate(n, p)
    fitter = CoxPHFitter().fit(table, "duration", "event")
    for label in ("score residuals", "versatile influence"):
        attributor = METHODS[label](fitter, target=Parameter("x0"))

        def ask(attributor=attributor):
            return attributor.fit(table).attribute()

        seconds, _ = timed(ask)
        yield [f"{n} x {p}", label, f"{seconds:.2f}", f"{peak_bytes(ask) / (8 * n * p):.1f}"]


def markdown(head, lines):
    """A table."""
    cells = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def main(argv=()):
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="benchmarks survival")
    parser.add_argument("--refits", type=int, default=30, help="rows refitted by lifelines")
    parser.add_argument("--rows", type=int, default=200_000, help="rows of the simulated table")
    options = parser.parse_args(argv)
    head = ["data", "n x p", "method", "seconds, all rows", "times faster", "error of the parameters", "correlation"]
    lines = [line for name in ("metabric", "support") for line in compare(name, options.refits)]
    many = list(scale(options.rows, 20))
    facts = "\n".join(f"* {name}: {value}" for name, value in machine.facts().items())
    text = "\n\n".join(
        [
            "# Influence in Cox regressions",
            __doc__.partition("\n\n")[2].strip(),
            markdown(head, lines),
            "Many rows; memory in units of the table of covariates, n p numbers:",
            markdown(["n x p", "method", "seconds", "peak memory"], many),
            facts,
        ]
    )
    RESULT.write_text(text + "\n", encoding="utf-8")
    print(text)
    return 0
