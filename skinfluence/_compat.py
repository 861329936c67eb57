"""The one place for scikit-learn names that are not public; they worked unchanged from 1.6 to 1.9."""

from inspect import signature

from sklearn.utils._param_validation import Interval, StrOptions

__all__ = ["Interval", "StrOptions", "takes_sample_weight"]


def takes_sample_weight(scorer):
    """Whether a scorer, of ``make_scorer`` or any callable (estimator, X, y), takes ``sample_weight``."""
    return "sample_weight" in signature(getattr(scorer, "_score_func", scorer)).parameters
