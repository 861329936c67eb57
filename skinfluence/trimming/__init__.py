"""Drop harmful training rows, refit, and report the effect."""

from .curves import trimming_curves
from .cv import DataTrimmerCV
from .trimmer import DataTrimmer
from .validation import ValidationSet

__all__ = ["DataTrimmer", "DataTrimmerCV", "ValidationSet", "trimming_curves"]
