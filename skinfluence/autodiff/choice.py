"""Find the library that a function was written for."""

import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ._base import Autodiff
from .with_autograd import AutogradAutodiff
from .with_jax import JaxAutodiff
from .with_torch import TorchAutodiff

__all__ = ["resolve_autodiff"]

_BY_NAME = {cls.name: cls for cls in (AutogradAutodiff, JaxAutodiff, TorchAutodiff)}


def resolve_autodiff(
    backend: str,
    function: Callable[..., Any] | None = None,
    theta: np.ndarray | None = None,
    presence: np.ndarray | None = None,
) -> Autodiff:
    """A library by name, or the one that a function was written for.

    Parameters
    ----------
    backend : {"auto", "autograd", "jax", "torch"} or Autodiff
        "auto" calls the function once: what was written with jax.numpy returns an array of JAX, what was written with
        torch takes nothing but tensors; the rest is for autograd.
    function : callable
        ``function(theta, presence)``, for "auto".
    theta, presence : ndarray
        Its arguments.

    Returns
    -------
    Autodiff

    Raises
    ------
    ValueError
        For an unknown name.

    Examples
    --------
    >>> import numpy as np
    >>> resolve_autodiff("auto", lambda theta, presence: presence @ theta, np.ones(1), np.ones(1)).name
    'autograd'
    """
    if isinstance(backend, Autodiff):
        return backend
    if backend != "auto":
        if backend not in _BY_NAME:
            raise ValueError(f"backend must be 'auto' or one of {sorted(_BY_NAME)}, got {backend!r}")
        return _BY_NAME[backend]()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = function(theta, presence)
    except Exception:
        # functions of tensors fail on arrays in many ways; a fault of the function itself shows again in a moment
        return TorchAutodiff() if "torch" in sys.modules else AutogradAutodiff()
    written_for = type(result).__module__.partition(".")[0]
    return {"jax": JaxAutodiff, "jaxlib": JaxAutodiff, "torch": TorchAutodiff}.get(written_for, AutogradAutodiff)()
