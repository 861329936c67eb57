"""Questions to training rows in blocks: each block answers for its own rows, wherever it is.

On a block an attributor is the same method, with the block's problem and the factor of all rows. What travels to the
block is that attributor without the rows, and what comes back is its answer.
"""

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from functools import partial, wraps
from itertools import chain
from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from ..adapters import adapt_blocks, is_fitted
from ..adapters.blocks.source import Blocks
from ..exceptions import UnsupportedQuestionError
from ..problems import BlockProblem
from ..removal.slopes import depends_on_rows
from ..targets import Question
from .fitted import KEPT

__all__ = ["answers", "check_takes_blocks", "fit_blocks", "in_blocks", "lists", "require_rows", "totals"]

#: attributes that are not sent to the process of a block, besides the problem
_NOT_SENT = ("model_", "estimator_", "names_", *KEPT)


def fit_blocks(attributor: Any, source: Blocks) -> Any:
    """``Attributor.fit`` for training rows in blocks.

    Raises
    ------
    UnsupportedQuestionError
        For methods that need all rows at once.
    ValueError
        For an estimator that is not fitted.
    """
    check_takes_blocks(attributor)
    name = type(attributor).__name__
    estimator = attributor.estimator
    if estimator is None or not is_fitted(estimator):
        raise ValueError(
            f"{name} got an estimator that is not fitted, and rows in blocks cannot fit it; fit it before, or fit it "
            "on a sample of the rows and set polish=True, which moves it to the optimum on all of them"
        )
    before = source.n_passes
    attributor.estimator_, attributor.names_ = estimator, None
    attributor.model_, head = adapt_blocks(estimator, source)
    validate_data(attributor, head, skip_check_array=True)
    if attributor.model_.classes is not None:
        attributor.classes_ = attributor.model_.classes
    optimum = attributor._prepare(prefit=True)
    note = f"{optimum.note}; {source.n_passes - before} passes over the features to get there"
    attributor.preparation_ = replace(optimum, note=note)
    return attributor


def check_takes_blocks(attributor: Any) -> None:
    """Refuse training rows in blocks where a method needs all of them at once.

    Raises
    ------
    UnsupportedQuestionError
    """
    if not attributor._takes_blocks:
        raise UnsupportedQuestionError(
            f"{type(attributor).__name__} needs all training rows in memory; for rows in blocks use "
            "InfluenceFunctions, RescaledInfluence, NewtonStep, RelativeInfluence or RenormalizedInfluence"
        )


def in_blocks(problem: Any) -> bool:
    """Whether its training rows lie in blocks."""
    return isinstance(problem, BlockProblem)


def require_rows(problem: Any, what: str) -> None:
    """Refuse questions that need all training rows in memory.

    Raises
    ------
    UnsupportedQuestionError
    """
    if in_blocks(problem):
        raise UnsupportedQuestionError(
            f"{what} needs all training rows in memory, but they are given in blocks; use a sample of the rows"
        )


def _by_block(join, split=False):
    """Decorates a method whose answer on all rows is joined from those on blocks.

    Parameters
    ----------
    join : callable
        From an iterator of answers, in the order of the blocks.
    split : bool
        The last argument is a list of sets of rows, of which each block is given its own.
    """

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def answer(self, *arguments, **named):
            problem = self.problem_
            if not in_blocks(problem):
                return method(self, *arguments, **named)
            self._check_by_block()
            local = []
            if split:
                *arguments, sets = arguments
                local = [list(zip(*map(problem.local, sets)))]
            _check_questions(arguments, problem)
            return join(problem.map(partial(_on_block, _without_rows(self), method.__name__, arguments, named), *local))

        return answer

    return decorate


def _concatenated(parts):
    return np.concatenate(list(parts))


#: one answer for each row
answers = _by_block(_concatenated)
#: sums over the rows of sets
totals = _by_block(sum, split=True)
#: lists, one after the other
lists = _by_block(chain.from_iterable)


def _without_rows(attributor):
    """A copy of the attributor without its training rows, small enough to be sent to the process that has a block."""
    local_copy = copy(attributor)
    local_copy.estimator = None
    for name in _NOT_SENT:
        vars(local_copy).pop(name, None)
    local_copy.preparation_ = attributor.preparation_.on(None)
    return local_copy


def _check_questions(arguments, problem):
    for value in arguments:
        if isinstance(value, Question) and depends_on_rows(value, problem):
            require_rows(problem, f"the target {value.target.name!r}, another function without each row,")


def _on_block(local_copy, method, arguments, named, block, *local):
    view = copy(local_copy)
    view.preparation_ = local_copy.preparation_.on(block)
    return getattr(view, method)(*arguments, *local, **named)
