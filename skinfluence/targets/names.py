"""Targets by name."""

import inspect

from ..exceptions import UnsupportedTargetError
from ._base import Target

__all__ = ["resolve_target", "target_names"]


def target_names():
    """Names by which targets can be asked for, sorted.

    Examples
    --------
    >>> "loss" in target_names()
    True
    """
    return sorted(_registry())


def resolve_target(target):
    """The target of that name, or the target itself.

    Parameters
    ----------
    target : str or Target
        A name among :func:`target_names`, with default parameters, or an instance.

    Returns
    -------
    Target

    Raises
    ------
    UnsupportedTargetError
        An unknown name, or anything else than a name or an instance.

    Examples
    --------
    >>> resolve_target("adversarial_loss")
    AdversarialLoss()
    """
    if isinstance(target, Target):
        return target
    registry = _registry()
    if isinstance(target, str) and target in registry:
        return registry[target]()
    if isinstance(target, type) and issubclass(target, Target):
        raise UnsupportedTargetError(
            f"the target is the class {target.__name__}; pass an instance, {target.__name__}()"
        )
    raise UnsupportedTargetError(
        f"{target!r} is no target; give one of the names {sorted(registry)}, or an instance of a class of "
        "skinfluence.targets"
    )


def _registry():
    """The targets of this package that have a name, found by walking the subclasses."""
    found, todo = {}, [Target]
    while todo:
        todo += (cls := todo.pop()).__subclasses__()
        ours = cls.__module__.startswith(__package__ + ".")
        if ours and isinstance(getattr(cls, "name", None), str) and not inspect.isabstract(cls):
            found[cls.name] = cls
    return found
