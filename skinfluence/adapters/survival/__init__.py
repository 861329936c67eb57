"""Cox regressions of other libraries; neither is imported before one of its own models is handed in."""

from .estimator import LifelinesCox, LifelinesCoxAdapter
from .lifelines import LifelinesAdapter
from .sksurv import SksurvAdapter

__all__ = ["LifelinesCox", "LifelinesCoxAdapter", "LifelinesAdapter", "SksurvAdapter"]
