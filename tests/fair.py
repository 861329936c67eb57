"""Fair samples of exhaustive tests: what the default run takes of a product, the rest marked slow."""

from itertools import product

import pytest

__all__ = ["one_in"]


def one_in(k, *axes):
    """The product of some axes, of which all but one in k are marked slow.

    The sample takes the places whose sum divides by k, as in a Latin square: each value of each axis is taken, and with
    axes of k values or more each pair of values as well, where there is a third axis.

    Parameters
    ----------
    k : int
        At most the length of each axis.
    *axes : iterables
        Values, or ``pytest.param``, of which marks and names are kept.

    Returns
    -------
    list of pytest.param
        For ``pytest.mark.parametrize`` with one argument an axis.
    """
    axes = [list(axis) for axis in axes]
    assert all(len(axis) >= k for axis in axes)
    return [_together(chosen, k) for chosen in product(*map(enumerate, axes))]


def _together(chosen, k):
    parts = [part if hasattr(part, "marks") else pytest.param(part) for _, part in chosen]
    marks = [mark for part in parts for mark in part.marks]
    if sum(place for place, _ in chosen) % k:
        marks.append(pytest.mark.slow)
    return pytest.param(*(value for part in parts for value in part.values), marks=marks)
