"""Estimators that are refused by name: why their fits have no exact influence, and what to use instead."""

from sklearn.ensemble import BaseEnsemble, HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.linear_model import Perceptron, QuantileRegressor
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, RegressorChain
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.svm import NuSVC, NuSVR, OneClassSVM
from sklearn.tree import BaseDecisionTree

from .rule import Refusal

__all__ = ["REFUSALS"]

_REFIT = "use LeaveOneOut(estimator, method='refit')"
_REASONS = (
    (
        (NuSVC,),
        "nu fixes the share of support vectors, so that every deletion moves all bounds; use SVC, or for refits "
        f"{_REFIT}",
    ),
    (
        (NuSVR,),
        "nu chooses epsilon anew when a row leaves; use SVR with that epsilon, KernelRidge with the same kernel, or "
        f"for refits {_REFIT}",
    ),
    (
        (OneClassSVM,),
        "it has no labels, and its bounds move with the number of rows; use a supported classifier, or for refits "
        f"{_REFIT}",
    ),
    (
        (QuantileRegressor,),
        "its pinball loss has no second derivative, and the fit goes through some rows exactly; use HuberRegressor or "
        f"Ridge, or for refits {_REFIT}",
    ),
    (
        (Perceptron,),
        "it stops at whichever separating plane it meets first, the optimum of nothing; use LogisticRegression, or for "
        f"refits {_REFIT}",
    ),
    (
        (MLPClassifier, MLPRegressor),
        "its objective is not convex, and training stops away from an optimum, so that no refit lands nearby; use a "
        f"linear model on the activations of its last hidden layer, or for refits {_REFIT}",
    ),
    (
        (GaussianProcessClassifier,),
        "its latent function is integrated out by an approximation; use LogisticRegression behind a Nystroem feature "
        f"map, or for refits {_REFIT}",
    ),
    (
        (MultiOutputClassifier,),
        "it holds a classifier for each label, and there is no loss of all of them; explain each estimators_[j] with "
        "its y[:, j]",
    ),
    (
        (ClassifierChain, RegressorChain),
        "each of its models takes the labels before its own as features, true ones in training and predicted ones "
        "after it; explain each estimators_[j] with the features and labels that it was trained on",
    ),
    (
        (BaseDecisionTree, BaseEnsemble, HistGradientBoostingClassifier, HistGradientBoostingRegressor),
        f"its splits jump when a row leaves; {_REFIT}, or a supported model as a surrogate",
    ),
)
REFUSALS = [Refusal(classes, reason) for classes, reason in _REASONS]
