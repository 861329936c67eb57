"""Linear scores that were trained to rank items by ListMLE."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["ListMLERanker"]


@dataclass(frozen=True, eq=False)
class ListMLERanker:
    r"""The coefficients of linear scores that were trained to rank items, in place of an estimator.

    Item l has the score ``coef[l] @ x + intercept[l]`` for the query x, and training minimised, over the queries q with
    their lists of best items y_q1, y_q2, ... ,

    .. math:: \sum_q w_q \sum_j \Bigl(\log \sum_{l \notin \{y_{q1} .. y_{q,j-1}\}} e^{s_{ql}} - s_{q y_{qj}}\Bigr)
              + \frac{\alpha}{2} \lVert coef \rVert^2.

    Attributors take it as an estimator: ``fit(X, lists)`` with the training queries, ``attribute(X, lists)`` with
    others. With ``objects="items"`` what may be deleted is an item, which then is neither scored nor ranked, in
    training and in the target alike: f of the remaining items, less f of all. With ``objects="queries"`` it is a query,
    and the loss is a sum over them. Lists are sequences of item positions, best first, or an integer array filled up
    with -1. The target "loss" is the sum of ListMLE losses of the evaluation queries.

    Parameters
    ----------
    coef : array-like of shape (K, p)
        One row for each item.
    intercept : array-like of shape (K,) or None
        None for scores without one.
    alpha : float
        Beside the *sum* over queries; beside a mean, multiply by their total weight.
    penalize_intercept : bool
        The penalty holds the intercepts, too, as weight decay does.
    objects : {"items", "queries"}
        What may be deleted.
    item_names, feature_names : sequence of str or None
        For results and ``targets.Parameter``.

    Raises
    ------
    ValueError
        From ``fit``: shapes or lists that do not fit; an item twice in a list.
    StationarityError
        From ``fit``: these are not the queries of training, or training had not converged (``polish=True`` goes on).

    Notes
    -----
    Parameters P = K (p + 1): the Hessian costs n K^2 p^2 and P^2 numbers, an item's gradient n K p; ``solver="cg"``
    forms no matrix. ``objects="queries"`` keeps n K^2 numbers. Do not leave `alpha` at 0 without reason: an item that
    no list holds then has no optimum.

    References
    ----------
    Deng et al., A versatile influence function for data attribution with non-decomposable loss, eq. 6; Xia et al.,
    Listwise approach to learning to rank.

    Examples
    --------
    One feature that is always 0, so that intercepts are all: three queries put items 0, 1 and 2 first. What a new
    query that puts item 0 first loses, log 3, is log 2 once item 1 has gone, and nothing without item 0:

    >>> import numpy as np
    >>> from skinfluence import VersatileInfluence
    >>> X, lists = np.zeros((3, 1)), [[0], [1], [2]]
    >>> ranker = ListMLERanker(np.zeros((3, 1)), np.zeros(3), alpha=1.0)
    >>> influence = VersatileInfluence(ranker, evaluation="moved").fit(X, lists)
    >>> influence.attribute([[0.0]], [[0]]).values.round(6)
    array([-1.098612, -0.405465, -0.405465])
    """

    coef: np.ndarray = field(repr=False)
    intercept: np.ndarray | None = field(default=None, repr=False)
    alpha: float = 0.0
    penalize_intercept: bool = False
    objects: str = "items"
    item_names: Any = field(default=None, repr=False)
    feature_names: Any = field(default=None, repr=False)
