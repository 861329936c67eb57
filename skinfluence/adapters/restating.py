"""Estimators that minimise the objective of another one: on features of their own, on other labels, or side by side.

A restatement says which fitted estimator stands for them and what rows and labels pass through on the way to it. The
estimator that it names has an adapter, or a restatement again.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..exceptions import UnsupportedEstimatorError
from ._base import Adapter
from .lookup import reason_against, rule_for
from .unwrap import unwrap

__all__ = ["Restated", "Restatement", "check_restatable", "restate", "restatement_of"]


@dataclass(frozen=True, eq=False)
class Restated:
    """A fitted estimator in the terms of another.

    Parameters
    ----------
    final : fitted estimator
        Makes the same predictions, from what the transformers make of the rows.
    transformers : sequence
        Fitted, applied one after the other.
    label_maps : sequence of callable
        From labels, float64, to those that `final` was fitted on; one after the other.
    row_weight : ndarray of shape (n,) or float
        Factors of the weights of the training rows.
    note : str
        What a reader of its effects has to know; empty when nothing.
    """

    final: object
    transformers: tuple = ()
    label_maps: tuple[Callable, ...] = ()
    row_weight: np.ndarray | float = 1.0
    note: str = ""

    def then(self, inner):
        """The same restatement, with its `final` restated."""
        return Restated(
            inner.final,
            (*self.transformers, *inner.transformers),
            (*self.label_maps, *inner.label_maps),
            self.row_weight * inner.row_weight,
            "; ".join(filter(None, (self.note, inner.note))),
        )


class Restatement(ABC):
    """Restates one family of fitted estimators.

    Attributes
    ----------
    estimators : tuple of type
        The estimator classes that it speaks for.
    """

    estimators: tuple

    def reason_against(self, estimator):
        """Why this estimator's settings cannot be restated, or None; the estimator need not be fitted."""
        return

    def inner(self, estimator):
        """The estimator inside, as its settings have it, that has to be supported; None when there is none."""
        return

    @abstractmethod
    def restate(self, estimator):
        """The fitted estimator, Restated."""


def restatement_of(estimator):
    """The restatement that speaks for an estimator, fitted or not; None when the estimator stands for itself."""
    rule, _ = rule_for(estimator, Adapter, Restatement)
    return rule if isinstance(rule, Restatement) else None


def check_restatable(estimator):
    """The same, once its settings are found to have no reason against it.

    Raises
    ------
    UnsupportedEstimatorError
        With the reason and the way out.
    """
    rule, cls = rule_for(estimator, Adapter, Restatement)
    if not isinstance(rule, Restatement):
        return None
    reason = reason_against(estimator, rule, cls)
    if reason is not None:
        raise UnsupportedEstimatorError(f"{type(estimator).__name__}: {reason}")
    return rule


def restate(estimator):
    """A fitted estimator, unwrapped and restated until an estimator with an adapter is reached.

    Parameters
    ----------
    estimator : fitted estimator

    Returns
    -------
    Restated
    """
    transformers, final = unwrap(estimator)
    here = Restated(final, tuple(transformers))
    rule = check_restatable(final)
    if rule is None:
        return here
    check_is_fitted(final)
    there = rule.restate(final)
    return here.then(there).then(restate(there.final))
