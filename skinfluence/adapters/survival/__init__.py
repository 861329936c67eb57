"""Cox regressions of other libraries; neither is imported before one of its own models is handed in."""

from .lifelines import LifelinesAdapter
from .lifelines_cox import LifelinesCoxAdapter
from .sksurv import SksurvAdapter

__all__ = ["LifelinesCoxAdapter", "LifelinesAdapter", "SksurvAdapter"]
