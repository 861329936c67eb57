"""What is asked of a model: a scalar of its raw predictions on given rows, or of its parameters."""

from ._base import Combination, Multiple, Sum, Target
from .adversarial import AdversarialLoss, MovedLoss
from .attacks import FGSMLoss, PGDLoss
from .candidates import OneByOne
from .fairness import DemographicParity, EqualizedOdds, EqualOpportunity, EqualOpportunityLoss, GroupGap
from .function import FunctionTarget
from .group_means import GroupMeans, WorstGroup
from .groups import check_groups, check_train_groups
from .kinds import has_gradient, is_additive, is_of_theta, require_additive, require_parameters
from .names import resolve_target, target_names
from .parameter import Parameter, ThetaTarget
from .pointwise import ClassProbability, LogLoss, Loss, Margin, PointwiseTarget, Prediction
from .question import Question, Slope, ask, measure
from .raw import Moves, RawTarget
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
    "Moves",
    "Multiple",
    "OneByOne",
    "PGDLoss",
    "Parameter",
    "PartialLikelihood",
    "PointwiseTarget",
    "Prediction",
    "Question",
    "RawTarget",
    "RelativeRisk",
    "Scorer",
    "SelfInfluence",
    "Slope",
    "Sum",
    "SurvivalProbability",
    "Target",
    "ThetaFunction",
    "ThetaTarget",
    "WorstGroup",
    "ZValue",
    "ask",
    "check_groups",
    "check_train_groups",
    "check_weights",
    "evaluation_rows",
    "has_gradient",
    "is_additive",
    "is_of_theta",
    "measure",
    "require_additive",
    "require_parameters",
    "resolve_target",
    "target_names",
]
