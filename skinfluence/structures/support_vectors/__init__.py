"""Support vector machines that follow their support set as rows are deleted."""

from .structure import SupportVectors
from .versions import Versions, votes

__all__ = ["SupportVectors", "Versions", "votes"]
