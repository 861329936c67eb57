"""Tables in files: the parsed values, and the original rows to write back.

The rows that a command keeps are copied from the source, not written again from parsed numbers: the lines of a CSV file
byte for byte, the columns of a Parquet file with their types.
"""

import bz2
import codecs
import csv
import gzip
import io
import lzma
import re
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from .._optional import require
from .cells import Cells
from .errors import CommandError, did_you_mean, listing

__all__ = ["Table", "check_format", "format_of", "read_table", "write_columns"]

COMPRESSION = {".gz": gzip.open, ".xz": lzma.open, ".bz2": bz2.open}
KINDS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".data": "csv", ".parquet": "parquet", ".pq": "parquet"}


@dataclass(frozen=True)
class Table:
    """A table as read.

    Parameters
    ----------
    path : Path
        Where it came from.
    frame : pandas.DataFrame
        The fields of a CSV file as text, or the typed values of a Parquet file, indexed 0..n-1.
    source : list of str or pyarrow.Table
        The header line followed by one text for each row, or the Arrow table.
    encoding : str
        Encoding of a CSV file, with its byte order.
    lines : sequence of int
        The line on which each row of a CSV file begins, counted from 1.
    """

    path: Path
    frame: Any
    source: Any
    encoding: str = "utf-8"
    lines: Any = ()
    _cells: dict = field(default_factory=dict, init=False, repr=False)

    def cells(self, name):
        """The cells of a column as text."""
        if name not in self._cells:
            self._cells[name] = Cells(self.frame[name])
        return self._cells[name]

    def of_rows(self, rows):
        """The table of the rows at the given positions, to read values from."""
        lines = [self.lines[row] for row in rows] if len(self.lines) else self.lines
        return replace(self, frame=self.frame.iloc[rows].reset_index(drop=True), lines=lines)

    @property
    def typed(self):
        """Whether the file itself says what its columns hold."""
        return not isinstance(self.source, list)

    def cell(self, name, row):
        """What stands where, for messages."""
        value = self.frame[name].iloc[row]
        value = value if isinstance(value, str) else str(value)
        shown = value if len(value) <= 40 else value[:40] + "..."
        place = (
            f"line {self.lines[row]} of {str(self.path)!r}" if len(self.lines) else f"row {row} of {str(self.path)!r}"
        )
        return f"{shown!r} in {place}"

    def write_rows(self, rows, path, name):
        """Write the header and the rows at the given positions, in the format that `name` asks for."""
        if isinstance(self.source, list):
            with _open(path, "wt", self.encoding, Path(name).suffix.lower()) as stream:
                stream.write(self.source[0])
                stream.writelines(self.source[1 + row] for row in rows)
        else:
            require("pyarrow.parquet", "cli", "a Parquet file").write_table(self.source.take(rows), path)


def format_of(path):
    """``"csv"`` or ``"parquet"`` by the name of the file.

    >>> format_of("kept.csv.gz")
    'csv'
    """
    suffixes = [suffix.lower() for suffix in Path(path).suffixes]
    if suffixes and suffixes[-1] in COMPRESSION:
        suffixes.pop()
    kind = KINDS.get(suffixes[-1]) if suffixes else None
    if kind is None:
        raise CommandError(
            f"cannot tell the format of {str(path)!r} from its name; "
            "name it .csv (also .csv.gz, .csv.xz, .csv.bz2, .tsv) or .parquet"
        )
    return kind


def check_format(output, data):
    """Raise an error when the output has another format than the data: conversion would change values."""
    if format_of(output) != format_of(data):
        raise CommandError(
            f"{str(output)!r} and {str(data)!r} differ in format; the kept rows are copied unchanged, "
            "so name the output like the data"
        )


def read_table(path, *, separator=None, encoding="utf-8", command="reading a table"):
    """Read a table with a header.

    Parameters
    ----------
    path : str or Path
        CSV, compressed or not, or Parquet.
    separator : str, optional
        Between the fields of a CSV file; a comma, or a tab for .tsv.
    encoding : str
        Of a CSV file.
    command : str
        What needs pandas, for the message when it is missing.

    Returns
    -------
    Table

    Raises
    ------
    CommandError
        When the file is missing, unreadable, empty, without rows, ragged, or has a column name twice.
    ImportError
        When pandas (or pyarrow, for Parquet) is not installed.
    """
    path = Path(path)
    pandas = require("pandas", "cli", command)
    kind = format_of(path)
    if not path.exists():
        near = [sibling.name for sibling in path.parent.glob("*")] if path.parent.is_dir() else []
        hint = did_you_mean(path.name, near) if near else "check the path"
        raise CommandError(f"no file {str(path)!r}; {hint}")
    if path.is_dir():
        raise CommandError(f"{str(path)!r} is a folder; give the name of a file in it")
    if kind == "parquet":
        table = _read_parquet(path, command)
    else:
        tabs = ".tsv" in [suffix.lower() for suffix in path.suffixes]
        table = _read_csv(pandas, path, separator or ("\t" if tabs else ","), encoding)
    if not len(table.frame):
        raise CommandError(f"{str(path)!r} has a header and no rows; give a file with data")
    return table


