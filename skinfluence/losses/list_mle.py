"""Listwise ranking: the likelihood of an ordered list of the best items (Plackett and Luce, ListMLE)."""

from typing import NamedTuple

import numpy as np

from ._base import Loss

__all__ = ["ListMLELoss", "ListParts", "list_parts"]


class ListParts(NamedTuple):
    """What value, gradient and Hessian of a list are made of; candidates trail, as in raw predictions.

    Attributes
    ----------
    margins : ndarray of shape (n, k, *candidates)
        log of the total of exp(raw) over the items left after position j, less the raw prediction of the item at j;
        minus infinity where the position is empty or its item absent.
    inverse : ndarray of shape (n, k, *candidates)
        log 1 / Z_j, Z_j being the total of exp(raw) over the items that position j chooses from; minus infinity like
        the margins.
    position : ndarray of int, shape (n, K, 1, ...)
        Where each item stands in the list, k for those outside; as many axes as raw.
    """

    margins: np.ndarray
    inverse: np.ndarray
    position: np.ndarray

    def until(self, power: float) -> np.ndarray:
        """log sum_{j <= r} 1 / Z_j^power for the place r of each item, the last place for items outside the list."""
        sums = np.logaddexp.accumulate(power * self.inverse, axis=1)
        return np.concatenate([sums, sums[:, -1:]], axis=1)


def list_parts(raw: np.ndarray, y: np.ndarray) -> ListParts:
    """Partial sums of a list; an item with raw prediction minus infinity is absent.

    Parameters
    ----------
    raw : ndarray of shape (n, K, *candidates)
        Raw predictions.
    y : ndarray of int, shape (n, k)
        Items in order, best first, filled up with -1.

    Returns
    -------
    ListParts
    """
    y = y.reshape(*y.shape, *(1,) * (raw.ndim - 2))
    n, k = y.shape[:2]
    at, listed = np.maximum(y, 0), y >= 0
    position = np.full((n, raw.shape[1], *y.shape[2:]), k)
    rows, places = np.nonzero(listed.reshape(n, k))
    position[rows, y.reshape(n, k)[rows, places]] = places.reshape(-1, *y.shape[2:])
    own = np.where(listed, np.take_along_axis(raw, at, axis=1), -np.inf)
    outside = raw.copy()
    outside[rows, y.reshape(n, k)[rows, places]] = -np.inf
    rest = _log_total(outside)
    # log Z_j from the last position to the first
    backwards = np.concatenate([rest[:, None], own[:, ::-1]], axis=1)
    log_totals = np.logaddexp.accumulate(backwards, axis=1)[:, ::-1]
    present = own > -np.inf
    with np.errstate(invalid="ignore"):
        margins = np.where(present, log_totals[:, 1:] - own, -np.inf)
    inverse = np.where(present, -log_totals[:, :-1], -np.inf)
    return ListParts(margins, inverse, position)


def _log_total(raw):
    """log sum_k exp(raw_k) over the second axis, minus infinity where nothing is there; overwrites raw."""
    largest = raw.max(axis=1, keepdims=True)
    shift = np.where(largest > -np.inf, largest, 0)
    raw -= shift
    with np.errstate(divide="ignore"):
        return np.log(np.exp(raw, out=raw).sum(axis=1)) + shift[:, 0]


class ListMLELoss(Loss):
    """Negative log-likelihood of an ordered list y of items drawn without replacement, ListMLE.

    l(raw, y) = sum_j (log sum_{l not among y_1 .. y_{j-1}} exp(raw_l) - raw_{y_j})

    y is an integer array (n, k) of items 0..K-1, best first, filled up with -1 where a list is shorter. An item whose
    raw prediction is minus infinity is absent: it is not drawn from, and skipped where a list holds it.

    Value and gradient cost n (K + k), the Hessian n K^2.

    References
    ----------
    Deng et al., A versatile influence function, eq. 6; Xia et al., Listwise approach to learning to rank.

    Examples
    --------
    All orders of three equal items are equally likely, also when only two places are given; log 6:

    >>> import numpy as np
    >>> ListMLELoss().value(np.zeros((1, 3)), np.array([[2, 0]]))
    array([1.79175947])

    Without item 0 there are two orders; log 2:

    >>> ListMLELoss().value(np.array([[-np.inf, 0.0, 0.0]]), np.array([[2, 0]]))
    array([0.69314718])
    """

    name = "ListMLE loss"

    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        # log Z_j - own = log(1 + (what is left after j) / exp(own)): no cancellation for an item far ahead
        margins = list_parts(raw, y).margins
        return np.logaddexp(0.0, margins).sum(axis=1)

    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        # sum_{j <= position of l} exp(raw_l) / Z_j, less 1 for the items of the list
        parts = list_parts(raw, y)
        gradient = np.exp(raw + np.take_along_axis(parts.until(1), parts.position, axis=1))
        return gradient - ((parts.position < y.shape[1]) & (raw > -np.inf))

    def hessian(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        # sum_j diag(p_j) - p_j p_j': items l and m are both drawn from until the first of them is taken
        parts = list_parts(raw, y)
        first = np.minimum(parts.position[:, :, None], parts.position[:, None, :])
        n, K = raw.shape[:2]
        flat = np.take_along_axis(parts.until(2), first.reshape(n, K * K, *first.shape[3:]), axis=1)
        hessian = -np.exp(raw[:, :, None] + raw[:, None, :] + flat.reshape(n, K, K, *flat.shape[2:]))
        # every p_j sums to 1, so that the rows sum to 0: the diagonal from the others keeps relative accuracy
        k = np.arange(K)
        hessian[:, k, k] = 0
        hessian[:, k, k] = -hessian.sum(axis=2)
        return hessian

    def predict(self, raw: np.ndarray) -> np.ndarray:
        return raw

    def predict_vjp(self, raw: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
        return cotangent
