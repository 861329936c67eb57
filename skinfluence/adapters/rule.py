"""Rules: which estimators a treatment is for, and what speaks against it."""

from typing import Any, ClassVar

__all__ = ["Refusal", "Rule"]


class Rule:
    """Says what some estimators are, in our terms; :func:`skinfluence.adapters.register` makes it known.

    There are four kinds of rules: an :class:`Adapter` states the objective of a linear predictor, a :class:`Reduction`
    states an estimator in the terms of another one, a :class:`ModelAdapter` makes a whole model of it, and a
    :class:`Refusal` has only a reason.

    Attributes
    ----------
    estimators : tuple of type or str
        The estimator classes that it speaks for, subclasses included; or the name of a package, all of whose classes
        it speaks for without importing it.
    shown : tuple of str
        Names of the supported classes of that package.
    makes : type or None
        What its models are made of: a kind of problem, or of structure; None for refusals.
    inherited : tuple of str
        Methods that a subclass must not have of its own.
    requires_y : bool
        ``fit`` needs labels beside X.
    """

    estimators: ClassVar[tuple] = ()
    shown: ClassVar[tuple] = ()
    makes: ClassVar[type | None] = None
    requires_y: ClassVar[bool] = True
    inherited: ClassVar[tuple] = ("fit",)

    def speaks_for(self, cls: type) -> bool:
        """Whether this rule names a class."""
        package = cls.__module__.partition(".")[0]
        return any(package == each if isinstance(each, str) else cls is each for each in self.estimators)

    def fitted(self, estimator: Any) -> Any:
        """Whether the estimator has been fitted; None leaves the answer to scikit-learn."""
        return

    def reason_against(self, estimator: Any) -> Any:
        """Why this estimator or one of its settings has no exact treatment, with the way out, or None.

        The estimator need not be fitted.
        """
        return

    def reason_against_fit(self, estimator: Any) -> str | None:
        """What scikit-learn has against fitting these settings on any rows; None when nothing.

        Types and ranges of parameters are checked elsewhere, for all estimators.
        """
        return None

    def kind(self, estimator: Any) -> type | None:
        """What is made of this estimator, where that depends on its settings; `makes` elsewhere."""
        return self.makes

    def inner(self, estimator: Any) -> Any:
        """The estimator inside, as its settings have it, that has to be supported; None when there is none."""
        return


class Refusal(Rule):
    """Estimators without an exact treatment.

    Parameters
    ----------
    estimators : tuple of type
        Their classes.
    reason : str
        Why, and what to use instead.
    """

    def __init__(self, estimators: tuple[type, ...], reason: str) -> None:
        self.estimators, self.reason = estimators, reason  # type: ignore[misc]

    def reason_against(self, estimator: Any) -> str | None:
        return self.reason
