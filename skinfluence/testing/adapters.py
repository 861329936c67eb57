"""Checks of adapters: the problem that an adapter states must be the one that the estimator solved.

Each law is a function of an unfitted estimator, set to a tight tolerance, and data; it fits, and raises an
AssertionError where the law does not hold. Run them one by one from a test,

::

    @pytest.mark.parametrize("law", ADAPTER_LAWS, ids=lambda law: law.__name__)
    def test_my_estimator_obeys(law):
        law(MyEstimator(tol=1e-12), X, y)

or all at once by :func:`check_adapter`. Their truth is the estimator itself, refitted with other weights or rows.
"""

import warnings
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from ..adapters import fit_estimator, supports
from ..attributors import InfluenceFunctions, LeaveOneOut
from .closeness import OPTIMA, REFITS, SOLVES, SUMS, assert_near, without_null_directions
from .containers import containers
from .refits import at_optimum, fit_and_adapt, refit_on_rows, refit_with_weights, sample_rows, to_theta

__all__ = [
    "ADAPTER_LAWS",
    "check_adapter",
    "check_containers",
    "check_labels",
    "check_leave_one_out",
    "check_row_permutation",
    "check_stationarity_of_objective",
    "check_supported",
    "check_weight_derivative",
    "check_weights_are_duplicates",
    "check_wrappers",
]

#: rounding of fitted parameters, relative to the largest of them
ROUNDING = 1e-11


