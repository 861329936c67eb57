"""SVC of two classes and SVR on the support set of the fit: C sum_i s_i loss_i + |w|^2 / 2, w in the kernel's space."""

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from sklearn.base import clone
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.svm import SVC, SVR
from sklearn.utils.validation import _check_sample_weight, check_array, check_consistent_length, check_is_fitted

from ..exceptions import StationarityError, UnsupportedEstimatorError
from ..losses import EpsilonInsensitiveLoss, HingeLoss
from ..problems import BalancedWeights, SupportVectorProblem
from .adapt import check_some_weight, final_features
from .doors import Door, Model
from .labels import class_weight_by_code, encode_labels
from .unwrap import unwrap

__all__ = ["SupportVectorDoor", "SupportVectorModel"]

#: distance from zero or a bound, relative to it, within which a coefficient is there but for the solver's tolerance
AT_BOUND = 1e-5
#: condition number of the free vectors' system beyond which its solution is rounding
SINGULAR = 1e13
#: rows that are looked at to tell whether they make the fitted machine
SAMPLE = 256


@dataclass(frozen=True, eq=False)
class SupportVectorModel(Model):
    """A fitted support vector machine on its rows.

    Parameters
    ----------
    problem : SupportVectorProblem
        Its coefficients.
    transformers : tuple
        Fitted preprocessing before it, held fixed.
    final : estimator
        Fitted.
    sample_weight : ndarray of shape (n,)
        Ones when none.
    """

    problem: SupportVectorProblem
    transformers: tuple
    final: object
    sample_weight: np.ndarray

    #: each refit has coefficients of its own support vectors
    comparable = False

    @property
    def classes(self):
        """Class labels, None for regression."""
        return getattr(self.final, "classes_", None)

    @cached_property
    def note(self):
        """How far the support set can be trusted."""
        changing, looked_at = self.problem.support_changes()
        held = "the support set is held fixed, and so is the kernel as fitted"
        if not changing:
            return held
        return f"{held}; the support set may change: {changing} of {looked_at} deletions of support vectors change it"

    def within_tolerance(self):
        """Whether the margins of the free vectors are as exact as ``tol`` asks."""
        problem = self.problem
        free = problem.support[problem.unbound]
        left = problem.raw(problem.X[free])[:, 0] - problem.margins[problem.unbound]
        return bool(np.max(np.abs(left), initial=0) <= 10 * self.final.tol)

    def features(self, X):
        """Features that the final estimator sees, from raw rows."""
        return final_features(self.transformers, self.final, X)

    def labels(self, X, y):
        """Class codes, or float64."""
        if self.classes is not None:
            return encode_labels(y, self.classes)
        return check_array(y, ensure_2d=False, dtype=np.float64, input_name="y").ravel()

    def refitted(self, rows):
        """The machine fitted without some rows, on the support set that it finds itself; the kernel is held fixed."""
        problem = self.problem
        keep = np.setdiff1d(np.arange(problem.n_rows), rows)
        y = problem.y[keep] if self.classes is None else self.classes[problem.y[keep]]
        # libsvm computes kernels in single precision: it gets no closer, and below never stops
        final = clone(self.final).set_params(tol=1e-6)
        if not callable(final.kernel):
            final.set_params(gamma=_gamma(self.final))
        final.fit(problem.X[keep], y, sample_weight=self.sample_weight[keep])
        return _problem(final, problem.X[keep], problem.y[keep], self.sample_weight[keep], final.support_)


class SupportVectorDoor(Door):
    """On the support set of the fit, for SVC of two classes; with every kernel but precomputed ones."""

    names = ("SVC", "SVR")

    def recognises(self, model):
        return isinstance(model, (SVC, SVR))

    def reason_against(self, model):
        if not callable(model.kernel) and model.kernel == "precomputed":
            return "kernel='precomputed' does not know the rows; use a named or callable kernel, and the rows"
        n_classes = len(getattr(model, "classes_", (0, 1)))
        if n_classes > 2:
            return (
                f"{n_classes} classes are a vote of {n_classes * (n_classes - 1) // 2} machines, one for each pair; "
                "use one SVC for each pair or class, LinearSVC behind a Nystroem feature map, or "
                "LeaveOneOut(estimator, method='refit')"
            )
        return None

    def adapt(self, model, X, y, sample_weight):
        """The fitted model, in any nesting of Pipelines and searches, on its rows."""
        transformers, final = unwrap(model)
        check_is_fitted(final)
        features = final_features(transformers, final, X)
        check_consistent_length(features, y)
        if isinstance(final, SVC):
            labels = encode_labels(y, final.classes_)
        else:
            labels = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y").ravel()
        weight = _check_sample_weight(sample_weight, features, dtype=np.float64, ensure_non_negative=True)
        check_some_weight(weight)
        support = _support_rows(final, features, labels if isinstance(final, SVC) else None)
        problem = _problem(final, features, labels, weight, support)
        _check_reproduced(problem, final)
        _check_system(problem, final)
        return SupportVectorModel(problem, tuple(transformers), final, weight)


