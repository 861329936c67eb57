"""The errors and warnings of skinfluence.

::

    SkinfluenceError
    |-- UnsupportedEstimatorError    (TypeError)   the model, or one of its settings, has no exact treatment here
    |-- UnsupportedTargetError       (ValueError)  the target is not defined for this model or these evaluation rows
    |-- UnsupportedQuestionError     (ValueError)  the method does not answer this question
    |-- StationarityError            (ValueError)  the rows handed in are not the rows that the model was trained on
    `-- SingularCurvatureError       (ValueError)  the objective has no unique optimum

    TrimmingWarning                  (UserWarning) the trimmer did something that its user may not expect
    StationarityWarning              (UserWarning) the model stopped far from the optimum of its own objective

Every message says what was got, what is allowed and what to do.
"""

__all__ = [
    "SingularCurvatureError",
    "SkinfluenceError",
    "StationarityError",
    "StationarityWarning",
    "TrimmingWarning",
    "UnsupportedEstimatorError",
    "UnsupportedQuestionError",
    "UnsupportedTargetError",
]


class SkinfluenceError(Exception):
    """Root of all errors that skinfluence raises on its own account."""


class UnsupportedEstimatorError(SkinfluenceError, TypeError):
    """The estimator, or one of its settings, has no exact treatment here."""


class UnsupportedTargetError(SkinfluenceError, ValueError):
    """The target is not defined for this model or on these evaluation rows."""


class UnsupportedQuestionError(SkinfluenceError, ValueError):
    """The method does not answer the question that it was asked."""


class StationarityError(SkinfluenceError, ValueError):
    """The training rows handed in do not explain the fitted parameters."""


class SingularCurvatureError(SkinfluenceError, ValueError):
    """The objective is flat in some direction that was not declared."""


class TrimmingWarning(UserWarning):
    """The trimmer did something that its user may not expect."""


class StationarityWarning(UserWarning):
    """The fitted parameters are far from the optimum of their own objective."""
