"""Whether an error is one that a user can read: ours, or scikit-learn's own word on what it was given."""

import re
import traceback
from pathlib import Path

import sklearn

import skinfluence
from skinfluence.exceptions import SkinfluenceError

__all__ = ["fault_of"]

#: where messages to users are written
OURS = str(Path(skinfluence.__file__).parent)
THEIRS = str(Path(sklearn.__file__).parent)
#: what NumPy and SciPy say of arrays, and Python of names: they name nothing that a user has given
RAW = re.compile(
    r"could not be broadcast|not aligned|mismatch in its core dimension|cannot reshape|out of bounds|index out of range"
    r"|zero-size array|object has no attribute|not subscriptable|unsupported operand|has no len|boolean index did not"
    r"|must match exactly|inhomogeneous|Singular matrix|singular matrix|not positive definite|SVD did not converge"
    r"|contain infs or NaNs|division by zero|referenced before|not supported between|truth value of an array"
    r"|setting an array element|only size-1|only length-1|cannot convert float|Found array with dim 3|ufunc"
)
READABLE = (ValueError, TypeError)
VALIDATION = str(Path(THEIRS) / "utils" / "validation.py")


def fault_of(error, of_estimator):
    """What is wrong with an error, empty where nothing is.

    Parameters
    ----------
    error : Exception
        That a question ended in.
    of_estimator : Exception or None
        What the estimator's own ``fit`` says of the same rows.
    """
    # searches quote the error of the estimator inside
    if of_estimator is not None and str(error) in str(of_estimator):
        return ""
    where = traceback.extract_tb(error.__traceback__)[-1]
    said = f"{type(error).__name__} in {where.filename}:{where.lineno}: {error}"
    if isinstance(error, SkinfluenceError):
        return f"no sentence: {said}" if len(str(error).split()) < 5 else ""
    if not isinstance(error, READABLE):
        return f"a raw {said}"
    if RAW.search(str(error)):
        return f"a raw message, {said}"
    if not where.filename.startswith((OURS, THEIRS)) and not _in_validation(error):
        return f"raised by neither skinfluence nor scikit-learn, {said}"
    return f"no sentence: {said}" if len(str(error).split()) < 4 else ""


def _in_validation(error):
    """Whether scikit-learn's validation of tables, or what it calls, raised the error."""
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    ours = max((place for place, file in enumerate(files) if file.startswith(OURS)), default=-1)
    return VALIDATION in files[ours + 1 :]
