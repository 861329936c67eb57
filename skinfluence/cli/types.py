"""What each column holds: decided once, on the training file, and applied to every file."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .._optional import require
from .._warnings import warn
from .cells import (
    MOST,
    Reading,
    date_format,
    dates_of,
    looks_like,
    numbers_of,
    seconds_of,
)
from .errors import CommandError, TableWarning

__all__ = ["MISSING", "ColumnType", "convert", "counts", "decide", "note"]

#: category of an empty text field
MISSING = "(missing)"


@dataclass(frozen=True)
class ColumnType:
    """What a column holds.

    Parameters
    ----------
    kind : {"number", "category", "date"}
    reading : Reading
        How its cells are read.
    loose : bool
        Numbers: cells that are none become missing.
    format : str or None
        Of dates.
    flags : dict
        The spelling of true and false in the training file, by their small letters.
    """

    kind: str
    reading: Reading
    loose: bool = False
    format: str | None = None
    flags: dict = field(default_factory=dict)


def decide(table: Any, name: str, reading: Reading, as_category: bool = False) -> ColumnType:
    """The type of a column of the training file.

    Raises
    ------
    CommandError
        For a column of numbers with a few cells that are none, and for dates without --dates.
    """
    column = table.frame[name]
    types = require("pandas", "cli", "a table").api.types
    if name in reading.dates:
        return ColumnType("date", reading, format=_date_format(table, name, reading))
    if not as_category and name in reading.numeric:
        return ColumnType("number", reading, loose=True)
    if types.is_numeric_dtype(column) and not types.is_bool_dtype(column):
        return ColumnType("category" if as_category or name in reading.categories else "number", reading)
    if types.is_datetime64_any_dtype(column) or types.is_timedelta64_dtype(column):
        raise CommandError(
            f"column {name!r} holds dates or times; convert them to numbers with --dates {name}, "
            f"or leave it out with --drop {name}"
        )
    cells = table.cells(name)
    present = cells.present(reading)
    plain = as_category or name in reading.categories or types.is_bool_dtype(column)
    if not len(present):
        # a column without any value: its median is nothing, and so is its text
        return ColumnType("category" if plain or table.typed else "number", reading)
    if not plain and _is_numeric(table, name, reading):
        return ColumnType("number", reading)
    return ColumnType("category", reading, flags=_flags(cells.distinct(reading)))


def _is_numeric(table, name, reading):
    """Whether the cells are numbers; a few that are none are an error, and more are noted."""
    cells = table.cells(name)
    rows = cells.present(reading)
    if table.typed:
        # text by its own type
        _note_likeness(table, name, cells.distinct(reading), rows[0], reading.decimal)
        return False
    odd = np.isnan(cells.numbers(reading))
    if not odd.any():
        return not cells.has_codes(reading)
    first = rows[int(np.flatnonzero(odd)[0])]
    found = f"{int(odd.sum())} of {len(odd)} cells of column {name!r} cannot be read as numbers"
    if odd.mean() <= 1 - MOST and not cells.has_codes(reading):
        raise CommandError(
            f"{found}, the first is {table.cell(name, first)}; correct it, or choose: --numeric {name} "
            f"(such cells are missing), --category {name} (a text), --drop {name}"
        )
    if not _note_likeness(table, name, cells.distinct(reading), first, reading.decimal) and not odd.all():
        note(
            f"{found}, the first is {table.cell(name, first)}; the column is read as text "
            f"(--numeric {name} reads it as numbers, --category {name} says that it is text)"
        )
    return False


def _note_likeness(table, name, texts, first, decimal):
    """Say which option reads texts that look like numbers or dates; returns whether they do."""
    way = looks_like(texts, decimal)
    if way is None:
        return False
    comma = "decimal comma as text; --decimal ," if decimal == "." else "decimal point as text; --decimal ."
    option = {
        "dates": f"dates as text; --dates {name} reads them as numbers",
        "decimal": f"numbers with a {comma} reads them as numbers",
        "numeric": f"amounts as text; --numeric {name} reads them as numbers",
        "amounts with the other decimal mark": f"amounts with a {comma} --numeric {name} reads them as numbers",
    }[way]
    note(
        f"column {name!r} is read as {len(texts)} categories, such as {table.cell(name, first)}: {option} "
        f"(--category {name} says that it is text)"
    )
    return True


def note(message):
    """Tell the user what was made of a table."""
    warn(message, TableWarning)


def _flags(texts):
    """The first spelling of true and of false, where there is nothing else."""
    spelled = {}
    for text in texts:
        spelled.setdefault(text.lower(), text)
    return spelled if spelled and set(spelled) <= {"true", "false"} else {}


def _date_format(table, name, reading):
    column = table.frame[name]
    if reading.dates[name] or column.dtype.kind in "mM" or hasattr(column.dtype, "tz"):
        return reading.dates[name]
    rows = table.cells(name).present(reading)
    if not len(rows):
        return "ISO8601"
    formats, unread = date_format(table.cells(name).texts[rows])
    if unread.any():
        raise CommandError(
            f"--dates {name}: {table.cell(name, rows[np.flatnonzero(unread)[0]])} is no date, or of another format "
            f"than the rest; correct it, or give the format, e.g. --dates {name}=%d.%m.%Y"
        )
    if len(formats) > 1:
        raise CommandError(
            f"--dates {name}: {table.cell(name, rows[0])} can be day and month or month and day; give the format, "
            f"e.g. --dates {name}={formats[0]}"
        )
    return formats[0]


def convert(table: Any, name: str, known: ColumnType) -> np.ndarray:
    """The column of any file as this type.

    Returns
    -------
    ndarray
        float64 with NaN for missing, or Python strings with `MISSING` for missing.

    Raises
    ------
    CommandError
        For a cell that is no number, or no date, where the training file has numbers or dates.
    """
    column = table.frame[name]
    types = require("pandas", "cli", "a table").api.types
    if known.kind == "category":
        return _categories(table.cells(name), known)
    if known.kind == "date" and types.is_timedelta64_dtype(column):
        return column.dt.total_seconds().to_numpy(dtype=np.float64)
    if known.kind == "date" and types.is_datetime64_any_dtype(column):
        return seconds_of(require("pandas", "cli", "a table").DatetimeIndex(column))
    if known.kind == "number" and types.is_numeric_dtype(column) and not types.is_bool_dtype(column):
        return _finite(column.to_numpy(dtype=np.float64, na_value=np.nan), table, name, known.reading)
    cells = table.cells(name)
    values, present = np.full(len(column), np.nan), cells.present(known.reading)
    if known.kind == "date":
        values[present] = dates_of(cells.texts[present], known.format)
    else:
        values[present] = cells.numbers(known.reading, known.loose)
    _check_cells(table, name, present[np.isnan(values[present])], len(present), known)
    return _finite(values, table, name, known.reading)


def _categories(cells, known):
    texts = cells.texts
    if known.flags:
        texts = np.array([known.flags.get(text.lower(), text) for text in texts], dtype=object)
    return np.where(cells.missing(known.reading), MISSING, texts)


def _check_cells(table, name, bad, n_present, known):
    if not len(bad):
        return
    kind = {"number": "numbers", "date": "dates"}[known.kind]
    found = (
        f"{len(bad)} of {n_present} cells of column {name!r} cannot be read as {kind}, the first is "
        f"{table.cell(name, bad[0])}"
    )
    if known.loose and len(bad) <= n_present / 2:
        note(f"{found}; with --numeric they count as missing")
        return
    if known.loose:
        raise CommandError(f"{found}; these are too many for --numeric {name}: see --decimal, or leave --numeric out")
    if len(bad) == n_present:
        raise CommandError(
            f"column {name!r} of {str(table.path)!r} holds text where the training file holds {kind}; "
            "correct it, or leave it out with --drop"
        )
    way = f"--numeric {name} (such cells are missing), " if known.kind == "number" else ""
    raise CommandError(
        f"{found}, where the training file holds {kind}; correct them, or choose: {way}"
        f"{'--category ' + name + ', ' if known.kind == 'number' else ''}--drop {name}"
    )


def _finite(values, table, name, reading):
    for number in numbers_of([text.strip() for text in reading.missing], reading):
        # -9, as --missing has it, may be written -9.0
        values = np.where(values == number, np.nan, values)
    infinite = np.flatnonzero(np.isinf(values))
    if len(infinite):
        raise CommandError(
            f"column {name!r} has an infinite value in row {infinite[0]}; correct it, or leave that row or column out"
        )
    return values


def counts(types):
    """A line for the summary.

    >>> counts({"age": "number", "city": "category", "plan": "category"})
    '1 number, 2 categories (city, plan)'
    """
    parts = []
    for kind, several in (("number", "numbers"), ("category", "categories"), ("date", "dates")):
        names = [name for name, found in types.items() if found == kind]
        if names:
            shown = "" if kind == "number" else f" ({', '.join(names[:8])}{', ...' if len(names) > 8 else ''})"
            parts.append(f"{len(names)} {kind if len(names) == 1 else several}{shown}")
    return ", ".join(parts)
