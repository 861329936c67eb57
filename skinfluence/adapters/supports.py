"""What can be asked of an estimator, before it is fitted."""

from copy import copy
from typing import Any

from ..exceptions import UnsupportedEstimatorError
from ..problems import LinearProblem, Problem
from .adapt import adapter_of
from .registry import checked_rule, requires_y
from .settings import check_settings
from .training_rows import check_known_training_rows
from .unwrap import unwrap_settings
from .whole_model import NO_LINEAR_PREDICTOR, check_whole

__all__ = ["check_reads", "makes", "supports"]


def supports(estimator: Any, attributor: Any = None) -> tuple[bool, str]:
    """Whether skinfluence has an exact treatment of an estimator, and if not, why.

    Parameters
    ----------
    estimator : estimator
        Fitted or not; Pipelines, searches and FrozenEstimator are looked through.
    attributor : attributor or class of attributors, optional
        The method that is asked for, with its settings; None: any method, but refits.

    Returns
    -------
    supported : bool
        What ``fit`` of the attributor will do; it also looks at the rows. Of an estimator that is not fitted also
        whether scikit-learn fits it with its settings, as far as that can be told without rows.
    reason : str
        Empty when supported, otherwise what stands against it and what to use instead.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression, Ridge
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skinfluence import LeaveOneOut, RescaledInfluence
    >>> supports(LogisticRegression())
    (True, '')
    >>> supports(Ridge(positive=True))[1]
    'Ridge: positive=True constrains the coefficients, so that the optimum is not stationary; use positive=False'
    >>> supports(KNeighborsClassifier(), LeaveOneOut)
    (True, '')
    >>> supports(KNeighborsClassifier(), RescaledInfluence)[0]
    False
    """
    if isinstance(estimator, type):
        raise TypeError(f"estimator must be an instance, {estimator.__name__}(), got the class")
    try:
        if attributor is None:
            makes(estimator)
        else:
            attributor = attributor() if isinstance(attributor, type) else attributor
            if not hasattr(attributor, "reads"):
                raise TypeError(f"attributor must be an attributor, such as LeaveOneOut(), got {attributor!r}")
            asked = _asked_of(attributor, estimator)
            whole = getattr(asked, "refits_whole", False)
            check_reads(estimator, type(attributor).__name__, asked.reads, whole=whole)
        check_settings(estimator)
    except UnsupportedEstimatorError as error:
        return False, str(error)
    return True, ""


def _asked_of(attributor, estimator):
    """The attributor with this estimator inside, by which some of them choose what they do."""
    asked = copy(attributor)
    asked.estimator = estimator
    return asked


def makes(estimator: Any) -> type | None:
    """What the models of an estimator are made of: a kind of problem, or of structure.

    Raises
    ------
    UnsupportedEstimatorError
        With the reason and the way out.
    """
    final = unwrap_settings(estimator)[1]
    rule = checked_rule(final)
    inner = rule.inner(final)
    if inner is None:
        return rule.kind(final)
    made = makes(inner)
    if not issubclass(made, LinearProblem):
        adapter_of(unwrap_settings(inner)[1], final)
    return made


def check_reads(estimator: Any, method: str, reads: tuple[type, ...] | None, *, whole: bool = False) -> None:
    """Refuse an estimator of which a method can make nothing.

    Parameters
    ----------
    estimator : estimator
        Fitted or not.
    method : str
        Name of the attributor.
    reads : tuple of type or None
        What it can use; None: refits.
    whole : bool
        These fit the whole estimator again, so that its Pipeline may resample rows.

    Raises
    ------
    UnsupportedEstimatorError
        With the reason and the way out.
    """
    final = unwrap_settings(estimator, resampled=whole)[1]
    name = type(final).__name__
    if reads is None:
        if not requires_y(final):
            raise UnsupportedEstimatorError(
                f"method='refit' fits on X and y as scikit-learn does, which {type(estimator).__name__} does not; use "
                "method='exact', which has the parameters of a refit"
            )
        return
    check_known_training_rows(unwrap_settings(estimator)[0])
    if whole:
        check_whole(estimator)
    made = makes(estimator)
    if not issubclass(made, reads):
        raise UnsupportedEstimatorError(NO_LINEAR_PREDICTOR.format(name) if whole else _why_not(method, name, made))


def _why_not(method, name, made):
    """Why a method makes nothing of a model, and what does."""
    if issubclass(made, Problem):
        return (
            f"{method} needs the Hessian of every single row, and the rows of {name} have none of their own; use "
            "NewtonStep or InfluenceFunctions"
        )
    instead = "InfluenceFunctions or LeaveOneOut" if hasattr(made, "pull") else "LeaveOneOut"
    return f"{method} needs the optimum of a smooth objective, which {name} does not have; use {instead}"
