"""Checks of attributors about fits, clones, blocks and shared factors."""

import pickle
from contextlib import ExitStack
from typing import Any
from unittest import mock

from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from ..attributors import deletion
from ..attributors.static import _base as static
from ..operators import design
from ..removal import rank_one_downdates
from .closeness import SOLVES, SUMS, assert_near
from .evaluation_calls import ask_first, refusal_allowed

__all__ = [
    "check_block_sizes",
    "check_clone_and_pickle",
    "check_inputs_untouched",
    "check_shared_preparation",
]


def check_block_sizes(attributor: Any, X: Any, y: Any, *, rtol: float | None = SOLVES) -> None:
    """Results do not depend on the size of blocks."""
    expected = ask_first(clone(attributor).fit(X, y), X, y)
    sizes = [(module, "BLOCK_SIZE") for module in (rank_one_downdates, static, deletion)] + [(design, "CACHE_BYTES")]
    with ExitStack() as stack:
        for module, name in sizes:
            stack.enter_context(mock.patch.object(module, name, 17))
        actual = ask_first(clone(attributor).fit(X, y), X, y)
    assert_near(actual, expected, rtol, what="influences in small blocks")


def check_clone_and_pickle(attributor: Any, X: Any, y: Any, *, rtol: float | None = SUMS) -> None:
    """A pickled attributor answers the same; so do a clone, and a second fit."""
    fitted = clone(attributor).fit(X, y)
    expected = ask_first(fitted, X, y)
    for name, other in {
        "a pickled one": pickle.loads(pickle.dumps(fitted)),
        "a clone": clone(fitted).fit(X, y),
        "a second fit": fitted.fit(X, y),
    }.items():
        assert_near(ask_first(other, X, y), expected, rtol, what=f"influences by {name}")


def check_inputs_untouched(attributor: Any, X: Any, y: Any, *, rtol: float | None = None) -> None:
    """Neither the data nor a fitted estimator that is handed in are changed, and read-only data will do."""
    model = clone(LogisticRegression() if attributor.estimator is None else attributor.estimator).fit(X, y)
    before = _facts(model)
    attributor = clone(attributor).set_params(estimator=model)
    X, y = X.copy(), y.copy()
    X.flags.writeable = y.flags.writeable = False
    ask_first(attributor.fit(X, y), X, y)
    assert attributor.estimator is model
    assert _facts(model) == before


def _facts(model):
    """All attributes of a fitted estimator, except for the call counts of search trees."""
    return {name: pickle.dumps(value) for name, value in vars(model).items() if name != "_tree"}


def check_shared_preparation(attributor: Any, X: Any, y: Any, *, rtol: float | None = SUMS) -> None:
    """A method made by `from_fitted` gives the same answers as a fitted one."""
    fitted = clone(attributor).fit(X, y)
    kept = ("estimator", "solver", "damping", "polish")
    own = {name: value for name, value in attributor.get_params(deep=False).items() if name not in kept}
    with refusal_allowed():
        shared = type(attributor).from_fitted(fitted, **own)
        assert shared.preparation_.factor is fitted.preparation_.factor
        assert shared.verdict_ == fitted.verdict_
        assert_near(ask_first(shared, X, y), ask_first(fitted, X, y), rtol, what="influences by a shared factor")
