"""Evidence from the training rows alone: held-out folds for gaps, and two rankings of what looks mislabelled.

At the optimum of a noisy objective the mean gradient on rows from the same noisy source is about zero. The influence of
a row on held-out *losses* is therefore noise, and finds flipped labels no better than chance. Gaps between groups can
be improved by cross-fitting, because the objective does not make their gradient vanish.
"""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from ..adapters import adapt, fit_weighted, output_model
from ..exceptions import UnsupportedTargetError
from ..influence import Influence
from ..targets import Loss
from .evidence import Evidence, Ranking, effect, guarded, measured, named, spread_over

__all__ = ["CrossFitted", "OutOfFoldLoss", "OwnLoss"]

RANKS_ONLY = "scores only rank rows, they do not predict a change of a target"
_read_outputs = partial(output_model, refit_preprocessing=True)


class CrossFitted(Evidence):
    """Mean over folds of the target on the held-out rows, under models of the other rows.

    F = 1/K sum_k f_k(theta of the rows outside fold k), so that a row's effect is the mean of its effects on
    the folds that it is not in: those it is in contribute 0.
    """

    def rank(self, kept: np.ndarray, n_jobs: int | None = None) -> Ranking:
        effects = self._folds(_fold_effect, kept, n_jobs)
        mean = sum(effect.influence.values for effect in effects) / len(effects)
        note = f"; mean over {len(effects)} folds, each under models of the other rows"
        values = spread_over(len(self.rows), kept, mean[kept])
        influence = named(effects[0].influence, self.rows, values, note)
        gaps = [
            (np.mean([size for size, _ in same]), sum(changes for _, changes in same) / len(same))
            for same in zip(*(effect.gaps for effect in effects), strict=True)
        ]
        value = float(np.mean([effect.value for effect in effects]))
        changes = effects[0].changes(influence)
        return Ranking(influence, guarded(influence), changes, value, pursues=not effects[0].moved, gaps=gaps)

    def measure(self, kept: np.ndarray, estimator: Any = None, n_jobs: int | None = None) -> float:
        return float(np.mean(self._folds(_fold_value, kept, n_jobs)))

    def _folds(self, answer, kept, n_jobs):
        parts = [(np.intersect1d(train, kept), test) for train, test in self.folds]
        try:
            return Parallel(n_jobs=n_jobs)(delayed(answer)(self, train, test) for train, test in parts)
        except UnsupportedTargetError as error:
            raise UnsupportedTargetError(
                f"on held-out rows of a fold: {error}; with few rows of a group lower cv, or pass X_val"
            ) from error


def _fold_effect(evidence, train, test):
    """Effects on the held-out rows by models of the rows `train`; 0 for all other rows."""
    found = effect(evidence.fit(train), evidence.target, evidence.rows.held_out(test))

    def everywhere(values):
        return np.nan_to_num(spread_over(len(evidence.rows), train, values))

    influence = found.influence.with_values(everywhere(found.influence.values))
    return replace(found, influence=influence, gaps=[(size, everywhere(gap)) for size, gap in found.gaps])


def _fold_value(evidence, train, test):
    return measured(evidence.fit(train), evidence.target, evidence.rows.held_out(test))


class _RanksOnly(Evidence):
    """Scores that rank rows and predict no change; the loss on validation rows, if any, is measured."""

    def measure(self, kept: np.ndarray, estimator: Any = None, n_jobs: int | None = None) -> float:
        if self.validation is None:
            return float("nan")
        return measured(self.fit(kept, estimator), Loss(), self.validation)

    def _ranking(self, influence, kept):
        unknown = np.full(len(self.rows), np.nan)
        return Ranking(influence, influence.values, unknown, self.measure(kept), pursues=False)


class OwnLoss(_RanksOnly):
    """Self-influence: how much the loss of a row rises when the row is deleted."""

    def rank(self, kept: np.ndarray, n_jobs: int | None = None) -> Ranking:
        influence = self.fit(kept).self_influence()
        values = spread_over(len(self.rows), kept, influence.values)
        return self._ranking(named(influence, self.rows, values, "; " + RANKS_ONLY), kept)


class OutOfFoldLoss(_RanksOnly):
    """Loss of each row under a model of the other folds: not an influence."""

    def rank(self, kept: np.ndarray, n_jobs: int | None = None) -> Ranking:
        parts = [(np.intersect1d(train, kept), np.intersect1d(test, kept)) for train, test in self.folds]
        losses = Parallel(n_jobs=n_jobs)(delayed(_fold_losses)(self, train, test) for train, test in parts)
        total, times = np.zeros(len(self.rows)), np.zeros(len(self.rows))
        for (_, test), loss in zip(parts, losses, strict=True):
            total[test] += loss
            times[test] += 1
        with np.errstate(invalid="ignore"):
            values = total / times
        influence = Influence(
            values,
            estimand="loss of the row under a model of the other folds",
            unit="the model's loss",
            sign="at least 0; large where the other rows do not explain the label",
            method="out-of-fold loss",
            verdict=f"mean over {len(parts)} folds; {RANKS_ONLY}",
            target="out_of_fold_loss",
            greater_is_better=None,
        )
        return self._ranking(named(influence, self.rows, values), kept)


def _fold_losses(evidence, train, test):
    rows, held = evidence.rows.take(train), evidence.rows.take(test)
    estimator = fit_weighted(clone(evidence.attributor.estimator), rows.X, rows.y, rows.sample_weight)
    # an attributor that refits knows outputs only, of any estimator
    read = _read_outputs if getattr(evidence.attributor, "reads", ()) is None else adapt
    model = read(estimator, rows.X, rows.y, rows.sample_weight)
    if model.loss is None:
        raise UnsupportedTargetError(
            f"the rows of {type(model.final).__name__} have no loss, by which they could be ranked; pass "
            f"validation rows as X_val and y_val, or trim for target={model.loss_target!r}"
        )
    return model.loss.value(model.raw(model.features(held.X)), model.labels(held.X, held.y))
