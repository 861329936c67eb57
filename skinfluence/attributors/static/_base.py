"""Static attributors: everything is read off the final parameters.

A member states what deleting row i does to the parameters, in two forms of one formula: along given directions for all
rows at once, and in full for a block of rows. Questions of every shape are answered from these two, here.
"""

from abc import abstractmethod
from functools import partial

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ...exceptions import UnsupportedQuestionError
from ...influence import Influence
from ...removal.rank_one_downdates import BLOCK_SIZE, row_blocks
from ...removal.sets import shared_blocks
from ...targets import require_additive, resolve_target
from .._base import Attributor
from .._fidelity import ComparesWithRefits
from ..blockwise import answers, in_blocks, lists, totals
from ..presence import effects_without
from ..removal import group_sets
from ..removing import RemovesSets
from ..top_rows import check_top_k, merged_tops, top_rows

__all__ = ["StaticAttributor"]


class StaticAttributor(RemovesSets, ComparesWithRefits, Attributor):
    """Base of the methods that predict the parameters after a deletion."""

    #: the deletion of a set is the sum of the deletions of its rows
    _additive = True
    _method: str
    _unit = "{}"
    _estimand = "f after deleting the row and refitting with fixed preprocessing, minus f"

    @abstractmethod
    def _effects(self, U):
        """Inner products of every row's parameter change with the columns of U: (n, B) from (P, B)."""

    @abstractmethod
    def _changes(self, rows):
        """Parameter changes of a block of rows (an index array), one deletion each: (P, b)."""

    def _set_changes(self, sets):
        """Parameter changes of joint deletions, (P, G); a row may be in several sets."""
        changes = np.zeros((self.problem_.n_parameters, len(sets)))
        for columns, rows, member in shared_blocks(sets, self.problem_.n_rows):
            for part in row_blocks(self.problem_, np.arange(len(rows))):
                changes[:, columns] += self._changes(rows[part]) @ member[part]
        return changes

    @property
    def _n_rows(self):
        return self.problem_.n_rows

    def attribute(
        self,
        X=None,
        y=None,
        *,
        target=None,
        sensitive_features=None,
        sample_weight=None,
        train_groups=None,
        aggregate=True,
        top_k=None,
    ):
        """Effect of deleting each training row (or group) on the target.

        Parameters
        ----------
        X : array-like, sparse matrix or DataFrame of shape (m, p)
            Evaluation rows as the estimator takes them; None for a target of the parameters alone, or self-influence.
        y : array-like
            Their labels.
        target : str or Target, optional
            Other than the constructor's.
        sensitive_features : array-like, str or list of str, optional
            Groups of the evaluation rows, or the columns of `X` that hold them.
        sample_weight : array-like of shape (m,), optional
            Weights of the evaluation rows; loss-like targets are weighted sums.
        train_groups : array-like of shape (n,), optional
            One label for each training row: the effect of deleting each group as a whole.
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
        chosen = self._resolve(target)
        if chosen.name == "self_influence":
            if any(given is not None for given in (X, y, train_groups, top_k)):
                raise UnsupportedQuestionError(
                    "'self_influence' judges every training row on itself: pass no X, y, groups or top_k"
                )
            return self.self_influence()
        question = self._question(X, y, chosen, sensitive_features, sample_weight)
        if not aggregate:
            require_additive(chosen)
        names, effects = self.names_, self._of_rows
        if train_groups is not None:
            names, sets = group_sets(train_groups, self._n_rows)
            effects = partial(self._of_sets, sets=sets)
        if top_k is None:
            return self._answer(effects(question, aggregate=aggregate), chosen, names)
        check_top_k(top_k, aggregate, self._n_rows if train_groups is None else len(names))
        tops = self._top_of_rows(question, top_k) if train_groups is None else [self._top(question, top_k, effects)]
        top = merged_tops(tops, top_k)
        return self._answer(top.values, chosen, names, top=top)

    def _evaluation_blocks(self, question):
        """Evaluation rows as slices, such that (n, b) and (P, b, K) arrays stay small."""
        width = self.problem_.n_parameters * self.problem_.n_outputs
        together = self.problem_.counts.rows.max() if in_blocks(self.problem_) else self._n_rows
        size = max(1, BLOCK_SIZE // max(width, together))
        return [slice(start, start + size) for start in range(0, len(question), size)]

    @lists
    def _top_of_rows(self, question, top_k):
        return [self._top(question, top_k, self._of_rows)]

    def _top(self, question, top_k, effects):
        parts = (question.take(block) for block in self._evaluation_blocks(question))
        return top_rows((effects(part, aggregate=False) for part in parts), top_k)

    @answers
    def _of_rows(self, question, aggregate):
        if self.evaluation == "linear" and not question.of_presence:
            return self._linear(question, aggregate, self._effects)
        rows = np.arange(self._n_rows)[:, None]
        blocks = row_blocks(self.problem_)
        return np.concatenate([self._after(question, rows[block], self._changes(block), aggregate) for block in blocks])

    def _of_sets(self, question, sets, aggregate):
        if self._additive and self.evaluation == "linear" and not question.of_presence:
            return self._sums(question, aggregate, sets)
        self.problem_.check_sets(sets)
        return self._after(question, sets, self._set_changes(sets), aggregate)

    def _after(self, question, sets, changes, aggregate=True):
        """Effects on f of deleting sets, given what they do to the parameters, (P, G)."""
        linear = self.evaluation == "linear"
        if question.of_presence:
            return effects_without(question, sets, changes, linear=linear, aggregate=aggregate)
        if linear:
            return self._linear(question, aggregate, lambda U: changes.T @ U)
        return self._moved(question, aggregate, changes)

    @totals
    def _sums(self, question, aggregate, sets):
        """What the rows of each set do, added up."""
        values = self._of_rows(question, aggregate)
        return np.stack([values[rows].sum(axis=0) for rows in sets])

    def _linear(self, question, aggregate, effects):
        """grad f . dtheta, for the rows behind `effects`."""
        if aggregate:
            return effects(question.gradient[:, None])[:, 0]
        return np.hstack([effects(question.row_gradients(block)) for block in self._evaluation_blocks(question)])

    def _moved(self, question, aggregate, changes):
        """f(theta + dtheta) - f(theta), for parameter changes (P, B)."""
        moved = self.problem_.theta[:, None] + changes
        if aggregate:
            return question.value(moved) - question.value()
        return (question.row_values(moved) - question.row_values()[:, None]).T

    def self_influence(self):
        """Effect of deleting each training row on its own (unweighted) loss: the diagonal, in O(n) memory.

        Returns
        -------
        Influence
            Values of shape (n,), in the unit of the model's loss; at least 0 for first-order methods.
        """
        check_is_fitted(self)
        return self._answer(self._own_effects(), resolve_target("self_influence"), self.names_)

    @answers
    def _own_effects(self):
        """Effect of each row on its own loss, (n,)."""
        problem, moved = self.problem_, self.evaluation == "moved"
        return np.concatenate([problem.own_changes(b, self._changes(b), moved) for b in row_blocks(problem)])

    def _answer(self, values, target, names, top=None):
        verdict = self.verdict_
        missing = np.isnan(values).reshape(len(values), -1).any(axis=1) if top is None else top.missing
        if missing.any():
            verdict += (
                f"; no answer (nan) for {missing.sum()} rows, the first at position {missing.argmax()}: without it the "
                "objective has no unique optimum (last row of its class, or leverage 1)"
            )
        return Influence(
            values,
            estimand=self._estimand,
            unit=self._unit.format(target.unit),
            method=f"{self._method}, {self.evaluation} evaluation",
            verdict=verdict,
            stationarity=self.stationarity_,
            names=names,
            rows=None if top is None else top.rows,
            target=repr(target),
            greater_is_better=target.greater_is_better,
        )
