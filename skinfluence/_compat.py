"""The one place for scikit-learn names that are not public, and for differences between its versions."""

from collections.abc import Callable
from inspect import signature
from typing import Any

import sklearn
from sklearn.utils._metadata_requests import SIMPLE_METHODS
from sklearn.utils._param_validation import Interval, StrOptions

__all__ = ["VERSION", "Interval", "StrOptions", "know_fit_resample", "takes_sample_weight"]

#: of scikit-learn, major and minor
VERSION = tuple(int(part) for part in sklearn.__version__.split(".")[:2])


def takes_sample_weight(scorer: Callable[..., Any]) -> bool:
    """Whether a scorer, of ``make_scorer`` or any callable (estimator, X, y), takes ``sample_weight``."""
    return "sample_weight" in signature(getattr(scorer, "_score_func", scorer)).parameters


def know_fit_resample() -> None:
    """Make scikit-learn before 1.8 read request defaults of ``fit_resample``, as importing imbalanced-learn does.

    Those versions fail at every routing when a class states a default for a method that they have not heard of; later
    ones pass over it.
    """
    if VERSION < (1, 8) and "fit_resample" not in SIMPLE_METHODS:
        SIMPLE_METHODS.append("fit_resample")
