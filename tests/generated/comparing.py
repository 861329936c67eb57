"""Exact effects against refits: by their values, and by the gradient of the refit's objective where these differ."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from generated.errors import fault_of
from generated.reference import ROUNDINGS, Reference, libsvm_rounding, of_question
from generated.truth import measure_of
from generated.undecided import (
    digits_of,
    has_constant_feature,
    has_tied_neighbours,
    leaves_intercept_open,
    loses_small_columns,
)
from skinfluence.adapters import unwrap
from skinfluence.removal.slopes import parameter_slopes
from skinfluence.solvers import AutoSolver
from skinfluence.targets import has_gradient
from skinfluence.testing.closeness import SOLVES

__all__ = ["compare"]

#: two ways to one refit differ by about its error, which may be larger than their difference
WAYS = 100


def compare(case, fitted, values):
    """What refits say of exact effects: a word that they agree or why nothing is said, and what is wrong."""
    rows = [int(row) for row in case.compared if not np.isnan(values[row]).any()]
    measure = measure_of(unwrap(fitted.estimator_)[1], case.question.target)
    if not rows:
        return "nan", ""
    if loses_small_columns(fitted):
        return "wide, columns of different sizes", ""
    if measure is None:
        return _compare_with_package(case, fitted, values, rows)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        reference = Reference(case, fitted, measure)
        truths = {row: truth for row in rows if (truth := reference.effect(row)) is not None}
    stopped = any(issubclass(each.category, ConvergenceWarning) for each in said)
    floor = digits_of(fitted) * max((np.abs(truth).max(initial=0) for truth in truths.values()), default=0.0)
    words = set()
    for row, truth in truths.items():
        allowed = floor + reference.rounding
        # equal also where both are infinite
        if np.all((np.abs(values[row] - truth) <= allowed) | (values[row] == truth)):
            words.add("confirmed")
            continue
        word, fault = _judged_again(fitted, reference, row, values[row], truth, allowed, stopped)
        if fault:
            return "denied", fault
        words.add(word)
    return (sorted(words)[-1] if words else "no refit"), ""


def _judged_again(fitted, reference, row, value, truth, allowed, stopped):
    """A word or a fault, where values differ by more than rounding: which of the two is at the optimum?"""
    said = f"without row {row}: {np.ravel(value)[:3]}, refits say {np.ravel(truth)[:3]}, allowed {np.max(allowed):.1e}"
    if "change the active set" in fitted.verdict_ and "0 rows would" not in fitted.verdict_:
        return "old active set", ""
    fault = ""
    if has_tied_neighbours(fitted):
        return "tied neighbours", ""
    if stopped and getattr(getattr(fitted.preparation_, "problem", None), "l1_penalty", None) is not None:
        # the objective of the refit is told on its own active set, which is none of an optimum
        return "the refit stopped early", ""
    if hasattr(fitted.preparation_, "params_change"):
        word, fault = _by_objective(fitted, row, reference.asked(fitted), allowed)
        if not fault:
            # the parameters are right: is the number theirs?
            there = reference.at_our_parameters(fitted, row)
            own = reference.rounding + digits_of(fitted) * np.maximum(np.abs(value), np.abs(truth))
            same = np.isnan(there) | (np.abs(value - there) <= own)
            return (word, "") if np.all(same) else ("", f"{said}; at our own parameters it is {np.ravel(there)[:3]}")
    elif stopped:
        return "the refit stopped early", ""
    elif leaves_intercept_open(fitted, row):
        return "open intercept", ""
    own = np.abs(reference.reordered(row) - truth)
    if np.all(np.abs(value - truth) <= allowed + WAYS * own):
        return "within the refit's error", ""
    # where likelihoods rise for ever, a refit stops somewhere
    return ("no optimum", "") if "the objective has no optimum" in fitted.verdict_ else ("", f"{said}; {fault}")


def _by_objective(fitted, row, question, allowed):
    """A word or a fault, by the refit's own objective: its gradient, and the step that is left, at either's parameters.

    A gradient of summands that vanish, as of a perfect fit, is all rounding, and so is a step along which the objective
    is nearly flat: a defect has both.
    """
    problem, change = fitted.problem_, fitted.preparation_.params_change[row]
    refit = fitted.model_.refitted(np.array([row]))
    ours = refit.at(problem.theta + change)
    gradients = ours.relative_gradient(), refit.relative_gradient()
    # nan where the fit itself has no optimum, which its verdict says
    if not gradients[0] > max(SOLVES, gradients[1]):
        return "stationary", ""
    if not has_gradient(question.target):
        if gradients[1] > SOLVES:
            return "neither is stationary", ""
        return "", f"relative gradients, ours and that of the refit, {gradients[0]:.1e} and {gradients[1]:.1e}"
    left = [_left(question, each) for each in (ours, refit)]
    if not left[0] > np.max(allowed) + WAYS * left[1]:
        return "no step left", ""
    told = " and ".join(f"{gradient:.1e} with a step of {step:.1e}" for gradient, step in zip(gradients, left))
    return "", f"relative gradients, ours and that of the refit, {told}"


def _left(question, problem):
    """What the Newton step that is left changes of the answers."""
    factor = AutoSolver().prepare(problem.curvature())
    step = factor.solve(-problem.gradient()[:, None]).value
    return np.abs(parameter_slopes(question, problem).T @ step).max()


def _compare_with_package(case, fitted, values, rows):
    """By refits as the package makes them, where the target has no other name."""
    question = case.question
    if fitted.preparation_ is fitted.model_ and fitted.model_.problem is None and fitted._refits:
        return "finite", ""
    if question.options.get("aggregate") is False or question.target == "self_influence":
        return "finite", ""
    asked = fitted.question(question.X, question.y, target=question.target, **of_question(question.options))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            truths = fitted.actual([[row] for row in rows], asked)
        except Exception as error:
            return "refits refused", fault_of(error, None)
    stopped = any(issubclass(each.category, ConvergenceWarning) for each in told)
    known = np.isfinite(truths)
    rounding = ROUNDINGS * fitted.model_.refit_error * asked.size(fitted.preparation_)
    rounding += libsvm_rounding(fitted.model_.final, asked.features)
    if asked.features is not None:
        # logarithms of probabilities are of size 1, also where they add up to nothing
        rounding += ROUNDINGS * np.finfo(float).eps * np.abs(fitted.model_.raw(asked.features)).max(initial=1)
    allowed = digits_of(fitted) * np.abs(truths[known]).max(initial=0) + rounding
    wrong = [i for i in np.flatnonzero(known) if not abs(values[rows[i]] - truths[i]) <= allowed]
    if not wrong:
        return "confirmed by the package's refits", ""
    if "change the active set" in fitted.verdict_:
        return "old active set", ""
    row = rows[wrong[0]]
    if "the objective has no optimum" in fitted.verdict_:
        return "no optimum", ""
    if has_constant_feature(fitted, row):
        return "constant feature", ""
    if has_tied_neighbours(fitted):
        return "tied neighbours", ""
    said = f"without row {row}: {values[row]}, refits say {truths[wrong[0]]}, allowed {allowed:.1e}"
    if not hasattr(fitted.preparation_, "params_change"):
        if stopped:
            return "the refit stopped early", ""
        return ("open intercept", "") if leaves_intercept_open(fitted, row) else ("denied", said)
    word, fault = _by_objective(fitted, row, asked, allowed)
    return word, fault and f"{said}; {fault}"
