"""How large the arrays of a call are: a count, where a peak of memory depends on the machine and its other threads."""

import sys

import numpy as np
from scipy import sparse

WATCHED = ("skinfluence", "numpy", "scipy", "sklearn")


def largest_array(function, *given):
    """Answer of a call, and the bytes of the largest array that it made.

    An array counts where a Python function of the package, or of those that it stands on, returns it or has a name for
    it when it returns; lists of arrays count together, views as what they are views of, and maps of files not at all.

    Parameters
    ----------
    function : callable
        Without arguments.
    given : arrays
        What was there before, which does not count.
    """
    before, largest = {id(_owner(part)) for array in given for part in _parts(array)}, 0

    def size(value):
        owners = {id(owner): owner for part in _parts(value) if (owner := _owner(part)) is not None}
        return sum(owner.nbytes for key, owner in owners.items() if key not in before)

    def watch(frame, event, returned):
        nonlocal largest
        if event == "return" and frame.f_globals.get("__name__", "").partition(".")[0] in WATCHED:
            largest = max(largest, size(returned), *map(size, frame.f_locals.values()))

    sys.setprofile(watch)
    try:
        answer = function()
    finally:
        sys.setprofile(None)
    return answer, largest


def _parts(value):
    if isinstance(value, np.ndarray):
        return [value]
    if sparse.issparse(value):
        return [part for part in vars(value).values() if isinstance(part, np.ndarray)]
    if isinstance(value, (list, tuple)):
        arrays = [item for item in value if isinstance(item, np.ndarray) or sparse.issparse(item)]
        return [part for item in arrays for part in _parts(item)]
    return []


def _owner(array):
    """The array whose memory it is; None for the map of a file."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return None if isinstance(array, np.memmap) else array
