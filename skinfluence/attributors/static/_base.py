"""Static attributors: everything is read off the final parameters.

A member states what deleting row i does to the parameters, in two forms of one formula: along given directions for all
rows at once, and in full for a block of rows. Questions of every shape are answered from these two, here.
"""

from abc import abstractmethod

import numpy as np

from ..._memory import BLOCK_SIZE
from ...problems import LinearProblem
from ...problems.block_sums import RowBlock
from ...removal.rank_one_downdates import row_blocks
from ...removal.separation import moved_by
from ...removal.sets import shared_blocks
from ...removal.slopes import depends_on_rows, direct_effects, parameter_slopes
from ...removal.undetermined import undetermined_sets
from ...rows import Players
from ...structures import Parameters
from ...targets import ThetaTarget, has_gradient
from ..at_optimum import AtOptimum
from ..blockwise import answers, in_blocks, lists, totals
from ..removing import RemovesSets
from ..top_rows import merged_tops, top_rows

__all__ = ["StaticAttributor"]


class StaticAttributor(RemovesSets, AtOptimum):
    """Base of the methods that predict the parameters after a deletion."""

    #: the deletion of a set is the sum of the deletions of its rows
    _additive = True

    @abstractmethod
    def _along(self, U):
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

    def _effects(self, question, players):
        if players.single:
            return self._of_rows(question)
        sets = list(players.sets)
        if self._additive and self.evaluation == "linear" and not self._direct(question):
            return self._sums(question, sets)
        return self._after(question, sets, self._set_changes(sets))

    def _unanswered(self, players):
        problem = self.problem_
        unanswered = super()._unanswered(players)
        if players.single:
            return unanswered | self.preparation_.undetermined_rows
        left = np.flatnonzero(~unanswered)
        unanswered[left] = undetermined_sets(problem, [players.sets[i] for i in left])
        return unanswered

    def _answers(self, question, players):
        return self._determined(question, super()._answers(question, players))

    def _determined(self, question, values):
        """Effects, nan for answers that depend on coefficients that the rows leave open, or that have no optimum."""
        diverging, target = self.preparation_.diverging, question.target
        of_theta = any(isinstance(term, ThetaTarget) for _, term in target.terms())
        may_be_open = diverging is not None or (of_theta and self.problem_.leaves_open)
        if not may_be_open or not has_gradient(target):
            return values
        slopes = parameter_slopes(question, self.problem_)
        undetermined = np.isnan(slopes).any(axis=0)
        if diverging is not None:
            undetermined |= moved_by(diverging, slopes, of_theta)
        return np.where(undetermined, np.nan, values)

    def _of_rows(self, question):
        if question.each or self.evaluation == "moved" or self._direct(question):
            return self._of_rows_in_block(question)
        return self._along_rows(parameter_slopes(question, self.problem_))

    @answers
    def _along_rows(self, U):
        return self._along(U)

    @answers
    def _of_rows_in_block(self, question):
        if self.evaluation == "linear" and not self._direct(question):
            return self._linear(question, self._along)
        rows = np.arange(self.problem_.n_rows)[:, None]
        blocks = row_blocks(self.problem_)
        return np.concatenate([self._after(question, rows[block], self._changes(block)) for block in blocks])

    @totals
    def _sums(self, question, sets):
        """What the rows of each set do, added up."""
        return Players(sets).sums(self._of_rows(question))

    def _direct(self, question):
        """Whether a deletion changes the answers even if no parameter moves."""
        return depends_on_rows(question, self.problem_)

    def _after(self, question, sets, changes):
        """Effects of deleting sets, given what they do to the parameters: (G, a) for (P, G)."""
        problem = self.problem_
        if self.evaluation == "linear" and self._direct(question):
            return direct_effects(question, problem, sets, changes)
        if self.evaluation == "linear":
            return self._linear(question, lambda U: changes.T @ U)
        states = Parameters(problem, problem.theta[:, None] + changes, sets)
        return question.change(states, Parameters(problem, problem.theta))

    def _linear(self, question, along):
        """grad f . dtheta, for the rows behind `along`."""
        if not question.each:
            return along(parameter_slopes(question, self.problem_))
        # the (n, a) array is the answer: terms of rows fill it in blocks of their own
        blocks = self._evaluation_blocks(question, of_rows=not isinstance(self.problem_, LinearProblem))
        parts = [along(parameter_slopes(question.take(block), self.problem_)) for block in blocks]
        return parts[0] if len(parts) == 1 else np.hstack(parts)

    def _evaluation_blocks(self, question, of_rows=True):
        """Evaluation rows as slices, such that (P, b, K) arrays stay small, and with `of_rows` (n, b) arrays too."""
        width = self.problem_.n_parameters * self.problem_.n_outputs
        if of_rows:
            width = max(width, self.problem_.counts.rows.max() if in_blocks(self.problem_) else self.problem_.n_rows)
        size = max(1, BLOCK_SIZE // width)
        return [slice(start, start + size) for start in range(0, len(question), size)]

    def _top(self, question, players, top_k):
        if players.single:
            return merged_tops(self._top_of_rows(question, top_k), top_k)
        return super()._top(question, players, top_k)

    @lists
    def _top_of_rows(self, question, top_k):
        parts = (question.take(block) for block in self._evaluation_blocks(question))
        return [top_rows((self._answered(part) for part in parts), top_k)]

    def _answered(self, question):
        """Effects of all rows, nan where there is none; a block does not know of the others."""
        values = self._determined(question, self._of_rows(question))
        if isinstance(self.problem_, RowBlock):
            return values
        return np.where(self._unanswered(Players.rows(len(values)))[:, None], np.nan, values)

    @answers
    def _own_effects(self):
        """Effect of each row on its own loss, (n,)."""
        problem, moved = self.problem_, self.evaluation == "moved"
        # parameters are nan without rows whose deletion has no answer, and so are their losses
        with np.errstate(invalid="ignore"):
            return np.concatenate([problem.own_changes(b, self._changes(b), moved) for b in row_blocks(problem)])
