"""Influence over its own size: methods that rank rows by direction, not by magnitude."""

from abc import abstractmethod
from typing import Any

import numpy as np

from ..._typing import ArrayLike, Features, Labels
from ...exceptions import UnsupportedQuestionError
from ...influence import Influence
from ...problems import Problem
from ...removal.rank_one_downdates import row_blocks
from ...targets import Question
from ..blockwise import answers
from ..results import Removal, RemovalBatch
from .influence_functions import InfluenceFunctions

__all__ = ["RelativeInfluence", "RenormalizedInfluence"]


class _NormalizedInfluence(InfluenceFunctions):
    """First-order influence divided by one norm a row; no longer a change of f, and not additive."""

    predicts = False
    reads = (Problem,)
    #: its norms may need a solve for each row
    _few_solves = False

    @abstractmethod
    def _norms(self):
        """What each row's influence is divided by, (n,)."""

    def _along(self, U):
        norms = self._norms()
        # a row without weight or gradient has no direction: its influence is 0, as before
        return super()._along(U) / np.where(norms > 0, norms, 1)[:, None]

    def attribute(
        self,
        X: Features | Question | None = None,
        y: Labels | None = None,
        *,
        train_groups: ArrayLike | None = None,
        **question: Any,
    ) -> Influence:
        """Normalised influence of each training row; parameters as for :class:`InfluenceFunctions`.

        Raises
        ------
        UnsupportedQuestionError
            With `train_groups`, or ``evaluation="moved"``: a normalised score is not a change of f.
        """
        if train_groups is not None:
            raise self._refusal("groups of rows")
        if self.evaluation == "moved":
            raise self._refusal("evaluation='moved'")
        return super().attribute(X, y, **question)

    def self_influence(self) -> Influence:
        """Normalised self-influence of each training row, shape (n,)."""
        if self.evaluation == "moved":
            raise self._refusal("evaluation='moved'")
        influence = super().self_influence()
        norms = self._norms()
        return influence.with_values(influence.values / np.where(norms > 0, norms, 1))

    def removal(
        self, indices: ArrayLike, X: Features | Question | None = None, y: Labels | None = None, **question: Any
    ) -> Removal:
        """Refused: a normalised score predicts no change."""
        raise self._refusal("removal")

    def removals(
        self, sets: Any = None, X: Features | Question | None = None, y: Labels | None = None, **question: Any
    ) -> RemovalBatch:
        """Refused, for the same reason."""
        raise self._refusal("removals")

    def _refusal(self, what):
        return UnsupportedQuestionError(
            f"{type(self).__name__} ranks rows and predicts no change of the target, so it has no answer for {what}; "
            "use RescaledInfluence or LeaveOneOut"
        )


class RelativeInfluence(_NormalizedInfluence):
    r"""Influence over the size of the parameter change that it takes: I_i / norm(H^-1 R_i).

    RelatIF asks which rows move f most *for how much they move the model at all*; it takes outliers, which dominate
    every plain ranking, off the top. Values are in the unit of f over that of the parameters; they rank, and are no
    predictions of a change.

    Parameters
    ----------
    estimator, target, evaluation, solver, damping, polish, verbose
        As for :class:`InfluenceFunctions`; only ``evaluation="linear"``.

    Notes
    -----
    Cost n P^2 a question, for the norms; not scale-equivariant, for the norm is that of raw parameters: scale the
    features.

    References
    ----------
    Hammoudeh and Lowd, Training data influence analysis and estimation, eq. 65.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> X, y = np.zeros((2, 1)), np.array([0.0, 2.0])
    >>> RelativeInfluence(Ridge(), target="prediction").fit(X, y).attribute([[0.0]], [0.0]).values
    array([ 1., -1.])
    """

    _method = "relative influence"
    _unit = "{} per unit of parameter change"
    _estimand = "first-order change of f over the norm of the parameter change"

    @answers
    def _norms(self):
        norms = [np.linalg.norm(self._changes(block), axis=0) for block in row_blocks(self.problem_)]
        return np.concatenate(norms)


class RenormalizedInfluence(_NormalizedInfluence):
    r"""Influence over the size of the row's gradient: I_i / norm(R_i).

    Compares rows as if each pulled with the same force. Values rank, and are no predictions of a change.

    Parameters
    ----------
    estimator, target, evaluation, solver, damping, polish, verbose
        As for :class:`InfluenceFunctions`; only ``evaluation="linear"``.

    Notes
    -----
    Cost n P a question; not scale-equivariant: scale the features.

    References
    ----------
    Hammoudeh and Lowd, Training data influence analysis and estimation, eq. 68.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> X, y = np.zeros((2, 1)), np.array([0.0, 2.0])
    >>> RenormalizedInfluence(Ridge(), target="prediction").fit(X, y).attribute([[0.0]], [0.0]).values
    array([ 0.5, -0.5])
    """

    _method = "renormalized influence"
    _unit = "{} per unit of gradient"
    _estimand = "first-order change of f over the norm of the row's gradient"

    @answers
    def _norms(self):
        free = self.problem_.free
        norms = [np.linalg.norm(self.terms_.columns(block)[free], axis=0) for block in row_blocks(self.problem_)]
        return np.concatenate(norms)
