"""A fitted estimator and training rows in blocks: each block is adapted where it is, by the same facts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing, check_consistent_length

from ...exceptions import UnsupportedEstimatorError, UnsupportedQuestionError
from ...problems import BlockProblem, LinearProblem, RowCounts, choose_coordinates, in_coordinates, row_block
from .._base import Adapter
from ..adapt import (
    AdaptedModel,
    check_some_weight,
    checked_labels,
    final_features,
    most_stationary,
    reduce_fitted,
    stated_problems,
)
from ..reducing import Reduced, Reduction
from ..registry import checked_rule
from ..reporting import reporting_of
from ..training_rows import check_transforms
from ..unwrap import unwrap_settings
from .source import Blocks

__all__ = ["BlockModel", "adapt_blocks"]

#: rows of the first block by which columns are centred
FIRST_ROWS = 1024


@dataclass(frozen=True, eq=False)
class BlockModel(AdaptedModel):
    """An adapted model whose training rows lie in blocks; it is refitted by Newton steps only."""

    def refitted(self, rows: np.ndarray) -> Any:
        """Refused: refits of the estimator need all rows in memory."""
        raise UnsupportedQuestionError(
            "refits of the estimator itself need all training rows in memory; compare with "
            "NewtonStep(n_steps=None).removal, which reads the blocks, or ask for fidelity on a sample of the rows"
        )


@dataclass(frozen=True, eq=False)
class Adapting:
    """How a block becomes a problem: what is sent to where the block is.

    Parameters
    ----------
    reduced : Reduced
        The estimator.
    adapter : Adapter
        Its adapter.
    chosen : int
        Which of its objectives.
    counts_weight : bool
        Balanced class weights count the weights of rows.
    coordinates : Coordinates or None
        Of all blocks, by the first rows of the first one.
    """

    reduced: Reduced
    adapter: Adapter
    chosen: int = 0
    counts_weight: bool = False
    coordinates: Any = None

    def problems(self, block: Any) -> list[LinearProblem]:
        """The problem of the block under each objective."""
        X, y, sample_weight = block
        features = final_features(self.reduced.transformers, self.reduced.final, X)
        check_consistent_length(features, y)
        labels = checked_labels(self.reduced, y, sample_weight)
        stated = stated_problems(self.reduced, self.adapter, features, labels)
        return [in_coordinates(problem, self.coordinates) for problem in stated]

    def template(self, block: Any, number: int) -> Any:
        """Its first row as it is, coordinates by its first rows, and the problems of none of its rows."""
        X, y, weight = block
        rows = range(min(len(y), FIRST_ROWS))
        some = (_safe_indexing(X, list(rows)), y[: len(rows)], None if weight is None else weight[: len(rows)])
        with _named(number):
            problems = self.problems(some)
        linear = isinstance(problems[0], LinearProblem)
        coordinates = choose_coordinates(problems[0], of_some=True) if linear else None
        templates = [_without_rows(in_coordinates(problem, coordinates)) for problem in problems]
        return _safe_indexing(X, [0]), coordinates, templates

    def on_problem(self, function: Callable[..., Any], block: Any, number: int, *local: Any) -> Any:
        """``function(problem, *local)``."""
        with _named(number):
            return function(self.problems(block)[self.chosen], *local)

    def on_labels(self, function: Callable[..., Any], block: Any, number: int, *local: Any) -> Any:
        """``function((codes or None, weights, masses), *local)``."""
        with _named(number):
            labels = checked_labels(self.reduced, *block[1:])
            mass = labels.weight if self.counts_weight else np.ones(len(labels.weight))
            return function((labels.codes, labels.weight, mass), *local)


@dataclass(frozen=True, eq=False)
class AdaptedBlocks:
    """Blocks as problems; what a :class:`BlockProblem` asks for.

    Parameters
    ----------
    source : Blocks
        The rows.
    adapting : Adapting
        What makes problems of them.
    """

    source: Blocks
    adapting: Adapting

    def map(self, function: Callable[..., Any], *local: Any) -> Iterator[Any]:
        """``function(problem, *local[b])`` of the problem of each block, in order."""
        return self.source.map(partial(self.adapting.on_problem, function), *local)

    def sum(self, function: Callable[..., Any], *local: Any) -> Any:
        """The sum of these."""
        return self.source.sum(partial(self.adapting.on_problem, function), *local)

    def map_labels(self, function: Callable[..., Any], *local: Any) -> Iterator[Any]:
        """``function((codes or None, weights, masses), *local[b])`` of each block."""
        return self.source.map(partial(self.adapting.on_labels, function), *local, labels=True)


def adapt_blocks(estimator: Any, source: Blocks) -> tuple[BlockModel, Any]:
    """Turn a fitted estimator and the blocks that it was trained on into a model.

    Parameters
    ----------
    estimator : fitted estimator
        A linear predictor of scikit-learn, in any nesting of Pipelines, searches and FrozenEstimator.
    source : Blocks
        Raw training rows.

    Returns
    -------
    model : BlockModel
    head : array-like of shape (1, p)
        The first row, as it is.

    Raises
    ------
    UnsupportedEstimatorError
        For models that are no linear predictors, and those whose rows have weights of their own.
    """
    _check_kind(estimator)
    reduced, adapter = reduce_fitted(estimator)
    if np.ndim(reduced.row_weight):
        raise UnsupportedEstimatorError(
            f"{type(unwrap_settings(estimator)[1]).__name__} holds all its training rows, so that they do fit into "
            "memory; pass X and y as arrays"
        )
    check_transforms(reduced.transformers)
    adapting = Adapting(reduced, adapter)
    head, coordinates, templates = source.first(adapting.template)
    adapting = replace(adapting, coordinates=coordinates)
    n_classes = max(1, len(getattr(reduced.final, "classes_", ())))
    counted = partial(_count, n_classes=n_classes)
    counts = RowCounts.joined(source.map(partial(adapting.on_labels, counted), labels=True))
    check_some_weight(counts.present)
    _check_least_norm(reduced.final, adapter, counts.rows.sum())
    same = np.array_equal(counts.mass, counts.weighted_mass)
    problems = [_problem(template, source, adapting, counts, i) for i, template in enumerate(templates)]
    problem = problems[0] if same else most_stationary(problems)
    note = "; ".join(filter(None, (reduced.note, f"{len(counts.rows)} blocks of rows")))
    facts = (reduced.transformers, reduced.final, adapter, None, reduced.label_maps, note)
    return BlockModel(problem, *facts, reporting=reporting_of(estimator)), head


def _check_least_norm(final, adapter, n_rows):
    n_parameters = final.n_features_in_ + bool(final.fit_intercept)
    if adapter.least_norm and n_parameters > n_rows:
        raise UnsupportedEstimatorError(
            f"{type(final).__name__} with {n_parameters} parameters on {n_rows} rows returns the solution of least "
            "norm, which needs all rows at once; pass them in memory, or use Ridge(alpha=...) with a small alpha"
        )


def _check_kind(estimator):
    final = unwrap_settings(estimator)[1]
    if not isinstance(checked_rule(final), Adapter | Reduction):
        raise UnsupportedEstimatorError(
            f"{type(final).__name__} is no linear predictor of scikit-learn, and these alone take rows in blocks; pass "
            "all rows at once, or a sample of them"
        )


def _problem(template, source, adapting, counts, chosen):
    if not isinstance(template, LinearProblem):
        raise UnsupportedEstimatorError(
            f"{type(adapting.reduced.final).__name__} takes no rows in blocks; pass all rows at once"
        )
    balance, counts_weight = template.balance, False
    if balance is not None:
        counts_weight = balance.weighted
        total = counts.weighted_mass if counts_weight else counts.mass
        template = row_block(template, template.theta, total)
    adapting = replace(adapting, chosen=chosen, counts_weight=counts_weight)
    return BlockProblem(template, AdaptedBlocks(source, adapting), counts)


def _without_rows(problem):
    return row_block(problem, problem.theta).take(slice(0, 0)) if isinstance(problem, LinearProblem) else problem


def _count(labels, n_classes):
    codes, weight, _ = labels
    return RowCounts.of(codes, weight, n_classes)


@contextmanager
def _named(number):
    """Errors tell in which block they were found."""
    try:
        yield
    except ValueError as error:
        # subclasses have meanings of their own
        if type(error) is not ValueError:
            raise
        raise ValueError(f"block {number} of the training rows: {error}") from error
