"""From a table to features, labels, groups and weights, each column checked."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._optional import require
from .errors import CommandError, did_you_mean, listing

__all__ = ["MISSING", "Roles", "Rows", "choose_rows", "validation_rows"]

#: category of an empty text field
MISSING = "(missing)"
MOST_GROUPS = 20


@dataclass(frozen=True)
class Roles:
    """Which column has which role: names as given on the command line."""

    target: str
    sensitive: tuple = ()
    weight: str | None = None
    identifier: str | None = None
    dropped: tuple = ()
    drop_sensitive: bool = False
    drop_missing_target: bool = False

    @property
    def named(self):
        """Every column that was named, with the option that named it."""
        pairs = [("--target", self.target), ("--weight", self.weight), ("--id", self.identifier)]
        pairs += [("--sensitive", name) for name in self.sensitive] + [("--drop", name) for name in self.dropped]
        return [(option, name) for option, name in pairs if name is not None]

    @property
    def not_features(self):
        """The columns that the model does not see."""
        kept_out = {self.target, self.weight, self.identifier, *self.dropped}
        return kept_out | (set(self.sensitive) if self.drop_sensitive else set())


@dataclass(frozen=True)
class Rows:
    """Rows ready for a model.

    Parameters
    ----------
    X : pandas.DataFrame
        Features: numbers as float64, everything else as text.
    y : ndarray of shape (n,)
        Labels as they stand in the file.
    groups : ndarray of shape (n,) or None
        The group of each row.
    weight : ndarray of shape (n,) or None
        Sample weights.
    positions : ndarray of shape (n,)
        Position of each row in the file, counted from 0 under the header.
    """

    X: Any
    y: np.ndarray
    groups: Any
    weight: np.ndarray | None
    positions: np.ndarray

    def __len__(self):
        return len(self.y)

    def take(self, which):
        """The rows at the given positions among these rows."""
        return Rows(
            self.X.iloc[which].reset_index(drop=True),
            self.y[which],
            None if self.groups is None else self.groups[which],
            None if self.weight is None else self.weight[which],
            self.positions[which],
        )

    @property
    def text_columns(self):
        """Names of the features that are categories."""
        return [name for name in self.X.columns if self.X[name].dtype == object]


def choose_rows(table, roles):
    """Select the columns of `table` by their roles.

    Parameters
    ----------
    table : Table
        As read.
    roles : Roles
        Which column is what.

    Returns
    -------
    Rows

    Raises
    ------
    CommandError
        When a column is missing (close names are listed) or has two roles, labels are missing, groups are missing or
        too many, weights are not weights, a column is neither numbers nor text, or no feature is left.
    """
    frame = table.frame
    _check_roles(frame, roles, table.path)
    present = frame[roles.target].notna().to_numpy()
    _check_target(frame, roles, present)
    positions = np.flatnonzero(present)
    frame = frame.iloc[positions].reset_index(drop=True)
    features = [name for name in frame.columns if name not in roles.not_features]
    if not features:
        raise CommandError(f"no column of {str(table.path)!r} is left as a feature; --drop fewer columns")
    return Rows(
        require("pandas", "cli", "a table").DataFrame({name: _feature(frame[name]) for name in features}),
        _labels(frame[roles.target]),
        _groups(frame, roles.sensitive),
        _weights(frame, roles.weight),
        positions,
    )


def validation_rows(table, roles, training):
    """The same columns of another table, checked against the training rows.

    Raises
    ------
    CommandError
        When a feature is missing, has text where the training rows have numbers, or a label is new.
    """
    lacking = [name for name in training.X.columns if name not in table.frame.columns]
    if lacking:
        raise CommandError(
            f"{str(table.path)!r} lacks {listing(lacking)}; it needs every feature of the training file "
            "(leave columns out of both with --drop)"
        )
    keep = {*training.X.columns, roles.target, roles.weight, *roles.sensitive}
    known = Roles(**{**vars(roles), "dropped": (), "identifier": None})
    narrow = table.frame[[name for name in table.frame.columns if name in keep]]
    rows = choose_rows(type(table)(table.path, narrow, table.source, table.encoding), known)
    for name in training.X.columns:
        if (rows.X[name].dtype == object) != (training.X[name].dtype == object):
            kinds = ("text", "numbers") if rows.X[name].dtype == object else ("numbers", "text")
            raise CommandError(
                f"column {name!r} of {str(table.path)!r} holds {kinds[0]} where the training file holds {kinds[1]}; "
                "correct it, or leave it out with --drop"
            )
    return Rows(rows.X[list(training.X.columns)], rows.y, rows.groups, rows.weight, rows.positions)


def _check_roles(frame, roles, path):
    for option, name in roles.named:
        if name not in frame.columns:
            hint = did_you_mean(name, frame.columns)
            if len(frame.columns) == 1 and any(mark in frame.columns[0] for mark in ",;\t|"):
                hint = f"the only column is {frame.columns[0]!r}: name the --separator"
            raise CommandError(f"no column {name!r} in {str(path)!r} ({option}); {hint}")
    if roles.target in (*roles.sensitive, roles.weight, roles.identifier, *roles.dropped):
        other = next(option for option, name in roles.named if name == roles.target and option != "--target")
        raise CommandError(f"column {roles.target!r} is both --target and {other}; choose one of them")


def _check_target(frame, roles, present):
    lacking = int((~present).sum())
    if lacking == len(present):
        raise CommandError(f"column {roles.target!r} has no values at all; choose another --target")
    if lacking and not roles.drop_missing_target:
        first = ", ".join(str(row) for row in np.flatnonzero(~present)[:3])
        raise CommandError(
            f"{lacking} of {len(present)} rows have no {roles.target!r} (rows {first}{', ...' if lacking > 3 else ''}, "
            "counted from 0); fill them in, or leave these rows out with --drop-missing-target"
        )


def _feature(column):
    """Numbers as float64 with NaN for missing, texts as Python strings with a category for missing."""
    types = require("pandas", "cli", "a table").api.types
    if types.is_numeric_dtype(column) and not types.is_bool_dtype(column):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        if np.isinf(values).any():
            row = int(np.flatnonzero(np.isinf(values))[0])
            raise CommandError(
                f"column {column.name!r} has an infinite value in row {row}; correct it, or --drop {column.name}"
            )
        return values
    if types.is_datetime64_any_dtype(column) or types.is_timedelta64_dtype(column):
        raise CommandError(
            f"column {column.name!r} holds dates or times; convert them to numbers first, "
            f"or leave it out with --drop {column.name}"
        )
    return _texts(column)


def _texts(column):
    return column.astype(object).where(column.notna(), MISSING).astype(str).astype(object).to_numpy()


def _labels(column):
    types = require("pandas", "cli", "a table").api.types
    if types.is_bool_dtype(column) or not types.is_numeric_dtype(column):
        return _texts(column)
    values = column.to_numpy()
    numbers = np.asarray(values, dtype=np.float64)
    if not np.isfinite(numbers).all():
        raise CommandError(f"column {column.name!r} has infinite values; correct them before using it as --target")
    return (
        numbers.astype(np.int64) if (numbers == np.round(numbers)).all() and np.abs(numbers).max() < 2**53 else numbers
    )


def _groups(frame, names):
    """One text for each row: the values of the sensitive columns, joined by commas."""
    if not names:
        return None
    for name in names:
        lacking = int(frame[name].isna().sum())
        if lacking:
            raise CommandError(
                f"{lacking} rows have no {name!r}, so their group is unknown; fill them in first "
                "(for instance with 'unknown', which is then a group of its own)"
            )
    columns = [_texts(frame[name]) for name in names]
    groups = np.array([", ".join(parts) for parts in zip(*columns, strict=True)], dtype=object)
    count = len(set(groups))
    if not 2 <= count <= MOST_GROUPS:
        way = "group the values first" if count > 1 else "choose another column"
        kinds = "a single value" if count == 1 else f"{count} different values"
        raise CommandError(
            f"--sensitive {listing(names)} has {kinds}; 2 to {MOST_GROUPS} groups can be compared; {way}"
        )
    return groups


def _weights(frame, name):
    if name is None:
        return None
    values = _feature(frame[name])
    if values.dtype == object or not np.isfinite(values).all() or (values < 0).any() or not values.any():
        raise CommandError(f"column {name!r} cannot be a --weight; it needs a number of at least 0 in every row")
    return values
