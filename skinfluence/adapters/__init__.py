"""Fitted estimators to problems: the only room that knows estimator classes."""

from . import elastic_net, glm, huber, kernels, logistic, multi_output, one_versus_rest, ridge, sgd, svm, wrapped
from ._base import Adapter, Objective
from .adapt import AdaptedModel, adapt, has_row_hessians, supported_classes, supports
from .blocks import RowBlocks, adapt_blocks, as_row_blocks
from .closed_forms import DiscriminantDoor, NaiveBayesDoor
from .doors import Door, Model, requires_y
from .fitting import default_estimator, fit_estimator, fit_weighted
from .labels import encode_labels
from .outputs import FittedOutputs, fitted_outputs
from .presence import PresenceDoor, PresenceLoss
from .ranking import ListMLEDoor, ListMLERanker
from .refits import OutputModel, output_model
from .restating import Restated, Restatement
from .structured import StructuredModel, structure_model
from .support_vectors import SupportVectorDoor
from .survival import LifelinesCox, LifelinesCoxDoor, LifelinesDoor, SksurvDoor
from .unwrap import is_fitted, unwrap

__all__ = [
    "AdaptedModel",
    "Adapter",
    "FittedOutputs",
    "LifelinesCox",
    "LifelinesCoxDoor",
    "LifelinesDoor",
    "ListMLEDoor",
    "ListMLERanker",
    "Objective",
    "OutputModel",
    "PresenceDoor",
    "PresenceLoss",
    "Restated",
    "Restatement",
    "RowBlocks",
    "SksurvDoor",
    "StructuredModel",
    "SupportVectorDoor",
    "DiscriminantDoor",
    "Door",
    "Model",
    "NaiveBayesDoor",
    "adapt",
    "adapt_blocks",
    "as_row_blocks",
    "default_estimator",
    "elastic_net",
    "encode_labels",
    "fit_estimator",
    "fit_weighted",
    "fitted_outputs",
    "glm",
    "huber",
    "has_row_hessians",
    "is_fitted",
    "kernels",
    "logistic",
    "one_versus_rest",
    "output_model",
    "ridge",
    "sgd",
    "structure_model",
    "multi_output",
    "supported_classes",
    "supports",
    "svm",
    "requires_y",
    "unwrap",
    "wrapped",
]
