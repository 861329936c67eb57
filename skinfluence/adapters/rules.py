"""The rules of this package, all of them: what each kind of estimator is, and what is refused."""

from .elastic_net import ElasticNetAdapter
from .glm import GeneralizedLinearAdapter
from .huber import HuberAdapter
from .kernels import GaussianProcessReduction, KernelRidgeReduction
from .logistic import LogisticAdapter
from .multi_output import MultiOutputReduction
from .one_versus_rest import OneVersusRestAdapter, OneVersusRestReduction
from .presence import PresenceAdapter
from .ranking import ListMLEAdapter
from .refused import REFUSALS
from .ridge import LinearRegressionAdapter, RidgeAdapter, RidgeClassifierAdapter
from .sgd import SGDClassifierAdapter, SGDRegressorAdapter
from .structured import NeighboursAdapter, SumsAdapter, SupportVectorAdapter
from .survival import LifelinesAdapter, LifelinesCoxAdapter, SksurvAdapter
from .svm import LinearSVCAdapter, LinearSVRAdapter
from .wrapped import CalibratedClassifierReduction, TransformedTargetReduction

__all__ = ["RULES"]

#: of two rules for one class the first speaks
RULES = [
    # linear predictors, each with its own objective
    ElasticNetAdapter(),
    GeneralizedLinearAdapter(),
    HuberAdapter(),
    LinearRegressionAdapter(),
    LinearSVCAdapter(),
    LinearSVRAdapter(),
    LogisticAdapter(),
    OneVersusRestAdapter(),
    RidgeAdapter(),
    RidgeClassifierAdapter(),
    SGDClassifierAdapter(),
    SGDRegressorAdapter(),
    # estimators in the terms of these
    CalibratedClassifierReduction(),
    GaussianProcessReduction(),
    KernelRidgeReduction(),
    MultiOutputReduction(),
    OneVersusRestReduction(),
    TransformedTargetReduction(),
    # models with an objective of their own
    LifelinesAdapter(),
    LifelinesCoxAdapter(),
    ListMLEAdapter(),
    PresenceAdapter(),
    SksurvAdapter(),
    # models that delete rows without an objective
    NeighboursAdapter(),
    SumsAdapter(),
    SupportVectorAdapter(),
    *REFUSALS,
]
