"""From a table to features, labels, groups and weights, each column checked."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .._optional import require
from .cells import Reading
from .errors import CommandError, did_you_mean, listing
from .types import MISSING, ColumnType, convert, counts, decide, note

__all__ = ["MISSING", "Roles", "Rows", "choose_rows", "columns_line", "missing_line", "validation_rows"]

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
    types : dict
        What the columns hold, as the training file decided: by ("feature", name), ("target", name), ("group", name).
    """

    X: Any
    y: np.ndarray
    groups: Any
    weight: np.ndarray | None
    positions: np.ndarray
    types: Any = None

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
            self.types,
        )

    @property
    def text_columns(self):
        """Names of the features that are categories."""
        return [name for name in self.X.columns if self.X[name].dtype == object]

    @property
    def kinds(self):
        """Of each feature: "number", "category" or "date"."""
        return {name: self.types["feature", name].kind for name in self.X.columns}


def choose_rows(table, roles, reading=None, types=None):
    """Select the columns of `table` by their roles.

    Parameters
    ----------
    table : Table
        As read.
    roles : Roles
        Which column is what.
    reading : Reading, optional
        How cells are read.
    types : dict, optional
        What the columns of the training file hold; decided here where this is the training file.

    Returns
    -------
    Rows

    Raises
    ------
    CommandError
        When a column is missing (close names are listed) or has two roles, labels are missing, groups are missing or
        too many, weights are not weights, cells are of another kind than their column, or no feature is left.
    """
    frame, reading = table.frame, reading or Reading()
    _check_roles(frame, roles, table.path)
    features = [name for name in frame.columns if name not in roles.not_features]
    if not features:
        raise CommandError(f"no column of {str(table.path)!r} is left as a feature; --drop fewer columns")
    if types is None:
        _check_reading(frame, reading, table.path)
        types = _types(table, roles, features, reading)
    y = convert(table, roles.target, types["target", roles.target])
    present = y != MISSING if y.dtype == object else ~np.isnan(y)
    _check_target(roles, present)
    positions = np.flatnonzero(present)
    if len(positions) < len(frame):
        table = table.of_rows(positions)
    columns = {name: convert(table, name, types["feature", name]) for name in features}
    return Rows(
        require("pandas", "cli", "a table").DataFrame(columns),
        _labels(y[positions]),
        _groups(table, roles.sensitive, types),
        _weights(table, roles.weight, reading),
        positions,
        types,
    )


def _types(table, roles, features, reading):
    types = {("feature", name): decide(table, name, reading) for name in features}
    types["target", roles.target] = decide(table, roles.target, reading)
    return types | {("group", name): decide(table, name, reading, as_category=True) for name in roles.sensitive}


def _check_reading(frame, reading, path):
    for option, names in (
        ("--numeric", reading.numeric),
        ("--category", reading.categories),
        ("--dates", reading.dates),
    ):
        for name in names:
            if name not in frame.columns:
                raise CommandError(
                    f"no column {name!r} in {str(path)!r} ({option}); {did_you_mean(name, frame.columns)}"
                )
    named = Counter([*reading.numeric, *reading.categories, *reading.dates])
    twice = [name for name, times in named.items() if times > 1]
    if twice:
        raise CommandError(
            f"column {twice[0]!r} is given to two of --numeric, --category and --dates; choose one of them"
        )


def columns_line(rows):
    """What the features hold, for the summary."""
    return counts(rows.kinds)


def missing_line(table, rows):
    """How many cells of the features count as missing, and the texts that say so; None where there are none."""
    said, total = Counter(), 0
    for name in rows.X.columns:
        cells = table.cells(name)
        missing = cells.missing(rows.types["feature", name].reading)[rows.positions]
        said.update(cells.texts[rows.positions[missing]] if missing.any() else [])
        total += int(missing.sum())
    if not total:
        return None
    shown = ", ".join(f"{count} {repr(text) if text else 'empty'}" for text, count in said.most_common(6))
    return f"{total} cells ({shown})"


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
    reading = training.types["target", roles.target].reading
    rows = choose_rows(replace(table, frame=narrow), known, reading, training.types)
    _note_unseen(rows, training, table)
    return replace(rows, X=rows.X[list(training.X.columns)])


def _note_unseen(rows, training, table):
    """Categories that the training rows do not have are counted."""
    for name in training.text_columns:
        unseen = ~rows.X[name].isin(set(training.X[name]))
        if not unseen.any():
            continue
        values = Counter(rows.X[name][unseen])
        if unseen.all() and table.frame[name].dtype.kind in "iuf":
            raise CommandError(
                f"column {name!r} of {str(table.path)!r} holds numbers where the training file holds text; "
                "correct it, or leave it out with --drop"
            )
        note(
            f"{int(unseen.sum())} of {len(rows)} rows of {str(table.path)!r} have a {name!r} that no training row has: "
            f"{listing([value for value, _ in values.most_common()], 5)}; the model takes them as none of its own"
        )


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


def _check_target(roles, present):
    lacking = int((~present).sum())
    if lacking == len(present):
        raise CommandError(f"column {roles.target!r} has no values at all; choose another --target")
    if lacking and not roles.drop_missing_target:
        first = ", ".join(str(row) for row in np.flatnonzero(~present)[:3])
        raise CommandError(
            f"{lacking} of {len(present)} rows have no {roles.target!r} (rows {first}{', ...' if lacking > 3 else ''}, "
            "counted from 0); fill them in, or leave these rows out with --drop-missing-target "
            "(--keep-na takes NA and None as values)"
        )


def _labels(y):
    """Texts, whole numbers, or numbers."""
    if y.dtype == object:
        return y
    return y.astype(np.int64) if (y == np.round(y)).all() and np.abs(y).max() < 2**53 else y


def _groups(table, names, types):
    """One text for each row: the values of the sensitive columns, joined by commas."""
    if not names:
        return None
    columns = [convert(table, name, types["group", name]) for name in names]
    for name, column in zip(names, columns, strict=True):
        lacking = int((column == MISSING).sum())
        if lacking:
            raise CommandError(
                f"{lacking} rows have no {name!r}, so their group is unknown; fill them in first "
                "(for instance with 'unknown', which is then a group of its own; --keep-na takes NA and None as values)"
            )
    groups = np.array([", ".join(parts) for parts in zip(*columns, strict=True)], dtype=object)
    count = len(set(groups))
    if not 2 <= count <= MOST_GROUPS:
        way = "group the values first" if count > 1 else "choose another column"
        kinds = "a single value" if count == 1 else f"{count} different values"
        raise CommandError(
            f"--sensitive {listing(names)} has {kinds}; 2 to {MOST_GROUPS} groups can be compared; {way}"
        )
    return groups


def _weights(table, name, reading):
    if name is None:
        return None
    problem = f"column {name!r} cannot be a --weight; it needs a number of at least 0 in every row"
    try:
        values = convert(table, name, ColumnType("number", reading))
    except CommandError as error:
        raise CommandError(f"{problem} ({error})") from error
    if np.isnan(values).any() or (values < 0).any() or not values.any():
        raise CommandError(problem)
    return values
