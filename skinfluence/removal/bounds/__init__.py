"""How far a predicted removal can be from the refit: bounds, not estimates."""

from ._ball import Certificate, certify
from ._target import certify_target

__all__ = ["Certificate", "certify", "certify_target"]
