"""What is asked of a model: a scalar of its raw predictions on given rows, or of its parameters."""

from ._base import Target
from .adversarial import AdversarialLoss, MovedLoss
from .attacks import FGSMLoss, PGDLoss
from .candidates import OneByOne
from .combination import Combination, Multiple, Sum
from .fairness import DemographicParity, EqualizedOdds, EqualOpportunity, EqualOpportunityLoss, GroupGap
from .function import FunctionTarget
from .group_means import GroupMeans, WorstGroup
from .groups import check_groups
from .names import resolve_target, target_names
from .parameter import Parameter
from .pointwise import ClassProbability, LogLoss, Loss, Margin, PointwiseTarget, Prediction
from .question import Question, Slope, ask, measure, require_additive
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
    "Question",
    "RelativeRisk",
    "Scorer",
    "SelfInfluence",
    "Slope",
    "Sum",
    "SurvivalProbability",
    "Target",
    "ThetaFunction",
    "WorstGroup",
    "ZValue",
    "ask",
    "check_groups",
    "check_weights",
    "evaluation_rows",
    "measure",
    "require_additive",
    "resolve_target",
    "target_names",
]
