"""Linear support vector machines with squared losses: C sum_i s_i loss_i + (|w|^2 + (b / intercept_scaling)^2) / 2.

liblinear penalises the intercept as one more weight, and solves the same objective in its primal and its dual form.
"""

from sklearn.base import clone
from sklearn.svm import LinearSVC, LinearSVR

from ..losses import OneVersusRestLoss, SquaredEpsilonInsensitiveLoss, SquaredHingeLoss
from ._base import Adapter, Objective
from .labels import balanced_rules, class_weight_of_rows

__all__ = ["LinearSVCAdapter", "LinearSVRAdapter"]


def _primal(estimator):
    """The same objective for the solver that reaches tight tolerances."""
    return clone(estimator).set_params(dual=False)


def _penalties(estimator):
    return 1 / estimator.C, 1 / (estimator.C * estimator.intercept_scaling**2)


class LinearSVCAdapter(Adapter):
    """Two classes, or K problems of one class against the rest."""

    estimators = (LinearSVC,)

    def reason_against(self, estimator):
        if estimator.loss != "squared_hinge":
            return f"loss={estimator.loss!r} has no second derivative; use loss='squared_hinge' (the default)"
        if estimator.penalty != "l2":
            return f"penalty={estimator.penalty!r} is not smooth; use penalty='l2' (the default)"
        if estimator.multi_class != "ovr":
            return f"multi_class={estimator.multi_class!r} is not smooth; use multi_class='ovr' (the default)"
        return None

    def plain(self, estimator):
        return _primal(estimator)

    def loss(self, estimator):
        return SquaredHingeLoss() if len(estimator.classes_) == 2 else OneVersusRestLoss(SquaredHingeLoss())

    def objectives(self, estimator, y, codes, sample_weight):
        class_weight = class_weight_of_rows(estimator)
        return [
            Objective(codes, *_penalties(estimator), class_weight=class_weight, balanced_by_weight=by_weight)
            for by_weight in balanced_rules(class_weight)
        ]


class LinearSVRAdapter(Adapter):
    """Squared residuals beyond a tube."""

    estimators = (LinearSVR,)

    def reason_against(self, estimator):
        if estimator.loss != "squared_epsilon_insensitive":
            return f"loss={estimator.loss!r} has no second derivative; use loss='squared_epsilon_insensitive'"
        return None

    def plain(self, estimator):
        return _primal(estimator)

    def loss(self, estimator):
        return SquaredEpsilonInsensitiveLoss(estimator.epsilon)

    def objectives(self, estimator, y, codes, sample_weight):
        return [Objective(y, *_penalties(estimator))]
