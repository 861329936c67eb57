"""Cox regressions of other libraries; neither is imported before one of its own models is handed in."""

from .estimator import LifelinesCox, LifelinesCoxDoor
from .lifelines import LifelinesDoor
from .sksurv import SksurvDoor

__all__ = ["LifelinesCox", "LifelinesCoxDoor", "LifelinesDoor", "SksurvDoor"]