def _problem(final, X, y, weight, support):
    """The machine on its rows, at its own coefficients."""
    beta, limits = np.ravel(_dense(final.dual_coef_)), final.C * weight[support]
    if isinstance(final, SVC):
        limits = limits * final.class_weight_[y[support]]
    kept = np.abs(beta) > AT_BOUND * limits
    support, beta, limits = np.asarray(support[kept], dtype=np.intp), beta[kept], limits[kept]
    return SupportVectorProblem(
        kernel=_kernel(final),
        X=X,
        y=y,
        sample_weight=weight,
        support=support,
        unbound=np.abs(beta) < (1 - AT_BOUND) * limits,
        theta=np.append(beta, final.intercept_),
        **_sides(final, y, weight, support, np.sign(beta), limits),
    )


def _sides(final, y, weight, support, sign, limits):
    """Loss, margins of the support vectors, and their bounds."""
    if not isinstance(final, SVC):
        margins = y[support] - final.epsilon * sign
        return {"loss": EpsilonInsensitiveLoss(final.epsilon), "margins": margins, "bounds": sign * limits}
    facts = {"loss": HingeLoss(), "margins": 2.0 * y[support] - 1, "bounds": sign * limits}
    if class_weight_by_code(final.class_weight, final.classes_) == "balanced":
        facts["balance"] = BalancedWeights(y, 2, np.ones(len(y)), weighted=False)
        facts["bounds"] = sign * final.C * weight[support]
    return facts


def _kernel(final):
    if callable(final.kernel):
        return final.kernel
    settings = {"gamma": _gamma(final), "degree": final.degree, "coef0": final.coef0}
    return partial(pairwise_kernels, metric=final.kernel, filter_params=True, **settings)


def _gamma(final):
    # not public: what "scale" and "auto" were on the training rows
    return final._gamma


def _dense(values):
    return values.toarray() if hasattr(values, "toarray") else values


def _support_rows(final, X, y):
    """Positions of the support vectors among the rows, which may come in another order.

    Raises
    ------
    StationarityError
        Where they are not among them.
    """
    places = final.support_
    if callable(final.kernel):  # the estimator shows no vectors then
        if len(places) and places.max() < X.shape[0]:
            return places
    else:
        vectors = _dense(final.support_vectors_)
        if places.max(initial=-1) < X.shape[0] and np.array_equal(_dense(X[places]), vectors):
            return places
        places = _places(
            vectors, _dense(X), None if y is None else y == (np.ravel(_dense(final.dual_coef_))[:, None] > 0)
        )
        if places is not None:
            return places
    raise _foreign_rows(final)


def _places(vectors, X, allowed):
    """A row of its own for each vector, equal to it and allowed (vectors, rows); None where there is none."""
    rows, places = {}, []
    for row, values in enumerate(np.ascontiguousarray(X + 0.0)):
        rows.setdefault(values.tobytes(), []).append(row)
    for vector, values in enumerate(np.ascontiguousarray(vectors + 0.0)):
        same = rows.get(values.tobytes(), [])
        row = next((row for row in same if allowed is None or allowed[vector, row]), None)
        if row is None:
            return None
        same.remove(row)
        places.append(row)
    return np.array(places, dtype=np.intp)


def _foreign_rows(final):
    return StationarityError(
        f"the rows given are not those of the fitted {type(final).__name__}: its support vectors are not among them, "
        "or have other labels or weights. Pass exactly the X, y and sample_weight of fit (raw, as the outer estimator "
        "takes them, in the same column order)"
    )


def _check_reproduced(problem, final):
    """Refuse rows on which the machine is another than the fitted one."""
    rows = problem.X[:: max(1, problem.n_rows // SAMPLE)]
    theirs = final.decision_function(rows) if isinstance(final, SVC) else final.predict(rows)
    difference = np.max(np.abs(problem.raw(rows)[:, 0] - theirs)) / max(np.max(np.abs(theirs)), 1.0)
    own = not isinstance(final, SVC) or (problem.theta[:-1] * problem.margins > 0).all()
    if difference > AT_BOUND or not own:
        raise _foreign_rows(final)


def _check_system(problem, final):
    """Refuse machines whose free vectors do not determine them."""
    name = type(final).__name__
    if not problem.unbound.any():
        raise UnsupportedEstimatorError(
            f"{name}: every support vector is at its bound, so that no row determines the intercept; use a larger C, "
            "or LeaveOneOut(estimator, method='refit')"
        )
    condition = problem.condition()
    if not condition < SINGULAR:
        raise UnsupportedEstimatorError(
            f"{name}: the free support vectors are linearly dependent in the space of the kernel (condition number "
            f"{condition:.0e}), as identical rows are; merge these with sample_weight, lower tol, or "
            "use LeaveOneOut(estimator, method='refit')"
        )
