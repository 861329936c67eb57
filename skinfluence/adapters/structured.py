"""Models that delete training rows exactly without an objective of parameters: their structure, and their outputs."""

from copy import copy
from dataclasses import dataclass, fields, replace

import numpy as np
from sklearn.base import clone
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, MultinomialNB
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
)
from sklearn.svm import SVC, SVR

from .adapt import final_features
from .neighbours import neighbours_of
from .outputs import FittedOutputs
from .refits import OutputModel, output_model
from .sums import raw_of, sums_of
from .support_vector_machines import support_vectors_of
from .unwrap import unwrap_settings

__all__ = ["StructuredModel", "structure_model"]

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
    """

    structure: object
    unfitted: object
    note: str

    def features(self, X):
        """Features that the final estimator sees, from raw rows: float64, dense or CSR."""
        return final_features(self.transformers, self.final, X)

    def feasible(self, sets):
        """Whether there is an answer without each set: (G,) of bool."""
        return self.structure.feasible(sets)

    def refitted(self, rows):
        """The outputs of the estimator fitted anew without some rows; None where it cannot be."""
        fitted = self._fit_without(rows, self.unfitted)
        return None if fitted is None else replace(self.outputs, final=fitted)


def _neighbours(final, X, y, sample_weight):
    return {
        "structure": neighbours_of(final, X, y, sample_weight),
        "unfitted": final,
        "note": "exact: without a row the next nearest one votes",
    }


def structure_model(estimator, X, y, sample_weight):
    """A fitted estimator with its structure; None where it has none of these.

    Parameters
    ----------
    estimator : fitted estimator
        In any nesting of Pipelines, searches and FrozenEstimator.
    X, y, sample_weight
        Its training rows.
    """
    final = unwrap_settings(estimator)[1]
    build = next((build for classes, build in _BUILDERS if isinstance(final, classes)), None)
    if build is None:
        return None
    model = output_model(estimator, X, y, sample_weight)
    facts = {field.name: getattr(model, field.name) for field in fields(OutputModel)}
    features = final_features(model.transformers, model.final, X)
    return StructuredModel(**facts | build(model.final, features, y, sample_weight))


def _machine(final, X, y, sample_weight):
    structure = support_vectors_of(final, X, y, sample_weight)
    settings = {"tol": LIBSVM_TOL} if callable(final.kernel) else {"tol": LIBSVM_TOL, "gamma": final._gamma}
    return {
        "X": X,
        "structure": structure,
        "outputs": FittedOutputs(structure.loss, final, (), _decisions),
        "unfitted": clone(final).set_params(**settings),
        "note": "exact: the support set is followed as rows are deleted, and the kernel is held as fitted",
    }


def _decisions(final, X):
    """Decision values (m, 1), or (m, K) for K > 2 classes whatever shape the estimator gives them."""
    if not isinstance(final, SVC):
        return final.predict(X)[:, None]
    if len(final.classes_) > 2:
        final = copy(final)
        final.decision_function_shape = "ovr"
    return np.reshape(final.decision_function(X), (X.shape[0], -1))


def _sums(final, X, y, sample_weight):
    structure = sums_of(final, X, y, sample_weight)
    # features come as arrays, also where it was fitted with names of columns
    unnamed = copy(final)
    vars(unnamed).pop("feature_names_in_", None)
    return {
        "X": X,
        "structure": structure,
        "outputs": FittedOutputs(structure.loss, unnamed, (), raw_of),
        "unfitted": unnamed,
        "note": "exact: the rows are taken off the sums that the model is made of",
    }


_NEIGHBOURS = KNeighborsClassifier, KNeighborsRegressor, RadiusNeighborsClassifier, RadiusNeighborsRegressor
_SUMS = MultinomialNB, BernoulliNB, ComplementNB, CategoricalNB, QuadraticDiscriminantAnalysis
_BUILDERS = (((SVC, SVR), _machine), (_NEIGHBOURS, _neighbours), (_SUMS, _sums))
