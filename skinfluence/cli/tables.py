"""Tables in files: the parsed values, and the original rows to write back.

The rows that a command keeps are copied from the source, not written again from parsed numbers: the lines of a CSV file
byte for byte, the columns of a Parquet file with their types.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .._optional import require
from .cells import Cells
from .csv_files import check_header, read_csv
from .errors import CommandError, did_you_mean, first_line
from .text_files import COMPRESSION, open_text

__all__ = ["Table", "check_format", "format_of", "read_table", "write_columns"]

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
    lines : sequence of int
        The line on which each row of a CSV file begins, counted from 1.
    encoding : str
        Encoding of a CSV file, with its byte order.
    """

    path: Path
    frame: Any
    source: Any
    lines: Any = ()
    encoding: str = "utf-8"
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
            with open_text(path, "wt", self.encoding, Path(name).suffix.lower()) as stream:
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
        fields, *source = read_csv(path, separator or ("\t" if tabs else ","), encoding)
        table = Table(path, fields.to_pandas(types_mapper=pandas.ArrowDtype), *source)
    if not len(table.frame):
        raise CommandError(f"{str(path)!r} has a header and no rows; give a file with data")
    return table


def _read_parquet(path, command):
    parquet = require("pyarrow.parquet", "cli", f"{command} of a Parquet file")
    try:
        source = parquet.read_table(path)
        check_header(path, source.column_names)
        return Table(path, source.to_pandas(ignore_metadata=True), source)
    except (OSError, ValueError) as error:
        raise CommandError(
            f"cannot read {str(path)!r} as Parquet: {first_line(error)}; the file may be damaged or incomplete"
        ) from error


def write_columns(columns, path, name):
    """Write new columns (a dict of name to values) as CSV or Parquet by `name`; `path` may be an open text stream."""
    frame = require("pandas", "cli", "writing a table").DataFrame(columns)
    if format_of(name) == "parquet":
        require("pyarrow", "cli", "writing Parquet")
        frame.to_parquet(path, index=False)
    elif hasattr(path, "write"):
        frame.to_csv(path, index=False)
    else:
        with open_text(path, "wt", "utf-8", Path(name).suffix.lower()) as stream:
            frame.to_csv(stream, index=False, lineterminator="\n")
