"""A supported Pipeline whose deletions also refit its preprocessing; its model is solved, not refitted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sklearn
from sklearn.compose import TransformedTargetRegressor
from sklearn.utils import _safe_indexing

from ..exceptions import UnsupportedEstimatorError
from ..losses import Loss
from ..problems import LinearProblem, Moves
from ..rows import as_table, indexable
from .adapt import AdaptedModel, adapt
from .fitting import fit_estimator
from .model import Model
from .moving import imputed_cells, moves_of
from .unwrap import check_fits_anew, nested
from .whole import whole_estimator

__all__ = ["NO_LINEAR_PREDICTOR", "WholeModel", "WholeState", "check_whole", "whole_model"]

NO_LINEAR_PREDICTOR = (
    "refit_preprocessing=True with method='exact' takes a linear predictor of scikit-learn on the labels that it is "
    "given, and {} is none, or transforms them; use method='refit'"
)


@dataclass(frozen=True, eq=False)
class WholeState:
    """A model asked with raw rows, of which its own preprocessing makes features.

    Parameters
    ----------
    model : Model
        Fitted.
    problem : Problem
        Its objective, at the parameters that are asked.
    diverging : ndarray of shape (P, q) or None
        Directions along which it has no optimum.
    """

    model: Model
    problem: Any
    diverging: np.ndarray | None = None

    @property
    def theta(self) -> np.ndarray:
        """Parameters as the estimator has them, (P,)."""
        return self.problem.as_fitted(self.problem.theta)

    def raw(self, X: Any) -> np.ndarray:
        """Raw predictions of raw rows, (m, K)."""
        return self.problem.raw(self.model.features(X))


@dataclass(frozen=True, eq=False)
class WholeModel(Model):
    """A fitted Pipeline with its raw training rows.

    Parameters
    ----------
    fixed : AdaptedModel
        The same with preprocessing held fixed.
    unfitted : estimator
        The whole, to be fitted again.
    X, y, sample_weight : array-like
        Raw training rows.
    moves : Moves or None
        How features move without each row, where there is a closed form.
    """

    fixed: AdaptedModel
    unfitted: Any
    X: Any
    y: Any
    sample_weight: Any
    moves: Moves | None

    problem = None

    @property
    def final(self) -> Any:
        """The fitted model behind the preprocessing."""
        return self.fixed.final

    @property
    def classes(self) -> np.ndarray | None:
        """Class labels, None for regressors."""
        return self.fixed.classes

    @property
    def reporting(self) -> Any:
        """As with preprocessing held fixed."""
        return self.fixed.reporting

    @property
    def n_rows(self) -> int:
        """Training rows."""
        return self.fixed.n_rows

    @property
    def n_features(self) -> int | None:
        """Columns of the raw rows; not known before the first step."""
        return None

    @property
    def row_weight(self) -> np.ndarray:
        """Weights of the training rows, (n,)."""
        return self.fixed.sample_weight

    @property
    def loss(self) -> Loss | None:
        """The loss of a row."""
        return self.fixed.loss

    @property
    def no_answer(self) -> str:
        """Why an answer may be nan."""
        return "without it there is no optimum, or preprocessing cannot be fitted or takes an evaluation row no more"

    def features(self, X: Any) -> Any:
        """Raw evaluation rows: each refit makes its own features of them."""
        return as_table(X)

    def labels(self, X: Any, y: Any) -> np.ndarray:
        """Class codes, or float64."""
        return self.fixed.labels(X, y)

    def moving(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Features of raw evaluation rows as the problem has them, (m, p), and which are imputed, (m, p) of bool."""
        Z, coordinates = self.fixed.features(X), self.fixed.problem.coordinates
        Z = Z if coordinates is None else coordinates.features(Z)
        return Z, imputed_cells(list(self.fixed.transformers), X, Z.shape[1])

    def feasible(self, sets: Sequence[np.ndarray]) -> np.ndarray:
        """Whether a model can be fitted without each of some sets of rows, (G,) of bool."""
        return self.fixed.feasible(sets)

    def refitted(self, rows: np.ndarray) -> WholeState | None:
        """The whole fitted anew without some rows; None where no row, or none of a class, is left.

        Raises
        ------
        ValueError
            A step cannot be fitted on the rows that are left.
        """
        keep = np.setdiff1d(np.arange(self.n_rows), rows)
        given = (self.X, self.y, self.sample_weight)
        data = [None if each is None else _safe_indexing(each, keep) for each in given]
        if not self.feasible([rows])[0]:
            return None
        model = adapt(fit_estimator(self.unfitted, *data), *data)
        return WholeState(model, model.problem)


def check_whole(estimator: Any) -> None:
    """Refuse what cannot be deleted from as a whole by its optimum, as far as that is told without rows.

    Raises
    ------
    UnsupportedEstimatorError
    """
    check_fits_anew(estimator, "with refit_preprocessing=True the whole estimator")
    if any(isinstance(each, TransformedTargetRegressor) for each in nested(estimator)):
        raise UnsupportedEstimatorError(NO_LINEAR_PREDICTOR.format(type(estimator).__name__))


def whole_model(estimator: Any, X: Any, y: Any, sample_weight: Any) -> WholeModel:
    """A fitted estimator and its raw training rows as a :class:`WholeModel`.

    Raises
    ------
    UnsupportedEstimatorError
        It is frozen, or no linear predictor, or fitted on other labels than those given.
    """
    check_whole(estimator)
    X, fixed = as_table(X), adapt(estimator, X, y, sample_weight)
    if not isinstance(fixed, AdaptedModel):
        raise UnsupportedEstimatorError(NO_LINEAR_PREDICTOR.format(type(estimator).__name__))
    unfitted = whole_estimator(estimator)
    known = _has_moves(fixed.problem) and not _weighs_steps(sample_weight)
    moves = moves_of(list(fixed.transformers), X) if known else None
    if moves is not None and fixed.problem.coordinates is not None:
        moves = moves.measured_from(fixed.problem.coordinates.offset)
    return WholeModel(fixed, unfitted, X, indexable(y), sample_weight, moves)


def _weighs_steps(sample_weight):
    """Whether weights may be routed to preprocessing, too."""
    return sample_weight is not None and sklearn.get_config().get("enable_metadata_routing", False)


def _has_moves(problem):
    """Whether features may move: one by one, without an l1 penalty, in one dense array."""
    return (
        isinstance(problem, LinearProblem)
        and not problem.has_basis
        and problem.l1_penalty is None
        and isinstance(problem.design.X, np.ndarray)
        and hasattr(problem.design, "with_rows")
        and len(problem.theta) == problem.n_outputs * (problem.design.X.shape[1] + problem.design.intercept)
    )
