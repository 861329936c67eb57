"""The models that the command line offers, each with preprocessing of raw columns."""

import re
from ast import literal_eval

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    GammaRegressor,
    HuberRegressor,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    TweedieRegressor,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, SVR, LinearSVC

from ..adapters import are_classes, supports
from .errors import CommandError, listing

__all__ = ["MODELS", "REFITS", "build_model", "choose_model"]

CANDIDATES = {
    "logistic": (LogisticRegression(max_iter=1000), True, "classes, with probabilities"),
    "svm": (LinearSVC(max_iter=10_000), True, "classes, squared hinge loss"),
    "kernel-svm": (SVC(), True, "classes with curved borders, hinge loss"),
    "knn": (KNeighborsClassifier(), True, "classes, by a vote of the 5 most similar rows"),
    "bayes": (GaussianNB(), True, "classes, each column on its own (naive Bayes)"),
    "lda": (LinearDiscriminantAnalysis(), True, "classes that differ in their means (linear discriminant)"),
    # columns of zeros and ones depend on each other, so that covariances of a class have no inverse without it
    "qda": (QuadraticDiscriminantAnalysis(reg_param=0.01), True, "classes that differ in their spread, too"),
    "ridge": (Ridge(), False, "numbers, squared error"),
    "huber": (HuberRegressor(max_iter=1000), False, "numbers with outliers"),
    "kernel-svr": (SVR(), False, "numbers along curves, errors below 0.1 do not count"),
    "knn-mean": (KNeighborsRegressor(), False, "numbers, by the mean of the 5 most similar rows"),
    "poisson": (PoissonRegressor(alpha=1e-3, max_iter=1000), False, "counts, 0 and more"),
    "gamma": (GammaRegressor(alpha=1e-3, max_iter=1000), False, "amounts above 0"),
    "tweedie": (TweedieRegressor(power=1.5, alpha=1e-3, max_iter=1000), False, "amounts with many zeros"),
}
#: name: (estimator, is it a classifier, what it is for), for the models that skinfluence supports
MODELS = {name: model for name, model in CANDIDATES.items() if supports(model[0])[0]}
#: a way out that the command line does not offer
REFITS = r",? or (?:for refits )?LeaveOneOut\(estimator, method='refit'\)"
MOST_CLASSES = 50
MOST_CATEGORIES = 50


def choose_model(name, y, target):
    """The name of the model: the given one, or by the labels.

    As the library does where it is given no estimator: ``logistic`` for text, two different values and integers of at
    most 10 different values; ``ridge`` for other numbers.

    Parameters
    ----------
    name : str
        A key of `MODELS`, or ``"auto"``.
    y : ndarray of shape (n,)
        Labels.
    target : str
        Name of their column, for messages.

    Raises
    ------
    CommandError
        When the labels do not suit the model.

    Examples
    --------
    >>> choose_model("auto", np.array(["no", "yes"]), "answer")
    'logistic'
    """
    values = np.unique(y)
    numeric = np.issubdtype(np.asarray(y).dtype, np.number)
    if len(values) < 2:
        raise CommandError(f"column {target!r} has a single value, {str(values[0])!r}; a model needs at least two")
    if name == "auto":
        name = "logistic" if are_classes(y) else "ridge"
    if not CANDIDATES[name][1] and not numeric:
        raise CommandError(
            f"--model {name} needs numbers in {target!r}, but it holds {str(y[0])!r}; use --model logistic"
        )
    if CANDIDATES[name][1] and len(values) > MOST_CLASSES:
        way = "use --model ridge" if numeric else "choose another --target"
        raise CommandError(f"column {target!r} has {len(values)} different values, too many for classes; {way}")
    if (name in ("poisson", "tweedie") and values[0] < 0) or (name == "gamma" and values[0] <= 0):
        least = "more than 0" if name == "gamma" else "0 or more"
        raise CommandError(
            f"--model {name} needs labels of {least}, but the smallest in {target!r} is {values[0]}; use --model ridge"
        )
    return name


def build_model(name, rows, settings=()):
    """A Pipeline for the raw features of `rows`: impute, scale, one-hot, then the model.

    Parameters
    ----------
    name : str
        A key of `MODELS`.
    rows : Rows
        Training rows; only the types of the columns are used.
    settings : sequence of str
        Parameters of the model as ``NAME=VALUE``.

    Returns
    -------
    sklearn.pipeline.Pipeline

    Raises
    ------
    CommandError
        When a setting has another form or names no parameter of the model.
    """
    texts = rows.text_columns
    numbers = [column for column in rows.X.columns if column not in texts]
    scale = Pipeline(
        [("impute", SimpleImputer(strategy="median", keep_empty_features=True)), ("scale", StandardScaler())]
    )
    # counting the categories takes longer than fitting the model, so it is done only where there are many
    many = any(rows.X[column].nunique() > MOST_CATEGORIES for column in texts)
    onehot = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=MOST_CATEGORIES if many else None)
    columns = ColumnTransformer(
        [("number", scale, numbers), ("category", onehot, texts)],
        sparse_threshold=0.0,
        verbose_feature_names_out=False,
    )
    estimator = MODELS[name][0].__class__(**{**MODELS[name][0].get_params(), **_settings(name, settings)})
    _check_supported(estimator, name)
    return Pipeline([("columns", columns), ("model", estimator)])


def _check_supported(estimator, name):
    """Settings of a supported model may be unsupported; the reason names them as Python arguments."""
    supported, reason = supports(estimator)
    if not supported:
        reason = re.sub(REFITS, "", reason)
        reason = re.sub(r"\b(\w+)='?([\w.]+)'?", r"--set \1=\2", reason.removeprefix(f"{type(estimator).__name__}: "))
        raise CommandError(f"--model {name} is not supported with these settings: {reason}")


def _settings(name, settings):
    known = MODELS[name][0].get_params()
    values = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals or key not in known:
            raise CommandError(
                f"--set {setting} is not possible for --model {name}; "
                f"give NAME=VALUE, where NAME is one of {listing(known, 30)}"
            )
        if text == "precomputed":
            raise CommandError(f"--set {setting} is for distances between rows, and a table has columns; leave it out")
        try:
            values[key] = literal_eval(text)
        except (ValueError, SyntaxError):
            values[key] = text
    return values
