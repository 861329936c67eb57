"""Cells as text: which are missing, which are numbers, which are dates."""

import re
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from .._optional import require

__all__ = [
    "MISSING_TEXTS",
    "Cells",
    "Reading",
    "date_format",
    "dates_of",
    "looks_like",
    "missing_texts",
    "numbers_of",
]

#: texts that mean a missing value in every file, unless --keep-na is given
MISSING_TEXTS = (
    "?",
    "NA",
    "N/A",
    "n/a",
    "<NA>",
    "#NA",
    "#N/A",
    "#N/A N/A",
    "NaN",
    "nan",
    "-NaN",
    "-nan",
    "1.#IND",
    "-1.#IND",
    "1.#QNAN",
    "-1.#QNAN",
    "NULL",
    "null",
    "None",
    "NaT",
)
NUMBER = re.compile(r"[+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|inf|infinity)", re.IGNORECASE)
#: a column of which at least this share is of a kind is taken to be of that kind
MOST = 0.9
CODE = re.compile(r"[+-]?0\d+")
CURRENCY = re.compile(r"[$€£¥₹]|\b(?:USD|EUR|GBP|CHF|JPY|CAD|AUD)\b|\bFr\.", re.IGNORECASE)
#: between thousands: a space of any width, an apostrophe
GAPS = re.compile(r"(?<=\d)[\s'\u2019\u00a0\u202f](?=\d{3}\b)")
DATES = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ].*)?|\d{4}/\d{1,2}/\d{1,2}( .*)?|\d{1,2}[./-]\d{1,2}[./-]\d{4}( .*)?")
DAYS = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d")
FORMATS = ("ISO8601", *(day + time for day in DAYS for time in ("", " %H:%M", " %H:%M:%S")))


@dataclass(frozen=True)
class Reading:
    """How cells are read: the options of the command line.

    Parameters
    ----------
    missing : tuple of str
        More texts that mean a missing value.
    keep_na : bool
        Only the empty field and `missing` mean a missing value.
    decimal : {".", ","}
    numeric, categories : tuple of str
        Columns that are numbers, whatever their cells look like, or texts.
    dates : dict
        Columns that are dates, with their format or None.
    """

    missing: tuple = ()
    keep_na: bool = False
    decimal: str = "."
    numeric: tuple = ()
    categories: tuple = ()
    dates: dict = field(default_factory=dict)


class Cells:
    """The cells of a column as text; what is asked twice is computed once.

    Parameters
    ----------
    column : pandas.Series
    """

    def __init__(self, column):
        self._column = column
        self._missing, self._numbers = {}, {}

    @cached_property
    def _arrow(self):
        """The texts as PyArrow keeps them: Python strings are made of them where a column is text."""
        compute = require("pyarrow.compute", "cli", "a table")
        typed = not isinstance(self._column.dtype, require("pandas", "cli", "a table").ArrowDtype)
        return compute.utf8_trim_whitespace(_as_arrow(_typed_texts(self._column) if typed else self._column.array))

    @cached_property
    def texts(self):
        """Without blanks around them, as Python strings; the empty text where there is no value."""
        return self._arrow.to_numpy(zero_copy_only=False)

    def missing(self, reading):
        """Which texts mean a missing value."""
        texts = frozenset(missing_texts(reading))
        if texts not in self._missing:
            arrow, compute = (require(name, "cli", "a table") for name in ("pyarrow", "pyarrow.compute"))
            known = arrow.array(sorted(texts), arrow.string())
            self._missing[texts] = np.asarray(compute.is_in(self._arrow, value_set=known))
        return self._missing[texts]

    def present(self, reading):
        """Positions of the other cells."""
        return np.flatnonzero(~self.missing(reading))

    def numbers(self, reading, loose=False):
        """The cells that are present as :func:`numbers_of`."""
        way = frozenset(missing_texts(reading)), reading.decimal, loose
        if way not in self._numbers:
            self._numbers[way] = numbers_of(self._present(reading), reading, loose)
        return self._numbers[way]

    def distinct(self, reading):
        """The different texts of the cells that are present, in the order of the file."""
        return self._present(reading).unique().to_pylist()

    def has_codes(self, reading):
        """Whether some whole numbers begin with zeros, as postal codes do: then they are no numbers."""
        compute = require("pyarrow.compute", "cli", "a table")
        return compute.any(compute.match_substring_regex(self._present(reading), f"^{CODE.pattern}$")).as_py()

    def _present(self, reading):
        missing = self.missing(reading)
        arrow = require("pyarrow", "cli", "a table")
        return self._arrow.filter(arrow.array(~missing)) if missing.any() else self._arrow


def _as_arrow(texts):
    arrow = require("pyarrow", "cli", "a table")
    array = texts if isinstance(texts, arrow.Array) else arrow.array(texts, arrow.string())
    return array.combine_chunks() if isinstance(array, arrow.ChunkedArray) else array


def _typed_texts(column):
    texts = np.full(len(column), "", dtype=object)
    present = column.notna().to_numpy()
    texts[present] = [_text(value) for value in column[present].tolist()]
    return texts


