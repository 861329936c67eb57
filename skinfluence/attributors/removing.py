"""The joint deletion of sets of rows, as questions to an attributor."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .._memory import BLOCK_SIZE
from .._parallel import run_blocks
from .._typing import ArrayLike, Features, Labels, Weights
from ..removal.bounds import certify, certify_target
from ..rows import Players, check_rows, check_sets
from ..targets import Question, Target, is_of_theta
from .results import Removal, RemovalBatch

__all__ = ["RemovesSets"]

#: sets in one block of products
SETS_AT_ONCE = 128


class RemovesSets:
    """The part of an attributor that deletes sets of rows jointly; ``_set_changes(sets)`` says how."""

    model_: Any
    _check_fitted: Callable[[], None]
    _players: Callable[[Any], Players]

    def removal(
        self,
        indices: ArrayLike,
        X: Features | Question | None = None,
        y: Labels | None = None,
        *,
        target: str | Target | None = None,
        sensitive_features: Any = None,
        sample_weight: Weights = None,
        bound: bool = False,
    ) -> Removal:
        """Joint deletion of a set of training rows.

        Parameters
        ----------
        indices : array-like of int or bool
            Positions of the rows, or a mask.
        X, y, target, sensitive_features, sample_weight
            Evaluation rows and target, as for :meth:`attribute`; without them only the parameters are predicted.
        bound : bool
            Also bound the error against an exact refit, at 2 n P^2 + 4 P^3: ``params_bound`` and ``target_bound``,
            infinite where nothing is certain (see the user guide on bounds).

        Returns
        -------
        Removal

        Raises
        ------
        UnsupportedQuestionError
            The deletion leaves no row, or no row of some class.
        ValueError
            Bad positions.
        """
        self._check_fitted()
        self._check_removal("removal")
        question = self._removal_question(X, y, target, sensitive_features, sample_weight)
        rows = check_rows(indices, self.model_.n_rows)
        self._check_feasible(rows)
        return self._batch(Players([rows], np.arange(1)), question, bound, None)[0]

    def removals(
        self,
        sets: Any = None,
        X: Features | Question | None = None,
        y: Labels | None = None,
        *,
        train_groups: ArrayLike | None = None,
        target: str | Target | None = None,
        sensitive_features: Any = None,
        sample_weight: Weights = None,
        bound: bool = False,
        n_jobs: int | None = None,
    ) -> RemovalBatch:
        """Joint deletions of many sets of training rows, each alone, in blocked matrix products.

        Parameters
        ----------
        sets : bool array or sparse matrix of shape (n_sets, n), or sequence of n_sets sets
            Which rows each set deletes: a matrix with one line a set, or a list of positions or masks. Sets may
            overlap.
        X, y, target, sensitive_features, sample_weight
            Evaluation rows and target, as for :meth:`attribute`; without them only the parameters are predicted.
        train_groups : array-like of shape (n,) or (n, q), str or list of str, optional
            In place of `sets`: labels of the training rows, each label being a set, as for :meth:`attribute`.
        bound : bool
            Also bound the errors, at the cost that :meth:`removal` has for one set.
        n_jobs : int or None
            Threads that share the sets among them, None as many as NumPy's BLAS has; the answers do not depend on it.

        Returns
        -------
        RemovalBatch
            A sequence of :class:`Removal`, with ``params_change`` (n_sets, P) and ``target_change`` (n_sets,); nan for
            sets that leave no row, no row of some class, or a parameter undetermined, which the verdict counts.

        Raises
        ------
        UnsupportedQuestionError
            A target that is not defined for the model.
        ValueError
            Both `sets` and `train_groups` or neither of them; bad sets.

        Notes
        -----
        The answers are those of :meth:`removal` set by set, to rounding; memory n_sets P for them and n times some
        hundred for a block.

        Examples
        --------
        The mean of 0, 2 and 7 is 3; without either pair that holds 7 it is what is left:

        >>> import numpy as np
        >>> from sklearn.linear_model import Ridge
        >>> from skinfluence import NewtonStep
        >>> X, y = np.zeros((3, 1)), np.array([0.0, 2.0, 7.0])
        >>> attributor = NewtonStep(Ridge(), target="prediction").fit(X, y)
        >>> attributor.removals([[0, 2], [1, 2]], [[0.0]], [0.0]).target_change
        array([-1., -3.])
        """
        self._check_fitted()
        self._check_removal("removals")
        if (sets is None) == (train_groups is None):
            given = "neither" if sets is None else "both"
            raise ValueError(f"removals takes either sets or train_groups, got {given}")
        question = self._removal_question(X, y, target, sensitive_features, sample_weight)
        if sets is None:
            groups = self._players(train_groups)
            names, sets = groups.names, groups.sets
        else:
            sets = check_sets(sets, self.model_.n_rows)
            names = np.arange(len(sets))
        return self._batch(Players(sets, names), question, bound, n_jobs)

    def _check_removal(self, method):
        """Refuse models without parameters; `method` is the name of what was called."""

    def _check_feasible(self, rows):
        """Refuse a set without which there is no fit."""
        self.problem_.check_sets([rows])

    def _batch(self, players, question, bound, n_jobs):
        """What the deletion of each set does; nan for sets without which there is no model."""
        unanswered = self._unanswered(players)
        if not unanswered.any():
            return self._removed(players.sets, players.names, question, bound, n_jobs).told(self._no_answer)
        answered = np.flatnonzero(~unanswered)
        # where none has an answer, a set of no row says how many numbers there are
        sets = [players.sets[i] for i in answered] or [np.zeros(0, dtype=np.intp)]
        names = players.names[answered] if len(answered) else players.names[:1]
        found = self._removed(sets, names, question, bound, n_jobs)
        return found.among(players, answered).told(self._no_answer)

    def _removal_question(self, X, y, target, sensitive_features, sample_weight):
        """The question about f, None where only parameters are asked for."""
        if isinstance(X, Question):
            return self.question(X)
        chosen = self._resolve(target)
        if X is None and not is_of_theta(chosen):
            return None
        return self.question(X, y, target=chosen, sensitive_features=sensitive_features, sample_weight=sample_weight)

    def _removed(self, sets, names, question, bound, n_jobs):
        changes = self._in_blocks(sets, n_jobs)
        target_change = None if question is None else self._target_changes(question, sets, changes)

        def bounds_of(i):
            return self._bounds(question, sets[i], changes[:, i], None if question is None else target_change[i])

        bounds = run_blocks(bounds_of, range(len(sets)), n_jobs) if bound else []
        params_bound, target_bound = np.array(bounds).T if bounds else (None, None)
        if question is None:
            target_bound = None
        moved = self.preparation_.as_fitted(changes).T
        numbers = (moved, target_change, self.verdict_, self._method, params_bound, target_bound)
        return RemovalBatch(list(sets), names, *numbers)

    def _in_blocks(self, sets, n_jobs):
        """Parameter changes of all sets, (P, G)."""
        # sets that differ in cost from one end to the other, as groups sorted by size do, are shared out evenly
        n_blocks = -(-len(sets) // SETS_AT_ONCE)
        blocks = [range(start, len(sets), n_blocks) for start in range(n_blocks)]
        changes = np.empty((self.problem_.n_parameters, len(sets)))
        answers = run_blocks(lambda block: self._set_changes([sets[i] for i in block]), blocks, n_jobs)
        for block, answer in zip(blocks, answers, strict=True):
            changes[:, block] = answer
        return changes

    def _target_changes(self, question, sets, changes):
        """Predicted changes of f, (G,) for parameter changes (P, G)."""
        width = max(1, BLOCK_SIZE // (max(1, len(question)) * self.problem_.n_outputs))
        blocks = [slice(start, start + width) for start in range(0, len(sets), width)]
        return np.concatenate([self._after(question, sets[block], changes[:, block])[:, 0] for block in blocks])

    def _bounds(self, question, rows, change, target_change):
        certificate = certify(self.problem_, rows, change)
        if question is None:
            return certificate.params_bound, np.nan
        return certificate.params_bound, certify_target(certificate, question, target_change, self.problem_)
