"""Which rule speaks for an estimator: the one that names the most derived of its classes.

A subclass is treated as the class that it derives from, unless it has a ``fit`` of its own: what that minimises only
its author knows, who says so with a rule that names the subclass. Of two rules for one class the last registered
speaks.
"""

from inspect import getattr_static
from typing import Any

from ..exceptions import UnsupportedEstimatorError
from .rule import Refusal, Rule

__all__ = ["checked_rule", "register", "requires_y", "rule_for", "supported_classes"]

_rules: list[Rule] = []


def register(*rules: Rule) -> None:
    """Make rules known; they go before those that are known already.

    Parameters
    ----------
    *rules : Rule
        Instances.

    Raises
    ------
    TypeError
        For anything else.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from skinfluence import supports
    >>> from skinfluence.adapters import register
    >>> from skinfluence.adapters.ridge import RidgeAdapter
    >>> class MyRidge(Ridge):
    ...     def fit(self, X, y, sample_weight=None):
    ...         return super().fit(X, y, sample_weight)
    >>> supports(MyRidge())[0]
    False
    >>> class MyRidgeAdapter(RidgeAdapter):
    ...     estimators = (MyRidge,)
    >>> register(MyRidgeAdapter())
    >>> supports(MyRidge())[0]
    True
    """
    for rule in rules:
        if not isinstance(rule, Rule):
            raise TypeError(
                f"register takes instances of rules, got {rule!r}; derive from Adapter, Reduction or ModelAdapter of "
                "skinfluence.adapters, and pass an instance"
            )
    _rules[:0] = rules


def rule_for(estimator: Any) -> tuple[Rule | None, type | None]:
    """The rule that speaks for an estimator, fitted or not, and the class that it names; (None, None) without one."""
    for cls in type(estimator).__mro__:
        for rule in _rules:
            if rule.speaks_for(cls):
                return rule, cls
    return None, None


def checked_rule(estimator: Any) -> Rule | None:
    """The rule that speaks for an estimator, once it has nothing against its settings.

    Raises
    ------
    UnsupportedEstimatorError
        With the reason and the way out.
    """
    name = type(estimator).__name__
    rule, cls = rule_for(estimator)
    if rule is None:
        shown = [name for rule in _rules for name in rule.shown]
        known = ", ".join(sorted([*shown, *(cls.__name__ for cls in supported_classes())]))
        raise UnsupportedEstimatorError(
            f"{name} has no exact treatment; supported models are {known}. For any other estimator use "
            "LeaveOneOut(estimator, method='refit'), or a supported model as a surrogate"
        )
    if isinstance(rule, Refusal):
        raise UnsupportedEstimatorError(f"{name} has no exact treatment: {rule.reason_against(estimator)}")
    reason = rule.reason_against(estimator) or _own_fit(estimator, rule, cls)
    if reason is not None:
        raise UnsupportedEstimatorError(f"{name}: {reason}")
    return rule


def _own_fit(estimator, rule, cls):
    """What speaks against a subclass with a ``fit`` (or what else its rule relies on) of its own; None without."""
    own = [each for each in rule.inherited if _static(type(estimator), each) is not _static(cls, each)]
    if not own:
        return None
    name, rule_name = type(estimator).__name__, type(rule).__name__
    return (
        f"it has a {own[0]} of its own, so that only its author knows what it answers; where that is the model of "
        f"{cls.__name__}, say so once: class {name}Rule({rule_name}): estimators = ({name},), with {rule_name} of "
        f"{type(rule).__module__}, and skinfluence.adapters.register({name}Rule()). Otherwise use "
        "LeaveOneOut(estimator, method='refit')"
    )


def _static(cls, name):
    return getattr_static(cls, name, None)


def requires_y(estimator: Any) -> bool:
    """Whether a model is trained on labels beside X; lifelines keeps them in the table."""
    rule, _ = rule_for(estimator)
    return rule is None or rule.requires_y


def supported_classes() -> list[type]:
    """The estimator classes that a rule names and does not refuse, by name; our own left out."""
    named = {each for rule in _rules if not isinstance(rule, Refusal) for each in rule.estimators}
    theirs = (each for each in named if isinstance(each, type) and not each.__module__.startswith("skinfluence"))
    return sorted(theirs, key=lambda cls: cls.__name__)