def _read_parquet(path, command):
    parquet = require("pyarrow.parquet", "cli", f"{command} of a Parquet file")
    try:
        source = parquet.read_table(path)
        _check_header(path, source.column_names)
        return Table(path, source.to_pandas(ignore_metadata=True), source)
    except (OSError, ValueError) as error:
        raise CommandError(
            f"cannot read {str(path)!r} as Parquet: {_first_line(error)}; the file may be damaged or incomplete"
        ) from error


def _read_csv(pandas, path, separator, encoding):
    """All fields as text: what a column holds is decided for all files at once, on the training file."""
    encoding = _with_byte_order(path, encoding)
    records, starts, rows = _records(path, separator, encoding)
    _check_last_quote(path, records[-1], separator, starts[-1])
    end = re.search(r"[\r\n]*\Z", records[0]).group() or "\n"
    records[-1] = records[-1].rstrip("\r\n") + end
    header = rows.pop(0)
    columns = zip(*rows, strict=True) if rows else [()] * len(header)
    frame = pandas.DataFrame({name: _column(fields) for name, fields in zip(header, columns, strict=True)})
    return Table(path, frame, records, encoding, starts[1:])


def _records(path, separator, encoding):
    """The text, the first line and the fields of each record, the header first; blank lines are left out."""
    lines = _lines(path, encoding)
    records, starts, rows, start = [], [], [], 0
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    try:
        for fields in reader:
            if len(fields) > 1 or any(field.strip() for field in fields):
                rows.append(fields if rows else _header(path, fields))
                if len(fields) != len(rows[0]):
                    raise CommandError(
                        f"line {start + 1} of {str(path)!r} has {len(fields)} fields and the header has "
                        f"{len(rows[0])}; correct that line, or give another --separator"
                    )
                end = reader.line_num
                records.append(lines[start] if end == start + 1 else "".join(lines[start:end]))
                starts.append(start + 1)
            start = reader.line_num
    except csv.Error as error:
        raise CommandError(f"cannot read line {start + 1} of {str(path)!r} as CSV: {error}; check the file") from error
    if not records:
        raise CommandError(f"{str(path)!r} is empty; give a file with a header line and rows")
    return records, starts, rows


def _column(fields):
    column = np.empty(len(fields), dtype=object)
    column[:] = fields
    return column


def _check_last_quote(path, record, separator, line):
    """The csv module takes a file that ends inside quotes; the rest of the file would be one field."""
    try:
        list(csv.reader(io.StringIO(record, newline=""), delimiter=separator, skipinitialspace=True, strict=True))
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise CommandError(
                f"cannot read line {line} of {str(path)!r} as a table: EOF inside string; close the quotes"
            ) from error


def _with_byte_order(path, encoding):
    """The encoding without a byte order mark of its own, which stays a character of the text and is written back."""
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        return encoding
    if name == "utf-8-sig":
        return "utf-8"
    if name not in ("utf-16", "utf-32"):
        return encoding
    with _reading(path, encoding), COMPRESSION.get(path.suffix.lower(), open)(path, "rb") as stream:
        head = stream.read(4)
    return name + ("-be" if head.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)) else "-le")


def _lines(path, encoding):
    with _reading(path, encoding), _open(path, "rt", encoding, path.suffix.lower()) as stream:
        return stream.readlines()


@contextmanager
def _reading(path, encoding):
    """Errors of files as errors of the command."""
    try:
        yield
    except (UnicodeError, LookupError) as error:
        raise CommandError(
            f"{str(path)!r} is not {encoding} text ({_first_line(error)}); name its encoding, e.g. --encoding latin-1"
        ) from error
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise CommandError(f"cannot read {str(path)!r}: {_first_line(error)}; check the file") from error


def _header(path, fields):
    names = [name.strip() for name in [fields[0].removeprefix("\ufeff").strip('"'), *fields[1:]]]
    _check_header(path, names)
    return names


def _check_header(path, names):
    if any(not str(name) for name in names):
        raise CommandError(f"a column of {str(path)!r} has no name; give every column a name in the header line")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CommandError(f"{str(path)!r} has columns of the same name: {listing(twice)}; rename them")


def write_columns(columns, path, name):
    """Write new columns (a dict of name to values) as CSV or Parquet by `name`; `path` may be an open text stream."""
    frame = require("pandas", "cli", "writing a table").DataFrame(columns)
    if format_of(name) == "parquet":
        require("pyarrow", "cli", "writing Parquet")
        frame.to_parquet(path, index=False)
    elif hasattr(path, "write"):
        frame.to_csv(path, index=False)
    else:
        with _open(path, "wt", "utf-8", Path(name).suffix.lower()) as stream:
            frame.to_csv(stream, index=False, lineterminator="\n")


def _open(path, mode, encoding, suffix):
    """Open text, compressed when the suffix says so, with line ends left as they are."""
    opener = COMPRESSION.get(suffix, open)
    return opener(path, mode, encoding=encoding, newline="")


def _first_line(error):
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
