"""What fitted models are made of, and what is left of them without some training rows."""

from ._base import State, Structure
from .neighbours import Neighbours
from .parameters import Parameters
from .sums import Sums
from .support_vectors import SupportVectors

__all__ = ["Neighbours", "Parameters", "State", "Structure", "Sums", "SupportVectors"]
