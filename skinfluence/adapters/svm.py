"""Linear support vector machines with squared losses: C sum_i s_i loss_i + (|w|^2 + (b / intercept_scaling)^2) / 2.

liblinear penalises the intercept as one more weight, and solves the same objective in its primal and its dual form.
With an l1 penalty, |w|_1 + |b / intercept_scaling| stands in the place of the squares.
"""

from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone
from sklearn.svm import LinearSVC, LinearSVR

from ..losses import Loss, OneVersusRestLoss, SquaredEpsilonInsensitiveLoss, SquaredHingeLoss
from ._base import Adapter, Objective
from .labels import balanced_rules, own_class_weight
from .sklearn_checks import reason_against_liblinear

__all__ = ["LinearSVCAdapter", "LinearSVRAdapter"]


def _primal(estimator):
    """The same objective for the solver that reaches tight tolerances."""
    return clone(estimator).set_params(dual=False)


def _reason_against_fit(estimator):
    if not isinstance(estimator.dual, bool):  # "auto"
        return None
    settings = [getattr(estimator, name, default) for name, default in (("multi_class", "ovr"), ("penalty", "l2"))]
    return reason_against_liblinear(*settings, estimator.loss, estimator.dual)


def _penalties(estimator):
    penalty, scale = 1 / estimator.C, estimator.intercept_scaling
    if getattr(estimator, "penalty", "l2") == "l1":
        return {"l1": penalty, "intercept_l1": penalty / scale}
    return {"penalty": penalty, "intercept_penalty": penalty / scale**2}


class LinearSVCAdapter(Adapter):
    """Two classes, or K problems of one class against the rest; with an l1 penalty on their active sets."""

    estimators = (LinearSVC,)
    # at 1e-12 liblinear never stops, and drops coefficients that an l1 penalty would keep
    tight: ClassVar = {"tol": 1e-10, "max_iter": 10_000}

    def reason_against(self, estimator: Any) -> str | None:
        if estimator.loss != "squared_hinge":
            return f"loss={estimator.loss!r} has no second derivative; use loss='squared_hinge' (the default)"
        if estimator.multi_class != "ovr":
            return f"multi_class={estimator.multi_class!r} is not smooth; use multi_class='ovr' (the default)"
        return None

    def reason_against_fit(self, estimator: Any) -> str | None:
        return _reason_against_fit(estimator)

    def plain(self, estimator: Any) -> Any:
        return _primal(estimator)

    def loss(self, estimator: Any) -> Loss:
        return SquaredHingeLoss() if len(estimator.classes_) == 2 else OneVersusRestLoss(SquaredHingeLoss())

    def objectives(
        self, estimator: Any, y: np.ndarray | None, codes: np.ndarray | None, sample_weight: np.ndarray
    ) -> list[Objective]:
        facts = _penalties(estimator) | own_class_weight(estimator)
        rules = balanced_rules(facts["class_weight"])
        return [Objective(codes, **facts, balanced_by_weight=by_weight) for by_weight in rules]


class LinearSVRAdapter(Adapter):
    """Squared residuals beyond a tube."""

    estimators = (LinearSVR,)

    def reason_against(self, estimator: Any) -> str | None:
        if estimator.loss != "squared_epsilon_insensitive":
            return f"loss={estimator.loss!r} has no second derivative; use loss='squared_epsilon_insensitive'"
        return None

    def reason_against_fit(self, estimator: Any) -> str | None:
        return _reason_against_fit(estimator)

    def plain(self, estimator: Any) -> Any:
        return _primal(estimator)

    def loss(self, estimator: Any) -> Loss:
        return SquaredEpsilonInsensitiveLoss(estimator.epsilon)

    def objectives(
        self, estimator: Any, y: np.ndarray | None, codes: np.ndarray | None, sample_weight: np.ndarray
    ) -> list[Objective]:
        return [Objective(y, **_penalties(estimator))]