def _text(value):
    # whole numbers beside missing ones are floats: 1 and not 1.0, as another file may have it
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)


def missing_texts(reading):
    """The texts that mean a missing value."""
    return {"", *(text.strip() for text in reading.missing), *(() if reading.keep_na else MISSING_TEXTS)}


def numbers_of(texts, reading, loose=False):
    """Texts as float64, NaN for texts that are no numbers.

    Parameters
    ----------
    texts : sequence of str or pyarrow.StringArray
    reading : Reading
        Its decimal mark is used.
    loose : bool
        Also take currency signs, per cent (5 % is 0.05), thousands separators and negative numbers in parentheses.
    """
    texts = _as_arrow(texts)
    values = _plain_numbers(texts) if reading.decimal == "." else None
    if values is not None:
        return values
    distinct = texts.dictionary_encode()
    known = np.array([_number(text, reading.decimal, loose) for text in distinct.dictionary.to_pylist()], dtype=float)
    return known[np.asarray(distinct.indices)]


def _plain_numbers(texts):
    """All texts as the nearest numbers, None where one is none.

    PyArrow takes a quarter of the time of Python, and a part of its numbers. Python's float takes more than numbers.
    """
    arrow = require("pyarrow", "cli", "reading numbers")
    try:
        values = texts.cast(arrow.float64()).to_numpy(zero_copy_only=False)
    except arrow.ArrowInvalid:
        texts = texts.to_pylist()
        try:
            values = np.fromiter(map(float, texts), dtype=np.float64, count=len(texts))
        except ValueError:
            return None
        if "_" in "".join(texts):
            return None
    return None if np.isnan(values).any() else values


def _number(text, decimal, loose):
    sign = scale = 1.0
    if loose:
        text = CURRENCY.sub("", text).replace("\u2212", "-").strip()
        if text.startswith("(") and text.endswith(")"):
            sign, text = -1.0, text[1:-1].strip()
        if text.endswith("%"):
            scale, text = 100.0, text[:-1].strip()
        text = GAPS.sub("", re.sub(r"^([+-])\s+", r"\1", text))
    if loose or (decimal == "," and "," in text):
        # 1.234,5 says which mark is which, and 1.234 alone does not
        text = _without_thousands(text, decimal)
    if decimal == ",":
        # what is left of a point is no decimal mark
        text = "" if "." in text else text.replace(",", ".")
    return sign * float(text) / scale if NUMBER.fullmatch(text) else np.nan


def _without_thousands(text, decimal):
    """1,234 and 1,234.5 where the point is the decimal mark; not 0,123, which is a number with a decimal comma."""
    mark = "." if decimal == "," else ","
    grouped = rf"[+-]?[1-9]\d{{0,2}}({re.escape(mark)}\d{{3}})+({re.escape(decimal)}\d*)?"
    return text.replace(mark, "") if re.fullmatch(grouped, text) else text


def looks_like(texts, decimal):
    """What most of the texts of a column that is not numeric look like: the option that reads it, or None.

    Returns
    -------
    {"dates", "decimal", "amounts with the other decimal mark", "numeric", None}
    """
    examples = list(dict.fromkeys(texts))
    if _share(bool(DATES.fullmatch(text)) for text in examples) >= MOST:
        return "dates"
    if any(CODE.fullmatch(text) for text in examples):
        return None
    other = "," if decimal == "." else "."
    # by the mark of the option, by the other one, and by the other one without signs around the number
    own, loose, plain = (
        _share(not np.isnan(_number(text, mark, loosely)) for text in examples)
        for mark, loosely in ((decimal, True), (other, True), (other, False))
    )
    if max(own, loose) < MOST:
        return None
    if own >= loose:
        return "numeric"
    return "decimal" if plain >= loose else "amounts with the other decimal mark"


def _share(true):
    true = list(true)
    return sum(true) / len(true) if true else 0.0


def date_format(texts):
    """The formats that read most of the texts, and which texts they do not read.

    Day and month can be mistaken for each other, so that there may be two formats.

    Returns
    -------
    formats : list of str
    unread : ndarray of bool
    """
    found = {known: np.isnan(dates_of(texts, known)) for known in FORMATS}
    least = min(unread.sum() for unread in found.values())
    formats = [known for known, unread in found.items() if unread.sum() == least]
    return formats, found[formats[0]]


def dates_of(texts, known_format):
    """Texts as seconds since 1970 in UTC, NaN for texts that are no dates of this format."""
    pandas = require("pandas", "cli", "reading dates")
    times = pandas.to_datetime(list(texts), format=known_format, utc=True, errors="coerce")
    return seconds_of(times)


def seconds_of(times):
    """Dates of pandas as seconds since 1970 in UTC."""
    values = np.asarray(times.tz_convert("UTC").tz_localize(None) if times.tz is not None else times)
    seconds = values.astype("datetime64[us]").astype(np.int64) / 1e6
    return np.where(np.isnat(values), np.nan, seconds)
