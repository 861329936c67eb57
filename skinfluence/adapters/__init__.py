"""Fitted estimators to problems: the only room that knows estimator classes."""

from . import glm, logistic, ridge
from ._base import Adapter, Objective
from .adapt import AdaptedModel, adapt, supports
from .unwrap import is_fitted, unwrap

__all__ = ["AdaptedModel", "Adapter", "Objective", "adapt", "glm", "is_fitted", "logistic", "ridge", "supports", "unwrap"]
