"""Fair samples of exhaustive tests: what the default run takes of a product, the rest marked slow."""

from itertools import product

import pytest

__all__ = ["one_in", "one_of_each"]


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
    places = product(*(range(len(axis)) for axis in axes))
    return [_sampled(chosen, sum(place) % k == 0) for place, chosen in zip(places, product(*axes), strict=True)]


def one_of_each(k, groups, turn=0):
    """Cases in groups, of which all but one in k of each group are marked slow, and never all of a group.

    Parameters
    ----------
    k : int
        Smaller groups have one case in the sample.
    groups : iterable of lists
        Of cases; tuples of values where a test has several arguments.
    turn : int
        With another one the sample takes the next case of each group, as with the place of the group.

    Returns
    -------
    list of pytest.param
        For ``pytest.mark.parametrize``.
    """
    return [
        _sampled(case if isinstance(case, tuple) else (case,), place % min(k, len(group)) == 0)
        for start, group in enumerate(groups, turn)
        for place, case in enumerate(group, start)
    ]


def _sampled(parts, taken):
    parts = [part if hasattr(part, "marks") else pytest.param(part) for part in parts]
    marks = [mark for part in parts for mark in part.marks]
    if not taken:
        marks.append(pytest.mark.slow)
    return pytest.param(*(value for part in parts for value in part.values), marks=marks)
