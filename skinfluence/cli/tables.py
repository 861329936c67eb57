"""Tables in files: the parsed values, and the original rows to write back.

The rows that a command keeps are copied from the source, not written again from parsed numbers: the lines of a CSV file
byte for byte, the columns of a Parquet file with their types.
"""

import bz2
import csv
import gzip
import io
import lzma
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._optional import require
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
        The typed values, indexed 0..n-1.
    source : list of str or pyarrow.Table
        The header line followed by one text for each row, or the Arrow table.
    encoding : str
        Encoding of a CSV file.
    """

    path: Path
    frame: Any
    source: Any
    encoding: str = "utf-8"

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


def read_table(path, *, separator=None, encoding="utf-8", missing=(), text_columns=(), command="reading a table"):
    """Read a table with a header.

    Parameters
    ----------
    path : str or Path
        CSV, compressed or not, or Parquet.
    separator : str, optional
        Between the fields of a CSV file; a comma, or a tab for .tsv.
    encoding : str
        Of a CSV file.
    missing : sequence of str
        Texts that mean a missing value in a CSV file, beside the empty field, ``?`` and pandas' usual ones.
    text_columns : sequence of str
        Columns to be read as text even if they look like numbers.
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
        separator = separator or ("\t" if ".tsv" in path.suffixes else ",")
        table = _read_csv(pandas, path, separator, encoding, missing, text_columns)
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


def _read_csv(pandas, path, separator, encoding, missing, text_columns):
    records, header = _records(path, separator, encoding)
    try:
        frame = pandas.read_csv(
            io.StringIO("".join(records).removeprefix("\ufeff")),
            sep=separator,
            names=header,
            header=0,
            na_values=["?", *missing],
            dtype={name: str for name in text_columns if name in header},
            index_col=False,
            low_memory=False,
            skipinitialspace=True,
            float_precision="round_trip",
        )
    except ValueError as error:
        raise CommandError(f"cannot read {str(path)!r} as a table: {_first_line(error)}; check the file") from error
    if len(frame) != len(records) - 1:
        raise CommandError(
            f"{str(path)!r} has {len(records) - 1} records but pandas reads {len(frame)} rows; "
            "put fields that hold separators or line ends in double quotes"
        )
    return Table(path, frame, records, encoding)


def _records(path, separator, encoding):
    """The text of each record, the header first, and the header's names; blank lines are left out."""
    lines = _lines(path, encoding)
    records, header, start = [], None, 0
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    try:
        for fields in reader:
            if len(fields) > 1 or any(field.strip() for field in fields):
                header = _header(path, fields) if header is None else header
                if len(fields) != len(header):
                    raise CommandError(
                        f"line {start + 1} of {str(path)!r} has {len(fields)} fields and the header has {len(header)}; "
                        "correct that line, or give another --separator"
                    )
                records.append("".join(lines[start : reader.line_num]))
            start = reader.line_num
    except csv.Error as error:
        raise CommandError(f"cannot read line {start + 1} of {str(path)!r} as CSV: {error}; check the file") from error
    if not records:
        raise CommandError(f"{str(path)!r} is empty; give a file with a header line and rows")
    records[-1] = records[-1].rstrip("\r\n") + ("\r\n" if records[0].endswith("\r\n") else "\n")
    return records, header


def _lines(path, encoding):
    try:
        with _open(path, "rt", encoding, path.suffix.lower()) as stream:
            return stream.readlines()
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
