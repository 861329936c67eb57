"""A fitted model as the methods see it, and the rules that make one of a whole estimator."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from ..losses import Loss
from ..problems import Problem
from .rule import Rule

__all__ = ["Model", "ModelAdapter"]


class Model(ABC):
    """A fitted model as the methods see it.

    Attributes
    ----------
    problem : Problem
        Its objective on the training rows, at the fitted parameters.
    final : object
        The fitted model itself.
    classes : ndarray or None
        Class labels, None for everything but classifiers.
    note : str
        What a reader of the effects has to know; empty when nothing.
    names : ndarray or None
        Names of the training rows, where the model knows better than the index of X.
    stopped_early : bool
        The model says itself that it did not converge.
    by_name : bool
        The model picks its columns by name, so that evaluation rows may have others, in any order.
    loss_target : str or None
        The target that "loss" stands for where the rows have no loss of their own.
    takes_weights : bool
        The rows may have weights.
    reporting : Reporting or None
        How the estimator that the user has reports predictions, where it does otherwise than its loss.
    comparable : bool
        Parameters of a refit are those of the fit, one by one.
    refit_error : float
        Error of a refit's predictions, relative to their size: rounding, unless its solver stops before.
    """

    problem: Any
    final: Any
    classes: Any = None
    note = ""
    names: Any = None
    stopped_early = False
    by_name = False
    loss_target: str | None = None
    takes_weights = True
    reporting: Any = None
    comparable = True
    refit_error = float(np.finfo(np.float64).eps)

    @property
    def too_few_rows(self) -> str | None:
        """What sets leave too few rows for, besides an empty class, and the way out; None where there is no more."""
        return None

    def within_tolerance(self) -> bool:
        """Whether what is left of the gradient is what the model's own tolerance allows."""
        return False

    #: whether evaluation rows need labels beside X
    requires_y = True

    @property
    def n_rows(self) -> int:
        """Training rows."""
        return self.problem.n_rows

    @property
    def n_features(self) -> int | None:
        """Columns of `features`; None where the model does not say."""
        return getattr(self.final, "n_features_in_", None)

    @property
    def loss(self) -> Loss | None:
        """The loss of a row as a function of its raw predictions; None where there is no such thing."""
        return self.problem.loss

    @property
    def row_weight(self) -> np.ndarray:
        """Weights of the training rows, (n,)."""
        return self.problem.sample_weight

    def raw(self, features: Any) -> np.ndarray:
        """Raw predictions of evaluation rows, (m, K)."""
        return self.problem.raw(features)

    def feasible(self, sets: Sequence[np.ndarray]) -> np.ndarray:
        """Whether the estimator can be fitted again without each of some sets of rows, (G,) of bool."""
        return self.problem.feasible(sets)

    @abstractmethod
    def features(self, X: Any) -> Any:
        """Features as ``problem.raw`` takes them, from raw evaluation rows."""

    @abstractmethod
    def labels(self, X: Any, y: Any) -> np.ndarray:
        """Labels of the evaluation rows as the loss and targets take them, from `y` or from columns of `X`."""

    @abstractmethod
    def refitted(self, rows: np.ndarray) -> Any:
        """The problem of the user's model refitted without some rows, by its own library."""


class ModelAdapter(Rule):
    """Adapts one family of models that are no linear predictors of scikit-learn: its :class:`Model` is made here."""

    makes: ClassVar[type | None] = Problem

    @abstractmethod
    def adapt(self, model: Any, X: Any, y: Any, sample_weight: Any) -> Model:
        """The fitted model on its training rows, as a :class:`Model`."""
