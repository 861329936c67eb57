"""Blocks from anything that can be run through several times."""

from collections.abc import Callable
from functools import partial
from typing import Any

__all__ = ["iterable_reader"]


def iterable_reader(blocks: Any) -> Callable[[], Any]:
    """A function that starts the iterable anew.

    Raises
    ------
    ValueError
        For an iterator, which can be run through once only, and for what is no iterable.
    """
    if callable(blocks):
        return partial(_from_function, blocks)
    try:
        iterator = iter(blocks)
    except TypeError:
        raise ValueError(
            f"blocks must be an iterable of tuples (X, y), or a function that returns one, got {type(blocks).__name__}"
        ) from None
    if iterator is blocks:
        raise ValueError(
            f"blocks is an iterator ({type(blocks).__name__}), which cannot be started anew, and the rows are read "
            "several times; pass a list, an object with __iter__, or the function that makes the iterator"
        )
    return partial(map, _loader, blocks)


def _from_function(function):
    return map(_loader, function())


def _loader(block):
    return partial(_given, block)


def _given(block):
    return block
