"""The one way to warn: warnings point to the line that called this package, however deep inside they arise."""

import os
import sys
import warnings

__all__ = ["warn"]

#: of all files of the package
PREFIX = os.path.join(os.path.dirname(__file__), "")


def warn(message: str, category: type[Warning]) -> None:
    """Warn in the name of the line that called into the package.

    That is the caller of the outermost frame of the package, so that frames of other libraries in between (joblib,
    scikit-learn's validation) do not matter.

    Parameters
    ----------
    message : str
        What happened, and what to do.
    category : type of Warning
        Of ``skinfluence.exceptions``, or one of scikit-learn's.
    """
    # a level of 1 is this function
    level, outermost, frame = 1, 1, sys._getframe()
    while frame is not None:
        if frame.f_code.co_filename.startswith(PREFIX):
            outermost = level
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=outermost + 1)
