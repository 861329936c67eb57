"""Any loss of a user's own, F(theta, presence): the objects are what may be deleted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["PresenceLoss"]


@dataclass(frozen=True, eq=False)
class PresenceLoss:
    r"""A loss of your own, and the parameters that minimise it, in place of an estimator.

    ``loss(theta, presence)`` is the objective of your model, penalty included, written with ``autograd.numpy``,
    ``jax.numpy`` or PyTorch. `presence` holds a 1 for each object that takes part and a 0 for each that does not; where
    it has zeros, the loss has to be exactly the one that you would train on without those objects. Objects are whatever
    may be deleted: rows, items of a ranking, nodes of a graph, participants. No part of the loss need belong to one of
    them: what object i contributes is the difference of two gradients, one with it and one without it.

    ``VersatileInfluence``, ``InfluenceFunctions`` (the same here), ``NewtonStep`` and ``LeaveOneOut`` take it; methods
    that need the Hessian of single rows (``RescaledInfluence``, ``SecondOrderInfluence``, diagnostics) refuse it.
    ``fit()`` takes no data. Targets are functions of the parameters: ``targets.ThetaFunction``, ``targets.Parameter``.

    Use it for losses that no estimator here has: for a model that is supported, its own adapter is faster and exact.

    Parameters
    ----------
    loss : callable
        ``loss(theta, presence) -> float``, twice differentiable in theta, (P,); presence, (n,), is float64.
    theta : array-like of shape (P,)
        Fitted parameters, flat, a minimum of ``loss(theta, ones)``.
    n_objects : int
        n.
    backend : {"auto", "autograd", "jax", "torch"}
        What `loss` is written with; "auto" finds out by calling it.
    hessian : None, "products" or callable
        None differentiates twice, P gradients and P^2 numbers. "products" never forms the matrix, for the solvers "cg"
        and "lissa". ``hessian(theta, presence) -> (P, P)`` where you know it.
    null_directions : None, array-like of shape (P, r) or callable
        Directions in which the loss is flat at all its minima (rotations of an embedding, a shift of all scores), or
        ``null_directions(theta, presence) -> (P, r)`` where they depend on the parameters. Influence is had in the
        complement. Undeclared ones are found, and said to be left out, by ``solver="eigen"``.
    parameter_names, object_names : sequence or None
        For ``targets.Parameter``, and for the rows of an :class:`~skinfluence.Influence`.

    Raises
    ------
    ValueError
        From ``fit``: a loss that is no finite number, or not differentiable by the backend; shapes that do not fit.
    ImportError
        From ``fit``: the backend is not installed.
    SingularCurvatureError
        From ``fit``: the Hessian is indefinite or singular; the message has the way out.

    Notes
    -----
    Cost of ``fit``: n + P gradients of the loss and P^3 / 3 (``hessian=None``), P gradients and P^3 / 3 more for each
    Newton step that the parameters are away from the minimum; n gradients are one call with JAX. Memory P (n + P). A
    sum of losses has the influence of ``InfluenceFunctions``; a mean of n losses without a penalty n / (n - 1) times
    that, since the others weigh more once one has left.

    References
    ----------
    Deng et al., A versatile influence function for data attribution with non-decomposable loss, eq. 9-11.

    Examples
    --------
    The mean of 0 and 2 as the minimum of a sum of squares. First order goes half the way to the mean without one:

    >>> import numpy as np
    >>> from skinfluence import VersatileInfluence
    >>> from skinfluence.targets import Parameter
    >>> y = np.array([0.0, 2.0])
    >>> def loss(theta, presence):
    ...     return (presence * (theta - y) ** 2).sum() / 2
    >>> influence = VersatileInfluence(PresenceLoss(loss, [1.0], n_objects=2)).fit()
    >>> influence.attribute(target=Parameter(0)).values
    array([ 0.5, -0.5])
    """

    loss: Callable
    theta: np.ndarray = field(repr=False)
    n_objects: int
    backend: str = "auto"
    hessian: Any = field(default=None, repr=False)
    null_directions: Any = field(default=None, repr=False)
    parameter_names: Any = field(default=None, repr=False)
    object_names: Any = field(default=None, repr=False)
