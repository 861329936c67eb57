"""Tables, labels and weights of every kind that users hand in, drawn from a generator."""

from functools import partial

import numpy as np

from generated.containers import in_container, label_container
from generated.draws import choose

__all__ = ["FAULTS", "Rows", "draw_rows"]


def _outlier(rng, n, before):
    column = rng.normal(size=n)
    column[rng.integers(n)] = 1e6
    return column


def _rare(rng, n, before):
    column = np.zeros(n)
    column[rng.integers(n)] = 1.0
    return column


def _with(value, rng, n, before):
    column = rng.normal(size=n)
    column[rng.integers(n)] = value
    return column


#: how columns are drawn, from the generator, the number of rows and the columns before
COLUMNS = {
    "normal": lambda rng, n, before: rng.normal(size=n),
    "integers": lambda rng, n, before: rng.integers(0, 4, size=n),
    "binary": lambda rng, n, before: rng.integers(0, 2, size=n),
    "constant": lambda rng, n, before: np.full(n, 3.7),
    "zero": lambda rng, n, before: np.zeros(n),
    "copy": lambda rng, n, before: before[0],
    "sum": lambda rng, n, before: before[0] + before[-1],
    "nearly a copy": lambda rng, n, before: before[0] + 1e-8 * rng.normal(size=n),
    "huge": lambda rng, n, before: 1e9 * rng.normal(size=n),
    "vast": lambda rng, n, before: 1e160 * rng.normal(size=n),
    "tiny": lambda rng, n, before: 1e-9 * rng.normal(size=n),
    "minute": lambda rng, n, before: 1e-160 * rng.normal(size=n),
    "far": lambda rng, n, before: 1e9 + rng.normal(size=n),
    "rare": _rare,
    "outlier": _outlier,
    "missing": partial(_with, np.nan),
    "infinite": partial(_with, np.inf),
}
#: columns that few estimators take, with the chance of each
UNUSUAL = {"vast": 0.05, "minute": 0.1, "missing": 0.4, "infinite": 0.1}
#: columns of whole numbers, not negative, as counts and categories are
WHOLE = ("integers", "binary", "zero", "rare", "copy", "sum")

#: faults of evaluation rows, most of which have to be refused
FAULTS = ("one column more", "missing", "unknown label", "no labels", "no rows", "labels of another length", "one row")


