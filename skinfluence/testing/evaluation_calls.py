"""Call attributors of every kind in the same way."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..exceptions import UnsupportedQuestionError

__all__ = ["ask", "ask_first", "refusal_allowed", "takes_questions"]


def takes_questions(attributor: Any) -> bool:
    """Whether `attribute` takes evaluation rows, as all but diagnostics do."""
    return "X" in inspect.signature(attributor.attribute).parameters


def ask(attributor: Any, X: Any, y: Any, **question: Any) -> np.ndarray:
    """The values of an answer."""
    influence = attributor.attribute(X, y, **question) if takes_questions(attributor) else attributor.attribute()
    return influence.values


def ask_first(attributor: Any, X: Any, y: Any) -> np.ndarray:
    """Influences on the first third of the training rows: on all of them an unpenalised loss has no gradient at all."""
    return ask(attributor, X[: len(y) // 3], y[: len(y) // 3])


@contextmanager
def refusal_allowed() -> Iterator[None]:
    """A check passes if the method raises UnsupportedQuestionError with a hint what to use instead."""
    try:
        yield
    except UnsupportedQuestionError as refusal:
        if not {"use", "ask"} & set(str(refusal).split()):
            raise AssertionError(f"the error message must say what to use instead: {refusal}") from refusal
