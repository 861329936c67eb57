"""From what users hold - Pipelines, searches, frozen estimators - to the final estimator and what comes before it."""

from collections.abc import Iterator
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from ..exceptions import UnsupportedEstimatorError
from .registry import rule_for

__all__ = ["check_fits_anew", "fitted_nested", "is_fitted", "nested", "resampling_step", "unwrap", "unwrap_settings"]

#: wrappers that fit the estimator inside, and choose its settings or its threshold
_CHOOSING = (BaseSearchCV, FixedThresholdClassifier, TunedThresholdClassifierCV)


def is_fitted(estimator: Any) -> bool:
    """Whether the estimator, or what it wraps, has been fitted."""
    rule, _ = rule_for(estimator)
    known = None if rule is None else rule.fitted(estimator)
    if known is not None:
        return known
    try:
        check_is_fitted(estimator)
    except NotFittedError:
        return False
    while isinstance(estimator, Pipeline):
        # scikit-learn looks at the last step alone
        if not all(_was_fitted(step) for _, step in estimator.steps[:-1]):
            return False
        estimator = estimator.steps[-1][1]
        inside, _ = rule_for(estimator)
        if inside is not None and inside.fitted(estimator) is False:
            return False
    if isinstance(estimator, BaseEstimator) and not get_tags(estimator).requires_fit:
        # scikit-learn finds nothing missing where a prediction needs no fit, as of a Gaussian process
        return any(name.endswith("_") for name in vars(estimator))
    return True


def _was_fitted(step):
    """Whether a step of scikit-learn was fitted, or needs no fit; those of others are taken to be."""
    if not isinstance(step, BaseEstimator) or not get_tags(step).requires_fit or _resamples(step):
        return True
    try:
        check_is_fitted(step)
    except NotFittedError:
        return False
    return True


def unwrap(estimator: Any, *, resampled: bool = False) -> tuple[list[Any], Any]:
    """Fitted transformers, in order, and the fitted final estimator behind them.

    Parameters
    ----------
    estimator : fitted estimator
        Any nesting of Pipeline, GridSearchCV and its kin, FrozenEstimator and threshold classifiers.
    resampled : bool
        Steps that resample rows are left out, as in ``predict``. Otherwise they are refused: the final estimator was
        trained on other rows than those given.

    Returns
    -------
    transformers : list
        Fitted; apply their ``transform`` one after the other.
    final : estimator

    Raises
    ------
    UnsupportedEstimatorError
        For a search without a refit, a Pipeline that ends in no estimator, or one that resamples rows.
    """
    return _descend(estimator, _fitted_inner, resampled)


def unwrap_settings(estimator: Any, *, resampled: bool = False) -> tuple[list[Any], Any]:
    """The same for an estimator that need not be fitted: only its settings are looked at."""
    return _descend(estimator, lambda wrapper: wrapper.estimator, resampled)


def resampling_step(estimator: Any) -> tuple[str, Any] | None:
    """Name and step of the first Pipeline inside that changes the rows that it is trained on; None without one."""
    pipelines = (each for each in nested(estimator) if isinstance(each, Pipeline))
    return next((step for pipeline in pipelines for step in pipeline.steps[:-1] if _resamples(step[1])), None)


def _fitted_inner(wrapper):
    if not isinstance(wrapper, BaseSearchCV):
        return wrapper.estimator_
    if not hasattr(wrapper, "best_estimator_"):
        raise UnsupportedEstimatorError(
            f"{type(wrapper).__name__} holds no refitted best_estimator_; fit it with refit=True"
        )
    return wrapper.best_estimator_


def _descend(estimator, inner, resampled=False):
    transformers = []
    while True:
        # FrozenEstimator forwards every attribute, so it is recognised by type and first
        if isinstance(estimator, FrozenEstimator):
            estimator = estimator.estimator
        elif isinstance(estimator, _CHOOSING):
            estimator = inner(estimator)
        elif isinstance(estimator, Pipeline):
            before, estimator = _pipeline_parts(estimator, resampled)
            transformers.extend(before)
        else:
            return transformers, estimator


def nested(estimator: Any) -> Iterator[Any]:
    """An estimator, fitted or not, and the model inside it, inside that one, and so on."""
    yield estimator
    while True:
        if isinstance(estimator, (FrozenEstimator, *_CHOOSING)):
            estimator = estimator.estimator
        elif isinstance(estimator, TransformedTargetRegressor) and estimator.regressor is not None:
            estimator = estimator.regressor
        elif isinstance(estimator, Pipeline):
            estimator = estimator.steps[-1][1]
        else:
            return
        yield estimator


def fitted_nested(estimator: Any) -> Iterator[Any]:
    """A fitted estimator, the fitted model inside it, inside that one, and so on."""
    while estimator is not None:
        yield estimator
        if isinstance(estimator, FrozenEstimator):
            estimator = estimator.estimator
        elif isinstance(estimator, _CHOOSING):
            estimator = _fitted_inner(estimator)
        elif isinstance(estimator, TransformedTargetRegressor):
            estimator = estimator.regressor_
        else:
            estimator = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else None


def check_fits_anew(estimator: Any, what: str) -> None:
    """Refuse an estimator whose ``fit`` on fewer rows changes nothing.

    Parameters
    ----------
    estimator : estimator
        Fitted or not.
    what : str
        What it is, for the message.

    Raises
    ------
    UnsupportedEstimatorError
    """
    frozen = next((each for each in nested(estimator) if isinstance(each, FrozenEstimator)), None)
    if frozen is None:
        return
    raise UnsupportedEstimatorError(
        f"{what} has to be fitted again on fewer rows, and FrozenEstimator keeps the fit that it has; pass the "
        f"{type(frozen.estimator).__name__} inside it, its `estimator`, of which a clone is fitted"
    )


def _resamples(step):
    """Whether a step gives other rows to the steps behind it, in ``fit`` alone, as those of imbalanced-learn do."""
    return hasattr(step, "fit_resample")


def _pipeline_parts(pipeline, resampled):
    steps = [step for _, step in pipeline.steps]
    if steps[-1] is None or isinstance(steps[-1], str):
        raise UnsupportedEstimatorError(
            f"the Pipeline ends in {steps[-1]!r}, not in an estimator; add the model as its last step"
        )
    name, resampler = next((step for step in pipeline.steps[:-1] if _resamples(step[1])), (None, None))
    if resampler is not None and not resampled:
        raise UnsupportedEstimatorError(
            f"the step {name!r} of the Pipeline, {type(resampler).__name__}, resamples rows, so that the model behind "
            "it was not trained on the rows given; use LeaveOneOut with method='refit' and refit_preprocessing=True, "
            "which resamples anew without each row, or hand in the Pipeline without this step, and the resampled rows"
        )
    silent = (None, "passthrough")
    return [step for step in steps[:-1] if step not in silent and not _resamples(step)], steps[-1]
