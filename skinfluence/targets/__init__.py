"""What is asked of a model: a scalar of its raw predictions on given rows, or of its parameters."""

from ._base import Target
from .adversarial import AdversarialLoss, MovedLoss
from .attacks import FGSMLoss, PGDLoss
from .candidates import OneByOne
from .combination import Combination, Multiple, Sum
from .evaluate import require_additive, target_gradient, target_row_cotangents, target_row_values, target_value
from .fairness import DemographicParity, EqualizedOdds, EqualOpportunity, EqualOpportunityLoss, GroupGap
from .function import FunctionTarget
from .group_means import GroupMeans, WorstGroup
from .groups import check_groups
from .names import resolve_target, target_names
from .parameter import Parameter
from .pointwise import ClassProbability, LogLoss, Loss, Margin, PointwiseTarget, Prediction
from .rows import EvaluationRows, check_weights, evaluation_rows
from .scorer import Scorer
from .self_influence import SelfInfluence
from .survival import Concordance, LogHazard, PartialLikelihood, RelativeRisk
from .survival_fit import SurvivalProbability, ZValue
from .theta import ThetaFunction

__all__ = [
    "AdversarialLoss",
    "ClassProbability",
    "Combination",
    "Concordance",
    "DemographicParity",
    "EqualOpportunity",
    "EqualOpportunityLoss",
    "EqualizedOdds",
    "EvaluationRows",
    "FGSMLoss",
    "FunctionTarget",
    "GroupGap",
    "GroupMeans",
    "LogHazard",
    "LogLoss",
    "Loss",
    "Margin",
    "MovedLoss",
    "Multiple",
    "OneByOne",
    "PGDLoss",
    "Parameter",
    "PartialLikelihood",
    "PointwiseTarget",
    "Prediction",
    "RelativeRisk",
    "Scorer",
    "SelfInfluence",
    "Sum",
    "SurvivalProbability",
    "Target",
    "ThetaFunction",
    "WorstGroup",
    "ZValue",
    "check_groups",
    "check_weights",
    "evaluation_rows",
    "require_additive",
    "resolve_target",
    "target_gradient",
    "target_names",
    "target_row_cotangents",
    "target_row_values",
    "target_value",
]
