"""What a search for a set of rows needs of an attributor."""

from typing import Any

from sklearn.utils.validation import check_is_fitted

from ..attributors.blockwise import require_rows
from ..attributors.optimum import Optimum
from ..exceptions import UnsupportedQuestionError

__all__ = ["check_attributor", "require_optimum"]


def check_attributor(attributor: Any) -> None:
    """Refuse what is not fitted, predicts no change of f, or has no rows in memory.

    Raises
    ------
    NotFittedError
    UnsupportedQuestionError
    """
    check_is_fitted(attributor)
    if not getattr(attributor, "predicts", False) or not hasattr(attributor, "predicted"):
        raise UnsupportedQuestionError(
            f"{attributor!r} predicts no changes of f, which the search needs; use RescaledInfluence or another "
            "attributor with removals"
        )
    require_rows(attributor.model_.problem, "a search for a set of rows")


def require_optimum(attributor: Any, what: str) -> None:
    """Refuse models without an objective, of which `what` cannot be asked.

    Raises
    ------
    UnsupportedQuestionError
    """
    if not isinstance(attributor.preparation_, Optimum):
        raise UnsupportedQuestionError(
            f"{what} needs parameters at an optimum, which {attributor!r} does not have; use RescaledInfluence and a "
            "model that it takes: supports(model, RescaledInfluence)[0]"
        )
