"""The errors and warnings of skinfluence.

::

    SkinfluenceError
    |-- UnsupportedEstimatorError    (TypeError)   the model, or one of its settings, is not supported
    |-- UnsupportedTargetError       (ValueError)  the target is not defined for this model or these evaluation rows
    |-- UnsupportedQuestionError     (ValueError)  the method cannot compute what was asked for
    |-- StationarityError            (ValueError)  the rows given are not the training rows of the model
    `-- SingularCurvatureError       (ValueError)  the objective has no unique optimum

    TrimmingWarning                  (UserWarning) the trimmer may not do what you expect
    StationarityWarning              (UserWarning) the model was not fitted to the optimum of its objective
    TargetWarning                    (UserWarning) the target may not measure what you mean

Every message says what was got, what is allowed and what to do.
"""

__all__ = [
    "SingularCurvatureError",
    "SkinfluenceError",
    "StationarityError",
    "StationarityWarning",
    "TargetWarning",
    "TrimmingWarning",
    "UnsupportedEstimatorError",
    "UnsupportedQuestionError",
    "UnsupportedTargetError",
]


class SkinfluenceError(Exception):
    """Base class of all errors of skinfluence."""


class UnsupportedEstimatorError(SkinfluenceError, TypeError):
    """The estimator, or one of its settings, is not supported."""


class UnsupportedTargetError(SkinfluenceError, ValueError):
    """The target is not defined for this model or on these evaluation rows."""


class UnsupportedQuestionError(SkinfluenceError, ValueError):
    """The method cannot compute what was asked for."""


class StationarityError(SkinfluenceError, ValueError):
    """The model is not at its optimum on the rows given: these are not its training rows, or it did not converge."""


class SingularCurvatureError(SkinfluenceError, ValueError):
    """The objective has no unique optimum: its Hessian is singular."""


class TrimmingWarning(UserWarning):
    """The trimmer may not do what you expect."""


class StationarityWarning(UserWarning):
    """The fitted parameters are far from the optimum of their own objective."""


class TargetWarning(UserWarning):
    """The target may not measure what you mean."""
