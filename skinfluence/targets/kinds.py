"""What kind of target this is; of a sum, what its terms are."""

from ._base import Target
from .parameter import ThetaTarget
from .pointwise import PointwiseTarget

__all__ = ["has_gradient", "is_additive", "is_of_theta"]


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
