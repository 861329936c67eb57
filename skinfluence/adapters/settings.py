"""Settings that scikit-learn refuses in ``fit`` on any rows, told before there are any."""

from typing import Any

from sklearn.model_selection._search import BaseSearchCV

from ..exceptions import UnsupportedEstimatorError
from .registry import rule_for
from .sklearn_checks import reason_against_parameters
from .unwrap import is_fitted, nested, unwrap_settings

__all__ = ["check_settings"]


def check_settings(estimator: Any) -> None:
    """Refuse an estimator that is not fitted, and that no rows can be fitted with.

    Parameters
    ----------
    estimator : estimator
        Fitted or not; one that was fitted has settings that can be.

    Raises
    ------
    UnsupportedEstimatorError
        With what scikit-learn has against a parameter, or against two together.
    """
    if is_fitted(estimator):
        return
    inner: Any = estimator
    while inner is not None:
        if any(isinstance(each, BaseSearchCV) for each in nested(inner)):
            # which replaces them
            return
        final = unwrap_settings(inner, resampled=True)[1]
        rule, _ = rule_for(final)
        reason = reason_against_parameters(final) or (rule.reason_against_fit(final) if rule is not None else None)
        if reason is not None:
            raise UnsupportedEstimatorError(f"{type(final).__name__}: scikit-learn refuses to fit it: {reason}")
        inner = None if rule is None else rule.inner(final)
