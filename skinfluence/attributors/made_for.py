"""Whether a question was made for a model like the one that is asked."""

from typing import Any

import numpy as np

from ..exceptions import UnsupportedQuestionError
from ..targets import Question, require_parameters

__all__ = ["check_made_for"]


def check_made_for(question: Question, model: Any, state: Any) -> None:
    """Refuse a question that was made for a model with other outputs or other features.

    A question knows no model, so that the numbers of features and outputs, the loss and the classes are all that there
    is to compare.

    Parameters
    ----------
    question : Question
        Of any attributor.
    model : Model
        The model that is asked.
    state : State
        What it is asked at.

    Raises
    ------
    UnsupportedQuestionError
        Naming what differs.
    UnsupportedTargetError
        A function of parameters, and a model without.
    """
    require_parameters(question.target, state)
    rows = question.rows
    if rows is None:
        return
    # where rows have no loss of their own, evaluation rows have a placeholder
    same_loss = model.loss is None or type(rows.loss) is type(model.loss)
    if not same_loss or not np.array_equal(rows.classes, model.classes):
        raise _foreign("with another loss or other classes", "the same estimator")
    theirs, ours = question.features.shape[1], model.n_features
    if ours is not None and theirs != ours:
        raise _foreign(f"whose final step sees {theirs} features, and here it sees {ours}", "the same preprocessing")
    theirs, ours = _n_numbers(rows.y), _n_numbers_of(state, question)
    if rows.classes is None and theirs is not None and theirs != ours:
        raise _foreign(f"of {theirs} outputs, and here there are {ours}", "the same outputs")


def _n_numbers(y):
    """How many numbers the label of a row has; None where it is something else."""
    if y.dtype.kind != "f":
        return None
    return 1 if y.ndim == 1 else y.shape[1]


def _n_numbers_of(state, question):
    """The same of the training labels, where they are at hand: a scale beside the mean is an output without a label."""
    labels = getattr(getattr(state, "problem", None), "y", None)
    known = _n_numbers(labels) if isinstance(labels, np.ndarray) else None
    return question.n_outputs(state) if known is None else known


def _foreign(what, same):
    return UnsupportedQuestionError(
        f"the question was made for a model {what}; use the question() of this attributor, or of one with {same}"
    )
