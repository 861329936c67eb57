"""Which rule speaks for an estimator: the one that names the most derived of its classes.

A subclass is treated as the class that it derives from, unless it has a ``fit`` of its own: what that minimises only
its author knows, who says so with a rule that names the subclass. Of two rules for one class the last defined speaks.
"""

__all__ = ["members", "reason_against", "rule_for"]


def members(kind):
    """All subclasses of a kind of rule, those of subclasses too, that name estimators."""
    for rule in kind.__subclasses__():
        if "estimators" in vars(rule):
            yield rule
        yield from members(rule)


def rule_for(estimator, *kinds):
    """The rule that speaks for an estimator, fitted or not, and the class that it names; (None, None) without one."""
    rules = [rule for kind in kinds for rule in members(kind)]
    for cls in type(estimator).__mro__:
        named = [rule for rule in rules if cls in rule.estimators]
        if named:
            return named[-1](), cls
    return None, None


def reason_against(estimator, rule, cls):
    """Why a rule has no treatment for an estimator of a class that it names, with the way out; None when it has one."""
    reason = rule.reason_against(estimator)
    if reason is not None or type(estimator).fit is cls.fit:
        return reason
    name, rule_name = type(estimator).__name__, type(rule).__name__
    return (
        f"it has a fit of its own, so that only its author knows what it minimises; where that is the objective of "
        f"{cls.__name__}, say so once: class {name}Rule({rule_name}): estimators = ({name},), with {rule_name} of "
        f"{type(rule).__module__}. Otherwise use LeaveOneOut(estimator, method='refit')"
    )
