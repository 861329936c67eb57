"""Estimators that minimise the objective of another one: on features of their own, on other labels, or side by side.

A reduction says which fitted estimator stands for them and what rows and labels pass through on the way to it. The
estimator that it names has an adapter, or a reduction again.
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..problems import LinearProblem
from .registry import checked_rule, rule_for
from .rule import Rule
from .unwrap import unwrap

__all__ = ["Reduced", "Reduction", "reduce", "reduction_of"]


@dataclass(frozen=True, eq=False)
class Reduced:
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
    maps_before : tuple of int, optional
        How many of the label maps each transformer is behind; none by default.
    """

    final: Any
    transformers: tuple = ()
    label_maps: tuple[Callable, ...] = ()
    row_weight: np.ndarray | float = 1.0
    note: str = ""
    maps_before: tuple[int, ...] | None = None

    def then(self, inner: "Reduced") -> "Reduced":
        """The same reduction, with its `final` reduced."""
        behind = [len(self.label_maps) + count for count in inner.counts_of_maps]
        return Reduced(
            inner.final,
            (*self.transformers, *inner.transformers),
            (*self.label_maps, *inner.label_maps),
            self.row_weight * inner.row_weight,
            "; ".join(filter(None, (self.note, inner.note))),
            (*self.counts_of_maps, *behind),
        )

    @property
    def counts_of_maps(self) -> tuple[int, ...]:
        """`maps_before`, also by default."""
        return (0,) * len(self.transformers) if self.maps_before is None else self.maps_before

    def labels_of_steps(self, y: Any) -> list[Any]:
        """The labels that each transformer was fitted with, from raw ones."""
        mapped = [y]
        for label_map in self.label_maps:
            mapped.append(label_map(np.asarray(mapped[-1], dtype=np.float64)))
        return [mapped[count] for count in self.counts_of_maps]


class Reduction(Rule):
    """States one family of fitted estimators in the terms of another."""

    makes = LinearProblem

    @abstractmethod
    def reduce(self, estimator: Any) -> Reduced:
        """The fitted estimator, Reduced."""


def reduction_of(estimator: Any) -> Reduction | None:
    """The reduction that speaks for an estimator, fitted or not; None when the estimator stands for itself."""
    rule, _ = rule_for(estimator)
    return rule if isinstance(rule, Reduction) else None


def reduce(estimator: Any) -> Reduced:
    """A fitted estimator, unwrapped and reduced until an estimator with an adapter is reached.

    Parameters
    ----------
    estimator : fitted estimator

    Returns
    -------
    Reduced
    """
    transformers, final = unwrap(estimator)
    here = Reduced(final, tuple(transformers))
    if reduction_of(final) is None:
        return here
    rule: Any = checked_rule(final)
    check_is_fitted(final)
    there = rule.reduce(final)
    return here.then(there).then(reduce(there.final))
