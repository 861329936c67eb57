"""LogisticRegression and LogisticRegressionCV: sum_i s_i log-loss_i + ((1 - l1) |w|^2 / 2 + l1 |w|_1) / C."""

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV

from .._compat import VERSION
from ..exceptions import UnsupportedEstimatorError
from ..losses import BinaryLogLoss, Loss, MultinomialLogLoss
from ._base import Adapter, Objective
from .labels import balanced_rules, class_weight_by_code
from .sklearn_checks import reason_against_logistic

__all__ = ["LogisticAdapter"]


class LogisticAdapter(Adapter):
    """Binary and multinomial, every smooth solver; liblinear penalises b / intercept_scaling as one more weight.

    With an l1 penalty, on the active set of the fit, which each class has for itself.
    """

    estimators = (LogisticRegression, LogisticRegressionCV)

    def reason_against(self, estimator: Any) -> str | None:
        if isinstance(estimator, LogisticRegressionCV) and not estimator.refit:
            return "refit=False averages coefficients over folds, which is the optimum of no objective; use refit=True"
        if getattr(estimator, "multi_class", "deprecated") not in ("deprecated", "auto"):
            return "multi_class is set; leave it out, or use OneVsRestClassifier for one-versus-rest"
        return None

    def reason_against_fit(self, estimator: Any) -> str | None:
        reasons = (reason_against_logistic(estimator.solver, name, estimator.dual) for name in _penalties(estimator))
        return next(filter(None, reasons), None)

    def plain(self, estimator: Any) -> Any:
        if not isinstance(estimator, LogisticRegressionCV):
            return clone(estimator)
        known = LogisticRegression().get_params()
        shared = {name: value for name, value in estimator.get_params(deep=False).items() if name in known}
        # penalty and n_jobs are deprecated arguments by now; the objective is in C and l1_ratio
        for name in ("n_jobs", "multi_class"):
            shared.pop(name, None)
        penalty, ratio = shared.pop("penalty", None), _l1_ratio(estimator)
        if ratio:
            shared["l1_ratio"] = ratio
        if ratio and known["penalty"] != "deprecated":
            shared["penalty"] = penalty
        return LogisticRegression(C=_chosen_C(estimator), **shared)

    def loss(self, estimator: Any) -> Loss:
        return BinaryLogLoss() if len(estimator.classes_) == 2 else MultinomialLogLoss()

    def objectives(
        self, estimator: Any, y: np.ndarray | None, codes: np.ndarray | None, sample_weight: np.ndarray
    ) -> list[Objective]:
        n_classes = len(estimator.classes_)
        liblinear = estimator.solver == "liblinear"
        if liblinear and n_classes > 2:
            raise UnsupportedEstimatorError(
                f"solver='liblinear' fits {n_classes} separate models for {n_classes} classes; use another solver"
            )
        free = getattr(estimator, "penalty", "l2") in (None, "none")
        penalty, ratio = (0.0, 0.0) if free else (1 / _chosen_C(estimator), _l1_ratio(estimator))
        # liblinear's intercept is the weight of one more feature, of value intercept_scaling
        scale = 1 / estimator.intercept_scaling if liblinear else 0.0
        smooth, l1 = (1 - ratio) * penalty, ratio * penalty
        penalties: dict[str, Any] = {
            "penalty": smooth,
            "intercept_penalty": smooth * scale**2,
            "l1": l1,
            "intercept_l1": l1 * scale,
        }
        class_weight = class_weight_by_code(estimator.class_weight, estimator.classes_)
        return [
            Objective(codes, **penalties, class_weight=class_weight, balanced_by_weight=by_weight)
            for by_weight in balanced_rules(class_weight)
        ]


def _penalties(estimator):
    """Names of the penalties that scikit-learn's fit may be with."""
    # since scikit-learn 1.8 C is how a fit without a penalty is asked for
    endless = (
        VERSION >= (1, 8) and np.ndim(getattr(estimator, "C", None)) == 0 and estimator.__dict__.get("C") == np.inf
    )
    if endless or getattr(estimator, "penalty", "l2") in (None, "none"):
        return {None}
    several = getattr(estimator, "l1_ratios", None)
    known = np.ndim(several) == 1 and getattr(estimator, "penalty", None) not in ("l1", "l2")
    ratios = [float(ratio or 0) for ratio in several] if known else [_l1_ratio(estimator)]
    return {{0.0: "l2", 1.0: "l1"}.get(ratio, "elasticnet") for ratio in ratios}


def _chosen_C(estimator):
    """C, or the C that cross-validation chose."""
    chosen = np.unique(np.ravel(getattr(estimator, "C_", estimator.__dict__.get("C"))))
    if len(chosen) > 1:
        raise UnsupportedEstimatorError(
            f"each class has a C of its own, {chosen}; that is one-versus-rest: refit without"
        )
    return float(chosen[0])


def _l1_ratio(estimator):
    """l1_ratio, or the one that cross-validation chose; a penalty by name goes before it."""
    penalty = getattr(estimator, "penalty", "l2")
    if penalty in ("l1", "l2"):
        return float(penalty == "l1")
    ratio = np.ravel(getattr(estimator, "l1_ratio_", getattr(estimator, "l1_ratio", None)))[0]
    return float(ratio or 0.0)
