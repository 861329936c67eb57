"""What an adapter states about a fitted estimator, and how the facts become a problem.

An adapter knows four facts and nothing else: which loss, sum or mean, which scale, which penalty on which coordinates.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy import sparse
from sklearn.base import clone

from .. import _memory
from ..exceptions import UnsupportedEstimatorError
from ..losses import Loss
from ..operators import Design
from ..problems import BalancedWeights, LinearProblem
from .rule import Rule

__all__ = ["Adapter", "Objective"]


@dataclass(frozen=True, eq=False)
class Objective:
    """The stated objective of a linear estimator, up to a constant factor.

    Parameters
    ----------
    y : ndarray
        Labels as the loss takes them.
    penalty : float or ndarray of shape (K,)
        Coefficient of |w|^2 / 2 for each output, at the scale of a sum of losses (sum form) or of their mean.
    intercept_penalty : float
        The same for the squared intercept.
    l1, intercept_l1 : float
        Coefficients of |w|_1 and of the absolute intercept, at the same scale.
    mean_form : bool
        The losses are averaged: row i carries its weight's share of the penalty.
    counts_rows : bool
        In mean form, the losses are divided by the number of rows, not by the sum of their weights.
    class_weight : None, dict or "balanced"
        Dictionary of weights by class code, or the balanced rule.
    balanced_by_weight : bool
        The balanced rule counts sample weights, not rows.
    against_rest : {None, "own", "both"}
        None: the weight of a class multiplies its rows. With an output for each class against the rest, "own": it
        multiplies them in the output of their class only. "both": the weights are those of the rest, 0, and of the
        class, 1, in each output.
    """

    y: np.ndarray
    penalty: float | np.ndarray = 0.0
    intercept_penalty: float = 0.0
    l1: float = 0.0
    intercept_l1: float = 0.0
    mean_form: bool = False
    counts_rows: bool = False
    class_weight: Any = None
    balanced_by_weight: bool = False
    against_rest: str | None = None


class Adapter(Rule):
    """Turns one family of fitted estimators into problems.

    Attributes
    ----------
    estimators : tuple of type
        The estimator classes that it speaks for.
    converges : bool
        Their solvers stop near the optimum, as near as their tolerance asks; otherwise wherever they are.
    least_norm : bool
        Of several optima they return the one whose coefficients have the least norm.
    tight : dict
        Settings under which a refit is as good as the solver makes it.
    """

    makes = LinearProblem
    converges = True
    least_norm = False
    tight: ClassVar = {"tol": 1e-12, "max_iter": 10_000}

    def plain(self, estimator: Any) -> Any:
        """An unfitted estimator with the fitted one's objective: what cross-validation chose is held fixed."""
        return clone(estimator)

    @abstractmethod
    def loss(self, estimator: Any) -> Loss:
        """The pointwise loss of the fitted estimator."""

    @abstractmethod
    def objectives(
        self, estimator: Any, y: np.ndarray | None, codes: np.ndarray | None, sample_weight: np.ndarray
    ) -> list[Objective]:
        """The objectives that the fitted estimator may have minimised, most likely first.

        Parameters
        ----------
        estimator : estimator
            Fitted.
        y : ndarray
            Raw labels, for regressors.
        codes : ndarray of int or None
            Class codes, for classifiers.
        sample_weight : ndarray of shape (n,)
            Weights as given by the user, ones when none.

        Returns
        -------
        list of Objective
        """

    def raw(self, estimator: Any, X: Any) -> np.ndarray:
        """Raw predictions (m, K) of the fitted estimator, as its loss takes them."""
        raw = X @ np.atleast_2d(estimator.coef_).T + np.ravel(estimator.intercept_)
        return np.asarray(raw, dtype=np.float64)

    def problem(
        self, estimator: Any, X: Any, objective: Objective, sample_weight: np.ndarray, feature_names: list[str] | None
    ) -> Any:
        """The problem of the fitted estimator under one of its objectives."""
        return _linear_problem(estimator, X, self.loss(estimator), objective, sample_weight, feature_names)