def check_supported(estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> None:
    """`supports` says yes without a reason, before and after the fit."""
    for candidate in (estimator, fit_estimator(estimator, X, y, sample_weight)):
        supported, reason = supports(candidate)
        assert (supported, reason) == (True, ""), f"supports({type(candidate).__name__}) says no: {reason}"


def check_stationarity_of_objective(
    estimator: Any, X: Any, y: Any, sample_weight: Any = None, *, rtol: float | None = REFITS
) -> None:
    """The gradient of the stated objective vanishes at the fitted parameters, relative to the size of its summands.

    Finds wrong scales of the penalty, penalised intercepts, forgotten weights and class weights. `rtol` can ask no
    more than the estimator's own solver gives: L-BFGS stops where the objective is flat to rounding, which leaves up
    to the square root of that in the gradient, 1e-7.
    """
    slack = fit_and_adapt(estimator, X, y, sample_weight).problem.relative_gradient()
    assert slack <= rtol, f"the relative gradient at the fitted parameters is {slack:.1e}, allowed are {rtol:.1e}"


def check_weight_derivative(
    estimator: Any,
    X: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    rtol: float | None = 1e-6,
    step: float = 1e-3,
    polished: bool = True,
) -> None:
    """d theta / d w_i = -H^-1 J_i agrees with central differences of refits in the sample weight of a row.

    A step of 1e-3 w_i leaves a truncation error of (1e-3 h_i)^2, h_i the leverage. ``polished=False`` takes the refits
    as they come, for estimators that solve to rounding; otherwise what their solver leaves is polished away.
    """
    model = fit_and_adapt(estimator, X, y, sample_weight)
    if not model.takes_weights:
        return
    problem, factor = at_optimum(model.problem)
    rows = sample_rows(model)
    # a class weight stands between the user's weight and the problem's
    factors = problem.sample_weight[rows] / model.sample_weight[rows]
    predicted = -factor.solve(problem.weight_terms().columns(rows)).value * factors
    for column, row in enumerate(rows):
        change = np.zeros(problem.n_rows)
        change[row] = step * model.sample_weight[row]
        ends = [refit_with_weights(model, model.sample_weight + sign * change) for sign in (1, -1)]
        ends = [(at_optimum(end)[0] if polished else end).theta for end in ends]
        slope = without_null_directions(problem, (ends[0] - ends[1]) / (2 * change[row]))
        rounding = 1e-13 * np.abs(problem.theta).max() / change[row]
        assert_near(predicted[:, column], slope, rtol, rounding, f"derivatives in the weight of row {row}")


def check_leave_one_out(
    estimator: Any,
    X: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    rtol: float | None = REFITS,
    gradient_rtol: float = SOLVES,
    polished: bool = True,
) -> None:
    """Exact leave-one-out agrees with refits, and makes the objective of the refit stationary.

    Effects are compared to `rtol` of their size plus 1e-11 of the parameters, for the difference of two fits has no
    more digits than the fits. The objective is that of the *refitted* estimator, adapted anew on the rows left.
    """
    fitted = fit_estimator(estimator, X, y, sample_weight)
    exact = LeaveOneOut(fitted).fit(X, y, sample_weight)
    problem = exact.problem_
    params = problem.as_fitted(problem.theta)
    for row in sample_rows(exact.model_):
        change = to_theta(problem, params + exact.params_change_[row]) - problem.theta
        refit = exact.model_.refitted(np.array([row]))
        slack = refit.at(problem.theta + change).relative_gradient()
        assert slack <= gradient_rtol, f"without row {row}, the relative gradient at our answer is {slack:.1e}"
        truth = (at_optimum(refit)[0] if polished else refit).theta - problem.theta
        atol = ROUNDING * np.abs(problem.theta).max()
        actual, expected = (without_null_directions(problem, values) for values in (change, truth))
        assert_near(actual, expected, rtol, atol, f"parameter changes without row {row}")


def check_weights_are_duplicates(
    estimator: Any, X: Any, y: Any, sample_weight: Any = None, *, rtol: float | None = OPTIMA
) -> None:
    """A row of weight k is k rows: the same optimum, the same derivatives in the weights.

    Holds for every estimator but those whose ``class_weight="balanced"`` or whose penalty counts rows, which are passed
    over.
    """
    model = fit_and_adapt(estimator, X, y)
    balance = model.problem.balance
    if not model.takes_weights or model.problem.counts_rows or (balance is not None and not balance.weighted):
        return
    counts = 1 + np.arange(model.problem.n_rows) % 3
    copies = np.repeat(np.arange(len(counts)), counts)
    weighted, factor = at_optimum(refit_with_weights(model, counts.astype(float)))
    repeated, repeated_factor = at_optimum(refit_on_rows(model, copies))
    shown = [without_null_directions(problem, problem.theta) for problem in (weighted, repeated)]
    assert_near(shown[0], shown[1], rtol, what="parameters")
    derivatives = factor.solve(weighted.weight_terms().columns(copies)).value
    everything = np.arange(len(copies))
    expected = repeated_factor.solve(repeated.weight_terms().columns(everything)).value
    assert_near(derivatives, expected, rtol, what="derivatives in the weights")


def check_row_permutation(
    estimator: Any, X: Any, y: Any, sample_weight: Any = None, *, rtol: float | None = OPTIMA
) -> None:
    """Training rows in another order have the same influence, in that order."""
    fitted = fit_estimator(estimator, X, y, sample_weight)
    order = np.random.default_rng(0).permutation(len(y))
    weight = None if sample_weight is None else np.asarray(sample_weight)[order]
    permuted = _effects(fitted, X[order], y[order], weight, X, y)
    assert_near(permuted, _effects(fitted, X, y, sample_weight, X, y)[order], rtol, what="effects of permuted rows")


def check_labels(estimator: Any, X: Any, y: Any, sample_weight: Any = None, *, rtol: float | None = 1e-7) -> None:
    """The names of the classes and their order are immaterial; class_weight dictionaries are renamed with them.

    Regressors are passed over. The tolerance leaves room for what a solver does differently with its classes exchanged.
    """
    fitted = fit_estimator(estimator, X, y, sample_weight)
    if not hasattr(fitted, "classes_"):
        return
    names = {label: f"class {len(fitted.classes_) - code}" for code, label in enumerate(fitted.classes_.tolist())}
    renamed = np.array([names[label] for label in np.asarray(y).tolist()])
    settings = {key: value for key, value in estimator.get_params().items() if key.endswith("class_weight")}
    settings = {key: _renamed(value, names) for key, value in settings.items() if isinstance(value, dict)}
    if (priors := estimator.get_params().get("priors")) is not None:
        settings["priors"] = priors[::-1]
    other = fit_estimator(clone(estimator).set_params(**settings), X, renamed, sample_weight)
    actual = _effects(other, X, renamed, sample_weight, X, renamed)
    assert_near(actual, _effects(fitted, X, y, sample_weight, X, y), rtol, what="effects under other labels")


def check_containers(estimator: Any, X: Any, y: Any, sample_weight: Any = None, *, rtol: float | None = OPTIMA) -> None:
    """Every container that the estimator's own `predict` takes gives the answer of the plain array.

    Of float32 tables six digits are asked, because a Pipeline's own steps compute in float32 then.
    """
    X = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
    X = X.astype(np.float32).astype(np.float64)
    fitted = fit_estimator(estimator, X, y, sample_weight)
    expected = _effects(fitted, X, y, sample_weight, X, y)
    for name, table in containers(X).items():
        if _takes(fitted, table):
            actual = _effects(fitted, table, y, sample_weight, table, y)
            digits = 1e-6 if name == "float32" else rtol
            assert_near(actual, expected, digits, what=f"effects of rows in a table of kind {name!r}")


def check_wrappers(estimator: Any, X: Any, y: Any, sample_weight: Any = None, *, rtol: float | None = SUMS) -> None:
    """A fitted estimator answers the same frozen, and as the last step of a Pipeline."""
    fitted = fit_estimator(estimator, X, y, sample_weight)
    expected = _effects(fitted, X, y, sample_weight, X, y)
    frozen = FrozenEstimator(fitted)
    for wrapped in (frozen, Pipeline([("model", fitted)]), Pipeline([("nothing", "passthrough"), ("model", frozen)])):
        actual = _effects(wrapped, X, y, sample_weight, X, y)
        assert_near(actual, expected, rtol, what=f"effects through a {type(wrapped).__name__}")


ADAPTER_LAWS = (
    check_supported,
    check_stationarity_of_objective,
    check_weight_derivative,
    check_leave_one_out,
    check_weights_are_duplicates,
    check_row_permutation,
    check_labels,
    check_containers,
    check_wrappers,
)


def check_adapter(estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> None:
    """Run every law of :data:`ADAPTER_LAWS` on one estimator.

    Parameters
    ----------
    estimator : estimator
        Unfitted, set to a tight tolerance.
    X : ndarray or CSR matrix of shape (n, p)
        A small table; each law refits on it some ten times.
    y : ndarray of shape (n,) or (n, K)
        Labels.
    sample_weight : ndarray of shape (n,) or None
        Positive weights.

    Raises
    ------
    AssertionError
        Where a law does not hold.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> X = np.array([[0.0], [1.0], [2.0], [4.0], [5.0]])
    >>> check_adapter(Ridge(), X, np.array([0.0, 1.0, 1.0, 3.0, 2.0]))
    """
    for law in ADAPTER_LAWS:
        law(estimator, X, y, sample_weight)


def _effects(estimator, X, y, sample_weight, X_eval, y_eval):
    """First-order effects on the loss of each evaluation row: (n, m) numbers that no parametrisation can change."""
    with warnings.catch_warnings():
        # names of columns that the estimator was fitted without
        warnings.filterwarnings("ignore", message="X has feature names")
        attributor = InfluenceFunctions(estimator).fit(X, y, sample_weight)
        return attributor.attribute(X_eval, y_eval, aggregate=False).values


def _renamed(class_weight, names):
    # classifiers inside one-versus-rest know other labels
    return {names.get(label, label): weight for label, weight in class_weight.items()}


def _takes(estimator, table):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="X has feature names")
        try:
            estimator.predict(table)
        except (TypeError, ValueError, AttributeError, IndexError, NotImplementedError):
            return False
    return True
