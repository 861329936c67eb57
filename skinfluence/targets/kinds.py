"""What kind of target this is; of a sum, what its terms are."""

from typing import Any

from ..exceptions import UnsupportedQuestionError, UnsupportedTargetError
from ._base import Target
from .parameter import ThetaTarget
from .pointwise import PointwiseTarget

__all__ = ["has_gradient", "is_additive", "is_of_theta", "require_additive", "require_parameters"]


def is_additive(target: Target) -> bool:
    """Whether f is the weighted sum over the evaluation rows of one number each.

    Examples
    --------
    >>> from skinfluence.targets import DemographicParity, Loss, Margin
    >>> is_additive(Loss() - Margin()), is_additive(Loss() + DemographicParity())
    (True, False)
    """
    return all(isinstance(term, PointwiseTarget) for _, term in target.terms())


def is_of_theta(target: Target) -> bool:
    """Whether f is a function of the parameters alone, without evaluation rows."""
    return all(isinstance(term, ThetaTarget) for _, term in target.terms())


def has_gradient(target: Target) -> bool:
    """Whether f has a derivative, in the raw predictions or in the parameters."""
    return all(hasattr(term, "gradient") or hasattr(term, "theta_gradient") for _, term in target.terms())


def require_additive(target: Target) -> None:
    """Refuse questions about single evaluation rows to a target that is no sum over them.

    Raises
    ------
    UnsupportedQuestionError
        Naming aggregate=True.
    """
    for _, term in target.terms():
        if not isinstance(term, PointwiseTarget):
            raise UnsupportedQuestionError(
                f"{term.name!r} is not a sum over the evaluation rows, so single evaluation rows have no value of "
                "their own; ask with aggregate=True"
            )


def require_parameters(target: Target, state: Any) -> None:
    """Refuse functions of the parameters to a state that has none.

    Raises
    ------
    UnsupportedTargetError
        Naming targets of predictions.
    """
    for _, term in target.terms():
        if isinstance(term, ThetaTarget) and not hasattr(state, "theta"):
            raise UnsupportedTargetError(
                f"the target {term.name!r} is a function of parameters, which this model does not have; use a target "
                "of predictions, such as 'loss'"
            )