def _linear_problem(estimator, X, loss, objective, sample_weight, feature_names):
    """The problem of a fitted estimator with `coef_` and `intercept_`."""
    theta, penalty, l1_penalty = _parameters(estimator, objective)
    K = 1 if np.ndim(estimator.coef_) == 1 else len(estimator.coef_)
    return LinearProblem(
        design=Design(X, K, bool(estimator.fit_intercept)),
        y=objective.y,
        loss=loss,
        theta=theta,
        penalty=penalty,
        mean_form=objective.mean_form,
        counts_rows=objective.counts_rows,
        l1_penalty=l1_penalty,
        signs=None if l1_penalty is None else np.sign(theta),
        **_class_weights(objective, sample_weight, max(K, 2)),
        null_directions=_null_directions(
            loss, objective, K, np.atleast_2d(estimator.coef_), bool(estimator.fit_intercept)
        ),
        feature_names=tuple(feature_names),
        output_names=tuple(str(name) for name in getattr(estimator, "classes_", range(K))),
    )


def _parameters(estimator, objective):
    """theta, the diagonal of its l2 penalty, and its l1 penalty (None when there is none), each (P,)."""
    coef = np.atleast_2d(np.asarray(estimator.coef_, dtype=np.float64))
    K, p = coef.shape
    theta = coef.ravel()
    penalty = np.repeat(np.broadcast_to(np.asarray(objective.penalty, dtype=np.float64), (K,)), p)
    l1_penalty = np.full(K * p, float(objective.l1))
    if estimator.fit_intercept:
        theta = np.append(theta, np.broadcast_to(np.ravel(estimator.intercept_), (K,)).astype(np.float64))
        penalty = np.append(penalty, np.full(K, objective.intercept_penalty))
        l1_penalty = np.append(l1_penalty, np.full(K, objective.intercept_l1))
    if not l1_penalty.any():
        return theta, penalty, None
    if l1_penalty.all() and not theta.any():
        raise UnsupportedEstimatorError(
            f"the penalty of {type(estimator).__name__} holds every parameter at zero, so that no row has any "
            "influence; use a weaker penalty"
        )
    return theta, penalty, l1_penalty


def _class_weights(objective, sample_weight, n_classes):
    """Weights of rows: constant class weights multiply them, or their outputs; balanced ones stay a rule."""
    rule, against_rest = objective.class_weight, objective.against_rest
    if rule is None:
        return {"sample_weight": sample_weight}
    codes = objective.y.astype(np.intp)
    if rule == "balanced":
        by_weight = objective.balanced_by_weight
        mass = sample_weight if by_weight else np.ones(len(codes))
        balance = BalancedWeights(codes, n_classes, mass, by_weight, against_rest)
        return {"sample_weight": sample_weight, "balance": balance}
    if against_rest is None:
        return {"sample_weight": sample_weight * np.array([rule[code] for code in range(n_classes)])[codes]}
    classes = np.arange(n_classes)
    of_rest, of_class = (rule[0], rule[1]) if against_rest == "both" else (1.0, [rule[code] for code in classes])
    return {
        "sample_weight": sample_weight,
        "output_factors": np.where(codes[:, None] == classes, of_class, of_rest),
    }


def _null_directions(loss, objective, K, coef, intercept):
    """A softmax does not see one number added to all outputs: what no penalty holds is flat along it.

    An l1 penalty does not hold a feature of which all coefficients are active and as many positive as negative.
    """
    p = coef.shape[1]
    if K == 1 or not loss.probabilistic:
        return None
    flat = np.full(p, not np.any(objective.penalty))
    if objective.l1:
        flat &= coef.all(axis=0) & (np.sign(coef).sum(axis=0) == 0)
    flat = np.r_[flat, np.full(int(intercept), not objective.intercept_penalty and not objective.intercept_l1)]
    # parameters of one output, one after the other, then the intercepts
    shift = sparse.csr_array(sparse.eye(p + intercept, format="csr"))[:, flat]
    null = sparse.vstack([shift[:p]] * K + [shift[p:]] * K, format="csr") / np.sqrt(K)
    # a matrix of this size is for solvers that take products with it alone, and it may be sparse for these
    return null.toarray() if np.prod(null.shape, dtype=float) <= _memory.DENSE_ORDER**2 else null
