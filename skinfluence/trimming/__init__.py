"""Acting on influence: drop the training rows that hurt, refit, and say what it brought."""

from .curves import trimming_curves
from .cv import DataTrimmerCV
from .trimmer import DataTrimmer
from .validation import ValidationSet

__all__ = ["DataTrimmer", "DataTrimmerCV", "ValidationSet", "trimming_curves"]
