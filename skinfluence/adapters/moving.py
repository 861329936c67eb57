"""How fitted preprocessing would move the features of all rows without each of them, in closed form.

Known are scalers by mean and deviation, by range and by largest value, imputation of the mean or of a constant, one-hot
and ordinal encoders, steps that learn nothing, and what ColumnTransformer and Pipeline make of these.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.utils import _safe_indexing, check_array, get_tags

from .. import _memory
from ..problems import Moves
from .training_rows import same_features

__all__ = ["imputed_cells", "moves_of"]

#: stands for missing numbers, which differ from themselves
MISSING = object()
#: share of a sum of squares that has to be left for it to keep half its digits
LEAST_LEFT = 1e-8


class _UnknownStepError(Exception):
    """A step of which no closed form is known."""


def moves_of(transformers: list[Any], X: Any) -> Moves | None:
    """The moves of the features behind fitted transformers, one after the other, on raw training rows.

    Returns
    -------
    Moves or None
        None where a step has no closed form here.
    """
    try:
        Z, moves = _through(transformers, X, None)
        return _stays(Z) if moves is None else moves
    except _UnknownStepError:
        return None


def imputed_cells(transformers: list[Any], X: Any, n_features: int) -> np.ndarray:
    """Which of the features that transformers with known moves make of raw rows are imputed, (m, p) of bool."""
    mask = None
    for step in _flat(transformers):
        if type(step) is SimpleImputer and step.strategy == "mean":
            mask = np.isnan(_numbers(X))
        elif type(step) is ColumnTransformer:
            mask = np.zeros((X.shape[0], n_features), dtype=bool)
            for name, each, columns in step.transformers_:
                place = step.output_indices_[name]
                if place.stop > place.start and not (isinstance(each, str) and each == "drop"):
                    width = place.stop - place.start
                    mask[:, place] = imputed_cells([each], _safe_indexing(X, columns, axis=1), width)
        if mask is None:
            X = step.transform(X)
    return np.zeros((X.shape[0], n_features), dtype=bool) if mask is None else mask


def _flat(steps):
    """Steps one after the other, those inside Pipelines included."""
    for step in steps:
        if isinstance(step, Pipeline):
            yield from _flat([each for _, each in step.steps])
        elif step is not None and not isinstance(step, str):
            yield step


def _through(steps, X, moves):
    """Features behind steps, and their moves; None where they stay."""
    for step in _flat(steps):
        X, moves = _step(step, X, moves)
    return X, moves


def _step(step, X, moves):
    if type(step) in SCALERS:
        return step.transform(X), _scaled(step, _dense(X), moves)
    if moves is not None:
        raise _UnknownStepError
    Z = step.transform(X)
    if isinstance(step, FrozenEstimator) or not get_tags(step).requires_fit:
        _check_by_row(step, X, Z)
        return Z, None
    if type(step) not in STARTS:
        raise _UnknownStepError
    return Z, STARTS[type(step)](step, X, Z)


def _check_by_row(step, X, Z):
    """A step without a fit may still make of a row what other rows beside it say."""
    half = np.arange(0, Z.shape[0], 2)
    try:
        alone = step.transform(_safe_indexing(X, half))
    except ValueError as error:
        raise _UnknownStepError from error
    if not same_features(alone, _safe_indexing(Z, half)):
        raise _UnknownStepError


def _stays(Z):
    if Z.shape[0] * Z.shape[1] > _memory.DENSE_ORDER**2:
        raise _UnknownStepError
    return Moves.none(*Z.shape)


def _dense(X):
    if sparse.issparse(X) or not np.isfinite(Z := _numbers(X)).all():
        raise _UnknownStepError
    return Z


def _numbers(X):
    """Any table of numbers as scikit-learn reads it, missing ones as nan."""
    return check_array(X, dtype=np.float64, ensure_all_finite="allow-nan")


# --- steps that scale ----------------------------------------------------------------------------------------------


def _scaled(step, Z, moves):
    moves = _stays(Z) if moves is None else moves
    (a, b), after, gone = SCALERS[type(step)](step, Z, moves)
    moved = moves.through((a, b), after)
    return replace(moved, unknown=moved.unknown | gone)


def _by_deviation(step: StandardScaler, Z: np.ndarray, moves: Moves) -> Any:
    """Mean and variance of rho z + beta + eps m without row i, from those of z and m and their covariance."""
    n = len(Z)
    z, m = Z - Z.mean(axis=0), moves.mask - moves.mask.mean(axis=0)

    def without(first, second):
        return (first * second).sum(axis=0) - first * second * (n / (n - 1))

    mean = moves.scale * (Z.mean(axis=0) - z / (n - 1)) + moves.shift
    mean = mean + moves.imputed * (moves.mask.sum(axis=0) - moves.mask) / (n - 1)
    squares = moves.scale**2 * without(z, z) + 2 * moves.scale * moves.imputed * without(z, m)
    squares = squares + moves.imputed**2 * without(m, m)
    varies = np.ptp(Z, axis=0) > 0
    gone = (varies & (squares <= LEAST_LEFT * moves.scale**2 * (z**2).sum(axis=0))).any(axis=1)
    deviation = np.sqrt(np.maximum(squares, 0) / (n - 1)) if step.with_std else np.ones_like(squares)
    deviation = np.where(varies & (deviation > 0), deviation, 1.0)
    mean = mean if step.with_mean else np.zeros_like(mean)
    scale = np.ones(Z.shape[1]) if step.scale_ is None else step.scale_
    centre = step.mean_ if step.with_mean else np.zeros(Z.shape[1])
    return (1 / scale, -centre / scale), (1 / deviation, -mean / deviation), gone & step.with_std


def _by_range(step: MinMaxScaler, Z: np.ndarray, moves: Moves) -> Any:
    if step.clip:
        raise _UnknownStepError
    least, most = -_largest_without(-Z, moves, -1), _largest_without(Z, moves, 1)
    low, high = step.feature_range
    spread, varies = most - least, step.data_range_ > 0
    gone = (varies & (spread <= np.sqrt(LEAST_LEFT) * (step.data_range_ * moves.scale))).any(axis=1)
    scale = (high - low) / np.where(varies & (spread > 0), spread, 1.0)
    return (step.scale_, step.min_), (scale, low - least * scale), gone


def _by_largest(step: MaxAbsScaler, Z: np.ndarray, moves: Moves) -> Any:
    if getattr(step, "clip", False):
        raise _UnknownStepError
    largest = np.maximum(_largest_without(Z, moves, 1), _largest_without(-Z, moves, -1))
    gone = ((step.max_abs_ > 0) & (largest <= np.sqrt(LEAST_LEFT) * (step.max_abs_ * moves.scale))).any(axis=1)
    scale = 1 / np.where(largest > 0, largest, 1.0)
    return (1 / step.scale_, np.zeros(Z.shape[1])), (scale, np.zeros_like(scale)), gone


def _largest_without(Z, moves, sign):
    """The largest moved value of each column without each row, of z (sign 1) or of -z (sign -1), (n, p)."""
    parts = []
    for of, imputed in ((~moves.mask, 0.0), (moves.mask, moves.imputed)):
        largest = _two_largest(np.where(of, Z, -np.inf))
        parts.append(moves.scale * largest + sign * (moves.shift + imputed))
    return np.maximum(*parts)


def _two_largest(values):
    """The largest value of each column without each row: the second one for the row that holds the first."""
    first = values.argmax(axis=0)
    largest = np.broadcast_to(values.max(axis=0), values.shape).copy()
    columns = np.arange(values.shape[1])
    others = values.copy()
    others[first, columns] = -np.inf
    largest[first, columns] = others.max(axis=0)
    return largest


# --- steps that others start from ----------------------------------------------------------------------------------


def _imputed(step, X, Z):
    """The mean of the values that are there: without row i it moves by (mean - x) / (count - 1)."""
    plain = isinstance(step.missing_values, float) and np.isnan(step.missing_values) and not step.add_indicator
    if sparse.issparse(X) or not plain or step.strategy not in ("mean", "constant"):
        raise _UnknownStepError
    if step.strategy == "constant":
        return None
    values = _numbers(X)
    if values.shape != Z.shape:
        raise _UnknownStepError
    mask = np.isnan(values)
    count = (~mask).sum(axis=0)
    moved = np.where(mask, 0.0, (step.statistics_ - values) / np.maximum(count - 1, 1))
    none = Moves.none(*values.shape)
    gone = (~mask & (count == 1)).any(axis=1)
    return Moves(none.scale, none.shift, moved, mask, gone)


def _levels(step, X, Z):
    """Codes and indicators stay; without the only row of a level there are fewer."""
    grouped = step.min_frequency is not None or step.max_categories is not None
    if grouped or getattr(step, "drop", None) is not None:
        raise _UnknownStepError
    none = _stays(Z)
    if not isinstance(step.categories, str):
        return none
    gone = np.zeros(Z.shape[0], dtype=bool)
    for j in range(X.shape[1]):
        cells = np.asarray(_safe_indexing(X, j, axis=1), dtype=object).tolist()
        cells = [MISSING if isinstance(cell, float) and cell != cell else cell for cell in cells]
        counts = Counter(cells)
        gone |= np.array([counts[cell] == 1 for cell in cells])
    return Moves(none.scale, none.shift, none.imputed, none.mask, gone)


def _columns(step, X, Z):
    """Features of a ColumnTransformer, those of its transformers side by side."""
    none = _stays(Z)
    moves = Moves(*(np.array(values) for values in (none.scale, none.shift, none.imputed, none.mask, none.unknown)))
    for name, each, columns in step.transformers_:
        place = step.output_indices_[name]
        if (isinstance(each, str) and each == "drop") or place.stop == place.start:
            continue
        _, own = _through([each], _safe_indexing(X, columns, axis=1), None)
        if own is None:
            continue
        weight = (step.transformer_weights or {}).get(name, 1.0)
        own = replace(own, shift=weight * own.shift, imputed=weight * own.imputed)
        for field in ("scale", "shift", "imputed", "mask"):
            getattr(moves, field)[:, place] = getattr(own, field)
        moves.unknown[:] |= own.unknown
    return moves


SCALERS: dict[type, Callable[..., Any]] = {
    StandardScaler: _by_deviation,
    MinMaxScaler: _by_range,
    MaxAbsScaler: _by_largest,
}
STARTS: dict[type, Callable[..., Any]] = {
    SimpleImputer: _imputed,
    OneHotEncoder: _levels,
    OrdinalEncoder: _levels,
    ColumnTransformer: _columns,
}
