"""Models that delete training rows exactly without an objective of parameters: their structure, and their outputs."""

from abc import abstractmethod
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
)
from sklearn.svm import SVC, SVR

from ..structures.neighbours import Neighbours
from ..structures.sums import Sums
from ..structures.support_vectors import SupportVectors
from .adapt import final_features
from .finite import check_sizes
from .model import ModelAdapter
from .neighbours import neighbours_of
from .output_model import output_model
from .outputs import FittedOutputs
from .refits import OutputModel
from .sklearn_checks import reason_against_metric
from .sums import TAKE_SPARSE, raw_of, reason_against, sums_of
from .support_vector_machines import decisions_of, support_vectors_of
from .support_vector_machines import reason_against as reason_against_kernel

__all__ = ["NeighboursAdapter", "StructureAdapter", "StructuredModel", "SumsAdapter", "SupportVectorAdapter"]

#: libsvm computes kernels in single precision: below this tolerance it gets no closer
LIBSVM_TOL = 1e-6


@dataclass(frozen=True, eq=False)
class StructuredModel(OutputModel):
    """A fitted estimator whose structure answers for deletions.

    Parameters
    ----------
    structure : Structure
        Its training rows, and what is left of it without some of them.
    unfitted : estimator
        What refits fit: the fitted one's settings, with what was chosen held fixed, at a tight tolerance.
    note : str
        What a reader of the effects has to know.
    refit_error : float
        Error of a refit's predictions, relative to their size.
    """

    structure: Any
    unfitted: Any
    note: str
    refit_error: float = OutputModel.refit_error

    def features(self, X: Any) -> Any:
        """Features that the final estimator sees, from raw rows: float64, dense or CSR."""
        return final_features(self.transformers, self.final, X)

    def feasible(self, sets: Sequence[np.ndarray]) -> np.ndarray:
        """Whether there is an answer without each set: (G,) of bool."""
        return self.structure.feasible(sets)

    @property
    def _unfitted(self):
        return self.unfitted

    def _outputs_of(self, fitted):
        return replace(self.outputs, final=fitted)


class StructureAdapter(ModelAdapter):
    """Adapts models that delete rows without an objective of parameters: a structure is made of them."""

    inherited = ("fit", "predict", "predict_proba", "decision_function")

    @abstractmethod
    def facts(self, final: Any, unnamed: Any, X: Any, y: Any, sample_weight: Any) -> dict[str, Any]:
        """What :class:`StructuredModel` needs of a fitted final estimator on its rows, by name.

        Rows are arrays; `unnamed` is the estimator without names of columns, which it would miss in them.
        """

    def adapt(self, model: Any, X: Any, y: Any, sample_weight: Any) -> StructuredModel:
        given = output_model(model, X, y, sample_weight)
        # features come as arrays, also where it was fitted with names of columns
        unnamed = copy(given.final)
        vars(unnamed).pop("feature_names_in_", None)
        given = replace(given, outputs=replace(given.outputs, final=unnamed))
        known = {field.name: getattr(given, field.name) for field in fields(OutputModel)}
        features = final_features((), given.final, given.X)
        check_sizes(features, given.final)
        return StructuredModel(**known | self.facts(given.final, unnamed, features, y, sample_weight))


class NeighboursAdapter(StructureAdapter):
    """Nearest neighbours: without a row the next one votes."""

    estimators = (KNeighborsClassifier, KNeighborsRegressor, RadiusNeighborsClassifier, RadiusNeighborsRegressor)
    makes = Neighbours

    def reason_against_fit(self, estimator: Any) -> str | None:
        return reason_against_metric(estimator)

    def facts(self, final: Any, unnamed: Any, X: Any, y: Any, sample_weight: Any) -> dict[str, Any]:
        return {
            "X": X,
            "structure": neighbours_of(unnamed, X, y, sample_weight),
            "unfitted": unnamed,
            "note": "exact: without a row the next nearest one votes",
        }


class SupportVectorAdapter(StructureAdapter):
    """Support vector machines: the support set is followed, or held fixed; every kernel but precomputed ones."""

    estimators = (SVC, SVR)
    makes = SupportVectors

    def reason_against(self, estimator: Any) -> str | None:
        return reason_against_kernel(estimator)

    def facts(self, final: Any, unnamed: Any, X: Any, y: Any, sample_weight: Any) -> dict[str, Any]:
        structure = support_vectors_of(unnamed, X, y, sample_weight)
        settings = {"tol": LIBSVM_TOL} if callable(final.kernel) else {"tol": LIBSVM_TOL, "gamma": final._gamma}
        return {
            "X": X,
            "structure": structure,
            "outputs": FittedOutputs(structure.loss, unnamed, (), decisions_of),
            "unfitted": clone(final).set_params(**settings),
            "note": "exact: the support set is followed as rows are deleted, and the kernel is held as fitted",
            "refit_error": LIBSVM_TOL,
        }


class SumsAdapter(StructureAdapter):
    """Naive Bayes and discriminants: rows are taken off the sums that the model is made of."""

    estimators = (
        BernoulliNB,
        CategoricalNB,
        ComplementNB,
        GaussianNB,
        LinearDiscriminantAnalysis,
        MultinomialNB,
        QuadraticDiscriminantAnalysis,
    )
    makes = Sums

    def reason_against(self, estimator: Any) -> str | None:
        return reason_against(estimator)

    def reason_against_fit(self, estimator: Any) -> str | None:
        # of discriminants; QuadraticDiscriminantAnalysis has no solvers before scikit-learn 1.8
        if getattr(estimator, "solver", None) == "svd" and estimator.shrinkage is not None:
            return (
                f"shrinkage={estimator.shrinkage!r} needs solver='lsqr' or 'eigen'; 'svd', the default, computes no "
                "covariance that could be shrunk"
            )
        return None

    def facts(self, final: Any, unnamed: Any, X: Any, y: Any, sample_weight: Any) -> dict[str, Any]:
        # scikit-learn fits some of them on dense rows alone, but predicts on sparse ones
        X = X if isinstance(final, TAKE_SPARSE) or not issparse(X) else X.toarray()
        structure = sums_of(final, X, y, sample_weight)
        return {
            "X": X,
            "structure": structure,
            "outputs": FittedOutputs(structure.loss, unnamed, (), raw_of),
            "unfitted": unnamed,
            "note": "exact: the rows are taken off the sums that the model is made of",
        }