class Rows:
    """Training rows, as an estimator is given them, and the numbers that they hold.

    Parameters
    ----------
    rng : Generator
    task : str
        What the labels are: "two", "classes", "real", "counts", "positive" or "outputs".
    whole : bool
        Columns of whole numbers only.
    sane : bool
        Nothing that most estimators refuse.
    """

    def __init__(self, rng, task, whole, sane):
        self.task = task
        p = int(choose(rng, {1: 3, 2: 4, 3: 5, 5: 2, 12: 1, 0: 0 if sane else 0.1}))
        n = int(choose(rng, {1: 0.2 if sane else 1, 2: 1, 3: 1, max(p, 1): 1, p + 1: 1, 8: 2, 14: 4, 25: 8}))
        self.kinds, self.X = _table(rng, n, p, whole, sane)
        self.spread = choose(rng, {"as drawn": 12, "twice": 2, "all equal": 0.4})
        if self.spread == "twice":
            self.X = self.X[np.arange(n) // 2]
        if self.spread == "all equal":
            self.X = self.X[np.zeros(n, dtype=int)]
        self.labelled, self.plain = LABELS[task](rng, self.X, sane)
        self.container = choose(rng, {"array": 5, "any": 5}) if p else "array"
        self.container, self.table = in_container(rng, self.container, self.X, sane)
        self.labels_in, self.y = label_container(rng, self.plain, task, sane)
        self.weighted, self.weight = _weights(rng, n, sane)

    def __repr__(self):
        n, p = self.X.shape
        return (
            f"{n} x {p} rows ({self.spread}) of columns {self.kinds} in {self.container!r}; "
            f"labels {self.labelled!r} in {self.labels_in!r}; weights {self.weighted!r}"
        )


draw_rows = Rows


def _table(rng, n, p, whole, sane):
    weights = {kind: 1 for kind in (WHOLE if whole else COLUMNS)} | ({} if whole else {"normal": 20})
    unusual = {kind: 0 if sane else UNUSUAL[kind] for kind in UNUSUAL if not whole}
    kinds, columns = [], []
    for _ in range(p):
        kind = choose(rng, weights | unusual)
        if kind in ("copy", "sum", "nearly a copy") and not columns:
            kind = "binary" if whole else "normal"
        columns.append(np.asarray(COLUMNS[kind](rng, n, columns), dtype=float))
        kinds.append(kind)
    return kinds, np.column_stack(columns) if columns else np.zeros((n, 0))


# ---------------------------------------------------------------- labels


def _signal(rng, X):
    """What labels depend on: the columns, each brought to size 1, and noise."""
    if X.shape[1] == 0:
        return rng.normal(size=len(X))
    with np.errstate(all="ignore"):
        centred = X - np.median(X, axis=0)
        scaled = np.nan_to_num(centred / np.abs(centred).max(axis=0))
    return scaled @ rng.normal(size=X.shape[1]) + 0.7 * rng.normal(size=len(X))


def _classes(number, rng, X, sane):
    signal = _signal(rng, X)
    kind = choose(rng, {"mixed": 10, "rare": 1, "separated": 1, "at random": 1, "one class": 0 if sane else 0.5})
    cuts = np.quantile(signal, np.arange(1, number) / number)
    if kind == "mixed":
        codes = np.searchsorted(cuts, signal + 0.5 * rng.logistic(size=len(signal)))
    elif kind == "separated":
        codes = np.searchsorted(cuts, X[:, 0] if X.shape[1] else signal) % number
    elif kind == "rare":
        codes = (np.arange(len(X)) == rng.integers(len(X))).astype(int)
    else:
        codes = np.zeros(len(X), dtype=int) if kind == "one class" else rng.integers(0, number, size=len(X))
    return kind, codes


#: numbers as labels, from the generator and the signal
NUMBERS = {
    "normal": (lambda rng, signal: signal, 10),
    "constant": (lambda rng, signal: np.full(len(signal), 2.5), 0.5),
    "zero": (lambda rng, signal: np.zeros(len(signal)), 0.5),
    "huge": (lambda rng, signal: 1e12 * signal, 0.5),
    "tiny": (lambda rng, signal: 1e-12 * signal, 0.5),
    "far": (lambda rng, signal: 1e8 + signal, 0.5),
    "whole": (lambda rng, signal: np.round(3 * signal), 1),
}


def _real(rng, X, sane):
    kind = choose(rng, {name: chance for name, (_, chance) in NUMBERS.items()})
    return kind, NUMBERS[kind][0](rng, _signal(rng, X))


def _counts(rng, X, sane):
    kind = choose(rng, {"counts": 8, "zeros": 0.5, "sparse": 1, "large": 0.5})
    mean = {"counts": 1.0, "zeros": 0.0, "sparse": 0.1, "large": 1e6}[kind]
    return kind, rng.poisson(mean * np.exp(np.clip(_signal(rng, X), -3, 3))).astype(float)


def _positive(rng, X, sane):
    kind, scale = choose(rng, {("amounts", 1.0): 8, ("huge amounts", 1e9): 0.5, ("tiny amounts", 1e-9): 0.5})
    return kind, scale * np.exp(np.clip(_signal(rng, X), -3, 3)) * rng.gamma(3.0, 1 / 3, size=len(X))


def _outputs(rng, X, sane):
    (first, one), (second, other) = _real(rng, X, sane), _real(rng, X, sane)
    return f"{first} and {second}", np.column_stack([one, other])


LABELS = {
    "two": partial(_classes, 2),
    "classes": partial(_classes, 3),
    "real": _real,
    "counts": _counts,
    "positive": _positive,
    "outputs": _outputs,
}


# ---------------------------------------------------------------- weights


def _some_zero(rng, n):
    return rng.uniform(0.5, 2.0, size=n) * (rng.random(n) < 0.7)


def _one_huge(rng, n):
    weight = np.ones(n)
    weight[rng.integers(n)] = 1e9
    return weight


#: weights of rows, each with its chance, and whether every estimator that takes weights takes them
WEIGHTS = {
    "none": (lambda rng, n: None, 30, True),
    "uniform": (lambda rng, n: rng.uniform(0.5, 2.0, size=n), 8, True),
    "ones": (lambda rng, n: np.ones(n), 1, True),
    "whole": (lambda rng, n: rng.integers(1, 4, size=n), 1, True),
    "some zero": (_some_zero, 2, True),
    "one huge": (_one_huge, 1, True),
    "huge": (lambda rng, n: np.full(n, 1e12), 0.5, True),
    "tiny": (lambda rng, n: np.full(n, 1e-12), 0.5, True),
    "float32": (lambda rng, n: rng.uniform(0.5, 2.0, size=n).astype(np.float32), 0.5, True),
    "list": (lambda rng, n: rng.uniform(0.5, 2.0, size=n).tolist(), 0.5, True),
    "all zero": (lambda rng, n: np.zeros(n), 0.5, False),
    "one negative": (lambda rng, n: np.r_[-1.0, np.ones(n - 1)], 0.5, False),
    "one missing": (lambda rng, n: np.r_[np.nan, np.ones(n - 1)], 0.5, False),
    "one short": (lambda rng, n: np.ones(n - 1), 0.5, False),
    "a column": (lambda rng, n: np.ones((n, 1)), 0.3, False),
    "a number": (lambda rng, n: 2.0, 0.3, False),
    "words": (lambda rng, n: ["much"] * n, 0.3, False),
}


def _weights(rng, n, sane):
    kind = choose(rng, {name: chance for name, (_, chance, usual) in WEIGHTS.items() if usual or not sane})
    return kind, WEIGHTS[kind][0](rng, n)
