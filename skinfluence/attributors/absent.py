"""Methods that some objects of a class do not have, and say why."""

from collections.abc import Callable
from types import MethodType
from typing import Any

__all__ = ["absent_for"]


def absent_for(reason: Callable[[Any], str]) -> Callable[[Callable[..., Any]], Any]:
    """Decorates a method that objects with a reason do not have: ``hasattr`` is False, and the AttributeError says why.

    Parameters
    ----------
    reason : callable
        From the object to the text of the error; empty where the method is there.

    Examples
    --------
    >>> class Door:
    ...     locked = False
    ...     @absent_for(lambda door: "a locked door does not open; unlock it" if door.locked else "")
    ...     def open(self):
    ...         return "open"
    >>> door = Door()
    >>> door.open()
    'open'
    >>> door.locked = True
    >>> hasattr(door, "open")
    False
    """
    return lambda method: _Reasoned(method, reason)


class _Reasoned:
    """Like the one behind scikit-learn's ``available_if``, whose error has a text of its own."""

    def __init__(self, method: Callable[..., Any], reason: Callable[[Any], str]) -> None:
        self.method, self.reason = method, reason
        # its own documentation and name, which tools ask for
        self.__doc__, self.__name__ = method.__doc__, method.__name__

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """The method of an object, or of its class the function."""
        if instance is None:
            return self.method
        if said := self.reason(instance):
            raise AttributeError(said)
        return MethodType(self.method, instance)
