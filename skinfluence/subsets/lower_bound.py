"""How many rows have to be deleted at least before a conclusion from a squared loss flips.

A quantity v'theta flips where it goes as far as its goal, and how far k rows can move it is known. The t-test of a
least squares coefficient, with nu degrees of freedom and V = v'H^-1 v, says significant where

    |v'theta| > t sqrt(V RSS / nu).

Without k rows V is at least what it was, and RSS at most: how far that threshold rises or falls is bounded, too.
"""

from typing import Any, NamedTuple

import numpy as np

from ..problems import has_dispersion
from ..removal.polish import OPTIMUM_GRADIENT
from ..removal.slopes import depends_on_rows
from ..targets import ThetaTarget
from .flip_conditions import SignCondition
from .reachable import Reachable, fewest_by_sums, largest_terms
from .significance import SignificanceCondition
from .squares import Squares, other_than_squares
from .two_means import two_means

__all__ = ["LowerBound", "lower_bound"]

#: far beyond all raw predictions: a target that is linear up to there is linear
FAR = 1e100


class LowerBound(NamedTuple):
    """No set of fewer rows flips.

    Parameters
    ----------
    size : int
        Number of rows.
    note : str
        Where it is from, or why none is known, and size is 1.
    rows : ndarray of int or None
        So many rows that flip it, where they are known.
    """

    size: int
    note: str
    rows: np.ndarray | None = None


def lower_bound(attributor: Any, condition: Any, verification: Any) -> LowerBound:
    """The fewest rows that may flip a condition.

    Parameters
    ----------
    attributor : attributor
        Fitted.
    condition : FlipCondition
        What is to flip.
    verification : Verification
        The refits that it is to flip in.

    Notes
    -----
    n P^2 for the leverages, a sort of n numbers, and up to 2 log2(n) selections of k of n numbers.
    """
    reason = other_than_squares(attributor) or _other_question(attributor.problem_, condition, verification)
    if reason:
        return LowerBound(1, f"no bound is known: {reason}")
    squares = Squares(attributor, condition.gradient(attributor.problem_))
    if not squares.variance > 0:
        return LowerBound(1, "no bound is known: no row moves it")
    if isinstance(condition, SignificanceCondition):
        most = _not_enough_for_test(squares, condition)
        return LowerBound(most + 1, "by the k largest terms and leverages")
    distance, sign = condition.margin(squares.problem), -int(condition.side)
    means = two_means(squares)
    if means is not None:
        return _of_means(means, distance, sign)
    fewest = fewest_by_sums(squares, distance, sign)
    size = _not_enough(squares, fewest, distance, sign) + 1
    if squares.problem.n_parameters > 1:
        return LowerBound(size, "by the k largest terms and leverages")
    if size < min(fewest, np.count_nonzero(squares.weights)):
        return LowerBound(size, "so many may determine it alone")
    rows = largest_terms(squares, fewest, distance, sign) if size == fewest else None
    return LowerBound(size, "exact: a ratio of two sums", rows)


def _of_means(means, distance, sign):
    fewest, emptied = means.fewest(distance, sign)
    if emptied:
        return LowerBound(fewest, "so many may be all of a group")
    return LowerBound(fewest, "exact: a difference of two means", means.best(fewest, sign)[0])


def _other_question(problem, condition, verification):
    """Why a question to a squared loss has no bound; empty where it has one."""
    if verification.refits_preprocessing:
        return "refits scale and encode the columns anew"
    if problem.relative_gradient() > OPTIMUM_GRADIENT:
        return "the parameters are not at the optimum"
    if isinstance(condition, SignificanceCondition):
        exact = has_dispersion(problem) and not problem.penalty.any()
        return "" if exact else "the test is approximate under a penalty"
    if isinstance(condition, SignCondition):
        return ""
    linear = not depends_on_rows(condition.question, problem) and _is_linear(condition.question, problem)
    return "" if linear else "the target is not linear in the parameters"


def _is_linear(question, problem):
    """Whether no term bends, however far the predictions move."""
    for part in question.parts:
        if isinstance(part.term, ThetaTarget):
            bend = part.term.remainder()
        else:
            raw = problem.raw(part.features)
            with np.errstate(all="ignore"):
                bend = part.term.remainder(raw, question.rows, np.full_like(raw, FAR))
        if not bend == 0:
            return False
    return True


def _not_enough(squares, fewest, distance, sign):
    """A number of rows of which no set moves v'theta by more than a distance: the largest that is found."""
    most = min(fewest, np.count_nonzero(squares.weights)) - 1
    if most == 0:
        return 0
    reachable = Reachable(squares, most)
    return _largest(lambda k: reachable.within(k, distance, sign), most)


def _not_enough_for_test(squares, condition):
    """A number of rows of which no set changes the verdict of a t-test: the largest that is found."""
    freedom = np.count_nonzero(squares.weights) - squares.problem.n_parameters
    theta, rss = squares.v @ squares.problem.theta, squares.weights @ squares.residuals**2
    size, sign, reachable = abs(theta), 1 if theta > 0 else -1, Reachable(squares, freedom - 1)

    def stays_significant(k):
        # the largest threshold of up to k rows less
        threshold = condition.critical(freedom - k) * np.sqrt(reachable.most_variance(k) * rss / (freedom - k))
        return threshold <= size and reachable.within(k, size - threshold, -sign)

    def stays_insignificant(k):
        left = max(rss - reachable.most_of_squares(k), 0)
        # the smallest threshold
        threshold = condition.critical(freedom - 1) * np.sqrt(squares.variance * left / (freedom - 1))
        # of either sign
        ways = ((threshold - size, sign), (threshold + size, -sign))
        return threshold >= size and all(reachable.within(k, *way) for way in ways)

    return _largest(stays_significant if condition.side > 0 else stays_insignificant, freedom - 1)


def _largest(holds, most):
    """A number up to `most` for which a condition holds, while it does not for the next one; 0 without one."""
    good, bad = 0, most + 1
    while bad - good > 1:
        k = (good + bad) // 2
        good, bad = (k, bad) if holds(k) else (good, k)
    return int(good)
