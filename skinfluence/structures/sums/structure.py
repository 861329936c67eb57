"""Classifiers that are functions of weighted sums over their rows, and what is left of them without some rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...exceptions import UnsupportedQuestionError
from ...losses import Loss
from ..neighbours.sets import Sets
from .class_rows import take
from .form import Form

__all__ = ["Sums", "VersionSums", "WithoutRows"]

#: floats in a block of versions, or of answers
BLOCK_SIZE = 2**22


@dataclass(frozen=True, eq=False)
class Sums:
    """A classifier made of sums over its training rows: deletion takes the rows off the sums, exactly.

    It has no objective. What bends is the way from the sums to the raw predictions, which `without` goes again, and
    `pull` differentiates. Targets of the parameters see the sums themselves.

    Parameters
    ----------
    form : Form
        Which sums over which rows, and the scores of the classes that they make.
    loss : Loss
        Of the raw predictions: log odds (m, 1) of two classes, scores (m, K) of more.
    class_names, feature_names : tuple of str
        For the names of the sums.
    """

    form: Form
    loss: Loss
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...]

    @property
    def n_rows(self) -> int:
        """Number n of training rows."""
        return len(self.form.rows)

    @property
    def sample_weight(self) -> np.ndarray:
        """Weights of the training rows, (n,)."""
        return self.form.rows.weight

    # ------------------------------------------------------------------ the sums

    @cached_property
    def _sums(self):
        return self.form.sums(self.class_names, self.feature_names)

    @property
    def problem(self) -> "Sums":
        """What targets of the parameters ask for names and weights: itself."""
        return self

    @cached_property
    def parameter_names(self) -> list[str]:
        """Name of each sum."""
        return [name for part in self._sums for name in part.parameter_names]

    @cached_property
    def theta(self) -> np.ndarray:
        """The sums, (P,)."""
        return np.concatenate([part.total() for part in self._sums])

    def changes(self, sets: Sequence[np.ndarray]) -> np.ndarray:
        """Changes of the sums without each of G sets of rows, (P, G)."""
        return self.changes_of(Sets.of(sets, self.n_rows))

    def changes_of(self, sets: Sets) -> np.ndarray:
        """`changes` of flat sets."""
        return -np.concatenate([part.removed(sets) for part in self._sums])

    def _along(self, U):
        """Inner products of what each row adds to the sums with the columns of U: (n, a) from (P, a)."""
        parts = np.split(U, np.cumsum([len(part) for part in self._sums])[:-1])
        return sum(part.along(own) for part, own in zip(self._sums, parts))

    # ------------------------------------------------------------------ states

    def raw(self, features: Any) -> np.ndarray:
        """Raw predictions, (m, 1) of two classes, (m, K) of more.

        Parameters
        ----------
        features : ndarray or CSR matrix of shape (m, p)
        """
        return outputs(self.form.scores(self.form.prepared(features)).T).T

    def without(self, sets: Sequence[np.ndarray]) -> "WithoutRows":
        """What is left after each of G joint deletions, exactly; nan where it is not `feasible`.

        Parameters
        ----------
        sets : sequence of ndarray of int
            Positions of the deleted training rows.
        """
        return WithoutRows(self, Sets.of(sets, self.n_rows))

    def one_step(self, sets: Sequence[np.ndarray]) -> "WithoutRows":
        """`without`: nothing is held fixed."""
        return self.without(sets)

    def check_one_step(self) -> None:
        """Nothing to refuse."""

    one_step_note = "a model made of sums over its rows"

    def feasible(self, sets: Sequence[np.ndarray]) -> np.ndarray:
        """Whether the estimator can be fitted without each of G sets, (G,) of bool."""
        return self.feasible_of(Sets.of(sets, self.n_rows))

    def feasible_of(self, sets: Sets) -> np.ndarray:
        """`feasible` of flat sets, in blocks."""
        feasible = np.zeros(len(sets), dtype=bool)
        for columns in self.blocks(sets, 0):
            feasible[columns] = self.form.feasible(take(sets, columns))
        return feasible

    def blocks(self, sets: Sets, n_scores: int) -> Iterator[np.ndarray]:
        """Columns of sets of like sizes, as many at once as memory allows with `n_scores` numbers for each."""
        order, start = np.argsort(sets.sizes, kind="stable")[::-1], 0
        while start < len(order):
            numbers = n_scores + self.form.numbers(int(sets.sizes[order[start]]))
            stop = start + max(1, BLOCK_SIZE // numbers)
            yield order[start:stop]
            start = stop

    # ------------------------------------------------------------------ derivatives

    def pull(self, question: Any) -> np.ndarray:
        r"""Minus :math:`w_i \, d f / d w_i` for all training rows and all answers f.

        Parameters
        ----------
        question : Question

        Returns
        -------
        ndarray of shape (n, a)

        Raises
        ------
        UnsupportedQuestionError
            Where a term states no derivative in the raw predictions.

        Notes
        -----
        Products of matrices, in blocks: of the rows with p columns (one, or one for each answer) for naive Bayes, and
        of (n, p) with (p, m) for discriminants. Weights that an estimator does not heed, such as those of the variance
        that smooths GaussianNB, have no derivative.
        """
        pulled = np.zeros((self.n_rows, question.n_answers))
        of_sums = self._theta_slope(question)
        if np.ndim(of_sums):
            pulled -= self._along(np.reshape(of_sums, (-1, 1)))
        for slope in question.slopes(self):
            cotangents = scores_slopes(slope.cotangents)
            step = max(1, BLOCK_SIZE // self.form.answer_numbers(question.each))
            for start in range(0, len(cotangents), step):
                block = slice(start, start + step)
                Z = self.form.prepared(slope.features[block])
                own = self.form.slopes(Z, cotangents[block], question.each)
                pulled[:, block if question.each else slice(None)] -= self.sample_weight[:, None] * own
        return pulled

    def _theta_slope(self, question):
        for part in question.parts:
            if part.features is not None and not hasattr(part.term, "gradient"):
                raise UnsupportedQuestionError(
                    f"the target {part.term.name!r} states no derivative in the raw predictions, which models made of "
                    "sums need for a linear evaluation; ask with evaluation='moved', or give it a raw_gradient"
                )
        return question.theta_slope(self)


@dataclass(frozen=True, eq=False)
class VersionSums:
    """The sums of one version, for targets of the parameters.

    Parameters
    ----------
    theta : ndarray of shape (P,)
    sample_weight : ndarray of shape (n,)
        0 for rows that are gone.
    parameter_names : list of str
    """

    theta: np.ndarray
    sample_weight: np.ndarray
    parameter_names: list[str]


@dataclass(frozen=True, eq=False)
class WithoutRows:
    """Sums without each of G sets of training rows.

    Parameters
    ----------
    before : Sums
        With all rows.
    sets : Sets
        Deleted rows.
    """

    before: Sums
    sets: Sets

    @property
    def problem(self) -> Sums:
        """The sums with all rows."""
        return self.before

    @cached_property
    def theta(self) -> np.ndarray:
        """The sums of each version, (P, G)."""
        return self.before.theta[:, None] + self.before.changes_of(self.sets)

    def versions(self) -> Iterator[VersionSums]:
        """The sums of each version, one after the other."""
        for column, theta in enumerate(self.theta.T):
            weight = self.before.sample_weight.copy()
            weight[self.sets.rows[self.sets.columns == column]] = 0.0
            yield VersionSums(theta, weight, self.before.parameter_names)

    def raw(self, features: Any) -> np.ndarray:
        """Raw predictions of evaluation rows without each set, (m, 1, G) or (m, K, G); nan where it is not feasible.

        Parameters
        ----------
        features : ndarray or CSR matrix of shape (m, p)
        """
        form, sets = self.before.form, self.sets
        Z, K, m = form.prepared(features), form.rows.n_classes, features.shape[0]
        scores = form.scores(Z)
        # evaluation rows last in memory: sets are written one after the other
        raw = np.full((1 if K == 2 else K, len(sets), m), np.nan)
        possible = np.flatnonzero(self.before.feasible_of(sets))
        left = take(sets, possible)
        for columns in self.before.blocks(left, K * m):
            raw[:, possible[columns]] = outputs(form.scores_without(Z, scores, take(left, columns)))
        return raw.transpose(2, 0, 1)


def outputs(scores: np.ndarray) -> np.ndarray:
    """Raw predictions of scores of classes, (1, ...) or (K, ...) from (K, ...): of two, the second less the first."""
    return scores[1:] - scores[:1] if len(scores) == 2 else scores


def scores_slopes(cotangents: np.ndarray) -> np.ndarray:
    """Derivatives in the scores of all classes, (m, K), from those in the raw predictions."""
    return np.hstack([-cotangents, cotangents]) if cotangents.shape[1] == 1 else cotangents
