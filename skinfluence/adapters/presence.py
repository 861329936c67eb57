"""A user's loss F(theta, presence) as a model."""

from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from typing import Any

import numpy as np

from ..autodiff import resolve_autodiff
from ..models import PresenceLoss
from ..problems.presence import PresenceProblem
from .model import Model, ModelAdapter

__all__ = ["PresenceAdapter", "PresenceModel"]


class PresenceAdapter(ModelAdapter):
    """Takes a :class:`PresenceLoss`; there are no rows to hand in."""

    requires_y = False
    estimators = (PresenceLoss,)

    def fitted(self, model: Any) -> bool | None:
        return True

    def adapt(self, model: Any, X: Any, y: Any, sample_weight: Any) -> "PresenceModel":
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
    autodiff: Any

    requires_y = False
    note = "objects leave as the loss says that they do"

    @cached_property
    def problem(self) -> Any:
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
    def names(self) -> Any:
        """Names of the objects."""
        return None if self.final.object_names is None else np.asarray(self.final.object_names)

    def within_tolerance(self) -> bool:
        """Whether the gradient is all rounding: where no object matters, their effects are no unit for it."""
        return self.problem.relative_gradient() < 1e-12

    def features(self, X: Any) -> Any:
        """Refused by the problem: there are no predictions."""
        return self.problem.raw(X)

    def labels(self, X: Any, y: Any) -> np.ndarray:
        """Refused, likewise."""
        return self.problem.raw(X)

    def refitted(self, rows: np.ndarray) -> Any:
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
