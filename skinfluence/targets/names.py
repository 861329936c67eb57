"""Targets by name."""

import inspect

from sklearn.metrics import get_scorer_names

from ..exceptions import UnsupportedTargetError
from ._base import Target
from .scorer import Scorer

__all__ = ["resolve_target", "target_names"]


def target_names() -> list[str]:
    """Names of the targets of this package, sorted; any scikit-learn scorer's name is one as well.

    Examples
    --------
    >>> "loss" in target_names()
    True
    """
    return sorted(_registry())


def resolve_target(target: object) -> Target:
    """The target of that name, or the target itself.

    Parameters
    ----------
    target : str or Target
        A name among :func:`target_names`, with default parameters; the name of a scikit-learn scorer
        (``sklearn.metrics.get_scorer_names()``); or an instance.

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
    >>> resolve_target("roc_auc")
    Scorer(scoring='roc_auc')
    """
    if isinstance(target, Target):
        return target
    registry = _registry()
    if isinstance(target, str) and target in registry:
        return registry[target]()
    if isinstance(target, str) and target in get_scorer_names():
        return Scorer(target)
    if isinstance(target, type) and issubclass(target, Target):
        raise UnsupportedTargetError(
            f"the target is the class {target.__name__}; pass an instance, {target.__name__}()"
        )
    raise UnsupportedTargetError(
        f"{target!r} is no target; give one of the names {sorted(registry)}, the name of a scikit-learn scorer "
        "(such as 'accuracy', 'roc_auc' or 'r2'), or an instance of a class of skinfluence.targets"
    )


def _registry():
    """The targets of this package that have a name, found by walking the subclasses."""
    found, todo = {}, [Target]
    while todo:
        todo += (cls := todo.pop()).__subclasses__()
        ours = cls.__module__.startswith(__package__ + ".")
        if ours and isinstance(vars(cls).get("name"), str) and not inspect.isabstract(cls):
            found[cls.name] = cls
    return found
