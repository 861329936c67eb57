"""The containers of tables and of labels."""

import importlib.util
import warnings

import numpy as np

from generated.draws import choose
from skinfluence.testing import containers

__all__ = ["in_container", "label_container"]

HAS_PANDAS = importlib.util.find_spec("pandas") is not None


def _frame(X, **settings):
    import pandas

    return pandas.DataFrame(X, **{"columns": [f"x{j}" for j in range(X.shape[1])]} | settings)


#: tables that are not among those of skinfluence.testing
TABLES = {
    "object": lambda X: X.astype(object),
    "matrix": np.matrix,
    "float16": lambda X: X.astype(np.float16),
    "bool": lambda X: X.astype(bool),
    "longdouble": lambda X: X.astype(np.longdouble),
    "complex": lambda X: X.astype(complex),
    "strings": lambda X: X.astype(str),
    "lists of strings": lambda X: X.astype(str).tolist(),
    "one-dimensional": np.ravel,
    "three-dimensional": lambda X: X[..., None],
    "tuple of tuples": lambda X: tuple(map(tuple, X.tolist())),
    "masked": np.ma.array,
}
FRAMES = {
    "frame with names of rows": lambda X: _frame(X, index=[f"row {i}" for i in range(len(X))]),
    "frame with equal names of rows": lambda X: _frame(X, index=np.zeros(len(X), dtype=int)),
    "frame with numbers as names": lambda X: _frame(X, columns=range(X.shape[1])),
    "frame with mixed names": lambda X: _frame(X, columns=[0, *"abcdefghijkl"][: X.shape[1]]),
    "frame with equal names": lambda X: _frame(X, columns=["x"] * X.shape[1]),
    "frame of Float64": lambda X: _frame(X).astype("Float64"),
    "frame of objects": lambda X: _frame(X).astype(object),
    "frame of categories": lambda X: _frame(X).astype("category"),
    "frame of float32": lambda X: _frame(X).astype("float32"),
    "frame with reversed rows": lambda X: _frame(X[::-1])[::-1],
}
#: tables that scikit-learn refuses, or whose numbers are others
REFUSED = ("matrix", "complex", "strings", "lists of strings", "one-dimensional", "three-dimensional")
REFUSED += ("bool", "float16")


def in_container(rng, kind, X, sane):
    """A name and the table: an array, or any container that is at hand."""
    if kind == "array":
        return kind, X
    made = TABLES | (FRAMES if HAS_PANDAS else {})
    made = {name: make for name, make in made.items() if not (sane and name in REFUSED)}
    usual = list(containers(np.zeros((2, 1))))
    kind = choose(rng, dict.fromkeys(usual, 1.0) | {name: 0.3 if name in REFUSED else 1.0 for name in made})
    return kind, table_in(kind, X)


def table_in(kind, X):
    """The numbers in a container of a name that `in_container` gave."""
    with warnings.catch_warnings():
        # of numbers that a narrower type does not hold
        warnings.simplefilter("ignore", RuntimeWarning)
        if kind == "array":
            return X
        own = TABLES | FRAMES
        # integers hold whole numbers only
        return own[kind](X) if kind in own else containers(X).get(kind, X)


def _series(y):
    import pandas

    return pandas.Series(y, index=range(10, 10 + len(y)))


def _categories(y):
    import pandas

    return pandas.Categorical(y)


WORDS = np.array(["no", "yes", "maybe"])
#: labels of classes by code
CLASSES = {
    "codes": lambda codes: codes,
    "signs": lambda codes: np.array([-1, 1, 2])[codes],
    "floats": lambda codes: codes.astype(float),
    "words": lambda codes: WORDS[codes],
    "objects": lambda codes: WORDS[codes].astype(object),
    "large": lambda codes: np.array([10**12, -7, 3])[codes],
    "list": lambda codes: WORDS[codes].tolist(),
    "booleans": lambda codes: codes > 0,
    "column": lambda codes: codes[:, None],
    "bytes": lambda codes: WORDS[codes].astype("S"),
    "uint8": lambda codes: codes.astype(np.uint8),
    "objects of numbers": lambda codes: codes.astype(object),
    "halves": lambda codes: codes / 2,
    "missing": lambda codes: np.where(np.arange(len(codes)) == 0, np.nan, codes),
    "None": lambda codes: np.array([None, *WORDS[codes][1:]], dtype=object),
    "mixed": lambda codes: np.array(["no", 1, 2.5], dtype=object)[codes],
    "one short": lambda codes: codes[1:],
    "two columns": lambda codes: np.column_stack([codes, codes]),
}
#: labels that are numbers
NUMBERS = {
    "array": lambda y: y,
    "list": lambda y: y.tolist(),
    "column": lambda y: y[:, None] if y.ndim == 1 else y,
    "float32": lambda y: y.astype(np.float32),
    "objects": lambda y: y.astype(object),
    "integers": lambda y: np.round(y).astype(np.int64),
    "missing": lambda y: np.where(np.arange(len(y)) == 0, np.nan, y.T).T,
    "infinite": lambda y: np.where(np.arange(len(y)) == 0, np.inf, y.T).T,
    "one short": lambda y: y[1:],
    "words": lambda y: y.astype(str),
}
#: labels of which scikit-learn takes few or none
WRONG = ("halves", "missing", "None", "mixed", "one short", "two columns", "infinite", "words of numbers")


def label_container(rng, plain, task, sane):
    """A name and the labels in that form."""
    forms = dict(CLASSES if task in ("two", "classes") else NUMBERS)
    if HAS_PANDAS and plain.ndim == 1:
        forms |= {"series": _series}
        forms |= {"categories": lambda codes: _categories(WORDS[codes])} if task in ("two", "classes") else {}
    first = next(iter(forms))
    wrong = dict.fromkeys(WRONG + (("words",) if first == "array" else ()), 0.0 if sane else 0.3)
    kind = choose(rng, {name: wrong.get(name, 1.0) for name in forms} | {first: 10.0})
    return kind, forms[kind](plain)
