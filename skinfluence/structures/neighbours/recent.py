"""What was found for the features that were asked last."""

from typing import Any

__all__ = ["Recent"]


class Recent:
    """Answers for the last few objects of features, by identity; pickled and copied without them.

    Features must not be changed in place between two questions: the answer would be that to the former ones.

    Parameters
    ----------
    size : int
        Objects that are remembered.

    Examples
    --------
    >>> recent, features = Recent(), [[1.0]]
    >>> recent.put(features, "near")
    >>> recent.get(features), recent.get([[1.0]])
    ('near', None)
    """

    def __init__(self, size: int = 4) -> None:
        self.size = size
        self.known: tuple[tuple[Any, Any], ...] = ()

    def get(self, features: Any) -> Any:
        """What was put for this very object, or None."""
        return next((answer for key, answer in self.known if key is features), None)

    def put(self, features: Any, answer: Any) -> None:
        """Remember an answer, and forget that of the object that was put first."""
        others = tuple(pair for pair in self.known if pair[0] is not features)
        self.known = (*others, (features, answer))[-self.size :]

    def __reduce__(self) -> tuple:
        return Recent, (self.size,)
