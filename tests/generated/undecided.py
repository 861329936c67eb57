"""Where refits cannot decide: digits that a condition number takes, and what is rounding of scikit-learn."""

import re
from itertools import combinations

import numpy as np
from scipy import sparse
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.metrics import pairwise_distances
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors._base import KNeighborsMixin, RadiusNeighborsMixin
from sklearn.svm import SVC, SVR

from skinfluence.testing.closeness import REFITS, SOLVES

__all__ = ["digits_of", "has_constant_feature", "has_tied_neighbours", "leaves_intercept_open", "loses_small_columns"]

#: largest relative error that is put down to a condition number
WORST = 1e-3
#: share of a bound that is rounding of libsvm
BOUND = 1e-5


def digits_of(fitted):
    """Relative error of effects: that of refits, or eps x the condition number that the verdict tells."""
    conditions = [float(number) for number in re.findall(r"condition number (\S+?)[;,]", fitted.verdict_ + ";")]
    if isinstance(fitted.model_.final, LinearDiscriminantAnalysis | QuadraticDiscriminantAnalysis | GaussianNB):
        # variances of columns that are far from zero
        X = np.asarray(fitted.model_.X, dtype=float)
        spread = X.std(axis=0)
        conditions.append(100 * np.max(np.abs(X).max(axis=0)[spread > 0] / spread[spread > 0], initial=0))
        # and covariances of columns of different sizes, to which one number is added
        conditions.append(np.max(spread, initial=0) ** 2 / np.min(spread[spread > 0], initial=np.inf) ** 2)
    return max([REFITS, *(min(WORST, np.finfo(float).eps * condition) for condition in conditions)])


def loses_small_columns(fitted):
    """Whether columns are lost beside others in the inner products of rows, in which wide tables are solved."""
    if "more columns than rows: solved" not in fitted.verdict_:
        return False
    X = fitted.model_.trained_on
    norms = np.sqrt(np.asarray((X.multiply(X) if sparse.issparse(X) else X**2).sum(axis=0), dtype=float).ravel())
    norms = norms[norms > 0]
    return len(norms) > 0 and np.finfo(float).eps * (norms.max() / norms.min()) ** 2 > REFITS


def has_constant_feature(fitted, row):
    """Whether rounding decides what scikit-learn's discriminants make of a feature that is constant without a row."""
    final = fitted.model_.final
    if not isinstance(final, LinearDiscriminantAnalysis | QuadraticDiscriminantAnalysis):
        return False
    keep = np.delete(np.arange(fitted.model_.n_rows), row)
    X, y = np.asarray(fitted.model_.X, dtype=float)[keep], np.ravel(np.asarray(fitted.model_.y))[keep]
    spread = np.max([np.ptp(X[y == label], axis=0) for label in np.unique(y)], axis=0)
    return bool((spread <= SOLVES * np.abs(X).max(axis=0)).any())


def has_tied_neighbours(fitted):
    """Whether some rows are as far from another one as others, so that their order decides who votes."""
    if not isinstance(fitted.model_.final, KNeighborsMixin | RadiusNeighborsMixin):
        return False
    X = fitted.model_.X
    X = np.asarray(X.toarray() if sparse.issparse(X) else X, dtype=float)
    distances = np.sort(pairwise_distances(X), axis=1)
    # squares of coordinates are what scikit-learn subtracts
    rounding = np.finfo(float).eps * len(X) * np.square(X).sum(axis=1).max(initial=0)
    return bool((np.diff(np.square(distances), axis=1) <= rounding).any())


def leaves_intercept_open(fitted, row):
    """Whether a support vector machine without a row has no coefficient between its bounds, but for rounding.

    Any intercept of an interval is an optimum then, and which of them libsvm returns is rounding, too.
    """
    refit = fitted.model_.refitted(np.array([row]))
    final = getattr(refit, "final", None)
    if not isinstance(final, SVC | SVR):
        return False
    # without the row the positions are others
    weight = np.delete(fitted.model_.row_weight, row)[final.support_]
    dual = np.abs(final.dual_coef_.toarray() if sparse.issparse(final.dual_coef_) else final.dual_coef_)
    if isinstance(final, SVR):
        return _is_bounded(dual / (final.C * weight))
    share = dual / (final.C * np.repeat(final.class_weight_, final.n_support_) * weight)
    of_class = np.split(share, np.cumsum(final.n_support_)[:-1], axis=1)
    pairs = combinations(range(len(of_class)), 2)
    # coefficients of class l against k < l are in row k, and of k against l in row l - 1
    return any(_is_bounded(np.append(of_class[k][other - 1], of_class[other][k])) for k, other in pairs)


def _is_bounded(share):
    """Whether all coefficients are 0 or at their bound, but for what is rounding of libsvm."""
    return bool(((share < BOUND) | (share > 1 - BOUND)).all())
