"""Any loss of a user's own, F(theta, presence), as a model: the objects are what may be deleted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from numbers import Integral

import numpy as np

from ..autodiff import resolve_autodiff
from ..problems.presence import PresenceProblem
from .model import Model, ModelAdapter

__all__ = ["PresenceAdapter", "PresenceLoss", "PresenceModel"]


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
    hessian: object = field(default=None, repr=False)
    null_directions: object = field(default=None, repr=False)
    parameter_names: object = field(default=None, repr=False)
    object_names: object = field(default=None, repr=False)


class PresenceAdapter(ModelAdapter):
    """Takes a :class:`PresenceLoss`; there are no rows to hand in."""

    requires_y = False
    estimators = (PresenceLoss,)

    def fitted(self, model):
        return True

    def adapt(self, model, X, y, sample_weight):
        """The loss at its parameters.

        Parameters
        ----------
        model : PresenceLoss
            The user's.
        X, y, sample_weight : None
            The loss has its data inside.

        Returns
        -------
        PresenceModel
        """
        if any(given is not None for given in (X, y, sample_weight)):
            raise ValueError("a PresenceLoss has its data inside: call fit() without X, y and sample_weight")
        theta, presence = _checked_sizes(model)
        autodiff = resolve_autodiff(model.backend, model.loss, theta, presence)
        _check_derivatives(model.loss, autodiff, theta, presence)
        return PresenceModel(model, theta, presence, autodiff)


@dataclass(frozen=True, eq=False)
class PresenceModel(Model):
    """A user's loss as the methods see it.

    Parameters
    ----------
    final : PresenceLoss
        The user's.
    theta, presence : ndarray
        Its arguments.
    autodiff : Autodiff
        Differentiates it.
    """

    final: PresenceLoss
    theta: np.ndarray
    presence: np.ndarray
    autodiff: object

    requires_y = False
    note = "objects leave as the loss says that they do"

    @cached_property
    def problem(self):
        """The objective with all objects."""
        final = self.final
        return PresenceProblem(
            final.loss,
            self.theta,
            self.presence,
            self.autodiff,
            hessian=final.hessian,
            null_directions=final.null_directions,
            names=final.parameter_names,
        )

    @property
    def names(self):
        """Names of the objects."""
        return None if self.final.object_names is None else np.asarray(self.final.object_names)

    def within_tolerance(self):
        """Whether the gradient is all rounding: where no object matters, their effects are no unit for it."""
        return self.problem.relative_gradient() < 1e-12

    def features(self, X):
        """Refused by the problem: there are no predictions."""
        return self.problem.raw(X)

    def labels(self, X, y):
        """Refused, likewise."""
        return self.problem.raw(X)

    def refitted(self, rows):
        """The loss without some objects, at the parameters of all: the user's own training is not known here."""
        return self.problem.without(rows)


def _checked_sizes(model):
    """theta and the presence of all objects."""
    if not callable(model.loss):
        raise ValueError(f"loss must be a function loss(theta, presence) -> float, got {model.loss!r}")
    n = model.n_objects
    if not isinstance(n, Integral) or isinstance(n, bool) or n < 1:
        raise ValueError(f"n_objects must be an integer of at least 1, got {n!r}")
    theta = np.array(model.theta, dtype=np.float64)
    if theta.ndim != 1 or not theta.size or not np.isfinite(theta).all():
        got = f"shape {theta.shape}" if theta.ndim != 1 or not theta.size else "numbers that are not finite"
        raise ValueError(f"theta must be the fitted parameters as a flat array of finite numbers, got {got}")
    for name, given, size in (("parameter", model.parameter_names, theta.size), ("object", model.object_names, n)):
        if given is not None and len(given) != size:
            raise ValueError(f"{name}_names has {len(given)} names for {size} {name}s; give one for each, or None")
    if model.hessian is not None and model.hessian != "products" and not callable(model.hessian):
        raise ValueError(f"hessian must be None, 'products' or a function of theta and presence, got {model.hessian!r}")
    return theta, np.ones(n)


def _check_derivatives(loss, autodiff, theta, presence):
    """Refuse a loss that is no finite number, or that the library cannot differentiate."""
    value = autodiff.value(loss, theta, presence)
    if np.shape(value) not in ((), (1,)) or not np.isfinite(float(value)):
        raise ValueError(f"loss(theta, presence) must be one finite number at the fitted parameters, got {value!r}")
    try:
        gradient = autodiff.gradient(loss, theta, presence)
    except ImportError:
        # which says what to install
        raise
    except Exception as error:
        raise ValueError(
            f"{autodiff.name} cannot differentiate the loss ({type(error).__name__}: {error}); write it with "
            "autograd.numpy, jax.numpy or PyTorch throughout, and say which by backend="
        ) from error
    if np.shape(gradient) != theta.shape or not np.isfinite(gradient).all():
        raise ValueError("the gradient of the loss is not finite at the fitted parameters")
