"""What fitted models are made of, and what is left of them without some training rows."""

from ._base import State, Structure

__all__ = ["State", "Structure"]
