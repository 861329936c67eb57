"""What is asked of a model: a scalar of its raw predictions on given rows, or of its parameters."""

from ._base import Target
from .adversarial import AdversarialLoss
from .combination import Combination, Multiple, Sum
from .evaluate import target_gradient, target_row_cotangents, target_row_values, target_value
from .fairness import DemographicParity, EqualOpportunity, EqualOpportunityLoss, GroupGap
from .groups import check_groups
from .names import resolve_target, target_names
from .parameter import Parameter
from .pointwise import ClassProbability, LogLoss, Loss, Margin, PointwiseTarget, Prediction
from .rows import EvaluationRows, check_weights, evaluation_rows
from .self_influence import SelfInfluence

__all__ = [
    "AdversarialLoss",
    "ClassProbability",
    "Combination",
    "DemographicParity",
    "EqualOpportunity",
    "EqualOpportunityLoss",
    "EvaluationRows",
    "GroupGap",
    "LogLoss",
    "Loss",
    "Margin",
    "Multiple",
    "Parameter",
    "PointwiseTarget",
    "Prediction",
    "SelfInfluence",
    "Sum",
    "Target",
    "check_groups",
    "check_weights",
    "evaluation_rows",
    "resolve_target",
    "target_gradient",
    "target_names",
    "target_row_cotangents",
    "target_row_values",
    "target_value",
]
