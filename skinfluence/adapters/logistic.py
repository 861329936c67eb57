"""LogisticRegression and LogisticRegressionCV: sum_i s_i log-loss_i + ((1 - l1) |w|^2 / 2 + l1 |w|_1) / C."""

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV

from ..exceptions import UnsupportedEstimatorError
from ..losses import BinaryLogLoss, MultinomialLogLoss
from ._base import Adapter, Objective
from .labels import balanced_rules, class_weight_by_code

__all__ = ["LogisticAdapter"]


class LogisticAdapter(Adapter):
    """Binary and multinomial, every smooth solver; liblinear penalises b / intercept_scaling as one more weight.

    With an l1 penalty, two classes on the active set of the fit.
    """

    estimators = (LogisticRegression, LogisticRegressionCV)

    def reason_against(self, estimator):
        if isinstance(estimator, LogisticRegressionCV) and not estimator.refit:
            return "refit=False averages coefficients over folds, which is the optimum of no objective; use refit=True"
        if getattr(estimator, "multi_class", "deprecated") not in ("deprecated", "auto"):
            return "multi_class is set; leave it out, or use OneVsRestClassifier for one-versus-rest"
        if isinstance(estimator, LogisticRegressionCV) and np.any(_l1_ratios(estimator)):
            return "an l1 penalty has no treatment here; use LogisticRegression with the chosen C and l1_ratio"
        return None

    def plain(self, estimator):
        if not isinstance(estimator, LogisticRegressionCV):
            return clone(estimator)
        known = LogisticRegression().get_params()
        shared = {name: value for name, value in estimator.get_params(deep=False).items() if name in known}
        # penalty and n_jobs are deprecated arguments by now; the objective is in C and, here, in no l1_ratio
        for name in ("penalty", "n_jobs", "multi_class"):
            shared.pop(name, None)
        return LogisticRegression(C=_chosen_C(estimator), **shared)

    def loss(self, estimator):
        return BinaryLogLoss() if len(estimator.classes_) == 2 else MultinomialLogLoss()

    def objectives(self, estimator, y, codes, sample_weight):
        n_classes = len(estimator.classes_)
        liblinear = estimator.solver == "liblinear"
        if liblinear and n_classes > 2:
            raise UnsupportedEstimatorError(
                f"solver='liblinear' fits {n_classes} separate models for {n_classes} classes; use another solver"
            )
        free = getattr(estimator, "penalty", "l2") in (None, "none")
        penalty, ratio = (0.0, 0.0) if free else (1 / _chosen_C(estimator), _l1_ratios(estimator)[0])
        if ratio and n_classes > 2:
            raise UnsupportedEstimatorError(
                f"an l1 penalty with {n_classes} classes has an active set for each; use l1_ratio=0, or two classes"
            )
        # liblinear's intercept is the weight of one more feature, of value intercept_scaling
        scale = 1 / estimator.intercept_scaling if liblinear else 0.0
        smooth, l1 = (1 - ratio) * penalty, ratio * penalty
        penalties = {"penalty": smooth, "intercept_penalty": smooth * scale**2, "l1": l1, "intercept_l1": l1 * scale}
        class_weight = class_weight_by_code(estimator.class_weight, estimator.classes_)
        return [
            Objective(codes, **penalties, class_weight=class_weight, balanced_by_weight=by_weight)
            for by_weight in balanced_rules(class_weight)
        ]


def _chosen_C(estimator):
    """C, or the C that cross-validation chose."""
    chosen = np.unique(np.ravel(getattr(estimator, "C_", estimator.__dict__.get("C"))))
    if len(chosen) > 1:
        raise UnsupportedEstimatorError(
            f"each class has a C of its own, {chosen}; that is one-versus-rest: refit without"
        )
    return float(chosen[0])


def _l1_ratios(estimator):
    """Every l1_ratio that the settings allow, or the chosen one of a fitted cross-validation."""
    penalty = getattr(estimator, "penalty", "l2")
    if penalty == "l1":
        return [1.0]
    if penalty == "l2":
        return [0.0]
    ratios = getattr(estimator, "l1_ratio_", None)
    if ratios is None:
        ratios = getattr(estimator, "l1_ratios", getattr(estimator, "l1_ratio", 0.0))
    ratios = np.atleast_1d(0.0 if ratios is None or isinstance(ratios, str) else ratios)
    return [float(ratio or 0.0) for ratio in ratios]
