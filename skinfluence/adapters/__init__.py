"""Fitted estimators to models: the only room that knows estimator classes."""

from ._base import Adapter, Objective
from .adapt import AdaptedModel, adapt
from .blocks import RowBlocks, adapt_blocks, as_row_blocks
from .fitting import are_classes, default_estimator, fit_estimator, fit_weighted
from .labels import encode_labels, plain_labels
from .model import Model, ModelAdapter
from .output_model import output_model
from .outputs import FittedOutputs, fitted_outputs
from .pairwise import check_takes_features
from .reducing import Reduced, Reduction
from .refits import OutputModel
from .registry import register, requires_y, supported_classes
from .rule import Refusal, Rule
from .rules import RULES
from .seeds import check_repeatable, seeded_model
from .structured import StructureAdapter, StructuredModel
from .supports import check_reads, supports
from .unwrap import check_fits_anew, is_fitted, resampling_step, unwrap
from .whole import whole_estimator
from .whole_model import WholeModel, WholeState, whole_model

__all__ = [
    "RULES",
    "AdaptedModel",
    "Adapter",
    "FittedOutputs",
    "Model",
    "ModelAdapter",
    "Objective",
    "OutputModel",
    "Reduced",
    "Reduction",
    "Refusal",
    "RowBlocks",
    "Rule",
    "StructureAdapter",
    "StructuredModel",
    "WholeModel",
    "WholeState",
    "adapt",
    "adapt_blocks",
    "are_classes",
    "as_row_blocks",
    "check_fits_anew",
    "check_reads",
    "check_repeatable",
    "check_takes_features",
    "default_estimator",
    "encode_labels",
    "fit_estimator",
    "fit_weighted",
    "fitted_outputs",
    "is_fitted",
    "output_model",
    "plain_labels",
    "register",
    "requires_y",
    "resampling_step",
    "seeded_model",
    "supported_classes",
    "supports",
    "unwrap",
    "whole_estimator",
    "whole_model",
]

register(*RULES)
