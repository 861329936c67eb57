"""The model whose influence is computed: the user's own if supported, else a linear one behind the same steps."""

from inspect import signature
from typing import Any

from sklearn.base import clone, is_classifier, is_regressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline

from ..adapters import resampling_step, supports
from ..attributors import InfluenceFunctions, LeaveOneOut, NewtonStep, RescaledInfluence
from ..targets import has_gradient, resolve_target
from .preprocessing import preprocessing
from .question import OUT_OF_FOLD_LOSS

__all__ = ["attributor_with_surrogate"]


def attributor_with_surrogate(attributor: Any, estimator: Any, X: Any, target: Any = "auto") -> tuple[Any, bool]:
    """An unfitted attributor with a model inside, and whether this model is the estimator itself.

    In this order: the attributor's own estimator; the trimmer's, if it is supported; a linear model
    (LogisticRegression or Ridge) behind clones of the estimator's preprocessing steps, without those that resample
    rows - of a scaler (and an imputer, where the estimator takes missing values, and an encoder of categories) when it
    has none. Without an attributor, a Pipeline that resamples rows is refitted without each of them.
    """
    attributor = _default(estimator, target) if attributor is None else clone(attributor)
    if not _takes_target(attributor):
        raise TypeError(
            f"{type(attributor).__name__} takes no target, so it cannot rank rows by one; "
            "pass RescaledInfluence() or another attributor whose attribute takes a target"
        )
    if attributor.estimator is not None:
        return attributor, False
    own = supports(estimator, attributor)[0]
    return attributor.set_params(estimator=clone(estimator) if own else _linear(estimator, X)), own


def _default(estimator, target):
    """The first of these methods that takes the estimator, "moved" for a target without a gradient."""
    # refits know no loss of a row without itself
    if resampling_step(estimator) is not None and getattr(target, "name", target) != "self_influence":
        return LeaveOneOut(method="refit", refit_preprocessing=True)
    smooth = target in ("auto", OUT_OF_FOLD_LOSS) or has_gradient(resolve_target(target))
    methods = RescaledInfluence, NewtonStep, InfluenceFunctions, LeaveOneOut
    chosen = next((method for method in methods if supports(estimator, method)[0]), RescaledInfluence)
    return chosen(evaluation="linear" if smooth and chosen is not LeaveOneOut else "moved")


def _takes_target(attributor):
    parameters = signature(attributor.attribute).parameters
    return "target" in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def _linear(estimator, X):
    if not (is_classifier(estimator) or is_regressor(estimator)):
        raise TypeError(
            f"{type(estimator).__name__} is neither classifier nor regressor, so there is no default "
            "surrogate; pass attributor=RescaledInfluence(surrogate) with a supported model, or for refits "
            "attributor=LeaveOneOut(method='refit')"
        )
    model = LogisticRegression(max_iter=1000) if is_classifier(estimator) else Ridge()
    before = getattr(estimator, "steps", [])[:-1]
    # what resamples rows is no preprocessing of the rows that influence is asked for
    steps = [each for each in before if each[1] not in (None, "passthrough") and not hasattr(each[1], "fit_resample")]
    if steps:
        return Pipeline([*((name, clone(step)) for name, step in steps), ("surrogate", model)])
    return make_pipeline(*preprocessing(estimator, X), model)
