"""What the final step of a Pipeline was trained on: the ``fit_transform`` of the steps before it.

Most steps make the same of the training rows by ``fit_transform`` and by ``transform``. Target encoders do not: they
encode each training row by the labels of others, and an evaluation row by all of them; nor do imputers that draw.
"""

from collections.abc import Iterator, Sequence
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from sklearn.base import TransformerMixin, clone
from sklearn.frozen import FrozenEstimator

from ..exceptions import UnsupportedEstimatorError

__all__ = [
    "TrainedOn",
    "check_known_training_rows",
    "check_transforms",
    "same_features",
    "trained_on",
    "trains_on_others",
]

#: classes of scikit-learn that train the next step on other features than their ``transform`` gives
OTHERS = {"TargetEncoder", "IterativeImputer"}
#: relative difference of features up to which they are the same: sums in another order, and iterations to convergence
SAME_FEATURES = 1e-8


class TrainedOn(NamedTuple):
    """Training rows behind the steps of a Pipeline.

    Parameters
    ----------
    X : array-like
        Features that the final step was trained on, or would be.
    steps : tuple of str
        Classes of the steps whose ``transform`` gives others; empty where there are none.
    """

    X: Any
    steps: tuple[str, ...]

    @property
    def note(self) -> str:
        """What a reader of the effects has to know; empty when nothing."""
        if not self.steps:
            return ""
        drawing = "; it draws at each transform, so that answers on rows with gaps differ from call to call"
        return f"trained on the fit_transform of {' and '.join(self.steps)}, which its transform does not give" + (
            drawing if "IterativeImputer" in self.steps else ""
        )


def trained_on(transformers: Sequence[Any], X: Any, labels: Sequence[Any]) -> TrainedOn:
    """Raw training rows through ``fit_transform`` where that is not ``transform``.

    Parameters
    ----------
    transformers : sequence
        Fitted, one after the other; a clone of those that differ is fitted again.
    X : array-like
        Raw training rows.
    labels : sequence of array-like
        What each of them was fitted with.

    Raises
    ------
    UnsupportedEstimatorError
        A step trains on features that its settings do not give again.
    """
    different = []
    for transformer, y in zip(transformers, labels, strict=True):
        features = transformer.transform(X)
        if trains_on_others(transformer):
            again = clone(transformer).fit_transform(X, y)
            if not same_features(again, features):
                check_known_training_rows([transformer])
                if not same_features(again, clone(transformer).fit_transform(X, y)):
                    raise UnsupportedEstimatorError(_unknown_rows(transformer))
                different.append(_name(transformer))
                features = again
        X = features
    return TrainedOn(X, tuple(different))


def check_known_training_rows(transformers: Sequence[Any]) -> None:
    """Refuse steps whose ``fit_transform`` draws what cannot be drawn again, as far as settings tell.

    Raises
    ------
    UnsupportedEstimatorError
    """
    for step in (step for transformer in transformers for step in _steps(transformer)):
        drawing = _drawing(step)
        if drawing is not None and not isinstance(getattr(drawing, "random_state", None), Integral):
            raise UnsupportedEstimatorError(_unknown_rows(step))


def check_transforms(transformers: Sequence[Any]) -> None:
    """Refuse steps of whose training features blocks of rows do not tell.

    Raises
    ------
    UnsupportedEstimatorError
    """
    for step in filter(trains_on_others, transformers):
        raise UnsupportedEstimatorError(
            f"{_name(step)} may train the model on other features than its transform gives, and blocks of rows pass "
            "through transform; hand in the rows in memory, or the features themselves and the model behind it"
        )


def trains_on_others(transformer: Any) -> bool:
    """Whether the ``fit_transform`` of a transformer may give other features than its ``transform``."""
    return any(_has_its_own(step) for step in _steps(transformer))


def _steps(transformer: Any) -> Iterator[Any]:
    """The transformers inside one, by their settings."""
    if transformer is None or isinstance(transformer, (str, FrozenEstimator)):
        return
    # each entry of these lists is a name, a transformer, and what else there is
    for name in ("steps", "transformer_list", "transformers"):
        inside = getattr(transformer, name, None)
        if isinstance(inside, list):
            for _, step, *_ in inside:
                yield from _steps(step)
            return
    yield transformer


def _has_its_own(step):
    own = getattr(type(step), "fit_transform", None)
    if own is None or own is TransformerMixin.fit_transform:
        return False
    if OTHERS & _classes(step):
        return True
    return own.__module__.partition(".")[0] != "sklearn"


def _drawing(step):
    """What holds the seed of a step of scikit-learn that draws the features it trains on: itself, or its cv."""
    classes = _classes(step)
    if "TargetEncoder" in classes:
        if hasattr(step.cv, "split"):
            return step.cv if getattr(step.cv, "shuffle", False) else None
        return step if getattr(step, "shuffle", True) else None
    if "IterativeImputer" in classes and (step.sample_posterior or step.imputation_order == "random"):
        return step
    return None


def _classes(step):
    return {cls.__name__ for cls in type(step).__mro__}


def _name(transformer):
    return " and ".join(dict.fromkeys(type(step).__name__ for step in _steps(transformer) if _has_its_own(step)))


def _unknown_rows(step):
    return (
        f"{_name(step)} trains the model on other features than its transform gives, and draws them anew in each "
        "fit, so that they are not known; give it a number as random_state (a TargetEncoder may have it in its cv), or "
        "use LeaveOneOut(method='refit', refit_preprocessing=True). Where the model was trained on its transform, put "
        "it into a FrozenEstimator"
    )


def same_features(here: Any, there: Any) -> bool:
    """Whether two tables hold the same features, up to rounding."""
    if sparse.issparse(here) and sparse.issparse(there):
        return here.shape == there.shape and abs(here - there).max() <= SAME_FEATURES * abs(there).max()
    here, there = (table.toarray() if sparse.issparse(table) else np.asarray(table) for table in (here, there))
    if here.shape != there.shape:
        return False
    try:
        here, there = here.astype(np.float64), there.astype(np.float64)
    except (TypeError, ValueError):
        return bool(np.all((here == there) | ((here != here) & (there != there))))
    largest = np.abs(there[np.isfinite(there)]).max(initial=0)
    return np.allclose(here, there, rtol=0, atol=SAME_FEATURES * largest, equal_nan=True)
