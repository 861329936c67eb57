"""A LifelinesCox as a model: the fitter inside, on the table that it made."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...models import LifelinesCox
from ...models.lifelines_cox import labelled_table
from ..model import ModelAdapter
from ..training_rows import trained_on
from ..unwrap import unwrap
from .lifelines import LifelinesAdapter, LifelinesModel

__all__ = ["LifelinesCoxAdapter"]


class LifelinesCoxAdapter(ModelAdapter):
    """Takes what the adapter of lifelines takes."""

    requires_y = False
    estimators = (LifelinesCox,)

    def reason_against(self, model: Any) -> str | None:
        return None if model.fitter is None else LifelinesAdapter().reason_against(model.fitter)

    def adapt(self, model: Any, X: Any, y: Any, sample_weight: Any) -> LifelinesModel:
        """The fitted model on its rows; parameters as for :func:`~skinfluence.adapters.adapt`."""
        if sample_weight is not None:
            raise ValueError("LifelinesCox reads weights from a column of X: name it as weights_col")
        if y is None:
            raise ValueError("LifelinesCox is trained on X and y; pass y, the structured array of events and times")
        transformers, final = unwrap(model)
        X = trained_on(transformers, X, [y] * len(transformers)).X
        return _Model(final.fitter_, labelled_table(X, y), tuple(transformers))


@dataclass(frozen=True, eq=False)
class _Model(LifelinesModel):
    """The fitter inside, behind fitted preprocessing that gives DataFrames."""

    transformers: tuple = field(default=())

    def features(self, X: Any) -> Any:
        return super().features(self._seen(X))

    def labels(self, X: Any, y: Any) -> np.ndarray:
        return super().labels(labelled_table(self._seen(X), y), None)

    def _seen(self, X):
        # the training table is what they made already
        for transformer in () if X is self.table else self.transformers:
            X = transformer.transform(X)
        return X
