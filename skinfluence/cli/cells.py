"""Cells as text: which are missing, which are numbers, which are dates."""

import re
from dataclasses import dataclass, field

import numpy as np

from .._optional import require

__all__ = [
    "MISSING_TEXTS",
    "Reading",
    "date_format",
    "dates_of",
    "looks_like",
    "missing_cells",
    "numbers_of",
    "texts_of",
    "written_as",
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


def texts_of(column):
    """The cells without blanks around them, as Python strings; the empty text where there is no value."""
    present = column.notna().to_numpy()
    texts = np.full(len(column), "", dtype=object)
    texts[present] = [_text(value) for value in column[present].tolist()]
    return texts


def _text(value):
    # whole numbers beside missing ones are floats: 1 and not 1.0, as another file may have it
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value).strip()


def missing_cells(texts, reading):
    """Which texts mean a missing value."""
    missing = {"", *(text.strip() for text in reading.missing), *(() if reading.keep_na else MISSING_TEXTS)}
    return np.fromiter((text in missing for text in texts), dtype=bool, count=len(texts))


def numbers_of(texts, reading, loose=False):
    """Texts as float64, NaN for texts that are no numbers.

    Parameters
    ----------
    texts : sequence of str
    reading : Reading
        Its decimal mark is used.
    loose : bool
        Also take currency signs, per cent (5 % is 0.05), thousands separators and negative numbers in parentheses.
    """
    known = {}
    for text in texts:
        if text not in known:
            known[text] = _number(text, reading.decimal, loose)
    return np.fromiter((known[text] for text in texts), dtype=np.float64, count=len(texts))


def _number(text, decimal, loose):
    sign = scale = 1.0
    if loose:
        text = CURRENCY.sub("", text).strip()
        if text.startswith("(") and text.endswith(")"):
            sign, text = -1.0, text[1:-1].strip()
        if text.endswith("%"):
            scale, text = 100.0, text[:-1].strip()
        text = GAPS.sub("", re.sub(r"^([+-])\s+", r"\1", text))
    if loose or decimal == ",":
        text = _without_thousands(text, decimal)
    if decimal == ",":
        # what is left of a point is no decimal mark
        text = "" if "." in text else text.replace(",", ".")
    return sign * float(text) / scale if NUMBER.fullmatch(text) else np.nan


def _without_thousands(text, decimal):
    mark = "." if decimal == "," else ","
    whole = re.escape(mark)
    if re.fullmatch(rf"[+-]?\d{{1,3}}({whole}\d{{3}})+({re.escape(decimal)}\d*)?", text):
        return text.replace(mark, "")
    return text


def looks_like(texts, reading):
    """What most of the texts of a column that is not numeric look like: the option that reads it, or None."""
    examples = list(dict.fromkeys(texts))
    if _most(bool(DATES.fullmatch(text)) for text in examples):
        return "dates"
    if any(CODE.fullmatch(text) for text in examples):
        return None
    if _most(not np.isnan(_number(text, reading.decimal, True)) for text in examples):
        comma = reading.decimal == "." and all("," not in t or re.search(r",\d{1,2}$|,\d{4,}$", t) for t in examples)
        return "decimal" if comma and any("," in text for text in examples) else "numeric"
    other = "," if reading.decimal == "." else "."
    return "decimal" if _most(not np.isnan(_number(text, other, False)) for text in examples) else None


def _most(true):
    true = list(true)
    return len(true) > 0 and sum(true) >= 0.9 * len(true)


def written_as(texts):
    """``"code"`` for whole numbers of which some begin with zeros, as postal codes do; None for others."""
    return "code" if any(CODE.fullmatch(text) for text in texts) else None


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
