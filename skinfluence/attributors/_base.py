"""Base of attributors: they take a fitted estimator and its training rows, and compute effects of deletions.

A method owes one verb, ``_effects(question, players)``: what the deletion of each set of training rows does to each
answer of a question. Everything that users call is written here, once, above it.
"""

from abc import abstractmethod
from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from .._typing import ArrayLike, Features, Labels, Weights
from ..exceptions import UnsupportedQuestionError
from ..influence import Influence
from ..rows import Players
from ..targets import Question, Target, ask, check_train_groups, resolve_target
from ._fidelity import ComparesWithRefits
from .fitted import FittedOnRows, check_some_rows
from .made_for import check_made_for
from .results import unanswered_note
from .top_rows import check_top_k, top_rows

__all__ = ["Attributor"]


class Attributor(ComparesWithRefits, FittedOnRows):
    """Base of all methods that answer questions.

    Attributes
    ----------
    predicts : bool
        Values are changes of f; False: they rank rows in a unit of their own.
    """

    predicts = True
    evaluation = "moved"
    _method: str
    _unit = "{}"
    _estimand = "f after deleting the row and refitting with fixed preprocessing, minus f"
    #: why an answer may be nan
    _no_answer = (
        "without it the objective has no unique optimum (last row of its class, leverage 1, classes that are separated "
        "then), or the answer depends on coefficients that have none"
    )

    @abstractmethod
    def _effects(self, question, players):
        """What the deletion of each set does to each answer, (G, a); nan where there is no answer."""

    def question(
        self,
        X: Features | Question | None = None,
        y: Labels | None = None,
        *,
        target: str | Target | None = None,
        sensitive_features: Any = None,
        sample_weight: Weights = None,
    ) -> Question:
        """A target on evaluation rows, checked once, in the place of ``X, y, ...`` wherever these are asked for.

        Parameters
        ----------
        X : array-like, sparse matrix or DataFrame of shape (m, p)
            Evaluation rows as the estimator takes them; None for a target of the parameters alone.
        y : array-like
            Their labels.
        target : str or Target, optional
            Other than the constructor's.
        sensitive_features : array-like, str or list of str, optional
            Groups of the evaluation rows, or the columns of `X` that hold them.
        sample_weight : array-like of shape (m,), optional
            Weights of the evaluation rows.

        Returns
        -------
        Question

        Raises
        ------
        UnsupportedTargetError
            The target is not defined for this model or on these rows.
        UnsupportedQuestionError
            A Question that was made for a model with other features, classes or outputs.
        """
        self._check_fitted()
        if isinstance(X, Question):
            check_made_for(X, self.model_, self.preparation_)
            return X
        check_some_rows(X, "evaluation")
        if X is not None and not self.model_.by_name:
            validate_data(self, X, reset=False, skip_check_array=True)
        return ask(
            self.model_,
            self._resolve(target),
            X,
            y,
            at=self.preparation_,
            sensitive_features=sensitive_features,
            sample_weight=sample_weight,
        )

    def evaluate(
        self,
        X: Features | Question | None = None,
        y: Labels | None = None,
        *,
        target: str | Target | None = None,
        sensitive_features: Any = None,
        sample_weight: Weights = None,
    ) -> float:
        """The target's value at the fitted parameters.

        Parameters
        ----------
        X, y, target, sensitive_features, sample_weight
            As for :meth:`question`, which may stand in their place.

        Returns
        -------
        float
        """
        asked = self.question(X, y, target=target, sensitive_features=sensitive_features, sample_weight=sample_weight)
        return self._value(asked)

    def _value(self, question):
        """The answer before any deletion."""
        return question.value(self.preparation_)

    def _resolve(self, target):
        """The target asked for, or that of the constructor; a loss of coupled rows is what the model says it is."""
        target, model = self.target if target is None else target, getattr(self, "model_", None)
        chosen = resolve_target(target)
        if chosen.name != "loss" or model is None or model.loss_target is None:
            return chosen
        return resolve_target(model.loss_target)

    def attribute(
        self,
        X: Features | Question | None = None,
        y: Labels | None = None,
        *,
        target: str | Target | None = None,
        sensitive_features: Any = None,
        sample_weight: Weights = None,
        train_groups: ArrayLike | None = None,
        aggregate: bool = True,
        top_k: int | None = None,
    ) -> Influence:
        """Effect of deleting each training row (or group) on the target.

        Parameters
        ----------
        X : array-like, sparse matrix or DataFrame of shape (m, p), or Question
            Evaluation rows as the estimator takes them; None for a target of the parameters alone, or self-influence.
        y : array-like
            Their labels.
        target : str or Target, optional
            Other than the constructor's.
        sensitive_features : array-like, str or list of str, optional
            Groups of the evaluation rows, or the columns of `X` that hold them.
        sample_weight : array-like of shape (m,), optional
            Weights of the evaluation rows; loss-like targets are weighted sums.
        train_groups : array-like of shape (n,) or (n, q), str or list of str, optional
            One label for each training row, or the columns of the training DataFrame that hold them, read as
            `sensitive_features` are: the effect of deleting each group as a whole.
        aggregate : bool
            False answers for each evaluation row separately; the row sum of that is the answer with True.
        top_k : int, optional
            With ``aggregate=False``, the k largest absolute effects on each evaluation row; ``Influence.rows`` says
            whose. Memory k m, never n m (but for refits); ``evaluation="moved"`` predicts parameters once a block.

        Returns
        -------
        Influence
            Values (n,), or (n, m) with ``aggregate=False``; n_groups for n with `train_groups`, k for n with `top_k`.

        Raises
        ------
        UnsupportedTargetError
            The target is not defined for this model or on these rows.
        UnsupportedQuestionError
            `aggregate=False` with a target that is no sum over evaluation rows; ``evaluation="linear"`` with one that
            has no gradient; a group whose deletion empties a class.
        ValueError
            `top_k` without ``aggregate=False``, or beyond the number of training rows.
        """
        chosen = X.target if isinstance(X, Question) else self._resolve(target)
        if chosen.name == "self_influence":
            if any(given is not None for given in (X, y, train_groups, top_k)):
                raise UnsupportedQuestionError(
                    "'self_influence' is measured on the training rows themselves: pass no X, y, groups or top_k"
                )
            return self.self_influence()
        question = self.question(
            X, y, target=chosen, sensitive_features=sensitive_features, sample_weight=sample_weight
        )
        return self._attribution(question if aggregate else question.by_row(), train_groups, top_k)

    def _attribution(self, question, train_groups, top_k):
        players = self._players(train_groups)
        if top_k is None:
            values = self._answers(question, players)
            return self._answer(values if question.each else values[:, 0], question.target, players)
        check_top_k(top_k, not question.each, len(players))
        top = self._top(question, players, top_k)
        return self._answer(top.values, question.target, players, top=top)

    def _players(self, train_groups):
        """The training rows, or those of each label together."""
        if train_groups is None:
            return Players.rows(self.model_.n_rows, self.names_)
        return Players.groups(*check_train_groups(train_groups, self.model_.n_rows, self._frame))

    def _top(self, question, players, top_k):
        """The largest effects on each evaluation row."""
        return top_rows([self._answers(question, players)], top_k)

    def _answers(self, question, players):
        """The effects, (G, a), nan for deletions after which there is no model."""
        unanswered = self._unanswered(players)
        if not unanswered.any():
            return self._effects(question, players)
        values = np.full((len(players), question.n_answers), np.nan)
        if players.single:
            # all at once costs as much as some of them
            values[~unanswered] = self._effects(question, players)[~unanswered]
        elif not unanswered.all():
            sets = [players.sets[i] for i in np.flatnonzero(~unanswered)]
            values[~unanswered] = self._effects(question, Players(sets))
        return values

    def _unanswered(self, players):
        """Deletions after which there is no model, (G,) of bool."""
        return ~self.model_.feasible(players.sets)

    def self_influence(self) -> Influence:
        """Effect of deleting each training row on its own (unweighted) loss: the diagonal, in O(n) memory.

        Returns
        -------
        Influence
            Values of shape (n,), in the unit of the model's loss; at least 0 for first-order methods.
        """
        self._check_fitted()
        players = Players.rows(self.model_.n_rows, self.names_)
        # a loss without its row may be beyond all numbers
        with np.errstate(over="ignore", invalid="ignore"):
            values = np.where(self._unanswered(players), np.nan, self._own_effects())
        return self._answer(values, resolve_target("self_influence"), players)

    @abstractmethod
    def _own_effects(self):
        """Effect of each row on its own loss, (n,)."""

    def _answer(self, values, target, players, top=None):
        missing = np.isnan(values).reshape(len(values), -1).any(axis=1) if top is None else top.missing
        verdict = self.verdict_ + unanswered_note(missing, players, self._no_answer)
        return Influence(
            values,
            estimand=self._estimand,
            unit=self._unit.format(target.unit),
            method=f"{self._method}, {self.evaluation} evaluation",
            verdict=verdict,
            stationarity=self.stationarity_,
            names=players.names,
            rows=None if top is None else top.rows,
            target=repr(target),
            greater_is_better=target.greater_is_better,
            predicts=self.predicts,
        )
